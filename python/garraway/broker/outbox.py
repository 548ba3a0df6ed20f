"""Brings the outbox's commands to the door, each with exactly one effect. Touches store, the door, one lock file.

A command gets its source's number once, in a transaction of its own, before it is first sent. After any crash those
without an answer are sent again under the same numbers with the same bytes; the exchange answers what it did already.
The answer and what follows from it (a transfer is done, its asker is told) are one transaction.
"""

import asyncio
import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from garraway.broker.errors import OutboxTaken
from garraway.log import Log
from garraway.records import reject, stamped
from garraway.store import Database, StoreError, outbox
from garraway.store.outbox import OutboxEntry
from garraway.venues import ExchangeVenue, Outcome, VenueError

POLL_S: Final = 0.25
"""How long a command may wait that another process queued."""
CHORES_S: Final = 1.0
BATCH: Final = 128
"""Below the door's window, so that no batch waits for itself."""
RETRY_S: Final = 0.2

Follows = Callable[[Connection, OutboxEntry, int], None]
"""What follows from an answer, by the noun of the command's purpose; told the time (ns)."""


class Outbox:
    """The one sender of an outbox.

    Its invariant: a command that was sent has a number in SQL, and no two processes send.
    """

    def __init__(
        self,
        database: Database,
        folder: Path,
        *,
        source: str,
        clock: Callable[[], int],
        log: Log,
        follows: Mapping[str, Follows],
        chores: Callable[[Connection, int], object],
        retry_s: float = RETRY_S,
    ) -> None:
        """Does nothing yet; see `run`.

        Args:
            database: where the outbox is.
            folder: the venue's.
            source: the name of the outbox's own source at the door.
            clock: ns since the Unix epoch.
            log: for answers and outages.
            follows: what follows from the answers to commands of a purpose.
            chores: what is to be looked at once a second, such as approvals whose time is over.
            retry_s: how long it rests before it tries again at a venue that is away.
        """
        self._retry_s = retry_s
        self._database = database
        self._folder = folder
        self._source = source
        self._clock = clock
        self._log = log
        self._follows = follows
        self._chores = chores
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken = asyncio.Event()
        self._answered: asyncio.Condition = asyncio.Condition()
        self.connected = False

    def wake(self) -> None:
        """Says, from any thread, that a command was queued just now."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._woken.set)

    async def run(self) -> None:
        """Sends until it is cancelled; waits while exchange or database are away. Raises: OutboxTaken."""
        self._loop = asyncio.get_running_loop()
        with _alone(self._folder / "run" / "outbox.lock"):
            chores = asyncio.create_task(self._look_after())
            try:
                while True:
                    try:
                        await self._one_connection()
                    except (VenueError, StoreError) as error:
                        self._log.warning("outbox_away", reason=str(error))
                        await asyncio.sleep(self._retry_s)
            finally:
                chores.cancel()
                await asyncio.gather(chores, return_exceptions=True)

    async def outcome(self, outbox_id: int, *, within_s: float) -> OutboxEntry | None:
        """The answer to a command, or None if there is none yet when the time is over."""
        self.wake()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s), self._answered:
                while True:
                    entry = await asyncio.to_thread(self._entry, outbox_id)
                    if entry is None or entry.reason is not None:
                        return entry
                    await self._answered.wait()
        return None

    async def _one_connection(self) -> None:
        waiting = await asyncio.to_thread(self._numbered)
        first = waiting[0].source_seq if waiting else await asyncio.to_thread(self._next_number)
        venue = await ExchangeVenue.connect(self._folder, source=self._source, resume_from=first)
        async with venue:
            self.connected = True
            try:
                while True:
                    if not waiting:
                        waiting = await self._until_queued()
                    outcomes = await venue.submit([_record(entry, venue.state.source) for entry in waiting])
                    await asyncio.to_thread(self._take, outcomes)
                    async with self._answered:
                        self._answered.notify_all()
                    waiting = []
            finally:
                self.connected = False

    async def _until_queued(self) -> list[OutboxEntry]:
        while True:
            self._woken.clear()
            if waiting := await asyncio.to_thread(self._numbered):
                return waiting
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._woken.wait()

    async def _look_after(self) -> None:
        while True:
            await asyncio.sleep(CHORES_S)
            with contextlib.suppress(StoreError):  # tried again in a second; the sender tells of it
                await asyncio.to_thread(self._do_chores)

    def _do_chores(self) -> None:
        with self._database.writing() as connection:
            self._chores(connection, self._clock())

    def _entry(self, outbox_id: int) -> OutboxEntry | None:
        with self._database.reading() as connection:
            return outbox.entry(connection, outbox_id)

    def _next_number(self) -> int:
        with self._database.reading() as connection:
            return outbox.last_number(connection) + 1

    def _numbered(self) -> list[OutboxEntry]:
        """What waits for an answer, all with numbers, in their order."""
        with self._database.reading() as connection:
            if not outbox.unanswered(connection, 1):
                return []
        with self._database.writing() as connection:
            waiting = outbox.unanswered(connection, BATCH)
            numbers = [entry.source_seq for entry in waiting if entry.source_seq is not None]
            start = outbox.last_number(connection) + 1
            new = [entry for entry in waiting if entry.source_seq is None]
            outbox.give_numbers(connection, [(entry.outbox_id, start + at) for at, entry in enumerate(new)])
            numbers += range(start, start + len(new))
        return [
            OutboxEntry(entry.outbox_id, entry.purpose, entry.command, number)
            for entry, number in zip(waiting, numbers, strict=True)
        ]

    def _take(self, outcomes: list[Outcome]) -> None:
        at_ns = self._clock()
        with self._database.writing() as connection:
            for outcome in outcomes:
                entry = outbox.answer(
                    connection,
                    source_seq=outcome.source_seq,
                    reason=outcome.reason,
                    first_event=outcome.first_event,
                    at_ns=at_ns,
                )
                if entry is None:
                    continue
                follows = self._follows.get(entry.purpose.partition(":")[0])
                if follows is not None:
                    follows(connection, entry, at_ns)
                if outcome.reason:
                    self._log.warning("command_refused", purpose=entry.purpose, reason=str(reject(outcome.reason)))


def _record(entry: OutboxEntry, source: int) -> bytes:
    assert entry.source_seq is not None
    return stamped(entry.command, source=source, source_seq=entry.source_seq)


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Holds the lock that lets one process alone send. Raises: OutboxTaken."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OutboxTaken(f"another service sends for folder {path.parent.parent}: stop it first") from error
        yield
    finally:
        os.close(handle)
