//! What trades leave behind: the last price, and the day's prices and turnover.

/// The trades of one order that entered (or of one auction), until it has come to its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) low: i64,
    pub(crate) high: i64,
    pub(crate) trades: u64,
    pub(crate) lots: u64,
    pub(crate) value: i128,
}

impl Run {
    /// Takes one trade.
    pub(crate) fn trade(&mut self, price: i64, lots: u32, value: i64) {
        if self.trades == 0 {
            (self.first, self.low, self.high) = (price, price, price);
        }
        self.last = price;
        self.low = self.low.min(price);
        self.high = self.high.max(price);
        self.trades += 1;
        self.lots += u64::from(lots);
        self.value += i128::from(value);
    }

    /// Takes the trades of a plain order.
    #[inline(always)]
    pub(crate) fn take(&mut self, tally: &Tally) {
        let (low, high) = (tally.first.min(tally.last), tally.first.max(tally.last));
        if self.trades == 0 {
            (self.first, self.low, self.high) = (tally.first, low, high);
        }
        self.last = tally.last;
        self.low = self.low.min(low);
        self.high = self.high.max(high);
        self.trades += u64::from(tally.trades);
        self.lots += tally.lots;
        self.value += tally.value;
    }

    /// Takes what followed.
    pub(crate) fn then(&mut self, later: &Run) {
        if self.trades == 0 {
            *self = *later;
            return;
        }
        self.last = later.last;
        self.low = self.low.min(later.low);
        self.high = self.high.max(later.high);
        self.trades += later.trades;
        self.lots += later.lots;
        self.value += later.value;
    }
}

/// The trades of a plain order, whose prices only become worse.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) trades: u32,
    pub(crate) lots: u64,
    pub(crate) value: i128,
}

/// An instrument's day. Prices are 0 as long as nothing traded.
pub(crate) type Day = Run;
