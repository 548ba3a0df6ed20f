//! Reading the event log while it grows: whole records from an event on, file after file.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use garraway_types::limits::MAX_TAIL;
use garraway_types::{EVENT_SIZE, Event, Record};

use crate::damage::RecoverError;
use crate::layout::{self, EVENTS_HEAD, EventsHead};
use crate::scan;

/// Bytes of the largest record.
const MAX_RECORD: usize = EVENT_SIZE + MAX_TAIL;

/// Longer than a tick of any file system's clock.
const SETTLED: Duration = Duration::from_secs(3);

/// Why the event log cannot be read.
#[derive(Debug)]
pub enum EventLogError {
    /// A file does not say what an event file must say.
    Damaged {
        /// File name.
        file: String,
        /// Bytes from the start of the file.
        offset: u64,
        /// The last event before that place.
        after_event_id: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// The disk.
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl fmt::Display for EventLogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged { file, offset, after_event_id, what } => write!(
                f,
                "event file {file} at offset {offset}, after event {after_event_id}: {what}; stop the venue and move the \
                 events folder away: the next start writes it again from the journal"
            ),
            Self::Io { path, error } => write!(f, "reading {}: {error}", path.display()),
        }
    }
}

impl std::error::Error for EventLogError {}

/// A reader of an event log that may still grow.
pub struct EventReader {
    folder: PathBuf,
    from: u64,
    current: Option<Current>,
    last_event_id: u64,
    buffer: Vec<u8>,
    looked: Option<Looked>,
}

/// A look at the folder that found no successor.
struct Looked {
    /// When it last changed, as the file system has it.
    changed: SystemTime,
    /// Whether that was long enough before the look: a change in the same tick of the file system's clock shows no other time.
    settled: bool,
}

struct Current {
    first_id: u64,
    file: File,
    offset: u64,
}

impl EventReader {
    /// Opens the log in `folder` (the venue's `events`), to be read from this event on; 0 is the beginning.
    pub fn open(folder: &Path, from_event_id: u64) -> Result<Self, EventLogError> {
        let mut reader = Self {
            folder: folder.to_owned(),
            from: from_event_id,
            current: None,
            last_event_id: 0,
            buffer: Vec::new(),
            looked: None,
        };
        let files = reader.files()?;
        let start = files.iter().rposition(|first| *first <= from_event_id).unwrap_or(0);
        if let Some(first_id) = files.get(start) {
            reader.enter(*first_id)?;
        }
        Ok(reader)
    }

    /// The next whole records, at most `max_bytes` of them (but one at least), as they lie in the log: walk them with
    /// [`garraway_types::events_in`]. Empty when there is nothing more at present.
    pub fn next_batch(&mut self, max_bytes: usize) -> Result<&[u8], EventLogError> {
        let max_bytes = max_bytes.max(MAX_RECORD);
        let mut successor = None;
        loop {
            let (start, end) = self.fill(max_bytes)?;
            if start < end {
                return Ok(&self.buffer[start..end]);
            }
            if end > 0 {
                continue;
            }
            // A file is final once it has a successor: it is read once more before it is left.
            match successor.take() {
                Some(_) if !self.read_out()? => {
                    return Err(self.damaged("a record that is not whole, and another file follows"));
                }
                Some(first_id) if !self.enter(first_id)? => return Ok(&[]),
                Some(_) => {}
                None => {
                    successor = self.successor()?;
                    if successor.is_none() {
                        return Ok(&[]);
                    }
                }
            }
        }
    }

    /// Number of the last event that was read, wanted or not.
    pub fn last_event_id(&self) -> u64 {
        self.last_event_id
    }

    /// The file that is read, and the offset behind the last whole record.
    pub(crate) fn place(&self) -> (String, u64) {
        let current = self.current.as_ref();
        current.map_or((String::new(), 0), |current| (layout::events_name(current.first_id), current.offset))
    }

