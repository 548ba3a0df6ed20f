"""Where orders of all interfaces go to the door: references and client order ids are given out and guarded here.

A command has three ends: its outcome came; it could not go out (`ExchangeAway`, nothing was done); or it went out and
no outcome came in time: it is *unknown*, will have its one effect or none, and is never sent a second time under
another number. The interfaces (REST, the facades) share one desk, so that they share these rules.
"""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Final, Literal, Protocol

import msgspec

from garraway.api.deadlines import Deadlines
from garraway.api.orders import NewOrder, Replacement, cancel_record
from garraway.api.ports import Arrivals, Door, Views
from garraway.api.problems import Problem, away, conflict
from garraway.records import Reject, command_seq, encode, reject
from garraway.venues import Outcome
from garraway.views import NotYet

PATIENCE_S: Final = 2.0
"""How long a command waits to go out, and then for its outcome."""
TRIES: Final = 4
"""How often a reference that another door was ahead of is taken anew."""
TEXTS_AT_MOST: Final = 65_536
"""Client order ids that are guarded until the fold tells of them; beyond, new orders wait."""
STALE: Final = "ClientRefStale"


Status = Literal["accepted", "rejected", "unknown"]


class Told(msgspec.Struct, frozen=True, gc=False):
    """What became of a command: `accepted`, `rejected` (why: `reason`) or `unknown`."""

    status: Status
    client_ref: int
    text: str
    seq: int
    """Number of the command; of an unknown one the last that is known of."""
    event_id: int = 0
    reason: Reject | None = None


class _Numbered(Protocol):
    """A command that takes a reference of its own."""

    @property
    def account(self) -> int: ...

    def record(self, client_ref: int, text: bytes) -> bytes: ...


@dataclass(slots=True)
class _Guarded:
    """A client order id on its way: its reference, and the command at which the fold tells of it (None: unknown)."""

    client_ref: int
    seq: int | None = None


