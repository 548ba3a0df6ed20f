//! The one thread that does everything: wait, accept, follow the log, publish, read, look at the clock.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token};

use garraway_types::{EventId, events_in};
use garraway_wire::websocket::{Opcode, put_frame};

use super::binance::Streams;
use super::channel::Frame;
use super::channels::Channels;
use super::client::Client;
use super::json::Json;
use super::serve::Timeout;
use super::table::{Table, place_of};
use super::transport::Transport;
use crate::config::Config;
use crate::fold::Tape;
use crate::shared::Shared;
use crate::tail::{Archive, Tail};

/// What the poll says when somebody woke the hub.
pub const WAKE: Token = Token(0);
const LISTENER: Token = Token(1);
/// Tokens before those of clients.
const RESERVED: usize = 2;
/// How long the log is left alone when nothing else is to do.
const LOOK: Duration = Duration::from_millis(2);
/// Events folded before the lock is given up for a moment, at the end of a command.
const EVENTS_AT_ONCE: usize = 1_024;
/// Connections accepted in one round.
const ACCEPTS: usize = 64;
/// Bytes read at once from a client.
const CHUNK: usize = 16 << 10;
/// Between two slots of conflated channels.
const SLOT_MS: u64 = 10;
/// A second's heartbeats are sent in so many parts.
const BEATS: usize = 10;
/// Between two looks at whoever has been silent too long.
const SCAN_NS: i64 = 250_000_000;
const MS: i64 = 1_000_000;

/// The hub.
pub struct Hub {
    pub(super) shared: Arc<Shared>,
    pub(super) config: Config,
    pub(super) table: Table,
    pub(super) channels: Channels,
    pub(super) streams: Streams,
    /// Clients that are to end.
    pub(super) doomed: Vec<u64>,
    /// Trades that wait for their time.
    pub(super) tape: HashMap<u32, Vec<Tape>>,
    /// Accounts whose orders are to be cancelled unless their client says so again.
    pub(super) timeouts: HashMap<u32, Timeout>,
    pub(super) poll: Poll,
    /// Places to be read.
    pub(super) ready: Vec<usize>,
    pub(super) chunk: Vec<u8>,
    listener: Option<TcpListener>,
    accepts: bool,
    tail: Tail,
    archive: Archive,
    clock: Instant,
    slot: usize,
    slot_ns: i64,
    trades_ns: i64,
    beat: usize,
    beat_ns: i64,
    scan_ns: i64,
}

impl Hub {
    /// A hub with an open port.
    pub fn new(config: Config, poll: Poll, shared: Arc<Shared>) -> io::Result<Self> {
        let mut listener = config.listen.map(TcpListener::bind).transpose()?;
        if let Some(listener) = &mut listener {
            poll.registry().register(listener, LISTENER, Interest::READABLE)?;
        }
        Ok(Self {
            shared,
            table: Table::default(),
            channels: Channels::new((config.limits.book_ms / SLOT_MS) as usize),
            streams: Streams::default(),
            doomed: Vec::new(),
            tape: HashMap::new(),
            timeouts: HashMap::new(),
            poll,
            ready: Vec::new(),
            chunk: vec![0; CHUNK],
            accepts: listener.is_some(),
            listener,
            tail: Tail::new(&config.folder),
            archive: Archive::new(&config.folder),
            clock: Instant::now(),
            slot: 0,
            slot_ns: 0,
            trades_ns: 0,
            beat: 0,
            beat_ns: 0,
            scan_ns: 0,
            config,
        })
    }

    /// Where clients are served.
    pub fn address(&self) -> Option<SocketAddr> {
        self.listener.as_ref()?.local_addr().ok()
    }

    /// Runs until somebody asks for a stop, or the log cannot be read.
    pub fn run(&mut self) -> Result<(), String> {
        let mut events = Events::with_capacity(4_096);
        let mut more = true;
        let ended = loop {
            if self.shared.is_stopping() {
                break Ok(());
            }
            if let Err(why) = self.turn(&mut events, &mut more) {
                break Err(why);
            }
        };
        self.stop(&mut events);
        ended
    }

    fn turn(&mut self, events: &mut Events, more: &mut bool) -> Result<(), String> {
        let busy = *more || !self.ready.is_empty() || self.accepts;
        self.wait(events, if busy { Duration::ZERO } else { LOOK })?;
        self.accept();
        *more = self.follow()?;
        self.publish_private();
        self.take_answers();
        self.serve_ready();
        self.look_at_the_clock();
        self.bury();
        Ok(())
    }

