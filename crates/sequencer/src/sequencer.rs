//! The single writer: number, stamp, append, apply, hold, release.

use std::path::PathBuf;

use garraway_engine::{Engine, Outcome, Screen, Setup};
use garraway_types::{
    Command, CommandHead, CommandKind, EventId, EventSink, FIXED_COMMAND, FixedBody, InstrumentId, Malformed,
    NO_ITEMS, Nanos, Record, Reject, SourceId, encode_command, events_in,
};

use crate::commit::{Durability, Journal, Wake, touched};
use crate::damage::{JournalError, RecoverError};
use crate::event_log::EventLog;
use crate::layout::{COMMAND, FrameHead, MAX_FRAME, MAX_SEGMENT_BYTES, MIN_SEGMENT_BYTES, SECTOR};
use crate::lock::Lock;
use crate::recover::{self, Report};

/// A `Tick` is sequenced when the last one is so long ago: auctions say with it what they would give.
const TICK_NS: i64 = 1_000_000_000;
/// Commands that one call makes at most: `UncleanStart`, a `Tick` and the one that it was called for.
const COMMANDS_OF_A_CALL: usize = 3;
/// Held bytes that may be moved to the front of the buffer at each release.
const FEW: usize = 64 * 1024;

/// How a sequencer is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// The venue's folder: `journal`, `events` and the lock are below it.
    pub folder: PathBuf,
    /// What an acknowledged command survives.
    pub durability: Durability,
    /// Bytes of a journal segment; the segments that exist keep their size.
    pub segment_bytes: u64,
    /// Bytes after which a new event file is begun.
    pub event_segment_bytes: u64,
    /// Bytes of events that wait for the durable mark, at most; at least three times `EventSink::RESERVE`.
    pub held_bytes: usize,
    /// Bytes of frames that wait for the journal thread, and again as many for the caller's flush.
    pub batch_bytes: usize,
    /// Highest event id that an outbound stream has; 0 for none. Recovery refuses to end below it.
    pub must_reach: u64,
    /// How the engine is set up. Part of it is behaviour, which the journal names.
    pub engine: Setup,
}

impl Options {
    /// The defaults for a venue in `folder`: `fsync`, segments of 64 MiB.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            durability: Durability::Fsync,
            segment_bytes: 64 << 20,
            event_segment_bytes: 64 << 20,
            held_bytes: 8 * EventSink::RESERVE,
            batch_bytes: 2 << 20,
            must_reach: 0,
            engine: Setup::default(),
        }
    }

    pub(crate) fn check(&self) -> Result<(), RecoverError> {
        let sectors = self.segment_bytes.is_multiple_of(SECTOR as u64);
        let range = MIN_SEGMENT_BYTES..=MAX_SEGMENT_BYTES;
        if !sectors || !range.contains(&self.segment_bytes) {
            let text = format!(
                "segment_bytes is {}; take a multiple of {SECTOR} from {MIN_SEGMENT_BYTES} to {MAX_SEGMENT_BYTES}",
                self.segment_bytes
            );
            return Err(RecoverError::Options(text));
        }
        let (held, batch) = (COMMANDS_OF_A_CALL * EventSink::RESERVE, COMMANDS_OF_A_CALL * MAX_FRAME);
        if self.held_bytes < held || self.batch_bytes < batch {
            let text = format!(
                "held_bytes is {} and batch_bytes {}; take at least {held} and {batch}",
                self.held_bytes, self.batch_bytes
            );
            return Err(RecoverError::Options(text));
        }
        Ok(())
    }
}

