//! Linked orders: pairs, of which one cancels the other, and children, which wait until their parent is done. And the ways in which
//! any order is cancelled, reduced and taken out.

use garraway_book::{Book, NIL, Slot};
use garraway_types::{Event, EventKind, FixedBody, Money, Reject, Side, code};

use crate::commands::Sender;
use crate::due::What;
use crate::emit::Emit;
use crate::engine::Engine;
use crate::extras::{Extra, Partner, Place};
use crate::instruments::guard;
use crate::orders::{Mark, rates, special_hold, spot_hold};
use crate::positions::reducible;
use crate::stops::{is_stop, is_stop_type};

/// Whether a price is at a limit or better, seen from an order of `side`.
#[inline(always)]
pub(crate) fn is_at_least(side: Side, limit: i64, price: i64) -> bool {
    match side {
        Side::Buy => price <= limit,
        Side::Sell => price >= limit,
    }
}

/// `LinkInvalid` unless the order can be linked as it says. Returns its target, or `NIL`.
pub(crate) fn judge(engine: &Engine, sender: &Sender, side: Side, body: &FixedBody) -> Result<Slot, Reject> {
    let links = code::ONE_CANCELS_OTHER | code::ONE_TRIGGERS_OTHER;
    if body.flags & links == 0 {
        return Ok(NIL);
    }
    let found = engine.index.get(sender.account, body.target, &engine.slab);
    let slot = found.filter(|slot| engine.slab[*slot].payload.instrument == sender.instrument);
    let slot = slot.ok_or(Reject::LinkInvalid)?;
    let fits = if body.flags & code::ONE_CANCELS_OTHER != 0 {
        engine.can_pair(slot, side, body)
    } else {
        engine.can_adopt(slot, side, body)
    };
    if fits { Ok(slot) } else { Err(Reject::LinkInvalid) }
}

impl Engine {
    fn can_pair(&self, slot: Slot, side: Side, body: &FixedBody) -> bool {
        let (node, extra) = (&self.slab[slot], self.extras.get(slot));
        let place = extra.map_or(Place::Book, |extra| extra.place);
        let linked = extra.is_some_and(|extra| {
            extra.partner != Partner::None || extra.parent != NIL || extra.children != [NIL; 2]
        });
        let (target_type, is_limit) = (self.order_type(slot), body.order_type == code::LIMIT);
        let fits = if is_limit {
            matches!(place, Place::Stops | Place::Reached)
        } else {
            let rests = Book::is_resting(&self.slab, slot) || matches!(place, Place::Dealt | Place::Called);
            matches!(target_type, code::LIMIT | code::MARKET_TO_LIMIT) && rests
        };
        fits && !linked && node.side == side && i64::from(self.open_lots(slot)) == body.quantity
    }

    fn can_adopt(&self, slot: Slot, side: Side, body: &FixedBody) -> bool {
        let total = i64::from(self.open_lots(slot)) + i64::from(self.slab[slot].payload.filled);
        if body.quantity > total {
            return false;
        }
        let Some(extra) = self.extras.get(slot) else { return true };
        if extra.place == Place::Waiting || extra.children[1] != NIL {
            return false;
        }
        let first = extra.children[0];
        if first == NIL {
            return true;
        }
        let node = &self.slab[first];
        let one_stop = is_stop_type(self.order_type(first)) != is_stop_type(body.order_type);
        node.side == side && i64::from(node.leaves) == body.quantity && one_stop
    }

    /// The code of an order's type; of plain orders it follows from the mark.
    pub(crate) fn order_type(&self, slot: Slot) -> u8 {
        match self.extras.get(slot) {
            Some(extra) => extra.order_type,
            None if self.slab[slot].mark & Mark::BOUND != 0 => code::MARKET,
            None => code::LIMIT,
        }
    }

    /// Lots of an iceberg that are not shown.
    pub(crate) fn reserve(&self, slot: Slot) -> u32 {
        if Mark(self.slab[slot].mark).is_special() { self.extras.of(slot).reserve } else { 0 }
    }

    /// All lots that an order has open.
    pub(crate) fn open_lots(&self, slot: Slot) -> u32 {
        self.slab[slot].leaves + self.reserve(slot)
    }

    /// Gives an order an extra entry if it has none.
    fn make_special(&mut self, slot: Slot) -> &mut Extra {
        if !Mark(self.slab[slot].mark).is_special() {
            let order_type = self.order_type(slot);
            let instrument = self.slab[slot].payload.instrument;
            self.extras.insert(slot, Extra { instrument, order_type, ..Extra::default() });
            let node = &mut self.slab[slot];
            node.mark |= Mark::SPECIAL;
            let number = node.payload.instrument;
            if Book::is_resting(&self.slab, slot) {
                let instrument = self.instruments.of_order(number);
                instrument.specials += 1;
                instrument.set_guard(guard::SPECIAL, true);
            }
        }
        self.extras.of_mut(slot)
    }

