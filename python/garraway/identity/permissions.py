"""Who may do what: one table, action x resource x how far. What is not in the table nobody may. Touches nothing.

A cell says how far a role reaches: `o` its own, `g` the clients of its groups, `a` all, `-` not at all. A user with
several roles reaches as far as the widest. `needs` is the scope that a key or an OAuth client must have been given;
`fresh` asks for a second factor of the last five minutes, so no key reaches it, but for the scope `withdraw`.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Final, NamedTuple

from garraway.identity.errors import FactorMissing, Forbidden, IdentityError, Missing, Refusal, StepUpNeeded
from garraway.identity.principal import STAFF, Principal, Role, Scope
from garraway.store.reach import Reach


class Permission(NamedTuple):
    """One thing that can be done to one kind of thing."""

    action: str
    resource: str


class Extent(IntEnum):
    """How far a permission reaches."""

    NONE = 0
    OWN = 1
    GROUP = 2
    ALL = 3


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table."""

    needs: Scope
    fresh: bool
    extents: dict[Role, Extent]


_LETTERS: Final = {"-": Extent.NONE, "o": Extent.OWN, "g": Extent.GROUP, "a": Extent.ALL}
_ROLES: Final = tuple(Role)
_TABLE: Final = (
    #                                                 SuperAdmin
    #                                                 | Admin
    #                                                 | | Support
    #                                                 | | | Dealer
    #                                                 | | | | Finance
    #                                                 | | | | | Compliance
    #                                                 | | | | | | Auditor
    # resource          action        needs      fresh| | | | | | | Trader
    ("profile",         "view",       "read",     "", "o o o o o o o o"),
    ("profile",         "update",     "account",  "", "o o o o o o o o"),
    ("password",        "change",     "account",  "", "o o o o o o o o"),
    ("factors",         "view",       "account",  "", "o o o o o o o o"),
    ("factors",         "change",     "account",  "f", "o o o o o o o o"),
    ("sessions",        "view",       "account",  "", "a a a o o a a o"),
    ("sessions",        "revoke",     "account",  "", "a a a o o a o o"),
    ("keys",            "view",       "account",  "", "a a a o o a a o"),
    ("keys",            "create",     "account",  "f", "o o o o o o o o"),
    ("keys",            "revoke",     "account",  "", "a a a o o a o o"),
    ("market",          "view",       "read",     "", "a a a a a a a a"),
    ("orders",          "view",       "read",     "", "a a g g - a a o"),
    ("orders",          "place",      "trade",    "", "- - - - - - - o"),
    ("orders",          "replace",    "trade",    "", "- a - g - - - o"),
    ("orders",          "cancel",     "trade",    "", "a a - g - a - o"),
    ("fills",           "view",       "read",     "", "a a g g a a a o"),
    ("positions",       "view",       "read",     "", "a a g g a a a o"),
    ("positions",       "close",      "trade",    "", "- a - g - - - o"),
    ("balances",        "view",       "read",     "", "a a g g a a a o"),
    ("ledger",          "view",       "read",     "", "a a g - a a a o"),
    ("transfers",       "view",       "read",     "", "a a g - a a a o"),
    ("transfers",       "deposit",    "account",  "", "- - - - - - - o"),
    ("transfers",       "withdraw",   "withdraw", "f", "- - - - - - - o"),
    ("transfers",       "cancel",     "account",  "", "- a - - a - - o"),
    ("funds",           "deposit",    "admin",    "f", "- a - - a - - -"),
    ("funds",           "withdraw",   "admin",    "f", "- a - - a - - -"),
    ("funds",           "adjust",     "admin",    "f", "- - - - a - - -"),
    ("funds",           "credit",     "admin",    "f", "- a - - a - - -"),
    ("approvals",       "view",       "admin",    "", "a a - - a a a -"),
    ("approvals",       "decide",     "admin",    "f", "a - - - a a - -"),
    ("analytics",       "view",       "read",     "", "a a g g a a a o"),
    ("users",           "view",       "admin",    "", "a a g g a a a -"),
    ("users",           "create",     "admin",    "f", "a a - - - - - -"),
    ("users",           "update",     "admin",    "", "a a - - - - - -"),
    ("users",           "disable",    "admin",    "", "a a - - - a - -"),
    ("users",           "enable",     "admin",    "f", "a a - - - - - -"),
    ("users",           "delete",     "admin",    "f", "a - - - - - - -"),
    ("users",           "reset",      "admin",    "f", "a a g - - - - -"),
    ("roles",           "grant",      "admin",    "f", "a - - - - - - -"),
    ("groups",          "view",       "admin",    "", "a a a a a a a -"),
    ("groups",          "create",     "admin",    "f", "a a - - - - - -"),
    ("groups",          "update",     "admin",    "f", "a a - a - - - -"),
    ("groups",          "delete",     "admin",    "f", "a a - - - - - -"),
    ("drafts",          "view",       "admin",    "", "a a a a a a a -"),
    ("drafts",          "change",     "admin",    "", "a a - a - - - -"),
    ("drafts",          "decide",     "admin",    "f", "a a - - - a - -"),
    ("fees",            "view",       "admin",    "", "a a a a a a a -"),
    ("fees",            "create",     "admin",    "f", "a a - - a - - -"),
    ("fees",            "update",     "admin",    "f", "a a - - a - - -"),
    ("fees",            "delete",     "admin",    "f", "a a - - - - - -"),
    ("limits",          "view",       "admin",    "", "a a g g a a a -"),
    ("limits",          "update",     "admin",    "f", "a a - g - - - -"),
    ("instruments",     "create",     "admin",    "f", "a a - - - - - -"),
    ("instruments",     "update",     "admin",    "f", "a a - a - - - -"),
    ("accounts",        "view",       "read",     "", "a a g g a a a o"),
    ("accounts",        "create",     "account",  "", "- a - - - - - o"),
    ("accounts",        "update",     "admin",    "f", "- a - g - a - -"),
    ("trading_sessions", "view",      "admin",    "", "a a g g - a a -"),
    ("trading_sessions", "define",    "admin",    "f", "a a - - - - - -"),
    ("kill_switch",     "engage",     "admin",    "", "a a - a - a - -"),
    ("kill_switch",     "release",    "admin",    "f", "a a - - - - - -"),
    ("audit",           "view",       "admin",    "", "a - - - - a a -"),
    ("audit",           "export",     "admin",    "f", "- - - - - a a -"),
    ("networks",        "view",       "admin",    "", "a a - - - - a -"),
    ("networks",        "update",     "admin",    "f", "a - - - - - - -"),
    ("oauth_clients",   "view",       "admin",    "", "a a - - - - a -"),
    ("oauth_clients",   "create",     "admin",    "f", "a - - - - - - -"),
    ("oauth_clients",   "delete",     "admin",    "f", "a - - - - - - -"),
    ("settings",        "view",       "read",     "", "o o o o o o o o"),
    ("settings",        "update",     "account",  "", "o o o o o o o o"),
    ("operations",      "view",       "admin",    "", "a a a a - - a -"),
    ("notifications",   "view",       "read",     "", "o o o o o o o o"),
    ("notifications",   "update",     "account",  "", "o o o o o o o o"),
)  # fmt: skip

