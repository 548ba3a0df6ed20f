//! One journal segment in memory: walking its frames, checking every byte of it, telling a torn tail from damage.

use garraway_types::{Command, CommandKind, Malformed, Record};

use crate::damage::Fault;
use crate::layout::{self, CLOSE, COMMAND, FrameHead, SECTOR, SegmentHead};

/// What the frames before a place say about the next one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Position {
    /// Number of the last command, 0 before the first.
    pub last_seq: u64,
    /// Its time.
    pub last_at: i64,
    /// Whether it was `CleanClose`, or there was none yet.
    pub clean: bool,
}

/// A segment as far as it can be followed.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    /// Commands in it.
    pub commands: u64,
    /// Chain marks in it.
    pub marks: u64,
    /// Behind its last frame.
    pub position: Position,
    /// Offset behind its last frame.
    pub end: usize,
    /// Start of its last mark, or 0.
    pub chain_from: usize,
    /// Whether its last frame is a mark that ends a batch (or there is no frame yet).
    pub sealed: bool,
    /// Hash of its closing mark.
    pub closed: Option<[u8; layout::HASH]>,
    /// Where it cannot be followed any further, though not all behind is zero.
    pub bad: Option<Bad>,
}

/// A place without a valid frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bad {
    /// Its offset.
    pub offset: usize,
    /// A valid frame behind it that was written only after this place was durable: this is no torn tail.
    pub valid_behind: Option<usize>,
}

/// What stands at an offset where a frame ends.
enum Place {
    /// A frame should start here.
    Frame(usize),
    /// Padding that is not zero.
    BadPadding,
    /// Nothing was written here yet.
    Unwritten,
}

fn place(segment: &[u8], offset: usize, sealed: bool) -> Place {
    // Length and kind stand in the first 8 bytes of a frame, and 8 bytes never reach into the next sector.
    let written = |at: usize| !is_zero(&segment[at..segment.len().min(at + 8)]);
    if written(offset) {
        return Place::Frame(offset);
    }
    let next = offset.next_multiple_of(SECTOR);
    if !sealed || next == offset {
        return Place::Unwritten;
    }
    if !is_zero(&segment[offset..next]) {
        return Place::BadPadding;
    }
    if written(next) { Place::Frame(next) } else { Place::Unwritten }
}

/// Whether all bytes are zero.
pub(crate) fn is_zero(bytes: &[u8]) -> bool {
    const ZEROS: [u8; SECTOR] = [0; SECTOR];
    bytes.chunks(SECTOR).all(|chunk| *chunk == ZEROS[..chunk.len()])
}

/// Behind the last byte that is not zero.
pub(crate) fn written_end(bytes: &[u8]) -> usize {
    let sectors = bytes.chunks(SECTOR).rev().take_while(|chunk| is_zero(chunk)).count();
    let end = (bytes.len().div_ceil(SECTOR) - sectors) * SECTOR;
    let written = &bytes[..end.min(bytes.len())];
    written.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)
}

/// Checks a segment whose head is sound: every frame, mark and byte of padding.
///
/// A frame that is valid but does not belong where it stands is an error, told with its offset and the last command
/// before it; a place without a valid frame is told in [`Checked::bad`].
pub(crate) fn check(
    segment: &[u8],
    head: &SegmentHead,
    before: Position,
) -> Result<Checked, (usize, u64, Fault)> {
    let mut found = Checked {
        commands: 0,
        marks: 0,
        position: before,
        end: SECTOR,
        chain_from: 0,
        sealed: true,
        closed: None,
        bad: None,
    };
    loop {
        let start = match place(segment, found.end, found.sealed) {
            Place::Frame(start) => start,
            Place::BadPadding => {
                found.bad = Some(found.bad_at(segment, head, found.end));
                return Ok(found);
            }
            Place::Unwritten => break,
        };
        let Some(frame) = FrameHead::check(segment, head.crc, start) else {
            found.bad = Some(found.bad_at(segment, head, start));
            return Ok(found);
        };
        let bytes = &segment[start + FrameHead::SIZE..start + usize::from(frame.length)];
        let taken = if frame.kind == COMMAND {
            found.take_command(&frame, bytes)
        } else {
            found.take_mark(&frame, bytes, &segment[found.chain_from..start], start)
        };
        taken.map_err(|fault| (start, found.position.last_seq, fault))?;
        found.end = start + usize::from(frame.length);
        if frame.kind == CLOSE {
            break;
        }
    }
    if is_zero(&segment[found.end..]) {
        return Ok(found);
    }
    if found.closed.is_some() {
        return Err((found.end, found.position.last_seq, Fault::Trailing));
    }
    found.bad = Some(found.bad_at(segment, head, found.end));
    Ok(found)
}

