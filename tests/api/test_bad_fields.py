"""Every field of every operation x what attackers send: 4xx with the field named where it cannot be, never 5xx.

Walked from the OpenAPI document: each property of each body, each parameter of each query and path. The rest of a
request is the matrix's, asked by somebody who is let in, so that the value gets as far as it can. No URL that comes in
is ever fetched; those of an OAuth client are for browsers.
"""

import json
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode

import httpx2
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from tests.api.matrix.callers import COLUMNS, Caller, Cast, cast
from tests.api.matrix.table import FOLDER, Operation, filled, operations
from tests.api.matrix.things import Things
from tests.api.venue import running

DOCUMENT: Final[dict[str, Any]] = json.loads(
    (FOLDER.parents[2] / "docs" / "reference" / "openapi.json").read_text(encoding="utf-8")
)
NESTED: Final = json.loads("[" * 60 + "]" * 60)
TEXTS: Final = (
    "",
    "\0",
    "\u202egnp.exe",
    "\ud800",
    "' OR 1=1; DROP TABLE users; --",
    "=cmd|' /C calc'!A0",
    "../../../../etc/passwd",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::1]:8080/",
    "javascript:alert(1)",
    "NaN",
    "1e400",
    "9" * 40,
    "-9223372036854775809",
    "58000.00000000001",
    "٥",
    "x" * 5_000,
)
VALUES: Final[tuple[object, ...]] = (
    *TEXTS,
    2**63 - 1,
    2**63,
    -(2**63) - 1,
    2**64,
    10**400,
    -1,
    0,
    0.5,
    1e308,
    float("nan"),
    float("-inf"),
    True,
    None,
    [],
    {},
    NESTED,
    {"$ref": "x", "__proto__": {}},
)
ASKED: Final = [one for file in ("clients.toml", "back_office.toml") for one in operations(file)]
REFUSED: Final = {400, 413, 422}
WAITS: Final = {"min_seq"}
"""A number of a command that is still to come is waited for: that is how it is told."""


def documented(operation: Operation) -> dict[str, Any]:
    """What the document says of an operation; pages have nothing there."""
    found: dict[str, Any] = DOCUMENT["paths"].get(operation.path, {}).get(operation.method.lower(), {})
    return found


WITH_BODY: Final = [one for one in ASKED if "requestBody" in documented(one)]
WITH_PARAMETERS: Final = [one for one in ASKED if documented(one).get("parameters")]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cast, Things]]:
    """A venue for this file alone: some of what is sent can be done, and then it is."""
    folder = tmp_path_factory.mktemp("fields") / "v"
    with running(folder, rate=1_000_000, people=lambda _: None) as venue, cast(venue) as found:
        yield found, Things(found)


@pytest.mark.parametrize("operation", WITH_BODY, ids=[one.name for one in WITH_BODY])
def test_no_value_of_a_field_of_a_body_is_a_fault(own: tuple[Cast, Things], operation: Operation) -> None:
    people, things = own
    caller = _let_in(people, operation)
    wrong: list[tuple[object, ...]] = []
    for name, schema in _fields(operation).items():
        for value in VALUES:
            names = things.of(operation.thing, "own", caller)
            body = json.loads(filled(operation.body or "{}", names)) | {name: value}
            reply = people.send(caller, operation.method, filled(operation.target, names), *_written(operation, body))
            wrong += _faults(reply, name, value, fits=_fits(schema, value, form=operation.form is not None))
    assert wrong == [], "\n".join(map(str, wrong))


@pytest.mark.parametrize("operation", WITH_BODY, ids=[one.name for one in WITH_BODY])
def test_a_body_that_is_none_is_refused(own: tuple[Cast, Things], operation: Operation) -> None:
    people, things = own
    caller = _let_in(people, operation)
    first = next(iter(_fields(operation)))
    bodies = [
        b"[" * 20_000,
        b'{"a":' * 20_000,
        b'{"%s": 1, "%s": 2}' % (first.encode(), first.encode()),
        b'{"%s": 1' % first.encode(),
        b"\xff\xfe{}",
        b'{"%s": NaN}' % first.encode(),
        b'"' + b"x" * 100_000 + b'"',
        b"null",
        b"[]",
    ]
    names = things.of(operation.thing, "own", caller)
    target = filled(operation.target, names)
    told = [people.send(caller, operation.method, target, body).status_code for body in bodies]
    assert [status for status in told if status not in REFUSED] == []


