//! The pegs of an instrument: hidden orders whose price follows the displayed book.
//!
//! Prices of sells are taken negative here, so that on both sides a higher price is a better one and a peg with limit L, offset o and
//! reference R has the price min(L, R + o). Within a side and kind, a peg *floats* where R is at its threshold L - o or below: its price
//! is R + o, and the order among floating pegs is that of their offsets. Above its threshold it is *capped* at L. So when R moves, only
//! the pegs whose threshold it crosses change their place.

use std::collections::BTreeMap;

use garraway_book::Slot;
use garraway_types::{Side, code};

use crate::emit::Emit;
use crate::engine::Engine;
use crate::extras::Place;
use crate::instruments::{Instrument, guard, watch};
use crate::ticks;

/// A peg as its group sees it: limit (taken negative for sells), offset, id.
#[derive(Clone, Copy, Debug)]
struct Peg {
    limit: i64,
    offset: i64,
    id: u64,
}

impl Peg {
    fn threshold(&self) -> i64 {
        self.limit.saturating_sub(self.offset)
    }
}

/// By how good the price is, the best first, then by id.
type ByPrice = BTreeMap<(i64, u64), (Slot, i64)>;
/// By threshold, then id: limit, offset, slot.
type ByThreshold = BTreeMap<(i64, u64), (i64, i64, Slot)>;

/// The pegs of one side and kind.
#[derive(Clone, Debug, Default)]
struct Group {
    /// The reference price by which its pegs float or are capped; of the last time there was one.
    reference: Option<i64>,
    /// Whether there is a reference price now.
    is_awake: bool,
    floating: ByPrice,
    floating_thresholds: ByThreshold,
    capped: ByPrice,
    capped_thresholds: ByThreshold,
}

impl Group {
    fn floats(&self, peg: &Peg) -> bool {
        self.reference.is_none_or(|reference| reference <= peg.threshold())
    }

    fn insert(&mut self, peg: Peg, slot: Slot) {
        let threshold = (peg.threshold(), peg.id);
        if self.floats(&peg) {
            self.floating.insert((-peg.offset, peg.id), (slot, peg.offset));
            self.floating_thresholds.insert(threshold, (peg.limit, peg.offset, slot));
        } else {
            self.capped.insert((-peg.limit, peg.id), (slot, peg.limit));
            self.capped_thresholds.insert(threshold, (peg.limit, peg.offset, slot));
        }
    }

    fn remove(&mut self, peg: Peg) {
        let threshold = (peg.threshold(), peg.id);
        if self.floats(&peg) {
            self.floating.remove(&(-peg.offset, peg.id));
            self.floating_thresholds.remove(&threshold);
        } else {
            self.capped.remove(&(-peg.limit, peg.id));
            self.capped_thresholds.remove(&threshold);
        }
    }

    /// The reference price is this from now on.
    fn refer_to(&mut self, reference: Option<i64>) {
        self.is_awake = reference.is_some();
        let Some(now) = reference.filter(|_| reference != self.reference) else { return };
        let mut crossed = Vec::new();
        while let Some((&(threshold, id), &(limit, offset, slot))) =
            self.floating_thresholds.first_key_value()
            && threshold < now
        {
            self.remove_floating(Peg { limit, offset, id });
            crossed.push((Peg { limit, offset, id }, slot));
        }
        while let Some((&(threshold, id), &(limit, offset, slot))) = self.capped_thresholds.last_key_value()
            && threshold >= now
        {
            self.capped.remove(&(-limit, id));
            self.capped_thresholds.remove(&(threshold, id));
            crossed.push((Peg { limit, offset, id }, slot));
        }
        self.reference = reference;
        for (peg, slot) in crossed {
            self.insert(peg, slot);
        }
    }

    fn remove_floating(&mut self, peg: Peg) {
        self.floating.remove(&(-peg.offset, peg.id));
        self.floating_thresholds.remove(&(peg.threshold(), peg.id));
    }

