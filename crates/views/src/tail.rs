//! The event log followed whole command by whole command, and looked up where something old is asked for.

use std::path::{Path, PathBuf};

use garraway_sequencer::{EventLogError, EventReader};
use garraway_types::{Event, EventId, EventKind, events_in};

use crate::fold::History;

/// Bytes read at once: the events of the largest command, and more.
const BATCH: usize = 4 << 20;
/// Where the log lies in the venue's folder.
const EVENTS: &str = "events";

/// A place in the log that moves on.
pub struct Tail {
    folder: PathBuf,
    reader: Option<EventReader>,
    /// Events of a command that may not be whole yet.
    carry: Vec<u8>,
    /// Whole commands.
    whole: Vec<u8>,
}

impl Tail {
    /// The start of a venue's log, which need not be there yet.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.join(EVENTS), reader: None, carry: Vec::new(), whole: Vec::new() }
    }

    /// The events of the next whole commands, as they lie in the log; empty when there is nothing more at present.
    ///
    /// The last command read is kept back until another follows it or the log is still.
    pub fn next(&mut self) -> Result<&[u8], EventLogError> {
        if self.reader.is_none() && self.folder.is_dir() {
            self.reader = Some(EventReader::open(&self.folder, 0)?);
        }
        let batch = match &mut self.reader {
            Some(reader) => reader.next_batch(BATCH)?,
            None => &[],
        };
        self.whole.clear();
        if batch.is_empty() {
            std::mem::swap(&mut self.whole, &mut self.carry);
            return Ok(&self.whole);
        }
        self.whole.append(&mut self.carry);
        self.whole.extend_from_slice(batch);
        let start = last_command(&self.whole);
        self.carry.extend_from_slice(&self.whole[start..]);
        self.whole.truncate(start);
        if self.whole.is_empty() { self.next() } else { Ok(&self.whole) }
    }
}

/// Where the events of the last command begin.
fn last_command(events: &[u8]) -> usize {
    let (mut start, mut seq) = (0, 0);
    let mut walk = events_in(events);
    loop {
        let offset = walk.offset();
        let Some((event, _)) = walk.next() else { return start };
        if EventId(event.event_id).command_seq() != seq {
            (start, seq) = (offset, EventId(event.event_id).command_seq());
        }
    }
}

/// The log, read again for what was told long ago.
pub struct Archive(PathBuf);

impl Archive {
    /// The log in a venue's folder.
    pub fn new(folder: &Path) -> Self {
        Self(folder.join(EVENTS))
    }
}

impl History for Archive {
    fn fills(&mut self, trade_id: u64) -> Option<[Event; 2]> {
        // The log was read up to here a moment ago; where it cannot be read now, the next read of the tail says so.
        let mut reader = EventReader::open(&self.0, trade_id).ok()?;
        let batch = reader.next_batch(1 << 12).ok()?;
        let mut events = events_in(batch).map(|(event, _)| event);
        let trade = events.next()?;
        let is = |event: &Event, kind: EventKind| event.kind == kind as u8;
        if trade.event_id != trade_id || !is(&trade, EventKind::Traded) {
            return None;
        }
        let fills = [events.next()?, events.next()?];
        fills.iter().all(|fill| is(fill, EventKind::Filled)).then_some(fills)
    }
}
