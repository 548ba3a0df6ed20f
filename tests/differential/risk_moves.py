"""Moves of accounts, risk and days: limits near what the stream does, groups, futures, ends of day, splits, busts."""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Final

from tests.differential.moves_definitions import a_name, near
from tests.differential.moves_near import (
    most_lots,
    near_touch,
    next_ref,
    order,
    pick_account,
    pick_instrument,
)
from tests.differential.risk_worlds import GROUPS, PLANS, tiers
from tests.differential.worlds import RANGES, Draft, Values
from tests.model.commands import BODY, HEAD, ITEM, Kind
from tests.model.engine import Model
from tests.model.limits import I64_MAX, I64_MIN, MAX_ACCOUNT, MAX_FEE_RATE
from tests.model.positions import lots_of
from tests.model.register import FUTURE, OF_ACCOUNT, OF_FIRM, OF_GROUP, OF_INSTRUMENT, OF_VENUE
from tests.model.results import loss
from tests.model.risk import held_for_orders
from tests.model.state import BUY, SELL, Order

LIMIT_NAMES: Final = (
    "max_rate",
    "max_open_orders",
    "max_quantity",
    "max_notional",
    "max_position",
    "max_held",
    "max_loss",
)


def pick_scope(rng: Random, model: Model, scopes: list[int]) -> tuple[int, int]:
    """A scope and a number there; now and then one that does not exist."""
    scope = rng.choice(scopes)
    firms = sorted({account.firm for account in model.state.accounts.values()})
    number = {
        OF_ACCOUNT: sorted(model.state.accounts),
        OF_GROUP: sorted(model.state.register.groups) or [0],
        OF_FIRM: firms,
        OF_INSTRUMENT: sorted(model.state.instruments),
        OF_VENUE: [0],
    }[scope]
    if rng.random() < 0.04:
        return rng.choice([0, scope, scope, 6, 7, 255]), rng.choice([0, 1, 2, 3, 15, MAX_ACCOUNT, 2**32 - 1])
    return scope, rng.choice(number)


def members(model: Model, scope: int, number: int) -> list[int]:
    """The accounts that a limit of this scope is for."""
    accounts = model.state.accounts
    found = {
        OF_ACCOUNT: [number] if number in accounts else [],
        OF_GROUP: [each for each, account in accounts.items() if account.group == number],
        OF_FIRM: [each for each, account in accounts.items() if account.firm == number],
    }
    return found.get(scope) or sorted(accounts)


def limit(rng: Random, model: Model) -> Draft:
    """Limits near what the account, group, firm or instrument does now; every third time they are lifted."""
    scope, number = pick_scope(rng, model, [OF_ACCOUNT, OF_ACCOUNT, OF_GROUP, OF_FIRM, OF_INSTRUMENT])
    values: Values = {"scope": scope, "id": number, "asset": rng.choice(sorted(model.state.assets))}
    if rng.random() < 0.35:
        return Draft(Kind.SetLimits, values)
    usual = ["max_rate", "max_open_orders", "max_quantity", "max_notional"]
    usual += ["max_held"] if scope != OF_INSTRUMENT else []
    usual += ["max_position", "max_loss"] if scope in {OF_ACCOUNT, OF_GROUP} else []
    for name in rng.sample(usual, rng.choice([1, 1, 1, 2])):
        near_use(rng, model, name, members(model, scope, number), values)
    return Draft(Kind.SetLimits, values)


def near_use(rng: Random, model: Model, name: str, accounts: list[int], values: Values) -> None:
    """Sets a limit beside what one of these accounts, or all of them together, use."""
    state, account = model.state, rng.choice(accounts)
    where, instrument = pick_instrument(rng, model)
    together = accounts if values["scope"] == OF_FIRM else [account]
    opened = [each for number in together for each in state.accounts[number].open.values()]
    slack = rng.choice([-1, 0, 0, 1, 2, 10, 100])
    lots = rng.choice([each.open for each in opened] or [rng.randint(1, 100)])
    if name in {"max_held", "max_loss"}:
        values["asset"] = instrument.quote if name == "max_loss" else instrument.held_asset(rng.choice([BUY, SELL]))
    key = (account, values["asset"])
    price = instrument.last or instrument.min_price
    lost = loss(state, *key) if key in state.register.results else 0
    numbers = {
        "max_rate": rng.choice([1, 1, 2, 3, 5, 10]),
        "max_open_orders": max(1, len(opened) + slack),
        "max_quantity": max(1, lots + slack),
        "max_notional": max(1, instrument.value(price, max(1, lots + slack))),
        "max_position": max(1, abs(held_lots(model, account, where)) + lots + slack),
        "max_held": max(1, held_for_orders(state, together, values["asset"]) + instrument.value(price, max(1, slack))),
        "max_loss": max(1, lost + rng.choice([-1, 0, 0, 1, price])),
    }
    values[name] = min(numbers[name], RANGES[BODY[Kind.SetLimits][name][1]][1])


