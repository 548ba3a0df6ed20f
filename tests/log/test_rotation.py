"""Log files are closed at a size and removed by age and count; lines are whole, and none is lost."""

import os
import stat
from pathlib import Path

from garraway.log import Retention, RotatingFile, prune, rotate_held

DAY_NS = 86_400 * 10**9
NOW_NS = 1_790_000_000_000_000_000
SMALL = Retention(rotate_bytes=100, days=7, files=3)


def closed(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}.*"))


def test_an_own_file_is_renamed_when_it_has_grown_and_no_line_is_lost(tmp_path: Path) -> None:
    path, now_ns = tmp_path / "up.log", iter(range(NOW_NS, NOW_NS + 10**12))
    stream = RotatingFile(path, Retention(rotate_bytes=100, days=7, files=100), lambda: next(now_ns))
    lines = [f"line {number:04}\n" for number in range(100)]
    for line in lines:
        stream.write(line)
        stream.flush()
    stream.close()
    files = [*closed(path), path]
    assert "".join(file.read_text() for file in files) == "".join(lines)
    assert {file.stat().st_size for file in files} == {100}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_an_own_file_goes_on_where_it_stopped(tmp_path: Path) -> None:
    path = tmp_path / "up.log"
    for line in ("one\n", "two\n"):
        stream = RotatingFile(path, SMALL, lambda: NOW_NS)
        stream.write(line)
        stream.close()
    assert path.read_text() == "one\ntwo\n"


def test_a_file_that_another_holds_open_is_copied_and_cut_and_it_writes_on(tmp_path: Path) -> None:
    path = tmp_path / "exchange.log"
    with path.open("ab", buffering=0) as held:
        held.write(b"x" * 100)
        assert not rotate_held(path, SMALL, NOW_NS), "not yet"
        held.write(b"y")
        assert rotate_held(path, SMALL, NOW_NS)
        held.write(b"after")
    assert path.read_bytes() == b"after"
    assert [file.read_bytes() for file in closed(path)] == [b"x" * 100 + b"y"]
    assert closed(path)[0].name == "exchange.log.20260921T141320.000000000Z"
    assert not rotate_held(tmp_path / "missing.log", SMALL, NOW_NS)


def test_old_and_too_many_closed_files_are_removed_and_no_others(tmp_path: Path) -> None:
    path, other = tmp_path / "a.log", tmp_path / "a.log.txt"
    other.write_text("mine")
    for day in range(10):
        file = tmp_path / f"a.log.202609{day + 10}T000000.000000000Z"
        file.write_text("x")
        os.utime(file, ns=(NOW_NS - (10 - day) * DAY_NS, NOW_NS - (10 - day) * DAY_NS))
    prune(path, Retention(days=7, files=100), NOW_NS)
    assert len(list(tmp_path.glob("a.log.2026*"))) == 7
    prune(path, SMALL, NOW_NS)
    assert [file.name[6:14] for file in sorted(tmp_path.glob("a.log.2026*"))] == ["20260917", "20260918", "20260919"]
    assert other.exists()
