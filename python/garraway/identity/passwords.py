"""Passwords: what is accepted, how they are hashed, and the pool that hashes. Touches threads.

Argon2id with OWASP's least figures (19 MiB, 2 passes, 1 lane); the parameters stand in the hash, and a log-in with
others hashes again. bcrypt is accepted where users were imported with it, and replaced at the first log-in.
"""

import re
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import Final, TypeVar

import bcrypt
from argon2 import PasswordHasher, Type, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from garraway.identity.breached import Breached
from garraway.identity.errors import Busy, PasswordRefused

SHORTEST: Final = 8
LONGEST: Final = 256
"""In characters after NFKC. No rule asks for kinds of characters. Source: NIST SP 800-63B-4, section 3.1.1."""
BCRYPT_BYTES: Final = 72
"""bcrypt sees no more; a longer password never matches an imported hash."""
DEAREST_KIB: Final = 262_144
DEAREST_PASSES: Final = 16
DEAREST_LANES: Final = 8
"""Parameters beyond which a hash is not imported: whoever typed that login would hold the pool up."""
_BCRYPT: Final = re.compile(r"\$2[aby]\$(?:0[4-9]|1[0-4])\$[./A-Za-z0-9]{53}")
"""A cost of 4 to 14."""
_HASHER: Final = PasswordHasher(
    time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
)
_DUMMY: Final = "$argon2id$v=19$m=19456,t=2,p=1$Z2FycmF3YXlnYXJyYXdheQ$JyYgT1PgHzL4VQ0iRSQfTJpM6j1xF8q3pQ5jv0b1R2E"
"""A hash that no password has, with the parameters of the others: what an unknown login is checked against."""

T = TypeVar("T")


def accepted(password: str, breached: Breached, *, login: str = "", shortest: int = SHORTEST) -> str:
    """A new password in the form that is hashed.

    Raises: PasswordRefused: outside `shortest` to 256 characters, with NUL, the login itself, or known to attackers.
    """
    normal = normal_form(password)
    if normal is None:
        raise PasswordRefused(f"longer than {LONGEST} characters, or with a NUL")
    if len(normal) < shortest:
        raise PasswordRefused(f"shorter than {shortest} characters: a sentence is easy to remember")
    if login and normal.casefold() in {login.casefold(), login.partition("@")[0].casefold()}:
        raise PasswordRefused("the same as the login")
    if normal in breached:
        raise PasswordRefused("known to attackers: choose one that nobody else would")
    return normal


def normal_form(password: str) -> str | None:
    """NFKC, so that keyboards agree; None where no password can be like that."""
    if len(password) > 4 * LONGEST:
        return None
    normal = unicodedata.normalize("NFKC", password)
    return normal if len(normal) <= LONGEST and "\0" not in normal and _encodable(normal) else None


class HashingPool:
    """Hashes in threads of its own, at most `workers` at once, and keeps at most `waiting` callers waiting."""

    def __init__(self, workers: int = 2, waiting: int = 32) -> None:
        """Starts no thread yet."""
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="password")
        self._places = BoundedSemaphore(workers + waiting)

    def hash(self, normal: str) -> str:
        """The hash of an accepted password. Raises: Busy."""
        return self._run(lambda: _HASHER.hash(normal))

    def verify(self, hashed: str | None, password: str) -> bool:
        """Whether it is the password; the same work where there is no hash. Raises: Busy."""
        normal = normal_form(password)
        return self._run(lambda: _verify(hashed, normal))

    def close(self) -> None:
        """Ends the threads, after the work they have."""
        self._threads.shutdown()

    def _run(self, work: Callable[[], T]) -> T:
        if not self._places.acquire(blocking=False):
            raise Busy("too many log-ins at once: try again in a second")
        try:
            return self._threads.submit(work).result()
        finally:
            self._places.release()


def outdated(hashed: str) -> bool:
    """Whether the hash is bcrypt's, or argon2's with other parameters than today's."""
    return is_bcrypt(hashed) or _HASHER.check_needs_rehash(hashed)


def importable(hashed: str) -> bool:
    """Whether a hash of another system can be taken over: argon2id's or bcrypt's own text, not too costly to check."""
    if is_bcrypt(hashed):
        return _BCRYPT.fullmatch(hashed) is not None
    try:
        said = extract_parameters(hashed)
    except InvalidHashError:
        return False
    cheap = said.memory_cost <= DEAREST_KIB and said.time_cost <= DEAREST_PASSES and said.parallelism <= DEAREST_LANES
    return said.type is Type.ID and cheap


def is_bcrypt(hashed: str) -> bool:
    """Whether it is a whole bcrypt hash."""
    return len(hashed) == 60 and hashed.startswith(("$2a$", "$2b$", "$2y$"))


def _verify(hashed: str | None, normal: str | None) -> bool:
    if hashed is not None and is_bcrypt(hashed):
        typed = (normal or "").encode()
        return bcrypt.checkpw(typed[:BCRYPT_BYTES], hashed.encode()) and len(typed) <= BCRYPT_BYTES
    try:
        right = _HASHER.verify(hashed or _DUMMY, normal or "")
    except (VerificationError, InvalidHashError):
        return False
    return bool(right) and hashed is not None and normal is not None


def _encodable(text: str) -> bool:
    return not any("\ud800" <= sign <= "\udfff" for sign in text)
