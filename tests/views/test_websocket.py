"""Every message of the hub is as `docs/reference/asyncapi.json` says, and every one that it says is met."""

import asyncio
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import websockets
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from tests.views.special import RecordedEngine, trade
from tests.views.written_log import WrittenLog

from garraway.views import LiveViews

DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "asyncapi.json"
DEADLINE_S = 90
OTHERS: tuple[dict[str, Any], ...] = (
    {"op": "cancel_on_disconnect", "enabled": True},
    {"op": "cancel_after", "timeout_ms": 60_000, "account": 109},
    {"op": "ping", "req_id": 3},
    {"op": "subscribe", "channel": "book", "symbol": "NONE"},
)
ROUNDS = 120
PIECE = 100
PUBLIC = ("book", "trades", "ticker", "status")
PRIVATE = ("orders", "fills", "balances", "positions")


def validators(prefix: str = "") -> dict[str, Draft202012Validator]:
    """A validator of each message that the document names."""
    components = json.loads(DOCUMENT.read_text())["components"]
    return {
        name: Draft202012Validator({**message["payload"], "components": {"schemas": components["schemas"]}})
        for name, message in components["messages"].items()
        if name.startswith("op.") == bool(prefix)
    }


def name_of(message: dict[str, Any]) -> str:
    """The document's name for a message."""
    kind = message["type"]
    return f"{message['channel']}.{kind}" if kind in ("snapshot", "update") else kind


class Listener:
    """A client that holds all it gets to the document."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        """Listens on an open connection."""
        self.socket = socket
        self.known = validators()
        self.sendable = validators("op.")
        self.met: dict[str, list[dict[str, Any]]] = {}

    async def send(self, **message: object) -> None:
        """Sends a message, which must be as documented."""
        self.sendable[f"op.{message['op']}"].validate(message)
        await self.socket.send(json.dumps(message))

    async def until(self, *names: str) -> None:
        """Takes messages until each of these was met."""
        while not set(names) <= self.met.keys():
            message = json.loads(await self.socket.recv())
            self.known[name_of(message)].validate(message)
            self.met.setdefault(name_of(message), []).append(message)


def test_every_message_is_as_documented(tmp_path: Path) -> None:
    engine = RecordedEngine()
    defined = len(np.concatenate(engine.events))
    trade(engine, 5, rounds=ROUNDS)
    events = np.concatenate(engine.events)
    log = WrittenLog(tmp_path)
    log.append(events[:defined], engine.tails[:defined])

    async def scenario() -> None:
        def allow(request: dict[str, Any]) -> None:
            if request["kind"] == "auth":
                assert request["token"] == "a token"
                live.native.allow(
                    request["connection"], [109], may_cancel=True, login_session="s", user=1, expires_at_ns=2**62
                )

        config = {"port": 0, "book_ms": 20, "messages_per_second": 1000, "queue_bytes": 1 << 26, "silence_ms": 60_000}
        live = LiveViews(tmp_path, config, on_request=allow)
        address = live.native.address
        assert address is not None
        async with websockets.connect(f"ws://{address[0]}:{address[1]}/ws", max_size=None) as socket:
            listener = Listener(socket)
            await listener.send(op="auth", req_id=1, token="a token")
            await listener.until("auth")
            for channel in PUBLIC:
                await listener.send(op="subscribe", channel=channel, symbol="GARR")
            for channel in PRIVATE:
                await listener.send(op="subscribe", channel=channel, account=109)
            await listener.until(*(f"{channel}.snapshot" for channel in (*PUBLIC, *PRIVATE)))
            updates = asyncio.create_task(listener.until(*(f"{channel}.update" for channel in (*PUBLIC, *PRIVATE))))
            # Piece by piece, so that the client keeps up: one that falls behind gets snapshots instead.
            for start in range(defined, len(events), PIECE):
                log.append(events[start : start + PIECE], engine.tails[start : start + PIECE])
                last = int(events["event_id"][min(start + PIECE, len(events)) - 1]) >> 16
                await live.wait_for(last, timeout_s=DEADLINE_S)
            await updates
            # The snapshots of a venue that has traded.
            listener.met.clear()
            for channel in (*PUBLIC, *PRIVATE):
                what = {"symbol": "GARR"} if channel in PUBLIC else {"account": 109}
                await listener.send(op="unsubscribe", channel=channel, **what)
                await listener.send(op="subscribe", channel=channel, **what)
            await listener.until(*(f"{channel}.snapshot" for channel in (*PUBLIC, *PRIVATE)), "unsubscribed")
            assert listener.met["orders.snapshot"][-1]["orders"]
            assert listener.met["fills.snapshot"][-1]["fills"]
            for one in OTHERS:
                await listener.send(**one)
            await listener.until("cancel_on_disconnect", "cancel_after", "pong", "error", "heartbeat", "subscribed")
        live.close()

    asyncio.run(asyncio.wait_for(scenario(), DEADLINE_S))


def test_the_document_is_well_formed_and_names_each_message_once() -> None:
    document = json.loads(DOCUMENT.read_text())
    assert document["asyncapi"] == "3.0.0"
    for validator in (*validators().values(), *validators("op.").values()):
        Draft202012Validator.check_schema(validator.schema)
    listed = [
        one["$ref"].removeprefix("#/channels/ws/messages/")
        for operation in document["operations"].values()
        for one in operation["messages"]
    ]
    assert (
        sorted(listed) == sorted(document["components"]["messages"]) == sorted(document["channels"]["ws"]["messages"])
    )


@pytest.mark.parametrize("extra", ["account_id", "client_ref"])
def test_a_message_with_more_than_is_documented_is_found(extra: str) -> None:
    heartbeat = {"type": "heartbeat", "seq": 1, "sent_ns": "1"}
    validator = validators()["heartbeat"]
    assert validator.is_valid(heartbeat)
    assert not validator.is_valid({**heartbeat, extra: 1})
