//! The book of one instrument: two ladders over the orders in a slab.

use garraway_types::{Price, Side};

use crate::ladder::{Ladder, Level};
use crate::slab::{NIL, Node, Slab, Slot, Stand};

/// The book of one instrument.
#[derive(Clone, Debug)]
pub struct Book {
    bids: Ladder,
    asks: Ladder,
    /// Hidden bids and asks; made for the first hidden order, which most books never see.
    hidden: Option<Box<[Ladder; 2]>>,
}

/// Who is told of fills while an order matches.
pub trait Fills<T> {
    /// Whether there is room for one more fill. Where there is none, matching stops before it.
    fn has_room(&mut self) -> bool;

    /// Whether the incoming order may meet this one at all. Where it may not, matching stops before it.
    #[inline(always)]
    fn meets(&mut self, order: &Node<T>) -> bool {
        let _ = order;
        true
    }

    /// Whether the incoming order must not trade with this one.
    fn is_prevented(&mut self, order: &Node<T>) -> bool {
        let _ = order;
        false
    }

    /// Says what is taken from both orders instead of a trade. `left` is what the incoming one has open. When the resting one has
    /// nothing left, the book frees the slot afterwards.
    fn prevent(&mut self, slot: Slot, order: &mut Node<T>, left: u32) -> Prevented {
        unreachable!("order in slot {slot} at {} is not prevented from trading {left} lots", order.price)
    }

    /// `lots` of the order in `slot` trade; its `leaves` are reduced already. When they are 0, the book frees the slot afterwards.
    fn fill(&mut self, slot: Slot, order: &mut Node<T>, lots: u32);
}

/// What is taken from two orders that must not trade with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prevented {
    /// Lots taken from the resting order.
    pub resting: u32,
    /// Lots taken from the incoming order.
    pub incoming: u32,
}

/// One price level, as people see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelView {
    /// Its price.
    pub price: Price,
    /// Lots of all its orders.
    pub quantity: u64,
    /// The first order's slot.
    pub first: Slot,
}

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookFault(pub String);

/// The parts of a book, in the order in which it is walked.
pub const PARTS: [(Side, Stand); 4] = [
    (Side::Buy, Stand::Displayed),
    (Side::Buy, Stand::Hidden),
    (Side::Sell, Stand::Displayed),
    (Side::Sell, Stand::Hidden),
];

/// Smaller is better: the price for sells, its complement for buys.
#[inline(always)]
fn key_of(side: Side, price: Price) -> i64 {
    match side {
        Side::Buy => !price.0,
        Side::Sell => price.0,
    }
}

#[inline(always)]
fn price_of(side: Side, key: i64) -> Price {
    match side {
        Side::Buy => Price(!key),
        Side::Sell => Price(key),
    }
}

impl Default for Book {
    fn default() -> Self {
        Self { bids: Ladder::new(), asks: Ladder::new(), hidden: None }
    }
}

