"""Runs made by hand and by seed, for tests of everything that reads frames."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from garraway.analytics.frames import EQUITY, FILLS, ORDERS

DAY = 86_400_000_000_000
MONDAY = 1_704_067_200_000_000_000
"""2024-01-01, 00:00 UTC."""


@dataclass(frozen=True)
class MadeRun:
    """What a backtest returns, as far as it is read here."""

    fills: pl.DataFrame
    orders: pl.DataFrame
    equity: pl.DataFrame
    header: dict[str, Any] = field(default_factory=dict)


def fill(at_ns: int, side: str, quantity: int, price: float, **more: object) -> dict[str, Any]:
    """A fill of instrument X, a lot of which is one unit."""
    row: dict[str, Any] = dict.fromkeys(FILLS)
    row |= {"at_ns": at_ns, "instrument": "X", "side": side, "quantity": quantity, "price": price}
    row |= {"value": price * quantity, "fee": 0.0, "order": at_ns, "liquidity": "taker"}
    return row | more


def fills(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=dict(FILLS))


def orders(*rows: tuple[int, str, int, int]) -> pl.DataFrame:
    """Orders of X: placed_ns, side, quantity, filled."""
    made = [
        dict.fromkeys(ORDERS)
        | {"placed_ns": at, "instrument": "X", "side": side, "quantity": quantity, "filled": filled, "client_ref": at}
        for at, side, quantity, filled in rows
    ]
    return pl.DataFrame(made, schema=dict(ORDERS))


def equity(*rows: tuple[int, float]) -> pl.DataFrame:
    made = [{"at_ns": at, "equity": worth, "cash": worth, "position_value": 0.0} for at, worth in rows]
    return pl.DataFrame(made, schema=dict(EQUITY))


def days(*worth: float, first_ns: int = MONDAY) -> pl.DataFrame:
    """One sample a day."""
    return equity(*((first_ns + day * DAY, one) for day, one in enumerate(worth)))


def nothing() -> MadeRun:
    return MadeRun(fills(), orders(), equity())


def drawn(
    seed: int, *, count: int = 300, instruments: int = 2, span_days: int = 200, header: dict[str, Any] | None = None
) -> MadeRun:
    """A run of random fills of a random walk, whose equity is what cash and positions make."""
    random = np.random.default_rng(seed)
    names = [f"SYM{number}" for number in range(instruments)]
    price = dict.fromkeys(names, 100.0)
    held, cash = dict.fromkeys(names, 0), 100_000.0
    rows, placed, samples = [], [], [(MONDAY, cash, cash, 0.0)]
    times = np.sort(random.integers(MONDAY + 1, MONDAY + span_days * DAY, size=count))
    for number, at in enumerate(times.tolist(), start=1):
        name = names[int(random.integers(instruments))]
        for one in names:
            price[one] = round(max(price[one] * (1 + random.normal(0.0004, 0.012)), 1.0), 2)
        buys, quantity = bool(random.random() < 0.5), int(random.integers(1, 60))
        sign = 1 if buys else -1
        mid = price[name] - sign * 0.01
        value, fee = price[name] * quantity, round(price[name] * quantity * 0.0002, 2)
        held[name] += sign * quantity
        cash -= sign * value + fee
        rows.append(
            fill(
                at,
                "buy" if buys else "sell",
                quantity,
                price[name],
                instrument=name,
                value=value,
                fee=fee,
                order=number,
                position=held[name],
                mid=mid,
                liquidity=("maker", "taker")[number % 2],
            )
        )
        placed.append((at - 1, name, "buy" if buys else "sell", quantity + number % 3, quantity, number))
        worth = sum(held[one] * price[one] for one in names)
        samples.append((at, cash + worth, cash, worth))
    book = [
        dict.fromkeys(ORDERS)
        | {"placed_ns": a, "instrument": b, "side": c, "quantity": d, "filled": e, "client_ref": f}
        for a, b, c, d, e, f in placed
    ]
    return MadeRun(
        fills(*rows),
        pl.DataFrame(book, schema=dict(ORDERS)),
        pl.DataFrame(samples, schema=dict(EQUITY), orient="row"),
        header or {},
    )
