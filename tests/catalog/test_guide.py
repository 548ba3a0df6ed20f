"""docs/guides/replay.md explains every key, and its figures of the sample are those that the sample gives."""

from pathlib import Path

from tests.catalog.mbo_recorded import played
from tests.catalog.test_mbo_replay import AUCTION

from garraway import _native
from garraway.catalog import Why, replay_itch_csv, replay_lobster, write_itch_sample, write_sample
from garraway.catalog.mbo import MBO

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "replay.md").read_text(encoding="utf-8")


def test_guide_explains_every_key_and_reason(tmp_path: Path) -> None:
    sample = write_sample(tmp_path)
    found = replay_lobster(sample.messages, [sample.book]).as_json()
    of_itch = replay_itch_csv(write_itch_sample(tmp_path)).as_json()
    of_mbo = played(tmp_path, AUCTION).as_json()
    (auction,) = of_mbo["uncrosses"]
    names = [
        *of_mbo,
        *auction,
        *auction["fills"][0],
        *auction["of_all"],
        *(MBO.names or ()),
        *(_native.ITCH.names or ()),
    ]
    names += [*found, *of_itch, *found["oracles"][0], *found["differences"][0], *Why]
    assert [name for name in names if f"`{name}`" not in GUIDE] == []


def test_guide_gives_the_sample_s_figures(tmp_path: Path) -> None:
    counts = write_sample(tmp_path, seed=1).counts
    same, different = counts["same_order"], counts["different"]
    wanted = f"Of {counts['executions']} executions {same} take the same order; in the other {different}"
    assert wanted in GUIDE
    assert counts["messages"] == 2000


def test_guide_gives_the_figures_of_the_itch_sample(tmp_path: Path) -> None:
    counts = replay_itch_csv(write_itch_sample(tmp_path)).replay.counts
    assert f"all {counts.messages:,} rows at all 10 levels, and {counts.same_order} of {counts.executions}" in GUIDE