    /// Its pegs with their prices, the best first, within a price by id. `worst` is the worst price there may be.
    fn walk(&self, worst: i64) -> impl Iterator<Item = (i64, u64, Slot)> + '_ {
        let reference = self.reference.filter(|_| self.is_awake);
        let floating = self.floating.iter().map_while(move |(&(_, id), &(slot, offset))| {
            Some((reference?.saturating_add(offset), id, slot)).filter(|(price, ..)| *price >= worst)
        });
        let capped = self
            .capped
            .iter()
            .map_while(move |(&(_, id), &(slot, limit))| reference.map(|_| (limit, id, slot)));
        merge(vec![Box::new(floating), Box::new(capped)])
    }

    /// The first of the walk.
    fn best(&self, worst: i64) -> Option<(i64, u64, Slot)> {
        let reference = self.reference.filter(|_| self.is_awake)?;
        let floating = self
            .floating
            .first_key_value()
            .map(|(&(_, id), &(slot, offset))| (reference.saturating_add(offset), id, slot));
        let floating = floating.filter(|(price, ..)| *price >= worst);
        let capped = self.capped.first_key_value().map(|(&(_, id), &(slot, limit))| (limit, id, slot));
        floating.into_iter().chain(capped).min_by_key(|(price, id, _)| (-*price, *id))
    }

    fn len(&self) -> usize {
        self.floating.len() + self.capped.len()
    }
}

type Walk<'a> = Box<dyn Iterator<Item = (i64, u64, Slot)> + 'a>;

/// Walks that are sorted, the best price first, then by id, as one.
fn merge(walks: Vec<Walk<'_>>) -> Walk<'_> {
    let mut walks: Vec<_> = walks.into_iter().map(Iterator::peekable).collect();
    Box::new(std::iter::from_fn(move || {
        let heads = walks.iter_mut().enumerate();
        let first =
            heads.filter_map(|(n, walk)| walk.peek().map(|(price, id, _)| (-*price, *id, n))).min()?;
        walks[first.2].next()
    }))
}

/// The pegs of both sides.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pegs {
    buys: [Group; 3],
    sells: [Group; 3],
    /// The worst prices there may be, of buys and sells, the latter taken negative.
    worst: [i64; 2],
    count: usize,
    /// The bid and ask by which they are priced; `None` if they must be priced anew.
    priced_by: Option<[i64; 2]>,
    /// The best peg of buys and of sells, as of now.
    first: [Option<(i64, u64, Slot)>; 2],
}

fn sign(side: Side) -> i64 {
    if side == Side::Buy { 1 } else { -1 }
}

impl Pegs {
    fn groups(&self, side: Side) -> &[Group; 3] {
        if side == Side::Buy { &self.buys } else { &self.sells }
    }

    fn group(&mut self, side: Side, order_type: u8) -> &mut Group {
        let groups = if side == Side::Buy { &mut self.buys } else { &mut self.sells };
        &mut groups[usize::from(order_type - code::PRIMARY_PEG)]
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Takes note that ticks or the price range have changed.
    pub(crate) fn forget_prices(&mut self) {
        self.priced_by = None;
    }

    /// The pegs of a side that have a price: price, id, slot, the best first, within a price by id.
    pub(crate) fn walk(&self, side: Side) -> impl Iterator<Item = (i64, u64, Slot)> + '_ {
        let worst = self.worst[usize::from(side == Side::Sell)];
        let walks = self.groups(side).iter().filter(|group| group.len() > 0);
        let walks = walks.map(|group| Box::new(group.walk(worst)) as Walk<'_>).collect();
        merge(walks).map(move |(price, id, slot)| (price * sign(side), id, slot))
    }

    /// The peg of a side with the best price, of several the one with the lowest id: price, id, slot.
    #[inline(always)]
    pub(crate) fn best(&self, side: Side) -> Option<(i64, u64, Slot)> {
        self.first[usize::from(side == Side::Sell)]
    }

    /// Keeps the best peg of a side at hand.
    fn find_best(&mut self, side: Side) {
        self.first[usize::from(side == Side::Sell)] = self.sought_best(side);
    }

    fn sought_best(&self, side: Side) -> Option<(i64, u64, Slot)> {
        let worst = self.worst[usize::from(side == Side::Sell)];
        let best = self.groups(side).iter().filter_map(|group| group.best(worst));
        let (price, id, slot) = best.min_by_key(|(price, id, _)| (-*price, *id))?;
        Some((price * sign(side), id, slot))
    }

    /// The pegs of a side with their ids, in no order.
    pub(crate) fn all(&self, side: Side) -> impl Iterator<Item = (u64, Slot)> + '_ {
        let both = self.groups(side).iter().flat_map(|group| group.floating.iter().chain(&group.capped));
        both.map(|((_, id), (slot, _))| (*id, *slot))
    }

