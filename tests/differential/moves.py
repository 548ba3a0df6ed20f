"""The moves that a stream is mixed of: each draws one command from what the model knows at that moment."""

import struct
from collections.abc import Callable
from random import Random
from typing import Final

from tests.differential.worlds import (
    ASSETS,
    CENTRE,
    FIXED,
    RANGES,
    SELF_TRADES,
    SOURCES,
    Draft,
    Setup,
    Values,
    World,
    nearest,
)
from tests.model.commands import BODY, HEAD, SHAPE, Kind
from tests.model.engine import Model
from tests.model.limits import (
    FEE_INCOME,
    GATEWAY,
    I64_MAX,
    I64_MIN,
    MAX_ACCOUNT,
    MAX_ASSET,
    MAX_COMMAND,
    MAX_INSTRUMENT,
    MAX_SESSION,
    MAX_SOURCE,
    OPERATOR,
    OUTSIDE,
    SOURCE_WINDOW,
    U64_MAX,
)
from tests.model.state import BUY, SELL, Instrument, Order

Move = Callable[[Random, Model], Draft | bytes]


def pick_account(rng: Random, model: Model) -> int:
    """An open account."""
    return rng.choice(sorted(model.state.accounts))


def pick_instrument(rng: Random, model: Model) -> tuple[int, Instrument]:
    """A listed instrument, low numbers more often."""
    numbers = sorted(model.state.instruments)
    number = numbers[min(rng.randrange(len(numbers)), rng.randrange(len(numbers)))]
    return number, model.state.instruments[number]


def next_ref(rng: Random, model: Model, account: int) -> int:
    """A reference above the account's last, mostly the next one."""
    step = 1 if rng.random() < 0.9 else rng.randint(1, 1000)
    return min(U64_MAX, model.state.accounts[account].last_ref + step)


