"""A strategy at a running venue: orders through the door, market from the event log. Touches the venue and files.

Everything that the strategy sees follows from the log, event by event; a clock is asked only for how long the venue has
been away. Each command is written to the file of intents before it is sent, so that a kill at any point doubles
nothing: at the next start the venue's log says what became of it.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Protocol

from garraway import _native
from garraway.records import encode
from garraway.trading.limits import BoundLimits, changes
from garraway.trading.live_desk import LivePlan, limits_of, listed, native_terms, portfolio
from garraway.trading.live_state import (
    LIMITS,
    RUN,
    NotAcknowledged,
    SourceLock,
    StrategyFolder,
    StrategyLocked,
    Untradable,
)
from garraway.trading.reconcile import AccountStanding, Intents, Reconciliation, Unreconciled, reconcile
from garraway.trading.stop import Locks
from garraway.trading.strategy import Strategy
from garraway.venues import Directory, ExchangeVenue, Instrument, Outcome, Tape

POLL_S: Final = 0.002
"""How long it waits before it looks again at a log that had nothing new."""
STOP_S: Final = 10.0
"""How long the orders of a strategy that ends may take to be cancelled."""
PLACING: Final = frozenset({encode("PlaceOrder")[2], encode("ReplaceOrder")[2]})
Tell = Callable[[str, Mapping[str, Any]], None]


class Given(Protocol):
    """Who decides at a start: shows limits and differences, and says yes or no."""

    def limits(self, limits: BoundLimits, changed: list[tuple[str, Any, Any]]) -> str | None:
        """A reason to go on with limits that were not acknowledged yet; None refuses."""

    def reconciled(self, found: Reconciliation) -> str | None:
        """A reason to go on with differences that refuse; None refuses. Asked where there are none, too, to show it."""


@dataclass(slots=True)
class LiveReport:
    """What came of a run."""

    header: dict[str, Any]
    orders: int = 0
    fills: int = 0
    commands: int = 0
    failures: int = 0
    open_orders: int = 0
    position: dict[str, int] = field(default_factory=dict)
    cash: int = 0
    """Ledger units of the quote asset, positions paid in full."""
    equity_twice: int = 0
    gain: int = 0
    """Of the account since it was opened, ledger units."""
    trip: tuple[str, str, int, int, int] | None = None
    """Reason, level, value, limit and time of the breaker that tripped."""
    ended: str = ""
    """Why it ended."""
    reconciled_s: float = 0.0
    """How long the start took until the account was reconciled."""

    def close(self, desk: Any, strategy: Strategy) -> None:
        """Takes what the desk ends with, and leaves the desk in the strategy."""
        self.open_orders, self.fills, self.commands, _, self.failures = desk.counts
        self.orders = len(desk.orders(0))
        _, self.cash, self.equity_twice, self.position = desk.standing()
        self.gain = desk.gains()[0]
        self.trip = desk.trip
        desk.leave(strategy)

    def to_json(self) -> dict[str, Any]:
        """As a JSON value."""
        return asdict(self)


@dataclass(slots=True)
class _Known:
    """The venue as the log tells it at the start."""

    directory: Directory = field(default_factory=Directory)
    standing: AccountStanding = field(default_factory=lambda: AccountStanding(0))


class LiveRun:
    """One run of a strategy at a venue. Its invariant: what was sent stands in the file of intents before."""

    def __init__(
        self,
        strategy: Strategy,
        plan: LivePlan,
        *,
        given: Given,
        tell: Tell,
        header: Mapping[str, Any] | None = None,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        """Does nothing yet; see `run`."""
        self.strategy = strategy
        self.plan = plan
        self._given = given
        self._tell = tell
        self._now_ns = now_ns
        self._stopping = asyncio.Event()
        self._outgoing: deque[bytes] = deque()
        self._answers: deque[asyncio.Future[Outcome]] = deque()
        self.report = LiveReport(dict(header or {}))
        self.desk: Any = None

    def stop(self) -> None:
        """Asks the run to end: cancel, settle, report."""
        self._stopping.set()

    async def run(self) -> LiveReport:
        """From reconciliation to the end.

        Raises: LiveError, LimitsError, ReconcileError, VenueError, and what a handler raises.
        """
        plan, began_s = self.plan, time.monotonic()
        self._refuse_locked()
        with contextlib.closing(SourceLock(plan.folder, plan.source)):
            files = StrategyFolder.of(plan.folder, plan.name)
            async with await ExchangeVenue.connect(plan.folder, source=plan.source) as venue:
                known = await self._read(venue)
                instruments = listed(known.directory, plan.symbols)
                limits = self._limits(files, known.directory, instruments)
                with contextlib.closing(Intents(files.intents)) as intents:
                    await self._reconcile(venue, known, intents)
                    self.report.reconciled_s = time.monotonic() - began_s
                    self._begin(files, known, instruments, limits)
                    await self._trade(venue, intents)
        return self.report

    def _refuse_locked(self) -> None:
        lock = Locks(self.plan.folder).read().get(self.plan.account)
        if lock is not None:
            raise StrategyLocked(
                f"account {self.plan.account} is locked ({lock.reason}): unlock it with "
                f"`garraway stop --account {self.plan.account} --unlock --reason TEXT`"
            )

    async def _read(self, venue: ExchangeVenue) -> _Known:
        known = _Known(standing=AccountStanding(self.plan.account))
        async for batch in venue.own_history(Tape(self.plan.folder), 0):
            known.directory.apply(batch.events, batch.tails)
            known.standing.apply(batch.events)
        if self.plan.account not in known.directory.accounts:
            numbers = ", ".join(map(str, sorted(known.directory.accounts)))
            raise Untradable(f"the venue has no account {self.plan.account}: take one of {numbers}")
        if known.standing.killed:
            raise StrategyLocked(
                f"the kill switch of account {self.plan.account} is thrown: lift it with "
                f"`garraway stop --account {self.plan.account} --unlock --reason TEXT`"
            )
        return known

    def _limits(self, files: StrategyFolder, directory: Directory, instruments: list[Instrument]) -> BoundLimits:
        """The limits, which somebody must have said yes to."""
        limits = limits_of(self.plan, directory, instruments)
        changed = changes(files.read(LIMITS), limits.resolved)
        if not files.acknowledged(limits.hash):
            reason = self._given.limits(limits, changed)
            if reason is None:
                raise NotAcknowledged(
                    f"limits {limits.hash[:12]} of {self.plan.name} are not acknowledged: look at them, then start "
                    f"with --acknowledge {limits.hash[:12]}, or with --yes --reason TEXT"
                )
            files.acknowledge(limits.hash, reason=reason, at_ns=self._now_ns())
        files.write(LIMITS, limits.resolved)
        self.report.header |= {"limits": limits.resolved, "limits_hash": limits.hash}
        return limits

    async def _reconcile(self, venue: ExchangeVenue, known: _Known, intents: Intents) -> None:
        found = reconcile(
            intents.read(),
            known.standing,
            source=venue.state.source,
            last_source_seq=venue.last_seq,
            commands=set(PLACING),
        )
        reason = self._given.reconciled(found)
        if found.refused and reason is None:
            found.check()
            raise Unreconciled("differences")  # not reached: check raises
        self._tell(
            "reconciled", {"agreed": found.agreed, "differences": len(found.differences), "reason": reason or ""}
        )
        cancels = [
            encode("CancelOrder", account=order.account, instrument=order.instrument, client_ref=order.client_ref)
            for order in found.left_open
        ]
        await venue.submit(cancels)
        tape = Tape(self.plan.folder)
        known.standing = AccountStanding(self.plan.account)
        async for batch in venue.own_history(tape, 0):
            known.standing.apply(batch.events)

    def _begin(self, files: StrategyFolder, known: _Known, instruments: list[Instrument], limits: BoundLimits) -> None:
        """The desk, brought up to date with the log; the strategy is told nothing of that."""
        plan = self.plan
        settings = {
            "account": plan.account,
            "base_ref": known.standing.last_ref,
            "bar_ns": plan.bar_ns,
            "skip_failures": plan.skip_failures,
            "others": [number for number in portfolio(plan.folder) if number != plan.account],
            "reset_at_ns": files.last_reset_ns(),
            "cash": None,
            "limits": limits.whole,
        }
        given = [native_terms(one, known.directory, limits) for one in instruments]
        self.desk = _native.LiveDesk(plan.folder, self.strategy, self.strategy.CALLED, given, settings)
        self.desk.start()
        while self.desk.take():
            pass
        if plan.unlock_reason:
            files.reset(reason=plan.unlock_reason, at_ns=self._now_ns())
            self.desk.reset()
        if self.desk.trip is not None:
            reason, level, value, limit, at_ns = self.desk.trip
            raise StrategyLocked(
                f"breaker {reason} ({level} limit) tripped at {at_ns} ns with {value}, limit {limit}: look at it, then "
                f"start with --unlock --reason TEXT"
            )
        run = {
            "strategy": plan.name,
            "account": plan.account,
            "source": plan.source,
            "symbols": list(plan.symbols),
            "pid": os.getpid(),
            "started_ns": self._now_ns(),
            "base_ref": known.standing.last_ref,
            "limits_hash": limits.hash,
        }
        files.write(RUN, run)
        self.report.header |= run
        self.desk.go_live()
        self._tell("live", run)

    async def _trade(self, venue: ExchangeVenue, intents: Intents) -> None:
        loop = asyncio.get_running_loop()
        ends_s = loop.time() + self.plan.run_s if self.plan.run_s else None
        told_fills, tripped = self.desk.counts[1], False
        try:
            while not self._stopping.is_set():
                taken = self.desk.take()
                self._send_all(venue, intents)
                self._watch(venue)
                told_fills = told_fill(self.desk, told_fills, self._tell)
                if self.desk.trip is not None and not tripped:
                    tripped = True
                    self._tell(
                        "locked", dict(zip(("reason", "level", "value", "limit", "at_ns"), self.desk.trip, strict=True))
                    )
                if self.desk.killed:
                    self.report.ended = "killed"
                    break
                if ends_s is not None and loop.time() >= ends_s:
                    break
                await asyncio.sleep(0 if taken else POLL_S)
            await self._end(venue, intents)
            told_fill(self.desk, told_fills, self._tell)
        finally:
            self.report.close(self.desk, self.strategy)

    def _send_all(self, venue: ExchangeVenue, intents: Intents) -> None:
        """Sends what the desk wrote, as far as the door takes it now; the rest waits in order."""
        self._outgoing.extend(self.desk.commands())
        while self._outgoing and venue.free:
            record = self._outgoing.popleft()
            intents.add(venue.last_seq + 1, record)
            answer = venue.send(record)
            assert answer is not None, "a free venue takes a command"
            self._answers.append(answer)
        while self._answers and self._answers[0].done():
            self._answers.popleft().result()
        if venue.failure is not None:
            raise venue.failure

    def _watch(self, venue: ExchangeVenue) -> None:
        if venue.connected:
            self.desk.connected()
        else:
            self.desk.disconnected(self._now_ns())

    async def _end(self, venue: ExchangeVenue, intents: Intents) -> None:
        """Calls `stop`, cancels, and waits until the venue has told the end of every order."""
        self.desk.stop(self.plan.cancel_at_stop)
        self.report.ended = self.report.ended or "stopped"
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                while self._outgoing or self._answers or (self.plan.cancel_at_stop and self.desk.counts[0]):
                    taken = self.desk.take()
                    self._send_all(venue, intents)
                    if not taken:
                        await asyncio.sleep(POLL_S)


def told_fill(desk: Any, first: int, tell: Tell) -> int:
    """Tells of fills from the n-th on; how many there are."""
    fills = desk.fills(first)
    for at_ns, symbol, side, price, lots, value, fee, realised, ref, position in fills:
        said = {"at_ns": at_ns, "symbol": symbol, "side": "buy" if side == 1 else "sell", "price": price}
        said |= {"lots": lots, "value": value, "fee": fee, "realised": realised}
        tell("fill", said | {"order": ref, "position": position})
    return first + len(fills)


def run_until_stopped(run: LiveRun) -> LiveReport:
    """Runs in an event loop of its own; SIGTERM and SIGINT end it cleanly. Raises: as `LiveRun.run`."""

    async def whole() -> LiveReport:
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):  # not in a thread
                asyncio.get_running_loop().add_signal_handler(number, run.stop)
        return await run.run()

    return asyncio.run(whole())
