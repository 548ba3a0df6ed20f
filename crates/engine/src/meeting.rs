//! The general way of an order through the book, one order met at a time: icebergs, hidden orders, pegs, linked orders, bands.
//!
//! Every order here lies in the slab and the index already. The plain way, for plain orders on plain books, is `matching.rs`; both say the
//! same events where both apply.

use garraway_book::{Book, NIL, Prevented, Slot, Stand};
use garraway_types::{AccountId, Event, EventKind, Side, code, detail};

use crate::bands::Priced;
use crate::emit::Emit;
use crate::engine::Engine;
use crate::extras::{Extra, Partner, Place};
use crate::instruments::guard;
use crate::links::is_at_least;
use crate::matching::{ROOM, charge};
use crate::orders::{Mark, rates};
use crate::own::Own;
use crate::stops::is_stop;

/// How the matching of an order came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Met {
    /// Nothing more to meet, or nothing left.
    End,
    /// The next order is within the limit but beyond what bands and collar allow.
    Beyond,
    /// It was cancelled on the way: nothing of it is there any more.
    Gone,
    /// No room for another order in this command.
    NoRoom,
}

/// Whether an order may be met as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ready {
    Yes,
    /// Something was cancelled first: ask again.
    Changed,
    /// All of the incoming order was cancelled first.
    Gone,
}

impl Engine {
    /// Starts an order that stands nowhere yet: it waits, rests or enters.
    pub(crate) fn start(&mut self, slot: Slot, emit: &mut Emit<'_, '_>) {
        let node = &self.slab[slot];
        let (number, id, mark) = (node.payload.instrument, node.sequence, Mark(node.mark));
        let instrument = self.instruments.of_order(number);
        if let Some(extra) = self.extras.get_mut(slot) {
            if extra.parent != NIL {
                extra.place = Place::Waiting;
                instrument.waiting.insert(id, slot);
                return;
            }
            if instrument.terms.is_dealt() {
                return self.start_dealt(slot, emit);
            }
            if is_stop(extra) {
                return self.wait_for_trigger(slot);
            }
            if mark.time_in_force() == code::AT_CLOSE && instrument.phase != code::CLOSING_AUCTION {
                extra.place = Place::Parked;
                instrument.parked.insert(id, slot);
                return;
            }
        }
        if instrument.is_continuous() {
            self.enter_slot(slot, emit);
        } else {
            self.come_to_rest(slot, emit);
        }
    }

    /// Matches an order that stands nowhere, as it may now, and lets it rest or ends it.
    pub(crate) fn enter_slot(&mut self, slot: Slot, emit: &mut Emit<'_, '_>) {
        let node = &self.slab[slot];
        let (number, side, price) = (node.payload.instrument, node.side, node.price.0);
        let order_type = self.order_type(slot);
        let price = if order_type >= code::PRIMARY_PEG {
            self.price_all_pegs(number);
            match self.peg_price(slot) {
                Some(price) => price,
                None => return self.come_to_rest(slot, emit),
            }
        } else {
            self.price_pegs(number);
            price
        };
        let reach = self.reach(number, Priced { side, order_type, price });
        let instrument = self.instruments.of_order(number);
        (instrument.limit, instrument.worst) = (reach.limit, reach.worst);
        self.go_on(slot, emit);
    }

    /// Goes on with an order that has entered.
    pub(crate) fn go_on(&mut self, slot: Slot, emit: &mut Emit<'_, '_>) {
        let number = self.slab[slot].payload.instrument;
        self.instruments.of_order(number).incoming = slot;
        let met = self.meet(slot, emit);
        self.instruments.of_order(number).incoming = NIL;
        match met {
            Met::NoRoom => self.begin_work(number, slot),
            Met::Gone => self.close_order_run(number),
            Met::End => {
                self.come_to_rest(slot, emit);
                self.close_order_run(number);
            }
            Met::Beyond => self.stop_at_band(slot, emit),
        }
    }

