//! `ReplaceOrder`: a new reference, price and total quantity for an open order, in one step. Plain orders on plain instruments take the short
//! way here; everything else is judged in `replace_special`, which names the reason where a replacement is refused.

use garraway_types::{AccountId, Command, Event, EventKind, FixedBody, Money, Price, Side};

use super::{Judged, is_multiple, is_next_ref, reaches, replace_special};
use crate::emit::Emit;
use crate::engine::Engine;
use crate::instruments::guard;
use crate::orders::{Mark, spot_hold};

#[inline(always)]
pub(crate) fn replace_order(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let body: FixedBody = command.body();
    match replace_plain(engine, command, &body, emit) {
        Some(()) => Ok(()),
        None => replace_special(engine, command, emit),
    }
}

/// Replaces a plain order where nothing forbids it and something stays open; `None` (and nothing changed) for any other.
#[inline(always)]
fn replace_plain(
    engine: &mut Engine,
    command: &Command<'_>,
    body: &FixedBody,
    emit: &mut Emit<'_, '_>,
) -> Option<()> {
    let head = &command.head;
    let account = *engine.accounts.get(head.account)?;
    if !is_next_ref(&account, head.client_ref) {
        return None;
    }
    let slot = engine.index.get(head.account, body.target, &engine.slab)?;
    let node = engine.slab[slot];
    let (order, mark) = (node.payload, Mark(node.mark));
    let instrument = engine.instruments.of_order(order.instrument);
    let guards = instrument.guard & !guard::SPECIAL | account.guard | account.plan | engine.guard;
    if guards != 0 || mark.is_special() {
        return None;
    }
    let terms = &instrument.terms;
    let sized = body.quantity > i64::from(order.filled)
        && body.quantity <= terms.max_quantity.min(account.max_quantity);
    let priced = body.price >= terms.min_price && body.price <= terms.max_price;
    if !sized || !priced || !is_multiple(body.price, terms.tick) {
        return None;
    }
    let value = body.price.checked_mul(body.quantity)?.checked_mul(terms.price_value)?;
    if value > terms.max_notional.min(account.max_notional) {
        return None;
    }
    let open = body.quantity as u32 - order.filled;
    let held = spot_hold(terms, terms.hold_rate, node.side, body.price, open, order.carry).ok()?;
    let asset = if node.side == Side::Buy { terms.quote } else { terms.base };
    let released = order.held - held.0;
    let keeps = body.price == node.price.0 && open <= node.leaves;
    if instrument.guard != 0 && !keeps {
        return None;
    }
    if !keeps && mark.is_post_only() && reaches(instrument, node.side, body.price) {
        return None;
    }
    engine.ledger.hold(AccountId(head.account), asset, Money(-released)).ok()?;
    engine.accounts.of_order(head.account).last_ref = head.client_ref;

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
    if !keeps {
        instrument.book.leave(&mut engine.slab, slot);
    } else if open < node.leaves {
        instrument.book.reduce(&mut engine.slab, slot, node.leaves - open);
    }
    let changed = &mut engine.slab[slot];
    changed.payload.client_ref = head.client_ref;
    changed.payload.held = held.0;
    changed.plan = 0;
    if !keeps {
        changed.price = Price(body.price);
        changed.sequence = id.0;
        changed.leaves = open;
        engine.enter_again(slot, emit);
    }
    Some(())
}
