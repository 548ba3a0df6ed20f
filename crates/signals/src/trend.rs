//! Which way, and until where: direction and stops of bars.

use crate::averages::{Average, Exponential};
use crate::kind::Rule;
use crate::range::{AverageRange, TrueRange};
use crate::window::{Largest, Smallest};

/// Wilder's directional movement. Outputs: how much of a trend, 0 to 100; upwards; downwards; their difference.
pub struct Directional {
    range: TrueRange,
    high: f64,
    low: f64,
    way: Exponential,
    up: Exponential,
    down: Exponential,
    trend: Exponential,
}

impl Directional {
    pub fn new(period: usize) -> Self {
        let wilder = || Exponential::wilder(period);
        Self {
            range: TrueRange::new(),
            high: f64::NAN,
            low: f64::NAN,
            way: wilder(),
            up: wilder(),
            down: wilder(),
            trend: wilder(),
        }
    }
}

/// Which of two movements counts, if any.
fn movements(up: f64, down: f64) -> (f64, f64) {
    let counts = |this: f64, other: f64| if this > other { this.max(0.0) } else { 0.0 };
    (counts(up, down), counts(down, up))
}

impl Rule for Directional {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let range = self.range.next(row);
        let (up, down) = movements(row[1] - self.high, self.low - row[2]);
        (self.high, self.low) = (row[1], row[2]);
        if range.is_nan() {
            return;
        }
        let (way, up, down) = (self.way.next(range), self.up.next(up), self.down.next(down));
        if way.is_nan() {
            return;
        }
        let of = |movement: f64| if way == 0.0 { 0.0 } else { 100.0 * movement / way };
        let (plus, minus) = (of(up), of(down));
        let apart = if plus + minus == 0.0 { 0.0 } else { 100.0 * (plus - minus).abs() / (plus + minus) };
        out.copy_from_slice(&[self.trend.next(apart), plus, minus, apart]);
    }
}

/// Chande's Aroon: how long ago the highest and lowest were. Outputs: up, down, their difference.
pub struct Aroon {
    high: Largest,
    low: Smallest,
    period: f64,
}

impl Aroon {
    pub fn new(period: usize) -> Self {
        Self { high: Largest::new(period + 1), low: Smallest::new(period + 1), period: period as f64 }
    }
}

impl Rule for Aroon {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        if self.high.next(row[1]).is_nan() | self.low.next(row[2]).is_nan() {
            return;
        }
        let of = |age: f64| 100.0 * (self.period - age) / self.period;
        let (up, down) = (of(self.high.age()), of(self.low.age()));
        out.copy_from_slice(&[up, down, up - down]);
    }
}

/// Wilder's parabolic stop and reverse. Nothing is told until the first trend, which is guessed, has reversed.
/// Outputs: the stop, 1 on a reversal and else 0.
pub struct Parabolic {
    step: f64,
    most: f64,
    rising: bool,
    reversed: bool,
    stop: f64,
    extreme: f64,
    speed: f64,
    /// Highs and lows of the last two bars, the newer first.
    before: [(f64, f64); 2],
}

impl Parabolic {
    pub const fn new(step: f64, most: f64) -> Self {
        Self {
            step,
            most,
            rising: true,
            reversed: false,
            stop: f64::NAN,
            extreme: f64::NAN,
            speed: step,
            before: [(f64::NAN, f64::NAN); 2],
        }
    }

    fn begin(&mut self, high: f64, low: f64) {
        (self.stop, self.extreme) = (low, high);
    }

    /// Where the stop comes to, not beyond the last two bars.
    fn moved(&self) -> f64 {
        let stop = self.stop + self.speed * (self.extreme - self.stop);
        let [newer, older] = self.before;
        // min and max leave out a NaN: there is only one bar before the second.
        if self.rising { stop.min(newer.1.min(older.1)) } else { stop.max(newer.0.max(older.0)) }
    }

    fn reverse(&mut self, extreme: f64) {
        self.stop = self.extreme;
        (self.rising, self.extreme, self.speed) = (!self.rising, extreme, self.step);
    }

    fn go_on(&mut self, stop: f64, high: f64, low: f64) {
        self.stop = stop;
        let further = if self.rising { high > self.extreme } else { low < self.extreme };
        if further {
            self.extreme = if self.rising { high } else { low };
            self.speed = (self.speed + self.step).min(self.most);
        }
    }

    /// Takes a bar and tells whether the trend reversed.
    fn advance(&mut self, high: f64, low: f64) -> bool {
        let stop = if self.before[1].0.is_nan() {
            self.stop + self.speed * (self.extreme - self.stop)
        } else {
            self.moved()
        };
        let reverses = if self.rising { low < stop } else { high > stop };
        if reverses {
            self.reverse(if self.rising { low } else { high });
        } else {
            self.go_on(stop, high, low);
        }
        reverses
    }
}

impl Rule for Parabolic {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let (high, low) = (row[1], row[2]);
        if self.stop.is_nan() {
            self.begin(high, low);
        } else {
            let reverses = self.advance(high, low);
            if self.reversed {
                out.copy_from_slice(&[self.stop, f64::from(u8::from(reverses))]);
            }
            self.reversed |= reverses;
        }
        self.before = [(high, low), self.before[0]];
    }
}

/// A stop that follows at so many average ranges. Outputs: the stop, 1 while prices are above it and else -1.
pub struct Supertrend {
    range: AverageRange,
    times: f64,
    rising: bool,
    upper: f64,
    lower: f64,
    close: f64,
}

impl Supertrend {
    pub fn new(period: usize, times: f64) -> Self {
        Self {
            range: AverageRange::new(period),
            times,
            rising: true,
            upper: f64::NAN,
            lower: f64::NAN,
            close: f64::NAN,
        }
    }

    fn follow(&mut self, upper: f64, lower: f64) {
        if upper < self.upper || self.close > self.upper {
            self.upper = upper;
        }
        if lower > self.lower || self.close < self.lower {
            self.lower = lower;
        }
    }
}

impl Rule for Supertrend {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let (range, close) = (self.range.next(row), row[3]);
        let (middle, away) = (f64::midpoint(row[1], row[2]), self.times * range);
        if self.upper.is_nan() {
            (self.upper, self.lower) = (middle + away, middle - away);
            self.rising = close >= middle;
        } else {
            self.follow(middle + away, middle - away);
        }
        self.close = close;
        if range.is_nan() {
            return;
        }
        self.rising = close > if self.rising { self.lower } else { self.upper };
        out.copy_from_slice(&if self.rising { [self.lower, 1.0] } else { [self.upper, -1.0] });
    }
}

/// Bars whose values are averaged with the bar before. Outputs: open, high, low, close.
pub struct HeikinAshi {
    open: f64,
    close: f64,
}

impl HeikinAshi {
    pub const fn new() -> Self {
        Self { open: f64::NAN, close: f64::NAN }
    }
}

impl Rule for HeikinAshi {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let first = self.open.is_nan();
        self.open = if first { f64::midpoint(row[0], row[3]) } else { f64::midpoint(self.open, self.close) };
        self.close = (row[0] + row[1] + row[2] + row[3]) / 4.0;
        let high = row[1].max(self.open).max(self.close);
        let low = row[2].min(self.open).min(self.close);
        out.copy_from_slice(&[self.open, high, low, self.close]);
    }
}
