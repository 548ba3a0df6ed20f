"""What a replay of order-by-order records came to, its auctions included. Touches nothing."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from garraway.catalog.mbo import Skip
from garraway.catalog.report import ReplayReport
from garraway.catalog.uncross import Equilibrium

SKIPS_TOLD: Final = 100
"""Skipped records that are told; all are counted."""


@dataclass(frozen=True, slots=True)
class AuctionFill:
    """What an order got in an auction, of the recorded exchange and by our rule."""

    order: int
    side: str | None
    """None for an order that the file did not show before."""
    price: int | None
    """Its limit."""
    lots: int
    our_lots: int | None
    """With the unshown orders; None for one of them."""
    our_lots_of_shown: int | None
    """In the auction of the shown orders alone."""


@dataclass(frozen=True, slots=True)
class Uncross:
    """An auction of the recorded exchange, and the engine's of the book just before it. Prices are in 1e-9."""

    row: int
    """Byte of its first trade."""
    exchange_ns: int
    reference: int
    """What our auction shall be near to where prices are equally good."""
    price: int
    volume: int
    unshown_buys: int
    """Lots that buyers got beyond what the book showed of them."""
    unshown_sells: int
    of_shown: Equilibrium | None
    """Ours, of the orders that the book showed."""
    of_all: Equilibrium | None
    """Ours, with the unshown lots at any price; that is what the engine goes on with."""
    refused: str | None
    """Why the engine takes no part with the unshown lots: `of_all` is None then, and it goes on with `of_shown`."""
    same_orders: int
    """Shown orders that got as many lots as by our rule, with the unshown ones before them."""
    different_orders: int
    same_orders_of_shown: int
    """The same of the auction of the shown orders alone."""
    different_orders_of_shown: int
    fills: Sequence[AuctionFill]


@dataclass(slots=True)
class MboCounts:
    """Counts of a replay of records, beside those of every replay; named as in the JSON."""

    packets: int = 0
    """Records that are final together."""
    collected: int = 0
    """Packets after which the book is crossed: the engine is in pre-open and collects orders."""
    resumed: int = 0
    """How often the engine's book was brought to the recorded one: after snapshots and auctions."""
    snapshot_different: int = 0
    """Orders in which a later file's snapshot is not the book that the file before left."""
    prevented: int = 0
    """Orders that stood first and were cancelled in the packet of the trade instead of being filled."""
    amended: int = 0
    """Fills of an order that rested and was amended to trade: it is the aggressor."""
    beyond_shown: int = 0
    """Lots executed of orders beyond what the book showed of them."""
    off_price: int = 0
    """Fills at another price than the one at which the order stood."""
    corrected: int = 0
    """Commands that brought the engine's book to the recorded one after auctions, where ours was another."""
    without_aggressor: int = 0
    """Packets with trades without an aggressor while the book was not crossed: the engine holds no auction."""
    unsettled: int = 0
    """Orders whose executions are not what their next record takes from the book: it is believed."""


@dataclass(frozen=True, slots=True)
class MboReport:
    """The replay of one instrument of order-by-order files."""

    symbol: str
    tick: int
    """The step of all prices, in 1e-9."""
    types: dict[str, int]
    """Records by action."""
    counts: MboCounts
    uncrosses: Sequence[Uncross]
    skipped: Sequence[Skip]
    book_equal: bool
    """Whether at the end all levels and orders are equal."""
    replay: ReplayReport

    @property
    def no_auction(self) -> str | None:
        """Why the engine held no auction; None where it held one."""
        if self.uncrosses:
            return None
        if not self.counts.collected:
            return "the book is never crossed: no orders are collected"
        return "the book is crossed, but no trades without an aggressor follow"

    def as_json(self) -> dict[str, Any]:
        """Plain values by the names that docs/guides/replay.md explains."""
        return {
            "symbol": self.symbol,
            "tick": self.tick,
            "types": self.types,
            **asdict(self.counts),
            "book_equal": self.book_equal,
            "no_auction": self.no_auction,
            "uncrosses": [asdict(uncross) for uncross in self.uncrosses],
            "skipped": len(self.skipped),
            "skips": [skip._asdict() for skip in self.skipped[:SKIPS_TOLD]],
            **self.replay.as_json(),
            "asks": self.replay.asks,
            "bids": self.replay.bids,
        }
