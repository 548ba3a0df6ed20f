"""Small files of every format that is imported, made up here, and what their import comes to."""

import io
import json
import tarfile
import zipfile
import zlib
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import zstandard
from tests.catalog.itch_recorded import add, at, execute
from tests.catalog.mbo_recorded import day, head

from garraway.catalog import Catalog, Imported, Options, framed, import_file, write_itch_sample
from garraway.catalog.importers.kraken import _Book

UNTIL_NS = 1_900_000_000 * 10**9
DAY = date(2012, 6, 21)
NINE_THIRTY_NS = 1_340_285_400 * 10**9
"""9:30 in New York of that day."""


@dataclass(frozen=True)
class Made:
    """A file's name and content, and what must be told of it."""

    name: str
    content: bytes
    options: Options = field(default_factory=Options)


def lines(*texts: str) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode()


def capture(url: str, *messages: object) -> bytes:
    """One of Cryptofeed's captures: a message every quarter of a second."""
    told = [f"wss://{url} <-> 1700000000.5", f"wss://{url} <- 1700000000.6: {{}}"]
    told += [f"{1_700_000_001 + at // 4}.{at % 4 * 25:02d}: {json.dumps(each)}" for at, each in enumerate(messages)]
    return lines(*told)


def kraken_messages() -> list[object]:
    asks = [[f"{100 + step}.10", "1.00000000", "1700000000.000001"] for step in range(12)]
    bids = [[f"{99 - step}.90", "2.50000000", "1700000000.000001"] for step in range(12)]
    book = _Book()
    book.asks = {float(price): (price, size) for price, size, _ in asks}
    book.bids = {float(price): (price, size) for price, size, _ in bids}
    told: list[object] = [{"event": "systemStatus"}, [1, {"as": asks, "bs": bids}, "book-12", "ABC/USD"]]
    del book.asks[100.1]
    gone = {"a": [["100.10", "0.00000000", "1700000001.000000"]], "c": str(book.checksum())}
    told.append([1, gone, "book-12", "ABC/USD"])
    trade = [["101.10", "0.25000000", "1700000001.5", "s", "m", ""]]
    return [*told, [2, trade, "trade", "ABC/USD"]]


def binance_lines() -> list[str]:
    at_ns = 1_700_000_000 * 10**9

    def line(step: int, stream: str, **data: object) -> str:
        return f"{at_ns + step * 10**8} " + json.dumps({"stream": f"abcusdt@{stream}", "data": data})

    def depth(step: int, first: int, last: int, bids: list[list[str]], asks: list[list[str]]) -> str:
        ms = 1_700_000_000_000 + step * 100 + 250
        return line(step, "depth", e="depthUpdate", E=ms, s="ABCUSDT", U=first, u=last, b=bids, a=asks)

    def best(step: int, number: int, bid: tuple[str, str], ask: tuple[str, str]) -> str:
        return line(step, "bookTicker", u=number, s="ABCUSDT", b=bid[0], B=bid[1], a=ask[0], A=ask[1])

    snapshot = {"lastUpdateId": 11, "bids": [["9.90", "5.000"]], "asks": [["10.10", "7.000"]]}
    return [
        depth(0, 9, 10, [["9.90", "5.000"]], []),
        depth(1, 11, 13, [["9.90", "4.000"]], []),
        f"{at_ns + 2 * 10**8} {json.dumps(snapshot)}",
        best(3, 15, ("9.95", "1.500"), ("10.10", "7.000")),
        depth(4, 14, 15, [["9.95", "1.500"]], []),
        line(5, "trade", e="trade", E=1_700_000_000_700, s="ABCUSDT", t=77, p="10.10", q="0.250", m=False),
        depth(6, 17, 18, [], [["10.10", "0.000"]]),
    ]


def coinbase_messages() -> list[object]:
    def match(kind: str, number: int) -> dict[str, object]:
        known = {"product_id": "ABC-USD", "price": "10.01", "size": "0.5", "side": "sell"}
        return {"type": kind, "trade_id": number, "time": "2023-11-14T22:13:22.000000Z", **known}

    return [
        {"type": "subscriptions"},
        {"type": "snapshot", "product_id": "ABC-USD", "bids": [["10.00", "2"]], "asks": [["10.02", "3"]]},
        match("last_match", 4),
        match("match", 5),
        match("match", 7),
        {"type": "l2update", "product_id": "ABC-USD", "changes": [["buy", "10.01", "1"], ["sell", "10.02", "0"]]},
    ]


