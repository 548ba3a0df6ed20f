"""What the door says, read in one go or packet by packet."""

import random
import struct

from garraway.venues import soupbintcp
from garraway.venues.door import OUTCOME, SOURCE_STATE, Outcome, read_outcome, read_outcomes


def outcome(kind: int, reason: int, seq: int, first_event: int) -> bytes:
    content = OUTCOME + struct.pack("<BB5xQQ", kind, reason, seq, first_event)
    return soupbintcp.packet(soupbintcp.SEQUENCED, content)


def by_packets(chunk: bytes) -> list[Outcome]:
    return [read_outcome(payload) for _, payload in soupbintcp.PacketBuffer().feed(chunk)]


def test_outcomes_that_come_together_are_read_as_each_by_itself() -> None:
    stream = random.Random(7)
    for count in range(1, 40):
        chunk = b"".join(
            outcome(stream.randint(1, 4), stream.randrange(256), stream.getrandbits(64), stream.getrandbits(64))
            for _ in range(count)
        )
        assert read_outcomes(chunk) == by_packets(chunk)


def test_whatever_else_comes_is_read_packet_by_packet() -> None:
    one = outcome(1, 0, 5, 5 << 16)
    beat = soupbintcp.packet(soupbintcp.SERVER_HEARTBEAT)
    state = soupbintcp.packet(soupbintcp.SEQUENCED, SOURCE_STATE + struct.pack("<BHIQQ", 1, 5, 256, 0, 0))
    assert len(state) == len(one)
    for chunk in (one[:-1], one + one[:5], one + beat, beat * (len(one) // len(beat)), state, one + state):
        assert read_outcomes(chunk) is None
