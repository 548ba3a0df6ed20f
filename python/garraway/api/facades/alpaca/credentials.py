"""Who asks: key and secret as they were sent, or a token. Touches `identity`.

Alpaca's scheme sends the secret itself with each request, so it fits keys of kind hmac-sha256 alone, whose secret this
service has. In clear text it is taken from this machine only.
"""

import base64
import binascii
from ipaddress import ip_network
from typing import Final

from starlette.types import Scope

from garraway.api.addresses import within
from garraway.api.facades.alpaca.refusals import refusal
from garraway.api.permits import MILLISECOND_NS, SECOND_NS
from garraway.api.services import Services
from garraway.identity import Principal

KEY_HEADER: Final = b"apca-api-key-id"
SECRET_HEADER: Final = b"apca-api-secret-key"
ACCOUNT_HEADER: Final = b"garraway-account"
"""Which account is meant, for keys of a user who has several; Alpaca's keys have one."""
LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
ENCRYPTED: Final = frozenset({"https", "wss"})


def principal_of(scope: Scope, services: Services, at_ns: int) -> Principal | None:
    """Who asks; None: no credentials came. Raises: Refusal, errors of `identity`."""
    headers = scope["garraway.headers"]
    scheme, _, rest = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if KEY_HEADER in headers or SECRET_HEADER in headers:
        key_id, secret = (headers.get(name, b"").decode("latin-1") for name in (KEY_HEADER, SECRET_HEADER))
    elif scheme.lower() == "basic":
        key_id, secret = _basic(rest)
    elif scheme.lower() == "bearer":
        insist_private(scope, services)
        return services.identity.gate.bearer(rest, at_s=at_ns // SECOND_NS, address=scope["garraway.address"])
    else:
        return None
    return of_secret(scope, services, key_id, secret, at_ns)


def of_secret(scope: Scope, services: Services, key_id: str, secret: str, at_ns: int) -> Principal:
    """Whose key and secret they are. Raises: Refusal, errors of `identity`."""
    insist_private(scope, services)
    return services.identity.gate.secret(
        key_id, secret, at_ms=at_ns // MILLISECOND_NS, address=scope["garraway.address"]
    )


def insist_private(scope: Scope, services: Services) -> None:
    """Refuses a secret that came in clear text over a network. Raises: Refusal.

    TLS is ended here, or by a trusted proxy that says so in X-Forwarded-Proto, or the peer is on this machine.
    """
    if scope.get("scheme") in ENCRYPTED:
        return
    peer, proxies = scope["client"][0] if scope.get("client") else "", services.edge.proxies
    said = scope["garraway.headers"].get(b"x-forwarded-proto")
    if proxies and said is not None and within(peer, proxies):
        private = said.rpartition(b",")[2].strip().lower() in {b"https", b"wss"}
    else:
        private = within(peer, LOOPBACK)
    if not private:
        raise refusal(403, "a secret came in clear text: use https, and make another key, for this one was overheard")


def account_asked(scope: Scope) -> int | None:
    """The account that the header names. Raises: Refusal."""
    text = scope["garraway.headers"].get(ACCOUNT_HEADER)
    if text is None:
        return None
    if not (text.isdigit() and len(text) <= 10 and 0 < int(text) < 2**32):
        raise refusal(422, "garraway-account: no number of an account")
    return int(text)


def _basic(text: str) -> tuple[str, str]:
    """Key and secret of basic authorization; nobody's, where it cannot be read."""
    try:
        key_id, _, secret = base64.b64decode(text, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return key_id, secret
