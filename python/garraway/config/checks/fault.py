"""What a rule says before it is known where the setting was given. Touches nothing."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule that is broken: see `Finding`."""

    severity: Literal["error", "warning"]
    code: str
    key: str
    what: str
    remedy: str


def error(code: str, key: str, what: str, remedy: str) -> Fault:
    """Something with which the settings are not used."""
    return Fault("error", code, key, what, remedy)


def warning(code: str, key: str, what: str, remedy: str) -> Fault:
    """Something that is unwise."""
    return Fault("warning", code, key, what, remedy)


def graver(grave: bool, code: str, key: str, what: str, remedy: str) -> Fault:
    """An error where it is grave, else a warning."""
    return Fault("error" if grave else "warning", code, key, what, remedy)
