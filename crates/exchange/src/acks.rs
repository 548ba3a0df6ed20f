//! Answers that wait for the durable mark, in the order of the commands: outcomes of the door, and the arrival times of
//! everything, from which the latency follows.

use std::collections::VecDeque;

use crate::door::Outcome;

/// Whom an outcome is for: a place in the table of connections, and which of its tenants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// The place.
    pub place: usize,
    /// The tenant.
    pub tenant: u64,
}

/// One answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ack {
    /// The command that must be durable first.
    pub seq: u64,
    /// When its bytes were read, in ns of the reactor's clock.
    pub read_ns: i64,
    /// An outcome for the door; messages to OUCH sessions wait in `held`.
    pub outcome: Option<(Address, Outcome)>,
}

/// The queue. Numbers never fall.
#[derive(Debug)]
pub struct Acks {
    waiting: VecDeque<Ack>,
}

impl Acks {
    /// Takes memory for `capacity` answers at once.
    pub fn new(capacity: usize) -> Self {
        Self { waiting: VecDeque::with_capacity(capacity) }
    }

    /// Answers that wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Takes an answer.
    pub fn push(&mut self, ack: Ack) {
        debug_assert!(self.waiting.back().is_none_or(|last| last.seq <= ack.seq));
        self.waiting.push_back(ack);
    }

    /// The next answer whose command is durable.
    pub fn pop(&mut self, durable_seq: u64) -> Option<Ack> {
        if self.waiting.front()?.seq > durable_seq {
            return None;
        }
        self.waiting.pop_front()
    }
}