    /// Waits for sockets, and notes what they have.
    pub(super) fn wait(&mut self, events: &mut Events, timeout: Duration) -> Result<(), String> {
        match self.poll.poll(events, Some(timeout)) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            Err(error) => return Err(format!("poll: {error}")),
        }
        for event in events.iter() {
            match event.token() {
                WAKE => {}
                LISTENER => self.accepts = true,
                Token(token) => self.note(token - RESERVED, event),
            }
        }
        Ok(())
    }

    fn note(&mut self, place: usize, event: &mio::event::Event) {
        let Some(client) = self.table.at(place) else { return };
        if event.is_writable() {
            client.is_writable();
        }
        if (event.is_readable() || event.is_read_closed() || event.is_error()) && !client.queued {
            client.queued = true;
            self.ready.push(place);
        }
    }

    fn accept(&mut self) {
        for _ in 0..ACCEPTS {
            let Some(listener) = self.listener.as_ref().filter(|_| self.accepts) else { return };
            match listener.accept() {
                Ok((socket, peer)) => self.arrive(socket, peer),
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                // Nobody waits, or the system is short of something: the clock tries again.
                Err(_) => self.accepts = false,
            }
        }
    }

    fn arrive(&mut self, mut socket: mio::net::TcpStream, peer: SocketAddr) {
        let (now_ns, figures) = (self.now_ns(), &self.shared.figures);
        let id = self.table.next();
        let token = Token(place_of(id) + RESERVED);
        let interest = Interest::READABLE | Interest::WRITABLE;
        let is_full = self.table.len() >= self.config.limits.connections;
        if is_full || self.poll.registry().register(&mut socket, token, interest).is_err() {
            figures.refused.fetch_add(1, Ordering::Relaxed);
            return;
        }
        // Both fail only on a connection that is gone already, which the first read finds. What the system holds is bounded, so
        // that a client that does not read is told from one that does.
        let _ = socket.set_nodelay(true);
        let _ = rustix::net::sockopt::set_socket_send_buffer_size(&socket, self.config.limits.socket_bytes);
        let Ok(transport) = Transport::new(socket, self.shared.certificate().as_ref()) else {
            figures.refused.fetch_add(1, Ordering::Relaxed);
            return;
        };
        figures.accepted.fetch_add(1, Ordering::Relaxed);
        self.table.insert(Client::new(id, transport, peer, &self.config.limits, now_ns));
        figures.connections.store(self.table.len() as u64, Ordering::Relaxed);
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

    fn look_at_the_clock(&mut self) {
        let now_ns = self.now_ns();
        if now_ns >= self.trades_ns {
            self.trades_ns = now_ns + self.config.limits.trades_ms as i64 * MS;
            self.publish_trades();
        }
        let slots = (self.config.limits.book_ms / SLOT_MS).max(1) as usize;
        // Slots that were missed are made up for, each once.
        for _ in 0..slots {
            if now_ns < self.slot_ns {
                break;
            }
            self.slot_ns = (self.slot_ns + SLOT_MS as i64 * MS).max(now_ns - SCAN_NS);
            self.slot = (self.slot + 1) % slots;
            self.publish_slot(self.slot);
        }
        self.publish_streams(now_ns);
        if now_ns >= self.beat_ns {
            self.beat_ns = (self.beat_ns + 1_000 * MS / BEATS as i64).max(now_ns - 1_000 * MS);
            self.beat = (self.beat + 1) % BEATS;
            self.send_heartbeats();
        }
        if now_ns >= self.scan_ns {
            self.scan_ns = now_ns + SCAN_NS;
            self.accepts = self.listener.is_some();
            self.scan(now_ns);
            self.expire_timeouts(now_ns);
        }
    }

    /// A heartbeat, and a ping whose answer shows that the client reads, for one part of all clients.
    fn send_heartbeats(&mut self) {
        let (frame, ping) = (heartbeat(self.shared.seq(), utc_ns()), ping(utc_ns()));
        let limit = self.config.limits.queue_bytes;
        for place in (self.beat..self.table.places()).step_by(BEATS) {
            let Some(client) = self.table.at(place) else { continue };
            // To one that does not read another heartbeat says nothing.
            if !client.is_behind() {
                client.send(if client.binance.is_some() { &ping } else { &frame }, limit);
                self.shared.figures.messages.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// The hub's own time, which never goes back.
    pub(super) fn now_ns(&self) -> i64 {
        self.clock.elapsed().as_nanos() as i64
    }

    /// Closes the port.
    pub(super) fn close_port(&mut self) {
        self.listener = None;
        self.accepts = false;
    }
}

fn heartbeat(seq: u64, sent_ns: i64) -> Frame {
    let mut json = Json::default();
    json.object(|json| {
        json.name("type").string("heartbeat").name("seq").number(seq).name("sent_ns").digits(sent_ns);
    });
    let mut bytes = Vec::new();
    put_frame(&mut bytes, Opcode::Text, json.text().as_bytes());
    bytes.extend_from_slice(&ping(sent_ns));
    bytes.into()
}

fn ping(sent_ns: i64) -> Frame {
    let mut bytes = Vec::new();
    put_frame(&mut bytes, Opcode::Ping, &sent_ns.to_be_bytes());
    bytes.into()
}

/// Nanoseconds since the Unix epoch, UTC.
pub fn utc_ns() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as i64)
}
