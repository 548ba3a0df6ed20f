//! Starting from the folder: check the journal, replay it, level the event log, cut a torn tail, go on.
//!
//! Nothing is changed before everything that could refuse has been asked, save that the event log may have been filled
//! with events of commands that stay.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use garraway_engine::{Engine, LookAhead, Setup};
use garraway_types::{Command, EventSink, Nanos};

use crate::commit::Durability;
use crate::damage::{Cut, RecoverError};
use crate::event_log::EventLog;
use crate::event_repair::EventRepair;
use crate::layout::{self, COMMAND, HASH, SECTOR, SegmentHead};
use crate::lock::Lock;
use crate::prepare;
use crate::scan::{self, End, Scanned, Verified, setup_of};
use crate::sequencer::{Observer, Options};
use crate::writer::SegmentWriter;

/// What a start found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Commands replayed.
    pub commands: u64,
    /// Number of the last one.
    pub last_seq: u64,
    /// Number of the last event.
    pub last_event_id: u64,
    /// Hash of the state reached.
    pub state_hash: u64,
    /// Whether the last command was `CleanClose`, or the journal is new.
    pub clean: bool,
    /// A torn tail that was cut.
    pub cut: Option<Cut>,
    /// Events that were written to the event log again.
    pub log_filled: u64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.clean { "closed cleanly" } else { "not closed cleanly" };
        write!(
            f,
            "{} commands replayed, the last is {}, state {:016x}, {state}",
            self.commands, self.last_seq, self.state_hash
        )?;
        if self.log_filled > 0 {
            write!(f, "; {} events written to the event log again", self.log_filled)?;
        }
        if let Some(cut) = &self.cut {
            write!(f, "; cut: {cut}")?;
        }
        Ok(())
    }
}

/// An engine fed from checked segments.
pub(crate) struct Replay {
    pub(crate) engine: Engine,
    pub(crate) events: Vec<u8>,
}

impl Replay {
    /// A new engine, with a buffer for the events of a command.
    pub(crate) fn new(setup: Setup, buffer: Vec<u8>) -> Self {
        Self { engine: Engine::new(setup), events: buffer }
    }

    /// A new engine as a journal's first segment names it.
    pub(crate) fn of(first: &Verified) -> Self {
        let setup = Setup {
            slice_events: first.head.slice_events as u16,
            capacity: first.head.capacity,
            ..Setup::default()
        };
        Self::new(setup, vec![0; EventSink::RESERVE])
    }

