//! What trips: losses of a day and since the best, counts within a time.

use std::collections::VecDeque;

use garraway_types::Nanos;

use super::refusal::Refusal;

const DAY_NS: i64 = 86_400_000_000_000;

/// A breaker that tripped, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trip {
    /// Why.
    pub why: Refusal,
    /// When.
    pub at: Nanos,
}

/// From where losses are counted. Days begin at midnight UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    day: i64,
    begun: bool,
    at_start: i128,
    best: i128,
}

impl Losses {
    /// Takes the gain at a time; gives the loss of the day and the loss since the best.
    pub fn take(&mut self, now: Nanos, gain: i128) -> (i128, i128) {
        let day = now.0.div_euclid(DAY_NS);
        if !self.begun {
            *self = Self { day, begun: true, at_start: 0, best: gain.max(0) };
        }
        if day > self.day {
            (self.day, self.at_start) = (day, gain);
        }
        self.best = self.best.max(gain);
        (self.at_start - gain, self.best - gain)
    }

    /// Counts from here.
    pub fn reset(&mut self, now: Nanos, gain: i128) {
        *self = Self { day: now.0.div_euclid(DAY_NS), begun: true, at_start: gain, best: gain };
    }
}

/// Times of the last events of a kind, no more of them than the limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recent {
    times: VecDeque<i64>,
}

impl Recent {
    /// How many there were within `span_ns` before now; such that are exactly so old are not.
    pub fn within(&self, now: Nanos, span_ns: i64) -> i64 {
        let recent = |at: &&i64| now.0.saturating_sub(**at) < span_ns;
        self.times.iter().rev().take_while(recent).count() as i64
    }

    /// One more; only the last `most` are kept.
    pub fn add(&mut self, now: Nanos, most: i64) {
        self.times.push_back(now.0);
        while self.times.len() as i64 > most.max(1) {
            self.times.pop_front();
        }
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.times.clear();
    }
}
