//! What OUCH answers to orders, message by message and field by field.
#![allow(clippy::unwrap_used)]

mod support;

use garraway_types::{CommandHead, CommandKind, Event, EventKind, FixedBody};
use garraway_wire::ouch::*;
use support::orders::{
    accepted, cancel, canceled, enter, executed, immediate, last, rejected, replace, replaced, token,
};
use support::*;

/// A venue with both sessions logged in and their first message read.
struct Market {
    alpha: OuchClient,
    bravo: OuchClient,
    door: DoorClient,
    venue: Venue,
    _folder: Folder,
}

impl Market {
    fn open() -> Self {
        let folder = Folder::new();
        let venue = Venue::start(&folder);
        let door = open_market(&venue);
        let (mut alpha, mut bravo) = (venue.session("ALPHA", 1), venue.session("BRAVO", 1));
        for client in [&mut alpha, &mut bravo] {
            assert!(matches!(client.message(), Outbound::SystemEvent(_)));
        }
        Self { alpha, bravo, door, venue, _folder: folder }
    }

    fn last(&self, kind: EventKind) -> Event {
        last(&self.venue.events(), kind)
    }

    /// Alpha's order, which must be accepted and rest.
    fn alpha_rests(&mut self, order: &EnterOrder) -> Event {
        self.alpha.send(*order);
        let message = self.alpha.message();
        let event = self.last(EventKind::Accepted);
        assert_eq!(message, accepted(order, &event, OrderState::LIVE));
        event
    }

    /// Sends a message of alpha's that must make nothing: the next order's answer comes next.
    fn alpha_ignored(&mut self, message: impl Into<Inbound>, fence: &str) {
        self.alpha.send(message);
        self.alpha_rests(&enter(fence, Side::BUY, 1, 1));
    }

    fn alpha_rejected(&mut self, order: EnterOrder, reason: RejectReason) {
        self.alpha.send(order);
        let message = self.alpha.message();
        let event = self.last(EventKind::Rejected);
        assert_eq!(message, rejected(order.token.text().unwrap(), &event, reason), "{order:?}");
    }
}

#[test]
fn the_first_message_of_a_stream_is_the_start_at_the_time_of_the_definition() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let _door = open_market(&venue);
    let events = venue.events();
    let defined = events.iter().find(|event| event.kind == EventKind::SessionDefined as u8).unwrap();
    let mut client = venue.session("ALPHA", 1);
    let expected = SystemEvent {
        timestamp_ns: support::orders::midnight(defined),
        event: SystemEventCode::START_OF_DAY,
    };
    assert_eq!(client.message(), Outbound::SystemEvent(expected));
}

#[test]
fn an_order_that_rests_is_accepted_with_its_own_terms() {
    let mut market = Market::open();
    let event = market.alpha_rests(&enter("A1", Side::BUY, 100, 1_000));
    assert_eq!((event.price, event.quantity, event.instrument), (1_000, 100, XYZ));
}

#[test]
fn an_order_that_would_meet_its_own_is_cancelled_as_self_match_prevention() {
    let mut market = Market::open();
    market.bravo.send(enter("B1", Side::SELL, 10, 1_000));
    assert!(matches!(market.bravo.message(), Outbound::Accepted(_)));
    let order = enter("B2", Side::BUY, 4, 1_000);
    market.bravo.send(order);
    let answers = [market.bravo.message(), market.bravo.message()];
    let (entered, gone) = (market.last(EventKind::Accepted), market.last(EventKind::Canceled));
    let prevented = canceled("B2", &gone, 4, CancelReason::SELF_MATCH_PREVENTION);
    assert_eq!(answers, [accepted(&order, &entered, OrderState::LIVE), prevented]);
}

#[test]
fn a_trade_is_told_to_both_sides_with_one_match_number() {
    let mut market = Market::open();
    market.alpha_rests(&enter("A1", Side::SELL, 100, 1_000));
    let order = enter("B1", Side::BUY, 30, 1_001);
    market.bravo.send(order);
    let answers = [market.bravo.message(), market.bravo.message()];
    let (traded, filled) = (market.last(EventKind::Traded), market.last(EventKind::Filled));
    let event = market.last(EventKind::Accepted);
    let trade = traded.event_id;
    assert_eq!(answers[0], accepted(&order, &event, OrderState::LIVE));
    assert_eq!(answers[1], executed("B1", &filled, 30, 1_000, LiquidityFlag::REMOVED, trade));
    assert_eq!(market.alpha.message(), executed("A1", &filled, 30, 1_000, LiquidityFlag::ADDED, trade));
}