    /// Trades as long as prices meet and the command has room.
    fn meet(&mut self, taker: Slot, emit: &mut Emit<'_, '_>) -> Met {
        let node = &self.slab[taker];
        let (number, side, account) = (node.payload.instrument, node.side, node.payload.account);
        let instrument = self.instruments.of_order(number);
        let (limit, worst) = (instrument.limit, instrument.worst);
        let starts_auction = instrument.rules.band_action == code::BAND_STARTS_AUCTION;
        let mut behind = self.first_behind(number, side);
        let reaches =
            |first: Option<(i64, Slot)>| first.is_some_and(|(price, _)| is_at_least(side, limit, price));
        if !reaches(behind) && !reaches(self.first_displayed(number, side)) {
            return Met::End;
        }
        let own = Own::of(account, self.accounts.of_order(account));
        let is_plain_taker = self.is_plain_taker(taker);
        while self.slab[taker].leaves > 0 {
            let (price, maker, is_shown) = match (self.first_displayed(number, side), behind) {
                (None, None) => return Met::End,
                (Some((price, maker)), None) => (price, maker, true),
                (None, Some((price, maker))) => (price, maker, false),
                (Some(shown), Some(other)) if is_at_least(side, other.0, shown.0) => (shown.0, shown.1, true),
                (Some(_), Some((price, maker))) => (price, maker, false),
            };
            if !is_at_least(side, limit, price) {
                return Met::End;
            }
            let is_beyond = !is_at_least(side, worst, price);
            if is_beyond && !starts_auction {
                return Met::Beyond;
            }
            if !emit.has_room_for(ROOM) {
                return Met::NoRoom;
            }
            if is_beyond {
                return Met::Beyond;
            }
            if own.is_own(self.slab[maker].payload.account, &self.accounts) {
                self.prevent(&own, maker, taker, emit);
                behind = self.first_behind(number, side);
                continue;
            }
            if is_plain_taker {
                if !Mark(self.slab[maker].mark).is_special() {
                    let limit = match behind {
                        Some((other, _)) if is_at_least(side, worst, other) => other,
                        _ => worst,
                    };
                    if self.take_plain(taker, limit, own, emit) {
                        continue;
                    }
                } else if let Some(reserve) = self.is_alone(maker) {
                    self.trade_alone(maker, taker, price, (own, reserve), emit);
                    if !is_shown {
                        behind = self.first_behind(number, side);
                    }
                    continue;
                }
            }
            match self.ready(maker, taker, emit) {
                Ready::Yes => self.trade(maker, taker, price, emit),
                Ready::Changed => {}
                Ready::Gone => return Met::Gone,
            }
            behind = self.first_behind(number, side);
        }
        Met::End
    }

    /// Of a special order that rests, what it has in reserve, if the other order of a trade is all that it concerns: it is in no pair, does not
    /// reduce a position, and trades at the instrument's rates on its account's own balances.
    #[inline(always)]
    fn is_alone(&self, slot: Slot) -> Option<u32> {
        let node = &self.slab[slot];
        let extra = self.extras.of(slot);
        let alone = extra.partner == Partner::None
            && extra.parent == NIL
            && node.plan == 0
            && !Mark(node.mark).is_reduce_only()
            && self.accounts.payer(node.payload.account).0 == node.payload.account;
        alone.then_some(extra.reserve)
    }

    /// Like [`Engine::trade`], of an incoming order that is [`Engine::is_plain_taker`] with a resting one that is
    /// [`Engine::is_alone`].
    #[inline(always)]
    fn trade_alone(
        &mut self,
        maker: Slot,
        taker: Slot,
        price: i64,
        (own, reserve): (Own, u32),
        emit: &mut Emit<'_, '_>,
    ) {
        let node = &self.slab[maker];
        let lots = node.leaves.min(self.slab[taker].leaves);
        let is_done = lots == node.leaves;
        let instrument = self.instruments.of_order(node.payload.instrument);
        instrument.run.trade(price, lots, price * i64::from(lots) * instrument.terms.price_value);
        if !is_done {
            instrument.book.reduce(&mut self.slab, maker, lots);
            return self.fill_alone((maker, taker), (lots, price), own, reserve, emit);
        }
        if reserve > 0 {
            // It comes back at once, as special as it was.
            instrument.book.leave(&mut self.slab, maker);
        } else if Book::is_resting(&self.slab, maker) {
            self.book_leave(maker);
        }
        self.slab[maker].leaves = 0;
        self.fill_alone((maker, taker), (lots, price), own, reserve, emit);
        if reserve > 0 {
            self.show_slice(maker, emit);
            let number = self.slab[maker].payload.instrument;
            self.instruments.of_order(number).book.rest_in(&mut self.slab, maker, Stand::Displayed);
        } else {
            self.remove_alone(maker);
        }
    }

