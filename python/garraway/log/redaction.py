"""Keeps secrets out of what is written down: by names of fields, by shapes of our secrets. Touches nothing."""

import re
from collections.abc import Mapping
from typing import Final

REDACTED: Final = "[redacted]"
_NAMES: Final = re.compile(
    r"(?:^|[_-])(?:pass(?:word|phrase|wd)?|secrets?|tokens?|authorization|cookies?|signature|verifier|otp|totp|"
    r"recovery[_-]codes?|private[_-]key|hmac|sealed|master[_-]keys?|api[_-]key|assertion)(?:$|[_-](?!ids?$|at_))",
    re.IGNORECASE,
)
"""Words of which one stands in the name of a field that holds a secret, but not in names of its number or time."""
_SHAPES: Final = re.compile(
    r"grw_(?:refresh|code|challenge|reset|client|hmac)_[A-Za-z0-9_-]+"  # ours
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"  # a JWT
    r"|\$(?:argon2(?:id|i|d)|2[aby])\$[^\s\"']+"  # a password's hash
    r"|(?<=://)[^\s/:@]+:[^\s/@]+(?=@)"  # user and password in a URL
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)",
    re.DOTALL,
)


def redacted(value: object, name: str = "") -> object:
    """The value without secrets: mappings and lists are looked through, texts are searched."""
    if name and _NAMES.search(name) and value is not None and not isinstance(value, bool):
        return REDACTED
    if isinstance(value, Mapping):
        return {str(key): redacted(one, str(key)) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted(one) for one in value]
    return _SHAPES.sub(REDACTED, value) if isinstance(value, str) else value
