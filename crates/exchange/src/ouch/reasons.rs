//! Which OUCH reason each reject of the engine becomes: one table, and the refinements that the client's own message gives.
//! Source: OUCH 4.2, "Rejected Message".

use garraway_types::Reject;
use garraway_wire::ouch::{EnterOrder, RejectReason, ReplaceOrder};

use super::inbound::{enter_refusal, replace_refusal};

macro_rules! reasons {
    ($( $reject:ident => $reason:ident, )+) => {
        /// Every reject of the engine, in order of its code, and its OUCH reason.
        ///
        /// An order from OUCH meets those of sources and definitions never; they are `OTHER` so that the table is whole.
        pub const REASONS: &[(Reject, RejectReason)] = &[$( (Reject::$reject, RejectReason::$reason), )+];
    };
}

reasons! {
    SourceUnknown => OTHER,
    SourceTooOld => OTHER,
    SourceGap => OTHER,
    SourceBodyDiffers => OTHER,
    SourceRepeat => OTHER,
    NotPermitted => OTHER,
    IdInvalid => OTHER,
    AlreadyDefined => OTHER,
    NameInvalid => OTHER,
    RightsInvalid => OTHER,
    ScaleInvalid => OTHER,
    ProtocolInvalid => OTHER,
    AccountUnknown => OTHER,
    FirmDiffers => OTHER,
    AssetUnknown => OTHER,
    AssetsSame => OTHER,
    ExecutionInvalid => OTHER,
    KindInvalid => OTHER,
    NotionalNotExact => OTHER,
    LotNotExact => OTHER,
    TickInvalid => OTHER,
    PriceRangeInvalid => OTHER,
    LimitInvalid => OTHER,
    SelfTradeInvalid => OTHER,
    GroupUnknown => OTHER,
    ClearingInvalid => OTHER,
    FeeRateInvalid => OTHER,
    FeePlanUnknown => OTHER,
    ScopeInvalid => OTHER,
    AmountInvalid => OTHER,
    ClientRefStale => OTHER,
    OrderUnknown => OTHER,
    InstrumentUnknown => INVALID_STOCK,
    BandInvalid => OTHER,
    ScheduleInvalid => OTHER,
    PhaseInvalid => OTHER,
    ReferenceInvalid => OTHER,
    ReferenceUnknown => OTHER,
    DateInvalid => OTHER,
    RatioInvalid => OTHER,
    TradeInvalid => OTHER,
    WorkFull => OTHER,
    SideInvalid => OTHER,
    OrderTypeInvalid => OTHER,
    TimeInForceInvalid => OTHER,
    FlagsInvalid => OTHER,
    QuantityInvalid => SHARES_OVER_THRESHOLD,
    PriceOffTick => INVALID_PRICE,
    PriceOutOfRange => INVALID_PRICE,
    DisplayInvalid => OTHER,
    MinimumInvalid => INVALID_MIN_QUANTITY,
    TriggerInvalid => OTHER,
    ExpiryInvalid => OTHER,
    LinkInvalid => OTHER,
    PhaseForbids => HALTED,
    InstrumentBusy => HALTED,
    InstrumentNotBusy => OTHER,
    KillSwitched => HALTED,
    RateExceeded => OTHER,
    QuantityTooLarge => SHARES_OVER_THRESHOLD,
    PriceOutsideCollar => INVALID_PRICE,
    PriceOutsideBand => INVALID_PRICE,
    NotionalTooLarge => VALUE_LIMIT,
    PositionTooLarge => OTHER,
    PositionTooSmall => OTHER,
    OpenOrdersTooMany => OTHER,
    OrdersFull => OTHER,
    HeldTooMuch => OTHER,
    FundsInsufficient => OTHER,
    LossReached => OTHER,
    Restricted => OTHER,
    DryRunTooLarge => INVALID_MIN_QUANTITY,
    PostOnlyWouldTrade => INVALID_PRICE,
    QuoteCrossed => OTHER,
    QuoteMissing => HALTED,
    DealingInvalid => OTHER,
    PositionsInvalid => OTHER,
}

/// The OUCH reason of the engine's reject with this code.
pub fn reason_of(code: u8) -> RejectReason {
    REASONS.get(usize::from(code).wrapping_sub(1)).map_or(RejectReason::OTHER, |(_, reason)| *reason)
}

/// Why an entered order was not taken.
pub fn enter_reason(code: u8, order: &EnterOrder) -> RejectReason {
    let refused = (code == Reject::TimeInForceInvalid as u8).then(|| enter_refusal(order)).flatten();
    refused.unwrap_or_else(|| reason_of(code))
}

/// Why a replacement was not taken.
pub fn replace_reason(code: u8, order: &ReplaceOrder) -> RejectReason {
    let refused = (code == Reject::PriceOutOfRange as u8).then(|| replace_refusal(order)).flatten();
    refused.unwrap_or_else(|| reason_of(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reject_has_its_row_at_its_code() {
        let all: Vec<Reject> = Reject::ALL.iter().map(|spec| spec.reason).collect();
        assert_eq!(REASONS.iter().map(|(reject, _)| *reject).collect::<Vec<_>>(), all);
        for (reject, reason) in REASONS {
            assert_eq!(reason_of(*reject as u8), *reason);
        }
        assert_eq!(reason_of(0), RejectReason::OTHER);
        assert_eq!(reason_of(255), RejectReason::OTHER);
    }
}
