"""Moves for the order types: stops, pegs, icebergs, hidden orders, minimums, links, expiries, quotes, mass cancels."""

from random import Random
from typing import Final

from tests.differential.moves_near import (
    most_lots,
    near_touch,
    next_ref,
    order,
    pick_account,
    pick_instrument,
    pick_order,
)
from tests.differential.worlds import Draft, Values
from tests.model.commands import Kind
from tests.model.engine import Model
from tests.model.limits import BILLION, GATEWAY, I64_MAX, I64_MIN, OPERATOR
from tests.model.state import BUY, PEGS, SELL, STOPS, Instrument, Order
from tests.model.stops import trigger_price

EXTREMES: Final = [0, 1, -1, I64_MAX, I64_MIN, 2**32, 2**62]


def clamp(instrument: Instrument, price: int) -> int:
    """The nearest price on tick within the range."""
    price = max(instrument.min_price, min(instrument.max_price, price))
    return max(instrument.min_price, instrument.tick_down(price))


def last_near(rng: Random, instrument: Instrument) -> int:
    """A price some ticks from the last one, from the touch, or from the reference."""
    touch = [side[0].price for side in instrument.sides.values() if side]
    around = rng.choice([instrument.last, instrument.last, *touch, instrument.reference]) or 1000 * instrument.tick
    return clamp(instrument, around + rng.choice([-3, -2, -1, -1, 0, 0, 1, 1, 2, 3]) * instrument.tick)


def stop(rng: Random, model: Model) -> Draft:
    """A stop or stop-limit with its trigger near the last price."""
    draft = order(rng, model, aggressive=rng.random() < 0.6, order_type=rng.choice([4, 4, 5, 5, 5]))
    instrument = model.state.instruments[draft.values["instrument"]]
    draft.values["trigger"] = last_near(rng, instrument)
    if rng.random() < 0.5:
        away = rng.choice([0, 2, 5]) * instrument.tick * (1 if draft.values["side"] == BUY else -1)
        draft.values["price"] = clamp(instrument, draft.values["trigger"] + away)
    draft.values["quantity"] = min(draft.values["quantity"], rng.choice([1, 3, 40]))
    return with_time(rng, model, draft)


def trailing(rng: Random, model: Model) -> Draft:
    """A trailing stop, mostly at a small distance."""
    draft = stop(rng, model)
    instrument = model.state.instruments[draft.values["instrument"]]
    ticks = rng.choice([1, 1, 1, 2, 2, 3, 5, 10, 0, -1])
    return Draft(draft.kind, draft.values | {"order_type": 6, "trigger": ticks * instrument.tick})


def with_time(rng: Random, model: Model, draft: Draft) -> Draft:
    """One of the resting times in force; good till date mostly with an expiry a little ahead."""
    time_in_force = rng.choice([1, 1, 1, 1, 4, 5])
    draft.values["time_in_force"] = time_in_force
    if time_in_force == 5:
        now = max(0, model.last_at_ns) // BILLION
        draft.values["expire_s"] = now + rng.choice([0, 1, 1, 2, 2, 3, 10, 100])
    return draft


def good_till_date(rng: Random, model: Model) -> Draft:
    """An order of any type that rests, with an expiry near now."""
    draft = rng.choice([resting, stop, peg, iceberg, hidden, trailing])(rng, model)
    now = max(0, model.last_at_ns) // BILLION
    draft.values |= {"time_in_force": 5, "expire_s": now + rng.choice([0, 1, 1, 1, 2, 2, 3, 5])}
    if rng.random() < 0.05:
        draft.values["time_in_force"] = rng.choice([1, 4, 2])
    return draft


def resting(rng: Random, model: Model) -> Draft:
    """A plain order that mostly rests."""
    return with_time(rng, model, order(rng, model, aggressive=rng.random() < 0.3))


def peg(rng: Random, model: Model) -> Draft:
    """A peg whose limit matters now and then."""
    order_type = rng.choice([7, 8, 8, 9])
    draft = order(rng, model, aggressive=rng.random() < 0.8, order_type=order_type)
    instrument = model.state.instruments[draft.values["instrument"]]
    least = 1 if order_type == 9 else 0
    ticks = rng.choice([least, least, least, least + 1, least + 2, 5, 5000])
    if rng.random() < 0.05:
        ticks = rng.choice([-1, 0])
    draft.values["trigger"] = -ticks * instrument.tick
    if rng.random() < 0.4:
        away = rng.choice([5, 100]) * instrument.tick * (1 if draft.values["side"] == BUY else -1)
        draft.values["price"] = clamp(instrument, draft.values["price"] + away)
    if rng.random() < 0.03:
        draft.values["flags"] = rng.choice([1, 2, 4, 16])
    return with_time(rng, model, draft)


