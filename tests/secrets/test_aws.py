"""AWS Secrets Manager through boto3, against moto as a server of its own."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from garraway.config import Reference, Secrets
from garraway.secrets import Provider, ProviderAway, SecretMissing, providers

REGION = "eu-central-1"


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def client(address: str) -> Any:  # noqa: ANN401 -- boto3 has no types
    return boto3.session.Session().client("secretsmanager", region_name=REGION, endpoint_url=address)


def provider(address: str) -> Provider:
    settings = Secrets.model_validate(
        {"provider": "aws", "aws_region": REGION, "aws_endpoint": address, "timeout_s": 5}
    )
    return providers(settings, {})["aws"]


def test_whole_secrets_keys_of_json_and_bytes_are_fetched_and_rotated(address: str) -> None:
    aws, ours = client(address), provider(address)
    aws.create_secret(Name="prod/key", SecretString="whole")
    aws.create_secret(Name="prod/db", SecretString=json.dumps({"user": "g", "password": "of-aws"}))
    aws.create_secret(Name="prod/bytes", SecretBinary=b"\x00\xff")
    assert ours.fetch(Reference.parse("aws:prod/key")).reveal() == "whole"
    assert ours.fetch(Reference.parse("aws:prod/db#password")).reveal() == "of-aws"
    assert ours.fetch(Reference.parse("aws:prod/bytes")).reveal_bytes() == b"\x00\xff"
    aws.put_secret_value(SecretId="prod/key", SecretString="rotated")
    assert ours.fetch(Reference.parse("aws:prod/key")).reveal() == "rotated"
    for missing in ("aws:prod/nothing", "aws:prod/db#pasword", "aws:prod/key#password"):
        with pytest.raises(SecretMissing):
            ours.fetch(Reference.parse(missing))


def test_an_address_where_nothing_answers_is_away(address: str) -> None:
    with pytest.raises(ProviderAway, match="does not answer"):
        provider("http://127.0.0.1:9").fetch(Reference.parse("aws:prod/key"))
