//! Open orders by account and reference: open addressing over 8-byte entries, linear probing, backward-shift deletion.
//!
//! At most half full. An entry is 32 bits of the hash and the slot. Slot 0 is never used, so 0 is an empty entry. Its order of iteration is no
//! part of any result.

use garraway_book::{NIL, Slab, Slot};

use crate::orders::Order;

#[derive(Clone, Debug)]
pub(crate) struct Index {
    entries: Vec<u64>,
    count: usize,
}

/// References of an account follow each other, so eight of them share a cache line; lines are spread over 32 bits. A source
/// of the door that picks its references may aim at one bucket; see the roadmap.
#[inline(always)]
fn tag_of(account: u32, client_ref: u64) -> u32 {
    let line = (client_ref >> 3 ^ u64::from(account) << 36).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let spread = ((line ^ u64::from(account).wrapping_mul(0xc2b2_ae3d_27d4_eb4f)) >> 32) as u32;
    spread & !7 | client_ref as u32 & 7
}

impl Index {
    pub(crate) fn new(reserve: usize) -> Self {
        Self { entries: vec![0; (reserve * 2).next_power_of_two().max(64)], count: 0 }
    }

    #[inline(always)]
    fn mask(&self) -> usize {
        self.entries.len() - 1
    }

    /// What stands where the search for an order begins.
    #[inline(always)]
    pub(crate) fn home(&self, account: u32, client_ref: u64) -> u64 {
        self.entries[tag_of(account, client_ref) as usize & self.mask()]
    }

    #[inline(always)]
    pub(crate) fn get(&self, account: u32, client_ref: u64, slab: &Slab<Order>) -> Option<Slot> {
        let tag = tag_of(account, client_ref);
        let mut at = tag as usize & self.mask();
        loop {
            let entry = self.entries[at];
            let slot = entry as Slot;
            if slot == NIL {
                return None;
            }
            if (entry >> 32) as u32 == tag {
                let order = &slab[slot].payload;
                if order.client_ref == client_ref && order.account == account {
                    return Some(slot);
                }
            }
            at = (at + 1) & self.mask();
        }
    }

    #[inline(always)]
    pub(crate) fn insert(&mut self, account: u32, client_ref: u64, slot: Slot) {
        if self.count * 2 >= self.entries.len() {
            self.grow();
        }
        self.count += 1;
        self.put(u64::from(tag_of(account, client_ref)) << 32 | u64::from(slot));
    }

    #[inline(always)]
    fn put(&mut self, entry: u64) {
        let mut at = (entry >> 32) as usize & self.mask();
        while self.entries[at] != 0 {
            at = (at + 1) & self.mask();
        }
        self.entries[at] = entry;
    }

    #[cold]
    fn grow(&mut self) {
        let larger = vec![0; self.entries.len() * 2];
        for entry in std::mem::replace(&mut self.entries, larger) {
            if entry != 0 {
                self.put(entry);
            }
        }
    }

    /// Takes out an entry that is there.
    #[inline(always)]
    pub(crate) fn remove(&mut self, account: u32, client_ref: u64, slot: Slot) {
        let tag = tag_of(account, client_ref);
        let sought = u64::from(tag) << 32 | u64::from(slot);
        let mut hole = tag as usize & self.mask();
        while self.entries[hole] != sought {
            assert!(self.entries[hole] != 0, "order {client_ref} of account {account} is not in the index");
            hole = (hole + 1) & self.mask();
        }
        self.count -= 1;
        let mut at = hole;
        loop {
            at = (at + 1) & self.mask();
            let entry = self.entries[at];
            if entry == 0 {
                break;
            }
            // An entry may fill the hole unless its home lies behind the hole.
            let home = (entry >> 32) as usize & self.mask();
            if at.wrapping_sub(home) & self.mask() >= at.wrapping_sub(hole) & self.mask() {
                self.entries[hole] = entry;
                hole = at;
            }
        }
        self.entries[hole] = 0;
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::{Index, Order};
    use garraway_book::Slab;
    use garraway_types::{Price, Side};
    use std::collections::BTreeMap;

    #[test]
    fn index_equals_a_sorted_map() {
        let (mut index, mut slab, mut naive) = (Index::new(0), Slab::<Order>::new(0), BTreeMap::new());
        let mut seed = 7u64;
        for step in 0..60_000u64 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let (account, client_ref) = ((seed >> 60) as u32, (seed >> 33) % 3_000);
            assert_eq!(index.get(account, client_ref, &slab), naive.get(&(account, client_ref)).copied());
            if let Some(slot) = naive.remove(&(account, client_ref)) {
                index.remove(account, client_ref, slot);
                slab.remove(slot);
            } else {
                let order = Order { account, client_ref, ..Order::default() };
                let slot = slab.insert(Price(1), step, 1, Side::Buy, [0; 2], order);
                index.insert(account, client_ref, slot);
                naive.insert((account, client_ref), slot);
            }
            assert_eq!(index.len(), naive.len());
        }
    }
}
