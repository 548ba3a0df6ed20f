"""The room put together over a database and a folder of secrets. Touches both; starts the gate's thread."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from garraway.identity.breached import Breached
from garraway.identity.gate import Gate
from garraway.identity.identity import SECOND, Identity, RelyingParty, no_trading_sessions
from garraway.identity.passwords import HashingPool
from garraway.identity.sealing import KEY_BYTES, Sealer
from garraway.identity.signing_keys import SigningKeys, insist_private
from garraway.identity.tokens import Tokens
from garraway.identity.upkeep import forget_old
from garraway.store import Database

AUDIENCE: Final = "garraway"
MASTER_KEY: Final = "master.key"


@contextmanager
def opened(
    database: Database,
    folder: Path,
    clock: Callable[[], int],
    *,
    issuer: str,
    relying_party: RelyingParty,
    breached: Breached,
    cut_trading_sessions: Callable[[Connection, int], None] = no_trading_sessions,
) -> Iterator[Identity]:
    """The room, its signing keys and master key in `folder` (made at the first start); closed at the end.

    Raises: KeyFileUnsafe: a file of secrets that others can read, or that holds none; StoreError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    tokens = Tokens(SigningKeys.open(folder, at_s=clock() // SECOND), issuer=issuer, audience=AUDIENCE)
    sealer = Sealer([master_key(folder / MASTER_KEY)])
    gate, hashing = Gate(database, tokens, sealer, clock).start(), HashingPool()
    try:
        identity = Identity(
            database, clock, hashing, breached, sealer, tokens, gate, relying_party, cut_trading_sessions
        )
        forget_old(identity)
        yield identity
    finally:
        gate.close()
        hashing.close()


def master_key(path: Path) -> bytes:
    """The key under which secrets are sealed; made where there is none, mode 0600. Raises: KeyFileUnsafe."""
    with suppress(FileExistsError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(secrets.token_bytes(KEY_BYTES))
            stream.flush()
            os.fsync(stream.fileno())
    insist_private(path)
    return path.read_bytes()
