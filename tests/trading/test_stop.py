"""The emergency stop: nothing is open, nothing is held, nothing more is taken, until it is lifted with a reason."""

import asyncio
import json
from pathlib import Path

import pytest
from tests.trading.house import ACCOUNT, BTC, MIDDLE, TICK, House, house
from typer.testing import CliRunner

from garraway.cli.app import application
from garraway.records import Side, reject
from garraway.trading.stop import Left, Lock, Locks, StopError, stop, unlock
from garraway.venues import NoVenue


async def held(at: House) -> tuple[int, int]:
    """Open orders and lots of the strategy's account."""
    standing = await at.standing()
    lots = standing.positions[BTC.number].lots if BTC.number in standing.positions else 0
    return len(standing.open_orders()), lots


async def long_with_orders(at: House) -> None:
    """The strategy's account holds 7 lots and has two orders open."""
    await at.quote(MIDDLE - TICK, MIDDLE + TICK, 5)
    at.last_ref = 100
    await at.do(
        at.order(Side.BUY, MIDDLE + TICK, 5, account=ACCOUNT),
        at.order(Side.SELL, MIDDLE + 10 * TICK, 3, account=ACCOUNT),
        at.order(Side.BUY, MIDDLE - 10 * TICK, 3, account=ACCOUNT),
    )
    at.last_ref = 200
    assert await held(at) == (2, 5)


def test_a_stop_cancels_flattens_and_locks_a_dead_strategys_account(tmp_path: Path) -> None:
    async def run() -> None:
        async with house(tmp_path / "v") as at:
            await long_with_orders(at)
            stopped = await stop(at.folder, [ACCOUNT, 999], reason="a test", at_ns=7)
            assert stopped.to_json() == {
                "accounts": (ACCOUNT,),
                "cancelled": 2,
                "flattened": 1,
                "left": [],
                "rounds": 2,
            }
            assert await held(at) == (0, 0)
            assert Locks(at.folder).read() == {one: Lock(one, "a test", 7) for one in (ACCOUNT, 999)}
            at.last_ref = 300
            outcomes = await at.operator.submit([at.order(Side.BUY, MIDDLE, 1, account=ACCOUNT)])
            assert reject(outcomes[0].reason).name == "KillSwitched"
            with pytest.raises(StopError, match="give --reason TEXT"):
                await unlock(at.folder, [ACCOUNT], reason=" ", at_ns=8)
            await unlock(at.folder, [ACCOUNT, 999], reason="looked at", at_ns=9)
            assert Locks(at.folder).read() == {}
            at.last_ref = 400
            await at.do(at.order(Side.BUY, MIDDLE - 9 * TICK, 1, account=ACCOUNT))

    asyncio.run(run())


def test_what_cannot_be_closed_is_told_and_stays_locked(tmp_path: Path) -> None:
    async def run() -> None:
        async with house(tmp_path / "v") as at:
            await long_with_orders(at)
            await at.quote(MIDDLE - 3 * TICK, MIDDLE + TICK, 2)
            stopped = await stop(at.folder, [ACCOUNT], reason="a test", at_ns=7)
            assert stopped.left == [Left(ACCOUNT, "BTC-USD", 3, "too little on the other side")]
            assert await held(at) == (0, 3)
            kept = await stop(at.folder, [ACCOUNT], reason="again", at_ns=8, flatten=False)
            assert (kept.flattened, kept.left) == (0, [Left(ACCOUNT, "BTC-USD", 3, "left as it is")])
            assert Locks(at.folder).read()[ACCOUNT] == Lock(ACCOUNT, "a test", 7)
            command = ["stop", "--all", "--json", "--folder", str(at.folder)]
            result = await asyncio.to_thread(CliRunner().invoke, application(), command)
            assert json.loads(result.stdout)["left"][0]["lots"] == 3
            assert "run this again" in str(result.exception)

    asyncio.run(run())


def test_without_a_venue_the_file_locks_all_the_same(tmp_path: Path) -> None:
    with pytest.raises(NoVenue):
        asyncio.run(stop(tmp_path, [ACCOUNT], reason="power", at_ns=1, wait_s=0.2))
    assert Locks(tmp_path).read() == {ACCOUNT: Lock(ACCOUNT, "power", 1)}
    history = (tmp_path / "strategies" / "stops.jsonl").read_text().splitlines()
    assert [json.loads(line)["what"] for line in history] == ["locked"]


def test_a_damaged_file_of_locks_locks_everything_until_it_is_written_anew(tmp_path: Path) -> None:
    locks = Locks(tmp_path)
    locks.lock([1], reason="a", at_ns=1)
    locks.path.write_text('{"1": {"reason"')
    with pytest.raises(StopError, match="every strategy counts as locked"):
        locks.read()
    locks.lock([2], reason="b", at_ns=2)
    assert locks.read() == {2: Lock(2, "b", 2)}


def test_a_stop_of_nobody_is_wrong_usage(tmp_path: Path) -> None:
    result = CliRunner().invoke(application(), ["stop", "--folder", str(tmp_path)])
    assert "--all, or --account NUMBER" in str(result.exception)
