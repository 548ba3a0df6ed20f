//! Runs a workload several times, and once more with a clock around each operation.

use std::time::Instant;

/// What a benchmark found.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Median over the runs, ns for one operation.
    pub ns_per_op: f64,
    /// Every run, ns for one operation.
    pub runs: Vec<f64>,
    /// Median latency of an operation, the clock's own 20 ns or so included.
    pub p50_ns: u64,
    /// 99th percentile.
    pub p99_ns: u64,
    /// 99.9th percentile.
    pub p999_ns: u64,
    /// Trades.
    pub trades: u64,
    /// Operations that were refused.
    pub rejects: u64,
    /// The tape, 16 hexadecimal digits.
    pub tape: String,
}

/// Nanoseconds for one of `operations`, of a run of `body`.
pub(crate) fn timed(operations: usize, body: impl FnOnce()) -> f64 {
    let start = Instant::now();
    body();
    start.elapsed().as_nanos() as f64 / operations.max(1) as f64
}

/// Latency of each operation.
#[derive(Default)]
pub(crate) struct Latencies(Vec<u32>);

impl Latencies {
    pub(crate) fn for_operations(count: usize) -> Self {
        let mut all = vec![1; count];
        all.clear();
        Self(all)
    }

    #[inline(always)]
    pub(crate) fn measure(&mut self, body: impl FnOnce()) {
        let start = Instant::now();
        body();
        self.0.push(u32::try_from(start.elapsed().as_nanos()).unwrap_or(u32::MAX));
    }

    /// The latency that was measured last.
    pub(crate) fn last(&self) -> u32 {
        self.0.last().copied().unwrap_or(0)
    }

    fn percentile(&self, share: f64) -> u64 {
        let last = self.0.len().saturating_sub(1);
        self.0.get((share * last as f64) as usize).copied().map_or(0, u64::from)
    }
}

/// Puts a report together.
pub(crate) fn report(
    mut runs: Vec<f64>,
    mut latencies: Latencies,
    trades: u64,
    rejects: u64,
    tape: u64,
) -> Report {
    latencies.0.sort_unstable();
    let mut sorted = runs.clone();
    sorted.sort_by(f64::total_cmp);
    Report {
        ns_per_op: sorted.get(sorted.len() / 2).copied().unwrap_or(0.0),
        runs: std::mem::take(&mut runs),
        p50_ns: latencies.percentile(0.5),
        p99_ns: latencies.percentile(0.99),
        p999_ns: latencies.percentile(0.999),
        trades,
        rejects,
        tape: format!("{tape:016x}"),
    }
}
