"""Reasons of `Rejected`, from docs/reference/rejects.md."""

from collections.abc import Mapping
from enum import IntEnum


class Reason(IntEnum):
    """Why a command is refused; where several hold, the lowest is given."""

    SourceUnknown = 1
    SourceTooOld = 2
    SourceGap = 3
    SourceBodyDiffers = 4
    SourceRepeat = 5
    NotPermitted = 6
    IdInvalid = 7
    AlreadyDefined = 8
    NameInvalid = 9
    RightsInvalid = 10
    ScaleInvalid = 11
    ProtocolInvalid = 12
    AccountUnknown = 13
    FirmDiffers = 14
    AssetUnknown = 15
    AssetsSame = 16
    ExecutionInvalid = 17
    NotionalNotExact = 18
    LotNotExact = 19
    TickInvalid = 20
    PriceRangeInvalid = 21
    LimitInvalid = 22
    SelfTradeInvalid = 23
    FeeRateInvalid = 24
    AmountInvalid = 25
    ClientRefStale = 26
    OrderUnknown = 27
    InstrumentUnknown = 28
    SideInvalid = 29
    OrderTypeInvalid = 30
    TimeInForceInvalid = 31
    FlagsInvalid = 32
    QuantityInvalid = 33
    QuantityTooLarge = 34
    PriceOffTick = 35
    PriceOutOfRange = 36
    NotionalTooLarge = 37
    InstrumentBusy = 38
    InstrumentNotBusy = 39
    OpenOrdersTooMany = 40
    OrdersFull = 41
    FundsInsufficient = 42
    FillOrKillTooLarge = 43
    PostOnlyWouldTrade = 44


def lowest(holds: Mapping[Reason, bool]) -> Reason | None:
    """The lowest of the reasons that hold, or None."""
    return min((reason for reason, it_holds in holds.items() if it_holds), default=None)
