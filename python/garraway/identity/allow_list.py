"""Networks that the back office may be used from. Touches the store.

A list that would shut out whoever writes it is refused, so nobody saws off the branch they sit on.
"""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Final

from garraway.identity import audit, text
from garraway.identity.errors import Conflict, TextInvalid
from garraway.identity.gate import within
from garraway.identity.identity import Identity
from garraway.identity.keys import network
from garraway.identity.origin import Origin
from garraway.identity.permissions import Permission, require
from garraway.identity.principal import Principal
from garraway.store import networks as rows

MOST: Final = 200


def allowed(identity: Identity, principal: Principal) -> dict[str, str]:
    """Networks and their notes; none: from anywhere."""
    require(principal, Permission("view", "networks"), at_s=identity.at_s)
    with identity.database.reading() as connection:
        return rows.allowed_networks(connection)


def replace(
    identity: Identity, principal: Principal, networks: Mapping[str, str], *, origin: Origin, reason: str
) -> None:
    """The whole list. Raises: Conflict: the author's address is in none of its networks; TextInvalid; StepUpNeeded."""
    require(principal, Permission("update", "networks"), at_s=identity.at_s)
    if len(networks) > MOST:
        raise TextInvalid("networks", f"more than {MOST}")
    new = {network(written): text.line("note", note, empty=True) for written, note in networks.items()}
    if new and not within(principal.address, [ip_network(one) for one in new]):
        raise Conflict(f"your address {principal.address} is in none of these networks: you would lock yourself out")
    with identity.database.writing() as connection:
        old = rows.allowed_networks(connection)
        rows.set_allowed_networks(connection, new, by=principal.user_id, at_ns=identity.clock())
        audit.record(
            connection,
            audit.Act(
                "networks.update",
                "networks",
                before={"networks": old},
                after={"networks": new},
                reason=text.line("reason", reason, length=audit.REASON_LENGTH),
            ),
            at_ns=identity.clock(),
            by=principal,
            origin=origin,
        )
    identity.gate.refresh()