#[test]
fn an_immediate_order_that_meets_nobody_is_accepted_dead_and_no_more() {
    let mut market = Market::open();
    let order = immediate("A1", Side::BUY, 10, 900);
    market.alpha.send(order);
    let message = market.alpha.message();
    assert_eq!(message, accepted(&order, &market.last(EventKind::Accepted), OrderState::DEAD));
    market.alpha_ignored(cancel("A1", 0), "A2");
}

#[test]
fn the_rest_of_an_immediate_order_is_canceled_as_such() {
    let mut market = Market::open();
    market.alpha_rests(&enter("A1", Side::SELL, 10, 1_000));
    let order = immediate("B1", Side::BUY, 25, 1_000);
    market.bravo.send(order);
    let answers = [market.bravo.message(), market.bravo.message(), market.bravo.message()];
    let (filled, cancel) = (market.last(EventKind::Filled), market.last(EventKind::Canceled));
    let trade = market.last(EventKind::Traded).event_id;
    assert_eq!(answers[0], accepted(&order, &market.last(EventKind::Accepted), OrderState::LIVE));
    assert_eq!(answers[1], executed("B1", &filled, 10, 1_000, LiquidityFlag::REMOVED, trade));
    assert_eq!(answers[2], canceled("B1", &cancel, 15, CancelReason::IMMEDIATE_OR_CANCEL));
}

#[test]
fn a_market_order_takes_what_there_is_and_never_rests() {
    let mut market = Market::open();
    market.alpha_rests(&enter("A1", Side::SELL, 10, 1_000));
    let order = EnterOrder { price: Price::MARKET, ..enter("B1", Side::BUY, 12, 0) };
    market.bravo.send(order);
    assert_eq!(market.bravo.message(), accepted(&order, &market.last(EventKind::Accepted), OrderState::LIVE));
    assert!(matches!(market.bravo.message(), Outbound::Executed(_)));
    let message = market.bravo.message();
    let event = market.last(EventKind::Canceled);
    assert_eq!(message, canceled("B1", &event, 2, CancelReason::IMMEDIATE_OR_CANCEL));
    assert_eq!(market.last(EventKind::Accepted).price, 1_000_000);
}

#[test]
fn a_minimum_of_the_whole_quantity_is_fill_or_kill() {
    let mut market = Market::open();
    market.alpha_rests(&enter("A1", Side::SELL, 10, 1_000));
    let order = EnterOrder { min_quantity: 11, ..immediate("B1", Side::BUY, 11, 1_000) };
    market.bravo.send(order);
    let message = market.bravo.message();
    assert_eq!(message, accepted(&order, &market.last(EventKind::Accepted), OrderState::DEAD));
    let order = EnterOrder { min_quantity: 10, ..immediate("B2", Side::BUY, 10, 1_000) };
    market.bravo.send(order);
    let message = market.bravo.message();
    assert_eq!(message, accepted(&order, &market.last(EventKind::Accepted), OrderState::LIVE));
    assert!(matches!(market.bravo.message(), Outbound::Executed(_)));
}

#[test]
fn a_cancel_says_the_new_total_and_what_it_took_off() {
    let mut market = Market::open();
    market.alpha_rests(&enter("A1", Side::BUY, 100, 1_000));
    market.alpha.send(cancel("A1", 40));
    let message = market.alpha.message();
    let event = market.last(EventKind::Canceled);
    assert_eq!(message, canceled("A1", &event, 60, CancelReason::USER_REQUESTED));
    market.alpha.send(cancel("A1", 0));
    let message = market.alpha.message();
    let event = market.last(EventKind::Canceled);
    assert_eq!(message, canceled("A1", &event, 40, CancelReason::USER_REQUESTED));
}

#[test]
fn cancels_that_change_nothing_are_ignored() {
    let mut market = Market::open();
    market.alpha_rests(&enter("A1", Side::BUY, 100, 1_000));
    market.alpha_ignored(cancel("A1", 100), "F1");
    market.alpha_ignored(cancel("A1", 101), "F2");
    market.alpha_ignored(cancel("NEVER", 0), "F3");
    market.alpha.send(cancel("A1", 0));
    assert!(matches!(market.alpha.message(), Outbound::Canceled(_)));
    market.alpha_ignored(cancel("A1", 0), "F4");
}