impl Book {
    #[inline(always)]
    fn ladder(&mut self, side: Side) -> &mut Ladder {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    #[inline(always)]
    fn ladder_ref(&self, side: Side) -> &Ladder {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    /// The ladder of a side's displayed or hidden part.
    #[inline(always)]
    fn part(&mut self, side: Side, stand: Stand) -> &mut Ladder {
        if stand == Stand::Hidden { self.hidden(side) } else { self.ladder(side) }
    }

    #[cold]
    fn hidden(&mut self, side: Side) -> &mut Ladder {
        let hidden = self.hidden.get_or_insert_with(|| Box::new([Ladder::new(), Ladder::new()]));
        match side {
            Side::Buy => &mut hidden[0],
            Side::Sell => &mut hidden[1],
        }
    }

    /// The same to be read; `None` where nothing was ever hidden.
    #[inline]
    fn part_ref(&self, side: Side, stand: Stand) -> Option<&Ladder> {
        match (stand, side) {
            (Stand::None | Stand::Displayed, _) => Some(self.ladder_ref(side)),
            (Stand::Hidden, Side::Buy) => self.hidden.as_deref().map(|hidden| &hidden[0]),
            (Stand::Hidden, Side::Sell) => self.hidden.as_deref().map(|hidden| &hidden[1]),
        }
    }

    /// The best displayed price of a side.
    #[inline(always)]
    pub fn best(&self, side: Side) -> Option<Price> {
        self.ladder_ref(side).best().map(|key| price_of(side, key))
    }

    /// The best price of a side's hidden part.
    #[inline]
    pub fn best_hidden(&self, side: Side) -> Option<Price> {
        self.part_ref(side, Stand::Hidden)?.best().map(|key| price_of(side, key))
    }

    /// Puts an order at the end of its level.
    #[inline(always)]
    pub fn rest<T: Copy + Default>(&mut self, slab: &mut Slab<T>, slot: Slot) {
        let node = &mut slab[slot];
        node.stand = Stand::Displayed;
        let leaves = u64::from(node.leaves);
        let level = self.ladder(node.side).level_for_order(key_of(node.side, node.price));
        let tail = level.tail;
        node.previous = tail;
        node.next = NIL;
        level.quantity += leaves;
        level.tail = slot;
        if tail == NIL {
            level.head = slot;
        } else {
            slab[tail].next = slot;
        }
    }

    /// Puts an order into its level of the displayed or the hidden part, where its sequence belongs.
    pub fn rest_in<T: Copy + Default>(&mut self, slab: &mut Slab<T>, slot: Slot, stand: Stand) {
        let Node { side, price, leaves, sequence, .. } = slab[slot];
        let level = self.part(side, stand).level_for_order(key_of(side, price));
        level.quantity += u64::from(leaves);
        let (mut before, mut after) = (level.tail, NIL);
        while before != NIL && slab[before].sequence > sequence {
            after = before;
            before = slab[before].previous;
        }
        if before == NIL {
            level.head = slot;
        } else {
            slab[before].next = slot;
        }
        if after == NIL {
            level.tail = slot;
        } else {
            slab[after].previous = slot;
        }
        let node = &mut slab[slot];
        (node.previous, node.next, node.stand) = (before, after, stand);
    }

    /// The first order of a side's displayed or hidden part, and its price.
    #[inline]
    pub fn first_in(&self, side: Side, stand: Stand) -> Option<(Price, Slot)> {
        let ladder = self.part_ref(side, stand)?;
        let key = ladder.best()?;
        Some((price_of(side, key), ladder.level(key)?.head))
    }

    /// The first order of a side's displayed or hidden part at a price.
    pub fn first_at(&self, side: Side, stand: Stand, price: Price) -> Option<Slot> {
        Some(self.part_ref(side, stand)?.level(key_of(side, price))?.head)
    }

    /// The last displayed order of a side at a price, or [`NIL`], which a level far from the touch has as well.
    #[inline(always)]
    pub fn last_at(&self, side: Side, price: Price) -> Slot {
        self.ladder_ref(side).near_level(key_of(side, price)).map_or(NIL, |level| level.tail)
    }

    /// Reads the lines of the book that every order needs, so that they are near when they are used. What it returns means nothing.
    #[inline(always)]
    pub fn look(&self) -> u64 {
        self.bids.look() ^ self.asks.look()
    }

    /// Reads the level of an order to come, and the word that tells the best level opposite to it, in the same way.
    #[inline(always)]
    pub fn look_at(&self, side: Side, price: Price) -> u64 {
        let own = self.ladder_ref(side).look_at(key_of(side, price));
        own ^ self.ladder_ref(side.opposite()).look_at_best()
    }

    /// The best price of a side, hidden orders included.
    pub fn best_any(&self, side: Side) -> Option<Price> {
        let best = |stand| self.part_ref(side, stand)?.best();
        let key = match (best(Stand::Displayed), best(Stand::Hidden)) {
            (Some(displayed), Some(hidden)) => displayed.min(hidden),
            (displayed, hidden) => displayed.or(hidden)?,
        };
        Some(price_of(side, key))
    }

    /// The order of a side that an incoming one would meet first: the best price, displayed before hidden, then by sequence.
    pub fn first_any(&self, side: Side) -> Option<(Price, Slot)> {
        let first = |stand| self.first_in(side, stand);
        match (first(Stand::Displayed), first(Stand::Hidden)) {
            (Some(displayed), Some(hidden)) => {
                let earlier = key_of(side, displayed.0) <= key_of(side, hidden.0);
                Some(if earlier { displayed } else { hidden })
            }
            (displayed, hidden) => displayed.or(hidden),
        }
    }

    /// The displayed or hidden levels of a side, best first. `quantity` does not count what icebergs have in reserve.
    pub fn levels_in(&self, side: Side, stand: Stand) -> impl Iterator<Item = LevelView> + '_ {
        self.levels_from(side, stand, None)
    }

    /// The same from a price on, that level included if it is there.
    pub fn levels_from(
        &self,
        side: Side,
        stand: Stand,
        from: Option<Price>,
    ) -> impl Iterator<Item = LevelView> + '_ {
        self.part_ref(side, stand).into_iter().flat_map(move |ladder| {
            let first = match from {
                Some(price) => {
                    let key = key_of(side, price);
                    if ladder.level(key).is_some() { Some(key) } else { ladder.next_after(key) }
                }
                None => ladder.best(),
            };
            std::iter::successors(first, |key| ladder.next_after(*key)).filter_map(move |key| {
                let level = ladder.level(key)?;
                Some(LevelView { price: price_of(side, key), quantity: level.quantity, first: level.head })
            })
        })
    }

