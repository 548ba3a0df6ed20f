"""The native fold and the Python folds of `venues` tell the same of the same log."""

import select
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.views.special import RecordedEngine, trade
from tests.views.written_log import WrittenLog

from garraway import _native
from garraway.records import EVENTS, EventArray, Side
from garraway.venues import Books, Directory, Order

DEADLINE_S = 60
Told = tuple[RecordedEngine, EventArray, _native.Views]


def followed(folder: Path, seq: int) -> _native.Views:
    """Views of a log, once they have come to a command."""
    views = _native.Views.start(folder)
    while not views.arm(seq):
        ready, _, _ = select.select([views.reached], [], [], DEADLINE_S)
        assert ready, f"the views are at {views.seq}, not at {seq}"
        views.answer_reached()
    return views


@pytest.fixture(scope="module", params=[3, 4])
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """An engine, all that it said, and the views of that."""
    folder = tmp_path_factory.mktemp("venue")
    engine = RecordedEngine()
    trade(engine, request.param)
    events = np.concatenate(engine.events)
    WrittenLog(folder).append(events, engine.tails)
    views = followed(folder, int(events["event_id"][-1]) >> 16)
    yield engine, events, views
    views.stop()


def test_open_orders_are_those_of_the_python_fold(told: Told) -> None:
    _, events, views = told
    books = Books()
    books.apply(events)
    expected = {key: shown(order) for key, order in books.orders.by_key.items()}
    accounts = {account for account, _ in expected} | set(range(100, 110))
    found = [order for account in sorted(accounts) for order in views.open_orders(account)]
    assert {(order["account"], order["client_ref"]): shown_native(order) for order in found} == expected
    assert len({order["order_type"] for order in found}) > 2


def shown(order: Order) -> tuple[Any, ...]:
    return (
        *(order.instrument, order.side, order.price, order.leaves, order.filled, order.order_id, order.order_type),
        *(order.time_in_force, order.flags, order.display, order.shown_lots, order.waits),
    )


def shown_native(order: "_native.OrderView") -> tuple[Any, ...]:
    return (
        *(order["instrument"], order["side"], order["price"], order["leaves"], order["filled"], order["order_id"]),
        *(
            order["order_type"],
            order["time_in_force"],
            order["flags"],
            order["display"],
            order["shown"],
            order["waits"],
        ),
    )


def test_books_and_trades_are_those_of_the_python_fold(told: Told) -> None:
    _, events, views = told
    books = Books()
    books.apply(events)
    found = views.book(1, 1_000)
    assert found is not None
    for side, levels in ((Side.BUY, found["bids"]), (Side.SELL, found["asks"])):
        assert levels == [(price, level.lots, level.orders) for price, level in books.ladders[1].best(side, 1_000)]
    trades = [
        (one["trade_id"], one["at_ns"], one["side"], one["price"], one["quantity"]) for one in views.trades(1, 256)
    ]
    expected = [(one.event_id, one.at_ns, one.side, one.price, one.quantity) for one in books.ladders[1].trades]
    assert trades == expected[::-1]


def test_a_ticker_is_that_of_the_python_fold(told: Told) -> None:
    engine, events, views = told
    books, directory = Books(), Directory()
    books.apply(events)
    directory.apply(events, engine.tails)
    standing, ticker = directory.standings[1], views.ticker(1)
    assert ticker is not None
    names = ("phase", "since_ns", "last", "reference", "settlement", "base")
    assert {name: ticker[name] for name in names} == {name: getattr(standing, name) for name in names}  # type: ignore[literal-required]
    uncrossed = standing.uncrossed
    assert uncrossed is not None
    assert ticker["uncrossed"] == (uncrossed.price, uncrossed.lots, uncrossed.left_over, uncrossed.side)
    assert ticker["day"]["lots"] == books.ladders[1].day_lots
    assert ticker["rolling"]["lots"] == books.ladders[1].traded_lots
    assert ticker["rolling"]["trades"] == books.ladders[1].trade_count


def test_balances_are_the_engines(told: Told) -> None:
    engine, _, views = told
    for account in (1, 2, *range(100, 110)):
        found = views.balances(account)
        assert {asset: found.get(asset, (0, 0)) for asset in (1, 2)} == {
            asset: engine.engine.balance(account, asset) for asset in (1, 2)
        }


def test_orders_are_found_by_their_text(told: Told) -> None:
    _, events, views = told
    accepted = events[(events["kind"] == EVENTS["Accepted"]) & (events["account"] == 109)]
    last = int(accepted["client_ref"][-1])
    found = views.order_by_text(109, f"t{last}")
    assert found is not None
    assert found["client_ref"] == last
    assert views.order(109, last) == found
    assert views.last_ref(109) >= last
    assert views.order_by_text(109, "never sent") is None


def test_positions_are_what_fills_brought(told: Told) -> None:
    _, events, views = told
    fills = events[(events["kind"] == EVENTS["Filled"]) & (events["account"] == 109)]
    sign = np.where(fills["side"] == Side.BUY, 1, -1)
    position = views.positions(109)[1]
    assert position["lots"] == int((sign * fills["quantity"]).sum())
    assert position["cost"] - position["realised"] == int((sign * fills["value"]).sum())
    assert position["fees"] == int(fills["fee"].sum())
    lately = views.fills(109, 10)
    assert [fill["event_id"] for fill in lately] == fills["event_id"][-10:][::-1].tolist()
