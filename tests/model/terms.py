"""Changes of an instrument's terms and splits, from docs/concepts/days.md, "Changes"."""

from collections.abc import Iterator
from typing import Final

from tests.model import sweeps
from tests.model.commands import Command
from tests.model.definitions import name_of
from tests.model.events import EventKind, Reply
from tests.model.fields import fitting
from tests.model.limits import FEE_INCOME, HOUSE, I64_MAX, MAX_ORDER_QUANTITY, MAX_SWEEPS, OUTSIDE, SETTLEMENT
from tests.model.links import rehold
from tests.model.positions import most_lots, range_fits
from tests.model.register import CONTRACT, SPOT, Held
from tests.model.rejects import Reason, lowest
from tests.model.results import split_lots
from tests.model.state import Instrument, Order, Prices, State, Sweep, Work, rounded

PHASES_OF_CHANGE: Final = {4, 7, 8}
"""Halt, closed, suspended."""
OFF_TERMS: Final = 10
"""Detail of `Canceled`."""
SPLIT: Final = 6
"""Detail of `Posted`."""
POSITION_SPLIT: Final = 6
"""Detail of `PositionChanged`."""
MOST_RATIO: Final = 1_000_000
MOST_SPLIT: Final = 2**120
"""What the holdings times the numerator stay below."""
STOPS_WITH_PRICES: Final = {4, 5}
"""Order types whose trigger is a price as given: stop, stop-limit."""


def change_instrument(state: State, command: Command, reply: Reply) -> Reason | None:
    """ChangeInstrument -> InstrumentChanged, and a sweep over orders that the new terms do not allow."""
    number = command["instrument"]
    instrument = state.instruments.get(number)
    if instrument is None:
        return Reason.InstrumentUnknown
    symbol = name_of(command.names["symbol"], 16)
    others = {each.symbol for other, each in state.instruments.items() if other != number}
    reason = (
        lowest(
            {
                Reason.AlreadyDefined: symbol in others,
                Reason.NameInvalid: symbol is None,
                Reason.TickInvalid: command["tick"] < 1,
            }
        )
        or refusal_of_terms(state, command)
        or refusal_of_moment(state, instrument)
    )
    if reason or symbol is None:
        return reason
    if command["tick"] != instrument.tick:
        instrument.ticks = []
    instrument.symbol = symbol
    instrument.tick = command["tick"]
    instrument.min_price, instrument.max_price = command["min_price"], command["max_price"]
    instrument.max_quantity, instrument.max_notional = command["max_quantity"], command["max_notional"]
    first_id = reply.say(EventKind.InstrumentChanged, instrument=number)
    if instrument.dealing is not None and instrument.dealing.quote is not None:
        quote = instrument.dealing.quote
        if not instrument.min_price <= quote.bid <= quote.ask <= instrument.max_price:
            instrument.dealing.quote = None
    instrument.locks += 1

    def steps(state: State, sweep: Sweep) -> Work:
        cancel = sweeps.canceling(state, sweep, OFF_TERMS)
        yield from sweeps.walk_through(state, sweep, number, lambda order: is_off(instrument, order), cancel)
        sweeps.leave(sweep)
        yield 1  # busy until SweepEnded, which finds this room
        instrument.locks -= 1

    sweeps.begin(state, command, first_id, steps, instrument=number)
    return None


def refusal_of_terms(state: State, command: Command) -> Reason | None:
    """What is wrong with the new range and limits; the tick is at least 1."""
    number, tick, low, high = (command[name] for name in ("instrument", "tick", "min_price", "max_price"))
    instrument = state.instruments[number]
    other_range = (low, high) != (instrument.min_price, instrument.max_price)
    return lowest(
        {
            Reason.PriceRangeInvalid: not 1 <= low <= high
            or low % tick != 0
            or high % tick != 0
            or (instrument.kind != SPOT and other_range and rests_on_range(state, number))
            or (instrument.kind != SPOT and instrument.settlement != 0 and not low <= instrument.settlement <= high),
            Reason.LimitInvalid: not 1 <= command["max_quantity"] <= MAX_ORDER_QUANTITY
            or command["max_quantity"] * instrument.lot_value > I64_MAX
            or command["max_notional"] < 1
            or (instrument.kind != SPOT and not range_fits(high, command["max_quantity"], instrument.price_value)),
        }
    )


def rests_on_range(state: State, number: int) -> bool:
    """Collateral of positions or holds of orders in the future are reckoned with its price range."""
    dealt = any(where == number for where, _, _ in state.register.dealt)
    return (
        dealt
        or any(where == number for _, where in state.register.positions)
        or any(order.instrument == number for account in state.accounts.values() for order in account.open.values())
    )


def refusal_of_moment(state: State, instrument: Instrument) -> Reason | None:
    """Whether terms can be changed now."""
    return lowest(
        {
            Reason.WorkFull: len(state.sweeps) >= MAX_SWEEPS,
            Reason.PhaseForbids: instrument.phase not in PHASES_OF_CHANGE,
            Reason.InstrumentBusy: instrument.busy,
        }
    )


