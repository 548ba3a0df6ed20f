//! Handlers that are called less often than something happens, and timers.

/// How a handler is thinned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Every {
    /// It is called each time.
    #[default]
    One,
    /// Each so many times, the first of them the n-th.
    Count(u64),
    /// At the first event in each period of so many ns, counted from 1970.
    Period(i64),
}

/// A count or a period at work.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Thinning {
    pub(crate) every: Every,
    seen: u64,
    period: i64,
}

impl Thinning {
    pub(crate) const fn new(every: Every) -> Self {
        Self { every, seen: 0, period: i64::MIN }
    }

    /// Whether this event is one for the handler.
    #[inline]
    pub(crate) fn is_due(&mut self, at_ns: i64) -> bool {
        match self.every {
            Every::One => true,
            Every::Count(count) => {
                self.seen += 1;
                if self.seen < count {
                    return false;
                }
                self.seen = 0;
                true
            }
            Every::Period(length) => {
                let period = at_ns.div_euclid(length);
                let is_due = period != self.period;
                self.period = period;
                is_due
            }
        }
    }
}

/// A timer of a strategy: due at each multiple of its period, counted from 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timer {
    /// Its name.
    pub name: String,
    /// Its period, ns.
    pub period_ns: i64,
    /// When it is due next, ns; not known before the first event.
    pub due_ns: i64,
}
