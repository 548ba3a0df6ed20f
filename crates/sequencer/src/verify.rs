//! Reading a venue's journal and event log to say whether they are sound. Changes nothing, may run beside the venue.

use std::fmt;
use std::path::Path;
use std::thread;
use std::time::Duration;

use garraway_types::{Event, Record};

use crate::damage::{Cut, Damage, RecoverError};
use crate::event_reader::{EventLogError, EventReader};
use crate::recover::Replay;
use crate::scan::{self, Verified};

/// How often a journal is read again whose end looks torn: it may be being written.
pub(crate) const ATTEMPTS: usize = 10;
pub(crate) const PAUSE: Duration = Duration::from_millis(20);
const BATCH: usize = 1 << 20;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Segments.
    pub segments: u64,
    /// Commands.
    pub commands: u64,
    /// Chain marks.
    pub marks: u64,
    /// Number of the first command, 0 where there is none.
    pub first_seq: u64,
    /// Number of the last command.
    pub last_seq: u64,
    /// Whether the last command is `CleanClose`, or there is none.
    pub clean: bool,
    /// A torn tail, which the next start will cut.
    pub cut: Option<Cut>,
    /// Damage: the venue does not start. The counts above are then 0.
    pub damage: Option<Damage>,
    /// What the replay gave, if it was asked for and the journal is sound.
    pub replay: Option<ReplayReport>,
}

/// What a replay into a fresh engine gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayReport {
    /// Hash of the state.
    pub state_hash: u64,
    /// The invariant that does not hold.
    pub broken: Option<String>,
    /// Events derived.
    pub events: u64,
    /// Number of the last one.
    pub last_event_id: u64,
    /// The event log beside them.
    pub log: EventLogState,
}

/// The event log, compared with the journal byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventLogState {
    /// The same.
    Level,
    /// The same as far as it goes: the next start fills it (or the venue is about to).
    Shorter {
        /// The first event that is missing.
        from_event_id: u64,
    },
    /// It has events that the journal does not give: acknowledged commands are missing.
    Beyond {
        /// Its last event.
        reaches: u64,
    },
    /// Its bytes differ.
    Differs {
        /// File name.
        file: String,
        /// Bytes from the start of the file.
        offset: u64,
        /// The first event of the command whose events differ.
        event_id: u64,
    },
    /// It cannot be read.
    Unreadable(String),
}

impl VerifyReport {
    /// Whether the venue starts from this folder, with nothing acknowledged missing.
    pub fn is_sound(&self) -> bool {
        let replay = self.replay.as_ref();
        self.damage.is_none()
            && replay.is_none_or(|replay| {
                let level = matches!(replay.log, EventLogState::Level | EventLogState::Shorter { .. });
                level && replay.broken.is_none()
            })
    }
}

/// Checks the journal of the venue in `folder`; with `replay` also applies it to a fresh engine, proves the engine's
/// invariants and compares the whole event log.
pub fn verify(folder: &Path, replay: bool) -> Result<VerifyReport, RecoverError> {
    let mut report = attempt(folder, replay)?;
    for _ in 1..ATTEMPTS {
        if report.cut.is_none() && report.damage.is_none() {
            break;
        }
        thread::sleep(PAUSE);
        let again = attempt(folder, replay)?;
        let same = (&again.cut, &again.damage) == (&report.cut, &report.damage);
        report = again;
        if same {
            break;
        }
    }
    Ok(report)
}

fn attempt(folder: &Path, replay: bool) -> Result<VerifyReport, RecoverError> {
    // Read before the journal: events of commands that come meanwhile are nobody's fault.
    let reaches = if replay { last_event(&folder.join("events")) } else { Ok(0) };
    let mut run = None;
    let mut visit = |segment: Verified| {
        if replay {
            let run = run.get_or_insert_with(|| Run::new(&folder.join("events"), &segment));
            run.segment(&segment);
        }
        Some(segment.bytes)
    };
    let scanned = match scan::scan(&folder.join("journal"), None, &mut visit) {
        Ok(scanned) => scanned,
        Err(RecoverError::Damage(damage)) => {
            return Ok(VerifyReport { damage: Some(damage), ..VerifyReport::default() });
        }
        Err(error) => return Err(error),
    };
    Ok(VerifyReport {
        segments: scanned.segments,
        commands: scanned.commands,
        marks: scanned.marks,
        first_seq: u64::from(scanned.commands > 0),
        last_seq: scanned.position.last_seq,
        clean: scanned.position.clean,
        cut: scanned.cut,
        damage: None,
        replay: run.map(|run| run.finish(reaches)),
    })
}

/// The number of the log's last whole event.
fn last_event(events: &Path) -> Result<u64, EventLogError> {
    let mut reader = EventReader::open(events, u64::MAX)?;
    while !reader.next_batch(BATCH)?.is_empty() {}
    Ok(reader.last_event_id())
}

