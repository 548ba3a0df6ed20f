"""Recorded files that we may not ship: their imports match the figures that stand beside the data."""

import json
import os
from fractions import Fraction
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pytest
from tests.catalog.made_files import DAY

from garraway.catalog import Catalog, Imported, Options, adjusted, import_file, make_bars
from garraway.catalog.kinds import Action, Flag

FOLDER = Path(__file__).parents[2].parent / "shared" / "data"
SOAK = bool(os.environ.get("GARRAWAY_CATALOG_LARGE"))
NOW_NS = 1_900_000_000 * 10**9

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not FOLDER.exists(), reason=f"{FOLDER} is absent: NO recorded file was imported"),
]


@cache
def target() -> Path:
    return Path(mkdtemp(prefix="garraway-catalog-"))


@cache
def taken(name: str, **options: Any) -> Imported:  # noqa: ANN401 -- any option
    """The import of a file into a catalog of its own."""
    return import_file(catalog(name), FOLDER / name, Options(**options), until_ns=NOW_NS)


def catalog(name: str) -> Catalog:
    return Catalog(target() / name)


def problems(result: Imported) -> dict[str, int]:
    """Counts of all datasets together."""
    total: dict[str, int] = {}
    for each in result.datasets:
        for name, tally in each.problems.items():
            total[name] = total.get(name, 0) + tally.count
    return total


def rows(result: Imported) -> dict[str, tuple[int, int]]:
    return {each.dataset: (each.rows_read, each.rows) for each in result.datasets}


@pytest.fixture(scope="module", autouse=True)
def _verified() -> Any:  # noqa: ANN401 -- a fixture that yields
    """Every catalog that a test made is proved at the end."""
    yield
    for folder in {file.parent for file in target().rglob("manifest.json")}:
        assert Catalog(folder).verify() == []
    rmtree(target())


def test_manifest_of_the_data_has_the_same_digests() -> None:
    listed = {each["file"]: each for each in json.loads((FOLDER / "MANIFEST.json").read_text())}
    for name in ("fx/EURUSD_oanda_daily.csv.zst", "equity_daily/SPY_daily_raw.csv.zst"):
        result = taken(name)
        assert (result.sha256, result.datasets[0].rows_read) == (listed[name]["sha256"], listed[name]["rows"])


def test_crossed_quotes_of_fxcm() -> None:
    result = taken("fx/EURUSD_fxcm_tick_quote_20140505-08.csv.zst")
    assert rows(result) == {"fxcm/EURUSD/quotes": (417_795, 417_795 - 43_118)}
    assert problems(result) == {"crossed": 43_118, "locked": 51_137}
    assert result.datasets[0].problems["crossed"].rule == "drop"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("fx/EURUSD_oanda_hour.csv.zst", 74_439),
        ("fx/EURUSD_oanda_minute_quote.csv.zst", 18_184),
        ("fx/GBPUSD_oanda_daily.csv.zst", 3_738),
        ("cfd/XAUUSD_oanda_daily.csv.zst", 3_949),
        ("cfd/XAUUSD_oanda_minute_quote.csv.zst", 15_222),
        ("equity_intraday/AAPL_minute_trade.csv.zst", 2_303),
        ("equity_intraday/IBM_minute_quote.csv.zst", 3_398),
        ("equity_intraday/IBM_second_trade.csv.zst", 26_505),
        ("equity_intraday/IBM_tick_trade.csv.zst", 126_395),
        ("equity_daily/AAPL_daily_raw.csv.zst", 5_849),
        ("equity_daily/GOOG_daily_raw.csv.zst", 4_183),
        ("equity_daily/QQQ_daily_raw.csv.zst", 3_964),
    ],
)
def test_lean_files_have_their_rows_in_order_and_no_bad_prices(name: str, expected: int) -> None:
    result = taken(name)
    assert {each.rows_read for each in result.datasets} == {expected}
    assert set(problems(result)) <= {"gap", "suspicious"}
    assert {each.rows for each in result.datasets} == {expected}


def test_lobster() -> None:
    result = taken("l3_lobster/AAPL_2012-06-21_0930-1030_message_50.csv.zst")
    assert rows(result) == {"nasdaq/AAPL/orders": (91_997, 91_997), "nasdaq/AAPL/trades": (6_268, 6_268)}
    orders = catalog("l3_lobster/AAPL_2012-06-21_0930-1030_message_50.csv.zst").array("nasdaq/AAPL/orders")
    actions = {chr(action): int((orders["action"] == action).sum()) for action in set(orders["action"].tolist())}
    assert actions == {"A": 44_256, "D": 41_004, "E": 4_067, "T": 2_201, "X": 469}


