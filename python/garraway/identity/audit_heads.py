"""Signed heads of the audit chain, kept outside the database: who rewrites the chain whole, or cuts its end, is found.

    {"at_ns":..., "heads":{"admin":{"hash":...,"seq":...},...}, "key":..., "previous":..., "signature":...}

A line of canonical JSON in a file that is only appended to; `previous` is the SHA-256 of the line before, `signature`
Ed25519 over the line without it. The key is of its own, for nothing else. Whoever has the machine has file and key: the
lines go to the log as well, and whoever ships logs elsewhere can tell such a hand by a line that the file lacks.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from garraway.identity.audit import CHAINS, ORIGIN_HASH, canonical
from garraway.identity.errors import AuditBroken, KeyFileUnsafe
from garraway.identity.secret_files import insist_private
from garraway.store import Database
from garraway.store import audit as rows
from garraway.store.audit import AuditHead

FILE: Final = "audit-heads.jsonl"
KEY_FILE: Final = "audit.key"
KEY_BYTES: Final = 32
LINE_AT_MOST: Final = 4_096
"""Bytes of a line; it holds two chains, and has a tenth of that."""
Heads = Mapping[str, AuditHead]


@dataclass(frozen=True, slots=True)
class SignedHeads:
    """What a line says."""

    at_ns: int
    heads: dict[str, AuditHead]
    line: bytes
    """As it stands in the file, without the newline."""


class HeadFile:
    """The file of a venue's folder and the key that signs its lines."""

    def __init__(self, path: Path, key: Ed25519PrivateKey) -> None:
        """Touches nothing yet."""
        self._path = path
        self._key = key

    @classmethod
    def open(cls, folder: Path, key_folder: Path) -> Self:
        """The file of a folder; the key is made where there is neither a key nor a file. Raises: KeyFileUnsafe."""
        path = folder / FILE
        return cls(path, _private_key(key_folder / KEY_FILE, may_make=not path.exists()))

    @property
    def public_key(self) -> str:
        """The public half in hexadecimal digits: what proves a line, to be kept elsewhere."""
        return self._key.public_key().public_bytes_raw().hex()

    def sign(self, database: Database, *, at_ns: int) -> SignedHeads | None:
        """Signs the heads as they are and appends them; None where the last line says the same.

        Raises: StoreError; AuditBroken: the last line of the file was not written by this key.
        """
        with self._locked() as stream:
            last = _last(stream, self._key.public_key())
            with database.reading() as connection:
                heads = rows.audit_heads(connection)
            if last is not None and last.heads == heads:
                return None
            said = {
                "at_ns": at_ns,
                "heads": {chain: asdict(head) for chain, head in heads.items()},
                "key": self.public_key,
                "previous": ORIGIN_HASH if last is None else _digest(last.line),
            }
            line = canonical(said | {"signature": self._key.sign(canonical(said).encode()).hex()}).encode()
            stream.write(line + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        return SignedHeads(at_ns, heads, line)

    @contextmanager
    def _locked(self) -> Iterator[BinaryIO]:
        """The file, for one process at a time."""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "r+b") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield stream


def read(path: Path, public_key: str) -> list[SignedHeads]:
    """Every line of a file, each proved. Raises: AuditBroken: one was changed, removed or put in, or there is none."""
    if not path.exists():
        raise AuditBroken(f"file {path} with the signed heads is gone: compare the chain with the heads in the log")
    key, found, previous = _public(public_key), list[SignedHeads](), ORIGIN_HASH
    for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], start=1):
        said = _proved(line, key, f"line {number} of {path}")
        if said["previous"] != previous:
            raise AuditBroken(f"line {number} of {path} does not follow the one before: lines were removed or put in")
        found.append(_signed(said, line))
        previous = _digest(line)
    return found


def noted(signed: list[SignedHeads]) -> dict[str, dict[int, str]]:
    """What the chains must hold: chain -> number of entry -> hash."""
    found: dict[str, dict[int, str]] = {chain: {} for chain in CHAINS}
    for one in signed:
        for chain, head in one.heads.items():
            if head.seq:
                found[chain][head.seq] = head.hash
    return found


def _last(stream: BinaryIO, key: Ed25519PublicKey) -> SignedHeads | None:
    """The last line; a torn one, of a crash while it was written, is cut off."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(size - LINE_AT_MOST * 2, 0))
    whole, _, torn = stream.read().rpartition(b"\n")
    stream.truncate(size - len(torn))
    if not whole:
        return None
    line = whole.rpartition(b"\n")[2]
    return _signed(_proved(line, key, f"the last line of {stream.name}"), line)


def _proved(line: bytes, key: Ed25519PublicKey, where: str) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads(line)
        key.verify(bytes.fromhex(said.pop("signature")), canonical(said).encode())
    except (ValueError, KeyError, TypeError, AttributeError, InvalidSignature) as error:
        raise AuditBroken(f"{where} was not signed by the audit key: somebody changed it") from error
    return said


def _signed(said: dict[str, Any], line: bytes) -> SignedHeads:
    heads = {chain: AuditHead(head["seq"], head["hash"]) for chain, head in said["heads"].items()}
    return SignedHeads(said["at_ns"], heads, line)


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def _public(text: str) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(text))
    except ValueError as error:
        raise KeyFileUnsafe(f"{text[:80]!r} is no public key of the audit: give 64 hexadecimal digits") from error


def _private_key(path: Path, *, may_make: bool) -> Ed25519PrivateKey:
    """The key of a file of mode 0600. Raises: KeyFileUnsafe."""
    if may_make:
        with suppress(FileExistsError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as stream:
                stream.write(Ed25519PrivateKey.generate().private_bytes_raw())
                stream.flush()
                os.fsync(stream.fileno())
    insist_private(path)
    content = path.read_bytes()
    if len(content) != KEY_BYTES:
        raise KeyFileUnsafe(f"file {path} holds {len(content)} bytes, an audit key has {KEY_BYTES}: restore it")
    return Ed25519PrivateKey.from_private_bytes(content)
