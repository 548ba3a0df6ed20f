//! The way from one phase into another: the uncross, the orders that end with the phase, the new phase, and what wakes up in it.
//!
//! Each step asks for room; where there is none the instrument stays busy and `Continue` goes on with [`Leaving`]. What is to be done next
//! is worked out anew from the book as it is then, since cancels are taken meanwhile.

use garraway_book::Slot;
use garraway_types::{Event, EventKind, code, detail};

use crate::due::What;
use crate::emit::Emit;
use crate::engine::Engine;
use crate::extras::Extra;
use crate::instruments::{guard, watch};
use crate::orders::Mark;
use crate::phases::{is_auction, uncrosses};

/// Events for which there must be room before each step: its own and five more.
pub(crate) const ROOM: u16 = 6;

/// Where a change of phase stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Step {
    /// The price is to be found, and the orders that do not get their minimum are to be left out.
    Price = 1,
    /// Orders trade at the price.
    Trades = 2,
    /// Orders that end with the old phase or do not come into the new one are cancelled; then the phase changes.
    Ends = 3,
}

impl Step {
    pub(crate) fn from_code(code: u8) -> Option<Self> {
        [Self::Price, Self::Trades, Self::Ends].into_iter().find(|step| *step as u8 == code)
    }
}

/// A change of phase at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leaving {
    /// The phase to come.
    pub(crate) to: u8,
    /// Why: a `detail` of `PhaseChanged`.
    pub(crate) cause: u8,
    pub(crate) step: Step,
    /// Price of the auction, 0 as long as none was said.
    pub(crate) price: i64,
}

impl Engine {
    /// Brings an instrument that is not busy into another phase, which it can come into.
    pub(crate) fn change_phase(&mut self, number: u32, to: u8, cause: u8, emit: &mut Emit<'_, '_>) {
        let instrument = self.instruments.of_order(number);
        let step = if uncrosses(instrument.phase, to) { Step::Price } else { Step::Ends };
        instrument.leaving = Some(Leaving { to, cause, step, price: 0 });
        self.go_on_leaving(number, emit);
    }

    /// Goes on with a change of phase, and with what it makes due.
    pub(crate) fn go_on_leaving(&mut self, number: u32, emit: &mut Emit<'_, '_>) {
        let source = emit.hush();
        while let Some(leaving) = self.instruments.of_order(number).leaving {
            let done = match leaving.step {
                Step::Price => self.find_price(number, emit),
                Step::Trades => self.trade_at(number, leaving.price, emit),
                Step::Ends => self.end_orders(number, &leaving, emit),
            };
            if !done {
                self.instruments.of_order(number).set_guard(guard::BUSY, true);
                self.busy.insert(number);
                break;
            }
            if leaving.step == Step::Ends {
                emit.give_back(source);
                self.say_phase(number, leaving.to, leaving.cause, emit);
                emit.hush();
                self.arrive(number);
            }
        }
        self.follow_up(number, emit);
        emit.give_back(source);
    }

    /// Takes the next step of the change at work.
    pub(crate) fn step_to(&mut self, number: u32, step: Step, price: i64) {
        if let Some(leaving) = &mut self.instruments.of_order(number).leaving {
            (leaving.step, leaving.price) = (step, price);
        }
    }

    /// Cancels what does not come along: at the open behind the opening auction, at the close behind the closing one, and before continuous
    /// trading what still waits for its minimum. Returns whether all are done and `PhaseChanged` has room.
    fn end_orders(&mut self, number: u32, leaving: &Leaving, emit: &mut Emit<'_, '_>) -> bool {
        let left = match self.instruments.of_order(number).phase {
            code::OPENING_AUCTION => code::AT_OPEN,
            code::CLOSING_AUCTION => code::AT_CLOSE,
            _ => 0,
        };
        let ends =
            |engine: &Engine, slot: Slot| left != 0 && Mark(engine.slab[slot].mark).time_in_force() == left;
        if left != 0 && !self.cancel_by_id(number, detail::NOT_FILLED, emit, ends) {
            return false;
        }
        let pending = |engine: &Engine, slot: Slot| engine.pending_minimum(slot) != 0;
        if leaving.to == code::CONTINUOUS && !self.cancel_by_id(number, detail::NOT_FILLABLE, emit, pending) {
            return false;
        }
        emit.has_room_for(ROOM)
    }

