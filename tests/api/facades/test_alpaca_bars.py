"""Bars of the Alpaca facade out of a real database: pages of them, and the minute that is told once it is over."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert
from starlette.types import Message
from tests.api.facades.test_alpaca_words import made, told
from tests.api.fakes import NOW_NS, Clock, FakeViews

from garraway.api import Services
from garraway.api.facades.alpaca import symbols
from garraway.api.facades.alpaca.streams.bars import MINUTE_NS, Bars
from garraway.api.facades.alpaca.streams.channels import EVERY, Channel, ChannelKind, Channels
from garraway.api.facades.alpaca.streams.codec import Codec
from garraway.api.facades.alpaca.streams.connection import Connection
from garraway.store import Database, upgrade
from garraway.store.tables.view_standings import CANDLES

FIRST_NS = NOW_NS // (86_400 * 10**9) * 86_400 * 10**9
START = "2026-09-21T00:00:00"


@pytest.fixture
def with_candles(tmp_path: Path) -> Iterator[Services]:
    """Three minutes of the share, one of which nobody traded in between, and its day."""
    database = Database.open(f"sqlite:///{tmp_path}/bars.db")
    upgrade(database)
    rows = [candle(60, minute, 100_000 + minute * 100) for minute in (0, 1, 3)] + [candle(86_400, 0, 100_000)]
    with database.writing() as connection:
        connection.execute(insert(CANDLES), rows)
    yield replace(made(), database=database, clock=Clock(NOW_NS), views=FakeViews(seq=0))
    database.close()


def candle(width_s: int, minute: int, price: int) -> dict[str, int]:
    prices = {"open": price, "high": price + 200, "low": price - 100, "close": price + 100}
    start_ns = FIRST_NS + minute * MINUTE_NS
    value = 4 * 10 * 10**8
    return {"instrument": 1, "width_s": width_s, "start_ns": start_ns, **prices} | {
        "quantity": 4,
        "value": value,
        "trades": 2,
    }


def bars(services: Services, query: str) -> dict[str, Any]:
    status, _, text = told(services, "GET", f"/v2/stocks/bars?symbols=GARR&timeframe=1Min&start={START}{query}")
    assert status == 200, text
    found: dict[str, Any] = json.loads(text)
    return found


def test_a_bar_is_told_in_exact_numbers(with_candles: Services) -> None:
    found = bars(with_candles, "&limit=1")
    assert found["bars"] == {
        "GARR": [{"t": f"{START}.000000000Z", "o": 10.0, "h": 10.02, "l": 9.99, "c": 10.01, "v": 4, "n": 2, "vw": 10.0}]
    }


@pytest.mark.parametrize("sort", ["asc", "desc"])
def test_pages_follow_each_other_without_a_gap(with_candles: Services, sort: str) -> None:
    whole = bars(with_candles, f"&sort={sort}")
    assert (len(whole["bars"]["GARR"]), whole["next_page_token"]) == (3, None)
    token, rows = "", []
    for _ in range(3):
        page = bars(with_candles, f"&sort={sort}&limit=1{token}")
        rows += page["bars"]["GARR"]
        token = f"&page_token={page['next_page_token']}"
    assert rows == whole["bars"]["GARR"]
    assert token == "&page_token=None"


def test_bars_are_those_within_the_stretch(with_candles: Services) -> None:
    until = bars(with_candles, "&end=2026-09-21T00:01:00Z")["bars"]["GARR"]
    assert [one["t"][14:16] for one in until] == ["00", "01"]
    assert bars(with_candles, "&end=2026-09-20")["bars"] == {}


def test_a_minute_is_told_once_it_is_over_with_the_day_so_far(with_candles: Services) -> None:
    sent: list[Any] = []

    async def scenario() -> None:
        async def receive() -> Message:
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Message) -> None:
            sent.append(message)

        channels = Channels(with_candles)
        one = Connection({"type": "websocket"}, receive, send, Codec.TEXT)
        for kind in (ChannelKind.BARS, ChannelKind.DAILY_BARS):
            channels.add(one, Channel(kind, symbols.SHARE, EVERY))
        told_bars = Bars(with_candles, channels)
        for minute in (1, 2):
            await told_bars.tell(FIRST_NS + minute * MINUTE_NS)
        one.finish("told")
        await one.serve(lambda _: None)

    asyncio.run(scenario())
    frames = [json.loads(message["text"]) for message in sent if message["type"] == "websocket.send"]
    assert [(said["T"], said["S"], said["t"], said["c"]) for (said,) in frames] == [
        ("b", "GARR", "2026-09-21T00:01:00.000000000Z", 10.02),
        ("d", "GARR", f"{START}.000000000Z", 10.01),
    ]
