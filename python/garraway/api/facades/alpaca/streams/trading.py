"""The trading stream: `authenticate`, `listen`, trade updates. Nothing of it is dropped. Touches `identity`."""

from collections import defaultdict
from typing import Any, Final

import numpy as np

from garraway.api.facades.alpaca.credentials import account_asked, of_secret
from garraway.api.facades.alpaca.fields import Fields
from garraway.api.facades.alpaca.refusals import worded
from garraway.api.facades.alpaca.streams.codec import Codec, Frame, Shared, Unreadable, decoded
from garraway.api.facades.alpaca.streams.connection import Connection
from garraway.api.facades.alpaca.streams.updates import OrderLost, Updates
from garraway.api.permits import SECOND_NS, Caller
from garraway.api.problems import Problem, problem_of
from garraway.api.services import Services
from garraway.identity import IdentityError, Permission, require
from garraway.records import EventArray

VIEW: Final = Permission("view", "orders")
STREAM: Final = "trade_updates"
STREAMS_AT_MOST: Final = 16
_UNAUTHORIZED: Final = "unauthorized"


class Trading:
    """Who listens to which account, and what they are told."""

    def __init__(self, services: Services) -> None:
        """Nobody listens yet."""
        self._services = services
        self._listening: dict[int, set[Connection]] = defaultdict(set)
        self._accounts: dict[Connection, int] = {}

    @property
    def wanted(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listening)

    def open(self, connection: Connection) -> None:
        """Says nothing: here the client speaks first."""

    def close(self, connection: Connection) -> None:
        """Forgets a connection."""
        self._leave(connection)
        self._accounts.pop(connection, None)

    def take(self, connection: Connection, message: Frame) -> None:
        """A message of the client."""
        try:
            said = Fields(decoded(message, Codec.TEXT))
            action = said.needed("action")
            if action in {"authenticate", "auth"}:
                self._authenticate(connection, said, action)
            elif action == "listen":
                self._listen(connection, said)
            else:
                raise said.refused("action", "is one of authenticate, listen")
        except Unreadable:
            self._refuse(connection, "no JSON object")
        except Problem as error:
            self._refuse(connection, worded(error).detail)

    def tell(self, events: EventArray) -> None:
        """Tells the events of a batch to all that listen."""
        if not self._listening:
            return
        accounts = np.fromiter(self._listening, dtype=np.uint32, count=len(self._listening))
        try:
            for account, update in Updates(self._services, events, accounts):
                shared = Shared({"stream": STREAM, "data": update})
                for connection in tuple(self._listening.get(account, ())):
                    connection.put(shared)
        except OrderLost:
            for connection in {one for some in self._listening.values() for one in some}:
                connection.cut("more came than could be told: read the orders")

    def _authenticate(self, connection: Connection, said: Fields, action: str) -> None:
        try:
            self._admit(connection, said)
        except (IdentityError, Problem) as error:
            found = error if isinstance(error, Problem) else problem_of(error)
            message = worded(found).detail if found is not None else _UNAUTHORIZED
            data = {"action": action, "status": _UNAUTHORIZED, "message": message}
            connection.say({"stream": "authorization", "data": data})
            connection.finish(_UNAUTHORIZED)
            return
        connection.say({"stream": "authorization", "data": {"action": action, "status": "authorized"}})

    def _admit(self, connection: Connection, said: Fields) -> None:
        """Lets a connection see one account. Raises: Refusal, Problem, errors of `identity`."""
        names = said.child("data") or said
        key_id, secret = (names.text(one) or names.text(two) or "" for one, two in _NAMES)
        services, scope = self._services, connection.scope
        at_ns = services.clock()
        principal = of_secret(scope, services, key_id, secret, at_ns)
        require(principal, VIEW, at_s=at_ns // SECOND_NS)
        caller = Caller(principal, VIEW, services, at_ns // SECOND_NS, scope)
        account = caller.account(account_asked(scope))
        self._leave(connection)
        connection.principal, self._accounts[connection] = principal, account

    def _listen(self, connection: Connection, said: Fields) -> None:
        account = self._accounts.get(connection)
        if account is None:
            raise said.refused("action", "authenticate first")
        asked = _streams(said)
        self._leave(connection)
        if STREAM in asked:
            self._listening[account].add(connection)
        data: dict[str, Any] = {"streams": [STREAM] if STREAM in asked else []}
        if asked - {STREAM}:
            data["error"] = f"no such stream: {', '.join(sorted(asked - {STREAM}))}"[:256]
        connection.say({"stream": "listening", "data": data})

    def _leave(self, connection: Connection) -> None:
        account = self._accounts.get(connection)
        if account is not None and account in self._listening:
            self._listening[account].discard(connection)
            if not self._listening[account]:
                del self._listening[account]

    def _refuse(self, connection: Connection, why: str) -> None:
        connection.say({"stream": "error", "data": {"error": why}})


_NAMES: Final = (("key_id", "key"), ("secret_key", "secret"))


def _streams(said: Fields) -> set[str]:
    """The streams that are asked for. Raises: Refusal."""
    data = said.child("data")
    names = data.texts("streams", most=STREAMS_AT_MOST) if data is not None else None
    if names is None:
        raise said.refused("data.streams", "is required")
    return set(names)
