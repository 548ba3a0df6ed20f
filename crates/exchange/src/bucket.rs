//! How many messages a second a connection may send: two token buckets, one for everything, one for cancels beyond it.

use crate::Limits;

const SECOND_NS: i64 = 1_000_000_000;

/// What a message counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// Anything but a cancel.
    Order,
    /// A cancel, which may also draw on the reserve.
    Cancel,
}

/// The allowance of one connection. Full, it holds one second's worth.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    messages: Bucket,
    cancels: Bucket,
}

impl Allowance {
    /// A full one.
    pub fn new(limits: &Limits, now_ns: i64) -> Self {
        Self {
            messages: Bucket::new(limits.messages_per_second, now_ns),
            cancels: Bucket::new(limits.cancel_reserve_per_second, now_ns),
        }
    }

    /// Takes one message out of it, if it is not used up.
    pub fn take(&mut self, load: Load, now_ns: i64) -> bool {
        self.messages.take(now_ns) || (load == Load::Cancel && self.cancels.take(now_ns))
    }

    /// When the next message can be taken.
    pub fn ready_at_ns(&self, load: Load) -> i64 {
        match load {
            Load::Order => self.messages.ready_at_ns(),
            Load::Cancel => self.messages.ready_at_ns().min(self.cancels.ready_at_ns()),
        }
    }
}

/// One bucket, counted in nanoseconds of credit: a message costs `SECOND_NS / rate`, and a second is the most it holds.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    cost_ns: i64,
    credit_ns: i64,
    at_ns: i64,
}

impl Bucket {
    fn new(per_second: u32, now_ns: i64) -> Self {
        let cost_ns = (SECOND_NS / i64::from(per_second)).max(1);
        Self { cost_ns, credit_ns: SECOND_NS, at_ns: now_ns }
    }

    fn take(&mut self, now_ns: i64) -> bool {
        let passed_ns = now_ns.saturating_sub(self.at_ns).max(0);
        self.at_ns = self.at_ns.max(now_ns);
        self.credit_ns = self.credit_ns.saturating_add(passed_ns).min(SECOND_NS);
        if self.credit_ns < self.cost_ns {
            return false;
        }
        self.credit_ns -= self.cost_ns;
        true
    }

    fn ready_at_ns(&self) -> i64 {
        self.at_ns + (self.cost_ns - self.credit_ns).max(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(messages: u32, cancels: u32) -> Limits {
        Limits { messages_per_second: messages, cancel_reserve_per_second: cancels, ..Limits::default() }
    }

    #[test]
    fn a_full_allowance_is_one_second_of_messages() {
        let mut allowance = Allowance::new(&limits(5, 1), 0);
        let taken = (0..10).filter(|_| allowance.take(Load::Order, 0)).count();
        assert_eq!(taken, 5);
    }

    #[test]
    fn cancels_draw_on_the_reserve_when_the_rest_is_used_up() {
        let mut allowance = Allowance::new(&limits(2, 3), 0);
        while allowance.take(Load::Order, 0) {}
        let taken = (0..10).filter(|_| allowance.take(Load::Cancel, 0)).count();
        assert_eq!(taken, 3);
    }

    #[test]
    fn the_next_message_can_be_taken_when_it_says_so() {
        let mut allowance = Allowance::new(&limits(4, 1), 0);
        while allowance.take(Load::Order, 0) {}
        let ready_at_ns = allowance.ready_at_ns(Load::Order);
        assert_eq!(ready_at_ns, SECOND_NS / 4);
        assert!(!allowance.take(Load::Order, ready_at_ns - 1));
        assert!(allowance.take(Load::Order, ready_at_ns));
    }

    #[test]
    fn a_clock_that_goes_back_gives_no_credit() {
        let mut allowance = Allowance::new(&limits(1, 1), SECOND_NS);
        assert!(allowance.take(Load::Order, SECOND_NS));
        assert!(!allowance.take(Load::Order, 0));
        assert!(!allowance.take(Load::Order, SECOND_NS));
    }
}