def test_itch() -> None:
    result = taken("l3_itch50/AAPL_2019-01-30_093000_events_book10.csv.zst")
    # Each of the 301 replacements is two rows.
    assert rows(result) == {"nasdaq/AAPL/orders": (5_301, 5_301), "nasdaq/AAPL/trades": (633, 633)}


def test_pitch() -> None:
    name = "l3_bats_pitch/bats_pitch_symbols_A-M.txt.zst"
    result = taken(name, day=DAY)
    assert result.notes == {"steps back in time": 182, "orders added again under their number": 1_893}
    orders = [each for each in result.datasets if each.dataset.endswith("/orders")]
    assert (len(orders), sum(each.rows for each in orders)) == (221, 10_647)
    kept = catalog(name)
    trades = [each.name for each in kept.datasets() if each.name.endswith("/trades")]
    assert sum(int(kept.array(each)["quantity"].sum()) for each in trades) == 3_063


def test_mbo() -> None:
    name = "l3_cme_mbo/ESH4_2023-12-24_25.mbo.dbn.zst"
    assert rows(taken(name)) == {"databento/ESH4/orders": (68_792, 68_792), "databento/ESH4/trades": (2_973, 2_973)}
    orders = catalog(name).array("databento/ESH4/orders")
    found = {action: int((orders["action"] == action).sum()) for action in Action if (orders["action"] == action).any()}
    assert found == {
        Action.ADD: 29_216,
        Action.REDUCE: 17_999,
        Action.MODIFY: 12_233,
        Action.TRADE: 2_973,
        Action.EXECUTE: 6_371,
    }
    assert int((orders["flags"] & Flag.SNAPSHOT > 0).sum()) == 8_725
    assert catalog(name).dataset("databento/ESH4/orders").units.price_decimals == 2


def test_bitstamp() -> None:
    result = taken("l3_bitstamp/BTCUSD_2015-05-01_0000-0500_raw.log.xz")
    assert rows(result) == {"bitstamp/BTCUSD/orders": (50_414, 50_414), "bitstamp/BTCUSD/trades": (575, 575)}
    assert sum(result.notes.values()) == 5_011
    assert result.notes["snapshots whose best prices stand in the book"] == 4_955
    assert problems(result) == {}


def test_bitstamp_table_says_what_the_log_says() -> None:
    log, table = (f"l3_bitstamp/BTCUSD_2015-05-01_0000-0500_{which}.xz" for which in ("raw.log", "orders.csv"))
    assert [each.rows for each in (taken(log).datasets[0], taken(table).datasets[0])] == [50_414, 50_414]
    one, other = (catalog(name).array("bitstamp/BTCUSD/orders") for name in (log, table))
    for column in ("at_ns", "order", "price", "action", "side"):
        assert (one[column] == other[column]).all(), column


def test_kraken_checksums() -> None:
    result = taken("crypto_ws_raw/KRAKEN.ws.50.0.zst")
    assert (result.notes["checksums equal"], problems(result), len(result.datasets)) == (4_269, {}, 10)


def test_coinbase() -> None:
    result = taken("crypto_ws_raw/COINBASE.ws.28.0.zst")
    assert sum(each.rows for each in result.datasets if each.dataset.endswith("/trades")) == 97
    assert problems(result) == {}


@pytest.mark.parametrize(("name", "datasets"), [("BITMEX.ws.1.0", 22), ("DERIBIT.ws.1.0", 9)])
def test_other_captures_have_no_gaps(name: str, datasets: int) -> None:
    result = taken(f"crypto_ws_raw/{name}.zst")
    assert (problems(result), len(result.datasets), result.bad) == ({}, datasets, 0)


LARGE = {
    "fx/EURUSD_oanda_tick_quote_20140501-15.csv.zst": 532_903,
    "cfd/XAUUSD_oanda_tick_quote_20140501-05.csv.zst": 590_852,
    "equity_intraday/IBM_tick_quote.csv.zst": 575_589,
    "equity_intraday/SPY_tick_trade.csv.zst": 702_146,
    "equity_intraday/SPY_second_trade.csv.zst": 116_820,
}


@pytest.mark.skipif(not SOAK, reason="GARRAWAY_CATALOG_LARGE is not set: the largest files were NOT imported")
@pytest.mark.parametrize("name", LARGE)
def test_large_files_of_lean(name: str) -> None:
    result = taken(name)
    assert {each.rows_read for each in result.datasets} == {LARGE[name]}
    assert set(problems(result)) <= {"duplicate", "locked", "suspicious", "gap"}


