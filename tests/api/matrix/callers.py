"""Who asks in the matrix of permissions: nobody, a person of each role, keys of each scope, an OAuth client.

They are made once over a venue's own database and by its own API; nothing here is a stand-in.
"""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

import httpx2
from tests.api.venue import ACCOUNT, HERE, OTHER, Key, Venue, issued

from garraway.cli.up import people
from garraway.identity import Identity, Role, Scope, keys
from garraway.market import Participants
from garraway.store import users

STRANGER: Final = Participants.of(1).maker
"""The account of a client whom no member of staff looks after by a group."""
NEAR: Final = people.MEMBERS
FAR: Final = people.MAKERS
"""Groups of clients: staff with rights over groups look after the first, not the second."""
COLUMNS: Final = (
    "anonymous",
    *("Trader", "Support", "Dealer", "Finance", "Compliance", "Auditor", "Admin", "SuperAdmin"),
    *("Admin without a second factor", "SuperAdmin whose second factor is old"),
    *("key read", "key trade", "key withdraw", "key account", "key admin"),
    "OAuth client",
)
"""In the order of the letters of a row. Keys of the first four scopes are a trader's, the last an Admin's; the OAuth
client is a trader's with `read` and `trade`."""
RENEWED_S: Final = 300
BOUND: Final = ("127.0.0.1/32",)


@dataclass(frozen=True, kw_only=True)
class Caller:
    """One column: who it is, how it proves itself, and what is its own."""

    name: str
    user_id: int
    account: int
    """Of a trader its own; of staff a client's of a group that they look after."""
    client_id: int
    """As `account`: the user that has it."""
    proof: Callable[[], str] = str
    """Gives a token; none where there is none to give."""
    key: Key | None = None

    @property
    def token(self) -> str:
        """A token that is not old: the venue may run longer than one lives, or than a second factor is fresh."""
        return self.proof()

    def headers(self, method: str, target: str, body: bytes) -> dict[str, str]:
        """What makes a request its own."""
        if self.key is not None:
            return self.key.headers(method, target, body)
        token = self.token
        return {"Authorization": f"Bearer {token}"} if token else {}


@dataclass(frozen=True, kw_only=True)
class Cast:
    """All callers over a venue, the stranger, and the room that makes more people."""

    venue: Venue
    identity: Identity
    stranger: Caller
    client: httpx2.Client
    callers: Mapping[str, Caller] = field(default_factory=dict)

    @property
    def trader(self) -> Caller:
        """The client of the near group."""
        return self.callers["Trader"]

    def ask(self, caller: Caller, method: str, target: str, said: object = None) -> httpx2.Response:
        """A request of a caller with a body of JSON."""
        return self.send(caller, method, target, b"" if said is None else json.dumps(said).encode())

    def send(
        self, caller: Caller, method: str, target: str, body: bytes, media: str = "application/json"
    ) -> httpx2.Response:
        """A request as it is, with what makes it the caller's; each is one of its own."""
        headers = {"Content-Type": media, "Idempotency-Key": f"matrix-{uuid.uuid4()}"}
        headers |= caller.headers(method, target, body)
        return self.client.request(method, self.venue.url + target, content=body, headers=headers)


@contextmanager
def cast(venue: Venue) -> Iterator[Cast]:
    """The people of the matrix, beside those of the venue."""
    with venue.identity() as identity, httpx2.Client(timeout=20) as client:
        stranger = _person(identity, "far", Role.TRADER, FAR, STRANGER)
        made = Cast(venue=venue, identity=identity, stranger=stranger, client=client)
        found = dict(_callers(made))
        assert tuple(found) == COLUMNS
        yield replace(made, callers=found)


