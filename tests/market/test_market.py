"""The market decides the same from the same, resumes from the log, and keeps the venue alive."""

import hashlib
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from tests.venues.simulated import INSTRUMENT, SimulatedEngine, floor
from tests.venues.told import event

from garraway.market import Floor, Market, Participants
from garraway.records import EVENTS, KINDS, EventArray, OrderType, Phase, TimeInForce, body, head, of_kind, reject

STEPS = 400
MAKER = Participants.of(1).maker


def market(seed: int = 7) -> Floor:
    return floor(seed)


def run(engine: SimulatedEngine, trading: Floor, steps: int = STEPS) -> EventArray:
    """Lets a market trade; all events."""
    events = []
    for _ in range(steps):
        events.append(engine.submit(trading.step()))
        trading.apply(events[-1])
    return np.concatenate(events)


@pytest.fixture(scope="module")
def traded() -> EventArray:
    return run(SimulatedEngine(), market())


def test_the_same_seed_gives_the_same_events_and_another_seed_others(traded: EventArray) -> None:
    assert run(SimulatedEngine(), market()).tobytes() == traded.tobytes()
    assert run(SimulatedEngine(), market(seed=8)).tobytes() != traded.tobytes()


@pytest.mark.parametrize("hash_seed", ["0", "1", "4711"])
def test_decisions_do_not_depend_on_pythons_hash_seed(traded: EventArray, hash_seed: str) -> None:
    script = (
        "import hashlib; from tests.market.test_market import *; "
        "print(hashlib.sha256(run(SimulatedEngine(), market()).tobytes()).hexdigest())"
    )
    found = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == hashlib.sha256(traded.tobytes()).hexdigest()


def test_it_trades_on_both_sides_and_almost_everything_is_accepted(traded: EventArray) -> None:
    count = np.bincount(traded["kind"], minlength=20)
    assert set(of_kind(traded, "Traded")["side"].tolist()) == {1, 2}
    assert count[EVENTS["Traded"]] > STEPS
    assert count[EVENTS["Rejected"]] < STEPS * 10 // 100


def test_the_maker_never_trades_with_itself(traded: EventArray) -> None:
    filled = of_kind(traded, "Filled")
    makers, takers = filled[::2], filled[1::2]
    assert not ((makers["account"] == MAKER) & (takers["account"] == MAKER)).any()


def test_the_maker_quotes_both_sides_without_a_gap() -> None:
    engine, trading = SimulatedEngine(), market()
    run(engine, trading, 50)
    for _ in range(STEPS):
        trading.apply(engine.submit(trading.step()))
        assert engine.ladder(1)[0][0] < engine.ladder(2)[0][0]
        assert min(len(engine.ladder(1)), len(engine.ladder(2))) > 5


def test_a_market_that_reads_the_log_knows_what_the_one_before_it_knew() -> None:
    engine, before = SimulatedEngine(), market()
    events = run(engine, before)
    after = market()
    after.apply(events)
    after.resume()
    assert [trader.orders.by_key for trader in after.traders] == [trader.orders.by_key for trader in before.traders]
    assert [trader.inventory_lots for trader in after.traders] == [trader.inventory_lots for trader in before.traders]
    assert after.seen_seq == before.seen_seq
    rejected = of_kind(run(engine, after, 100), "Rejected")
    names = {reject(code).name for code in rejected["detail"].tolist()}
    assert names <= {"OrderUnknown"}, "only orders that were filled meanwhile are unknown"


def test_two_markets_resumed_from_the_same_log_decide_the_same() -> None:
    events = run(SimulatedEngine(), market())
    decided = []
    for _ in range(2):
        resumed = market()
        resumed.apply(events)
        resumed.resume()
        decided.append(resumed.step())
    assert decided[0] == decided[1]


def told(phase: Phase, instrument: int = 1) -> EventArray:
    return event("PhaseChanged", instrument=instrument, detail=phase)


def placed(commands: list[bytes]) -> list[tuple[int, int]]:
    """Order type and time in force of each order that is placed."""
    found = []
    for command in commands:
        if KINDS[head(command)["kind"]] == "PlaceOrder":
            said = body("PlaceOrder", command[36:])
            found.append((int(said["order_type"]), int(said["time_in_force"])))
    return found


@pytest.mark.parametrize("phase", [Phase.HALT, Phase.CLOSED, Phase.SUSPENDED, Phase.DELISTED])
def test_nobody_trades_in_a_phase_that_takes_no_orders(phase: Phase) -> None:
    trading = market()
    trading.apply(told(phase))
    assert trading.step() == []


@pytest.mark.parametrize(
    ("phase", "only"),
    [
        (Phase.PRE_OPEN, TimeInForce.AT_OPEN),
        (Phase.OPENING_AUCTION, TimeInForce.AT_OPEN),
        (Phase.VOLATILITY_AUCTION, None),
        (Phase.CLOSING_AUCTION, TimeInForce.AT_CLOSE),
    ],
)
def test_auctions_get_orders_that_they_may_take(phase: Phase, only: TimeInForce | None) -> None:
    trading = market()
    trading.apply(told(phase))
    found = {pair for _ in range(STEPS) for pair in placed(trading.step())}
    eager = (
        {(OrderType.LIMIT, TimeInForce.DAY)} if only is None else {(OrderType.LIMIT, only), (OrderType.MARKET, only)}
    )
    assert found == {(OrderType.LIMIT, TimeInForce.GOOD_TILL_CANCEL), *eager}


def test_continuous_trading_sees_every_kind_of_order() -> None:
    trading = market()
    found = {pair[0] for _ in range(STEPS * 5) for pair in placed(trading.step())}
    assert found == set(OrderType) - {OrderType.MARKET_PEG}


def test_markets_take_turns_and_pass_over_those_that_are_closed() -> None:
    listed = [replace(INSTRUMENT, number=number) for number in (1, 2, 3)]
    markets = [
        Market(instrument=one, participants=Participants.of(one.number), reference_price=1_000_000) for one in listed
    ]
    trading = Floor(seed=7, source=2, markets=markets)
    assert [head(trading.step()[0])["instrument"] for _ in range(4)] == [1, 2, 3, 1]
    trading.apply(told(Phase.CLOSED, 2))
    assert [head(trading.step()[0])["instrument"] for _ in range(4)] == [3, 1, 3, 1]


def test_each_instrument_has_accounts_of_its_own() -> None:
    accounts = [account for number in range(1, 11) for account in Participants.of(number).all]
    assert len(set(accounts)) == len(accounts)
