//! Tests of the whole room: they write real files, in memory where the system has a folder for that.

mod crash;
mod damage;
mod event_log;
mod extent;
mod golden;
mod group_commit;
mod killed;
mod recovery;
mod stream;
mod tour;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use garraway_engine::Setup;
use garraway_types::{Command, EventSink, Nanos};

use crate::sequencer::{Observer, Options, Sequencer, Submitted};
use crate::{Durability, Report};
use stream::Stream;

/// A folder that goes when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let memory = Path::new("/dev/shm");
        let base = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let name =
            format!("garraway-sequencer-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = base.join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// A copy, the event log first: it is never ahead of the journal then.
    fn copy(&self) -> Self {
        let copy = Self::new();
        for part in ["events", "journal"] {
            copy_files(&self.0.join(part), &copy.0.join(part));
        }
        copy
    }

    /// The segment that starts with this command.
    fn segment(&self, first_seq: u64) -> PathBuf {
        self.0.join("journal").join(crate::layout::segment_name(first_seq))
    }

    /// First commands of the segments.
    fn segments(&self) -> Vec<u64> {
        crate::scan::numbers(&self.0.join("journal"), ".journal").unwrap()
    }

    /// All bytes of the event log, heads left out.
    fn events(&self) -> Vec<u8> {
        let folder = self.0.join("events");
        let numbers = crate::scan::numbers(&folder, ".events").unwrap();
        let read = |number: u64| fs::read(folder.join(crate::layout::events_name(number))).unwrap();
        numbers.into_iter().flat_map(|number| read(number).split_off(crate::layout::EVENTS_HEAD)).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn copy_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).into_iter().flatten() {
        let entry = entry.unwrap();
        // A file that is being prepared may go while it is copied.
        let _ = fs::copy(entry.path(), to.join(entry.file_name()));
    }
}

fn options(folder: &Folder, durability: Durability) -> Options {
    Options {
        durability,
        segment_bytes: 16 << 10,
        event_segment_bytes: 8 << 10,
        held_bytes: 4 * EventSink::RESERVE,
        batch_bytes: 64 << 10,
        engine: Setup { slice_events: 12, ..Setup::default() },
        ..Options::new(&folder.0)
    }
}

/// What was applied, in order.
#[derive(Default)]
struct Seen {
    commands: Vec<(u64, Nanos, Vec<u8>)>,
    events: Vec<u8>,
}

impl Observer for Seen {
    fn applied(&mut self, seq: u64, at: Nanos, command: &Command<'_>, events: &[u8]) {
        self.commands.push((seq, at, command.bytes.to_vec()));
        self.events.extend_from_slice(events);
    }
}

/// A venue under test, with the state hash after each command.
struct Venue {
    sequencer: Sequencer,
    seen: Seen,
    hashes: Vec<u64>,
    now: i64,
}

impl Venue {
    fn start(options: Options) -> (Self, Report) {
        let mut seen = Seen::default();
        let (sequencer, report) = Sequencer::recover(options, &mut seen, None).unwrap();
        let hashes = vec![0; seen.commands.len()];
        (Self { sequencer, seen, hashes, now: 1_700_000_000_000_000_000 }, report)
    }

    fn submit(&mut self, bytes: &[u8]) -> Submitted {
        self.now += 1_000;
        let submitted = self.sequencer.submit(bytes, Nanos(self.now), &mut self.seen);
        self.note();
        submitted
    }

    fn make_room(&mut self) {
        while !self.sequencer.has_room() {
            self.sequencer.flush().unwrap();
            self.sequencer.wait().unwrap();
            self.release();
        }
    }

    /// Submits so many commands of the stream and nothing else.
    fn submit_many(&mut self, stream: &mut Stream, commands: usize) {
        for _ in 0..commands {
            self.submit(&stream.next());
        }
    }

    fn turn(&mut self) -> bool {
        let left = self.sequencer.turn(Nanos(self.now), &mut self.seen);
        self.note();
        left
    }

    /// One state hash for each command.
    fn note(&mut self) {
        let hash = self.sequencer.engine().state_hash();
        self.hashes.resize(self.seen.commands.len(), hash);
    }

    fn release(&mut self) {
        self.sequencer.release(&mut |_| ()).unwrap();
    }

    /// Submits so many commands of the stream, with flushes, turns and releases as a reactor makes them.
    fn run(&mut self, stream: &mut Stream, commands: usize) {
        for _ in 0..commands {
            self.submit(&stream.next());
            while stream.chance(3) && self.turn() {}
            if stream.chance(4) {
                self.sequencer.flush().unwrap();
            }
            if stream.chance(5) {
                self.release();
            }
            self.make_room();
        }
        self.sequencer.flush().unwrap();
    }

    fn close(mut self) -> Self {
        self.make_room();
        self.sequencer.close(Nanos(self.now), &mut self.seen).unwrap();
        self.note();
        self.release();
        assert!(self.sequencer.is_released());
        self
    }

    fn hash(&self) -> u64 {
        self.sequencer.engine().state_hash()
    }
}
