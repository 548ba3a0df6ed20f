//! How wide bars are: true range and what is made of it.

use crate::averages::{Average, Exponential};
use crate::kind::Rule;
use crate::window::{Largest, Smallest, Sum};

/// The last close, and with it each bar's true range: the bar, and the gap before it.
pub struct TrueRange {
    pub close: f64,
}

impl TrueRange {
    pub const fn new() -> Self {
        Self { close: f64::NAN }
    }

    /// The true high and low: with the close before, NaN on the first bar.
    pub fn span(&mut self, row: &[f64]) -> (f64, f64) {
        let close = std::mem::replace(&mut self.close, row[3]);
        if close.is_nan() { (f64::NAN, f64::NAN) } else { (row[1].max(close), row[2].min(close)) }
    }

    pub fn next(&mut self, row: &[f64]) -> f64 {
        let (high, low) = self.span(row);
        high - low
    }
}

impl Rule for TrueRange {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        out[0] = Self::next(self, row);
    }
}

/// Wilder's average of the true range.
pub struct AverageRange {
    range: TrueRange,
    average: Exponential,
}

impl AverageRange {
    pub fn new(period: usize) -> Self {
        Self { range: TrueRange::new(), average: Exponential::wilder(period) }
    }

    pub fn next(&mut self, row: &[f64]) -> f64 {
        let range = self.range.next(row);
        self.average.next(range)
    }
}

/// The average range as an indicator. Outputs: in price, in per cent of the close.
pub struct Ranges(pub AverageRange);

impl Rule for Ranges {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let range = self.0.next(row);
        out.copy_from_slice(&[range, if row[3] == 0.0 { 0.0 } else { 100.0 * range / row[3] }]);
    }
}

/// Dreiss' choppiness: the way of the bars against the width of all of them, 0 to 100.
pub struct Choppiness {
    range: TrueRange,
    way: Sum,
    high: Largest,
    low: Smallest,
    scale: f64,
}

impl Choppiness {
    pub fn new(period: usize) -> Self {
        Self {
            range: TrueRange::new(),
            way: Sum::new(period),
            high: Largest::new(period),
            low: Smallest::new(period),
            scale: 100.0 / (period as f64).log10(),
        }
    }
}

impl Rule for Choppiness {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let (high, low) = self.range.span(row);
        if high.is_nan() {
            return;
        }
        let way = self.way.next(high - low);
        let width = self.high.next(high) - self.low.next(low);
        out[0] = if width == 0.0 { 0.0 } else { self.scale * (way / width).log10() };
    }
}
