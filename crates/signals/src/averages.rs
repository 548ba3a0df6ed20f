//! Averages of a series. Each tells NaN until it has enough, and passes over a NaN that comes before a series begins.

use crate::kind::Rule;
use crate::window::{Sum, Window};

/// A number that follows a series.
pub trait Average: Send + Sync {
    /// Takes the next number.
    fn next(&mut self, value: f64) -> f64;
}

/// An average as an indicator of a series.
pub struct Of<A>(pub A);

impl<A: Average> Rule for Of<A> {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        out[0] = self.0.next(row[0]);
    }
}

/// The mean of the last `period`.
pub struct Simple {
    sum: Sum,
    period: f64,
}

impl Simple {
    pub fn new(period: usize) -> Self {
        Self { sum: Sum::new(period), period: period as f64 }
    }
}

impl Average for Simple {
    fn next(&mut self, value: f64) -> f64 {
        if value.is_nan() { f64::NAN } else { self.sum.next(value) / self.period }
    }
}

/// Goes a part of the way to each number. It starts from the mean of the first `start` numbers and is told from the `period`th on.
pub struct Exponential {
    part: f64,
    start: u64,
    tell_from: u64,
    count: u64,
    value: f64,
}

impl Exponential {
    /// Part 2 / (period + 1), starting from the mean of the first `period`.
    pub fn new(period: usize) -> Self {
        Self::starting(period, period)
    }

    /// The same, starting from the mean of the first `start`.
    pub fn starting(period: usize, start: usize) -> Self {
        Self::with_part(2.0 / (period as f64 + 1.0), period, start)
    }

    /// Wilder's: part 1 / period.
    pub fn wilder(period: usize) -> Self {
        Self::with_part(1.0 / period as f64, period, period)
    }

    fn with_part(part: f64, period: usize, start: usize) -> Self {
        Self { part, start: start as u64, tell_from: period.max(start) as u64, count: 0, value: 0.0 }
    }

    /// Takes a number without asking whether it is one.
    fn step(&mut self, value: f64) {
        self.count += 1;
        if self.count > self.start {
            self.value += self.part * (value - self.value);
            return;
        }
        self.value += value;
        if self.count == self.start {
            self.value /= self.start as f64;
        }
    }
}

impl Average for Exponential {
    fn next(&mut self, value: f64) -> f64 {
        if value.is_nan() {
            return f64::NAN;
        }
        self.step(value);
        if self.count < self.tell_from { f64::NAN } else { self.value }
    }
}

/// The last number counts `period` times, the one before it one time less, and so on.
pub struct Weighted {
    window: Window,
    period: usize,
}

impl Weighted {
    pub fn new(period: usize) -> Self {
        Self { window: Window::new(period), period }
    }
}

impl Average for Weighted {
    fn next(&mut self, value: f64) -> f64 {
        if value.is_nan() {
            return f64::NAN;
        }
        self.window.push(value);
        if !self.window.is_full() {
            return f64::NAN;
        }
        let weights = (self.period * (self.period + 1)) as f64 / 2.0;
        self.window.iter().zip(1..).map(|(value, weight)| value * f64::from(weight)).sum::<f64>() / weights
    }
}

/// Exponential averages of exponential averages, all starting together from one mean, and put together by `mix`.
pub struct Nested<const N: usize> {
    first: Exponential,
    rest: [f64; N],
    mix: [f64; N],
}

impl<const N: usize> Nested<N> {
    /// `mix` are the factors of the average, the average's average, and so on.
    pub fn new(period: usize, start: usize, mix: [f64; N]) -> Self {
        Self { first: Exponential::starting(period, start), rest: [f64::NAN; N], mix }
    }
}

impl<const N: usize> Average for Nested<N> {
    fn next(&mut self, value: f64) -> f64 {
        if value.is_nan() {
            return f64::NAN;
        }
        self.first.step(value);
        if self.first.count < self.first.start {
            return f64::NAN;
        }
        if self.first.count == self.first.start {
            self.rest.fill(self.first.value);
        }
        self.rest[0] = self.first.value;
        for at in 1..N {
            self.rest[at] += self.first.part * (self.rest[at - 1] - self.rest[at]);
        }
        self.rest.iter().zip(self.mix).map(|(average, factor)| average * factor).sum()
    }
}

