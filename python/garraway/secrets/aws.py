"""Secrets in AWS Secrets Manager. Touches its API through boto3.

The credentials for it come from the usual places of AWS: variables, profile, role of the machine.
"""

import json
from typing import Any, Final

from garraway.config import Reference, Secret, Secrets
from garraway.secrets.providers import ProviderAway, SecretMissing

MISSING: Final = frozenset({"ResourceNotFoundException", "InvalidRequestException"})
"""Codes of AWS for a secret that is not there, or is about to be deleted."""


class AwsProvider:
    """A client of Secrets Manager."""

    def __init__(self, settings: Secrets) -> None:
        """Does nothing yet; the first `fetch` makes the client."""
        self._settings = settings
        self._client: Any = None

    def fetch(self, reference: Reference) -> Secret:
        """The secret's text, or the text of a key of its JSON. Raises: SecretMissing, ProviderAway."""
        boto3, botocore = _libraries()
        try:
            if self._client is None:
                self._client = self._made(boto3, botocore)
            answer = self._client.get_secret_value(SecretId=reference.name)
        except botocore.exceptions.ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in MISSING:
                raise SecretMissing(f"AWS has no such secret ({code})", "make it, or mend its name") from error
            raise ProviderAway(
                f"AWS refuses ({code})", "check region and policy: secretsmanager:GetSecretValue"
            ) from error
        except botocore.exceptions.BotoCoreError as error:
            what = f"AWS does not answer ({type(error).__name__})"
            raise ProviderAway(what, "check the network, secrets.aws_region and AWS's credentials") from error
        return Secret(_picked(_content(answer), reference.key))

    def _made(self, boto3: Any, botocore: Any) -> Any:  # noqa: ANN401 -- boto3 has no types
        said = self._settings
        config = botocore.config.Config(
            connect_timeout=said.timeout_s, read_timeout=said.timeout_s, retries={"total_max_attempts": 1}
        )
        return boto3.session.Session().client(
            "secretsmanager", region_name=said.aws_region, endpoint_url=said.aws_endpoint or None, config=config
        )


def _content(answer: dict[str, Any]) -> bytes:
    text: str | None = answer.get("SecretString")
    binary: bytes = answer.get("SecretBinary", b"")
    return binary if text is None else text.encode()


def _picked(content: bytes, key: str) -> bytes:
    if not key:
        return content
    try:
        fields = json.loads(content)
    except ValueError:
        fields = None  # the content must not show in the chain of errors
    value = fields.get(key) if isinstance(fields, dict) else None
    if not isinstance(value, str) or not value:
        raise SecretMissing(f"AWS's secret has no text under the key {key!r} of its JSON", "write it, or mend the key")
    return value.encode()


def _libraries() -> tuple[Any, Any]:
    try:
        import boto3  # noqa: PLC0415 -- an extra, only for those who use AWS
        import botocore.config  # noqa: PLC0415
        import botocore.exceptions  # noqa: PLC0415
    except ImportError as error:
        raise ProviderAway("boto3 is not installed", "install garraway[aws]") from error
    return boto3, botocore
