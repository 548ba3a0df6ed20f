"""Moves of what the house deals: quotes that step, gap and age, orders near them, rules, positions, dividends."""

from collections.abc import Callable
from random import Random
from typing import Final

from tests.differential.moves_definitions import near
from tests.differential.moves_near import most_lots, next_ref, pick_account
from tests.differential.worlds import CENTRE, Draft, Values
from tests.model.commands import BODY, Kind
from tests.model.engine import Model
from tests.model.limits import BILLION, I64_MAX, I64_MIN
from tests.model.state import BUY, REDUCE_ONLY, SELL, TRAILING_STOP, Instrument, Order


def dealt(model: Model) -> list[int]:
    """Instruments that the house deals, those that take orders first choice."""
    listed = [number for number, each in sorted(model.state.instruments.items()) if each.dealing is not None]
    return [number for number in listed if model.state.instruments[number].phase == 1] or listed


def middle_of(instrument: Instrument) -> int:
    """The middle of the quote in ticks, or where it would begin."""
    assert instrument.dealing is not None
    quote = instrument.dealing.quote
    return quote.middle() // instrument.tick if quote else CENTRE


def clamped(instrument: Instrument, price: int) -> int:
    """The price within the range."""
    return max(instrument.min_price, min(instrument.max_price, price))


def quote_step(rng: Random, model: Model) -> Draft:
    """A quote some ticks from the last one, now and then far away, crossed or off tick."""
    listed = dealt(model)
    if not listed:
        return Draft(Kind.SetQuote, {"instrument": 1, "price": 1, "trigger": 1})
    number = rng.choice(listed)
    instrument = model.state.instruments[number]
    tick, middle = instrument.tick, middle_of(instrument)
    middle += round(rng.gauss(0, 3)) if rng.random() < 0.85 else rng.choice([-60, -20, 20, 60])
    bid = clamped(instrument, (middle - rng.choice([0, 1, 1, 2])) * tick)
    ask = clamped(instrument, (middle + rng.choice([0, 1, 1, 2])) * tick)
    values: Values = {"instrument": number, "price": bid, "trigger": max(bid, ask)}
    if rng.random() < 0.5:
        values |= {"quantity": rng.choice([0, 1, 5, 40, 10**6]), "amount": rng.choice([0, 1, 5, 40, I64_MAX])}
    if rng.random() < 0.03:
        values[rng.choice(["price", "trigger", "quantity", "amount"])] = rng.choice(
            [-1, 0, 1, bid + 1, instrument.max_price + tick, I64_MAX, I64_MIN]
        )
    return Draft(Kind.SetQuote, values)


def deal_order(rng: Random, model: Model) -> Draft:
    """An order of any kind that the house deals, near the quote."""
    account, listed = pick_account(rng, model), dealt(model)
    values: Values = {"account": account, "client_ref": next_ref(rng, model, account), "instrument": 1}
    draft = Draft(Kind.PlaceOrder, values)
    if not listed:
        return draft
    values["instrument"] = rng.choice(listed)
    instrument = model.state.instruments[values["instrument"]]
    tick, side = instrument.tick, rng.choice([BUY, SELL])
    order_type = rng.choice([1, 1, 1, 2, 2, 4, 4, 5, 6])
    away = int(rng.expovariate(0.2)) * (-1 if side == BUY else 1)
    middle = middle_of(instrument)
    price = clamped(instrument, (middle + away + rng.choice([-1, 0, 1])) * tick)
    far = clamped(instrument, (middle + rng.choice([2, 20, 10**6]) * (1 if side == BUY else -1)) * tick)
    far -= far % tick
    values |= {"side": side, "order_type": order_type, "time_in_force": rng.choice([1, 1, 1, 4, 5]), "price": price}
    if order_type == 1 and rng.random() < 0.3:
        values |= {"time_in_force": rng.choice([2, 3]), "price": far}
    if order_type == 2:
        values |= {"time_in_force": rng.choice([2, 2, 3]), "price": far}
    if order_type in {4, 5}:
        trigger = clamped(instrument, (middle - away + rng.choice([-1, 0, 1])) * tick)
        values |= {"trigger": trigger, "price": far if order_type == 4 else trigger + rng.choice([-2, 0, 1, 2]) * tick}
    if order_type == TRAILING_STOP:
        values |= {"trigger": tick * rng.choice([1, 2, 5, 20]), "price": far}
    if values["time_in_force"] == 5:
        values["expire_s"] = max(0, model.last_at_ns) // BILLION + rng.choice([1, 2, 5, 100])
    lots = rng.choice([1, 1, 2, 3, 10, rng.randint(1, 60), 10**9])
    values["quantity"] = min(lots, most_lots(model, account, instrument, max(1, values["price"])))
    if rng.random() < 0.03:
        name = rng.choice(["flags", "display", "minimum", "time_in_force", "order_type", "trigger", "price", "target"])
        values[name] = near(rng, values.get(name, 0), BODY[Kind.PlaceOrder][name][1])
    return draft