    /// Makes two orders a pair.
    pub(crate) fn pair(&mut self, one: Slot, other: Slot) {
        for (one, other) in [(one, other), (other, one)] {
            let extra = self.make_special(one);
            (extra.partner, extra.is_second) = (Partner::With(other), is_stop(extra));
        }
    }

    /// Makes an order wait for another.
    pub(crate) fn adopt(&mut self, parent: Slot, child: Slot) {
        let extra = self.make_special(parent);
        let place = usize::from(extra.children[0] != NIL);
        extra.children[place] = child;
        self.make_special(child).parent = parent;
    }

    /// Lots that an order of a pair has open above the other one.
    pub(crate) fn above_partner(&self, slot: Slot) -> u32 {
        match self.extras.get(slot).map_or(Partner::None, |extra| extra.partner) {
            Partner::None => 0,
            Partner::With(other) => self.open_lots(slot).saturating_sub(self.open_lots(other)),
            Partner::Done => self.open_lots(slot),
        }
    }

    /// Lots that a reduce-only order has open beyond the position that it closes; 0 of any other.
    pub(crate) fn above_position(&self, slot: Slot) -> u32 {
        let node = &self.slab[slot];
        if !Mark(node.mark).is_reduce_only() {
            return 0;
        }
        let lots = self.positions.lots(node.payload.instrument, node.payload.account);
        self.open_lots(slot).saturating_sub(reducible(node.side, lots))
    }

    /// What an order must hold now.
    pub(crate) fn needs(&self, slot: Slot) -> Result<i64, Reject> {
        let open = self.open_lots(slot);
        let Some(extra) = self.extras.get(slot) else { return self.needs_for(slot, open) };
        if extra.waits() || extra.partner == Partner::Done {
            return Ok(0);
        }
        let Partner::With(other) = extra.partner else { return self.needs_for(slot, open) };
        if self.extras.of(other).waits() {
            return self.needs_for(slot, open);
        }
        let common = open.min(self.open_lots(other));
        let needed = self.needs_for(slot, common)?;
        if extra.is_second { Ok((needed - self.needs_for(other, common)?).max(0)) } else { Ok(needed) }
    }

    #[inline]
    fn needs_for(&self, slot: Slot, lots: u32) -> Result<i64, Reject> {
        let node = &self.slab[slot];
        let instrument = self.instruments.get(node.payload.instrument).ok_or(Reject::InstrumentUnknown)?;
        let terms = &instrument.terms;
        if node.plan | terms.future == 0 {
            let (rate, price) = (terms.hold_rate, node.price.0);
            return spot_hold(terms, rate, node.side, price, lots, node.payload.carry).map(|money| money.0);
        }
        let rates = rates(terms, &self.groups.fees, node.plan);
        let kind = [node.side as u8, u8::from(Mark(node.mark).is_reduce_only())];
        special_hold(terms, rates, kind, node.price.0, lots, node.payload.carry).map(|money| money.0)
    }

    /// By how much the hold of an order (of a pair: of both) must grow.
    pub(crate) fn missing(&self, slot: Slot) -> Result<i64, Reject> {
        let mut missing = self.needs(slot)? - self.slab[slot].payload.held;
        if let Some(Extra { partner: Partner::With(other), .. }) = self.extras.get(slot) {
            missing += self.needs(*other)? - self.slab[*other].payload.held;
        }
        Ok(missing)
    }

    /// Brings the hold of an order (of a pair: of both) to what it must be; returns what is released.
    #[inline]
    pub(crate) fn rehold(&mut self, slot: Slot) -> i64 {
        let node = &self.slab[slot];
        let mut open = node.leaves;
        if Mark(node.mark).is_special() {
            let extra = self.extras.of(slot);
            if extra.waits() || extra.partner != Partner::None {
                return self.rehold_special(slot);
            }
            open += extra.reserve;
        }
        let released = match self.needs_for(slot, open) {
            Ok(needed) => std::mem::replace(&mut self.slab[slot].payload.held, needed) - needed,
            Err(reason) => unreachable!("the hold of the order in slot {slot} was counted before: {reason}"),
        };
        self.release_held(slot, released);
        released
    }