#[test]
fn a_cancel_of_one_session_does_not_reach_the_tokens_of_another() {
    let mut market = Market::open();
    market.alpha_rests(&enter("SAME", Side::BUY, 100, 1_000));
    market.bravo.send(cancel("SAME", 0));
    market.bravo.send(enter("SAME", Side::BUY, 7, 900));
    assert!(matches!(market.bravo.message(), Outbound::Accepted(message) if message.shares == 7));
    market.alpha.send(cancel("SAME", 0));
    assert!(matches!(market.alpha.message(), Outbound::Canceled(message) if message.decrement_shares == 100));
}

#[test]
fn a_replacement_that_loses_priority_has_a_new_reference() {
    let mut market = Market::open();
    let order = enter("A1", Side::BUY, 100, 1_000);
    market.alpha_rests(&order);
    let change = replace("A1", "A2", 120, 1_001);
    market.alpha.send(change);
    let message = market.alpha.message();
    let event = market.last(EventKind::Replaced);
    assert_eq!(message, replaced(&change, &order, &event, 120, event.event_id));
    market.alpha_ignored(cancel("A1", 0), "F1");
    market.alpha.send(cancel("A2", 0));
    let message = market.alpha.message();
    let event = market.last(EventKind::Canceled);
    assert_eq!(message, canceled("A2", &event, 120, CancelReason::USER_REQUESTED));
}

#[test]
fn a_replacement_that_keeps_priority_keeps_the_reference_and_counts_what_was_filled() {
    let mut market = Market::open();
    let order = enter("A1", Side::SELL, 100, 1_000);
    let first = market.alpha_rests(&order);
    market.bravo.send(enter("B1", Side::BUY, 30, 1_000));
    assert!(matches!(market.alpha.message(), Outbound::Executed(_)));
    let change = replace("A1", "A2", 80, 1_000);
    market.alpha.send(change);
    let message = market.alpha.message();
    let event = market.last(EventKind::Replaced);
    assert_eq!(message, replaced(&change, &order, &event, 50, first.event_id));
}

#[test]
fn a_replacement_by_no_more_than_was_filled_cancels_and_leaves_the_new_token_free() {
    let mut market = Market::open();
    market.alpha_rests(&enter("A1", Side::SELL, 100, 1_000));
    market.bravo.send(enter("B1", Side::BUY, 30, 1_000));
    assert!(matches!(market.alpha.message(), Outbound::Executed(_)));
    market.alpha.send(replace("A1", "A2", 30, 1_000));
    let message = market.alpha.message();
    let event = market.last(EventKind::Canceled);
    assert_eq!(message, canceled("A1", &event, 70, CancelReason::USER_REQUESTED));
    market.alpha_rests(&enter("A2", Side::BUY, 1, 1));
}

#[test]
fn a_refused_replacement_spends_the_new_token_and_leaves_the_old_order() {
    let mut market = Market::open();
    market.alpha_rests(&enter("A1", Side::BUY, 100, 1_000));
    let cases = [
        (replace("A1", "R1", 5_001, 1_000), RejectReason::SHARES_OVER_THRESHOLD),
        (ReplaceOrder { price: Price(1), ..replace("A1", "R2", 100, 0) }, RejectReason::INVALID_PRICE),
        (ReplaceOrder { price: Price::MARKET, ..replace("A1", "R3", 100, 0) }, RejectReason::INVALID_PRICE),
        (
            ReplaceOrder { display: Display::NON_DISPLAY, ..replace("A1", "R4", 100, 999) },
            RejectReason::INVALID_DISPLAY,
        ),
        (
            ReplaceOrder { time_in_force: TimeInForce(0), ..replace("A1", "R5", 100, 999) },
            RejectReason::OTHER,
        ),
        (
            ReplaceOrder { min_quantity: 1, ..replace("A1", "R6", 100, 999) },
            RejectReason::INVALID_MIN_QUANTITY,
        ),
    ];
    for (change, reason) in cases {
        market.alpha.send(change);
        let message = market.alpha.message();
        let event = market.last(EventKind::Rejected);
        assert_eq!(message, rejected(change.replacement_token.text().unwrap(), &event, reason));
    }
    market.alpha_ignored(replace("A1", "R1", 50, 1_000), "F1");
    market.alpha.send(cancel("A1", 0));
    assert!(matches!(market.alpha.message(), Outbound::Canceled(message) if message.decrement_shares == 100));
}

