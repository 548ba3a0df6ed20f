//! From the engine's events to OUCH messages: a pure function of the event and of the account's fold, so that a stream is
//! the same however often it is derived.

use garraway_types::{CommandKind, Event, EventKind, detail};
use garraway_wire::ouch::{
    Accepted, BboWeight, CancelReason, Canceled, Display, EnterOrder, Executed, LiquidityFlag, OrderState,
    Rejected, ReplaceOrder, Replaced, SystemEvent, SystemEventCode, Token,
};

use super::reasons::{enter_reason, replace_reason};
use super::scale::Scales;
use super::tokens::{LiveOrder, Tokens};

const DAY_NS: i64 = 86_400_000_000_000;

/// An account that some session trades on.
#[derive(Debug)]
pub struct Account {
    tokens: Tokens,
    /// The sessions whose default account it is.
    pub sessions: Vec<u32>,
}

impl Account {
    /// An account without orders.
    pub fn new(tokens_limit: usize) -> Self {
        Self { tokens: Tokens::new(tokens_limit), sessions: Vec::new() }
    }

    /// Its tokens.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Takes the next event of this account into the fold and writes the message that it makes, if it makes one.
    ///
    /// `next` is the event behind it in the same command.
    pub fn take(
        &mut self,
        event: &Event,
        tail: &[u8],
        next: Option<&Event>,
        scales: &Scales,
        out: &mut Vec<u8>,
    ) {
        out.clear();
        match EventKind::from_code(event.kind) {
            Some(EventKind::Accepted) => self.accepted(event, tail, next, out),
            Some(EventKind::Rejected) => self.rejected(event, tail, out),
            Some(EventKind::Canceled) => self.canceled(event, out),
            Some(EventKind::Replaced) => self.replaced(event, tail, out),
            Some(EventKind::Filled) => self.filled(event, scales, out),
            _ => {}
        }
    }

    fn accepted(&mut self, event: &Event, tail: &[u8], next: Option<&Event>, out: &mut Vec<u8>) {
        let Some(order) = entered(event, tail) else { return };
        let dead = next.is_some_and(|next| is_whole_cancel(event, next));
        self.tokens.spend(order.token);
        if !dead {
            self.tokens.open(event.client_ref, LiveOrder::entered(&order, event.leaves));
        }
        Accepted {
            timestamp_ns: timestamp_ns(event),
            token: order.token,
            side: order.side,
            shares: event.quantity as u32,
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
            state: if dead { OrderState::DEAD } else { OrderState::LIVE },
            bbo_weight: BboWeight::UNSPECIFIED,
        }
        .encode(out);
    }

    fn rejected(&mut self, event: &Event, tail: &[u8], out: &mut Vec<u8>) {
        let (token, reason) = if let Some(order) = entered(event, tail) {
            (order.token, enter_reason(event.detail, &order))
        } else if let Some(order) = replacing(event, tail) {
            (order.replacement_token, replace_reason(event.detail, &order))
        } else {
            return;
        };
        self.tokens.spend(token);
        Rejected { timestamp_ns: timestamp_ns(event), token, reason }.encode(out);
    }

    /// An order without a token came by another door, or died when it was accepted: no message.
    fn canceled(&mut self, event: &Event, out: &mut Vec<u8>) {
        let Some(order) = self.tokens.order(event.client_ref) else { return };
        order.leaves = event.leaves;
        let token = order.token;
        if event.leaves == 0 {
            self.tokens.close(event.client_ref);
        }
        let reason = match event.detail {
            detail::NOT_FILLED | detail::NOT_FILLABLE => CancelReason::IMMEDIATE_OR_CANCEL,
            detail::SELF_TRADE => CancelReason::SELF_MATCH_PREVENTION,
            detail::EXPIRED => CancelReason::TIMEOUT,
            detail::BY_OWNER | detail::NOTHING_LEFT if event.source == 0 => CancelReason::USER_REQUESTED,
            detail::BY_OWNER | detail::NOTHING_LEFT => CancelReason::SUPERVISORY,
            _ => CancelReason::SYSTEM,
        };
        cancel(event, token, event.quantity, reason, out);
    }

