"""The profiles of the streams: how often each move comes, in which world, on what engine."""

from dataclasses import dataclass, field, replace
from typing import Final

from tests.differential.dealer_profiles import DEALER_PROFILES
from tests.differential.moves import MOVES
from tests.differential.risk_profiles import RISK_PROFILES
from tests.differential.worlds import World
from tests.model.limits import MAX_EVENTS, MAX_ORDERS

Mix = dict[str, int]

FLOW: Final[Mix] = {
    "place": 40,
    "immediate": 6,
    "fill_or_kill": 5,
    "market": 4,
    "cancel": 15,
    "reduce": 6,
    "replace": 12,
    "sweep": 1,
    "tell": 1,
}


@dataclass(frozen=True, slots=True)
class Profile:
    """A kind of stream: how often each move comes, in which world, on what engine."""

    name: str
    mix: Mix
    world: World = field(default_factory=World)
    slices: tuple[int, int] = (MAX_EVENTS, MAX_EVENTS)
    """Least and most events of a slice."""
    capacities: tuple[int, int] = (MAX_ORDERS, MAX_ORDERS)
    continue_work: bool = False
    eager: float = 0.0
    """How often a Continue comes instead of the next move while there is work to go on with."""
    clock: str = "forward"
    """`forward`; `steps`: now and then seconds; or `any`: back, equal, negative, extreme."""


SMALL: Final = World(instruments=2, accounts=6, max_open_orders=60, references=True)
OWN: Final = World(instruments=2, accounts=5, firms=2, self_trade=True, max_open_orders=60, references=True)
MARKET: Final = World(instruments=4, accounts=6, max_open_orders=60, references=True, phases=(1, 2, 3, 7, 1, 4))

BOOK: Final[Mix] = {"quote": 30, "place": 20, "immediate": 4, "market": 3, "cancel": 10, "replace": 6, "go_on": 4}