#[test]
fn replacements_of_unknown_and_by_used_tokens_are_ignored() {
    let mut market = Market::open();
    market.alpha_rests(&enter("A1", Side::BUY, 100, 1_000));
    market.alpha_ignored(replace("NEVER", "A2", 50, 1_000), "F1");
    market.alpha_ignored(replace("A1", "A1", 50, 1_000), "F2");
    market.alpha_ignored(replace("A1", "F1", 50, 1_000), "F3");
}

#[test]
fn a_token_is_taken_once_whatever_became_of_its_order() {
    let mut market = Market::open();
    market.alpha_rests(&enter("LIVE", Side::BUY, 100, 1_000));
    market.alpha_rejected(enter("BAD", Side::BUY, 0, 1_000), RejectReason::SHARES_OVER_THRESHOLD);
    market.alpha.send(immediate("DEAD", Side::BUY, 1, 1));
    assert!(matches!(market.alpha.message(), Outbound::Accepted(_)));
    for (at, used) in ["LIVE", "BAD", "DEAD"].into_iter().enumerate() {
        market.alpha_ignored(enter(used, Side::SELL, 10, 900), &format!("F{at}"));
    }
}

#[test]
fn what_the_venue_does_not_offer_is_rejected_with_its_reason() {
    let mut market = Market::open();
    let order = |text| enter(text, Side::BUY, 10, 1_000);
    let symbol = |text| Symbol::new(text).unwrap();
    let cases = [
        (EnterOrder { symbol: symbol("NONE"), ..order("R01") }, RejectReason::INVALID_STOCK),
        (EnterOrder { symbol: symbol("FINE"), ..order("R02") }, RejectReason::INVALID_STOCK),
        (EnterOrder { symbol: Symbol(*b"\0\xff\"\\\n   "), ..order("R03") }, RejectReason::INVALID_STOCK),
        (EnterOrder { shares: 5_001, ..order("R04") }, RejectReason::SHARES_OVER_THRESHOLD),
        (EnterOrder { shares: u32::MAX, ..order("R05") }, RejectReason::SHARES_OVER_THRESHOLD),
        (EnterOrder { price: Price(0), ..order("R06") }, RejectReason::INVALID_PRICE),
        (EnterOrder { price: Price(100_050), ..order("R07") }, RejectReason::INVALID_PRICE),
        (EnterOrder { price: Price(u32::MAX), ..order("R08") }, RejectReason::INVALID_PRICE),
        (EnterOrder { time_in_force: TimeInForce(60), ..order("R09") }, RejectReason::OTHER),
        (EnterOrder { time_in_force: TimeInForce(u32::MAX), ..order("R10") }, RejectReason::OTHER),
        (EnterOrder { side: Side(b'Q'), ..order("R11") }, RejectReason::OTHER),
        (EnterOrder { side: Side::SELL_SHORT, ..order("R12") }, RejectReason::SHORT_SALE),
        (EnterOrder { display: Display::NON_DISPLAY, ..order("R13") }, RejectReason::INVALID_DISPLAY),
        (EnterOrder { display: Display::POST_ONLY, ..order("R14") }, RejectReason::INVALID_DISPLAY),
        (EnterOrder { cross_type: CrossType::OPENING, ..order("R15") }, RejectReason::NOT_ALLOWED_IN_CROSS),
        (EnterOrder { min_quantity: 5, ..order("R16") }, RejectReason::INVALID_MIN_QUANTITY),
        (
            EnterOrder { min_quantity: 5, ..immediate("R17", Side::BUY, 10, 1_000) },
            RejectReason::INVALID_MIN_QUANTITY,
        ),
    ];
    for (order, reason) in cases {
        market.alpha_rejected(order, reason);
    }
}

#[test]
fn an_order_that_the_account_cannot_pay_is_rejected() {
    let mut market = Market::open();
    let order = enter("A1", Side::BUY, 5_000, 999_999);
    market.alpha_rejected(order, RejectReason::OTHER);
    assert_eq!(market.last(EventKind::Rejected).detail, garraway_types::Reject::FundsInsufficient as u8);
}

#[test]
fn a_modify_is_not_offered_and_not_answered() {
    let mut market = Market::open();
    market.alpha_rests(&enter("A1", Side::SELL, 10, 1_000));
    let modify = ModifyOrder { token: token("A1"), side: Side::SELL_SHORT, shares: 10 };
    market.alpha_ignored(modify, "F1");
    let what = market.venue.notice(|notice| match notice {
        garraway_exchange::Notice::NotOffered { what, .. } => Some(what.clone()),
        _ => None,
    });
    assert_eq!(what, "ModifyOrder");
}

