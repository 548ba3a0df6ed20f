"""What makes a run the same run: hashes of a class's source and of a header. Touches source files."""

import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from garraway import __version__, _native
from garraway.trading.strategy import Strategy

if TYPE_CHECKING:
    import hashlib

    from typing_extensions import Buffer


def class_hash(cls: type) -> str:
    """SHA-256 of the source of a class and of those between it and Strategy; of their code where there is no source."""
    digest = sha256()
    for base in cls.__mro__[: cls.__mro__.index(Strategy)]:
        digest.update(_source(base))
    return digest.hexdigest()


def versions() -> dict[str, object]:
    """What a result may depend on beside the data."""
    return {
        "garraway": __version__,
        "logic": _native.LOGIC_VERSION,
        "numpy": np.__version__,
        "python": ".".join(map(str, sys.version_info[:3])),
    }


def header_hash(header: Mapping[str, object]) -> str:
    """SHA-256 of a header's canonical JSON."""
    return sha256(canonical(header).encode()).hexdigest()


def canonical(value: object) -> str:
    """JSON with sorted keys and nothing between. Numbers that JSON has not, as NaN, are an error."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def sha256(content: "Buffer" = b"") -> "hashlib._Hash":
    """A digest of some bytes, to be gone on with."""
    import hashlib  # noqa: PLC0415 - costs time, and a strategy that only is defined hashes nothing

    return hashlib.sha256(content)


def _source(cls: type) -> bytes:
    import inspect  # noqa: PLC0415 - as above
    import marshal  # noqa: PLC0415

    try:
        return inspect.getsource(cls).encode()
    except (OSError, TypeError):
        codes = {name: getattr(value, "__code__", None) for name, value in vars(cls).items()}
        return b"".join(name.encode() + marshal.dumps(code) for name, code in codes.items() if code is not None)
