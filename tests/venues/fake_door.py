"""A door with an exchange's manners and no exchange behind it: log-in, outcomes, and accidents on demand."""

import asyncio
import contextlib
import json
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from garraway.records import head
from garraway.venues import soupbintcp


@dataclass
class FakeDoor:
    """Source 5. A number in `break_after` cuts the connection once so many commands were applied."""

    folder: Path
    name: str = "tester"
    window: int = 256
    last_seq: int = 0
    forget: int = 0
    applied: list[bytes] = field(default_factory=list)
    outcomes: dict[int, tuple[bytes, int]] = field(default_factory=dict)
    break_after: set[int] = field(default_factory=set)
    log_ins: int = 0
    most_unanswered: int = 0
    hold: asyncio.Event | None = None
    reasons: dict[int, int] = field(default_factory=dict)
    """What commands are refused for, by their numbers."""
    serving: set[asyncio.Task[None]] = field(default_factory=set)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["FakeDoor"]:
        run = self.folder / "run"
        run.mkdir(parents=True, exist_ok=True)
        door = run / "door.sock"
        server = await asyncio.start_unix_server(self._serve, door)
        (run / "exchange.json").write_text(json.dumps({"pid": 1, "door": str(door), "ouch": "127.0.0.1:1"}))
        try:
            yield self
        finally:
            server.close()
            for task in self.serving:
                task.cancel()
            await asyncio.gather(*self.serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.serving.add(task)
        try:
            await self._converse(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            self.serving.discard(task)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        packets = soupbintcp.PacketBuffer()
        while chunk := await reader.read(65_536):
            waiting = list(packets.feed(chunk))
            self.most_unanswered = max(self.most_unanswered, len(waiting))
            for kind, payload in waiting:
                if self.hold is not None and kind == soupbintcp.UNSEQUENCED:
                    await self.hold.wait()
                if not self._take(kind, payload, writer):
                    return

    def _take(self, kind: bytes, payload: bytes, writer: asyncio.StreamWriter) -> bool:
        if kind == soupbintcp.LOGIN:
            if payload[:6].split() != [b"door"] or payload[6:16].split() != [self.name.encode()]:
                writer.write(soupbintcp.packet(soupbintcp.REFUSED, b"A"))
                return False
            self.log_ins += 1
            writer.write(soupbintcp.packet(soupbintcp.ACCEPTED, b" " * 30))
            last = self.last_seq - self.forget
            state = b"S" + struct.pack("<BHIQQ", 1, 5, self.window, last, 77)
            writer.write(soupbintcp.packet(soupbintcp.SEQUENCED, state))
        elif kind == soupbintcp.UNSEQUENCED and payload[:1] == b"C":
            return self._command(payload[1:], writer)
        elif kind == soupbintcp.UNSEQUENCED and payload == b"Q":
            writer.write(
                soupbintcp.packet(soupbintcp.SEQUENCED, b"T" + json.dumps({"commands": self.last_seq}).encode())
            )
        return True

    def _command(self, record: bytes, writer: asyncio.StreamWriter) -> bool:
        seq = head(record)["source_seq"]
        if seq == self.last_seq + 1:
            self.last_seq = seq
            self.applied.append(record)
            self.outcomes[seq] = record, len(self.applied) << 16
            outcome = 1, self.reasons.get(seq, 0)
        elif seq in self.outcomes:
            outcome = (2, self.reasons.get(seq, 0)) if self.outcomes[seq][0] == record else (3, 4)
        else:
            outcome = 3, 3
        if len(self.applied) in self.break_after:
            self.break_after.discard(len(self.applied))
            return False
        first_event = self.outcomes.get(seq, (b"", 0))[1]
        payload = b"O" + struct.pack("<BB5xQQ", *outcome, seq, first_event)
        writer.write(soupbintcp.packet(soupbintcp.SEQUENCED, payload))
        return True