#[test]
fn what_the_operator_does_to_an_order_is_told_as_the_venues_doing() {
    let mut market = Market::open();
    let first = market.alpha_rests(&enter("A1", Side::BUY, 100, 1_000));
    let second = market.alpha_rests(&enter("A2", Side::BUY, 60, 1_000));
    let head = CommandHead { account: ALPHA, client_ref: first.client_ref, ..market.door.head() };
    let body = FixedBody { quantity: 40, ..FixedBody::empty() };
    market.door.command(CommandKind::CancelOrder, head, &body, &[]);
    assert_eq!(market.door.outcome().reason, 0);
    let message = market.alpha.message();
    let event = market.last(EventKind::Canceled);
    assert_eq!(message, canceled("A1", &event, 60, CancelReason::SUPERVISORY));
    let head = CommandHead { account: ALPHA, client_ref: second.client_ref + 1, ..market.door.head() };
    let body = FixedBody { target: second.client_ref, price: 990, quantity: 50, ..FixedBody::empty() };
    market.door.command(CommandKind::ReplaceOrder, head, &body, &[]);
    assert_eq!(market.door.outcome().reason, 0);
    let message = market.alpha.message();
    let event = market.last(EventKind::Replaced);
    assert_eq!(message, canceled("A2", &event, 60, CancelReason::SUPERVISORY));
}

#[test]
fn orders_that_came_through_the_door_are_not_told_by_ouch() {
    let mut market = Market::open();
    market.door.place(ALPHA, 1, 1, 1_000, 10);
    market.bravo.send(enter("B1", Side::SELL, 10, 1_000));
    assert!(matches!(market.bravo.message(), Outbound::Accepted(_)));
    assert!(matches!(market.bravo.message(), Outbound::Executed(_)));
    let event = market.alpha_rests(&enter("A1", Side::BUY, 1, 1));
    assert_eq!(event.client_ref, 2);
}

#[test]
fn an_account_that_trades_with_itself_hears_of_both_sides() {
    let mut market = Market::open();
    market.alpha_rests(&enter("A1", Side::SELL, 10, 1_000));
    let order = enter("A2", Side::BUY, 10, 1_000);
    market.alpha.send(order);
    let answers = [market.alpha.message(), market.alpha.message(), market.alpha.message()];
    let filled = market.last(EventKind::Filled);
    let trade = market.last(EventKind::Traded).event_id;
    assert_eq!(answers[0], accepted(&order, &market.last(EventKind::Accepted), OrderState::LIVE));
    assert_eq!(answers[1], executed("A1", &filled, 10, 1_000, LiquidityFlag::ADDED, trade));
    assert_eq!(answers[2], executed("A2", &filled, 10, 1_000, LiquidityFlag::REMOVED, trade));
}

#[test]
fn an_order_that_takes_more_than_one_slice_is_told_to_the_end() {
    let folder = Folder::new();
    let venue = Venue::start_with(&folder, |config| config.engine.slice_events = 8);
    let _door = open_market(&venue);
    let (mut alpha, mut bravo) = (venue.session("ALPHA", 0), venue.session("BRAVO", 0));
    for number in 0..50 {
        alpha.send(enter(&format!("A{number}"), Side::SELL, 1, 1_000));
    }
    alpha.many(50);
    let order = immediate("B1", Side::BUY, 60, 1_000);
    bravo.send(order);
    let event = loop {
        if let Outbound::Accepted(message) = bravo.message() {
            break message;
        }
    };
    assert_eq!(event.state, OrderState::LIVE);
    let filled = (0..50).filter(|_| matches!(bravo.message(), Outbound::Executed(_))).count();
    assert_eq!(filled, 50);
    let Outbound::Canceled(rest) = bravo.message() else { panic!("no cancel") };
    assert_eq!((rest.decrement_shares, rest.reason), (10, CancelReason::IMMEDIATE_OR_CANCEL));
    for number in 0..50 {
        let Outbound::Executed(message) = alpha.message() else { panic!("no execution") };
        assert_eq!(message.token, token(&format!("A{number}")));
    }
    let crashed = folder.copy();
    let again = Venue::start_with(&crashed, |config| config.engine.slice_events = 8);
    assert_eq!(again.session("BRAVO", 1).many(53).len(), 53);
}
