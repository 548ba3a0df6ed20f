//! What the house deals: the quote of an instrument, the rules by which orders are dealt at it, markups of groups, and the orders that
//! wait for a quote.
//!
//! Each group has a quote of its own, worse than the instrument's by its markup, so each has its own ordered indexes of limits and stops; a
//! quote costs O(groups that wait + log n + orders that it calls). Limits are compared as keys, which rise as a limit is reached later:
//! minus the limit of a buy, the limit of a sell.

use std::collections::BTreeMap;

use garraway_book::Slot;
use garraway_types::{Side, code};

use crate::due::What;
use crate::engine::Engine;
use crate::extras::{Extra, Place};
use crate::orders::Mark;
use crate::stops::Stops;

/// Bid and ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TwoSided {
    pub(crate) bid: i64,
    pub(crate) ask: i64,
}

impl TwoSided {
    /// Half way, rounded down.
    pub(crate) fn middle(self) -> i64 {
        self.bid + (self.ask - self.bid) / 2
    }

    /// The price at which an order of a side is dealt.
    pub(crate) fn of(self, side: Side) -> i64 {
        if side == Side::Buy { self.ask } else { self.bid }
    }
}

/// A quote as it was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Quote {
    /// Prices; 0 before the first quote.
    pub(crate) prices: TwoSided,
    /// Lots of bid and ask, 0 for any number.
    pub(crate) lots: [i64; 2],
    /// Lots of bid and ask that may still be dealt, -1 for any number.
    pub(crate) left: [i64; 2],
    pub(crate) at_ns: i64,
}

/// Any number of lots, in [`Quote::left`].
pub(crate) const UNBOUNDED: i64 = -1;

impl Quote {
    pub(crate) fn is_any(&self) -> bool {
        self.prices.bid != 0
    }

    fn place(side: Side) -> usize {
        usize::from(side == Side::Buy)
    }

    /// Lots that an order of a side may still be dealt.
    pub(crate) fn available(&self, side: Side) -> u32 {
        let left = self.left[Self::place(side)];
        if left == UNBOUNDED { u32::MAX } else { left.min(i64::from(u32::MAX)) as u32 }
    }

    /// Lots were dealt to an order of a side.
    pub(crate) fn use_up(&mut self, side: Side, lots: u32) {
        let left = &mut self.left[Self::place(side)];
        if *left != UNBOUNDED {
            *left -= i64::from(lots);
        }
    }
}

/// Rules by which an instrument is dealt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    /// In 1e-9 of the cost of a position.
    pub(crate) margin_rate: i64,
    pub(crate) max_age_ns: i64,
    pub(crate) market: u8,
    pub(crate) limit: u8,
    pub(crate) is_sized: bool,
}

/// One, in the unit of rates.
pub(crate) const ONE: i64 = 1_000_000_000;

impl Default for Rules {
    fn default() -> Self {
        Self {
            margin_rate: ONE,
            max_age_ns: 0,
            market: code::AT_STANDING_QUOTE,
            limit: code::LIMIT_AT_QUOTE,
            is_sized: false,
        }
    }
}

impl Rules {
    pub(crate) fn is_sound(&self) -> bool {
        (1..=ONE).contains(&self.margin_rate)
            && self.max_age_ns >= 0
            && matches!(self.market, code::AT_STANDING_QUOTE | code::AT_NEXT_QUOTE)
            && (code::LIMIT_TOUCHED..=code::LIMIT_THROUGH).contains(&self.limit)
    }
}

/// The orders of a group that wait for a quote.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiting {
    pub(crate) stops: Stops,
    /// Buys and sells by key, then id.
    limits: [BTreeMap<(i64, u64), Slot>; 2],
}

/// How an instrument is dealt. Boxed in the instrument, so that books carry one pointer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dealer {
    pub(crate) quote: Quote,
    pub(crate) rules: Rules,
    /// By group: price units that its bid is below and its ask above the quote; none is zero on both sides.
    pub(crate) markups: BTreeMap<u16, TwoSided>,
    pub(crate) groups: BTreeMap<u16, Waiting>,
    /// Orders that wait for the next quote, by id.
    pub(crate) next: BTreeMap<u64, Slot>,
}

fn limit_key(side: Side, price: i64) -> i64 {
    if side == Side::Buy { -price } else { price }
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.stops.len() == 0 && self.limits.iter().all(BTreeMap::is_empty)
    }

    /// Takes out the limits of a side whose key is at `key` or below.
    fn called(&mut self, side: Side, key: i64, found: &mut Vec<(i64, u64, Slot)>) {
        let limits = &mut self.limits[side as usize - 1];
        while let Some(entry) = limits.first_entry()
            && entry.key().0 <= key
        {
            let (key, id) = *entry.key();
            found.push((key, id, entry.remove()));
        }
    }
}

