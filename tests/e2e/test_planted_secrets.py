"""More than twenty kinds of secrets are planted and sent through every route; none is found where others read."""

import io
import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import websockets.sync.client
from tests.api.fakes import FakeDoor, services
from tests.api.test_edge import asked
from tests.api.venue import Venue, running
from tests.e2e.planted import HEADERS, MARK, SHAPED, Eve, Planted, environment, invited

from garraway.api.app import openapi_json

DOCUMENT = json.loads(openapi_json())
HEALTH = ("/health", "/live", "/ready", "/health/live", "/health/ready", "/health/startup", "/health/deep")
READS = [path for path, operations in DOCUMENT["paths"].items() if "get" in operations and "{" not in path]


@dataclass
class Found:
    """A running venue, and what was planted in it."""

    venue: Venue
    planted: Planted


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    planted, folder = Planted(), tmp_path_factory.mktemp("planted")
    with pytest.MonkeyPatch.context() as patched:
        for name, value in environment(folder / "secrets", planted).items():
            patched.setenv(name, value)
        with running(folder / "v", rate=1_000_000) as venue:
            Eve(venue, planted).live()
            invited(venue, planted)
            yield Found(venue, planted)


def seen(text: str, secrets: dict[str, list[str]]) -> set[str]:
    """Kinds of secrets that are in a text."""
    return {kind for kind, values in secrets.items() if any(value in text for value in values)}


def value_of(schema: dict[str, Any], text: str) -> Any:  # noqa: ANN401 - a JSON value
    """A value of the schema, each of its texts this one."""
    if "$ref" in schema:
        return value_of(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]], text)
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return value_of(schema[several][0], text)
    kind = schema.get("type", "string")
    if kind == "object":
        return {name: value_of(one, text) for name, one in schema.get("properties", {}).items()}
    if kind == "array":
        return [value_of(schema.get("items", {}), text)]
    return {"integer": 1, "number": 1, "boolean": True}.get(kind, text)


def send_everywhere(http: httpx2.Client, headers: dict[str, str], within: str = "/") -> list[httpx2.Response]:
    """Every operation of the document below a path, every text in it one of the planted, in turn."""
    turn, replies = itertools.cycle(SHAPED.values()), []
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items() if path.startswith(within) else ():
            text = next(turn)
            where = {one["name"]: one for one in operation.get("parameters", [])}
            in_path = {name: text.replace("/", "") for name, one in where.items() if one["in"] == "path"}
            query = {name: text for name, one in where.items() if one["in"] == "query"} | {"access_token": text}
            body = operation.get("requestBody", {}).get("content", {})
            url = path.format(**in_path).replace("{", "").replace("}", "")
            form = body.get("application/x-www-form-urlencoded")
            sent: dict[str, Any] = {"headers": headers}
            if form is not None:
                sent["data"] = {name: str(value) for name, value in value_of(form["schema"], text).items()}
            elif body:
                sent["json"] = value_of(body["application/json"]["schema"], text)
            several = ({}, query) if operation.get("x-permission") != "public" else (query,)
            replies += [http.request(method.upper(), url, params=params, **sent) for params in several]
    return replies


def public_places(venue: Venue) -> dict[str, str]:
    """Everything that is not a reply to who sent it: logs, audit, metrics, health."""
    places = {path: httpx2.get(venue.url + path, timeout=20).text for path in (*HEALTH, "/metrics")}
    for chain, form in (("admin", "csv"), ("security", "jsonl")):
        command = ["audit", "export", "--chain", chain, "--format", form, "--url", venue.database]
        places[f"audit {chain} {form}"] = told(*command).stdout
    return places | {path.name: path.read_text() for path in (venue.folder / "log").glob("*.log*")}


