"""Secrets in HashiCorp Vault's KV engine, version 2. Touches Vault's API through hvac.

A token that Vault no longer takes is renewed by one log-in, where AppRole allows it.
"""

from collections.abc import Callable
from typing import Any

from garraway.config import Reference, Secret, Secrets
from garraway.secrets.providers import ProviderAway, SecretMissing


class VaultProvider:
    """A client of Vault, logged in by token or AppRole; `resolve` fetches what opens it, from this host."""

    def __init__(self, settings: Secrets, resolve: Callable[[Reference], Secret]) -> None:
        """Does nothing yet; the first `fetch` logs in."""
        self._settings = settings
        self._resolve = resolve
        self._client: Any = None

    def fetch(self, reference: Reference) -> Secret:
        """The key's text. Raises: SecretMissing, ProviderAway."""
        hvac, requests = _libraries()
        try:
            return self._read(reference)
        except hvac.exceptions.InvalidPath as error:
            raise SecretMissing("Vault has nothing at this path", "write it there, or mend the path") from error
        except (hvac.exceptions.Forbidden, hvac.exceptions.Unauthorized) as error:
            remedy = "check the log-in and the policy of its token: it needs `read` on the path"
            raise ProviderAway("Vault refuses this process", remedy) from error
        except (hvac.exceptions.VaultError, requests.exceptions.RequestException) as error:
            what = f"Vault at {self._settings.vault_url} does not answer ({type(error).__name__})"
            raise ProviderAway(what, "look at its state: is it up, unsealed, reachable?") from error

    def _read(self, reference: Reference) -> Secret:
        hvac, _ = _libraries()
        fresh = self._client is None
        if fresh:
            self._client = self._log_in()
        try:
            fields = self._fields(reference.name)
        except hvac.exceptions.Forbidden:
            if fresh:
                self._client = None
                raise
            self._client = None  # the token has run out
            return self._read(reference)
        value = fields.get(reference.key)
        if not isinstance(value, str) or not value:
            raise SecretMissing(
                f"Vault's secret has no text under the key {reference.key!r}", "write it, or mend the key"
            )
        return Secret(value.encode())

    def _fields(self, path: str) -> dict[str, Any]:
        answer = self._client.secrets.kv.v2.read_secret_version(
            path=path, mount_point=self._settings.vault_mount, raise_on_deleted_version=True
        )
        fields: dict[str, Any] = answer["data"]["data"]
        return fields

    def _log_in(self) -> Any:  # noqa: ANN401 -- hvac has no types
        hvac, _ = _libraries()
        said = self._settings
        client = hvac.Client(
            url=said.vault_url,
            namespace=said.vault_namespace or None,
            verify=str(said.vault_ca) if said.vault_ca else True,
            timeout=said.timeout_s,
        )
        if said.vault_token is not None:
            client.token = self._resolve(said.vault_token).reveal()
        elif said.vault_secret_id is not None:
            secret_id = self._resolve(said.vault_secret_id).reveal()
            client.auth.approle.login(role_id=said.vault_role_id, secret_id=secret_id)
        else:
            raise ProviderAway("Vault has no log-in", "name secrets.vault_token, or vault_role_id and vault_secret_id")
        return client


def _libraries() -> tuple[Any, Any]:
    try:
        import hvac  # noqa: PLC0415 -- an extra, only for those who use Vault
        import requests  # noqa: PLC0415
    except ImportError as error:
        raise ProviderAway("hvac is not installed", "install garraway[vault]") from error
    return hvac, requests
