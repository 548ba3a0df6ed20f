"""Moves towards own orders, and post-only orders."""

from random import Random

from tests.differential.moves_near import most_lots, next_ref, order, pick_order, place
from tests.differential.worlds import (
    Draft,
    Values,
)
from tests.model.commands import Kind
from tests.model.engine import Model
from tests.model.state import BUY, SELL, Instrument, Order


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
