"""Queries of OAuth clients."""

from dataclasses import dataclass, fields

from sqlalchemy import Connection, RowMapping, insert, select, update

from garraway.store.tables.oauth_clients import OAUTH_CLIENTS


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """A client as kept. `redirect_uris`: JSON list; `scopes`: words with spaces between."""

    client_id: str
    name: str
    secret_hash: str | None
    redirect_uris: str
    scopes: str
    user_id: int | None
    created_at_ns: int
    disabled_at_ns: int | None = None


def insert_client(connection: Connection, client: OAuthClient) -> None:
    """A new client."""
    connection.execute(insert(OAUTH_CLIENTS).values({one.name: getattr(client, one.name) for one in fields(client)}))


def client_by_id(connection: Connection, client_id: str) -> OAuthClient | None:
    """The enabled client of this name."""
    mine = (OAUTH_CLIENTS.c.client_id == client_id, OAUTH_CLIENTS.c.disabled_at_ns.is_(None))
    row = connection.execute(select(OAUTH_CLIENTS).where(*mine)).mappings().one_or_none()
    return None if row is None else _client(row)


def list_clients(connection: Connection) -> list[OAuthClient]:
    """All enabled clients, by name."""
    statement = select(OAUTH_CLIENTS).where(OAUTH_CLIENTS.c.disabled_at_ns.is_(None)).order_by(OAUTH_CLIENTS.c.name)
    return [_client(row) for row in connection.execute(statement).mappings()]


def disable_client(connection: Connection, client_id: str, *, at_ns: int) -> bool:
    """Ends a client; False where there is none."""
    mine = (OAUTH_CLIENTS.c.client_id == client_id, OAUTH_CLIENTS.c.disabled_at_ns.is_(None))
    return connection.execute(update(OAUTH_CLIENTS).where(*mine).values(disabled_at_ns=at_ns)).rowcount == 1


def _client(row: RowMapping) -> OAuthClient:
    return OAuthClient(**{one.name: row[one.name] for one in fields(OAuthClient)})
