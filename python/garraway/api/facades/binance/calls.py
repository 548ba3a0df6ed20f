"""Requests of the WebSocket API that the hub hands up. Touches `identity`.

Each goes through the edge as one over HTTP does: rates, sizes, times, permissions, wording and log lines are the same.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import msgspec
from starlette.types import ASGIApp, Message

from garraway.api.facades.binance.requests import CALL, PATH, Call
from garraway.api.streams import Hub
from garraway.identity import Gate, Principal

LONGEST_ID: Final = 36


class Calls:
    """Answers them."""

    def __init__(self, edge: ASGIApp, prefix: str, hub: Hub, gate: Gate, *, clock: Callable[[], int]) -> None:
        """Over the application as the server has it; `prefix`: where it has this facade."""
        self._edge = edge
        self._path = prefix + PATH
        self._hub = hub
        self._gate = gate
        self._clock = clock
        self._under_way: set[asyncio.Task[None]] = set()

    def close(self) -> None:
        """Gives up what is under way."""
        for task in self._under_way:
            task.cancel()

    def take(self, request: dict[str, Any]) -> None:
        """One request of the hub, of kind "call"; its answer follows."""
        task = asyncio.create_task(self._answer(request))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _answer(self, request: dict[str, Any]) -> None:
        call, reply = Call(), _Reply()
        scope = self._scope(request, call)
        await self._edge(scope, _Sent(request["text"].encode()), reply)
        text = reply.text(_id(scope.get("garraway.json")))
        connection = request["connection"]
        if reply.status == 200 and call.follows is not None:
            self._follow(connection, *call.follows, text)
        elif reply.status == 200 and call.unfollows:
            self._hub.unfollow(connection, text)
        else:
            self._hub.reply(connection, text)

    def _follow(self, connection: int, account: int, principal: Principal, text: str) -> None:
        assert principal.key_id is not None
        self._hub.follow(
            connection,
            account,
            text,
            login_session=f"key:{principal.key_id}",
            user=principal.user_id,
            expires_at_ns=self._gate.expires_at_ns(principal),
        )
        # What ended while the request was under way was told to the hub before it knew of the connection.
        if not self._gate.live(principal, at_ns=self._clock()):
            self._hub.cut("revoked", connection=connection)

    def _scope(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """The request as the server would give it."""
        headers = [(b"content-type", b"application/json")]
        if request["account"]:
            headers.append((b"garraway-account", request["account"].encode("latin-1", "replace")))
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "scheme": "http",
            "method": "POST",
            "path": self._path,
            "raw_path": self._path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": headers,
            "client": (request["address"], 0),
            "server": None,
            CALL: call,
        }


class _Sent:
    """The body of a request."""

    __slots__ = ("_body",)

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __call__(self) -> Message:
        return {"type": "http.request", "body": self._body, "more_body": False}


class _Reply:
    """Takes the reply of a request."""

    __slots__ = ("body", "status")

    def __init__(self) -> None:
        self.status = 0
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.body += message.get("body", b"")

    def text(self, id_: int | str | None) -> str:
        """It, as the WebSocket API has it."""
        what = "result" if self.status == 200 else "error"
        said = {"id": id_, "status": self.status, what: msgspec.Raw(self.body)}
        return msgspec.json.encode(said).decode()


def _id(said: object) -> int | str | None:
    """What names the request, if that can be sent back."""
    found = said.get("id") if isinstance(said, dict) else None
    if isinstance(found, str):
        return found if len(found) <= LONGEST_ID else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None
