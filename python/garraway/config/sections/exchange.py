"""The exchange process: where it listens, how many may come, how fast they may talk."""

from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from pydantic import Field

from garraway.config.sections.base import Count, Port, Section


class Exchange(Section):
    """OUCH's address and the door, their limits and rates."""

    ouch_host: IPv4Address | IPv6Address = IPv4Address("127.0.0.1")
    """Address on which OUCH listens."""
    ouch_port: Port = 0
    """Port on which OUCH listens; 0 takes a free one, which is written to `FOLDER/run/exchange.json`."""
    door: Path | None = None
    """Path of the command door's socket, at most 107 bytes; left out: `FOLDER/run/door.sock`."""
    ouch_connections: Count = 1_024
    """Connections of OUCH, logged in or not; one more is closed at once."""
    door_connections: Count = 64
    """Connections of the door; one more is closed at once."""
    output_bytes: int = Field(default=256 << 10, ge=4_096)
    """Bytes that may wait for a client that does not read; every logged-in connection takes them from the start."""
    messages_per_second: Count = 10_000
    """Messages a second of one OUCH connection; beyond, they are left unread."""
    reduction_reserve_per_second: Count = 5_000
    """Reductions of open orders a second of one OUCH connection beyond its messages."""
    tokens_per_account: int = Field(default=1 << 20, ge=2)
    """OUCH tokens remembered for each account, beside those of open orders."""
    held_bytes: int = Field(default=32 << 20, ge=4_096)
    """Bytes of messages that may wait for the durable mark; beyond, nothing is read."""