    /// Takes an order out of its level. The slot stays the owner's.
    #[inline(always)]
    pub fn leave<T: Copy + Default>(&mut self, slab: &mut Slab<T>, slot: Slot) {
        let node = &mut slab[slot];
        let Node { next, previous, leaves, side, price, stand, .. } = *node;
        debug_assert!(stand != Stand::None, "order in slot {slot} stands in no level");
        node.stand = Stand::None;
        let key = key_of(side, price);
        let ladder = self.part(side, stand);
        let level = ladder.level_mut(key);
        level.quantity -= u64::from(leaves);
        if previous == NIL {
            level.head = next;
        }
        if next == NIL {
            level.tail = previous;
        }
        if level.head == NIL {
            ladder.emptied(key);
            return;
        }
        if previous != NIL {
            slab[previous].next = next;
        }
        if next != NIL {
            slab[next].previous = previous;
        }
    }

    /// Takes `lots` away from an order that stays, in its place. `lots` is below its leaves.
    #[inline(always)]
    pub fn reduce<T: Copy + Default>(&mut self, slab: &mut Slab<T>, slot: Slot, lots: u32) {
        let node = &mut slab[slot];
        assert!(lots < node.leaves, "{lots} lots taken from {}: use leave", node.leaves);
        node.leaves -= lots;
        let (side, stand, key) = (node.side, node.stand, key_of(node.side, node.price));
        if stand != Stand::None {
            self.part(side, stand).level_mut(key).quantity -= u64::from(lots);
        }
    }

    /// Whether the order stands in a level.
    #[inline(always)]
    pub fn is_resting<T: Copy + Default>(slab: &Slab<T>, slot: Slot) -> bool {
        slab[slot].stand != Stand::None
    }

    /// Trades an incoming order of `side` with the opposite side, best price first, within a level in order of priority, as long
    /// as prices are at `limit` or better and `fills` has room. Returns the lots left.
    #[inline(always)]
    pub fn take<T: Copy + Default>(
        &mut self,
        slab: &mut Slab<T>,
        side: Side,
        limit: Price,
        lots: u32,
        fills: &mut impl Fills<T>,
    ) -> u32 {
        let resting = side.opposite();
        let worst = key_of(resting, limit);
        let ladder = self.ladder(resting);
        let mut left = lots;
        while left > 0 {
            let Some(key) = ladder.best() else { break };
            if key > worst {
                break;
            }
            let level = ladder.level_mut(key);
            left = take_level(level, slab, left, fills);
            if level.head != NIL {
                break;
            }
            ladder.emptied(key);
        }
        left
    }

