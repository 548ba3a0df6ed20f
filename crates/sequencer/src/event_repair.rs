//! Bringing the event log level with the journal: its last file is compared with what the journal gives, byte for byte,
//! and what is missing behind it is written again.

use std::fs;
use std::path::Path;

use garraway_engine::LOGIC_VERSION;
use garraway_types::{Event, Record, events_in};

use crate::damage::{Cut, RecoverError};
use crate::event_log::EventLog;
use crate::layout::{self, EVENTS_HEAD, EventsHead};
use crate::scan;
use crate::segment::{is_zero, written_end};

/// How much is gathered before it is written.
const GATHER: usize = 1 << 20;

/// The event log while the journal is replayed.
pub(crate) struct EventRepair {
    log: EventLog,
    /// The last file, and how far it was compared.
    last: Option<(String, u64, Vec<u8>)>,
    compared: usize,
    /// Bytes to be appended, and whether they start within a record.
    gathered: Vec<u8>,
    within: bool,
    filled: u64,
    last_event_id: u64,
}

impl EventRepair {
    /// Reads the last file of the log in `folder`. A file whose head was not
    /// written to its end is removed.
    pub(crate) fn open(folder: &Path, segment_bytes: u64) -> Result<Self, RecoverError> {
        let mut last = None;
        for first_id in scan::numbers(folder, ".events")?.into_iter().rev() {
            let name = layout::events_name(first_id);
            let path = folder.join(&name);
            let bytes = fs::read(&path).map_err(RecoverError::io(&path, "reading"))?;
            if EventsHead::check(&bytes).is_none_or(|head| head.first_event_id != first_id) {
                let begun = &bytes[..written_end(&bytes)];
                if !EventsHead::bytes(first_id, LOGIC_VERSION).starts_with(begun) {
                    return Err(RecoverError::EventsDiffer { file: name, offset: 0, event_id: first_id });
                }
                fs::remove_file(&path).map_err(RecoverError::io(&path, "removing"))?;
                continue;
            }
            last = Some((name, first_id, bytes));
            break;
        }
        let log = EventLog::new(folder, segment_bytes);
        let compared = EVENTS_HEAD;
        Ok(Self {
            log,
            last,
            compared,
            gathered: Vec::with_capacity(GATHER),
            within: false,
            filled: 0,
            last_event_id: 0,
        })
    }

    /// Takes the events of the next command: compares them, or writes them where the log has ended.
    pub(crate) fn take(&mut self, events: &[u8]) -> Result<(), RecoverError> {
        if events.is_empty() {
            return Ok(());
        }
        let missing = self.compare(events)?;
        self.last_event_id = events_in(events).last().map_or(self.last_event_id, |(event, _)| event.event_id);
        if missing.is_empty() {
            return Ok(());
        }
        let whole = events.len() - missing.len();
        let mut walk = events_in(events);
        let kept =
            std::iter::from_fn(|| walk.next().map(|_| walk.offset())).filter(|end| *end <= whole).count();
        self.filled += (events_in(events).count() - kept) as u64;
        let starts_within = missing.len() < events.len();
        if self.gathered.is_empty() {
            self.within = starts_within;
        }
        self.gathered.extend_from_slice(missing);
        if self.gathered.len() >= GATHER { self.write() } else { Ok(()) }
    }

    /// The part of `events` that the log does not have.
    fn compare<'a>(&mut self, events: &'a [u8]) -> Result<&'a [u8], RecoverError> {
        let Some((name, first_id, bytes)) = &self.last else { return Ok(events) };
        let event_id = Event::read(events).event_id;
        if event_id < *first_id {
            return Ok(&[]);
        }
        if self.compared == EVENTS_HEAD && event_id != *first_id {
            return Err(RecoverError::EventsDiffer { file: name.clone(), offset: 0, event_id });
        }
        let rest = &bytes[self.compared..];
        let both = rest.len().min(events.len());
        let same = if rest[..both] == events[..both] {
            both
        } else {
            rest.iter().zip(events).take_while(|(have, need)| have == need).count()
        };
        let ended = same == rest.len() || (same < both && is_zero(&rest[same..]));
        if same < both && !ended {
            let offset = (self.compared + same) as u64;
            return Err(RecoverError::EventsDiffer { file: name.clone(), offset, event_id });
        }
        self.compared += same;
        if same == events.len() {
            return Ok(&[]);
        }
        self.stop_comparing()?;
        Ok(&events[same..])
    }

    /// From here on the log is written.
    fn stop_comparing(&mut self) -> Result<(), RecoverError> {
        if let Some((name, _, _)) = self.last.take() {
            let resumed = self.log.resume(&name, self.compared as u64);
            resumed.map_err(RecoverError::io(Path::new(&name), "opening"))?;
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), RecoverError> {
        if !self.gathered.is_empty() {
            self.log.append(&self.gathered, std::mem::take(&mut self.within))?;
            self.gathered.clear();
        }
        Ok(())
    }

    /// The log, level with the journal, with the last event id and how many events were written. Refuses where the log,
    /// or `must_reach`, goes beyond the journal.
    pub(crate) fn finish(
        mut self,
        must_reach: u64,
        last_seq: u64,
        cut: Option<&Cut>,
    ) -> Result<(EventLog, u64, u64), RecoverError> {
        let beyond = self.last.as_ref().map_or(0, |(_, first_id, bytes)| {
            let begun = if self.last_event_id < *first_id { *first_id } else { 0 };
            let rest = &bytes[self.compared.min(bytes.len())..];
            if is_zero(rest) {
                return begun;
            }
            events_in(rest).last().map_or(begun.max(self.last_event_id + 1), |(event, _)| event.event_id)
        });
        for (told, reaches) in [("the event log", beyond), ("an outbound stream", must_reach)] {
            if reaches > self.last_event_id {
                let (last_event_id, cut) = (self.last_event_id, cut.cloned());
                return Err(RecoverError::Missing { told, reaches, last_event_id, last_seq, cut });
            }
        }
        self.stop_comparing()?;
        self.write()?;
        Ok((self.log, self.last_event_id, self.filled))
    }
}
