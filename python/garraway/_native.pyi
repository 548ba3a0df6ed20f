"""The native module: engine, journal, event log, exchange process and benchmarks, written in Rust.

Records are NumPy structured arrays of 96 bytes an element, little-endian, as docs/reference describes them.
Nothing here keeps a reference to an array that is given to it.
"""

from collections.abc import Sequence
from os import PathLike
from typing import Any, Final, TypedDict, final, type_check_only

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "COMMAND",
    "COMMANDS",
    "COMMAND_HEAD",
    "EVENT",
    "EVENTS",
    "ITCH",
    "ITCH_MESSAGES",
    "LIMITS",
    "LOGIC_VERSION",
    "MIN_EVENTS",
    "REJECTS",
    "SESSION_ACCOUNT",
    "Engine",
    "EventReader",
    "bench_book",
    "bench_commands",
    "bench_engine",
    "bench_engine_batches",
    "itch_read",
    "journal_dump",
    "journal_verify",
    "read_events",
    "reference",
    "run_exchange",
]

@type_check_only
class CommandSpec(TypedDict):
    """What the reference says of a kind of command."""

    code: int
    doc: str
    right: int
    size: int
    item_size: int
    uses: list[str]
    fields: list[tuple[str, int, str]]
    item_fields: list[tuple[str, int, str]]

@type_check_only
class EventSpec(TypedDict):
    """What the reference says of a kind of event."""

    code: int
    doc: str
    audience: str

@type_check_only
class RejectSpec(TypedDict):
    """What the reference says of a reason."""

    code: int
    doc: str
    remedy: str

@type_check_only
class ItchSpec(TypedDict):
    """The shape of a message of ITCH 5.0; a field is its name, first byte, length, and whether it is a text."""

    kind: str
    size: int
    fields: list[tuple[str, int, int, bool]]

@type_check_only
class BenchReport(TypedDict):
    """What a benchmark found; `tape` is 16 hexadecimal digits."""

    ns_per_op: float
    p50_ns: int
    p99_ns: int
    p999_ns: int
    trades: int
    rejects: int
    tape: str
    runs: list[float]

COMMAND: Final[np.dtype[np.void]]
"""Commands of fixed size: head and body."""
EVENT: Final[np.dtype[np.void]]
"""Events."""
MIN_EVENTS: Final[int]
"""Events that the buffer given to `Engine.apply` must hold at least."""
LOGIC_VERSION: Final[int]
"""Version of the engine's behaviour; journals name it."""
COMMANDS: Final[dict[str, CommandSpec]]
"""Every kind of command by name; fields are (name, offset in the record or in one item, NumPy type)."""
COMMAND_HEAD: Final[list[tuple[str, int, str]]]
"""The fields of every command's head: (name, offset, NumPy type)."""
SESSION_ACCOUNT: Final[list[tuple[str, int, str]]]
"""The fields of an item of DefineSession: (name, offset, NumPy type)."""
EVENTS: Final[dict[str, EventSpec]]
"""Every kind of event by name."""
REJECTS: Final[dict[str, RejectSpec]]
"""Every reason by name, in order of precedence."""
LIMITS: Final[dict[str, int]]
"""Every limit by name."""
ITCH: Final[np.dtype[np.void]]
"""Messages of ITCH 5.0: where in the file, nanoseconds past midnight, and what replays want to know of each.

`kind` is the type byte; `code` is the side of an order, the event of `S`, the state of `H` and `L`, the cross of `Q`
and `I`, or whether `C` is printable. `price` is in 0.0001 dollars. What a message does not have is 0 or blank."""
ITCH_MESSAGES: Final[dict[str, ItchSpec]]
"""Every message of ITCH 5.0 by name."""

