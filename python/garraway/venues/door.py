"""What the command door says, behind SoupBinTCP's framing. Sans-I/O, touches nothing.

Source: crates/exchange/README.md, "The door". Little-endian.
"""

import struct
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from garraway.venues import soupbintcp

USER: Final = "door"
COMMAND: Final = b"C"
STATUS_QUERY: Final = b"Q"
SOURCE_STATE: Final = b"S"
OUTCOME: Final = b"O"
STATUS: Final = b"T"

Kind = Literal["new", "repeat", "refused", "malformed"]

# The letter that says which payload it is comes first.
_SOURCE_STATE: Final = struct.Struct("<xBHIQQ")
_OUTCOME: Final = struct.Struct("<xBB5xQQ")
_PACKET: Final = struct.Struct("<4sBB5xQQ")
"""An outcome in its packet."""
_OUTCOME_HEAD: Final = soupbintcp.packet(soupbintcp.SEQUENCED, OUTCOME.ljust(_OUTCOME.size))[:4]
_KINDS: Final[dict[int, Kind]] = {1: "new", 2: "repeat", 3: "refused", 4: "malformed"}


@dataclass(frozen=True, slots=True)
class SourceState:
    """Where the source stands: number, window of unanswered commands, last number taken; and the durable mark."""

    source: int
    window: int
    last_source_seq: int
    durable_seq: int


class Outcome(NamedTuple):
    """What became of one command, told once it is durable.

    `new`: journaled and applied; `repeat`: it was before, and this is what became of it then; `refused`, `malformed`:
    not taken, in no journal. `reason` is the code of its reject, 0 when it was carried out; `first_event` the id of
    its first event.
    """

    source_seq: int
    kind: Kind
    reason: int
    first_event: int

    @property
    def done(self) -> bool:
        """Whether the command was carried out, now or when it was first sent."""
        return self.reason == 0 and self.taken

    @property
    def taken(self) -> bool:
        """Whether the command is in the journal, carried out or rejected."""
        return self.kind in {"new", "repeat"}


def read_source_state(payload: bytes) -> SourceState:
    """The first sequenced packet."""
    _, source, window, last_source_seq, durable_seq = _SOURCE_STATE.unpack(payload)
    return SourceState(source, window, last_source_seq, durable_seq)


def read_outcomes(chunk: bytes) -> list[Outcome] | None:
    """The outcomes of a chunk of whole packets that holds nothing else, as it comes while orders flow; else None."""
    if len(chunk) % _PACKET.size:
        return None
    found = []
    for head, kind, reason, source_seq, first_event in _PACKET.iter_unpack(chunk):
        if head != _OUTCOME_HEAD:
            return None
        found.append(Outcome(source_seq, _KINDS[kind], reason, first_event))
    return found


def read_outcome(payload: bytes) -> Outcome:
    """An outcome."""
    kind, reason, source_seq, first_event = _OUTCOME.unpack(payload)
    return Outcome(source_seq, _KINDS[kind], reason, first_event)
