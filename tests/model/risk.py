"""What is asked of an order before it is taken, and who sets it, from docs/concepts/risk.md, "Limits"."""

from dataclasses import dataclass
from typing import Final

from tests.model import dealt
from tests.model.commands import Command
from tests.model.events import EventKind, Reply
from tests.model.limits import BILLION, I64_MAX
from tests.model.positions import closable, lots_of, most_lots, open_lots
from tests.model.register import (
    CONTRACT,
    FUTURE,
    OF_ACCOUNT,
    OF_FIRM,
    OF_GROUP,
    OF_INSTRUMENT,
    OF_VENUE,
    Bucket,
    Limits,
    Scoped,
)
from tests.model.rejects import Reason, lowest
from tests.model.results import look_who_is_under, loss
from tests.model.state import BUY, Order, State

NO_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """An order as it would be after PlaceOrder or ReplaceOrder.

    `price` and `quantity` are those sent, `open` the lots that would be open, `hold` what the order would hold, `more`
    by how much all that its account holds would grow; `old` is the order that is replaced; `price_refusal` what collar
    and bands say.
    """

    account: int
    instrument: int
    side: int
    price: int
    quantity: int
    open: int
    hold: int
    more: int
    reduce_only: bool = False
    old: Order | None = None
    price_refusal: Reason | None = None
    order: Order | None = None
    """Of what the house deals: the order as it would be."""


def judge(state: State, ask: Ask) -> Reason | None:
    """Why the order is refused, from KillSwitched to Restricted; whoever comes as far as the buckets pays there."""
    if is_killed(state, ask):
        return Reason.KillSwitched
    if not pay_rate(state, ask):
        return Reason.RateExceeded
    instrument, account = state.instruments[ask.instrument], state.accounts[ask.account]
    largest = [instrument.max_quantity, account.max_quantity, *limits_of(state, ask, "max_quantity").values()]
    dearest = [instrument.max_notional, account.max_notional, *limits_of(state, ask, "max_notional").values()]
    checks = {
        Reason.QuantityTooLarge: ask.quantity > min(largest),
        Reason.NotionalTooLarge: instrument.value(ask.price, ask.quantity) > min(dearest),
        Reason.PositionTooLarge: position_is_too_large(state, ask),
        Reason.PositionTooSmall: position_is_too_small(state, ask),
        Reason.OpenOrdersTooMany: ask.old is None and has_too_many_orders(state, ask),
        Reason.OrdersFull: ask.old is None and state.open_orders() >= state.capacity,
        Reason.HeldTooMuch: holds_too_much(state, ask),
        Reason.FundsInsufficient: ask.hold > I64_MAX
        or ask.more > max(0, free(state, ask))
        or (ask.order is not None and ask.old is None and dealt.lacks_funds_at_once(state, ask.order)),
        Reason.LossReached: not ask.reduce_only and has_lost_too_much(state, ask.account),
        Reason.Restricted: is_restricted(state, ask),
        Reason.QuoteMissing: ask.order is not None and ask.old is None and dealt.lacks_quote(state, ask.order),
    }
    if ask.price_refusal:
        checks[ask.price_refusal] = True
    return lowest(checks)


def scopes_of(state: State, ask: Ask) -> list[Scoped]:
    """Account, group, firm and instrument of the order."""
    account = state.accounts[ask.account]
    numbers = {
        OF_ACCOUNT: ask.account,
        OF_GROUP: account.group,
        OF_FIRM: account.firm,
        OF_INSTRUMENT: ask.instrument,
    }
    return list(numbers.items())


def limits_of(state: State, ask: Ask, name: str) -> dict[Scoped, int]:
    """The limits of this name that apply to the order."""
    found = {scope: getattr(state.register.limits.get(scope, NO_LIMITS), name) for scope in scopes_of(state, ask)}
    return {scope: limit for scope, limit in found.items() if limit}


def is_killed(state: State, ask: Ask) -> bool:
    """A kill switch is thrown for the order."""
    return not state.register.kills.isdisjoint([*scopes_of(state, ask), (OF_VENUE, 0)])


def is_restricted(state: State, ask: Ask) -> bool:
    """The instrument is on the restricted list of account, group or firm."""
    return any((*scope, ask.instrument) in state.register.restrictions for scope in scopes_of(state, ask)[:3])


