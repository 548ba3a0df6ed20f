"""A request of this facade: its parameters out of query and form, its signature, its caller. Touches `identity`.

Signed is query and body, one after the other as they came, without the signature, by HMAC-SHA256 in hexadecimal digits
("SIGNED endpoint security"). Method and path are not signed: that is Binance's scheme, and one reason to use TLS.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from starlette.types import Scope

from garraway.api.facades.binance.refusals import malformed, missing, refusal, unread
from garraway.api.permits import MILLISECOND_NS, Caller, admit
from garraway.api.services import Services
from garraway.identity import Permission

SIGNED: Final = frozenset({"timestamp", "recvWindow", "signature"})
WINDOW_MS: Final = 5_000
LONGEST_WINDOW_MS: Final = 60_000
AHEAD_MS: Final = 1_000
PARAMETERS_AT_MOST: Final = 32
HIGHEST: Final = 2**63 - 1
KEY_HEADER: Final = b"x-mbx-apikey"
ACCOUNT_HEADER: Final = b"garraway-account"
"""Which account is meant, for keys of a user who has several; Binance knows no such thing."""
FORM: Final = b"application/x-www-form-urlencoded"
_SIGNATURE: Final = re.compile(rb"(?:^|&)signature=([^&]*)")


class Parameters:
    """The parameters of a request, each named once."""

    def __init__(self, sent: Mapping[str, str]) -> None:
        """Takes what was sent."""
        self._sent = sent

    def has(self, name: str) -> bool:
        """Whether it was sent."""
        return name in self._sent

    def text(self, name: str) -> str | None:
        """What was sent. Raises: Refusal: nothing, under this name."""
        found = self._sent.get(name)
        if found == "":
            raise missing(name)
        return found

    def needed(self, name: str) -> str:
        """What was sent. Raises: Refusal: it was not."""
        found = self.text(name)
        if found is None:
            raise missing(name)
        return found

    def word(self, name: str, words: Mapping[str, str], refused: tuple[int, str]) -> str:
        """Our word for one of Binance's. Raises: Refusal."""
        found = words.get(self.needed(name))
        if found is None:
            raise refusal(*refused)
        return found

    def whole(self, name: str) -> int | None:
        """A whole number from 0 on. Raises: Refusal."""
        text = self.text(name)
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 19 and int(text) <= HIGHEST):
            raise malformed(name)
        return int(text)

    def limit(self, default: int, most: int) -> int:
        """How many rows: at most so many, as Binance has it. Raises: Refusal."""
        asked = self.whole("limit")
        if asked == 0:
            raise malformed("limit")
        return min(asked if asked is not None else default, most)


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, as an endpoint sees it."""

    services: Services
    parameters: Parameters
    caller: Caller | None
    account: int
    """0 of public requests."""
    noted: dict[str, object]
    """What the log line of the request tells besides."""


def asked(scope: Scope, permission: Permission | None, names: frozenset[str], *, once: bool) -> Ask:
    """The request, its caller let in. Raises: Refusal, Problem, errors of `identity`."""
    sent = _sent(scope)
    known = names | SIGNED if permission is not None else names
    if not sent.keys() <= known:
        raise unread(len(sent), len(sent.keys() & known))
    key_id = scope["garraway.headers"].get(KEY_HEADER, b"").decode("latin-1")
    signed = Signed(key_id, lambda: unsigned(scope["query_string"], scope["garraway.body"]))
    return taken(scope, sent, permission, signed, once=once)


@dataclass(frozen=True, slots=True)
class Signed:
    """The key that a request names, and what it signed."""

    key_id: str
    payload: Callable[[], tuple[bytes, str]]
    """What is signed, and the signature. Raises: Refusal."""


def taken(scope: Scope, sent: Mapping[str, str], permission: Permission | None, signed: Signed, *, once: bool) -> Ask:
    """A request with these parameters, its caller let in. Raises: Refusal, Problem, errors of `identity`."""
    services: Services = scope["app"].state.services
    parameters, noted = Parameters(sent), scope["garraway.reply"].noted
    if permission is None:
        return Ask(services, parameters, None, 0, noted)
    caller = _caller(scope, services, parameters, permission, signed, once=once)
    return Ask(services, parameters, caller, caller.account(_account(scope)), noted)


def unsigned(query: bytes, body: bytes) -> tuple[bytes, str]:
    """What is signed, and the signature. Raises: Refusal: there is none, or there are two."""
    found = [*_SIGNATURE.findall(query), *_SIGNATURE.findall(body)]
    if len(found) != 1 or not found[0]:
        raise missing("signature")
    payload = b"".join(_SIGNATURE.sub(b"", part).removeprefix(b"&") for part in (query, body))
    return payload, found[0].decode("latin-1")


def _sent(scope: Scope) -> dict[str, str]:
    query, body = scope["query_string"], scope["garraway.body"]
    if body and scope["garraway.headers"].get(b"content-type", b"").partition(b";")[0].strip().lower() != FORM:
        raise refusal(-1100, "send parameters in the query or as application/x-www-form-urlencoded")
    found: dict[str, str] = {}
    for part in (query, body):
        try:
            pairs = parse_qsl(part.decode("latin-1"), keep_blank_values=True, max_num_fields=PARAMETERS_AT_MOST)
        except ValueError as error:
            raise refusal(-1101, "Too many parameters sent for this endpoint.") from error
        for name, text in pairs:
            if name in found:
                raise refusal(-1101, f"Duplicate values for parameter '{name[:32]}' detected.")
            found[name] = text
    return found


def _caller(
    scope: Scope, services: Services, parameters: Parameters, permission: Permission, signed: Signed, *, once: bool
) -> Caller:
    if not signed.key_id:
        raise refusal(-2014, "API-key format invalid.", 401)
    at_ns = services.clock()
    at_ms = at_ns // MILLISECOND_NS
    timestamp_ms, window_ms = parameters.whole("timestamp"), parameters.whole("recvWindow")
    if timestamp_ms is None:
        raise missing("timestamp")
    if window_ms is None:
        window_ms = WINDOW_MS
    if not 0 < window_ms <= LONGEST_WINDOW_MS:
        raise refusal(-1131, f"recvWindow must be less than {LONGEST_WINDOW_MS}.")
    if timestamp_ms > at_ms + AHEAD_MS:
        raise refusal(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
    if timestamp_ms < at_ms - window_ms:
        raise refusal(-1021, "Timestamp for this request is outside of the recvWindow.")
    payload, signature = signed.payload()
    principal = services.identity.gate.signed_payload(
        signed.key_id,
        payload,
        signature,
        timestamp_ms=timestamp_ms,
        window_ms=window_ms,
        at_ms=at_ms,
        address=scope["garraway.address"],
        once=once,
    )
    return admit(scope, principal, permission, at_ns)


def _account(scope: Scope) -> int | None:
    text = scope["garraway.headers"].get(ACCOUNT_HEADER)
    if text is None:
        return None
    if not (text.isdigit() and len(text) <= 10 and 0 < int(text) < 2**32):
        raise malformed("garraway-account")
    return int(text)
