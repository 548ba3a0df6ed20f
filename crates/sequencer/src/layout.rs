//! The bytes of journal segments and event files. Little-endian; every frame is a multiple of 8 bytes.

use garraway_types::limits::MAX_COMMAND;
use garraway_types::{Record, record};
use sha2::{Digest, Sha256};

/// First bytes of a journal segment.
pub const SEGMENT_MAGIC: [u8; 8] = *b"GRWYJRNL";
/// First bytes of an event file.
pub const EVENTS_MAGIC: [u8; 8] = *b"GRWYEVTS";
/// Version of the layouts in this file.
pub const FORMAT_VERSION: u32 = 1;
/// What a disk writes at once. A segment's head fills one; after an fdatasync the next frame starts on a new one.
pub const SECTOR: usize = 4096;
/// Smallest segment: a head and a largest frame with its marks, in whole sectors.
pub const MIN_SEGMENT_BYTES: u64 = 4 * SECTOR as u64;
/// Largest segment: it is checked in memory.
pub const MAX_SEGMENT_BYTES: u64 = 1 << 30;
/// Bytes from one chain mark to the next, at most one frame more.
pub const MARK_EVERY: u64 = 64 * 1024;
/// Bytes of a hash.
pub const HASH: usize = 32;
/// Bytes of a chain mark: frame head and hash.
pub const MARK_FRAME: usize = FrameHead::SIZE + HASH;
/// Bytes of the largest frame.
pub const MAX_FRAME: usize = FrameHead::SIZE + MAX_COMMAND;
/// Bytes of an event file's head.
pub const EVENTS_HEAD: usize = EventsHead::SIZE;

/// A command.
pub const COMMAND: u8 = 1;
/// A chain mark within a batch: what follows may have been written before the disk had what stands before it.
pub const LINK: u8 = 2;
/// A chain mark that ends a batch: nothing behind it was written before it was as durable as the journal makes things.
pub const SEAL: u8 = 3;
/// The chain mark that ends a segment. Only zeros follow; the next segment's head carries its hash.
pub const CLOSE: u8 = 4;

record! {
    /// The head of a journal segment; zeros fill up its sector.
    pub struct SegmentHead [80] {
        /// `GRWYJRNL`.
        magic: [u8; 8],
        /// CRC-32C of the sector's bytes behind this field.
        crc: u32,
        /// Version of the layout, 1.
        format: u32,
        /// The engine's behaviour.
        logic_version: u32,
        /// The engine's most events of one command: behaviour, too.
        slice_events: u32,
        /// Number of the first command; the file's name.
        first_seq: u64,
        /// Bytes of the file.
        segment_bytes: u64,
        /// The engine's most open orders: behaviour, too.
        capacity: u32,
        /// Zero.
        reserved: u32,
        /// Hash in the closing mark of the segment before; of the first segment random bytes.
        previous: [u8; 32],
    }
}

record! {
    /// The head of a frame.
    pub struct FrameHead [24] {
        /// CRC-32C of the frame's bytes behind this field, continued from [`seed`].
        crc: u32,
        /// Bytes of the frame, head included.
        length: u16,
        /// 1 command, 2 link, 3 seal, 4 close.
        kind: u8,
        /// Zero.
        reserved: u8,
        /// Number of the command; of a mark, of the last command before it.
        command_seq: u64,
        /// Time of the command; of a mark, of the last command before it.
        at_ns: i64,
    }
}

record! {
    /// The head of an event file.
    pub struct EventsHead [64] {
        /// `GRWYEVTS`.
        magic: [u8; 8],
        /// CRC-32C of the bytes behind this field.
        crc: u32,
        /// Version of the layout, 1.
        format: u32,
        /// The engine's behaviour when the file was begun.
        logic_version: u32,
        /// Zero.
        reserved: u32,
        /// Number of the first event; the file's name.
        first_event_id: u64,
        /// Number of the command that made it.
        first_seq: u64,
        /// Zero.
        reserved_2: [u8; 16],
        /// Zero.
        reserved_3: u64,
    }
}

