"""The projector: the event log into the view tables, each event exactly once. Touches `store` and the event log.

A batch's rows and the id of its last event are one transaction; what is kept in memory follows from the rows. Whatever
interrupts it, it is opened anew from the database and goes on behind that event.
"""

import gc
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from garraway.log import Log
from garraway.records import command_seq
from garraway.store import Database, DatabaseAway, insist_current
from garraway.store import views as store
from garraway.venues import Tape
from garraway.venues.tape import LOG_FOLDER
from garraway.views import tables
from garraway.views.errors import LogPruned, LogShorter
from garraway.views.fold import fold
from garraway.views.rows import Execution
from garraway.views.state import Views

BATCH: Final = 16_384
"""Events of one transaction at most: on SQLite nobody else writes meanwhile."""
POLL_S: Final = 0.05
"""How long it waits for events when there were none: what comes meanwhile is one transaction."""
AGAIN_S: Final = 1.0
"""How long it waits for a database that is away."""
FIRST_SEQ: Final = 1


@dataclass(slots=True)
class Projector:
    """Tails the log of the venue in `folder`; one at a time for a database."""

    database: Database
    folder: Path
    views: Views
    _tape: Tape
    _months: store.Months = field(default_factory=store.Months)

    @classmethod
    def open(cls, database: Database, folder: Path) -> Self:
        """Ready to go on where the tables are.

        Raises: DatabaseOlder, DatabaseNewer, DatabaseAway: see `store`; LogPruned: the log lacks events that come next;
            LogShorter: the tables are ahead of the log.
        """
        insist_current(database)
        with database.reading() as connection:
            views = tables.read(connection)
        insist_whole(folder, views.progress.last_id)
        projector = cls(database, folder, views, Tape(folder, views.progress.last_id + 1))
        views.stored_executions = projector._executions_of
        return projector

    def step(self, limit: int = BATCH) -> int:
        """Takes the next events there are, at most so many; how many there were.

        Where it raises, the state in memory is ahead of the tables: open another projector.

        Raises: ProgressMoved: another projector runs; DatabaseAway.
        """
        batch = self._tape.read(limit)
        if not len(batch.events):
            return 0
        from_id = self.views.progress.last_id
        changes = fold(self.views, batch.events, batch.tails)
        with self.database.writing() as connection:
            tables.write(connection, self.views, changes, self._months, from_id=from_id)
        return len(batch.events)

    def _executions_of(self, trade_id: int) -> list[Execution]:
        with self.database.reading() as connection:
            return tables.executions_of(connection, trade_id)


def run(database: Database, folder: Path, *, stopped: Callable[[float], bool], log: Log) -> None:
    """Projects until `stopped`, which waits so many seconds at most, says so.

    A database that goes away is waited for; one that is away at the start is not: perhaps its address is wrong.

    Raises: what `Projector.open` and `step` raise, save `DatabaseAway` once it has begun.
    """
    insist_current(database)
    while not stopped(0):
        try:
            projector = Projector.open(database, folder)
            log.info("projector_started", last_id=projector.views.progress.last_id, database=database.shown)
            while not stopped(0 if projector.step() else POLL_S):
                pass
        except DatabaseAway as away:
            log.warning("database_away", reason=str(away))
            stopped(AGAIN_S)
    log.info("projector_stopped")


def rebuild(database: Database, folder: Path) -> int:
    """Takes all rows of the views away and makes them again from the whole log; how many events it took.

    Raises: LogPruned: the log does not begin with the venue's first command; nothing was changed.
    """
    insist_current(database)
    insist_whole(folder, 0)
    with database.writing() as connection:
        store.clear(connection)
    projector = Projector.open(database, folder)
    events = 0
    while taken := projector.step():
        events += taken
    return events


def collect_seldom() -> None:
    """Has Python look for cycles about once a batch instead of every 700 objects: for a process that does this alone.

    The fold makes none, and keeps every row that it knows: each look walks over them (a sixth of the time).
    """
    gc.set_threshold(100_000, 50, 100)


def insist_whole(folder: Path, last_id: int) -> None:
    """Refuses a log that lacks events behind the one that the tables know last. Raises: LogPruned, LogShorter."""
    firsts = sorted(int(path.stem) for path in (folder / LOG_FOLDER).glob("*.events"))
    begins = command_seq(firsts[0]) if firsts else 0
    needed = command_seq(last_id) + 1 if last_id else FIRST_SEQ
    if firsts and firsts[0] > last_id:
        if begins > needed:
            raise LogPruned(_PRUNED.format(folder=folder, begins=begins, needed=needed))
    elif last_id and not _has(folder, last_id):
        raise LogShorter(
            f"the views are at event {last_id}, which the log of {folder} lacks: is this their venue? If its "
            "journal was restored to an earlier moment: `garraway views rebuild`"
        )


_PRUNED: Final = (
    "the event log of {folder} begins with command {begins}, the views need it from command {needed} on. What was "
    "pruned cannot be made again: definitions, balances, positions, and orders, executions, ledger entries, candles "
    "and days of the commands before. Keep the tables as they are, or put the pruned files back"
)


def _has(folder: Path, event_id: int) -> bool:
    events = Tape(folder, event_id).read(1).events
    return len(events) > 0 and int(events["event_id"][0]) == event_id
