"""Helpers of these tests: a log projected, tables read back and compared."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from garraway import _native
from garraway.store import METADATA, Database
from garraway.store import views as store
from garraway.views import Projector

Row = tuple[Any, ...]
Tables = dict[str, list[Row]]


def project(database: Database, folder: Path, limit: int, *, steps: int | None = None) -> int:
    """Opens a projector and lets it take so many batches, or all there are; how many events these were."""
    projector = Projector.open(database, folder)
    events = 0
    while steps is None or steps > 0:
        taken = projector.step(limit)
        events += taken
        if not taken:
            break
        steps = None if steps is None else steps - 1
    return events


def rows_of(database: Database) -> Tables:
    """All rows of all view tables that have some."""
    with database.reading() as connection:
        found = {table.name: [tuple(row) for row in store.all_rows(connection, table)] for table in store.TABLES}
    assert set(found) <= set(METADATA.tables)
    return {name: sorted(rows) for name, rows in found.items() if rows}


def differences(wanted: Tables, found: Tables) -> list[str]:
    """Rows that one has and the other has not, a few of each table."""
    told = []
    for name in sorted(set(wanted) | set(found)):
        of_twin, of_views = set(wanted.get(name, [])), set(found.get(name, []))
        told += [f"{name} lacks {row}" for row in sorted(of_twin - of_views)[:3]]
        told += [f"{name} has {row}" for row in sorted(of_views - of_twin)[:3]]
        if len(found.get(name, [])) != len(of_views):
            told.append(f"{name} has rows twice")
    return told


def balances_of_engine(
    engine: _native.Engine, keys: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], tuple[int, int]]:
    """Balance and hold as the engine has them."""
    return {key: engine.balance(*key) for key in keys}
