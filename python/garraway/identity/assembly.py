"""The room put together over a database and a folder of secrets. Touches both; starts the gate's thread."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes
from typing import Final

from sqlalchemy import Connection

from garraway.identity import audit
from garraway.identity.breached import Breached
from garraway.identity.gate import Gate
from garraway.identity.identity import SECOND, Identity, RelyingParty, no_trading_sessions
from garraway.identity.origin import Origin
from garraway.identity.passwords import HashingPool
from garraway.identity.policy import Policy
from garraway.identity.resealing import reseal
from garraway.identity.sealing import KEY_BYTES, Sealer
from garraway.identity.secret_files import SecretFiles, Secrets, none
from garraway.identity.signing_keys import SigningKeys
from garraway.identity.tokens import Tokens
from garraway.identity.upkeep import forget_old
from garraway.store import Database, networks

MASTER_KEY: Final = "master.key"


@dataclass(frozen=True, slots=True)
class KeySecrets:
    """What the keys are kept under, as it is now, the newest first: with what is sealed, and the files' passphrase."""

    peppers: Secrets = none
    passphrases: Secrets = none


USUAL: Final = Policy()
UNSEALED: Final = KeySecrets()


@contextmanager
def opened(
    database: Database,
    folder: Path,
    clock: Callable[[], int],
    *,
    relying_party: RelyingParty,
    breached: Breached,
    policy: Policy = USUAL,
    secrets: KeySecrets = UNSEALED,
    cut_trading_sessions: Callable[[Connection, int], None] = no_trading_sessions,
) -> Iterator[Identity]:
    """The room, its signing keys and master key in `folder` (made at the first start); closed at the end.

    Raises: KeyFileUnsafe: a file of secrets that others can read, or that holds none; StoreError; SecretUnavailable.
    """
    files = SecretFiles(secrets.passphrases)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = SigningKeys.open(folder, at_s=clock() // SECOND, files=files)
    tokens = Tokens(keys, issuer=policy.issuer, audience=policy.audience, lifetime_s=policy.access_token_s)
    sealer = Sealer([master_key(folder / MASTER_KEY, files)], secrets.peppers)
    reseal(database, sealer)
    first_networks(database, policy, at_ns=clock())
    gate = Gate(database, tokens, sealer, clock, step_up_s=policy.step_up_s).start()
    hashing = HashingPool(policy.hashing_workers)
    try:
        identity = Identity(
            database, clock, hashing, breached, sealer, tokens, gate, relying_party, policy, cut_trading_sessions
        )
        forget_old(identity)
        yield identity
    finally:
        gate.close()
        hashing.close()


def master_key(path: Path, files: SecretFiles) -> bytes:
    """The key under which secrets are sealed; made where there is none. Raises: KeyFileUnsafe, SecretUnavailable."""
    if not path.exists():
        files.write_first(path, token_bytes(KEY_BYTES))
    files.renew(path)
    return files.read(path)


def first_networks(database: Database, policy: Policy, *, at_ns: int) -> None:
    """The settings' networks of staff, where no list is kept yet; from then on staff keep it."""
    if not policy.admin_networks:
        return
    with database.writing() as connection:
        if not networks.allowed_networks(connection):
            first = dict.fromkeys(policy.admin_networks, "from the settings")
            networks.set_allowed_networks(connection, first, by=0, at_ns=at_ns)
            act = audit.Act("networks.update", "networks", before={"networks": {}}, after={"networks": first})
            audit.record(connection, act, at_ns=at_ns, by="operator", origin=Origin("local", "settings"))
