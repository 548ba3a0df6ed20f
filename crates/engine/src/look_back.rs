//! The open orders of one account, found without a walk through everyone's.
//!
//! The references of an account only rise and stand side by side in the index, so its open orders lie a short way back from its last
//! reference. Where they do not, nothing is found and the walk does it.

use garraway_book::{Book, Slot};
use garraway_types::Side;

use crate::engine::Engine;
use crate::extras::Place;
use crate::orders::Mark;
use crate::walk::Rank;

/// References that are looked at: eight of them share a cache line.
const FARTHEST: u64 = 1_024;

impl Engine {
    /// The open orders of an account in an instrument, in the order of a walk; `None` where they are not found or are more than `most`.
    pub(crate) fn look_back(&self, account: u32, number: u32, most: usize) -> Option<Vec<(Rank, Slot)>> {
        let of = self.accounts.get(account)?;
        let (mut left, mut found) = (of.open_orders as usize, Vec::new());
        if left > most {
            return None;
        }
        let lowest = of.last_ref.saturating_sub(FARTHEST);
        let mut client_ref = of.last_ref;
        while left > 0 {
            if client_ref == lowest {
                return None;
            }
            if let Some(slot) = self.index.get(account, client_ref, &self.slab) {
                left -= 1;
                if self.slab[slot].payload.instrument == number {
                    found.push((self.rank_of(slot)?, slot));
                }
            }
            client_ref -= 1;
        }
        found.sort_unstable();
        Some(found)
    }

    /// Where an order stands in a walk; `None` of one that stands nowhere.
    fn rank_of(&self, slot: Slot) -> Option<Rank> {
        let node = &self.slab[slot];
        let (side, id) = (node.side as u8, node.sequence);
        if Book::is_resting(&self.slab, slot) {
            let key = if node.side == Side::Sell { node.price.0 } else { -node.price.0 };
            return Some(Rank { side, part: u8::from(Mark(node.mark).is_hidden()), key, id });
        }
        let part = match self.extras.get(slot).map_or(Place::Book, |extra| extra.place) {
            Place::Pegs => 2,
            Place::Stops | Place::Reached => 3,
            Place::Waiting | Place::Parked | Place::Dealt | Place::Next | Place::Called => 4,
            Place::Book => {
                let working = self.instruments.get(node.payload.instrument)?.working;
                if working != slot {
                    return None;
                }
                5
            }
        };
        Some(Rank { side, part, key: 0, id })
    }
}
