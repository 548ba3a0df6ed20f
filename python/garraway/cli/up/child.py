"""One supervised process: started, watched, started again when it dies. Touches the process and its log file."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from garraway.cli.failures import Failure

BACKOFF_FIRST_S: Final = 0.1
BACKOFF_MOST_S: Final = 5.0
STEADY_S: Final = 2.0
"""A process that lived so long started well."""
QUICK_DEATHS: Final = 5
"""So many deaths in a row before `STEADY_S`, and it is given up."""


@dataclass(slots=True)
class Child:
    """A process of the venue.

    It leads a session of its own, so that Ctrl-C at the terminal reaches only the supervisor, which stops the
    processes in order.
    """

    name: str
    arguments: list[str]
    log: Path
    monotonic_s: Callable[[], float]
    stop_signal: signal.Signals = signal.SIGTERM
    restarts: int = 0
    pid: int = 0
    _process: asyncio.subprocess.Process | None = field(default=None, repr=False)
    _stopping: bool = False

    async def keep(self) -> None:
        """Runs it until it is stopped. Raises: Failure: it dies as soon as it starts, again and again."""
        quick, delay_s = 0, BACKOFF_FIRST_S
        while True:
            began_s = self.monotonic_s()
            code = await self._run()
            if self._ending():
                return
            self.restarts += 1
            steady = self.monotonic_s() - began_s >= STEADY_S
            quick, delay_s = (0, BACKOFF_FIRST_S) if steady else (quick + 1, min(2 * delay_s, BACKOFF_MOST_S))
            if quick == QUICK_DEATHS:
                raise Failure(
                    f"{self.name} ended {quick} times within {STEADY_S:g} s of its start, last with {code}: "
                    f"{self.last_words()} (see {self.log})"
                )
            await asyncio.sleep(delay_s)
            if self._ending():
                return

    async def stop(self, patience_s: float) -> int:
        """Ends it with `stop_signal`, after `patience_s` with SIGKILL; its exit code."""
        self._stopping = True
        process = self._process
        if process is None or process.returncode is not None:
            return 0 if process is None else process.returncode or 0
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(self.stop_signal)
        try:
            async with asyncio.timeout(patience_s):
                return await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            return await process.wait()

    def last_words(self) -> str:
        """The last line of its log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines() if self.log.exists() else []
        return next((line for line in reversed(lines) if line.strip()), "it said nothing")

    def _ending(self) -> bool:
        return self._stopping

    async def _run(self) -> int:
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "garraway.cli",
                *self.arguments,
                "--parent",
                str(os.getpid()),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.pid = self._process.pid
        if self._ending():  # asked to stop while it was being started
            self._process.terminate()
        return await self._process.wait()
