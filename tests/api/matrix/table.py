"""The matrix as a person reads it: TOML files beside this one, a table for each operation, a letter for each cell.

    ["GET /api/v1/accounts/{account}"]
    in     = 200                        # the status, or statuses, of who is let in
    own    = "u ++.++++ fs +...- +"     # a letter for each caller, in the order of `COLUMNS`; blanks are for the eye
    others = ...
    nobody = ...

`any` alone stands for an operation on nothing in particular; `own` of staff is a client's of a group that they look
after, `staff` another member of staff. Of a list, `sees_own` and `sees_others` say whether `shown` is in it. `thing`
names what is made anew for each cell, `target` is the path with a query, `body` JSON and `form` a form; `<name>` stands
for a name of the thing.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.api.matrix.callers import COLUMNS

FOLDER: Final = Path(__file__).parent
LETTERS: Final = {
    "+": "let in",
    ".": "403 Forbidden",
    "s": "403 StepUpNeeded",
    "f": "403 FactorMissing",
    "?": "404, in the same words whether it is another's or nobody's",
    "u": "401",
    "-": "let in, and what was asked for is not among what is shown",
}
ROWS: Final = ("any", "own", "others", "staff", "nobody", "sees_own", "sees_others")
KINDS: Final = (
    {"any"},
    {"nobody"},
    {"any", "nobody"},
    {"own", "others", "nobody"},
    {"sees_own", "sees_others"},
)
_REFUSED: Final = {".": (403, "Forbidden"), "s": (403, "StepUpNeeded"), "f": (403, "FactorMissing")}


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation: how it is asked for, and what each caller is told."""

    method: str
    path: str
    target: str
    body: str | None
    form: str | None
    thing: str
    shown: str | None
    let_in: tuple[int, ...]
    rows: Mapping[str, str]
    """The letters of each row without blanks."""

    @property
    def name(self) -> str:
        """As the file and the OpenAPI document name it."""
        return f"{self.method} {self.path}"

    def filled(self, names: Mapping[str, Any]) -> tuple[str, bytes]:
        """The target and the body with a thing's names in place."""
        return filled(self.target, names), filled(self.body or self.form or "", names).encode()


def operations(file: str) -> Iterator[Operation]:
    """The operations of a file, each whole. Raises: AssertionError: a row that no reader could trust."""
    for name, said in tomllib.loads((FOLDER / file).read_text(encoding="utf-8")).items():
        method, path = name.split(" ")
        rows = {row: said.pop(row).replace(" ", "") for row in ROWS if row in said}
        assert rows.keys() - {"staff"} in KINDS, f"{name}: rows {sorted(rows)}"
        for row, letters in rows.items():
            assert len(letters) == len(COLUMNS), f"{name}: row {row} has {len(letters)} cells of {len(COLUMNS)}"
            assert set(letters) <= LETTERS.keys(), f"{name}: row {row} has letters that mean nothing"
        let_in = said.pop("in")
        yield Operation(
            method=method,
            path=path,
            target=said.pop("target", path),
            body=said.pop("body", None),
            form=said.pop("form", None),
            thing=said.pop("thing", "nothing"),
            shown=said.pop("shown", None),
            let_in=tuple(let_in) if isinstance(let_in, list) else (let_in,),
            rows=rows,
        )
        assert not said, f"{name}: {sorted(said)} means nothing"


def letter(operation: Operation, status: int, code: str | None, *, shown: bool = True) -> str:
    """What a reply is in the matrix; a status that no letter stands for is told as it is."""
    if status in operation.let_in:
        return "+" if shown else "-"
    for sign, refused in _REFUSED.items():
        if (status, code) == refused:
            return sign
    return {401: "u", 404: "?"}.get(status, f"({status} {code})")


def filled(text: str, names: Mapping[str, Any]) -> str:
    """A text with a thing's names in place."""
    for name, value in names.items():
        text = text.replace(f"<{name}>", str(value)).replace(f"{{{name}}}", str(value))
    return text
