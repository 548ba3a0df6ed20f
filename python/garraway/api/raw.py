"""Routes without FastAPI, for what must be fast: order entry and cancels. They describe themselves for the document.

A raw route is an ASGI application behind Starlette's router; its reply is a msgspec struct.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl

import msgspec
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from garraway.api.permits import Caller, let_in
from garraway.api.problems import Problem, invalid
from garraway.api.services import Services
from garraway.api.strict_json import Json
from garraway.identity import Permission

PARAMETERS_AT_MOST: Final = 16


class Ask(msgspec.Struct, frozen=True):
    """A request, as an endpoint sees it."""

    services: Services
    caller: Caller
    parameters: Mapping[str, str]
    """Of path and query."""
    json: Json


Endpoint = Callable[[Ask], Awaitable[tuple[int, msgspec.Struct]]]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the query, for the document and to refuse others."""

    name: str
    schema: Mapping[str, object]
    doc: str


@dataclass(frozen=True, kw_only=True)
class RawRoute:
    """One method of one path."""

    method: str
    path: str
    permission: Permission
    endpoint: Endpoint
    said: type[msgspec.Struct]
    statuses: Mapping[int, str]
    """What each status of success means."""
    asked: type[msgspec.Struct] | None = None
    query: tuple[Parameter, ...] = ()
    path_schema: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    def route(self) -> Route:
        """It, for Starlette's router."""
        return Route(self.path, endpoint=self, methods=[self.method])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers behind a router or middleware. Raises: Problem, errors of the rooms below."""
        del receive  # the edge has read the body
        status, body = await self.carried_out(scope)
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def carried_out(self, scope: Scope) -> tuple[int, bytes]:
        """Lets the caller in and calls the endpoint: status and body of the reply. Raises: as `__call__`."""
        scope["garraway.route"] = self.path
        parameters = scope["path_params"]
        caller = let_in(scope, self.permission)
        if scope["query_string"]:
            parameters = {**parameters, **self._query(scope["query_string"])}
        ask = Ask(caller.services, caller, parameters, scope.get("garraway.json"))
        if self.asked is not None and ask.json is None:
            raise Problem(422, "BodyMissing", "this needs a body of application/json")
        status, said = await self.endpoint(ask)
        seq, order_ref = getattr(said, "seq", None), getattr(said, "order_ref", None)
        scope["garraway.reply"].noted = {"command_seq": seq, "order_ref": order_ref}
        return status, _ENCODER.encode(said)

    def _query(self, text: bytes) -> dict[str, str]:
        pairs = parse_qsl(text.decode("latin-1"), keep_blank_values=True, max_num_fields=PARAMETERS_AT_MOST)
        known = {one.name for one in self.query}
        for name, _ in pairs:
            if name not in known:
                raise invalid(name[:64], "ParameterUnknown", f"there is no parameter {name[:64]!r} here")
        found = dict(pairs)
        if len(found) != len(pairs):
            raise invalid(pairs[-1][0], "ParameterRepeated", "a parameter came twice: send it once")
        return found


class RawRouter:
    """Finds raw routes without the application's router: by method and path, or by what stands before the last part."""

    def __init__(self, routes: Sequence[RawRoute]) -> None:
        """Routes with at most one parameter, the last part of their path."""
        self._exact: dict[tuple[str, str], RawRoute] = {}
        self._below: dict[tuple[str, str], tuple[RawRoute, str]] = {}
        for route in routes:
            parent, _, last = route.path.rpartition("/")
            if last.startswith("{"):
                self._below[route.method, parent] = route, last.strip("{}")
            else:
                self._exact[route.method, route.path] = route

    def find(self, scope: Scope) -> RawRoute | None:
        """The route of a request, its parameter put into the scope."""
        method, path = scope["method"], scope["path"]
        route = self._exact.get((method, path))
        if route is not None:
            scope["path_params"] = {}
            return route
        parent, _, last = path.rpartition("/")
        found = self._below.get((method, parent))
        if found is None or not last:
            return None
        scope["path_params"] = {found[1]: last}
        return found[0]


_ENCODER: Final = msgspec.json.Encoder()