    /// Cancels the noted orders of a book that are meant, by id. Returns whether all had room.
    fn cancel_by_id(
        &mut self,
        number: u32,
        why: u8,
        emit: &mut Emit<'_, '_>,
        is_meant: impl Fn(&Self, Slot) -> bool,
    ) -> bool {
        let Some(instrument) = self.instruments.get(number) else { return true };
        let meant = instrument.noted.iter().copied().filter(|slot| is_meant(self, *slot)).collect();
        self.cancel_these(meant, why, emit)
    }

    /// Cancels orders by id, as long as there is room. Returns whether all had room.
    pub(crate) fn cancel_these(&mut self, mut slots: Vec<Slot>, why: u8, emit: &mut Emit<'_, '_>) -> bool {
        // No more than these have room: the others need not be put into order.
        let most = usize::from(self.setup.slice_events);
        if slots.len() > most {
            slots.select_nth_unstable_by_key(most, |slot| self.slab[*slot].sequence);
        }
        let ordered = slots.len().min(most);
        slots[..ordered].sort_unstable_by_key(|slot| self.slab[*slot].sequence);
        for slot in slots {
            if !emit.has_room_for(ROOM) {
                return false;
            }
            self.cancel_whole(slot, why, false, emit);
        }
        true
    }

    /// Whether auctions must know of an order of the book: it is an iceberg, has a minimum, or is for one auction only.
    pub(crate) fn is_noted(&self, slot: Slot) -> bool {
        let mark = Mark(self.slab[slot].mark);
        let has_lots = |extra: &Extra| extra.display | extra.minimum != 0;
        mark.time_in_force() >= code::AT_OPEN || self.extras.get(slot).is_some_and(has_lots)
    }

    /// Lots that an order must get in an auction, or nothing; 0 without such a minimum.
    pub(crate) fn pending_minimum(&self, slot: Slot) -> u32 {
        if !Mark(self.slab[slot].mark).is_special() {
            return 0;
        }
        self.extras.of(slot).minimum
    }

    fn say_phase(&mut self, number: u32, to: u8, cause: u8, emit: &mut Emit<'_, '_>) {
        let from = self.instruments.of_order(number).phase;
        emit.own(Event {
            instrument: number,
            detail: to,
            value: i64::from(from),
            fee: i64::from(cause),
            ..Event::empty(EventKind::PhaseChanged)
        });
    }

    /// The new phase is there: what depends on it begins or ends.
    fn arrive(&mut self, number: u32) {
        let instrument = self.instruments.of_order(number);
        let Some(Leaving { to, cause, .. }) = instrument.leaving.take() else {
            unreachable!("a phase to come into")
        };
        let from = std::mem::replace(&mut instrument.phase, to);
        instrument.set_guard(guard::PHASE, to != code::CONTINUOUS);
        instrument.set_guard(guard::BUSY, false);
        instrument.set_watch(watch::AUCTION, is_auction(to));
        instrument.indicated = Default::default();
        // By command or schedule an auction lasts until the next one; else until its time is over.
        let is_timed = matches!(cause, detail::BY_BAND | detail::BY_UNCLEAN_START);
        let end = self.last_at.saturating_add(instrument.rules.auction_ns);
        let end = (to == code::VOLATILITY_AUCTION && is_timed).then_some(end);
        instrument.times.set_auction_end(number, end, &mut self.timers);
        self.busy.remove(&number);
        self.untouch(number);
        if is_auction(to) {
            self.touch(number);
        }
        if from == code::CONTINUOUS {
            self.calm_stops(number);
        }
        if to == code::CLOSING_AUCTION {
            let parked: Vec<Slot> = self.instruments.of_order(number).parked.values().copied().collect();
            for slot in parked {
                self.make_due(What::Start, slot);
            }
        }
        if to == code::CONTINUOUS {
            self.wake_stops(number);
        }
    }

    /// An order met the end of a band that starts auctions: the instrument leaves continuous trading at once.
    pub(crate) fn begin_volatility_auction(&mut self, number: u32, cause: u8, emit: &mut Emit<'_, '_>) {
        let source = emit.hush();
        self.say_phase(number, code::VOLATILITY_AUCTION, cause, emit);
        let instrument = self.instruments.of_order(number);
        let (to, step) = (code::VOLATILITY_AUCTION, Step::Ends);
        instrument.leaving = Some(Leaving { to, cause, step, price: 0 });
        self.arrive(number);
        emit.give_back(source);
    }
}
