//! OUCH messages as a client of the test market sends them, and as it expects them.
#![allow(dead_code)]

use garraway_types::{Event, EventKind};
use garraway_wire::ouch::*;

pub fn token(text: &str) -> Token {
    Token::new(text).unwrap()
}

/// An order on XYZ that rests; the price in cents.
pub fn enter(text: &str, side: Side, shares: u32, cents: u32) -> EnterOrder {
    EnterOrder {
        token: token(text),
        side,
        shares,
        symbol: Symbol::new("XYZ").unwrap(),
        price: Price(cents * 100),
        time_in_force: TimeInForce::SYSTEM_HOURS,
        firm: Firm::new("ACME").unwrap(),
        display: Display::ANONYMOUS,
        capacity: Capacity::PRINCIPAL,
        intermarket_sweep: IntermarketSweep::NOT_ELIGIBLE,
        min_quantity: 0,
        cross_type: CrossType::NO_CROSS,
        customer_type: CustomerType::NOT_RETAIL,
    }
}

/// The same, immediate or cancel.
pub fn immediate(text: &str, side: Side, shares: u32, cents: u32) -> EnterOrder {
    EnterOrder { time_in_force: TimeInForce::IMMEDIATE_OR_CANCEL, ..enter(text, side, shares, cents) }
}

pub fn replace(existing: &str, replacement: &str, shares: u32, cents: u32) -> ReplaceOrder {
    ReplaceOrder {
        existing_token: token(existing),
        replacement_token: token(replacement),
        shares,
        price: Price(cents * 100),
        time_in_force: TimeInForce::SYSTEM_HOURS,
        display: Display::ANONYMOUS,
        intermarket_sweep: IntermarketSweep::NOT_ELIGIBLE,
        min_quantity: 0,
    }
}

pub fn cancel(text: &str, shares: u32) -> CancelOrder {
    CancelOrder { token: token(text), shares }
}

/// What an accepted order says, from its event.
pub fn accepted(order: &EnterOrder, event: &Event, state: OrderState) -> Outbound {
    Outbound::Accepted(Accepted {
        timestamp_ns: midnight(event),
        token: order.token,
        side: order.side,
        shares: order.shares,
        symbol: order.symbol,
        price: order.price,
        time_in_force: order.time_in_force,
        firm: order.firm,
        display: Display::ANONYMOUS,
        order_reference: event.event_id,
        capacity: order.capacity,
        intermarket_sweep: order.intermarket_sweep,
        min_quantity: order.min_quantity,
        cross_type: order.cross_type,
        state,
        bbo_weight: BboWeight::UNSPECIFIED,
    })
}

/// What a replacement says, from its event and the order before.
pub fn replaced(
    order: &ReplaceOrder,
    before: &EnterOrder,
    event: &Event,
    open: u32,
    reference: u64,
) -> Outbound {
    Outbound::Replaced(Replaced {
        timestamp_ns: midnight(event),
        replacement_token: order.replacement_token,
        side: before.side,
        shares: open,
        symbol: before.symbol,
        price: order.price,
        time_in_force: order.time_in_force,
        firm: before.firm,
        display: Display::ANONYMOUS,
        order_reference: reference,
        capacity: before.capacity,
        intermarket_sweep: order.intermarket_sweep,
        min_quantity: order.min_quantity,
        cross_type: before.cross_type,
        state: OrderState::LIVE,
        previous_token: order.existing_token,
        bbo_weight: BboWeight::UNSPECIFIED,
    })
}

pub fn canceled(text: &str, event: &Event, shares: u32, reason: CancelReason) -> Outbound {
    Outbound::Canceled(Canceled {
        timestamp_ns: midnight(event),
        token: token(text),
        decrement_shares: shares,
        reason,
    })
}

pub fn executed(
    text: &str,
    event: &Event,
    shares: u32,
    cents: u32,
    flag: LiquidityFlag,
    trade: u64,
) -> Outbound {
    Outbound::Executed(Executed {
        timestamp_ns: midnight(event),
        token: token(text),
        executed_shares: shares,
        execution_price: Price(cents * 100),
        liquidity_flag: flag,
        match_number: trade,
    })
}

pub fn rejected(text: &str, event: &Event, reason: RejectReason) -> Outbound {
    Outbound::Rejected(Rejected { timestamp_ns: midnight(event), token: token(text), reason })
}

/// The last event of this kind.
pub fn last(events: &[Event], kind: EventKind) -> Event {
    *events.iter().rev().find(|event| event.kind == kind as u8).unwrap()
}

pub fn midnight(event: &Event) -> u64 {
    (event.at_ns % 86_400_000_000_000) as u64
}
