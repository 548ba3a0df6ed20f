"""The exchange as a venue: commands through its door, events from its log. Touches a unix socket and the log's files.

    VenueError
    ├── NoVenue           the folder holds no running exchange
    ├── LoginRefused      the door does not know the source
    ├── ConnectionLost    the connection broke while an answer was awaited that cannot be asked for again
    ├── OutcomeMissing    the exchange forgot a command that it had acknowledged
    ├── SourceShared      another process numbers commands of the same source
    └── VenueClosed       the venue was closed here

Commands are numbered here and have exactly one effect: what is unanswered when a connection breaks is sent again with
the same number and bytes, and the exchange's window of outcomes knows what it has done already.
"""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, Self, cast

from garraway.records import length, stamped
from garraway.venues import soupbintcp
from garraway.venues.door import (
    COMMAND,
    OUTCOME,
    SOURCE_STATE,
    STATUS,
    STATUS_QUERY,
    USER,
    Outcome,
    SourceState,
    read_outcome,
    read_outcomes,
    read_source_state,
)
from garraway.venues.errors import VenueError
from garraway.venues.tape import Batch, Tape

HEARTBEAT_S: Final = 1.0
SILENCE_S: Final = 15.0
"""A connection over which nothing came for so long is given up."""
CONNECT_S: Final = 20.0
"""How long `connect` waits for a venue that is starting."""
BACKOFF_FIRST_S: Final = 0.05
BACKOFF_MOST_S: Final = 0.5
STATUS_S: Final = 5.0
CLOSE_S: Final = 1.0
"""How long the last bytes may take to go out."""
HISTORY_POLL_S: Final = 0.005


class NoVenue(VenueError):
    """The folder holds no running exchange."""


class LoginRefused(VenueError):
    """The door does not know the source."""


class ConnectionLost(VenueError):
    """The connection broke."""


class OutcomeMissing(VenueError):
    """The exchange forgot a command that it had acknowledged."""


class SourceShared(VenueError):
    """Another process numbers commands of the same source."""


class VenueClosed(VenueError):
    """The venue was closed here."""


class _Unanswered(NamedTuple):
    packet: bytes
    answer: asyncio.Future[Outcome]


class _Conversation(asyncio.Protocol):
    """One connection: hands on each packet as it comes; `over` ends with what ended it."""

    def __init__(
        self,
        take: Callable[[bytes, bytes, asyncio.Transport], None],
        answer: Callable[[Outcome], None],
        took: Callable[[], None],
    ) -> None:
        """Hands outcomes to `answer`, other packets to `take`, and calls `took` behind those that came together."""
        loop = asyncio.get_running_loop()
        self.over: asyncio.Future[None] = loop.create_future()
        self.over.add_done_callback(lambda over: over.exception())  # seen, also where nobody waits any more
        self._gone: asyncio.Future[None] = loop.create_future()
        self.transport: asyncio.Transport | None = None
        self._take = take
        self._answer = answer
        self._took = took
        self._loop = loop
        self._packets = soupbintcp.PacketBuffer()
        self._heard_s = loop.time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The door is open."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        self._heard_s = self._loop.time()
        if self.over.done() or self.transport is None:
            return
        try:
            outcomes = read_outcomes(data) if self._packets.empty else None
            if outcomes is None:
                for kind, payload in self._packets.feed(data):
                    self._take(kind, payload, self.transport)
            else:
                for outcome in outcomes:
                    self._answer(outcome)
        except VenueError as error:
            self.over.set_exception(error)
        self._took()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._gone.set_result(None)
        if not self.over.done():
            self.over.set_exception(exc or ConnectionLost("the exchange closed the door"))

    async def converse(self) -> None:
        """Beats until the conversation is over. Raises: what ended it; ConnectionLost: nothing was heard for long."""
        assert self.transport is not None
        while not self.over.done():
            await asyncio.wait((self.over,), timeout=HEARTBEAT_S)
            if self._loop.time() - self._heard_s > SILENCE_S:
                raise ConnectionLost(f"nothing heard for {SILENCE_S:g} s")
            if not self.over.done():
                self.transport.write(soupbintcp.packet(soupbintcp.CLIENT_HEARTBEAT))
        self.over.result()

    async def close(self) -> None:
        """Ends it; what was written goes out if it goes at once."""
        assert self.transport is not None
        self.transport.close()
        await asyncio.wait((self._gone,), timeout=CLOSE_S)
        self.transport.abort()


