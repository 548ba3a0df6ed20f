"""A strategy at a running exchange: its orders, its market, its limits, its ends."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from examples.market_maker import MarketMaker
from tests.trading.house import ACCOUNT, BTC, DEADLINE_S, MIDDLE, SOURCE, TICK, House, house, until
from tests.trading.live_sample import Failing, Once

from garraway.cli.up import plan
from garraway.records import EVENTS, Side, encode
from garraway.trading.limits import BoundLimits
from garraway.trading.live import LiveRun
from garraway.trading.live_desk import LivePlan
from garraway.trading.live_state import AlreadyRunning, NotAcknowledged, StrategyFolder, StrategyLocked, Untradable
from garraway.trading.reconcile import Intents, Reconciliation, Unreconciled
from garraway.trading.stop import stop
from garraway.trading.strategy import Strategy

KILLS = int(os.environ.get("GARRAWAY_KILLS", "3"))
PLACE = encode("PlaceOrder")[2]


@dataclass
class Asked:
    """Who says yes to limits, and to differences where `differences` is a reason."""

    yes: str | None = "a test"
    differences: str | None = None
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    found: list[Reconciliation] = field(default_factory=list)

    def limits(self, limits: BoundLimits, changed: list[tuple[str, Any, Any]]) -> str | None:
        self.told.append(("limits", {"hash": limits.hash, "changed": changed}))
        return self.yes

    def reconciled(self, found: Reconciliation) -> str | None:
        self.found.append(found)
        return self.differences

    def tell(self, what: str, said: Mapping[str, Any]) -> None:
        self.told.append((what, dict(said)))


def made(at: House, strategy: Strategy, asked: Asked, **more: object) -> LiveRun:
    settings: dict[str, Any] = {"folder": at.folder, "name": "tested", "symbols": ("BTC-USD",)} | more
    return LiveRun(strategy, LivePlan(**settings), given=asked, tell=asked.tell)


@asynccontextmanager
async def running(run: LiveRun) -> AsyncIterator[None]:
    """A run that trades, and is stopped at the end."""
    task = asyncio.ensure_future(run.run())
    await until(lambda: run.desk is not None or task.done())
    try:
        yield
    finally:
        run.stop()
        await asyncio.wait_for(task, DEADLINE_S)


def test_a_strategy_trades_restarts_with_its_position_and_says_what_came_of_it(tmp_path: Path) -> None:
    async def whole() -> None:
        async with house(tmp_path / "v") as at:
            await at.quote(MIDDLE - TICK, MIDDLE + TICK)
            first, asked = Once(), Asked()
            run = made(at, first, asked, bar_ns=10**9)
            async with running(run):
                await at.quote(MIDDLE - 2 * TICK, MIDDLE + TICK)
                await until(lambda: "fill 3" in first.seen and any(one.startswith("bar") for one in first.seen))
            report = run.report
            assert (report.position, report.fills, report.open_orders, report.ended) == (
                {"BTC-USD": 3},
                1,
                0,
                "stopped",
            )
            assert first.seen[-1] == "stop"
            assert report.reconciled_s < 2
            assert [what for what, _ in asked.told] == ["limits", "reconciled", "live", "fill"]

            again, second = Asked(yes=None), Once(lots=1)
            run = made(at, second, again)
            async with running(run):
                await at.quote(MIDDLE - 3 * TICK, MIDDLE + TICK)
                await until(lambda: bool(second.seen))
            assert (run.report.position, second.seen) == ({"BTC-USD": 1}, ["fill 2", "stop"])
            assert again.found[0].agreed == 1
            assert again.found[0].differences == ()
            standing = await at.standing()
            assert standing.positions[BTC.number].lots == 1
            assert run.report.gain == standing.positions[BTC.number].realised - standing.positions[BTC.number].fees + (
                (MIDDLE - TICK) * 1_000 - standing.positions[BTC.number].cost
            )

    asyncio.run(whole())


def test_limits_must_be_acknowledged_and_are_compared_with_the_last_run(tmp_path: Path) -> None:
    async def whole() -> None:
        async with house(tmp_path / "v") as at:
            refused = Asked(yes=None)
            with pytest.raises(NotAcknowledged, match=r"--acknowledge [0-9a-f]{12}, or with --yes --reason TEXT"):
                await made(at, Once(), refused).run()
            asked = Asked()
            async with running(made(at, Once(), asked)):
                pass
            changed = tmp_path / "limits.toml"
            changed.write_text("[order]\nmax_lots = 2\n")
            with pytest.raises(NotAcknowledged):
                await made(at, Once(), refused, limits=changed).run()
            assert refused.told[-1][1]["changed"] == [("BTC-USD.order.max_lots", 0, 2)]

    asyncio.run(whole())


def test_an_order_beyond_its_limits_never_leaves(tmp_path: Path) -> None:
    async def whole() -> None:
        async with house(tmp_path / "v") as at:
            limits = tmp_path / "limits.toml"
            limits.write_text("[order]\nmax_lots = 2\n[breakers]\nmax_refusals = 3\nrefusals_ms = 60000\n")
            strategy, asked = Once(), Asked()
            run = made(at, strategy, asked, limits=limits)
            async with running(run):
                for more in range(1, 6):
                    await at.quote(MIDDLE - more * TICK, MIDDLE + TICK)
                await until(lambda: run.desk.trip is not None)
            assert run.report.trip is not None
            assert run.report.trip[:4] == ("RepeatedRefusals", "strategy", 3, 3)
            assert (run.report.commands, run.report.position) == (0, {"BTC-USD": 0})
            assert (await at.standing()).last_ref == 0

    asyncio.run(whole())


def test_a_breaker_stays_locked_over_a_restart_until_it_is_reset_with_a_reason(tmp_path: Path) -> None:
    async def whole() -> None:
        async with house(tmp_path / "v") as at:
            limits = tmp_path / "limits.toml"
            limits.write_text('[strategy]\nmax_daily_loss = "0.03"\n[breakers]\nflatten = true\n')
            await at.quote(MIDDLE - TICK, MIDDLE + TICK)
            run = made(at, Once(), Asked(), limits=limits)
            async with running(run):
                await at.quote(MIDDLE - 2 * TICK, MIDDLE + TICK)
                await until(lambda: run.desk.trip is not None and run.desk.standing()[3] == {"BTC-USD": 0})
            assert run.report.trip is not None
            assert run.report.trip[0] == "DailyLoss"
            with pytest.raises(StrategyLocked, match=r"breaker DailyLoss .* --unlock --reason TEXT"):
                await made(at, Once(), Asked(), limits=limits).run()
            run = made(at, Once(lots=0), Asked(), limits=limits, unlock_reason="looked at")
            async with running(run):
                pass
            assert run.report.trip is None

    asyncio.run(whole())


def test_an_emergency_stop_ends_a_running_strategy_and_keeps_it_from_starting(tmp_path: Path) -> None:
    async def whole() -> None:
        async with house(tmp_path / "v") as at:
            await at.quote(MIDDLE - TICK, MIDDLE + TICK)
            run = made(at, Once(), Asked())
            async with running(run):
                await at.quote(MIDDLE - 2 * TICK, MIDDLE + TICK)
                await until(lambda: run.desk.standing()[3] == {"BTC-USD": 3})
                stopped = await stop(at.folder, [ACCOUNT], reason="a test", at_ns=1)
                assert stopped.left == []
                await until(lambda: run.report.ended == "killed")
            standing = await at.standing()
            assert (standing.positions[BTC.number].lots, standing.open_orders()) == (0, [])
            with pytest.raises(StrategyLocked, match=f"garraway stop --account {ACCOUNT} --unlock --reason TEXT"):
                await made(at, Once(), Asked()).run()

    asyncio.run(whole())


def test_what_others_did_on_the_account_refuses_unless_a_reason_is_given(tmp_path: Path) -> None:
    async def whole() -> None:
        async with house(tmp_path / "v") as at:
            await at.do(at.order(Side.BUY, MIDDLE - 9 * TICK, 2, account=ACCOUNT))
            with pytest.raises(Unreconciled, match="foreign order"):
                await made(at, Once(), Asked()).run()
            asked = Asked(differences="known")
            async with running(made(at, Once(), asked)):
                pass
            assert asked.found[0].refused[0].verdict == "foreign order"
            assert (await at.standing()).open_orders() == []

    asyncio.run(whole())


def test_what_a_handler_raises_ends_the_run_with_its_place_named(tmp_path: Path) -> None:
    async def whole() -> None:
        async with house(tmp_path / "v") as at:
            run = made(at, Failing(), Asked())
            task = asyncio.ensure_future(run.run())
            await until(lambda: run.desk is not None)
            await at.quote(MIDDLE - TICK, MIDDLE + TICK)
            with pytest.raises(ZeroDivisionError) as caught:
                await asyncio.wait_for(task, DEADLINE_S)
            assert caught.value.__notes__[0].startswith("in on_quote at ")
            counting = made(at, Failing(), Asked(), skip_failures=True)
            async with running(counting):
                await at.quote(MIDDLE - 2 * TICK, MIDDLE + TICK)
                await until(lambda: counting.desk.counts[4] > 0)
            assert counting.report.failures > 0

    asyncio.run(whole())


def test_bad_plans_are_refused_with_what_there_is(tmp_path: Path) -> None:
    async def whole() -> None:
        async with house(tmp_path / "v") as at:
            with pytest.raises(Untradable, match="lists no BTC: take one of BTC-USD, EUR-USD, GARR, GARR-F"):
                await made(at, Once(), Asked(), symbols=("BTC",)).run()
            with pytest.raises(Untradable, match="no account 999: take one of"):
                await made(at, Once(), Asked(), account=999).run()
            async with running(made(at, Once(), Asked())):
                with pytest.raises(AlreadyRunning, match="another strategy trades with source strategy1"):
                    await made(at, Once(), Asked(), name="second").run()

    asyncio.run(whole())


def test_a_damaged_file_of_a_strategy_is_named(tmp_path: Path) -> None:
    folder = StrategyFolder.of(tmp_path, "one")
    (folder.path / "limits.json").write_text("{")
    with pytest.raises(Exception, match=r"limits\.json is damaged .* move it away"):
        folder.read("limits.json")
    with pytest.raises(Exception, match="no name of a strategy"):
        StrategyFolder.of(tmp_path, "../up")


def test_the_market_maker_quotes_both_sides_and_keeps_its_position_within_bounds(tmp_path: Path) -> None:
    async def whole() -> None:
        async with house(tmp_path / "v") as at:
            await at.quote(MIDDLE - 20 * TICK, MIDDLE + 20 * TICK, 1_000)
            run = made(at, MarketMaker(most=10), Asked(), bar_ns=0)
            async with running(run):
                turn = 0
                while run.desk.counts[1] < 4 and not run.report.ended and turn < 400:
                    turn += 1
                    side = Side.SELL if turn % 2 else Side.BUY
                    price = MIDDLE - 20 * TICK if turn % 2 else MIDDLE + 20 * TICK
                    if run.desk.counts[0] == 2:
                        await at.do(at.order(side, price, 3))
                    await asyncio.sleep(0.05)
                    assert abs(run.desk.standing()[3]["BTC-USD"]) <= 15
            assert run.report.fills >= 4
            assert run.report.open_orders == 0

    asyncio.run(whole())


class Killed:
    """A strategy in a process of its own, which is killed again and again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        file = Path(__file__).with_name("live_sample.py")
        command = [sys.executable, "-m", "garraway.cli", "live", f"{file}:Busy", "--folder", str(self.folder)]
        command += ["--yes", "--reason", "a test", "--json", "--name", "killed"]
        log = (self.folder / "live.log").open("ab")
        self.process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
        log.close()

    async def end(self, number: signal.Signals) -> int:
        assert self.process is not None
        assert self.process.returncode is None, (self.folder / "live.log").read_text()[-2000:]
        self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), DEADLINE_S)


