//! What is due at a time: volatility auctions that end, and changes of phase by schedule.

use std::collections::{BTreeSet, VecDeque};

use garraway_types::ScheduledPhase;

/// What a timer does. At one time auctions end before schedules are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// The instrument's volatility auction ends.
    AuctionEnd,
    /// The instrument's next scheduled phase begins.
    Schedule,
}

/// The timers of all instruments, at most two of each, in the order in which they are due.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timers {
    due: BTreeSet<(i64, Timer, u32)>,
}

impl Timers {
    /// The first timer of an instrument that is not passed over.
    pub(crate) fn next(&self, is_passed_over: impl Fn(u32) -> bool) -> Option<(i64, Timer, u32)> {
        self.due.iter().find(|(_, _, number)| !is_passed_over(*number)).copied()
    }

    fn change(&mut self, number: u32, timer: Timer, before: Option<i64>, now: Option<i64>) {
        if before != now {
            before.map(|at| self.due.remove(&(at, timer, number)));
            now.map(|at| self.due.insert((at, timer, number)));
        }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (i64, Timer, u32)> + '_ {
        self.due.iter().copied()
    }
}

/// The times of an instrument. Each change keeps [`Timers`] in step.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times {
    /// When the volatility auction ends.
    auction_end: Option<i64>,
    /// Changes of phase to come: time, phase.
    schedule: VecDeque<(i64, u8)>,
}

impl Times {
    pub(crate) fn auction_end(&self) -> Option<i64> {
        self.auction_end
    }

    pub(crate) fn schedule(&self) -> impl ExactSizeIterator<Item = (i64, u8)> + '_ {
        self.schedule.iter().copied()
    }

    /// What [`Timers`] has of this instrument.
    pub(crate) fn due(&self) -> impl Iterator<Item = (i64, Timer)> {
        let end = self.auction_end.map(|at| (at, Timer::AuctionEnd));
        end.into_iter().chain(self.next_phase().map(|(at, _)| (at, Timer::Schedule)))
    }

    pub(crate) fn next_phase(&self) -> Option<(i64, u8)> {
        self.schedule.front().copied()
    }

    pub(crate) fn set_auction_end(&mut self, number: u32, at: Option<i64>, timers: &mut Timers) {
        timers.change(number, Timer::AuctionEnd, self.auction_end, at);
        self.auction_end = at;
    }

    pub(crate) fn set_schedule(&mut self, number: u32, phases: Vec<(i64, u8)>, timers: &mut Timers) {
        let before = self.next_phase().map(|(at, _)| at);
        self.schedule = phases.into();
        timers.change(number, Timer::Schedule, before, self.next_phase().map(|(at, _)| at));
    }

    /// Takes the next scheduled phase out.
    pub(crate) fn take_phase(&mut self, number: u32, timers: &mut Timers) -> Option<(i64, u8)> {
        let taken = self.schedule.pop_front();
        let next = self.next_phase().map(|(at, _)| at);
        timers.change(number, Timer::Schedule, taken.map(|(at, _)| at), next);
        taken
    }
}

/// Whether an instrument may be given this schedule by a command of the time `now`: times rise, phases are 1 to 7.
pub(crate) fn is_schedule(items: &[ScheduledPhase], now: i64, most: usize) -> bool {
    let mut last = now;
    items.len() <= most
        && items.iter().all(|item| {
            let sound = item.at_ns > last && (1..=7).contains(&item.phase);
            last = item.at_ns;
            sound
        })
}

#[cfg(test)]
mod tests {
    use super::{Timer, Timers, Times, is_schedule};
    use garraway_types::ScheduledPhase;

    fn item(at_ns: i64, phase: u8) -> ScheduledPhase {
        ScheduledPhase { at_ns, phase, reserved: 0, reserved_2: 0, reserved_3: 0 }
    }

    #[test]
    fn timers_come_by_time_then_auctions_then_schedules_then_number() {
        let mut timers = Timers::default();
        let mut times: Vec<Times> = (0..4).map(|_| Times::default()).collect();
        times[3].set_auction_end(3, Some(50), &mut timers);
        times[1].set_schedule(1, vec![(50, 1), (60, 7)], &mut timers);
        times[2].set_schedule(2, vec![(40, 1), (50, 7)], &mut timers);
        let mut taken = Vec::new();
        while let Some((at, timer, number)) = timers.next(|_| false) {
            taken.push((at, timer, number));
            let of = &mut times[number as usize];
            match timer {
                Timer::AuctionEnd => of.set_auction_end(number, None, &mut timers),
                Timer::Schedule => assert!(of.take_phase(number, &mut timers).is_some()),
            }
        }
        let schedule = |at, number| (at, Timer::Schedule, number);
        assert_eq!(
            taken,
            [schedule(40, 2), (50, Timer::AuctionEnd, 3), schedule(50, 1), schedule(50, 2), schedule(60, 1)]
        );
    }

    #[test]
    fn instruments_may_be_passed_over() {
        let mut timers = Timers::default();
        let mut times: Vec<Times> = (0..3).map(|_| Times::default()).collect();
        times[1].set_auction_end(1, Some(10), &mut timers);
        times[2].set_auction_end(2, Some(20), &mut timers);
        assert_eq!(timers.next(|number| number == 1), Some((20, Timer::AuctionEnd, 2)));
        times[2].set_auction_end(2, None, &mut timers);
        assert_eq!(timers.next(|number| number == 1), None);
    }

    #[test]
    fn a_schedule_rises_from_now_and_names_phases() {
        assert!(is_schedule(&[], 5, 2));
        assert!(is_schedule(&[item(6, 1), item(7, 7)], 5, 2));
        assert!(!is_schedule(&[item(5, 1)], 5, 2));
        assert!(!is_schedule(&[item(6, 1), item(6, 2)], 5, 2));
        assert!(!is_schedule(&[item(6, 0)], 5, 2));
        assert!(!is_schedule(&[item(6, 8)], 5, 2));
        assert!(!is_schedule(&[item(6, 1), item(7, 1), item(8, 1)], 5, 2));
    }
}
