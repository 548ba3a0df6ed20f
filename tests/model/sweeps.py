"""Work over many orders, from docs/concepts/orders.md, "MassCancel": how sweeps go on, and the mass cancel itself."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from tests.model.commands import Command
from tests.model.due import after_cancel, start
from tests.model.events import EventKind, Reply
from tests.model.limits import GATEWAY, I64_MAX, LOOKS_PER_EVENT, MAX_SWEEPS
from tests.model.links import reduce_to
from tests.model.phases import BY_UNCLEAN_START, COLLECTING, change
from tests.model.rejects import Reason, lowest
from tests.model.state import (
    BUY,
    CONTINUOUS,
    HALT,
    SELL,
    VOLATILITY_AUCTION,
    Instrument,
    Order,
    State,
    Sweep,
    Work,
)
from tests.model.trading import BY_MASS_CANCEL, INSTRUMENT_GONE

WAIT: Final = -1
"""A sweep yields it where it can do nothing before other work is done."""

RESUME_AUCTION: Final = 2

ACCOUNT: Final = 1
FIRM: Final = 3
VENUE: Final = 5
SESSION: Final = 6


def begin(
    state: State, command: Command, first_id: int, steps: Callable[[State, Sweep], Work], *, instrument: int = 0
) -> None:
    """A sweep begins, in its own command."""
    sweep = Sweep(int(command.kind), instrument, first_id)
    sweep.steps = to_the_end(state, sweep, steps(state, sweep))
    state.sweeps.append(sweep)
    state.reply.own = None
    advance(state, sweep)


def to_the_end(state: State, sweep: Sweep, steps: Work) -> Work:
    """The steps, then SweepEnded."""
    yield from steps
    yield 1
    state.reply.say(
        EventKind.SweepEnded,
        named=False,
        instrument=sweep.instrument,
        detail=sweep.kind,
        value=sweep.first_id,
        quantity=sweep.cancelled,
    )


def advance(state: State, sweep: Sweep) -> None:
    """Goes on with a sweep until it is done, waits, or finds no room for its next step."""
    sweep.looked = 0
    if sweep.needs == WAIT:
        sweep.needs = 0
    while sweep.steps is not None and sweep.needs != WAIT and state.has_room(sweep.needs):
        try:
            sweep.needs = next(sweep.steps)
        except StopIteration:
            sweep.steps = None
            state.sweeps.remove(sweep)


def is_at_work(instrument: Instrument) -> bool:
    """An order or a change of phase is at work, or something is due."""
    return instrument.work is not None


def wait_free(state: State, instrument: Instrument) -> Work:
    """A sweep waits until the work of the instrument is done."""
    while is_at_work(instrument):
        yield WAIT


def may_look(state: State, sweep: Sweep) -> bool:
    """The command may look at one more order, instrument or account."""
    return sweep.looked < LOOKS_PER_EVENT * state.slice_events


def wait_to_look(state: State, sweep: Sweep) -> Work:
    """A sweep ends its command where it may look at no more."""
    while not may_look(state, sweep):
        yield WAIT


def by_number(things: Mapping[int, object]) -> Iterator[int]:
    """All numbers from the lowest upwards, those included that come meanwhile and are not behind."""
    last = -1
    while above := [number for number in things if number > last]:
        last = min(above)
        yield last


Rank = tuple[int, int, int, int]
"""Where an order stands in a sweep: side, part of the side, how far behind the best price, id."""

FRONT: Final[Rank] = (0, 0, 0, 0)


def ranked(instrument: Instrument) -> list[tuple[Rank, Order]]:
    """Orders of an instrument in the order of a mass cancel."""
    found: list[tuple[Rank, Order]] = []
    for side in (BUY, SELL):
        sign = 1 if side == SELL else -1
        book = instrument.sides[side]
        found += [((side, int(order.hidden), order.price * sign, order.order_id), order) for order in book]
        found += [((side, 2, 0, order.order_id), order) for order in instrument.standing("peg", side)]
        found += [((side, 3, 0, order.order_id), order) for order in instrument.standing("stop", side)]
        waiting = [order for place in ("child", "close", "quote", "next") for order in instrument.standing(place, side)]
        found += [((side, 4, 0, order.order_id), order) for order in waiting]
        working = instrument.working
        if working is not None and working.side == side and working.open:
            found.append(((side, 5, 0, working.order_id), working))
    return sorted(found, key=lambda each: each[0])


def walk_through(
    state: State, sweep: Sweep, number: int, belongs: Callable[[Order], bool], deal_with: Callable[[Order], None]
) -> Work:
    """Walks through an instrument, deals with the orders that belong, and works off what that made due.

    It walks again as long as orders that belong came to stand since it began.
    """
    yield from wait_to_look(state, sweep)
    sweep.looked += 1
    sweep.inside, sweep.belongs, sweep.late = number, belongs, True
    while sweep.late:
        sweep.late = False
        yield from walk_once(state, sweep, deal_with)


def walk_once(state: State, sweep: Sweep, deal_with: Callable[[Order], None]) -> Work:
    """Looks at each order in its place, then waits until the instrument has nothing to do."""
    instrument = state.instruments[sweep.inside]
    reached: Rank | None = FRONT
    while reached is not None:
        reached = go_on(state, sweep, reached, deal_with)
        after_cancel(state, instrument)
        if reached is not None:
            yield WAIT
    yield from wait_free(state, instrument)


def go_on(state: State, sweep: Sweep, reached: Rank, deal_with: Callable[[Order], None]) -> Rank | None:
    """Looks at the orders behind a place, as they stand now; returns where the command must stop, None at the end."""
    behind = [(rank, order) for rank, order in ranked(state.instruments[sweep.inside]) if rank > reached]
    for rank, order in behind:
        if not may_look(state, sweep) or (sweep.belongs(order) and not state.has_room(2)):
            return reached
        sweep.looked += 1
        reached = rank
        if sweep.belongs(order):
            deal_with(order)
    return None


def canceling(state: State, sweep: Sweep, detail: int) -> Callable[[Order], None]:
    """What most sweeps do with an order."""

    def cancel(order: Order) -> None:
        reduce_to(state, order, 0, detail)
        sweep.cancelled += 1

    return cancel


def leave(sweep: Sweep) -> None:
    """The sweep is done with the instrument through which it walked."""
    sweep.inside, sweep.late = 0, False


def mass_cancel(state: State, command: Command, reply: Reply) -> Reason | None:
    """MassCancel -> SweepBegun, Canceled of all orders that belong, SweepEnded."""
    number, scope, side = command["id"], command["scope"], command["side"]
    reason = lowest(
        {
            Reason.ScopeInvalid: not scope_is_valid(state, command),
            Reason.InstrumentUnknown: command["instrument"] not in {0, *state.instruments},
            Reason.WorkFull: len(state.sweeps) >= MAX_SWEEPS,
            Reason.SideInvalid: side > 2,
        }
    )
    if reason:
        return reason
    first_id = reply.say(
        EventKind.SweepBegun,
        instrument=command["instrument"],
        detail=int(command.kind),
        value=number,
        fee=scope,
    )

    def belongs(order: Order) -> bool:
        owner = state.accounts[order.account]
        of_session = state.sessions[number].accounts if scope == SESSION else ()
        in_scope = {
            ACCOUNT: order.account == number,
            FIRM: owner.firm == number,
            VENUE: True,
            SESSION: order.account in of_session,
        }
        return in_scope[scope] and side in {0, order.side} and order.order_id < first_id

    def steps(state: State, sweep: Sweep) -> Work:
        sweep.session = number if scope == SESSION else 0
        for listed in by_number(state.instruments):
            if command["instrument"] in {0, listed}:
                yield from walk_through(state, sweep, listed, belongs, canceling(state, sweep, BY_MASS_CANCEL))
                leave(sweep)

    begin(state, command, first_id, steps, instrument=command["instrument"])
    return None


def scope_is_valid(state: State, command: Command) -> bool:
    """What a mass cancel names exists, and its source may name it."""
    number, scope = command["id"], command["scope"]
    exists = {
        ACCOUNT: number in state.accounts,
        FIRM: number >= 1,
        VENUE: number == 0,
        SESSION: number in state.sessions,
    }
    may_name = command["source"] != GATEWAY or scope in {ACCOUNT, SESSION}
    return exists.get(scope, False) and may_name


def delist(state: State, command: Command, reply: Reply) -> None:
    """A delisted instrument loses all its orders."""
    number = command["instrument"]
    first_id = reply.say(EventKind.SweepBegun, named=False, instrument=number, detail=int(command.kind))

    def steps(state: State, sweep: Sweep) -> Work:
        yield from walk_through(state, sweep, number, lambda _: True, canceling(state, sweep, INSTRUMENT_GONE))

    begin(state, command, first_id, steps, instrument=number)


def unclean_start(state: State, command: Command, reply: Reply) -> Reason | None:
    """UncleanStart -> UncleanStarted, and a halt or an auction by each instrument's policy."""
    first_id = reply.say(EventKind.UncleanStarted)

    def steps(state: State, sweep: Sweep) -> Work:
        for number in by_number(state.instruments):
            instrument = state.instruments[number]
            while is_at_work(instrument) or not may_look(state, sweep):
                yield WAIT
            sweep.looked += 1
            if instrument.phase not in COLLECTING | {CONTINUOUS} or not instrument.rules.resume:
                continue
            start(state, instrument, change(state, instrument, HALT, BY_UNCLEAN_START))
            yield from wait_free(state, instrument)
            if instrument.phase == HALT and instrument.rules.resume == RESUME_AUCTION:
                start(state, instrument, into_auction(state, instrument))
                yield from wait_free(state, instrument)

    begin(state, command, first_id, steps)
    return None


def into_auction(state: State, instrument: Instrument) -> Work:
    """From the halt of an unclean start into the volatility auction."""
    yield from change(state, instrument, VOLATILITY_AUCTION, BY_UNCLEAN_START)
    instrument.auction_ends = min(I64_MAX, state.at_ns + instrument.rules.auction_ns)
