"""Decimal text and integers: exact both ways, and every refusal says value, limit and remedy."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from garraway.units import (
    AssetTerms,
    DecimalInvalid,
    InstrumentTerms,
    OffTick,
    OutOfRange,
    TickTable,
    TooFine,
    UnitsError,
    money_text,
    money_units,
    price_text,
    price_units,
    quantity_lots,
    quantity_text,
    scaled,
    scaled_text,
)
from garraway.units.decimals import carefully

SHARE = InstrumentTerms(
    symbol="GARR",
    price_unit=100_000,
    lot_size=1_000_000_000,
    tick=100,
    min_price=100,
    max_price=100_000_000,
    max_quantity=999_999,
)
COIN = InstrumentTerms(
    symbol="BTCUSD",
    price_unit=10_000_000,
    lot_size=1_000_000,
    tick=1,
    min_price=1,
    max_price=100_000_000,
    max_quantity=10_000_000,
)
USD = AssetTerms("USD", scale=8, display=2)


def said(convert: Callable[..., int], text: str, decimals: int) -> object:
    """The number, or what is wrong."""
    try:
        return convert(text, decimals, what="price")
    except UnitsError as error:
        return type(error), str(error)


@given(st.text("0123456789.+-e \u0663\u00b2", max_size=36), st.integers(0, 12))
def test_the_plainest_texts_are_read_as_all_others_are(text: str, decimals: int) -> None:
    assert said(scaled, text, decimals) == said(carefully, text, decimals)


@pytest.mark.parametrize(
    "text", ["0", "59000", "101.25", "0.001", "1.00000", "9" * 30, "9" * 31, "1.", ".5", "\u0663", ""]
)
def test_a_text_is_read_alike_by_both_ways(text: str) -> None:
    assert said(scaled, text, 3) == said(carefully, text, 3)


@given(number=st.integers(-(2**80), 2**80), decimals=st.integers(0, 12))
def test_text_of_an_integer_reads_back_as_that_integer(number: int, decimals: int) -> None:
    assert scaled(scaled_text(number, decimals), decimals) == number


@given(number=st.integers(-(2**80), 2**80), decimals=st.integers(0, 12), shown=st.integers(0, 12))
def test_shortened_text_loses_nothing(number: int, decimals: int, shown: int) -> None:
    assert scaled(scaled_text(number, decimals, shown=shown), decimals) == number


@given(ticks=st.integers(1, 1_000_000))
def test_prices_read_back(ticks: int) -> None:
    units = ticks * SHARE.tick
    assert price_units(price_text(units, SHARE), SHARE) == units


@pytest.mark.parametrize(
    ("text", "units"), [("101.25", 1_012_500), ("0.01", 100), ("10000", 100_000_000), ("+7.10", 71_000)]
)
def test_prices_count_in_price_units(text: str, units: int) -> None:
    assert price_units(text, SHARE) == units


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("1e3", DecimalInvalid, ["'1e3'", "101.25"]),
        ("", DecimalInvalid, ["''"]),
        ("1_000", DecimalInvalid, ["1_000"]),
        ("٣", DecimalInvalid, ["٣"]),
        ("nan", DecimalInvalid, ["nan"]),
        ("9" * 1000, DecimalInvalid, ["30 digits"]),
        ("1.0000000001", TooFine, ["10 decimals", "at most 9"]),
        ("1.00001", TooFine, ["0.0001"]),
        ("101.253", OffTick, ["101.253", "0.01", "101.25 or 101.26"]),
        ("0.00", OutOfRange, ["0.01 to 10000.00"]),
        ("-5", OutOfRange, ["0.01 to 10000.00"]),
        ("10000.01", OutOfRange, ["0.01 to 10000.00"]),
    ],
)
def test_bad_prices_are_refused_with_value_limit_and_remedy(
    text: str, error: type[UnitsError], words: list[str]
) -> None:
    with pytest.raises(error) as refusal:
        price_units(text, SHARE)
    assert [word for word in words if word not in str(refusal.value)] == []


def test_quantities_count_in_lots() -> None:
    assert [quantity_lots("0.001", COIN), quantity_lots("1.5", COIN)] == [1, 1_500]
    assert [quantity_text(1, COIN), quantity_text(1_500, COIN), quantity_text(7, SHARE)] == ["0.001", "1.5", "7"]


@pytest.mark.parametrize(("text", "error"), [("0.0005", TooFine), ("0", OutOfRange), ("10001", OutOfRange)])
def test_bad_quantities_are_refused(text: str, error: type[UnitsError]) -> None:
    with pytest.raises(error):
        quantity_lots(text, COIN)


def test_money_counts_in_ledger_units() -> None:
    assert money_units("3616.67", USD) == 361_667_000_000
    assert [money_text(361_667_000_000, USD), money_text(-1, USD)] == ["3616.67", "-0.00000001"]


def test_price_decimals_are_those_of_the_tick() -> None:
    assert [SHARE.price_decimals, COIN.price_decimals] == [2, 2]


def test_a_table_of_ticks_brings_prices_to_the_tick() -> None:
    table = TickTable(10, ((100, 25), (1_000, 100)))
    assert [table.tick_at(price) for price in (1, 99, 100, 999, 1_000)] == [10, 10, 25, 25, 100]
    assert [table.down(price) for price in (9, 99, 110, 999, 1_099)] == [0, 90, 100, 975, 1_000]
    assert [table.up(price) for price in (9, 90, 95, 101, 990, 1_001)] == [10, 90, 100, 125, 1_000, 1_100]


def test_a_price_between_the_last_tick_below_a_step_and_the_step_goes_up_to_the_step() -> None:
    assert TickTable(30, ((100, 50),)).up(95) == 100


def test_lots_have_the_decimals_that_show_them_all() -> None:
    assert [replace(SHARE, lot_size=size).lot_decimals for size in (1_000_000_000, 1_000_000, 10**12)] == [0, 3, 0]
