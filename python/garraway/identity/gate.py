"""The door of every request: who is it? Answered from memory, which a thread reads from SQL every 0.25 s.

Memory holds active users with roles and accounts, live keys, revocations younger than a token's life, and the
allow-list. What cannot be read for `STALE_NS` lets nobody in: a revocation might be among it. The nonces of signed
requests live in this process; one process serves signed requests, and takes none from before its start.
"""

import json
import secrets
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final, Self

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from garraway.config import SecretUnavailable
from garraway.identity.errors import Forbidden, GateStale, KeyFileUnsafe, Refusal, Unauthenticated
from garraway.identity.origin import parsed_address
from garraway.identity.principal import STAFF, Principal, Role, Scope
from garraway.identity.resealing import reseal
from garraway.identity.sealing import Sealer
from garraway.identity.signed_requests import HMAC_SHA256, Nonces, SignedRequest, holds
from garraway.identity.tokens import Tokens
from garraway.store import Database, StoreError, api_keys, changes, credentials, login_sessions, networks, users

Network = IPv4Network | IPv6Network

POLL_S: Final = 0.25
STALE_NS: Final = 2_000_000_000
_PRINCIPALS: Final = 10_000
_MARGIN_NS: Final = 60_000_000_000
_NEWLY_NS: Final = 50_000_000
"""An unknown key makes memory be read again, at most so often."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A session, a key or (with neither) everything of a user has ended: close its connections."""

    user_id: int
    session_id: str | None = None
    key_id: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _User:
    login: str
    roles: frozenset[Role]
    accounts: frozenset[int]
    groups: frozenset[int]
    enrolled: bool


@dataclass(frozen=True, slots=True)
class _Key:
    user_id: int
    algorithm: str
    material: bytes
    scopes: frozenset[Scope]
    networks: tuple[Network, ...]
    created_at_s: int
    expires_at_ns: int


@dataclass(slots=True)
class _Memory:
    change: int = -1
    read_at_ns: int = 0
    users: dict[int, _User] = field(default_factory=dict)
    keys: dict[str, _Key] = field(default_factory=dict)
    revoked_at_ns: dict[str, int] = field(default_factory=dict)
    networks: tuple[Network, ...] = ()
    principals: dict[tuple[str, str], Principal] = field(default_factory=dict)
    """Of keys, by key and address, as long as nothing changes."""


@dataclass(frozen=True, slots=True)
class _Changed:
    """Rows that changed since a value of the change counter."""

    users: list[users.User]
    enrolled: set[int]
    keys: list[api_keys.ApiKey]
    sessions: list[login_sessions.LoginSession]
    networks: tuple[Network, ...]

    @classmethod
    def read(cls, connection: Connection, after: int, *, since_ns: int) -> Self:
        changed = users.users_changed(connection, after)
        return cls(
            users=changed,
            enrolled=credentials.second_factor_users(connection, [one.user_id for one in changed]),
            keys=api_keys.keys_changed(connection, after),
            sessions=login_sessions.sessions_revoked(connection, after, since_ns=since_ns),
            networks=tuple(ip_network(one) for one in networks.allowed_networks(connection)),
        )