def bitmex_messages() -> list[object]:
    def book(action: str, *levels: dict[str, object]) -> dict[str, object]:
        told = [{"symbol": "XBTUSD", "side": "Buy", **level} for level in levels]
        return {"table": "orderBookL2", "action": action, "data": told}

    trade = {"symbol": "XBTUSD", "side": "Sell", "price": 30000.5, "size": 100, "timestamp": "2023-11-14T22:13:21.000Z"}
    return [
        {"info": "welcome"},
        book("partial", {"id": 1, "size": 10, "price": 30000.5}, {"id": 2, "size": 20, "price": 30000}),
        book("update", {"id": 1, "size": 7}, {"id": 9, "size": 1}),
        book("delete", {"id": 2}),
        {"table": "trade", "action": "insert", "data": [trade]},
    ]


def deribit_messages() -> list[object]:
    def book(kind: str, number: int, before: int | None, *bids: list[object]) -> dict[str, object]:
        told = {"type": kind, "timestamp": 1_700_000_001_000, "instrument_name": "ABC-PERPETUAL", "change_id": number}
        data = {**told, "bids": list(bids), "asks": []} | ({} if before is None else {"prev_change_id": before})
        return {"method": "subscription", "params": {"channel": "book.ABC-PERPETUAL.raw", "data": data}}

    return [
        {"id": 0, "result": []},
        book("snapshot", 10, None, ["new", 0.0015, 4.0]),
        book("change", 11, 10, ["delete", 0.0015, 0.0]),
        book("change", 13, 12, ["new", 0.002, 1.0]),
    ]


LOBSTER = lines(
    "34200.000000001,1,11,100,5850000,1",
    "34200.5,1,12,40,5860000,-1",
    "34201.25,4,11,30,5850000,1",
    "34202,2,11,20,5850000,1",
    "34203,5,0,10,5855000,-1",
    "34204,3,12,40,5860000,-1",
    "34205,7,0,0,-1,-1",
)
PITCH = lines(
    "34200000AAAAAAAAAAAAAB000100ABC   0001000000Y",
    "34200001AAAAAAAAAAAABS000050ABCDEF0002000000Y",
    "34200000EAAAAAAAAAAAA000040BBBBBBBBBBBB",
    "34200002XAAAAAAAAAAAA000060",
    "34200003PCCCCCCCCCCCCB000007ABC   0001000100DDDDDDDDDDDD",
)
BITSTAMP = lines(
    '1430438404518 order_created {"price": "236.47", "amount": "2.00000000", "id": 1, "order_type": 0}',
    '1430438404600 order_created {"price": "236.90", "amount": "1.00000000", "id": 2, "order_type": 1}',
    '1430438404635 order_changed {"price": "236.47", "amount": "1.78855669", "id": 1, "order_type": 0}',
    '1430438404645 trade {"price": 236.47, "amount": 0.21144331000000001, "id": 811}',
    '1430438404700 order_book {"bids": [["236.47", "1.78855669"]], "asks": [["236.90", "1.00000000"]]}',
    '1430438404800 order_deleted {"price": "236.90", "amount": "0.00000000", "id": 2, "order_type": 1}',
)
BITSTAMP_ORDERS = lines(
    "id,timestamp,exchange.timestamp,price,volume,action,direction",
    "1,1430438404518,1430438404000,236.47,200000000,created,bid",
    "1,1430438404635,1430438404000,236.47,178855669,changed,bid",
    "2,1430438404637,1430438340000,236.9,0,deleted,ask",
)
QUOTES = lines(
    "20120621,34200000,1.38756,1.38758",
    "20120621,34200000.5,1.38760,1.38758",
    "20120621,34201000,1.38757,1.38757",
)
EQUITY_QUOTES = lines("20120621,34200000,1000000,200,1000500,300,P,1,0", "20120621,34200100,0,0,1000400,100,Q,1,1")
EQUITY_TRADES = lines("20120621,34200000,1000000,200,P,2000,0", "20120621,34200100,1000100,100,Q,2000,1")
MINUTES = lines(
    "20120621,34200000,1000000,1000500,999900,1000100,5000",
    "20120621,34260000,1000100,1000200,1000000,1000000,4000",
    "20120621,34380000,1000000,1000300,1000000,1000200,3000",
)
QUOTE_BARS = lines(
    "20120621,0,1.38676,1.38686,1.38669,1.38686,0,1.38686,1.38697,1.38680,1.38697,0",
    "20120621,60000,,,,,,1.38700,1.38700,1.38696,1.38698,0",
)
DAILY = lines("20120621 00:00,1000000,1000500,999900,1000100,5000", "20120622 00:00,1000100,1000200,1000000,1000000,40")
FACTORS = b"20120620,0.5,0.25,100\n20120621,0.75,0.5,100.5\n20501231,1,1,0"
KLINES = lines(
    "1340285400000,10.50,11.00,10.25,10.75,100.500,1340285459999,1080.0,12,50.0,540.0,0",
    "1340285460000,10.75,10.80,10.70,10.75,3.000,1340285519999,32.25,2,1.0,10.75,0",
)
BARS_CSV = lines(
    "timestamp,open,high,low,close,volume",
    "2012-06-21 13:30:00.000000,10.5,11.0,10.25,10.75,100.5",
    "2012-06-21 13:31:00.000000,10.75,10.8,10.7,10.75,3",
)


