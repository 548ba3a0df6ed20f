"""Each format that is imported: what a small file of it comes to, and that damage is told."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.catalog import made_files as made
from tests.catalog.made_files import MADE, NINE_THIRTY_NS, UNTIL_NS, Made, imported, told, written

from garraway.catalog import (
    Catalog,
    CatalogError,
    FileDamaged,
    FormatUnknown,
    OptionMissing,
    Options,
    UnitsInvalid,
    import_file,
)
from garraway.catalog.importers import FORMATS, find_format
from garraway.catalog.kinds import Action, Flag

A, X, D, M, E, T, H = (ord(letter) for letter in "AXDMETH")
LAST, HIDDEN, REPLACED = int(Flag.LAST), int(Flag.HIDDEN), int(Flag.REPLACED)
SECOND = 10**9


def found(folder: Path) -> dict[str, int]:
    """Rows of each dataset."""
    return {dataset.name: dataset.rows for dataset in Catalog(folder / "catalog").datasets()}


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("pack", ["", ".zst", ".gz"])
def test_the_content_says_the_format(tmp_path: Path, name: str, pack: str) -> None:
    assert find_format(written(tmp_path, MADE[name], pack)).name == name


def test_decoded_itch_is_known_and_equal_to_the_binary(tmp_path: Path) -> None:
    file = Made("ABC_itch.csv", made.decoded_itch(tmp_path), made.ON_DAY)
    assert find_format(written(tmp_path, file)).name == "itch-csv"
    result = imported(tmp_path, file)
    assert {each.dataset for each in result.datasets} == {"nasdaq/SAMPLE/orders", "nasdaq/SAMPLE/trades"}


def test_every_format_has_a_made_file() -> None:
    assert set(FORMATS) == {*MADE, "itch-csv"}


def test_content_of_no_format_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path, Made("what.csv", b"hello\nworld\n"))
    with pytest.raises(FormatUnknown, match=r"what\.csv begins with b'hello.nworld.n', which no format does"):
        find_format(file)
    with pytest.raises(FormatUnknown, match="'nothing' is no format: give one of lobster, itch"):
        import_file(Catalog(tmp_path / "c"), file, Options(format="nothing"), until_ns=UNTIL_NS)


def test_lobster(tmp_path: Path) -> None:
    result = imported(tmp_path, MADE["lobster"])
    start = NINE_THIRTY_NS
    assert told(tmp_path, "nasdaq/ABC/orders") == [
        (start + 1, 1, 11, 5850000, 100, A, 1, LAST),
        (start + SECOND // 2, 2, 12, 5860000, 40, A, -1, LAST),
        (start + SECOND * 5 // 4, 3, 11, 5850000, 30, E, 1, LAST),
        (start + 2 * SECOND, 4, 11, 5850000, 20, X, 1, LAST),
        (start + 3 * SECOND, 5, 0, 5855000, 10, T, -1, LAST | HIDDEN),
        (start + 4 * SECOND, 6, 12, 5860000, 40, D, -1, LAST),
        (start + 5 * SECOND, 7, 0, -1, 0, H, 0, LAST),
    ]
    assert told(tmp_path, "nasdaq/ABC/trades") == [
        (start + SECOND * 5 // 4, 5850000, 30, 0, -1, 0, 0),
        (start + 3 * SECOND, 5855000, 10, 0, 1, 0, HIDDEN),
    ]
    units = Catalog(tmp_path / "catalog").dataset("nasdaq/ABC/orders").units
    assert (units.price_decimals, units.quantity_decimals, units.currency) == (4, 0, "USD")
    assert units.zone == "America/New_York"
    assert (result.format, result.bad, result.notes) == ("lobster", 0, {})


def test_itch(tmp_path: Path) -> None:
    imported(tmp_path, MADE["itch"])
    start = NINE_THIRTY_NS
    assert told(tmp_path, "nasdaq/ABC/orders") == [
        (start, 1, 1, 1_000_000, 100, A, 1, LAST),
        (start + SECOND, 2, 2, 1_010_000, 100, A, -1, LAST),
        (start + 2 * SECOND, 3, 1, 1_000_000, 40, E, 1, LAST),
        (start + 3 * SECOND, 4, 2, 1_010_000, 0, D, -1, REPLACED),
        (start + 3 * SECOND, 4, 3, 1_020_000, 50, A, -1, REPLACED | LAST),
        (start + 4 * SECOND, 5, 3, 1_020_000, 10, X, -1, LAST),
        (start + 5 * SECOND, 6, 3, 1_020_000, 0, D, -1, LAST),
    ]
    assert told(tmp_path, "nasdaq/ABC/trades") == [(start + 2 * SECOND, 1_000_000, 40, 0, -1, 0, 0)]


def test_pitch(tmp_path: Path) -> None:
    result = imported(tmp_path, MADE["pitch"])
    start, ms = NINE_THIRTY_NS, 10**6
    first, hidden = int("A" * 12, 36), int("C" * 12, 36)
    assert told(tmp_path, "bats/ABC/orders") == [
        (start, 1, first, 1_000_000, 100, A, 1, LAST),
        (start, 3, first, 1_000_000, 40, E, 1, LAST),
        (start + 2 * ms, 4, first, 1_000_000, 60, D, 1, LAST),
        (start + 3 * ms, 5, hidden, 1_000_100, 7, T, 1, LAST | HIDDEN),
    ]
    assert told(tmp_path, "bats/ABC/trades") == [
        (start, 1_000_000, 40, int("B" * 12, 36), -1, 0, 0),
        (start + 3 * ms, 1_000_100, 7, int("D" * 12, 36), -1, 0, HIDDEN),
    ]
    assert found(tmp_path) == {"bats/ABC/orders": 4, "bats/ABC/trades": 2, "bats/ABCDEF/orders": 1}
    assert result.notes == {"steps back in time": 1}


def test_pitch_of_one_symbol(tmp_path: Path) -> None:
    imported(tmp_path, MADE["pitch"], symbols=frozenset({"ABCDEF"}))
    assert found(tmp_path) == {"bats/ABCDEF/orders": 1}


def test_mbo(tmp_path: Path) -> None:
    imported(tmp_path, MADE["mbo"])
    start = 1_700_000_000 * SECOND + 5
    reported = int(Flag.REPORTED)
    assert told(tmp_path, "databento/ABC/orders") == [
        (start, 0, 1, 250, 5, A, 1, LAST),
        (start + SECOND, 1, 2, 255, 5, A, -1, LAST),
        (start + 2 * SECOND, 2, 9, 255, 2, T, 1, 0),
        (start + 3 * SECOND, 3, 2, 255, 2, E, -1, reported),
        (start + 4 * SECOND, 4, 2, 255, 3, M, -1, LAST),
    ]
    assert told(tmp_path, "databento/ABC/trades") == [(start + 2 * SECOND, 255, 2, 0, 1, 0, 0)]
    assert Catalog(tmp_path / "catalog").dataset("databento/ABC/orders").units.price_decimals == 1


def test_mbo_of_a_unit_that_is_too_coarse_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnitsInvalid, match=r"ABC: price 25\.5 is finer than the unit: give --price-unit"):
        imported(tmp_path, MADE["mbo"], price_decimals=0, quantity_decimals=0)


def test_binance(tmp_path: Path) -> None:
    result = imported(tmp_path, MADE["binance"])
    # The venue's times are 250 ms ahead of the recorder's: all of them are put forward.
    start, step = 1_700_000_000 * SECOND + 250_000_000, 10**8
    snapshot, gap = int(Flag.SNAPSHOT), int(Flag.GAP)
    assert result.clock_behind_ns == 250_000_000
    assert told(tmp_path, "binance/ABCUSDT/depth") == [
        (start, 10, 990, 500, 1, LAST),
        (start + step, 13, 990, 400, 1, LAST),
        (start + 2 * step, 11, 990, 500, 1, snapshot),
        (start + 2 * step, 11, 1010, 700, -1, snapshot | LAST),
        (start + 4 * step, 15, 995, 150, 1, LAST),
        (start + 6 * step, 18, 1010, 0, -1, gap | LAST),
    ]
    assert told(tmp_path, "binance/ABCUSDT/quotes") == [(start + 3 * step, 995, 1010, 150, 700, 0, 0)]
    assert told(tmp_path, "binance/ABCUSDT/trades") == [(start + 5 * step, 1010, 25, 77, 1, 0, 0)]
    assert result.notes == {"best quotes equal to the book": 1}
    problems = {each.dataset: {name: tally.count for name, tally in each.problems.items()} for each in result.datasets}
    assert problems["binance/ABCUSDT/depth"] == {"gap": 1}
    assert Catalog(tmp_path / "catalog").dataset("binance/ABCUSDT/depth").units.currency == "USDT"


def test_binance_of_a_book_that_differs_is_told(tmp_path: Path) -> None:
    lines = [line.replace('"B": "1.500"', '"B": "1.499"') for line in made.binance_lines()]
    result = imported(tmp_path, Made("spot.log", made.lines(*lines)))
    depth = next(each for each in result.datasets if each.dataset.endswith("depth"))
    assert ({name: tally.count for name, tally in depth.problems.items()}, result.notes) == (
        {"gap": 1, "checksum": 1},
        {},
    )


def test_kraken(tmp_path: Path) -> None:
    result = imported(tmp_path, MADE["kraken"])
    assert result.notes == {"checksums equal": 1, "messages left out": 1}
    rows = told(tmp_path, "kraken/ABC/USD/depth")
    assert len(rows) == 25
    assert rows[-1] == (1_700_000_001_500_000_000, 0, 1001, 0, -1, LAST)
    assert {row[-1] & Flag.SNAPSHOT for row in rows[:-1]} == {1}
    assert told(tmp_path, "kraken/ABC/USD/trades") == [(1_700_000_001_750_000_000, 1011, 25, 0, -1, 0, 0)]


def test_kraken_checksum_that_differs_is_counted_and_flagged(tmp_path: Path) -> None:
    messages = json.loads(json.dumps(made.kraken_messages()))
    messages[2][1]["c"] = "1"
    result = imported(tmp_path, Made("KRAKEN.ws", made.capture("ws.kraken.com", *messages)))
    depth = next(each for each in result.datasets if each.dataset.endswith("depth"))
    assert {name: (tally.count, tally.rule) for name, tally in depth.problems.items()} == {"checksum": (1, "keep")}
    assert told(tmp_path, "kraken/ABC/USD/depth")[-1][-1] == LAST | Flag.GAP


def test_coinbase(tmp_path: Path) -> None:
    result = imported(tmp_path, MADE["coinbase"])
    behind = 1_700_000_002 * SECOND - (1_700_000_001 * SECOND + 750_000_000)
    assert (result.clock_behind_ns, result.notes) == (behind, {"messages left out": 1})
    start = 1_700_000_001 * SECOND + behind
    assert told(tmp_path, "coinbase/ABC-USD/trades") == [
        (start + 750_000_000, 1001, 5, 5, 1, 0, 0),
        (start + SECOND, 1001, 5, 7, 1, 0, int(Flag.GAP)),
    ]
    assert told(tmp_path, "coinbase/ABC-USD/depth") == [
        (start + 250_000_000, 0, 1000, 20, 1, 1),
        (start + 250_000_000, 0, 1002, 30, -1, 1 | LAST),
        (start + 1_250_000_000, 0, 1001, 10, 1, 0),
        (start + 1_250_000_000, 0, 1002, 0, -1, LAST),
    ]


def test_bitmex(tmp_path: Path) -> None:
    result = imported(tmp_path, MADE["bitmex"])
    start = 1_700_000_001 * SECOND
    assert told(tmp_path, "bitmex/XBTUSD/depth") == [
        (start + 250_000_000, 0, 300005, 10, 1, 1),
        (start + 250_000_000, 0, 300000, 20, 1, 1 | LAST),
        (start + 500_000_000, 0, 300005, 7, 1, LAST | Flag.GAP),
        (start + 750_000_000, 0, 300000, 0, 1, LAST),
    ]
    assert told(tmp_path, "bitmex/XBTUSD/trades") == [(start + SECOND, 300005, 100, 0, -1, 0, 0)]
    assert result.notes == {"messages left out": 1}


def test_deribit(tmp_path: Path) -> None:
    imported(tmp_path, MADE["deribit"])
    start = 1_700_000_001 * SECOND
    assert told(tmp_path, "deribit/ABC-PERPETUAL/depth") == [
        (start + 250_000_000, 10, 15, 4, 1, 1 | LAST),
        (start + 500_000_000, 11, 15, 0, 1, LAST),
        (start + 750_000_000, 13, 20, 1, 1, LAST | Flag.GAP),
    ]


def test_bitstamp(tmp_path: Path) -> None:
    result = imported(tmp_path, MADE["bitstamp"])
    start = 1_430_438_404 * SECOND
    assert told(tmp_path, "bitstamp/BTCUSD/orders") == [
        (start + 518_000_000, 1, 1, 23647, 200_000_000, A, 1, LAST),
        (start + 600_000_000, 2, 2, 23690, 100_000_000, A, -1, LAST),
        (start + 635_000_000, 3, 1, 23647, 178_855_669, M, 1, LAST),
        (start + 800_000_000, 6, 2, 23690, 0, D, -1, LAST),
    ]
    assert told(tmp_path, "bitstamp/BTCUSD/trades") == [(start + 645_000_000, 23647, 21_144_331, 811, 0, 0, 0)]
    assert result.notes == {"snapshots whose best prices stand in the book": 1}


def test_bitstamp_orders(tmp_path: Path) -> None:
    imported(tmp_path, MADE["bitstamp-orders"])
    start = 1_430_438_404 * SECOND
    assert told(tmp_path, "bitstamp/BTCUSD/orders") == [
        (start + 518_000_000, 1, 1, 23647, 200_000_000, A, 1, LAST),
        (start + 635_000_000, 2, 1, 23647, 178_855_669, M, 1, LAST),
        (start + 637_000_000, 3, 2, 23690, 0, D, -1, LAST),
    ]


def test_lean_factors(tmp_path: Path) -> None:
    imported(tmp_path, MADE["lean-factors"])
    rows = told(tmp_path, "usa/ABC/factors")
    day = NINE_THIRTY_NS - 34_200 * SECOND
    assert rows[:2] == [
        (day - 86_400 * SECOND, 500_000_000, 250_000_000, 1_000_000),
        (day, 750_000_000, 500_000_000, 1_005_000),
    ]
    assert len(rows) == 3


def test_lean_quotes_of_currencies(tmp_path: Path) -> None:
    result = imported(tmp_path, MADE["lean"])
    nine_thirty = 1_340_271_000 * SECOND
    assert told(tmp_path, "oanda/EURUSD/quotes") == [
        (nine_thirty, 138756, 138758, 0, 0, 0, 0),
        (nine_thirty + SECOND, 138757, 138757, 0, 0, 0, 0),
    ]
    (quotes,) = result.datasets
    assert {name: (tally.count, tally.rule) for name, tally in quotes.problems.items()} == {
        "crossed": (1, "drop"),
        "locked": (1, "keep"),
    }


def test_zone_of_a_market_stands_below_the_option(tmp_path: Path) -> None:
    imported(tmp_path, replace(MADE["lean"], name="EURUSD_fxcm_tick_quote.csv"))
    assert told(tmp_path, "fxcm/EURUSD/quotes")[0][0] == (1_340_271_000 + 5 * 3600) * SECOND
    imported(tmp_path / "utc", replace(MADE["lean"], name="EURUSD_fxcm_tick_quote.csv"), zone="UTC")
    assert told(tmp_path / "utc", "fxcm/EURUSD/quotes")[0][0] == 1_340_271_000 * SECOND


def test_lean_quotes_and_trades_of_equities(tmp_path: Path) -> None:
    imported(tmp_path, Made("ABC_tick_quote.csv", made.EQUITY_QUOTES), venue="usa")
    imported(tmp_path, Made("ABC_tick_trade.csv", made.EQUITY_TRADES), venue="usa")
    start, p, q = NINE_THIRTY_NS, ord("P"), ord("Q")
    assert told(tmp_path, "usa/ABC/quotes") == [
        (start, 1_000_000, 1_000_500, 200, 300, p, 0),
        (start + 10**8, 0, 1_000_400, 0, 100, q, int(Flag.SUSPICIOUS)),
    ]
    assert told(tmp_path, "usa/ABC/trades") == [
        (start, 1_000_000, 200, 0, 0, p, 0),
        (start + 10**8, 1_000_100, 100, 0, 0, q, int(Flag.SUSPICIOUS)),
    ]


def test_lean_bars(tmp_path: Path) -> None:
    result = imported(tmp_path, Made("ABC_minute_trade.csv", made.MINUTES), venue="usa")
    start, minute = NINE_THIRTY_NS, 60 * SECOND
    assert told(tmp_path, "usa/ABC/bars-1m") == [
        (start, start + minute, 1000000, 1000500, 999900, 1000100, 5000, 0, 0),
        (start + minute, start + 2 * minute, 1000100, 1000200, 1000000, 1000000, 4000, 0, 0),
        (start + 3 * minute, start + 4 * minute, 1000000, 1000300, 1000000, 1000200, 3000, 0, 0),
    ]
    assert {name: tally.count for name, tally in result.datasets[0].problems.items()} == {"gap": 1}


def test_lean_bars_of_bid_and_ask(tmp_path: Path) -> None:
    result = imported(tmp_path, Made("EURUSD_oanda_minute_quote.csv", made.QUOTE_BARS))
    assert found(tmp_path) == {"oanda/EURUSD/bars-1m-bid": 1, "oanda/EURUSD/bars-1m-ask": 2}
    assert told(tmp_path, "oanda/EURUSD/bars-1m-ask")[1][2:6] == (138700, 138700, 138696, 138698)
    assert result.notes == {"bid bars without a quote": 1}


def test_lean_days_end_at_the_next_midnight_of_the_market(tmp_path: Path) -> None:
    days = made.lines("20120310 00:00,10000,10000,10000,10000,1", "20120311 00:00,10000,10000,10000,10000,1")
    imported(tmp_path, Made("ABC_daily.csv", days), venue="usa")
    spans = [(row[1] - row[0]) // (3600 * SECOND) for row in told(tmp_path, "usa/ABC/bars-1d")]
    assert spans == [24, 23]


def test_lean_archives(tmp_path: Path) -> None:
    zip_made = made.zipped(made.CONTRACTS)
    imported(tmp_path, Made("20120621_trade.zip", zip_made), venue="cme")
    assert found(tmp_path) == {"cme/ES 201209/bars-1m": 1, "cme/ES 201212/bars-1m": 1}
    folder = "future/cme/minute/es"
    tar_made = made.archived({
        f"{folder}/20120621_trade.zip": zip_made,
        f"{folder}/20120621_openinterest.zip": made.zipped({"20120621_es_openinterest_201209.csv": b"1,2\n"}),
    })  # fmt: skip
    result = imported(tmp_path / "tar", Made("es.tar", tar_made))
    assert found(tmp_path / "tar") == found(tmp_path)
    assert result.notes == {"members left out": 1}
    assert told(tmp_path, "cme/ES 201209/bars-1m") == told(tmp_path / "tar", "cme/ES 201209/bars-1m")


def test_options_are_one_dataset_a_contract(tmp_path: Path) -> None:
    name = "20120621_abc_minute_quote_american_call_550000_20120721.csv"
    line = b"34200000,1900,4900,1900,4900,44,9200,22700,9200,9400,49\n"
    imported(tmp_path, Made("ABC_20120621_quote_american.zip", made.zipped({name: line})), venue="usa")
    assert set(found(tmp_path)) == {f"usa/ABC 20120721 C 550000/bars-1m-{side}" for side in ("bid", "ask")}


def test_klines(tmp_path: Path) -> None:
    imported(tmp_path, MADE["klines"])
    start = NINE_THIRTY_NS
    expected = [
        (start, start + 60 * SECOND, 1050, 1100, 1025, 1075, 1005, 0, 12),
        (start + 60 * SECOND, start + 120 * SECOND, 1075, 1080, 1070, 1075, 30, 0, 2),
    ]
    assert told(tmp_path, "binance/ABCUSDT/bars-1m") == expected
    # Newer files count microseconds.
    content = made.KLINES.replace(b"0000,10.", b"0000000,10.", 2).replace(b"9999,", b"9999999,")
    imported(tmp_path / "new", replace(MADE["klines"], content=content))
    assert told(tmp_path / "new", "binance/ABCUSDT/bars-1m") == expected


def test_csv_of_bars(tmp_path: Path) -> None:
    imported(tmp_path, MADE["csv"])
    start = NINE_THIRTY_NS
    assert told(tmp_path, "made/ABC/bars-1m") == [
        (start, start + 60 * SECOND, 1050, 1100, 1025, 1075, 1005, 0, 0),
        (start + 60 * SECOND, start + 120 * SECOND, 1075, 1080, 1070, 1075, 30, 0, 0),
    ]


@pytest.mark.parametrize(
    ("time", "zone", "expected"),
    [
        ("2012-06-21", None, 1_340_236_800),
        ("2012-06-21 09:30", "America/New_York", 1_340_285_400),
        ("2012-06-21T13:30:00Z", None, 1_340_285_400),
        ("2012-06-21 09:30:00-04:00", None, 1_340_285_400),
        ("20120621 13:30:00", None, 1_340_285_400),
        ("1340285400", None, 1_340_285_400),
        ("1340285400000", None, 1_340_285_400),
        ("1340285400000000000", None, 1_340_285_400),
    ],
)
def test_csv_takes_times_in_many_forms(tmp_path: Path, time: str, zone: str | None, expected: int) -> None:
    file = Made("ABC.csv", made.lines("time,bid,ask", f"{time},1.5,1.6"))
    imported(tmp_path, file, venue="made", zone=zone)
    assert told(tmp_path, "made/ABC/quotes") == [(expected * SECOND, 15, 16, 0, 0, 0, 0)]


def test_csv_takes_a_declared_mapping_and_quoted_fields(tmp_path: Path) -> None:
    content = made.lines('when,"what, exactly",p,n', '2012-06-21,"a, b",1.25,7')
    columns = {"time": "when", "price": "3", "quantity": "n"}
    with pytest.raises(OptionMissing, match=r"--columns: ABC\.csv has no column 'm'"):
        imported(tmp_path, Made("ABC.csv", content), format="csv", venue="made", columns={**columns, "side": "m"})
    content = content.replace(b'"what, exactly"', b"what")
    imported(tmp_path, Made("ABC.csv", content), format="csv", venue="made", columns=columns)
    assert told(tmp_path, "made/ABC/trades") == [(1_340_236_800 * SECOND, 125, 7, 0, 0, 0, 0)]


@pytest.mark.parametrize(
    ("name", "content", "options", "says"),
    [
        ("2012.csv", made.BARS_CSV, {"venue": "made"}, "2012.csv does not say its instrument: give --symbol"),
        ("ABC.csv", made.BARS_CSV, {"venue": "made"}, "does not say the period of its bars: give --period 1m"),
        ("ABC_1m.csv", made.BARS_CSV, {}, "ABC_1m.csv does not say its venue: give --venue"),
        ("ABC_message.csv", made.LOBSTER, {}, "does not say its day: give --date"),
        ("EURUSD_tick.csv", made.QUOTES, {}, "does not say its market: give --venue oanda"),
        ("ABC_tick_trade.csv", made.MINUTES, {"venue": "usa"}, "does not say the period of its bars"),
        ("ABC.csv", made.lines("x,y", "1,2"), {"format": "csv"}, "declare with --columns what is what"),
        ("ABC_1m.csv", made.BARS_CSV, {"venue": "made", "period": "1y"}, "'1y' is no period"),
        ("ABC_1m.csv", made.BARS_CSV, {"venue": "made", "zone": "Moon"}, "'Moon' is no time zone"),
        ("pitch.txt", made.PITCH, {"day": made.DAY, "symbols": frozenset({"Q"})}, "has no rows of Q"),
    ],
)
def test_what_must_be_told_is_asked_for(
    tmp_path: Path, name: str, content: bytes, options: dict[str, object], says: str
) -> None:
    with pytest.raises(OptionMissing, match=says):
        imported(tmp_path, Made(name, content), **options)


def test_numbers_finer_than_the_unit(tmp_path: Path) -> None:
    with pytest.raises(UnitsInvalid, match=r"ABC_1m\.csv: ABC: 10\.75 is finer than the unit 0\.1: give a finer unit"):
        imported(tmp_path, MADE["csv"], price_decimals=1, quantity_decimals=1)
    result = imported(tmp_path, MADE["csv"], price_decimals=3, quantity_decimals=0)
    assert [row[2:7] for row in told(tmp_path, "made/ABC/bars-1m")] == [
        (10500, 11000, 10250, 10750, 100),
        (10750, 10800, 10700, 10750, 3),
    ]
    assert result.notes == {"quantities rounded to the unit": 1}


def damaged(content: bytes) -> Iterator[bytes]:
    """The content cut at every byte, and with every byte flipped in one bit."""
    for place in range(len(content)):
        yield content[:place]
        flipped = bytearray(content)
        flipped[place] ^= 1 << place % 8
        yield bytes(flipped)


SHORT = ("lobster", "bitstamp-orders", "lean-factors")


def outcome(file: Path, folder: Path, options: Options) -> CatalogError | dict[str, list[tuple[object, ...]]]:
    """The rows of the import into a new folder, or its error; any other exception goes through."""
    catalog = Catalog(folder)
    try:
        import_file(catalog, file, options, until_ns=UNTIL_NS)
    except CatalogError as error:
        return error
    assert catalog.verify() == []
    return {dataset.name: catalog.read(dataset.name).rows() for dataset in catalog.datasets()}


@pytest.mark.parametrize("name", SHORT)
def test_every_cut_and_flip_of_a_packed_file_is_refused_or_without_effect(tmp_path: Path, name: str) -> None:
    file = written(tmp_path, MADE[name], ".zst")
    whole, options = file.read_bytes(), replace(MADE[name].options, format=name)
    sound = outcome(file, tmp_path / "sound", options)
    without_effect = 0
    for number, content in enumerate(damaged(whole)):
        file.write_bytes(content)
        found = outcome(file, tmp_path / str(number), options)
        # A packed file has bits that mean nothing: in the head of its frame, and where a code is padded.
        without_effect += not isinstance(found, CatalogError)
        assert isinstance(found, CatalogError) or found == sound
    assert without_effect <= len(whole) // 20


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("skip", [False, True])
def test_damage_of_a_plain_file_is_an_error_of_the_room_or_another_value(tmp_path: Path, name: str, skip: bool) -> None:
    # Plain text has no checksum: a digit that became another one cannot be told. Nothing else may happen.
    whole, options = MADE[name].content, replace(MADE[name].options, format=name, skip_bad=skip)
    errors = 0
    for number, content in enumerate(damaged(whole)):
        if number % (1 + len(whole) // 20) == 0:
            file = written(tmp_path, replace(MADE[name], content=content))
            errors += isinstance(outcome(file, tmp_path / str(number), options), CatalogError)
    assert errors > 0


def test_bad_lines_are_counted_and_the_rest_is_taken(tmp_path: Path) -> None:
    content = made.LOBSTER.replace(b"34200.5,1,12", b"34200.5;1;12")
    file = replace(MADE["lobster"], content=content)
    with pytest.raises(FileDamaged, match=r"ABC_2012-06-21_message_5\.csv, line 2: 4 columns .*; --skip-bad leaves"):
        imported(tmp_path, file)
    result = imported(tmp_path, file, skip_bad=True)
    assert (result.bad, [(each.place, each.unit) for each in result.bad_first]) == (1, [(2, "line")])
    assert len(told(tmp_path, "nasdaq/ABC/orders")) == 6
    assert Catalog(tmp_path / "catalog").dataset("nasdaq/ABC/orders").sources[0].bad == 1


def test_actions_are_letters() -> None:
    assert {chr(action) for action in Action} == set("AXDMETRH")


@pytest.mark.parametrize("name", ["es.zip", "es.tar"])
def test_every_cut_and_flip_of_an_archive_is_an_error_of_the_room_or_without_effect(tmp_path: Path, name: str) -> None:
    held = made.zipped({"20120621_es_minute_trade_201209.csv": b"34200000,1320.25,1320.5,1320,1320.25,12\n"})
    inside = "future/cme/minute/es/20120621_trade.zip"
    whole = held if name == "es.zip" else made.archived({inside: held})
    file = Made(name, whole, Options(venue="cme", format="lean"))
    sound = outcome(written(tmp_path, file), tmp_path / "sound", file.options)
    assert not isinstance(sound, CatalogError)
    errors = 0
    for number, content in enumerate(damaged(whole)):
        if number % (1 + len(whole) // 120) == 0:
            found = outcome(written(tmp_path, replace(file, content=content)), tmp_path / str(number), file.options)
            errors += isinstance(found, CatalogError)
            # Names of members have no checksum: they may say another contract or day.
            assert isinstance(found, CatalogError) or [len(rows) for rows in found.values()] == [1]
    assert errors > 0
