"""Compressed files give the same as plain ones, and no cut or flipped byte goes unnoticed."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from garraway.catalog import CatalogError, FileDamaged, messages, replay_lobster, write_sample

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".zst": zstandard.ZstdCompressor(write_checksum=True).compress,
    ".gz": lambda plain: gzip.compress(plain, mtime=0),
}


@pytest.mark.parametrize("suffix", PACKERS)
def test_compressed_files_replay_like_plain_ones(tmp_path: Path, suffix: str) -> None:
    sample = write_sample(tmp_path, messages=300)
    packed = [file.with_name(file.name + suffix) for file in (sample.messages, sample.book)]
    for plain, file in zip((sample.messages, sample.book), packed, strict=True):
        file.write_bytes(PACKERS[suffix](plain.read_bytes()))
    plain_report = replay_lobster(sample.messages, [sample.book])
    report = replay_lobster(packed[0], [packed[1]])
    assert (report.counts, report.events_hash) == (plain_report.counts, plain_report.events_hash)


@pytest.mark.parametrize("suffix", PACKERS)
def test_streams_one_after_the_other_are_one_file(tmp_path: Path, suffix: str) -> None:
    plain = write_sample(tmp_path, messages=100).messages
    content, file = plain.read_bytes(), tmp_path / f"two.csv{suffix}"
    file.write_bytes(PACKERS[suffix](content[:1000]) + PACKERS[suffix](content[1000:]))
    assert list(messages(file)) == list(messages(plain))


@pytest.mark.parametrize("suffix", PACKERS)
def test_every_cut_is_refused(tmp_path: Path, suffix: str) -> None:
    packed = PACKERS[suffix](write_sample(tmp_path, messages=20).messages.read_bytes())
    file = tmp_path / f"cut.csv{suffix}"
    for length in range(len(packed)):
        file.write_bytes(packed[:length])
        with pytest.raises(FileDamaged, match="cut after line"):
            list(messages(file))


@pytest.mark.parametrize("suffix", PACKERS)
def test_every_flipped_byte_is_refused_or_without_effect(tmp_path: Path, suffix: str) -> None:
    plain = write_sample(tmp_path, messages=20).messages
    wanted, packed = list(messages(plain)), PACKERS[suffix](plain.read_bytes())
    file, refused = tmp_path / f"flipped.csv{suffix}", 0
    for place in range(len(packed)):
        flipped = bytearray(packed)
        flipped[place] ^= 0x10
        file.write_bytes(flipped)
        try:
            found = list(messages(file))
        except CatalogError:
            refused += 1
        else:
            assert found == wanted
    assert refused > len(packed) - 12, "only a header has bytes without effect"


def test_bytes_after_the_stream_are_refused(tmp_path: Path) -> None:
    packed = PACKERS[".gz"](write_sample(tmp_path, messages=20).messages.read_bytes())
    file = tmp_path / "more.csv.gz"
    file.write_bytes(packed + b"nonsense")
    with pytest.raises(FileDamaged, match="compression is broken"):
        list(messages(file))


def test_plain_file_with_the_name_of_a_compressed_one_is_refused(tmp_path: Path) -> None:
    plain = write_sample(tmp_path, messages=20).messages
    with pytest.raises(FileDamaged, match="line 1: after line 0 the compression is broken"):
        list(messages(plain.rename(tmp_path / "plain.csv.zst")))