def iceberg(rng: Random, model: Model) -> Draft:
    """An iceberg with a small slice."""
    draft = with_time(rng, model, order(rng, model, aggressive=rng.random() < 0.25))
    quantity = rng.choice([2, 3, 5, 8, 20, rng.randint(2, 60)])
    number, account, price = (draft.values[name] for name in ("instrument", "account", "price"))
    quantity = min(quantity, most_lots(model, account, model.state.instruments[number], price))
    draft.values |= {"quantity": quantity, "display": rng.choice([1, 1, 2, 3, 5, quantity - 1, max(1, quantity)])}
    return draft


def hidden(rng: Random, model: Model) -> Draft:
    """A hidden order, some of them post-only."""
    draft = with_time(rng, model, order(rng, model, aggressive=rng.random() < 0.25))
    draft.values["flags"] = rng.choice([2, 2, 2, 3])
    return draft


def minimum(rng: Random, model: Model) -> Draft:
    """An order that must trade some lots at first, near what there is opposite."""
    draft = order(
        rng,
        model,
        aggressive=rng.random() < 0.7,
        time_in_force=rng.choice([1, 1, 2, 4, 6, 7]),
        order_type=1,
    )
    draft.values["order_type"] = {2: rng.choice([1, 2, 3]), 6: rng.choice([1, 2]), 7: rng.choice([1, 2])}.get(
        draft.values["time_in_force"], rng.choice([1, 1, 3])
    )
    quantity = draft.values["quantity"]
    opposite = model.state.instruments[draft.values["instrument"]].sides[SELL if draft.values["side"] == BUY else BUY]
    reach = sum(each.open for each in opposite[: rng.randint(1, 4)])
    draft.values["minimum"] = max(
        1, min(quantity + rng.choice([0, 0, 0, 1]), rng.choice([1, quantity, reach, reach + 1]))
    )
    return draft


def market_to_limit(rng: Random, model: Model) -> Draft:
    """A market to limit order."""
    draft = order(rng, model, aggressive=rng.random() < 0.9, time_in_force=2, order_type=3)
    return draft if rng.random() < 0.3 else with_time(rng, model, draft)


def for_auction(rng: Random, model: Model) -> Draft:
    """An order at the open or at the close, or one that crosses while orders are collected."""
    time_in_force = rng.choice([6, 7, 7, 1, 1])
    order_type = rng.choice([1, 2]) if time_in_force in {6, 7} else 1
    draft = order(rng, model, aggressive=rng.random() < 0.6, time_in_force=time_in_force, order_type=order_type)
    if rng.random() < 0.2:
        draft.values["minimum"] = rng.randint(1, max(1, draft.values["quantity"]))
    return draft


def linked(draft: Draft, target: Order, flag: int, quantity: int, next_reference: int) -> Draft:
    """The draft as one linked with a target."""
    values: Values = {
        "account": target.account,
        "instrument": target.instrument,
        "client_ref": next_reference,
        "target": target.client_ref,
        "quantity": quantity,
        "flags": flag | draft.values.get("flags", 0) & 2,
        "time_in_force": draft.values["time_in_force"] if draft.values["time_in_force"] in {1, 4} else 1,
        "expire_s": 0,
    }
    return Draft(draft.kind, draft.values | values, stray=draft.stray)


def pair(rng: Random, model: Model) -> Draft:
    """One cancels the other: a stop to a limit order that rests, or the other way round."""
    fit = [
        each
        for account in model.state.accounts.values()
        for each in account.open.values()
        if each.partner is None and (each.place == "stop" or (each.place == "book" and each.is_limit))
    ]
    if not fit:
        return rng.choice([resting, stop])(rng, model)
    target = rng.choice(fit)
    drawn = rng.choice([stop, trailing]) if target.place == "book" else rng.choice([resting, iceberg, hidden])
    draft = linked(drawn(rng, model), target, 4, target.open, next_ref(rng, model, target.account))
    instrument = model.state.instruments[target.instrument]
    draft.values["side"] = target.side
    draft.values["price"] = near_touch(rng, instrument, target.side, aggressive=rng.random() < 0.3)
    if draft.values["order_type"] in {4, 5}:
        draft.values["trigger"] = last_near(rng, instrument)
    if draft.values.get("display", 0) >= target.open:
        draft.values["display"] = 0
    return spoiled(rng, draft)


