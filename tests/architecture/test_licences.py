"""Whose code is linked into the native module or needed beside it: permissive licences only, from the registry only."""

import json
import re
import subprocess
from importlib import metadata
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
    "PSF-2.0",
    "Zlib",
}
CLASSIFIED = {
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: ISC License (ISCL)": "ISC",
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
}
SEPARATE = {"LGPL-3.0-only"}
"""Of packages that are installed beside ours unchanged and can be replaced: what that licence asks for (psycopg)."""


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


def licence_of(package: str) -> str:
    """What a package says by itself: as an expression, or else by its classifiers."""
    told = metadata.metadata(package)
    named = [CLASSIFIED.get(each, each) for each in told.get_all("Classifier", []) if each.startswith("License ::")]
    if "License-Expression" in told:
        return told["License-Expression"]
    return " AND ".join(named) or ", ".join(told.get_all("License", ["none"]))


def test_needed_python_packages_are_permissively_licensed() -> None:
    pinned = re.findall(
        r"^([a-z0-9-]+)==",
        (ROOT / "requirements" / "runtime.txt").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert "numpy" in pinned
    packages = sorted(set(pinned) - {"colorama"})  # needed on Windows alone, and absent elsewhere
    assert {
        name: licence_of(name)
        for name in packages
        if not permitted(licence_of(name)) and licence_of(name) not in SEPARATE
    } == {}