    /// Works the reference prices out from the best displayed bid and ask, 0 for none.
    fn refer_to(&mut self, references: &References) {
        for (group, reference) in self.buys.iter_mut().zip(references.buys) {
            group.refer_to(reference);
        }
        for (group, reference) in self.sells.iter_mut().zip(references.sells) {
            group.refer_to(reference.map(|price| -price));
        }
        self.find_best(Side::Buy);
        self.find_best(Side::Sell);
    }
}

/// The reference prices of primary, midpoint and market pegs.
struct References {
    buys: [Option<i64>; 3],
    sells: [Option<i64>; 3],
}

impl References {
    fn new(instrument: &Instrument, [bid, ask]: [i64; 2]) -> Self {
        let (bid, ask) = (Some(bid).filter(|bid| *bid != 0), Some(ask).filter(|ask| *ask != 0));
        let middle = bid.zip(ask).map(|(bid, ask)| (i128::from(bid) + i128::from(ask)) as u128);
        let floor = middle.map(|sum| ticks::tick_down(instrument, (sum / 2) as i64));
        let ceil = middle.map(|sum| ticks::tick_up(instrument, sum.div_ceil(2) as i64));
        Self { buys: [bid, floor, ask], sells: [ask, ceil, bid] }
    }
}

impl Engine {
    /// Prices the pegs by the displayed book as it is now, for the order that enters next.
    pub(crate) fn price_pegs(&mut self, number: u32) {
        if self.instruments.of_order(number).watch & watch::PEGS != 0 {
            self.price_all_pegs(number);
        }
    }

    /// Prices the pegs, also one that is not among them yet.
    pub(crate) fn price_all_pegs(&mut self, number: u32) {
        let instrument = self.instruments.of_order(number);
        let best = |side| instrument.book.best(side).map_or(0, |price| price.0);
        let (bid, ask) = (best(Side::Buy), best(Side::Sell));
        instrument.pegged_to = [bid, ask];
        // One by one: read as a whole, what was just written in parts would have to be waited for.
        if instrument.pegs.priced_by.is_none_or(|by| by[0] != bid || by[1] != ask) {
            self.reprice_pegs(number);
        }
    }

    /// Prices the pegs by the bid and ask that were kept.
    pub(crate) fn reprice_pegs(&mut self, number: u32) {
        let instrument = self.instruments.of_order(number);
        instrument.pegs.priced_by = Some(instrument.pegged_to);
        let references = References::new(instrument, instrument.pegged_to);
        instrument.pegs.worst = [instrument.terms.min_price, -instrument.terms.max_price];
        instrument.pegs.refer_to(&references);
    }

    fn peg_of(&self, slot: Slot) -> (Side, u8, Peg) {
        let (node, extra) = (&self.slab[slot], self.extras.of(slot));
        let limit = node.price.0 * sign(node.side);
        (node.side, extra.order_type, Peg { limit, offset: extra.trigger, id: node.sequence })
    }

    /// The price that a peg has by the bid and ask that were kept, if it has one.
    pub(crate) fn peg_price(&self, slot: Slot) -> Option<i64> {
        let (side, order_type, peg) = self.peg_of(slot);
        let instrument = self.instruments.get(self.slab[slot].payload.instrument)?;
        let references = References::new(instrument, instrument.pegged_to);
        let kind = usize::from(order_type - code::PRIMARY_PEG);
        let reference = if side == Side::Buy { references.buys[kind]? } else { -references.sells[kind]? };
        let price = peg.limit.min(reference.saturating_add(peg.offset)) * sign(side);
        (instrument.terms.min_price..=instrument.terms.max_price).contains(&price).then_some(price)
    }

