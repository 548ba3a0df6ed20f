//! How fast and how far: oscillators of a series or of bars.

use crate::averages::{Average, Exponential, Simple};
use crate::kind::Rule;
use crate::window::{Before, Largest, Smallest, Sum, Window};

/// Wilder's relative strength, 0 to 100; 100 without any loss.
pub struct RelativeStrength {
    last: f64,
    gain: Exponential,
    loss: Exponential,
}

impl RelativeStrength {
    pub fn new(period: usize) -> Self {
        Self { last: f64::NAN, gain: Exponential::wilder(period), loss: Exponential::wilder(period) }
    }
}

impl Average for RelativeStrength {
    fn next(&mut self, value: f64) -> f64 {
        let change = value - self.last;
        self.last = value;
        // NaN, before there is a change, stays NaN in both.
        let (up, down) =
            if change.is_nan() { (change, change) } else { (change.max(0.0), (-change).max(0.0)) };
        let (gain, loss) = (self.gain.next(up), self.loss.next(down));
        if loss == 0.0 { 100.0 } else { 100.0 - 100.0 / (1.0 + gain / loss) }
    }
}

/// Where a number stands between the lowest and highest of a window, 0 to 100; 0 where they are one.
fn place(value: f64, low: f64, high: f64) -> f64 {
    if high == low { 0.0 } else { 100.0 * (value - low) / (high - low) }
}

/// Where the relative strength stands within its own range. Outputs: the smoothed place, its average.
pub struct StochasticStrength {
    strength: RelativeStrength,
    high: Largest,
    low: Smallest,
    smooth: Simple,
    signal: Simple,
}

impl StochasticStrength {
    pub fn new(period: usize, window: usize, signal: usize, smooth: usize) -> Self {
        Self {
            strength: RelativeStrength::new(period),
            high: Largest::new(window),
            low: Smallest::new(window),
            smooth: Simple::new(smooth),
            signal: Simple::new(signal),
        }
    }
}

impl Rule for StochasticStrength {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let strength = self.strength.next(row[0]);
        if strength.is_nan() {
            return;
        }
        let (low, high) = (self.low.next(strength), self.high.next(strength));
        out[0] = self.smooth.next(place(strength, low, high));
        out[1] = self.signal.next(out[0]);
    }
}

/// Lane's stochastic: where the close stands in the range of the last bars. Outputs: k, d, j.
pub struct Stochastic {
    high: Largest,
    low: Smallest,
    smooth: Simple,
    signal: Simple,
}

impl Stochastic {
    pub fn new(period: usize, signal: usize, smooth: usize) -> Self {
        Self {
            high: Largest::new(period),
            low: Smallest::new(period),
            smooth: Simple::new(smooth),
            signal: Simple::new(signal),
        }
    }
}

impl Rule for Stochastic {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let (high, low) = (self.high.next(row[1]), self.low.next(row[2]));
        let k = self.smooth.next(place(row[3], low, high));
        let d = self.signal.next(k);
        out.copy_from_slice(&[k, d, 3.0 * k - 2.0 * d]);
    }
}

/// Williams' %R: the same seen from above, -100 to 0.
pub struct Williams {
    high: Largest,
    low: Smallest,
}

impl Williams {
    pub fn new(period: usize) -> Self {
        Self { high: Largest::new(period), low: Smallest::new(period) }
    }
}

impl Rule for Williams {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let (high, low) = (self.high.next(row[1]), self.low.next(row[2]));
        out[0] = place(row[3], low, high) - 100.0;
    }
}

/// Two exponential averages apart. Outputs: the difference, its average, what is between them.
pub struct Convergence {
    fast: Exponential,
    slow: Exponential,
    signal: Exponential,
}

impl Convergence {
    pub fn new(fast: usize, slow: usize, signal: usize) -> Self {
        Self { fast: Exponential::new(fast), slow: Exponential::new(slow), signal: Exponential::new(signal) }
    }
}

impl Rule for Convergence {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let apart = self.fast.next(row[0]) - self.slow.next(row[0]);
        let signal = self.signal.next(apart);
        out.copy_from_slice(&[apart, signal, apart - signal]);
    }
}

/// Blau's true strength: changes smoothed twice, of all movement, -100 to 100. Outputs: strength, its average.
pub struct TrueStrength {
    last: f64,
    change: [Exponential; 2],
    movement: [Exponential; 2],
    signal: Exponential,
}

