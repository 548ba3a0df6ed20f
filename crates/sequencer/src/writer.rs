//! Writes frames into segments: places, checksums, chain marks, padding, and the step to the next segment.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use garraway_engine::{LOGIC_VERSION, Setup};
use garraway_types::Record;
use sha2::{Digest, Sha256};

use crate::commit::touched;
use crate::damage::JournalError;
use crate::layout::{
    self, CLOSE, FORMAT_VERSION, FrameHead, HASH, LINK, MARK_EVERY, MARK_FRAME, MAX_FRAME, SEAL, SECTOR,
    SEGMENT_MAGIC, SegmentHead,
};
use crate::prepare::{self, Preparing, READY};
use crate::scan::{End, setup_of};

/// Room that a segment must still have when a batch ends in it, or it is closed: the next frame and its marks.
const ROOM: u64 = (MAX_FRAME + 2 * MARK_FRAME) as u64;

/// The end of the journal, open for writing.
pub(crate) struct SegmentWriter {
    folder: PathBuf,
    file: File,
    name: String,
    head: SegmentHead,
    /// Bytes not yet written, and where in the file they belong.
    out: Vec<u8>,
    out_at: u64,
    /// The chain since the last mark, and how much of `out` it has taken.
    chain: Sha256,
    hashed: usize,
    marked_at: u64,
    last: FrameHead,
    next: Preparing,
    /// Whether each batch ends with a mark and an fdatasync.
    sync: bool,
    durable_seq: u64,
}

impl SegmentWriter {
    /// Begins a journal: its first segment, whose head carries `genesis` in place of a hash.
    pub(crate) fn create(
        folder: &Path,
        setup: &Setup,
        segment_bytes: u64,
        genesis: [u8; HASH],
    ) -> io::Result<End> {
        let (slice_events, capacity) = setup_of(setup);
        let head = SegmentHead {
            magic: SEGMENT_MAGIC,
            crc: 0,
            format: FORMAT_VERSION,
            logic_version: LOGIC_VERSION,
            slice_events,
            first_seq: 1,
            segment_bytes,
            capacity,
            reserved: 0,
            previous: genesis,
        };
        let sector = head.sector();
        let file = prepare::prepare(folder, segment_bytes)?;
        file.write_all_at(&sector, 0)?;
        file.sync_all()?;
        let name = layout::segment_name(1);
        fs::rename(folder.join(READY), folder.join(&name))?;
        prepare::sync_folder(folder)?;
        let head = SegmentHead::read(&sector);
        Ok(End { name, head, offset: SECTOR, chain_from: 0, sealed: true, closed: None })
    }

    /// Goes on where the journal ends: seals what a crash left unsealed, makes it durable, and starts on a new sector.
    ///
    /// `segment_bytes` is the size of the segments to come; `out_bytes` how much is gathered for one write.
    pub(crate) fn resume(
        folder: &Path,
        end: &End,
        last: (u64, i64),
        segment_bytes: u64,
        out_bytes: usize,
        sync: bool,
    ) -> Result<Self, JournalError> {
        let failed = |action| {
            let file = end.name.clone();
            let offset = end.offset as u64;
            move |error: io::Error| JournalError {
                action,
                file,
                offset,
                durable_seq: last.0,
                error: error.to_string(),
            }
        };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(folder.join(&end.name))
            .map_err(failed("opening"))?;
        let mut stretch = vec![0; end.offset - end.chain_from];
        file.read_exact_at(&mut stretch, end.chain_from as u64).map_err(failed("reading"))?;
        let out = touched(out_bytes + MAX_FRAME + 4 * SECTOR);
        let mut writer = Self {
            folder: folder.to_owned(),
            file,
            name: end.name.clone(),
            head: end.head,
            out,
            out_at: end.offset as u64,
            chain: Sha256::new_with_prefix(&stretch),
            hashed: 0,
            marked_at: end.chain_from as u64,
            last: FrameHead { crc: 0, length: 0, kind: 0, reserved: 0, command_seq: last.0, at_ns: last.1 },
            next: Preparing::start(folder, segment_bytes).map_err(failed("preparing the successor"))?,
            sync: true,
            durable_seq: last.0,
        };
        writer.settle(end.sealed)?;
        writer.file.sync_all().map_err(failed("fdatasync"))?;
        writer.sync = sync;
        Ok(writer)
    }

    fn settle(&mut self, sealed: bool) -> Result<(), JournalError> {
        let sector = self.position().next_multiple_of(SECTOR as u64);
        if !sealed {
            self.end_batch()?;
        } else if sector + ROOM > self.head.segment_bytes {
            self.roll()?;
        } else {
            self.chain.update(&[0; SECTOR][..(sector - self.out_at) as usize]);
            self.out_at = sector;
        }
        self.write_out()
    }

