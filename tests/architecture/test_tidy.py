"""What every file of the project keeps to."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import garraway

ROOT = Path(__file__).parents[2]
SOURCES = {".c", ".cc", ".cpp", ".h", ".pyi", ".py", ".rs", ".sh", ".toml"}
LINES_AT_MOST = 800
NAMED_TEST_FOLDERS = {"architecture", "conformance", "differential", "e2e", "model", "native", "scenarios"}

# Written in halves, so that this file does not contain what it looks for.
MACHINE_PATH = re.compile(r"(?<![\w.~$}*/-])/(?:ho" + "me|ro" + "ot|wo" + "rk|Us" + "ers|o" + r"pt)/\w")
REGISTRIES = [
    ".".join(labels)
    for labels in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("crates", "io"),
        ("npmjs", "org"),
        ("golang", "org"),
        ("npmjs", "com"),
    )
]
UNDONE = re.compile(r"\b(?:TO" + "DO|FIX" + "ME|XX" + r"X)\b")


def files() -> list[Path]:
    """Every file that is, or would be, committed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in sorted(set(names.split("\0"))) if name and (ROOT / name).is_file()]


def texts() -> Iterator[tuple[str, str]]:
    for path in files():
        try:
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def sources() -> Iterator[tuple[str, str]]:
    return ((name, text) for name, text in texts() if Path(name).suffix in SOURCES or Path(name).name == "Makefile")


def python_tests() -> list[Path]:
    folder = ROOT / "tests"
    return [path.relative_to(folder) for path in files() if path.is_relative_to(folder) and path.suffix == ".py"]


def test_no_file_names_a_path_of_one_machine() -> None:
    assert [(name, hit[0]) for name, text in texts() for hit in MACHINE_PATH.finditer(text)] == []


@pytest.mark.parametrize("registry", REGISTRIES)
def test_no_file_names_a_package_registry(registry: str) -> None:
    # Cargo.lock calls its registry by an address of its own; nobody can choose another.
    assert [name for name, text in texts() if registry in text and Path(name).name != "Cargo.lock"] == []


def test_sources_hold_no_reminders() -> None:
    assert [(name, hit[0]) for name, text in sources() for hit in UNDONE.finditer(text)] == []


def test_sources_are_short_enough_to_read() -> None:
    # The stub of the native module is one file, since the module is one.
    counts = {name: text.count("\n") for name, text in sources() if Path(name).suffix != ".pyi"}
    assert {name: count for name, count in counts.items() if count > LINES_AT_MOST} == {}


def test_tests_mirror_the_rooms_or_stand_in_a_named_folder() -> None:
    rooms = {path.stem for path in (ROOT / "python" / "garraway").iterdir() if not path.name.startswith("_")}
    misplaced = [
        str(path)
        for path in python_tests()
        if path.name.startswith("test_") and path.parts[0] not in rooms | NAMED_TEST_FOLDERS
    ]
    assert misplaced == []


def test_tests_wait_for_events_and_never_sleep() -> None:
    sleeping = re.compile(r"^(?:time\.sleep|sleep)$")
    calls = [
        f"{path}:{node.lineno}"
        for path in python_tests()
        for node in ast.walk(ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and sleeping.match(ast.unparse(node.func))
    ]
    assert calls == []


def test_versions_agree() -> None:
    manifest = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    assert f'\nversion = "{garraway.__version__}"\n' in manifest