impl Dealer {
    /// The quote for a group within a price range, if there was any.
    pub(crate) fn prices(&self, group: u16, min: i64, max: i64) -> Option<TwoSided> {
        if !self.quote.is_any() {
            return None;
        }
        let TwoSided { bid, ask } = self.quote.prices;
        let markup = self.markups.get(&group).copied().unwrap_or_default();
        Some(TwoSided {
            bid: bid.saturating_sub(markup.bid).max(min),
            ask: ask.saturating_add(markup.ask).min(max),
        })
    }

    /// The middle of the quote, rounded down; 0 before the first.
    pub(crate) fn middle(&self) -> i64 {
        self.quote.prices.middle()
    }

    /// Whether the quote counts at a time.
    pub(crate) fn is_fresh(&self, now: i64) -> bool {
        let age = now.saturating_sub(self.quote.at_ns);
        self.quote.is_any() && (self.rules.max_age_ns == 0 || age <= self.rules.max_age_ns)
    }

    /// Whether no order waits for a quote.
    #[inline]
    pub(crate) fn is_idle(&self) -> bool {
        self.groups.is_empty() && self.next.is_empty()
    }

    pub(crate) fn stops_waiting(&self) -> usize {
        self.groups.values().map(|of| of.stops.len()).sum()
    }

    /// The stops of a side with their ids, in no order.
    pub(crate) fn stops(&self, side: Side) -> impl Iterator<Item = (u64, Slot)> + '_ {
        self.groups.values().flat_map(move |of| of.stops.all(side))
    }

    /// The orders with their ids that wait and are no stops, in no order.
    pub(crate) fn others(&self) -> impl Iterator<Item = (u64, Slot)> + '_ {
        let limits = self.groups.values().flat_map(|of| of.limits.iter().flatten());
        let limits = limits.map(|((_, id), slot)| (*id, *slot));
        limits.chain(self.next.iter().map(|(id, slot)| (*id, *slot)))
    }

    /// Takes out the orders that the quote calls, in the order in which they are dealt: those that waited for any quote by id; stops, buys from
    /// the lowest trigger, then sells from the highest; limits, buys from the highest, then sells from the lowest; by id where these are the same.
    fn called(&mut self, tick: i64, range: [i64; 2], extras: &mut crate::extras::Extras) -> Vec<Slot> {
        let mut slots: Vec<Slot> = std::mem::take(&mut self.next).into_values().collect();
        let through = if self.rules.limit == code::LIMIT_THROUGH { tick } else { 0 };
        let mut classes: [Vec<(i64, u64, Slot)>; 4] = Default::default();
        let prices: Vec<(u16, TwoSided)> = {
            let quoted = |group: &u16| Some((*group, self.prices(*group, range[0], range[1])?));
            self.groups.keys().filter_map(quoted).collect()
        };
        for (group, TwoSided { bid, ask }) in prices {
            let Some(of) = self.groups.get_mut(&group) else { continue };
            let [buys, sells] = of.stops.called(bid, ask, extras);
            classes[0].extend(buys);
            classes[1].extend(sells);
            of.called(Side::Buy, (-ask).saturating_sub(through), &mut classes[2]);
            of.called(Side::Sell, bid.saturating_sub(through), &mut classes[3]);
        }
        self.groups.retain(|_, of| !of.is_empty());
        for class in &mut classes {
            class.sort_unstable_by_key(|(key, id, _)| (*key, *id));
            slots.extend(class.iter().map(|(_, _, slot)| *slot));
        }
        slots
    }
}

impl Engine {
    pub(crate) fn is_dealt(&self, slot: Slot) -> bool {
        let number = self.slab[slot].payload.instrument;
        self.instruments.get(number).is_some_and(|of| of.terms.is_dealt())
    }

    /// The dealer of an instrument that the house deals.
    pub(crate) fn dealer_of(&mut self, number: u32) -> &mut Dealer {
        match &mut self.instruments.of_order(number).dealer {
            Some(dealer) => dealer,
            None => unreachable!("instrument {number} is dealt by the house"),
        }
    }

    /// The prices at which a group is dealt now, if there was a quote.
    pub(crate) fn dealt_prices(&self, number: u32, group: u16) -> Option<TwoSided> {
        let of = self.instruments.get(number)?;
        of.dealer.as_ref()?.prices(group, of.terms.min_price, of.terms.max_price)
    }

