//! One connection of either door: its socket, its bounded buffers, its session, and why it does not go on at the moment.

use std::io::{self, Read, Write};
use std::net::IpAddr;

use garraway_types::{AccountId, SourceId};
use garraway_wire::soupbintcp::{HEADER_LEN, SendError, ServerSession};
use mio::net::{TcpStream, UnixStream};

use crate::bucket::Allowance;
use crate::lost::Ending;
use crate::streams::Cursor;

/// Bytes read at once, and twice the longest packet of the door.
pub const INBOX: usize = 32 << 10;

/// Either kind of socket.
#[derive(Debug)]
pub enum Socket {
    /// OUCH.
    Tcp(TcpStream),
    /// The door.
    Unix(UnixStream),
}

impl Socket {
    /// What the poll registers.
    pub fn source(&mut self) -> &mut dyn mio::event::Source {
        match self {
            Self::Tcp(socket) => socket,
            Self::Unix(socket) => socket,
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(socket) => socket.read(buffer),
            Self::Unix(socket) => socket.read(buffer),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(socket) => socket.write(bytes),
            Self::Unix(socket) => socket.write(bytes),
        }
    }
}

/// What a connection is for.
#[derive(Debug)]
pub enum Role {
    /// OUCH, logged in or not.
    Ouch {
        /// Where from.
        peer: IpAddr,
        /// Once logged in.
        login: Option<Login>,
        /// How much it may send.
        allowance: Allowance,
    },
    /// The door.
    Door {
        /// Once logged in.
        source: Option<SourceId>,
        /// Commands without an answer.
        unanswered: u32,
    },
}

impl Role {
    /// The door's name in notices.
    pub fn door(&self) -> &'static str {
        match self {
            Self::Ouch { .. } => "ouch",
            Self::Door { .. } => "door",
        }
    }
}

/// A log-in to OUCH.
#[derive(Clone, Copy, Debug)]
pub struct Login {
    /// The session's number.
    pub session: u32,
    /// The account that it trades on.
    pub account: AccountId,
    /// What it gets next.
    pub feed: Feed,
}

/// From where a session's messages come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feed {
    /// From the file, until it has caught up: after a log-in, and whenever it does not read fast enough.
    Replay(Cursor),
    /// As they become durable.
    Live,
}

/// Why a connection's bytes are left unread for the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stall {
    /// It sent more than it may; goes on at this time.
    Rate {
        /// Of the reactor's clock.
        until_ns: i64,
    },
    /// It has as many unanswered commands as it may.
    Window,
    /// The venue waits for the disk.
    Room,
}

/// What a read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// Bytes.
    Some,
    /// None for now.
    None,
    /// The peer closed.
    End,
}

/// One connection.
#[derive(Debug)]
pub struct Connection {
    /// Its socket.
    pub socket: Socket,
    /// Where from, for notices.
    pub peer: String,
    /// Source or session, for notices; empty before the log-in.
    pub name: String,
    /// Which tenant of its place it is.
    pub tenant: u64,
    /// Framing, log-in, liveness.
    pub session: ServerSession,
    /// What it is for.
    pub role: Role,
    /// Whether the socket may have bytes.
    pub readable: bool,
    /// Whether the peer sends no more: what it sent is read to the end.
    pub ending: bool,
    /// Whether the socket may take bytes.
    pub writable: bool,
    /// Whether it stands in the list of those to be served.
    pub queued: bool,
    /// Whether it stands in the list of those to be written to.
    pub dirty: bool,
    /// Why it is left unread.
    pub stall: Option<Stall>,
    /// Why it is to be closed.
    pub doomed: Option<String>,
    /// How its log-in ends.
    pub ending_by: Ending,
    /// When its bytes were last read.
    pub read_ns: i64,
    /// When its socket last took bytes, or had none to take.
    pub progress_ns: i64,
    inbox: Inbox,
    outbox: Outbox,
}

impl Connection {
    /// A connection just accepted.
    pub fn new(
        socket: Socket,
        peer: String,
        tenant: u64,
        session: ServerSession,
        role: Role,
        output_limit: usize,
        now_ns: i64,
    ) -> Self {
        Self {
            socket,
            peer,
            name: String::new(),
            tenant,
            session,
            role,
            readable: true,
            ending: false,
            writable: true,
            queued: false,
            dirty: false,
            stall: None,
            doomed: None,
            ending_by: Ending::Lost,
            read_ns: now_ns,
            progress_ns: now_ns,
            inbox: Inbox::default(),
            outbox: Outbox { bytes: Vec::new(), sent: 0, limit: output_limit },
        }
    }

    /// Takes the memory that a logged-in connection uses and touches it.
    pub fn settle_in(&mut self) {
        self.inbox.grow(INBOX);
        self.outbox.touch();
    }

