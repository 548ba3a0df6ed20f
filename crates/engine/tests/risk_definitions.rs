//! Groups, fee plans, accounts, limits, switches, restrictions: what each command takes and refuses.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::*;
use garraway_types::*;

#[test]
fn fee_plans_are_judged_and_may_be_redefined() {
    let mut venue = Venue::new();
    assert_eq!(reason(&venue.define_plan(0, 0, 0)), Some(Reject::IdInvalid));
    assert_eq!(reason(&venue.define_plan(1, -100_000_001, 0)), Some(Reject::FeeRateInvalid));
    assert_eq!(reason(&venue.define_plan(1, 0, 100_000_001)), Some(Reject::FeeRateInvalid));
    let event = venue.define_plan(255, -100_000_000, 100_000_000)[0];
    assert_eq!((event.kind, event.value), (EventKind::FeePlanDefined as u8, 255));
    assert_eq!(reason(&venue.define_plan(255, 1, 2)), None);
}

#[test]
fn groups_are_judged_in_the_order_of_the_codes() {
    let mut venue = Venue::new();
    venue.define_plan(7, 0, 0);
    type Case<'a> = (u16, &'a str, u32, &'a [(i64, u8)], Reject);
    let cases: [Case<'_>; 8] = [
        (0, "retail", USD, &[], Reject::IdInvalid),
        (4_096, "retail", USD, &[], Reject::IdInvalid),
        (1, "re tail", USD, &[], Reject::NameInvalid),
        (1, "retail", 9, &[(0, 7)], Reject::AssetUnknown),
        (1, "retail", USD, &[(-1, 7)], Reject::FeePlanUnknown),
        (1, "retail", USD, &[(5, 7), (5, 0)], Reject::FeePlanUnknown),
        (1, "retail", USD, &[(0, 8)], Reject::FeePlanUnknown),
        (1, "retail", 9, &[(5, 8), (5, 0)], Reject::AssetUnknown),
    ];
    for (group, name, asset, tiers, expected) in cases {
        assert_eq!(
            reason(&venue.define_group(group, name, asset, tiers)),
            Some(expected),
            "{name} {tiers:?}"
        );
    }
    let event = venue.define_group(1, "retail", USD, &[(0, 7), (100, 0)])[0];
    assert_eq!((event.kind, event.value, event.quantity), (EventKind::GroupDefined as u8, 1, 2));
    assert_eq!(reason(&venue.define_group(2, "retail", 99, &[])), Some(Reject::AlreadyDefined));
    assert_eq!(reason(&venue.define_group(1, "retail", 99, &[])), None);
}

#[test]
fn accounts_ask_for_their_group_and_their_clearing_account() {
    let mut venue = Venue::new();
    let cases = [
        (OpenAccount { group: 3, clearing: 99, ..account_terms() }, Reject::GroupUnknown),
        (OpenAccount { self_trade: 9, group: 3, ..account_terms() }, Reject::SelfTradeInvalid),
        (OpenAccount { clearing: 99, ..account_terms() }, Reject::ClearingInvalid),
        (OpenAccount { clearing: 18, ..account_terms() }, Reject::ClearingInvalid),
        (OpenAccount { clearing: 1, ..account_terms() }, Reject::ClearingInvalid),
        (OpenAccount { clearing: 30, ..account_terms() }, Reject::ClearingInvalid),
    ];
    for (terms, expected) in cases {
        assert_eq!(reason(&venue.open(30, terms)), Some(expected), "{terms:?}");
    }
    assert_eq!(reason(&venue.open(30, OpenAccount { clearing: 16, ..account_terms() })), None);
    let chained = OpenAccount { clearing: 30, ..account_terms() };
    assert_eq!(reason(&venue.open(31, chained)), Some(Reject::ClearingInvalid));
    assert_eq!(reason(&venue.deposit(30, USD, 0)), Some(Reject::ClearingInvalid));
    assert_eq!(reason(&venue.deposit(30, 9, 0)), Some(Reject::AssetUnknown));
    assert_eq!(reason(&venue.withdraw(30, USD, 1)), Some(Reject::ClearingInvalid));
}

#[test]
fn set_account_is_judged_in_the_order_of_the_codes() {
    let mut venue = Venue::new();
    let mut set = |account, group, self_trade, self_trade_of| {
        let body = SetAccount {
            group,
            self_trade,
            self_trade_of,
            positions: 0,
            reserved: 0,
            reserved_2: 0,
            reserved_3: 0,
        };
        venue.operate(CommandKind::SetAccount, CommandHead { account, ..CommandHead::empty() }, &body)
    };
    assert_eq!(reason(&set(2, 9, 9, 0)), Some(Reject::AccountUnknown));
    assert_eq!(reason(&set(16, 9, 9, 0)), Some(Reject::SelfTradeInvalid));
    assert_eq!(reason(&set(16, 9, 1, 0)), Some(Reject::SelfTradeInvalid));
    assert_eq!(reason(&set(16, 9, 1, 1)), Some(Reject::GroupUnknown));
    let event = set(16, 0, 1, 1)[0];
    assert_eq!((event.kind, event.account), (EventKind::AccountChanged as u8, 16));
}

