//! `ReplaceOrder`, the long way: every kind of order in every phase, checked in order of the reject codes.

use garraway_book::{Book, Slot};
use garraway_types::{Command, Event, EventKind, FixedBody, Money, Price, Reject, Side, code, detail};

use super::place_special::is_trigger;
use super::{Judged, is_next_ref, require};
use crate::emit::Emit;
use crate::engine::Engine;
use crate::extras::{Extra, Partner};
use crate::limits::{self, Asked, AskedOfHouse};
use crate::orders::{Mark, rates, special_hold, spot_hold};
use crate::phases::{self, Admission};
use crate::stops::is_stop;
use crate::ticks;

#[cold]
#[inline(never)]
pub(crate) fn replace_special(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let body: FixedBody = command.body();
    let head = &command.head;
    let account = engine.accounts.get_mut(head.account).ok_or(Reject::AccountUnknown)?;
    require(is_next_ref(account, head.client_ref), Reject::ClientRefStale)?;
    account.last_ref = head.client_ref;
    let slot = engine.index.get(head.account, body.target, &engine.slab).ok_or(Reject::OrderUnknown)?;
    let change = Change::new(engine, slot, &body);
    change.judge(engine)?;
    let number = engine.slab[slot].payload.instrument;
    if change.open == 0 {
        engine.cancel_whole_with_tail(slot, detail::NOTHING_LEFT, true, command.tail(), emit);
    } else {
        change.make(engine, command, emit);
    }
    engine.follow_up(number, emit);
    Ok(())
}

/// What a replacement makes of an order.
struct Change<'a> {
    slot: Slot,
    body: &'a FixedBody,
    extra: Option<Extra>,
    /// Whether it is a stop that was not triggered yet.
    stop: bool,
    /// Its trigger or distance from now on.
    trigger: i64,
    /// Lots open from now on, 0 if it is done.
    open: u32,
    before: u32,
    /// Whether it keeps its id and place.
    keeps: bool,
}

impl<'a> Change<'a> {
    fn new(engine: &Engine, slot: Slot, body: &'a FixedBody) -> Self {
        let node = &engine.slab[slot];
        let extra = engine.extras.get(slot).copied();
        let stop = extra.as_ref().is_some_and(is_stop);
        let old = extra.map_or(0, |extra| extra.trigger);
        let trigger = if stop && body.trigger != 0 { body.trigger } else { old };
        let before = engine.open_lots(slot);
        let open = body.quantity.saturating_sub(i64::from(node.payload.filled));
        let open = open.clamp(0, i64::from(u32::MAX)) as u32;
        let keeps = body.price == node.price.0 && trigger == old && open <= before;
        Self { slot, body, extra, stop, trigger, open, before, keeps }
    }

    fn judge(&self, engine: &mut Engine) -> Judged {
        let node = engine.slab[self.slot];
        let (number, mark) = (node.payload.instrument, Mark(node.mark));
        let order_type = engine.order_type(self.slot);
        let instrument = engine.instruments.get(number).ok_or(Reject::InstrumentUnknown)?;
        let terms = &instrument.terms;
        require(self.body.quantity >= 1, Reject::QuantityInvalid)?;
        require(ticks::is_on_tick(instrument, self.body.price), Reject::PriceOffTick)?;
        let range = terms.min_price..=terms.max_price;
        require(range.contains(&self.body.price), Reject::PriceOutOfRange)?;
        let trigger =
            !self.stop || self.body.trigger == 0 || is_trigger(instrument, order_type, self.trigger);
        require(trigger, Reject::TriggerInvalid)?;
        let linked = self.extra.is_some_and(|extra| extra.partner != Partner::None || extra.waits());
        require(!linked, Reject::LinkInvalid)?;
        let flags = if mark.is_post_only() { code::POST_ONLY } else { 0 };
        phases::admits(instrument, Admission { order_type, time_in_force: mark.time_in_force(), flags })?;
        require(!instrument.is_busy(), Reject::InstrumentBusy)?;
        let flags = if mark.is_reduce_only() { flags | code::REDUCE_ONLY } else { flags };
        let asked = Asked {
            account: node.payload.account,
            instrument: number,
            side: node.side,
            order_type,
            flags,
            price: self.body.price,
            quantity: self.body.quantity,
            open: self.open,
            open_before: self.before,
            is_replacement: true,
            more_held: self.more_held(engine),
            asset: if node.side == Side::Buy { terms.quote } else { terms.base },
            dealt: AskedOfHouse {
                is_reducing: mark.is_reduce_only(),
                position: self.extra.map_or(0, |extra| extra.position),
                ..AskedOfHouse::default()
            },
        };
        limits::judge_order(engine, &asked)?;
        self.judge_entry(engine)
    }

