"""Where secrets come from."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from garraway.config.references import SecretReference
from garraway.config.sections.base import Seconds, Section


def _address(url: str) -> str:
    if url and not url.startswith(("http://", "https://")):
        raise ValueError("is no address: write https://HOST:PORT")
    return url


Address = Annotated[str, AfterValidator(_address)]


class Secrets(Section):
    """Providers of secrets and how long their answers are kept. What a secret is needed for names it by a reference."""

    provider: Literal["env", "file", "vault", "aws"] = "env"
    """The manager of this installation: only it, `env` and `file` may be named in references."""
    ttl_s: Seconds = 300
    """How long a secret is used after it was last read; then, with its provider away, it fails closed."""
    refresh_s: Seconds = 30
    """How often secrets are read again in the background, so that a rotated one is taken without a restart."""
    timeout_s: int = Field(default=5, ge=1, le=60)
    """How long a provider may take to answer."""
    vault_url: Address = ""
    """Vault's address."""
    vault_mount: str = Field(default="secret", min_length=1)
    """Mount of Vault's KV version 2 engine."""
    vault_namespace: str = ""
    """Vault's namespace, where it has any."""
    vault_ca: Path | None = None
    """File of the authority that signed Vault's certificate; left out: the system's."""
    vault_token: SecretReference | None = None
    """Reference (`env` or `file`) to Vault's token; left out: log in by AppRole."""
    vault_role_id: str = ""
    """AppRole's role id."""
    vault_secret_id: SecretReference | None = None
    """Reference (`env` or `file`) to AppRole's secret id."""
    aws_region: str = ""
    """Region of AWS Secrets Manager; its credentials come from the usual places of AWS."""
    aws_endpoint: Address = ""
    """Another address of Secrets Manager, such as a private endpoint."""
