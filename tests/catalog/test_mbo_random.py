"""Random MBO days of naive exchanges that know nothing of the engine: what the first fills, our matching fills.

The second holds auctions by a rule of its own. That ours come to the same as their naive twin, each replay asserts.
"""

import random
from pathlib import Path

import pytest
from tests.catalog.mbo_recorded import counts, record, written

from garraway.catalog import CatalogError, replay_mbo

LAST = 128
Told = tuple[str, str, int, int, int]
"""Action, side, order, ticks, lots."""


class Naive:
    """An exchange of lists: orders as [number, ticks, lots], first come first served at a price."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.sides: dict[str, list[list[int]]] = {"B": [], "A": []}
        self.number = 0
        self.records: list[bytes] = []

    def day(self, steps: int) -> list[bytes]:
        for _ in range(steps):
            self.step()
        return self.records

    def step(self) -> None:
        side = self.chance.choice("AB")
        resting = self.sides[side]
        if not resting or self.chance.random() < 0.5:
            self.number += 1
            price = 100 + (-1 if side == "B" else 1) * self.chance.randrange(-2, 6)
            self.packet(self.enter(side, self.number, price, self.chance.randrange(1, 9)))
            return
        order = self.chance.choice(resting)
        if self.chance.random() < 0.4:
            lots = self.chance.randrange(1, order[2] + 1)
            order[2] -= lots
            self.packet([("C", side, order[0], order[1], lots)])
            self.sweep()
            return
        self.amend(side, order)

    def amend(self, side: str, order: list[int]) -> None:
        """Another price or size, within the spread; more lots or another price lose the place."""
        price, lots = order[1] + self.chance.choice((0, 0, -1, 1)), self.chance.randrange(1, 9)
        others = self.sides["A" if side == "B" else "B"]
        if any((each[1] <= price) if side == "B" else (each[1] >= price) for each in others):
            return
        if price != order[1] or lots > order[2]:
            self.sides[side].remove(order)
            self.sides[side].append(order)
        order[1:] = [price, lots]
        self.packet([("M", side, order[0], price, lots)])

    def enter(self, side: str, number: int, price: int, lots: int) -> list[Told]:
        other = "A" if side == "B" else "B"
        trades: dict[int, list[Told]] = {}
        after: list[Told] = []
        for each in sorted(self.sides[other], key=lambda each: each[1] if side == "B" else -each[1]):
            if not lots or ((each[1] > price) if side == "B" else (each[1] < price)):
                break
            part = min(lots, each[2])
            lots, each[2] = lots - part, each[2] - part
            trades.setdefault(each[1], []).append(("F", other, each[0], each[1], part))
            after.append(("M", other, each[0], each[1], each[2]) if each[2] else ("C", other, each[0], each[1], part))
        told: list[Told] = []
        for at, fills in trades.items():
            told += [("T", side, number, at, sum(fill[4] for fill in fills)), *fills]
        if lots and self.chance.random() < 0.8:
            self.sides[side].append([number, price, lots])
            after.append(("A", side, number, price, lots))
        self.sweep()
        return told + after

    def sweep(self) -> None:
        for orders in self.sides.values():
            orders[:] = [each for each in orders if each[2]]

    def packet(self, told: list[Told]) -> None:
        for place, (action, side, number, ticks, lots) in enumerate(told, 1):
            second = len(self.records) // 10
            self.records.append(record(second, action, side, number, ticks, lots, LAST if place == len(told) else 0))


@pytest.mark.parametrize("seed", range(12))
def test_naive_exchange_and_our_matching_fill_the_same_orders(tmp_path: Path, seed: int) -> None:
    report = replay_mbo([written(tmp_path / "day.dbn", *Naive(seed).day(400))], check_every=20)
    found = counts(report, "different", "crossing", "unsettled", "beyond_shown", "off_price", "unseen", "collected")
    assert set(found.values()) == {0}
    assert report.replay.counts.same_order == report.replay.counts.executions > 50
    assert report.replay.rows == report.replay.depth_equal == report.counts.packets
    assert report.book_equal


@pytest.mark.parametrize("seed", range(12))
def test_days_with_lost_doubled_and_swapped_records_end_in_a_report_or_an_error(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    day = Naive(seed).day(300)
    for _ in range(12):
        place, other = chance.randrange(len(day)), chance.randrange(len(day))
        kind = chance.randrange(3)
        if kind == 0:
            del day[place]
        elif kind == 1:
            day.insert(place, day[other])
        else:
            day[place], day[other] = day[other], day[place]
    file = written(tmp_path / "day.dbn", *day)
    report = replay_mbo([file], skip=True, check_every=20)
    assert report.counts.packets > 0
    assert report.replay.rows == report.replay.l1_equal, "the engine follows the records, whatever they say"
    with pytest.raises(CatalogError, match=r"day\.dbn, byte \d+: "):
        replay_mbo([file])


class Collected:
    """An exchange that collects orders, which stand crossed, and fills some of them at a price that chance gives."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.orders: dict[int, tuple[str, int, int]] = {}
        self.number = 0
        self.records: list[bytes] = []

    def day(self, auctions: int) -> list[bytes]:
        for _ in range(auctions):
            for _ in range(self.chance.randrange(5, 40)):
                self.collect()
            self.packet(self.auction())
            self.packet(self.parted())
        return self.records

    def collect(self) -> None:
        if not self.orders or self.chance.random() < 0.6:
            self.number += 1
            side = self.chance.choice("AB")
            order = side, 100 + self.chance.randrange(-4, 5), self.chance.randrange(1, 9)
            self.orders[self.number] = order
            self.packet([("A", side, self.number, *order[1:])])
            return
        number = self.chance.choice(list(self.orders))
        side, price, lots = self.orders[number]
        if self.chance.random() < 0.4:
            del self.orders[number]
            self.packet([("C", side, number, price, lots)])
            return
        self.orders[number] = side, 100 + self.chance.randrange(-4, 5), self.chance.randrange(1, 9)
        self.packet([("M", side, number, *self.orders[number][1:])])

    def auction(self) -> list[Told]:
        """Fills orders of both sides as chance will have it, and now and then one that was never shown."""
        price = 100 + self.chance.randrange(-3, 4)
        fills: list[Told] = []
        after: list[Told] = []
        for number, (side, limit, lots) in list(self.orders.items()):
            if (limit < price) if side == "B" else (limit > price) or self.chance.random() < 0.3:
                continue
            part = self.chance.randrange(1, lots + 1)
            fills.append(("F", "N", number, limit, part))
            after.append(self.left(number, lots - part))
        if self.chance.random() < 0.5:
            fills.append(("F", "N", 10**6 + self.number, price, self.chance.randrange(1, 20)))
        volume = max(1, sum(fill[4] for fill in fills) // 2)
        return [("T", "N", 0, price, volume), *fills, *after]

    def left(self, number: int, lots: int) -> Told:
        side, price, before = self.orders.pop(number)
        if not lots:
            return ("C", side, number, price, before)
        self.orders[number] = side, price, lots
        return ("M", side, number, price, lots)

    def parted(self) -> list[Told]:
        """Cancels the buyers that reach a seller, so that the book is not crossed."""
        least = min((price for side, price, _ in self.orders.values() if side == "A"), default=10**6)
        gone = [number for number, (side, price, _) in self.orders.items() if side == "B" and price >= least]
        return [self.left(number, 0) for number in gone] or [("N", "N", 0, 100, 0)]

    def packet(self, told: list[Told]) -> None:
        for place, (action, side, number, ticks, lots) in enumerate(told, 1):
            second = len(self.records) // 10
            self.records.append(record(second, action, side, number, ticks, lots, LAST if place == len(told) else 0))


@pytest.mark.parametrize("seed", range(24))
def test_engine_collects_holds_its_auctions_and_follows_those_of_another_rule(tmp_path: Path, seed: int) -> None:
    report = replay_mbo([written(tmp_path / "day.dbn", *Collected(seed).day(8))], check_every=7)
    assert report.uncrosses
    assert all(each.refused is None and each.of_shown is not None for each in report.uncrosses)
    assert set(counts(report, "crossing", "unsettled").values()) == {0}
    assert bool(report.replay.counts.executions) == bool(report.counts.without_aggressor)
    assert report.replay.rows == report.replay.depth_equal == report.counts.packets
    assert report.book_equal
