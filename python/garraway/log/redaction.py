"""What a log event may not tell, taken out before it is written. Touches nothing.

Fields whose names sound like a secret are hidden, whatever they hold; what sounds so and is none is named here. Within
texts, passwords in addresses, tokens and private keys are cut out. Bytes are never written, only how many they are.
"""

import re
from collections.abc import Mapping
from typing import Final

HIDDEN: Final = "[redacted]"
SECRET_LIKE: Final = re.compile(
    r"pass(word|wd|phrase|code)?(?![a-z])|secret|token|credential|authori[sz]ation|cookie|api_?key|private|pepper"
    r"|(?<![a-z])(auth|salt|t?otp|pin|jwt)(?![a-z])|(?<![a-z])key$|(signing|encryption|master|session)_?key"
    r"|verifier|signature|mnemonic|recovery[_-]?code|sealed|assertion|hmac",
    re.IGNORECASE,
)
PLAIN: Final = re.compile(r"(^|_)(ids?|type|kind|count|reference|at_(ns|s|ms))$|^tokens$|^secrets$", re.IGNORECASE)
"""Names that sound so and hold no secret: numbers, kinds, counts, references, times."""
IN_TEXT: Final = (
    (re.compile(r"(://[^:/?#@\s]*):[^/?#\s]*@"), rf"\1:{HIDDEN}@"),
    (re.compile(r"\b(Bearer|Basic|Digest|Token)\s+[A-Za-z0-9+/=._~-]{8,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*)?"), HIDDEN),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL), HIDDEN),
    (re.compile(r"\bgrw_(refresh|code|challenge|reset|client|hmac)_[A-Za-z0-9_-]+"), HIDDEN),
    (re.compile(r"\$(argon2(id|i|d)|2[aby])\$[^\s\"']+"), HIDDEN),
    (re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b|\bhv[sb]\.[A-Za-z0-9_-]{20,}"), HIDDEN),
    (
        re.compile(
            r"(?P<name>\b\w*(?:password|passwd|passphrase|secret|token|api_?key|pepper|private_?key|signature)\w*"
            r"['\"]?\s*[=:]\s*)"
            r"(?P<value>\"[^\"]*\"|'[^']*'|[^\s,;&}\]]+)",
            re.IGNORECASE,
        ),
        rf"\g<name>{HIDDEN}",
    ),
)
DEEP_AT_MOST: Final = 8
"""Levels of tables and lists that are written; deeper ones are hidden."""


def redacted(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields without what may be secret."""
    return {name: _field(name, value, 0) for name, value in fields.items()}


def redacted_text(text: str) -> str:
    """The text without passwords, tokens and keys."""
    for pattern, instead in IN_TEXT:
        text = pattern.sub(instead, text)
    return text


def _field(name: str, value: object, deep: int) -> object:
    if not PLAIN.search(name) and SECRET_LIKE.search(name):
        # A truth or nothing tells no secret, and says whether there was one.
        return value if value is None or isinstance(value, bool) else HIDDEN
    return _value(value, deep)


def _value(value: object, deep: int) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return redacted_text(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return f"{len(value)} bytes"
    if deep >= DEEP_AT_MOST:
        return HIDDEN
    if isinstance(value, Mapping):
        return {str(name): _field(str(name), one, deep + 1) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_value(one, deep + 1) for one in value]
    return redacted_text(str(value))
