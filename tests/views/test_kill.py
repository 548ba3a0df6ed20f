"""A projector process killed at random points, again and again: afterwards no event is missing, none counted twice.

GARRAWAY_KILLS says how often (the soak's number is 100).
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Final

import pytest
from tests.support.event_log import append_log, write_log
from tests.support.recorded import Demonstration
from tests.views.shown import differences, rows_of
from tests.views.twin import Twin

from garraway.store import Database

KILLS: Final = int(os.environ.get("GARRAWAY_KILLS", "5"))
EVENTS: Final = 8_000
PATIENCE_S: Final = 60
SOON_S: Final = 1.2
"""By then a projector has begun to write, on a machine with other work too; kills before that are wanted as well."""


def start(url: str, folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "garraway.cli", "projector", "--folder", str(folder), "--url", url]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def live(process: subprocess.Popen[bytes], for_s: float) -> None:
    """Lets it run for so long; it must not end by itself."""
    with suppress(subprocess.TimeoutExpired):
        pytest.fail(f"the projector ended by itself: exit code {process.wait(timeout=for_s)}")


@pytest.mark.timeout(120 + 30 * KILLS)
def test_killed_at_any_point_it_loses_and_doubles_nothing(migrated: Database, tmp_path: Path) -> None:
    random = Random(KILLS)
    made = Demonstration(seed=3, pace=60)
    made.run(EVENTS)
    events, tails = made.recorder.events, made.recorder.tails
    pieces = sorted(random.sample(range(1, len(events)), KILLS))
    write_log(tmp_path, events[: pieces[0]], tails[: pieces[0]])
    url = migrated.url.render_as_string(hide_password=False)
    for first, last in zip(pieces, [*pieces[1:], len(events)], strict=True):
        process = start(url, tmp_path)
        live(process, random.uniform(0, SOON_S))
        append_log(tmp_path, events[first:last], tails[first:last])
        live(process, random.uniform(0, SOON_S / 4))
        process.kill()
        process.wait()
    process = start(url, tmp_path)
    wanted = Twin()
    wanted.apply(events, tails)
    deadline = time.monotonic() + PATIENCE_S
    while rows_of(migrated).get("view_progress") != wanted.rows()["view_progress"] and time.monotonic() < deadline:
        live(process, 0.1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=PATIENCE_S) == 0
    assert differences(wanted.rows(), rows_of(migrated)) == []
