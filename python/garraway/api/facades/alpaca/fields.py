"""Parameters of a query and members of a body, each read by its kind; a refusal names the field. Touches nothing.

A number in JSON keeps the digits that it came with: no float stands between them and the engine's units.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from garraway.api.facades.alpaca.refusals import Refusal, malformed

HIGHEST: Final = 2**63 - 1
MICROSECOND_NS: Final = 1_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER: Final = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?([eE][+-]?\d{1,2})?", re.ASCII)
_FLAGS: Final = {"true": True, "false": False}


class Number(str):
    """A number in JSON, as it was written."""

    __slots__ = ()


_DECODER: Final = json.JSONDecoder(parse_float=Number, parse_int=Number)


class Fields:
    """What was sent, by name; null is nothing. Each method raises Refusal, naming the field."""

    def __init__(self, sent: Mapping[str, Any], where: str = "") -> None:
        """Takes what was sent; `where` stands before the names in errors."""
        self._sent = {name: value for name, value in sent.items() if value is not None}
        self._where = where

    @classmethod
    def of_body(cls, body: bytes) -> "Fields":
        """The members of a JSON object that the edge has parsed already."""
        value = _DECODER.decode(body.decode("utf-8")) if body else {}
        if not isinstance(value, dict):
            raise malformed("body", "send one JSON object")
        return cls(value)

    @property
    def names(self) -> frozenset[str]:
        """What was sent."""
        return frozenset(self._sent)

    def insist_known(self, known: frozenset[str]) -> None:
        """Nothing is ignored silently."""
        for name in self._sent:
            if name not in known:
                raise self.refused(name[:64], "not known here: leave it out")

    def refused(self, name: str, why: str) -> Refusal:
        """That this field cannot be taken."""
        return malformed(self._where + name, why)

    def text(self, name: str, *, most: int = 128) -> str | None:
        """Text that is not empty."""
        value = self._sent.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or isinstance(value, Number) or not 0 < len(value) <= most:
            raise self.refused(name, f"no text of 1 to {most} characters")
        if not value.isprintable():
            raise self.refused(name, "holds signs that cannot be printed")
        return value

    def needed(self, name: str, *, most: int = 128) -> str:
        """Text that has to come."""
        found = self.text(name, most=most)
        if found is None:
            raise self.refused(name, "is required")
        return found

    def texts(self, name: str, *, most: int) -> list[str] | None:
        """A list of texts."""
        value = self._sent.get(name)
        if value is None:
            return None
        if not isinstance(value, list | tuple) or len(value) > most:
            raise self.refused(name, f"no list of at most {most} texts")
        if not all(type(one) is str and 0 < len(one) <= 64 and one.isprintable() for one in value):
            raise self.refused(name, "holds what is no text of 1 to 64 characters")
        return list(value)

    def word(self, name: str, words: frozenset[str]) -> str | None:
        """One of a few words."""
        found = self.text(name)
        if found is not None and found not in words:
            raise self.refused(name, f"{found[:32]!r} is not one of {', '.join(sorted(words))}")
        return found

    def decimal(self, name: str) -> str | None:
        """A plain decimal, as text; numbers and texts are taken alike."""
        value = self._sent.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise self.refused(name, "no number")
        if _NUMBER.fullmatch(value) is None:
            raise self.refused(name, f"{value[:32]!r} is no number")
        return format(Decimal(value), "f") if "e" in value.lower() else value

    def flag(self, name: str) -> bool | None:
        """True or false; of a query also as text."""
        value = self._sent.get(name)
        found = _FLAGS.get(value.lower()) if isinstance(value, str) else value
        if value is not None and not isinstance(found, bool):
            raise self.refused(name, "neither true nor false")
        return found

    def whole(self, name: str, *, least: int = 0, most: int = HIGHEST) -> int | None:
        """A whole number within its limits."""
        text = self._sent.get(name)
        if text is None:
            return None
        plain = isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= 19
        if not plain or not least <= int(text) <= most:
            raise self.refused(name, f"no whole number from {least} to {most}")
        return int(text)

    def time_ns(self, name: str) -> int | None:
        """A time as RFC 3339 or a date, in ns since the Unix epoch; without an offset it is UTC."""
        text = self.text(name, most=40)
        if text is None:
            return None
        try:
            at = datetime.fromisoformat(text)
            since = (at if at.tzinfo is not None else at.replace(tzinfo=UTC)) - _EPOCH
        except (ValueError, OverflowError) as error:
            raise self.refused(name, f"{text!r} is no time: write it as RFC 3339") from error
        found = since // timedelta(microseconds=1) * MICROSECOND_NS
        if not 0 <= found <= HIGHEST:
            raise self.refused(name, f"{text!r} is before 1970 or beyond 2262")
        return found

    def child(self, name: str) -> "Fields | None":
        """An object within."""
        value = self._sent.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.refused(name, "no JSON object")
        return Fields(value, f"{self._where}{name}.")
