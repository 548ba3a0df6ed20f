"""Places an order can go, and what is read back from them. Touches sockets, the event log's files, and `records`.

What is named here is imported when it is asked for: a simulated venue needs no sockets.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from garraway.venues.book import Books, Ladder, Trade
    from garraway.venues.directory import Account, Directory, Instrument, Session
    from garraway.venues.door import Outcome
    from garraway.venues.errors import VenueError
    from garraway.venues.exchange import (
        ConnectionLost,
        ExchangeVenue,
        LoginRefused,
        NoVenue,
        OutcomeMissing,
        SourceShared,
        VenueClosed,
        running,
    )
    from garraway.venues.orders import OpenOrders, Order
    from garraway.venues.standing import Auction, Change, Rules, Standing
    from garraway.venues.tape import Batch, Tape

__all__ = [
    "Account",
    "Auction",
    "Batch",
    "Books",
    "Change",
    "ConnectionLost",
    "Directory",
    "ExchangeVenue",
    "Instrument",
    "Ladder",
    "LoginRefused",
    "NoVenue",
    "OpenOrders",
    "Order",
    "Outcome",
    "OutcomeMissing",
    "Rules",
    "Session",
    "SourceShared",
    "Standing",
    "Tape",
    "Trade",
    "VenueClosed",
    "VenueError",
    "running",
]

_PLACES: Final = {
    "book": (
        "Books",
        "Ladder",
        "Trade",
    ),
    "directory": (
        "Account",
        "Directory",
        "Instrument",
        "Session",
    ),
    "door": ("Outcome",),
    "errors": ("VenueError",),
    "exchange": (
        "ConnectionLost",
        "ExchangeVenue",
        "LoginRefused",
        "NoVenue",
        "OutcomeMissing",
        "SourceShared",
        "VenueClosed",
        "running",
    ),
    "orders": (
        "OpenOrders",
        "Order",
    ),
    "standing": (
        "Auction",
        "Change",
        "Rules",
        "Standing",
    ),
    "tape": (
        "Batch",
        "Tape",
    ),
}


def __getattr__(name: str) -> object:
    """A name from the file where it stands."""
    for place, names in _PLACES.items():
        if name in names:
            return getattr(import_module(f"garraway.venues.{place}"), name)
    raise AttributeError(f"module 'garraway.venues' has no attribute {name!r}")
