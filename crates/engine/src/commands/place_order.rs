//! `PlaceOrder`. Plain orders on plain instruments take the short way here; everything else is judged in `place_special`, which
//! names the reason where an order is refused.

use garraway_types::{AccountId, Command, Event, EventKind, FixedBody, Money, Price, Side, code, detail};

use super::{Judged, is_multiple, is_next_ref, place_special, reaches};
use crate::emit::Emit;
use crate::engine::Engine;
use crate::instruments::{Instrument, guard};
use crate::matching::{Incoming, ROOM};
use crate::orders::{Mark, Order, spot_hold};
use crate::own::Own;

#[inline(always)]
pub(crate) fn place_order(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let body: FixedBody = command.body();
    match place_plain(engine, command, &body, 0, emit) {
        Some(()) => Ok(()),
        None => place_other(engine, command, emit),
    }
}

#[cold]
#[inline(never)]
fn place_other(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    // Read once more: handed on, the plain way would have to put it into memory.
    let body: FixedBody = command.body();
    // A plain order that meets nothing takes the plain way beside special orders, too.
    if engine.meets_nothing(command.head.instrument, &body)
        && place_plain(engine, command, &body, guard::SPECIAL, emit).is_some()
    {
        return Ok(());
    }
    place_special(engine, command, &body, emit)
}

/// Places a plain order that nothing forbids; `None` (and nothing changed) for any other. `passed` are the bits of the guard that were
/// looked at already.
#[inline(always)]
fn place_plain(
    engine: &mut Engine,
    command: &Command<'_>,
    body: &FixedBody,
    passed: u8,
    emit: &mut Emit<'_, '_>,
) -> Option<()> {
    let head = &command.head;
    let account = engine.accounts.get_mut(head.account)?;
    let instrument = engine.instruments.get(head.instrument)?;
    let terms = &instrument.terms;
    let guards = instrument.guard & !passed | account.guard | account.plan | engine.guard;
    if guards != 0 || !is_next_ref(account, head.client_ref) || !is_plain(body) {
        return None;
    }
    let side = Side::from_code(body.side)?;
    let sized = body.quantity >= 1 && body.quantity <= terms.max_quantity.min(account.max_quantity);
    let priced = body.price >= terms.min_price && body.price <= terms.max_price;
    if !sized || !priced || !is_multiple(body.price, terms.tick) {
        return None;
    }
    let value = body.price.checked_mul(body.quantity)?.checked_mul(terms.price_value)?;
    let counted = account.open_orders < account.max_open_orders && engine.slab.live() < engine.setup.capacity;
    if value > terms.max_notional.min(account.max_notional) || !counted {
        return None;
    }
    let quantity = body.quantity as u32;
    let held = spot_hold(terms, terms.hold_rate, side, body.price, quantity, 0).ok()?;
    let asset = if side == Side::Buy { terms.quote } else { terms.base };
    let mark = Mark::plain(body.order_type, body.time_in_force, body.flags);
    let own = Own::of(head.account, account);
    let mut fillable = true;
    if body.time_in_force == code::FILL_OR_KILL || mark.is_post_only() {
        if !engine.ledger.is_free(AccountId(head.account), asset, held) {
            return None;
        }
        if !mark.is_post_only() {
            fillable = is_fillable(engine, instrument, &own, side, body.price, quantity)?;
        } else if reaches(instrument, side, body.price) {
            return None;
        }
    }
    engine.ledger.hold(AccountId(head.account), asset, held).ok()?;
    let account = engine.accounts.of_order(head.account);
    account.last_ref = head.client_ref;

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
            value: i64::from(body.order_type) + 256 * i64::from(body.flags),
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
    let mut incoming = Incoming { id, side, price: body.price, leaves: quantity, mark, plan: 0, order };
    if fillable {
        engine.enter(&mut incoming, own, emit);
    } else {
        engine.cancel_incoming(&incoming, detail::NOT_FILLABLE, emit);
    }
    Some(())
}

impl Engine {
    /// Whether an order beside special ones is none of their business: it meets nothing at all, displayed or not.
    fn meets_nothing(&mut self, number: u32, body: &FixedBody) -> bool {
        let Some(instrument) = self.instruments.get(number) else { return false };
        let plain = instrument.guard == guard::SPECIAL && is_plain(body);
        let Some(side) = Side::from_code(body.side) else { return false };
        if !plain || body.time_in_force == code::FILL_OR_KILL {
            return false;
        }
        self.price_pegs(number);
        !self.reaches_any(number, side, body.price)
    }
}

/// A limit or market order with nothing beyond price, quantity, and post-only or a time in force without a date or an auction.
#[inline(always)]
fn is_plain(body: &FixedBody) -> bool {
    let more = body.trigger | i64::from(body.display | body.minimum | body.expire_s);
    if more != 0 {
        return false;
    }
    let resting = matches!(body.time_in_force, code::GOOD_TILL_CANCEL | code::DAY);
    let at_once = matches!(body.time_in_force, code::IMMEDIATE_OR_CANCEL | code::FILL_OR_KILL);
    match (body.order_type, body.flags) {
        (code::LIMIT, 0) => resting || at_once,
        (code::LIMIT, code::POST_ONLY) => resting,
        (code::MARKET, 0) => at_once,
        _ => false,
    }
}

/// Whether a fill-or-kill order can be filled: a dry run of matching on a plain book. `None` if the slice is too small to tell.
fn is_fillable(
    engine: &Engine,
    instrument: &Instrument,
    own: &Own,
    side: Side,
    price: i64,
    quantity: u32,
) -> Option<bool> {
    // `Accepted` is made by then; as in matching, each order met must leave room.
    let (mut left, mut events) = (quantity, 1);
    for order in instrument.book.would_meet(&engine.slab, side, Price(price)) {
        if events + ROOM > engine.setup.slice_events {
            return None;
        }
        if !own.is_own(order.payload.account, &engine.accounts) {
            left -= left.min(order.leaves);
            events += 3;
        } else if own.passes_over() {
            events += 1;
        } else {
            return Some(false);
        }
        if left == 0 {
            return Some(true);
        }
    }
    Some(false)
}
