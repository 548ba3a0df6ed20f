//! Reads what the next commands of a batch will need before they are applied, so that a large venue waits for its memory once and not
//! at every step.
//!
//! In a venue of millions of orders a command goes from the index to the order, from there to its neighbours and to its level, and waits
//! for memory each time, since each step says where the next one is. Of several commands the same step can be waited for at once:
//! that is all that happens here. Nothing is changed, and nothing depends on what was read.

use garraway_book::{NIL, Slot, Stand};
use garraway_types::{Command, CommandKind, FixedBody, Price, Side};

use crate::engine::Engine;
use crate::instruments::Instrument;
use crate::links::is_at_least;

/// Commands that are looked at together: their lines, about ten of each, must stay in the smallest cache until they are applied.
const TOGETHER: usize = 16;
/// Orders of a queue that are looked at together.
pub(crate) const ALONG: usize = 8;
/// Orders from which on a venue is larger than the caches; below, reading ahead only costs.
const LARGE: u32 = 100_000;

/// How far a batch was looked at.
#[derive(Clone, Copy, Debug, Default)]
pub struct LookAhead {
    left: usize,
}

/// What a command will need, as far as it is known by now.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    account: u32,
    client_ref: u64,
    /// The instrument, where the command names it or its order was found.
    instrument: u32,
    side: Side,
    price: i64,
    /// The order that the command names, once it was found.
    slot: Slot,
}

impl LookAhead {
    /// To be called before each command of a batch; `upcoming` are the commands from this one on.
    #[inline(always)]
    pub fn before<'a>(&mut self, engine: &Engine, upcoming: impl Iterator<Item = Command<'a>>) {
        if self.left == 0 {
            self.left = TOGETHER;
            if engine.open_orders() >= LARGE {
                engine.look_ahead(upcoming);
            }
        }
        self.left -= 1;
    }
}

impl Engine {
    /// Reads, step by step, what the first of these commands will need.
    #[inline(never)]
    fn look_ahead<'a>(&self, upcoming: impl Iterator<Item = Command<'a>>) {
        let mut wanted = [Wanted::NOTHING; TOGETHER];
        let mut count = 0;
        for (one, command) in wanted.iter_mut().zip(upcoming) {
            *one = Wanted::of(&command);
            count += 1;
        }
        std::hint::black_box(self.read_all(&mut wanted[..count]));
    }

    /// Each loop reads what the one before it told the place of; the loads of a loop do not wait for each other.
    fn read_all(&self, wanted: &mut [Wanted]) -> u64 {
        let mut read = 0;
        for one in wanted.iter() {
            read ^= self.index.home(one.account, one.client_ref) ^ self.look(one.instrument);
        }
        for one in wanted.iter_mut() {
            if one.instrument != 0 {
                read ^= self.look_at_level(one);
            } else {
                one.slot = self.index.get(one.account, one.client_ref, &self.slab).unwrap_or(NIL);
            }
        }
        for one in wanted.iter_mut() {
            let node = &self.slab[one.slot];
            if one.slot != NIL {
                (one.instrument, one.side, one.price) = (node.payload.instrument, node.side, node.price.0);
                let [next, previous] = node.neighbours();
                read ^= self.slab[next].sequence ^ self.slab[previous].sequence ^ self.look(one.instrument);
            } else if one.instrument != 0 {
                read ^= self.slab[self.beside(one)].sequence;
            }
        }
        for one in wanted.iter().filter(|one| one.slot != NIL) {
            read ^= self.look_at_level(one);
        }
        read
    }

    /// Reads the orders from two on that are about to trade, each in its queue, and where the index has them. The two queues are gone
    /// along at once, so that the one does not wait for the other.
    pub(crate) fn look_along(&self, mut pair: [Slot; 2]) {
        let mut read = 0;
        for _ in 0..ALONG {
            pair = pair.map(|slot| {
                let node = &self.slab[slot];
                read ^= self.index.home(node.payload.account, node.payload.client_ref);
                node.neighbours()[0]
            });
        }
        std::hint::black_box(read);
    }

    /// Reads an instrument, if there is such a one.
    #[inline(always)]
    fn look(&self, instrument: u32) -> u64 {
        self.instruments.get(instrument).map_or(0, Instrument::look)
    }

    /// Reads the level of an order, and where the best opposite one is found.
    #[inline(always)]
    fn look_at_level(&self, one: &Wanted) -> u64 {
        self.instruments.get(one.instrument).map_or(0, |found| found.book.look_at(one.side, Price(one.price)))
    }

    /// The order that an order would meet first, or the last one of its level.
    fn beside(&self, wanted: &Wanted) -> Slot {
        let Some(instrument) = self.instruments.get(wanted.instrument) else { return NIL };
        let Wanted { side, price, .. } = *wanted;
        match instrument.book.first_in(side.opposite(), Stand::Displayed) {
            Some((best, slot)) if is_at_least(side, price, best.0) => slot,
            _ => instrument.book.last_at(side, Price(price)),
        }
    }
}

