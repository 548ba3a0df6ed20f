//! What can be wrong with a journal or an event log, and how it is told: segment, offset, sequence, what to do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use garraway_types::Malformed;

/// A place in the journal where it cannot be followed. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// File name of the segment.
    pub segment: String,
    /// Bytes from the start of the segment.
    pub offset: u64,
    /// The last command before that place.
    pub after_seq: u64,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong at a place of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The file is longer or shorter than its head says.
    FileLength {
        /// Bytes of the file.
        have: u64,
        /// Bytes that it must have.
        need: u64,
    },
    /// Magic or checksum of the segment's head.
    Head,
    /// A layout that this build does not read.
    Format(u32),
    /// A behaviour that this build does not have.
    Logic {
        /// Version that the segment needs.
        needs: u32,
        /// Version of this build.
        ours: u32,
    },
    /// Written under other engine limits.
    Setup {
        /// `slice_events` and `capacity` of the segment.
        needs: (u32, u32),
        /// Those that were asked for.
        ours: (u32, u32),
    },
    /// The head belongs to another file name.
    Name(u64),
    /// The head does not carry the hash of the segment before.
    Previous,
    /// A segment is not there, or another one is in its place.
    Missing {
        /// First command of the segment that should follow.
        need: u64,
    },
    /// A frame, its padding or unwritten space was changed, and later frames are there.
    Frame {
        /// Offset of a valid frame behind it, 0 where the segment must end with a closing mark and does not.
        valid_behind: u64,
    },
    /// A mark does not carry the hash of what stands before it.
    Chain,
    /// A frame has another number than the next.
    Sequence(u64),
    /// A mark names another last command or time.
    Mark,
    /// A frame's time is before the one before it.
    Time,
    /// A frame holds no command.
    NotCommand(Malformed),
    /// Something stands behind the closing mark.
    Trailing,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "journal segment {} at offset {}, after command {}: {}",
            self.segment, self.offset, self.after_seq, self.fault
        )
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const RESTORE: &str =
            "restore the journal from a backup or a standby; nothing was applied or changed here";
        match self {
            Self::FileLength { have, need } => {
                write!(f, "the file has {have} bytes and must have {need}; {RESTORE}")
            }
            Self::Head => write!(f, "the head is damaged; {RESTORE}"),
            Self::Format(version) => {
                write!(f, "layout version {version} is unknown; use a build that reads it")
            }
            Self::Logic { needs, ours } => {
                write!(
                    f,
                    "needs logic version {needs}, this build has {ours}; start the build that has {needs}"
                )
            }
            Self::Setup { needs, ours } => write!(
                f,
                "written with slice_events {} and capacity {}, asked for with {} and {}; set them back",
                needs.0, needs.1, ours.0, ours.1
            ),
            Self::Name(first_seq) => {
                write!(f, "the head is of the segment that starts with command {first_seq}; {RESTORE}")
            }
            Self::Previous => write!(f, "the head does not carry the hash of the segment before; {RESTORE}"),
            Self::Missing { need } => {
                write!(f, "the segment that starts with command {need} is missing; {RESTORE}")
            }
            Self::Frame { valid_behind: 0 } => {
                write!(f, "the segment breaks off, and another one follows it; {RESTORE}")
            }
            Self::Frame { valid_behind } => {
                write!(f, "a frame is damaged, and there are valid ones at offset {valid_behind}; {RESTORE}")
            }
            Self::Chain => write!(f, "the chain mark is not that of the bytes before it; {RESTORE}"),
            Self::Sequence(seq) => write!(f, "the frame has number {seq}; {RESTORE}"),
            Self::Mark => write!(f, "the mark is that of another place; {RESTORE}"),
            Self::Time => write!(f, "the frame's time is before the one before it; {RESTORE}"),
            Self::NotCommand(malformed) => write!(f, "the frame holds no command ({malformed}); {RESTORE}"),
            Self::Trailing => write!(f, "something stands behind the closing mark; {RESTORE}"),
        }
    }
}