def held_lots(model: Model, account: int, where: int) -> int:
    """Lots that the account has: its position, or its balance of the base asset."""
    state, instrument = model.state, model.state.instruments[where]
    if instrument.kind == FUTURE:
        return lots_of(state, account, where)
    return state.ledger.balances[state.payer(account), instrument.base] // instrument.lot_value


def limit_hostile(rng: Random, model: Model) -> Draft:
    """Limits with extreme numbers, of every scope."""
    draft = limit(rng, model)
    for name in rng.sample([*LIMIT_NAMES, "asset", "id", "scope"], rng.choice([1, 1, 2])):
        draft.values[name] = near(rng, draft.values.get(name, 0), BODY[Kind.SetLimits][name][1])
    return draft


def kill(rng: Random, model: Model) -> Draft:
    """Throws a switch, or lifts one that is thrown."""
    thrown = sorted(model.state.register.kills)
    if thrown and rng.random() < 0.7:
        scope, number = rng.choice(thrown)
        return Draft(Kind.SetKill, {"scope": scope, "id": number, "on": 0})
    scope, number = pick_scope(rng, model, [OF_ACCOUNT, OF_ACCOUNT, OF_FIRM, OF_INSTRUMENT, OF_VENUE, OF_GROUP])
    return Draft(Kind.SetKill, {"scope": scope, "id": number, "on": rng.choice([1, 1, 1, 0, 2, 255])})


def restrict(rng: Random, model: Model) -> Draft:
    """Puts an instrument on a restricted list, or takes it off."""
    listed = sorted(model.state.register.restrictions)
    if listed and rng.random() < 0.6:
        scope, number, instrument = rng.choice(listed)
        return Draft(Kind.SetRestriction, {"scope": scope, "id": number, "instrument": instrument, "on": 0})
    scope, number = pick_scope(rng, model, [OF_ACCOUNT, OF_GROUP, OF_FIRM, OF_FIRM, OF_INSTRUMENT])
    instrument = rng.choice([*sorted(model.state.instruments)] * 5 + [0, 65_535])
    on = rng.choice([1, 1, 1, 1, 0, 2])
    return Draft(Kind.SetRestriction, {"scope": scope, "id": number, "instrument": instrument, "on": on})


def fee_plan(rng: Random, model: Model) -> Draft:
    """Redefines a fee plan, with rates around 0 and at the ends; or a number that cannot be."""
    rates = [0, 1, -1, 333, -25_000, 300_000, MAX_FEE_RATE, -MAX_FEE_RATE]
    wrong = [MAX_FEE_RATE + 1, -MAX_FEE_RATE - 1, I64_MIN, I64_MAX]
    pool = rates * 4 + wrong
    number = rng.choice([*PLANS] * 4 + [0, 5, 254])
    values: Values = {"plan": number, "maker_rate": rng.choice(pool), "taker_rate": rng.choice(pool)}
    return Draft(Kind.DefineFeePlan, values)


def group(rng: Random, model: Model) -> Draft:
    """Redefines a group, mostly with the asset that it has; tiers that mostly rise, around what was traded."""
    number = rng.choice([*GROUPS] * 4 + [0, 3, 4096, 65_535])
    known = model.state.register.groups.get(number)
    name = known.name if known and rng.random() < 0.8 else a_name(rng, 16)
    traded = [each.traded for each in model.state.accounts.values() if each.group == number and each.traded]
    drawn = list(tiers(rng, rng.choice(traded) if traded and rng.random() < 0.7 else rng.randint(1, 10**6)))
    if traded and rng.random() < 0.5:
        drawn[-1]["traded"] = rng.choice(traded) + rng.choice([-1, 0, 1])
    if rng.random() < 0.1:
        drawn = rng.choice([drawn[::-1], drawn * 2, [{"traded": -1, "plan": 0}, *drawn], []])
    if drawn and rng.random() < 0.1:
        drawn[-1] = drawn[-1] | rng.choice([{"plan": 77}, {"traded": I64_MAX}, {"traded": I64_MIN}])
    assets = sorted({each.quote for each in model.state.instruments.values()})
    asset = known.asset if known and known.asset and rng.random() < 0.8 else rng.choice([*assets * 3, 0, 2**32 - 1])
    return Draft(Kind.DefineGroup, {"group": number, "asset": asset}, {"name": name}, tuple(drawn))