@pytest.mark.parametrize("operation", WITH_PARAMETERS, ids=[one.name for one in WITH_PARAMETERS])
def test_no_value_of_a_parameter_is_a_fault(own: tuple[Cast, Things], operation: Operation) -> None:
    people, things = own
    caller = _let_in(people, operation)
    wrong: list[tuple[object, ...]] = []
    for parameter in documented(operation)["parameters"]:
        name, schema = parameter["name"], parameter["schema"]
        for text in TEXTS if name not in WAITS else ("NaN", "-1", "9" * 40):
            value = text.encode("utf-8", "surrogatepass")
            names = things.of(operation.thing, "own", caller)
            if parameter["in"] == "path":
                path = filled(operation.path, names | {name: quote(value, safe="")})
                reply = people.send(caller, operation.method, path, _body(operation, names))
                assert reply.status_code < 500, (name, text, reply.text)
            elif parameter["in"] == "query":
                bare, _, rest = filled(operation.target, names).partition("?")
                query = urlencode(dict(parse_qsl(rest)) | {name: value})
                reply = people.send(caller, operation.method, f"{bare}?{query}", _body(operation, names))
                wrong += _faults(reply, name, text, fits=_fits(schema, text, form=True))
    assert wrong == [], "\n".join(map(str, wrong))


def _let_in(people: Cast, operation: Operation) -> Caller:
    """The strongest of those who are let in: staff, where they are, may do most."""
    row = operation.rows.get("own") or operation.rows.get("any") or operation.rows.get("sees_own") or ""
    able = [name for name, sign in zip(COLUMNS, row, strict=True) if sign == "+"] if row else ["Trader"]
    order = ("SuperAdmin", "Admin", "Finance", "Trader", "anonymous")
    return people.callers[next(name for name in (*order, *able) if name in able)]


def _fields(operation: Operation) -> dict[str, Any]:
    """The properties of an operation's body."""
    content = documented(operation)["requestBody"]["content"]
    schema = next(iter(content.values()))["schema"]
    while "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    found: dict[str, Any] = schema["properties"]
    return found


def _written(operation: Operation, body: dict[str, Any]) -> tuple[bytes, str]:
    if operation.form is None:
        return json.dumps(body).encode(), "application/json"
    pairs = {name: str(value).encode("utf-8", "surrogatepass") for name, value in body.items()}
    return urlencode(pairs).encode(), "application/x-www-form-urlencoded"


def _body(operation: Operation, names: dict[str, Any]) -> bytes:
    return filled(operation.body or "", names).encode()


def _fits(schema: dict[str, Any], value: object, *, form: bool) -> bool:
    """Whether the document lets a value be; of a form or a query all are texts, and a number's text is a number."""
    validator = Draft202012Validator(schema | {"components": DOCUMENT["components"]})
    candidates = [value]
    if form:
        candidates = [str(value), *([int(str(value))] if str(value).isdecimal() else [])]
    return any(validator.is_valid(one) for one in candidates)


def _faults(reply: httpx2.Response, name: str, value: object, *, fits: bool) -> Iterator[tuple[object, ...]]:
    """What is wrong with a reply to a value."""
    what = (name, repr(value)[:60], reply.status_code, reply.text[:300])
    if reply.status_code >= 500:
        yield ("a fault", *what)
    elif reply.status_code == 422:
        named = [one["field"] for one in reply.json()["errors"]]
        if not any(one == name or one.startswith(f"{name}.") for one in named) and (not fits or not named):
            yield ("not named", *what)
    elif not fits and reply.status_code not in REFUSED | {404}:
        yield ("not refused", *what)