impl std::error::Error for Damage {}

/// A torn tail: what a crash left behind the last whole frame, never acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// File name of the segment.
    pub segment: String,
    /// Where the cut is, in bytes from the start of the segment.
    pub offset: u64,
    /// The last command that stays.
    pub after_seq: u64,
    /// Bytes from there to the last one that is not zero.
    pub bytes: u64,
    /// What was there.
    pub why: String,
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { segment, offset, after_seq, bytes, why } = self;
        write!(f, "{bytes} bytes of segment {segment} at offset {offset}, after command {after_seq}: {why}")
    }
}

/// The journal or the event log could not be written. Nothing is acknowledged from here on: the process must stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalError {
    /// What was tried.
    pub action: &'static str,
    /// The file.
    pub file: String,
    /// Where in it, in bytes.
    pub offset: u64,
    /// The last command that is durable.
    pub durable_seq: u64,
    /// What the system said.
    pub error: String,
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { action, file, offset, durable_seq, error } = self;
        write!(
            f,
            "{action} of {file} at offset {offset} failed: {error}; nothing after command {durable_seq} is \
             acknowledged: stop the process, look at the disk, start again"
        )
    }
}

impl std::error::Error for JournalError {}

/// Why a venue cannot be started from its folder.
#[derive(Debug)]
pub enum RecoverError {
    /// Another process has the folder.
    Locked {
        /// The lock.
        path: PathBuf,
        /// Its process id, as it wrote it.
        holder: String,
    },
    /// The journal is damaged.
    Damage(Damage),
    /// Something was told to the world that the journal does not have.
    Missing {
        /// Who knows of it: the event log, or the caller's streams.
        told: &'static str,
        /// The highest event id there.
        reaches: u64,
        /// The last event id that the journal gives.
        last_event_id: u64,
        /// The last command of the journal.
        last_seq: u64,
        /// The tail that would have been cut.
        cut: Option<Cut>,
    },
    /// The event log says other than the journal gives.
    EventsDiffer {
        /// File name.
        file: String,
        /// Where, in bytes from the start of the file.
        offset: u64,
        /// The event that the journal gives there.
        event_id: u64,
    },
    /// An option has a value that cannot be.
    Options(String),
    /// The disk.
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system said.
        error: io::Error,
    },
    /// The journal could not be written when it was opened.
    Journal(JournalError),
}

impl RecoverError {
    pub(crate) fn io(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::Io { path, action, error }
    }
}

impl fmt::Display for RecoverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locked { path, holder } => write!(
                f,
                "{} is locked by process {holder}: this venue is already running; stop it first, or use another folder",
                path.display()
            ),
            Self::Damage(damage) => damage.fmt(f),
            Self::Missing { told, reaches, last_event_id, last_seq, cut } => {
                write!(
                    f,
                    "acknowledged commands missing: {told} reaches event {reaches} (command {}), the journal event \
                     {last_event_id} (command {last_seq}); restore the journal from a backup or a standby, nothing was cut",
                    reaches >> 16
                )?;
                if let Some(cut) = cut {
                    write!(f, " (damaged: {cut})")?;
                }
                Ok(())
            }
            Self::EventsDiffer { file, offset, event_id } => write!(
                f,
                "event file {file} at offset {offset}, command {}: differs from event {event_id} that the journal gives; \
                 move the events folder away to have it written again, and find out who changed it",
                event_id >> 16
            ),
            Self::Options(text) => f.write_str(text),
            Self::Io { path, action, error } => write!(f, "{action} {}: {error}", path.display()),
            Self::Journal(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RecoverError {}

impl From<Damage> for RecoverError {
    fn from(damage: Damage) -> Self {
        Self::Damage(damage)
    }
}

impl From<JournalError> for RecoverError {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}
