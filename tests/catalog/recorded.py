"""Small recorded days, written by hand, and their replay."""

from collections.abc import Sequence
from pathlib import Path

from garraway.catalog import ReplayReport, replay_lobster

ADD, REDUCE, DELETE, EXECUTE, HIDDEN, CROSS, HALT = range(1, 8)
BUY, SELL = 1, -1
NO_ASK, NO_BID = "9999999999,0", "-9999999999,0"
OPENING = "1010,50,1000,100,1020,60,990,70"
"""Asks 50 at 1010 and 60 at 1020, bids 100 at 1000 and 70 at 990."""


def message(second: int, kind: int, order: int, size: int, price: int, direction: int) -> str:
    """A line of a message file, `second` seconds after 9:30."""
    return f"{34200 + second},{kind},{order},{size},{price},{direction}"


def written(file: Path, lines: Sequence[str]) -> Path:
    """The file, with these lines."""
    file.write_bytes("".join(f"{line}\n" for line in lines).encode())
    return file


def replayed(folder: Path, messages: Sequence[str], *books: Sequence[str]) -> ReplayReport:
    """The replay of a day; without books the opening one, whose first message is a hidden execution, stands alone."""
    files = [written(folder / f"book_{number}.csv", rows) for number, rows in enumerate(books or [[OPENING]])]
    if not books:
        messages = [message(0, HIDDEN, 0, 1, 1005, BUY), *messages]
    return replay_lobster(written(folder / "messages.csv", messages), files, check_every=1)


def counts(report: ReplayReport, *names: str) -> dict[str, int]:
    """Some counts by name."""
    return {name: getattr(report.counts, name) for name in names}
