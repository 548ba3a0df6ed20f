"""How an instrument goes from one phase to another, from docs/concepts/phases.md, and which orders a phase takes."""

from collections.abc import Callable
from typing import Final

from tests.model.auction import STEP, number_of, uncross
from tests.model.events import EventKind
from tests.model.links import reduce_to
from tests.model.state import (
    AT_THE_CLOSE,
    AT_THE_OPEN,
    CLOSED,
    CLOSING_AUCTION,
    CONTINUOUS,
    FILL_OR_KILL,
    IMMEDIATE_OR_CANCEL,
    MARKET_TO_LIMIT,
    OPENING_AUCTION,
    PRE_OPEN,
    VOLATILITY_AUCTION,
    Instrument,
    Order,
    State,
    Work,
)
from tests.model.stops import follow, forget_reached, make_due, notice_last_price
from tests.model.trading import NOT_FILLED_AT_ONCE, NOT_POSSIBLE

AUCTIONS: Final = frozenset({OPENING_AUCTION, VOLATILITY_AUCTION, CLOSING_AUCTION})
COLLECTING: Final = AUCTIONS | {PRE_OPEN}

BY_COMMAND: Final = 1
BY_SCHEDULE: Final = 2
BY_BAND: Final = 3
BY_UNCLEAN_START: Final = 4
BY_AUCTION_END: Final = 5


def forbids(phase: int, order_type: int, time_in_force: int, *, post_only: bool) -> bool:
    """The phase takes no such order, neither new nor as a replacement."""
    if time_in_force == AT_THE_OPEN:
        return phase not in {PRE_OPEN, OPENING_AUCTION}
    if phase == CONTINUOUS:
        return False
    if phase not in COLLECTING:
        return True
    return time_in_force in {IMMEDIATE_OR_CANCEL, FILL_OR_KILL} or post_only or order_type == MARKET_TO_LIMIT


def change(state: State, instrument: Instrument, new: int, cause: int, *, named: bool = False) -> Work:
    """From the phase that it has into another one; what is due afterwards is not worked off here."""
    old, instrument.changing = instrument.phase, True
    if old in AUCTIONS and new in {CONTINUOUS, CLOSED}:
        yield from uncross(state, instrument)
    if old == OPENING_AUCTION:
        yield from cancel_each(state, instrument, lambda each: each.time_in_force == AT_THE_OPEN, NOT_FILLED_AT_ONCE)
    if old == CLOSING_AUCTION:
        yield from cancel_each(state, instrument, lambda each: each.time_in_force == AT_THE_CLOSE, NOT_FILLED_AT_ONCE)
    if new == CONTINUOUS:
        pending = lambda each: each.minimum > 0 and each.place == "book"  # noqa: E731
        yield from cancel_each(state, instrument, pending, NOT_POSSIBLE)
    yield STEP
    come_into(state, instrument, new, cause, named=named)
    instrument.changing = False


def cancel_each(state: State, instrument: Instrument, wanted: Callable[[Order], bool], detail: int) -> Work:
    """Cancels the orders that are wanted, by id."""
    while any(wanted(order) for order in instrument.orders()):
        yield STEP
        found = [order for order in instrument.orders() if wanted(order)]
        if found:
            reduce_to(state, found[0], 0, detail)


def come_into(state: State, instrument: Instrument, new: int, cause: int, *, named: bool = False) -> None:
    """Says PhaseChanged; what begins or ends with it becomes due or is forgotten."""
    old, instrument.phase = instrument.phase, new
    state.reply.say(
        EventKind.PhaseChanged,
        named=named,
        instrument=number_of(state, instrument),
        detail=new,
        value=old,
        fee=cause,
    )
    instrument.indicated = (0, 0, 0)
    instrument.auction_ends = None
    if old == CONTINUOUS:
        forget_reached(instrument)
    if new == CLOSING_AUCTION:
        for order in instrument.standing("close"):
            make_due(instrument, "close", order)
    if new == CONTINUOUS:
        follow(instrument)
        notice_last_price(instrument)