def is_off(instrument: Instrument, order: Order) -> bool:
    """The order does not fit the instrument's terms."""
    has_trigger = order.order_type in STOPS_WITH_PRICES and order.waits_for_trigger
    return order.total > instrument.max_quantity or not all(
        instrument.on_tick(price) and instrument.min_price <= price <= instrument.max_price
        for price in ([order.price, order.trigger] if has_trigger else [order.price])
    )


def split_instrument(state: State, command: Command, reply: Reply) -> Reason | None:
    """SplitInstrument -> InstrumentSplit, and a sweep over holdings and orders."""
    number, numerator, denominator = (command[name] for name in ("instrument", "numerator", "denominator"))
    instrument = state.instruments.get(number)
    if instrument is None:
        return Reason.InstrumentUnknown
    reason = lowest(
        {
            Reason.KindInvalid: instrument.kind != CONTRACT
            and (instrument.kind != SPOT or is_elsewhere(state, number, instrument.base)),
            Reason.RatioInvalid: not (1 <= numerator <= MOST_RATIO and 1 <= denominator <= MOST_RATIO)
            or (
                instrument.kind == SPOT
                and abs(state.ledger.balances[OUTSIDE, instrument.base]) * numerator >= MOST_SPLIT
            )
            or not positions_fit(state, number, numerator, denominator),
        }
    ) or refusal_of_moment(state, instrument)
    if reason:
        return reason
    first_id = reply.say(EventKind.InstrumentSplit, instrument=number, quantity=numerator, leaves=denominator)
    split_prices(state, number, numerator, denominator)
    instrument.locks += 1
    splitting = {instrument.base} if instrument.kind == SPOT else set()
    state.register.splitting |= splitting

    def steps(state: State, sweep: Sweep) -> Work:
        split: set[int] = set()
        orders = split_orders(state, sweep, split, numerator, denominator)
        split_all = split_holdings if instrument.kind == SPOT else split_positions
        holdings = split_all(state, sweep, numerator, denominator)
        for part in (holdings, orders) if numerator >= denominator else (orders, holdings):
            yield from part
        for _ in split:  # what is remembered of each is looked at once more
            yield from sweeps.wait_to_look(state, sweep)
            sweep.looked += 1
        if instrument.dealing is not None and instrument.dealing.quote is not None:
            quote = instrument.dealing.quote
            bid, ask = (split_price(instrument, price, numerator, denominator) for price in (quote.bid, quote.ask))
            instrument.dealing.quote = Prices(bid, ask)
        yield 1  # busy until SweepEnded, which finds this room
        instrument.locks -= 1
        state.register.splitting -= splitting

    sweeps.begin(state, command, first_id, steps, instrument=number)
    return None


def is_elsewhere(state: State, number: int, asset: int) -> bool:
    """Another instrument is for this asset, or is paid in it."""
    return any(asset in {each.base, each.quote} for other, each in state.instruments.items() if other != number)


