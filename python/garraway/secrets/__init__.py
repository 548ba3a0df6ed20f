"""The values of secrets: fetched by reference, kept for a while, read again in the background. Touches sockets, files.

A room of its own beside `config`, because Vault and AWS are reached over sockets.
"""

from garraway.secrets.providers import EnvironmentProvider, FileProvider, Provider, ProviderAway, SecretMissing
from garraway.secrets.store import SecretStale, SecretStore, local, providers

__all__ = [
    "EnvironmentProvider",
    "FileProvider",
    "Provider",
    "ProviderAway",
    "SecretMissing",
    "SecretStale",
    "SecretStore",
    "local",
    "providers",
]
