"""The SQL database."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from garraway.config.references import SecretReference
from garraway.config.sections.base import Count, Seconds, Section

PASSWORD = re.compile(r"://[^/]*:[^/]*@")
SCHEMES = ("sqlite:///", "postgresql://", "postgresql+psycopg://")


def _known(url: str) -> str:
    if PASSWORD.search(url):
        raise ValueError("holds a password: leave it out and name it by reference in database.password")
    if url and not url.startswith(SCHEMES):
        raise ValueError("is no address of a database: write sqlite:///PATH or postgresql://USER@HOST/NAME")
    return url


class Database(Section):
    """Where the service keeps people, approvals, audit and the history."""

    url: Annotated[str, AfterValidator(_known)] = ""
    """`sqlite:///PATH` or `postgresql://USER@HOST/NAME`, without a password; empty: `FOLDER/garraway.db`."""
    password: SecretReference | None = None
    """Reference to the password of the database's user."""
    pool_size: Count = 5
    """Connections that are kept open (PostgreSQL)."""
    pool_overflow: int = Field(default=5, ge=0)
    """Connections beyond these at a rush (PostgreSQL)."""
    pool_timeout_s: Seconds = 5
    """How long a request waits for a connection."""
    busy_timeout_s: Seconds = 5
    """How long a writer waits for another (SQLite)."""
    statement_timeout_s: Seconds = 30
    """How long one statement may take (PostgreSQL)."""
