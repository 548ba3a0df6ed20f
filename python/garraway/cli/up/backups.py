"""Backups that `garraway up` makes by itself, as [backup] says. Touches the process that makes one, and its log file.

A backup is due so long after the newest that there is: who starts the venue often does not put it off for ever.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from garraway.backup import BackupError, Shelf
from garraway.log import Log

SECOND_NS: Final = 10**9
AGAIN_S: Final = 60
"""How long it waits at least after one that failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When backups are made, and by which command."""

    every_s: int
    shelf: Shelf
    arguments: list[str]
    log: Path
    now_ns: Callable[[], int]

    def due_in_s(self) -> float:
        """Seconds until the next is due; 0 where there is none yet, or its time is over."""
        newest = self.shelf.newest()
        if newest is None:
            return 0
        return max(0, self.every_s - (self.now_ns() - newest.made_at_ns) / SECOND_NS)

    async def keep(self, log: Log) -> None:
        """Makes them until it is cancelled; one that fails is told, and made again. Without a time it makes none."""
        while self.every_s:
            await asyncio.sleep(await asyncio.to_thread(self._due_in_s))
            code = await self._made()
            if code == 0:
                log.info("backup_made", folder=str(self.shelf.folder))
            else:
                log.error("backup_failed", exit_code=code, reason=self._last_words())
                await asyncio.sleep(min(AGAIN_S, self.every_s))

    def _due_in_s(self) -> float:
        with contextlib.suppress(BackupError, OSError):
            return self.due_in_s()
        return 0  # the command says what is wrong with the folder

    async def _made(self) -> int:
        with self.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "garraway.cli", "backup", *self.arguments, "--json", "--parent", str(os.getpid())),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            return await process.wait()
        except asyncio.CancelledError:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
            raise

    def _last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return next((line for line in reversed(lines) if line.strip()), "it said nothing")