def child(rng: Random, model: Model) -> Draft:
    """One triggers the other: a child, mostly of an order that has one already, so that brackets come about."""
    parents = [each for account in model.state.accounts.values() for each in account.open.values() if not each.parent]
    brackets = [each for each in parents if len(each.children) == 1]
    if not parents:
        return resting(rng, model)
    target = rng.choice(brackets) if brackets and rng.random() < 0.5 else rng.choice(parents)
    moves = [resting, stop, trailing, iceberg, hidden, minimum]
    quantity = rng.choice([target.total, target.total, max(1, target.total - 1), 1])
    side = rng.choice([target.side, SELL if target.side == BUY else BUY, SELL if target.side == BUY else BUY])
    if target.children:
        moves = [stop, trailing] if target.children[0].order_type not in STOPS else [resting, resting, iceberg]
        quantity, side = target.children[0].open, target.children[0].side
    draft = linked(rng.choice(moves)(rng, model), target, 8, quantity, next_ref(rng, model, target.account))
    instrument = model.state.instruments[target.instrument]
    draft.values["side"] = side
    draft.values["price"] = near_touch(rng, instrument, side, aggressive=rng.random() < 0.4)
    if draft.values["order_type"] in {4, 5}:
        draft.values["trigger"] = last_near(rng, instrument)
    if draft.values.get("display", 0) >= quantity:
        draft.values["display"] = 0
    if draft.values.get("minimum", 0) > quantity:
        draft.values["minimum"] = quantity
    if draft.values["order_type"] == 1 and rng.random() < 0.1 and not draft.values.get("minimum"):
        draft.values |= {"flags": 9, "display": 0}
    return spoiled(rng, draft)


def drain(rng: Random, model: Model) -> Draft:
    """Takes out what a child will need."""
    children = [
        each for account in model.state.accounts.values() for each in account.open.values() if each.place == "child"
    ]
    if not children:
        return child(rng, model)
    found = rng.choice(children)
    asset = model.state.instruments[found.instrument].held_asset(found.side)
    free = model.state.ledger.free(found.account, asset)
    return Draft(Kind.Withdraw, {"account": found.account, "asset": asset, "amount": free - rng.choice([0, 0, 1])})


def spoiled(rng: Random, draft: Draft) -> Draft:
    """Now and then something that the link forbids."""
    if rng.random() < 0.08:
        name = rng.choice(["side", "quantity", "target", "instrument", "flags", "order_type"])
        draft.values[name] += 1
    return draft


def replace_special(rng: Random, model: Model) -> Draft:
    """Replaces a stop, peg, iceberg, hidden or waiting order, or one that may not be replaced."""
    special = [
        each
        for account in model.state.accounts.values()
        for each in account.open.values()
        if each.place != "book" or each.display or each.hidden or each.partner or each.minimum
    ]
    found = rng.choice(special) if special else pick_order(rng, model)
    if found is None:
        return resting(rng, model)
    instrument, total = model.state.instruments[found.instrument], found.total
    values: Values = {
        "account": found.account,
        "client_ref": next_ref(rng, model, found.account),
        "target": found.client_ref,
        "price": rng.choice([found.price, found.price, near_touch(rng, instrument, found.side, aggressive=True)]),
        "quantity": rng.choice([total, total, total, total - 1, total + 1, max(1, found.filled), 2 * total]),
    }
    if found.order_type == 6:
        values["trigger"] = instrument.tick * rng.choice([0, 1, 2, 3, -1])
    elif found.order_type in STOPS:
        values["trigger"] = rng.choice([0, found.trigger, last_near(rng, instrument)])
    elif rng.random() < 0.1:
        values["trigger"] = rng.choice(EXTREMES)
    return Draft(Kind.ReplaceOrder, values)


def cancel_special(rng: Random, model: Model) -> Draft:
    """Cancels or reduces an order that is linked, or in an instrument with work to go on with."""
    found = [
        each
        for account in model.state.accounts.values()
        for each in account.open.values()
        if each.partner or each.children or each.parent or model.state.instruments[each.instrument].busy
    ]
    target = rng.choice(found) if found else pick_order(rng, model)
    if target is None:
        return resting(rng, model)
    total = target.filled + rng.choice([0, 0, 1, target.open - 1, target.open])
    quantity = rng.choice([0, 0, total])
    return Draft(Kind.CancelOrder, {"account": target.account, "client_ref": target.client_ref, "quantity": quantity})


