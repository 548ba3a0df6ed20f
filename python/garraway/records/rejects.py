"""Reasons of rejects: code, name, what is wrong, what to do. Read from `_native.REJECTS`."""

from dataclasses import dataclass
from functools import cache

from garraway import _native


@dataclass(frozen=True, slots=True)
class Reject:
    """One reason."""

    code: int
    name: str
    doc: str
    remedy: str

    def __str__(self) -> str:
        """The reason, what is wrong and what to do, in one line."""
        return f"{self.name}: {self.doc} Remedy: {self.remedy}"


def reject(code: int) -> Reject:
    """The reason with this code; an unknown one is named by its number."""
    return _table().get(code) or Reject(code, f"Reason{code}", "This build does not know it.", "see the log")


@cache
def _table() -> dict[int, Reject]:
    return {
        int(entry["code"]): Reject(int(entry["code"]), name, entry["doc"], entry["remedy"])
        for name, entry in _native.REJECTS.items()
    }