def free(state: State, ask: Ask) -> int:
    """What is free of the asset that the order holds, in the account that pays for it."""
    return state.ledger.free(state.payer(ask.account), state.instruments[ask.instrument].held_asset(ask.side))


def position_is_too_large(state: State, ask: Ask) -> bool:
    """The lots held and those of all open orders of the side could go beyond a limit."""
    instrument = state.instruments[ask.instrument]
    limits = list(limits_of(state, ask, "max_position").values())
    if instrument.kind == CONTRACT:
        if ask.reduce_only:
            return False
        held = dealt.lots_on_side(state, ask.account, ask.instrument, ask.side)
        others = open_lots(state, ask.account, ask.instrument, ask.side, without=ask.old)
        return held + ask.open > most_lots(instrument) or any(held + others + ask.open > limit for limit in limits)
    if instrument.kind == FUTURE:
        held = lots_of(state, ask.account, ask.instrument)
        limits.append(most_lots(instrument))
    else:
        held = state.ledger.balances[state.payer(ask.account), instrument.base] // instrument.lot_value
    others = open_lots(state, ask.account, ask.instrument, ask.side, without=ask.old)
    if ask.side == BUY:
        return any(held + others + ask.open > limit for limit in limits)
    return instrument.kind == FUTURE and any(others + ask.open - held > limit for limit in limits)


def position_is_too_small(state: State, ask: Ask) -> bool:
    """A reduce-only order for more than it could close; of what the house deals a child is asked later."""
    if ask.order is None:
        return ask.reduce_only and ask.open > closable(state, ask.account, ask.instrument, ask.side)
    is_child = ask.old is None and ask.order.place == "child"
    return ask.reduce_only and not is_child and ask.open > dealt.reducible(state, ask.order)


def has_too_many_orders(state: State, ask: Ask) -> bool:
    """One more order would be too many for account, group, firm or instrument."""
    account = state.accounts[ask.account]
    limits = limits_of(state, ask, "max_open_orders")
    firm = sum(len(each.open) for each in state.accounts.values() if each.firm == account.firm)
    instrument = sum(
        order.instrument == ask.instrument for each in state.accounts.values() for order in each.open.values()
    )
    opened = {OF_ACCOUNT: len(account.open), OF_GROUP: len(account.open), OF_FIRM: firm, OF_INSTRUMENT: instrument}
    return len(account.open) >= account.max_open_orders or any(
        opened[scope] >= limit for (scope, _), limit in limits.items()
    )


def holds_too_much(state: State, ask: Ask) -> bool:
    """The order would hold more than before, and then its account or firm more than it may."""
    asset = state.instruments[ask.instrument].held_asset(ask.side)
    own = held_for_orders(state, [ask.account], asset)
    firm = state.accounts[ask.account].firm
    together = held_for_orders(state, [each for each, account in state.accounts.items() if account.firm == firm], asset)
    held = {OF_ACCOUNT: own, OF_GROUP: own, OF_FIRM: together}
    return ask.more > 0 and any(
        state.register.limits[scope].asset == asset and held[scope[0]] + ask.more > limit
        for scope, limit in limits_of(state, ask, "max_held").items()
    )


def held_for_orders(state: State, accounts: list[int], asset: int) -> int:
    """What the open orders of these accounts hold of the asset, whoever pays for them."""
    return sum(
        order.hold
        for number in accounts
        for order in state.accounts[number].open.values()
        if state.instruments[order.instrument].held_asset(order.side) == asset
    )


def has_lost_too_much(state: State, number: int) -> bool:
    """The account's loss of the day has reached its own limit or its group's."""
    scopes = [(OF_ACCOUNT, number), (OF_GROUP, state.accounts[number].group)]
    limits = [state.register.limits.get(scope, NO_LIMITS) for scope in scopes]
    return any(each.max_loss and loss(state, number, each.asset) >= each.max_loss for each in limits)


def rates(state: State) -> dict[Scoped, int]:
    """Whose bucket gains how much; an account's is of the lower of its own and its group's rate."""
    limits = state.register.limits
    found = {scope: each.max_rate for scope, each in limits.items() if scope[0] in {OF_FIRM, OF_INSTRUMENT}}
    for number, account in state.accounts.items():
        scopes = [(OF_ACCOUNT, number), (OF_GROUP, account.group)]
        own = [limits[scope].max_rate for scope in scopes if scope in limits and limits[scope].max_rate]
        found[OF_ACCOUNT, number] = min(own, default=0)
    return {scope: rate for scope, rate in found.items() if rate}