def hit_stops(rng: Random, model: Model) -> Draft:
    """An order that trades at the trigger of a stop, to set off what waits there."""
    stops = [
        (number, each) for number, instrument in model.state.instruments.items() for each in instrument.standing("stop")
    ]
    if not stops:
        return stop(rng, model)
    number, found = rng.choice(stops)
    instrument = model.state.instruments[number]
    price, side = clamp(instrument, trigger_price(found)), rng.choice([BUY, SELL])
    account = pick_account(rng, model)
    opposite = instrument.sides[SELL if side == BUY else BUY]
    reach = [each for each in opposite if (each.price <= price if side == BUY else each.price >= price)]
    values: Values = {
        "account": account,
        "instrument": number,
        "client_ref": next_ref(rng, model, account),
        "side": side,
        "order_type": 1,
        "time_in_force": rng.choice([1, 1, 1, 2]),
        "price": price,
        "quantity": max(1, min(sum(each.open for each in reach) + rng.choice([0, 0, 1]), 200)),
    }
    return Draft(Kind.PlaceOrder, values)


def mass_quote(rng: Random, model: Model) -> Draft:
    """Bids and asks in some instruments, some of them refused."""
    account = pick_account(rng, model)
    items: list[dict[str, int]] = []
    for _ in range(rng.choice([1, 1, 2, 2, 3, 5, 0])):
        number, instrument = pick_instrument(rng, model)
        bid = near_touch(rng, instrument, BUY, aggressive=rng.random() < 0.15)
        ask = near_touch(rng, instrument, SELL, aggressive=rng.random() < 0.15)
        items.append(
            {
                "instrument": number if rng.random() < 0.97 else rng.choice([0, 99, 2**32 - 1]),
                "bid_price": bid if rng.random() < 0.97 else rng.choice(EXTREMES),
                "bid_quantity": rng.choice([0, 1, 2, 5, 10]) if rng.random() < 0.97 else rng.choice(EXTREMES),
                "ask_price": ask if rng.random() < 0.97 else rng.choice(EXTREMES),
                "ask_quantity": rng.choice([0, 1, 2, 5, 10]) if rng.random() < 0.97 else rng.choice(EXTREMES),
            }
        )
    reference = next_ref(rng, model, account) if rng.random() < 0.97 else model.state.accounts[account].last_ref
    return Draft(Kind.MassQuote, {"account": account, "client_ref": reference}, items=tuple(items))


def mass_cancel(rng: Random, model: Model) -> Draft:
    """A mass cancel, mostly of what exists."""
    state = model.state
    account = pick_account(rng, model)
    scope, number = rng.choice(
        [
            (1, account),
            (1, account),
            (3, state.accounts[account].firm),
            (5, 0),
            (6, rng.choice([*state.sessions, 1])),
            (1, rng.choice([0, 15, 2**32 - 1])),
            (rng.choice([0, 2, 4, 7, 255]), 1),
            (3, 0),
            (5, 1),
        ]
    )
    values: Values = {
        "id": number,
        "scope": scope,
        "side": rng.choice([0, 0, 0, 1, 2, 3]) if rng.random() < 0.9 else 255,
        "instrument": rng.choice([0, 0, *state.instruments]) if rng.random() < 0.95 else 2**32 - 1,
        "source": rng.choice([GATEWAY, OPERATOR, OPERATOR, 2, 5]),
    }
    return Draft(Kind.MassCancel, values)


def session(rng: Random, model: Model) -> Draft:
    """A trading session over the accounts of a firm, for mass cancels to name."""
    account = pick_account(rng, model)
    firm = model.state.accounts[account].firm
    ours = [number for number, each in model.state.accounts.items() if each.firm == firm]
    number = rng.randint(1, 3)
    values: Values = {"account": account, "session": number, "firm": firm, "protocol": 1}
    items = tuple({"account": each} for each in sorted({account, *rng.sample(ours, rng.randint(0, len(ours)))}))
    return Draft(Kind.DefineSession, values, {"name": b"S%d" % number}, items)


assert {7, 8, 9} == PEGS
