"""The price of an auction: against a naive search of every price, and whom it fills."""

import random

import pytest

from garraway.catalog import Equilibrium, Interest, equilibrium, lots_filled
from garraway.records import Side


def naive(buys: dict[int, int], sells: dict[int, int], reference: int, prices: range) -> Equilibrium | None:
    """Every price there is, one rule after the other."""
    found = []
    for price in prices:
        demand = sum(lots for limit, lots in buys.items() if limit >= price)
        supply = sum(lots for limit, lots in sells.items() if limit <= price)
        found.append(Equilibrium(price, min(demand, supply), demand - supply))
    most = max(each.volume for each in found)
    found = [each for each in found if each.volume == most]
    least = min(abs(each.imbalance) for each in found)
    found = [each for each in found if abs(each.imbalance) == least]
    near = min(abs(each.price - reference) for each in found)
    found = [each for each in found if abs(each.price - reference) == near]
    higher = found[-1]
    return None if not most else higher if higher.imbalance >= 0 else found[0]


@pytest.mark.parametrize("seed", range(400))
def test_price_is_that_of_a_naive_search(seed: int) -> None:
    chance = random.Random(seed)
    sides = [{chance.randrange(1, 30): chance.randrange(1, 9) for _ in range(chance.randrange(6))} for _ in range(2)]
    reference = chance.randrange(-5, 40)
    buys, sells = sides
    assert equilibrium(buys, sells, reference=reference) == naive(buys, sells, reference, range(-40, 80))
    # Orders at any price stand at the ends of what may be bid or asked.
    prices, reference = range(1, 31), max(1, min(30, reference))
    buys[prices[-1]], sells[prices[0]] = chance.choice((0, 3, 9)), chance.choice((0, 5, 9))
    ours = equilibrium(buys, sells, reference=reference, prices=prices)
    assert ours == naive(buys, sells, reference, prices)


@pytest.mark.parametrize(
    ("buys", "sells", "reference", "wanted"),
    [
        ({100: 5}, {101: 5}, 100, None),
        ({}, {}, 100, None),
        ({100: 5}, {100: 5}, 90, Equilibrium(100, 5, 0)),
        ({105: 5}, {95: 5}, 99, Equilibrium(99, 5, 0)),
        ({105: 5}, {95: 5}, 10, Equilibrium(95, 5, 0)),
        ({105: 9}, {95: 5}, 100, Equilibrium(100, 5, 4)),
        ({105: 3, 100: 4}, {98: 3, 100: 1}, 120, Equilibrium(100, 4, 3)),
        ({103: 2, 101: 2}, {101: 2, 99: 2}, 102, Equilibrium(101, 4, 0)),
        ({104: 4, 102: 1}, {98: 4, 100: 1}, 101, Equilibrium(101, 5, 0)),
    ],
)
def test_rule_by_rule(buys: dict[int, int], sells: dict[int, int], reference: int, wanted: Equilibrium | None) -> None:
    assert equilibrium(buys, sells, reference=reference) == wanted


def test_orders_are_filled_by_price_and_then_time() -> None:
    orders = [
        Interest(1, Side.BUY, 100, 4),
        Interest(2, Side.BUY, 102, 3),
        Interest(3, Side.SELL, 99, 9),
        Interest(4, Side.BUY, 102, 2),
        Interest(5, Side.BUY, 99, 9),
        Interest(6, Side.SELL, 98, 1),
    ]
    assert lots_filled(orders, side=Side.BUY, price=100, volume=7) == {2: 3, 4: 2, 1: 2}
    assert lots_filled(orders, side=Side.SELL, price=100, volume=7) == {6: 1, 3: 6}
    assert lots_filled(orders, side=Side.BUY, price=100, volume=0) == {}
