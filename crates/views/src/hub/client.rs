//! One client: its socket, what it sent and was not read, what waits for it, and what it may see.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;

use garraway_wire::websocket::{Peer, Receiver, put_close};

use super::binance::Session;
use super::channel::{Frame, Key};
use super::transport::Transport;
use crate::config::Limits;

const SECOND_NS: i64 = 1_000_000_000;
/// How long a client has to answer a close frame.
const FAREWELL_NS: i64 = SECOND_NS;

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It has to open the WebSocket by this time.
    Handshake(i64),
    /// Messages go both ways.
    Open,
    /// It was told that it is over, and has until this time to go.
    Closing(i64),
}

/// What a client may see and do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Which accounts.
    pub accounts: Vec<u32>,
    /// Whether it may have their orders cancelled.
    pub may_cancel: bool,
    /// Its log-in session; `key:` and the id where an API key let it in.
    pub session: String,
    /// Its user.
    pub user: u64,
    /// Until when, of the time of day.
    pub expires_at_ns: i64,
}

/// Whose doing the end of a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The client's: it went.
    Gone,
    /// It does not read.
    Slow,
    /// Its log-in ended.
    Login,
    /// It sent what it must not.
    Protocol,
    /// This side stops, or cannot serve it.
    Hub,
}

/// Why a connection is to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doom {
    /// The close code; 0 where no close frame is sent.
    pub code: u16,
    /// What the client is told.
    pub reason: String,
    /// Whose doing it is.
    pub cause: Cause,
}

/// What a read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// So many bytes.
    Bytes(usize),
    /// None for now.
    Nothing,
    /// The end.
    End,
}

/// A client.
#[derive(Debug)]
pub struct Client {
    /// Its number: place in the table and tenant.
    pub id: u64,
    /// Its socket, behind TLS where there is any.
    pub transport: Transport,
    /// Where from.
    pub peer: SocketAddr,
    /// How far it has come.
    pub stage: Stage,
    /// Puts its frames together.
    pub receiver: Receiver,
    /// Bytes read that are no whole frame yet.
    pub inbox: Vec<u8>,
    /// Whether it stands in the list of those to be read.
    pub queued: bool,
    /// When it last gave a sign of life.
    pub heard_ns: i64,
    /// What it listens to.
    pub subscriptions: Vec<Key>,
    /// What it may see.
    pub login: Option<Login>,
    /// Whether the service was asked for that and has not answered: the number that the client gave.
    pub auth: Option<Option<u32>>,
    /// Accounts whose orders are to be cancelled when it goes.
    pub cancel_on_disconnect: Vec<u32>,
    /// Why it is to end.
    pub doomed: Option<Doom>,
    /// What it has where it speaks Binance's words.
    pub binance: Option<Session>,
    outbox: VecDeque<Frame>,
    /// Bytes of the first frame that the socket has taken.
    sent: usize,
    /// Bytes that wait.
    waiting: usize,
    writable: bool,
    /// What it may still send now, in nanoseconds' worth, and as of when.
    credit_ns: i64,
    credited_ns: i64,
}

impl Client {
    /// A connection just accepted.
    pub fn new(id: u64, transport: Transport, peer: SocketAddr, limits: &Limits, now_ns: i64) -> Self {
        Self {
            id,
            transport,
            peer,
            stage: Stage::Handshake(now_ns + limits.handshake_ms as i64 * 1_000_000),
            receiver: Receiver::new(Peer::Client, limits.message_bytes),
            inbox: Vec::new(),
            queued: false,
            heard_ns: now_ns,
            subscriptions: Vec::new(),
            login: None,
            auth: None,
            cancel_on_disconnect: Vec::new(),
            doomed: None,
            binance: None,
            outbox: VecDeque::new(),
            sent: 0,
            waiting: 0,
            writable: true,
            credit_ns: 2 * SECOND_NS,
            credited_ns: now_ns,
        }
    }

    /// Takes the price of one message off what it may send; false where that is used up.
    pub fn charge(&mut self, per_second: u32, now_ns: i64) -> bool {
        self.credit_ns = (self.credit_ns + now_ns - self.credited_ns).min(2 * SECOND_NS);
        self.credited_ns = now_ns;
        self.credit_ns -= SECOND_NS / i64::from(per_second.max(1));
        self.credit_ns >= 0
    }

    /// Reads what the socket has.
    pub fn read(&mut self, chunk: &mut [u8], now_ns: i64) -> Fill {
        match self.transport.read(chunk) {
            Ok(0) => Fill::End,
            Ok(count) => {
                self.heard_ns = now_ns;
                Fill::Bytes(count)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Fill::Nothing,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Fill::Bytes(0),
            Err(_) => Fill::End,
        }
    }

    /// Sends a frame, at once if nothing waits. Too much waiting dooms it.
    pub fn send(&mut self, frame: &Frame, limit: usize) {
        if self.doomed.is_some() || self.stage != Stage::Open {
            return;
        }
        if self.waiting + frame.len() > limit {
            let reason = format!("{} bytes wait, at most {limit}: read faster", self.waiting);
            return self.doom(garraway_wire::websocket::code::POLICY, &reason, Cause::Slow);
        }
        self.push(frame.clone());
        self.write();
    }

    /// Whether bytes wait that the socket does not take.
    pub fn is_behind(&self) -> bool {
        self.waiting > 0
    }

    /// The socket takes bytes again.
    pub fn is_writable(&mut self) {
        self.writable = true;
        self.write();
    }

    /// Has it end; the first reason stays.
    pub fn doom(&mut self, code: u16, reason: &str, cause: Cause) {
        if self.doomed.is_none() {
            self.doomed = Some(Doom { code, reason: reason.to_owned(), cause });
        }
    }

    /// Says the end behind what the socket has begun to take; whether the socket took it, so that an answer may come.
    pub fn say_farewell(&mut self, code: u16, reason: &str, now_ns: i64) -> bool {
        self.outbox.truncate(usize::from(self.sent > 0));
        let mut bytes = Vec::new();
        put_close(&mut bytes, code, reason);
        self.finish_with(&bytes, now_ns)
    }

    /// Sends the last bytes; whether the socket took them.
    pub fn finish_with(&mut self, bytes: &[u8], now_ns: i64) -> bool {
        self.push(bytes.into());
        self.writable = true;
        self.write();
        self.stage = Stage::Closing(now_ns + FAREWELL_NS);
        self.outbox.is_empty() && self.transport.is_flushed()
    }

    /// Sends bytes that are no message: an answer to the handshake, a pong.
    pub fn push_bytes(&mut self, bytes: &[u8]) {
        self.push(bytes.into());
        self.write();
    }

    fn push(&mut self, frame: Frame) {
        self.waiting += frame.len();
        self.outbox.push_back(frame);
    }

    /// So many bytes more of the first frame are on their way.
    fn is_sent(&mut self, count: usize) {
        self.sent += count;
        self.waiting -= count;
        if self.outbox.front().is_some_and(|frame| frame.len() == self.sent) {
            self.outbox.pop_front();
            self.sent = 0;
        }
    }

    fn write(&mut self) {
        while self.writable {
            let taken = match self.outbox.front() {
                Some(frame) => self.transport.write(&frame[self.sent..]),
                None => self.transport.flush().map(|()| 0),
            };
            match taken {
                Ok(0) if self.outbox.is_empty() => return,
                Ok(count) => self.is_sent(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.writable = false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    self.writable = false;
                    self.doom(0, "the socket takes no bytes", Cause::Gone);
                }
            }
        }
    }
}
