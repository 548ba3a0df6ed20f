//! `CancelOrder`: cancels the rest of an open order, or reduces it in its place.

use garraway_book::{Book, Slot};
use garraway_types::{AccountId, Command, Event, EventKind, FixedBody, Money, Reject, detail};

use super::{Judged, require};
use crate::emit::Emit;
use crate::engine::Engine;
use crate::matching::hold_of_less;
use crate::orders::Mark;

#[inline(always)]
pub(crate) fn cancel_order(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let head = &command.head;
    let FixedBody { quantity, .. } = command.body();
    let payer = AccountId(engine.accounts.get(head.account).ok_or(Reject::AccountUnknown)?.payer);
    let slot = engine.index.get(head.account, head.client_ref, &engine.slab).ok_or(Reject::OrderUnknown)?;
    let node = &engine.slab[slot];
    if Mark(node.mark).is_special() || !Book::is_resting(&engine.slab, slot) {
        return cancel_special(engine, slot, command, quantity, emit);
    }
    let (side, price, order, before) = (node.side, node.price, node.payload, node.leaves);
    let (id, plan) = (node.sequence, node.plan);
    let total = i64::from(order.filled) + i64::from(before);
    require(quantity >= 0 && quantity < total, Reject::QuantityInvalid)?;
    let leaves = (quantity - i64::from(order.filled)).max(0) as u32;

    let instrument = engine.instruments.of_order(order.instrument);
    let (terms, watch) = (&instrument.terms, instrument.watch);
    let held = hold_of_less(terms, &engine.groups.fees, plan, side, price.0, leaves, order.carry);
    let released = order.held - held;
    engine.ledger.release(payer, terms.hold_asset(side), Money(released));
    if leaves > 0 {
        engine.slab[slot].payload.held = held;
        instrument.book.reduce(&mut engine.slab, slot, before - leaves);
    } else {
        instrument.book.leave(&mut engine.slab, slot);
        engine.forget(slot);
    }
    emit.own_with_tail(
        Event {
            account: head.account,
            instrument: order.instrument,
            side: side as u8,
            detail: detail::BY_OWNER,
            client_ref: head.client_ref,
            price: price.0,
            quantity: i64::from(before - leaves),
            leaves: i64::from(leaves),
            value: id as i64,
            released,
            ..Event::empty(EventKind::Canceled)
        },
        command.tail(),
    );
    if watch != 0 {
        engine.follow_up(order.instrument, emit);
    }
    Ok(())
}

/// Cancels or reduces an order that is special, or that is being worked off.
#[cold]
#[inline(never)]
fn cancel_special(
    engine: &mut Engine,
    slot: Slot,
    command: &Command<'_>,
    quantity: i64,
    emit: &mut Emit<'_, '_>,
) -> Judged {
    let (open, order) = (engine.open_lots(slot), engine.slab[slot].payload);
    let total = i64::from(order.filled) + i64::from(open);
    require(quantity >= 0 && quantity < total, Reject::QuantityInvalid)?;
    let leaves = (quantity - i64::from(order.filled)).max(0) as u32;
    if leaves == 0 {
        engine.cancel_whole_with_tail(slot, detail::BY_OWNER, true, command.tail(), emit);
    } else {
        engine.reduce(slot, open - leaves);
        engine.say_canceled_with_tail(slot, open - leaves, detail::BY_OWNER, true, command.tail(), emit);
        engine.note_loss(slot);
    }
    engine.follow_up(order.instrument, emit);
    Ok(())
}
