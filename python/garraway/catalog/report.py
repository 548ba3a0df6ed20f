"""What a replay of recorded messages came to: counts, differences, hashes. Touches nothing."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from garraway.catalog.lobster import Level

DIFFERENCES_TOLD: Final = 1000
"""Differences kept in full; all are counted."""


class Why(StrEnum):
    """How the order that the recorded exchange executed differs from ours."""

    OLDER = "older"
    """It has a lower number than ours: it was entered before, shown later, and kept the older place."""
    PASSED_OVER = "passed_over"
    """It was entered after ours at the same price: the recorded exchange passed over ours."""
    BETTER_PRICE = "better_price"
    """Our book has an order at a better price."""
    OPENING = "opening"
    """Ours is an anonymous order of the opening book."""
    REMOVED = "removed"
    """It had been removed, because it stood in the way of an order that the file lets rest."""


@dataclass(frozen=True, slots=True)
class Difference:
    """An execution in which our matching would take another order than the recorded exchange took."""

    row: int
    """Line of the message file."""
    at_ns: int
    side: str
    """Of the resting order."""
    price: int
    quantity: int
    file_order: int
    our_order: int | None
    """The file's number of the order that we would take; None for an anonymous one or none."""
    our_price: int | None
    why: Why


@dataclass(slots=True)
class Counts:
    """Counts of a replay, named as in the JSON."""

    messages: int = 0
    executions: int = 0
    """Visible ones, on orders that the file introduced."""
    same_order: int = 0
    different: int = 0
    unseen: int = 0
    """Visible executions on orders that the file did not introduce."""
    hidden: int = 0
    seeded: int = 0
    """Orders of the opening book: one for each level, and the first message's."""
    crosses: int = 0
    halts: int = 0
    beyond_seed: int = 0
    """Cancels and executions of orders that neither the file introduced nor the opening book holds: without effect."""
    crossing: int = 0
    """Adds that the file lets rest although they would cross our book."""
    removed: int = 0
    """Our orders that were cancelled because they stood in their way."""
    reappeared: int = 0
    """Messages about orders that had been removed so: without effect."""
    shrunk: int = 0
    """Deletes of an order that has more left in our book: it was cancelled in part where the file does not look."""
    rounded_times: int = 0
    """Times printed from a float, rounded to ns."""


@dataclass(frozen=True, slots=True)
class OracleReport:
    """How one orderbook file compares with our book."""

    file: Path
    levels: int
    rows: int
    l1_equal: int
    depth_equal: int
    levels_equal: dict[int, int]
    first_difference: int | None
    first_depth_difference: int | None


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """The whole of it."""

    counts: Counts
    oracles: Sequence[OracleReport]
    differences: Sequence[Difference]
    commands: int
    events: int
    open_orders: int
    state_hash: str
    events_hash: str
    trade_prices: Sequence[int] = field(repr=False)
    """Of our trades, in order: for pictures, not in the JSON."""
    asks: Sequence[Level] = field(repr=False)
    """Best levels of our book at the end: for pictures, not in the JSON."""
    bids: Sequence[Level] = field(repr=False)

    @property
    def rows(self) -> int:
        """Oracle rows compared, of all oracles."""
        return sum(oracle.rows for oracle in self.oracles)

    @property
    def l1_equal(self) -> int:
        """Rows whose best quotes are equal, price and size of both sides."""
        return sum(oracle.l1_equal for oracle in self.oracles)

    @property
    def depth_equal(self) -> int:
        """Rows that are equal in all the levels they have."""
        return sum(oracle.depth_equal for oracle in self.oracles)

    @property
    def first_difference(self) -> int | None:
        """Rows before the first one whose best quotes differ, in any oracle; None where there is none."""
        return min((o.first_difference for o in self.oracles if o.first_difference is not None), default=None)

    def as_json(self) -> dict[str, Any]:
        """Plain values by the names that docs/guides/replay.md explains."""
        return {
            **asdict(self.counts),
            "rows": self.rows,
            "l1_equal": self.l1_equal,
            "depth_equal": self.depth_equal,
            "first_difference": self.first_difference,
            "oracles": [{**asdict(oracle), "file": str(oracle.file)} for oracle in self.oracles],
            "differences": [asdict(difference) for difference in self.differences],
            "commands": self.commands,
            "events": self.events,
            "open_orders": self.open_orders,
            "state_hash": self.state_hash,
            "events_hash": self.events_hash,
        }


@dataclass(frozen=True, slots=True)
class ItchReport:
    """The replay of one instrument of an ITCH file."""

    symbol: str
    types: dict[str, int]
    """Messages of the whole file by type."""
    complete: bool | None
    """Whether the binary file ends with the end of messages; None for a decoded one."""
    replay: ReplayReport

    def as_json(self) -> dict[str, Any]:
        """Plain values by the names that docs/guides/replay.md explains."""
        return {
            "symbol": self.symbol,
            "types": self.types,
            "complete": self.complete,
            **self.replay.as_json(),
            "asks": self.replay.asks,
            "bids": self.replay.bids,
        }