def running(folder: Path) -> dict[str, Any]:
    """What the running exchange says of itself: pid, door, ouch, session, durability. Raises: NoVenue."""
    path = folder / "run" / "exchange.json"
    try:
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NoVenue(f"no exchange runs in {folder} ({path.name}: {error}): start one with `garraway up`") from error
    return said


class ExchangeVenue:
    """A connection to the door that outlives restarts of the exchange.

    Its invariant: `_unanswered` holds, in order of their numbers, the commands that were numbered and not yet answered.
    """

    def __init__(self, folder: Path, *, source: str, resume_from: int | None = None) -> None:
        """Does nothing yet; see `connect`."""
        self.folder = folder
        self.source = source
        self._resume_from = resume_from
        self._known_last = 0
        self.reconnects = 0
        self._unanswered: dict[int, _Unanswered] = {}
        self._statuses: deque[asyncio.Future[dict[str, Any]]] = deque()
        self._state: SourceState | None = None
        self._next_seq = 0
        self._last_answered = 0
        self._writer: asyncio.Transport | None = None
        self._was_connected = False
        self._failure: VenueError | None = None
        self._changed = asyncio.Condition()
        self._awaiting = 0
        self._telling: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: asyncio.Task[None] | None = None

    @classmethod
    async def connect(
        cls,
        folder: Path,
        *,
        source: str = "operator",
        wait_s: float = CONNECT_S,
        resume_from: int | None = None,
    ) -> Self:
        """A venue whose source has been told where it stands.

        Args:
            folder: the venue's folder.
            source: the source's name.
            wait_s: how long the exchange may take to come up.
            resume_from: the number of the first command that will be submitted, where the source keeps its numbers
                itself: those that the exchange has had already are sent again, and are answered as repeats.
        Raises: NoVenue, LoginRefused, OutcomeMissing: it knows fewer than the source was acknowledged.
        """
        venue = cls(folder, source=source, resume_from=resume_from)
        venue._running = asyncio.create_task(venue._stay_connected())
        try:
            async with asyncio.timeout(wait_s):
                await venue._until_connected()
        except TimeoutError as error:
            await venue.close()
            running(folder)
            raise NoVenue(f"the door of {folder} did not answer within {wait_s:g} s: see log/exchange.log") from error
        except VenueError:
            await venue.close()
            raise
        return venue

    @classmethod
    def begin(cls, folder: Path, *, source: str) -> Self:
        """A venue that connects in the background, whether an exchange runs or not; see `connected` and `failure`."""
        venue = cls(folder, source=source)
        venue._running = asyncio.create_task(venue._stay_connected())
        return venue

    async def __aenter__(self) -> Self:
        """The venue itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Closes it."""
        await self.close()

    @property
    def state(self) -> SourceState:
        """Where the source stood at the last log-in."""
        assert self._state is not None
        return self._state

    @property
    def connected(self) -> bool:
        """Whether the door is open at this moment."""
        return self._writer is not None

    @property
    def failure(self) -> VenueError | None:
        """Why it gave up for good, if it did."""
        return self._failure

    @property
    def free(self) -> bool:
        """Whether the door is open and fewer commands are unanswered than the window allows."""
        return self._writer is not None and len(self._unanswered) < self.state.window

    @property
    def last_seq(self) -> int:
        """The number of the last command that was sent."""
        return self._next_seq - 1

    async def submit(self, records: Sequence[bytes]) -> list[Outcome]:
        """Numbers the commands, sends them and waits for all their outcomes, in order.

        At most `state.window` commands are unanswered at a time; the rest waits. While the exchange is away this waits
        for it: put `asyncio.timeout` around it to give up waiting. A command that was numbered goes out even then.

        Raises: VenueClosed, LoginRefused, OutcomeMissing, SourceShared.
        """
        answers = []
        for record in records:
            await self._until_room()
            answers.append(self._send(record))
        return list(await asyncio.gather(*answers))

    def send(self, record: bytes) -> asyncio.Future[Outcome] | None:
        """Numbers one command, sends it at once, and gives what its outcome comes in.

        None: the door is closed or the window full at this moment, and nothing was numbered; see `until_free`.
        Raises: VenueClosed, LoginRefused, OutcomeMissing, SourceShared.
        """
        if self._failure is not None:
            raise self._failure
        if not self.free:
            return None
        return self._send(record)

    async def until_free(self) -> None:
        """Waits until `send` can send. Raises: VenueClosed, LoginRefused, OutcomeMissing, SourceShared."""
        await self._until(lambda: self.free)

    async def status(self) -> dict[str, Any]:
        """What the exchange says of itself now. Raises: ConnectionLost."""
        if self._writer is None:
            raise ConnectionLost(f"the door of {self.folder} is closed at the moment: try again")
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._statuses.append(answer)
        self._writer.write(soupbintcp.packet(soupbintcp.UNSEQUENCED, STATUS_QUERY))
        try:
            async with asyncio.timeout(STATUS_S):
                return await answer
        except TimeoutError as error:
            raise ConnectionLost(f"no status within {STATUS_S:g} s: the exchange is busy or gone") from error

    async def events(self, from_event_id: int = 0) -> AsyncIterator[Batch]:
        """The event log from this id on, in batches, without end."""
        async for batch in Tape(self.folder, from_event_id).follow():
            yield batch

    async def own_history(self, tape: Tape, seen_seq: int) -> AsyncIterator[Batch]:
        """Batches of the log to its end, and on until the source's last command is told there.

        Args:
            tape: where to read from; it moves on.
            seen_seq: the last number of the source that was seen before.
        """
        while True:
            batch = tape.read()
            if len(batch.events):
                own = batch.events["source_seq"][batch.events["source"] == self.state.source]
                seen_seq = max(seen_seq, int(own.max())) if len(own) else seen_seq
                yield batch
                await asyncio.sleep(0)
            elif seen_seq >= self.last_seq:
                return
            else:
                await asyncio.sleep(HISTORY_POLL_S)

    async def close(self) -> None:
        """Leaves. Commands that are unanswered raise `VenueClosed` where they are awaited."""
        if self._running is not None:
            self._running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._running
        self._fail(VenueClosed(f"the venue at {self.folder} was closed: connect again"))

    def _send(self, record: bytes) -> asyncio.Future[Outcome]:
        seq = self._next_seq
        self._next_seq += 1
        assert self._loop is not None
        answer: asyncio.Future[Outcome] = self._loop.create_future()
        packet = _command(stamped(record, source=self.state.source, source_seq=seq))
        self._unanswered[seq] = _Unanswered(packet, answer)
        if self._writer is not None:
            self._writer.write(packet)
        return answer

    async def _until_connected(self) -> None:
        await self._until(lambda: self._writer is not None)

    async def _until_room(self) -> None:
        if self._failure is None and len(self._unanswered) < self.state.window:
            return
        await self._until(lambda: len(self._unanswered) < self.state.window)

    async def _stay_connected(self) -> None:
        delay_s = BACKOFF_FIRST_S
        while True:
            try:
                await self._one_connection()
            except (OSError, NoVenue, ConnectionLost):
                pass  # the one thing to do about it follows: try again
            except (LoginRefused, OutcomeMissing, SourceShared) as error:
                self._fail(error)
                await self._tell()
                return
            delay_s = BACKOFF_FIRST_S if self._was_connected else min(2 * delay_s, BACKOFF_MOST_S)
            self.reconnects += self._was_connected
            self._was_connected = False
            await asyncio.sleep(delay_s)

    async def _one_connection(self) -> None:
        loop = self._loop = asyncio.get_running_loop()
        transport, conversation = await loop.create_unix_connection(
            lambda: _Conversation(self._take, self._answer, self._tell_soon), running(self.folder)["door"]
        )
        try:
            transport.write(soupbintcp.login(user=USER, password=self.source))
            await conversation.converse()
        finally:
            self._writer = None
            self._lose_statuses()
            await conversation.close()

    def _take(self, kind: bytes, payload: bytes, writer: asyncio.Transport) -> None:
        letter = payload[:1]
        if kind == soupbintcp.SEQUENCED and letter == OUTCOME:
            self._answer(read_outcome(payload))
            return
        if kind == soupbintcp.REFUSED:
            raise LoginRefused(
                f"the door does not let source {self.source!r} in ({payload!r}): define it with DefineSource"
            )
        if kind == soupbintcp.END:
            raise ConnectionLost("the exchange ended the session")
        if kind != soupbintcp.SEQUENCED:
            return
        if letter == SOURCE_STATE:
            self._begin(read_source_state(payload), writer)
        elif letter == STATUS and self._statuses:
            asked = self._statuses.popleft()
            if not asked.done():
                asked.set_result(json.loads(payload[1:]))

    def _begin(self, state: SourceState, writer: asyncio.Transport) -> None:
        last = state.last_source_seq
        if self._state is None:
            self._next_seq = last + 1 if self._resume_from is None else self._resume_from
            self._known_last, self._last_answered = last, self._next_seq - 1
        if last < self._last_answered:
            raise OutcomeMissing(
                f"source {self.source!r} was acknowledged up to {self._last_answered}, the exchange knows {last}: "
                "stop, and compare journal and event log with `garraway journal verify`"
            )
        if last >= max(self._next_seq, self._known_last + 1):
            raise SourceShared(
                f"source {self.source!r} stands at {last}, sent from here were {self._next_seq - 1}: "
                "let one process alone use a source"
            )
        self._state = state
        self._writer = writer
        self._was_connected = True
        writer.writelines(waiting.packet for waiting in self._unanswered.values())

    def _answer(self, outcome: Outcome) -> None:
        waiting = self._unanswered.pop(outcome.source_seq, None)
        self._last_answered = max(self._last_answered, outcome.source_seq)
        if waiting is not None and not waiting.answer.done():
            waiting.answer.set_result(outcome)
        if not outcome.taken:
            # Whatever was numbered behind it can no longer be taken either.
            raise SourceShared(
                f"command {outcome.source_seq} of {self.source!r} was not taken ({outcome.kind} {outcome.reason}): "
                "let one process alone use a source"
            )

    def _tell_soon(self) -> None:
        """Wakes who waits for a change, if there is somebody."""
        if self._awaiting and (self._telling is None or self._telling.done()):
            self._telling = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        if self._awaiting == 0:
            return
        async with self._changed:
            self._changed.notify_all()

    async def _until(self, condition: Callable[[], bool]) -> None:
        """Waits for a condition of what arrives here. Raises: the failure, if there is one."""
        self._awaiting += 1
        try:
            async with self._changed:
                await self._changed.wait_for(lambda: self._failure is not None or condition())
        finally:
            self._awaiting -= 1
        if self._failure is not None:
            raise self._failure

    def _fail(self, error: VenueError) -> None:
        self._failure = self._failure or error
        for waiting in self._unanswered.values():
            if not waiting.answer.done():
                waiting.answer.set_exception(self._failure)
        self._unanswered.clear()

    def _lose_statuses(self) -> None:
        while self._statuses:
            asked = self._statuses.popleft()
            if not asked.done():
                asked.set_exception(ConnectionLost("the door closed before the status came: try again"))


def _command(record: bytes) -> bytes:
    return soupbintcp.packet(soupbintcp.UNSEQUENCED, COMMAND + record[: length(record)])
