"""Every setting is read by somebody outside the room that declares it: a promise that nobody keeps fails here."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from garraway.config import Settings
from garraway.config.tree import fields

ROOT = Path(__file__).parents[2]
CODE = ROOT / "python" / "garraway"
WHOLE = {"venue": ROOT / "crates" / "python" / "src", "exchange": ROOT / "crates" / "python" / "src"}
"""Sections that are handed to Rust whole (`Settings.for_exchange`): there each field is a text."""


def last(value: ast.expr) -> str:
    """The last name of `a.b.c`."""
    return value.attr if isinstance(value, ast.Attribute) else ast.unparse(value)


class Readers(ast.NodeVisitor):
    """What a file reads of sections: names that stand for one, by annotation or by assignment, and their attributes."""

    def __init__(self, sections: dict[str, str]) -> None:
        """Sections: name of the class -> name of the section."""
        self.sections = sections
        self.handles = {name: {name} for name in sections.values()}
        self.read: set[tuple[str, str]] = set()

    def learn(self, tree: ast.AST) -> None:
        """Which names stand for a section in this file."""
        for node in ast.walk(tree):
            if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
                self._annotated(node.arg if isinstance(node, ast.arg) else last(node.target), node.annotation)
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute | ast.Name):
                self._assigned(node.targets, node.value)

    def _annotated(self, name: str, annotation: ast.expr) -> None:
        for word in re.findall(r"\w+", ast.unparse(annotation)):
            if word in self.sections:
                self.handles[self.sections[word]].add(name)

    def _assigned(self, targets: list[ast.expr], value: ast.expr) -> None:
        for names in self.handles.values():
            if last(value) in names:
                names.update(last(target) for target in targets)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Something's attribute: a read, where that something stands for a section."""
        for section, names in self.handles.items():
            if last(node.value) in names:
                self.read.add((section, node.attr))
        self.generic_visit(node)


def sections() -> dict[str, Any]:
    return {name: kind.annotation for name, kind in fields(Settings).items() if fields(kind.annotation)}


def files() -> Iterator[Path]:
    """Code that may keep a promise: the tree's own properties, and all outside `config`."""
    yield CODE / "config" / "settings.py"
    yield from (path for path in CODE.rglob("*.py") if path.parts[len(CODE.parts)] != "config")


def read_anywhere() -> set[tuple[str, str]]:
    names = {kind.__name__: name for name, kind in sections().items()}
    names |= {"IdentitySettings": "identity"}
    found: set[tuple[str, str]] = set()
    for path in files():
        readers = Readers(names)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        readers.learn(tree)
        readers.learn(tree)  # names of names
        readers.visit(tree)
        found |= readers.read
    for section, folder in WHOLE.items():
        texts = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.rs"))
        found |= {(section, name) for name in fields(sections()[section]) if f'"{name}"' in texts}
    return found


def test_every_setting_is_read_outside_the_room_that_declares_it() -> None:
    read = read_anywhere()
    declared = {(section, name) for section, kind in sections().items() for name in fields(kind)}
    assert declared - read == set()


def test_a_setting_that_nobody_reads_would_be_found() -> None:
    assert ("service", "no_such_setting") not in read_anywhere()
    assert ("identity", "password") not in read_anywhere(), "a field of another section counts for this one"
