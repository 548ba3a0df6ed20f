//! What every connection shares: sequencer, fold, streams, waiting answers, measurements. No socket is touched here.

use std::collections::BTreeSet;

use garraway_sequencer::Sequencer;
use garraway_types::Nanos;

use crate::ExchangeError;
use crate::acks::{Ack, Acks};
use crate::clock::{Steady, utc_ns};
use crate::fold::{Counts, Fold};
use crate::latency::Latency;
use crate::notices::Teller;
use crate::streams::Streams;

/// Answers for which memory is taken at the start.
const ACKS: usize = 64 << 10;

/// The shared part of the process.
pub struct Core {
    /// The single writer.
    pub sequencer: Sequencer,
    /// What the gateways know of the journal.
    pub fold: Fold,
    /// The files of the OUCH sessions.
    pub streams: Streams,
    /// Answers that wait for the durable mark.
    pub acks: Acks,
    /// Who hears of what happens.
    pub teller: Teller,
    /// For waiting and latency.
    pub clock: Steady,
    /// From read to acknowledgement.
    pub latency: Latency,
    /// Sessions whose orders are to be cancelled, since their connection ended.
    pub lost: BTreeSet<u32>,
    /// Messages of OUCH that were left without a look.
    pub discarded: u64,
    /// What the last second brought.
    pub per_second: Counts,
    /// Counts at the start of this second.
    second_began: Counts,
    /// Bytes of messages that may wait.
    held_limit: usize,
    /// Arrival times of what was acknowledged in this round.
    acknowledged: Vec<i64>,
    /// Buffer for one command.
    pub command: Vec<u8>,
}

impl Core {
    /// Puts the recovered parts together.
    pub fn new(
        sequencer: Sequencer,
        fold: Fold,
        streams: Streams,
        teller: Teller,
        clock: Steady,
        held_limit: usize,
    ) -> Self {
        let counts = fold.counts();
        Self {
            sequencer,
            fold,
            streams,
            acks: Acks::new(ACKS),
            teller,
            clock,
            latency: Latency::default(),
            lost: BTreeSet::new(),
            discarded: 0,
            per_second: Counts::default(),
            second_began: counts,
            held_limit,
            acknowledged: Vec::with_capacity(ACKS),
            command: Vec::with_capacity(256),
        }
    }

    /// Whether one more command may be submitted.
    pub fn has_room(&self) -> bool {
        self.fold.held.len() < self.held_limit && self.sequencer.has_room()
    }

    /// Does the venue's own work, a step. True if work is left that can be done now.
    pub fn turn(&mut self) -> bool {
        self.sequencer.turn(Nanos(utc_ns()), &mut self.fold) && self.sequencer.has_room()
    }

    /// How long until a timer of the engine is due, if one is set.
    pub fn due_in_ns(&self) -> Option<i64> {
        let due = self.sequencer.engine().next_due_ns()?;
        Some(due.0.saturating_sub(utc_ns()).max(0))
    }

    /// Submits the command in the buffer, which came in by OUCH at `read_ns`.
    pub fn submit_own(&mut self, read_ns: i64) -> garraway_sequencer::Submitted {
        let submitted = self.sequencer.submit(&self.command, Nanos(utc_ns()), &mut self.fold);
        self.acks.push(Ack { seq: self.sequencer.engine().last_seq(), read_ns, outcome: None });
        submitted
    }

    /// Has an answer given when everything applied so far is durable.
    pub fn acknowledge(&mut self, read_ns: i64, outcome: (crate::acks::Address, crate::door::Outcome)) {
        let seq = self.sequencer.engine().last_seq();
        self.acks.push(Ack { seq, read_ns, outcome: Some(outcome) });
    }

    /// Appends the events of durable commands to the event log and returns the durable mark.
    pub fn commit(&mut self) -> Result<u64, ExchangeError> {
        self.sequencer.flush()?;
        self.sequencer.release(&mut |_| {})?;
        Ok(self.sequencer.durable_seq())
    }

    /// Notes that something read at `read_ns` was acknowledged in this round.
    pub fn note_acknowledged(&mut self, read_ns: i64) {
        self.acknowledged.push(read_ns);
    }

    /// What was acknowledged in this round has left.
    pub fn measure(&mut self) {
        if self.acknowledged.is_empty() {
            return;
        }
        let now_ns = self.clock.now_ns();
        for read_ns in self.acknowledged.drain(..) {
            self.latency.record(now_ns - read_ns);
        }
    }

    /// A second has passed.
    pub fn next_second(&mut self) {
        let counts = self.fold.counts();
        let before = std::mem::replace(&mut self.second_began, counts);
        self.per_second = counts.since(&before);
        self.latency.next_second();
        self.teller.next_second();
    }
}