    /// Applies the commands of a segment; `take` gets number, time, command and events of each.
    pub(crate) fn segment<E>(
        &mut self,
        segment: &Verified,
        mut take: impl FnMut(u64, Nanos, &Command<'_>, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        // The scan has parsed every command before.
        let mut commands = segment
            .frames()
            .filter(|frame| frame.head.kind == COMMAND)
            .filter_map(|frame| Some((frame.head, Command::parse(frame.bytes).ok()?)));
        let mut ahead = LookAhead::default();
        loop {
            ahead.before(&self.engine, commands.clone().map(|(_, command)| command));
            let Some((head, command)) = commands.next() else { return Ok(()) };
            let (seq, at) = (head.command_seq, Nanos(head.at_ns));
            let mut sink = EventSink::with_tails(&mut self.events);
            self.engine.apply(seq, at, &command, &mut sink);
            take(seq, at, &command, sink.written())?;
        }
    }
}

/// All that a sequencer needs to go on.
pub(crate) struct Recovered {
    pub(crate) engine: Engine,
    pub(crate) writer: SegmentWriter,
    pub(crate) events: EventLog,
    pub(crate) held: Vec<u8>,
    pub(crate) lock: Lock,
    pub(crate) report: Report,
}

/// See [`crate::Sequencer::recover`].
pub(crate) fn recover(options: &Options, observer: &mut dyn Observer) -> Result<Recovered, RecoverError> {
    options.check()?;
    let (journal, events) = (options.folder.join("journal"), options.folder.join("events"));
    for folder in [&journal, &events] {
        fs::create_dir_all(folder).map_err(RecoverError::io(folder, "creating"))?;
    }
    let lock = Lock::take(&options.folder)?;
    let mut repair = EventRepair::open(&events, options.event_segment_bytes)?;
    let mut replay = Replay::new(options.engine, vec![0xff; options.held_bytes]);
    let scanned = replay_checked(&journal, setup_of(&options.engine), &mut |segment| {
        replay.segment(segment, |seq, at, command, events| {
            observer.applied(seq, at, command, events);
            repair.take(events)
        })
    })?;
    let position = scanned.position;
    let (events, last_event_id, log_filled) =
        repair.finish(options.must_reach, position.last_seq, scanned.cut.as_ref())?;
    let writer = open_end(&journal, options, &scanned)?;
    let report = Report {
        commands: scanned.commands,
        last_seq: position.last_seq,
        last_event_id,
        state_hash: replay.engine.state_hash(),
        clean: position.clean,
        cut: scanned.cut,
        log_filled,
    };
    Ok(Recovered { engine: replay.engine, writer, events, held: replay.events, lock, report })
}

/// Scans on a second thread, so that a segment is checked while the one before it is replayed.
fn replay_checked(
    journal: &Path,
    setup: (u32, u32),
    apply: &mut dyn FnMut(&Verified) -> Result<(), RecoverError>,
) -> Result<Scanned, RecoverError> {
    thread::scope(|scope| {
        let (give, take) = mpsc::sync_channel::<Verified>(1);
        let (give_back, take_back) = mpsc::channel();
        let scan = scope.spawn(move || {
            scan::scan(journal, Some(setup), &mut |segment| {
                give.send(segment).ok().map(|()| take_back.try_recv().unwrap_or_default())
            })
        });
        let mut applied = Ok(());
        for segment in &take {
            applied = apply(&segment);
            if applied.is_err() {
                break;
            }
            let _ = give_back.send(segment.bytes);
        }
        drop(take);
        let scanned = scan.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        applied.map(|()| scanned)
    })
}

/// Makes the end of the journal writable: the first segment of a new one, a roll that was begun, a tail to be cut.
fn open_end(journal: &Path, options: &Options, scanned: &Scanned) -> Result<SegmentWriter, RecoverError> {
    let io = |action| RecoverError::io(journal, action);
    if options.durability == Durability::Fsync {
        sync_segments(journal).map_err(io("fsync of"))?;
    }
    let end = match &scanned.end {
        None => {
            let genesis = random_hash().map_err(io("drawing random bytes for"))?;
            SegmentWriter::create(journal, &options.engine, options.segment_bytes, genesis)
                .map_err(io("creating the first segment in"))?
        }
        Some(end) if end.closed.is_some() => rename_successor(journal, scanned.position.last_seq + 1)
            .map_err(io("renaming the successor in"))?,
        Some(end) => end.clone(),
    };
    if let Some(cut) = &scanned.cut {
        zero(&journal.join(&cut.segment), cut.offset, cut.bytes).map_err(io("cutting the tail in"))?;
    }
    prepare::discard(journal).map_err(io("removing unfinished segments in"))?;
    let last = (scanned.position.last_seq, scanned.position.last_at);
    let sync = options.durability == Durability::Fsync;
    Ok(SegmentWriter::resume(journal, &end, last, options.segment_bytes, options.batch_bytes, sync)?)
}

fn sync_segments(journal: &Path) -> io::Result<()> {
    for entry in fs::read_dir(journal)? {
        File::open(entry?.path())?.sync_all()?;
    }
    prepare::sync_folder(journal)
}

fn rename_successor(journal: &Path, first_seq: u64) -> io::Result<End> {
    let name = layout::segment_name(first_seq);
    fs::rename(journal.join(prepare::READY), journal.join(&name))?;
    prepare::sync_folder(journal)?;
    let file = File::open(journal.join(&name))?;
    file.sync_all()?;
    let mut sector = [0; SECTOR];
    file.read_exact_at(&mut sector, 0)?;
    let head = SegmentHead::check(&sector).ok_or(io::ErrorKind::InvalidData)?;
    Ok(End { name, head, offset: SECTOR, chain_from: 0, sealed: true, closed: None })
}

fn zero(path: &Path, offset: u64, bytes: u64) -> io::Result<()> {
    let file = OpenOptions::new().write(true).open(path)?;
    file.write_all_at(&vec![0; bytes as usize], offset)?;
    file.sync_all()
}

fn random_hash() -> io::Result<[u8; HASH]> {
    let mut hash = [0; HASH];
    File::open("/dev/urandom")?.read_exact(&mut hash)?;
    Ok(hash)
}
