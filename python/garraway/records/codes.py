"""The numbers that fields carry, by name. Source: docs/reference/commands.md and events.md."""

from enum import IntEnum, IntFlag


class Side(IntEnum):
    """Which side of the book."""

    BUY = 1
    SELL = 2

    @property
    def opposite(self) -> "Side":
        """The other side."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(IntEnum):
    """How an order's price is meant."""

    LIMIT = 1
    MARKET = 2


class TimeInForce(IntEnum):
    """How long an order stands."""

    GOOD_TILL_CANCEL = 1
    IMMEDIATE_OR_CANCEL = 2
    FILL_OR_KILL = 3


class Rights(IntFlag):
    """What a source may do."""

    TRADE = 1
    MONEY = 2
    DEFINE = 4


class SelfTrade(IntEnum):
    """`self_trade` of OpenAccount: what happens when an incoming order would meet one of its own."""

    ALLOWED = 0
    CANCEL_NEWEST = 1
    CANCEL_OLDEST = 2
    CANCEL_BOTH = 3
    DECREMENT = 4


class SelfTradeOf(IntEnum):
    """`self_trade_of` of OpenAccount: whose orders are its own."""

    NOBODY = 0
    ACCOUNT = 1
    FIRM = 2


class Canceling(IntEnum):
    """`detail` of Canceled: why."""

    BY_OWNER = 1
    NOT_FILLED = 2
    NOT_FILLABLE = 3
    REPLACED_BY_LESS = 4
    SELF_TRADE = 5


class Liquidity(IntEnum):
    """`detail` of Filled: resting or incoming."""

    MAKER = 1
    TAKER = 2


class Posting(IntEnum):
    """`detail` of Posted: which posting."""

    DEPOSIT = 1
    WITHDRAWAL = 2
