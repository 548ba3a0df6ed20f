"""Made-up LOBSTER files with a known answer, so that anyone can repeat a replay. Touches the folder it writes to.

The day is drawn from a seed and kept in a plain book of its own, which knows nothing of the engine: a list of orders
for each price. Now and then the order that is executed is not the first of its level, as on real exchanges.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import Final

from garraway.catalog.errors import FileUnreadable
from garraway.catalog.lobster import NO_ASK, NO_BID, TIME_DECIMALS, Kind, Level
from garraway.records import Side
from garraway.units import scaled_text

LEVELS: Final = 10
OPENING_LEVELS: Final = 6
TICK: Final = 100
MIDDLE: Final = 1_000_000
"""100.00 dollars."""
START_NS: Final = 34_200 * 10**9
FIRST_NUMBER: Final = 1000
"""Orders below it were there before the recording."""
MOVES: Final = {"add": 200, "delete": 108, "reduce": 24, "execute": 50, "execute_second": 1, "hidden": 16}
"""How often each is drawn, as far as the book allows it."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What was written, and what a replay must count."""

    messages: Path
    book: Path
    counts: dict[str, int]
    """By the names of the replay's counts; those that are not here are zero."""


@dataclass(slots=True)
class _Order:
    number: int
    quantity: int

    @property
    def introduced(self) -> bool:
        return self.number >= FIRST_NUMBER


@dataclass(slots=True)
class _Day:
    """The recorded exchange: its book, its clock and what it has told."""

    rng: Random
    sides: dict[Side, dict[int, list[_Order]]] = field(default_factory=lambda: {Side.BUY: {}, Side.SELL: {}})
    at_ns: int = START_NS
    last_number: int = FIRST_NUMBER
    counts: Counter[str] = field(default_factory=Counter)

    def prices(self, side: Side) -> list[int]:
        """Prices of a side, best first."""
        return sorted(self.sides[side], reverse=side == Side.BUY)

    def row(self) -> str:
        """The row of the orderbook file now."""
        fields: list[int] = []
        for ask, bid in zip(self.levels(Side.SELL, NO_ASK), self.levels(Side.BUY, NO_BID), strict=True):
            fields += (*ask, *bid)
        return ",".join(map(str, fields))

    def levels(self, side: Side, missing: int) -> list[Level]:
        """All levels of a side, filled up with missing ones."""
        have = [(price, sum(order.quantity for order in self.sides[side][price])) for price in self.prices(side)]
        return have + [(missing, 0)] * (LEVELS - len(have))

    def told(self, kind: Kind, number: int, quantity: int, price: int, side: Side) -> str:
        """A line of the message file."""
        self.counts["messages"] += 1
        direction = 1 if side == Side.BUY else -1
        return f"{scaled_text(self.at_ns, TIME_DECIMALS, shown=0)},{kind},{number},{quantity},{price},{direction}"

    def step(self) -> str | None:
        """Draws a move and does it; None where the book does not allow it."""
        self.at_ns += self.rng.choice((0, 900, 41_203, 7_350_118, 260_004_913)) * self.rng.randint(1, 3)
        side = self.rng.choice((Side.BUY, Side.SELL))
        move = self.rng.choices(list(MOVES), weights=list(MOVES.values()))[0]
        if move == "add":
            return self.add(side)
        if move == "hidden":
            self.counts["hidden"] += 1
            return self.told(Kind.EXECUTE_HIDDEN, 0, self.rng.randint(1, 200), self.prices(side)[0], side)
        if len(self.sides[side]) <= 2:
            return None
        return self.cancel(side, whole=move == "delete") if move in {"delete", "reduce"} else self.execute(side, move)

    def add(self, side: Side) -> str | None:
        """An order enters, within the spread or up to the depth that the file shows."""
        best, other = self.prices(side)[0], self.prices(side.opposite)[0]
        sign = 1 if side == Side.BUY else -1
        room = (other - best) * sign // TICK - 1
        price = best + sign * TICK * self.rng.randint(-LEVELS, min(room, 1))
        level = self.sides[side].get(price)
        if level is None and len(self.sides[side]) == LEVELS:
            return None
        self.last_number += self.rng.randint(1, 40)
        order = _Order(self.last_number, self.rng.choice((1, 18, 50, 100, 100, 200, 1000)))
        self.sides[side].setdefault(price, []).append(order)
        return self.told(Kind.ADD, order.number, order.quantity, price, side)

    def cancel(self, side: Side, *, whole: bool) -> str | None:
        """An order leaves, or a part of it."""
        price = self.rng.choice(self.prices(side))
        order = self.rng.choice(self.sides[side][price])
        if whole:
            quantity = order.quantity
        elif order.quantity > 1:
            quantity = self.rng.randint(1, order.quantity - 1)
        else:
            return None
        return self.take(Kind.DELETE if whole else Kind.REDUCE, side, price, order, quantity)

    def execute(self, side: Side, move: str) -> str | None:
        """The first order of the best level trades, or the second one."""
        price = self.prices(side)[0]
        level = self.sides[side][price]
        first = move == "execute"
        if not first and (len(level) < 2 or not level[1].introduced):
            return None
        order = level[0 if first else 1]
        if not order.introduced:
            self.counts["unseen"] += 1
        else:
            self.counts["executions"] += 1
            self.counts["same_order" if first else "different"] += 1
        return self.take(Kind.EXECUTE, side, price, order, self.rng.randint(1, order.quantity))

    def take(self, kind: Kind, side: Side, price: int, order: _Order, quantity: int) -> str:
        """Takes quantity out of an order."""
        level = self.sides[side][price]
        order.quantity -= quantity
        if not order.quantity:
            level.remove(order)
        if not level:
            del self.sides[side][price]
        return self.told(kind, order.number, quantity, price, side)

    def halt(self) -> Iterator[str]:
        """Trading halts, quotes resume, trading resumes."""
        for price in (-1, 0, 1):
            self.at_ns += 60 * 10**9
            self.counts["halts"] += 1
            yield self.told(Kind.HALT, 0, 0, price, Side.SELL)


