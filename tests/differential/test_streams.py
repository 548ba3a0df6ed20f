"""The streams reach everything there is to reach; what they came to is printed (`pytest -s` shows it)."""

import os
from itertools import product
from typing import Final

import pytest
from tests.differential.outcomes import CAUSES_OF_PHASES, REASONS_TO_CANCEL, Outcomes
from tests.differential.profiles import PROFILES
from tests.differential.streams import Stream
from tests.model.commands import Kind, decode
from tests.model.engine import COMMANDS
from tests.model.events import EventKind
from tests.model.rejects import Reason
from tests.model.state import RESTING

COUNT: Final = int(os.environ.get("GARRAWAY_STREAMS", "1200"))
"""Commands of each profile and seed."""
SEEDS: Final = (1, 2, 3)

TO_COME: Final = set(Kind) - set(COMMANDS)
"""Commands that the model does not know yet; with them go the things below."""
THEIRS: Final = {
    EventKind.FeePlanDefined,
    EventKind.GroupDefined,
    EventKind.AccountChanged,
    EventKind.LimitsSet,
    EventKind.KillSet,
    EventKind.RestrictionSet,
    EventKind.DayEnded,
    EventKind.DayPrices,
    EventKind.DayTurnover,
    EventKind.FeePlanChanged,
    EventKind.InstrumentChanged,
    EventKind.InstrumentSplit,
    EventKind.OrderSplit,
    EventKind.TradeBusted,
    EventKind.PositionMarked,
}
THEIR_REASONS: Final = {
    Reason.GroupUnknown,
    Reason.ClearingInvalid,
    Reason.FeePlanUnknown,
    Reason.DateInvalid,
    Reason.RatioInvalid,
    Reason.TradeInvalid,
    Reason.KillSwitched,
    Reason.RateExceeded,
    Reason.PositionTooLarge,
    Reason.PositionTooSmall,
    Reason.HeldTooMuch,
    Reason.LossReached,
    Reason.Restricted,
}


@pytest.fixture(scope="module")
def outcomes() -> Outcomes:
    """Of all profiles."""
    found = Outcomes()
    for profile, seed in product(PROFILES, SEEDS):
        stream = Stream(profile, seed)
        model = stream.model()
        for sent in stream.commands(model, COUNT):
            found.count(decode(sent.record), model.apply(sent.record, sent.at_ns))
    print(found.told())
    return found


@pytest.mark.timeout(900)
def test_every_command_is_sent(outcomes: Outcomes) -> None:
    assert set(outcomes.commands) == set(Kind) - TO_COME


def test_every_event_is_said(outcomes: Outcomes) -> None:
    assert set(outcomes.events) >= set(EventKind) - (THEIRS if TO_COME else set())


def test_every_reason_is_given(outcomes: Outcomes) -> None:
    assert set(outcomes.reasons) >= set(Reason) - (THEIR_REASONS if TO_COME else set())


def test_orders_are_cancelled_for_every_reason(outcomes: Outcomes) -> None:
    assert set(outcomes.cancelled) >= REASONS_TO_CANCEL - ({10, 12} if TO_COME else set())


def test_phases_change_for_every_cause(outcomes: Outcomes) -> None:
    assert set(outcomes.causes) == CAUSES_OF_PHASES
    assert {new for _, new in outcomes.phases} == set(range(1, 10))


def test_every_order_type_is_taken_with_every_time_in_force_that_it_may_have(outcomes: Outcomes) -> None:
    taken = {(order_type, time_in_force) for order_type, time_in_force, _ in outcomes.accepted}
    rest = set(product(range(4, 10), RESTING))
    assert taken == rest | set(product([1], range(1, 8))) | set(product([2], [2, 3, 6, 7])) | set(
        product([3], RESTING | {2})
    )
    assert {flags for order_type, _, flags in outcomes.accepted if order_type == 1} >= {0, 1, 2, 3, 4, 6, 8, 9, 10}