SUBJECTS: Final = [
    Profile("stops", BOOK | {"stop": 40, "hit_stops": 40, "replace_special": 10, "mass_cancel": 1}, SMALL, (8, 40)),
    Profile(
        "stops_cascade",
        {"quote": 60, "stop": 50, "trailing": 10, "hit_stops": 30, "sweep": 6, "go_on": 12, "cancel": 6},
        OWN,
        (8, 30),
        continue_work=True,
    ),
    Profile(
        "trailing",
        BOOK | {"trailing": 40, "hit_stops": 20, "set_reference": 4, "replace_special": 12, "cancel_special": 4},
        SMALL,
        (8, 60),
    ),
    Profile(
        "pegs",
        BOOK | {"peg": 40, "replace_special": 12, "hidden": 6, "set_ticks": 1, "post_only": 8, "replace_post_only": 6},
        SMALL,
        (8, 60),
    ),
    Profile(
        "pegs_own",
        BOOK | {"peg": 40, "meet_own": 10, "hidden": 10, "iceberg": 10, "sweep": 4, "fill_or_kill": 8, "minimum": 8},
        OWN,
        (8, 30),
    ),
    Profile(
        "icebergs",
        BOOK | {"iceberg": 50, "sweep": 6, "fill_or_kill": 12, "reduce": 10, "replace_special": 12, "minimum": 8},
        SMALL,
        (8, 40),
    ),
    Profile(
        "icebergs_own",
        BOOK | {"iceberg": 60, "meet_own": 20, "kill_past_own": 10, "sweep": 6, "replace_onto_own": 5, "hidden": 5},
        OWN,
        (8, 30),
    ),
    Profile(
        "hidden",
        BOOK | {"hidden": 50, "post_only": 15, "replace_post_only": 8, "fill_or_kill": 10, "market_to_limit": 20},
        OWN,
        (8, 60),
    ),
    Profile("minimum", BOOK | {"minimum": 60, "hidden": 10, "iceberg": 10, "market_to_limit": 10}, SMALL, (8, 30)),
    Profile(
        "pairs",
        BOOK | {"stop": 15, "pair": 60, "hit_stops": 40, "cancel_special": 15, "replace_special": 5, "mass_cancel": 1},
        SMALL,
        (8, 60),
    ),
    Profile(
        "pairs_slices",
        {"quote": 40, "pair": 60, "hit_stops": 40, "sweep": 10, "go_on": 25, "cancel_special": 15, "place": 20},
        OWN,
        (8, 16),
    ),
    Profile(
        "brackets",
        BOOK | {"child": 70, "hit_stops": 20, "cancel_special": 15, "market": 10, "sweep": 5, "drain": 6},
        World(instruments=1, accounts=5, max_open_orders=100, references=True, wealth_lots=1500),
        (8, 60),
    ),
    Profile(
        "brackets_poor",
        BOOK | {"child": 70, "pair": 20, "hit_stops": 20, "cancel_special": 10, "drain": 20, "deposit": 2, "sweep": 5},
        World(
            instruments=1, accounts=5, max_open_orders=100, references=True, wealth_lots=200, firms=2, self_trade=True
        ),
        (8, 30),
        continue_work=True,
    ),
    Profile(
        "auctions",
        BOOK
        | {
            "set_phase": 25,
            "back_to_trading": 10,
            "for_auction": 50,
            "iceberg": 20,
            "hidden": 8,
            "tick": 8,
            "go_on": 20,
        },
        MARKET,
        (8, 60),
        clock="steps",
    ),
    Profile(
        "auctions_minimum",
        BOOK | {"set_phase": 12, "back_to_trading": 8, "for_auction": 40, "minimum": 50, "tick": 8, "iceberg": 8},
        World(instruments=2, accounts=6, max_open_orders=60, references=True, phases=(3, 2)),
        (12, 90),
        clock="steps",
    ),
    Profile(
        "auctions_own",
        BOOK | {"set_phase": 15, "back_to_trading": 15, "for_auction": 60, "iceberg": 25, "stop": 10, "pair": 10},
        World(instruments=2, accounts=5, firms=2, self_trade=True, max_open_orders=60, references=True, phases=(3, 6)),
        (8, 24),
    ),
    Profile(
        "phases",
        BOOK
        | {
            "set_phase": 40,
            "back_to_trading": 20,
            "for_auction": 20,
            "stop": 15,
            "peg": 10,
            "child": 15,
            "pair": 10,
            "hit_stops": 10,
            "delist": 1,
            "set_reference": 4,
            "replace_special": 10,
            "unclean_start": 2,
            "set_rules": 4,
        },
        MARKET,
        (8, 60),
        clock="steps",
    ),
    Profile(
        "schedules",
        BOOK | {"set_schedule": 25, "tick": 60, "for_auction": 20, "good_till_date": 15, "stop": 8, "set_phase": 3},
        MARKET,
        (8, 40),
        clock="steps",
    ),
    Profile(
        "bands",
        BOOK
        | {
            "set_rules": 10,
            "no_rules": 2,
            "tick": 40,
            "sweep": 25,
            "stop": 15,
            "hit_stops": 15,
            "back_to_trading": 15,
            "market": 15,
            "fill_or_kill": 6,
            "minimum": 6,
            "peg": 6,
            "child": 4,
            "unclean_start": 1,
        },
        SMALL,
        (8, 60),
        clock="steps",
    ),
    Profile(
        "sweeps",
        BOOK
        | {
            "mass_cancel": 25,
            "session": 4,
            "stop": 12,
            "peg": 6,
            "iceberg": 8,
            "child": 12,
            "pair": 12,
            "go_on": 40,
            "sweep": 12,
            "for_auction": 8,
        },
        World(instruments=4, accounts=6, max_open_orders=60, references=True),
        (8, 20),
    ),
    Profile(
        "sweeps_full",
        {"quote": 120, "mass_cancel": 40, "session": 3, "sweep": 10, "place": 10, "go_on": 1},
        World(instruments=3, accounts=6, max_open_orders=200, references=True),
        (8, 10),
    ),
    Profile(
        "mass_quotes",
        BOOK | {"mass_quote": 70, "sweep": 10, "go_on": 15, "cancel": 5, "pair": 10, "stop": 10, "meet_own": 5},
        OWN,
        (12, 60),
    ),
    Profile(
        "good_till_date",
        BOOK | {"good_till_date": 60, "tick": 40, "child": 10, "pair": 10, "sweep": 6, "go_on": 12, "set_phase": 3},
        SMALL,
        (8, 30),
        clock="steps",
    ),
    Profile(
        "no_reference",
        BOOK
        | {"for_auction": 30, "set_phase": 15, "back_to_trading": 10, "trailing": 10, "stop": 10, "set_schedule": 4},
        World(instruments=3, accounts=6, max_open_orders=60, phases=(3, 2, 1)),
        (8, 60),
        clock="steps",
    ),
    Profile(
        "ticks",
        BOOK | {"set_ticks": 20, "peg": 20, "for_auction": 15, "set_phase": 8, "back_to_trading": 8, "stop": 10},
        MARKET,
        (8, 60),
    ),
    *[
        Profile(
            f"everything_{size}",
            dict.fromkeys(MOVES, 4)
            | BOOK
            | {"delist": 1, "unclean_start": 1, "again": 1, "misnumbered": 1, "define": 1},
            World(instruments=3, accounts=6, max_open_orders=80, references=True, self_trade=True, phases=(1, 1, 3)),
            (size, size),
            clock="steps",
            continue_work=size == 12,
        )
        for size in (8, 12, 20, 200)
    ],
]

SPECIAL: Final = [replace(profile, eager=0.0 if profile.continue_work else 0.35) for profile in SUBJECTS]
"""Each on one subject of the order types and phases, and mixtures."""

