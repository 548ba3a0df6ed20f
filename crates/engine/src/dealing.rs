//! Orders are dealt by the house: when an order that enters is dealt, at which price, what of it waits, and what a fill moves.

use garraway_book::Slot;
use garraway_types::{AccountId, Event, EventKind, Side, code, detail};

use crate::dealer::TwoSided;
use crate::dealt::{Change, Dealt, Key};
use crate::emit::Emit;
use crate::engine::Engine;
use crate::extras::Extra;
use crate::links::is_at_least;
use crate::orders::{Mark, fee, rates, signed_fee};
use crate::positions::{most_lots, reducible};
use crate::stops::is_stop;

/// Events for which there must be room before an order is dealt: brought level, triggered, reduced, filled, its position, cancelled.
pub(crate) const ROOM: u16 = 6;

/// Lots that are dealt at a price.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deal {
    pub(crate) side: Side,
    pub(crate) price: i64,
    pub(crate) lots: u32,
    /// Place of the order's rates in the fee table, and what of its fees was not posted.
    pub(crate) plan: u8,
    pub(crate) carry: i32,
}

/// What a deal would change.
#[derive(Clone, Copy, Debug)]
struct Effect {
    before: Dealt,
    change: Change,
    value: i64,
    fee: i64,
    carry: i32,
}

impl Engine {
    /// What a deal would change of a position.
    fn effect(&self, key: Key, deal: &Deal) -> Option<Effect> {
        let of = self.instruments.get(key.0)?;
        let (terms, rate) = (&of.terms, of.dealer.as_ref()?.rules.margin_rate);
        let lot_value = deal.price * terms.price_value;
        let value = i64::from(deal.lots) * lot_value;
        let taker = rates(terms, &self.groups.fees, deal.plan).taker;
        let (fee, carry) = if taker >= 0 {
            fee(deal.carry, taker, value)
        } else {
            let (fee, carry) = signed_fee(deal.carry, taker, i128::from(value));
            (fee as i64, carry)
        };
        let lots = i64::from(deal.lots) * if deal.side == Side::Buy { 1 } else { -1 };
        let before = self.dealt.get(key);
        let change = before.filled(lots, lot_value, rate);
        Some(Effect { before, change, value, fee, carry })
    }

    /// Whether an account may have a deal: what makes no position larger always, else what is free covers it, and the position can be counted.
    fn is_covered(&self, key: Key, effect: &Effect) -> bool {
        let Change { after, gain, what } = effect.change;
        if matches!(what, detail::REDUCED | detail::CLOSED) {
            return true;
        }
        let Some(of) = self.instruments.get(key.0) else { return false };
        let terms = &of.terms;
        let counted = after.lots.unsigned_abs() <= most_lots(terms.max_price, terms.price_value) as u64;
        let needed = i128::from(effect.fee) + i128::from(after.margin)
            - i128::from(effect.before.margin)
            - i128::from(gain);
        let balance = self.ledger.balance(self.accounts.payer(key.1), terms.quote).unwrap_or_default();
        counted && balance.total - balance.held >= needed
    }

    /// Whether an account could have a deal as it stands.
    pub(crate) fn could_deal(&self, key: Key, deal: &Deal) -> bool {
        self.effect(key, deal).is_some_and(|effect| self.is_covered(key, &effect))
    }

