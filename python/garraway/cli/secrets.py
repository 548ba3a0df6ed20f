"""The secrets that a process holds: read at its start, read again in the background. Touches what providers touch."""

import base64
import binascii
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from garraway.cli.failures import Failure
from garraway.cli.logs import process_log
from garraway.config import Reference, SecretUnavailable, Settings
from garraway.identity import KeySecrets
from garraway.log import Log
from garraway.secrets import SecretStore, providers
from garraway.store import Password

BACKUP_KEY: Final = "backup.encryption_key"
BACKUP_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Held:
    """Secrets of a process by what they are for."""

    store: SecretStore
    settings: Settings

    @property
    def password(self) -> Password | None:
        """Gives the database's password; None where the settings name none."""
        reference = self.settings.database.password
        if reference is None:
            return None

        def give(*, again: bool) -> str:
            return (self.store.again if again else self.store.get)(reference).reveal()

        return give

    @property
    def keys(self) -> KeySecrets:
        """Gives peppers and passphrases."""
        told = self.settings.identity
        return KeySecrets(lambda: self._lines(told.pepper), lambda: self._lines(told.key_passphrase))

    def _lines(self, reference: Reference | None) -> Sequence[bytes]:
        return () if reference is None else self.store.get(reference).lines()


def fetched(settings: Settings, *, keys: bool = False) -> Held:
    """The database's password, and with `keys` what the keys are kept under, as a command needs them once.

    Raises: Failure: one cannot be had.
    """
    return _fetched(settings, process_log(settings.log, room="secrets"), keys=keys)


@contextmanager
def held(settings: Settings, *, keys: bool = False) -> Iterator[Held]:
    """The same for a process: they are read again in the background. Raises: Failure: one cannot be had."""
    found = fetched(settings, keys=keys)
    found.store.open(())
    try:
        yield found
    finally:
        found.store.close()


def backup_key(settings: Settings) -> bytes | None:
    """The key of backups, where one is set. Raises: Failure: it cannot be had or is no key; no secret is shown."""
    reference = settings.backup.encryption_key
    if reference is None:
        return None
    store = _filled(settings, process_log(settings.log, room="secrets"), {BACKUP_KEY: reference})
    try:
        key = base64.b64decode(store.get(reference).reveal_bytes().strip(), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != BACKUP_KEY_BYTES:
        raise Failure(
            f"{BACKUP_KEY} is {reference}: not {BACKUP_KEY_BYTES} bytes in base64; draw one: openssl rand -base64 32"
        )
    return key


def _fetched(settings: Settings, log: Log, *, keys: bool) -> Held:
    wanted = {"database.password": settings.database.password}
    if keys:
        told = settings.identity
        wanted |= {"identity.pepper": told.pepper, "identity.key_passphrase": told.key_passphrase}
    return Held(_filled(settings, log, wanted), settings)


def _filled(settings: Settings, log: Log, wanted: Mapping[str, Reference | None]) -> SecretStore:
    """Fetches the secrets that settings refer to, by the names of the settings. Raises: Failure: one cannot be had."""
    store = SecretStore(settings.secrets, providers(settings.secrets, os.environ), time.monotonic, log)
    for name, reference in wanted.items():
        try:
            if reference is not None:
                store.get(reference)
        except SecretUnavailable as error:
            raise Failure(f"{name} is {reference}: {error}") from error
    return store
