"""Who asks over the facades: nobody, keys of each role with all scopes, keys that are none, keys of one scope, a token.

The people are those of `callers.py`; each interface is spoken to in its own way, as its programs do.
"""

import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import httpx2
from tests.api.matrix.callers import BOUND, COLUMNS, Caller, Cast
from tests.api.venue import HERE

from garraway.identity import Scope, keys
from garraway.store import api_keys

ROLES: Final = ("Trader", "Support", "Dealer", "Finance", "Compliance", "Auditor", "Admin", "SuperAdmin")
SCOPED: Final = COLUMNS[11:16]
PROGRAMS: Final = (
    "anonymous",
    *ROLES,
    *("a key with another's secret", "a key that was revoked"),
    *SCOPED,
    "OAuth client",
)
"""In the order of the letters of a row. A role's key has every scope; the OAuth client sends a token, and no key."""
_NUMBERS: Final = itertools.count(1)


@dataclass(frozen=True, kw_only=True)
class Program:
    """One column: what it proves itself with, and whose account is its own."""

    account: int
    key_id: str = ""
    secret: str = ""
    token: Callable[[], str] | None = None

    @property
    def proof(self) -> dict[str, str]:
        """What Alpaca's scheme puts in the headers."""
        if self.token is not None:
            return {"Authorization": f"Bearer {self.token()}"}
        return {"APCA-API-KEY-ID": self.key_id, "APCA-API-SECRET-KEY": self.secret} if self.key_id else {}

    def signature(self, payload: str) -> str:
        """Of Binance's scheme."""
        return hmac.new(self.secret.encode(), payload.encode(), hashlib.sha256).hexdigest()

    def query(self, query: str) -> str:
        """A query signed in Binance's way; each is one of its own."""
        text = f"{query}&" if query else ""
        text += urlencode({"recvWindow": next(_NUMBERS) % 50_000 + 10_000, "timestamp": time.time_ns() // 1_000_000})
        return f"{text}&signature={self.signature(text)}"

    def parameters(self, named: dict[str, Any]) -> dict[str, Any]:
        """Parameters of Binance's WebSocket API, signed."""
        sent = named | {"apiKey": self.key_id, "timestamp": time.time_ns() // 1_000_000}
        sent |= {"recvWindow": next(_NUMBERS) % 50_000 + 10_000}
        payload = "&".join(f"{name}={sent[name]}" for name in sorted(sent))
        return sent | {"signature": self.signature(payload)}


def programs(people: Cast) -> Iterator[tuple[str, Program]]:
    """All of them, in the order of `PROGRAMS`."""
    callers = people.callers
    yield "anonymous", Program(account=people.trader.account)
    for role in ROLES:
        yield role, keyed(people, callers[role], f"whole-{role}", tuple(Scope))
    real = keyed(people, people.trader, "whole-forged", tuple(Scope))
    yield PROGRAMS[9], Program(account=real.account, key_id=real.key_id, secret="grw_hmac_" + "f" * 43)
    gone = keyed(people, people.trader, "whole-revoked", tuple(Scope))
    with people.identity.database.writing() as connection:
        now = people.identity.clock()
        assert api_keys.revoke_keys(connection, user_id=people.trader.user_id, at_ns=now, key_id=gone.key_id)
    yield PROGRAMS[10], gone
    for name in SCOPED:
        scope = Scope(name.removeprefix("key "))
        owner = callers["Admin"] if scope is Scope.ADMIN else people.trader
        yield name, keyed(people, owner, f"only-{scope}", (scope,))
    client = callers["OAuth client"]
    yield "OAuth client", Program(account=client.account, token=client.proof)


def keyed(people: Cast, owner: Caller, key_id: str, scopes: tuple[Scope, ...]) -> Program:
    """A program with a new key of a caller's user."""
    secret = "grw_hmac_" + key_id.ljust(43, "k")
    login = f"{owner.name}@matrix.example.com"
    wanted = {"key_id": key_id, "login": login, "label": "matrix", "algorithm": "hmac-sha256", "secret": secret}
    path = people.venue.folder / f"{key_id}.json"
    path.write_text(json.dumps([wanted | {"scopes": scopes, "networks": BOUND, "life_s": 86_400}]))
    path.chmod(0o600)
    keys.load_file(people.identity, path, origin=HERE)
    return Program(account=owner.account, key_id=key_id, secret=secret)


def alpaca(
    people: Cast, program: Program, method: str, target: str, body: bytes, account: int | None
) -> httpx2.Response:
    """A request over Alpaca's interface, of an account if one is named."""
    headers = program.proof | ({"garraway-account": str(account)} if account is not None else {})
    headers |= {"Content-Type": "application/json"} if body else {}
    return people.client.request(method, people.venue.url + target, content=body, headers=headers)


def binance(
    people: Cast, program: Program, method: str, target: str, body: bytes, account: int | None
) -> httpx2.Response:
    """A request over Binance's interface; one of no account needs no signature."""
    assert not body, "parameters stand in the target"
    path, _, query = target.partition("?")
    headers = {"X-MBX-APIKEY": program.key_id} if program.key_id else {}
    if program.token is not None:
        headers |= program.proof
    if account is not None:
        headers["garraway-account"] = str(account)
        query = program.query(query)
    return people.client.request(method, f"{people.venue.url}{path}?{query}", headers=headers)
