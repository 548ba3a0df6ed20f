//! All orders of an instrument in one order: that of mass cancels, snapshots and proofs.

use std::collections::BTreeMap;

use garraway_book::{Book, NIL, Slot, Stand};
use garraway_types::Side;

use crate::engine::Engine;
use crate::extras::Place;

/// Where an order stands in a walk: side, part of the side, how far behind the best price, id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    pub(crate) side: u8,
    /// 0 displayed, 1 hidden, 2 pegs, 3 stops (those that are due too), 4 those that wait, 5 the one being matched.
    pub(crate) part: u8,
    pub(crate) key: i64,
    pub(crate) id: u64,
}

impl Engine {
    /// The orders of an instrument: of buys, then sells, the displayed ones best first, the hidden ones best first, pegs by id, stops by id,
    /// those that wait by id, the order being matched.
    pub(crate) fn walk(&self, number: u32) -> Vec<(Rank, Slot)> {
        let Some(instrument) = self.instruments.get(number) else { return Vec::new() };
        let mut walk = Vec::new();
        let reached = self.reached_stops(number);
        for side in [Side::Buy, Side::Sell] {
            for (part, stand) in [(0, Stand::Displayed), (1, Stand::Hidden)] {
                for level in instrument.book.levels_in(side, stand) {
                    let key = if side == Side::Sell { level.price.0 } else { -level.price.0 };
                    let queue = Book::queue(&self.slab, level.first);
                    walk.extend(queue.map(|slot| {
                        (Rank { side: side as u8, part, key, id: self.slab[slot].sequence }, slot)
                    }));
                }
            }
            let of_side = |slot: &Slot| self.slab[*slot].side == side;
            let mut stops = instrument.stops.by_id(side);
            stops.extend(reached.iter().filter(|(_, slot)| of_side(slot)).copied());
            let waiting =
                instrument.waiting.iter().chain(&instrument.parked).filter(|(_, slot)| of_side(slot));
            let waiting: BTreeMap<u64, Slot> = waiting.map(|(id, slot)| (*id, *slot)).collect();
            for (part, orders) in [(2, instrument.pegs.by_id(side)), (3, stops), (4, waiting)] {
                let rank = |id| Rank { side: side as u8, part, key: 0, id };
                walk.extend(orders.into_iter().map(|(id, slot)| (rank(id), slot)));
            }
            let working = instrument.working;
            if working != NIL && self.slab[working].side == side {
                let id = self.slab[working].sequence;
                walk.push((Rank { side: side as u8, part: 5, key: 0, id }, working));
            }
        }
        walk
    }

    /// Stops that were reached and are due, by id.
    fn reached_stops(&self, number: u32) -> Vec<(u64, Slot)> {
        let Some(instrument) = self.instruments.get(number) else { return Vec::new() };
        let live = instrument.due.entries().filter(|entry| {
            self.extras.get(entry.slot).is_some_and(|extra| {
                extra.place == Place::Reached
                    && extra.tickets.contains(&entry.ticket)
                    && entry.what == crate::due::What::Trigger
            })
        });
        let mut reached: Vec<(u64, Slot)> =
            live.map(|entry| (self.slab[entry.slot].sequence, entry.slot)).collect();
        reached.sort_unstable();
        reached
    }
}
