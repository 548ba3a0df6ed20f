//! `PlaceOrder`: a limit order, or a market order with a bound.

use garraway_types::{
    AccountId, Command, Event, EventKind, FixedBody, Money, Price, Reject, Side, code, detail,
};

use super::{Judged, check_size_and_price, is_next_ref, reaches, require};
use crate::emit::Emit;
use crate::engine::Engine;
use crate::instruments::Instrument;
use crate::matching::Incoming;
use crate::orders::{Mark, Order, hold};
use crate::own::Own;

#[inline(always)]
pub(crate) fn place_order(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let head = &command.head;
    let body: FixedBody = command.body();
    let account = engine.accounts.get_mut(head.account).ok_or(Reject::AccountUnknown)?;
    require(is_next_ref(account, head.client_ref), Reject::ClientRefStale)?;
    account.last_ref = head.client_ref;
    let instrument = engine.instruments.get(head.instrument).ok_or(Reject::InstrumentUnknown)?;
    let terms = &instrument.terms;
    let side = Side::from_code(body.side).ok_or(Reject::SideInvalid)?;
    require(matches!(body.order_type, code::LIMIT | code::MARKET), Reject::OrderTypeInvalid)?;
    require(is_time_in_force(&body), Reject::TimeInForceInvalid)?;
    require(is_flags(&body), Reject::FlagsInvalid)?;
    let quantity = check_size_and_price(terms, account, body.price, body.quantity)?;
    require(instrument.working == garraway_book::NIL, Reject::InstrumentBusy)?;
    require(account.open_orders < account.max_open_orders, Reject::OpenOrdersTooMany)?;
    require(engine.slab.live() < engine.setup.capacity, Reject::OrdersFull)?;
    let held = hold(terms, side, body.price, quantity, 0)?;
    let asset = if side == Side::Buy { terms.quote } else { terms.base };
    let mark = Mark::new(body.time_in_force, body.flags);
    let own = Own::of(head.account, account);
    let mut fillable = true;
    if body.time_in_force == code::FILL_OR_KILL || mark.is_post_only() {
        require(engine.ledger.is_free(AccountId(head.account), asset, held), Reject::FundsInsufficient)?;
        if mark.is_post_only() {
            require(!reaches(instrument, side, body.price), Reject::PostOnlyWouldTrade)?;
        } else {
            fillable = is_fillable(engine, instrument, &own, side, body.price, quantity)?;
        }
    }
    engine.ledger.hold(AccountId(head.account), asset, held)?;

    let id = emit.own_with_tail(
        Event {
            account: head.account,
            instrument: head.instrument,
            side: side as u8,
            detail: body.time_in_force,
            client_ref: head.client_ref,
            price: body.price,
            quantity: body.quantity,
            leaves: body.quantity,
            value: i64::from(body.order_type),
            released: -held.0,
            ..Event::empty(EventKind::Accepted)
        },
        command.tail(),
    );
    let Money(held) = held;
    let order = Order {
        client_ref: head.client_ref,
        held,
        account: head.account,
        instrument: head.instrument,
        carry: 0,
        filled: 0,
    };
    let mut incoming = Incoming { id, side, price: body.price, leaves: quantity, mark, order };
    if fillable {
        engine.enter(&mut incoming, own, emit);
    } else {
        engine.cancel_incoming(&incoming, detail::NOT_FILLABLE, emit);
    }
    Ok(())
}

#[inline(always)]
fn is_time_in_force(body: &FixedBody) -> bool {
    match body.time_in_force {
        code::GOOD_TILL_CANCEL => body.order_type == code::LIMIT,
        code::IMMEDIATE_OR_CANCEL | code::FILL_OR_KILL => true,
        _ => false,
    }
}

#[inline(always)]
fn is_flags(body: &FixedBody) -> bool {
    match body.flags {
        0 => true,
        code::POST_ONLY => body.order_type == code::LIMIT && body.time_in_force == code::GOOD_TILL_CANCEL,
        _ => false,
    }
}

/// Whether a fill-or-kill order can be filled: a dry run of matching. An error if the slice is too small to tell.
fn is_fillable(
    engine: &Engine,
    instrument: &Instrument,
    own: &Own,
    side: Side,
    price: i64,
    quantity: u32,
) -> Result<bool, Reject> {
    // `Accepted` is made by then; as in matching, each order met must leave room for four events.
    let (mut left, mut events) = (quantity, 1);
    for order in instrument.book.would_meet(&engine.slab, side, Price(price)) {
        require(events + 4 <= engine.setup.slice_events, Reject::DryRunTooLarge)?;
        if !own.is_own(order.payload.account, &engine.accounts) {
            left -= left.min(order.leaves);
            events += 3;
        } else if own.passes_over() {
            events += 1;
        } else {
            return Ok(false);
        }
        if left == 0 {
            return Ok(true);
        }
    }
    Ok(false)
}
