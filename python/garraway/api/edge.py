"""The outermost layer: what every request passes, whoever sends it and whatever for. Touches no other room.

In order: address, correlation id, rate of the address, body within size and time, JSON without tricks, then the route
within its time; every error becomes a problem; every reply bears the headers of safety; a line is logged and counted.
"""

import asyncio
import re
import traceback
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from garraway.api import strict_json
from garraway.api.addresses import UNKNOWN, client_address
from garraway.api.allowance import Allowance, Taken
from garraway.api.problems import FAULT, MEDIA_TYPE, Problem, problem_of, throttled
from garraway.api.services import Services

HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-site"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
"""On every reply; a page of our own names its content-security-policy itself."""
WITHOUT_BODY: Final = frozenset({"GET", "HEAD", "OPTIONS"})
UNLIMITED: Final = ("/health", "/live", "/ready", "/metrics")
"""Paths that probes ask: never throttled, never logged."""
_CORRELATION: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_CSP: Final = b"content-security-policy"
_CACHE: Final = b"cache-control"


class Edge:
    """The application as the server sees it."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        """Wraps `app`."""
        self._app = app
        self._services = services
        self._addresses = Allowance(services.edge.requests_per_minute)
        self._begun = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; anything else than HTTP goes on to the application, WebSockets nowhere."""
        if scope["type"] == "http":
            await self._request(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008, "reason": "streams are served by another port"})

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        services = self._services
        began_s = services.monotonic_s()
        reply = _Reply(send, self._correlation_id(scope))
        scope["garraway.reply"] = reply
        services.meters.in_flight.inc()
        try:
            async with asyncio.timeout(services.edge.request_s):
                await self._pass(scope, receive, reply)
        except TimeoutError:
            await reply.problem(Problem(503, "DeadlineExceeded", "it took too long: ask again", retryable=True))
        except Exception as error:  # noqa: BLE001 - the last line of defence: a fault becomes a reply and a log line
            await self._refuse(error, reply)
        finally:
            services.meters.in_flight.dec()
            self._told(scope, reply, services.monotonic_s() - began_s)

    async def _pass(self, scope: Scope, receive: Receive, reply: "_Reply") -> None:
        services = self._services
        peer = scope["client"][0] if scope.get("client") else UNKNOWN
        proxies = services.edge.proxies
        forwarded = _values(scope, b"x-forwarded-for") if proxies else []
        scope["garraway.address"] = client_address(peer, forwarded, proxies) if forwarded else peer
        if not scope["path"].startswith(UNLIMITED):
            taken = self._addresses.take(scope["garraway.address"], services.clock())
            reply.rate(taken)
            if not taken.allowed:
                services.meters.throttled.labels("address").inc()
                raise throttled(taken)
        scope["garraway.body"] = b"" if scope["method"] in WITHOUT_BODY else await self._body(scope, receive)
        await self._app(scope, _Replayed(scope["garraway.body"], receive), reply)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        """The whole body. Raises: Problem: too large, too slow, of another type, no JSON."""
        edge = self._services.edge
        declared = _values(scope, b"content-length")
        if declared and (not declared[0].isdigit() or int(declared[0]) > edge.body_bytes):
            raise too_large(edge.body_bytes)
        body = b""
        try:
            async with asyncio.timeout(edge.body_s):
                more = True
                while more:
                    message = await receive()
                    if message["type"] != "http.request":
                        raise Problem(400, "Malformed", "the body broke off")
                    body += message.get("body", b"")
                    more = message.get("more_body", False)
                    if len(body) > edge.body_bytes:
                        raise too_large(edge.body_bytes)
        except TimeoutError as error:
            raise Problem(408, "BodyTooSlow", f"the body did not come within {edge.body_s:g} s") from error
        if body:
            scope["garraway.json"] = _parsed(scope, body)
        return body

    def _correlation_id(self, scope: Scope) -> str:
        """The client's own, if it is fit to be logged, else a new one."""
        for name, value in scope["headers"]:
            if name == b"x-correlation-id" and _CORRELATION.fullmatch(value):
                return str(value.decode())
        self._begun += 1
        return f"{self._services.clock():x}-{self._begun:x}"

    async def _refuse(self, error: Exception, reply: "_Reply") -> None:
        problem = problem_of(error)
        if problem is None:
            where = traceback.extract_tb(error.__traceback__)[-1]
            self._services.log.write(
                "error",
                "request_failed",
                correlation_id=reply.correlation_id,
                error=type(error).__name__,
                file=where.filename.rpartition("garraway/")[2],
                line=where.lineno,
            )
            problem = FAULT
        await reply.problem(problem)

    def _told(self, scope: Scope, reply: "_Reply", seconds: float) -> None:
        route = scope.get("garraway.route") or getattr(scope.get("route"), "path", None) or "none"
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self._services.meters.replied(route=route, method=method, status=reply.status, seconds=seconds)
        if scope["path"].startswith(UNLIMITED):
            return
        principal = scope.get("garraway.principal")
        self._services.log.write(
            "info",
            "request",
            correlation_id=reply.correlation_id,
            method=method,
            route=route,
            status=reply.status,
            took_us=int(seconds * 1e6),
            user=getattr(principal, "user_id", None),
            **reply.noted,
        )


