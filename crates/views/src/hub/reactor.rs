//! The one thread that does everything: wait, follow the log, publish, read, write, look at the clock.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mio::{Events, Poll, Token};

use garraway_types::{EventId, events_in};

use crate::config::Config;
use crate::shared::Shared;
use crate::tail::{Archive, Tail};

/// What the poll says when somebody woke the hub.
pub const WAKE: Token = Token(0);
/// How long the log is left alone when nothing else is to do.
const LOOK: Duration = Duration::from_millis(2);
/// Events folded before the lock is given up for a moment, at the end of a command.
const EVENTS_AT_ONCE: usize = 1_024;

/// The hub.
pub struct Hub {
    shared: Arc<Shared>,
    poll: Poll,
    tail: Tail,
    archive: Archive,
}

impl Hub {
    /// A hub with an open port.
    pub fn new(config: Config, poll: Poll, shared: Arc<Shared>) -> io::Result<Self> {
        let (tail, archive) = (Tail::new(&config.folder), Archive::new(&config.folder));
        Ok(Self { shared, poll, tail, archive })
    }

    /// Where clients are served.
    pub fn address(&self) -> Option<SocketAddr> {
        None
    }

    /// Runs until somebody asks for a stop, or the log cannot be read.
    pub fn run(&mut self) -> Result<(), String> {
        let mut events = Events::with_capacity(1_024);
        while !self.shared.is_stopping() {
            let more = self.follow()?;
            let timeout = if more { Duration::ZERO } else { LOOK };
            match self.poll.poll(&mut events, Some(timeout)) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    return Err(format!("poll: {error}"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Folds the next commands of the log; whether there were any.
    fn follow(&mut self) -> Result<bool, String> {
        let events = self.tail.next().map_err(|error| error.to_string())?;
        if events.is_empty() {
            return Ok(false);
        }
        let mut walk = events_in(events).peekable();
        while walk.peek().is_some() {
            let mut fold = self.shared.fold();
            let (mut count, mut at_ns) = (0, 0);
            while let Some((event, tail)) = walk.next() {
                fold.take(&event, tail, &mut self.archive);
                (count, at_ns) = (count + 1, event.at_ns);
                let next = walk.peek().map(|(next, _)| EventId(next.event_id).command_seq());
                if count >= EVENTS_AT_ONCE && next != Some(fold.seq()) {
                    break;
                }
            }
            let seq = fold.seq();
            drop(fold);
            self.shared.reach(seq);
            self.shared.figures.events.fetch_add(count as u64, Ordering::Relaxed);
            let lag_ns = (utc_ns() - at_ns).max(0) as u64;
            self.shared.figures.lag_ns.store(lag_ns, Ordering::Relaxed);
        }
        Ok(true)
    }
}

/// Nanoseconds since the Unix epoch, UTC.
pub fn utc_ns() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as i64)
}
