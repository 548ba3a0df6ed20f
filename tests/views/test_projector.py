"""The projector's tables equal those of the naive twin, and the engine's own balances, on either database."""

from pathlib import Path
from random import Random

import pytest
from tests.support.recorded import Demonstration
from tests.views.shown import balances_of_engine, differences, project, rows_of
from tests.views.twin import Twin

from garraway.store import Database

EVENTS = 6_000


@pytest.fixture(scope="module")
def demonstration() -> Demonstration:
    """A stretch of the demonstration market with auctions, ends of day and settlements."""
    made = Demonstration(seed=11, pace=60)
    made.run(EVENTS)
    return made


@pytest.mark.parametrize("limit", [1_000_000, 700, 37])
def test_tables_equal_the_twins_whatever_the_batches(
    demonstration: Demonstration, migrated: Database, tmp_path: Path, limit: int
) -> None:
    demonstration.recorder.write(tmp_path, files=3)
    project(migrated, tmp_path, limit)
    twin = Twin()
    twin.apply(demonstration.recorder.events, demonstration.recorder.tails)
    assert differences(twin.rows(), rows_of(migrated)) == []


def test_balances_equal_the_engines(demonstration: Demonstration, migrated: Database, tmp_path: Path) -> None:
    demonstration.recorder.write(tmp_path)
    project(migrated, tmp_path, 1_000)
    rows = rows_of(migrated)["view_balances"]
    found = {(account, asset): (balance, held) for account, asset, balance, held, *_ in rows}
    assert found == balances_of_engine(demonstration.recorder.engine, found)
    assert sum(balance for _, asset, balance, *_ in rows if asset == 1) == 0


def test_a_projector_opened_anew_at_any_point_goes_on_as_if_nothing_had_been(
    demonstration: Demonstration, migrated: Database, tmp_path: Path
) -> None:
    demonstration.recorder.write(tmp_path)
    random = Random(5)
    while project(migrated, tmp_path, random.choice([1, 2, 3, 400]), steps=random.randint(1, 4)):
        pass
    twin = Twin()
    twin.apply(demonstration.recorder.events, demonstration.recorder.tails)
    assert differences(twin.rows(), rows_of(migrated)) == []
