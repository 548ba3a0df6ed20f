"""Profiles of accounts, risk and days: one subject each, and all of them together."""

from typing import Any, Final

from tests.differential.risk_moves import RISK_MOVES
from tests.differential.risk_worlds import everything, futures_alone, groups_and_plans, with_futures, with_stocks
from tests.differential.worlds import World
from tests.model.limits import MAX_EVENTS

ORDERS: Final = {"place": 40, "immediate": 6, "market": 3, "cancel": 10, "replace": 10, "sweep": 1, "go_on": 3}
WHOLE: Final = (MAX_EVENTS, MAX_EVENTS)
RISK_PROFILES: Final[list[tuple[Any, ...]]] = [
    (
        "limits",
        ORDERS | {"limit": 20, "limit_hostile": 2, "near_limit": 40, "regroup": 2, "withdraw": 1, "edge_of_funds": 4},
        World(instruments=2, accounts=4, firms=2, more=groups_and_plans),
    ),
    (
        "limits_futures",
        {"trade_future": 60, "near_limit": 10, "limit": 14, "reduce_only": 8, "settle": 2, "cancel": 10, "end_day": 1},
        World(instruments=1, accounts=5, firms=2, more=with_futures),
    ),
    (
        "buckets",
        ORDERS | {"limit": 8, "near_limit": 10, "regroup": 4, "kill": 1, "mass_quote": 4},
        World(instruments=2, accounts=4, firms=2, more=groups_and_plans),
    ),
    (
        "switches",
        ORDERS | {"kill": 12, "restrict": 12, "regroup": 4, "cleared": 3, "mass_quote": 3},
        World(instruments=2, accounts=5, firms=2, more=groups_and_plans),
    ),
    (
        "futures",
        {"trade_future": 70, "settle": 4, "cancel": 8, "replace": 10, "sweep": 1, "go_on": 6, "withdraw": 2, "bust": 1},
        World(instruments=1, accounts=6, more=with_futures),
        (8, 60),
    ),
    (
        "futures_busy",
        {"trade_future": 60, "settle": 12, "go_on": 14, "cancel": 6, "end_day": 2, "mass_cancel": 1, "bust": 4},
        World(instruments=1, accounts=9, more=futures_alone),
        (8, 14),
    ),
    (
        "reduce_only",
        {
            "trade_future": 40,
            "reduce_only": 40,
            "replace_reducing": 12,
            "settle": 1,
            "cancel": 6,
            "sweep": 2,
            "go_on": 4,
        },
        World(instruments=1, accounts=5, firms=2, self_trade=True, more=with_futures),
        (8, 60),
    ),
    (
        "reduce_only_auctions",
        {"trade_future": 50, "reduce_only": 30, "set_phase": 10, "back_to_trading": 10, "settle": 1, "go_on": 8},
        World(instruments=1, accounts=4, references=True, more=futures_alone),
        (8, 40),
    ),
    (
        "tiers",
        ORDERS | {"sweep": 3, "end_day": 8, "group": 4, "fee_plan": 6, "regroup": 4, "day_order": 4, "cleared": 1},
        World(instruments=3, accounts=6, fees="rounding", more=groups_and_plans),
    ),
    (
        "days",
        ORDERS
        | {"day_order": 30, "end_day": 5, "settle": 2, "resting": 5, "stop": 5, "iceberg": 5, "pair": 5, "child": 5},
        World(instruments=3, accounts=6, max_open_orders=60, references=True, more=groups_and_plans),
        (8, 50),
    ),
    (
        "days_busy",
        {"quote": 30, "day_order": 30, "sweep": 8, "end_day": 8, "go_on": 20, "mass_cancel": 2, "settle": 4},
        World(instruments=4, accounts=5, more=with_futures),
        (8, 12),
    ),
    (
        "losses",
        ORDERS
        | {"trade_future": 30, "limit": 10, "end_day": 2, "settle": 2, "regroup": 3, "sweep": 3, "reduce_only": 6},
        World(instruments=1, accounts=3, firms=1, more=with_futures),
    ),
    (
        "terms",
        ORDERS
        | {
            "change": 12,
            "shut": 8,
            "reopen": 14,
            "stop": 6,
            "peg": 4,
            "iceberg": 6,
            "pair": 6,
            "child": 6,
            "set_ticks": 1,
        },
        World(instruments=2, accounts=5, max_open_orders=60, references=True),
        (8, 60),
    ),
    (
        "terms_of_futures",
        {
            "trade_future": 30,
            "cancel": 12,
            "change": 12,
            "shut": 8,
            "reopen": 10,
            "settle": 2,
            "go_on": 4,
            "reduce_only": 6,
        },
        World(instruments=1, accounts=5, more=futures_alone),
        (8, 60),
    ),
    (
        "splits",
        ORDERS | {"split": 14, "shut": 10, "reopen": 14, "iceberg": 4, "stop": 4, "pair": 4, "limit": 2, "bust": 2},
        World(instruments=1, accounts=5, max_open_orders=60, references=True, more=with_stocks),
        (8, 60),
    ),
    (
        "splits_busy",
        {"quote": 60, "split": 20, "shut": 10, "reopen": 20, "go_on": 20, "deposit": 4, "withdraw": 4, "end_day": 3},
        World(instruments=1, accounts=9, more=with_stocks),
        (8, 12),
    ),
    (
        "busts",
        ORDERS | {"trade_future": 20, "bust": 30, "withdraw": 8, "cleared": 2, "fee_plan": 2, "settle": 1, "sweep": 3},
        World(instruments=2, accounts=5, wealth_lots=300, more=with_futures),
    ),
    (
        "risk_hostile",
        ORDERS | {"risk_hostile": 60, "trade_future": 20, "reopen": 6, "shut": 4, "end_day": 1, "bust": 4},
        World(instruments=2, accounts=5, more=everything),
        (8, 200),
    ),
    (
        "risk_huge",
        ORDERS | {"limit": 6, "limit_hostile": 4, "group": 3, "bust": 10, "end_day": 3, "edge_of_funds": 20},
        World(huge=True, more=groups_and_plans),
    ),
    (
        "risk_all",
        dict.fromkeys(RISK_MOVES, 5) | ORDERS | {"trade_future": 30, "reopen": 20, "go_on": 10, "meet_own": 20},
        World(instruments=2, accounts=6, self_trade=True, references=True, more=everything),
        (8, 80),
        (60, 400),
    ),
    (
        "risk_continued",
        dict.fromkeys(RISK_MOVES, 5) | ORDERS | {"trade_future": 30, "reopen": 20, "sweep": 6, "child": 6, "pair": 6},
        World(instruments=2, accounts=6, self_trade=True, references=True, more=everything),
        (8, 30),
        (400, 400),
        True,
    ),
]
"""Name, mix of moves, world, slices, capacities, whether the engine goes on with its work by itself."""
