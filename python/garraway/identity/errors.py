"""What can be wrong about who somebody is and may do. Touches `principal`. `api` maps the tree to HTTP.

IdentityError
├── Unauthenticated     no proof of who it is, or a wrong one; the text never says which part was wrong
├── Forbidden           known, but not permitted
│   ├── StepUpNeeded        permitted after a fresh second factor
│   └── FactorMissing       staff rights need a second factor, and this log-in has none
├── Locked              too many wrong attempts: wait
├── Busy                more passwords are being hashed than the pool takes: try again
├── GateStale           revocations could not be read lately: nobody is let in
├── TextInvalid         a field that no such field can hold
├── PasswordRefused     too short, too long or known to attackers
├── Conflict            another row, or a newer version of it, stands in the way
├── Missing             no such thing, or none that the asker may see
├── OAuthRefused        an OAuth 2 request; `error` is RFC 6749's word for it
├── KeyFileUnsafe       a file of secrets that others can read, or that holds none
└── AuditBroken         the audit chain is not whole
"""

from dataclasses import dataclass

from garraway.identity.principal import Principal


@dataclass(frozen=True, slots=True)
class Refusal:
    """A permission that somebody lacks: `permission` as `resource.action`, of what (`account:7`), and why (a class)."""

    principal: Principal
    permission: str
    thing: str
    why: str


class IdentityError(Exception):
    """Something about who somebody is or may do; the text names what to do and no secret."""

    refused: Refusal | None = None
    """What is to be audited, where a known principal lacks a permission."""


class Unauthenticated(IdentityError):
    """No proof of identity, or one that does not hold."""

    def __init__(self, text: str = "credentials do not hold: log in again") -> None:
        """Puts the text together."""
        super().__init__(text)


class Forbidden(IdentityError):
    """The principal is known and not permitted."""


class StepUpNeeded(Forbidden):
    """Permitted after a second factor of the last five minutes."""


class FactorMissing(Forbidden):
    """Staff rights need a log-in with a second factor."""


class Locked(IdentityError):
    """Too many wrong attempts."""

    def __init__(self, retry_after_s: int) -> None:
        """Puts the text together."""
        super().__init__(f"too many wrong attempts: wait {retry_after_s} s")
        self.retry_after_s = retry_after_s


class Busy(IdentityError):
    """The hashing pool's queue is full."""


class GateStale(IdentityError):
    """Revocations could not be read lately."""


class TextInvalid(IdentityError):
    """A field holds what no such field can."""

    def __init__(self, field: str, text: str) -> None:
        """Puts the text together."""
        super().__init__(f"{field}: {text}")
        self.field = field


class PasswordRefused(TextInvalid):
    """A password that nobody should have."""

    def __init__(self, text: str) -> None:
        """Puts the text together."""
        super().__init__("password", text)


class Conflict(IdentityError):
    """Another row, or a newer version of this one, stands in the way."""


class Missing(IdentityError):
    """No such thing, or none that the asker may see."""


class OAuthRefused(IdentityError):
    """An OAuth 2 request that is refused; `error` is the word of RFC 6749, section 5.2 or 4.1.2.1."""

    def __init__(self, error: str, text: str) -> None:
        """Puts the text together."""
        super().__init__(text)
        self.error = error


class KeyFileUnsafe(IdentityError):
    """A file of secrets that others can read, or that holds none."""


class AuditBroken(IdentityError):
    """The audit chain is not whole; the text names the first wrong entry."""