    /// Deals lots of an order of the slab: money, position, events. Returns whether the account could have them; if not, nothing changed.
    fn deal(&mut self, slot: Slot, price: i64, lots: u32, own: bool, emit: &mut Emit<'_, '_>) -> bool {
        let node = &self.slab[slot];
        let (order, side) = (node.payload, node.side);
        let deal = Deal { side, price, lots, plan: node.plan, carry: order.carry };
        let (number, account) = (order.instrument, order.account);
        let position = self.extras.of(slot).position;
        let Some(effect) = self.effect((number, account, position), &deal) else { return false };
        if !self.is_covered((number, account, position), &effect) {
            return false;
        }
        let Change { after, gain, what } = effect.change;
        let (payer, quote) = (self.accounts.payer(account), self.instruments.of_order(number).terms.quote);
        let legs = [(payer, gain - effect.fee), (AccountId::HOUSE, -gain), (AccountId::FEES, effect.fee)];
        self.ledger.post(quote, legs);
        let more_held = after.margin - effect.before.margin;
        self.ledger.hold_more(payer, quote, more_held);
        self.dealer_of(number).quote.use_up(side, lots);
        let leaves = self.slab[slot].leaves - lots;
        let filled = Event {
            account,
            instrument: number,
            side: side as u8,
            detail: detail::DEALT,
            client_ref: order.client_ref,
            price,
            quantity: i64::from(lots),
            leaves: i64::from(leaves),
            value: effect.value,
            fee: effect.fee,
            ..Event::empty(EventKind::Filled)
        };
        let id = if own { emit.own(filled) } else { emit.anonymous(filled) };
        let is_new = effect.before.lots == 0 && self.is_hedging(account);
        let position = if is_new { id.0 } else { position };
        self.dealt.put((number, account, position), after);
        emit.anonymous(Event {
            account,
            instrument: number,
            side: side as u8,
            detail: what,
            source_seq: position,
            client_ref: order.client_ref,
            price,
            quantity: after.lots,
            leaves: effect.before.lots,
            value: gain,
            fee: after.cost,
            released: -more_held,
            ..Event::empty(EventKind::PositionChanged)
        });
        let node = &mut self.slab[slot];
        node.leaves = leaves;
        (node.payload.filled, node.payload.carry) = (order.filled + lots, effect.carry);
        self.extras.of_mut(slot).position = position;
        true
    }

    pub(crate) fn is_hedging(&self, account: u32) -> bool {
        self.accounts.get(account).is_some_and(|account| account.is_hedging)
    }

    /// Lots that an order has open beyond the dealt position that it reduces; 0 of any other.
    fn above_dealt(&self, slot: Slot) -> u32 {
        let node = &self.slab[slot];
        if !Mark(node.mark).is_reduce_only() {
            return 0;
        }
        let key = (node.payload.instrument, node.payload.account, self.extras.of(slot).position);
        node.leaves.saturating_sub(reducible(node.side, self.dealt.get(key).lots))
    }

    /// Cancels what an order that stands nowhere has above the other of its pair, then what it has above the position that it reduces; whether
    /// something is left.
    fn trim(&mut self, slot: Slot, own: bool, emit: &mut Emit<'_, '_>) -> bool {
        let above = self.above_partner(slot);
        if above > 0 {
            let is_whole = above >= self.slab[slot].leaves;
            self.cancel_lots(slot, above, detail::LINKED, own, emit);
            if is_whole {
                return false;
            }
        }
        let above = self.above_dealt(slot);
        if above > 0 {
            let is_whole = above >= self.slab[slot].leaves;
            self.cancel_lots(slot, above, detail::NOT_REDUCING, own, emit);
            return !is_whole;
        }
        true
    }

    /// Deals what may be dealt of an order that stands nowhere and was trimmed, at a price; whether something of it stays open.
    fn deal_slot(&mut self, slot: Slot, price: i64, own: bool, emit: &mut Emit<'_, '_>) -> bool {
        let node = &self.slab[slot];
        let (number, side, leaves) = (node.payload.instrument, node.side, node.leaves);
        let lots = leaves.min(self.dealer_of(number).quote.available(side));
        if lots == 0 {
            return true;
        }
        if !self.deal(slot, price, lots, own, emit) {
            self.cancel_whole(slot, detail::FUNDS, own, emit);
            return false;
        }
        if self.slab[slot].leaves == 0 {
            self.remove(slot);
            return false;
        }
        self.note_loss(slot);
        true
    }

    /// An order that stands nowhere starts: it is dealt at the standing quote, waits, or is cancelled.
    pub(crate) fn start_dealt(&mut self, slot: Slot, emit: &mut Emit<'_, '_>) {
        let number = self.slab[slot].payload.instrument;
        let now = self.last_at;
        let of = self.instruments.of_order(number);
        let continuous = of.is_continuous();
        let dealer = self.dealer_of(number);
        let looks = dealer.rules.market == code::AT_STANDING_QUOTE;
        let fresh = continuous && looks && dealer.is_fresh(now);
        if is_stop(self.extras.of(slot)) {
            return self.wait_for_dealt_trigger(slot, fresh);
        }
        if fresh {
            return self.enter_quote(slot, true, emit);
        }
        if self.is_waiting_limit(slot) {
            return self.wait_for_limit(slot);
        }
        if looks {
            return self.cancel_whole(slot, self.unfilled(slot), true, emit);
        }
        self.wait_for_next(slot);
    }

