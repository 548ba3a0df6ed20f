//! From a client's message to a command of source 0. What the venue does not offer becomes a command that the engine
//! refuses, so that the refusal has a number, is in the journal and reaches the client in sequence.

use garraway_engine::Engine;
use garraway_types::{
    AccountId, ClientRef, CommandHead, CommandKind, FixedBody, NO_ITEMS, Side as BookSide, code,
    encode_command,
};
use garraway_wire::ouch::{
    CancelOrder, CrossType, DecodeError, Direction, Display, EnterOrder, Inbound, Price, RejectReason,
    ReplaceOrder, Side, TimeInForce,
};

use super::outbound::Account;
use super::scale::{Scale, Scales};
use crate::bucket::Load;

/// Price that no instrument takes: every range starts at 1.
const NO_PRICE: i64 = 0;
/// Code that no time in force has.
const NO_TIME_IN_FORCE: u8 = 0;

/// What is to be done with a client's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// The command is in the buffer: submit it, if there may be one more of its kind.
    Submit(Load),
    /// Nothing, and no answer, as the protocol has it.
    Ignored,
    /// Nothing, because this venue does not offer it.
    NotOffered,
}

impl Entry {
    /// What the message counts as.
    pub fn load(self) -> Load {
        match self {
            Self::Submit(load) => load,
            Self::Ignored => Load::Repeat,
            Self::NotOffered => Load::Order,
        }
    }
}

/// Reads a client's message. Values are not judged.
pub fn read(payload: &[u8]) -> Result<Inbound, DecodeError> {
    Inbound::decode(payload)
}

/// Turns a message on `account` into a command, which it writes to `out`.
pub fn enter(
    message: &Inbound,
    account_id: AccountId,
    account: &Account,
    scales: &Scales,
    engine: &Engine,
    out: &mut Vec<u8>,
) -> Entry {
    out.clear();
    let Some(ClientRef(last)) = engine.last_client_ref(account_id) else { return Entry::NotOffered };
    let head =
        CommandHead { account: account_id.0, client_ref: last.saturating_add(1), ..CommandHead::empty() };
    match message {
        Inbound::EnterOrder(order) => place(order, head, account, scales, out),
        Inbound::ReplaceOrder(order) => replace(order, head, account, scales, out),
        Inbound::CancelOrder(order) => cancel(order, head, account, engine, out),
        Inbound::ModifyOrder(_) => Entry::NotOffered,
    }
}

fn place(
    order: &EnterOrder,
    head: CommandHead,
    account: &Account,
    scales: &Scales,
    out: &mut Vec<u8>,
) -> Entry {
    if account.tokens().is_used(order.token) {
        return Entry::Ignored;
    }
    let scale = scales.by_symbol(order.symbol);
    let head = CommandHead { instrument: scale.map_or(0, |scale| scale.instrument), ..head };
    let market = order.price == Price::MARKET;
    let side = side_of(order.side);
    let body = FixedBody {
        side: side.map_or(0, |side| side as u8),
        order_type: if market { code::MARKET } else { code::LIMIT },
        time_in_force: time_in_force(order, market),
        price: scale.map_or(NO_PRICE, |scale| limit(order, market, side, scale)),
        quantity: i64::from(order.shares),
        ..FixedBody::empty()
    };
    encode_command(CommandKind::PlaceOrder, head, &body, NO_ITEMS, &order.to_bytes()[1..], out);
    Entry::Submit(Load::Order)
}

fn replace(
    order: &ReplaceOrder,
    head: CommandHead,
    account: &Account,
    scales: &Scales,
    out: &mut Vec<u8>,
) -> Entry {
    let tokens = account.tokens();
    let Some(target) = tokens.client_ref(order.existing_token) else { return Entry::Ignored };
    if tokens.is_used(order.replacement_token) {
        return Entry::Ignored;
    }
    let scale = tokens.live(target).and_then(|live| scales.by_symbol(live.symbol));
    let offered = replace_refusal(order).is_none();
    let price = scale.filter(|_| offered).and_then(|scale| scale.units(order.price)).unwrap_or(NO_PRICE);
    let head = CommandHead { instrument: scale.map_or(0, |scale| scale.instrument), ..head };
    let body = FixedBody { price, quantity: i64::from(order.shares), target, ..FixedBody::empty() };
    encode_command(CommandKind::ReplaceOrder, head, &body, NO_ITEMS, &order.to_bytes()[1..], out);
    Entry::Submit(Load::Order)
}