    fn replaced(&mut self, event: &Event, tail: &[u8], out: &mut Vec<u8>) {
        let Some(before) = self.tokens.close(event.fee as u64) else { return };
        let Some(order) = replacing(event, tail) else {
            // Another door took the order over: under its token it is gone.
            return cancel(event, before.token, before.leaves, CancelReason::SUPERVISORY, out);
        };
        self.tokens.spend(order.replacement_token);
        self.tokens.open(event.client_ref, before.replaced(&order, event.leaves));
        let priority_kept = event.detail == 1;
        Replaced {
            timestamp_ns: timestamp_ns(event),
            replacement_token: order.replacement_token,
            side: before.side,
            shares: event.leaves as u32,
            symbol: before.symbol,
            price: order.price,
            time_in_force: order.time_in_force,
            firm: before.firm,
            display: Display::ANONYMOUS,
            order_reference: if priority_kept { event.value as u64 } else { event.event_id },
            capacity: before.capacity,
            intermarket_sweep: order.intermarket_sweep,
            min_quantity: order.min_quantity,
            cross_type: before.cross_type,
            state: OrderState::LIVE,
            previous_token: before.token,
            bbo_weight: BboWeight::UNSPECIFIED,
        }
        .encode(out);
    }

    fn filled(&mut self, event: &Event, scales: &Scales, out: &mut Vec<u8>) {
        let Some(order) = self.tokens.order(event.client_ref) else { return };
        let Some(scale) = scales.by_instrument(event.instrument) else { return };
        order.leaves = event.leaves;
        let token = order.token;
        if event.leaves == 0 {
            self.tokens.close(event.client_ref);
        }
        let maker = event.detail == detail::MAKER;
        // The trade's own event stands before the two fills; what the house deals is its own trade.
        let behind = match event.detail {
            detail::MAKER => 1,
            detail::TAKER => 2,
            _ => 0,
        };
        Executed {
            timestamp_ns: timestamp_ns(event),
            token,
            executed_shares: event.quantity as u32,
            execution_price: scale.price(event.price),
            liquidity_flag: if maker { LiquidityFlag::ADDED } else { LiquidityFlag::REMOVED },
            match_number: event.event_id - behind,
        }
        .encode(out);
    }
}

/// The first message of a session's stream.
pub fn system_event(event: &Event, out: &mut Vec<u8>) {
    out.clear();
    SystemEvent { timestamp_ns: timestamp_ns(event), event: SystemEventCode::START_OF_DAY }.encode(out);
}

fn cancel(event: &Event, token: Token, lots: i64, reason: CancelReason, out: &mut Vec<u8>) {
    let decrement_shares = lots as u32;
    Canceled { timestamp_ns: timestamp_ns(event), token, decrement_shares, reason }.encode(out);
}

/// Accepted and at once cancelled as a whole: the protocol says so in the accepted message and nowhere else.
fn is_whole_cancel(accepted: &Event, next: &Event) -> bool {
    next.kind == EventKind::Canceled as u8
        && next.account == accepted.account
        && next.client_ref == accepted.client_ref
        && next.quantity == accepted.quantity
        && next.detail != detail::SELF_TRADE
}

/// The client's message behind an outcome of `PlaceOrder` that came by OUCH.
fn entered(event: &Event, tail: &[u8]) -> Option<EnterOrder> {
    let by_place = event.kind == EventKind::Accepted as u8 || event.value == CommandKind::PlaceOrder as i64;
    if event.source != 0 || !by_place || tail.len() != EnterOrder::LEN - 1 {
        return None;
    }
    let mut bytes = [EnterOrder::TYPE; EnterOrder::LEN];
    bytes[1..].copy_from_slice(tail);
    EnterOrder::decode(&bytes).ok()
}

/// The client's message behind an outcome of `ReplaceOrder` that came by OUCH.
fn replacing(event: &Event, tail: &[u8]) -> Option<ReplaceOrder> {
    let by_replace =
        event.kind == EventKind::Replaced as u8 || event.value == CommandKind::ReplaceOrder as i64;
    if event.source != 0 || !by_replace || tail.len() != ReplaceOrder::LEN - 1 {
        return None;
    }
    let mut bytes = [ReplaceOrder::TYPE; ReplaceOrder::LEN];
    bytes[1..].copy_from_slice(tail);
    ReplaceOrder::decode(&bytes).ok()
}

/// Nanoseconds since midnight, UTC.
fn timestamp_ns(event: &Event) -> u64 {
    event.at_ns.rem_euclid(DAY_NS) as u64
}
