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

    /// Takes one trade of an order that meets ever worse prices.
    #[inline(always)]
    pub(crate) fn trade_in_order(&mut self, price: i64, lots: u32, value: i64) {
        if self.trades == 0 {
            self.first = price;
        }
        self.last = price;
        self.trades += 1;
        self.lots += u64::from(lots);
        self.value += i128::from(value);
    }

    /// Takes what followed, of an order that meets ever worse prices.
    #[inline(always)]
    pub(crate) fn then_in_order(&mut self, later: &Run) {
        let (low, high) = (later.first.min(later.last), later.first.max(later.last));
        let later = Run { low, high, ..*later };
        if self.trades == 0 { *self = later } else { self.then(&later) }
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

/// An instrument's day. Prices are 0 as long as nothing traded.
pub(crate) type Day = Run;