fn cancel(
    order: &CancelOrder,
    head: CommandHead,
    account: &Account,
    engine: &Engine,
    out: &mut Vec<u8>,
) -> Entry {
    let Some(client_ref) = account.tokens().client_ref(order.token) else { return Entry::Ignored };
    let Some(open) = engine.order(AccountId(head.account), ClientRef(client_ref)) else {
        return Entry::Ignored;
    };
    if u64::from(order.shares) >= open.filled.0 + open.leaves.0 {
        return Entry::Ignored;
    }
    let head = CommandHead { client_ref, instrument: open.instrument.0, ..head };
    let body = FixedBody { quantity: i64::from(order.shares), ..FixedBody::empty() };
    encode_command(CommandKind::CancelOrder, head, &body, NO_ITEMS, &[], out);
    Entry::Submit(if order.shares == 0 { Load::Cancel } else { Load::Reduction })
}

/// Why a well-formed order is not offered here, if it is not: the engine sees a time in force that it does not know.
pub fn enter_refusal(order: &EnterOrder) -> Option<RejectReason> {
    if matches!(order.side, Side::SELL_SHORT | Side::SELL_SHORT_EXEMPT) {
        return Some(RejectReason::SHORT_SALE);
    }
    if !is_displayed(order.display) {
        return Some(RejectReason::INVALID_DISPLAY);
    }
    if order.cross_type != CrossType::NO_CROSS {
        return Some(RejectReason::NOT_ALLOWED_IN_CROSS);
    }
    if !is_lifetime_offered(order.time_in_force) {
        return Some(RejectReason::OTHER);
    }
    let all_or_nothing = is_immediate(order) && order.min_quantity == order.shares;
    (order.min_quantity != 0 && !all_or_nothing).then_some(RejectReason::INVALID_MIN_QUANTITY)
}

/// Why a replacement is not offered here, if it is not: the engine sees a price out of range.
pub fn replace_refusal(order: &ReplaceOrder) -> Option<RejectReason> {
    if !is_displayed(order.display) {
        return Some(RejectReason::INVALID_DISPLAY);
    }
    if !is_lifetime_offered(order.time_in_force) || order.time_in_force == TimeInForce::IMMEDIATE_OR_CANCEL {
        return Some(RejectReason::OTHER);
    }
    (order.min_quantity != 0).then_some(RejectReason::INVALID_MIN_QUANTITY)
}

/// Attributable orders are taken and shown without a name, which the accepted message says.
fn is_displayed(display: Display) -> bool {
    matches!(display, Display::ANONYMOUS | Display::ATTRIBUTABLE)
}

fn is_lifetime_offered(time_in_force: TimeInForce) -> bool {
    matches!(
        time_in_force,
        TimeInForce::IMMEDIATE_OR_CANCEL | TimeInForce::MARKET_HOURS | TimeInForce::SYSTEM_HOURS
    )
}

/// A market order never rests, whatever its time in force says.
fn is_immediate(order: &EnterOrder) -> bool {
    order.time_in_force == TimeInForce::IMMEDIATE_OR_CANCEL || order.price == Price::MARKET
}

fn time_in_force(order: &EnterOrder, market: bool) -> u8 {
    if enter_refusal(order).is_some() {
        NO_TIME_IN_FORCE
    } else if order.min_quantity != 0 {
        code::FILL_OR_KILL
    } else if market || is_immediate(order) {
        code::IMMEDIATE_OR_CANCEL
    } else {
        code::GOOD_TILL_CANCEL
    }
}

fn limit(order: &EnterOrder, market: bool, side: Option<BookSide>, scale: &Scale) -> i64 {
    match (market, side) {
        (true, Some(BookSide::Buy)) => scale.max_price,
        (true, _) => scale.min_price,
        (false, _) => scale.units(order.price).unwrap_or(NO_PRICE),
    }
}

fn side_of(side: Side) -> Option<BookSide> {
    match side.direction()? {
        Direction::Buy => Some(BookSide::Buy),
        Direction::Sell => Some(BookSide::Sell),
    }
}
