//! The journal as rows for people. Changes nothing, may run beside the venue.

use std::fmt;
use std::path::Path;

use garraway_types::{Command, CommandHead, Nanos, Record};

use crate::damage::{Cut, RecoverError};
use crate::layout::{CLOSE, COMMAND, HASH, LINK, SEAL, SECTOR, SegmentHead};
use crate::scan;
use crate::segment::{self, Frame};

/// A row.
#[derive(Clone, Copy, Debug)]
pub struct DumpRow<'a> {
    /// File name of the segment.
    pub segment: &'a str,
    /// Where it stands, in bytes from the start of the segment.
    pub offset: u64,
    /// Number of the command; of a mark, of the last one before it; of a head, of the first one.
    pub seq: u64,
    /// Time of that command; 0 for a head.
    pub at: Nanos,
    /// What stands there.
    pub entry: DumpEntry<'a>,
}

/// What stands in a row.
#[derive(Clone, Copy, Debug)]
pub enum DumpEntry<'a> {
    /// The head of a segment.
    Head(SegmentHead),
    /// A command.
    Command(Command<'a>),
    /// A chain mark.
    Mark {
        /// `link`, `seal` or `close`.
        kind: &'static str,
        /// The hash.
        hash: [u8; HASH],
    },
}

/// Gives the rows of commands `from_seq` to `to_seq`, with the heads and marks among them, to `row`; returns the torn tail.
/// Damage is an error, after the rows before it.
pub fn dump(
    folder: &Path,
    from_seq: u64,
    to_seq: u64,
    row: &mut dyn FnMut(DumpRow<'_>),
) -> Result<Option<Cut>, RecoverError> {
    let journal = folder.join("journal");
    let mut give = |name: &str, bytes: &[u8], end: usize| {
        let head = SegmentHead::check(bytes).filter(|head| (from_seq..=to_seq).contains(&head.first_seq));
        if let Some(head) = head {
            row(DumpRow {
                segment: name,
                offset: 0,
                seq: head.first_seq,
                at: Nanos(0),
                entry: DumpEntry::Head(head),
            });
        }
        segment::frames(bytes, end)
            .filter(|frame| (from_seq..=to_seq).contains(&frame.head.command_seq))
            .filter_map(|frame| row_of(name, &frame))
            .for_each(&mut *row);
    };
    let scanned = scan::scan(&journal, None, &mut |segment| {
        give(&segment.name, &segment.bytes, segment.end);
        (segment.head.first_seq <= to_seq).then_some(segment.bytes)
    });
    if let Err(RecoverError::Damage(damage)) = &scanned
        && let Ok(bytes) = scan::read(&journal.join(&damage.segment), Vec::new())
        && bytes.len() >= SECTOR
    {
        give(&damage.segment, &bytes, damage.offset as usize);
    }
    scanned.map(|scanned| scanned.cut)
}

fn row_of<'a>(segment: &'a str, frame: &Frame<'a>) -> Option<DumpRow<'a>> {
    let entry = match frame.head.kind {
        COMMAND => DumpEntry::Command(Command::parse(frame.bytes).ok()?),
        kind => DumpEntry::Mark { kind: mark_name(kind), hash: frame.bytes.try_into().ok()? },
    };
    let (seq, at) = (frame.head.command_seq, Nanos(frame.head.at_ns));
    Some(DumpRow { segment, offset: frame.offset as u64, seq, at, entry })
}

fn mark_name(kind: u8) -> &'static str {
    match kind {
        LINK => "link",
        SEAL => "seal",
        CLOSE => "close",
        _ => "unknown",
    }
}

impl fmt::Display for DumpRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:>10} {:>12} {:>19} ", self.segment, self.offset, self.seq, self.at)?;
        match &self.entry {
            DumpEntry::Head(head) => write!(
                f,
                "segment of {} bytes, logic version {}, slice_events {}, capacity {}, previous {}",
                head.segment_bytes,
                head.logic_version,
                head.slice_events,
                head.capacity,
                Hex(&head.previous)
            ),
            DumpEntry::Mark { kind, hash } => write!(f, "{kind} {}", Hex(hash)),
            DumpEntry::Command(command) => {
                write!(f, "{:?} source {}/{}", command.kind, command.head.source, command.head.source_seq)?;
                write!(f, " account {} instrument {}", command.head.account, command.head.instrument)?;
                write!(f, " client_ref {}", command.head.client_ref)?;
                write!(f, " {}", Hex(&command.bytes[CommandHead::SIZE..]))
            }
        }
    }
}

/// Bytes in hexadecimal, without the zeros at their end.
struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.0.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        self.0[..end].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