    /// Whether an order that enters may trade with plain orders the plain way: in spot, at the instrument's rates, on its account's own
    /// balances, in no pair, with nothing in reserve.
    fn is_plain_taker(&mut self, slot: Slot) -> bool {
        let node = &self.slab[slot];
        let (number, account) = (node.payload.instrument, node.payload.account);
        let is_alone =
            |extra: &Extra| extra.partner == Partner::None && extra.reserve == 0 && extra.parent == NIL;
        node.plan == 0
            && self.instruments.of_order(number).terms.future == 0
            && self.accounts.payer(account).0 == account
            && !Mark(node.mark).is_reduce_only()
            && self.extras.get(slot).is_none_or(is_alone)
    }

    /// The displayed order that one of `side` would meet first, and the price at which.
    #[inline(always)]
    fn first_displayed(&self, number: u32, side: Side) -> Option<(i64, Slot)> {
        let book = &self.instruments.get(number)?.book;
        book.first_in(side.opposite(), Stand::Displayed).map(|(price, slot)| (price.0, slot))
    }

    /// The hidden order or peg that one of `side` would meet first, and the price at which.
    fn first_behind(&self, number: u32, side: Side) -> Option<(i64, Slot)> {
        let instrument = self.instruments.get(number)?;
        if instrument.specials == 0 {
            return None;
        }
        let resting = side.opposite();
        let hidden = instrument.book.first_in(resting, Stand::Hidden).map(|(price, slot)| (price.0, slot));
        let peg = if instrument.is_continuous() { instrument.pegs.best(resting) } else { None };
        let Some((pegged, id, peg)) = peg else { return hidden };
        match hidden {
            Some((price, slot)) if price == pegged && self.slab[slot].sequence < id => hidden,
            Some((price, _)) if price != pegged && is_at_least(side, pegged, price) => hidden,
            _ => Some((pegged, peg)),
        }
    }

    /// The order that one of `side` would meet first, and the price at which: displayed before hidden orders and pegs, then by id.
    pub(crate) fn first_opposite(&self, number: u32, side: Side) -> Option<(i64, Slot)> {
        match (self.first_displayed(number, side), self.first_behind(number, side)) {
            (Some(shown), Some(other)) => {
                Some(if is_at_least(side, other.0, shown.0) { shown } else { other })
            }
            (displayed, behind) => displayed.or(behind),
        }
    }

    /// Before two orders trade: the resting one, else the incoming one, is brought level with the other of its pair; then each that is
    /// reduce-only is reduced to the position that it closes. One step at a time, each with the room asked for before it.
    pub(crate) fn ready(&mut self, maker: Slot, taker: Slot, emit: &mut Emit<'_, '_>) -> Ready {
        let special = |slot: Slot| Mark(self.slab[slot].mark).is_special();
        if !special(maker) && !special(taker) {
            return Ready::Yes;
        }
        let linked = |slot| Some((slot, self.above_partner(slot), detail::LINKED)).filter(|step| step.1 > 0);
        let reducing =
            |slot| Some((slot, self.above_position(slot), detail::NOT_REDUCING)).filter(|step| step.1 > 0);
        let step =
            linked(maker).or_else(|| linked(taker)).or_else(|| reducing(maker)).or_else(|| reducing(taker));
        let Some((slot, lots, why)) = step else { return Ready::Yes };
        let gone = slot == taker && lots == self.open_lots(slot);
        self.cancel_lots(slot, lots, why, slot == taker, emit);
        if gone { Ready::Gone } else { Ready::Changed }
    }

    /// Two orders trade at a price, as many lots as both have (of an iceberg the slice): three events, refills, and what follows for
    /// orders that are done. `taker` is the later one; where it is the incoming order it is not ended here.
    pub(crate) fn trade(&mut self, maker: Slot, taker: Slot, price: i64, emit: &mut Emit<'_, '_>) {
        let lots = self.slab[maker].leaves.min(self.slab[taker].leaves);
        let number = self.slab[maker].payload.instrument;
        let value = {
            let instrument = self.instruments.of_order(number);
            let value = price * i64::from(lots) * instrument.terms.price_value;
            instrument.run.trade(price, lots, value);
            value
        };
        self.take_lots(maker, lots);
        self.take_lots(taker, lots);
        let fees = self.settle_trade(maker, taker, value, lots);
        let maker_released = self.rehold(maker);
        let taker_released = self.rehold(taker);
        let (first, second) = (&self.slab[maker], &self.slab[taker]);
        emit.anonymous(Event {
            instrument: number,
            side: second.side as u8,
            client_ref: first.sequence,
            price,
            quantity: i64::from(lots),
            // What is not displayed is nobody's business.
            leaves: if Mark(first.mark).is_hidden() { 0 } else { i64::from(first.leaves) },
            value,
            ..Event::empty(EventKind::Traded)
        });
        let filled = |slot: Slot, what: u8, fee: i64, released: i64| {
            let node = &self.slab[slot];
            Event {
                account: node.payload.account,
                instrument: number,
                side: node.side as u8,
                detail: what,
                client_ref: node.payload.client_ref,
                price,
                quantity: i64::from(lots),
                leaves: i64::from(self.open_lots(slot)),
                value,
                fee,
                released,
                ..Event::empty(EventKind::Filled)
            }
        };
        emit.anonymous(filled(maker, detail::MAKER, fees[0], maker_released));
        emit.own(filled(taker, detail::TAKER, fees[1], taker_released));
        self.after_loss(maker, emit);
        self.after_loss(taker, emit);
    }

