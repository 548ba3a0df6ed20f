"""Paper trading: a running venue's market, and a house in this process that deals the orders. Touches the event log.

The same class, the same desk, the same limits as live; nothing is sent. The house is conservative: a limit order fills
at its limit once the quote is a tick beyond it, no fill is larger than the quote, each is charged the taker's fee.
Others do not see the orders, and a market that would have moved because of them does not.
"""

import asyncio
import contextlib
import signal
import time
from collections.abc import Mapping
from typing import Any, Final

from garraway import _native
from garraway.trading.live import LiveReport, Tell, told_fill
from garraway.trading.live_desk import LivePlan, limits_of, listed, native_terms
from garraway.trading.live_state import Untradable
from garraway.trading.strategy import Strategy
from garraway.units import money_units
from garraway.venues import Directory, Tape

ACCOUNT: Final = 16
"""Its account in the house."""
POLL_S: Final = 0.002


class PaperRun:
    """One run of a strategy on paper."""

    def __init__(
        self, strategy: Strategy, plan: LivePlan, *, cash: str, tell: Tell, header: Mapping[str, Any] | None = None
    ) -> None:
        """Does nothing yet; see `run`. `cash` is decimal text in the quote asset."""
        self.strategy = strategy
        self.plan = plan
        self.cash = cash
        self.report = LiveReport(dict(header or {}))
        self.desk: Any = None
        self._tell = tell
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Asks the run to end."""
        self._stopping.set()

    async def run(self) -> LiveReport:
        """From the log as it stands to the end. Raises: LiveError, LimitsError, UnitsError, what a handler raises."""
        self._begin()
        loop = asyncio.get_running_loop()
        ends_s = loop.time() + self.plan.run_s if self.plan.run_s else None
        told, tripped = 0, False
        try:
            while not self._stopping.is_set() and (ends_s is None or loop.time() < ends_s):
                taken = self.desk.take()
                told = told_fill(self.desk, told, self._tell)
                if self.desk.trip is not None and not tripped:
                    tripped = True
                    names = ("reason", "level", "value", "limit", "at_ns")
                    self._tell("locked", dict(zip(names, self.desk.trip, strict=True)))
                await asyncio.sleep(0 if taken else POLL_S)
            self.desk.stop(True)
            told_fill(self.desk, told, self._tell)
            self.report.ended = "stopped"
        finally:
            self.report.close(self.desk, self.strategy)
        return self.report

    def _begin(self) -> None:
        plan, directory, tape = self.plan, Directory(), Tape(self.plan.folder)
        while len((batch := tape.read()).events):
            directory.apply(batch.events, batch.tails)
        if not directory.instruments:
            raise Untradable(f"no venue has listed anything in {plan.folder}: start one with `garraway up`")
        instruments = listed(directory, plan.symbols)
        limits = limits_of(plan, directory, instruments)
        settings = {
            "account": ACCOUNT,
            "base_ref": 0,
            "bar_ns": plan.bar_ns,
            "skip_failures": plan.skip_failures,
            "others": [],
            "reset_at_ns": 0,
            "cash": money_units(self.cash, directory.assets[instruments[0].quote_asset]),
            "limits": limits.whole,
        }
        given = [native_terms(one, directory, limits) for one in instruments]
        self.desk = _native.LiveDesk(plan.folder, self.strategy, self.strategy.CALLED, given, settings)
        self.desk.start()
        while self.desk.take():
            pass
        self.desk.go_live()
        said: dict[str, Any] = {"strategy": plan.name, "symbols": list(plan.symbols), "cash": self.cash}
        said |= {"started_ns": time.time_ns(), "limits_hash": limits.hash}
        self.report.header |= said | {"limits": limits.resolved}
        self._tell("paper", said)


def paper(run: PaperRun) -> LiveReport:
    """Runs in an event loop of its own; SIGTERM and SIGINT end it cleanly. Raises: as `PaperRun.run`."""

    async def whole() -> LiveReport:
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):  # not in a thread
                asyncio.get_running_loop().add_signal_handler(number, run.stop)
        return await run.run()

    return asyncio.run(whole())
