"""Providers of secrets on this host: environment and files. Touch both.

SecretUnavailable (config)
├── SecretMissing     the provider has no such secret, or not in the form that is asked for
├── ProviderAway      the provider does not answer, or does not let this process in
└── SecretStale       it was not read again within its time, and its provider is away
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

from garraway.config import Reference, Secret, SecretUnavailable

BYTES_AT_MOST: Final = 64 << 10
MODES: Final = "0600 or 0400"


class SecretMissing(SecretUnavailable):
    """The provider has no such secret."""


class ProviderAway(SecretUnavailable):
    """The provider does not answer, or does not let this process in."""


class Provider(Protocol):
    """A place where secrets are kept."""

    def fetch(self, reference: Reference) -> Secret:
        """The secret as it is now. Raises: SecretMissing, ProviderAway."""


class EnvironmentProvider:
    """Secrets in environment variables."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        """Those of the process, handed in."""
        self._variables = variables

    def fetch(self, reference: Reference) -> Secret:
        """The variable's text."""
        text = self._variables.get(reference.name, "")
        if not text:
            raise SecretMissing("the variable is not set or empty", f"set {reference.name}")
        return Secret(text.encode())


class FileProvider:
    """Secrets in files that only their owner may read; one newline at the end does not count."""

    def fetch(self, reference: Reference) -> Secret:
        """The file's content."""
        path = Path(reference.name)
        try:
            handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            raise SecretMissing(f"cannot be opened: {error.strerror}", "put the secret there, mode 0400") from error
        try:
            _insist_on_owner(os.fstat(handle))
            value = os.read(handle, BYTES_AT_MOST + 1)
        finally:
            os.close(handle)
        if len(value) > BYTES_AT_MOST:
            raise SecretMissing(f"is larger than {BYTES_AT_MOST} bytes", "name a file that holds one secret")
        value = value.removesuffix(b"\n").removesuffix(b"\r")
        if not value:
            raise SecretMissing("is empty", "put the secret there")
        return Secret(value)


def _insist_on_owner(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise SecretMissing("is no file", "name a file that holds one secret")
    if status.st_mode & 0o177:
        mode = status.st_mode & 0o777
        raise SecretMissing(f"has mode {mode:04o}, which must be {MODES}", "chmod 0400")
    if status.st_uid not in {os.geteuid(), 0}:
        raise SecretMissing(f"belongs to user {status.st_uid}", "let this process's user own it")