/// Double: 2 a - aa.
pub fn double(period: usize) -> Nested<2> {
    Nested::new(period, period, [2.0, -1.0])
}

/// Triple: 3 a - 3 aa + aaa.
pub fn triple(period: usize) -> Nested<3> {
    Nested::new(period, period, [3.0, -3.0, 1.0])
}

/// Tillson's T3, which starts from the first number.
pub fn tillson(period: usize, v: f64) -> Nested<6> {
    let (square, cube) = (v * v, v * v * v);
    let mix = [
        0.0,
        0.0,
        1.0 + 3.0 * v + 3.0 * square + cube,
        -6.0 * square - 3.0 * (v + cube),
        3.0 * (square + cube),
        -cube,
    ];
    Nested::new(period, 1, mix)
}

/// Kaufman's: the more straight the way of the last `period`, the faster. Outputs: the average, the efficiency of the way.
pub struct Kaufman {
    window: Window,
    ways: Sum,
    last: f64,
    fast: f64,
    slow: f64,
    value: f64,
}

impl Kaufman {
    pub fn new(period: usize, fast: f64, slow: f64) -> Self {
        Self {
            window: Window::new(period),
            ways: Sum::new(period),
            last: f64::NAN,
            fast: 2.0 / (fast + 1.0),
            slow: 2.0 / (slow + 1.0),
            value: f64::NAN,
        }
    }
}

impl Rule for Kaufman {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let value = row[0];
        let way = if self.last.is_nan() { f64::NAN } else { self.ways.next((value - self.last).abs()) };
        self.last = value;
        let Some(before) = self.window.push(value) else {
            if self.window.is_full() {
                self.value = value;
                out[0] = value;
            }
            return;
        };
        let efficiency = if way == 0.0 { 0.0 } else { (value - before).abs() / way };
        let part = (efficiency * (self.fast - self.slow) + self.slow).powi(2);
        self.value += part * (value - self.value);
        (out[0], out[1]) = (self.value, efficiency);
    }
}

/// Arnaud Legoux's: weights of a bell whose middle lies at `offset` of the window.
pub struct Legoux {
    window: Window,
    weights: Vec<f64>,
}

impl Legoux {
    pub fn new(period: usize, offset: f64, sigma: f64) -> Self {
        let (middle, width) = (offset * (period as f64 - 1.0), period as f64 / sigma);
        let bell = |at: usize| (-((at as f64 - middle).powi(2)) / (2.0 * width * width)).exp();
        let weights: Vec<f64> = (0..period).map(bell).collect();
        let all: f64 = weights.iter().sum();
        Self {
            window: Window::new(period),
            weights: weights.into_iter().map(|weight| weight / all).collect(),
        }
    }
}

impl Average for Legoux {
    fn next(&mut self, value: f64) -> f64 {
        self.window.push(value);
        if !self.window.is_full() {
            return f64::NAN;
        }
        self.window.iter().zip(&self.weights).map(|(value, weight)| value * weight).sum()
    }
}

/// Hull's: the weighted average of 2 x the half's weighted average less the whole's, over the root of the period.
pub struct Hull {
    half: Weighted,
    whole: Weighted,
    root: Weighted,
}

impl Hull {
    pub fn new(period: usize) -> Self {
        Self {
            half: Weighted::new(period / 2),
            whole: Weighted::new(period),
            root: Weighted::new(period.isqrt()),
        }
    }
}

impl Average for Hull {
    fn next(&mut self, value: f64) -> f64 {
        let (half, whole) = (self.half.next(value), self.whole.next(value));
        self.root.next(2.0 * half - whole)
    }
}

/// An average and bounds a part above and below it. Outputs: middle, upper, lower.
pub struct Envelope {
    middle: Simple,
    percent: f64,
}

impl Envelope {
    pub fn new(period: usize, percent: f64) -> Self {
        Self { middle: Simple::new(period), percent }
    }
}

impl Rule for Envelope {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let middle = self.middle.next(row[0]);
        let away = middle * self.percent / 100.0;
        out.copy_from_slice(&[middle, middle + away, middle - away]);
    }
}
