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
    KindInvalid = 18
    NotionalNotExact = 19
    LotNotExact = 20
    TickInvalid = 21
    PriceRangeInvalid = 22
    LimitInvalid = 23
    SelfTradeInvalid = 24
    GroupUnknown = 25
    ClearingInvalid = 26
    FeeRateInvalid = 27
    FeePlanUnknown = 28
    ScopeInvalid = 29
    AmountInvalid = 30
    ClientRefStale = 31
    OrderUnknown = 32
    InstrumentUnknown = 33
    BandInvalid = 34
    ScheduleInvalid = 35
    PhaseInvalid = 36
    ReferenceInvalid = 37
    ReferenceUnknown = 38
    DateInvalid = 39
    RatioInvalid = 40
    TradeInvalid = 41
    WorkFull = 42
    SideInvalid = 43
    OrderTypeInvalid = 44
    TimeInForceInvalid = 45
    FlagsInvalid = 46
    QuantityInvalid = 47
    PriceOffTick = 48
    PriceOutOfRange = 49
    DisplayInvalid = 50
    MinimumInvalid = 51
    TriggerInvalid = 52
    ExpiryInvalid = 53
    LinkInvalid = 54
    PhaseForbids = 55
    InstrumentBusy = 56
    InstrumentNotBusy = 57
    KillSwitched = 58
    RateExceeded = 59
    QuantityTooLarge = 60
    PriceOutsideCollar = 61
    PriceOutsideBand = 62
    NotionalTooLarge = 63
    PositionTooLarge = 64
    PositionTooSmall = 65
    OpenOrdersTooMany = 66
    OrdersFull = 67
    HeldTooMuch = 68
    FundsInsufficient = 69
    LossReached = 70
    Restricted = 71
    DryRunTooLarge = 72
    PostOnlyWouldTrade = 73
    QuoteCrossed = 74
    QuoteMissing = 75
    DealingInvalid = 76
    PositionsInvalid = 77


def lowest(holds: Mapping[Reason, bool]) -> Reason | None:
    """The lowest of the reasons that hold, or None."""
    return min((reason for reason, it_holds in holds.items() if it_holds), default=None)
