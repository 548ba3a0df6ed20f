//! The sequenced stream of each OUCH session: one file, appended to after the durable mark, from which every resend comes.
//!
//! Records are `{event_id u64, length u16, payload}`, little-endian. In memory: where every 256th record starts. After a
//! crash the records are derived from the journal again and compared with what the files hold.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Bytes before the payload of a record.
const HEADER: usize = 10;
/// Longest payload: every OUCH message is shorter.
const MAX_PAYLOAD: usize = 256;
/// Records from one entry of the index to the next.
const STRIDE: u64 = 256;
/// Bytes that may wait to be written.
const PENDING: usize = 64 << 10;
/// Ending of the files' names.
const ENDING: &str = "stream";

/// What is wrong with a stream's file.
#[derive(Debug)]
pub enum StreamError {
    /// The system said no.
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
    /// A record is not what the journal makes of it.
    Differs {
        /// The file.
        path: PathBuf,
        /// The record's number in the stream.
        sequence: u64,
        /// The event that the journal has there.
        event_id: u64,
    },
    /// The file holds records that the journal does not make.
    Beyond {
        /// The file.
        path: PathBuf,
        /// Records in the file.
        have: u64,
        /// Records that the journal makes.
        derived: u64,
    },
}

impl fmt::Display for StreamError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, error } => write!(formatter, "{}: {error}", path.display()),
            Self::Differs { path, sequence, event_id } => write!(
                formatter,
                "{}: record {sequence} is not what the journal makes of event {event_id}; restore journal and streams together, or move the file away to have it made again",
                path.display()
            ),
            Self::Beyond { path, have, derived } => write!(
                formatter,
                "{}: {have} records, the journal makes {derived}; acknowledged commands are missing: restore the journal",
                path.display()
            ),
        }
    }
}

impl std::error::Error for StreamError {}

/// One session's stream.
#[derive(Debug)]
pub struct Stream {
    path: PathBuf,
    file: File,
    /// Records, those waiting to be written included.
    count: u64,
    /// Bytes of the file.
    written: u64,
    pending: Vec<u8>,
    /// Where records 1, 257, 513 ... start.
    index: Vec<u64>,
    last_event: u64,
    derived: Option<Derived>,
}

/// How far the file has been compared with the journal.
#[derive(Debug)]
struct Derived {
    reader: BufReader<File>,
    count: u64,
}

/// Where a reader of a stream stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Number of the record to be read next.
    pub sequence: u64,
    offset: u64,
}

impl Stream {
    fn open(path: PathBuf) -> Result<Self, StreamError> {
        let opened =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = opened.map_err(|error| StreamError::Io { path: path.clone(), error })?;
        let mut stream = Self {
            path,
            file,
            count: 0,
            written: 0,
            pending: Vec::with_capacity(PENDING + HEADER + MAX_PAYLOAD),
            index: Vec::new(),
            last_event: 0,
            derived: None,
        };
        stream.scan().map_err(|error| stream.io(error))?;
        Ok(stream)
    }

    /// Walks the whole records and makes ready to compare. What stands behind them was torn off by a crash.
    fn scan(&mut self) -> io::Result<()> {
        let mut reader = BufReader::with_capacity(PENDING, self.file.try_clone()?);
        let mut payload = Vec::with_capacity(MAX_PAYLOAD);
        while let Some(event_id) = read_record(&mut reader, &mut payload)? {
            if event_id <= self.last_event {
                break;
            }
            self.note();
            self.written += (HEADER + payload.len()) as u64;
            self.last_event = event_id;
        }
        let reader = BufReader::with_capacity(4 << 10, File::open(&self.path)?);
        self.derived = Some(Derived { reader, count: 0 });
        Ok(())
    }

    /// Counts the record that starts at the end.
    fn note(&mut self) {
        if self.count.is_multiple_of(STRIDE) {
            self.index.push(self.written + self.pending.len() as u64);
        }
        self.count += 1;
    }

