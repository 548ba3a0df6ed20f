//! `PlaceOrder`: a limit order, or a market order with a bound.

use garraway_types::{
    AccountId, Command, Event, EventKind, FixedBody, Money, Price, Reject, Side, code, detail,
};

use super::{Judged, check_size_and_price, require};
use crate::emit::Emit;
use crate::engine::Engine;
use crate::instruments::Instrument;
use crate::matching::Incoming;
use crate::orders::{Order, hold};

#[inline(always)]
pub(crate) fn place_order(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let head = &command.head;
    let body: FixedBody = command.body();
    let account = engine.accounts.get_mut(head.account).ok_or(Reject::AccountUnknown)?;
    require(head.client_ref > account.last_ref, Reject::ClientRefStale)?;
    account.last_ref = head.client_ref;
    let instrument = engine.instruments.get(head.instrument).ok_or(Reject::InstrumentUnknown)?;
    let terms = &instrument.terms;
    let side = Side::from_code(body.side).ok_or(Reject::SideInvalid)?;
    require(matches!(body.order_type, code::LIMIT | code::MARKET), Reject::OrderTypeInvalid)?;
    require(is_time_in_force(&body), Reject::TimeInForceInvalid)?;
    let quantity = check_size_and_price(terms, account, body.price, body.quantity)?;
    require(instrument.working == garraway_book::NIL, Reject::InstrumentBusy)?;
    require(account.open_orders < account.max_open_orders, Reject::OpenOrdersTooMany)?;
    require(engine.slab.live() < engine.setup.capacity, Reject::OrdersFull)?;
    let held = hold(terms, side, body.price, quantity, 0)?;
    let asset = if side == Side::Buy { terms.quote } else { terms.base };
    let fillable = if body.time_in_force == code::FILL_OR_KILL {
        require(engine.ledger.is_free(AccountId(head.account), asset, held), Reject::FundsInsufficient)?;
        check_fill_or_kill(engine, instrument, side, body.price, quantity)?
    } else {
        true
    };
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
    let incoming =
        Incoming { id, side, price: body.price, leaves: quantity, time_in_force: body.time_in_force, order };
    if fillable {
        engine.enter(incoming, emit);
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

/// Whether a fill-or-kill order can be filled; an error if it could, but not within one command.
fn check_fill_or_kill(
    engine: &Engine,
    instrument: &Instrument,
    side: Side,
    price: i64,
    quantity: u32,
) -> Result<bool, Reject> {
    if instrument.book.available(side, Price(price), quantity) < quantity {
        return Ok(false);
    }
    // Accepted, three events a fill, and one that is kept in reserve.
    let most = (u32::from(engine.setup.slice_events) - 2) / 3;
    let demand = instrument.book.demand(&engine.slab, side, Price(price), quantity, most);
    require(demand.lots == quantity, Reject::FillOrKillTooLarge)?;
    Ok(true)
}