    /// Reads what the socket has, as far as there is room.
    pub fn fill(&mut self, now_ns: i64) -> io::Result<Fill> {
        if !self.readable {
            return Ok(Fill::None);
        }
        let room = self.inbox.room();
        let wanted = room.len();
        let count = loop {
            match self.socket.read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.readable = false;
                    return Ok(Fill::None);
                }
                other => break other?,
            }
        };
        if count == 0 {
            return Ok(Fill::End);
        }
        // A short read emptied the socket, and the poll says when there is more; of the end it may have said already.
        self.readable = count == wanted || self.ending;
        self.inbox.end += count;
        self.read_ns = now_ns;
        Ok(Fill::Some)
    }

    /// Session, role and unread bytes, to be used together.
    pub fn parts(&mut self) -> (&mut ServerSession, &mut Role, &[u8]) {
        (&mut self.session, &mut self.role, self.inbox.unread())
    }

    /// Bytes were used.
    pub fn consume(&mut self, count: usize) {
        self.inbox.start += count;
    }

    /// Sends a payload that counts; false, and nothing is sent, where too much waits already.
    pub fn offer(&mut self, payload: &[u8], now_ns: i64) -> bool {
        if self.doomed.is_some() {
            return true;
        }
        if self.outbox.len() + payload.len() + HEADER_LEN > self.outbox.limit {
            return false;
        }
        self.note_output(now_ns);
        let sent = self.session.send_sequenced(payload, now_ns, &mut self.outbox.bytes);
        match sent {
            Ok(_) => true,
            Err(error) => {
                self.doom(error.to_string());
                false
            }
        }
    }

    /// Sends a payload that counts, or dooms the connection where too much waits already.
    pub fn send(&mut self, payload: &[u8], now_ns: i64) {
        if !self.offer(payload, now_ns) {
            let (waiting, limit) = (self.outbox.len(), self.outbox.limit);
            self.doom(format!("{waiting} bytes of output wait, at most {limit}: read faster"));
        }
    }

    /// Lets the session write: an answer to a log-in, a heartbeat, the end.
    pub fn answer<T>(
        &mut self,
        now_ns: i64,
        write: impl FnOnce(&mut ServerSession, &mut Vec<u8>) -> Result<T, SendError>,
    ) {
        self.note_output(now_ns);
        if let Err(error) = write(&mut self.session, &mut self.outbox.bytes) {
            self.doom(error.to_string());
        }
    }

    /// Lets time pass: heartbeats, silence, output that stands still.
    pub fn on_time(&mut self, now_ns: i64, silence_ns: i64) {
        if self.outbox.is_empty() {
            self.progress_ns = now_ns;
        }
        if now_ns - self.progress_ns >= silence_ns {
            let waiting = self.outbox.len();
            self.doom(format!("{waiting} bytes of output were not taken for {} ms", silence_ns / 1_000_000));
        }
        // A peer is silent only if one looked, and nobody looks at what a stalled one sends.
        if self.stall.is_none()
            && let Some(reason) = self.session.on_time(now_ns, &mut self.outbox.bytes)
        {
            self.doom(reason.to_string());
        }
    }

    /// Writes what waits. `false` where something is left that the socket does not take now.
    pub fn write(&mut self, now_ns: i64) -> bool {
        while !self.outbox.is_empty() && self.writable {
            match self.socket.write(self.outbox.unsent()) {
                Ok(0) => self.doom("the socket takes no bytes".to_owned()),
                Ok(count) => {
                    self.outbox.sent += count;
                    self.progress_ns = now_ns;
                    continue;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.writable = false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => self.doom(format!("write: {error}")),
            }
            break;
        }
        self.outbox.reclaim();
        self.outbox.is_empty()
    }

    /// Bytes that wait for the socket.
    pub fn waiting(&self) -> usize {
        self.outbox.len()
    }

    /// Whether half of the output's room is free: a replay goes on then.
    pub fn has_output_room(&self) -> bool {
        self.doomed.is_none() && self.outbox.len() < self.outbox.limit / 2
    }

    /// Has it closed at the next opportunity; the first reason stays.
    pub fn doom(&mut self, why: String) {
        if self.doomed.is_none() {
            self.doomed = Some(why);
        }
    }

    fn note_output(&mut self, now_ns: i64) {
        if self.outbox.is_empty() {
            self.progress_ns = now_ns;
        }
    }
}

/// Bytes read and not used.
#[derive(Debug, Default)]
struct Inbox {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Inbox {
    /// Bytes before the log-in: more than a log-in packet takes.
    const BEFORE_LOGIN: usize = 256;

    fn grow(&mut self, size: usize) {
        if self.bytes.len() < size {
            self.bytes.resize(size, 0);
        }
    }

    fn unread(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Where to read to; never empty, because no packet is longer than half of it.
    fn room(&mut self) -> &mut [u8] {
        self.grow(Self::BEFORE_LOGIN);
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.bytes.len() {
            self.grow(INBOX);
        }
        &mut self.bytes[self.end..]
    }
}

/// Bytes to be sent.
#[derive(Debug)]
struct Outbox {
    bytes: Vec<u8>,
    sent: usize,
    limit: usize,
}

impl Outbox {
    fn unsent(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }

    fn len(&self) -> usize {
        self.bytes.len() - self.sent
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn touch(&mut self) {
        let length = self.bytes.len();
        self.bytes.resize(self.limit.max(length), 0xff);
        self.bytes.truncate(length);
    }

    fn reclaim(&mut self) {
        if self.is_empty() {
            self.bytes.clear();
            self.sent = 0;
        } else if self.sent > self.bytes.len() / 2 {
            self.bytes.drain(..self.sent);
            self.sent = 0;
        }
    }
}
