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
    FeeRateInvalid = 23
    AmountInvalid = 24
    ClientRefStale = 25
    OrderUnknown = 26
    InstrumentUnknown = 27
    SideInvalid = 28
    OrderTypeInvalid = 29
    TimeInForceInvalid = 30
    QuantityInvalid = 31
    QuantityTooLarge = 32
    PriceOffTick = 33
    PriceOutOfRange = 34
    NotionalTooLarge = 35
    InstrumentBusy = 36
    InstrumentNotBusy = 37
    OpenOrdersTooMany = 38
    OrdersFull = 39
    FundsInsufficient = 40
    FillOrKillTooLarge = 41


def lowest(holds: Mapping[Reason, bool]) -> Reason | None:
    """The lowest of the reasons that hold, or None."""
    return min((reason for reason, it_holds in holds.items() if it_holds), default=None)
