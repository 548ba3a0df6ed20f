//! The stops of an instrument that wait for their trigger.
//!
//! Triggers are compared as *keys*, which rise as a stop is reached later: the trigger of a buy, minus the trigger of a sell. A trailing stop's
//! key is the key of the best last price since it was placed (its *extreme*), which only falls, plus its distance. Trailing stops of one
//! extreme form a group; when the last price goes beyond the extremes of several groups these become one, the smaller ones moved into the
//! largest, so a trade costs what it reaches and amortised O(log n), however many stops follow it.

use std::collections::{BTreeMap, BTreeSet};

use garraway_book::Slot;
use garraway_types::{EventKind, Side, code};

use crate::due::What;
use crate::emit::Emit;
use crate::engine::Engine;
use crate::extras::{Extra, Extras, Place};
use crate::instruments::{Instrument, watch};

pub(crate) fn is_stop_type(order_type: u8) -> bool {
    matches!(order_type, code::STOP | code::STOP_LIMIT | code::TRAILING_STOP)
}

/// Whether the order is a stop that was not triggered yet.
pub(crate) fn is_stop(extra: &Extra) -> bool {
    is_stop_type(extra.order_type) && !extra.triggered
}

/// The key of a price for stops of a side.
fn key_of(side: Side, price: i64) -> i64 {
    if side == Side::Buy { price } else { -price }
}

/// No key: nothing is reached.
const NEVER: i64 = i64::MAX;

/// Trailing stops with one extreme.
#[derive(Clone, Debug, Default)]
struct Group {
    extreme: i64,
    /// By distance, then id.
    members: BTreeMap<(i64, u64), Slot>,
}

impl Group {
    /// The lowest key of a trigger among its members.
    fn first(&self) -> Option<i64> {
        self.members.keys().next().map(|(distance, _)| self.extreme.saturating_add(*distance))
    }
}

#[derive(Clone, Debug)]
struct SideStops {
    /// The lowest key of a trigger, or [`NEVER`]: what most trades are asked.
    first: i64,
    /// The highest extreme of a group, or the lowest number.
    farthest: i64,
    /// By key of the trigger, then id.
    fixed: BTreeMap<(i64, u64), Slot>,
    groups: Vec<Group>,
    unused: Vec<u32>,
    by_extreme: BTreeMap<i64, u32>,
    /// Groups by the key of the first trigger among their members.
    by_first: BTreeSet<(i64, u32)>,
}

impl Default for SideStops {
    fn default() -> Self {
        Self {
            first: NEVER,
            farthest: i64::MIN,
            fixed: BTreeMap::new(),
            groups: Vec::new(),
            unused: Vec::new(),
            by_extreme: BTreeMap::new(),
            by_first: BTreeSet::new(),
        }
    }
}

/// The stops of both sides.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stops {
    buys: SideStops,
    sells: SideStops,
    count: usize,
}

impl Stops {
    fn side(&mut self, side: Side) -> &mut SideStops {
        if side == Side::Buy { &mut self.buys } else { &mut self.sells }
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Trailing stops follow a quote, each side the price at which it would be dealt; then those are taken out which it reaches, with the
    /// keys of their triggers and their ids, the buys first.
    pub(crate) fn called(&mut self, bid: i64, ask: i64, extras: &mut Extras) -> [Vec<(i64, u64, Slot)>; 2] {
        [(Side::Buy, ask), (Side::Sell, -bid)].map(|(side, key)| {
            let of = self.side(side);
            if of.farthest > key {
                of.follow(key, extras);
            }
            let reached = if of.first <= key { of.reached(key, extras) } else { Vec::new() };
            for (_, _, slot) in &reached {
                let extra = extras.of_mut(*slot);
                if extra.order_type == code::TRAILING_STOP {
                    extra.extreme = key_of(side, extra.extreme);
                }
                extra.place = Place::Reached;
            }
            self.count -= reached.len();
            reached
        })
    }

    /// Trailing stops follow the last price.
    #[inline]
    pub(crate) fn follow(&mut self, last: i64, extras: &mut Extras) {
        for side in [Side::Buy, Side::Sell] {
            let (of, key) = (self.side(side), key_of(side, last));
            if of.farthest > key {
                of.follow(key, extras);
            }
        }
    }

    /// Whether trades from `low` to `high` reached a stop.
    #[inline]
    fn is_reached(&self, low: i64, high: i64) -> bool {
        self.buys.first <= high || self.sells.first <= -low
    }

    /// The best last price since a trailing stop of a group was placed.
    pub(crate) fn extreme(&self, side: Side, group: u32) -> i64 {
        let of = if side == Side::Buy { &self.buys } else { &self.sells };
        key_of(side, of.groups[group as usize].extreme)
    }

    /// The stops of a side with their ids, in no order.
    pub(crate) fn all(&self, side: Side) -> impl Iterator<Item = (u64, Slot)> + '_ {
        let of = if side == Side::Buy { &self.buys } else { &self.sells };
        let fixed = of.fixed.iter().map(|((_, id), slot)| (*id, *slot));
        let trailing = of.groups.iter().flat_map(|group| &group.members);
        fixed.chain(trailing.map(|((_, id), slot)| (*id, *slot)))
    }
}

