//! Where orders lie: one array, slots reused last in first out, slot 0 never used.

use garraway_types::{Price, Side};

/// The place of an order in a [`Slab`].
pub type Slot = u32;

/// No order.
pub const NIL: Slot = 0;

/// In which part of the book an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Stand {
    /// In no level.
    None = 0,
    /// In a level that is displayed.
    Displayed = 1,
    /// In a hidden level.
    Hidden = 2,
}

/// An order: what the book must know of it, and the owner's payload. With 32 bytes of payload it fills one cache line.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub struct Node<T> {
    /// Limit.
    pub price: Price,
    /// Priority within the level: the lower, the earlier.
    pub sequence: u64,
    pub(crate) next: Slot,
    pub(crate) previous: Slot,
    /// Lots still open.
    pub leaves: u32,
    /// The side it stands on.
    pub side: Side,
    /// A byte of the owner's.
    pub mark: u8,
    /// Where it stands: in no level, in a displayed one, in a hidden one.
    pub(crate) stand: Stand,
    /// Another byte of the owner's.
    pub plan: u8,
    /// The owner's part.
    pub payload: T,
}

impl<T> Node<T> {
    /// The orders behind and before it in its level.
    #[inline(always)]
    pub fn neighbours(&self) -> [Slot; 2] {
        [self.next, self.previous]
    }
}

/// All orders.
#[derive(Clone, Debug)]
pub struct Slab<T> {
    nodes: Vec<Node<T>>,
    free: Slot,
    live: u32,
}

impl<T: Copy + Default> Slab<T> {
    /// A slab with memory for `reserve` orders, which is touched here so that no order pays for it later.
    pub fn new(reserve: usize) -> Self {
        let empty = Node {
            price: Price(0),
            sequence: 0,
            next: NIL,
            previous: NIL,
            leaves: 0,
            side: Side::Buy,
            mark: 0,
            stand: Stand::None,
            plan: 0,
            payload: T::default(),
        };
        let mut nodes = vec![empty; reserve + 1];
        nodes.truncate(1);
        Self { nodes, free: NIL, live: 0 }
    }

    /// Puts an order into a free slot; it stands in no level yet.
    #[inline(always)]
    pub fn insert(
        &mut self,
        price: Price,
        sequence: u64,
        leaves: u32,
        side: Side,
        marks: [u8; 2],
        payload: T,
    ) -> Slot {
        let [mark, plan] = marks;
        let node = Node {
            price,
            sequence,
            next: NIL,
            previous: NIL,
            leaves,
            side,
            mark,
            stand: Stand::None,
            plan,
            payload,
        };
        self.live += 1;
        let slot = self.free;
        if slot != NIL {
            self.free = self.nodes[slot as usize].next;
            self.nodes[slot as usize] = node;
            return slot;
        }
        self.nodes.push(node);
        (self.nodes.len() - 1) as Slot
    }

    /// Frees a slot. The order must stand in no level.
    #[inline(always)]
    pub fn remove(&mut self, slot: Slot) {
        let free = self.free;
        let node = &mut self.nodes[slot as usize];
        debug_assert!(node.stand == Stand::None, "order in slot {slot} is freed while it stands in a level");
        node.next = free;
        node.leaves = 0;
        self.free = slot;
        self.live -= 1;
    }

    /// Orders in the slab.
    #[inline(always)]
    pub fn live(&self) -> u32 {
        self.live
    }

    /// The slot after the last that was ever used: every live slot is below it.
    pub fn end(&self) -> Slot {
        self.nodes.len() as Slot
    }
}

impl<T> std::ops::Index<Slot> for Slab<T> {
    type Output = Node<T>;
    #[inline(always)]
    fn index(&self, slot: Slot) -> &Node<T> {
        &self.nodes[slot as usize]
    }
}

impl<T> std::ops::IndexMut<Slot> for Slab<T> {
    #[inline(always)]
    fn index_mut(&mut self, slot: Slot) -> &mut Node<T> {
        &mut self.nodes[slot as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::{Node, Slab};
    use garraway_types::{Price, Side};

    #[test]
    fn an_order_with_32_bytes_of_payload_is_one_cache_line() {
        assert_eq!(size_of::<Node<[u64; 4]>>(), 64);
    }

    #[test]
    fn slots_are_reused_last_in_first_out() {
        let mut slab = Slab::<[u64; 4]>::new(2);
        let slots: Vec<_> =
            (0..3).map(|n| slab.insert(Price(n), n as u64, 1, Side::Buy, [0; 2], [0; 4])).collect();
        assert_eq!(slots, [1, 2, 3]);
        slab.remove(1);
        slab.remove(3);
        assert_eq!(slab.insert(Price(9), 9, 1, Side::Buy, [0; 2], [0; 4]), 3);
        assert_eq!(slab.insert(Price(9), 9, 1, Side::Buy, [0; 2], [0; 4]), 1);
        assert_eq!(slab.insert(Price(9), 9, 1, Side::Buy, [0; 2], [0; 4]), 4);
        assert_eq!(slab.live(), 4);
    }
}
