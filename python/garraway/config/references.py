"""Where a secret is kept, and the value that was found there. Touches nothing.

A reference may be shown and logged; a value shows itself to nobody who does not ask for it by `reveal`.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Final, NoReturn, Self

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

PROVIDERS: Final = ("env", "file", "vault", "aws")
"""Places a secret may be kept."""
KEYED: Final = frozenset({"vault", "aws"})
"""Providers whose secrets have several fields, of which `#key` names one."""
FORMS: Final = "env:NAME, file:/path, vault:path#key or aws:name#key"
ENVIRONMENT_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
HIDDEN: Final = "********"


class ReferenceInvalid(ValueError):
    """The text is no reference. It may be the secret itself, so it is not repeated."""


class SecretUnavailable(Exception):
    """A secret cannot be had."""

    def __init__(self, what: str, remedy: str) -> None:
        """Says what is wrong and what to do, never the secret."""
        super().__init__(f"{what}: {remedy}")
        self.what = what
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Reference:
    """A secret by its place: `env:NAME`, `file:/path`, `vault:path#key`, `aws:name#key`."""

    provider: str
    name: str
    key: str = ""

    @classmethod
    def parse(cls, text: object) -> Self:
        """The reference that the text writes. Raises: ReferenceInvalid."""
        if isinstance(text, cls):
            return text
        provider, colon, rest = text.partition(":") if isinstance(text, str) else ("", "", "")
        if not colon or provider not in PROVIDERS or not rest:
            raise ReferenceInvalid(f"is no reference to a secret: write {FORMS}, never the secret itself")
        name, _, key = rest.partition("#") if provider in KEYED else (rest, "", "")
        if provider == "vault" and not key:
            raise ReferenceInvalid("names no key of the secret in Vault: write vault:path#key")
        if provider == "env" and not ENVIRONMENT_NAME.fullmatch(name):
            raise ReferenceInvalid("names no environment variable: write env:NAME, of letters, digits and _")
        if not name:
            raise ReferenceInvalid(f"names no secret: write {FORMS}")
        return cls(provider, name, key)

    def __str__(self) -> str:
        """As it is written in a file of settings."""
        return f"{self.provider}:{self.name}" + (f"#{self.key}" if self.key else "")


class Secret:
    """A value that never shows itself: not in texts, logs, JSON, copies of its parts or errors."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        """Holds the bytes."""
        self._value = value

    def reveal(self) -> str:
        """The secret as text, for the one call that needs it."""
        return self._value.decode("utf-8")

    def reveal_bytes(self) -> bytes:
        """The secret's bytes, for the one call that needs them."""
        return self._value

    def lines(self) -> tuple[bytes, ...]:
        """Its lines that hold anything: secrets of one kind, the newest first."""
        return tuple(line for one in self._value.split(b"\n") if (line := one.strip()))

    def __repr__(self) -> str:
        """Nothing of it."""
        return f"Secret({HIDDEN})"

    def __str__(self) -> str:
        """Nothing of it."""
        return HIDDEN

    def __format__(self, spec: str) -> str:
        """Nothing of it."""
        return format(HIDDEN, spec)

    def __len__(self) -> int:
        """How many bytes it has."""
        return len(self._value)

    def __eq__(self, other: object) -> bool:
        """Whether both hold the same bytes."""
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        """That of its type alone: a hash of the value would tell of it."""
        return hash(Secret)

    def __reduce__(self) -> NoReturn:
        """Refused: a pickle would show it."""
        raise TypeError("a secret is not pickled: pass its reference")


def _validated(text: Any) -> Reference:  # noqa: ANN401 -- whatever a file may hold
    return Reference.parse(text)


SecretReference = Annotated[
    Reference,
    PlainValidator(_validated),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "format": "secret-reference"}),
]
"""The type of settings that name a secret."""