def look_at_buckets(state: State) -> None:
    """Each bucket whose rate is another than before is full; without a rate there is none."""
    buckets, wanted = state.register.buckets, rates(state)
    for scope in buckets.keys() - wanted.keys():
        del buckets[scope]
    for scope, rate in wanted.items():
        if scope not in buckets or buckets[scope].rate != rate:
            buckets[scope] = Bucket(rate, rate * BILLION, state.at_ns)


def pay_rate(state: State, ask: Ask) -> bool:
    """Takes an order's billion units from each bucket that counts it, or from none where one has fewer."""
    buckets = [state.register.buckets[scope] for scope in scopes_of(state, ask) if scope in state.register.buckets]
    for bucket in buckets:
        gained = bucket.rate * (state.at_ns - bucket.at_ns)
        bucket.units, bucket.at_ns = min(bucket.rate * BILLION, bucket.units + gained), state.at_ns
    if any(bucket.units < BILLION for bucket in buckets):
        return False
    for bucket in buckets:
        bucket.units -= BILLION
    return True


LIMITS_OF_INSTRUMENTS: Final = {"max_rate", "max_open_orders", "max_quantity", "max_notional"}
NOT_OF_FIRMS: Final = {"max_position", "max_loss"}


def exists(state: State, scope: int, number: int) -> bool:
    """There is such an account, group, firm or instrument; the venue is number 0."""
    return {
        OF_ACCOUNT: number in state.accounts,
        OF_GROUP: number in state.register.groups,
        OF_FIRM: number >= 1,
        OF_INSTRUMENT: number in state.instruments,
        OF_VENUE: number == 0,
    }[scope]


def set_limits(state: State, command: Command, reply: Reply) -> Reason | None:
    """SetLimits -> LimitsSet."""
    scope, number = command["scope"], command["id"]
    limits = Limits(**{name: command[name] for name in Limits.__slots__})
    given = {name for name in Limits.__slots__ if name != "asset" and getattr(limits, name)}
    reason = lowest(
        {
            Reason.AssetUnknown: bool(given & {"max_held", "max_loss"}) and limits.asset not in state.assets,
            Reason.LimitInvalid: any(getattr(limits, name) < 0 for name in given)
            or (scope == OF_INSTRUMENT and not given <= LIMITS_OF_INSTRUMENTS)
            or (scope == OF_FIRM and not given.isdisjoint(NOT_OF_FIRMS)),
            Reason.ScopeInvalid: scope not in {OF_ACCOUNT, OF_GROUP, OF_FIRM, OF_INSTRUMENT}
            or not exists(state, scope, number),
        }
    )
    if reason:
        return reason
    state.register.limits[scope, number] = limits
    look_at_buckets(state)
    look_who_is_under(state)
    reply.say(EventKind.LimitsSet, value=number, fee=scope)
    return None


def set_kill(state: State, command: Command, reply: Reply) -> Reason | None:
    """SetKill -> KillSet."""
    scope, number, on = (command[name] for name in ("scope", "id", "on"))
    if scope not in {OF_ACCOUNT, OF_FIRM, OF_INSTRUMENT, OF_VENUE} or on > 1 or not exists(state, scope, number):
        return Reason.ScopeInvalid
    (state.register.kills.add if on else state.register.kills.discard)((scope, number))
    reply.say(EventKind.KillSet, detail=on, value=number, fee=scope)
    return None


def set_restriction(state: State, command: Command, reply: Reply) -> Reason | None:
    """SetRestriction -> RestrictionSet."""
    scope, number, on, instrument = (command[name] for name in ("scope", "id", "on", "instrument"))
    reason = lowest(
        {
            Reason.ScopeInvalid: scope not in {OF_ACCOUNT, OF_GROUP, OF_FIRM}
            or on > 1
            or not exists(state, scope, number),
            Reason.InstrumentUnknown: instrument not in state.instruments,
        }
    )
    if reason:
        return reason
    listed = state.register.restrictions
    (listed.add if on else listed.discard)((scope, number, instrument))
    reply.say(EventKind.RestrictionSet, instrument=instrument, detail=on, value=number, fee=scope)
    return None
