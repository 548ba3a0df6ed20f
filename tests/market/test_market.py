"""The market decides the same from the same, resumes from the log, and keeps the venue alive."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
from tests.venues.simulated import SimulatedEngine, floor

from garraway.market import Floor, Participants
from garraway.records import EVENTS, EventArray, of_kind, reject

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
