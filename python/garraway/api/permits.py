"""Which permission a route needs: declared by a dependency, checked here, read by the OpenAPI document and the tests.

    @routes.get("/fills")
    async def fills(caller: Annotated[Caller, needs("view", "fills")], ...): ...

    @routes.get("/instruments", dependencies=[public()])

A route that declares neither fails a test. What an account's own data is, is asked with `Caller.account`.
"""

from dataclasses import dataclass
from typing import Final

import msgspec
from fastapi.params import Depends as DependsOn
from starlette.requests import Request
from starlette.types import Scope

from garraway.api.allowance import Taken
from garraway.api.origins import origin_of
from garraway.api.problems import CHALLENGE, Problem, invalid, throttled
from garraway.api.services import Services
from garraway.identity import Origin, Permission, Principal, SignedRequest, insist, permitted

SECOND_NS: Final = 1_000_000_000
MILLISECOND_NS: Final = 1_000_000
KEY_HEADER: Final = b"garraway-key"
TIMESTAMP_HEADER: Final = b"garraway-timestamp"
WINDOW_HEADER: Final = b"garraway-window"
NONCE_HEADER: Final = b"garraway-nonce"
SIGNATURE_HEADER: Final = b"garraway-signature"
LATIN: Final = "latin-1"


class Caller(msgspec.Struct, frozen=True):
    """A principal and what it was let in for."""

    principal: Principal
    permission: Permission
    services: Services
    at_s: int
    scope: Scope
    """The request's, as the server gave it."""

    @property
    def origin(self) -> Origin:
        """Where the request came from."""
        return origin_of(self.scope)

    def account(self, account: int | None) -> int:
        """The account that is meant: the named one, or the only one of the caller's own.

        Raises: Problem: it is not clear which; Missing: it is beyond the caller's reach.
        """
        if account is None:
            own = self.principal.accounts
            if len(own) != 1:
                raise invalid("account", "AccountAmbiguous", f"you have {len(own)} accounts: name one of them")
            (account,) = own
        insist(self.principal, self.permission, at_s=self.at_s, account=account, group=self._group(account))
        return account

    def reaches(self, account: int) -> bool:
        """Whether an account is within the caller's reach."""
        return permitted(self.principal, self.permission, account=account, group=self._group(account))

    def _group(self, account: int) -> int | None:
        known = self.services.directory.accounts.get(account)
        return known.group if known is not None and known.group else None


@dataclass(frozen=True, slots=True)
class Needs:
    """The dependency of a route that needs a permission."""

    permission: Permission

    async def __call__(self, request: Request) -> Caller:
        """The caller, if it may. Raises: Problem."""
        return let_in(request.scope, self.permission)


@dataclass(frozen=True, slots=True)
class Public:
    """The dependency of a route that everybody may ask."""

    logs_in: bool = False
    """Whether it tries a password, a code or the like: such attempts of an address have an allowance of their own."""

    async def __call__(self, request: Request) -> None:
        """Lets everybody in who has not tried too often. Raises: Problem."""
        if self.logs_in:
            scope, services = request.scope, request.app.state.services
            taken = request.app.state.logins.take(scope["garraway.address"], services.clock())
            _counted(scope, services, "login", taken)


def needs(action: str, resource: str) -> DependsOn:
    """The dependency that lets in who may do `action` to `resource`."""
    return DependsOn(Needs(Permission(action, resource)))


def public(*, logs_in: bool = False) -> DependsOn:
    """The dependency of what everybody may read, or with `logs_in` try."""
    return DependsOn(Public(logs_in))


def let_in(scope: Scope, permission: Permission) -> Caller:
    """Who asks, once that is known and permitted. Raises: Problem, errors of `identity`."""
    services: Services = scope["garraway.services"]
    at_ns = services.clock()
    return admit(scope, principal_of(scope, services, at_ns), permission, at_ns)


def admit(scope: Scope, principal: Principal, permission: Permission, at_ns: int) -> Caller:
    """A known principal as a caller, if it may and has not asked too often. Raises: Problem, errors of `identity`."""
    services: Services = scope["garraway.services"]
    scope["garraway.principal"] = principal
    _take(scope, services, principal, at_ns)
    at_s = at_ns // SECOND_NS
    insist(principal, permission, at_s=at_s)
    return Caller(principal, permission, services, at_s, scope)


def _take(scope: Scope, services: Services, principal: Principal, at_ns: int) -> None:
    """Takes one request of the user's allowance, of all keys together, and of the key's. Raises: Problem."""
    state, key = scope["app"].state, principal.key_id
    if key is not None:
        _counted(scope, services, "key", state.keys.take(key, at_ns))
    _counted(scope, services, "user", state.users.take(str(principal.user_id), at_ns))


def _counted(scope: Scope, services: Services, whose: str, taken: Taken) -> None:
    scope["garraway.reply"].rate(taken)
    if not taken.allowed:
        services.meters.throttled.labels(whose).inc()
        raise throttled(taken)


def principal_of(scope: Scope, services: Services, at_ns: int) -> Principal:
    """Who asks, by a bearer token or a signature. Raises: Problem, errors of `identity`."""
    found: dict[bytes, bytes] = scope["garraway.headers"]
    address = scope["garraway.address"]
    if KEY_HEADER in found:
        target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        request = SignedRequest(
            key_id=str(found[KEY_HEADER], LATIN),
            timestamp_ms=str(found.get(TIMESTAMP_HEADER, b""), LATIN),
            window_ms=str(found[WINDOW_HEADER], LATIN) if WINDOW_HEADER in found else _usual_window(services),
            nonce=str(found.get(NONCE_HEADER, b""), LATIN),
            method=scope["method"],
            target=str(target, LATIN),
            body=scope["garraway.body"],
            signature=str(found.get(SIGNATURE_HEADER, b""), LATIN),
        )
        return services.identity.gate.signed(request, at_ms=at_ns // MILLISECOND_NS, address=address)
    scheme, _, token = str(found.get(b"authorization", b""), LATIN).partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Problem(401, "Unauthenticated", "log in, or sign with an API key: no credentials came", headers=CHALLENGE)
    return services.identity.gate.bearer(token, at_s=at_ns // SECOND_NS, address=address)


def _usual_window(services: Services) -> str:
    """The window in ms of who names none."""
    return str(services.identity.policy.api_key_window_ms)
