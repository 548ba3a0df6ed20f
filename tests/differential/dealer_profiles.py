"""Worlds and profiles of what the house deals: netting and hedging, gaps, slices, extreme values, all together."""

from collections.abc import Iterator
from typing import Any, Final

from tests.differential.risk_moves import RISK_MOVES
from tests.differential.risk_worlds import everything, groups_and_plans
from tests.differential.worlds import CENTRE, Draft, Setup, Values, World
from tests.model.commands import Kind
from tests.model.limits import BILLION, I64_MAX, MAX_EVENTS


def contract(setup: Setup, number: int) -> Iterator[Draft]:
    """A contract, and its first quote."""
    draft = setup.listing(number, b"C-%d" % number)
    rng, values = setup.rng, draft.values
    tick = values["tick"] = rng.choice([1, 1, 5])
    values |= {
        "execution": 2,
        "kind_of": 3,
        "phase": 1,
        "base_asset": 0,
        "quote_asset": rng.choice([1, 2]),
        "lot_size": BILLION,
        "price_unit": BILLION * rng.choice([1, 1, 5]),
        "min_price": tick * (CENTRE - rng.choice([20, 100, CENTRE - 1])),
        "max_price": tick * (CENTRE + rng.choice([20, 100, 9 * CENTRE])),
        "max_quantity": rng.choice([300, 10_000]),
        "max_notional": I64_MAX,
    }
    if setup.world.huge:
        values |= {"max_price": tick * 2**29, "max_quantity": 2**20, "price_unit": BILLION, "quote_asset": 2}
    scale = 10**8 if values["quote_asset"] == 1 else 100
    setup.values[number] = CENTRE * tick * values["price_unit"] * scale // BILLION
    yield draft
    price = tick * CENTRE
    quoted: Values = {"instrument": number, "price": price, "trigger": price + tick}
    if rng.random() < 0.8:
        yield Draft(Kind.SetQuote, quoted)
    rate = rng.choice([BILLION, BILLION // 2, BILLION // 30])
    yield Draft(
        Kind.SetDealing,
        {
            "instrument": number,
            "margin_rate": rate,
            "market": rng.choice([1, 1, 1, 2]),
            "limit": rng.choice([1, 2, 3]),
            "sized": rng.choice([0, 1]),
            "max_age_ns": rng.choice([0, 0, 3 * BILLION]),
        },
    )


def contracts(setup: Setup) -> Iterator[Draft]:
    """Two contracts, no groups."""
    for number in (31, 32):
        yield from contract(setup, number)


def hedged(setup: Setup) -> Iterator[Draft]:
    """Two contracts, and accounts that mostly hedge."""
    yield from contracts(setup)
    for number in setup.accounts():
        if setup.rng.random() < 0.75:
            yield Draft(Kind.SetAccount, {"account": number, "positions": 2})


def grouped(setup: Setup) -> Iterator[Draft]:
    """Two contracts, groups with markups, accounts that clear on others, some that hedge."""
    yield from contracts(setup)
    yield from groups_and_plans(setup)
    for number in (31, 32):
        for group in (0, 1, 7):
            markup = {"bid": setup.rng.choice([0, 1, 3]), "ask": setup.rng.choice([0, 1, 3])}
            yield Draft(Kind.SetMarkup, {"instrument": number, "group": group} | markup)


def with_contracts(setup: Setup) -> Iterator[Draft]:
    """All that there is."""
    yield from contracts(setup)
    yield from everything(setup)


DEALING: Final = {"quote_step": 40, "deal_order": 50, "deal_reducing": 6, "cancel": 6, "reduce": 2, "go_on": 4}
WHOLE: Final = (MAX_EVENTS, MAX_EVENTS)
DEALER_PROFILES: Final[list[tuple[Any, ...]]] = [
    ("dealer", DEALING | {"replace_dealt": 8, "set_dealing": 2}, World(instruments=1, accounts=5, more=contracts)),
    (
        "dealer_slices",
        DEALING | {"replace_dealt": 4, "set_dealing": 2, "go_on": 30, "quote_step": 15, "mass_cancel": 1},
        World(instruments=1, accounts=5, more=contracts),
        (8, 14),
    ),
    (
        "dealer_hedging",
        DEALING | {"deal_reducing": 30, "deal_bracket": 10, "set_positions": 2, "replace_dealt": 4, "pay_dividend": 1},
        World(instruments=1, accounts=5, more=hedged),
    ),
    (
        "dealer_splits",
        DEALING
        | {"deal_reducing": 10, "split_dealt": 14, "shut": 10, "reopen": 16, "deal_bracket": 4, "set_positions": 1},
        World(instruments=1, accounts=5, more=hedged),
        (8, 40),
    ),
    (
        "dealer_brackets",
        DEALING | {"deal_bracket": 50, "deal_reducing": 6, "replace_dealt": 6, "cancel_special": 4, "go_on": 12},
        World(instruments=1, accounts=4, more=hedged),
        (8, 40),
    ),
    (
        "dealer_groups",
        DEALING
        | {"set_markup": 4, "regroup": 6, "replace_dealt": 6, "end_day": 1, "fee_plan": 1, "limit": 6, "tick": 1},
        World(instruments=1, accounts=5, firms=2, fees="rounding", more=grouped),
    ),
    (
        "dealer_poor",
        DEALING | {"withdraw": 6, "edge_of_funds": 4, "deposit": 1, "set_dealing": 3, "deal_reducing": 12},
        World(instruments=1, accounts=5, wealth_lots=20, more=contracts),
    ),
    (
        "dealer_phases",
        DEALING
        | {
            "set_phase": 6,
            "reopen": 12,
            "shut": 4,
            "change": 6,
            "set_rules": 2,
            "good_till_date": 6,
            "tick": 6,
            "unclean_start": 1,
        },
        World(instruments=1, accounts=4, more=hedged),
        (8, 60),
    ),
    (
        "dealer_huge",
        DEALING | {"deal_reducing": 20, "set_dealing": 4, "set_markup": 4, "pay_dividend": 4, "hostile": 10},
        World(instruments=1, accounts=4, huge=True, wealth_lots=10**6, more=contracts),
    ),
    (
        "dealer_continued",
        DEALING | {"deal_bracket": 20, "deal_reducing": 20, "set_dealing": 2, "pay_dividend": 1, "mass_cancel": 1},
        World(instruments=1, accounts=5, more=hedged),
        (8, 20),
        (400, 400),
        True,
    ),
    (
        "dealer_all",
        DEALING
        | dict.fromkeys(RISK_MOVES, 2)
        | {
            "deal_bracket": 10,
            "replace_dealt": 6,
            "set_dealing": 2,
            "set_markup": 2,
            "set_positions": 2,
            "pay_dividend": 2,
        },
        World(instruments=2, accounts=6, references=True, more=with_contracts),
        (8, 80),
        (60, 400),
    ),
]
"""Name, mix of moves, world, slices, capacities, whether the engine goes on with its work by itself."""
