//! What a special order has more than the slab keeps: its kind, display, trigger, links, and where it stands when not in the book.
//!
//! An order has an entry here if and only if its mark says [`Mark::is_special`](crate::orders::Mark::is_special).

use garraway_book::{NIL, Slot};

/// Where a special order stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Place {
    /// In the book or being matched.
    #[default]
    Book = 0,
    /// Among the stops that wait for their trigger.
    Stops = 1,
    /// Among the pegs.
    Pegs = 2,
    /// Outside the book until its parent is done.
    Waiting = 3,
    /// Outside the book until the closing auction.
    Parked = 4,
    /// A stop that was reached and waits in the queue of what is due.
    Reached = 5,
    /// Of what the house deals: among the limits that wait for their quote.
    Dealt = 6,
    /// Of what the house deals: among the orders that wait for the next quote.
    Next = 7,
    /// Of what the house deals: no stop, called by a quote, waits in the queue of what is due.
    Called = 8,
}

impl Place {
    pub(crate) fn from_code(code: u8) -> Option<Self> {
        use Place::{Book, Called, Dealt, Next, Parked, Pegs, Reached, Stops, Waiting};
        [Book, Stops, Pegs, Waiting, Parked, Reached, Dealt, Next, Called]
            .into_iter()
            .find(|place| *place as u8 == code)
    }
}

/// The pair in which an order is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Partner {
    /// In none.
    #[default]
    None,
    /// With the order in this slot.
    With(Slot),
    /// The other order of the pair is done.
    Done,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extra {
    pub(crate) instrument: u32,
    pub(crate) order_type: u8,
    pub(crate) place: Place,
    /// Lots shown at a time, 0 for no iceberg.
    pub(crate) display: u32,
    /// Lots open that are not shown; the node's `leaves` are those shown.
    pub(crate) reserve: u32,
    /// Lots that must trade when the order first may; 0 when forgotten.
    pub(crate) minimum: u32,
    /// Trigger of a stop, distance of a trailing one, offset of a peg.
    pub(crate) trigger: i64,
    /// Of a trailing stop: highest (of a buy: lowest) last price since it was placed, as long as it stands in no group of the index.
    pub(crate) extreme: i64,
    /// Of a trailing stop in the index: its group.
    pub(crate) group: u32,
    /// Whether it is a stop that was triggered.
    pub(crate) triggered: bool,
    pub(crate) expire_s: u32,
    /// Of a child that is due: what its parent filled.
    pub(crate) allowed: u32,
    pub(crate) partner: Partner,
    /// Of a pair: whether it was the stop when they were linked.
    pub(crate) is_second: bool,
    pub(crate) parent: Slot,
    /// In the order in which they were placed.
    pub(crate) children: [Slot; 2],
    /// Tickets of its entries in the queue of what is due, 0 without one: to be brought level; to start or be triggered.
    pub(crate) tickets: [u64; 2],
    /// Of what the house deals: the group whose markup it is dealt with.
    pub(crate) client_group: u16,
    /// Of a hedging account's: the position that it reduces or made, 0 for none.
    pub(crate) position: u64,
}

impl Extra {
    /// Whether the order waits for another one, and holds nothing.
    pub(crate) fn waits(&self) -> bool {
        self.place == Place::Waiting || self.parent != NIL
    }
}

/// Entries by slot.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extras {
    /// By slot: the place in `entries` and 1, or 0.
    places: Vec<u32>,
    entries: Vec<Extra>,
    free: Vec<u32>,
}

impl Extras {
    pub(crate) fn get(&self, slot: Slot) -> Option<&Extra> {
        let place = *self.places.get(slot as usize)?;
        if place == 0 { None } else { Some(&self.entries[place as usize - 1]) }
    }

    pub(crate) fn get_mut(&mut self, slot: Slot) -> Option<&mut Extra> {
        let place = *self.places.get(slot as usize)?;
        if place == 0 { None } else { Some(&mut self.entries[place as usize - 1]) }
    }

    /// The entry of an order that is special.
    pub(crate) fn of(&self, slot: Slot) -> &Extra {
        self.get(slot).unwrap_or_else(|| unreachable!("the order in slot {slot} is special"))
    }

    pub(crate) fn of_mut(&mut self, slot: Slot) -> &mut Extra {
        self.get_mut(slot).unwrap_or_else(|| unreachable!("the order in slot {slot} is special"))
    }

    pub(crate) fn insert(&mut self, slot: Slot, extra: Extra) {
        let at = slot as usize;
        if self.places.len() <= at {
            self.places.resize(at + 1, 0);
        }
        assert!(slot != NIL && self.places[at] == 0, "slot {slot} has an entry");
        let place = match self.free.pop() {
            Some(place) => {
                self.entries[place as usize] = extra;
                place
            }
            None => {
                self.entries.push(extra);
                self.entries.len() as u32 - 1
            }
        };
        self.places[at] = place + 1;
    }

    /// Takes an entry out; it can be looked at until another one is put in.
    pub(crate) fn remove(&mut self, slot: Slot) -> Option<&Extra> {
        let place = std::mem::take(self.places.get_mut(slot as usize)?);
        if place == 0 {
            return None;
        }
        self.free.push(place - 1);
        self.entries.get(place as usize - 1)
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }
}
