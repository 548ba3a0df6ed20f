//! The reactor's two clocks: the time of day, which stamps commands, and one that never goes back, for waiting and latency.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Nanoseconds since the Unix epoch, UTC.
pub(crate) fn utc_ns() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_nanos() as i64,
        Err(before) => -(before.duration().as_nanos() as i64),
    }
}

/// A clock that never goes back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Steady(Instant);

impl Steady {
    /// Starts at 0.
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Nanoseconds since the start.
    pub(crate) fn now_ns(&self) -> i64 {
        self.0.elapsed().as_nanos() as i64
    }
}
