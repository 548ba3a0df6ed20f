"""Views made again: identical on either database; what a pruned log cannot give is said; history can be shortened."""

import os
from pathlib import Path

import pytest
from tests.support.event_log import append_log
from tests.support.recorded import Demonstration
from tests.views.shown import project, rows_of

from garraway.store import Database, upgrade
from garraway.store import views as store
from garraway.store.partitions import drop_months, made_months, month_named
from garraway.store.tables.view_history import EXECUTIONS, LEDGER_ENTRIES, ORDERS
from garraway.views import LogPruned, LogShorter, Projector, rebuild

EVENTS = 3_000


@pytest.fixture(scope="module")
def demonstration() -> Demonstration:
    made = Demonstration(seed=2, pace=60)
    made.run(EVENTS)
    return made


def test_both_databases_are_identical_projected_and_rebuilt(
    demonstration: Demonstration, sqlite_url: str, postgresql_url: str, tmp_path: Path
) -> None:
    demonstration.recorder.write(tmp_path)
    tables = []
    for url in (sqlite_url, postgresql_url):
        database = Database.open(url)
        upgrade(database)
        project(database, tmp_path, 333)
        tables.append(rows_of(database))
        assert rebuild(database, tmp_path) == len(demonstration.recorder.events)
        tables.append(rows_of(database))
        database.close()
    assert tables[1:] == tables[:1] * 3
    assert {table.name for table in store.TABLES} == set(tables[0])


def test_a_pruned_log_is_refused_and_the_tables_stay(
    demonstration: Demonstration, migrated: Database, tmp_path: Path
) -> None:
    demonstration.recorder.write(tmp_path, files=4)
    project(migrated, tmp_path, 10_000)
    before = rows_of(migrated)
    min((tmp_path / "events").iterdir()).unlink()
    with pytest.raises(LogPruned, match="cannot be made again: definitions, balances, positions"):
        rebuild(migrated, tmp_path)
    assert rows_of(migrated) == before


def test_views_that_are_far_enough_go_on_from_a_pruned_log(
    demonstration: Demonstration, migrated: Database, tmp_path: Path
) -> None:
    recorder = demonstration.recorder
    recorder.write(tmp_path, files=2)
    second = int(max((tmp_path / "events").iterdir()).stem)
    middle = int((recorder.events["event_id"] < second).sum())
    projector = Projector.open(migrated, tmp_path)
    taken = 0
    while taken < middle:
        taken += projector.step(middle - taken)
    min((tmp_path / "events").iterdir()).unlink()
    project(migrated, tmp_path, 10_000)
    assert rows_of(migrated)["view_progress"][0][4] == len(recorder.events)


def test_a_log_that_lacks_what_comes_next_is_refused(
    demonstration: Demonstration, migrated: Database, tmp_path: Path
) -> None:
    demonstration.recorder.write(tmp_path, files=4)
    Projector.open(migrated, tmp_path).step(100)
    for path in sorted((tmp_path / "events").iterdir())[:2]:
        path.unlink()
    with pytest.raises(LogPruned, match="need it from command"):
        Projector.open(migrated, tmp_path)


def test_a_log_shorter_than_the_views_is_refused(
    demonstration: Demonstration, migrated: Database, tmp_path: Path
) -> None:
    recorder = demonstration.recorder
    recorder.write(tmp_path)
    project(migrated, tmp_path, 10_000)
    (log,) = (tmp_path / "events").iterdir()
    os.truncate(log, log.stat().st_size - 104)
    with pytest.raises(LogShorter, match="views rebuild"):
        Projector.open(migrated, tmp_path)
    log.unlink()
    with pytest.raises(LogShorter):
        Projector.open(migrated, tmp_path)


def test_a_second_projector_is_stopped_before_it_writes(
    demonstration: Demonstration, migrated: Database, tmp_path: Path
) -> None:
    demonstration.recorder.write(tmp_path)
    first, second = Projector.open(migrated, tmp_path), Projector.open(migrated, tmp_path)
    first.step(100)
    before = rows_of(migrated)
    with pytest.raises(store.ProgressMoved, match="let one run alone"):
        second.step(200)
    assert rows_of(migrated) == before
    first.step(100)
    with pytest.raises(store.ProgressMoved):
        second.step(200)


def test_a_log_that_is_not_there_yet_is_waited_for(
    demonstration: Demonstration, migrated: Database, tmp_path: Path
) -> None:
    recorder = demonstration.recorder
    projector = Projector.open(migrated, tmp_path)
    assert projector.step() == 0
    recorder.write(tmp_path)
    assert projector.step(20_000) == len(recorder.events)
    assert projector.step() == 0
    later = Demonstration(seed=2, pace=60)
    later.run(EVENTS + 100)
    more = len(recorder.events)
    append_log(tmp_path, later.recorder.events[more:], later.recorder.tails[more:])
    assert projector.step() == len(later.recorder.events) - more


def test_months_are_partitions_made_ahead_and_dropped_whole(
    demonstration: Demonstration, migrated: Database, tmp_path: Path
) -> None:
    demonstration.recorder.write(tmp_path)
    project(migrated, tmp_path, 1_000)
    month = month_named("2026-09")  # the market's first day
    before = rows_of(migrated)
    open_orders = [row for row in before["view_orders"] if row[17] == 1]
    assert open_orders
    with migrated.writing() as connection:
        if migrated.dialect == "postgresql":
            made = {table.name: made_months(connection, table) for table in (ORDERS, EXECUTIONS, LEDGER_ENTRIES)}
            assert made == {name: {month, month + 1} for name in made}
        assert drop_months(connection, month) == {}
        gone = drop_months(connection, month + 1)
    after = rows_of(migrated)
    stay = {"view_executions": [], "view_ledger_entries": [], "view_orders": after.get("view_orders", [])}
    assert after == {name: rows for name, rows in (before | stay).items() if rows}
    kept = before["view_orders"] if migrated.dialect == "postgresql" else open_orders
    assert after["view_orders"] == kept
    assert gone["view_executions"] == len(before["view_executions"])
