"""PlaceOrder, CancelOrder, ReplaceOrder and Continue, from docs/concepts: the checks, then what they do."""

from dataclasses import replace

from tests.model import dealer, money, risk, sweeps
from tests.model.bands import price_refusal
from tests.model.commands import Command
from tests.model.due import advance, after_cancel, start
from tests.model.events import EventKind, Reply
from tests.model.forms import LINKS, in_range, order_of, refusal_of_form, trigger_is_valid
from tests.model.limits import I64_MAX, MAX_REF_STEP
from tests.model.links import holds, link_pair, reduce_to, rehold
from tests.model.matching import Outlook, dry_run, enter, market_to_limit, stand, would_trade
from tests.model.phases import forbids
from tests.model.rejects import Reason, lowest
from tests.model.state import (
    AT_THE_CLOSE,
    CANCELS_THE_OTHER,
    CONTINUOUS,
    CONTRACT,
    FILL_OR_KILL,
    FUTURE,
    LIMIT,
    MARKET_TO_LIMIT,
    TRAILING_STOP,
    TRIGGERED_BY_OTHER,
    Account,
    Instrument,
    Order,
    State,
    Work,
)
from tests.model.stops import notice_last_price, start_trailing
from tests.model.trading import BY_OWNER, NOT_FILLED_AT_ONCE, NOT_POSSIBLE, REPLACED_BY_NO_MORE


def place_order(state: State, command: Command, reply: Reply) -> Reason | None:
    """PlaceOrder -> Accepted, then trades, then Canceled or a rest in the book."""
    account = state.accounts.get(command["account"])
    if account is None:
        return Reason.AccountUnknown
    if not 0 < command["client_ref"] - account.last_ref <= MAX_REF_STEP:
        return Reason.ClientRefStale
    account.last_ref = command["client_ref"]
    return place(state, order_of(command), command["target"])


def place(state: State, order: Order, target: int) -> Reason | None:
    """All checks behind the reference, then Accepted and what comes of it."""
    instrument, account = state.instruments.get(order.instrument), state.accounts[order.account]
    if instrument is None:
        return Reason.InstrumentUnknown
    if instrument.kind == FUTURE and not instrument.settlement:
        return Reason.ReferenceUnknown
    reason = refusal_of_form(state, instrument, order, target) or refusal_of_phase(instrument, order)
    if reason:
        return reason
    other = account.open[target] if order.flags & LINKS else None
    order.maker_rate, order.taker_rate = money.rates_now(state, order.account, instrument)
    takes = take_limit(instrument, order)
    dealer.take_position(state, order, target)
    if order.flags & TRIGGERED_BY_OTHER:
        order.place = "child"
    reason = risk.judge(state, ask_for(state, instrument, order, other))
    if reason:
        return reason
    outlook = look_ahead(state, instrument, order) if takes else None
    if outlook is Outlook.TOO_LARGE:
        return Reason.DryRunTooLarge
    if enters(instrument, order) and order.post_only and would_trade(instrument, order, order.price):
        return Reason.PostOnlyWouldTrade
    accept(state, order, other)
    if not takes:
        start(state, instrument, cancelled(state, order, NOT_FILLED_AT_ONCE))
    elif outlook is Outlook.FAILS:
        start(state, instrument, cancelled(state, order, NOT_POSSIBLE))
    else:
        start(state, instrument, begun(state, order))
    return None


def take_limit(instrument: Instrument, order: Order) -> bool:
    """Gives a market to limit order its limit; False where there is none to take."""
    if order.order_type != MARKET_TO_LIMIT:
        return True
    limit = market_to_limit(instrument, order.side, order.price)
    order.price = order.price if limit is None else limit
    return limit is not None


def ask_for(state: State, instrument: Instrument, order: Order, other: Order | None) -> risk.Ask:
    """What risk is asked of a new order."""
    wanted = first_holds(state, order, other)
    is_limit = order.order_type in {LIMIT, MARKET_TO_LIMIT}
    return risk.Ask(
        account=order.account,
        instrument=order.instrument,
        side=order.side,
        price=order.price,
        quantity=order.open,
        open=order.open,
        hold=max(wanted.values()),
        more=sum(wanted.values()) - sum(each.hold for each in wanted),
        reduce_only=order.reduce_only or order.reduces,
        old=None,
        order=order if instrument.kind == CONTRACT else None,
        price_refusal=price_refusal(instrument, order.side, order.price) if is_limit else None,
    )