def told(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "garraway.cli", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_more_than_twenty_kinds_are_planted(found: Found) -> None:
    kinds = {*found.planted.real, *SHAPED, *HEADERS}
    assert len(found.planted.real) >= 18
    assert len(kinds) >= 35


def test_nobody_else_is_told_anything_of_it(found: Found) -> None:
    """Other people's replies: staff who may see everything, another trader, and nobody at all."""
    for who in ("SuperAdmin", "Auditor", "Support", "other", ""):
        with found.venue.client(who) as client:
            for path in READS:
                reply = client.get(path)
                assert (path, seen(reply.text, found.planted.real)) == (path, set())


def test_the_database_holds_none_of_it(found: Found) -> None:
    content = "".join(
        path.read_bytes().decode("latin-1") for path in found.venue.folder.glob("garraway.db*") if path.is_file()
    )
    assert "eve@example.com" in content, "this is where it would be"
    # A cookie and a ticket are kept nowhere; the keys of the tokens' files are not in the database.
    assert seen(content, found.planted.real) == set()


def test_none_is_found_after_it_went_through_every_route(found: Found) -> None:
    venue = found.venue
    statuses = set()
    with httpx2.Client(base_url=venue.url, timeout=20) as http:
        bearers = [f"Bearer {venue.tokens['trader']}", f"Bearer {MARK}", f"Basic {MARK}"]
        bearers.append(f"Bearer {venue.tokens['SuperAdmin']}")  # the last: it ends people and switches trading off
        for bearer in bearers:
            replies = send_everywhere(http, HEADERS | {"authorization": bearer})
            statuses |= {reply.status_code // 100 for reply in replies}
        http.get("/binance/api/v3/account", params={"signature": MARK, "timestamp": "1"}, headers=HEADERS)
        http.post("/api/v1/orders", content=b'{"password": "' + MARK.encode(), headers=HEADERS)
        http.get(f"/nowhere/{MARK}?token={MARK}")
        http.request(MARK, "/")
        over_the_socket(venue)
        assert venue.exchange is not None
        venue.exchange.kill()
        venue.exchange.wait()
        venue.until(lambda: http.get("/health/ready").status_code == 503)
        token = f"Bearer {venue.tokens['other']}"
        away = send_everywhere(http, HEADERS | {"authorization": token}, "/api/v1/orders")
        assert 503 in {reply.status_code for reply in away}
    assert statuses == {2, 4}
    planted = found.planted.real | {"planted in requests": [MARK]}
    places = public_places(venue)
    assert {place: seen(text, planted) for place, text in places.items() if seen(text, planted)} == {}
    assert "robot (token=[redacted]" in places["audit security jsonl"], "this is where it would be"
    assert '"event":"request"' in places["service.log"]


def over_the_socket(venue: Venue) -> None:
    port = json.loads((venue.folder / "run" / "service.json").read_text())["stream_port"]
    with websockets.sync.client.connect(f"ws://127.0.0.1:{port}/ws") as socket:
        for token in (*SHAPED.values(), MARK):
            socket.send(json.dumps({"op": "auth", "req_id": 1, "token": token}))
            while json.loads(socket.recv(timeout=20))["type"] == "heartbeat":
                pass
            break
        socket.send(MARK)


def test_a_fault_of_ours_tells_neither_client_nor_log_what_it_was_about() -> None:
    class Broken(FakeDoor):
        def send(self, record: bytes) -> Any:  # noqa: ANN401 - it never answers
            raise RuntimeError(f"password={MARK} {MARK} {record!r}")

    stream = io.StringIO()
    made = services(door=Broken())
    made.log._stream = stream
    order = {"symbol": "GARR", "side": "buy", "type": "limit", "quantity": "1", "price": "1.00"}

    async def asking(client: httpx2.AsyncClient) -> None:
        reply = await client.post("/api/v1/orders", json=order, headers={"Authorization": "Bearer good"})
        assert (reply.status_code, reply.json()["code"]) == (500, "Fault")
        assert MARK not in reply.text
        made.log.flush()

    asked(made, asking)
    assert "request_failed" in stream.getvalue()
    assert MARK not in stream.getvalue()


def test_commands_show_none_of_it(found: Found, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(f'[database]\npassword = "{MARK}"\nurl = "postgresql://me:{MARK}@host/x"\nunknown = 1\n')
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps([{"key_id": "a-key-of-somebody", "secret": MARK}]))
    keys.chmod(0o600)
    database, folder = ["--url", found.venue.database], ["--folder", str(found.venue.folder)]
    commands = (
        ["config", "show"],
        ["config", "check", "--host"],
        ["config", "check", "--config", str(wrong)],
        ["db", "status", "--url", f"postgresql://me:{MARK}@127.0.0.1:1/none"],
        ["admin", "load-keys", str(keys), *database, *folder],
        ["service", "--config", str(wrong)],
    )
    planted = found.planted.real | {"in a command": [MARK]}
    codes = []
    for words in commands:
        done = told(*words)
        codes.append(done.returncode)
        assert (words[:2], seen(done.stdout + done.stderr, planted)) == (words[:2], set())
        assert "Traceback" not in done.stderr
    assert codes[0] == 0
    assert all(codes[2:])
