"""The data streams: `auth`, `subscribe`, and what is told of shares or of pairs. Touches `identity`.

Codes of errors are Alpaca's ("WebSocket stream", "Error messages").
"""

from collections import defaultdict
from typing import Any, Final

from garraway.api.facades.alpaca import symbols
from garraway.api.facades.alpaca.credentials import of_secret
from garraway.api.facades.alpaca.fields import Fields
from garraway.api.facades.alpaca.refusals import worded
from garraway.api.facades.alpaca.streams.channels import EVERY, Channel, ChannelKind, Channels
from garraway.api.facades.alpaca.streams.codec import Frame, Unreadable, decoded
from garraway.api.facades.alpaca.streams.connection import Connection
from garraway.api.permits import SECOND_NS
from garraway.api.problems import Problem, problem_of
from garraway.api.services import Services
from garraway.identity import IdentityError, Permission, require

VIEW: Final = Permission("view", "market")
CHANNELS_AT_MOST: Final = 500
SYMBOLS_AT_MOST: Final = 500
UNTOLD: Final = ("updatedBars", "statuses", "lulds", "news")
"""Channels that Alpaca has and this venue tells nothing of."""
AUTH: Final = frozenset({"action", "key", "secret"})
SUBSCRIBE: Final = frozenset({"action", *ChannelKind, *UNTOLD})


class Data:
    """A stream of one class of assets."""

    def __init__(self, services: Services, channels: Channels, group: str) -> None:
        """Nobody is here yet."""
        self._services = services
        self._channels = channels
        self._group = group
        self._subscribed: dict[Connection, dict[Channel, str]] = defaultdict(dict)

    def open(self, connection: Connection) -> None:
        """Says that the client may speak."""
        connection.say([{"T": "success", "msg": "connected"}])

    def close(self, connection: Connection) -> None:
        """Forgets a connection."""
        for channel in self._subscribed.pop(connection, {}):
            self._channels.remove(connection, channel)

    def take(self, connection: Connection, message: Frame) -> None:
        """A message of the client."""
        try:
            said = Fields(decoded(message, connection.codec))
            action = said.needed("action")
            if action == "auth":
                self._authenticate(connection, said)
            elif connection.principal is None:
                _refuse(connection, 401, "not authenticated")
            elif action in {"subscribe", "unsubscribe"}:
                self._change(connection, said, add=action == "subscribe")
            else:
                raise said.refused("action", "is one of auth, subscribe, unsubscribe")
        except Unreadable:
            _refuse(connection, 400, "invalid syntax")
        except Problem as error:
            _refuse(connection, 400, f"invalid syntax: {error.detail}")

    def _authenticate(self, connection: Connection, said: Fields) -> None:
        if connection.principal is not None:
            _refuse(connection, 403, "already authenticated")
            return
        said.insist_known(AUTH)
        at_ns = self._services.clock()
        try:
            key_id, secret = said.text("key") or "", said.text("secret") or ""
            principal = of_secret(connection.scope, self._services, key_id, secret, at_ns)
            require(principal, VIEW, at_s=at_ns // SECOND_NS)
        except (IdentityError, Problem) as error:
            found = error if isinstance(error, Problem) else problem_of(error)
            _refuse(connection, 402, f"auth failed: {worded(found).detail if found is not None else 'try again'}")
            connection.finish("auth failed")
            return
        connection.principal = principal
        connection.say([{"T": "success", "msg": "authenticated"}])

    def _change(self, connection: Connection, said: Fields, *, add: bool) -> None:
        """Subscribes to all that is named, or to nothing of it. Raises: Refusal."""
        said.insist_known(SUBSCRIBE)
        untold = [name for name in UNTOLD if said.texts(name, most=SYMBOLS_AT_MOST)]
        if untold:
            _refuse(connection, 410, f"invalid subscribe action: nothing is told of {untold[0]}")
            return
        mine = self._subscribed[connection]
        named = self._named(said)
        if add and len(mine.keys() | named.keys()) > CHANNELS_AT_MOST:
            _refuse(connection, 405, f"symbol limit exceeded: {CHANNELS_AT_MOST} channels")
            return
        for channel in named:
            if not add:
                mine.pop(channel, None)
                self._channels.remove(connection, channel)
        new = [channel for channel in named if add and channel not in mine]
        mine.update({channel: named[channel] for channel in new})
        connection.say([_subscription(mine)])
        for channel in new:
            self._channels.add(connection, channel)

    def _named(self, said: Fields) -> dict[Channel, str]:
        found: dict[Channel, str] = {}
        for kind in ChannelKind:
            for name in said.texts(kind, most=SYMBOLS_AT_MOST) or ():
                found[self._channel(said, kind, name)] = name
        return found

    def _channel(self, said: Fields, kind: ChannelKind, name: str) -> Channel:
        if kind is ChannelKind.BOOKS and self._group != symbols.CRYPTO:
            raise said.refused(kind, "are told on the crypto stream")
        if name == "*":
            return Channel(kind, self._group, EVERY)
        instrument = symbols.found(self._services.directory, name, self._group)
        if instrument is None:
            raise said.refused(kind, f"invalid symbol {name[:32]!r}")
        return Channel(kind, self._group, instrument.number)


def _subscription(mine: dict[Channel, str]) -> dict[str, Any]:
    said: dict[str, Any] = {"T": "subscription"}
    for kind in ChannelKind:
        said[kind] = [name for channel, name in mine.items() if channel.kind is kind]
    return said


def _refuse(connection: Connection, code: int, text: str) -> None:
    connection.say([{"T": "error", "code": code, "msg": text}])
