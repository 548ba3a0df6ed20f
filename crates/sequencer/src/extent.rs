//! How far a journal is taken, by whoever copies or cuts it, and which state that gives. Changes nothing, may run beside
//! the venue.

use std::path::Path;
use std::thread;

use garraway_engine::LOGIC_VERSION;
use garraway_types::{CommandHead, Nanos, Record, events_in};

use crate::damage::RecoverError;
use crate::layout::{CLOSE, COMMAND, SECTOR};
use crate::recover::Replay;
use crate::scan::{self, Verified};
use crate::segment::Frame;
use crate::verify::{ATTEMPTS, PAUSE};

/// What is still taken: the journal up to the first command that lies beyond one of these.
#[derive(Clone, Copy, Debug)]
pub struct Until {
    /// Number of the last command, at most.
    pub seq: u64,
    /// Time of the last command, at most.
    pub at: Nanos,
    /// A source whose own numbers are looked at, and the highest of them.
    pub source: Option<(u16, u64)>,
}

impl Until {
    /// All there is.
    pub const END: Self = Self { seq: u64::MAX, at: Nanos(i64::MAX), source: None };
}

/// What is taken of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// File name.
    pub segment: String,
    /// Bytes from its start on; what follows, up to `segment_bytes`, counts as zeros.
    pub bytes: u64,
    /// Bytes of the file.
    pub segment_bytes: u64,
}

/// A journal as far as it is taken: every frame of it was checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// The segments, in order.
    pub stretches: Vec<Stretch>,
    /// Commands in them; the first one's number is 1.
    pub commands: u64,
    /// Time of the first command, 0 where there is none.
    pub first_at: Nanos,
    /// Number of the last command.
    pub last_seq: u64,
    /// Its time.
    pub last_at: Nanos,
    /// The highest number of the source that was looked at, 0 for none.
    pub source_seq: u64,
    /// Whether a command lies beyond.
    pub more: bool,
    /// The engine's behaviour.
    pub logic_version: u32,
    /// What a replay gave, if it was asked for.
    pub reached: Option<Reached>,
}

/// The state behind the last command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Hash of the state.
    pub state_hash: u64,
    /// The invariant that does not hold.
    pub broken: Option<String>,
    /// Events derived.
    pub events: u64,
    /// Number of the last one.
    pub last_event_id: u64,
}

/// Finds how far the journal of the venue in `folder` goes `until`; with `replay` also what state that is.
pub fn extent(folder: &Path, until: Until, replay: bool) -> Result<Extent, RecoverError> {
    // The end of a journal that is being written may look damaged for a moment.
    for _ in 1..ATTEMPTS {
        match attempt(folder, until, replay) {
            Err(RecoverError::Damage(_)) => thread::sleep(PAUSE),
            found => return found,
        }
    }
    attempt(folder, until, replay)
}

fn attempt(folder: &Path, until: Until, replay: bool) -> Result<Extent, RecoverError> {
    let mut taking = Taking::new(until, replay);
    scan::scan(&folder.join("journal"), None, &mut |segment| taking.segment(segment))?;
    Ok(taking.finish())
}

/// An extent in the making.
struct Taking {
    until: Until,
    found: Extent,
    /// Behind the last frame of the last segment that does not close it: a journal may end there.
    open_end: u64,
    replay: bool,
    run: Option<Replay>,
    events: u64,
    last_event_id: u64,
}

impl Taking {
    fn new(until: Until, replay: bool) -> Self {
        let found = Extent { logic_version: LOGIC_VERSION, ..Extent::default() };
        Self { until, found, open_end: 0, replay, run: None, events: 0, last_event_id: 0 }
    }

    fn segment(&mut self, mut segment: Verified) -> Option<Vec<u8>> {
        let (mut end, mut open_end) = (SECTOR, SECTOR);
        let mut beyond = false;
        for frame in segment.frames() {
            if frame.head.kind == COMMAND && !self.take(&frame) {
                beyond = true;
                break;
            }
            end = frame.behind();
            if frame.head.kind != CLOSE {
                open_end = end;
            }
        }
        self.found.more = beyond;
        self.open_end = open_end as u64;
        self.found.stretches.push(Stretch {
            segment: segment.name.clone(),
            bytes: end as u64,
            segment_bytes: segment.head.segment_bytes,
        });
        segment.end = end;
        self.replay(&segment);
        (!beyond).then_some(segment.bytes)
    }

    /// Counts a command, unless it lies beyond.
    fn take(&mut self, frame: &Frame<'_>) -> bool {
        let (seq, at) = (frame.head.command_seq, Nanos(frame.head.at_ns));
        let command = CommandHead::read(frame.bytes);
        let of_source = self.until.source.filter(|(source, _)| *source == command.source);
        let beyond = of_source.is_some_and(|(_, highest)| command.source_seq > highest);
        if seq > self.until.seq || at > self.until.at || beyond {
            return false;
        }
        let found = &mut self.found;
        if found.commands == 0 {
            found.first_at = at;
        }
        found.commands += 1;
        (found.last_seq, found.last_at) = (seq, at);
        if of_source.is_some() {
            found.source_seq = command.source_seq;
        }
        true
    }

    fn replay(&mut self, segment: &Verified) {
        if !self.replay {
            return;
        }
        let run = self.run.get_or_insert_with(|| Replay::of(segment));
        let (count, last) = (&mut self.events, &mut self.last_event_id);
        let never: Result<(), std::convert::Infallible> = run.segment(segment, |_, _, _, events| {
            for (event, _) in events_in(events) {
                *count += 1;
                *last = event.event_id;
            }
            Ok(())
        });
        let Ok(()) = never;
    }

    /// The last segment loses its closing mark: what closes a segment promises another one behind it.
    fn finish(mut self) -> Extent {
        if let Some(last) = self.found.stretches.last_mut() {
            last.bytes = self.open_end;
        }
        self.found.reached = self.run.map(|run| Reached {
            state_hash: run.engine.state_hash(),
            broken: run.engine.check().err(),
            events: self.events,
            last_event_id: self.last_event_id,
        });
        self.found
    }
}
