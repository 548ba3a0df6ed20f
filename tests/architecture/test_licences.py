"""Whose code is linked into the native module: permissive licences only, and from the package registry only."""

import json
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PERMISSIVE = {
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
}


def permitted(licence: str) -> bool:
    """Every part joined by AND offers, among its parts joined by OR, one that is permissive."""
    parts = licence.replace("(", "").replace(")", "").split(" AND ")
    return all(any(choice.strip() in PERMISSIVE for choice in re.split(r" OR |/", part)) for part in parts)


def test_linked_crates_are_permissively_licensed_and_from_the_registry() -> None:
    host = re.search(
        r"^host: (\S+)$",
        subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=True).stdout,
        re.MULTILINE,
    )
    assert host is not None
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", host[1]]
    packages = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)[
        "packages"
    ]
    others = [package for package in packages if package["source"] is not None]
    refused = {
        package["name"]: (package["license"], package["source"])
        for package in others
        if not permitted(package["license"] or "none") or not package["source"].startswith("registry+")
    }
    assert refused == {}