    /// Puts a peg that stands nowhere among the pegs.
    pub(crate) fn peg_rest(&mut self, slot: Slot) {
        let (side, order_type, peg) = self.peg_of(slot);
        self.extras.of_mut(slot).place = Place::Pegs;
        let instrument = self.instruments.of_order(self.slab[slot].payload.instrument);
        let pegs = &mut instrument.pegs;
        pegs.group(side, order_type).insert(peg, slot);
        pegs.count += 1;
        pegs.find_best(side);
        instrument.specials += 1;
        instrument.set_guard(guard::SPECIAL, true);
        instrument.set_watch(watch::PEGS, true);
    }

    /// Takes a peg out from among the pegs.
    pub(crate) fn peg_leave(&mut self, slot: Slot) {
        let (side, order_type, peg) = self.peg_of(slot);
        let instrument = self.instruments.of_order(self.slab[slot].payload.instrument);
        let pegs = &mut instrument.pegs;
        pegs.group(side, order_type).remove(peg);
        pegs.count -= 1;
        if pegs.best(side).is_some_and(|(_, _, best)| best == slot) {
            pegs.find_best(side);
        }
        instrument.specials -= 1;
        instrument.set_guard(guard::SPECIAL, instrument.specials > 0);
        instrument.set_watch(watch::PEGS, instrument.pegs.len() > 0);
    }

    /// In continuous trading, when the best buy reaches the best sell: the peg of the two (of two the later) enters. Whether one did.
    pub(crate) fn enter_a_peg(&mut self, number: u32, emit: &mut Emit<'_, '_>) -> bool {
        let instrument = self.instruments.of_order(number);
        if instrument.watch & watch::PEGS == 0 || !instrument.is_continuous() {
            return false;
        }
        self.price_pegs(number);
        let instrument = self.instruments.of_order(number);
        // The best displayed prices are those by which pegs were priced just now.
        let [bid, ask] = instrument.pegged_to;
        let beside = |side| {
            let hidden = instrument.book.best_hidden(side).map(|price| price.0);
            hidden.into_iter().chain(instrument.pegs.best(side).map(|(price, ..)| price))
        };
        let bid = beside(Side::Buy).fold(bid, i64::max);
        let ask = beside(Side::Sell).fold(if ask == 0 { i64::MAX } else { ask }, i64::min);
        if bid < ask {
            return false;
        }
        let (Some(buy), Some(sell)) =
            (self.best_by_id(number, Side::Buy), self.best_by_id(number, Side::Sell))
        else {
            return false;
        };
        if buy.0 < sell.0 {
            return false;
        }
        let pegs = [buy, sell].into_iter().filter(|(_, _, slot)| self.is_peg(*slot));
        let Some((_, _, slot)) = pegs.max_by_key(|(_, id, _)| *id) else {
            unreachable!("the book of {number} is crossed without a peg")
        };
        self.take_out(slot);
        self.enter_slot(slot, emit);
        true
    }

    fn is_peg(&self, slot: Slot) -> bool {
        self.extras.get(slot).is_some_and(|extra| extra.place == Place::Pegs)
    }

    /// The order of a side with the best price, displayed or not; of several the one with the lowest id: price, id, slot.
    fn best_by_id(&self, number: u32, side: Side) -> Option<(i64, u64, Slot)> {
        let instrument = self.instruments.get(number)?;
        let in_book = |stand| {
            let (price, slot) = instrument.book.first_in(side, stand)?;
            Some((price.0, self.slab[slot].sequence, slot))
        };
        [
            in_book(garraway_book::Stand::Displayed),
            in_book(garraway_book::Stand::Hidden),
            instrument.pegs.best(side),
        ]
        .into_iter()
        .flatten()
        .min_by_key(|(price, id, _)| (-*price * sign(side), *id))
    }
}
