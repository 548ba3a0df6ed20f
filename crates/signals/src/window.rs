//! The last so many numbers: their sum, their extremes.

use std::collections::VecDeque;

/// The last `size` numbers.
pub struct Window {
    values: Vec<f64>,
    size: usize,
    /// Where the oldest one is, once it is full.
    oldest: usize,
}

impl Window {
    pub fn new(size: usize) -> Self {
        Self { values: Vec::new(), size, oldest: 0 }
    }

    /// Takes a number and gives back the one that fell out.
    pub fn push(&mut self, value: f64) -> Option<f64> {
        if self.values.len() < self.size {
            self.values.push(value);
            return None;
        }
        let fallen = std::mem::replace(&mut self.values[self.oldest], value);
        self.oldest = (self.oldest + 1) % self.size;
        Some(fallen)
    }

    pub fn is_full(&self) -> bool {
        self.values.len() == self.size
    }

    /// From the oldest to the newest.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = f64> + '_ {
        let (newer, older) = self.values.split_at(self.oldest);
        older.iter().chain(newer).copied()
    }

    /// The mean, once it is full; reckoned anew, for where the last digit counts.
    pub fn mean(&self) -> f64 {
        self.iter().sum::<f64>() / self.size as f64
    }
}

/// Sum of the last `size` numbers. It is reckoned anew whenever all of them have changed, so that rounding does not pile up.
pub struct Sum {
    window: Window,
    sum: f64,
    changed: usize,
}

impl Sum {
    pub fn new(size: usize) -> Self {
        Self { window: Window::new(size), sum: 0.0, changed: 0 }
    }

    /// Takes a number; NaN until there are enough.
    pub fn next(&mut self, value: f64) -> f64 {
        let fallen = self.window.push(value);
        self.sum += value - fallen.unwrap_or(0.0);
        self.changed += 1;
        if self.changed >= self.window.size {
            self.changed = 0;
            self.sum = self.window.iter().sum();
        }
        if self.window.is_full() { self.sum } else { f64::NAN }
    }
}

/// The largest of the last `size` numbers, in constant time on average: numbers that a later, larger one covers are dropped.
pub struct Largest {
    /// Candidates, falling, with the count of the number.
    candidates: VecDeque<(u64, f64)>,
    size: u64,
    count: u64,
}

impl Largest {
    pub fn new(size: usize) -> Self {
        Self { candidates: VecDeque::new(), size: size as u64, count: 0 }
    }

    /// Takes a number; NaN until there are enough.
    pub fn next(&mut self, value: f64) -> f64 {
        while self.candidates.back().is_some_and(|&(_, covered)| covered <= value) {
            self.candidates.pop_back();
        }
        self.candidates.push_back((self.count, value));
        self.count += 1;
        if self.candidates.front().is_some_and(|&(at, _)| at + self.size < self.count) {
            self.candidates.pop_front();
        }
        if self.count < self.size { f64::NAN } else { self.candidates[0].1 }
    }

    /// How many numbers ago the largest one came; of equal ones the last.
    pub fn age(&self) -> f64 {
        self.candidates.front().map_or(f64::NAN, |&(at, _)| (self.count - 1 - at) as f64)
    }
}

/// The smallest of the last `size` numbers.
pub struct Smallest(Largest);

impl Smallest {
    pub fn new(size: usize) -> Self {
        Self(Largest::new(size))
    }

    pub fn next(&mut self, value: f64) -> f64 {
        -self.0.next(-value)
    }

    pub fn age(&self) -> f64 {
        self.0.age()
    }
}

/// The number that came `back` numbers before.
pub struct Before(Window);

impl Before {
    pub fn new(back: usize) -> Self {
        Self(Window::new(back))
    }

    /// Takes a number and tells the one that came `back` before it; NaN where there was none.
    pub fn next(&mut self, value: f64) -> f64 {
        self.0.push(value).unwrap_or(f64::NAN)
    }
}