/// Who looks on: folds of the exchange that must have seen every command.
pub trait Observer {
    /// Called for every command, at recovery and live, in order, right after it was applied and before it is durable.
    /// `events` lie as in the event log, tails included.
    fn applied(&mut self, seq: u64, at: Nanos, command: &Command<'_>, events: &[u8]);
}

/// Nobody looks on.
impl Observer for () {
    fn applied(&mut self, _: u64, _: Nanos, _: &Command<'_>, _: &[u8]) {}
}

/// What became of the bytes given to [`Sequencer::submit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// Sequenced and applied; to be answered when `seq` is durable.
    New {
        /// Its number.
        seq: u64,
        /// Its first event.
        first_event: EventId,
    },
    /// Applied before; to be answered when the command of `first_event` is durable.
    Repeat(Outcome),
    /// Not taken, nothing consumed.
    Refused(Reject),
    /// Not a command.
    Malformed(Malformed),
}

/// The single writer of a venue.
pub struct Sequencer {
    engine: Engine,
    journal: Journal,
    events: EventLog,
    /// Frames since the last flush, without checksums.
    batch: Vec<u8>,
    batch_bytes: usize,
    /// Events not yet released: `held[from..to]`.
    held: Vec<u8>,
    from: usize,
    to: usize,
    own: Vec<u8>,
    /// Whether the first command is to be `UncleanStart`.
    unclean: bool,
    /// When the last `Tick` was sequenced; before the first one the engine's time at the first turn.
    ticked: Option<Nanos>,
    closed: bool,
    failed: Option<JournalError>,
    _lock: Lock,
}

impl Sequencer {
    /// Starts a venue from its folder, or begins a new one: checks and replays the journal, levels the event log with it,
    /// cuts a torn tail. `wake` is called by the journal thread (`fsync` only) when the durable mark has moved or the
    /// disk has failed: flush and release then.
    pub fn recover(
        options: Options,
        observer: &mut dyn Observer,
        wake: Option<Wake>,
    ) -> Result<(Self, Report), RecoverError> {
        let found = recover::recover(&options, observer)?;
        let Options { durability, batch_bytes, .. } = options;
        let journal = Journal::start(found.writer, durability, found.report.last_seq, batch_bytes, wake)
            .map_err(RecoverError::io(&options.folder, "starting the journal thread of"))?;
        let sequencer = Self {
            engine: found.engine,
            journal,
            events: found.events,
            batch: touched(batch_bytes),
            batch_bytes,
            held: found.held,
            from: 0,
            to: 0,
            own: Vec::with_capacity(FIXED_COMMAND),
            unclean: !found.report.clean,
            ticked: None,
            closed: false,
            failed: None,
            _lock: found.lock,
        };
        Ok((sequencer, found.report))
    }

    /// Whether [`Sequencer::submit`], [`Sequencer::turn`] and [`Sequencer::close`] may be called: there is room for
    /// their frames and events, nothing has failed, the venue is not closed. Without room stop reading sockets, flush
    /// and release.
    #[inline]
    pub fn has_room(&self) -> bool {
        self.failed.is_none()
            && !self.closed
            && self.batch_bytes - self.batch.len() >= COMMANDS_OF_A_CALL * MAX_FRAME
            && self.held.len() - self.to >= COMMANDS_OF_A_CALL * EventSink::RESERVE
    }

    /// Takes a command: judges its source's number, puts a `Tick` before it when a timer is due, numbers, stamps, appends
    /// and applies it. Before the first command after a stop that was not clean comes `UncleanStart`. The command is kept once [`Sequencer::durable_seq`] has reached it.
    ///
    /// Panics where [`Sequencer::has_room`] says no.
    pub fn submit(&mut self, bytes: &[u8], now: Nanos, observer: &mut dyn Observer) -> Submitted {
        let command = match Command::parse(bytes) {
            Ok(command) => command,
            Err(malformed) => return Submitted::Malformed(malformed),
        };
        if command.head.source != SourceId::GATEWAY.0 {
            match self.engine.screen(&command) {
                Screen::New => {}
                Screen::Repeat(outcome) => return Submitted::Repeat(outcome),
                Screen::Refused(reject) => return Submitted::Refused(reject),
            }
        }
        self.assert_room();
        let at = now.max(self.engine.last_at());
        self.start(at, observer);
        if self.is_due(at) {
            self.own_command(CommandKind::Tick, InstrumentId(0), at, observer);
        }
        let seq = self.sequence(&command, at, observer);
        Submitted::New { seq, first_event: EventId::new(seq, 0) }
    }

    /// Does the venue's own work, a step: `UncleanStart` if that is to come; one `Continue` if an instrument or a sweep waits for it; else a
    /// `Tick` if a timer is due or the last one is a second ago. True if work is left. Without room it does nothing and says true: a loop over it
    /// must flush and release, too.
    pub fn turn(&mut self, now: Nanos, observer: &mut dyn Observer) -> bool {
        if !self.has_room() {
            return self.failed.is_none() && !self.closed;
        }
        let last = self.engine.last_at();
        let at = now.max(last);
        let ticked = *self.ticked.get_or_insert(last);
        if self.unclean {
            self.start(at, observer);
        } else if let Some(instrument) = self.engine.next_work() {
            self.own_command(CommandKind::Continue, instrument, last, observer);
        } else if self.is_due(at) || at.0.saturating_sub(ticked.0) >= TICK_NS {
            self.own_command(CommandKind::Tick, InstrumentId(0), at, observer);
        }
        self.engine.next_work().is_some() || self.is_due(at)
    }

    /// Hands what was sequenced to the journal: once per poll batch, and after each wake. An error is final.
    pub fn flush(&mut self) -> Result<(), JournalError> {
        self.check()?;
        let flushed = self.journal.flush(&mut self.batch, self.engine.last_seq());
        self.remember(flushed)
    }

    /// The last command that is durable: all answers to it and before it may leave.
    #[inline]
    pub fn durable_seq(&self) -> u64 {
        self.journal.durable_seq()
    }

