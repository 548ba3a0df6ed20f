"""Which crate may use which: the table of ARCHITECTURE.md, read from `cargo metadata`."""

import json
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PREFIX = "garraway-"

EDGES = {
    "types": set(),
    "wire": set(),
    "book": {"types"},
    "engine": {"book", "types"},
    "sequencer": {"engine", "types"},
    "exchange": {"engine", "sequencer", "types", "wire"},
    "benches": {"book", "engine", "types"},
    "python": {"benches", "engine", "exchange", "sequencer", "signals", "trading", "types", "views"},
    "signals": set(),
    "trading": {"engine", "signals", "types"},
    "views": {"sequencer", "types", "wire"},
}
OPTIONAL = {"python": {"wire"}, "views": {"engine"}, "benches": {"sequencer", "views", "wire"}}
FREE_OF_OTHERS = {"types", "book", "engine", "signals", "wire"}


def crates() -> dict[str, list[dict[str, Any]]]:
    """Our crates by short name, each with its dependencies as cargo tells them."""
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--no-deps"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {package["name"].removeprefix(PREFIX): package["dependencies"] for package in json.loads(found)["packages"]}


def ours(dependencies: list[dict[str, Any]]) -> set[str]:
    return {one["name"].removeprefix(PREFIX) for one in dependencies if one["name"].startswith(PREFIX)}


def shipped(dependencies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in dependencies if one["kind"] != "dev"]


def test_every_crate_is_in_the_table() -> None:
    assert set(crates()) == set(EDGES)


def test_crates_use_exactly_the_crates_of_the_table() -> None:
    used = {name: ours(shipped(found)) - OPTIONAL.get(name, set()) for name, found in crates().items()}
    assert used == EDGES


def test_tests_of_a_crate_use_no_crate_above_it() -> None:
    above = {name: ours(found) - EDGES[name] - OPTIONAL.get(name, set()) for name, found in crates().items()}
    assert above == {name: set() for name in EDGES}


def test_the_core_uses_nothing_but_the_standard_library() -> None:
    outside = {
        name: {one["name"] for one in shipped(found)} - {PREFIX + own for own in ours(found)}
        for name, found in crates().items()
    }
    assert {name: outside[name] for name in FREE_OF_OTHERS} == {name: set() for name in FREE_OF_OTHERS}
