"""Backup and restore of a day with a million orders: `python -m benches.backup`. See docs/performance.md, "Backup".

A real exchange takes the orders through its door, the projector writes their history into SQLite; both are kept in
target/bench, so the day is made once. Then the commands of the command line are run and timed, each a process of its
own: backup (encrypted, replayed), verify, restore into a new folder. The state's hash must be the same in all three.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from tests.api.venue import prepare

from garraway.cli.up.child import Child
from garraway.cli.up.listings import BTC, CRYPTO_LISTING, USD
from garraway.records import OrderType, Rights, Side, TimeInForce, encode, encoder
from garraway.store import Database, upgrade
from garraway.venues import ExchangeVenue
from garraway.views import Projector, collect_seldom

if TYPE_CHECKING:
    from collections.abc import Iterator

DAYS = Path(__file__).resolve().parent.parent / "target" / "bench"
LOADER, LOADER_NUMBER = "loader", 10
ACCOUNTS = range(1_000, 1_100)
BATCH = 20_000
LIMIT_S = 300


def recorded(orders: int) -> Path:
    """The folder of a venue's day with so many orders, made once."""
    folder = DAYS / f"day-{orders}"
    if not (folder / "made").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        asyncio.run(traded(folder, orders))
        projected(folder)
        (folder / "made").touch()
    return folder


async def traded(folder: Path, orders: int) -> None:
    """Has an exchange take the orders: limit orders around one price, about half of which meet another."""
    exchange = Child("exchange", ["exchange", "--folder", str(folder)], folder / "exchange.log", time.monotonic)
    keeping = asyncio.ensure_future(exchange.keep())
    try:
        await prepare(folder)
        await define(folder)
        drawn = orders_of(orders)
        async with await ExchangeVenue.connect(folder, source=LOADER) as venue:
            while batch := [record for record, _ in zip(drawn, range(BATCH), strict=False)]:
                outcomes = await venue.submit(batch)
                assert all(outcome.done for outcome in outcomes)
                print(f"\r{venue.last_seq:>10} orders", end="", file=sys.stderr, flush=True)
    finally:
        assert await exchange.stop(60) == 0, exchange.last_words()
        await keeping


async def define(folder: Path) -> None:
    limits: dict[str, Any] = {"max_quantity": 999_999, "max_notional": 10**17, "max_open_orders": 1_000_000}
    commands = [encode("DefineSource", defined=LOADER_NUMBER, name=LOADER, rights=Rights.TRADE)]
    for account in ACCOUNTS:
        commands.append(encode("OpenAccount", account=account, firm=9, **limits))
        commands += [encode("Deposit", account=account, asset=asset, amount=10**16) for asset in (USD, BTC)]
    async with await ExchangeVenue.connect(folder, source="operator") as operator:
        assert all(outcome.done for outcome in await operator.submit(commands))


def orders_of(count: int) -> Iterator[bytes]:
    """The orders, drawn from one seed."""
    random, refs = Random(1), dict.fromkeys(ACCOUNTS, 0)
    names = ("account", "instrument", "client_ref", "side", "order_type", "time_in_force", "price", "quantity")
    place, tick, middle = encoder("PlaceOrder", *names), CRYPTO_LISTING.terms.tick, CRYPTO_LISTING.reference_price
    for _ in range(count):
        account = random.choice(ACCOUNTS)
        refs[account] += 1
        side = random.choice((Side.BUY, Side.SELL))
        away = random.randint(-30, 60) * tick
        price = middle + (-away if side is Side.BUY else away)
        kind = (OrderType.LIMIT, TimeInForce.DAY)
        yield place(account, CRYPTO_LISTING.number, refs[account], side, *kind, price, random.randint(1, 50))


def projected(folder: Path) -> None:
    """Writes the day's history into the venue's database."""
    collect_seldom()
    database = Database.open(f"sqlite:///{folder / 'garraway.db'}")
    upgrade(database)
    projector, events = Projector.open(database, folder), 0
    while taken := projector.step():
        events += taken
        print(f"\r{events:>10} events", end="", file=sys.stderr, flush=True)
    database.close()


def timed(*arguments: str) -> dict[str, Any]:
    """A command of the command line: what it says, the wall's clock and its own processor time."""
    key = {"GARRAWAY_BACKUP__ENCRYPTION_KEY": "env:BENCH_KEY", "BENCH_KEY": base64.b64encode(os.urandom(32)).decode()}
    for name, value in key.items():
        os.environ.setdefault(name, value)
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "garraway.cli", *arguments, "--json"]
    said: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return said | {"wall_s": round(time.perf_counter() - began, 1), "cpu_s": round(cpu_s, 1)}


def one_round(day: Path, place: Path) -> dict[str, Any]:
    made = timed("backup", "--folder", str(day), "--to", str(place / "backups"))
    checked = timed("backup", "verify", made["path"])
    restored = timed("restore", made["path"], "--folder", str(place / "again"), "--yes")
    hashes = {one["state_hash"] for one in (made, checked, restored)}
    assert len(hashes) == 1, hashes
    shutil.rmtree(place / "again")
    return {
        "commands": made["seq"],
        "state_hash": hashes.pop(),
        "holds_mib": {kind: size["holds_bytes"] >> 20 for kind, size in made["sizes"].items()},
        "takes_mib": {kind: size["takes_bytes"] >> 20 for kind, size in made["sizes"].items()},
        **{
            name: {"wall_s": one["wall_s"], "cpu_s": one["cpu_s"]}
            for name, one in (("backup", made), ("verify", checked), ("restore", restored))
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    day = recorded(asked.orders)
    print(file=sys.stderr)
    for _ in range(asked.rounds):
        with tempfile.TemporaryDirectory(dir=DAYS) as place:
            found = one_round(day, Path(place))
        total = found["backup"]["wall_s"] + found["restore"]["wall_s"]
        print(json.dumps(found | {"backup_and_restore_s": round(total, 1), "limit_s": LIMIT_S}), flush=True)


if __name__ == "__main__":
    main()
