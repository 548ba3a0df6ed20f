"""Moves that define: new things, things that exist already, and things that are wrong."""

from random import Random
from typing import Final

from tests.differential.worlds import (
    ASSETS,
    RANGES,
    SELF_TRADES,
    Draft,
    Setup,
    Values,
    World,
    nearest,
)
from tests.model.commands import BODY, Kind
from tests.model.engine import Model
from tests.model.limits import (
    FEE_INCOME,
    I64_MAX,
    I64_MIN,
    MAX_ACCOUNT,
    MAX_ASSET,
    MAX_COMMAND,
    MAX_INSTRUMENT,
    MAX_SESSION,
    MAX_SOURCE,
    OUTSIDE,
)


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
    rights = rng.choice([1, 2, 3, 4, 5, 6, 7, 8, 15, 0, 16, 255])
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
    drawn.values["phase"] = rng.choice([1, 1, 1, 2, 3, 7, 4, 0, 8])
    for _ in range(rng.choice([0, 0, 0, 1, 2])):
        name = rng.choice(
            [*numbers, "maker_fee_rate", "taker_fee_rate", "base_asset", "quote_asset", "execution", "kind_of"]
        )
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
        "cancel_on": rng.choice([0, 1, 2, 2, 2, 3, 255]),
    }
    names = {
        "name": rng.choice([b"A%d" % rng.randrange(6), b"A%d" % rng.randrange(6), a_name(rng, 16)]),
        "network": rng.randbytes(16),
        "salt": rng.randbytes(16),
        "verifier": rng.randbytes(32),
    }
    return Draft(
        Kind.DefineSession, values, names, tuple({"account": each} for each in items[: (MAX_COMMAND - 128) // 8])
    )
