//! How long from reading a command to acknowledging it: since the start, and over the last ten seconds.

use hdrhistogram::Histogram;

/// Seconds that the window covers.
const WINDOW: usize = 10;
/// Longest time told apart, in ns; longer ones count as this.
const HIGHEST_NS: u64 = 60_000_000_000;
/// Significant digits.
const DIGITS: u8 = 2;

/// Histograms of two digits.
#[derive(Debug)]
pub struct Latency {
    total: Histogram<u64>,
    window: Vec<Histogram<u64>>,
    second: usize,
}

/// What is shown of a histogram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Percentiles {
    /// Half of them were faster.
    pub p50_ns: u64,
    /// 99 of 100 were faster.
    pub p99_ns: u64,
    /// 999 of 1,000 were faster.
    pub p999_ns: u64,
    /// The slowest.
    pub max_ns: u64,
    /// How many.
    pub count: u64,
}

impl Default for Latency {
    fn default() -> Self {
        Self { total: histogram(), window: (0..WINDOW).map(|_| histogram()).collect(), second: 0 }
    }
}

impl Latency {
    /// Takes one time.
    pub fn record(&mut self, ns: i64) {
        let ns = ns.max(1) as u64;
        self.total.saturating_record(ns);
        self.window[self.second].saturating_record(ns);
    }

    /// Starts the next second of the window, and forgets the oldest.
    pub fn next_second(&mut self) {
        self.second = (self.second + 1) % WINDOW;
        self.window[self.second].reset();
    }

    /// Since the start.
    pub fn total(&self) -> Percentiles {
        percentiles(&self.total)
    }

    /// Of the last ten seconds.
    pub fn recent(&self) -> Percentiles {
        let mut sum = histogram();
        for second in &self.window {
            // Histograms of the same range always fit into each other.
            let _ = sum.add(second);
        }
        percentiles(&sum)
    }
}

fn percentiles(histogram: &Histogram<u64>) -> Percentiles {
    Percentiles {
        p50_ns: histogram.value_at_quantile(0.5),
        p99_ns: histogram.value_at_quantile(0.99),
        p999_ns: histogram.value_at_quantile(0.999),
        max_ns: histogram.max(),
        count: histogram.len(),
    }
}

fn histogram() -> Histogram<u64> {
    // The bounds are constants within what the library takes.
    Histogram::new_with_bounds(1, HIGHEST_NS, DIGITS).unwrap_or_else(|error| panic!("histogram: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_forgets_after_ten_seconds_and_the_total_does_not() {
        let mut latency = Latency::default();
        latency.record(1_000);
        for _ in 0..WINDOW {
            assert_eq!(latency.recent().count, 1);
            latency.next_second();
        }
        assert_eq!(latency.recent().count, 0);
        assert_eq!(latency.total().count, 1);
    }

    #[test]
    fn times_beyond_the_range_count_as_its_ends() {
        let mut latency = Latency::default();
        latency.record(-5);
        latency.record(i64::MAX);
        assert_eq!(latency.total().count, 2);
        assert!(latency.total().max_ns >= HIGHEST_NS);
    }
}
