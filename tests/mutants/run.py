"""Plants each bug of bugs.toml in a copy of the tree and runs the quickest tests that should find it: `make mutants`.

ARGS="--only NAME" takes those whose name has this text in it, ARGS=--quick runs no other suite, ARGS=--check only looks
whether each can still be planted, ARGS=--json prints the outcomes for programs. Exit 1 when one survives, cannot be
planted or does not compile.

The golden hashes of crates/engine/tests/stream.rs are left out: they notice any change, also a right one, and whoever
renews them lets a bug pass.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

ROOT: Final = Path(__file__).resolve().parents[2]
OUT: Final = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve() / "mutants"
TREE: Final = OUT / "tree"
NATIVE: Final = TREE / "python" / "garraway" / "_native.abi3.so"
HANGS_S: Final = int(os.environ.get("GARRAWAY_MUTANTS_HANG_S", "120"))
"""A suite that takes longer has found the bug, too; on a busy machine take more."""
HANGS: Final = "does not end"
COPIED: Final = (
    "Cargo.toml",
    "Cargo.lock",
    "clippy.toml",
    "pyproject.toml",
    "crates",
    "benches",
    "python",
    "tests",
    "docs",
)

RUST: Final = ("cargo", "test", "--quiet", "--locked", "--lib", "--tests", "--package")
ENGINE: Final = ("cargo", "test", "--quiet", "--locked", "--package", "garraway-engine")
TABLES: Final = ("orders", "phases", "days", "risk_definitions", "risk_fees", "risk_futures", "risk_limits")
"""Tests of the engine with worked examples."""
UNGOLDEN: Final = ("--", "--skip", "every_build_reaches_the_same_hashes")
PYTEST: Final = (sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider")
SUITES: Final[Mapping[str, tuple[tuple[str, ...], bool]]] = {
    "types": ((*RUST, "garraway-types"), False),
    "book": ((*RUST, "garraway-book"), False),
    "units": ((*ENGINE, "--lib"), False),
    "tables": ((*ENGINE, *(part for test in TABLES for part in ("--test", test))), False),
    "engine": ((*RUST, "garraway-engine", *UNGOLDEN), False),
    "scenarios": ((*PYTEST, "tests/scenarios"), True),
    "streams": ((sys.executable, "-m", "tests.mutants.streams"), True),
}
"""Suites by name, the cheapest first: the command, and whether it needs the native module."""


@dataclass(frozen=True, slots=True)
class Bug:
    """A planted bug."""

    name: str
    what: str
    file: str
    text: str
    with_: str
    found_by: str

    def planted(self) -> str | None:
        """The file with the bug in it; None where its text does not stand there exactly once."""
        path = ROOT / self.file
        sound = path.read_text(encoding="utf-8") if path.exists() else ""
        return sound.replace(self.text, self.with_) if sound.count(self.text) == 1 else None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a bug."""

    name: str
    found_by: str | None
    """The suite; None where it survived or was never planted."""
    expected: str
    seconds: float
    trouble: str = ""
    """Why it does not count as found."""
    hung: bool = False
    """Whether it was found by a suite that did not end."""


def bugs() -> list[Bug]:
    """The list, in its order."""
    rows = tomllib.loads((Path(__file__).parent / "bugs.toml").read_text(encoding="utf-8"))["bug"]
    listed = [Bug(with_=row.pop("with"), **row) for row in rows]
    assert len({bug.name for bug in listed}) == len(listed), "two bugs have one name"
    assert {bug.found_by for bug in listed} <= set(SUITES), "a suite that does not exist"
    return listed


