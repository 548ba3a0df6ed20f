"""The secrets of the demonstration's trading sessions. Touches one file, which only its owner may read.

Ten characters are all that a SoupBinTCP log-in holds, so the sessions are bound to the loopback network besides.
"""

import json
import os
import secrets
import string
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final, Self

from garraway.cli.failures import Failure

SECRET_CHARACTERS: Final = 10
SALT_BYTES: Final = 16
ALPHABET: Final = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Secret:
    """One session's secret; `defined` once the venue has acknowledged its verifier."""

    text: str
    salt_hex: str
    defined: bool = False

    @property
    def salt(self) -> bytes:
        """The bytes that stand before the secret when it is hashed."""
        return bytes.fromhex(self.salt_hex)


@dataclass(frozen=True, slots=True)
class Credentials:
    """The secrets by the sessions' names, and the file that keeps them."""

    path: Path
    secrets: dict[str, Secret]

    @classmethod
    def load(cls, path: Path, names: Iterable[str]) -> Self:
        """Those of the file, and new ones for names that it lacks; the file then holds them all."""
        try:
            kept = {name: Secret(**fields) for name, fields in json.loads(path.read_text(encoding="utf-8")).items()}
        except FileNotFoundError:
            kept = {}
        except (ValueError, TypeError) as error:
            raise Failure(f"file {path} holds no credentials ({error}): remove it, new ones will be made") from error
        whole = cls(path, {name: kept.get(name) or _new() for name in names})
        whole.save()
        return whole

    def defined(self) -> Self:
        """The same, all of them acknowledged; kept in the file."""
        whole = type(self)(self.path, {name: replace(one, defined=True) for name, one in self.secrets.items()})
        whole.save()
        return whole

    def save(self) -> None:
        """Writes the file in one step, mode 0600."""
        new = self.path.with_suffix(".new")
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump({name: asdict(secret) for name, secret in self.secrets.items()}, stream, indent=1)
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(self.path)


def _new() -> Secret:
    text = "".join(secrets.choice(ALPHABET) for _ in range(SECRET_CHARACTERS))
    return Secret(text, secrets.token_hex(SALT_BYTES))
