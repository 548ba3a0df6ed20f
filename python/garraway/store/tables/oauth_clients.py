"""Programs that may ask for tokens by OAuth 2: public ones with PKCE, confidential ones with a secret besides."""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table, Text

from garraway.store.metadata import METADATA

OAUTH_CLIENTS: Final = Table(
    "oauth_clients",
    METADATA,
    Column("client_id", String(64), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("secret_hash", String(64)),
    Column("redirect_uris", Text, nullable=False),
    Column("scopes", String(200), nullable=False),
    Column("user_id", BigInteger, ForeignKey("users.user_id")),
    Column("created_at_ns", BigInteger, nullable=False),
    Column("disabled_at_ns", BigInteger),
)
"""`user_id`: the service account that the client acts for by client credentials. No `secret_hash`: a public client."""
