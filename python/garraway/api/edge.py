"""The outermost layer: what every request passes, whoever sends it and whatever for.

In order: address, correlation id, rate of the address, body within size and time, JSON without tricks, then the route
within its time; every error becomes a problem; every reply bears the headers of safety; a line is logged and counted.
"""

import asyncio
import re
import traceback
from collections.abc import Awaitable, Mapping
from typing import TYPE_CHECKING, Final

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from garraway.api import strict_json
from garraway.api.addresses import UNKNOWN, client_address
from garraway.api.allowance import Allowance
from garraway.api.problems import FAULT, Problem, problem_of, throttled
from garraway.api.raw import RawRoute, RawRouter
from garraway.api.refusals import audited, route_of
from garraway.api.replies import ENCRYPTED, HEADERS, Reply, Wording, as_it_is

if TYPE_CHECKING:
    from garraway.api.services import Services

WITHOUT_BODY: Final = frozenset({"GET", "HEAD", "OPTIONS"})
UNLIMITED: Final = ("/health", "/live", "/ready", "/metrics")
"""Paths that probes ask: never throttled, never logged."""
_CORRELATION: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class Edge:
    """The application as the server sees it."""

    def __init__(
        self,
        inner: ASGIApp,
        app: FastAPI,
        raw: RawRouter,
        wordings: Mapping[str, Wording],
        streams: Mapping[str, ASGIApp],
    ) -> None:
        """Wraps `inner`, which is `app` or stands around it; raw routes are called from here.

        `wordings`: how problems are worded under a first part of the path, `/name`, other than everywhere else.
        `streams`: what serves WebSockets under such a part; all others are of another port.
        """
        self._inner = inner
        self._app = app
        self._raw = raw
        self._wordings = wordings
        self._streams = streams
        self._services: Services = app.state.services
        self._addresses = Allowance(self._services.edge.address_requests_per_minute)
        self._headers = (*HEADERS, ENCRYPTED) if self._services.edge.encrypted else HEADERS
        self._begun = 0
        self._in_flight = 0
        self._services.meters.in_flight.set_function(lambda: self._in_flight)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """One request; WebSockets go to the facade under whose prefix they are, if it has any."""
        if scope["type"] == "http":
            return self._request(scope, receive, send)
        return self._other(scope, receive, send)

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._inner(scope, receive, send)
        elif (stream := self._streams.get(_first_part(scope))) is not None:
            await self._stream(stream, scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008, "reason": "streams are served by another port"})

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        services = scope["garraway.services"] = self._services
        began_s = services.monotonic_s()
        headers: dict[bytes, bytes] = dict(scope["headers"])
        scope["garraway.headers"] = headers
        reply = scope["garraway.reply"] = Reply(send, self._correlation_id(headers), self._headers)
        raw = self._raw.find(scope)
        if raw is None and self._wordings:
            reply.worded = self._wordings.get(_first_part(scope), as_it_is)
        self._in_flight += 1
        try:
            await self._pass(scope, headers, receive, reply, raw)
        except TimeoutError:
            await reply.problem(Problem(503, "DeadlineExceeded", "it took too long: ask again", retryable=True))
        except Exception as error:  # noqa: BLE001 - the last line of defence: a fault becomes a reply and a log line
            await audited(services, scope, error)
            await self._refuse(error, reply)
        finally:
            self._in_flight -= 1
            self._told(scope, reply, services.monotonic_s() - began_s)
            reply.end()

    async def _pass(
        self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, reply: Reply, raw: RawRoute | None
    ) -> None:
        services = self._services
        edge = services.edge
        address = scope["garraway.address"] = self._address(scope, headers)
        if not scope["path"].startswith(UNLIMITED):
            taken = self._addresses.take(address, services.clock())
            reply.rate(taken)
            if not taken.allowed:
                services.meters.throttled.labels("address").inc()
                raise throttled(taken)
        body = b"" if scope["method"] in WITHOUT_BODY else await self._body(scope, headers, receive)
        scope["garraway.body"] = body
        if raw is not None and not (edge.origins and b"origin" in headers):
            scope["app"] = self._app
            status, said = await raw.carried_out(scope)
            await reply.json(status, said)
            return
        async with asyncio.timeout(edge.request_s):
            await self._inner(scope, _Replayed(body, receive), reply)

    async def _stream(self, stream: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """A WebSocket: its opening counts as a request of its address."""
        headers = scope["garraway.headers"] = dict(scope["headers"])
        address = scope["garraway.address"] = self._address(scope, headers)
        if self._addresses.take(address, self._services.clock()).allowed:
            await stream(scope, receive, send)
            return
        self._services.meters.throttled.labels("address").inc()
        await send({"type": "websocket.close", "code": 1008, "reason": "too many requests"})

    def _address(self, scope: Scope, headers: dict[bytes, bytes]) -> str:
        address: str = scope["client"][0] if scope.get("client") else UNKNOWN
        if self._services.edge.proxies and b"x-forwarded-for" in headers:
            return client_address(address, _forwarded(scope), self._services.edge.proxies)
        return address

    async def _body(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        """The whole body; the server ends connections that bring it too slowly. Raises: Problem."""
        most = self._services.edge.body_bytes
        declared = headers.get(b"content-length")
        if declared is not None and (not declared.isdigit() or int(declared) > most):
            raise too_large(most)
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                raise Problem(400, "Malformed", "the body broke off")
            part = message.get("body", b"")
            body = body + part if body else part
            more = message.get("more_body", False)
            if len(body) > most:
                raise too_large(most)
        if body:
            scope["garraway.json"] = _parsed(headers.get(b"content-type", b""), body)
        return body

    def _correlation_id(self, headers: dict[bytes, bytes]) -> str:
        """The client's own, if it is fit to be logged, else a new one."""
        own = headers.get(b"x-correlation-id")
        if own is not None and _CORRELATION.fullmatch(own):
            return own.decode()
        self._begun += 1
        return f"{self._services.clock():x}-{self._begun:x}"

    async def _refuse(self, error: Exception, reply: Reply) -> None:
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

    def _told(self, scope: Scope, reply: Reply, seconds: float) -> None:
        route = route_of(scope)
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self._services.meters.replied(route=route, method=method, status=reply.status, seconds=seconds)
        if scope["path"].startswith(UNLIMITED):
            return
        principal = scope.get("garraway.principal")
        self._services.log.request(
            correlation_id=reply.correlation_id,
            method=method,
            route=route,
            status=reply.status,
            took_us=int(seconds * 1e6),
            user=principal.user_id if principal is not None else None,
            noted=reply.noted,
        )


_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


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


def too_large(most: int) -> Problem:
    """413: the body is larger than is read; the connection ends."""
    return Problem(413, "BodyTooLarge", f"a body holds at most {most} bytes", headers={"Connection": "close"})


def _parsed(content_type: bytes, body: bytes) -> strict_json.Json:
    kind = content_type.partition(b";")[0].strip().lower()
    if kind == b"application/json":
        return strict_json.loads(body)
    if kind == b"application/x-www-form-urlencoded":
        return None
    named = kind[:64].decode("latin-1")
    raise Problem(415, "MediaTypeUnsupported", f"content-type {named!r} is not taken: send application/json")


def _first_part(scope: Scope) -> str:
    return "/" + str(scope["path"])[1:].partition("/")[0]


def _forwarded(scope: Scope) -> list[str]:
    return [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