    /// Takes a record that the journal makes: compared with the file as far as that goes, appended behind it.
    fn derive(&mut self, event_id: u64, payload: &[u8]) -> Result<(), StreamError> {
        let Some(derived) = self.derived.as_mut() else { return self.append(event_id, payload) };
        derived.count += 1;
        let sequence = derived.count;
        if sequence > self.count {
            return self.append(event_id, payload);
        }
        let mut have = Vec::with_capacity(MAX_PAYLOAD);
        let found = read_record(&mut derived.reader, &mut have);
        match found.map_err(|error| self.io(error))? {
            Some(found) if found == event_id && have == payload => Ok(()),
            _ => Err(StreamError::Differs { path: self.path.clone(), sequence, event_id }),
        }
    }

    /// Ends the comparison, and cuts what stood behind the whole records.
    fn settle(&mut self) -> Result<(), StreamError> {
        let (have, derived) = (self.count, self.derived.take().map_or(self.count, |derived| derived.count));
        if derived < have {
            return Err(StreamError::Beyond { path: self.path.clone(), have, derived });
        }
        self.write()?;
        self.file.set_len(self.written).map_err(|error| self.io(error))
    }

    /// Appends a record.
    fn append(&mut self, event_id: u64, payload: &[u8]) -> Result<(), StreamError> {
        assert!(payload.len() <= MAX_PAYLOAD, "payload of {} bytes, at most {MAX_PAYLOAD}", payload.len());
        assert!(event_id > self.last_event, "event {event_id} behind {}", self.last_event);
        self.note();
        self.last_event = event_id;
        self.pending.extend_from_slice(&event_id.to_le_bytes());
        self.pending.extend_from_slice(&(payload.len() as u16).to_le_bytes());
        self.pending.extend_from_slice(payload);
        if self.pending.len() >= PENDING { self.write() } else { Ok(()) }
    }

    /// Writes what is waiting.
    fn write(&mut self) -> Result<(), StreamError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.file.write_all_at(&self.pending, self.written).map_err(|error| self.io(error))?;
        self.written += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }

    /// Records so far.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether something waits to be written.
    fn is_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Where record `sequence` starts, from 1 to one beyond the last.
    pub fn seek(&mut self, sequence: u64) -> Result<Cursor, StreamError> {
        assert!((1..=self.count + 1).contains(&sequence), "record {sequence} of {}", self.count);
        self.write()?;
        if sequence == self.count + 1 {
            return Ok(Cursor { sequence, offset: self.written });
        }
        let entry = (sequence - 1) / STRIDE;
        let mut cursor = Cursor { sequence: entry * STRIDE + 1, offset: self.index[entry as usize] };
        let mut stretch = vec![0; STRIDE as usize * (HEADER + MAX_PAYLOAD)];
        self.read(&mut cursor, &mut stretch, |at, _| at < sequence)?;
        assert_eq!(cursor.sequence, sequence, "the index leads to the record");
        Ok(cursor)
    }

    /// Hands out records from `cursor` on, each with its number, until `take` says no or there are none, and moves the cursor
    /// behind those taken.
    ///
    /// `chunk` is the reader's buffer; one call reads it full once.
    pub fn read(
        &mut self,
        cursor: &mut Cursor,
        chunk: &mut [u8],
        mut take: impl FnMut(u64, &[u8]) -> bool,
    ) -> Result<(), StreamError> {
        assert!(chunk.len() >= HEADER + MAX_PAYLOAD, "chunk of {} bytes", chunk.len());
        self.write()?;
        let left = (self.written - cursor.offset).min(chunk.len() as u64) as usize;
        let chunk = &mut chunk[..left];
        self.file.read_exact_at(chunk, cursor.offset).map_err(|error| self.io(error))?;
        let mut rest: &[u8] = chunk;
        while rest.len() >= HEADER {
            let stride = HEADER + length_in(rest);
            if rest.len() < stride || !take(cursor.sequence, &rest[HEADER..stride]) {
                break;
            }
            rest = &rest[stride..];
            cursor.offset += stride as u64;
            cursor.sequence += 1;
        }
        Ok(())
    }

    fn io(&self, error: io::Error) -> StreamError {
        StreamError::Io { path: self.path.clone(), error }
    }
}