def split_price(instrument: Instrument, price: int, numerator: int, denominator: int) -> int:
    """A price in the new terms; 0 stays 0."""
    if price == 0:
        return 0
    within = min(max(price * denominator // numerator, instrument.min_price), instrument.max_price)
    return max(instrument.tick_down(within), instrument.min_price)


def split_prices(state: State, number: int, numerator: int, denominator: int) -> None:
    """Prices and lots that the instrument remembers get the new terms."""
    instrument = state.instruments[number]
    day = instrument.day

    def new(price: int) -> int:
        return split_price(instrument, price, numerator, denominator)

    instrument.reference, instrument.last = new(instrument.reference), new(instrument.last)
    instrument.settlement, day.settlement = new(instrument.settlement), new(day.settlement)
    day.first, day.highest, day.lowest = new(day.first), new(day.highest), new(day.lowest)
    day.lots = min(I64_MAX, day.lots * numerator // denominator)
    split_lots(state, number, numerator, denominator)


def after_split(held: Held, numerator: int, denominator: int) -> Held:
    """A position after a split; what its left-over lots cost is gone."""
    lots, over = divmod(abs(held.lots) * numerator, denominator)
    freed = (2 * held.cost * over + abs(held.lots) * numerator) // (2 * abs(held.lots) * numerator)
    return Held(lots if held.lots > 0 else -lots, held.cost - freed, held.margin)


def positions_fit(state: State, number: int, numerator: int, denominator: int) -> bool:
    """Lots and cost of every position against the house can be counted after the split."""
    instrument = state.instruments[number]
    if instrument.dealing is None or 0 in {numerator, denominator}:
        return True
    found = [
        after_split(held, numerator, denominator) for key, held in state.register.dealt.items() if key[0] == number
    ]
    return all(
        abs(each.lots) <= most_lots(instrument) and each.cost <= instrument.value(instrument.max_price, abs(each.lots))
        for each in found
    )


def split_positions(state: State, sweep: Sweep, numerator: int, denominator: int) -> Work:
    """Each position against the house, by account and id."""
    for key in sorted(key for key in state.register.dealt if key[0] == sweep.instrument):
        yield from sweeps.wait_to_look(state, sweep)
        yield 1
        split_position(state, key, numerator, denominator)
        sweep.looked += 1


def split_position(state: State, key: tuple[int, int, int], numerator: int, denominator: int) -> None:
    """PositionChanged; lots that are left over are paid out at the middle of the quote."""
    number, account, position = key
    instrument, before = state.instruments[number], state.register.dealt[key]
    dealing = instrument.dealing
    assert dealing is not None
    assert dealing.quote is not None
    after = after_split(before, numerator, denominator)
    margin = min(before.margin, rounded(after.cost * dealing.margin_rate))
    over, middle = abs(before.lots) * numerator % denominator, dealing.quote.middle()
    paid = (2 * instrument.value(middle, over) + numerator) // (2 * numerator)
    gain = paid - (before.cost - after.cost)
    gain = gain if before.lots > 0 else -gain
    payer = state.payer(account)
    state.ledger.move(instrument.quote, gain, giver=HOUSE, taker=payer)
    state.ledger.holds[payer, instrument.quote] += margin - before.margin
    del state.register.dealt[key]
    if after.lots:
        state.register.dealt[key] = Held(after.lots, after.cost, margin)
    state.reply.say(
        EventKind.PositionChanged,
        named=False,
        account=account,
        instrument=number,
        detail=POSITION_SPLIT,
        source_seq=position,
        price=middle,
        quantity=after.lots,
        leaves=before.lots,
        value=gain,
        fee=after.cost,
        released=before.margin - margin,
    )


def split_holdings(state: State, sweep: Sweep, numerator: int, denominator: int) -> Work:
    """Each account's balance of the base asset, account 1 aside, which is the other leg."""
    for account in holders(state):
        yield from sweeps.wait_to_look(state, sweep)
        yield from split_holding(state, sweep.instrument, account, numerator, denominator)
        sweep.looked += 1


def holders(state: State) -> Iterator[int]:
    """The venue's own accounts but the outside world, then those of clients, by number."""
    yield from (FEE_INCOME, SETTLEMENT)
    yield from sweeps.by_number(state.accounts)


def split_holding(state: State, number: int, account: int, numerator: int, denominator: int) -> Work:
    """What one account has of the base asset."""
    base = state.instruments[number].base

    def change() -> int:
        balance = state.ledger.balances[account, base]
        return balance * numerator // denominator - balance

    if change():
        yield 2
    more = change()
    if more == 0:
        return
    state.ledger.move(base, more, giver=OUTSIDE, taker=account)
    for owner, amount in ((account, more), (OUTSIDE, -more)):
        state.reply.say(
            EventKind.Posted,
            named=False,
            account=owner,
            instrument=base,
            detail=SPLIT,
            value=fitting(amount),
            fee=number,
        )


def split_orders(state: State, sweep: Sweep, split: set[int], numerator: int, denominator: int) -> Work:
    """Each order gets the new terms, or is cancelled where it cannot have them."""
    instrument = state.instruments[sweep.instrument]
    cancel = sweeps.canceling(state, sweep, OFF_TERMS)

    def deal_with(order: Order) -> None:
        price, rest = divmod(order.price * denominator, numerator)
        lots, filled = order.open * numerator // denominator, order.filled * numerator // denominator
        keeps = (
            stands_whole(order)
            and rest == 0
            and instrument.on_tick(price)
            and instrument.min_price <= price <= instrument.max_price
            and lots >= 1
            and lots + filled <= instrument.max_quantity
            and instrument.value(price, lots + filled) <= instrument.max_notional
        )
        if keeps:
            split.add(order.order_id)
            give_terms(state, order, price, lots, filled)
        else:
            cancel(order)

    yield from sweeps.walk_through(state, sweep, sweep.instrument, lambda order: order.order_id not in split, deal_with)
    sweeps.leave(sweep)


def stands_whole(order: Order) -> bool:
    """The order rests displayed, all of it, and nothing else hangs on its lots."""
    return (
        order.place == "book"
        and not order.hidden
        and order.display == 0
        and order.partner is None
        and order.minimum == 0
    )


def give_terms(state: State, order: Order, price: int, lots: int, filled: int) -> None:
    """OrderSplit; the order keeps its id and its carry."""
    instrument = state.instruments[order.instrument]
    before = order.open
    instrument.leave(order)
    order.price, order.open, order.filled = price, lots, filled
    instrument.rest(order)
    state.reply.say(
        EventKind.OrderSplit,
        named=False,
        account=order.account,
        instrument=order.instrument,
        side=order.side,
        client_ref=order.client_ref,
        price=price,
        quantity=before,
        leaves=lots,
        value=order.order_id,
        released=rehold(state, order),
    )