PROFILES: Final = [
    Profile("calm", FLOW),
    Profile(
        "deep",
        {"quote": 90, "place": 5, "sweep": 1, "cancel": 8, "cancel_touch": 5, "reduce": 5, "replace": 12, "market": 2},
        World(instruments=1, accounts=20, fees="none", max_open_orders=5000),
    ),
    Profile(
        "far",
        {"far": 90, "quote": 20, "sweep": 1, "cancel": 15, "cancel_touch": 10, "replace": 10, "market": 2},
        World(wealth_lots=10**8, max_open_orders=5000),
    ),
    Profile(
        "slices",
        {"quote": 60, "sweep": 12, "go_on": 14, "cancel": 8, "cancel_touch": 8, "reduce": 6, "replace": 8, "place": 8},
        World(instruments=2, max_open_orders=5000),
        slices=(8, 24),
    ),
    Profile(
        "continued",
        {"quote": 60, "sweep": 10, "fill_or_kill": 8, "market": 4, "replace": 12, "cancel": 6, "go_on": 1},
        World(instruments=2, max_open_orders=5000),
        slices=(8, 40),
        continue_work=True,
    ),
    Profile(
        "fill_or_kill",
        {"quote": 40, "fill_or_kill": 40, "market": 10, "immediate": 10, "cancel": 6, "go_on": 4},
        World(instruments=2),
        slices=(8, 60),
    ),
    Profile(
        "replaces",
        {"place": 30, "replace": 60, "reduce": 15, "cancel": 5, "edge_of_funds": 5, "go_on": 3},
        slices=(8, 90),
    ),
    Profile("fees", FLOW | {"edge_of_funds": 10, "withdraw": 5}, World(fees="rounding", wealth_lots=500)),
    Profile(
        "money",
        FLOW | {"withdraw": 40, "deposit": 8, "edge_of_funds": 40},
        World(wealth_lots=300),
    ),
    Profile(
        "full",
        FLOW | {"quote": 40, "go_on": 2},
        World(max_open_orders=8),
        capacities=(5, 40),
        slices=(8, 200),
    ),
    Profile("edges", FLOW | {"edge_of_limits": 60, "edge_of_funds": 10}),
    Profile(
        "huge", FLOW | {"edge_of_limits": 40, "edge_of_funds": 40, "deposit": 10, "withdraw": 10}, World(huge=True)
    ),
    Profile("hostile", FLOW | {"hostile": 120, "stray": 10, "tailed": 10}),
    Profile("strays", FLOW | {"stray": 80, "tailed": 40, "go_on": 10}, slices=(8, 400)),
    Profile(
        "sources",
        {"place": 20, "cancel": 10, "again": 40, "misnumbered": 30, "not_permitted": 30, "tailed": 10, "define": 5},
        World(warm=1020),
    ),
    Profile("definitions", FLOW | {"define": 150, "deposit": 5}, World(instruments=1, accounts=3)),
    Profile("clock", FLOW | {"tell": 20, "go_on": 5, "quote": 20}, slices=(8, 100), clock="any"),
    Profile(
        "self_trade",
        FLOW | {"quote": 30, "meet_own": 30, "replace_onto_own": 15, "sweep": 3, "post_only": 5},
        World(instruments=2, accounts=9, firms=2, self_trade=True),
    ),
    Profile(
        "self_trade_slices",
        {"quote": 60, "meet_own": 15, "sweep": 12, "go_on": 20, "cancel_touch": 6, "reduce": 6, "replace_onto_own": 10},
        World(instruments=2, accounts=5, firms=2, self_trade=True, max_open_orders=5000),
        slices=(8, 20),
    ),
    Profile(
        "self_trade_continued",
        {
            "quote": 60,
            "meet_own": 20,
            "sweep": 10,
            "kill_past_own": 10,
            "market": 4,
            "replace": 20,
            "replace_onto_own": 8,
        },
        World(instruments=1, accounts=3, firms=1, self_trade=True, max_open_orders=5000),
        slices=(8, 30),
        continue_work=True,
    ),
    Profile(
        "self_trade_kill",
        {"quote": 90, "fill_or_kill": 15, "kill_past_own": 40, "meet_own": 6, "cancel": 3, "replace": 4},
        World(instruments=1, accounts=9, firms=2, self_trade=True),
        slices=(8, 24),
        continue_work=True,
    ),
    Profile(
        "self_trade_fees",
        FLOW | {"quote": 20, "meet_own": 30, "replace_onto_own": 10, "edge_of_funds": 10, "withdraw": 5},
        World(instruments=2, accounts=4, firms=1, self_trade=True, fees="rounding", wealth_lots=500),
        slices=(8, 200),
    ),
    Profile(
        "post_only",
        FLOW | {"post_only": 50, "replace_post_only": 50, "meet_own": 10, "sweep": 5, "go_on": 4, "edge_of_funds": 5},
        World(instruments=2, accounts=5, firms=2, self_trade=True),
        slices=(8, 90),
    ),
    Profile(
        "flags",
        FLOW | {"flagged": 60, "define": 40, "hostile": 40, "deposit": 10, "meet_own": 10},
        World(instruments=1, accounts=4, firms=2, self_trade=True),
    ),
    Profile(
        "all",
        dict.fromkeys(MOVES, 10) | FLOW | {"quote": 40},
        World(self_trade=True),
        slices=(8, 100),
        capacities=(100, 400),
    ),
    *SPECIAL,
    *(Profile(*each) for each in RISK_PROFILES),
    *(Profile(*each) for each in DEALER_PROFILES),
]