    /// Writes frames, of which all but the checksums is filled in, and with `sync` seals them and waits for the disk.
    pub(crate) fn write(&mut self, frames: &[u8]) -> Result<(), JournalError> {
        let mut rest = frames;
        while !rest.is_empty() {
            let length = usize::from(FrameHead::read(rest).length);
            let (frame, others) = rest.split_at(length);
            self.place(frame)?;
            rest = others;
        }
        if self.sync {
            self.end_batch()?;
        }
        self.write_out()?;
        self.durable_seq = self.last.command_seq;
        Ok(())
    }

    /// Seals what was written so far and makes it durable, whatever the mode: the end of a clean stop.
    pub(crate) fn seal(&mut self) -> Result<(), JournalError> {
        let sync = std::mem::replace(&mut self.sync, true);
        self.end_batch()?;
        self.write_out()?;
        self.sync = sync;
        Ok(())
    }

    #[inline]
    fn position(&self) -> u64 {
        self.out_at + self.out.len() as u64
    }

    fn place(&mut self, frame: &[u8]) -> Result<(), JournalError> {
        let need = (frame.len() + 2 * MARK_FRAME) as u64;
        if self.position() + need > self.head.segment_bytes {
            self.roll()?;
        } else if self.position() - self.marked_at + frame.len() as u64 > MARK_EVERY {
            self.mark(if self.sync { LINK } else { SEAL });
        }
        let start = self.out.len();
        let crc = layout::seed(self.head.crc, self.position() as usize);
        let crc = crc32c::crc32c_append(crc, &frame[4..]);
        self.out.extend_from_slice(&crc.to_le_bytes());
        self.out.extend_from_slice(&frame[4..]);
        self.last = FrameHead::read(&self.out[start..]);
        Ok(())
    }

    /// Appends a chain mark and starts the next stretch with it.
    fn mark(&mut self, kind: u8) -> [u8; HASH] {
        self.hash_out();
        let hash: [u8; HASH] = self.chain.finalize_reset().into();
        let (start, position) = (self.out.len(), self.position());
        let head = FrameHead { crc: 0, length: MARK_FRAME as u16, kind, reserved: 0, ..self.last };
        self.out.resize(start + FrameHead::SIZE, 0);
        head.write(&mut self.out[start..]);
        self.out.extend_from_slice(&hash);
        let crc = layout::frame_crc(self.head.crc, position as usize, &self.out[start..]);
        self.out[start..start + 4].copy_from_slice(&crc.to_le_bytes());
        self.marked_at = position;
        hash
    }

    fn hash_out(&mut self) {
        self.chain.update(&self.out[self.hashed..]);
        self.hashed = self.out.len();
    }

    /// Seals the batch and pads to a new sector, or closes the segment where that would leave no room.
    fn end_batch(&mut self) -> Result<(), JournalError> {
        let next = (self.position() + MARK_FRAME as u64).next_multiple_of(SECTOR as u64);
        if next + ROOM > self.head.segment_bytes {
            return self.roll();
        }
        self.mark(SEAL);
        self.out.resize((next - self.out_at) as usize, 0);
        Ok(())
    }

    fn write_out(&mut self) -> Result<(), JournalError> {
        self.hash_out();
        self.file.write_all_at(&self.out, self.out_at).map_err(|error| self.failed("write", error))?;
        if self.sync {
            self.file.sync_data().map_err(|error| self.failed("fdatasync", error))?;
        }
        self.out_at += self.out.len() as u64;
        self.out.clear();
        self.hashed = 0;
        Ok(())
    }

    /// Closes the segment and goes to the next. Its successor has its head on the disk before the closing mark is
    /// written: a closed segment without a successor is damage, never the trace of a crash.
    fn roll(&mut self) -> Result<(), JournalError> {
        let previous = self.mark(CLOSE);
        let first_seq = self.last.command_seq + 1;
        let next = self.next.take().map_err(|error| self.failed("preparing the successor", error))?;
        let segment_bytes =
            next.metadata().map_err(|error| self.failed("reading the successor", error))?.len();
        let sector = SegmentHead { crc: 0, first_seq, segment_bytes, previous, ..self.head }.sector();
        next.write_all_at(&sector, 0).map_err(|error| self.failed("write of the successor", error))?;
        if self.sync {
            next.sync_data().map_err(|error| self.failed("fdatasync of the successor", error))?;
        }
        self.write_out()?;
        let name = layout::segment_name(first_seq);
        fs::rename(self.folder.join(READY), self.folder.join(&name))
            .map_err(|error| self.failed("renaming the successor", error))?;
        if self.sync {
            prepare::sync_folder(&self.folder).map_err(|error| self.failed("fsync of the folder", error))?;
        }
        (self.file, self.name, self.head) = (next, name, SegmentHead::read(&sector));
        self.chain = Sha256::new_with_prefix(sector);
        (self.out_at, self.marked_at) = (SECTOR as u64, 0);
        self.next = Preparing::start(&self.folder, segment_bytes)
            .map_err(|error| self.failed("preparing the successor", error))?;
        Ok(())
    }

    fn failed(&self, action: &'static str, error: io::Error) -> JournalError {
        JournalError {
            action,
            file: self.name.clone(),
            offset: self.out_at,
            durable_seq: self.durable_seq,
            error: error.to_string(),
        }
    }
}