#[test]
fn limits_are_judged_in_the_order_of_the_codes() {
    let mut venue = Venue::new();
    let none = no_limits();
    let held = SetLimits { max_held: 1, asset: USD, ..none };
    let cases = [
        (9, 99, SetLimits { max_held: -1, asset: 9, ..none }, Reject::AssetUnknown),
        (9, 99, SetLimits { max_loss: 1, ..none }, Reject::AssetUnknown),
        (9, 99, SetLimits { max_quantity: -1, asset: 99, ..none }, Reject::LimitInvalid),
        (code::SCOPE_FIRM, 1, SetLimits { max_position: 1, ..none }, Reject::LimitInvalid),
        (code::SCOPE_FIRM, 1, SetLimits { max_loss: 1, asset: USD, ..none }, Reject::LimitInvalid),
        (code::SCOPE_INSTRUMENT, SPOT, held, Reject::LimitInvalid),
        (code::SCOPE_INSTRUMENT, SPOT, SetLimits { max_position: 1, ..none }, Reject::LimitInvalid),
        (0, 16, none, Reject::ScopeInvalid),
        (5, 0, none, Reject::ScopeInvalid),
        (code::SCOPE_ACCOUNT, 99, none, Reject::ScopeInvalid),
        (code::SCOPE_GROUP, 1, none, Reject::ScopeInvalid),
        (code::SCOPE_GROUP, 65_536, none, Reject::ScopeInvalid),
        (code::SCOPE_FIRM, 0, none, Reject::ScopeInvalid),
        (code::SCOPE_INSTRUMENT, 99, none, Reject::ScopeInvalid),
    ];
    for (scope, id, body, expected) in cases {
        assert_eq!(reason(&venue.set_limits(scope, id, body)), Some(expected), "{scope} {id} {body:?}");
    }
    let event = venue.set_limits(code::SCOPE_FIRM, 77, held)[0];
    let said = (event.kind, event.value, event.fee, event.account, event.instrument);
    assert_eq!(said, (EventKind::LimitsSet as u8, 77, 3, 0, 0));
}

#[test]
fn kill_switches_and_restrictions_name_what_there_is() {
    let mut venue = Venue::new();
    for (scope, id, on) in [(2, 1, 1), (1, 99, 1), (3, 0, 1), (4, 99, 1), (5, 1, 1), (6, 1, 1), (1, 16, 2)] {
        assert_eq!(reason(&venue.set_kill(scope, id, on)), Some(Reject::ScopeInvalid), "{scope} {id} {on}");
    }
    let event = venue.set_kill(4, SPOT, 1)[0];
    assert_eq!((event.kind, event.detail, event.value, event.fee), (EventKind::KillSet as u8, 1, 1, 4));
    for (scope, id, instrument, on) in [(4, SPOT, SPOT, 1), (1, 99, SPOT, 1), (3, 0, 99, 1), (2, 1, SPOT, 0)]
    {
        let events = venue.restrict(scope, id, instrument, on);
        assert_eq!(reason(&events), Some(Reject::ScopeInvalid), "{scope} {id} {on}");
    }
    assert_eq!(reason(&venue.restrict(1, 16, 99, 1)), Some(Reject::InstrumentUnknown));
    let event = venue.restrict(3, 1, SPOT, 1)[0];
    let said = (event.kind, event.detail, event.value, event.fee, event.instrument);
    assert_eq!(said, (EventKind::RestrictionSet as u8, 1, 1, 3, SPOT));
}

#[test]
fn a_listing_is_judged_by_kind() {
    let mut venue = Venue::new();
    let symbol = *b"NEW\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let (spot, future) =
        (ListInstrument { symbol, ..spot_terms() }, ListInstrument { symbol, ..future_terms() });
    let huge =
        ListInstrument { max_quantity: 1 << 31, max_price: 1 << 31, price_unit: 1_000_000_000, ..future };
    let cases = [
        (ListInstrument { base_asset: ABC, ..future }, Reject::AssetUnknown),
        (ListInstrument { base_asset: 0, kind: 4, ..spot }, Reject::AssetUnknown),
        (ListInstrument { kind: 4, price_unit: 0, ..spot }, Reject::KindInvalid),
        (ListInstrument { base_asset: 0, kind: 3, ..spot }, Reject::KindInvalid),
        (ListInstrument { execution: 2, ..spot }, Reject::KindInvalid),
        (ListInstrument { kind: 0, ..spot }, Reject::KindInvalid),
        (ListInstrument { execution: 3, kind: 4, ..spot }, Reject::ExecutionInvalid),
        (huge, Reject::LimitInvalid),
        (ListInstrument { phase: 0, maker_fee_rate: -1, ..spot }, Reject::FeeRateInvalid),
        (ListInstrument { phase: 0, ..spot }, Reject::PhaseInvalid),
        (ListInstrument { phase: 8, ..spot }, Reject::PhaseInvalid),
    ];
    for (terms, expected) in cases {
        assert_eq!(reason(&venue.list(5, terms)), Some(expected), "{terms:?}");
    }
    assert_eq!(reason(&venue.list(5, ListInstrument { max_price: (1 << 31) - 1, ..huge })), None);
}