BINANCE = {
    "spot_btcusdt_20240808": (564, {"quotes": 28_040, "trades": 9_757}),
    "cm_btcusd_perp_20240808": (1_124, {"quotes": 19_136, "trades": 2_286}),
    "usdm_btcusdt_20240808": (629, {"quotes": 66_089, "trades": 21_313}),
}


@pytest.mark.parametrize("name", BINANCE)
def test_binance_books_equal_the_venue_s_best_quotes(name: str) -> None:
    if name != "spot_btcusdt_20240808" and not SOAK:
        pytest.skip(f"GARRAWAY_CATALOG_LARGE is not set: {name} was NOT imported")
    proved, counts = BINANCE[name]
    result = taken(f"l2_binance/{name}.gz")
    found = {each.dataset.rsplit("/", 1)[1]: each.rows_read for each in result.datasets}
    assert {kind: found[kind] for kind in counts} == counts
    assert result.notes == {"best quotes equal to the book": proved}
    assert set(problems(result)) <= {"duplicate", "locked"}
    assert 1_200_000_000 < result.clock_behind_ns < 1_300_000_000


def test_minutes_of_a_perpetual() -> None:
    result = taken("crypto_bars/BTC-PERP_2022-01_1m.csv.zst", venue="ftx")
    assert (rows(result), problems(result)) == ({"ftx/BTC-PERP/bars-1m": (45_031, 45_031)}, {})


def test_bars_of_backtesting_py() -> None:
    result = taken("equity_daily/GOOG_2004-2013_backtestingpy.csv.zst", venue="yahoo")
    assert rows(result) == {"yahoo/GOOG/bars-1d": (2_148, 2_148)}
    assert taken("fx/EURUSD_hourly_2017-2018_backtestingpy.csv.zst", venue="fx").datasets[0].rows == 5_000


def test_futures_in_a_tar_of_zips() -> None:
    result = taken("futures/lean_ES_minute_and_daily.tar.zst")
    assert (result.notes["members left out"], result.bad) == (72, 0)
    assert rows(result)["cme/ES 201312/bars-1d-bid"] == (57, 57)
    assert set(problems(result)) <= {"gap"}


def test_options_of_a_zip() -> None:
    result = taken("options/TWX_20140605_quote_american.zip")
    assert (len(result.datasets), result.bad) == (368, 0)


def test_the_published_end_of_lean_s_example() -> None:
    bars, quotes = "equity_intraday/SPY_minute_trade.csv.zst", "equity_intraday/SPY_minute_quote.csv.zst"
    splits = "equity_daily/SPY_factor_files.csv"
    for name in (bars, quotes, splits):
        taken(name)
    factors = catalog(splits).array("usa/SPY/factors")
    start, end = "2013-10-07T09:30-04:00", "2013-10-11T16:00-04:00"
    bought = catalog(quotes).array("usa/SPY/bars-1m-ask", start=start, end=end)[0]
    last = catalog(bars).array("usa/SPY/bars-1m", start=start, end=end)[-1]
    row = factors[factors["at_ns"] >= int(last["at_ns"])][0]
    factor = Fraction(int(row["price_factor"]) * int(row["split_factor"]), 10**18)
    gained = 688 * Fraction(int(last["close"]) - int(bought["close"]), 10**4) * factor
    assert round(100_000 - Fraction("3.44") + gained, 2) == Fraction("101691.92")
    closes = adjusted(np.array([bought, last]), factors)["close"]
    assert closes.tolist() == [1_447_817, 1_472_459]


def test_bars_by_everything_of_a_week_of_ibm() -> None:
    name = "equity_intraday/IBM_tick_trade.csv.zst"
    taken(name)
    trades = catalog(name).array("usa/IBM/trades")
    volume, value = int(trades["quantity"].sum()), int((trades["price"] * trades["quantity"]).sum())
    made = make_bars(catalog(name), "usa/IBM/trades", "time:1m").made.bars
    assert (int(made["volume"].sum()), int(made["value"].sum()), int(made["trades"].sum())) == (volume, value, 126_395)
    minutes = taken("equity_intraday/IBM_minute_trade.csv.zst").datasets[0].rows
    assert minutes == 2_566
    assert len(make_bars(catalog(name), "usa/IBM/trades", "tick:1000").made.bars) == 126
