"""Vault through hvac, against a small fake of its HTTP API: log-ins, KV version 2, refusals. No real Vault is here."""

import traceback
from collections.abc import Iterator

import pytest
from tests.secrets.fake_vault import FakeVault, fake_vault

from garraway.config import Reference, Secrets
from garraway.secrets import ProviderAway, SecretMissing, providers

REFERENCE = Reference.parse("vault:garraway/database#password")
VARIABLES = {"TOKEN": "root-token", "SECRET_ID": "the-secret-id", "WRONG": "wrong-credential"}
APPROLE = {"vault_role_id": "garraway", "vault_secret_id": "env:SECRET_ID"}


@pytest.fixture
def vault() -> Iterator[FakeVault]:
    with fake_vault() as vault:
        vault.secrets["garraway/database"] = {"password": "of-vault"}
        yield vault


def settings(vault: FakeVault, **said: object) -> Secrets:
    return Secrets.model_validate({"provider": "vault", "vault_url": vault.url, "timeout_s": 2, **said})


def fetched(vault: FakeVault, reference: Reference = REFERENCE, /, **said: object) -> str:
    return providers(settings(vault, **said), VARIABLES)["vault"].fetch(reference).reveal()


def test_a_token_opens_vault(vault: FakeVault) -> None:
    assert fetched(vault, vault_token="env:TOKEN") == "of-vault"
    assert vault.asked == ["GET /v1/secret/data/garraway/database"]


def test_approle_opens_vault_and_logs_in_again_when_its_token_has_run_out(vault: FakeVault) -> None:
    provider = providers(settings(vault, **APPROLE), VARIABLES)["vault"]
    assert provider.fetch(REFERENCE).reveal() == "of-vault"
    vault.tokens.clear()
    vault.secrets["garraway/database"]["password"] = "rotated"
    assert provider.fetch(REFERENCE).reveal() == "rotated"
    assert vault.log_ins == 2


@pytest.mark.parametrize("reference", ["vault:garraway/nothing#password", "vault:garraway/database#pasword"])
def test_what_vault_does_not_have_is_missing(vault: FakeVault, reference: str) -> None:
    with pytest.raises(SecretMissing):
        fetched(vault, Reference.parse(reference), vault_token="env:TOKEN")


@pytest.mark.parametrize(
    "said", [{"vault_token": "env:WRONG"}, {"vault_role_id": "garraway", "vault_secret_id": "env:WRONG"}, {}]
)
def test_a_log_in_that_vault_refuses_is_told_without_it(vault: FakeVault, said: dict[str, object]) -> None:
    with pytest.raises(ProviderAway) as caught:
        fetched(vault, **said)
    assert "wrong-credential" not in "".join(traceback.format_exception(caught.value))


def test_a_vault_that_is_sealed_or_gone_is_away(vault: FakeVault) -> None:
    vault.sealed = True
    with pytest.raises(ProviderAway, match="does not answer"):
        fetched(vault, vault_token="env:TOKEN")
    with pytest.raises(ProviderAway, match="does not answer"):
        fetched(vault, vault_token="env:TOKEN", vault_url="http://127.0.0.1:9")
