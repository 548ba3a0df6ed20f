"""Hygiene of the texts that people type: no control, no direction sign, no surprise in length. Touches nothing."""

import re
import unicodedata
from typing import Final

from garraway.identity.errors import TextInvalid

LOGIN_LENGTH: Final = 254
"""Longest e-mail address that can be delivered to. Source: RFC 3696, erratum 1690."""
LINE_LENGTH: Final = 200
_LOCAL: Final = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_REFUSED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of controls, format signs (bidirectional ones among them), surrogates, the unassigned, line separators."""


def login(text: str) -> str:
    """An e-mail address as it is kept and compared: NFKC, lower case, one ASCII address.

    Args:
        text: as typed; spaces around it are dropped.
    Raises: TextInvalid: it is no address of 3 to 254 ASCII characters.
    """
    address = unicodedata.normalize("NFKC", text[: 2 * LOGIN_LENGTH]).strip().lower()
    local, sign, domain = address.rpartition("@")
    labels = domain.split(".")
    whole = (
        len(text) <= 2 * LOGIN_LENGTH
        and len(address) <= LOGIN_LENGTH
        and sign == "@"
        and len(local) <= 64
        and _LOCAL.fullmatch(local) is not None
        and len(labels) >= 2
        and all(_LABEL.fullmatch(label) for label in labels)
    )
    if not whole:
        raise TextInvalid("login", "not an e-mail address: give one like name@example.com, at most 254 characters")
    return address


def line(field: str, text: str, *, length: int = LINE_LENGTH, empty: bool = False) -> str:
    """One line for people, in NFC, trimmed: names, labels, reasons.

    Raises: TextInvalid: it is empty (unless `empty`), longer than `length`, or holds controls or direction signs.
    """
    if len(text) > 4 * length:
        raise TextInvalid(field, f"longer than {length} characters")
    normal = unicodedata.normalize("NFC", text).strip()
    if len(normal) > length:
        raise TextInvalid(field, f"longer than {length} characters")
    if not normal and not empty:
        raise TextInvalid(field, "empty")
    refused = next((sign for sign in normal if unicodedata.category(sign) in _REFUSED), None)
    if refused is not None:
        raise TextInvalid(field, f"holds U+{ord(refused):04X}, a control or direction sign: leave it out")
    return normal


def shown(text: str | None, length: int = LINE_LENGTH) -> str:
    """What a client sent about itself (a user agent), made harmless for a table or a log: never refused, cut."""
    kept = (sign if unicodedata.category(sign) not in _REFUSED else "?" for sign in (text or "")[:length])
    return "".join(kept)
