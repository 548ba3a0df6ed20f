"""SoupBinTCP 3.00's framing: u16 length (big-endian), a type byte, a payload. Sans-I/O, touches nothing.

The door wears the same framing for commands and outcomes; only what it needs stands here.
"""

from collections.abc import Iterator
from typing import Final

LENGTH_BYTES: Final = 2
LOGIN: Final = b"L"
ACCEPTED: Final = b"A"
REFUSED: Final = b"J"
SEQUENCED: Final = b"S"
UNSEQUENCED: Final = b"U"
CLIENT_HEARTBEAT: Final = b"R"
SERVER_HEARTBEAT: Final = b"H"
LOGOUT: Final = b"O"
END: Final = b"Z"


def packet(kind: bytes, payload: bytes = b"") -> bytes:
    """One packet."""
    return (1 + len(payload)).to_bytes(LENGTH_BYTES, "big") + kind + payload


def login(*, user: str, password: str, session: str = "", sequence: int | None = None) -> bytes:
    """A log-in request: user and password padded on the right, session and sequence on the left."""
    number = "" if sequence is None else str(sequence)
    fields = (user.ljust(6), password.ljust(10), session.rjust(10), number.rjust(20))
    return packet(LOGIN, "".join(fields).encode("ascii"))


class PacketBuffer:
    """Cuts a byte stream into packets."""

    def __init__(self) -> None:
        """Starts with nothing."""
        self._bytes = bytearray()

    @property
    def empty(self) -> bool:
        """Whether no part of a packet waits for the rest of it."""
        return not self._bytes

    def feed(self, chunk: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Takes bytes as they come and yields each packet that is now whole: (type, payload)."""
        self._bytes += chunk
        start = 0
        while len(self._bytes) >= start + LENGTH_BYTES:
            end = start + LENGTH_BYTES + int.from_bytes(self._bytes[start : start + LENGTH_BYTES], "big")
            if end > len(self._bytes):
                break
            whole = bytes(self._bytes[start + LENGTH_BYTES : end])
            start = end
            if whole:
                yield whole[:1], whole[1:]
        del self._bytes[:start]