    /// Appends the events of durable commands to the event log, in one write, and then gives them to `out`.
    pub fn release(&mut self, out: &mut dyn FnMut(&[u8])) -> Result<(), JournalError> {
        self.check()?;
        let end = self.releasable();
        if end > self.from {
            let appended = self.events.append(&self.held[self.from..end], false);
            let durable_seq = self.journal.durable_seq();
            self.remember(appended.map_err(|error| JournalError { durable_seq, ..error }))?;
            out(&self.held[self.from..end]);
            self.from = end;
            self.make_room();
        }
        Ok(())
    }

    /// Whether every event was released.
    pub fn is_released(&self) -> bool {
        self.from == self.to
    }

    /// The engine, to be read.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The first failure, after which every call that can fails.
    pub fn failed(&self) -> Option<JournalError> {
        self.failed.clone().or_else(|| self.journal.failed())
    }

    /// A clean stop: sequences `CleanClose` and waits until all is durable. Then [`Sequencer::release`] once more, and drop.
    ///
    /// Panics where [`Sequencer::has_room`] says no, unless something failed.
    pub fn close(&mut self, now: Nanos, observer: &mut dyn Observer) -> Result<(), JournalError> {
        self.check()?;
        self.assert_room();
        let at = now.max(self.engine.last_at());
        self.own_command(CommandKind::CleanClose, InstrumentId(0), at, observer);
        self.closed = true;
        while !self.batch.is_empty() {
            self.flush()?;
            if !self.batch.is_empty() {
                self.wait()?;
            }
        }
        self.wait()
    }

    /// Waits until everything flushed is durable.
    pub fn wait(&mut self) -> Result<(), JournalError> {
        self.check()?;
        let sealed = self.journal.seal();
        self.remember(sealed)
    }

    fn check(&mut self) -> Result<(), JournalError> {
        self.failed = self.failed();
        self.failed.clone().map_or(Ok(()), Err)
    }

    fn remember(&mut self, outcome: Result<(), JournalError>) -> Result<(), JournalError> {
        outcome.inspect_err(|error| self.failed = Some(error.clone()))
    }

    fn assert_room(&self) {
        assert!(self.has_room(), "no room for a command: ask has_room() before, then flush and release");
    }

    /// Says that the stop before was not clean, once.
    fn start(&mut self, at: Nanos, observer: &mut dyn Observer) {
        if std::mem::take(&mut self.unclean) {
            self.own_command(CommandKind::UncleanStart, InstrumentId(0), at, observer);
        }
    }

    fn is_due(&self, at: Nanos) -> bool {
        self.engine.next_due_ns().is_some_and(|due| due <= at)
    }

    fn own_command(
        &mut self,
        kind: CommandKind,
        instrument: InstrumentId,
        at: Nanos,
        observer: &mut dyn Observer,
    ) {
        let mut own = std::mem::take(&mut self.own);
        own.clear();
        let head = CommandHead { instrument: instrument.0, ..CommandHead::empty() };
        encode_command(kind, head, &FixedBody::empty(), NO_ITEMS, &[], &mut own);
        if kind == CommandKind::Tick {
            self.ticked = Some(at);
        }
        if let Ok(command) = Command::parse(&own) {
            self.sequence(&command, at, observer);
        }
        self.own = own;
    }

    /// Number, append, apply, hold.
    fn sequence(&mut self, command: &Command<'_>, at: Nanos, observer: &mut dyn Observer) -> u64 {
        let seq = self.engine.last_seq() + 1;
        assert!(seq <= EventId::MAX_COMMAND, "the venue has numbered 2^48 commands");
        let head = FrameHead {
            crc: 0,
            length: (FrameHead::SIZE + command.bytes.len()) as u16,
            kind: COMMAND,
            reserved: 0,
            command_seq: seq,
            at_ns: at.0,
        };
        let mut bytes = [0; FrameHead::SIZE];
        head.write(&mut bytes);
        self.batch.extend_from_slice(&bytes);
        self.batch.extend_from_slice(command.bytes);
        let mut sink = EventSink::with_tails(&mut self.held[self.to..]);
        self.engine.apply(seq, at, command, &mut sink);
        observer.applied(seq, at, command, sink.written());
        self.to += sink.used();
        seq
    }

    /// Where the held events of durable commands end.
    fn releasable(&self) -> usize {
        let durable = self.journal.durable_seq();
        if durable >= self.engine.last_seq() {
            return self.to;
        }
        let mut walk = events_in(&self.held[self.from..self.to]);
        let mut end = self.from;
        while walk.next().is_some_and(|(event, _)| EventId(event.event_id).command_seq() <= durable) {
            end = self.from + walk.offset();
        }
        end
    }

    /// Moves what is still held to the front of the buffer where that is cheap or necessary.
    fn make_room(&mut self) {
        let few = self.to - self.from <= FEW;
        if few || self.held.len() - self.to < COMMANDS_OF_A_CALL * EventSink::RESERVE {
            self.held.copy_within(self.from..self.to, 0);
            (self.from, self.to) = (0, self.to - self.from);
        }
    }
}
