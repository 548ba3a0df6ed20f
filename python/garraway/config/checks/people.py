"""Rules of identity, money and secrets, across sections. Touch nothing."""

from collections.abc import Iterator
from typing import Final

from garraway.config.checks.fault import Fault, error, graver, warning
from garraway.config.references import KEYED, Reference
from garraway.config.sections import Identity, Section
from garraway.config.settings import Settings

LOCAL: Final = ("env", "file")
GOOD_PASSWORD: Final = 12


def references(settings: Settings) -> dict[str, Reference]:
    """Key -> reference of every secret that is named."""
    found = {}
    for name in type(settings).model_fields:
        section = getattr(settings, name)
        if isinstance(section, Section):
            for field in type(section).model_fields:
                value = getattr(section, field)
                if isinstance(value, Reference):
                    found[f"{name}.{field}"] = value
    return found


def needed_secrets(settings: Settings) -> Iterator[Fault]:
    """Secrets that must be there beyond development."""
    needed = {
        "identity.pepper": (settings.identity.pepper, "hashes of API keys are without a pepper"),
        "identity.key_passphrase": (settings.identity.key_passphrase, "signing keys lie unencrypted on the disk"),
        "backup.encryption_key": (settings.backup.encryption_key, "backups are not encrypted"),
    }
    for key, (reference, what) in needed.items():
        if settings.strict and reference is None:
            remedy = "name the secret: env:NAME, file:/path, vault:path#key or aws:name#key"
            yield graver(settings.environment == "production", "secret-unnamed", key, what, remedy)


def providers(settings: Settings) -> Iterator[Fault]:
    """References and the provider that must answer them."""
    secrets = settings.secrets
    for key, reference in references(settings).items():
        if reference.provider in KEYED and reference.provider != secrets.provider:
            what = f"{reference} needs the provider {reference.provider}, secrets.provider is {secrets.provider}"
            yield error(
                "provider-other", key, what, f"set secrets.provider to {reference.provider}, or keep it elsewhere"
            )
        if key.startswith("secrets.") and reference.provider not in LOCAL:
            what = f"{reference}: what opens the provider cannot lie within one"
            yield error("provider-circle", key, what, "name it by env:NAME or file:/path")
        if reference.provider == "env" and settings.environment == "production":
            what = f"{reference}: a process's environment is seen by its children and by who inspects it"
            yield warning("secret-environment", key, what, "keep it in a file of mode 0400, Vault or AWS")
    if secrets.provider == "vault":
        yield from _vault(settings)
    if secrets.provider == "aws" and not secrets.aws_region:
        yield error(
            "provider-half", "secrets.aws_region", "provider aws without a region", "name it, such as eu-central-1"
        )
    if secrets.refresh_s >= secrets.ttl_s:
        what = f"{secrets.refresh_s} s is not below secrets.ttl_s, {secrets.ttl_s} s: secrets would run out between"
        yield error("timeout-order", "secrets.refresh_s", what, "refresh at least twice within ttl_s")


def _vault(settings: Settings) -> Iterator[Fault]:
    secrets = settings.secrets
    if not secrets.vault_url:
        yield error(
            "provider-half", "secrets.vault_url", "provider vault without its address", "name https://HOST:PORT"
        )
    elif settings.strict and secrets.vault_url.startswith("http://"):
        what = f"{secrets.vault_url} is not encrypted: secrets cross the network in clear"
        yield graver(settings.environment == "production", "clear-text", "secrets.vault_url", what, "write https://")
    role, secret = bool(secrets.vault_role_id), secrets.vault_secret_id is not None
    if role != secret:
        key = "secrets.vault_role_id" if role else "secrets.vault_secret_id"
        yield error("provider-half", key, "AppRole takes vault_role_id and vault_secret_id", "name both")
    if secrets.vault_token is None and not role and not secret:
        yield error(
            "provider-half", "secrets.vault_token", "Vault has no log-in", "name vault_token, or both of AppRole's"
        )
    if secrets.vault_token is not None and role:
        yield warning(
            "provider-double", "secrets.vault_token", "AppRole is named too and is not used", "keep one of them"
        )


def identity(settings: Settings) -> Iterator[Fault]:
    """Lives of tokens, lockout, and who tokens say they are from."""
    said, production = settings.identity, settings.environment == "production"
    if said.refresh_token_s <= said.access_token_s:
        what = f"{said.refresh_token_s} s is not above access_token_s, {said.access_token_s} s"
        yield error("timeout-order", "identity.refresh_token_s", what, "let refresh tokens outlive access tokens")
    if said.lockout_first_s > said.lockout_most_s:
        what = f"{said.lockout_first_s} s is above lockout_most_s, {said.lockout_most_s} s"
        yield error("timeout-order", "identity.lockout_first_s", what, "lower it")
    if said.idle_s > said.refresh_token_s:
        what = f"{said.idle_s} s is above refresh_token_s, {said.refresh_token_s} s: a session ends before it is idle"
        yield warning("timeout-order", "identity.idle_s", what, "lower it")
    if settings.strict and said.issuer == Identity.model_fields["issuer"].default:
        what = f"{said.issuer} is the default: tokens of another installation would name it too"
        yield graver(production, "identity-default", "identity.issuer", what, "name this installation's own address")
    elif settings.strict and not said.issuer.startswith("https://"):
        yield graver(
            production, "issuer", "identity.issuer", f"{said.issuer} is no https address", "write https://HOST"
        )
    if settings.strict and said.relying_party == "localhost":
        what = "localhost is the default: WebAuthn credentials work on no other page"
        yield graver(production, "identity-default", "identity.relying_party", what, "name this installation's domain")
    if settings.strict and said.password_characters < GOOD_PASSWORD:
        what = f"{said.password_characters} is short for a password"
        yield warning("password-short", "identity.password_characters", what, f"take {GOOD_PASSWORD} or more")
    if production and not said.admin_networks:
        remedy = "name the networks of your staff"
        yield warning("admin-any", "identity.admin_networks", "the back office may be used from everywhere", remedy)
    if any(network.prefixlen == 0 for network in said.admin_networks):
        yield warning(
            "admin-any", "identity.admin_networks", "holds a network of all addresses", "name your staff's networks"
        )


RULES: Final = (needed_secrets, providers, identity)
