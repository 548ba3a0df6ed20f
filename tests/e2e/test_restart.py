"""The exchange alone, stopped and started again where its journal ends at awkward places."""

import asyncio
import sys
from pathlib import Path

import pytest

from garraway import _native
from garraway.cli.up.child import Child
from garraway.records import encode
from garraway.venues import ExchangeVenue

DEADLINE_S = 60
FRAME_BYTES, MARK_BYTES, SECTOR_BYTES = 120, 56, 4_096
"""A frame of one command of 96 bytes, the mark of a clean stop, and what the next frame starts on after it."""


def padding(commands: int) -> int:
    """Bytes between the end of so many commands, cleanly closed, and the next sector."""
    return -(commands * FRAME_BYTES + MARK_BYTES) % SECTOR_BYTES


async def one_life(folder: Path, *, last_seq: int) -> None:
    """Starts an exchange, has it take commands below `last_seq`, and stops it: the closing one is the last."""
    loop = asyncio.get_running_loop()
    exchange = Child("exchange", ["exchange", "--folder", str(folder)], folder.with_suffix(".log"), loop.time)
    keeping = asyncio.ensure_future(exchange.keep())
    try:
        async with await ExchangeVenue.connect(folder, wait_s=DEADLINE_S) as operator:
            taken = int((await operator.status())["last_seq"])
            await operator.submit([encode("Deposit", account=16, asset=1)] * (last_seq - 1 - taken))
    finally:
        assert await exchange.stop(DEADLINE_S) == 0, sys.stderr.write(exchange.last_words())
        await keeping


@pytest.mark.parametrize("commands", [136, 375, 409])
def test_a_journal_goes_on_behind_padding_of_any_length(tmp_path: Path, commands: int) -> None:
    """Padding shorter than the head of a frame was once taken for a damaged frame."""
    assert padding(commands) < 24

    async def scenario() -> None:
        for attempt in range(5):
            folder = tmp_path / str(attempt)
            await one_life(folder, last_seq=commands)
            if _native.journal_verify(folder)["last_seq"] != commands:
                continue  # the second's tick came in between
            await one_life(folder, last_seq=commands + 3)
            assert _native.journal_verify(folder)["sound"]
            return
        raise AssertionError("a tick came in between each time")

    asyncio.run(asyncio.wait_for(scenario(), DEADLINE_S))
