"""docs/guides/replay.md explains every key, and its figures of the sample are those that the sample gives."""

from pathlib import Path

from garraway.catalog import Why, replay_lobster, write_sample

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "replay.md").read_text(encoding="utf-8")


def test_guide_explains_every_key_and_reason(tmp_path: Path) -> None:
    sample = write_sample(tmp_path)
    found = replay_lobster(sample.messages, [sample.book]).as_json()
    names = [*found, *found["oracles"][0], *found["differences"][0], *Why]
    assert [name for name in names if f"`{name}`" not in GUIDE] == []


def test_guide_gives_the_sample_s_figures(tmp_path: Path) -> None:
    counts = write_sample(tmp_path, seed=1).counts
    same, different = counts["same_order"], counts["different"]
    wanted = f"Of {counts['executions']} executions {same} take the same order; in the other {different}"
    assert wanted in GUIDE
    assert counts["messages"] == 2000
