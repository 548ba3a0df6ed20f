"""Places an order can go, and what is read back from them. Touches sockets, the event log's files, and `records`."""

from garraway.venues.book import Books, Ladder, Trade
from garraway.venues.directory import Account, Directory, Instrument, Session
from garraway.venues.door import Outcome
from garraway.venues.exchange import (
    ConnectionLost,
    ExchangeVenue,
    LoginRefused,
    NoVenue,
    OutcomeMissing,
    SourceShared,
    VenueClosed,
    VenueError,
    running,
)
from garraway.venues.orders import OpenOrders, Order
from garraway.venues.tape import Batch, Tape

__all__ = [
    "Account",
    "Batch",
    "Books",
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
    "Session",
    "SourceShared",
    "Tape",
    "Trade",
    "VenueClosed",
    "VenueError",
    "running",
]