class Desk:
    """Sends commands of clients, one effect each.

    Its invariant: `_refs` is at least the highest reference that was given out here for an account; `_texts` holds each
    client order id from before its command goes out until the fold tells of it.
    """

    def __init__(self, door: Door, views: Views, arrivals: Arrivals, *, stamp: str) -> None:
        """Does nothing yet.

        Args:
            door: where commands go.
            views: the fold.
            arrivals: waiting for it.
            stamp: what ids of orders without a client order id begin with: another in each life of the process.
        """
        self._door = door
        self._views = views
        self._arrivals = arrivals
        self._stamp = stamp
        self._count = 0
        self._deadlines = Deadlines(PATIENCE_S)
        self.last_seq = 0
        """The highest number of a command whose outcome came here."""
        self._refs: dict[int, int] = {}
        self._texts: OrderedDict[tuple[int, str], _Guarded] = OrderedDict()

    def place(self, order: NewOrder, client_order_id: str | None = None) -> Coroutine[None, None, Told]:
        """Places an order. Raises: Problem: the id is taken; the exchange is away."""
        return self._guarded(order, client_order_id)

    async def replace(self, change: Replacement, client_order_id: str | None = None) -> Told:
        """Replaces an order; without a new id the order keeps the one it has. Raises: Problem."""
        if client_order_id is not None:
            return await self._guarded(change, client_order_id)
        return await self._numbered(change, "", None)

    async def cancel(self, account: int, client_ref: int, quantity: int = 0) -> Told:
        """Cancels an order, or reduces it to what it may fill in all. Raises: Problem."""
        return await self._plain(cancel_record(account, client_ref, quantity), client_ref)

    async def command(self, record: bytes) -> Told:
        """Sends a command without a reference, e.g. a mass cancel. Raises: Problem."""
        return await self._plain(record, 0)

    async def mass_cancel(self, *, scope: int, number: int, instrument: int = 0, side: int = 0) -> Told:
        """Cancels all orders of an account, a firm, a session or the venue. Raises: Problem."""
        return await self.command(encode("MassCancel", id=number, scope=scope, instrument=instrument, side=side))

    def ref_of(self, account: int, client_order_id: str) -> int | None:
        """The reference that a client order id has here, if the fold does not tell of it yet."""
        guarded = self._texts.get((account, client_order_id))
        return guarded.client_ref if guarded is not None else None

    async def _guarded(self, command: _Numbered, client_order_id: str | None) -> Told:
        self._forget_told()
        if client_order_id is None:
            self._count += 1
            return await self._numbered(command, f"{self._stamp}-{self._count:x}", None)
        key = command.account, client_order_id
        self._insist_free(key)
        guarded = self._texts[key] = _Guarded(0)
        try:
            told = await self._numbered(command, client_order_id, guarded)
        except BaseException:
            if guarded.client_ref == 0:  # it never went out
                del self._texts[key]
            raise
        if told.status != "unknown":
            guarded.seq = told.seq
        return told

    async def _numbered(self, command: _Numbered, text: str, guarded: _Guarded | None) -> Told:
        """Sends with the next reference, and again with a later one where another door was faster."""
        tail = text.encode()
        for _ in range(TRIES):
            if not self._door.free:
                await self._until_free()
            client_ref = self._next_ref(command.account)
            if guarded is not None:
                guarded.client_ref = client_ref
            sent = self._send(command.record(client_ref, tail))
            outcome = await self._deadlines.within(sent)
            told = self._told(outcome, client_ref, text)
            if told.reason is None or told.reason.name != STALE:
                return told
            with contextlib.suppress(NotYet):
                await self._arrivals.wait_for(told.seq, timeout_s=PATIENCE_S)
        raise away(STALE, "another door places orders of this account faster than this one: ask again")

    def _next_ref(self, account: int) -> int:
        client_ref = max(self._refs.get(account, 0), self._views.last_ref(account)) + 1
        self._refs[account] = client_ref
        return client_ref

    async def _plain(self, record: bytes, client_ref: int) -> Told:
        """Sends a command that takes no reference of its own."""
        if not self._door.free:
            await self._until_free()
        outcome = await self._deadlines.within(self._send(record))
        return self._told(outcome, client_ref, "")

    async def _until_free(self) -> None:
        """Waits until a command can go out, which holds until somebody else has the turn. Raises: Problem."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not self._door.free:
                    await self._door.until_free()
        except TimeoutError as error:
            raise away("ExchangeAway", f"the exchange took nothing for {PATIENCE_S:g} s: nothing was done") from error

    def _send(self, record: bytes) -> asyncio.Future[Outcome]:
        """Sends at once; the door is free."""
        sent = self._door.send(record)
        assert sent is not None
        return sent

    def _told(self, outcome: Outcome | None, client_ref: int, text: str) -> Told:
        """What an outcome says; None: none came in time."""
        if outcome is None:
            return Told("unknown", client_ref, text, self._views.seq)
        seq = command_seq(outcome.first_event)
        self.last_seq = max(self.last_seq, seq)
        if outcome.done:
            return Told("accepted", client_ref, text, seq, outcome.first_event)
        return Told("rejected", client_ref, text, seq, outcome.first_event, reject(outcome.reason))

    def _insist_free(self, key: tuple[int, str]) -> None:
        account, text = key
        known = self._views.order_by_text(account, text)
        if known is not None:
            raise _taken(text, int(known["client_ref"]))
        if key in self._texts:
            raise _taken(text, self._texts[key].client_ref)
        if len(self._texts) >= TEXTS_AT_MOST:
            raise Problem(503, "TooManyUnknown", "too many orders wait for the exchange: ask again", retryable=True)

    def _forget_told(self) -> None:
        """Drops ids of which the fold tells by now, from the oldest on; one that it does not know goes to the end."""
        if not self._texts:
            return
        seq = self._views.seq
        while self._texts:
            key = next(iter(self._texts))
            guarded = self._texts[key]
            told = guarded.seq <= seq if guarded.seq is not None else self._views.order_by_text(*key) is not None
            if not told:
                self._texts.move_to_end(key)
                return
            del self._texts[key]


def _taken(text: str, client_ref: int) -> Problem:
    return conflict(
        "ClientOrderIdTaken",
        f"client_order_id {text!r} is the id of order {client_ref}: take another, or read that order",
        order_ref=str(client_ref),
        client_order_id=text,
    )
