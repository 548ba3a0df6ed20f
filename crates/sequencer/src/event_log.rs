//! The event log's writer: whole records appended with plain writes once their commands are durable.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use garraway_engine::LOGIC_VERSION;
use garraway_types::{Event, Record};

use crate::damage::JournalError;
use crate::layout::{self, EventsHead};

/// The end of the event log, open for writing.
pub(crate) struct EventLog {
    folder: PathBuf,
    segment_bytes: u64,
    file: Option<File>,
    name: String,
    length: u64,
}

impl EventLog {
    /// A log whose next record starts a new file.
    pub(crate) fn new(folder: &Path, segment_bytes: u64) -> Self {
        Self { folder: folder.to_owned(), segment_bytes, file: None, name: String::new(), length: 0 }
    }

    /// Goes on in this file, of which `length` bytes stay.
    pub(crate) fn resume(&mut self, name: &str, length: u64) -> io::Result<()> {
        let file = OpenOptions::new().append(true).open(self.folder.join(name))?;
        file.set_len(length)?;
        (self.file, self.name, self.length) = (Some(file), name.to_owned(), length);
        Ok(())
    }

    /// Appends whole records, the first of which is whole too unless `within` the one that the file ends with.
    pub(crate) fn append(&mut self, records: &[u8], within: bool) -> Result<(), JournalError> {
        if !within && (self.file.is_none() || self.length >= self.segment_bytes) {
            self.begin(Event::read(records).event_id)?;
        }
        let written = self.file.as_mut().map_or(Ok(()), |file| file.write_all(records));
        written.map_err(|error| self.failed("write", error))?;
        self.length += records.len() as u64;
        Ok(())
    }

    fn begin(&mut self, first_event_id: u64) -> Result<(), JournalError> {
        (self.name, self.length) = (layout::events_name(first_event_id), 0);
        let open = OpenOptions::new().append(true).create_new(true).open(self.folder.join(&self.name));
        let mut file = open.map_err(|error| self.failed("creation", error))?;
        let head = EventsHead::bytes(first_event_id, LOGIC_VERSION);
        file.write_all(&head).map_err(|error| self.failed("write", error))?;
        (self.file, self.length) = (Some(file), head.len() as u64);
        Ok(())
    }

    fn failed(&self, action: &'static str, error: io::Error) -> JournalError {
        JournalError {
            action,
            file: self.name.clone(),
            offset: self.length,
            durable_seq: 0,
            error: error.to_string(),
        }
    }
}