/// A replay beside the event log.
struct Run {
    replay: Replay,
    events: u64,
    last_event_id: u64,
    log: Log,
}

/// The event log as it is followed.
struct Log {
    reader: Option<EventReader>,
    batch: Vec<u8>,
    at: usize,
    /// What stopped the comparison.
    found: Option<EventLogState>,
}

impl Run {
    fn new(events: &Path, first: &Verified) -> Self {
        let (reader, found) = match EventReader::open(events, 0) {
            Ok(reader) => (Some(reader), None),
            Err(error) => (None, Some(EventLogState::Unreadable(error.to_string()))),
        };
        Self {
            replay: Replay::of(first),
            events: 0,
            last_event_id: 0,
            log: Log { reader, batch: Vec::new(), at: 0, found },
        }
    }

    fn segment(&mut self, segment: &Verified) {
        let Self { replay, events: count, last_event_id, log } = self;
        let never: Result<(), std::convert::Infallible> = replay.segment(segment, |_, _, _, events| {
            for (event, _) in garraway_types::events_in(events) {
                *count += 1;
                *last_event_id = event.event_id;
            }
            if log.found.is_none() && !events.is_empty() {
                log.found = log
                    .compare(events)
                    .unwrap_or_else(|error| Some(EventLogState::Unreadable(error.to_string())));
            }
            Ok(())
        });
        let Ok(()) = never;
    }

    fn finish(self, reaches: Result<u64, EventLogError>) -> ReplayReport {
        let log = match (self.log.found, reaches) {
            (Some(found @ (EventLogState::Differs { .. } | EventLogState::Unreadable(_))), _) => found,
            (_, Err(error)) => EventLogState::Unreadable(error.to_string()),
            (_, Ok(reaches)) if reaches > self.last_event_id => EventLogState::Beyond { reaches },
            (found, Ok(_)) => found.unwrap_or(EventLogState::Level),
        };
        ReplayReport {
            state_hash: self.replay.engine.state_hash(),
            broken: self.replay.engine.check().err(),
            events: self.events,
            last_event_id: self.last_event_id,
            log,
        }
    }
}

impl Log {
    /// Compares the events of a command; says what stops the comparison.
    fn compare(&mut self, events: &[u8]) -> Result<Option<EventLogState>, EventLogError> {
        let Some(reader) = &mut self.reader else { return Ok(None) };
        let mut rest = events;
        while !rest.is_empty() {
            if self.at == self.batch.len() {
                self.batch.clear();
                self.batch.extend_from_slice(reader.next_batch(BATCH)?);
                self.at = 0;
            }
            if self.batch.is_empty() {
                let from_event_id = Event::read(rest).event_id;
                return Ok(Some(EventLogState::Shorter { from_event_id }));
            }
            let have = &self.batch[self.at..];
            let both = have.len().min(rest.len());
            if have[..both] != rest[..both] {
                let same = have.iter().zip(rest).take_while(|(have, need)| have == need).count();
                let (file, end) = reader.place();
                let offset = end - (have.len() - same) as u64;
                let event_id = Event::read(events).event_id;
                return Ok(Some(EventLogState::Differs { file, offset, event_id }));
            }
            self.at += both;
            rest = &rest[both..];
        }
        Ok(None)
    }
}

impl fmt::Display for VerifyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(damage) = &self.damage {
            return write!(f, "damaged: {damage}");
        }
        let state = if self.clean { "closed cleanly" } else { "not closed cleanly, or running" };
        write!(
            f,
            "{} commands ({} to {}) in {} segments with {} chain marks, {state}",
            self.commands, self.first_seq, self.last_seq, self.segments, self.marks
        )?;
        if let Some(cut) = &self.cut {
            write!(f, "\ntorn tail, which the next start will cut: {cut}")?;
        }
        self.replay.as_ref().map_or(Ok(()), |replay| write!(f, "\n{replay}"))
    }
}

impl fmt::Display for ReplayReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "state {:016x}, {} events, the last is {}; ",
            self.state_hash, self.events, self.last_event_id
        )?;
        match &self.log {
            EventLogState::Level => write!(f, "the event log is the same"),
            EventLogState::Shorter { from_event_id } => {
                write!(
                    f,
                    "the event log is the same up to event {from_event_id}, from which the next start fills it"
                )
            }
            EventLogState::Beyond { reaches } => {
                write!(
                    f,
                    "acknowledged commands missing: the event log reaches event {reaches}; restore the journal"
                )
            }
            EventLogState::Differs { file, offset, event_id } => write!(
                f,
                "event file {file} differs at offset {offset}, command {}; move the events folder away to have it written again",
                event_id >> 16
            ),
            EventLogState::Unreadable(error) => write!(f, "the event log cannot be read: {error}"),
        }?;
        self.broken.as_ref().map_or(Ok(()), |broken| write!(f, "\nan invariant does not hold: {broken}"))
    }
}
