"""How many events a second the projector takes: `python -m benches.projector`. See docs/performance.md, "Projector".

A recorded stretch of the demonstration market is projected into SQLite and, with --postgresql, into a PostgreSQL of our
own; in turn with it the same events go into one table of SQLite by executemany, a row each, in equal transactions.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from tests.support.recorded import Demonstration

from garraway.records import EVENT
from garraway.store import Database, upgrade
from garraway.store.postgresql_server import PostgresqlServer
from garraway.venues import Tape
from garraway.views import Projector, collect_seldom
from garraway.views.event import fields_of
from garraway.views.projector import BATCH

if TYPE_CHECKING:
    from collections.abc import Callable

LOGS = Path(__file__).resolve().parent.parent / "target" / "bench"


@dataclass
class Pace:
    """Events a second of several rounds: by the wall's clock, and by this process's share of the processor."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def take(self, work: Callable[[], int]) -> None:
        """One round."""
        wall, cpu = time.perf_counter(), time.process_time()
        events = work()
        self.wall.append(events / (time.perf_counter() - wall))
        self.cpu.append(events / (time.process_time() - cpu))

    def told(self) -> dict[str, int]:
        """Medians, and the best round: on a busy machine the wall's clock says little."""
        found = {"wall": statistics.median(self.wall), "wall_best": max(self.wall), "cpu": statistics.median(self.cpu)}
        return {name: round(value) for name, value in found.items()}


def recorded(events: int) -> Path:
    """The log of a venue, made once."""
    folder = LOGS / f"demonstration-{events}"
    if not folder.exists():
        made = Demonstration()
        made.run(events)
        part = Path(str(folder) + ".part")
        shutil.rmtree(part, ignore_errors=True)
        made.recorder.write(part)
        part.rename(folder)
    return folder


def projected(url: str, folder: Path) -> int:
    """All events through the projector."""
    database = Database.open(url)
    projector, events = Projector.open(database, folder), 0
    while taken := projector.step():
        events += taken
    if database.dialect == "postgresql":
        print(f"postgresql's own processes: {round(events / server_s(database))} events a second of processor")
    database.close()
    return events


def server_s(database: Database) -> float:
    """Seconds of processor that PostgreSQL's processes for our connections have used."""
    with database.reading() as connection:
        query = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        pids = list(connection.execute(query).scalars())
    stats = [Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split() for pid in pids]
    return sum(int(stat[11]) + int(stat[12]) for stat in stats) / os.sysconf("SC_CLK_TCK")


def raw(url: str, folder: Path) -> int:
    """All events as rows of one table with a key, by executemany."""
    database, tape, events = Database.open(url), Tape(folder), 0
    names = list(EVENT.names or ())
    insert = f"INSERT INTO raw VALUES ({', '.join('?' * len(names))})"  # noqa: S608
    columns = ", ".join(f"{name} BIGINT NOT NULL" for name in names)
    with database.writing() as connection:
        connection.exec_driver_sql(f"CREATE TABLE raw ({columns}, PRIMARY KEY (event_id)) WITHOUT ROWID")
    while len(batch := tape.read(BATCH).events):
        with database.writing() as connection:
            connection.connection.cursor().executemany(insert, fields_of(batch))
        events += len(batch)
    database.close()
    return events


def fresh(url: str) -> str:
    """The database at an address with the schema and no rows."""
    database = Database.open(url)
    upgrade(database)
    database.close()
    return url


def measure(folder: Path, rounds: int, *, postgresql: bool) -> dict[str, Pace]:
    """Everything in turn, so many rounds."""
    paces = {"sqlite": Pace(), "executemany": Pace()} | ({"postgresql": Pace()} if postgresql else {})
    with tempfile.TemporaryDirectory(prefix="garraway-bench-") as name:
        place = Path(name)
        place.chmod(0o711)
        server = PostgresqlServer.start(place / "server") if postgresql else None
        for number in range(rounds):
            url = fresh(f"sqlite:///{place}/projected{number}.db")
            paces["sqlite"].take(lambda url=url: projected(url, folder))
            paces["executemany"].take(lambda number=number: raw(f"sqlite:///{place}/raw{number}.db", folder))
            if server is not None:
                url = fresh(server.create_database(f"projected{number}"))
                paces["postgresql"].take(lambda url=url: projected(url, folder))
        if server is not None:
            server.stop()
    return paces


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--postgresql", action="store_true")
    given = parser.parse_args()
    collect_seldom()
    paces = measure(recorded(given.events), given.rounds, postgresql=given.postgresql)
    ratios = [ours / theirs for ours, theirs in zip(paces["sqlite"].cpu, paces["executemany"].cpu, strict=True)]
    told: dict[str, object] = {name: pace.told() for name, pace in paces.items()}
    print(json.dumps(told | {"sqlite / executemany, cpu": round(statistics.median(ratios), 3)}, indent=1))


if __name__ == "__main__":
    main()
