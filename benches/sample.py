"""A workload of our own, for those who have no other: `python benches/sample.py OPS.csv [-n N] [--seed S]`.

Writes lines `A|C|X,order,side,price,quantity` (add, cancel, aggressive order; side 0 buys, 1 sells; orders are numbered
from 1 as they come) and prints the tape that a naive book gives: an FNV fold of taker, maker, price and quantity of
every fill.
"""

import argparse
import random
from collections.abc import Iterator
from pathlib import Path

MASK = (1 << 64) - 1
Line = tuple[str, int, int, int, int]


class NaiveBook:
    """A book as a list of orders a side, searched from end to end."""

    def __init__(self) -> None:
        """An empty book."""
        self.orders: dict[int, list[int]] = {}  # order -> [side, price, open], in order of arrival
        self.tape = 0xCBF29CE484222325
        self.trades = 0

    def enter(self, order: int, side: int, price: int, quantity: int, *, rests: bool) -> None:
        """Trades an order with the best opposite ones, the earliest first; what is left may rest."""
        sign = 1 if side == 0 else -1
        while quantity:
            reached = [
                (sign * other[1], number)
                for number, other in self.orders.items()
                if other[0] != side and sign * other[1] <= sign * price
            ]
            if not reached:
                break
            maker = min(reached)[1]
            resting = self.orders[maker]
            lots = min(quantity, resting[2])
            for word in (order, maker, resting[1], lots):
                self.tape = ((self.tape ^ word) * 0x100000001B3) & MASK
            self.trades += 1
            quantity -= lots
            resting[2] -= lots
            if not resting[2]:
                del self.orders[maker]
        if quantity and rests:
            self.orders[order] = [side, price, quantity]


def lines(count: int, seed: int, book: NaiveBook) -> Iterator[Line]:
    """A walk of the middle price with orders around it: half adds, a third cancels, the rest aggressive."""
    draw = random.Random(seed)
    middle, order = 50_000, 0
    for _ in range(count):
        middle += draw.choice((-1, 0, 0, 0, 0, 0, 0, 0, 0, 1))
        what = draw.random()
        if what < 0.36 and len(book.orders) > 100:
            chosen = draw.choice(list(book.orders))
            del book.orders[chosen]
            yield "C", chosen, 0, 0, 0
            continue
        order += 1
        side = draw.randrange(2)
        away = int(draw.expovariate(0.08)) + 1
        passive = what < 0.88
        price = middle + (away if passive == (side == 1) else -min(away, 12))
        quantity = draw.randint(1, 100 if passive else 250)
        book.enter(order, side, price, quantity, rests=passive)
        yield "A" if passive else "X", order, side, price, quantity


def write(path: Path, count: int, seed: int) -> NaiveBook:
    """Writes a workload; returns the naive book after it."""
    book = NaiveBook()
    with path.open("w", newline="\n") as file:
        for line in lines(count, seed, book):
            file.write("{},{},{},{},{}\n".format(*line))
    return book


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("-n", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=23)
    given = parser.parse_args()
    book = write(given.path, given.n, given.seed)
    print(f"{given.path}: {given.n} operations, {book.trades} trades, tape {book.tape:016x}")


if __name__ == "__main__":
    main()