    /// Takes lots that an order shows (or, incoming, has) from it; an order with nothing left of its slice leaves its level.
    fn take_lots(&mut self, slot: Slot, lots: u32) {
        if lots == self.slab[slot].leaves {
            if Book::is_resting(&self.slab, slot) {
                self.book_leave(slot);
            }
            self.slab[slot].leaves = 0;
        } else {
            let number = self.slab[slot].payload.instrument;
            self.instruments.of_order(number).book.reduce(&mut self.slab, slot, lots);
        }
    }

    /// What follows for an order that has lost lots: a new slice, or its end. An incoming order is ended by `come_to_rest`.
    fn after_loss(&mut self, slot: Slot, emit: &mut Emit<'_, '_>) {
        let node = &self.slab[slot];
        if !Mark(node.mark).is_special() {
            let number = node.payload.instrument;
            if node.leaves == 0 && self.instruments.of_order(number).incoming != slot {
                self.forget(slot);
            }
            return;
        }
        self.note_loss(slot);
        if self.slab[slot].leaves > 0 {
            return;
        }
        if self.reserve(slot) > 0 {
            self.refill(slot, emit);
        } else {
            self.note_end(slot);
            let number = self.slab[slot].payload.instrument;
            if self.instruments.of_order(number).incoming != slot {
                self.remove(slot);
            }
        }
    }

    /// The next slice of an iceberg, behind all displayed orders of its price.
    fn refill(&mut self, slot: Slot, emit: &mut Emit<'_, '_>) {
        self.show_slice(slot, emit);
        self.book_rest(slot);
    }

    /// The next slice of an iceberg, which stands in no level.
    fn show_slice(&mut self, slot: Slot, emit: &mut Emit<'_, '_>) {
        let extra = self.extras.of_mut(slot);
        let slice = extra.display.min(extra.reserve);
        extra.reserve -= slice;
        let open = slice + extra.reserve;
        let node = &mut self.slab[slot];
        node.leaves = slice;
        let event = Event {
            account: node.payload.account,
            instrument: node.payload.instrument,
            side: node.side as u8,
            client_ref: node.payload.client_ref,
            price: node.price.0,
            quantity: i64::from(slice),
            leaves: i64::from(open),
            value: node.sequence as i64,
            ..Event::empty(EventKind::Refilled)
        };
        let id = emit.anonymous(event);
        self.renumber(slot, id.0);
    }

    /// Takes from two orders that must not trade with each other what the mode says: the resting one's part first.
    pub(crate) fn prevent(&mut self, own: &Own, maker: Slot, taker: Slot, emit: &mut Emit<'_, '_>) {
        let Prevented { resting, incoming } = own.prevented(self.slab[maker].leaves, self.slab[taker].leaves);
        let is_whole = own.cancels_whole();
        self.take_prevented(maker, resting, is_whole, false, emit);
        self.take_prevented(taker, incoming, is_whole, true, emit);
        if resting > 0 {
            self.after_loss(maker, emit);
        }
        if incoming > 0 {
            self.after_loss(taker, emit);
        }
    }

    /// Takes lots that must not trade from an order; cancelled whole means what it has in reserve as well.
    fn take_prevented(&mut self, slot: Slot, lots: u32, is_whole: bool, own: bool, emit: &mut Emit<'_, '_>) {
        if lots == 0 {
            return;
        }
        let reserve = if is_whole { self.reserve(slot) } else { 0 };
        if reserve > 0 {
            self.extras.of_mut(slot).reserve = 0;
        }
        self.take_lots(slot, lots);
        self.say_canceled(slot, lots + reserve, detail::SELF_TRADE, own, emit);
    }

