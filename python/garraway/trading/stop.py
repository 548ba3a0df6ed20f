"""The emergency stop of accounts of strategies, running or dead: cancel, flatten, lock. Touches the venue, files.

A lock is two things: the kill switch of the account at the venue, which refuses every new order whoever sends it, and a
line in the file of locks, for which no strategy starts. Both stay until they are lifted with a reason.
"""

import json
import os
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from garraway.records import OrderType, Scope, Side, TimeInForce, encode, reject
from garraway.trading.reconcile import AccountStanding
from garraway.venues import Directory, ExchangeVenue, Outcome, Tape
from garraway.venues.exchange import CONNECT_S

SOURCE: Final = "stop"
SOURCE_NUMBER: Final = 12
FOLDER: Final = "strategies"
LOCKS: Final = "locks.json"
HISTORY: Final = "stops.jsonl"
ROUNDS: Final = 5
"""How often it cancels and flattens again what came in between, or met too little on the other side."""


class StopError(Exception):
    """The stop cannot do what was asked."""


@dataclass(frozen=True, slots=True)
class Lock:
    """Why an account is locked, and since when."""

    account: int
    reason: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class Left:
    """A position that could not be closed: why, as the venue said it."""

    account: int
    symbol: str
    lots: int
    why: str


@dataclass(slots=True)
class Stopped:
    """What a stop did."""

    accounts: tuple[int, ...]
    cancelled: int = 0
    """Orders that were open when it began."""
    flattened: int = 0
    """Orders sent to close positions."""
    left: list[Left] = field(default_factory=list)
    """Positions that are still there."""
    rounds: int = 0

    def to_json(self) -> dict[str, Any]:
        """As a JSON value."""
        return asdict(self)


class Locks:
    """The file of locks of a venue's strategies."""

    def __init__(self, folder: Path) -> None:
        """Of the venue in `folder`."""
        self.path = folder / FOLDER / LOCKS

    def read(self) -> dict[int, Lock]:
        """Account -> its lock. Raises: StopError: the file is damaged."""
        try:
            said = json.loads(self.path.read_text(encoding="utf-8"))
            return {int(number): Lock(int(number), **one) for number, one in said.items()}
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, AttributeError) as error:
            raise StopError(
                f"{self.path} is damaged ({error}), so every strategy counts as locked: write it anew with "
                f"`garraway stop --all`, then unlock with a reason"
            ) from error

    def lock(self, accounts: Collection[int], *, reason: str, at_ns: int) -> None:
        """Locks them; one that is locked keeps its first reason. A damaged file is written anew."""
        try:
            found = self.read()
        except StopError:
            found = {}
        self._write({number: Lock(number, reason, at_ns) for number in accounts} | found)
        self._tell("locked", accounts, reason=reason, at_ns=at_ns)

    def unlock(self, accounts: Collection[int], *, reason: str, at_ns: int) -> None:
        """Lifts the locks. Raises: StopError: no reason was given, or the file is damaged."""
        if not reason.strip():
            raise StopError("to unlock needs a reason: give --reason TEXT")
        self._write({number: lock for number, lock in self.read().items() if number not in accounts})
        self._tell("unlocked", accounts, reason=reason, at_ns=at_ns)

    def _write(self, locks: Mapping[int, Lock]) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = self.path.with_suffix(f".{os.getpid()}")
        with new.open("w", encoding="utf-8") as stream:
            json.dump({one.account: {"reason": one.reason, "at_ns": one.at_ns} for one in locks.values()}, stream)
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(self.path)

    def _tell(self, what: str, accounts: Collection[int], *, reason: str, at_ns: int) -> None:
        with self.path.with_name(HISTORY).open("a", encoding="utf-8") as stream:
            said = {"at_ns": at_ns, "what": what, "accounts": sorted(accounts), "reason": reason}
            stream.write(json.dumps(said) + "\n")


@dataclass(slots=True)
class _Venue:
    """The stop's place at the venue: a connection, and the accounts as the log tells them."""

    venue: ExchangeVenue
    tape: Tape
    directory: Directory
    standings: dict[int, AccountStanding]
    seen_seq: int = 0

    @classmethod
    async def connected(cls, folder: Path, accounts: Collection[int], wait_s: float = CONNECT_S) -> "_Venue":
        venue = await ExchangeVenue.connect(folder, source=SOURCE, wait_s=wait_s)
        standings = {number: AccountStanding(number) for number in accounts}
        return cls(venue, Tape(folder), Directory(), standings)

    async def look(self) -> None:
        """Reads on, until all that was sent is told."""
        async for batch in self.venue.own_history(self.tape, self.seen_seq):
            self.directory.apply(batch.events, batch.tails)
            for standing in self.standings.values():
                standing.apply(batch.events)
        self.seen_seq = self.venue.last_seq

    async def send(self, records: list[bytes]) -> list[Outcome]:
        outcomes = await self.venue.submit(records)
        await self.look()
        return outcomes

    @property
    def open_count(self) -> int:
        return sum(len(standing.open_orders()) for standing in self.standings.values())

    def held(self) -> dict[tuple[int, int], int]:
        """(account, instrument) -> lots that are not 0."""
        return {
            (number, instrument): held.lots
            for number, standing in self.standings.items()
            for instrument, held in standing.positions.items()
            if held.lots
        }