class Gate:
    """Who is it? One per process; `refresh` (or the thread of `start`) keeps it true."""

    def __init__(
        self, database: Database, tokens: Tokens, sealer: Sealer, clock: Callable[[], int], *, step_up_s: int = 300
    ) -> None:
        """Reads the database once."""
        self._sealed_under = sealer.newest
        self._step_up_s = step_up_s
        self._database = database
        self._tokens = tokens
        self._sealer = sealer
        self._clock = clock
        self._memory = _Memory()
        self._nonces = Nonces()
        self._listeners: list[Callable[[Cut], None]] = []
        self._reading = threading.Lock()
        self._taking = threading.Lock()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self._opened_ms = clock() // 1_000_000
        self.refresh()

    def start(self) -> Self:
        """Reads again every 0.25 s, in a thread of its own."""
        assert self._thread is None
        self._thread = threading.Thread(target=self._poll, name="gate", daemon=True)
        self._thread.start()
        return self

    def close(self) -> None:
        """Ends the thread."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()

    def on_cut(self, listener: Callable[[Cut], None]) -> None:
        """Calls `listener`, from the reading thread, when sessions, keys or users end. It must not raise nor wait."""
        self._listeners.append(listener)

    def bearer(self, token: str, *, at_s: int, address: str) -> Principal:
        """Whose access token it is. Raises: Unauthenticated, GateStale, Forbidden: staff from another network."""
        self._insist_fresh()
        claims = self._tokens.verify(token, at_s=at_s)
        user = self._user(claims.user_id)
        if user is None or claims.session_id in self._memory.revoked_at_ns:
            raise Unauthenticated
        return self._admitted(
            Principal(
                user_id=claims.user_id,
                login=user.login,
                roles=user.roles,
                accounts=user.accounts,
                groups=user.groups,
                scopes=claims.scopes,
                session_id=claims.session_id,
                key_id=None,
                authenticated_at_s=claims.authenticated_at_s,
                second_factor_at_s=claims.second_factor_at_s,
                second_factor_enrolled=user.enrolled,
                address=address,
                step_up_s=self._step_up_s,
            )
        )

    def signed(self, request: SignedRequest, *, at_ms: int, address: str) -> Principal:
        """Whose key signed the request. Raises: Unauthenticated, Busy, GateStale, Forbidden."""
        signed = request.well_formed_bytes()
        key = self._key(request.key_id, at_ms=at_ms, address=address)
        if not holds(key.algorithm, key.material, signed, request.signature):
            raise Unauthenticated
        self._take(request.key_id, request.nonce, int(request.timestamp_ms), int(request.window_ms), at_ms)
        return self._key_principal(request.key_id, key, address)

    def signed_payload(
        self,
        key_id: str,
        payload: bytes,
        signature: str,
        *,
        timestamp_ms: int,
        window_ms: int,
        at_ms: int,
        address: str,
        once: bool = True,
    ) -> Principal:
        """Whose HMAC key signed a text of another protocol, which contains its timestamp; for facades.

        With `once` the same payload counts once within its window; without it is for requests that change nothing.
        Raises: as `signed`.
        """
        key = self._key(key_id, at_ms=at_ms, address=address)
        if key.algorithm != HMAC_SHA256 or not holds(key.algorithm, key.material, payload, signature):
            raise Unauthenticated
        nonce = f"p:{signature}" if once else f"r:{secrets.token_hex(16)}"
        self._take(key_id, nonce, timestamp_ms, window_ms, at_ms)
        return self._key_principal(key_id, key, address)

    def secret(self, key_id: str, secret: str, *, at_ms: int, address: str) -> Principal:
        """Whose HMAC secret was sent itself, where a protocol has nothing better; for facades. Raises: as `signed`."""
        key = self._key(key_id, at_ms=at_ms, address=address)
        if key.algorithm != HMAC_SHA256 or not secrets.compare_digest(key.material, secret.encode("utf-8", "replace")):
            raise Unauthenticated
        return self._key_principal(key_id, key, address)

    def live(self, principal: Principal, *, at_ns: int) -> bool:
        """Whether a principal admitted earlier (a WebSocket's) lives on: its user, and its session or key."""
        if principal.user_id not in self._memory.users:
            return False
        if principal.key_id is not None:
            key = self._memory.keys.get(principal.key_id)
            return key is not None and at_ns < key.expires_at_ns
        return principal.session_id not in self._memory.revoked_at_ns

    def expires_at_ns(self, principal: Principal) -> int:
        """Until when the key of a principal lets in; 0: it does not any more."""
        key = self._memory.keys.get(principal.key_id or "")
        return key.expires_at_ns if key is not None else 0

    def refresh(self) -> None:
        """Reads what changed since the last time, and tells the listeners what ended.

        Raises: StoreError; GateStale: a secret could not be read within its time.
        """
        self._take_secrets()
        with self._reading:
            cuts = self._read()
        for cut in cuts:
            for listener in self._listeners:
                listener(cut)

    def _take_secrets(self) -> None:
        """Follows a rotation of pepper or passphrase. Without them nobody is let in: what is kept cannot be trusted."""
        try:
            self._tokens.keys.reload()
            if self._sealer.newest != self._sealed_under:
                reseal(self._database, self._sealer)
                self._sealed_under = self._sealer.newest
        except SecretUnavailable as away:
            raise GateStale(f"a secret cannot be read: {away.remedy}") from away

    def _poll(self) -> None:
        while not self._ending.wait(POLL_S):
            try:
                self.refresh()
            except (StoreError, SQLAlchemyError, GateStale, KeyFileUnsafe, OSError):
                continue  # memory that was not read grows stale, and then nobody is let in

    def _read(self) -> list[Cut]:
        """Reads first and changes memory after, so that a failure half-way loses no cut."""
        memory, at_ns = self._memory, self._clock()
        since_ns = at_ns - self._tokens.lifetime_s * 1_000_000_000 - _MARGIN_NS
        cuts: list[Cut] = []
        with self._database.reading() as connection:
            change = changes.last_change(connection)
            new = None if change == memory.change else _Changed.read(connection, memory.change, since_ns=since_ns)
        if new is not None:
            cuts += [*self._take_users(new), *self._take_keys(new.keys, at_ns), *self._take_sessions(new.sessions)]
            memory.networks = new.networks
            memory.principals = {}
        memory.revoked_at_ns = {name: when for name, when in memory.revoked_at_ns.items() if when >= since_ns}
        memory.change, memory.read_at_ns = change, at_ns
        return cuts

    def _take_users(self, new: _Changed) -> list[Cut]:
        cuts = []
        for one in new.users:
            if one.status != "active":
                if self._memory.users.pop(one.user_id, None) is not None:
                    cuts.append(Cut(one.user_id, reason=one.status))
                continue
            roles = frozenset(Role(role) for role in one.roles)
            old = self._memory.users.get(one.user_id)
            self._memory.users[one.user_id] = _User(
                one.login, roles, one.accounts, one.groups, one.user_id in new.enrolled
            )
            if old is not None and old.roles - roles:
                cuts.append(Cut(one.user_id, reason="roles"))
        return cuts

    def _take_keys(self, changed: list[api_keys.ApiKey], at_ns: int) -> list[Cut]:
        cuts = []
        for one in changed:
            if one.revoked_at_ns is not None or one.expires_at_ns <= at_ns:
                if self._memory.keys.pop(one.key_id, None) is not None:
                    cuts.append(Cut(one.user_id, key_id=one.key_id, reason="revoked"))
                continue
            try:
                self._memory.keys[one.key_id] = self._opened(one)
            except KeyFileUnsafe:
                self._memory.keys.pop(one.key_id, None)  # sealed under a master key that is gone: nobody can use it
        return cuts

    def _take_sessions(self, revoked: list[login_sessions.LoginSession]) -> list[Cut]:
        cuts = []
        for one in revoked:
            if one.session_id not in self._memory.revoked_at_ns:
                self._memory.revoked_at_ns[one.session_id] = one.revoked_at_ns or 0
                cuts.append(Cut(one.user_id, session_id=one.session_id, reason=one.revoked_for or ""))
        return cuts

    def _opened(self, key: api_keys.ApiKey) -> _Key:
        material = key.material
        if key.algorithm == HMAC_SHA256:
            material = self._sealer.open(material, belongs_to=f"key:{key.key_id}")
        return _Key(
            user_id=key.user_id,
            algorithm=key.algorithm,
            material=material,
            scopes=frozenset(Scope(word) for word in key.scopes.split()),
            networks=tuple(ip_network(one) for one in json.loads(key.networks)),
            created_at_s=key.created_at_ns // 1_000_000_000,
            expires_at_ns=key.expires_at_ns,
        )

    def _insist_fresh(self) -> None:
        if self._clock() - self._memory.read_at_ns > STALE_NS:
            raise GateStale("revocations could not be read for 2 s: is the database running? Try again")

    def _user(self, user_id: int) -> _User | None:
        """The active user. One that memory lacks may be new: the token's signature held, so nobody makes us read."""
        if user_id not in self._memory.users:
            self.refresh()
        return self._memory.users.get(user_id)

    def _key(self, key_id: str, *, at_ms: int, address: str) -> _Key:
        self._insist_fresh()
        if key_id not in self._memory.keys:
            self._read_newly()
        key = self._memory.keys.get(key_id)
        if key is None or at_ms * 1_000_000 >= key.expires_at_ns or key.user_id not in self._memory.users:
            raise Unauthenticated
        if key.networks and not within(address, key.networks):
            raise Unauthenticated
        return key

    def _read_newly(self) -> None:
        """A key that memory lacks may be new; anybody can ask for any name, so this is bounded."""
        if self._clock() - self._memory.read_at_ns > _NEWLY_NS:
            self.refresh()

    def _take(self, key_id: str, nonce: str, timestamp_ms: int, window_ms: int, at_ms: int) -> None:
        if timestamp_ms < self._opened_ms:
            raise Unauthenticated("timestamp from before the service started: send the request again")
        with self._taking:
            self._nonces.take(key_id, nonce, timestamp_ms=timestamp_ms, window_ms=window_ms, at_ms=at_ms)

    def _key_principal(self, key_id: str, key: _Key, address: str) -> Principal:
        # Taken before the user is: what changes meanwhile comes with another dictionary.
        principals = self._memory.principals
        user = self._memory.users.get(key.user_id)
        if user is None:
            raise Unauthenticated
        known = principals.get((key_id, address))
        if known is not None:
            return known
        made = Principal(
            user_id=key.user_id,
            login=user.login,
            roles=user.roles,
            accounts=user.accounts,
            groups=user.groups,
            scopes=key.scopes,
            session_id=None,
            key_id=key_id,
            authenticated_at_s=key.created_at_s,
            second_factor_at_s=None,
            second_factor_enrolled=user.enrolled,
            address=address,
            step_up_s=self._step_up_s,
        )
        admitted = self._admitted(made)
        if len(principals) >= _PRINCIPALS:
            principals.clear()
        principals[key_id, address] = admitted
        return admitted

    def _admitted(self, principal: Principal) -> Principal:
        """Staff come from the allow-list's networks, where it has any."""
        allowed = self._memory.networks
        if allowed and principal.roles & STAFF and not within(principal.address, allowed):
            error = Forbidden("the back office is not open to this address: ask an administrator to allow its network")
            error.refused = Refusal(principal, "networks.enter", "-", "Forbidden")
            raise error
        return principal


def within(address: str, allowed: Collection[Network]) -> bool:
    """Whether an address is in one of the networks."""
    parsed = parsed_address(address)
    return parsed is not None and any(parsed in network for network in allowed)