    /// The price by which open lots of an instrument are valued: the last one, of what the house deals the middle of the quote; 0 for none.
    pub(crate) fn valued_at(of: &crate::instruments::Instrument) -> i64 {
        of.dealer.as_ref().map_or(of.last, |dealer| dealer.middle())
    }

    /// The orders that the standing quote calls become due.
    #[cold]
    #[inline(never)]
    pub(crate) fn call_orders(&mut self, number: u32) {
        let of = self.instruments.of_order(number);
        let (tick, range) = (of.terms.tick, [of.terms.min_price, of.terms.max_price]);
        let Some(dealer) = &mut of.dealer else { return };
        let called = dealer.called(tick, range, &mut self.extras);
        for slot in called {
            let extra = self.extras.of_mut(slot);
            if extra.place != Place::Reached {
                extra.place = Place::Called;
            }
            self.make_due(What::Trigger, slot);
        }
    }

    /// A limit that stands nowhere waits for its quote.
    pub(crate) fn wait_for_limit(&mut self, slot: Slot) {
        let node = &self.slab[slot];
        let (side, key, id) = (node.side, limit_key(node.side, node.price.0), node.sequence);
        let number = node.payload.instrument;
        let extra = self.extras.of_mut(slot);
        extra.place = Place::Dealt;
        let group = extra.client_group;
        let of = self.dealer_of(number).groups.entry(group).or_default();
        of.limits[side as usize - 1].insert((key, id), slot);
    }

    /// An order that stands nowhere waits for the next quote, whatever that is.
    pub(crate) fn wait_for_next(&mut self, slot: Slot) {
        let node = &self.slab[slot];
        let (number, id) = (node.payload.instrument, node.sequence);
        self.extras.of_mut(slot).place = Place::Next;
        self.dealer_of(number).next.insert(id, slot);
    }

    /// Takes an order that is no stop out of those that wait for a quote.
    pub(crate) fn dealer_leave(&mut self, slot: Slot) {
        let node = &self.slab[slot];
        let (side, key, id) = (node.side, limit_key(node.side, node.price.0), node.sequence);
        let number = node.payload.instrument;
        let Extra { client_group, place, .. } = *self.extras.of(slot);
        let dealer = self.dealer_of(number);
        if place == Place::Next {
            dealer.next.remove(&id);
        } else if let Some(of) = dealer.groups.get_mut(&client_group) {
            of.limits[side as usize - 1].remove(&(key, id));
        }
        dealer.tidy(client_group);
    }

    /// A stop of what the house deals that stands nowhere waits for its trigger; it is due at once where `looks` and the standing quote has
    /// reached it.
    pub(crate) fn wait_for_dealt_trigger(&mut self, slot: Slot, looks: bool) {
        let node = &self.slab[slot];
        let (number, side, bound) = (node.payload.instrument, node.side, node.price.0);
        let extra = *self.extras.of(slot);
        let price = self.dealt_prices(number, extra.client_group).map_or(bound, |prices| prices.of(side));
        let trails = extra.order_type == code::TRAILING_STOP;
        if trails && extra.extreme == 0 {
            self.extras.of_mut(slot).extreme = price;
        }
        if looks && self.is_trigger_reached(slot, price) {
            self.extras.of_mut(slot).place = Place::Reached;
            return self.make_due(What::Trigger, slot);
        }
        self.stop_rest(slot);
    }

    /// Whether a price reaches a stop that stands nowhere.
    fn is_trigger_reached(&self, slot: Slot, price: i64) -> bool {
        let (extra, side) = (self.extras.of(slot), self.slab[slot].side);
        match (extra.order_type == code::TRAILING_STOP, side) {
            (false, Side::Buy) => price >= extra.trigger,
            (false, Side::Sell) => price <= extra.trigger,
            (true, Side::Buy) => price >= extra.extreme.saturating_add(extra.trigger),
            (true, Side::Sell) => price <= extra.extreme - extra.trigger,
        }
    }

    /// Whether an order goes by its limit alone: it waits among the limits.
    pub(crate) fn is_waiting_limit(&self, slot: Slot) -> bool {
        Mark(self.slab[slot].mark).rests()
    }
}

impl Dealer {
    /// Gives up what a group has no orders in.
    pub(crate) fn tidy(&mut self, group: u16) {
        if self.groups.get(&group).is_some_and(Waiting::is_empty) {
            self.groups.remove(&group);
        }
    }
}
