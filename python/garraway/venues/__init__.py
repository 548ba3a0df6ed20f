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
