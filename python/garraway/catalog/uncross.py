"""The price of an auction, and whom it fills: pure arithmetic, the engine's naive twin. Touches nothing.

Of all prices the auction takes the one with the largest volume; then the smallest imbalance; then the nearest to the
reference; of two equally near the higher one where buyers are left over, else the lower one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from garraway.records import Side


@dataclass(frozen=True, slots=True)
class Equilibrium:
    """What an auction comes to; prices count ticks."""

    price: int
    volume: int
    """Lots that trade."""
    imbalance: int
    """Lots of buyers left over at the price; negative for sellers."""


@dataclass(frozen=True, slots=True)
class Interest:
    """An order in an auction. Orders stand in the order of time."""

    order: int
    side: int
    price: int
    lots: int


def equilibrium(
    buys: Mapping[int, int], sells: Mapping[int, int], *, reference: int, prices: range | None = None
) -> Equilibrium | None:
    """The auction of two books.

    Args:
        buys: price -> lots of the buyers who pay at most that.
        sells: price -> lots of the sellers who take at least that.
        reference: the price that the auction shall be near to, where several are equally good.
        prices: those that the auction may take; None: any. `reference` and all limits are among them.
    Returns: None where nothing can trade.
    """
    best = None
    for price in _candidates(buys, sells, reference):
        if prices is not None and price not in prices:
            continue
        demand = sum(lots for limit, lots in buys.items() if limit >= price)
        supply = sum(lots for limit, lots in sells.items() if limit <= price)
        volume, imbalance = min(demand, supply), demand - supply
        pressed = price if imbalance >= 0 else -price
        merit = (volume, -abs(imbalance), -abs(price - reference), pressed)
        if volume and (best is None or merit > best[0]):
            best = merit, Equilibrium(price, volume, imbalance)
    return None if best is None else best[1]


def lots_filled(orders: Iterable[Interest], *, side: Side, price: int, volume: int) -> dict[int, int]:
    """What each order of a side gets, by price and then time: order -> lots, those that get none left out."""
    sign = -1 if side == Side.BUY else 1
    willing = [each for each in orders if each.side == side and sign * each.price <= sign * price]
    filled, left = {}, volume
    for each in sorted(willing, key=lambda each: sign * each.price):
        if not left:
            break
        filled[each.order] = min(left, each.lots)
        left -= filled[each.order]
    return filled


def _candidates(buys: Mapping[int, int], sells: Mapping[int, int], reference: int) -> list[int]:
    """The prices at which demand or supply changes, their neighbours, and the reference: no other can be better."""
    limits = {*buys, *sells}
    return sorted({reference, *limits, *(price + 1 for price in limits), *(price - 1 for price in limits)})