impl SideStops {
    /// Looks for the lowest trigger and the highest extreme anew.
    fn look(&mut self) {
        let fixed = self.fixed.first_key_value().map_or(NEVER, |((key, _), _)| *key);
        let trailing = self.by_first.first().map_or(NEVER, |(key, _)| *key);
        self.first = fixed.min(trailing);
        self.farthest = self.by_extreme.last_key_value().map_or(i64::MIN, |(extreme, _)| *extreme);
    }

    fn group_at(&mut self, extreme: i64) -> u32 {
        if let Some(group) = self.by_extreme.get(&extreme) {
            return *group;
        }
        let group = self.unused.pop().unwrap_or_else(|| {
            self.groups.push(Group::default());
            self.groups.len() as u32 - 1
        });
        self.groups[group as usize].extreme = extreme;
        self.by_extreme.insert(extreme, group);
        group
    }

    /// Changes the members of a group with all indexes kept right; a group without members is given up.
    fn change(&mut self, group: u32, change: impl FnOnce(&mut Group)) {
        let of = &mut self.groups[group as usize];
        let before = of.first();
        change(of);
        let after = of.first();
        let extreme = of.extreme;
        if before != after {
            if let Some(first) = before {
                self.by_first.remove(&(first, group));
            }
            match after {
                Some(first) => {
                    self.by_first.insert((first, group));
                }
                None => {
                    self.by_extreme.remove(&extreme);
                    self.unused.push(group);
                }
            }
        }
    }

    fn follow(&mut self, key: i64, extras: &mut Extras) {
        let passed: Vec<u32> = self.by_extreme.range(key..).map(|(_, group)| *group).collect();
        let Some(largest) =
            passed.iter().copied().max_by_key(|group| self.groups[*group as usize].members.len())
        else {
            return;
        };
        let mut moved = Vec::new();
        for group in passed {
            let of = &mut self.groups[group as usize];
            if let Some(first) = of.first() {
                self.by_first.remove(&(first, group));
            }
            self.by_extreme.remove(&of.extreme);
            if group != largest {
                moved.extend(std::mem::take(&mut of.members));
                self.unused.push(group);
            }
        }
        let of = &mut self.groups[largest as usize];
        of.extreme = key;
        for (place, slot) in moved {
            extras.of_mut(slot).group = largest;
            of.members.insert(place, slot);
        }
        self.by_extreme.insert(key, largest);
        if let Some(first) = of.first() {
            self.by_first.insert((first, largest));
        }
        self.look();
    }

    /// Takes out the stops whose key is at `key` or below, with their keys and ids.
    fn reached(&mut self, key: i64, extras: &mut Extras) -> Vec<(i64, u64, Slot)> {
        let mut reached = Vec::new();
        while let Some((&(trigger, id), &slot)) = self.fixed.first_key_value()
            && trigger <= key
        {
            self.fixed.remove(&(trigger, id));
            reached.push((trigger, id, slot));
        }
        while let Some(&(first, group)) = self.by_first.first()
            && first <= key
        {
            let extreme = self.groups[group as usize].extreme;
            self.change(group, |of| {
                while let Some((&(distance, id), &slot)) = of.members.first_key_value()
                    && extreme.saturating_add(distance) <= key
                {
                    of.members.remove(&(distance, id));
                    reached.push((extreme.saturating_add(distance), id, slot));
                    // From here on it does not follow any more.
                    extras.of_mut(slot).extreme = extreme;
                }
            });
        }
        reached.sort_unstable_by_key(|(trigger, id, _)| (*trigger, *id));
        self.look();
        reached
    }
}

/// The stops among which a stop stands: of what the house deals those of its group.
fn stops_of<'a>(instrument: &'a mut Instrument, extra: &Extra) -> &'a mut Stops {
    match &mut instrument.dealer {
        Some(dealer) => &mut dealer.groups.entry(extra.client_group).or_default().stops,
        None => &mut instrument.stops,
    }
}

impl Engine {
    /// The best price since a trailing stop of the index was placed.
    pub(crate) fn extreme_of(&self, side: Side, extra: &Extra) -> Option<i64> {
        let instrument = self.instruments.get(extra.instrument)?;
        let stops = match &instrument.dealer {
            Some(dealer) => &dealer.groups.get(&extra.client_group)?.stops,
            None => &instrument.stops,
        };
        Some(stops.extreme(side, extra.group))
    }

    /// A stop that stands nowhere waits for its trigger, or is due at once where the last price has reached it.
    pub(crate) fn wait_for_trigger(&mut self, slot: Slot) {
        let instrument = self.instruments.of_order(self.slab[slot].payload.instrument);
        let extra = self.extras.of_mut(slot);
        if extra.order_type == code::TRAILING_STOP && extra.extreme == 0 {
            extra.extreme = if instrument.last != 0 { instrument.last } else { instrument.reference };
        }
        self.stop_rest(slot);
        let number = self.slab[slot].payload.instrument;
        let instrument = self.instruments.of_order(number);
        let last = instrument.last;
        if last != 0 && instrument.is_continuous() {
            self.reach_stops(number, last, last);
        }
    }