def test_a_strategy_killed_at_any_moment_doubles_no_order_and_loses_none(tmp_path: Path) -> None:
    async def whole() -> None:
        async with house(tmp_path / "v") as at:
            trading = asyncio.ensure_future(churn(at))
            killed = Killed(at.folder)
            intents = StrategyFolder.of(at.folder, "killed").intents
            for round_ in range(KILLS):
                before = intents.stat().st_size if intents.exists() else 0
                await killed.start()
                goal = before + 112 * (1 + 37 * round_ % 29)
                await until(partial(reaches, intents, goal))
                await killed.end(signal.SIGKILL)
            await killed.start()
            goal = intents.stat().st_size + 112
            await until(lambda: intents.stat().st_size >= goal)
            assert await killed.end(signal.SIGTERM) == 0
            trading.cancel()
            report = json.loads((at.folder / "live.log").read_text().splitlines()[-1])
            await nothing_doubled_or_lost(at, report)

    asyncio.run(whole())


def reaches(path: Path, size: int) -> bool:
    return path.exists() and path.stat().st_size >= size


async def churn(at: House) -> None:
    """The other account moves the quote without end."""
    turn = 0
    while True:
        turn += 1
        await at.quote(MIDDLE - (1 + turn % 3) * TICK, MIDDLE + (1 + turn % 2) * TICK, 50)
        await asyncio.sleep(0.005)