def write_sample(folder: Path, *, seed: int = 1, messages: int = 2000) -> Sample:
    """Writes `SAMPLE_message_10.csv` and `SAMPLE_orderbook_10.csv`; the same arguments give the same bytes.

    Raises: FileUnreadable: the folder cannot be written to.
    """
    day = _opening(Random(seed))
    lines = list(_lines(day, messages))
    sample = Sample(
        folder / f"SAMPLE_message_{LEVELS}.csv", folder / f"SAMPLE_orderbook_{LEVELS}.csv", dict(day.counts)
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sample.messages.write_bytes("".join(f"{message}\n" for message, _ in lines).encode())
        sample.book.write_bytes("".join(f"{row}\n" for _, row in lines).encode())
    except OSError as error:
        raise FileUnreadable(f"{folder} cannot be written to ({error.strerror}): give another folder") from error
    return sample


def _opening(rng: Random) -> _Day:
    day, numbers = _Day(rng), count(1)
    for side, sign in ((Side.BUY, -1), (Side.SELL, 1)):
        for place in range(1, OPENING_LEVELS + 1):
            orders = [_Order(next(numbers), rng.randint(1, 300)) for _ in range(rng.randint(1, 3))]
            day.sides[side][MIDDLE + sign * place * TICK] = orders
    return day


def _lines(day: _Day, messages: int) -> Iterator[tuple[str, str]]:
    first = next(line for line in iter(lambda: day.add(Side.BUY), "") if line is not None)
    # The opening book is one order for each level, and the first message's.
    own = day.last_number
    levels = [level for side in day.sides.values() for level in side.values()]
    day.counts["seeded"] = 1 + sum(any(order.number != own for order in level) for level in levels)
    yield first, day.row()
    while day.counts["messages"] < messages:
        if day.counts["messages"] == messages // 2 and not day.counts["halts"]:
            for halted in day.halt():
                yield halted, day.row()
        told = day.step()
        if told is not None:
            yield told, day.row()
