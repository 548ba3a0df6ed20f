//! What volume says of bars.

use crate::averages::{Average, Exponential};
use crate::kind::Rule;
use crate::momentum::typical;
use crate::window::Sum;

/// Volume with the sign of the close's change, added up; 0 at first.
pub struct OnBalance {
    close: f64,
    sum: f64,
}

impl OnBalance {
    pub const fn new() -> Self {
        Self { close: f64::NAN, sum: 0.0 }
    }
}

impl Rule for OnBalance {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let change = row[3] - self.close;
        if change > 0.0 {
            self.sum += row[4];
        } else if change < 0.0 {
            self.sum -= row[4];
        }
        self.close = row[3];
        out[0] = self.sum;
    }
}

/// Volume by where in its range a bar closed: all of it at the high, none in the middle, less all at the low.
fn flow(row: &[f64]) -> f64 {
    let range = row[1] - row[2];
    let place = if range == 0.0 { 0.0 } else { ((row[3] - row[2]) - (row[1] - row[3])) / range };
    place * row[4]
}

/// Chaikin's line of accumulation and distribution: the flow added up.
pub struct Accumulation(pub f64);

impl Rule for Accumulation {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        self.0 += flow(row);
        out[0] = self.0;
    }
}

/// The line's fast average less its slow one.
pub struct ChaikinOscillator {
    line: f64,
    fast: Exponential,
    slow: Exponential,
}

impl ChaikinOscillator {
    pub fn new(fast: usize, slow: usize) -> Self {
        Self { line: 0.0, fast: Exponential::new(fast), slow: Exponential::new(slow) }
    }
}

impl Rule for ChaikinOscillator {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        self.line += flow(row);
        out[0] = self.fast.next(self.line) - self.slow.next(self.line);
    }
}

/// Chaikin's money flow: the flow of the last bars by their volume.
pub struct ChaikinFlow {
    flow: Sum,
    volume: Sum,
}

impl ChaikinFlow {
    pub fn new(period: usize) -> Self {
        Self { flow: Sum::new(period), volume: Sum::new(period) }
    }
}

impl Rule for ChaikinFlow {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let (flow, volume) = (self.flow.next(flow(row)), self.volume.next(row[4]));
        out[0] = if volume == 0.0 { 0.0 } else { flow / volume };
    }
}

/// Quong and Soudack's money flow index: value traded as prices rise against all, 0 to 100; 100 without any fall.
pub struct MoneyFlow {
    typical: f64,
    up: Sum,
    down: Sum,
}

impl MoneyFlow {
    pub fn new(period: usize) -> Self {
        Self { typical: f64::NAN, up: Sum::new(period), down: Sum::new(period) }
    }
}

impl Rule for MoneyFlow {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let typical = typical(row);
        let before = std::mem::replace(&mut self.typical, typical);
        if before.is_nan() {
            return;
        }
        let value = typical * row[4];
        let up = self.up.next(if typical > before { value } else { 0.0 });
        let down = self.down.next(if typical < before { value } else { 0.0 });
        out[0] = if down == 0.0 { 100.0 } else { 100.0 - 100.0 / (1.0 + up / down) };
    }
}

/// Elder's force: the close's change by the volume, averaged.
pub struct Force {
    close: f64,
    average: Exponential,
}

impl Force {
    pub fn new(period: usize) -> Self {
        Self { close: f64::NAN, average: Exponential::new(period) }
    }
}

impl Rule for Force {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        out[0] = self.average.next((row[3] - self.close) * row[4]);
        self.close = row[3];
    }
}

/// The typical price weighted by volume, of all bars so far or of the last `period`.
pub struct VolumeWeighted {
    value: Total,
    volume: Total,
}

/// A sum of all, or of the last so many.
enum Total {
    All(f64),
    Last(Sum),
}

impl Total {
    fn new(period: usize) -> Self {
        if period == 0 { Self::All(0.0) } else { Self::Last(Sum::new(period)) }
    }

    fn next(&mut self, value: f64) -> f64 {
        match self {
            Self::All(sum) => {
                *sum += value;
                *sum
            }
            Self::Last(sum) => sum.next(value),
        }
    }
}

impl VolumeWeighted {
    pub fn new(period: usize) -> Self {
        Self { value: Total::new(period), volume: Total::new(period) }
    }
}

impl VolumeWeighted {
    fn step(&mut self, price: f64, volume: f64, out: &mut [f64]) {
        let (value, volume) = (self.value.next(price * volume), self.volume.next(volume));
        out[0] = if volume == 0.0 { f64::NAN } else { value / volume };
    }
}

impl Rule for VolumeWeighted {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        self.step(typical(row), row[4], out);
    }
}

/// The close weighted by volume.
pub struct WeightedCloses(pub VolumeWeighted);

impl Rule for WeightedCloses {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        self.0.step(row[3], row[4], out);
    }
}
