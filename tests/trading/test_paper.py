"""Paper trading at a running exchange: its market, our orders dealt in this process, and nothing sent."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.trading.house import ACCOUNT, BTC, DEADLINE_S, MIDDLE, TICK, house, until
from tests.trading.live_sample import Once

from garraway.trading.live_desk import LivePlan
from garraway.trading.live_state import Untradable
from garraway.trading.paper import PaperRun


def test_orders_on_paper_meet_the_quotes_of_the_venue_and_the_venue_hears_of_nothing(tmp_path: Path) -> None:
    told: list[tuple[str, dict[str, Any]]] = []

    def tell(what: str, said: Mapping[str, Any]) -> None:
        told.append((what, dict(said)))

    async def whole() -> None:
        async with house(tmp_path / "v") as at:
            await at.quote(MIDDLE - TICK, MIDDLE + TICK)
            strategy = Once()
            plan = LivePlan(folder=at.folder, name="paper", symbols=("BTC-USD",), bar_ns=0)
            run = PaperRun(strategy, plan, cash="1000", tell=tell)
            task = asyncio.ensure_future(run.run())
            await until(lambda: run.desk is not None or task.done())
            await at.quote(MIDDLE - 2 * TICK, MIDDLE + 2 * TICK)
            await until(lambda: task.done() or run.desk.standing()[3] == {"BTC-USD": 3})
            run.stop()
            report = await asyncio.wait_for(task, DEADLINE_S)
            value = (MIDDLE + 2 * TICK) * 1_000 * 3
            fee = value * BTC.taker_fee_rate // 10**9
            assert (report.fills, report.position, report.ended) == (1, {"BTC-USD": 3}, "stopped")
            assert report.cash == 1_000 * 10**8 - value - fee
            assert [what for what, _ in told] == ["paper", "fill"]
            assert (told[1][1]["price"], told[1][1]["lots"]) == (MIDDLE + 2 * TICK, 3)
            assert (await at.standing(ACCOUNT)).last_ref == 0

    asyncio.run(whole())


def test_paper_needs_a_venue_that_lists_something(tmp_path: Path) -> None:
    run = PaperRun(Once(), LivePlan(folder=tmp_path, name="a", symbols=("A",)), cash="1", tell=lambda *_: None)
    with pytest.raises(Untradable, match="start one with `garraway up`"):
        asyncio.run(run.run())