def zipped(members: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(zipfile.ZipInfo(name), content)
    return held.getvalue()


def archived(members: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as made:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            made.addfile(info, io.BytesIO(content))
    return held.getvalue()


CONTRACTS = {
    "20120621_es_minute_trade_201209.csv": b"34200000,1320.25,1320.5,1320,1320.25,12\n",
    "20120621_es_minute_trade_201212.csv": b"34200000,1315.25,1315.5,1315,1315.25,3",
}
ITCH_DAY = (
    add(0, 1, "B", 100, 1_000_000),
    add(1, 2, "S", 100, 1_010_000),
    execute(2, 1, 40),
    at(3, "OrderReplace", original_order=2, new_order=3, shares=50, price=1_020_000),
    at(4, "OrderCancel", order=3, canceled_shares=10),
    at(5, "OrderDelete", order=3),
    at(6, "SystemEvent", event="C", stock_locate=0),
)


def decoded_itch(folder: Path) -> bytes:
    return write_itch_sample(folder, messages=40).read_bytes()


MBO_DAY = "A B 1 100 5\nA A 2 102 5\nT B 9 102 2 +\nF A 2 102 2 +\nM A 2 102 3"
ON_DAY = Options(day=DAY)
MADE: dict[str, Made] = {
    "lobster": Made("ABC_2012-06-21_message_5.csv", LOBSTER),
    "itch": Made("day.itch", b"".join(map(framed, ITCH_DAY)) + b"\0\0", ON_DAY),
    "pitch": Made("pitch.txt", PITCH, ON_DAY),
    "mbo": Made(
        "day.dbn", head() + b"".join(day("A B 1 100 5\nA A 2 102 5\nT B 9 102 2 +\nF A 2 102 2 +\nM A 2 102 3"))
    ),
    "binance": Made("spot.log", lines(*binance_lines())),
    "kraken": Made("KRAKEN.ws", capture("ws.kraken.com", *kraken_messages())),
    "coinbase": Made("COINBASE.ws", capture("ws-feed.pro.coinbase.com", *coinbase_messages())),
    "bitmex": Made("BITMEX.ws", capture("www.bitmex.com/realtime", *bitmex_messages())),
    "deribit": Made("DERIBIT.ws", capture("www.deribit.com/ws/api/v2", *deribit_messages())),
    "bitstamp": Made("BTCUSD_raw.log", BITSTAMP),
    "bitstamp-orders": Made("BTCUSD_orders.csv", BITSTAMP_ORDERS),
    "lean-factors": Made("ABC_factor_files.csv", FACTORS),
    "lean": Made("EURUSD_oanda_tick_quote.csv", QUOTES),
    "klines": Made("ABCUSDT-1m-2012-06.csv", KLINES),
    "csv": Made("ABC_1m.csv", BARS_CSV, Options(venue="made")),
}
"""A file of each format, the decoded ITCH aside, which is made into a folder."""


def written(folder: Path, made: Made, pack: str = "") -> Path:
    """The file, in a folder of its own, plain or packed."""
    folder.mkdir(parents=True, exist_ok=True)
    content = made.content
    if pack == ".zst":
        content = zstandard.ZstdCompressor(write_checksum=True, write_content_size=True).compress(content)
    elif pack == ".gz":
        content = gzipped(content)
    file = folder / f"{made.name}{pack}"
    file.write_bytes(content)
    return file


def gzipped(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=31)
    return packer.compress(content) + packer.flush()


def imported(folder: Path, made: Made, **options: Any) -> Imported:  # noqa: ANN401 -- any option
    """The import of a file into the catalog beside it, `folder/catalog`."""
    file = written(folder / "files", made)
    return import_file(Catalog(folder / "catalog"), file, replace(made.options, **options), until_ns=UNTIL_NS)


def frame(folder: Path, name: str) -> pl.DataFrame:
    """What the catalog of `imported` has of a dataset."""
    return Catalog(folder / "catalog").read(name)


def told(folder: Path, name: str) -> list[tuple[Any, ...]]:
    """The rows of a dataset."""
    return frame(folder, name).rows()
