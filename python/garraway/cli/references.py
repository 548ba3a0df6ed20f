"""Secrets that commands need once, fetched by the references that the settings have. Touches the providers."""

import base64
import binascii
import os

from garraway.cli.failures import Failure
from garraway.config import Reference, Secret, SecretUnavailable, Settings
from garraway.secrets import providers

BACKUP_KEY = "backup.encryption_key"
BACKUP_KEY_BYTES = 32


def fetched(settings: Settings, key: str, reference: Reference) -> Secret:
    """The secret that the setting `key` refers to. Raises: Failure: it cannot be had; the text shows no secret."""
    known = providers(settings.secrets, os.environ)
    if reference.provider not in known:
        raise Failure(f"{key} is {reference}: its provider is not set up in section secrets")
    try:
        return known[reference.provider].fetch(reference)
    except SecretUnavailable as error:
        raise Failure(f"{key} is {reference}: {error}") from error


def backup_key(settings: Settings) -> bytes | None:
    """The key of backups, where one is set. Raises: Failure."""
    reference = settings.backup.encryption_key
    if reference is None:
        return None
    try:
        key = base64.b64decode(fetched(settings, BACKUP_KEY, reference).reveal_bytes().strip(), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != BACKUP_KEY_BYTES:
        raise Failure(
            f"{BACKUP_KEY} is {reference}: not {BACKUP_KEY_BYTES} bytes in base64; draw one: openssl rand -base64 32"
        )
    return key