    /// Holds what an order of no pair, which holds nothing yet, was judged by.
    #[inline]
    pub(crate) fn hold_first(&mut self, slot: Slot, held: i64) {
        self.slab[slot].payload.held = held;
        self.release_held(slot, -held);
    }

    /// Sets free what an order no longer holds.
    #[inline]
    fn release_held(&mut self, slot: Slot, released: i64) {
        let node = &self.slab[slot];
        let (side, payer) = (node.side, self.accounts.payer(node.payload.account));
        let terms = &self.instruments.of_order(node.payload.instrument).terms;
        let asset = if side == Side::Buy { terms.quote } else { terms.base };
        self.ledger.release(payer, asset, Money(released));
    }

    fn rehold_special(&mut self, slot: Slot) -> i64 {
        let mut released = self.rehold_one(slot);
        if let Some(other) = self.partner_of(slot) {
            released += self.rehold_one(other);
        }
        if released != 0 {
            self.release_held(slot, released);
        }
        released
    }

    fn rehold_one(&mut self, slot: Slot) -> i64 {
        let needed = match self.needs(slot) {
            Ok(needed) => needed,
            Err(reason) => unreachable!("the hold of the order in slot {slot} was counted before: {reason}"),
        };
        let order = &mut self.slab[slot].payload;
        let before = std::mem::replace(&mut order.held, needed);
        before - needed
    }

    /// The other order of its pair, as long as both are open.
    #[inline]
    fn partner_of(&self, slot: Slot) -> Option<Slot> {
        match self.extras.get(slot)?.partner {
            Partner::With(other) => Some(other),
            Partner::None | Partner::Done => None,
        }
    }

    /// An order has lost lots: the other of its pair is due to be brought level, if it has more.
    pub(crate) fn note_loss(&mut self, slot: Slot) {
        if let Some(other) = self.partner_of(slot)
            && self.above_partner(other) > 0
        {
            self.make_due(What::Level, other);
        }
    }

    /// An order is done: the other of its pair is due to be cancelled, its children to start.
    pub(crate) fn note_end(&mut self, slot: Slot) {
        let filled = self.slab[slot].payload.filled;
        let Some(extra) = self.extras.get_mut(slot) else { return };
        let partner = std::mem::take(&mut extra.partner);
        let children = std::mem::take(&mut extra.children);
        let position = extra.position;
        let parent = std::mem::take(&mut extra.parent);
        if let Partner::With(other) = partner {
            self.extras.of_mut(other).partner = Partner::Done;
            self.make_due(What::Level, other);
        }
        for child in children.into_iter().filter(|child| *child != NIL) {
            let extra = self.extras.of_mut(child);
            (extra.parent, extra.allowed) = (NIL, filled);
            if Mark(self.slab[child].mark).is_reduce_only() {
                extra.position = position;
            }
            self.make_due(What::Start, child);
        }
        if children[1] != NIL {
            self.pair(children[0], children[1]);
        }
        if parent != NIL {
            let of = &mut self.extras.of_mut(parent).children;
            *of = if of[0] == slot { [of[1], NIL] } else { [of[0], NIL] };
        }
    }

    /// Cancels lots of an order, those not shown first. With nothing left the order is gone.
    pub(crate) fn cancel_lots(&mut self, slot: Slot, lots: u32, why: u8, own: bool, emit: &mut Emit<'_, '_>) {
        let open = self.open_lots(slot);
        if lots >= open {
            return self.cancel_whole(slot, why, own, emit);
        }
        self.reduce(slot, lots);
        self.say_canceled(slot, lots, why, own, emit);
        self.note_loss(slot);
    }

    /// Takes lots from an order that keeps some, those not shown first. Its hold stays as it is.
    pub(crate) fn reduce(&mut self, slot: Slot, lots: u32) {
        let mut shown = lots;
        if let Some(extra) = self.extras.get_mut(slot) {
            let hidden = lots.min(extra.reserve);
            extra.reserve -= hidden;
            shown -= hidden;
        }
        if shown > 0 {
            let number = self.slab[slot].payload.instrument;
            self.instruments.of_order(number).book.reduce(&mut self.slab, slot, shown);
        }
    }

    /// Cancels an order wherever it stands.
    pub(crate) fn cancel_whole(&mut self, slot: Slot, why: u8, own: bool, emit: &mut Emit<'_, '_>) {
        self.cancel_whole_with_tail(slot, why, own, &[], emit);
    }

