"""How rows are split into those that are learnt from and those that are tested on. Touches nothing.

All are counts of rows and half-open: (from, to) without to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from garraway.trading.sweep_errors import SplitInvalid

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Split:
    """What is learnt from, and what is tested on."""

    train: tuple[Range, ...]
    test: Range


def windows(
    count: int, *, train: int, test: int, step: int | None = None, gap: int = 0, anchored: bool = False
) -> list[Split]:
    """Walks forward: so many rows to learn from, then after a gap so many to test on, then on by a step.

    Args:
        count: all rows.
        train: rows to learn from.
        test: rows to test on; the last test may be shorter, but not by half.
        step: rows to the next split; without it as many as are tested, so that tests follow each other without a hole.
        gap: rows between, which belong to neither.
        anchored: always learns from the first row on.
    Raises: SplitInvalid: a count is none, or there are too few rows for one split.
    """
    on = test if step is None else step
    if train < 1 or test < 1 or on < 1 or gap < 0:
        raise SplitInvalid(f"train {train}, test {test}, step {on} must be 1 or more and gap {gap} 0 or more rows")
    found = []
    for begin in range(0, max(count - train - gap, 0), on):
        start = begin + train + gap
        end = min(start + test, count)
        if 2 * (end - start) >= test:
            found.append(Split(((0 if anchored else begin, begin + train),), (start, end)))
    if not found:
        raise SplitInvalid(f"{count} rows are too few for train {train}, gap {gap} and test {test}: take fewer")
    return found


def purged_folds(count: int, folds: int = 5, *, purge: int = 0, embargo: int = 0) -> list[Split]:
    """Cross-validation of rows in time: each fold is tested once, all others but those too near are learnt from.

    Rows whose outcome may reach into the test, `purge` rows before it, and rows that may still know of it, `embargo`
    rows after it, are in neither. Source: M. Lopez de Prado, "Advances in Financial Machine Learning" (2018), 7.4.

    Raises: SplitInvalid: a count is none, or a fold would have nothing to learn from.
    """
    if folds < 2 or count < folds or purge < 0 or embargo < 0:
        raise SplitInvalid(
            f"{folds} folds of {count} rows, purge {purge}, embargo {embargo}: give 2 to {count} folds, rows from 0"
        )
    edges = [count * number // folds for number in range(folds + 1)]
    found = []
    for start, end in pairwise(edges):
        ranges = ((0, start - purge), (end + embargo, count))
        train = tuple(one for one in ranges if one[0] < one[1])
        if not train:
            raise SplitInvalid(
                f"purge {purge} and embargo {embargo} leave nothing of {count} rows to learn from: take less"
            )
        found.append(Split(train, (start, end)))
    return found


def purged_by_time(
    from_ns: Sequence[int], until_ns: Sequence[int], folds: int = 5, *, embargo: int = 0
) -> list[tuple[list[int], list[int]]]:
    """The same for rows whose outcome is known only later: each learns from none whose time overlaps the test's.

    Args:
        from_ns: when each row is, rising.
        until_ns: when its outcome is known.
        folds: how many tests.
        embargo: rows after the test that are left out too.
    Returns: for each fold the rows to learn from, and those to test on.
    Raises: SplitInvalid.
    """
    if len(from_ns) != len(until_ns) or any(a > b for a, b in zip(from_ns, until_ns, strict=True)):
        raise SplitInvalid(
            f"{len(from_ns)} beginnings and {len(until_ns)} ends do not belong together, or end before they begin"
        )
    found = []
    for split in purged_folds(len(from_ns), folds):
        start, end = split.test
        first, last = from_ns[start], max(until_ns[start:end])
        after = next((row for row in range(end, len(from_ns)) if from_ns[row] > last), len(from_ns)) + embargo
        train = [row for row in range(start) if until_ns[row] < first] + list(range(after, len(from_ns)))
        found.append((train, list(range(start, end))))
    return found
