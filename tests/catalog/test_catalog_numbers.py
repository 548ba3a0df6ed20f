"""Texts become whole numbers exactly, one by one and as columns alike."""

from decimal import ROUND_HALF_EVEN, Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from garraway.catalog import UnitsInvalid
from garraway.catalog.kinds import NOT_A_NUMBER
from garraway.catalog.numbers import (
    NotANumber,
    column_decimals,
    decimals_of,
    scaled_column,
    scaled_number,
    unit_decimals,
    unit_text,
)

NUMBERS = st.decimals(min_value=-(10**9), max_value=10**9, allow_nan=False, allow_infinity=False, places=6)
NO_NUMBERS = ("", "nan", "NaN", "inf", "-Infinity", "abc", "1_000", "1,5", "0x10", "1e99", "--1", "٣x")


@settings(deadline=None, max_examples=300)
@given(st.lists(st.one_of(NUMBERS.map(str), st.sampled_from([*NO_NUMBERS, "1e-3", "+5", "00.50", "7."])), max_size=20))
def test_a_column_is_its_texts_one_by_one(texts: list[str]) -> None:
    expected = []
    for text in texts:
        try:
            expected.append(scaled_number(text, 6))
        except NotANumber:
            expected.append(NOT_A_NUMBER)
    column = pl.Series(texts, dtype=pl.String)
    assert scaled_column(column, 6).tolist() == expected
    needed = [decimals_of(text) for text, number in zip(texts, expected, strict=True) if number != NOT_A_NUMBER]
    assert column_decimals(column) == max(needed, default=0)


@settings(deadline=None, max_examples=300)
@given(NUMBERS)
def test_a_number_is_exact(number: Decimal) -> None:
    assert scaled_number(str(number), 6) == int(number * 10**6)


@settings(deadline=None, max_examples=200)
@given(st.lists(NUMBERS.map(str), min_size=1, max_size=10), st.integers(0, 5))
def test_rounding_is_half_to_even_in_columns_too(texts: list[str], decimals: int) -> None:
    # `round` would go by the process's context, which others change
    expected = [int(Decimal(text).scaleb(decimals).quantize(Decimal(1), ROUND_HALF_EVEN)) for text in texts]
    assert scaled_column(pl.Series(texts), decimals, rounded=True).tolist() == expected


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_number_is_none(text: str) -> None:
    with pytest.raises(NotANumber):
        scaled_number(text, 2)
    assert scaled_column(pl.Series([text, "1.5"]), 2).tolist() == [NOT_A_NUMBER, 150]


def test_what_does_not_fit_is_refused() -> None:
    for read in (scaled_number, lambda text, decimals: scaled_column(pl.Series([text]), decimals)):
        with pytest.raises(UnitsInvalid, match=r"1\.25 is finer than the unit 0\.1: give a finer unit"):
            read("1.25", 1)
        with pytest.raises(UnitsInvalid, match=r"5000000000000 in units of 0\.000001 is beyond 2\^62"):
            read("5000000000000", 6)


def test_digits_that_a_float_does_not_hold_are_kept() -> None:
    assert scaled_column(pl.Series(["123456789012.345678"]), 6).tolist() == [123456789012345678]
    assert scaled_number("9007199254740993", 0) == 9007199254740993


def test_units_are_powers_of_ten() -> None:
    assert [unit_decimals(text, "--price-unit") for text in ("1", "0.01", "0.00000001")] == [0, 2, 8]
    assert [unit_text(decimals) for decimals in (0, 2, 8)] == ["1", "0.01", "0.00000001"]
    for text in ("0.25", "10", "0", "", "1e-3", "-0.1"):
        with pytest.raises(UnitsInvalid, match=r"is not one of 1, 0\.1, 0\.01"):
            unit_decimals(text, "--price-unit")
