"""The tables follow whatever the differential streams do: every profile, small batches, against twin and engine."""

import os
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from tests.differential.profiles import PROFILES, Profile
from tests.differential.streams import Stream
from tests.support.recorded import Recorder
from tests.views.shown import balances_of_engine, differences, project, rows_of
from tests.views.twin import Twin

from garraway import _native
from garraway.records import EVENTS
from garraway.store import Database, upgrade

COMMANDS: Final = int(os.environ.get("GARRAWAY_VIEWS_COMMANDS", "250"))
BATCH: Final = 50
"""Small, so that batches end within commands and trades."""
SEED: Final = int(os.environ.get("GARRAWAY_VIEWS_SEED", "1"))


def recorded(profile: Profile, seed: int, count: int) -> Recorder:
    """What the engine makes of a stream."""
    stream = Stream(profile, seed)
    model = stream.model()
    engine = _native.Engine(
        slice_events=stream.slice_events, capacity=stream.capacity, continue_work=profile.continue_work
    )
    recorder = Recorder(engine)
    for sent in stream.commands(model, count):
        model.apply(sent.record, sent.at_ns)
        recorder.apply(sent.record, sent.at_ns)
    return recorder


def saturated(recorder: Recorder) -> bool:
    """Whether a split moved more than its event can say (docs/concepts/days.md): no reader of events follows that."""
    amounts = recorder.events["value"][recorder.events["kind"] == EVENTS["Posted"]]
    return bool(np.isin(amounts, [2**63 - 1, -(2**63)]).any())


@pytest.mark.timeout(300 + COMMANDS)
@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_tables_follow_the_stream(profile: Profile, sqlite_url: str, tmp_path: Path) -> None:
    recorder = recorded(profile, SEED, COMMANDS)
    recorder.write(tmp_path)
    database = Database.open(sqlite_url)
    upgrade(database)
    project(database, tmp_path, BATCH)
    database.close()
    twin = Twin()
    twin.apply(recorder.events, recorder.tails)
    found = rows_of(database)
    assert differences(twin.rows(), found) == []
    balances = {(account, asset): (total, held) for account, asset, total, held, *_ in found.get("view_balances", [])}
    wanted = balances_of_engine(recorder.engine, balances)
    if saturated(recorder):
        return
    if twin.future_busts:  # whose position changed is in no event: views go by the trade, the engine by the operator
        balances, wanted = ({key: (total, 0) for key, (total, _) in of.items()} for of in (balances, wanted))
    assert balances == wanted