impl Checked {
    fn take_command(&mut self, frame: &FrameHead, bytes: &[u8]) -> Result<(), Fault> {
        if frame.command_seq != self.position.last_seq + 1 {
            return Err(Fault::Sequence(frame.command_seq));
        }
        if frame.at_ns < self.position.last_at {
            return Err(Fault::Time);
        }
        let command = Command::parse(bytes).map_err(Fault::NotCommand)?;
        if command.bytes.len() != bytes.len() {
            let lengths = Malformed::Length { have: bytes.len(), need: command.bytes.len() };
            return Err(Fault::NotCommand(lengths));
        }
        self.position = Position {
            last_seq: frame.command_seq,
            last_at: frame.at_ns,
            clean: command.kind == CommandKind::CleanClose,
        };
        self.commands += 1;
        self.sealed = false;
        Ok(())
    }

    fn take_mark(
        &mut self,
        frame: &FrameHead,
        hash: &[u8],
        stretch: &[u8],
        start: usize,
    ) -> Result<(), Fault> {
        if (frame.command_seq, frame.at_ns) != (self.position.last_seq, self.position.last_at) {
            return Err(Fault::Mark);
        }
        let expected = layout::hash(stretch);
        if expected != hash {
            return Err(Fault::Chain);
        }
        self.chain_from = start;
        self.marks += 1;
        self.sealed = frame.is_boundary();
        self.closed = (frame.kind == CLOSE).then_some(expected);
        Ok(())
    }

    /// Padding and the frames behind it are of another batch than the mark before: behind damaged padding, any valid
    /// frame will do. Elsewhere it takes one behind a later mark, for a batch may reach the disk in any order.
    fn bad_at(&self, segment: &[u8], head: &SegmentHead, offset: usize) -> Bad {
        let padding = &segment[self.end..self.end.next_multiple_of(SECTOR)];
        let mut another_batch = self.sealed && !is_zero(padding);
        let mut valid_behind = None;
        let mut at = offset.next_multiple_of(8);
        let end = written_end(segment);
        while at + FrameHead::SIZE <= end {
            let Some(frame) = FrameHead::check(segment, head.crc, at) else {
                at += 8;
                continue;
            };
            if another_batch {
                valid_behind = Some(at);
                break;
            }
            another_batch = frame.is_boundary();
            at += usize::from(frame.length);
        }
        Bad { offset, valid_behind }
    }
}

/// One frame of a checked segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    /// Where it starts.
    pub offset: usize,
    /// Its head.
    pub head: FrameHead,
    /// What follows the head.
    pub bytes: &'a [u8],
}

impl Frame<'_> {
    /// Offset behind it.
    pub(crate) fn behind(&self) -> usize {
        self.offset + usize::from(self.head.length)
    }
}

/// The frames of a checked segment up to `end`.
pub(crate) fn frames(segment: &[u8], end: usize) -> impl Iterator<Item = Frame<'_>> + Clone {
    let (mut offset, mut sealed) = (SECTOR, true);
    std::iter::from_fn(move || {
        let Place::Frame(start) = place(segment, offset, sealed) else { return None };
        if start >= end {
            return None;
        }
        let head = FrameHead::read(&segment[start..]);
        offset = start + usize::from(head.length);
        sealed = head.is_boundary();
        Some(Frame { offset: start, head, bytes: &segment[start + FrameHead::SIZE..offset] })
    })
}