    /// What becomes of an order that has entered, or rests without entering: it rests, is cancelled, or is done.
    pub(crate) fn come_to_rest(&mut self, slot: Slot, emit: &mut Emit<'_, '_>) {
        let node = &self.slab[slot];
        let (number, mark) = (node.payload.instrument, Mark(node.mark));
        if node.leaves == 0 {
            return self.remove(slot);
        }
        let continuous = self.instruments.of_order(number).is_continuous();
        if continuous && !mark.rests() {
            return self.cancel_whole(slot, detail::NOT_FILLED, true, emit);
        }
        if let Some(extra) = self.extras.get_mut(slot) {
            if continuous {
                extra.minimum = 0;
            }
            if extra.order_type >= code::PRIMARY_PEG {
                return self.peg_rest(slot);
            }
            if extra.display != 0 {
                let open = self.slab[slot].leaves;
                let slice = open.min(extra.display);
                extra.reserve = open - slice;
                self.slab[slot].leaves = slice;
            }
        }
        self.book_rest(slot);
    }

    /// Ledger legs and fees of a trade between two orders: each order's carry and filled lots. Returns the fees, the maker's first.
    fn settle_trade(&mut self, maker: Slot, taker: Slot, value: i64, lots: u32) -> [i64; 2] {
        let number = self.slab[maker].payload.instrument;
        let terms = self.instruments.of_order(number).terms;
        let rates = [maker, taker].map(|slot| rates(&terms, &self.groups.fees, self.slab[slot].plan));
        let mut charge_of = |slot: Slot, rate| charge(&mut self.slab[slot].payload, rate, value, lots);
        let fees = [charge_of(maker, rates[0].maker), charge_of(taker, rates[1].taker)];
        let (first, second) = (&self.slab[maker], &self.slab[taker]);
        let accounts = (first.payload.account, second.payload.account);
        let (buyer, seller, buyer_fee, seller_fee) = match first.side {
            Side::Buy => (accounts.0, accounts.1, fees[0], fees[1]),
            Side::Sell => (accounts.1, accounts.0, fees[1], fees[0]),
        };
        let (buying, selling) = (self.accounts.payer(buyer), self.accounts.payer(seller));
        let all = fees[0] + fees[1];
        let paid = if terms.future == 0 {
            let delivered = i64::from(lots) * terms.lot_value;
            self.ledger.post(terms.base, [(buying, delivered), (selling, -delivered)]);
            value
        } else {
            // Positions are marked at the settlement price: only the difference is paid.
            let lots = i64::from(lots);
            self.change_position(number, buyer, lots);
            self.change_position(number, seller, -lots);
            value - self.instruments.of_order(number).settlement * lots * terms.price_value
        };
        // Apart from the fees, since a rebate on top of the largest value would go beyond 63 bits.
        self.ledger.post(terms.quote, [(buying, -paid), (selling, paid)]);
        self.ledger.post(terms.quote, [(buying, -buyer_fee), (selling, -seller_fee), (AccountId::FEES, all)]);
        fees
    }

    /// Puts an order into its level of the displayed or hidden book.
    pub(crate) fn book_rest(&mut self, slot: Slot) {
        let node = &self.slab[slot];
        let (number, mark) = (node.payload.instrument, Mark(node.mark));
        let instrument = self.instruments.of_order(number);
        instrument.book.rest_in(&mut self.slab, slot, Self::stand_of(mark));
        if mark.is_special() {
            instrument.specials += 1;
            instrument.set_guard(guard::SPECIAL, true);
            if self.is_noted(slot) {
                self.instruments.of_order(number).noted.insert(slot);
            }
        }
    }

    /// Takes an order out of its level.
    pub(crate) fn book_leave(&mut self, slot: Slot) {
        let node = &self.slab[slot];
        let (number, mark) = (node.payload.instrument, Mark(node.mark));
        let instrument = self.instruments.of_order(number);
        instrument.book.leave(&mut self.slab, slot);
        if mark.is_special() {
            instrument.specials -= 1;
            instrument.set_guard(guard::SPECIAL, instrument.specials > 0);
            if self.is_noted(slot) {
                self.instruments.of_order(number).noted.remove(&slot);
            }
        }
    }
}
