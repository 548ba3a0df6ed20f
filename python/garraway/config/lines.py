"""On which line of a TOML file each key stands: what a TOML reader does not keep. Touches nothing.

Only for files that parsed: strings over several lines are stepped over, everything else is taken line by line.
"""

import re
from collections.abc import Mapping
from typing import Final

TABLE: Final = re.compile(r"\s*\[\[?\s*(?P<name>[^\[\]]+?)\s*\]\]?\s*(#.*)?$")
NAME: Final = r"(?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')"
KEY: Final = re.compile(rf"\s*(?P<name>{NAME}(?:\s*\.\s*{NAME})*)\s*=")
PART: Final = re.compile(r"\"([^\"]*)\"|'([^']*)'|([A-Za-z0-9_-]+)")
LONG_QUOTES: Final = ('"""', "'''")
Path = tuple[str, ...]


def lines_of(text: str) -> dict[Path, int]:
    """Path of each table and key -> its line, counted from 1."""
    found: dict[Path, int] = {}
    table: Path = ()
    inside = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if inside:
            inside = "" if inside in line else inside
            continue
        if (header := TABLE.match(line)) is not None:
            table = _parts(header["name"])
            found.setdefault(table, number)
        elif (key := KEY.match(line)) is not None:
            found.setdefault(table + _parts(key["name"]), number)
            inside = _left_open(line)
    return found


def nearest_line(lines: Mapping[Path, int], path: Path) -> int | None:
    """The line of the key, or of the innermost table around it that stands in the file."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return None


def _parts(name: str) -> Path:
    return tuple(double or single or bare for double, single, bare in PART.findall(name))


def _left_open(line: str) -> str:
    """The quotes of a string that goes on behind this line."""
    return next((quotes for quotes in LONG_QUOTES if line.count(quotes) == 1), "")
