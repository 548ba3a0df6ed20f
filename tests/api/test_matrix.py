"""Endpoint x role x ownership: every cell is declared in `matrix/*.toml`, asked on a running venue, and as declared.

A new route needs its rows there. What a missing or wrong row would have to be as the service stands is told by the
failure; whether that is right is for a person to judge.
"""

import re
from dataclasses import dataclass
from typing import Final

import httpx2
import pytest
from tests.api.matrix.callers import COLUMNS, Caller, Cast
from tests.api.matrix.table import Operation, filled, letter, operations
from tests.api.matrix.things import Ownership, Things

from garraway.api.app import PAGES, RAW, ROUTERS

OPERATIONS: Final = [*operations("clients.toml"), *operations("back_office.toml")]
OWNERSHIP: Final = {"any": "own", "sees_own": "own", "sees_others": "others"}
FORM: Final = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def things(people: Cast) -> Things:
    return Things(people)


def test_every_operation_is_declared_once() -> None:
    served = {f"{route.method} {route.path}" for route in RAW}
    for routes in (*ROUTERS, *PAGES):
        served |= {f"{method} {route.path}" for route in routes.routes for method in route.methods}  # type: ignore[attr-defined]
    assert sorted(one.name for one in OPERATIONS) == sorted(served)


@pytest.mark.parametrize("operation", OPERATIONS, ids=[one.name for one in OPERATIONS])
def test_every_caller_is_told_what_is_declared(people: Cast, things: Things, operation: Operation) -> None:
    told = {row: _row(people, things, operation, row) for row in operation.rows}
    found = {
        row: "".join(letter(operation, one.reply.status_code, one.code, shown=one.shown) for one in row_told.values())
        for row, row_told in told.items()
    }
    wrong = [f"{row}: found {found[row]}, declared {operation.rows[row]}" for row in found]
    assert found == operation.rows, "\n".join([operation.name, *wrong])
    for name in COLUMNS if "others" in told else ():
        if found["others"][COLUMNS.index(name)] == "?":
            assert told["others"][name].words == told["nobody"][name].words


@dataclass(frozen=True)
class _Told:
    """A reply, and the names of what was asked for."""

    reply: httpx2.Response
    names: dict[str, object]
    shown: bool
    """Whether what was looked for is in it."""

    @property
    def code(self) -> str | None:
        """The problem's code."""
        found: str | None = self.reply.json()["code"] if _is_problem(self.reply) else None
        return found

    @property
    def words(self) -> dict[str, str]:
        """All that it tells, but for its correlation id and the name of the thing, which the asker knew."""
        names = "|".join(re.escape(str(name)) for name in self.names.values())
        said = {name: re.sub(rf"\b({names})\b", "_", str(value)) for name, value in self.reply.json().items()}
        return said | {"correlation_id": "", "status": str(self.reply.status_code)}


def _row(people: Cast, things: Things, operation: Operation, row: str) -> dict[str, _Told]:
    ownership: Ownership = OWNERSHIP.get(row, row)  # type: ignore[assignment] # a row's name is one of these
    return {name: _asked(people, things, operation, ownership, one) for name, one in people.callers.items()}


def _asked(people: Cast, things: Things, operation: Operation, ownership: Ownership, caller: Caller) -> _Told:
    names = things.of(operation.thing, ownership, caller)
    target, body = operation.filled(names)
    media = FORM if operation.form is not None else "application/json"
    reply = people.send(caller, operation.method, target, body, media)
    return _Told(reply, names, operation.shown is None or filled(operation.shown, names) in reply.text)


def _is_problem(reply: httpx2.Response) -> bool:
    return reply.headers.get("content-type") == "application/problem+json"