impl Wanted {
    const NOTHING: Self =
        Self { account: 0, client_ref: 0, instrument: 0, side: Side::Buy, price: 0, slot: NIL };

    fn of(command: &Command<'_>) -> Self {
        let head = &command.head;
        let named = Self { account: head.account, client_ref: head.client_ref, ..Self::NOTHING };
        let body: FixedBody = match command.kind {
            CommandKind::PlaceOrder | CommandKind::ReplaceOrder => command.body(),
            _ => return named,
        };
        if command.kind == CommandKind::ReplaceOrder {
            return Self { client_ref: body.target, ..named };
        }
        let side = Side::from_code(body.side).unwrap_or(Side::Buy);
        Self { instrument: head.instrument, side, price: body.price, ..named }
    }
}

#[cfg(test)]
mod tests {
    use garraway_types::*;

    use crate::terms_tests::common::{SPOT, Venue, limit};

    /// A command of this kind, as it stands in a batch.
    fn encoded(
        kind: CommandKind,
        [account, instrument]: [u32; 2],
        client_ref: u64,
        body: FixedBody,
    ) -> Vec<u8> {
        let head = CommandHead { account, instrument, client_ref, ..CommandHead::empty() };
        let mut out = Vec::new();
        encode_command(kind, head, &body, NO_ITEMS, &[], &mut out);
        out
    }

    #[test]
    fn commands_of_every_sort_may_be_looked_at() {
        let mut venue = Venue::new();
        for price in [10, 20, 30, 1_000] {
            venue.buy(16, 5, price);
            venue.buy(17, 5, price);
        }
        let mut batch = Vec::new();
        for price in [i64::MIN, -1, 0, 1, 20, 999, 1_000, 1_001, i64::MAX] {
            for (side, instrument) in
                [(Side::Buy, SPOT), (Side::Sell, SPOT), (Side::Sell, 77), (Side::Buy, u32::MAX)]
            {
                let body = limit(side, 1, price);
                batch.extend(encoded(CommandKind::PlaceOrder, [16, instrument], 9, body));
                batch.extend(encoded(CommandKind::PlaceOrder, [u32::MAX, instrument], u64::MAX, body));
            }
        }
        for account in [0, 16, 17, u32::MAX] {
            for client_ref in [0, 1, 4, 5, u64::MAX] {
                let body = FixedBody { target: client_ref, ..FixedBody::empty() };
                for kind in [CommandKind::CancelOrder, CommandKind::ReplaceOrder, CommandKind::Tick] {
                    batch.extend(encoded(kind, [account, 0], client_ref, body));
                }
            }
        }
        let before = venue.engine.state_hash();
        let commands: Vec<Command<'_>> = commands_in(&batch).collect();
        assert_eq!(commands.len(), 72 + 60);
        for from in 0..commands.len() {
            venue.engine.look_ahead(commands[from..].iter().copied());
        }
        assert_eq!(venue.engine.state_hash(), before);
    }
}