RULES: Final = {
    Permission(action, resource): Rule(
        Scope(needs), fresh == "f", dict(zip(_ROLES, (_LETTERS[cell] for cell in cells.split()), strict=True))
    )
    for resource, action, needs, fresh, cells in _TABLE
}
"""The whole table."""


def extent(principal: Principal, permission: Permission) -> Extent:
    """How far the principal's roles reach; not at all where the proof lacks the scope. Unknown permissions: nobody."""
    return _extent(principal.roles, principal.scopes, permission)


@lru_cache(maxsize=4_096)
def _extent(roles: frozenset[Role], scopes: frozenset[Scope], permission: Permission) -> Extent:
    rule = RULES.get(permission)
    if rule is None or rule.needs not in scopes:
        return Extent.NONE
    return max((rule.extents[role] for role in roles), default=Extent.NONE)


def permitted(
    principal: Principal,
    permission: Permission,
    *,
    account: int | None = None,
    user_id: int | None = None,
    group: int | None = None,
) -> bool:
    """Whether the principal reaches this thing, whatever the freshness of its second factor.

    `account` and `user_id` say whose the thing is, `group` which group of clients its owner is in. None of the three:
    whether there is any reach at all.
    """
    reach = _standing(principal, extent(principal, permission))
    return reach is not Extent.NONE and _covers(principal, reach, account, user_id, group)