def copy_tree() -> None:
    """Brings the copy up to date: only files that differ are written, so that little is built again."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *COPIED]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    wanted = {name for name in names.split("\0") if name and (ROOT / name).is_file()}
    for path in list(TREE.rglob("*")):
        if path.is_file() and path != NATIVE and str(path.relative_to(TREE)) not in wanted:
            path.unlink()
    for name in wanted:
        source, copy = ROOT / name, TREE / name
        if not copy.exists() or copy.read_bytes() != source.read_bytes():
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(source.read_bytes())


def environment() -> dict[str, str]:
    """Where builds go and where Python looks."""
    return os.environ | {
        "CARGO_TARGET_DIR": str(OUT / "build"),
        "CARGO_INCREMENTAL": "1",
        "CARGO_PROFILE_DEV_DEBUG": "0",
        "CARGO_PROFILE_TEST_DEBUG": "0",
        "GARRAWAY_PROPERTIES_SHRINK": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": f"{TREE / 'python'}{os.pathsep}{TREE}",
        "RUST_BACKTRACE": "0",
    }


def succeeds(command: tuple[str, ...], *, seconds: int) -> tuple[bool, str]:
    """Whether a command ends well within the time, and the end of what it said."""
    running = subprocess.Popen(
        command, cwd=TREE, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", start_new_session=True,
    )  # fmt: skip
    try:
        told, _ = running.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
        return False, HANGS
    return running.returncode == 0, told[-4000:]


def build(suite: str) -> tuple[bool, str]:
    """Builds what a suite needs."""
    command, needs_native = SUITES[suite]
    if not needs_native:
        return succeeds((*command[: command.index("--") if "--" in command else None], "--no-run"), seconds=900)
    built, told = succeeds(("cargo", "build", "--quiet", "--locked", "--package", "garraway-python"), seconds=900)
    if built:
        NATIVE.unlink(missing_ok=True)
        shutil.copy(OUT / "build" / "debug" / "lib_native.so", NATIVE)
    return built, told


def order_of(bug: Bug) -> list[str]:
    """The suites that may find a bug: the one that should, then the others that can, cheapest first."""
    crate = bug.file.split("/")[1]
    can = (
        [suite for suite in SUITES if list(SUITES).index(suite) >= list(SUITES).index(crate)] if crate in SUITES else []
    )
    return [bug.found_by, *(suite for suite in can if suite != bug.found_by)]


def hunt(bug: Bug, suites: list[str]) -> Outcome:
    """Plants a bug and runs these suites until one finds it."""
    began = time.monotonic()
    planted = bug.planted()
    if planted is None:
        return Outcome(bug.name, None, bug.found_by, 0, f"its text does not stand once in {bug.file}")
    copy = TREE / bug.file
    sound = copy.read_text(encoding="utf-8")
    copy.write_text(planted, encoding="utf-8")
    found_by, trouble, hung = None, "survives", False
    try:
        for suite in suites:
            built, told = build(suite)
            if not built:
                trouble = f"does not compile:\n{told}"
                break
            passed, told = succeeds(SUITES[suite][0], seconds=HANGS_S)
            if not passed:
                found_by, trouble, hung = suite, "", told == HANGS
                break
    finally:
        copy.write_text(sound, encoding="utf-8")
    return Outcome(bug.name, found_by, bug.found_by, round(time.monotonic() - began, 1), trouble, hung)


def sound_tree_passes(names: set[str], progress: Progress) -> str | None:
    """Runs the suites without a bug, since a test that fails anyway finds nothing. Returns what fails."""
    task = progress.add_task("without a bug", total=len(names))
    for suite in SUITES:
        if suite in names:
            for passed, told in (build(suite), succeeds(SUITES[suite][0], seconds=HANGS_S)):
                if not passed:
                    return f"{suite} fails without a bug:\n{told}"
            progress.advance(task)
    return None


def table_of(outcomes: list[Outcome]) -> Table:
    """As people read it."""
    table = Table("bug", "found by", "seconds")
    for outcome in outcomes:
        found = outcome.found_by or f"[bold red]{outcome.trouble.splitlines()[0]}"
        if outcome.found_by and outcome.found_by != outcome.expected:
            found = f"[yellow]{outcome.found_by}[/], not by {outcome.expected}"
        if outcome.hung:
            found += ", which did not end"
        table.add_row(outcome.name, found, f"{outcome.seconds:.1f}")
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description="plant bugs and see that tests find them")
    parser.add_argument("--only", metavar="NAME", help="bugs whose name has this in it")
    parser.add_argument("--quick", action="store_true", help="run only the suite that should find each")
    parser.add_argument("--check", action="store_true", help="only look whether each bug can still be planted")
    parser.add_argument("--json", action="store_true", help="print the outcomes as JSON")
    options = parser.parse_args()
    chosen = [bug for bug in bugs() if options.only is None or options.only in bug.name]
    console = Console(stderr=options.json)
    if not chosen:
        console.print(f"no bug has {options.only!r} in its name")
        return 1
    if options.check:
        gone = [f"{bug.name}: its text does not stand once in {bug.file}" for bug in chosen if bug.planted() is None]
        console.print("\n".join(gone) or f"{len(chosen)} bugs can be planted", highlight=False)
        return 1 if gone else 0
    copy_tree()
    suites = {bug: [bug.found_by] if options.quick else order_of(bug) for bug in chosen}
    outcomes = []
    with Progress(console=console) as progress:
        trouble = sound_tree_passes({suite for several in suites.values() for suite in several}, progress)
        if trouble:
            console.print(trouble, markup=False, highlight=False)
            return 1
        task = progress.add_task("planted bugs", total=len(chosen))
        for bug in chosen:
            progress.update(task, description=bug.name)
            outcomes.append(hunt(bug, suites[bug]))
            progress.advance(task)
    console.print(table_of(outcomes))
    unfound = [outcome for outcome in outcomes if outcome.found_by is None]
    for outcome in unfound:
        console.print(f"{outcome.name}: {outcome.trouble}", markup=False, highlight=False)
    if options.json:
        print(json.dumps([asdict(outcome) for outcome in outcomes], indent=1))
    else:
        seconds = sum(outcome.seconds for outcome in outcomes)
        console.print(f"{len(outcomes) - len(unfound)} of {len(outcomes)} found in {seconds:.0f} s")
    return 1 if unfound else 0


if __name__ == "__main__":
    sys.exit(main())