    /// `PostOnlyWouldTrade`, of an order that enters anew.
    fn judge_entry(&self, engine: &mut Engine) -> Judged {
        let node = engine.slab[self.slot];
        let number = node.payload.instrument;
        let enters = !self.keeps && self.open > 0 && engine.instruments.of_order(number).is_continuous();
        if enters && Mark(node.mark).is_post_only() {
            // Judged by the book as it will be without the order.
            let rests = Book::is_resting(&engine.slab, self.slot);
            if rests {
                engine.book_leave(self.slot);
            }
            engine.price_pegs(number);
            let reached = engine.reaches_any(number, node.side, self.body.price);
            if rests {
                engine.book_rest(self.slot);
            }
            require(!reached, Reject::PostOnlyWouldTrade)?;
        }
        Ok(())
    }

    fn more_held(&self, engine: &Engine) -> Result<Money, Reject> {
        let node = &engine.slab[self.slot];
        let number = node.payload.instrument;
        let terms = &engine.instruments.get(number).ok_or(Reject::InstrumentUnknown)?.terms;
        let value = self.body.price.checked_mul(self.body.quantity);
        if value.and_then(|value| value.checked_mul(terms.price_value)).is_none() {
            return Err(Reject::NotionalTooLarge);
        }
        let plan = engine.accounts.get(node.payload.account).map_or(0, |account| account.plan);
        let (price, carry) = (self.body.price, node.payload.carry);
        // Of so many lots as an order may have at most, the hold can be counted in 64 bits.
        let held = if plan | terms.future == 0 && self.body.quantity <= terms.max_quantity {
            spot_hold(terms, terms.hold_rate, node.side, price, self.open, carry)?
        } else {
            let rates = rates(terms, &engine.groups.fees, plan);
            let kind = [node.side as u8, u8::from(Mark(node.mark).is_reduce_only())];
            special_hold(terms, rates, kind, price, self.open, carry)?
        };
        Ok(Money(held.0 - node.payload.held))
    }

    fn make(&self, engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) {
        let slot = self.slot;
        let node = engine.slab[slot];
        let client_ref = command.head.client_ref;
        if self.keeps {
            if self.open < self.before {
                engine.reduce(slot, self.before - self.open);
            }
        } else {
            engine.take_out(slot);
            let changed = &mut engine.slab[slot];
            (changed.price, changed.leaves) = (Price(self.body.price), self.open);
            if let Some(extra) = engine.extras.get_mut(slot) {
                extra.reserve = 0;
                if self.trigger != extra.trigger {
                    (extra.trigger, extra.extreme) = (self.trigger, 0);
                }
            }
        }
        engine.slab[slot].plan = engine.accounts.of_order(node.payload.account).plan;
        let released = engine.rehold(slot);
        engine.index.remove(node.payload.account, node.payload.client_ref, slot);
        engine.index.insert(node.payload.account, client_ref, slot);
        engine.slab[slot].payload.client_ref = client_ref;
        let id = emit.own_with_tail(
            Event {
                account: node.payload.account,
                instrument: node.payload.instrument,
                side: node.side as u8,
                detail: u8::from(self.keeps),
                client_ref,
                price: self.body.price,
                quantity: self.body.quantity,
                leaves: i64::from(self.open),
                value: node.sequence as i64,
                fee: node.payload.client_ref as i64,
                released,
                ..Event::empty(EventKind::Replaced)
            },
            command.tail(),
        );
        if !self.keeps {
            if engine.is_dealt(slot) {
                engine.extras.of_mut(slot).client_group =
                    engine.accounts.of_order(node.payload.account).group;
            }
            engine.renumber(slot, id.0);
            engine.start(slot, emit);
        }
    }
}
