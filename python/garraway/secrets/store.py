"""Secrets of a process: all fetched at the start, then kept and read again. Touches what its providers touch.

A provider that is away at the start refuses the start. Later, what was read last is used until its time is up; then
it fails closed. A rotated secret is taken at the next reading, without a restart.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from garraway.config import Reference, Secret, Secrets, SecretUnavailable
from garraway.log import Log
from garraway.secrets.aws import AwsProvider
from garraway.secrets.providers import EnvironmentProvider, FileProvider, Provider, SecretMissing
from garraway.secrets.vault import VaultProvider

THREAD: Final = "secrets"


class SecretStale(SecretUnavailable):
    """It was not read again within its time, and its provider is away."""


def local(variables: Mapping[str, str]) -> dict[str, Provider]:
    """The providers of this host, by name."""
    return {"env": EnvironmentProvider(variables), "file": FileProvider()}


def providers(settings: Secrets, variables: Mapping[str, str]) -> dict[str, Provider]:
    """This host's, and the manager that the settings name."""
    found = local(variables)
    here = dict(found)
    if settings.provider == "vault":
        found["vault"] = VaultProvider(settings, lambda reference: here[reference.provider].fetch(reference))
    if settings.provider == "aws":
        found["aws"] = AwsProvider(settings)
    return found


@dataclass(slots=True)
class _Kept:
    secret: Secret
    read_s: float


@dataclass(slots=True)
class SecretStore:
    """Secrets by reference. Its invariant: nothing is given out that was read longer than `ttl_s` ago."""

    settings: Secrets
    providers: Mapping[str, Provider]
    monotonic_s: Callable[[], float]
    log: Log
    _kept: dict[Reference, _Kept] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _fetching: threading.Lock = field(default_factory=threading.Lock, repr=False)
    """One call at a time: clients of managers keep a log-in between calls."""
    _stop: threading.Event = field(default_factory=threading.Event, repr=False)
    _thread: threading.Thread | None = field(default=None, repr=False)

    def open(self, references: Iterable[Reference]) -> Self:
        """Fetches them all, then goes on in the background. Raises: SecretUnavailable: one cannot be had."""
        for reference in references:
            self._read(reference)
        self._thread = threading.Thread(target=self._refreshing, name=THREAD, daemon=True)
        self._thread.start()
        return self

    def close(self) -> None:
        """Ends the background reading, and forgets."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        with self._lock:
            self._kept.clear()

    def get(self, reference: Reference) -> Secret:
        """The secret, read within `ttl_s`. Raises: SecretStale, SecretMissing, ProviderAway."""
        with self._lock:
            kept = self._kept.get(reference)
        if kept is not None and self.monotonic_s() - kept.read_s <= self.settings.ttl_s:
            return kept.secret
        try:
            return self._read(reference)
        except SecretUnavailable as away:
            if kept is None:
                raise
            what = f"{reference} was last read more than {self.settings.ttl_s} s ago: {away.what}"
            raise SecretStale(what, away.remedy) from away

    def again(self, reference: Reference) -> Secret:
        """The secret, read anew: what was given before was refused. Raises: as `get`."""
        try:
            return self._read(reference)
        except SecretUnavailable:
            return self.get(reference)

    def refresh(self) -> None:
        """Reads all of them again; what cannot be read now stays until its time is up."""
        with self._lock:
            references = list(self._kept)
        for reference in references:
            try:
                self._read(reference)
            except SecretUnavailable as away:
                self.log.warning("secret_not_read", reference=str(reference), reason=away.what)

    def _read(self, reference: Reference) -> Secret:
        provider = self.providers.get(reference.provider)
        if provider is None:
            remedy = f"set secrets.provider to {reference.provider}"
            raise SecretMissing(f"the provider {reference.provider} is not set up", remedy)
        with self._fetching:
            read_s = self.monotonic_s()
            secret = provider.fetch(reference)
        with self._lock:
            before = self._kept.get(reference)
            self._kept[reference] = _Kept(secret, read_s)
        if before is not None and before.secret != secret:
            self.log.info("secret_rotated", reference=str(reference))
        return secret

    def _refreshing(self) -> None:
        while not self._stop.wait(self.settings.refresh_s):
            self.refresh()
