"""The work of an instrument: what is due, in turn, then pegs; and how work goes on while there is room."""

from collections.abc import Callable
from typing import Final

from tests.model import dealer
from tests.model.book import priced
from tests.model.events import EventKind
from tests.model.limits import I64_MAX
from tests.model.links import LINKED, has_too_much, holds, level, reduce_to, rehold
from tests.model.matching import ROOM, Outlook, dry_run, enter, stand, would_trade
from tests.model.state import BUY, CONTINUOUS, CONTRACT, PEGS, SELL, TRAILING_STOP, Instrument, Order, State, Work
from tests.model.stops import make_due, notice_last_price, start_trailing
from tests.model.trading import FUNDS_MISSING, NOT_FILLED_AT_ONCE, NOT_POSSIBLE


def advance(state: State, instrument: Instrument) -> None:
    """Goes on with the work of the instrument until it is done or the next step finds no room."""
    while instrument.work is not None and state.has_room(instrument.needs):
        try:
            instrument.needs = next(instrument.work)
        except StopIteration:
            instrument.work = None


def start(state: State, instrument: Instrument, *parts: Work) -> None:
    """Begins work of an instrument that is idle: these parts, then what is due."""
    assert instrument.work is None
    instrument.work, instrument.needs = in_turn(state, instrument, parts), 0
    advance(state, instrument)


def in_turn(state: State, instrument: Instrument, parts: tuple[Work, ...]) -> Work:
    """One part after the other."""
    for part in parts:
        yield from part
    yield from settle(state, instrument)


def after_cancel(state: State, instrument: Instrument) -> None:
    """Goes on with the work, unless an order is being matched or a change of phase is on its way."""
    state.reply.own = None
    if instrument.work is None:
        start(state, instrument)
    elif instrument.working is not None:
        if instrument.working.open == 0:
            instrument.needs = 0
            advance(state, instrument)
    elif not instrument.changing:
        drop_void(instrument)
        if not instrument.due:
            instrument.needs = 0
        advance(state, instrument)


def settle_all(state: State) -> None:
    """Works off what is due, and moves pegs, in all instruments that are idle."""
    for number in sorted(state.instruments):
        if state.instruments[number].work is None:
            start(state, state.instruments[number])


def settle(state: State, instrument: Instrument) -> Work:
    """What is due, from the front; then pegs that reach or are reached, until nothing more is to be done."""
    state.reply.own = None
    while True:
        drop_void(instrument)
        peg = next_peg(instrument)
        if instrument.due:
            yield ROOM if instrument.dealing is None else dealer.ROOM
            drop_void(instrument)
            if instrument.due:
                what, order = instrument.due.pop(0)
                yield from STEPS[what](state, order)
        elif peg is not None:
            instrument.leave(peg)
            yield from enter(state, peg)
        else:
            return


def drop_void(instrument: Instrument) -> None:
    """Takes from the front what would make no event."""
    while instrument.due and instrument.due[0][0] == "level" and not has_too_much(instrument.due[0][1]):
        instrument.due.pop(0)


def next_peg(instrument: Instrument) -> Order | None:
    """Where the best buy reaches the best sell in continuous trading: the peg of the two, of two pegs the later one."""
    if instrument.phase != CONTINUOUS:
        return None
    buys, sells = priced(instrument, BUY), priced(instrument, SELL)
    if not buys or not sells or buys[0][0] < sells[0][0]:
        return None
    best = [
        min((order for price, order in side if price == side[0][0]), key=lambda order: order.order_id)
        for side in (buys, sells)
    ]
    return max((order for order in best if order.order_type in PEGS), key=lambda order: order.order_id)


def level_step(state: State, order: Order) -> Work:
    """Brings an order level with its partner."""
    level(state, order)
    yield from ()


def start_child(state: State, order: Order) -> Work:
    """The order for which this one waited is done."""
    instrument, parent = state.instrument_of(order), order.parent
    assert parent is not None
    if not parent.filled or (order.partner is not None and order.partner.open == 0):
        reduce_to(state, order, 0, LINKED)
        return
    parent.children.remove(order)
    order.parent = None
    instrument.leave(order)
    order.open = min(order.open, parent.filled)
    order.minimum = min(order.minimum, order.open)
    wanted = holds(state, order)
    asset = instrument.held_asset(order.side)
    more = sum(wanted.values()) - sum(each.hold for each in wanted)
    free = state.ledger.free(state.payer(order.account), asset)
    if more > max(0, free) or max(wanted.values()) > I64_MAX:
        reduce_to(state, order, 0, FUNDS_MISSING)
        return
    if order.reduces:
        order.position = parent.position
    activate(state, order)
    other = order.partner
    if other is not None and other.place != "child" and other.open != order.open:
        make_due(instrument, "level", max(order, other, key=lambda each: each.open))
    if instrument.kind == CONTRACT:
        yield from dealer.begin(state, order)
        return
    if order.waits_for_trigger:
        if order.order_type == TRAILING_STOP:
            start_trailing(instrument, order)
        instrument.wait(order, "stop")
        notice_last_price(instrument, order)
        return
    yield from enter_child(state, order)


def enter_child(state: State, order: Order) -> Work:
    """A child enters; what is refused of a new order is cancelled of a child."""
    instrument = state.instrument_of(order)
    if instrument.phase == CONTINUOUS:
        if order.post_only and would_trade(instrument, order, order.price):
            reduce_to(state, order, 0, NOT_FILLED_AT_ONCE)
            return
        if order.minimum and dry_run(state, order, order.minimum, len(state.reply.made)) is not Outlook.FILLS:
            reduce_to(state, order, 0, NOT_POSSIBLE)
            return
        order.minimum = 0
    yield from enter(state, order)


def activate(state: State, order: Order) -> None:
    """Activated: the order has a new id from now on."""
    before = order.order_id
    order.order_id = state.reply.say(
        EventKind.Activated,
        named=False,
        account=order.account,
        instrument=order.instrument,
        side=order.side,
        client_ref=order.client_ref,
        price=order.price,
        quantity=order.open,
        leaves=order.open,
        value=before,
        released=rehold(state, order),
    )
    state.note_late(order)


def start_at_close(state: State, order: Order) -> Work:
    """An order that waited for the closing auction rests."""
    instrument = state.instrument_of(order)
    instrument.leave(order)
    activate(state, order)
    stand(instrument, order)
    yield from ()


def trigger(state: State, order: Order) -> Work:
    """A stop that was reached enters."""
    instrument = state.instrument_of(order)
    instrument.leave(order)
    order.triggered = True
    before = order.order_id
    order.order_id = state.reply.say(
        EventKind.Triggered,
        named=False,
        account=order.account,
        instrument=order.instrument,
        side=order.side,
        client_ref=order.client_ref,
        price=order.price,
        quantity=order.open,
        leaves=order.open,
        value=before,
        fee=instrument.last,
    )
    state.note_late(order)
    yield from enter(state, order)


STEPS: Final[dict[str, Callable[[State, Order], Work]]] = {
    "level": level_step,
    "start": start_child,
    "close": start_at_close,
    "stop": trigger,
    "called": dealer.called,
}
"""What is done with each thing that is due."""
