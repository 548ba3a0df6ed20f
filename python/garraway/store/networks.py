"""Queries of the back office's allow-list."""

from sqlalchemy import Connection, delete, insert, select

from garraway.store.changes import next_change
from garraway.store.tables.networks import ALLOWED_NETWORKS


def allowed_networks(connection: Connection) -> dict[str, str]:
    """Networks in CIDR, and the note of each."""
    rows = connection.execute(select(ALLOWED_NETWORKS.c.network, ALLOWED_NETWORKS.c.note))
    return {row.network: row.note for row in rows}


def set_allowed_networks(connection: Connection, networks: dict[str, str], *, by: int, at_ns: int) -> None:
    """The whole list, in place of the one before."""
    next_change(connection)
    connection.execute(delete(ALLOWED_NETWORKS))
    for network, note in networks.items():
        connection.execute(insert(ALLOWED_NETWORKS).values(network=network, note=note, added_by=by, added_at_ns=at_ns))