_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


class _Reply:
    """The sending side of one request: adds headers to the head of the reply and remembers its status."""

    __slots__ = ("_rate", "_send", "correlation_id", "noted", "status")

    def __init__(self, send: Send, correlation_id: str) -> None:
        self._send = send
        self._rate: Taken | None = None
        self.correlation_id = correlation_id
        self.status = 0
        self.noted: dict[str, object] = {}
        """What the log line tells besides: the number of the command."""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = message["headers"]
            own = {name for name, _ in headers if name in (_CSP, _CACHE)}
            message["headers"] = [
                *headers,
                *(HEADERS if not own else [header for header in HEADERS if header[0] not in own]),
                (b"x-correlation-id", self.correlation_id.encode()),
                *(_rate_headers(self._rate) if self._rate is not None else ()),
            ]
        await self._send(message)

    def rate(self, taken: Taken) -> None:
        """Of several allowances the one with the least left is told."""
        if self._rate is None or taken.remaining < self._rate.remaining:
            self._rate = taken

    async def problem(self, problem: Problem) -> None:
        """Replies with a problem, unless a reply has begun."""
        if self.status == 0:
            headers = {"content-type": MEDIA_TYPE, **{name.lower(): text for name, text in problem.headers.items()}}
            await respond(self, problem.status, problem.body(self.correlation_id), headers)


class _Replayed:
    """A body that was read already, then what the connection says."""

    __slots__ = ("_body", "_receive", "_told")

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body = body
        self._receive = receive
        self._told = False

    async def __call__(self) -> Message:
        if not self._told:
            self._told = True
            return {"type": "http.request", "body": self._body, "more_body": False}
        return await self._receive()


async def respond(send: Send, status: int, body: bytes, headers: dict[str, str]) -> None:
    """A whole reply."""
    raw = [(name.encode(), text.encode("latin-1")) for name, text in headers.items()]
    raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def too_large(most: int) -> Problem:
    """413: the body is larger than is read; the connection ends."""
    return Problem(413, "BodyTooLarge", f"a body holds at most {most} bytes", headers={"Connection": "close"})


def _parsed(scope: Scope, body: bytes) -> strict_json.Json:
    kinds = _values(scope, b"content-type")
    kind = kinds[0].partition(";")[0].strip().lower() if kinds else ""
    if kind == "application/x-www-form-urlencoded":
        return None
    if kind != "application/json":
        raise Problem(415, "MediaTypeUnsupported", f"content-type {kind[:64]!r} is not taken: send application/json")
    return strict_json.loads(body)


def _values(scope: Scope, wanted: bytes) -> list[str]:
    return [value.decode("latin-1") for name, value in scope["headers"] if name == wanted]


def _rate_headers(taken: Taken) -> list[tuple[bytes, bytes]]:
    return [
        (b"ratelimit-limit", b"%d" % taken.limit),
        (b"ratelimit-remaining", b"%d" % taken.remaining),
        (b"ratelimit-reset", b"%d" % taken.reset_s),
    ]