impl TrueStrength {
    pub fn new(period: usize, smooth: usize, signal: usize) -> Self {
        let pair = || [Exponential::new(period), Exponential::new(smooth)];
        Self { last: f64::NAN, change: pair(), movement: pair(), signal: Exponential::new(signal) }
    }
}

/// One average after the other.
fn through(averages: &mut [Exponential; 2], value: f64) -> f64 {
    let once = averages[0].next(value);
    averages[1].next(once)
}

impl Rule for TrueStrength {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let change = row[0] - self.last;
        self.last = row[0];
        let (change, movement) =
            (through(&mut self.change, change), through(&mut self.movement, change.abs()));
        out[0] = if movement == 0.0 { 0.0 } else { 100.0 * change / movement };
        out[1] = self.signal.next(out[0]);
    }
}

/// Change against the number `period` before. Outputs: in per cent, as it is.
pub struct Change(Before);

impl Change {
    pub fn new(period: usize) -> Self {
        Self(Before::new(period))
    }
}

impl Rule for Change {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let before = self.0.next(row[0]);
        let change = row[0] - before;
        out.copy_from_slice(&[if before == 0.0 { 0.0 } else { 100.0 * change / before }, change]);
    }
}

/// Lambert's commodity channel: how far the typical price is from its mean, in mean deviations of 0.015.
pub struct CommodityChannel(Window);

impl CommodityChannel {
    pub fn new(period: usize) -> Self {
        Self(Window::new(period))
    }
}

impl Rule for CommodityChannel {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let typical = typical(row);
        self.0.push(typical);
        if !self.0.is_full() {
            return;
        }
        let mean = self.0.mean();
        let deviation =
            self.0.iter().map(|value| (value - mean).abs()).sum::<f64>() / self.0.iter().count() as f64;
        out[0] = if deviation == 0.0 { 0.0 } else { (typical - mean) / (0.015 * deviation) };
    }
}

/// High, low and close, a third each.
pub fn typical(row: &[f64]) -> f64 {
    (row[1] + row[2] + row[3]) / 3.0
}

/// Mean of where between low and high a bar went, -1 to 1.
pub struct BalanceOfPower(Simple);

impl BalanceOfPower {
    pub fn new(period: usize) -> Self {
        Self(Simple::new(period))
    }
}

impl Rule for BalanceOfPower {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let range = row[1] - row[2];
        out[0] = self.0.next(if range == 0.0 { 0.0 } else { (row[3] - row[0]) / range });
    }
}

/// Elder's rays: high and low against an average of closes. Outputs: bulls, bears, average.
pub struct ElderRay(Exponential);

impl ElderRay {
    pub fn new(period: usize) -> Self {
        Self(Exponential::new(period))
    }
}

impl Rule for ElderRay {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let average = self.0.next(row[3]);
        out.copy_from_slice(&[row[1] - average, row[2] - average, average]);
    }
}

/// The root of the mean square of falls from the highest so far, within the window, in per cent.
pub struct Ulcer(Window);

impl Ulcer {
    pub fn new(period: usize) -> Self {
        Self(Window::new(period))
    }
}

impl Rule for Ulcer {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        self.0.push(row[0]);
        if !self.0.is_full() {
            return;
        }
        let (mut highest, mut squares, mut count) = (f64::NEG_INFINITY, 0.0, 0.0);
        for value in self.0.iter() {
            highest = highest.max(value);
            let fall = if highest == 0.0 { 0.0 } else { 100.0 * (value - highest) / highest };
            squares += fall * fall;
            count += 1.0;
        }
        out[0] = f64::sqrt(squares / count);
    }
}

/// A rate of change and the band in which it usually stays. Outputs: rate, its average, upper, lower.
pub struct ChangeBand {
    change: Change,
    average: Exponential,
    squares: Sum,
    window: f64,
}

impl ChangeBand {
    pub fn new(period: usize, average: usize, window: usize) -> Self {
        Self {
            change: Change::new(period),
            average: Exponential::new(average),
            squares: Sum::new(window),
            window: window as f64,
        }
    }
}

impl Rule for ChangeBand {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let mut change = [f64::NAN; 2];
        self.change.next(row, &mut change);
        if change[0].is_nan() {
            return;
        }
        let width = (self.squares.next(change[0] * change[0]) / self.window).sqrt();
        out.copy_from_slice(&[change[0], self.average.next(change[0]), width, -width]);
    }
}
