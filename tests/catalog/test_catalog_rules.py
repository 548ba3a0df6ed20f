"""What the rules do to each problem, kind by kind."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from garraway.catalog.kinds import ABSENT, DTYPES, NOT_A_NUMBER, Flag, Kind, Rows
from garraway.catalog.rules import DROP, KEEP, MEND, NUMBERS_KEPT, RULES, Cleaner, Problem, sorted_rows

UNTIL_NS = 1_000
GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "catalog.md").read_text(encoding="utf-8")
Row = tuple[int, ...]


def cleaned(kind: Kind, *batches: Sequence[Row]) -> tuple[list[Row], dict[str, tuple[int, str]]]:
    """The rows that are kept of these batches, and the counts."""
    cleaner = Cleaner(kind, until_ns=UNTIL_NS)
    kept: list[Row] = []
    for batch in batches:
        kept += cleaner.clean(np.array(batch, DTYPES[kind])).tolist()
    assert cleaner.rows_read == sum(map(len, batches))
    return kept, {name: (tally.count, tally.rule) for name, tally in cleaner.tallies().items()}


def quote(at: int, bid: int, ask: int, size: int = 1) -> Row:
    return (at, bid, ask, size, size, 0, 0)


def trade(at: int, price: int = 10, quantity: int = 1, number: int = 0, flags: int = 0) -> Row:
    return (at, price, quantity, number, 0, 0, flags)


def bar(at: int, low: int = 9, high: int = 12, close: int = 10, volume: int = 5) -> Row:
    return (at, at + 10, 10, high, low, close, volume, 0, 0)


def depth(at: int, price: int = 10, quantity: int = 1) -> Row:
    return (at, 0, price, quantity, 1, 0)


def order(at: int, price: int = 10, quantity: int = 1) -> Row:
    return (at, 0, 1, price, quantity, ord("A"), 1, 0)


@pytest.mark.parametrize(
    ("rows", "kept", "counts"),
    [
        ([quote(1, 10, 9)], [], {"crossed": (1, DROP)}),
        ([quote(1, 10, 10)], [0], {"locked": (1, KEEP)}),
        ([quote(1, 0, 10)], [], {"price_not_positive": (1, DROP)}),
        ([quote(1, -5, 10)], [], {"price_not_positive": (1, DROP)}),
        ([quote(1, NOT_A_NUMBER, 10)], [], {"not_a_number": (1, DROP)}),
        ([quote(1, ABSENT, ABSENT)], [], {"price_not_positive": (1, DROP)}),
        ([quote(1, 10, 11, -1)], [], {"quantity_invalid": (1, DROP)}),
        ([quote(UNTIL_NS, 10, 11)], [], {"future": (1, DROP)}),
        ([quote(UNTIL_NS - 1, 10, 11)], [0], {}),
        ([quote(1, 10, 11), quote(1, 10, 11), quote(2, 10, 11)], [0, 2], {"duplicate": (1, DROP)}),
        ([quote(5, 10, 11), quote(4, 10, 12), quote(6, 10, 13)], [0, 1, 2], {"unsorted": (1, MEND)}),
        ([quote(UNTIL_NS, -1, 10)], [], {"price_not_positive": (1, DROP)}),
    ],
)
def test_quotes(rows: list[Row], kept: list[int], counts: dict[str, tuple[int, str]]) -> None:
    assert cleaned(Kind.QUOTES, rows) == ([rows[at] for at in kept], counts)


def test_a_side_that_is_absent_is_stored_as_zero_and_crosses_nothing() -> None:
    rows = [quote(1, ABSENT, 10), quote(2, 10, ABSENT), quote(2, 10, ABSENT)]
    assert cleaned(Kind.QUOTES, rows[:1], rows[1:2], rows[2:]) == (
        [quote(1, 0, 10), quote(2, 10, 0)],
        {"duplicate": (1, DROP)},
    )


@pytest.mark.parametrize(
    ("rows", "kept", "counts"),
    [
        ([trade(1), trade(1)], [0, 1], {}),
        ([trade(1, number=7), trade(2, number=8), trade(3, number=7)], [0, 1], {"duplicate": (1, DROP)}),
        ([trade(1, quantity=0)], [], {"quantity_invalid": (1, DROP)}),
        ([trade(1, price=0)], [], {"price_not_positive": (1, DROP)}),
        ([trade(1, flags=int(Flag.SUSPICIOUS))], [0], {"suspicious": (1, KEEP)}),
        ([trade(3), trade(1), trade(2)], [0, 1, 2], {"unsorted": (2, MEND)}),
    ],
)
def test_trades(rows: list[Row], kept: list[int], counts: dict[str, tuple[int, str]]) -> None:
    assert cleaned(Kind.TRADES, rows) == ([rows[at] for at in kept], counts)


def test_numbers_of_trades_are_forgotten_after_many() -> None:
    numbered = [trade(1, number=number) for number in range(1, NUMBERS_KEPT + 2)]
    kept, counts = cleaned(Kind.TRADES, numbered, [trade(2, number=1), trade(2, number=NUMBERS_KEPT)])
    assert (len(kept), counts) == (NUMBERS_KEPT + 2, {"duplicate": (1, DROP)})


@pytest.mark.parametrize(
    ("rows", "kept", "counts"),
    [
        ([bar(0), bar(10), bar(30)], [0, 1, 2], {"gap": (1, KEEP)}),
        ([bar(0), bar(0), bar(10)], [0, 2], {"duplicate": (1, DROP)}),
        ([bar(0), bar(0, volume=6), bar(10)], [0, 2], {"conflict": (1, DROP)}),
        ([bar(0, high=9)], [], {"range_broken": (1, DROP)}),
        ([bar(0, low=11)], [], {"range_broken": (1, DROP)}),
        ([bar(0, close=13)], [], {"range_broken": (1, DROP)}),
        ([bar(0, volume=0)], [0], {}),
        ([bar(0, volume=-1)], [], {"quantity_invalid": (1, DROP)}),
    ],
)
def test_bars(rows: list[Row], kept: list[int], counts: dict[str, tuple[int, str]]) -> None:
    assert cleaned(Kind.BARS, rows) == ([rows[at] for at in kept], counts)


def test_depth_and_orders_keep_their_place_and_get_the_time_before() -> None:
    assert cleaned(Kind.DEPTH, [depth(5), depth(3), depth(UNTIL_NS + 5)], [depth(4), depth(6)]) == (
        [depth(5), depth(5), depth(5), depth(5), depth(6)],
        {"future": (1, MEND), "unsorted": (2, MEND)},
    )
    assert cleaned(Kind.ORDERS, [order(5), order(3, price=-2, quantity=-1)]) == (
        [order(5), order(5, price=-2, quantity=-1)],
        {"unsorted": (1, MEND)},
    )
    assert cleaned(Kind.DEPTH, [depth(1, price=0), depth(1, quantity=-1), depth(1, quantity=0)]) == (
        [depth(1, quantity=0)],
        {"price_not_positive": (1, DROP), "quantity_invalid": (1, DROP)},
    )


def test_bars_that_come_together_by_sorting_are_held_to_the_rules_again() -> None:
    rows: Rows = np.array([bar(10), bar(0), bar(10), bar(0, volume=9)], DTYPES[Kind.BARS])
    ordered, dropped = sorted_rows(Kind.BARS, rows)
    assert ordered.tolist() == [bar(0), bar(10)]
    assert dropped == {Problem.DUPLICATE: 1, Problem.CONFLICT: 1}


PRICES = st.integers(-1, 4)
ROWS = st.lists(st.builds(quote, st.integers(0, 30), PRICES, PRICES, st.integers(-1, 2)), max_size=40)


@settings(deadline=None, max_examples=200)
@given(ROWS, st.integers(1, 40))
def test_batches_make_no_difference(rows: list[Row], size: int) -> None:
    parts = [rows[at : at + size] for at in range(0, len(rows), size)]
    assert cleaned(Kind.QUOTES, *parts) == cleaned(Kind.QUOTES, rows)


@settings(deadline=None, max_examples=200)
@given(ROWS)
def test_every_row_is_kept_or_counted_as_dropped(rows: list[Row]) -> None:
    kept, counts = cleaned(Kind.QUOTES, rows)
    assert len(kept) + sum(count for count, rule in counts.values() if rule == DROP) == len(rows)
    assert all(0 < row[1] <= row[2] and row[3] >= 0 for row in kept)


def test_the_guide_states_every_rule() -> None:
    table = [line for line in GUIDE.splitlines() if line.startswith("| `")]
    for problem in Problem:
        (line,) = [line for line in table if line.startswith(f"| `{problem}` |")]
        cells = [cell.strip() for cell in line.split("|")[3:-1]]
        stated = {kind: cell for kind, cell in zip(Kind, cells, strict=True) if cell != "-"}
        assert stated == RULES[problem], problem
