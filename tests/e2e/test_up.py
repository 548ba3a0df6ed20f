"""`garraway up` in an empty folder: it trades, stops cleanly, and a second start resumes what the first one left."""

import asyncio
import json
import re
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from tests.e2e.venue_process import VenueProcess, stopped_with, trades_in, verified, whole_log

from garraway.cli.up import people
from garraway.cli.up.listings import CRYPTO_LISTING, EQUITY_LISTING, FUTURE_LISTING, LISTINGS
from garraway.records import OrderType, PhaseCause, PriceKind, of_kind
from garraway.units import price_text
from garraway.venues import ExchangeVenue

DAY_S = 90
"""How long a day of 15 s may take on a busy machine, the start included."""
DEFINITIONS = ("SourceDefined", "AssetDefined", "InstrumentListed", "AccountOpened", "SessionDefined")


async def first_day(folder: Path) -> None:
    async with await VenueProcess.start(folder) as venue:
        await venue.trades(more_than=20)
        async with await ExchangeVenue.connect(folder, source="operator") as operator:
            status = await operator.status()
        assert status["trades"] > 20
        assert [session["name"] for session in status["sessions"]] == list(people.CLIENTS)
        assert await venue.stop() == 0


async def second_day(folder: Path, *, trades: int) -> str:
    """The first line that shows the book again."""
    async with await VenueProcess.start(folder) as venue:
        first = await venue.line(lambda text: " last " in text)
        await venue.trades(more_than=trades + 20)
        assert await venue.stop() == 0
    return first


def test_it_trades_stops_cleanly_and_resumes(tmp_path: Path) -> None:
    asyncio.run(first_day(tmp_path))
    found = verified(tmp_path)
    assert (found["sound"], found["clean"], found["event_log"]) == (True, True, "equal")
    assert found["state_hash"] == stopped_with(tmp_path)["state_hash"]

    before, directory = whole_log(tmp_path)
    trades = of_kind(before, "Traded")
    assert dict(directory.deposited) == people.funds()
    assert set(directory.accounts) == set(people.accounts())

    first = asyncio.run(second_day(tmp_path, trades=len(trades)))
    assert trades_in(first) == len(trades)
    crypto = trades[trades["instrument"] == CRYPTO_LISTING.number]
    assert f" last {price_text(int(crypto['price'][-1]), CRYPTO_LISTING.terms)} " in first

    found = verified(tmp_path)
    assert (found["sound"], found["clean"], found["event_log"]) == (True, True, "equal")
    after, resumed = whole_log(tmp_path)
    assert after[: len(before)].tobytes() == before.tobytes()
    assert dict(resumed.deposited) == people.funds(), "nobody is funded twice"
    assert len(of_kind(after[len(before) :], *DEFINITIONS)) == 0, "nothing is defined twice"


async def some_days(folder: Path, *, days: int) -> None:
    async with await VenueProcess.start(folder, "--pace", "10", "--rate", "600") as venue:
        await venue.line(lambda text: days_in(text) >= days, within_s=DAY_S * days)
        await venue.trades()
        assert await venue.stop() == 0


def days_in(line: str) -> int:
    """How many days have ended since the first one, by the business date that the line tells."""
    found = re.search(r" (\d{4}-\d{2}-\d{2}) ended ", line)
    return 0 if found is None else (date.fromisoformat(found[1]) - datetime.now(UTC).date()).days + 1


def test_several_instruments_trade_through_whole_days(tmp_path: Path) -> None:
    asyncio.run(some_days(tmp_path, days=2))
    assert verified(tmp_path)["sound"]
    events, directory = whole_log(tmp_path)
    assert set(of_kind(events, "Traded")["instrument"].tolist()) == {listing.number for listing in LISTINGS}

    equity = events[events["instrument"] == EQUITY_LISTING.number]
    scheduled = of_kind(equity, "PhaseChanged")
    scheduled = scheduled[scheduled["fee"] == PhaseCause.SCHEDULE]["detail"].tolist()
    day = [phase for _, phase in EQUITY_LISTING.day]
    assert scheduled[:10] == day * 2
    uncrossed = of_kind(equity, "Uncrossed")
    assert (uncrossed["quantity"] > 0).sum() >= 4, "both auctions of both days have volume"
    assert len(of_kind(equity, "Indicated")) > 0

    settled = of_kind(events, "ReferenceSet")
    settled = settled[settled["detail"] == PriceKind.SETTLEMENT]
    assert set(settled["instrument"].tolist()) == {FUTURE_LISTING.number}
    ended = of_kind(events, "DayEnded")["value"].tolist()
    assert ended == sorted(set(ended))
    assert len(settled) >= len(ended) >= 2
    assert directory.business_date == ended[-1]

    types = {int(value) & 0xFF for value in of_kind(events, "Accepted")["value"]}
    assert {OrderType.LIMIT, OrderType.MARKET, OrderType.STOP, OrderType.STOP_LIMIT} <= types
    assert len(of_kind(events, "Refilled")) > 0, "icebergs show slice after slice"


def test_credentials_are_for_their_owner_alone_and_stay(tmp_path: Path) -> None:
    asyncio.run(first_day(tmp_path))
    path = tmp_path / "run" / "credentials.json"
    kept = path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert tmp_path.stat().st_mode & 0o077 == 0
    assert {len(secret["text"]) for secret in json.loads(kept).values()} == {10}
    assert all(secret["defined"] for secret in json.loads(kept).values())
    asyncio.run(second_day(tmp_path, trades=0))
    assert path.read_text() == kept


def test_a_second_supervisor_of_a_folder_is_refused(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with await VenueProcess.start(tmp_path) as venue:
            await venue.trades()
            command = [sys.executable, "-m", "garraway.cli", "up", "--plain", "--folder", str(tmp_path)]
            second = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
            assert second.returncode == 1
            assert second.stderr.count("\n") == 1
            assert "another `garraway up`" in second.stderr

    asyncio.run(scenario())
