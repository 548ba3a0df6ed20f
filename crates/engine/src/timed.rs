//! What a `Tick` does: orders good till date expire, volatility auctions end, schedules change phases.

use garraway_book::Slot;
use garraway_types::{Nanos, code, detail};

use crate::emit::Emit;
use crate::engine::Engine;
use crate::instruments::Instrument;
use crate::leaving::ROOM;
use crate::phases::{Barred, judge_change};
use crate::sweeps::Looks;
use crate::timers::Timer;

const SECOND_NS: i64 = 1_000_000_000;

/// Something whose time comes.
#[derive(Clone, Copy, Debug)]
enum Timed {
    Expiry(Slot),
    Timer(Timer, u32),
}

impl Engine {
    /// The earliest thing to come that does not wait for a busy instrument. At one time orders expire first.
    fn next_timed(&self) -> Option<(i64, Timed)> {
        let expiry = self
            .expiries
            .first()
            .map(|(expire_s, _, slot)| (i64::from(*expire_s) * SECOND_NS, Timed::Expiry(*slot)));
        let timer = self.timers.next(|number| self.instruments.get(number).is_some_and(Instrument::is_busy));
        match (expiry, timer) {
            (Some(expiry), Some((at, ..))) if expiry.0 <= at => Some(expiry),
            (expiry, None) => expiry,
            (_, Some((at, timer, number))) => Some((at, Timed::Timer(timer, number))),
        }
    }

    /// When a `Tick` will do something other than indicate.
    pub fn next_due_ns(&self) -> Option<Nanos> {
        self.next_timed().map(|(at, _)| Nanos(at))
    }

    /// Does what is due by now, as long as there is room; scheduled phases that say nothing are counted, so that they have an end.
    pub(crate) fn do_timed(&mut self, emit: &mut Emit<'_, '_>) {
        let mut looks = Looks::of(&self.setup);
        while let Some((at, timed)) = self.next_timed()
            && at <= self.last_at
            && emit.has_room_for(ROOM)
            && looks.take()
        {
            match timed {
                Timed::Expiry(slot) => self.expire(slot, emit),
                Timed::Timer(Timer::AuctionEnd, number) => {
                    self.change_phase(number, code::CONTINUOUS, detail::BY_AUCTION_END, emit);
                }
                Timed::Timer(Timer::Schedule, number) => self.begin_scheduled(number, emit),
            }
        }
    }

    /// The next scheduled phase of an instrument begins; a halt where the book is crossed or a reference price is missing.
    fn begin_scheduled(&mut self, number: u32, emit: &mut Emit<'_, '_>) {
        let instrument = self.instruments.of_order(number);
        let Some((_, phase)) = instrument.times.take_phase(number, &mut self.timers) else {
            unreachable!("instrument {number} has a timer and no schedule")
        };
        let instrument = self.instruments.of_order(number);
        if matches!(instrument.phase, code::SUSPENDED | code::DELISTED) {
            return;
        }
        let phase = match judge_change(instrument, phase) {
            Ok(()) => phase,
            Err(Barred::Never) => return,
            Err(Barred::Crossed | Barred::NoReference) => code::HALT,
        };
        if phase != instrument.phase {
            self.change_phase(number, phase, detail::BY_SCHEDULE, emit);
        }
    }
}
