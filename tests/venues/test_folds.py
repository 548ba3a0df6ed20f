"""Folds of the event log: ladders are the engine's, whether read event by event or in long stretches."""

import numpy as np
import pytest
from tests.venues.simulated import INSTRUMENT, TERMS, SimulatedEngine, floor

from garraway.records import EVENT, EVENTS, EventArray, Posting, Side, encode, of_kind
from garraway.venues import Books, Directory, OpenOrders
from garraway.venues.orders import THIN_FROM


@pytest.fixture(scope="module")
def traded() -> tuple[SimulatedEngine, EventArray]:
    """An engine, and the events of a market that traded there for a while."""
    engine = SimulatedEngine()
    market = floor(seed=3)
    events = []
    for _ in range(1_200):
        events.append(engine.submit(market.step()))
        market.apply(events[-1])
    return engine, np.concatenate(events)


@pytest.mark.parametrize("size", [1, 97, THIN_FROM, THIN_FROM + 1, 1 << 30])
def test_ladders_are_the_engines(traded: tuple[SimulatedEngine, EventArray], size: int) -> None:
    engine, events = traded
    assert len(events) > 3 * THIN_FROM
    books = Books()
    for start in range(0, len(events), size):
        books.apply(events[start : start + size])
    for side in Side:
        levels = [(price, level.lots, level.orders) for price, level in books.ladders[1].best(side, 10_000)]
        assert levels == engine.ladder(side)


def test_long_stretches_leave_the_same_orders_as_single_events(traded: tuple[SimulatedEngine, EventArray]) -> None:
    _, events = traded
    long, single = OpenOrders(), OpenOrders()
    for _ in long.apply(events):
        pass
    for start in range(0, len(events), 100):
        for _ in single.apply(events[start : start + 100]):
            pass
    assert long.by_key == single.by_key


def test_trades_are_counted_and_the_last_ones_kept(traded: tuple[SimulatedEngine, EventArray]) -> None:
    _, events = traded
    books = Books()
    books.apply(events)
    trades, ladder = of_kind(events, "Traded"), books.ladders[1]
    assert (ladder.trade_count, ladder.traded_lots) == (len(trades), int(trades["quantity"].sum()))
    assert [trade.event_id for trade in ladder.trades] == trades["event_id"][-256:].tolist()
    assert ladder.last == ladder.trades[-1]


def definition(kind: str, **fields: int) -> EventArray:
    event = np.zeros(1, dtype=EVENT)
    event["kind"] = EVENTS[kind]
    for name, value in fields.items():
        event[name] = value
    return event


def test_the_directory_holds_what_definitions_say() -> None:
    parts = [
        (definition("SourceDefined", value=2), encode("DefineSource", defined=2, name="market", rights=1)),
        (definition("AssetDefined", instrument=1), encode("DefineAsset", asset=1, code="USD", scale=8, display=2)),
        (
            definition("InstrumentListed", instrument=1),
            encode(
                "ListInstrument",
                symbol="GARR",
                base_asset=2,
                quote_asset=1,
                price_unit=TERMS.price_unit,
                lot_size=TERMS.lot_size,
                tick=TERMS.tick,
                min_price=TERMS.min_price,
                max_price=TERMS.max_price,
                max_quantity=TERMS.max_quantity,
                max_notional=10**17,
            ),
        ),
        (definition("AccountOpened", account=100), encode("OpenAccount", firm=7, max_quantity=5)),
        (definition("Posted", account=100, instrument=1, detail=Posting.DEPOSIT, value=500), bytes(36)),
        (definition("Posted", account=1, instrument=1, detail=Posting.DEPOSIT, value=-500), bytes(36)),
        (definition("Posted", account=100, instrument=1, detail=Posting.WITHDRAWAL, value=-500), bytes(36)),
    ]
    directory = Directory()
    directory.apply(np.concatenate([event for event, _ in parts]), [record[36:] for _, record in parts])
    assert directory.sources == {2: "market"}
    assert directory.assets[1].code == "USD"
    assert directory.symbol("GARR") == INSTRUMENT
    assert directory.symbol("NONE") is None
    assert directory.accounts[100].firm == 7
    assert dict(directory.deposited) == {(100, 1): 500}
