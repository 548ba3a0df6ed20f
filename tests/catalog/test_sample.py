"""The made-up day: our book is equal to its own plain book after every message, at every depth."""

import hashlib
from pathlib import Path

import pytest

from garraway.catalog import FileUnreadable, replay_lobster, write_sample

SHA_256 = {
    "messages": "e2514870b6c318ed5c32d3f29dae84514add5337981dea17ef99b6cd6f3f342c",
    "book": "26983278870a87d604587cc883ef6450574906acffc99b10bd65f3cac1491686",
}
"""Of seed 1 with 2,000 messages: the sample is the same on every machine and stays the same."""


@pytest.mark.parametrize("seed", range(1, 13))
def test_book_is_equal_after_every_message_at_every_depth(tmp_path: Path, seed: int) -> None:
    sample = write_sample(tmp_path, seed=seed, messages=1500)
    report = replay_lobster(sample.messages, [sample.book], check_every=50)
    assert (report.rows, report.l1_equal, report.depth_equal) == (1500, 1500, 1500)
    assert report.first_difference is None
    assert {name: value for name, value in report.as_json().items() if name in sample.counts} == sample.counts
    assert sample.counts["executions"] == sample.counts["same_order"] + sample.counts.get("different", 0)


def test_counts_that_the_sample_does_not_know_are_zero(tmp_path: Path) -> None:
    sample = write_sample(tmp_path)
    report = replay_lobster(sample.messages, [sample.book])
    others = ("crosses", "beyond_seed", "crossing", "removed", "reappeared", "shrunk", "rounded_times")
    assert [getattr(report.counts, name) for name in others] == [0] * len(others)


def test_sample_has_every_kind_of_message_missing_levels_and_differences(tmp_path: Path) -> None:
    sample = write_sample(tmp_path)
    kinds = {line.split(",")[1] for line in sample.messages.read_text().splitlines()}
    assert kinds == {"1", "2", "3", "4", "5", "7"}
    assert "9999999999,0" in sample.book.read_text()
    assert min(sample.counts[name] for name in ("different", "unseen", "hidden", "halts")) > 0


def test_sample_is_the_same_everywhere(tmp_path: Path) -> None:
    sample = write_sample(tmp_path / "new" / "folder", seed=1, messages=2000)
    found = {name: hashlib.sha256(getattr(sample, name).read_bytes()).hexdigest() for name in SHA_256}
    assert found == SHA_256


def test_another_seed_is_another_day(tmp_path: Path) -> None:
    one, two = (write_sample(tmp_path / str(seed), seed=seed) for seed in (1, 2))
    assert one.messages.read_bytes() != two.messages.read_bytes()


def test_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file")
    with pytest.raises(FileUnreadable, match="taken cannot be written to"):
        write_sample(taken)
