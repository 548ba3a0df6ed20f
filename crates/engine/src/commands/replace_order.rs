//! `ReplaceOrder`: a new reference, price and total quantity for an open order, in one step.

use garraway_book::Slot;
use garraway_types::{AccountId, Command, Event, EventKind, FixedBody, Money, Price, Reject, Side, detail};

use super::{Judged, check_size_and_price, is_next_ref, reaches, require};
use crate::emit::Emit;
use crate::engine::Engine;
use crate::orders::{Mark, hold};

pub(crate) fn replace_order(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let head = &command.head;
    let body: FixedBody = command.body();
    let account = engine.accounts.get_mut(head.account).ok_or(Reject::AccountUnknown)?;
    require(is_next_ref(account, head.client_ref), Reject::ClientRefStale)?;
    account.last_ref = head.client_ref;
    let account = *account;
    let slot = engine.index.get(head.account, body.target, &engine.slab).ok_or(Reject::OrderUnknown)?;
    let order = engine.slab[slot].payload;
    let instrument = engine.instruments.of_order(order.instrument);
    let quantity = check_size_and_price(&instrument.terms, &account, body.price, body.quantity)?;
    require(instrument.working == garraway_book::NIL, Reject::InstrumentBusy)?;
    if quantity <= order.filled {
        end_filled_order(engine, slot, command, emit);
        return Ok(());
    }
    change_order(engine, slot, command, &body, emit)
}

/// The new total is no more than what was filled: the order is done.
fn end_filled_order(engine: &mut Engine, slot: Slot, command: &Command<'_>, emit: &mut Emit<'_, '_>) {
    let node = engine.slab[slot];
    let instrument = engine.instruments.of_order(node.payload.instrument);
    instrument.book.leave(&mut engine.slab, slot);
    let asset = if node.side == Side::Buy { instrument.terms.quote } else { instrument.terms.base };
    engine.ledger.release(AccountId(node.payload.account), asset, Money(node.payload.held));
    engine.forget(slot);
    emit.own_with_tail(
        Event {
            account: node.payload.account,
            instrument: node.payload.instrument,
            side: node.side as u8,
            detail: detail::NOTHING_LEFT,
            client_ref: node.payload.client_ref,
            price: node.price.0,
            quantity: i64::from(node.leaves),
            value: node.sequence as i64,
            released: node.payload.held,
            ..Event::empty(EventKind::Canceled)
        },
        command.tail(),
    );
}

fn change_order(
    engine: &mut Engine,
    slot: Slot,
    command: &Command<'_>,
    body: &FixedBody,
    emit: &mut Emit<'_, '_>,
) -> Judged {
    let head = &command.head;
    let node = engine.slab[slot];
    let order = node.payload;
    let account = AccountId(order.account);
    let instrument = engine.instruments.of_order(order.instrument);
    let open = body.quantity as u32 - order.filled;
    let held = hold(&instrument.terms, node.side, body.price, open, order.carry)?;
    let asset = if node.side == Side::Buy { instrument.terms.quote } else { instrument.terms.base };
    let released = order.held - held.0;
    let keeps = body.price == node.price.0 && open <= node.leaves;
    if !keeps && Mark(node.mark).is_post_only() {
        require(engine.ledger.is_free(account, asset, Money(-released)), Reject::FundsInsufficient)?;
        require(!reaches(instrument, node.side, body.price), Reject::PostOnlyWouldTrade)?;
    }
    engine.ledger.hold(account, asset, Money(-released))?;

    let id = emit.own_with_tail(
        Event {
            account: order.account,
            instrument: order.instrument,
            side: node.side as u8,
            detail: u8::from(keeps),
            client_ref: head.client_ref,
            price: body.price,
            quantity: body.quantity,
            leaves: i64::from(open),
            value: node.sequence as i64,
            fee: order.client_ref as i64,
            released,
            ..Event::empty(EventKind::Replaced)
        },
        command.tail(),
    );
    engine.index.remove(order.account, order.client_ref, slot);
    engine.index.insert(order.account, head.client_ref, slot);
    if keeps {
        if open < node.leaves {
            instrument.book.reduce(&mut engine.slab, slot, node.leaves - open);
        }
    } else {
        instrument.book.leave(&mut engine.slab, slot);
    }
    let changed = &mut engine.slab[slot];
    changed.payload.client_ref = head.client_ref;
    changed.payload.held = held.0;
    if !keeps {
        changed.price = Price(body.price);
        changed.sequence = id.0;
        changed.leaves = open;
        engine.enter_again(slot, emit);
    }
    Ok(())
}