    /// Reads on in the current file: the range of wanted records in the buffer, whose end is 0 when none was whole.
    fn fill(&mut self, max_bytes: usize) -> Result<(usize, usize), EventLogError> {
        let Some(current) = &mut self.current else { return Ok((0, 0)) };
        self.buffer.resize(max_bytes, 0);
        let path = self.folder.join(layout::events_name(current.first_id));
        let have = read_at(&current.file, &mut self.buffer, current.offset)
            .map_err(|error| EventLogError::Io { path, error })?;
        let (mut start, mut end) = (0, 0);
        while end + EVENT_SIZE <= have {
            let event = Event::read(&self.buffer[end..]);
            let stride = usize::from(event.length).next_multiple_of(8);
            if !(EVENT_SIZE..=MAX_RECORD).contains(&stride) || end + stride > have {
                break;
            }
            if event.event_id <= self.last_event_id {
                current.offset += end as u64;
                return Err(self.damaged("an event with a number that is not above the one before"));
            }
            self.last_event_id = event.event_id;
            end += stride;
            if event.event_id < self.from {
                start = end;
            }
        }
        current.offset += end as u64;
        Ok((start, end))
    }

    /// Whether the current file was read to its end.
    fn read_out(&self) -> Result<bool, EventLogError> {
        let Some(current) = &self.current else { return Ok(true) };
        let length = current.file.metadata().map(|found| found.len());
        length.map(|length| length == current.offset).map_err(|error| self.io(current.first_id, error))
    }

    fn files(&self) -> Result<Vec<u64>, EventLogError> {
        scan::numbers(&self.folder, ".events").map_err(|error| {
            let error =
                if let RecoverError::Io { error, .. } = error { error } else { io::Error::other(error) };
            EventLogError::Io { path: self.folder.clone(), error }
        })
    }

    /// The next file. Who waits at the end asks often: the folder is listed again only if it changed.
    fn successor(&mut self) -> Result<Option<u64>, EventLogError> {
        let now = SystemTime::now();
        let changed = match fs::metadata(&self.folder).and_then(|found| found.modified()) {
            Ok(changed) => changed,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(EventLogError::Io { path: self.folder.clone(), error }),
        };
        if self.looked.as_ref().is_some_and(|looked| looked.settled && looked.changed == changed) {
            return Ok(None);
        }
        let current = self.current.as_ref().map(|current| current.first_id);
        let found = self.files()?.into_iter().find(|first| current.is_none_or(|current| *first > current));
        let settled = now.duration_since(changed).is_ok_and(|age| age > SETTLED);
        self.looked = found.is_none().then_some(Looked { changed, settled });
        Ok(found)
    }

    /// Goes to a file, if its head is there already.
    fn enter(&mut self, first_id: u64) -> Result<bool, EventLogError> {
        let path = self.folder.join(layout::events_name(first_id));
        let file = File::open(path).map_err(|error| self.io(first_id, error))?;
        let mut head = [0; EVENTS_HEAD];
        let have = read_at(&file, &mut head, 0).map_err(|error| self.io(first_id, error))?;
        if have < EVENTS_HEAD {
            return Ok(false);
        }
        if EventsHead::check(&head).is_none_or(|head| head.first_event_id != first_id) {
            let file = layout::events_name(first_id);
            let after_event_id = self.last_event_id;
            return Err(EventLogError::Damaged {
                file,
                offset: 0,
                after_event_id,
                what: "its head is damaged",
            });
        }
        self.current = Some(Current { first_id, file, offset: EVENTS_HEAD as u64 });
        Ok(true)
    }

    fn damaged(&self, what: &'static str) -> EventLogError {
        let (first_id, offset) =
            self.current.as_ref().map_or((0, 0), |current| (current.first_id, current.offset));
        let (file, after_event_id) = (layout::events_name(first_id), self.last_event_id);
        EventLogError::Damaged { file, offset, after_event_id, what }
    }

    fn io(&self, first_id: u64, error: io::Error) -> EventLogError {
        EventLogError::Io { path: self.folder.join(layout::events_name(first_id)), error }
    }
}

fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut have = 0;
    while have < buffer.len() {
        match file.read_at(&mut buffer[have..], offset + have as u64) {
            Ok(0) => break,
            Ok(read) => have += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(have)
}