def regroup(rng: Random, model: Model) -> Draft:
    """Gives an account another group and another self-trade prevention."""
    account = rng.choice([pick_account(rng, model)] * 20 + [0, 1, 2, 15])
    values: Values = {
        "account": account,
        "group": rng.choice([0, *[*GROUPS] * 4, 3, 65_535]),
        "self_trade": rng.choice([0, 0, 1, 2, 2, 3, 4, 4, 5]),
        "self_trade_of": rng.choice([1, 1, 1, 2, 2, 0, 3]),
    }
    return Draft(Kind.SetAccount, values)


def cleared(rng: Random, model: Model) -> Draft:
    """Opens an account that clears on another, which it mostly may; or moves money on one that does."""
    traders = [number for number, account in model.state.accounts.items() if account.clearing]
    if traders and rng.random() < 0.3:
        kind = rng.choice([Kind.Deposit, Kind.Withdraw])
        values: Values = {
            "account": rng.choice(traders),
            "asset": rng.choice([1, 2]),
            "amount": rng.choice([0, 1, 100]),
        }
        return Draft(kind, values)
    clearing = rng.choice([pick_account(rng, model)] * 5 + [0, 1, 15])
    known = model.state.accounts.get(clearing)
    values = {
        "account": rng.randint(200, 260),
        "firm": known.firm if known and rng.random() < 0.8 else rng.randint(0, 3),
        "max_quantity": 10_000,
        "max_notional": I64_MAX,
        "max_open_orders": min(model.state.capacity, 50),
        "clearing": clearing,
        "group": rng.choice([0, *GROUPS, *GROUPS, 3]),
    }
    return Draft(Kind.OpenAccount, values)


def futures(model: Model) -> list[int]:
    """Numbers of the futures that have a settlement price."""
    return [number for number, each in model.state.instruments.items() if each.kind == FUTURE and each.settlement]


def trade_future(rng: Random, model: Model) -> Draft:
    """An order in a future, as often to trade as to rest."""
    draft, listed = order(rng, model, aggressive=rng.random() < 0.5), futures(model)
    if not listed:
        return draft
    number = draft.values["instrument"] = rng.choice(listed)
    instrument, side = model.state.instruments[number], draft.values["side"]
    price = draft.values["price"] = near_touch(rng, instrument, side, aggressive=rng.random() < 0.5)
    most = most_lots(model, draft.values["account"], instrument, price)
    draft.values["quantity"] = max(1, min(most, rng.choice([1, 2, 5, 10, 50, rng.randint(1, 200)])))
    if rng.random() < 0.05:
        draft.values["price"] = rng.choice([instrument.min_price, instrument.max_price])
    return draft


def reduce_only(rng: Random, model: Model) -> Draft:
    """A reduce-only order for about the lots of a position, mostly on the side that closes it."""
    held = sorted(model.state.register.positions)
    if not held:
        return trade_future(rng, model)
    account, number = rng.choice(held)
    lots, instrument = lots_of(model.state, account, number), model.state.instruments[number]
    side = SELL if lots > 0 else BUY
    if rng.random() < 0.05:
        side = SELL if side == BUY else BUY
    values: Values = {
        "account": account,
        "instrument": number,
        "client_ref": next_ref(rng, model, account),
        "side": side,
        "flags": 16,
        "price": near_touch(rng, instrument, side, aggressive=rng.random() < 0.4),
        "quantity": max(1, rng.choice([1, abs(lots), abs(lots), abs(lots) + 1, rng.randint(1, abs(lots))])),
    }
    order_type, time_in_force = rng.choice([(1, 1), (1, 1), (1, 1), (1, 2), (1, 3), (2, 2), (1, 4)])
    return Draft(Kind.PlaceOrder, values | {"order_type": order_type, "time_in_force": time_in_force})


def replace_reducing(rng: Random, model: Model) -> Draft:
    """Replaces a reduce-only order, by lots about those of the position."""
    found = [each for account in model.state.accounts.values() for each in account.open.values() if each.reduce_only]
    if not found:
        return reduce_only(rng, model)
    picked = rng.choice(found)
    lots = abs(lots_of(model.state, picked.account, picked.instrument))
    instrument = model.state.instruments[picked.instrument]
    values: Values = {
        "account": picked.account,
        "client_ref": next_ref(rng, model, picked.account),
        "target": picked.client_ref,
        "price": near_touch(rng, instrument, picked.side, aggressive=rng.random() < 0.3),
        "quantity": max(1, picked.filled + rng.choice([0, 1, lots - 1, lots, lots, lots + 1])),
    }
    return Draft(Kind.ReplaceOrder, values)


