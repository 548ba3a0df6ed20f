//! All orders of an instrument in one order: that of mass cancels, snapshots and proofs.

use garraway_book::{Book, NIL, Slot, Stand};
use garraway_types::{Price, Side};

use crate::engine::Engine;
use crate::extras::Place;
use crate::instruments::Instrument;

/// Where an order stands in a walk: side, part of the side, how far behind the best price, id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    pub(crate) side: u8,
    /// 0 displayed, 1 hidden, 2 pegs, 3 stops (those that are due too), 4 those that wait, 5 the one being matched.
    pub(crate) part: u8,
    pub(crate) key: i64,
    pub(crate) id: u64,
}

/// Where a walk begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    /// Behind this place.
    pub(crate) after: Rank,
    /// An order at or before that place in the same level, from which it is sought; `NIL` for the level's first.
    pub(crate) anchor: Slot,
    /// Most orders that are wanted.
    pub(crate) most: usize,
}

impl Default for Start {
    fn default() -> Self {
        Self { after: Rank::default(), anchor: NIL, most: usize::MAX }
    }
}

impl Engine {
    /// The orders of an instrument: of buys, then sells, the displayed ones best first, the hidden ones best first, pegs by id, stops by id,
    /// those that wait by id, the order being matched.
    pub(crate) fn walk(&self, number: u32) -> Vec<(Rank, Slot)> {
        let mut walk = Vec::new();
        self.visit(number, Start::default(), |rank, slot| {
            walk.push((rank, slot));
            true
        });
        walk
    }

    /// Walks from a place on, as long as `visit` says so.
    pub(crate) fn visit(&self, number: u32, start: Start, mut visit: impl FnMut(Rank, Slot) -> bool) {
        let Some(instrument) = self.instruments.get(number) else { return };
        let Start { after, anchor, most } = start;
        for side in [Side::Buy, Side::Sell] {
            let rank = |part, key, id| Rank { side: side as u8, part, key, id };
            // Of the part in which the walk goes on: behind which key and id.
            let behind = |part| (after.side, after.part) == (side as u8, part);
            let is_through = |part| (side as u8, part) < (after.side, after.part);
            for (part, stand) in [(0, Stand::Displayed), (1, Stand::Hidden)] {
                if is_through(part) {
                    continue;
                }
                let sign = if side == Side::Sell { 1 } else { -1 };
                let from = behind(part).then_some(Price(after.key * sign));
                for level in instrument.book.levels_from(side, stand, from) {
                    let key = level.price.0 * sign;
                    let goes_on = behind(part) && key == after.key;
                    let first = if goes_on && anchor != NIL { anchor } else { level.first };
                    for slot in Book::queue(&self.slab, first) {
                        let id = self.slab[slot].sequence;
                        let passed = goes_on && id <= after.id;
                        if !passed && !visit(rank(part, key, id), slot) {
                            return;
                        }
                    }
                }
            }
            for part in 2..=5 {
                if is_through(part) {
                    continue;
                }
                let lowest = if behind(part) { after.id } else { 0 };
                for (id, slot) in self.outside_of_book(instrument, side, part, lowest, most) {
                    if !visit(rank(part, 0, id), slot) {
                        return;
                    }
                }
            }
        }
    }

    /// Orders of a side that stand outside the book, of one part, with an id above the lowest, by id, no more than `most`.
    fn outside_of_book(
        &self,
        instrument: &Instrument,
        side: Side,
        part: u8,
        lowest: u64,
        most: usize,
    ) -> Vec<(u64, Slot)> {
        let meant = |(id, slot): &(u64, Slot)| *id > lowest && self.slab[*slot].side == side;
        let mut orders: Vec<(u64, Slot)> = match part {
            2 => instrument.pegs.all(side).filter(meant).collect(),
            3 => {
                let reached = self.reached_orders(instrument, Place::Reached);
                let dealt = instrument.dealer.iter().flat_map(|dealer| dealer.stops(side));
                instrument.stops.all(side).chain(dealt).chain(reached).filter(meant).collect()
            }
            4 => {
                let waiting = instrument.waiting.iter().chain(&instrument.parked);
                let waiting = waiting.map(|(id, slot)| (*id, *slot));
                let dealt = instrument.dealer.iter().flat_map(|dealer| dealer.others());
                let called = self.reached_orders(instrument, Place::Called);
                waiting.chain(dealt).chain(called).filter(meant).collect()
            }
            _ => {
                let working = Some(instrument.working).filter(|slot| *slot != NIL);
                working.map(|slot| (self.slab[slot].sequence, slot)).filter(meant).into_iter().collect()
            }
        };
        if orders.len() > most {
            orders.select_nth_unstable(most - 1);
            orders.truncate(most);
        }
        orders.sort_unstable();
        orders
    }

    /// Orders that were reached and are due, in no order.
    fn reached_orders<'a>(
        &'a self,
        instrument: &'a Instrument,
        place: Place,
    ) -> impl Iterator<Item = (u64, Slot)> + 'a {
        let live = instrument.due.entries().filter(move |entry| {
            self.extras.get(entry.slot).is_some_and(|extra| {
                extra.place == place
                    && extra.tickets.contains(&entry.ticket)
                    && entry.what == crate::due::What::Trigger
            })
        });
        live.map(|entry| (self.slab[entry.slot].sequence, entry.slot))
    }
}
