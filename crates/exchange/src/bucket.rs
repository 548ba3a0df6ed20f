//! How many messages a second a connection may send: token buckets for orders, for reductions beyond them, and for what changes nothing.

use crate::Limits;

const SECOND_NS: i64 = 1_000_000_000;

/// What a message counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// An order, a replacement, anything else that becomes a command.
    Order,
    /// The cancellation of an open order as a whole: there are no more of these than orders, so it is always taken.
    Cancel,
    /// The reduction of an open order, which may also draw on a reserve.
    Reduction,
    /// What changes nothing and gets no answer: a cancellation of no open order, a token that was used before. Never journaled; beyond its
    /// own bucket it draws on that of orders.
    Repeat,
}

/// The allowance of one connection. Full, it holds one second's worth.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    messages: Bucket,
    reductions: Bucket,
    repeats: Bucket,
}

impl Allowance {
    /// A full one.
    pub fn new(limits: &Limits, now_ns: i64) -> Self {
        Self {
            messages: Bucket::new(limits.messages_per_second, now_ns),
            reductions: Bucket::new(limits.reduction_reserve_per_second, now_ns),
            repeats: Bucket::new(limits.repeats_per_second, now_ns),
        }
    }

    /// Takes one message out of it, if it is not used up.
    pub fn take(&mut self, load: Load, now_ns: i64) -> bool {
        match load {
            Load::Order => self.messages.take(now_ns),
            Load::Cancel => true,
            Load::Reduction => self.messages.take(now_ns) || self.reductions.take(now_ns),
            Load::Repeat => self.repeats.take(now_ns) || self.messages.take(now_ns),
        }
    }

    /// When the next message can be taken.
    pub fn ready_at_ns(&self, load: Load) -> i64 {
        let messages = self.messages.ready_at_ns();
        match load {
            Load::Order => messages,
            Load::Cancel => i64::MIN,
            Load::Reduction => messages.min(self.reductions.ready_at_ns()),
            Load::Repeat => messages.min(self.repeats.ready_at_ns()),
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

    fn limits(messages: u32, reductions: u32, repeats: u32) -> Limits {
        Limits {
            messages_per_second: messages,
            reduction_reserve_per_second: reductions,
            repeats_per_second: repeats,
            ..Limits::default()
        }
    }

    fn taken(allowance: &mut Allowance, load: Load) -> usize {
        (0..100).filter(|_| allowance.take(load, 0)).count()
    }

    #[test]
    fn a_full_allowance_is_one_second_of_messages() {
        let mut allowance = Allowance::new(&limits(5, 1, 1), 0);
        assert_eq!(taken(&mut allowance, Load::Order), 5);
    }

    #[test]
    fn reductions_draw_on_the_reserve_when_the_rest_is_used_up() {
        let mut allowance = Allowance::new(&limits(2, 3, 1), 0);
        assert_eq!([Load::Order, Load::Reduction].map(|load| taken(&mut allowance, load)), [2, 3]);
    }

    #[test]
    fn repeats_have_a_bucket_of_their_own_and_then_that_of_orders() {
        let mut allowance = Allowance::new(&limits(5, 3, 4), 0);
        assert!(allowance.take(Load::Order, 0));
        assert_eq!([Load::Repeat, Load::Order].map(|load| taken(&mut allowance, load)), [4 + 4, 0]);
        assert_eq!(taken(&mut allowance, Load::Reduction), 3, "their reserve is left alone");
    }

    #[test]
    fn cancellations_of_open_orders_are_always_taken_and_use_nothing_up() {
        let mut allowance = Allowance::new(&limits(2, 1, 1), 0);
        let loads = [Load::Cancel, Load::Order, Load::Cancel];
        assert_eq!(loads.map(|load| taken(&mut allowance, load)), [100, 2, 100]);
    }

    #[test]
    fn the_next_message_can_be_taken_when_it_says_so() {
        let mut allowance = Allowance::new(&limits(4, 1, 1), 0);
        while allowance.take(Load::Order, 0) {}
        let ready_at_ns = allowance.ready_at_ns(Load::Order);
        assert_eq!(ready_at_ns, SECOND_NS / 4);
        assert!(!allowance.take(Load::Order, ready_at_ns - 1));
        assert!(allowance.take(Load::Order, ready_at_ns));
    }

    #[test]
    fn a_clock_that_goes_back_gives_no_credit() {
        let mut allowance = Allowance::new(&limits(1, 1, 1), SECOND_NS);
        assert!(allowance.take(Load::Order, SECOND_NS));
        assert!(!allowance.take(Load::Order, 0));
        assert!(!allowance.take(Load::Order, SECOND_NS));
    }
}
