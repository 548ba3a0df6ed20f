//! `CancelOrder`: cancels the rest of an open order, or reduces it in its place.

use garraway_book::Book;
use garraway_types::{AccountId, Command, Event, EventKind, FixedBody, Money, Reject, Side, detail};

use super::{Judged, require};
use crate::emit::Emit;
use crate::engine::Engine;
use crate::matching::hold_of_less;

#[inline(always)]
pub(crate) fn cancel_order(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let head = &command.head;
    let FixedBody { quantity, .. } = command.body();
    require(engine.accounts.get(head.account).is_some(), Reject::AccountUnknown)?;
    let slot = engine.index.get(head.account, head.client_ref, &engine.slab).ok_or(Reject::OrderUnknown)?;
    let node = &engine.slab[slot];
    let (side, price, order, before) = (node.side, node.price, node.payload, node.leaves);
    let id = node.sequence;
    let total = i64::from(order.filled) + i64::from(before);
    require(quantity >= 0 && quantity < total, Reject::QuantityInvalid)?;
    let leaves = (quantity - i64::from(order.filled)).max(0) as u32;

    let instrument = engine.instruments.of_order(order.instrument);
    let terms = instrument.terms;
    let held = hold_of_less(&terms, side, price.0, leaves, order.carry);
    let released = order.held - held;
    let asset = if side == Side::Buy { terms.quote } else { terms.base };
    engine.ledger.release(AccountId(head.account), asset, Money(released));
    if leaves > 0 {
        engine.slab[slot].payload.held = held;
        instrument.book.reduce(&mut engine.slab, slot, before - leaves);
    } else {
        if Book::is_resting(&engine.slab, slot) {
            instrument.book.leave(&mut engine.slab, slot);
        } else {
            engine.end_work(order.instrument);
        }
        engine.forget(slot);
    }
    emit.own_with_tail(
        Event {
            account: head.account,
            instrument: terms.number,
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
    Ok(())
}
