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
    MARKET_TO_LIMIT = 3
    STOP = 4
    STOP_LIMIT = 5
    TRAILING_STOP = 6
    PRIMARY_PEG = 7
    MIDPOINT_PEG = 8
    MARKET_PEG = 9


class TimeInForce(IntEnum):
    """How long an order stands."""

    GOOD_TILL_CANCEL = 1
    IMMEDIATE_OR_CANCEL = 2
    FILL_OR_KILL = 3
    DAY = 4
    GOOD_TILL_DATE = 5
    AT_OPEN = 6
    AT_CLOSE = 7


class Flags(IntFlag):
    """`flags` of PlaceOrder."""

    NONE = 0
    POST_ONLY = 1
    HIDDEN = 2
    ONE_CANCELS_OTHER = 4
    ONE_TRIGGERS_OTHER = 8
    REDUCE_ONLY = 16


class InstrumentKind(IntEnum):
    """`kind` of ListInstrument: what changes hands."""

    SPOT = 1
    FUTURE = 2
    CONTRACT = 3


class Execution(IntEnum):
    """`execution` of ListInstrument: where its orders are executed."""

    BOOK = 1
    DEALER = 2


class Arriving(IntEnum):
    """`market` of SetDealing: at which quote an order that arrives is dealt."""

    STANDING_QUOTE = 1
    NEXT_QUOTE = 2


class Waiting(IntEnum):
    """`limit` of SetDealing: when and at which price a limit that waits is dealt."""

    TOUCHED = 1
    AT_QUOTE = 2
    THROUGH = 3


class Positions(IntEnum):
    """`positions` of OpenAccount and SetAccount: 0 is netting there, and as it is here."""

    NETTING = 1
    HEDGING = 2


class PositionChange(IntEnum):
    """`detail` of PositionChanged: what the fill made of the position."""

    OPENED = 1
    INCREASED = 2
    REDUCED = 3
    CLOSED = 4
    TURNED = 5
    SPLIT = 6


class Phase(IntEnum):
    """In which phase an instrument is."""

    CONTINUOUS = 1
    PRE_OPEN = 2
    OPENING_AUCTION = 3
    HALT = 4
    VOLATILITY_AUCTION = 5
    CLOSING_AUCTION = 6
    CLOSED = 7
    SUSPENDED = 8
    DELISTED = 9

    @property
    def collects(self) -> bool:
        """Whether orders are collected for an auction."""
        return self in {Phase.PRE_OPEN, Phase.OPENING_AUCTION, Phase.VOLATILITY_AUCTION, Phase.CLOSING_AUCTION}

    @property
    def takes_orders(self) -> bool:
        """Whether new orders and replacements are taken; cancels always are."""
        return self is Phase.CONTINUOUS or self.collects


class PhaseCause(IntEnum):
    """`fee` of PhaseChanged: why."""

    COMMAND = 1
    SCHEDULE = 2
    BAND = 3
    UNCLEAN_START = 4
    AUCTION_END = 5


class BandAction(IntEnum):
    """`band_action` of SetRules: what an order beyond a band does."""

    NONE = 0
    REFUSED = 1
    STARTS_AUCTION = 2


class Resume(IntEnum):
    """`resume` of SetRules: what an instrument does after an unclean start."""

    GO_ON = 0
    HALT = 1
    AUCTION = 2


class PriceKind(IntEnum):
    """`what` of SetReference, `detail` of ReferenceSet."""

    REFERENCE = 1
    SETTLEMENT = 2


class Scope(IntEnum):
    """`scope` of SetLimits, SetKill, SetRestriction and MassCancel: what `id` names."""

    ACCOUNT = 1
    GROUP = 2
    FIRM = 3
    INSTRUMENT = 4
    VENUE = 5
    SESSION = 6


class Rights(IntFlag):
    """What a source may do."""

    TRADE = 1
    MONEY = 2
    DEFINE = 4
    OPERATE = 8
    QUOTE = 16


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
    EXPIRED = 6
    MASS = 7
    LINKED = 8
    FUNDS = 9
    OFF_TERMS = 10
    DELISTED = 11
    NOT_REDUCING = 12


class Liquidity(IntEnum):
    """`detail` of Filled: resting, incoming, or dealt by the house."""

    MAKER = 1
    TAKER = 2
    DEALT = 3


class Posting(IntEnum):
    """`detail` of Posted: which posting."""

    DEPOSIT = 1
    WITHDRAWAL = 2
    BUST = 3
    CORRECTION = 4
    SETTLEMENT = 5
    SPLIT = 6
    DIVIDEND = 7