def refusal_of_phase(instrument: Instrument, order: Order) -> Reason | None:
    """PhaseForbids and InstrumentBusy."""
    order_type = LIMIT if order.is_limit else order.order_type
    if forbids(instrument.phase, order_type, order.time_in_force, post_only=order.post_only):
        return Reason.PhaseForbids
    return Reason.InstrumentBusy if instrument.busy else None


def first_holds(state: State, order: Order, other: Order | None) -> dict[Order, int]:
    """What a new order, and the other one of its pair, would hold."""
    if not order.flags & CANCELS_THE_OTHER or other is None:
        return holds(state, order)
    link_pair(order, other)
    wanted = holds(state, order)
    order.partner = other.partner = None
    return wanted


def enters(instrument: Instrument, order: Order) -> bool:
    """The order is matched as soon as it is accepted."""
    waits = order.place == "child" or order.waits_for_trigger or order.time_in_force == AT_THE_CLOSE
    return instrument.phase == CONTINUOUS and not waits


def look_ahead(state: State, instrument: Instrument, order: Order) -> Outlook | None:
    """The dry run of an order that has to trade something at once."""
    if instrument.kind == CONTRACT:
        return None
    wanted = order.open if order.time_in_force == FILL_OR_KILL else order.minimum
    return dry_run(state, order, wanted) if wanted and enters(instrument, order) else None


def accept(state: State, order: Order, other: Order | None) -> None:
    """Accepted: the order is open and linked."""
    state.accounts[order.account].open[order.client_ref] = order
    if order.flags & CANCELS_THE_OTHER and other is not None:
        link_pair(order, other)
    if order.flags & TRIGGERED_BY_OTHER and other is not None:
        order.parent = other
        other.children.append(order)
    state.reply.own = order
    order.order_id = state.reply.say(
        EventKind.Accepted,
        account=order.account,
        instrument=order.instrument,
        side=order.side,
        client_ref=order.client_ref,
        price=order.price,
        quantity=order.open,
        leaves=order.open,
        detail=order.time_in_force,
        value=order.order_type + 256 * order.flags,
        fee=order.trigger or order.display,
        released=rehold(state, order),
    )


def cancelled(state: State, order: Order, detail: int) -> Work:
    """The order comes to nothing."""
    reduce_to(state, order, 0, detail)
    yield from ()


def begun(state: State, order: Order) -> Work:
    """What becomes of an order that was accepted: it waits outside the book, or enters."""
    instrument = state.instrument_of(order)
    if order.place == "child":
        instrument.wait(order, "child")
    elif instrument.kind == CONTRACT:
        yield from dealer.begin(state, order)
    elif order.waits_for_trigger:
        if order.order_type == TRAILING_STOP:
            start_trailing(instrument, order)
        instrument.wait(order, "stop")
        notice_last_price(instrument, order)
    elif order.time_in_force == AT_THE_CLOSE:
        stand(instrument, order)
    else:
        order.minimum = 0 if instrument.phase == CONTINUOUS else order.minimum
        yield from enter(state, order)


def cancel_order(state: State, command: Command, reply: Reply) -> Reason | None:
    """CancelOrder -> Canceled; the order keeps its place with what is left."""
    account = state.accounts.get(command["account"])
    if account is None:
        return Reason.AccountUnknown
    order = account.open.get(command["client_ref"])
    if order is None:
        return Reason.OrderUnknown
    if not 0 <= command["quantity"] < order.total:
        return Reason.QuantityInvalid
    reply.own = order
    reduce_to(state, order, max(0, command["quantity"] - order.filled), BY_OWNER)
    after_cancel(state, state.instrument_of(order))
    return None


def replace_order(state: State, command: Command, reply: Reply) -> Reason | None:
    """ReplaceOrder -> Replaced and perhaps trades, or Canceled where no more is wanted than was filled."""
    account = state.accounts.get(command["account"])
    if account is None:
        return Reason.AccountUnknown
    if not 0 < command["client_ref"] - account.last_ref <= MAX_REF_STEP:
        return Reason.ClientRefStale
    account.last_ref = command["client_ref"]
    order = account.open.get(command["target"])
    if order is None:
        return Reason.OrderUnknown
    instrument = state.instrument_of(order)
    reason = refusal_of_change(instrument, order, command) or refusal_of_phase(instrument, order)
    if reason:
        return reason
    lots_open = command["quantity"] - order.filled
    new = changed(state, instrument, order, command)
    reason = judged(state, instrument, order, new, command["quantity"])
    if reason:
        return reason
    reply.own = order
    if lots_open <= 0:
        reduce_to(state, order, 0, REPLACED_BY_NO_MORE)
        after_cancel(state, instrument)
        return None
    stays = keeps_place(order, new)
    checked = instrument.phase == CONTINUOUS and order.post_only and order.place == "book" and not stays
    if checked and would_trade(instrument, order, new.price):
        return Reason.PostOnlyWouldTrade
    start(state, instrument, change(state, account, order, new, stays=stays))
    return None