def deal_reducing(rng: Random, model: Model) -> Draft:
    """An order that closes a position or part of it, now and then too much or on the wrong side."""
    draft, held = deal_order(rng, model), sorted(model.state.register.dealt.items())
    if not held:
        return draft
    (number, account, position), of = rng.choice(held)
    instrument = model.state.instruments[number]
    side = SELL if of.lots > 0 else BUY
    lots = abs(of.lots) + rng.choice([0, 0, 0, 1, -1, -abs(of.lots) // 2])
    values = draft.values
    if rng.random() < 0.05:
        side = SELL if side == BUY else BUY
    if values.get("side") != side or values["instrument"] != number:
        worst = instrument.max_price if side == BUY else instrument.min_price
        values |= {"order_type": 2, "time_in_force": 2, "price": worst, "trigger": 0, "expire_s": 0}
    values |= {
        "account": account,
        "instrument": number,
        "client_ref": next_ref(rng, model, account),
        "side": side,
        "quantity": max(1, lots),
        "flags": REDUCE_ONLY if rng.random() < 0.6 else 0,
        "target": position if rng.random() < 0.95 else rng.choice([0, position + 1, 1]),
    }
    return draft


def deal_bracket(rng: Random, model: Model) -> Draft:
    """A take profit or stop loss: a child of an open order, or one that is cancelled with the other."""
    opened = [
        order
        for account in model.state.accounts.values()
        for order in account.open.values()
        if model.state.instruments[order.instrument].dealing is not None
    ]
    if not opened:
        return deal_order(rng, model)
    other = rng.choice(opened)
    draft = deal_order(rng, model)
    instrument = model.state.instruments[other.instrument]
    child = rng.random() < 0.6
    side = other.side
    if child and rng.random() < 0.9:
        side = SELL if other.side == BUY else BUY
    stop = rng.random() < 0.5 if child else not other.waits_for_trigger
    draft.values |= bracket_prices(rng, instrument, side, stop=stop) | {
        "account": other.account,
        "instrument": other.instrument,
        "client_ref": next_ref(rng, model, other.account),
        "side": side,
        "quantity": max(1, other.open + rng.choice([0, 0, 0, 0, -1, 1])),
        "flags": (8 if child else 4) | rng.choice([0, 0, REDUCE_ONLY]),
        "target": other.client_ref,
        "time_in_force": 1,
        "expire_s": 0,
        "display": 0,
        "minimum": 0,
    }
    return draft


def bracket_prices(rng: Random, instrument: Instrument, side: int, *, stop: bool) -> Values:
    """Type, trigger and price of a stop behind the market or of a limit before it."""
    tick, middle, towards = instrument.tick, middle_of(instrument), 1 if side == BUY else -1
    ticks = rng.choice([0, 1, 2, 5, 10])
    if not stop:
        price = clamped(instrument, (middle - ticks * towards) * tick)
        return {"order_type": 1, "trigger": 0, "price": price}
    worst = instrument.max_price if side == BUY else instrument.min_price
    if rng.random() < 0.2:
        return {"order_type": TRAILING_STOP, "trigger": tick * max(1, ticks), "price": worst}
    return {"order_type": 4, "trigger": clamped(instrument, (middle + ticks * towards) * tick), "price": worst}


def set_dealing(rng: Random, model: Model) -> Draft:
    """Other rules, now and then impossible ones."""
    listed = dealt(model) or [1]
    values: Values = {
        "instrument": rng.choice(listed),
        "margin_rate": rng.choice([BILLION, BILLION, BILLION // 30, 1, 333_333_333]),
        "max_age_ns": rng.choice([0, 0, 1, BILLION, 5 * BILLION]),
        "market": rng.choice([1, 1, 2]),
        "limit": rng.choice([1, 2, 3]),
        "sized": rng.choice([0, 1]),
    }
    if rng.random() < 0.05:
        name = rng.choice(sorted(values))
        values[name] = rng.choice([0, 4, 255, -1, BILLION + 1, 65535])
    return Draft(Kind.SetDealing, values)


def set_markup(rng: Random, model: Model) -> Draft:
    """A group's markup, often none."""
    listed, groups = dealt(model) or [1], [0, *sorted(model.state.register.groups)]
    values: Values = {
        "instrument": rng.choice(listed),
        "group": rng.choice(groups),
        "bid": rng.choice([0, 0, 1, 5, 100]),
        "ask": rng.choice([0, 0, 1, 5, 100]),
    }
    if rng.random() < 0.05:
        values[rng.choice(["bid", "ask", "group", "instrument"])] = rng.choice([-1, I64_MAX, I64_MIN, 9, 4095])
    return Draft(Kind.SetMarkup, values)


def set_positions(rng: Random, model: Model) -> Draft:
    """Another way of positions, mostly refused because there are some."""
    values: Values = {"account": pick_account(rng, model), "positions": rng.choice([0, 1, 2, 2, 3, 255])}
    account = model.state.accounts[values["account"]]
    values |= {"group": account.group, "self_trade": account.self_trade, "self_trade_of": account.self_trade_of}
    return Draft(Kind.SetAccount, values)


def pay_dividend(rng: Random, model: Model) -> Draft:
    """Some ledger units for each lot."""
    listed = dealt(model) or [1]
    number = rng.choice(listed) if rng.random() < 0.97 else rng.choice([0, 1, 2, 99])
    return Draft(Kind.PayDividend, {"instrument": number, "amount": rng.choice([1, 1, 7, 100, 10**6, 0, -1, I64_MAX])})


def split_dealt(rng: Random, model: Model) -> Draft:
    """A split of what the house deals, and that in a halt."""
    listed = [number for number, each in sorted(model.state.instruments.items()) if each.dealing is not None] or [1]
    number = rng.choice(listed)
    if model.state.instruments[number].phase == 1 and rng.random() < 0.8:
        return Draft(Kind.SetPhase, {"instrument": number, "phase": rng.choice([4, 7])})
    values: Values = {"numerator": rng.choice([1, 2, 3, 10, 7, 0]), "denominator": rng.choice([1, 1, 2, 3, 7, 10**6])}
    return Draft(Kind.SplitInstrument, values | {"instrument": number})


def replace_dealt(rng: Random, model: Model) -> Draft:
    """Another price, quantity or trigger for an order that waits for a quote."""
    opened: list[Order] = [
        order
        for account in model.state.accounts.values()
        for order in account.open.values()
        if model.state.instruments[order.instrument].dealing is not None
    ]
    if not opened:
        return deal_order(rng, model)
    order = rng.choice(opened)
    instrument = model.state.instruments[order.instrument]
    step = rng.choice([0, 0, 1, -1, 3, -3, 20]) * instrument.tick
    values: Values = {
        "account": order.account,
        "client_ref": next_ref(rng, model, order.account),
        "target": order.client_ref,
        "price": clamped(instrument, order.price + step),
        "quantity": max(1, order.total + rng.choice([0, 0, 0, 1, -1, -order.open, 20])),
    }
    if order.waits_for_trigger and rng.random() < 0.6:
        moved = order.trigger + rng.choice([0, 1, -1, 5, -5]) * instrument.tick
        values["trigger"] = max(instrument.tick, clamped(instrument, moved))
    return Draft(Kind.ReplaceOrder, values)


DEALER_MOVES: Final[dict[str, Callable[[Random, Model], Draft | bytes]]] = {
    move.__name__: move
    for move in (
        quote_step,
        deal_order,
        deal_reducing,
        deal_bracket,
        set_dealing,
        set_markup,
        set_positions,
        pay_dividend,
        replace_dealt,
        split_dealt,
    )
}