    pub(crate) fn cancel_whole_with_tail(
        &mut self,
        slot: Slot,
        why: u8,
        own: bool,
        tail: &[u8],
        emit: &mut Emit<'_, '_>,
    ) {
        let open = self.open_lots(slot);
        self.take_out(slot);
        self.slab[slot].leaves = 0;
        if let Some(extra) = self.extras.get_mut(slot) {
            extra.reserve = 0;
        }
        self.say_canceled_with_tail(slot, open, why, own, tail, emit);
        self.note_end(slot);
        self.free(slot);
    }

    /// Says that lots were cancelled, and releases what they held.
    pub(crate) fn say_canceled(
        &mut self,
        slot: Slot,
        lots: u32,
        why: u8,
        own: bool,
        emit: &mut Emit<'_, '_>,
    ) {
        self.say_canceled_with_tail(slot, lots, why, own, &[], emit);
    }

    pub(crate) fn say_canceled_with_tail(
        &mut self,
        slot: Slot,
        lots: u32,
        why: u8,
        own: bool,
        tail: &[u8],
        emit: &mut Emit<'_, '_>,
    ) {
        let released = self.rehold(slot);
        let node = &self.slab[slot];
        let event = Event {
            account: node.payload.account,
            instrument: node.payload.instrument,
            side: node.side as u8,
            detail: why,
            client_ref: node.payload.client_ref,
            price: node.price.0,
            quantity: i64::from(lots),
            leaves: i64::from(self.open_lots(slot)),
            value: node.sequence as i64,
            released,
            ..Event::empty(EventKind::Canceled)
        };
        if own {
            emit.own_with_tail(event, tail);
        } else {
            emit.anonymous(event);
        }
    }

    /// Takes an order that is done out of everything.
    pub(crate) fn remove(&mut self, slot: Slot) {
        self.take_out(slot);
        self.note_end(slot);
        self.free(slot);
    }

    /// Takes an order that is done, is in no pair, waits for none and stands in no level out of everything.
    pub(crate) fn remove_alone(&mut self, slot: Slot) {
        let extra = self.extras.of(slot);
        let (place, has_children) = (extra.place, extra.children[0] != NIL);
        if place == Place::Pegs {
            self.peg_leave(slot);
        }
        if has_children {
            self.note_end(slot);
        }
        self.free(slot);
    }

    /// Takes an order out of where it stands; it stays in slab and index.
    pub(crate) fn take_out(&mut self, slot: Slot) {
        let node = &self.slab[slot];
        let (number, id) = (node.payload.instrument, node.sequence);
        if Book::is_resting(&self.slab, slot) {
            return self.book_leave(slot);
        }
        let place = self.extras.get(slot).map_or(Place::Book, |extra| extra.place);
        let instrument = self.instruments.of_order(number);
        match place {
            Place::Book if instrument.working == slot => {
                instrument.working = NIL;
            }
            Place::Book | Place::Reached => {}
            Place::Stops => self.stop_leave(slot),
            Place::Pegs => self.peg_leave(slot),
            Place::Waiting => {
                instrument.waiting.remove(&id);
            }
            Place::Parked => {
                instrument.parked.remove(&id);
            }
            Place::Called => {}
            Place::Dealt | Place::Next => self.dealer_leave(slot),
        }
        if let Some(extra) = self.extras.get_mut(slot) {
            extra.place = Place::Book;
        }
    }

    /// Frees an order that stands nowhere and has no links any more.
    fn free(&mut self, slot: Slot) {
        let (number, id) = (self.slab[slot].payload.instrument, self.slab[slot].sequence);
        if let Some(extra) = self.extras.remove(slot) {
            let expire_s = extra.expire_s;
            if extra.tickets != [0; 2] {
                let due = &mut self.instruments.of_order(number).due;
                for _ in extra.tickets.into_iter().filter(|ticket| *ticket != 0) {
                    due.forget_one();
                }
            }
            if expire_s != 0 {
                self.expiries.remove(&(expire_s, id, slot));
            }
        }
        self.forget(slot);
    }

    /// Gives an order that stands in no level another id.
    pub(crate) fn renumber(&mut self, slot: Slot, id: u64) {
        let before = std::mem::replace(&mut self.slab[slot].sequence, id);
        if let Some(extra) = self.extras.get(slot)
            && extra.expire_s != 0
        {
            self.expiries.remove(&(extra.expire_s, before, slot));
            self.expiries.insert((extra.expire_s, id, slot));
        }
    }

    /// Cancels an order good till date, wherever it stands; what becomes due by it is worked off.
    pub(crate) fn expire(&mut self, slot: Slot, emit: &mut Emit<'_, '_>) {
        let number = self.slab[slot].payload.instrument;
        self.cancel_whole(slot, garraway_types::detail::EXPIRED, false, emit);
        self.follow_up(number, emit);
    }
}
