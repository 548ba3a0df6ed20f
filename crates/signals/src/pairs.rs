//! Two series beside each other.

use crate::kind::Rule;
use crate::window::Window;

/// Moments of the last so many pairs.
struct Moments {
    first: Window,
    second: Window,
    size: f64,
}

/// Variance of both, and covariance, of the whole window.
struct Variances {
    first: f64,
    second: f64,
    both: f64,
}

impl Moments {
    fn new(period: usize) -> Self {
        Self { first: Window::new(period), second: Window::new(period), size: period as f64 }
    }

    fn next(&mut self, first: f64, second: f64) -> Option<Variances> {
        self.first.push(first);
        self.second.push(second);
        if !self.first.is_full() {
            return None;
        }
        let (a, b) = (self.first.mean(), self.second.mean());
        let (mut first, mut second, mut both) = (0.0, 0.0, 0.0);
        for (x, y) in self.first.iter().zip(self.second.iter()) {
            first += (x - a) * (x - a);
            second += (y - b) * (y - b);
            both += (x - a) * (y - b);
        }
        Some(Variances { first: first / self.size, second: second / self.size, both: both / self.size })
    }
}

/// How two series go together, -1 to 1; 0 where one stands still. Outputs: correlation, covariance.
pub struct Correlation(Moments);

impl Correlation {
    pub fn new(period: usize) -> Self {
        Self(Moments::new(period))
    }
}

impl Rule for Correlation {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let Some(Variances { first, second, both }) = self.0.next(row[0], row[1]) else { return };
        let scale = (first * second).sqrt();
        out.copy_from_slice(&[if scale == 0.0 { 0.0 } else { both / scale }, both]);
    }
}

/// How much the first series' returns follow the second's; 0 where those stand still.
pub struct Beta {
    last: [f64; 2],
    returns: Moments,
}

impl Beta {
    pub fn new(period: usize) -> Self {
        Self { last: [f64::NAN; 2], returns: Moments::new(period) }
    }
}

/// The part by which a number changed; 0 of 0.
fn change(last: f64, value: f64) -> f64 {
    if last == 0.0 { 0.0 } else { value / last - 1.0 }
}

impl Rule for Beta {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let last = std::mem::replace(&mut self.last, [row[0], row[1]]);
        if last[0].is_nan() {
            return;
        }
        let Some(Variances { second, both, .. }) =
            self.returns.next(change(last[0], row[0]), change(last[1], row[1]))
        else {
            return;
        };
        out[0] = if second == 0.0 { 0.0 } else { both / second };
    }
}

/// What of the first series the second does not explain, by the line of least squares through the window. Outputs: how many
/// deviations from the line, slope, where the line meets zero.
pub struct Residual(Moments);

impl Residual {
    pub fn new(period: usize) -> Self {
        Self(Moments::new(period))
    }
}

impl Rule for Residual {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let Some(Variances { first, second, both }) = self.0.next(row[0], row[1]) else { return };
        let slope = if second == 0.0 { 0.0 } else { both / second };
        let meets = self.0.first.mean() - slope * self.0.second.mean();
        // What rounding leaves below zero is none.
        let deviation = (first - slope * both).max(0.0).sqrt();
        let away = row[0] - meets - slope * row[1];
        out.copy_from_slice(&[if deviation == 0.0 { 0.0 } else { away / deviation }, slope, meets]);
    }
}
