//! What was traded: of the business day, and of the last 24 hours by the minute.

use std::collections::VecDeque;

const MINUTE_NS: i64 = 60_000_000_000;
/// Minutes of the rolling window.
const WINDOW: i64 = 24 * 60;
/// Minutes that are kept: a day's candle is still whole a while after the day.
const KEPT: i64 = WINDOW + 60;

/// Prices and turnover of a stretch of time; all zero where nothing traded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turnover {
    /// First price.
    pub open: i64,
    /// Highest price.
    pub high: i64,
    /// Lowest price.
    pub low: i64,
    /// Last price.
    pub last: i64,
    /// Lots traded.
    pub lots: i128,
    /// Their worth in ledger units of the quote asset.
    pub value: i128,
    /// Trades.
    pub trades: u64,
}

impl Turnover {
    fn add(&mut self, later: &Self) {
        if later.trades == 0 {
            return;
        }
        if self.trades == 0 {
            *self = *later;
            return;
        }
        self.high = self.high.max(later.high);
        self.low = self.low.min(later.low);
        self.last = later.last;
        self.lots += later.lots;
        self.value += later.value;
        self.trades += later.trades;
    }
}

/// The statistics of an instrument.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    /// Since the business day began.
    pub day: Turnover,
    /// Minutes in which something traded, by their number since the epoch.
    minutes: VecDeque<(i64, Turnover)>,
}

impl Statistics {
    /// Takes a trade.
    pub fn trade(&mut self, at_ns: i64, price: i64, lots: i64, value: i64) {
        let (lots, value) = (i128::from(lots), i128::from(value));
        let one = Turnover { open: price, high: price, low: price, last: price, lots, value, trades: 1 };
        self.day.add(&one);
        let minute = at_ns.div_euclid(MINUTE_NS);
        match self.minutes.back_mut() {
            Some((last, turnover)) if *last == minute => turnover.add(&one),
            _ => self.minutes.push_back((minute, one)),
        }
        while self.minutes.front().is_some_and(|(first, _)| *first <= minute - KEPT) {
            self.minutes.pop_front();
        }
    }

    /// The 24 hours up to a time, whole minutes.
    pub fn rolling(&self, now_ns: i64) -> Turnover {
        let now = now_ns.div_euclid(MINUTE_NS);
        let mut all = Turnover::default();
        for (_, turnover) in self.minutes.iter().filter(|(minute, _)| *minute > now - WINDOW) {
            all.add(turnover);
        }
        all
    }

    /// The minutes that begin from `since_ns` on and before `until_ns`, of those that are kept.
    pub fn between(&self, since_ns: i64, until_ns: i64) -> Turnover {
        let (since, until) = (since_ns.div_euclid(MINUTE_NS), until_ns.div_euclid(MINUTE_NS));
        let mut all = Turnover::default();
        let later = self.minutes.iter().rev().take_while(|(minute, _)| *minute >= since).count();
        for (minute, turnover) in self.minutes.iter().skip(self.minutes.len() - later) {
            if *minute < until {
                all.add(turnover);
            }
        }
        all
    }

    /// The business day ended.
    pub fn end_day(&mut self) {
        self.day = Turnover::default();
    }

    /// A split: prices become these, lots are multiplied; turnover in money stays.
    pub fn split(&mut self, new: i64, old: i64, price: impl Fn(i64) -> i64) {
        let all = self.minutes.iter_mut().map(|(_, turnover)| turnover);
        for turnover in all.chain([&mut self.day]) {
            for one in [&mut turnover.open, &mut turnover.high, &mut turnover.low, &mut turnover.last] {
                *one = if *one == 0 { 0 } else { price(*one) };
            }
            turnover.lots = (turnover.lots * i128::from(new)).div_euclid(i128::from(old));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_forgets_what_is_older_than_a_day() {
        let mut statistics = Statistics::default();
        statistics.trade(0, 10, 1, 10);
        statistics.trade(MINUTE_NS, 30, 2, 60);
        statistics.trade(2 * MINUTE_NS, 20, 3, 60);
        let all = Turnover { open: 10, high: 30, low: 10, last: 20, lots: 6, value: 130, trades: 3 };
        assert_eq!(statistics.rolling(2 * MINUTE_NS), all);
        assert_eq!(statistics.day, all);
        let later = Turnover { open: 30, high: 30, low: 20, last: 20, lots: 5, value: 120, trades: 2 };
        assert_eq!(statistics.rolling(WINDOW * MINUTE_NS), later);
        let two = Turnover { open: 10, high: 30, low: 10, last: 30, lots: 3, value: 70, trades: 2 };
        assert_eq!(statistics.between(0, 2 * MINUTE_NS), two);
        assert_eq!(statistics.between(2 * MINUTE_NS, 3 * MINUTE_NS).lots, 3);
        assert_eq!(statistics.between(3 * MINUTE_NS, 4 * MINUTE_NS), Turnover::default());
        statistics.trade(MINUTE_NS + KEPT * MINUTE_NS, 40, 1, 40);
        assert_eq!(statistics.between(0, 3 * MINUTE_NS).lots, 3);
        statistics.end_day();
        assert_eq!(statistics.day, Turnover::default());
    }
}
