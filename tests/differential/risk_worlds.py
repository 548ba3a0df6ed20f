"""What worlds have beside the usual: fee plans with rebates, groups, accounts that clear on others, futures."""

from collections.abc import Iterator
from random import Random
from typing import Final

from tests.differential.worlds import CENTRE, Draft, Setup, Values
from tests.model.commands import Kind
from tests.model.limits import BILLION, I64_MAX

PLANS: Final = {
    1: (-25_000, 75_000),
    2: (0, 300_000),
    3: (-100_000_000, 100_000_000),
    4: (50_000, -20_000),
    255: (333, -333),
}
"""Fee plans: maker and taker rate."""
GROUPS: Final = {1: b"retail", 2: b"makers", 7: b"gold", 4095: b"last"}
TRADERS: Final = range(100, 106)
"""Accounts that clear on another one of their firm."""


def plans() -> Iterator[Draft]:
    """The fee plans."""
    for number, (maker_rate, taker_rate) in PLANS.items():
        values: Values = {"plan": number, "maker_rate": maker_rate, "taker_rate": taker_rate}
        yield Draft(Kind.DefineFeePlan, values)


def tiers(rng: Random, value: int) -> tuple[Values, ...]:
    """Some tiers around the value that is traded in a day or two."""
    above = [value * rng.randint(2, 400) for _ in range(rng.randint(0, 3))]
    steps = sorted({min(I64_MAX, each) for each in (0 if rng.random() < 0.5 else value, *above)})
    return tuple({"traded": each, "plan": rng.choice([0, *PLANS])} for each in steps)


def groups(setup: Setup, assets: list[int]) -> Iterator[Draft]:
    """The groups, each counting in an asset in which something is traded."""
    values = sorted(setup.values.values())
    for number, name in GROUPS.items():
        drawn = tiers(setup.rng, setup.rng.choice(values)) if number != 2 else ()
        asset = setup.rng.choice(assets) if drawn else 0
        yield Draft(Kind.DefineGroup, {"group": number, "asset": asset}, {"name": name}, drawn)


def future(setup: Setup, number: int) -> Iterator[Draft]:
    """A future with its first settlement price."""
    draft = setup.listing(number, b"F-%d" % number)
    rng, values = setup.rng, draft.values
    tick = values["tick"] = rng.choice([1, 1, 5])
    values |= {
        "kind_of": 2,
        "phase": 1,
        "base_asset": 0,
        "quote_asset": rng.choice([1, 2]),
        "lot_size": 10**9,
        "price_unit": 10**9 * rng.choice([1, 1, 5]),
        "min_price": tick * (CENTRE - rng.choice([20, 100, CENTRE - 1])),
        "max_price": tick * (CENTRE + rng.choice([20, 100, 9 * CENTRE])),
        "max_quantity": rng.choice([300, 10_000]),
        "max_notional": I64_MAX,
    }
    setup.values[number] = (
        CENTRE * tick * values["price_unit"] * (10**8 if values["quote_asset"] == 1 else 100) // 10**9
    )
    yield draft
    price = tick * (CENTRE + rng.randint(-10, 10))
    yield Draft(Kind.SetReference, {"instrument": number, "price": price, "what": 2})


def traders(setup: Setup) -> Iterator[Draft]:
    """Accounts that trade on the balances of another one of their firm."""
    for number, clearing in zip(TRADERS, setup.accounts(), strict=False):
        draft = setup.account(number, (setup.rng.choice([0, 2, 4]), setup.rng.choice([1, 2])))
        draft.values |= {
            "firm": 1 + clearing % setup.world.firms,
            "clearing": clearing,
            "group": setup.rng.choice([0, *GROUPS]),
        }
        yield draft


def memberships(setup: Setup) -> Iterator[Draft]:
    """A group for most of the accounts that own their balances."""
    for number in setup.accounts():
        mode = setup.rng.choice([0, 2])
        values: Values = {"account": number, "self_trade": mode, "self_trade_of": 1}
        yield Draft(Kind.SetAccount, values | {"group": setup.rng.choice([0, *GROUPS])})


STOCKS: Final = {50: b"STK-A", 51: b"STK-B"}
"""Assets of which one instrument each is for, so that it can be split."""


def stock(setup: Setup, number: int, asset: int) -> Iterator[Draft]:
    """An instrument that can be split, and holdings of its asset."""
    yield Draft(Kind.DefineAsset, {"asset": asset, "scale": 0, "display": 0}, {"code": STOCKS[asset]})
    draft = setup.listing(number, b"S-%d" % number)
    draft.values |= {
        "base_asset": asset,
        "quote_asset": 2,
        "lot_size": BILLION,
        "price_unit": BILLION * setup.rng.choice([1, 5]),
        "min_price": draft.values["tick"],
        "max_price": draft.values["tick"] * 100 * CENTRE,
        "max_quantity": setup.rng.choice([1000, 10_000]),
        "max_notional": I64_MAX,
    }
    yield draft
    for account in setup.accounts():
        yield Draft(Kind.Deposit, {"account": account, "asset": asset, "amount": setup.rng.choice([7, 1001, 10**6])})


def groups_and_plans(setup: Setup) -> Iterator[Draft]:
    """Fee plans, groups that count in the assets that are paid, accounts in groups and accounts that clear."""
    yield from plans()
    yield from groups(setup, [1, 2, 7])
    yield from traders(setup)
    yield from memberships(setup)


def with_futures(setup: Setup) -> Iterator[Draft]:
    """Futures, traded by accounts in groups, some of which clear on others."""
    for number in (11, 12):
        yield from future(setup, number)
    yield from groups_and_plans(setup)


def futures_alone(setup: Setup) -> Iterator[Draft]:
    """Two futures and no groups."""
    for number in (11, 12):
        yield from future(setup, number)


def with_stocks(setup: Setup) -> Iterator[Draft]:
    """Two instruments that can be split."""
    for number, asset in zip((21, 22), STOCKS, strict=True):
        yield from stock(setup, number, asset)


def everything(setup: Setup) -> Iterator[Draft]:
    """All of it."""
    yield from with_stocks(setup)
    yield from with_futures(setup)
