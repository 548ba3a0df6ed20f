//! How an exchange process is set up: where its folder and doors are, and how much of everything there may be.
//! Nothing here is about the market; that is in the journal.

use std::net::SocketAddr;
use std::path::PathBuf;

use garraway_sequencer::Durability;
use garraway_wire::soupbintcp::SessionLimits;

use crate::ExchangeError;

/// Longest path of a unix socket, in bytes.
const MAX_SOCKET_PATH: usize = 107;
/// Bytes that one OUCH connection must at least be able to have waiting: any message fits several times.
const MIN_OUTPUT: usize = 4_096;

/// Everything that the process is told when it starts.
#[derive(Clone, Debug)]
pub struct Config {
    /// The venue's data: journal, event log, streams, run files. Made with mode 0700 if it is missing.
    pub folder: PathBuf,
    /// When a command counts as kept.
    pub durability: Durability,
    /// The command door's socket; `<folder>/run/door.sock` if none is given.
    pub door: Option<PathBuf>,
    /// Where OUCH listens. Port 0 takes a free one, which is written to `<folder>/run/exchange.json`.
    pub ouch: SocketAddr,
    /// Bytes of a journal segment.
    pub segment_bytes: u64,
    /// Bytes of a segment of the event log.
    pub event_segment_bytes: u64,
    /// The engine's set-up.
    pub engine: garraway_engine::Setup,
    /// Times of the sessions: log-in, heartbeat, silence.
    pub times: Times,
    /// Sizes and rates.
    pub limits: Limits,
}

impl Config {
    /// The usual set-up for a folder: durability `Os`, OUCH on a free port of the loopback address.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            durability: Durability::Os,
            door: None,
            ouch: SocketAddr::from(([127, 0, 0, 1], 0)),
            segment_bytes: 64 << 20,
            event_segment_bytes: 256 << 20,
            engine: garraway_engine::Setup::default(),
            times: Times::default(),
            limits: Limits::default(),
        }
    }

    /// The command door's socket.
    pub fn door_path(&self) -> PathBuf {
        self.door.clone().unwrap_or_else(|| self.run_folder().join("door.sock"))
    }

    /// Where the files of the running process are.
    pub fn run_folder(&self) -> PathBuf {
        self.folder.join("run")
    }

    /// Refuses what cannot work, before anything is opened.
    pub(crate) fn check(&self) -> Result<(), ExchangeError> {
        let door = self.door_path();
        let length = door.as_os_str().len();
        if length > MAX_SOCKET_PATH {
            return Err(ExchangeError::Config(format!(
                "door socket path of {length} bytes, at most {MAX_SOCKET_PATH}: take a shorter folder or name a door path ({})",
                door.display()
            )));
        }
        self.times.check()?;
        self.limits.check()
    }
}

/// Times of the SoupBinTCP sessions of both doors, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// From the connection to the log-in.
    pub login_timeout_ms: u32,
    /// Own silence after which a heartbeat goes out.
    pub heartbeat_ms: u32,
    /// The peer's silence after which the connection is closed; also how long its output may stand still.
    pub silence_ms: u32,
    /// How long a clean stop waits for clients to take what is due to them.
    pub stop_ms: u32,
}

impl Default for Times {
    /// The protocol's own: 30 s, 1 s, 15 s; and 2 s for a clean stop.
    fn default() -> Self {
        Self { login_timeout_ms: 30_000, heartbeat_ms: 1_000, silence_ms: 15_000, stop_ms: 2_000 }
    }
}

impl Times {
    fn check(&self) -> Result<(), ExchangeError> {
        if self.login_timeout_ms == 0 || self.heartbeat_ms == 0 {
            return Err(ExchangeError::Config(format!(
                "login_timeout_ms {} and heartbeat_ms {} must be 1 or more",
                self.login_timeout_ms, self.heartbeat_ms
            )));
        }
        if self.silence_ms <= self.heartbeat_ms {
            return Err(ExchangeError::Config(format!(
                "silence_ms {} must be above heartbeat_ms {}",
                self.silence_ms, self.heartbeat_ms
            )));
        }
        Ok(())
    }

    /// As the sessions of `wire` want them.
    pub(crate) fn session_limits(&self, max_payload_len: usize) -> SessionLimits {
        SessionLimits {
            login_timeout_ns: ms(self.login_timeout_ms),
            heartbeat_interval_ns: ms(self.heartbeat_ms),
            silence_timeout_ns: ms(self.silence_ms),
            max_payload_len,
        }
    }
}

pub(crate) const fn ms(ms: u32) -> i64 {
    ms as i64 * 1_000_000
}

/// How much there may be of everything that clients can make grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections of OUCH, logged in or not. One more is closed at once.
    pub ouch_connections: usize,
    /// Connections of the door. One more is closed at once.
    pub door_connections: usize,
    /// Bytes that may wait for a client that does not read. Beyond: an OUCH session is fed from its file, a client of the door is
    /// closed. Every logged-in connection takes these, and 32 KiB for what it sends, from the start.
    pub output_bytes: usize,
    /// Orders and replacements a second of one OUCH connection. Beyond: it is left unread until there may be one more. Cancellations of open
    /// orders as a whole do not count.
    pub messages_per_second: u32,
    /// Reductions of open orders a second of one OUCH connection beyond `messages_per_second`. Beyond: it is left unread.
    pub reduction_reserve_per_second: u32,
    /// Cancellations of orders that are not open, and repeats, a second of one OUCH connection before they draw on `messages_per_second`.
    /// Beyond both: they are dropped and counted. They get no answer and are never journaled.
    pub repeats_per_second: u32,
    /// Tokens remembered for each account, beside those of open orders; the oldest are forgotten, half of them at a time.
    pub tokens_per_account: usize,
    /// Bytes of messages that may wait for the durable mark. Beyond: nothing is read.
    pub held_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            ouch_connections: 1_024,
            door_connections: 64,
            output_bytes: 256 << 10,
            messages_per_second: 10_000,
            reduction_reserve_per_second: 5_000,
            repeats_per_second: 5_000,
            tokens_per_account: 1 << 20,
            held_bytes: 32 << 20,
        }
    }
}

impl Limits {
    fn check(&self) -> Result<(), ExchangeError> {
        let least = [
            ("ouch_connections", self.ouch_connections, 1),
            ("door_connections", self.door_connections, 1),
            ("output_bytes", self.output_bytes, MIN_OUTPUT),
            ("messages_per_second", self.messages_per_second as usize, 1),
            ("reduction_reserve_per_second", self.reduction_reserve_per_second as usize, 1),
            ("repeats_per_second", self.repeats_per_second as usize, 1),
            ("tokens_per_account", self.tokens_per_account, 2),
            ("held_bytes", self.held_bytes, MIN_OUTPUT),
        ];
        match least.iter().find(|(_, value, least)| value < least) {
            Some((name, value, least)) => {
                Err(ExchangeError::Config(format!("{name} {value} must be {least} or more")))
            }
            None => Ok(()),
        }
    }
}
