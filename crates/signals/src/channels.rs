//! How far a number usually strays, and the bands that follow from it.

use crate::averages::{Average, Exponential};
use crate::kind::Rule;
use crate::range::AverageRange;
use crate::window::{Before, Largest, Smallest, Window};

/// Mean and deviation (of the whole window, not of a sample) of the last `period`, reckoned anew each time.
pub struct Spread(Window);

impl Spread {
    pub fn new(period: usize) -> Self {
        Self(Window::new(period))
    }

    pub fn next(&mut self, value: f64) -> (f64, f64) {
        self.0.push(value);
        if !self.0.is_full() {
            return (f64::NAN, f64::NAN);
        }
        let mean = self.0.mean();
        let squares: f64 = self.0.iter().map(|value| (value - mean).powi(2)).sum();
        (mean, (squares / self.0.iter().count() as f64).sqrt())
    }
}

/// Outputs: how many deviations from the mean, the deviation, the mean.
pub struct Deviation(pub Spread);

impl Rule for Deviation {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let (mean, deviation) = self.0.next(row[0]);
        let away = if deviation == 0.0 { 0.0 } else { (row[0] - mean) / deviation };
        out.copy_from_slice(&[away, deviation, mean]);
    }
}

/// Bollinger's bands. Outputs: middle, upper, lower, place between them (0 to 1), width of the middle.
pub struct Bollinger {
    spread: Spread,
    times: f64,
}

impl Bollinger {
    pub fn new(period: usize, times: f64) -> Self {
        Self { spread: Spread::new(period), times }
    }
}

impl Rule for Bollinger {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let (middle, deviation) = self.spread.next(row[0]);
        let (upper, lower) = (middle + self.times * deviation, middle - self.times * deviation);
        let place = if upper == lower { 0.5 } else { (row[0] - lower) / (upper - lower) };
        let width = if middle == 0.0 { 0.0 } else { (upper - lower) / middle };
        out.copy_from_slice(&[middle, upper, lower, place, width]);
    }
}

/// Keltner's channel: an exponential average of closes, and average ranges away from it. Outputs: middle, upper, lower.
pub struct Keltner {
    middle: Exponential,
    range: AverageRange,
    times: f64,
}

impl Keltner {
    pub fn new(period: usize, times: f64, ranges: usize) -> Self {
        Self { middle: Exponential::new(period), range: AverageRange::new(ranges), times }
    }
}

impl Rule for Keltner {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let (middle, away) = (self.middle.next(row[3]), self.times * self.range.next(row));
        out.copy_from_slice(&[middle, middle + away, middle - away]);
    }
}

/// Donchian's channel of the bars before this one, so that a bar can break out of it. Outputs: middle, upper, lower.
pub struct Donchian {
    high: Largest,
    low: Smallest,
    before: [Before; 2],
}

impl Donchian {
    pub fn new(period: usize) -> Self {
        Self {
            high: Largest::new(period),
            low: Smallest::new(period),
            before: [Before::new(1), Before::new(1)],
        }
    }
}

impl Rule for Donchian {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let upper = self.before[0].next(self.high.next(row[1]));
        let lower = self.before[1].next(self.low.next(row[2]));
        out.copy_from_slice(&[f64::midpoint(upper, lower), upper, lower]);
    }
}
