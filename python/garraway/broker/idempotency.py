"""A request that moves money may be sent again: same key and body, same answer, one effect. Touches store.

The key is taken, the request carried out and its answer kept in one transaction: a crash in between leaves none of it.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection

from garraway.broker.errors import KeyReused, RequestUnderWay
from garraway.store import idempotency_keys as rows

KEY: Final = re.compile(r"[!-~]{1,64}")
"""1 to 64 visible ASCII characters."""

Answer = tuple[int, str]
"""HTTP status and body."""


def once(
    connection: Connection,
    *,
    user_id: int,
    key: str,
    request: bytes,
    at_ns: int,
    carry_out: Callable[[Connection], Answer],
) -> tuple[Answer, bool]:
    """Carries a request out, unless its key was seen before.

    `key` is the Idempotency-Key (`KEY` says which there are), `request` everything that makes the request what it is:
    method, path, body.

    Returns: the answer, and whether it is that of an earlier request.
    Raises: KeyReused: the key came with another request; RequestUnderWay.
    """
    digest = hashlib.sha256(request).hexdigest()
    before = rows.begin(connection, user_id=user_id, key=key, request_hash=digest, at_ns=at_ns)
    if before is not None:
        if before.request_hash != digest:
            raise KeyReused(f"Idempotency-Key {key!r} came before with another request: take a new one")
        if before.status is None or before.answer is None:
            raise RequestUnderWay(f"the request with Idempotency-Key {key!r} is being answered: ask again")
        return (before.status, before.answer), True
    status, answer = carry_out(connection)
    rows.finish(connection, user_id=user_id, key=key, status=status, answer=answer)
    return (status, answer), False