async def stop(
    folder: Path,
    accounts: Collection[int],
    *,
    reason: str,
    at_ns: int,
    flatten: bool = True,
    wait_s: float = CONNECT_S,
) -> Stopped:
    """Locks the accounts, cancels their orders and closes their positions at the market.

    A position is what trading brought; what was deposited of a base asset stays.

    Args:
        folder: the venue's folder.
        accounts: which; those that the venue does not have are locked in the file alone.
        reason: why, for the file of locks.
        at_ns: the time, for the same.
        flatten: whether positions are closed.
        wait_s: how long the exchange may take to answer.
    Raises: NoVenue, LoginRefused: the accounts are locked in the file, and nothing else was done.
    """
    Locks(folder).lock(accounts, reason=reason, at_ns=at_ns)
    at = await _Venue.connected(folder, accounts, wait_s)
    async with at.venue:
        await at.look()
        known = [number for number in sorted(accounts) if number in at.directory.accounts]
        stopped = Stopped(tuple(known), cancelled=at.open_count)
        why: dict[tuple[int, int], str] = {}
        before: dict[tuple[int, int], int] | None = None
        while known and stopped.rounds < ROUNDS:
            stopped.rounds += 1
            await at.send([_kill(number, on=1) for number in known])
            while at.open_count:
                await at.send([encode("MassCancel", scope=Scope.ACCOUNT, id=number) for number in known])
            held = at.held()
            if not flatten or not held or held == before:
                break
            before, why = held, await _flatten(at, held, stopped)
        stopped.left = [_left(at.directory, key, lots, why) for key, lots in at.held().items()]
    return stopped


async def unlock(folder: Path, accounts: Collection[int], *, reason: str, at_ns: int) -> None:
    """Lifts kill switches and locks. Raises: StopError: no reason, or the venue refused; NoVenue, LoginRefused."""
    if not reason.strip():
        raise StopError("to unlock needs a reason: give --reason TEXT")
    at = await _Venue.connected(folder, accounts)
    async with at.venue:
        await at.look()
        known = [number for number in sorted(accounts) if number in at.directory.accounts]
        for number, outcome in zip(known, await at.send([_kill(one, on=0) for one in known]), strict=True):
            if not outcome.done:
                raise StopError(f"the venue does not unlock account {number}: {reject(outcome.reason)}")
    Locks(folder).unlock(accounts, reason=reason, at_ns=at_ns)


async def _flatten(at: _Venue, held: Mapping[tuple[int, int], int], stopped: Stopped) -> dict[tuple[int, int], str]:
    """Lifts the switches for as long as the closing orders need; why one was refused."""
    refs = {number: standing.last_ref for number, standing in at.standings.items()}
    lifts = [_kill(number, on=0) for number in sorted({account for account, _ in held})]
    orders = []
    for (account, instrument), lots in held.items():
        refs[account] += 1
        terms = at.directory.instruments[instrument].terms
        orders.append(
            encode(
                "PlaceOrder",
                account=account,
                instrument=instrument,
                client_ref=refs[account],
                side=Side.SELL if lots > 0 else Side.BUY,
                order_type=OrderType.MARKET,
                time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL,
                price=terms.min_price if lots > 0 else terms.max_price,
                quantity=min(abs(lots), terms.max_quantity),
            )
        )
    throws = [_kill(number, on=1) for number in sorted({account for account, _ in held})]
    outcomes = (await at.send([*lifts, *orders, *throws]))[len(lifts) : len(lifts) + len(orders)]
    stopped.flattened += sum(outcome.done for outcome in outcomes)
    return {
        key: "too little on the other side" if outcome.done else str(reject(outcome.reason))
        for key, outcome in zip(held, outcomes, strict=True)
    }


def _left(directory: Directory, key: tuple[int, int], lots: int, why: Mapping[tuple[int, int], str]) -> Left:
    account, instrument = key
    return Left(account, directory.instruments[instrument].terms.symbol, lots, why.get(key, "left as it is"))


def _kill(account: int, *, on: int) -> bytes:
    return encode("SetKill", scope=Scope.ACCOUNT, id=account, on=on)
