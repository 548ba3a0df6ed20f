"""docs/guides/catalog.md names every format, column, action and flag, and what it shows to type works."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

from garraway.catalog import Catalog
from garraway.catalog.importers import FORMATS
from garraway.catalog.kinds import DTYPES, Action, Flag

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "catalog.md").read_text(encoding="utf-8")


def test_the_guide_names_formats_columns_and_actions() -> None:
    names = [*FORMATS, *DTYPES, *(name for dtype in DTYPES.values() for name in dtype.names or ())]
    names += [chr(action) for action in Action]
    assert [name for name in names if f"`{name}`" not in GUIDE] == []
    flags = re.search(r"`flags` are bits: (.*)\.", GUIDE)
    assert flags is not None
    assert [int(number) for number in re.findall(r"\b(\d+) [a-z]", flags[1])] == [int(flag) for flag in Flag]


def test_the_first_example_works_as_it_stands(tmp_path: Path) -> None:
    (block,) = re.findall(r"anybody can write:\n\n((?:    .*\n)+)", GUIDE)
    for line in block.splitlines():
        command = line.strip()
        if command.startswith("garraway "):
            words = [sys.executable, "-m", "garraway.cli", *shlex.split(command)[1:]]
            subprocess.run(words, cwd=tmp_path, check=True, capture_output=True)
        else:
            subprocess.run(["sh", "-c", command], cwd=tmp_path, check=True)
    catalog = Catalog(tmp_path / "recorded")
    assert [dataset.name for dataset in catalog.datasets()] == ["mine/ABC/bars-time:1m", "mine/ABC/trades"]
    bars = catalog.read("mine/ABC/bars-time:1m", start="2024-01-02", end="2024-01-03")
    assert bars.select("open", "high", "low", "close", "volume", "trades").rows() == [
        (1000, 1002, 1000, 1002, 12, 2),
        (1001, 1001, 1001, 1001, 4, 1),
    ]
