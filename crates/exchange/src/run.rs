//! From a configuration to a clean stop: recover, open the doors, say where they are, react, close.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use garraway_sequencer::{Observer, Options, Report, Sequencer};
use garraway_types::{Command, Nanos};
use mio::{Poll, Waker};

use crate::clock::Steady;
use crate::core::Core;
use crate::fold::Fold;
use crate::notices::{Notice, Notices, Teller};
use crate::ports::{Ports, WAKE};
use crate::reactor::Reactor;
use crate::runfile::{self, RunFile};
use crate::streams::{StreamError, Streams};
use crate::{Config, ExchangeError, StopHandle};

/// How a run ended when all went well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// The last command, `CleanClose`.
    pub last_seq: u64,
    /// Hash of the engine's state behind it.
    pub state_hash: u64,
}

/// Runs an exchange on the calling thread until `stop` is asked. What happens meanwhile is told to `notices`.
///
/// # Errors
/// The configuration cannot work, the folder cannot be recovered, a door cannot be opened, or the disk failed.
pub fn run(config: Config, stop: &StopHandle, notices: Notices) -> Result<Stopped, ExchangeError> {
    config.check()?;
    let mut teller = Teller::new(notices);
    for folder in [&config.folder, &config.run_folder(), &config.folder.join("streams")] {
        make_folder(folder)?;
    }
    close_to_others(&config.run_folder())?;
    raise_descriptors();
    let poll = Poll::new().map_err(|error| ExchangeError::io("make", "a poll", error))?;
    let waker =
        Waker::new(poll.registry(), WAKE).map_err(|error| ExchangeError::io("make", "a waker", error))?;
    let waker = Arc::new(waker);
    stop.attach(Arc::clone(&waker));
    let (sequencer, fold, streams, report) = recover(&config, waker)?;
    let Report { last_seq, state_hash, clean, cut, .. } = report;
    teller.tell(&Notice::Recovered { last_seq, state_hash, clean, cut: cut.map(|cut| cut.to_string()) });
    let session_name = runfile::session_name(&config.folder)?;
    let ports = Ports::open(&config, poll.registry())?;
    let ouch = ports.ouch_address()?;
    let run_file = RunFile::write(&config, ouch, session_name)?;
    teller.tell(&Notice::Started { door: config.door_path().display().to_string(), ouch });
    let mut core = Core::new(sequencer, fold, streams, teller, Steady::start(), config.limits.held_bytes);
    if !clean {
        core.all_logins_ended();
    }
    let mut reactor = Reactor::new(core, config, session_name, poll, ports);
    reactor.run(stop)?;
    let last_seq = reactor.stop()?;
    drop(run_file);
    reactor.core.teller.tell(&Notice::Stopped { last_seq });
    Ok(Stopped { last_seq, state_hash: reactor.core.sequencer.engine().state_hash() })
}

/// Replays the journal into engine, fold and streams.
fn recover(config: &Config, waker: Arc<Waker>) -> Result<(Sequencer, Fold, Streams, Report), ExchangeError> {
    let streams = Streams::open(&config.folder.join("streams"))?;
    let options = Options {
        durability: config.durability,
        segment_bytes: config.segment_bytes,
        event_segment_bytes: config.event_segment_bytes,
        must_reach: streams.last_event(),
        engine: config.engine,
        ..Options::new(&config.folder)
    };
    let mut replay = Replay { fold: Fold::new(&config.limits), streams, failed: None };
    let wake = Box::new(move || {
        // A wake that fails finds the mark moved at the reactor's next look at its clock.
        let _ = waker.wake();
    });
    let (sequencer, report) = Sequencer::recover(options, &mut replay, Some(wake))?;
    let Replay { mut fold, mut streams, failed } = replay;
    if let Some(error) = failed {
        return Err(error.into());
    }
    streams.settle()?;
    fold.redefined.clear();
    Ok((sequencer, fold, streams, report))
}

/// The fold and the streams while the journal is replayed.
struct Replay {
    fold: Fold,
    streams: Streams,
    failed: Option<StreamError>,
}

impl Observer for Replay {
    fn applied(&mut self, seq: u64, at: Nanos, command: &Command<'_>, events: &[u8]) {
        self.fold.applied(seq, at, command, events);
        let streams = &mut self.streams;
        let derived = self.fold.held.release(seq, |session, event_id, payload| match self.failed {
            None => streams.derive(session, event_id, payload),
            Some(_) => Ok(()),
        });
        if let Err(error) = derived {
            self.failed = Some(error);
        }
    }
}

/// Makes a folder for its owner alone; one that exists keeps what it has.
fn make_folder(folder: &Path) -> Result<(), ExchangeError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| ExchangeError::path("make folder", folder, error))
}

/// The door's folder is closed to others even if somebody else made it.
fn close_to_others(folder: &Path) -> Result<(), ExchangeError> {
    let closed = fs::set_permissions(folder, fs::Permissions::from_mode(0o700));
    closed.map_err(|error| ExchangeError::path("set mode 0700 of", folder, error))
}

/// Connections and streams need a descriptor each: takes as many as the system gives without asking.
fn raise_descriptors() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // What is refused here shows itself as a refused connection.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}
