"""Who asks: what this room needs of `identity`. Touches nothing."""

from typing import NamedTuple, Protocol


class Permission(NamedTuple):
    """One thing that can be done to one kind of thing."""

    action: str
    resource: str


class Principal(Protocol):
    """Who asks, as far as this room looks."""

    @property
    def user_id(self) -> int:
        """The user."""
        ...

    @property
    def accounts(self) -> frozenset[int]:
        """The accounts that are the user's own."""
        ...

    @property
    def key_id(self) -> str | None:
        """The API key that proved it, if one did."""
        ...


class Gate(Protocol):
    """Says who asks and what they may, from memory; see `garraway.identity`."""

    def bearer(self, token: str, *, at_s: int, address: str) -> Principal:
        """The principal of an access token. Raises: errors of `identity`."""
        ...

    def signed(
        self,
        key_id: str,
        *,
        signature: str,
        timestamp: str,
        method: str,
        target: str,
        body: bytes,
        at_ns: int,
        address: str,
    ) -> Principal:
        """The principal of a signed request. Raises: errors of `identity`."""
        ...

    def require(self, principal: Principal, permission: Permission, *, at_s: int, account: int | None = None) -> None:
        """Insists on a permission, to this account where one is named. Raises: errors of `identity`."""
        ...
