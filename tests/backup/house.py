"""A venue that trades, with people who move money: a real exchange process, a real outbox, a projector. For backups."""

import asyncio
import base64
import contextlib
import io
import json
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

from tests.api.venue import prepare
from tests.broker.desk import ACCOUNT, APPROVALS, USD, Desk, hand

from garraway.backup import Source
from garraway.broker import Outbox, commands, transfers
from garraway.cli.up.child import Child
from garraway.cli.up.listings import BTC, CRYPTO_LISTING
from garraway.cli.up.plan import BACK_OFFICE, BACK_OFFICE_NUMBER
from garraway.log import Log
from garraway.records import OrderType, Rights, Side, TimeInForce, encode
from garraway.store import Database
from garraway.store.transfers import Transfer
from garraway.venues import ExchangeVenue
from garraway.views import projector

DEADLINE_S = 270
LOADER, LOADER_NUMBER, TRADERS = "loader", 10, (300, 301)
FUNDED = 10**15
SECRET = bytes(range(32))
NOW_NS = 1_800_000_000_000_000_000


@dataclass
class House:
    """The venue's folder, its database, and the people."""

    folder: Path
    database: Database
    desk: Desk
    random: Random = field(default_factory=lambda: Random(3))
    last_ref: int = 0
    traded: int = 0
    progress: asyncio.Condition = field(default_factory=asyncio.Condition)

    @classmethod
    def found(cls, folder: Path, database: Database) -> "House":
        """A new one."""
        folder.mkdir(mode=0o700)
        keys = folder / "keys"
        keys.mkdir(mode=0o700)
        (keys / "master.key").write_bytes(b"m" * 32)
        return cls(folder, database, Desk.open(database))

    def restored(self, folder: Path, database: Database) -> "House":
        """The same people, in the folder and the database that it is restored to."""
        return House(folder, database, replace(self.desk, database=database))

    @property
    def source(self) -> Source:
        return Source(
            folder=self.folder,
            database=self.database,
            key_folder=self.folder / "keys",
            outbox_source=BACK_OFFICE_NUMBER,
            sync=False,
            settings="version = 1\n",
        )

    @contextlib.asynccontextmanager
    async def exchange(self) -> AsyncIterator[Child]:
        """The exchange process runs."""
        loop = asyncio.get_running_loop()
        command = ["exchange", "--folder", str(self.folder)]
        child = Child("exchange", command, self.folder.with_suffix(".log"), loop.time)
        keeping = asyncio.ensure_future(child.keep())
        try:
            async with await ExchangeVenue.connect(self.folder, wait_s=DEADLINE_S):
                pass  # it has read its journal
            yield child
        finally:
            assert await child.stop(DEADLINE_S) == 0, child.last_words()
            await keeping

    @contextlib.asynccontextmanager
    async def outbox(self) -> AsyncIterator[Outbox]:
        """Decisions are sent."""
        sender = Outbox(
            self.database,
            self.folder,
            source=BACK_OFFICE,
            clock=lambda: NOW_NS,
            log=Log(io.StringIO(), lambda: NOW_NS),
            follows={"transfer": transfers.ended},
            chores=APPROVALS.expire,
        )
        task = asyncio.create_task(sender.run())
        try:
            yield sender
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    @contextlib.contextmanager
    def projector(self) -> Iterator[None]:
        """The views are written."""
        ended = threading.Event()
        failures: list[BaseException] = []

        def work() -> None:
            try:
                projector.run(
                    self.database,
                    self.folder,
                    stopped=ended.wait,
                    log=Log(io.StringIO(), lambda: NOW_NS),
                )
            except BaseException as error:  # noqa: BLE001 - told by the thread that waits
                failures.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
        assert failures == []

    async def define(self) -> None:
        """What trades, and who."""
        await prepare(self.folder)
        terms: dict[str, Any] = {"max_quantity": 999_999, "max_notional": 10**17, "max_open_orders": 100_000}
        made = [encode("DefineSource", defined=LOADER_NUMBER, name=LOADER, rights=Rights.TRADE)]
        for account in (*TRADERS, ACCOUNT):
            made.append(encode("OpenAccount", account=account, firm=9, **terms))
            made += [encode("Deposit", account=account, asset=asset, amount=FUNDED) for asset in (USD, BTC)]
        async with await ExchangeVenue.connect(self.folder, source="operator") as operator:
            assert all(outcome.done for outcome in await operator.submit(made))

    async def trade(self, orders: int) -> None:
        """So many orders, some of which meet; ends when all are acknowledged."""
        async with await ExchangeVenue.connect(self.folder, source=LOADER) as venue:
            outcomes = await venue.submit([self._order() for _ in range(orders)])
        assert all(outcome.done for outcome in outcomes)
        async with self.progress:
            self.traded += orders
            self.progress.notify_all()

    async def until_traded(self, more: int) -> None:
        """Waits until so many more orders were acknowledged."""
        goal = self.traded + more
        async with self.progress:
            await self.progress.wait_for(lambda: self.traded >= goal)

    @contextlib.asynccontextmanager
    async def busy(self) -> AsyncIterator[None]:
        """Orders and transfers without end."""

        async def trading() -> None:
            while True:
                await self.trade(50)

        async def moving() -> None:
            while True:
                await asyncio.to_thread(self.move, 7)
                await asyncio.sleep(0)

        tasks = [asyncio.create_task(trading()), asyncio.create_task(moving())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for ended in await asyncio.gather(*tasks, return_exceptions=True):
                assert isinstance(ended, asyncio.CancelledError), ended

    def move(self, amount: int) -> Transfer:
        """A withdrawal that one person alone may make."""
        return self.desk.ask("withdrawal", amount)

    def queue(self, command: bytes, purpose: str) -> int:
        """Another decision than one on money, such as a group's; its number in the outbox."""
        with self.database.writing() as connection:
            return commands.queue(connection, command, purpose=purpose, at_ns=NOW_NS)

    async def answered(self, outbox: Outbox, outbox_id: int | None) -> int | None:
        """The engine's word on a command of the outbox: 0 for done."""
        assert outbox_id is not None
        entry = await outbox.outcome(outbox_id, within_s=DEADLINE_S)
        return None if entry is None else entry.reason

    def _order(self) -> bytes:
        self.last_ref += 1
        side = self.random.choice((Side.BUY, Side.SELL))
        away = self.random.randint(-2, 20) * CRYPTO_LISTING.terms.tick
        return encode(
            "PlaceOrder",
            account=self.random.choice(TRADERS),
            instrument=CRYPTO_LISTING.number,
            client_ref=self.last_ref,
            side=side,
            order_type=OrderType.LIMIT,
            time_in_force=TimeInForce.DAY,
            price=CRYPTO_LISTING.reference_price + (-away if side is Side.BUY else away),
            quantity=self.random.randint(1, 20),
        )


async def garraway(*arguments: str, environment: Mapping[str, str], status: int = 0) -> Any:  # noqa: ANN401 - JSON
    """Runs the command line; what it printed as JSON, or on failure what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "garraway.cli", *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **environment},
    )
    said, failed = await process.communicate()
    assert process.returncode == status, (said, failed)
    return json.loads(said) if status == 0 else failed.decode()


def with_key(database: Database, secret: bytes = SECRET) -> dict[str, str]:
    """The environment in which commands know the database and the key."""
    return {
        "GARRAWAY_DATABASE_URL": database.url.render_as_string(hide_password=False),
        "GARRAWAY_BACKUP__ENCRYPTION_KEY": "env:KEY_OF_BACKUPS",
        "KEY_OF_BACKUPS": base64.b64encode(secret).decode(),
    }


def within_time(scenario: Callable[[], Any]) -> None:
    """Runs it; one that hangs fails."""

    async def bounded() -> None:
        await asyncio.wait_for(scenario(), DEADLINE_S)

    asyncio.run(bounded())


__all__ = ["ACCOUNT", "House", "hand"]