def near_touch(rng: Random, instrument: Instrument, side: int, *, aggressive: bool) -> int:
    """A price some ticks from the touch, on the tick and mostly within the range."""
    own, other = instrument.sides[side], instrument.sides[SELL if side == BUY else BUY]
    towards = 1 if side == BUY else -1
    ticks = CENTRE
    if other:
        ticks = other[0].price // instrument.tick - towards
    elif own:
        ticks = own[0].price // instrument.tick
    elif CENTRE * instrument.tick > instrument.max_price:
        ticks = rng.randint(instrument.min_price, instrument.max_price) // instrument.tick
    ticks += (rng.randint(1, 9) if aggressive else -int(rng.expovariate(0.3))) * towards
    price = ticks * instrument.tick
    lowest = -(-instrument.min_price // instrument.tick) * instrument.tick
    return max(lowest, min(instrument.max_price, price)) if rng.random() < 0.98 else price


def most_lots(model: Model, account: int, instrument: Instrument, price: int) -> int:
    """Lots that the limits of account and instrument allow at the price, at least one."""
    owner = model.state.accounts[account]
    by_value = min(instrument.max_notional, owner.max_notional) // max(1, instrument.value(price, 1))
    return max(1, min(instrument.max_quantity, owner.max_quantity, by_value))


def order(rng: Random, model: Model, *, aggressive: bool, time_in_force: int = 1, order_type: int = 1) -> Draft:
    """A sensible order."""
    account = pick_account(rng, model)
    number, instrument = pick_instrument(rng, model)
    side = rng.choice([BUY, SELL])
    price = near_touch(rng, instrument, side, aggressive=aggressive)
    quantity = rng.choice([1, 1, 2, 10, rng.randint(1, 100), rng.randint(1, 300)])
    if rng.random() < 0.97:
        quantity = min(quantity, most_lots(model, account, instrument, price))
    values: Values = {
        "account": account,
        "instrument": number,
        "client_ref": next_ref(rng, model, account),
        "side": side,
        "order_type": order_type,
        "time_in_force": time_in_force,
        "price": price,
        "quantity": quantity,
    }
    return Draft(Kind.PlaceOrder, values)


def place(rng: Random, model: Model) -> Draft:
    """An order that mostly rests."""
    return order(rng, model, aggressive=rng.random() < 0.3)


def quote(rng: Random, model: Model) -> Draft:
    """A small order that rests, to give sweeps something to meet."""
    draft = order(rng, model, aggressive=False)
    return Draft(draft.kind, draft.values | {"quantity": rng.choice([1, 2, 3, 50])})


def far(rng: Random, model: Model) -> Draft:
    """A small order at any price of the range, low ones and those far above as often as those between."""
    draft = order(rng, model, aggressive=False)
    instrument = model.state.instruments[draft.values["instrument"]]
    ticks = 1 << rng.randint(0, (instrument.max_price // instrument.tick).bit_length())
    price = instrument.tick * rng.randint(ticks // 2, ticks)
    draft.values["price"] = price = max(instrument.min_price, min(instrument.max_price, price))
    asks = instrument.sides[SELL]
    if rng.random() < 0.9:
        draft.values["side"] = SELL if asks and price >= asks[0].price else BUY
    draft.values["quantity"] = min(rng.randint(1, 3), most_lots(model, draft.values["account"], instrument, price))
    return draft


def immediate(rng: Random, model: Model) -> Draft:
    """Immediate or cancel."""
    return order(rng, model, aggressive=rng.random() < 0.8, time_in_force=2)


def fill_or_kill(rng: Random, model: Model) -> Draft:
    """Fill or kill; its quantity is often just what there is, own orders aside that would be cancelled, or one more."""
    draft = order(rng, model, aggressive=rng.random() < 0.9, time_in_force=3, order_type=rng.choice([1, 1, 2]))
    side, price, number = (draft.values[name] for name in ("side", "price", "instrument"))
    opposite = model.state.instruments[number].sides[SELL if side == BUY else BUY]
    account = draft.values["account"]
    if model.state.accounts[account].self_trade == 2:
        opposite = [each for each in opposite if not own(model, account, each)]
    reach = [each.open for each in opposite if (each.price <= price if side == BUY else each.price >= price)]
    if reach and rng.random() < 0.7:
        some = sum(reach[: rng.randint(1, len(reach))])
        draft.values["quantity"] = max(1, some + rng.choice([-1, 0, 0, 1]))
    return draft


def market(rng: Random, model: Model) -> Draft:
    """A market order with its bound."""
    return order(rng, model, aggressive=True, time_in_force=rng.choice([2, 2, 2, 3, 1]), order_type=2)


def sweep(rng: Random, model: Model) -> Draft:
    """A large order through many levels, so that slices are used up."""
    draft = order(rng, model, aggressive=True, time_in_force=rng.choice([1, 1, 2]), order_type=rng.choice([1, 1, 2]))
    instrument = model.state.instruments[draft.values["instrument"]]
    opposite = instrument.sides[SELL if draft.values["side"] == BUY else BUY]
    if opposite:
        draft.values["price"] = opposite[rng.randrange(len(opposite))].price
        draft.values["quantity"] = max(1, min(sum(each.open for each in opposite), instrument.max_quantity))
    return draft


def own(model: Model, account: int, resting: Order) -> bool:
    """The order counts as one of the account's own, whatever its mode."""
    accounts = model.state.accounts
    by_firm = accounts[account].self_trade_of == 2
    return resting.account == account or (by_firm and accounts[resting.account].firm == accounts[account].firm)


def meet_own(rng: Random, model: Model) -> Draft:
    """An order that reaches one of the same firm, mostly of the same account; its lots end before, in or behind it."""
    found = pick_order(rng, model)
    if found is None:
        return place(rng, model)
    instrument, accounts = model.state.instruments[found.instrument], model.state.accounts
    firm = accounts[found.account].firm
    account = rng.choice(
        [found.account, rng.choice([each for each in sorted(accounts) if accounts[each].firm == firm])]
    )
    queue = instrument.sides[found.side]
    before = sum(each.open for each in queue[: queue.index(found)]) if found in queue else 0
    reach = before + rng.choice([0, found.open, found.open, rng.randint(0, found.open)])
    behind = rng.choice([0, 0, 1, 5]) * instrument.tick
    price = found.price + (behind if found.side == SELL else -behind)
    price = max(instrument.min_price, min(instrument.max_price, price))
    order_type, time_in_force = rng.choice([(1, 1), (1, 1), (1, 2), (1, 3), (2, 2), (2, 3)])
    quantity = rng.choice([reach - 1, reach, reach, reach + 1, reach + 20])
    values: Values = {
        "account": account,
        "instrument": found.instrument,
        "client_ref": next_ref(rng, model, account),
        "side": SELL if found.side == BUY else BUY,
        "order_type": order_type,
        "time_in_force": time_in_force,
        "price": price,
        "quantity": max(1, min(quantity, most_lots(model, account, instrument, price))),
    }
    return Draft(Kind.PlaceOrder, values)


def kill_past_own(rng: Random, model: Model) -> Draft:
    """Fill or kill that has to go past an own order, of an account that cancels its oldest where there is one."""
    past = [
        (account, number, side, index)
        for account, owner in model.state.accounts.items()
        for number, instrument in model.state.instruments.items()
        for side in (BUY, SELL)
        for index, each in enumerate(instrument.sides[side][:-1])
        if owner.self_trade == 2 and own(model, account, each)
    ]
    if not past:
        return fill_or_kill(rng, model)
    account, number, side, index = rng.choice(past)
    instrument = model.state.instruments[number]
    queue = instrument.sides[side]
    last = rng.randint(index + 1, min(len(queue) - 1, index + 8))
    lots = sum(each.open for each in queue[: last + 1] if not own(model, account, each)) + rng.choice([-1, 0, 0, 0, 1])
    price = queue[last].price
    values: Values = {
        "account": account,
        "instrument": number,
        "client_ref": next_ref(rng, model, account),
        "side": SELL if side == BUY else BUY,
        "order_type": rng.choice([1, 2]),
        "time_in_force": 3,
        "price": price,
        "quantity": max(1, min(lots, most_lots(model, account, instrument, price))),
    }
    return Draft(Kind.PlaceOrder, values)


def replace_onto_own(rng: Random, model: Model) -> Draft:
    """Replaces an order by one that reaches an opposite one of its own account or firm."""
    pairs = [
        (found, resting)
        for instrument in model.state.instruments.values()
        for found in instrument.sides[BUY] + instrument.sides[SELL]
        for resting in instrument.sides[SELL if found.side == BUY else BUY]
        if own(model, found.account, resting)
    ]
    if not pairs:
        return meet_own(rng, model)
    found, resting = rng.choice(pairs)
    quantity = found.filled + rng.choice([found.open, resting.open, resting.open + 1, rng.randint(1, 50)])
    values: Values = {
        "account": found.account,
        "client_ref": next_ref(rng, model, found.account),
        "target": found.client_ref,
        "price": resting.price,
        "quantity": quantity,
    }
    return Draft(Kind.ReplaceOrder, values)


def post_only(rng: Random, model: Model) -> Draft:
    """A post-only order at the best opposite price, some ticks before it or beyond it."""
    draft = order(rng, model, aggressive=rng.random() < 0.3)
    instrument, side = model.state.instruments[draft.values["instrument"]], draft.values["side"]
    draft.values["flags"] = 1
    if rng.random() < 0.5:
        draft.values["price"] = around_opposite(rng, instrument, side, draft.values["price"])
    return draft


def around_opposite(rng: Random, instrument: Instrument, side: int, otherwise: int) -> int:
    """The best opposite price, or a tick beside it."""
    opposite = instrument.sides[SELL if side == BUY else BUY]
    return opposite[0].price + rng.choice([-1, 0, 1]) * instrument.tick if opposite else otherwise


def replace_post_only(rng: Random, model: Model) -> Draft:
    """Replaces a post-only order, mostly by one that comes near the best opposite price."""
    accounts = model.state.accounts
    candidates = [each for account in accounts.values() for each in account.open.values() if each.post_only]
    if not candidates:
        return post_only(rng, model)
    found = rng.choice(candidates)
    price = found.price
    if rng.random() < 0.8:
        price = around_opposite(rng, model.state.instruments[found.instrument], found.side, price)
    total = found.filled + found.open
    values: Values = {
        "account": found.account,
        "client_ref": next_ref(rng, model, found.account),
        "target": found.client_ref,
        "price": price,
        "quantity": rng.choice([total, total, total - 1, total + 1, max(1, found.filled)]),
    }
    return Draft(Kind.ReplaceOrder, values)


def flagged(rng: Random, model: Model) -> Draft:
    """An order of any type and time in force with flags that may not stand there."""
    draft = order(
        rng,
        model,
        aggressive=rng.random() < 0.5,
        time_in_force=rng.choice([0, 1, 1, 2, 3, 4]),
        order_type=rng.choice([0, 1, 1, 1, 2, 3]),
    )
    draft.values["flags"] = rng.choice([1, 1, 1, 2, 3, 128, 129, 255])
    return draft


def pick_order(rng: Random, model: Model) -> Order | None:
    """An open order, now and then one that is being worked off."""
    working = [each.working for each in model.state.instruments.values() if each.working]
    if working and rng.random() < 0.3:
        return rng.choice(working)
    accounts = [each for each in model.state.accounts.values() if each.open]
    return rng.choice(list(rng.choice(accounts).open.values())) if accounts else None


def cancel(rng: Random, model: Model) -> Draft:
    """Cancels an open order, or one that is gone."""
    found = pick_order(rng, model)
    if found is None or rng.random() < 0.05:
        account = pick_account(rng, model)
        client_ref = rng.randint(0, model.state.accounts[account].last_ref)
        return Draft(Kind.CancelOrder, {"account": account, "client_ref": client_ref})
    return Draft(Kind.CancelOrder, {"account": found.account, "client_ref": found.client_ref})


def cancel_touch(rng: Random, model: Model) -> Draft:
    """Cancels the best order of a side, of a busy instrument if there is one."""
    busy = model.busy()
    instrument = model.state.instruments[rng.choice(busy)] if busy else pick_instrument(rng, model)[1]
    orders = instrument.sides[rng.choice([BUY, SELL])]
    if not orders:
        return cancel(rng, model)
    return Draft(Kind.CancelOrder, {"account": orders[0].account, "client_ref": orders[0].client_ref})


def reduce(rng: Random, model: Model) -> Draft:
    """Cancels a part: totals around what is filled and what is open."""
    draft = cancel(rng, model)
    found = pick_order(rng, model)
    if found is None:
        return draft
    total = found.filled + found.open
    quantity = rng.choice([found.filled - 1, found.filled, found.filled + 1, total - 1, total, rng.randint(0, total)])
    values: Values = {"account": found.account, "client_ref": found.client_ref, "quantity": quantity}
    return Draft(Kind.CancelOrder, values)


def replace(rng: Random, model: Model) -> Draft:
    """Replaces an open order: less at the same price, more, another price, across the touch, below what is filled."""
    found = pick_order(rng, model)
    if found is None:
        return place(rng, model)
    instrument = model.state.instruments[found.instrument]
    total = found.filled + found.open
    price = found.price
    if rng.random() < 0.6:
        price = near_touch(rng, instrument, found.side, aggressive=rng.random() < 0.4)
    quantity = rng.choice([total, total - 1, total + 1, found.filled, found.filled + 1, rng.randint(1, 2 * total), 0])
    values: Values = {
        "account": found.account,
        "client_ref": next_ref(rng, model, found.account),
        "target": found.client_ref,
        "price": price,
        "quantity": max(0, quantity),
    }
    return Draft(Kind.ReplaceOrder, values)


def edge_of_limits(rng: Random, model: Model) -> Draft:
    """An order exactly at a limit of price, quantity or notional, or one beyond."""
    draft = order(rng, model, aggressive=rng.random() < 0.3, time_in_force=rng.choice([1, 2]))
    account, number, price = (draft.values[name] for name in ("account", "instrument", "price"))
    instrument, owner = model.state.instruments[number], model.state.accounts[account]
    lots = min(instrument.max_quantity, owner.max_quantity)
    most_value = min(instrument.max_notional, owner.max_notional)
    step = rng.choice([-1, 0, 0, 1])
    changed: list[Values] = [
        {"price": instrument.min_price + rng.choice([-instrument.tick, 0, 1])},
        {"price": instrument.max_price + rng.choice([instrument.tick, 0, 1])},
        {"quantity": lots + step},
        {"quantity": most_value // max(1, price * instrument.price_value) + step},
        {"price": instrument.max_price, "quantity": lots},
    ]
    return Draft(draft.kind, draft.values | rng.choice(changed))


def edge_of_funds(rng: Random, model: Model) -> Draft:
    """An order that holds all that is free, or one lot more; or a replacement up to that."""
    draft = replace(rng, model) if rng.random() < 0.3 else place(rng, model)
    account, values = draft.values["account"], draft.values
    found = model.state.accounts[account].open[values["target"]] if draft.kind is Kind.ReplaceOrder else None
    instrument = model.state.instruments[found.instrument if found else values["instrument"]]
    side = found.side if found else values["side"]
    free = model.state.ledger.free(account, instrument.held_asset(side)) + (found.hold if found else 0)
    rate = max(instrument.maker_fee_rate, instrument.taker_fee_rate)
    value = max(1, instrument.value(values["price"], 1))
    lots = free * 10**9 // (value * (10**9 + rate)) if side == BUY else free // instrument.lot_value
    quantity = lots + (found.filled if found else 0) + rng.choice([-1, 0, 0, 1])
    values["quantity"] = quantity
    return draft


def deposit(rng: Random, model: Model) -> Draft:
    """Money in: some, or as much as one command can bring."""
    amount = rng.choice([1, 2, rng.randint(1, 10**9), rng.randint(1, 10**15), I64_MAX])
    values: Values = {"account": pick_account(rng, model), "asset": rng.choice(sorted(model.state.assets))}
    return Draft(Kind.Deposit, values | {"amount": amount})


def withdraw(rng: Random, model: Model) -> Draft:
    """Money out, near what is free."""
    account, asset = pick_account(rng, model), rng.choice(sorted(model.state.assets))
    free, balance = model.state.ledger.free(account, asset), model.state.ledger.balances[account, asset]
    amount = rng.choice([free, free + 1, free - 1, free // 2, free // 1000, balance])
    return Draft(Kind.Withdraw, {"account": account, "asset": asset, "amount": amount})


def go_on(rng: Random, model: Model) -> Draft:
    """Continue: of a busy instrument if there is one."""
    busy = model.busy()
    if not busy and rng.random() < 0.8:
        return sweep(rng, model)
    number = rng.choice(busy) if busy and rng.random() < 0.95 else rng.choice([0, 1, 2, 9, MAX_INSTRUMENT, 2**32 - 1])
    values: Values = {"instrument": number}
    if rng.random() < 0.05:
        values |= {"source": rng.choice([OPERATOR, 2, 5])}
    return Draft(Kind.Continue, values)


def tell(rng: Random, model: Model) -> Draft:
    """Tick and CleanClose, from the gateway and from others."""
    values: Values = {"source": rng.choice([GATEWAY, GATEWAY, GATEWAY, OPERATOR, 2, 4, 5])}
    return Draft(rng.choice([Kind.Tick, Kind.Tick, Kind.CleanClose]), values)


def define(rng: Random, model: Model) -> Draft:
    """A definition: new, or of what exists already."""
    return rng.choice([define_source, define_asset, open_account, list_instrument, define_session])(rng, model)


NAMES: Final = [
    b"",
    b"a",
    b"Z-9_",
    b"gateway",
    b"operator",
    b"trader",
    b"USD",
    b"USD\0x",
    b"\0USD",
    b"I-1",
    b"i-1",
    b"sp ace",
    b"dot.",
    "é".encode(),
    b"\xff",
    b"A23456",
    b"A234567",
    b"A2345678",
    b"A23456789",
    b"A234567890",
    b"A2345678901",
    b"A23456789012345",
    b"A234567890123456",
]


def a_name(rng: Random, room: int) -> bytes:
    """A name, mostly a good one that is still free."""
    return (rng.choice(NAMES) if rng.random() < 0.4 else b"N%d" % rng.randrange(100_000))[:room]


def define_source(rng: Random, model: Model) -> Draft:
    """A source."""
    number = rng.choice([0, 1, 2, 3, *[rng.randint(2, MAX_SOURCE)] * 4, MAX_SOURCE, MAX_SOURCE + 1, 65535])
    rights = rng.choice([1, 2, 3, 4, 5, 6, 7, 0, 8, 255])
    return Draft(Kind.DefineSource, {"defined": number, "rights": rights}, {"name": a_name(rng, 16)})


def define_asset(rng: Random, model: Model) -> Draft:
    """An asset."""
    number = rng.choice([0, *ASSETS, *[rng.randint(1, MAX_ASSET)] * 4, MAX_ASSET + 1, 2**32 - 1])
    return Draft(Kind.DefineAsset, {"asset": number} | rng.choice(SCALES), {"code": a_name(rng, 8)})


SCALES: Final[list[Values]] = [
    {"scale": scale, "display": display}
    for scale, display in ((0, 0), (2, 2), (12, 12), (8, 2), (13, 0), (12, 13), (0, 1), (255, 255), (6, 0))
]


def open_account(rng: Random, model: Model) -> Draft:
    """An account."""
    number = pick_new(rng, 1, MAX_ACCOUNT, [0, OUTSIDE, FEE_INCOME])
    drawn = Setup(World(), rng, model.state.capacity).account(number, rng.choice(SELF_TRADES))
    if rng.random() < 0.3:
        drawn.values["self_trade"] = rng.choice([0, 1, 4, 5, 255])
    if rng.random() < 0.3:
        drawn.values["self_trade_of"] = rng.choice([0, 1, 2, 3, 255])
    if rng.random() < 0.4:
        name = rng.choice(["firm", "max_quantity", "max_notional", "max_open_orders"])
        small = [0, 1, model.state.capacity, model.state.capacity + 1, 2**32 - 1]
        drawn.values[name] = rng.choice(small if BODY[drawn.kind][name][1] == "u32" else [-1, I64_MIN, I64_MAX, 0, 1])
    return drawn


def pick_new(rng: Random, least: int, most: int, others: list[int]) -> int:
    """A number to define: low, anywhere, at the ends, or one of the others."""
    low, anywhere = rng.randint(least, least + 40), rng.randint(least, most)
    if rng.random() < 0.7:
        return rng.choice([low, anywhere])
    return rng.choice([least, most, most + 1, 15, 16, 2**32 - 1, *others])


def list_instrument(rng: Random, model: Model) -> Draft:
    """An instrument; every second one has something wrong."""
    world = World(fees=rng.choice(["usual", "none", "rounding"]), huge=rng.random() < 0.1)
    drawn = Setup(world, rng, model.state.capacity).listing(pick_new(rng, 1, MAX_INSTRUMENT, [0]), a_name(rng, 16))
    numbers = ["price_unit", "lot_size", "tick", "min_price", "max_price", "max_quantity", "max_notional"]
    if rng.random() < 0.05:
        drawn.values["quote_asset"] = drawn.values["base_asset"]
    if rng.random() < 0.05:
        drawn.values |= {"lot_size": 1, "price_unit": 10**18}
    if rng.random() < 0.05:
        drawn.values["tick"] = rng.choice([0, -1, I64_MIN])
    for _ in range(rng.choice([0, 0, 0, 1, 2])):
        name = rng.choice([*numbers, "maker_fee_rate", "taker_fee_rate", "base_asset", "quote_asset", "execution"])
        drawn.values[name] = near(rng, drawn.values[name], BODY[drawn.kind][name][1])
    return drawn


def near(rng: Random, value: int, code: str) -> int:
    """A number beside the value, or an extreme of the field's type."""
    lowest, highest = RANGES[code]
    extremes = [lowest, highest, 0, 1, -1, 10, 10**8, 10**8 + 1, 2**31, 2**32, 2**32 - 1, 2**62, highest - 1]
    beside = [value, value + 1, value - 1, 2 * value, 10 * value, -value, value // 10]
    return nearest(rng.choice(extremes + beside), code)


def define_session(rng: Random, model: Model) -> Draft:
    """A trading session with some accounts, mostly of its firm."""
    accounts = sorted(model.state.accounts)
    default = rng.choice(accounts)
    firm = model.state.accounts[default].firm
    ours = [account for account in accounts if model.state.accounts[account].firm == firm]
    items = [default, *rng.sample(ours, rng.randint(0, len(ours)))]
    if rng.random() < 0.2:
        items += [rng.choice([*accounts, 0, OUTSIDE, FEE_INCOME, 15, 2**32 - 1])]
    if rng.random() < 0.1:
        items = items[1:]
    if rng.random() < 0.02:
        items *= 400
    values: Values = {
        "account": default if rng.random() < 0.95 else rng.choice([0, 1, MAX_ACCOUNT]),
        "session": rng.choice([1, 2, 3, 4, rng.randint(0, MAX_SESSION), MAX_SESSION, MAX_SESSION + 1, 0]),
        "firm": firm if rng.random() < 0.9 else rng.choice([0, firm + 1, 2**32 - 1]),
        "protocol": rng.choice([1, 1, 1, 1, 1, 1, 0, 2, 255]),
        "network_prefix": rng.choice([0, 96, 128, 128, 128, 129, 255]),
    }
    names = {
        "name": rng.choice([b"A%d" % rng.randrange(6), b"A%d" % rng.randrange(6), a_name(rng, 16)]),
        "network": rng.randbytes(16),
        "salt": rng.randbytes(16),
        "verifier": rng.randbytes(32),
    }
    return Draft(Kind.DefineSession, values, names, tuple(items[: (MAX_COMMAND - 128) // 8]))


def again(rng: Random, model: Model) -> bytes:
    """A number of a source once more: the same bytes or others, in the window, at its ends, beyond it."""
    number = rng.choice([each for each in model.state.sources if each != GATEWAY])
    source = model.state.sources[number]
    sent = [each for each in source.sent if each > source.last - SOURCE_WINDOW - 3]
    old = source.last - SOURCE_WINDOW
    wanted = rng.choice([source.last, rng.randint(0, source.last), old - 1, old, old + 1, old + 2, 1])
    wanted = nearest(wanted, "u64")
    record = bytearray(source.sent.get(wanted) or source.sent.get(rng.choice(sent or [0]), any_record(number)))
    struct.pack_into("<Q", record, HEAD["source_seq"][0], wanted)
    if rng.random() < 0.4:
        offset, _ = HEAD[rng.choice(["client_ref", "account", "instrument"])]
        record[offset] ^= 1 << rng.randrange(8)
    return bytes(record)


def any_record(source: int) -> bytes:
    """Something to send for a source that sent nothing yet."""
    return Draft(Kind.CancelOrder, {"source": source, "account": 16}).encoded()


def misnumbered(rng: Random, model: Model) -> Draft:
    """A gap, zero, or an extreme number; or a source that does not exist."""
    draft = place(rng, model)
    number = rng.choice([*model.state.sources, 6, MAX_SOURCE + 1, 65535])
    last = model.state.sources[number].last if number in model.state.sources else 0
    draft.values |= {"source": number, "source_seq": rng.choice([0, last + 2, last + 1024, U64_MAX, 2**63, last + 1])}
    return draft


def not_permitted(rng: Random, model: Model) -> Draft:
    """Anything, from a source that may or may not."""
    draft = rng.choice([place, cancel, replace, deposit, withdraw, define, tell, go_on])(rng, model)
    draft.values["source"] = rng.choice([GATEWAY, OPERATOR, *SOURCES])
    return draft


SENSIBLE: Final[list[Callable[[Random, Model], Draft]]] = [
    place,
    immediate,
    fill_or_kill,
    market,
    post_only,
    cancel,
    reduce,
    replace,
    deposit,
    withdraw,
    define,
]


def hostile(rng: Random, model: Model) -> Draft:
    """A sensible command with one to three of its fields out of all reason."""
    draft = rng.choice(SENSIBLE)(rng, model)
    layout = HEAD | BODY[draft.kind]
    fields = [name for name in layout if name not in SHAPE and name != "source_seq"]
    for name in rng.sample(fields, min(rng.choice([1, 1, 2, 3]), len(fields))):
        code = layout[name][1]
        if code.endswith("bytes"):
            draft.names[name] = rng.choice([*NAMES, rng.randbytes(32)])[: int(code.split()[0])]
        else:
            draft.values[name] = near(rng, draft.values.get(name, 0), code)
    # A reference near the end of its range would shut the account up for the rest of the stream.
    if draft.values.get("client_ref", 0) > 2**40 and rng.random() < 0.95:
        draft.values["client_ref"] = rng.choice([0, 1])
    return draft


def tailed(rng: Random, model: Model) -> Draft:
    """A sensible command with a tail."""
    draft = rng.choice(SENSIBLE)(rng, model)
    room = MAX_COMMAND - 256 - 8 * len(draft.items)
    draft.tail = rng.randbytes(rng.choice([1, 7, 8, 9, 127, 128])) if room > 0 else b""
    return draft


def stray(rng: Random, model: Model) -> Draft:
    """A command in whose record and head stand also fields that its kind does not use."""
    moves = [place, cancel, reduce, replace, deposit, withdraw, tell, go_on]
    draft = rng.choice(moves)(rng, model)
    used = {"account", "client_ref", "instrument"} & draft.values.keys()
    unused: Values = {"account": 17, "client_ref": rng.getrandbits(64), "instrument": rng.randint(0, 5)}
    draft.values |= {name: value for name, value in unused.items() if name not in used}
    if rng.random() < 0.7:
        others = {name: RANGES[code] for name, (_, code) in FIXED.items() if name not in BODY[draft.kind]}
        draft.stray = {name: rng.randint(*span) for name, span in others.items()}
    return draft


MOVES: Final[dict[str, Move]] = {
    move.__name__: move
    for move in (
        place,
        quote,
        far,
        immediate,
        fill_or_kill,
        market,
        sweep,
        meet_own,
        kill_past_own,
        replace_onto_own,
        post_only,
        replace_post_only,
        flagged,
        cancel,
        cancel_touch,
        reduce,
        replace,
        edge_of_limits,
        edge_of_funds,
        deposit,
        withdraw,
        go_on,
        tell,
        define,
        again,
        misnumbered,
        not_permitted,
        hostile,
        tailed,
        stray,
    )
}
