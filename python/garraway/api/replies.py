"""The sending side of a request: every reply bears the headers of safety, its correlation id, and what is left.

Touches nothing; the server's `send` is handed in.
"""

from collections.abc import Callable
from typing import Final

from starlette.types import Message, Send

from garraway.api.allowance import Taken
from garraway.api.problems import Problem

HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
"""On every reply; a page of our own names its content-security-policy itself."""
ENCRYPTED: Final = (b"strict-transport-security", b"max-age=31536000")
"""On every reply besides, where clients come over TLS: they are not to come without it."""
Wording = Callable[[Problem], Problem]
_JSON: Final = (b"content-type", b"application/json")
_OWN: Final = frozenset({b"content-security-policy", b"cache-control"})


class Reply:
    """The sending side of one request: adds headers to the head of the reply and remembers its status."""

    __slots__ = ("_headers", "_rate", "_send", "correlation_id", "noted", "status", "worded")

    def __init__(self, send: Send, correlation_id: str, headers: tuple[tuple[bytes, bytes], ...] = HEADERS) -> None:
        """Sends nothing yet."""
        self._send = send
        self._headers = headers
        self._rate: Taken | None = None
        self.correlation_id = correlation_id
        self.status = 0
        self.noted: dict[str, object] = {}
        """What the log line tells besides: the number of the command."""
        self.worded: Wording = as_it_is

    async def __call__(self, message: Message) -> None:
        """ASGI's `send`, for applications inside."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = message["headers"]
            own = {name for name, _ in headers if name in _OWN}
            ours = self._headers if not own else [header for header in self._headers if header[0] not in own]
            rate = _rate_headers(self._rate) if self._rate is not None else ()
            message["headers"] = [*headers, *ours, (b"x-correlation-id", self.correlation_id.encode()), *rate]
        await self._send(message)

    async def json(self, status: int, body: bytes) -> None:
        """A whole reply of ours, its head written in one go."""
        self.status = status
        taken = self._rate
        headers = [
            _JSON,
            (b"content-length", b"%d" % len(body)),
            *self._headers,
            (b"x-correlation-id", self.correlation_id.encode()),
        ]
        if taken is not None:
            headers += _rate_headers(taken)
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})

    def end(self) -> None:
        """Lets the server's side go: it holds the scope, which holds this, and a circle waits for the collector."""
        self._send = _nowhere

    def rate(self, taken: Taken) -> None:
        """Of several allowances the one with the least left is told."""
        if self._rate is None or taken.remaining < self._rate.remaining:
            self._rate = taken

    async def problem(self, problem: Problem) -> None:
        """Replies with a problem, unless a reply has begun."""
        if self.status == 0:
            problem = self.worded(problem)
            headers = {
                "content-type": problem.media_type,
                **{name.lower(): text for name, text in problem.headers.items()},
            }
            await respond(self, problem.status, problem.body(self.correlation_id), headers)


async def _nowhere(message: Message) -> None:
    raise AssertionError(f"{message['type']} behind the end of the request")


def as_it_is(problem: Problem) -> Problem:
    """The wording of our own routes."""
    return problem


async def respond(send: Send, status: int, body: bytes, headers: dict[str, str]) -> None:
    """A whole reply."""
    raw = [(name.encode(), text.encode("latin-1")) for name, text in headers.items()]
    raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def _rate_headers(taken: Taken) -> list[tuple[bytes, bytes]]:
    return [
        (b"ratelimit-limit", b"%d" % taken.limit),
        (b"ratelimit-remaining", b"%d" % taken.remaining),
        (b"ratelimit-reset", b"%d" % taken.reset_s),
    ]
