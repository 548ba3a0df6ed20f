"""`garraway up --plain` as a process of its own, for tests: started, read line by line, killed, stopped."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from garraway import _native
from garraway.records import EventArray
from garraway.venues import Directory, Tape

START_S = 150
STOP_S = 30


@dataclass
class VenueProcess:
    """A running supervisor and the folder that it serves."""

    folder: Path
    process: asyncio.subprocess.Process

    @classmethod
    async def start(cls, folder: Path, *options: str) -> Self:
        command = [sys.executable, "-m", "garraway.cli", "up", "--plain", "--folder", str(folder), *options]
        process = await asyncio.create_subprocess_exec(
            *command,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=os.environ | {"GARRAWAY_SERVICE__PORT": "0", "GARRAWAY_SERVICE__WS_PORT": "0"},
        )
        return cls(folder, process)

    async def line(self, wanted: Callable[[str], bool], *, within_s: float = START_S) -> str:
        """The next line that is wanted; the process must say it in time."""
        assert self.process.stdout is not None
        said = []
        async with asyncio.timeout(within_s):
            while text := (await self.process.stdout.readline()).decode():
                said.append(text)
                if wanted(text):
                    return text
        raise AssertionError("it ended without saying so:\n" + "".join(said[-20:]))

    async def trades(self, more_than: int = 0) -> str:
        """The first line with more trades than so many."""
        return await self.line(lambda text: " trading " in text and trades_in(text) > more_than)

    async def continuous(self, symbol: str) -> str:
        """The first line that shows the instrument in continuous trading, with a bid and an ask."""
        quoted = re.compile(rf" {symbol} continuous [0-9.]+/[0-9.]+ ")
        return await self.line(lambda text: " trading " in text and quoted.search(text) is not None)

    def child(self, name: str) -> int | None:
        """The pid of the supervisor's child that runs `garraway NAME`, if it lives."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for child in children:
            words = Path(f"/proc/{child}/cmdline").read_text().split("\0")
            if name in words[1:5]:
                return int(child)
        return None

    async def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(STOP_S):
            await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode

    async def kill(self) -> None:
        """SIGKILL to the supervisor alone."""
        self.process.kill()
        await self.process.communicate()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.process.returncode is None:
            await self.stop()


def trades_in(line: str) -> int:
    """The count of trades that a line tells."""
    found = re.search(r" trades (\d+) ", line)
    return int(found[1]) if found else 0


def verified(folder: Path) -> dict[str, Any]:
    """What the journal of a stopped venue is found to be."""
    return _native.journal_verify(folder, replay=True)


def stopped_with(folder: Path) -> dict[str, Any]:
    """What the exchange said when it stopped cleanly the last time."""
    lines = (folder / "log" / "exchange.log").read_text().splitlines()
    said = [json.loads(line) for line in lines if "exchange_stopped" in line]
    found: dict[str, Any] = said[-1]
    return found


def whole_log(folder: Path) -> tuple[EventArray, Directory]:
    """Every event of a venue, and the directory that they make."""
    tape, directory, parts = Tape(folder), Directory(), []
    while len((batch := tape.read()).events):
        directory.apply(batch.events, batch.tails)
        parts.append(batch.events)
    return np.concatenate(parts), directory
