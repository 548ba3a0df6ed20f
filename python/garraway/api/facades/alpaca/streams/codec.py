"""Messages of streams on the wire: JSON as text or in binary frames, or MessagePack. Encoded once for all that read it.

Alpaca's data streams speak MessagePack to who asks for it by `Content-Type: application/msgpack`; its trading stream
sends JSON in binary frames.
"""

import struct
from enum import Enum
from typing import Any, Final

import msgspec

from garraway.api.problems import Problem
from garraway.api.rendering import at_text
from garraway.api.strict_json import loads

NANO: Final = 10**9
TIMESTAMP: Final = -1
"""MessagePack's extension for times (specification, "Timestamp extension type")."""
Frame = dict[str, Any]
"""A message as the server takes it."""


class Moment:
    """A time in ns since the Unix epoch, in each encoding as that has times; no record, which encoders know already."""

    __slots__ = ("at_ns",)

    def __init__(self, at_ns: int) -> None:
        """Takes it."""
        self.at_ns = at_ns


class Codec(Enum):
    """How messages are written."""

    TEXT = "text"
    BINARY_JSON = "json"
    MESSAGE_PACK = "msgpack"


class Unreadable(Exception):
    """What a client sent is no message."""


class Shared:
    """A message to many: in each encoding it is made once, when somebody first reads it so."""

    __slots__ = ("_frames", "_said")

    def __init__(self, said: object) -> None:
        """Nothing is encoded yet."""
        self._said = said
        self._frames: dict[Codec, tuple[Frame, int]] = {}

    def frame(self, codec: Codec) -> tuple[Frame, int]:
        """The frame and its bytes."""
        found = self._frames.get(codec)
        if found is None:
            found = self._frames[codec] = _frame(codec, self._said)
        return found


def decoded(message: Frame, codec: Codec) -> dict[str, Any]:
    """What a client sent: an object. Raises: Unreadable."""
    text, data = message.get("text"), message.get("bytes")
    try:
        if text is None and data is not None and codec is Codec.MESSAGE_PACK:
            found: object = msgspec.msgpack.decode(data)
        else:
            found = loads(text.encode() if text is not None else data or b"")
    except (Problem, msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise Unreadable from error
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
        raise Unreadable
    return found


def _frame(codec: Codec, said: object) -> tuple[Frame, int]:
    if codec is Codec.MESSAGE_PACK:
        data = _PACKED.encode(said)
        return {"type": "websocket.send", "bytes": data}, len(data)
    data = _WRITTEN.encode(said)
    if codec is Codec.TEXT:
        return {"type": "websocket.send", "text": data.decode()}, len(data)
    return {"type": "websocket.send", "bytes": data}, len(data)


def _written(value: object) -> object:
    assert isinstance(value, Moment)
    return at_text(value.at_ns)


def _packed(value: object) -> object:
    assert isinstance(value, Moment)
    seconds, nanos = divmod(value.at_ns, NANO)
    return msgspec.msgpack.Ext(TIMESTAMP, struct.pack(">Iq", nanos, seconds))


_WRITTEN: Final = msgspec.json.Encoder(enc_hook=_written, decimal_format="number")
_PACKED: Final = msgspec.msgpack.Encoder(enc_hook=_packed, decimal_format="number")