    /// The resting orders that an incoming one would meet, in the order in which it would: a dry run of matching.
    pub fn would_meet<'a, T: Copy + Default>(
        &'a self,
        slab: &'a Slab<T>,
        side: Side,
        limit: Price,
    ) -> impl Iterator<Item = &'a Node<T>> {
        let resting = side.opposite();
        let worst = key_of(resting, limit);
        self.levels(resting)
            .take_while(move |level| key_of(resting, level.price) <= worst)
            .flat_map(move |level| Self::queue(slab, level.first))
            .map(move |slot| &slab[slot])
    }

    /// The displayed levels of a side, best first.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = LevelView> + '_ {
        self.levels_in(side, Stand::Displayed)
    }

    /// The orders of a level, in order of priority, from its first.
    pub fn queue<T: Copy + Default>(slab: &Slab<T>, first: Slot) -> impl Iterator<Item = Slot> + '_ {
        std::iter::successors(Some(first).filter(|slot| *slot != NIL), |slot| {
            Some(slab[*slot].next).filter(|next| *next != NIL)
        })
    }

    /// Proves the book: links, totals, priority within each level, order of levels, and no crossed prices, hidden ones included,
    /// unless it `may_cross`. Returns its orders.
    pub fn check<T: Copy + Default>(&self, slab: &Slab<T>, may_cross: bool) -> Result<u32, BookFault> {
        let mut orders = 0;
        for (side, stand) in PARTS {
            let mut levels = 0;
            for view in self.levels_in(side, stand) {
                orders += check_level(slab, (side, stand), &view)?;
                levels += 1;
            }
            let held = self.part_ref(side, stand).map_or(0, Ladder::len);
            if levels != held {
                return Err(BookFault(format!(
                    "{side:?} {stand:?}: {levels} levels are reached, {held} are counted"
                )));
            }
        }
        match (self.best_any(Side::Buy), self.best_any(Side::Sell)) {
            (Some(bid), Some(ask)) if bid >= ask && !may_cross => {
                Err(BookFault(format!("crossed: bid {bid}, ask {ask}")))
            }
            _ => Ok(orders),
        }
    }
}

/// Trades with one level; returns the lots left.
#[inline(always)]
fn take_level<T: Copy + Default>(
    level: &mut Level,
    slab: &mut Slab<T>,
    mut left: u32,
    fills: &mut impl Fills<T>,
) -> u32 {
    let mut slot = level.head;
    while slot != NIL && left > 0 && fills.has_room() {
        let order = &mut slab[slot];
        if !fills.meets(order) {
            break;
        }
        if fills.is_prevented(order) {
            let Prevented { resting, incoming } = fills.prevent(slot, order, left);
            order.leaves -= resting;
            left -= incoming;
            level.quantity -= u64::from(resting);
        } else {
            let lots = left.min(order.leaves);
            order.leaves -= lots;
            left -= lots;
            level.quantity -= u64::from(lots);
            fills.fill(slot, order, lots);
        }
        if order.leaves > 0 {
            break;
        }
        order.stand = Stand::None;
        let next = order.next;
        slab.remove(slot);
        slot = next;
    }
    level.head = slot;
    if slot == NIL {
        level.tail = NIL;
    } else {
        slab[slot].previous = NIL;
    }
    left
}

fn check_level<T: Copy + Default>(
    slab: &Slab<T>,
    (side, stand): (Side, Stand),
    view: &LevelView,
) -> Result<u32, BookFault> {
    let fault = |slot: Slot, what: &str| {
        Err(BookFault(format!("{side:?} at {}: order in slot {slot} {what}", view.price)))
    };
    let (mut orders, mut lots, mut previous) = (0, 0, NIL);
    for slot in Book::queue(slab, view.first) {
        let node = &slab[slot];
        if node.price != view.price || node.side != side || node.stand != stand {
            return fault(slot, "does not belong there");
        }
        if node.previous != previous {
            return fault(slot, "is linked wrongly");
        }
        if previous != NIL && slab[previous].sequence >= node.sequence {
            return fault(slot, "stands behind a later one");
        }
        if node.leaves == 0 {
            return fault(slot, "has nothing open");
        }
        lots += u64::from(node.leaves);
        orders += 1;
        previous = slot;
    }
    if lots != view.quantity {
        return Err(BookFault(format!(
            "{side:?} at {}: orders have {lots} lots, the level says {}",
            view.price, view.quantity
        )));
    }
    Ok(orders)
}