    /// Puts a stop into the index.
    pub(crate) fn stop_rest(&mut self, slot: Slot) {
        let node = &self.slab[slot];
        let (side, id) = (node.side, node.sequence);
        let instrument = self.instruments.of_order(node.payload.instrument);
        let extra = self.extras.of_mut(slot);
        extra.place = Place::Stops;
        let all = stops_of(instrument, extra);
        all.count += 1;
        let stops = all.side(side);
        if extra.order_type == code::TRAILING_STOP {
            let group = stops.group_at(key_of(side, extra.extreme));
            (extra.group, extra.extreme) = (group, 0);
            stops.change(group, |of| {
                of.members.insert((extra.trigger, id), slot);
            });
            stops.look();
        } else {
            let key = key_of(side, extra.trigger);
            stops.fixed.insert((key, id), slot);
            stops.first = stops.first.min(key);
        }
        instrument.set_watch(watch::STOPS, instrument.stops.count > 0);
    }

    /// Takes a stop out of the index; a trailing one keeps its extreme.
    pub(crate) fn stop_leave(&mut self, slot: Slot) {
        let node = &self.slab[slot];
        let (side, id) = (node.side, node.sequence);
        let instrument = self.instruments.of_order(node.payload.instrument);
        let extra = self.extras.of_mut(slot);
        let all = stops_of(instrument, extra);
        all.count -= 1;
        let stops = all.side(side);
        if extra.order_type == code::TRAILING_STOP {
            extra.extreme = key_of(side, stops.groups[extra.group as usize].extreme);
            stops.change(extra.group, |of| {
                of.members.remove(&(extra.trigger, id));
            });
            stops.look();
        } else {
            let key = key_of(side, extra.trigger);
            stops.fixed.remove(&(key, id));
            if key == stops.first {
                stops.look();
            }
        }
        instrument.set_watch(watch::STOPS, instrument.stops.count > 0);
        if let Some(dealer) = &mut instrument.dealer {
            dealer.tidy(extra.client_group);
        }
    }

    /// Stops that trades from `low` to `high` reached become due: buys from the lowest trigger, then sells from the highest.
    #[inline]
    pub(crate) fn reach_stops(&mut self, number: u32, low: i64, high: i64) {
        if self.instruments.of_order(number).stops.is_reached(low, high) {
            self.make_reached_due(number, low, high);
        }
    }

    fn make_reached_due(&mut self, number: u32, low: i64, high: i64) {
        for (side, key) in [(Side::Buy, high), (Side::Sell, -low)] {
            let instrument = self.instruments.of_order(number);
            let reached = instrument.stops.side(side).reached(key, &mut self.extras);
            instrument.stops.count -= reached.len();
            instrument.set_watch(watch::STOPS, instrument.stops.count > 0);
            for (_, _, slot) in reached {
                let extra = self.extras.of_mut(slot);
                if extra.order_type == code::TRAILING_STOP {
                    extra.extreme = key_of(side, extra.extreme);
                }
                extra.place = Place::Reached;
                self.make_due(What::Trigger, slot);
            }
        }
    }

    /// The stops of an instrument that has become continuous follow the last price, and those it has reached become due.
    pub(crate) fn wake_stops(&mut self, number: u32) {
        let instrument = self.instruments.of_order(number);
        let last = instrument.last;
        if last != 0 {
            instrument.stops.follow(last, &mut self.extras);
            self.reach_stops(number, last, last);
        }
    }

    /// Stops that are due and not yet triggered wait again: the instrument leaves continuous trading.
    pub(crate) fn calm_stops(&mut self, number: u32) {
        let due: Vec<Slot> = {
            let extras = &self.extras;
            let instrument = self.instruments.of_order(number);
            let live = |entry: &crate::due::Due| {
                entry.what == What::Trigger
                    && extras.get(entry.slot).is_some_and(|extra| extra.tickets[1] == entry.ticket)
            };
            instrument.due.entries().filter(live).map(|entry| entry.slot).collect()
        };
        for slot in due {
            self.make_undue(What::Trigger, slot);
            self.stop_rest(slot);
        }
    }

    /// A stop whose turn has come: it is triggered and enters.
    pub(crate) fn trigger(&mut self, slot: Slot, emit: &mut Emit<'_, '_>) {
        let event = self.start_event(EventKind::Triggered, slot);
        let last = self.instruments.of_order(self.slab[slot].payload.instrument).last;
        let id = emit.anonymous(garraway_types::Event { fee: last, ..event });
        self.renumber(slot, id.0);
        let extra = self.extras.of_mut(slot);
        (extra.triggered, extra.place) = (true, Place::Book);
        if extra.order_type == code::STOP_LIMIT {
            // From here on it is a limit order in everything.
            (extra.order_type, extra.trigger) = (code::LIMIT, 0);
        }
        self.note_late(slot);
        self.enter_slot(slot, emit);
    }
}
