"""Reads: waiting for a command that the caller saw, pages, and the database behind a thread. Touches `store`."""

import asyncio
import base64
import binascii
from collections.abc import Callable
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Query
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from garraway.api.problems import Problem, conflict, invalid
from garraway.api.services import Services
from garraway.api.serving import Served
from garraway.store import history
from garraway.views import NotYet

WAIT_S: Final = 1.0
"""How long a read waits for `min_seq`."""
POLL_S: Final = 0.02
PAGE: Final = 100
PAGE_AT_MOST: Final = 1_000
HIGHEST_SEQ: Final = 2**48 - 1

Rows = TypeVar("Rows")
MinSeq = Annotated[
    int | None,
    Query(ge=0, le=HIGHEST_SEQ, description="Wait up to 1 s until this command is known; else 409 `NotYet`."),
]
Limit = Annotated[int, Query(ge=1, le=PAGE_AT_MOST, description="Rows of a page.")]
Cursor = Annotated[
    str | None, Query(max_length=80, pattern=r"^[A-Za-z0-9_-]+$", description="`next_cursor` of the page before.")
]
AccountAsked = Annotated[
    int | None, Query(ge=1, le=2**32 - 1, description="Which account; may be left out by who has one.")
]


async def _seen(services: Served, min_seq: MinSeq = None) -> int:
    """The number of the last command that is known of, at least `min_seq`."""
    return await fresh(services, min_seq)


async def fresh(services: Services, min_seq: int | None) -> int:
    """Waits for the fold to know of a command; the last one that it knows of. Raises: Problem."""
    views = services.views
    if min_seq is None or views.seq >= min_seq:
        return views.seq
    try:
        seq = await services.arrivals.wait_for(min_seq, timeout_s=WAIT_S)
    except NotYet as error:
        services.meters.read_waits.labels("late").inc()
        raise not_yet(min_seq, views.seq) from error
    services.meters.read_waits.labels("came").inc()
    return seq


Seen = Annotated[int, Depends(_seen)]
"""The command up to which the fold knows, after the wait for `min_seq`."""


def not_yet(min_seq: int, seq: int) -> Problem:
    """409: the command is not known of yet."""
    detail = f"command {min_seq} is not known yet, only {seq}: ask again"
    return conflict("NotYet", detail, retryable=True, seq=seq)


async def queried(
    services: Services, query: Callable[[Connection], Rows], *, min_seq: int | None = None
) -> tuple[int, Rows]:
    """What a query of the views gives, and the command up to which they know. Raises: Problem, StoreError."""

    def ask() -> tuple[int, Rows]:
        with services.database.reading() as connection:
            return history.known_seq(connection), query(connection)

    give_up_s = services.monotonic_s() + WAIT_S
    while True:
        seq, rows = await run_in_threadpool(ask)
        if min_seq is None or seq >= min_seq:
            return seq, rows
        if services.monotonic_s() >= give_up_s:
            raise not_yet(min_seq, seq)
        await asyncio.sleep(POLL_S)


def cursor_of(*key: int) -> str:
    """The cursor of a page that ends with the row of this key."""
    text = ".".join(str(part) for part in key)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def key_of(cursor: str | None, parts: int) -> tuple[int, ...] | None:
    """The key in a cursor. Raises: Problem: it is none of ours."""
    if cursor is None:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        key = tuple(int(part) for part in text.split("."))
    except (binascii.Error, ValueError):
        key = ()
    if len(key) != parts or any(not 0 <= part < 2**63 for part in key):
        raise invalid("cursor", "CursorInvalid", "cursor is none that a reply gave: leave it out to begin anew")
    return key
