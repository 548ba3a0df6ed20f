"""A request of this facade: what was asked, by whom, for which account. Touches `identity`."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from starlette.types import Scope

from garraway.api.facades.alpaca.credentials import account_asked, principal_of
from garraway.api.facades.alpaca.fields import Fields
from garraway.api.facades.alpaca.refusals import refusal, unknown_order
from garraway.api.permits import Caller, admit
from garraway.api.problems import Problem
from garraway.api.reading import fresh
from garraway.api.services import Services
from garraway.identity import IdentityError, Permission
from garraway.views import ViewsError

PARAMETERS_AT_MOST: Final = 32


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, as an endpoint sees it."""

    services: Services
    query: Fields
    body: Fields
    named: str
    """What the path names: an order, an asset, a symbol."""
    caller: Caller | None
    asked_account: int | None
    noted: dict[str, object]
    """What the log line of the request tells besides."""

    @property
    def account(self) -> int:
        """The account that is meant. Raises: Problem, errors of `identity`."""
        assert self.caller is not None
        return self.caller.account(self.asked_account)

    def account_of_order(self, account: int) -> int:
        """The account that an order's id names, if the caller may reach it. Raises: Refusal."""
        assert self.caller is not None
        try:
            return self.caller.account(account)
        except IdentityError as error:
            raise unknown_order() from error


def asked(
    scope: Scope, permission: Permission | None, *, query: frozenset[str], body: frozenset[str], named: str
) -> Ask:
    """The request, its caller let in. Raises: Refusal, Problem, errors of `identity`.

    What is public takes credentials, too, and then looks at them.
    """
    services: Services = scope["app"].state.services
    at_ns = services.clock()
    principal, caller = principal_of(scope, services, at_ns), None
    if permission is not None:
        if principal is None:
            raise refusal(401, "request is not authorized: send APCA-API-KEY-ID and APCA-API-SECRET-KEY")
        caller = admit(scope, principal, permission, at_ns)
    parameters = _query(scope["query_string"])
    parameters.insist_known(query)
    if scope["garraway.body"] and scope.get("garraway.json") is None:
        raise refusal(415, "send one JSON object as application/json")
    members = Fields.of_body(scope["garraway.body"])
    members.insist_known(body)
    return Ask(services, parameters, members, named, caller, account_asked(scope), scope["garraway.reply"].noted)


async def came(services: Services, seq: int) -> bool:
    """Whether the fold knows of a command within its wait. What was carried out is never told as to be tried again."""
    try:
        await fresh(services, seq)
    except (Problem, ViewsError):
        return False
    return True


async def seen(services: Services) -> None:
    """Reads tell of every command whose outcome this process told. Raises: Problem."""
    await fresh(services, services.desk.last_seq)


def _query(text: bytes) -> Fields:
    try:
        pairs = parse_qsl(text.decode("latin-1"), keep_blank_values=True, max_num_fields=PARAMETERS_AT_MOST)
    except ValueError as error:
        raise refusal(400, f"more than {PARAMETERS_AT_MOST} parameters") from error
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise refusal(400, f"{name[:64]}: came twice, send it once")
        found[name] = value
    return Fields(found)