/// Where the checksum of the frame at `offset` starts: a frame that belongs to another segment or place is not valid.
#[inline]
pub fn seed(segment_crc: u32, offset: usize) -> u32 {
    segment_crc ^ (offset / 8) as u32
}

/// The checksum of a frame of which `frame` is all bytes.
#[inline]
pub fn frame_crc(segment_crc: u32, offset: usize, frame: &[u8]) -> u32 {
    crc32c::crc32c_append(seed(segment_crc, offset), &frame[4..])
}

/// The hash of a stretch of the chain: from the start of a mark (or of the segment) to the start of the next mark.
pub fn hash(stretch: &[u8]) -> [u8; HASH] {
    Sha256::digest(stretch).into()
}

impl SegmentHead {
    /// The sector, with its checksum filled in.
    pub fn sector(&self) -> [u8; SECTOR] {
        let mut sector = [0; SECTOR];
        self.write(&mut sector);
        let crc = crc32c::crc32c(&sector[12..]);
        sector[8..12].copy_from_slice(&crc.to_le_bytes());
        sector
    }

    /// Reads the head of a segment; `None` where magic or checksum are wrong.
    pub fn check(segment: &[u8]) -> Option<Self> {
        let sector = segment.get(..SECTOR)?;
        let head = Self::read(sector);
        (head.magic == SEGMENT_MAGIC && head.crc == crc32c::crc32c(&sector[12..])).then_some(head)
    }
}

impl FrameHead {
    /// Reads the head of the frame at `offset`; `None` where there is no valid frame.
    #[inline]
    pub fn check(segment: &[u8], segment_crc: u32, offset: usize) -> Option<Self> {
        // Most places where nobody wrote a frame are told by its kind.
        if !(COMMAND..=CLOSE).contains(segment.get(offset + 6)?) {
            return None;
        }
        let head = Self::read(segment.get(offset..offset + Self::SIZE)?);
        let length = usize::from(head.length);
        let sound = match head.kind {
            COMMAND => (Self::SIZE + 8..=MAX_FRAME).contains(&length) && length.is_multiple_of(8),
            LINK | SEAL | CLOSE => length == MARK_FRAME,
            _ => false,
        };
        if !sound || head.reserved != 0 {
            return None;
        }
        let frame = segment.get(offset..offset + length)?;
        (frame_crc(segment_crc, offset, frame) == head.crc).then_some(head)
    }

    /// Whether the frame is a mark behind which nothing was written before it was durable.
    pub fn is_boundary(&self) -> bool {
        matches!(self.kind, SEAL | CLOSE)
    }
}

impl EventsHead {
    /// The bytes, with the checksum filled in.
    pub fn bytes(first_event_id: u64, logic_version: u32) -> [u8; EVENTS_HEAD] {
        let head = Self {
            magic: EVENTS_MAGIC,
            crc: 0,
            format: FORMAT_VERSION,
            logic_version,
            reserved: 0,
            first_event_id,
            first_seq: first_event_id >> 16,
            reserved_2: [0; 16],
            reserved_3: 0,
        };
        let mut bytes = [0; EVENTS_HEAD];
        head.write(&mut bytes);
        let crc = crc32c::crc32c(&bytes[12..]);
        bytes[8..12].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Reads the head of an event file; `None` where magic, checksum or version are wrong.
    pub fn check(file: &[u8]) -> Option<Self> {
        let bytes = file.get(..EVENTS_HEAD)?;
        let head = Self::read(bytes);
        let sound = head.magic == EVENTS_MAGIC
            && head.crc == crc32c::crc32c(&bytes[12..])
            && head.format == FORMAT_VERSION;
        sound.then_some(head)
    }
}

/// File name of the segment that starts with this command.
pub fn segment_name(first_seq: u64) -> String {
    format!("{first_seq:020}.journal")
}

/// File name of the events from this one on.
pub fn events_name(first_event_id: u64) -> String {
    format!("{first_event_id:020}.events")
}

/// The number in a file name, if it is one of ours with this ending.
pub(crate) fn number_in(name: &str, ending: &str) -> Option<u64> {
    let digits = name.strip_suffix(ending)?;
    let sound = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if sound { digits.parse().ok() } else { None }
}