def refusal_of_change(instrument: Instrument, order: Order, command: Command) -> Reason | None:
    """Quantity, price, trigger and links."""
    given = order.waits_for_trigger and command["trigger"] != 0
    return lowest(
        {
            Reason.QuantityInvalid: command["quantity"] < 1,
            Reason.PriceOffTick: not instrument.on_tick(command["price"]),
            Reason.PriceOutOfRange: not in_range(instrument, command["price"]),
            Reason.TriggerInvalid: given and not trigger_is_valid(instrument, order.order_type, command["trigger"]),
            Reason.LinkInvalid: order.partner is not None or order.parent is not None,
        }
    )


def changed(state: State, instrument: Instrument, order: Order, command: Command) -> Order:
    """The order as it would be after the replacement, with the fee rates of its time."""
    new = replace(order, client_ref=command["client_ref"], price=command["price"])
    new.open = max(0, command["quantity"] - order.filled)
    new.maker_rate, new.taker_rate = money.rates_now(state, order.account, instrument)
    if order.waits_for_trigger and command["trigger"] != 0 and command["trigger"] != order.trigger:
        new.trigger = command["trigger"]
        if instrument.kind == CONTRACT:
            new.extreme = 0
        else:
            start_trailing(instrument, new)
    return new


def judged(state: State, instrument: Instrument, order: Order, new: Order, quantity: int) -> Reason | None:
    """What risk says of the replacement."""
    hold = money.hold(instrument, new, new.price, new.open)
    refusal = price_refusal(instrument, order.side, new.price) if order.is_limit else None
    return risk.judge(
        state,
        risk.Ask(
            account=order.account,
            instrument=order.instrument,
            side=order.side,
            price=new.price,
            quantity=quantity,
            open=new.open,
            hold=hold,
            more=hold - order.hold,
            reduce_only=order.reduce_only or order.reduces,
            old=order,
            order=new if instrument.kind == CONTRACT else None,
            price_refusal=refusal,
        ),
    )


def keeps_place(order: Order, new: Order) -> bool:
    """Whether the order stands where it stood: the same price and trigger, and no more open."""
    return new.price == order.price and new.trigger == order.trigger and new.open <= order.open


def change(state: State, account: Account, order: Order, new: Order, *, stays: bool) -> Work:
    """Gives the order its new reference, price and lots; where it does not keep its place it enters again."""
    instrument, place = state.instrument_of(order), order.place
    if not stays:
        instrument.leave(order)
    target = order.client_ref
    del account.open[target]
    account.open[new.client_ref] = order
    for name in ("client_ref", "price", "open", "trigger", "extreme", "maker_rate", "taker_rate"):
        setattr(order, name, getattr(new, name))
    order.shown = min(order.shown, order.open)
    event_id = state.reply.say(
        EventKind.Replaced,
        account=order.account,
        instrument=order.instrument,
        side=order.side,
        detail=int(stays),
        client_ref=order.client_ref,
        price=order.price,
        quantity=order.total,
        leaves=order.open,
        value=order.order_id,
        fee=signed(target),
        released=rehold(state, order),
    )
    if stays:
        return
    order.order_id = event_id
    if instrument.kind == CONTRACT:
        order.group = account.group
        yield from dealer.begin(state, order)
    elif place == "stop":
        instrument.wait(order, "stop")
        notice_last_price(instrument, order)
    elif place == "close":
        instrument.wait(order, "close")
    else:
        yield from enter(state, order)


def continue_work(state: State, command: Command, reply: Reply) -> Reason | None:
    """Continue -> what the work of an instrument, or of the oldest sweep, makes next; no source stands on that."""
    instrument = state.instruments.get(command["instrument"])
    if instrument is None and command["instrument"] != 0:
        return Reason.InstrumentUnknown
    if instrument is None and not state.sweeps:
        return Reason.InstrumentNotBusy
    if instrument is not None and instrument.work is None:
        return Reason.InstrumentNotBusy
    reply.source = reply.source_seq = 0
    if instrument is None:
        sweeps.advance(state, state.sweeps[0])
    else:
        if instrument.working is not None:
            state.note_late(instrument.working)
        advance(state, instrument)
    return None


def signed(number: int) -> int:
    """The 64 bits of a reference as they stand in a signed field."""
    return number - 2**64 if number > I64_MAX else number