@final
class Engine:
    """The deterministic engine in this process: commands in, events out."""

    def __new__(
        cls,
        *,
        slice_events: int = ...,
        capacity: int = ...,
        reserve_orders: int = 1024,
        continue_work: bool = True,
    ) -> Engine:
        """An empty venue.

        Args:
            slice_events: most events of one command, 8 to 32,768 (the usual).
            capacity: most open orders, at most 16,777,216 (the usual).
            reserve_orders: orders for which memory is taken at once; no part of the behaviour.
            continue_work: whether `Continue` is sent by itself for orders too large for one command.
        """

    def apply(
        self, commands: bytes | NDArray[Any], at_ns: int | NDArray[np.int64], out: NDArray[np.void]
    ) -> tuple[int, int]:
        """Applies commands in order and writes their events to `out`, without tails; the GIL is released.

        Args:
            commands: records one after the other, as bytes, a uint8 array or a COMMAND array, of shape (n,).
            at_ns: time of all commands, or int64 of shape (n,), one for each; ns since the Unix epoch, UTC.
            out: EVENT array of shape (m,), contiguous and writeable; overwritten from the start. Before each command
                MIN_EVENTS must be free, so m = MIN_EVENTS + 4n is enough for n commands of the usual kind.

        Returns: commands taken and events written. It stops early when `out` has no room for the events of one more
            command; call again with the rest.

        Raises:
            ValueError: a record is malformed (nothing is applied then), or an array has the wrong shape or size.
            TypeError: an array has another dtype.
        """

    def balance(self, account: int, asset: int) -> tuple[int, int]:
        """What an account has of an asset, in ledger units: all of it, and the part held for open orders."""

    def levels(self, instrument: int, side: int, depth: int = ...) -> NDArray[np.void]:
        """The levels of a side, best first: int64 columns price, quantity, orders."""

    def orders(self, instrument: int, side: int) -> NDArray[np.void]:
        """The resting orders of a side in the order in which they would trade.

        Returns: int64 columns order, account, client_ref, price, leaves, filled, held.
        """

    def would_meet(self, instrument: int, side: int, price: int) -> list[int] | None:
        """The resting order that an incoming order of `side` would meet first, as a row of `orders`: a dry run."""

    def order(self, account: int, client_ref: int) -> list[int] | None:
        """An open order as a row of `orders`."""

    def check(self) -> None:
        """Proves every invariant.

        Raises:
            RuntimeError: one does not hold; the text says which.
        """

    def state_hash(self) -> int:
        """Hash of the canonical state."""

    def snapshot(self) -> bytes:
        """The canonical snapshot."""

    @staticmethod
    def restore(snapshot: bytes, *, continue_work: bool = True) -> Engine:
        """The engine that made a snapshot.

        Raises:
            ValueError: the snapshot is damaged; the text names the offset.
        """

    @property
    def last_seq(self) -> int:
        """Number of the last command applied."""

    @property
    def open_orders(self) -> int:
        """Orders open in the whole venue."""

@final
class EventReader:
    """A reader of a venue's event log, which may still grow: it keeps its place."""

    def __new__(cls, folder: str | PathLike[str], from_event_id: int = 0) -> EventReader:
        """A reader of the venue in `folder`, from an event on."""

    def read(self, limit: int = 65536) -> tuple[NDArray[np.void], list[bytes]]:
        """The next whole events, at most `limit` of them, perhaps none, and the tail of each.

        Raises:
            RuntimeError: the log is damaged; the text names file and offset.
            OSError: it cannot be read.
        """

def read_events(
    folder: str | PathLike[str], from_event_id: int = 0, limit: int = 65536
) -> tuple[NDArray[np.void], list[bytes]]:
    """The events of a venue's log from one on, at most `limit`, and the tail of each; see `EventReader.read`."""

def journal_verify(folder: str | PathLike[str], *, replay: bool = True) -> dict[str, Any]:
    """Checks a venue's journal; with `replay` also its event log and the engine's invariants. Changes nothing.

    Returns: sound, clean, segments, commands, marks, first_seq, last_seq, cut, damage; with `replay` also state_hash,
        broken, events, last_event_id, event_log.
    """

def journal_dump(folder: str | PathLike[str], from_seq: int, to_seq: int) -> list[dict[str, Any]]:
    """The journal's commands, heads and marks from one command number to another."""

def run_exchange(config: dict[str, Any]) -> dict[str, Any]:
    """Runs an exchange until SIGTERM or SIGINT; what happens is written to stderr, a line of JSON each.

    Args:
        config: folder, and perhaps durability ("os" or "fsync"), door, ouch_host, ouch_port, segment_bytes,
            event_segment_bytes, reserve_orders, ouch_connections, door_connections, output_bytes,
            messages_per_second, cancel_reserve_per_second, tokens_per_account, held_bytes.

    Returns: last_seq and state_hash after a clean stop.

    Raises:
        ValueError: the configuration is wrong.
        RuntimeError: the folder cannot be recovered, a door cannot be opened, or the disk failed.
    """

def itch_read(block: bytes, offset: int) -> tuple[NDArray[np.void], int, bool, str | None]:
    """The whole messages at the start of a block of a file of ITCH 5.0, each behind its length.

    Args:
        block: bytes from a frame's first one on.
        offset: where in the file the block starts.

    Returns: an array of ITCH, the bytes that it was made from, whether the frame that ends a session came, and what
        is wrong with the message behind them.
    """

def reference() -> dict[str, str]:
    """The pages of the reference: file name below docs/reference -> Markdown."""

def bench_book(path: str | PathLike[str], repeats: int = 7) -> BenchReport:
    """Runs a workload through the book alone."""

def bench_engine(path: str | PathLike[str], repeats: int = 7) -> BenchReport:
    """Runs a workload through the whole engine."""

def bench_engine_batches(path: str | PathLike[str], chunk: int = 65536, repeats: int = 7) -> Sequence[float]:
    """Runs a workload through the engine in batches, without hashing events: ns for one operation, a figure a run."""

def bench_commands(path: str | PathLike[str]) -> tuple[bytes, bytes, int]:
    """A workload as commands: those that define and fund the venue, the operations, and the peak of open orders."""