def settle(rng: Random, model: Model) -> Draft:
    """A settlement price, mostly of a future and near the last one."""
    number = rng.choice(futures(model) * 5 + sorted(model.state.instruments))
    instrument = model.state.instruments[number]
    near_price = instrument.last or instrument.settlement or (instrument.min_price + instrument.max_price) // 2
    price = near_price // instrument.tick * instrument.tick + rng.randint(-5, 5) * instrument.tick
    price = max(instrument.min_price, min(instrument.max_price, price))
    if rng.random() < 0.05:
        price = rng.choice([instrument.min_price, instrument.max_price, instrument.max_price + 1, 0, I64_MIN, I64_MAX])
    return Draft(Kind.SetReference, {"instrument": number, "price": price, "what": 2})


def end_day(rng: Random, model: Model) -> Draft:
    """The next business day, now and then the first of a later month; or a date that cannot be."""
    before = model.state.register.business_date
    last = date(before // 10_000, before // 100 % 100, before % 100) if before else date(2026, 1, 29)
    if last.year > 9000:
        return Draft(Kind.EndOfDay, {"business_date": rng.choice([before, 99_991_231])})
    following = last + timedelta(days=rng.choice([1, 1, 1, 2, 3, 31]))
    wanted = following.year * 10_000 + following.month * 100 + following.day
    if rng.random() < 0.15:
        wanted = rng.choice([0, before, before - 1, 20_260_230, 20_261_301, 20_260_100, 2**32 - 1, wanted - 31])
    return Draft(Kind.EndOfDay, {"business_date": max(0, wanted)})


def day_order(rng: Random, model: Model) -> Draft:
    """An order that ends with the day."""
    return order(rng, model, aggressive=rng.random() < 0.2, time_in_force=4)


def shut(rng: Random, model: Model) -> Draft:
    """A phase in which terms can be changed, for one that is open; or the other way round."""
    number, instrument = pick_instrument(rng, model)
    phases = [1, 1, 1, 2] if instrument.phase in {4, 7, 8} else [4, 7, 8]
    return Draft(Kind.SetPhase, {"instrument": number, "phase": rng.choice(phases)})


def reopen(rng: Random, model: Model) -> Draft:
    """Continuous trading again, where it stopped."""
    stopped = [number for number, each in model.state.instruments.items() if each.phase in {2, 4, 7, 8}]
    number = rng.choice(stopped or [1])
    return Draft(Kind.SetPhase, {"instrument": number, "phase": 1})


def shut_instrument(rng: Random, model: Model) -> int:
    """An instrument whose terms can be changed now, mostly."""
    listed = model.state.instruments
    fit = [number for number, each in listed.items() if each.phase in {4, 7, 8} and not each.busy]
    return rng.choice(fit) if fit and rng.random() < 0.9 else rng.choice([*sorted(listed), 0, 65_535])


def change(rng: Random, model: Model) -> Draft:
    """Other terms for an instrument: a tick, a range or limits that some of its orders do not fit."""
    number = shut_instrument(rng, model)
    instrument = model.state.instruments.get(number) or model.state.instruments[1]
    orders = [each for each in instrument.orders() if each.price]
    prices = sorted(each.price for each in orders) or [instrument.min_price, instrument.max_price]
    tick = rng.choice([instrument.tick] * 3 + [1, 2, 5, 10])
    low, high = instrument.min_price, instrument.max_price
    if rng.random() < 0.5:
        low, high = rng.choice([low, prices[0], prices[len(prices) // 4]]), rng.choice([high, prices[-1]])
    values: Values = {
        "instrument": number,
        "tick": tick,
        "min_price": max(tick, low // tick * tick),
        "max_price": max(tick, high // tick * tick),
        "max_quantity": rng.choice([instrument.max_quantity] * 3 + [100, *(each.total for each in orders[:3])]),
        "max_notional": instrument.max_notional,
    }
    if rng.random() < 0.15:
        name = rng.choice(sorted(values.keys() - {"instrument"}))
        values[name] = near(rng, values[name], "i64")
    symbol = instrument.symbol if rng.random() < 0.7 else a_name(rng, 16)
    return Draft(Kind.ChangeInstrument, values, {"symbol": symbol})


def split(rng: Random, model: Model) -> Draft:
    """A split or a reverse split, mostly of ratios that keep some orders; or a ratio that cannot be."""
    ratios = [(2, 1), (1, 2), (3, 2), (2, 3), (10, 1), (1, 10), (1, 1), (5, 5), (1000, 999)]
    wrong = [(0, 1), (1, 0), (1_000_001, 1), (1, 2**32 - 1), (1_000_000, 1)]
    numerator, denominator = rng.choice(ratios * 5 + wrong)
    values: Values = {"instrument": shut_instrument(rng, model), "numerator": numerator, "denominator": denominator}
    return Draft(Kind.SplitInstrument, values)


def bust(rng: Random, model: Model) -> Draft:
    """Takes a trade back or corrects it; now and then once more, or with numbers that are not its own."""
    trades = model.state.register.trades
    if not trades:
        return order(rng, model, aggressive=True)
    trade = trades[-1 - min(len(trades) - 1, int(rng.expovariate(0.2)))]
    new_price = trade.price + rng.choice([-3, -1, 1, 2, 50]) if rng.random() < 0.4 else 0
    values: Values = {
        "instrument": trade.instrument,
        "trade": trade.trade,
        "price": trade.price,
        "quantity": trade.lots,
        "new_price": max(0, new_price),
        "buyer": trade.buyer,
        "seller": trade.seller,
        "buyer_fee": trade.buyer_fee,
        "seller_fee": trade.seller_fee,
    }
    if rng.random() < 0.2:
        name = rng.choice(sorted(values))
        code = BODY[Kind.BustTrade][name][1] if name != "instrument" else "u32"
        values[name] = near(rng, values[name], code)
    return Draft(Kind.BustTrade, values)


def near_limit(rng: Random, model: Model) -> Draft:
    """An order of lots that just fit, or do not, what limits of its account or group leave."""
    draft = order(rng, model, aggressive=rng.random() < 0.2)
    account, number, side = (draft.values[name] for name in ("account", "instrument", "side"))
    instrument = model.state.instruments[number]
    limits = model.state.register.limits
    scopes = [(OF_ACCOUNT, account), (OF_GROUP, model.state.accounts[account].group)]
    found = [limits[scope] for scope in scopes if scope in limits]
    lots = [each.max_quantity for each in found if each.max_quantity]
    opened = [each for each in model.state.accounts[account].open.values() if is_beside(each, number, side)]
    held = held_lots(model, account, number) * (1 if side == BUY else -1)
    lots += [each.max_position - held - sum(other.open for other in opened) for each in found if each.max_position]
    worth = max(1, instrument.value(draft.values["price"], 1))
    lots += [each.max_notional // worth for each in found if each.max_notional]
    if lots:
        wanted = rng.choice(lots) + rng.choice([-1, 0, 0, 1])
        draft.values["quantity"] = max(1, min(wanted, instrument.max_quantity))
    return draft


def is_beside(each: Order, instrument: int, side: int) -> bool:
    """The order is in the instrument and on the side."""
    return (each.instrument, each.side) == (instrument, side)


SENSIBLE: Final = [
    limit,
    kill,
    restrict,
    fee_plan,
    group,
    regroup,
    cleared,
    reduce_only,
    settle,
    end_day,
    change,
    split,
    bust,
]


def risk_hostile(rng: Random, model: Model) -> Draft:
    """A sensible command with one or two of its fields out of all reason."""
    draft = rng.choice(SENSIBLE)(rng, model)
    layout = {"account": HEAD["account"], "instrument": HEAD["instrument"]} | BODY[draft.kind]
    for name in rng.sample(sorted(layout), min(rng.choice([1, 1, 2]), len(layout))):
        code = layout[name][1]
        if code.endswith("bytes"):
            draft.names[name] = rng.choice([b"", b"a b", b"USD", rng.randbytes(16)])[: int(code.split()[0])]
        else:
            draft.values[name] = near(rng, draft.values.get(name, 0), code)
    if draft.items and rng.random() < 0.5:
        item = dict(rng.choice(draft.items))
        name = rng.choice(sorted(item))
        item[name] = near(rng, item[name], ITEM[draft.kind][name][1])
        draft.items = (*draft.items, item)
    if rng.random() < 0.1:
        draft.tail = rng.randbytes(rng.choice([1, 8, 128]))
    return draft


RISK_MOVES: Final[dict[str, Callable[[Random, Model], Draft | bytes]]] = {
    move.__name__: move
    for move in (
        limit,
        limit_hostile,
        risk_hostile,
        near_limit,
        kill,
        restrict,
        fee_plan,
        group,
        regroup,
        cleared,
        trade_future,
        reduce_only,
        replace_reducing,
        settle,
        end_day,
        day_order,
        shut,
        reopen,
        change,
        split,
        bust,
    )
}