/// The streams of all sessions.
#[derive(Debug)]
pub struct Streams {
    folder: PathBuf,
    settled: bool,
    by_session: BTreeMap<u32, Stream>,
    /// Sessions in whose streams something may wait to be written.
    pending: Vec<u32>,
}

impl Streams {
    /// Opens what is there. Until [`Streams::settle`], [`Streams::derive`] compares.
    pub fn open(folder: &Path) -> Result<Self, StreamError> {
        let io = |error| StreamError::Io { path: folder.to_path_buf(), error };
        let mut streams = Self {
            folder: folder.to_path_buf(),
            settled: false,
            by_session: BTreeMap::new(),
            pending: Vec::new(),
        };
        for entry in fs::read_dir(folder).map_err(io)? {
            let path = entry.map_err(io)?.path();
            if path.extension().is_some_and(|ending| ending == ENDING)
                && let Some(session) = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok())
            {
                streams.by_session.insert(session, Stream::open(path)?);
            }
        }
        Ok(streams)
    }

    /// The highest event in any stream: the journal must reach it.
    pub fn last_event(&self) -> u64 {
        self.by_session.values().map(|stream| stream.last_event).max().unwrap_or(0)
    }

    /// Takes a record that the journal makes at recovery.
    pub fn derive(&mut self, session: u32, event_id: u64, payload: &[u8]) -> Result<(), StreamError> {
        self.of(session)?.derive(event_id, payload)
    }

    /// Ends recovery: every file holds what the journal makes, no less and no more.
    pub fn settle(&mut self) -> Result<(), StreamError> {
        self.settled = true;
        self.by_session.values_mut().try_for_each(Stream::settle)
    }

    /// Appends a record to the session's stream.
    pub fn append(&mut self, session: u32, event_id: u64, payload: &[u8]) -> Result<(), StreamError> {
        let stream = self.of(session)?;
        let first = !stream.is_pending();
        stream.append(event_id, payload)?;
        if first {
            self.pending.push(session);
        }
        Ok(())
    }

    /// The session's stream, made if it is new.
    pub fn of(&mut self, session: u32) -> Result<&mut Stream, StreamError> {
        match self.by_session.entry(session) {
            Entry::Occupied(found) => Ok(found.into_mut()),
            Entry::Vacant(free) => {
                let mut stream = Stream::open(self.folder.join(format!("{session}.{ENDING}")))?;
                if self.settled {
                    stream.settle()?;
                }
                Ok(free.insert(stream))
            }
        }
    }

    /// Records in the session's stream.
    pub fn count(&self, session: u32) -> u64 {
        self.by_session.get(&session).map_or(0, Stream::count)
    }

    /// Writes what is waiting in all of them.
    pub fn write(&mut self) -> Result<(), StreamError> {
        while let Some(session) = self.pending.pop() {
            self.of(session)?.write()?;
        }
        Ok(())
    }

    /// Streams in which something may wait to be written.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Has all of them on the disk.
    pub fn sync(&mut self) -> Result<(), StreamError> {
        self.write()?;
        for stream in self.by_session.values() {
            stream.file.sync_data().map_err(|error| stream.io(error))?;
        }
        Ok(())
    }
}

/// Reads one record; `None` at the end, or where no whole record stands.
fn read_record(reader: &mut impl Read, payload: &mut Vec<u8>) -> io::Result<Option<u64>> {
    let mut header = [0; HEADER];
    payload.clear();
    if !read_whole(reader, &mut header)? {
        return Ok(None);
    }
    let length = length_in(&header);
    if length == 0 || length > MAX_PAYLOAD {
        return Ok(None);
    }
    payload.resize(length, 0);
    let mut id = [0; 8];
    id.copy_from_slice(&header[..8]);
    Ok(read_whole(reader, payload)?.then_some(u64::from_le_bytes(id)))
}

/// Fills the buffer; `false` where the file ends before.
fn read_whole(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn length_in(header: &[u8]) -> usize {
    usize::from(u16::from_le_bytes([header[8], header[9]]))
}

#[cfg(test)]
#[path = "streams_tests.rs"]
mod tests;