def require(
    principal: Principal,
    permission: Permission,
    *,
    at_s: int,
    account: int | None = None,
    user_id: int | None = None,
    group: int | None = None,
) -> Reach:
    """Insists on a permission and gives the filter of rows that goes with it. Raises: as `insist`."""
    insist(principal, permission, at_s=at_s, account=account, user_id=user_id, group=group)
    return reach_of(principal, permission)


def insist(
    principal: Principal,
    permission: Permission,
    *,
    at_s: int,
    account: int | None = None,
    user_id: int | None = None,
    group: int | None = None,
) -> None:
    """Insists on a permission, for what reads no rows.

    Raises: Missing: a thing beyond the reach, told like one that does not exist; StepUpNeeded: the second factor is
    not fresh; FactorMissing: staff without one; Forbidden.
    """
    error = _refused(principal, permission, at_s=at_s, account=account, user_id=user_id, group=group)
    if error is not None:
        thing = f"account:{account}" if account is not None else f"user:{user_id}" if user_id is not None else "-"
        named = f"{permission.resource}.{permission.action}"
        error.refused = Refusal(principal, named, thing, type(error).__name__)
        raise error


def _refused(
    principal: Principal,
    permission: Permission,
    *,
    at_s: int,
    account: int | None,
    user_id: int | None,
    group: int | None,
) -> IdentityError | None:
    granted, reaches, fresh = _grant(principal.roles, principal.scopes, _is_strong(principal), permission)
    if granted is Extent.NONE:
        return Forbidden(f"{permission.action} {permission.resource} is not among what you may do")
    if reaches is Extent.NONE:
        return FactorMissing("rights of staff need a second factor: enrol one and log in again")
    if not _covers(principal, reaches, account, user_id, group):
        return Missing(f"no such thing among those that you may {permission.action}")
    if fresh and not _fresh(principal, permission, at_s):
        what = f"{permission.action} {permission.resource}"
        return StepUpNeeded(f"{what} needs a second factor of the last {principal.step_up_s} s")
    return None


def reach_of(principal: Principal, permission: Permission) -> Reach:
    """The filter that queries apply, so that rows beyond the reach never leave the database."""
    reaches = _standing(principal, extent(principal, permission))
    return Reach(
        everything=reaches is Extent.ALL,
        groups=principal.groups if reaches is Extent.GROUP else frozenset(),
        user_id=principal.user_id if reaches is not Extent.NONE else None,
        accounts=principal.accounts if reaches is not Extent.NONE else frozenset(),
    )


def _covers(principal: Principal, reach: Extent, account: int | None, user_id: int | None, group: int | None) -> bool:
    """Whether a reach that is not none covers this thing."""
    if reach is Extent.ALL:
        return True
    if account is None and user_id is None and group is None:
        return True
    own_account = account is None or account in principal.accounts
    own_user = user_id is None or user_id == principal.user_id
    if own_account and own_user and (account is not None or user_id is not None):
        return True
    return reach is Extent.GROUP and group is not None and group in principal.groups


def _standing(principal: Principal, reaches: Extent) -> Extent:
    """The reach that the proof's strength allows: beyond one's own by a second factor, or a key made with one."""
    return _reach_of_proof(principal.roles, reaches, strong=_is_strong(principal))


def _reach_of_proof(roles: frozenset[Role], reaches: Extent, *, strong: bool) -> Extent:
    beyond = reaches > Extent.OWN and not strong and roles & STAFF
    return Extent.NONE if beyond else reaches


def _is_strong(principal: Principal) -> bool:
    return principal.second_factor_at_s is not None or principal.key_id is not None


@lru_cache(maxsize=4_096)
def _grant(
    roles: frozenset[Role], scopes: frozenset[Scope], strong: bool, permission: Permission
) -> tuple[Extent, Extent, bool]:
    """What the roles give, what of it the proof reaches, and whether it asks for a fresh second factor."""
    granted = _extent(roles, scopes, permission)
    fresh = granted is not Extent.NONE and RULES[permission].fresh
    return granted, _reach_of_proof(roles, granted, strong=strong), fresh


def _fresh(principal: Principal, permission: Permission, at_s: int) -> bool:
    if principal.key_id is not None:
        return RULES[permission].needs is Scope.WITHDRAW
    if principal.second_factor_at_s is not None:
        return 0 <= at_s - principal.second_factor_at_s <= principal.step_up_s
    first_factor = permission == Permission("change", "factors") and not principal.second_factor_enrolled
    return first_factor and 0 <= at_s - principal.authenticated_at_s <= principal.step_up_s