def _callers(made: Cast) -> Iterator[tuple[str, Caller]]:
    identity = made.identity
    trader = _person(identity, "near", Role.TRADER, NEAR, ACCOUNT)
    yield "anonymous", Caller(name="anonymous", user_id=0, account=ACCOUNT, client_id=trader.user_id)
    yield "Trader", trader
    staff: dict[Role, Caller] = {role: _staff(identity, role, trader) for role in Role if role is not Role.TRADER}
    for name in COLUMNS[2:9]:
        yield name, staff[Role(name)]
    yield COLUMNS[9], _staff(identity, Role.ADMIN, trader, second_factor_age_s=None)
    yield COLUMNS[10], _staff(identity, Role.SUPER_ADMIN, trader, second_factor_age_s=301)
    for scope in (Scope.READ, Scope.TRADE, Scope.WITHDRAW, Scope.ACCOUNT):
        yield f"key {scope}", _keyed(made, trader, scope)
    yield "key admin", _keyed(made, staff[Role.ADMIN], Scope.ADMIN)
    yield "OAuth client", _program(made, staff[Role.SUPER_ADMIN])


def _person(identity: Identity, name: str, role: Role, group: int, account: int) -> Caller:
    user_id = new_user(identity, name, role, group)
    _give_account(identity, account, user_id)
    proof = partial(issued, identity, user_id, name)
    return Caller(name=name, user_id=user_id, account=account, client_id=user_id, proof=proof)


def new_user(identity: Identity, name: str, role: Role, group: int) -> int:
    """A new service account, which may have keys and client credentials; its number."""
    login = f"{name}@matrix.example.com"
    with identity.database.writing() as connection:
        made = users.insert_user(
            connection, login=login, name=name, roles=[role], group_id=group, at_ns=identity.clock(), service=True
        )
        assert made is not None
        if role is not Role.TRADER:
            users.set_groups(connection, made, [NEAR])
    return made


def _give_account(identity: Identity, account: int, user_id: int) -> None:
    """Gives an account that is open at the venue to a user."""
    with identity.database.writing() as connection:
        assert users.assign_account(connection, user_id, account, at_ns=identity.clock())


def _staff(identity: Identity, role: Role, client: Caller, *, second_factor_age_s: int | None = 0) -> Caller:
    name = f"{role.lower()}-{second_factor_age_s}"
    user_id = new_user(identity, name, role, 0)
    proof = partial(issued, identity, user_id, name, second_factor_age_s=second_factor_age_s)
    return Caller(name=name, user_id=user_id, account=client.account, client_id=client.user_id, proof=proof)


def _keyed(made: Cast, owner: Caller, scope: Scope) -> Caller:
    secret, key_id = "grw_hmac_" + scope * 9, f"matrix-{scope}"
    login = f"{owner.name}@matrix.example.com"
    wanted = {"key_id": key_id, "login": login, "label": scope, "algorithm": "hmac-sha256", "secret": secret}
    path = made.venue.folder / f"{key_id}.json"
    path.write_text(json.dumps([wanted | {"scopes": [scope], "networks": BOUND, "life_s": 86_400}]))
    path.chmod(0o600)
    keys.load_file(made.identity, path, origin=HERE)
    key = Key(key_id, secret)
    return Caller(name=f"key {scope}", user_id=owner.user_id, account=owner.account, client_id=owner.client_id, key=key)


def _program(made: Cast, by: Caller) -> Caller:
    """A service account's program, let in by client credentials as any would be."""
    user_id = new_user(made.identity, "program", Role.TRADER, NEAR)
    _give_account(made.identity, OTHER, user_id)
    client = {"name": "program", "scopes": ["read", "trade"], "confidential": True, "user_id": user_id}
    reply = made.ask(by, "POST", "/api/v1/admin/oauth-clients", client)
    assert reply.status_code == 201, reply.text
    form = {"grant_type": "client_credentials", "scope": "read trade"} | reply.json()
    known: list[tuple[int, str]] = []

    def granted() -> str:
        if not known or made.identity.at_s - known[-1][0] > RENEWED_S:
            said = httpx2.post(made.venue.url + "/oauth/token", data=form)
            assert said.status_code == 200, said.text
            known.append((made.identity.at_s, said.json()["access_token"]))
        return known[-1][1]

    return Caller(name="program", user_id=user_id, account=OTHER, client_id=user_id, proof=granted)