    /// Why what is left of an order that does not wait is cancelled.
    fn unfilled(&self, slot: Slot) -> u8 {
        let is_whole = Mark(self.slab[slot].mark).time_in_force() == code::FILL_OR_KILL;
        if is_whole { detail::NOT_FILLABLE } else { detail::NOT_FILLED }
    }

    /// An order that stands nowhere meets the standing quote; what is left waits or is cancelled.
    fn enter_quote(&mut self, slot: Slot, own: bool, emit: &mut Emit<'_, '_>) {
        if !self.trim(slot, own, emit) {
            return;
        }
        let node = &self.slab[slot];
        let (number, side, limit, leaves) = (node.payload.instrument, node.side, node.price.0, node.leaves);
        let is_whole = Mark(node.mark).time_in_force() == code::FILL_OR_KILL;
        let group = self.extras.of(slot).client_group;
        let price = self.dealt_prices(number, group).map_or(0, |prices| prices.of(side));
        let reached = price != 0 && is_at_least(side, limit, price);
        let enough = !is_whole || self.dealer_of(number).quote.available(side) >= leaves;
        if reached && enough && !self.deal_slot(slot, price, own, emit) {
            return;
        }
        let triggered = self.extras.of(slot).triggered;
        if self.is_waiting_limit(slot) {
            self.wait_for_limit(slot);
        } else if triggered && reached {
            // The quote has no lots left: the next one has.
            self.wait_for_next(slot);
        } else {
            self.cancel_whole(slot, self.unfilled(slot), own, emit);
        }
    }

    /// An order that a quote has called: its turn has come.
    pub(crate) fn deal_called(&mut self, slot: Slot, emit: &mut Emit<'_, '_>) {
        let extra = *self.extras.of(slot);
        self.extras.of_mut(slot).place = crate::extras::Place::Book;
        if is_stop(&extra) {
            return self.trigger_dealt(slot, &extra, emit);
        }
        if !self.is_waiting_limit(slot) {
            return self.enter_quote(slot, false, emit);
        }
        if !self.trim(slot, false, emit) {
            return;
        }
        let node = &self.slab[slot];
        let (number, side, limit) = (node.payload.instrument, node.side, node.price.0);
        let rule = self.dealer_of(number).rules.limit;
        let quoted = self.dealt_prices(number, extra.client_group).map_or(limit, |prices| prices.of(side));
        let price = if rule == code::LIMIT_AT_QUOTE { quoted } else { limit };
        if self.deal_slot(slot, price, false, emit) {
            self.wait_for_limit(slot);
        }
    }

    /// A stop that was reached: it is triggered and meets the quote.
    fn trigger_dealt(&mut self, slot: Slot, extra: &Extra, emit: &mut Emit<'_, '_>) {
        let above = self.above_partner(slot);
        if above > 0 {
            let is_whole = above >= self.slab[slot].leaves;
            self.cancel_lots(slot, above, detail::LINKED, false, emit);
            if is_whole {
                return;
            }
        }
        let node = &self.slab[slot];
        let prices = self.dealt_prices(node.payload.instrument, extra.client_group);
        let price = prices.map_or(0, |prices: TwoSided| prices.of(node.side));
        let event = self.start_event(EventKind::Triggered, slot);
        let id = emit.anonymous(Event { fee: price, ..event });
        self.renumber(slot, id.0);
        let extra = self.extras.of_mut(slot);
        extra.triggered = true;
        if extra.order_type == code::STOP_LIMIT {
            (extra.order_type, extra.trigger) = (code::LIMIT, 0);
        }
        self.note_late(slot);
        self.enter_quote(slot, false, emit);
    }

    /// What of an order would be dealt at the standing quote as it arrives, if anything.
    pub(crate) fn deal_at_once(&self, number: u32, order: &Arriving) -> Option<Deal> {
        let of = self.instruments.get(number)?;
        let dealer = of.dealer.as_ref()?;
        let price = self.dealt_prices(number, order.group)?.of(order.side);
        let available = dealer.quote.available(order.side);
        let lots = order.lots.min(available);
        let enough = lots > 0 && !(order.is_whole && available < order.lots);
        let reached = is_at_least(order.side, order.bound, price);
        (reached && enough).then_some(Deal { side: order.side, price, lots, plan: order.plan, carry: 0 })
    }
}

/// A market order on its way in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arriving {
    pub(crate) side: Side,
    pub(crate) lots: u32,
    pub(crate) bound: i64,
    pub(crate) is_whole: bool,
    pub(crate) group: u16,
    pub(crate) plan: u8,
}