async def nothing_doubled_or_lost(at: House, report: dict[str, Any]) -> None:
    """Each order that was written down and reached the venue is there once, and nothing else is."""
    standing = await at.standing()
    events = at.events()
    own = events[(events["account"] == ACCOUNT) & (events["source"] == plan.STRATEGY_NUMBERS[SOURCE])]
    answers = (own["kind"] == EVENTS["Accepted"]) | ((own["kind"] == EVENTS["Rejected"]) & (own["value"] == PLACE))
    placed = own[answers]
    at_venue = list(zip(placed["source_seq"].tolist(), placed["client_ref"].tolist(), strict=True))
    with contextlib.closing(Intents(StrategyFolder.of(at.folder, "killed").intents)) as file:
        sent = [(one.source_seq, one.client_ref) for one in file.read() if one.kind == PLACE]
    last = int(own["source_seq"].max())
    arrived = {pair for pair in sent if pair[0] <= last}
    assert len(at_venue) == len(set(at_venue)) > KILLS, "no order is there twice"
    assert len({ref for _, ref in at_venue}) == len(at_venue), "no reference is there twice"
    assert {pair for pair in sent if pair in set(at_venue)} == set(at_venue), "nothing came that was not written down"
    assert {seq for seq, _ in arrived} >= {seq for seq, _ in at_venue}
    assert standing.open_orders() == []
    held = standing.positions.get(BTC.number)
    assert report["position"] == {"BTC-USD": held.lots if held else 0}
    assert report["ended"] == "stopped"
