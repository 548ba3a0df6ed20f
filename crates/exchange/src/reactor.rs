//! The one thread that does everything: wait, accept, read, submit, one flush for the batch, deliver, write, look at the clock.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::time::Duration;

use mio::{Events, Interest, Poll};

use crate::acks::Address;
use crate::bucket::Allowance;
use crate::connection::{Connection, Role, Socket, Stall};
use crate::core::Core;
use crate::delivery::is_replaying;
use crate::door::DOOR_PAYLOAD;
use crate::lost::Ending;
use crate::notices::Notice;
use crate::ouch::OUCH_PAYLOAD;
use crate::ports::{self, Arrival, Ports, place_of, token_of};
use crate::table::Table;
use crate::{Config, ExchangeError, StopHandle};
use garraway_wire::soupbintcp::{ServerSession, SessionName};

/// Events taken from one poll beyond one for each connection, so that one poll sees every connection.
const OTHER_EVENTS: usize = 16;
/// Connections accepted in one round.
const ACCEPTS: usize = 64;
/// Bytes read at once from a stream.
const CHUNK: usize = 32 << 10;
const SECOND_NS: i64 = 1_000_000_000;

/// The reactor.
pub struct Reactor {
    pub(crate) core: Core,
    pub(crate) table: Table,
    pub(crate) config: Config,
    pub(crate) session_name: SessionName,
    /// Who is logged in, by OUCH session.
    pub(crate) ouch_logins: HashMap<u32, Address>,
    /// Who is logged in, by source.
    pub(crate) door_logins: HashMap<u16, Address>,
    poll: Poll,
    ports: Option<Ports>,
    connections: [usize; 2],
    /// Places to be served.
    ready: Vec<usize>,
    /// Places left unread for the moment.
    stalled: Vec<usize>,
    /// Places to be written to.
    pub(crate) dirty: Vec<usize>,
    pub(crate) round: Vec<usize>,
    /// Buffer for reading streams.
    pub(crate) chunk: Vec<u8>,
    scan_ns: i64,
    second_ns: i64,
}

impl Reactor {
    /// A reactor with open doors.
    pub fn new(core: Core, config: Config, session_name: SessionName, poll: Poll, ports: Ports) -> Self {
        Self {
            core,
            table: Table::default(),
            config,
            session_name,
            ouch_logins: HashMap::new(),
            door_logins: HashMap::new(),
            poll,
            ports: Some(ports),
            connections: [0; 2],
            ready: Vec::new(),
            stalled: Vec::new(),
            dirty: Vec::new(),
            round: Vec::new(),
            chunk: vec![0; CHUNK],
            scan_ns: 0,
            second_ns: SECOND_NS,
        }
    }

    /// Runs until somebody asks for a stop, which it leaves to [`Reactor::stop`].
    pub fn run(&mut self, stop: &StopHandle) -> Result<(), ExchangeError> {
        let mut events = Events::with_capacity(self.events());
        let mut work = true;
        while !stop.is_asked() {
            self.wait(&mut events, work)?;
            self.accept();
            work = self.core.turn();
            self.core.cancel_lost();
            self.serve_all()?;
            self.deliver()?;
            self.look_at_the_clock()?;
        }
        Ok(())
    }

    /// Ends cleanly: no more input, the last command, everything due delivered, the end said.
    pub fn stop(&mut self) -> Result<u64, ExchangeError> {
        self.core.teller.tell(&Notice::Stopping);
        self.ports = None;
        self.make_room()?;
        self.cancel_connected()?;
        self.make_room()?;
        let now = garraway_types::Nanos(crate::clock::utc_ns());
        self.core.sequencer.close(now, &mut self.core.fold)?;
        self.core.sequencer.release(&mut |_| {})?;
        self.deliver_durable(self.core.sequencer.durable_seq())?;
        self.say_goodbye();
        self.drain()?;
        self.core.streams.sync()?;
        Ok(self.core.sequencer.engine().last_seq())
    }

    /// Waits for the disk until a command may be submitted.
    fn make_room(&mut self) -> Result<(), ExchangeError> {
        while !self.core.has_room() {
            self.core.sequencer.flush()?;
            self.core.sequencer.wait()?;
            self.deliver()?;
        }
        Ok(())
    }

    /// Every connection ends with the venue: cancels the orders of the sessions that ask for it, to the last one.
    fn cancel_connected(&mut self) -> Result<(), ExchangeError> {
        for session in self.ouch_logins.keys().copied().collect::<BTreeSet<u32>>() {
            self.core.login_ended(session, Ending::Lost);
        }
        let mut begun = !self.core.lost.is_empty() || self.core.sequencer.engine().next_work().is_some();
        while begun {
            self.make_room()?;
            self.core.turn();
            self.core.cancel_lost();
            begun = !self.core.lost.is_empty() || self.core.sequencer.engine().next_work().is_some();
        }
        Ok(())
    }

    fn wait(&mut self, events: &mut Events, work: bool) -> Result<(), ExchangeError> {
        let now_ns = self.core.clock.now_ns();
        let arrivals = self.ports.as_ref().is_some_and(Ports::is_ready);
        let busy = work || arrivals || !self.ready.is_empty() || !self.dirty.is_empty();
        let timer_ns = self.core.due_in_ns().unwrap_or(i64::MAX);
        let timeout_ns = if busy { 0 } else { (self.next_look_ns() - now_ns).max(0).min(timer_ns) };
        if timeout_ns > 0 {
            self.core.streams.write()?;
        }
        // Rounded up, so that the reactor does not wake before the time and find nothing to do.
        let timeout = Duration::from_micros((timeout_ns as u64).div_ceil(1_000));
        match self.poll.poll(events, Some(timeout)) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            Err(error) => return Err(ExchangeError::io("poll", "sockets", error)),
        }
        for event in events.iter() {
            match (event.token(), self.ports.as_mut()) {
                (ports::OUCH, Some(ports)) => ports.ouch_ready = true,
                (ports::DOOR, Some(ports)) => ports.door_ready = true,
                (token, _) => self.note_event(token, event),
            }
        }
        Ok(())
    }

    fn note_event(&mut self, token: mio::Token, event: &mio::event::Event) {
        let Some(place) = place_of(token) else { return };
        let Some(connection) = self.table.at(place) else { return };
        if event.is_readable() || event.is_read_closed() || event.is_error() {
            connection.readable = true;
            connection.ending |= event.is_read_closed();
            queue(&mut self.ready, &mut connection.queued, place);
        }
        if event.is_writable() || event.is_error() {
            connection.writable = true;
            queue(&mut self.dirty, &mut connection.dirty, place);
        }
    }

    fn accept(&mut self) {
        for _ in 0..ACCEPTS {
            let Some(ports) = self.ports.as_mut().filter(|ports| ports.is_ready()) else { return };
            match ports.accept() {
                Ok(Some(arrival)) => self.arrive(arrival),
                Ok(None) => return,
                Err(error) => {
                    // Out of descriptors or memory: the clock tries again.
                    (ports.ouch_ready, ports.door_ready) = (false, false);
                    let why = format!("accept: {error}");
                    return self.core.teller.tell(&Notice::Refused { door: "any", why });
                }
            }
        }
    }

    fn arrive(&mut self, arrival: Arrival) {
        let now_ns = self.core.clock.now_ns();
        let limits = self.config.limits;
        let (socket, peer, role, payload, limit) = match arrival {
            Arrival::Stranger(uid) => {
                let why = format!("peer is user {uid}, only the venue's own may use the door");
                return self.core.teller.tell(&Notice::Refused { door: "door", why });
            }
            Arrival::Door(socket) => {
                let role = Role::Door { source: None, unanswered: 0 };
                (socket, "local".to_owned(), role, DOOR_PAYLOAD, limits.door_connections)
            }
            Arrival::Ouch(socket, peer) => {
                let allowance = Allowance::new(&limits, now_ns);
                let role = Role::Ouch { peer: peer.ip(), login: None, allowance };
                (socket, peer.to_string(), role, OUCH_PAYLOAD, limits.ouch_connections)
            }
        };
        let door = role.door();
        if self.connections[count_of(&role)] >= limit {
            let why = format!("{limit} connections are open, the limit");
            return self.core.teller.tell(&Notice::Refused { door, why });
        }
        let session = ServerSession::new(self.config.times.session_limits(payload), now_ns);
        self.move_in(socket, peer, session, role, now_ns);
    }

    fn move_in(&mut self, socket: Socket, peer: String, session: ServerSession, role: Role, now_ns: i64) {
        let address = self.table.next();
        let (door, count) = (role.door(), count_of(&role));
        let output = self.config.limits.output_bytes;
        let mut connection =
            Connection::new(socket, peer.clone(), address.tenant, session, role, output, now_ns);
        let interest = Interest::READABLE | Interest::WRITABLE;
        let registered =
            self.poll.registry().register(connection.socket.source(), token_of(address.place), interest);
        if let Err(error) = registered {
            return self.core.teller.tell(&Notice::Refused { door, why: format!("poll: {error}") });
        }
        self.connections[count] += 1;
        queue(&mut self.ready, &mut connection.queued, address.place);
        self.table.insert(address, connection);
        self.core.teller.tell(&Notice::Connected { door, peer });
    }

    /// Serves those that are ready, each once.
    fn serve_all(&mut self) -> Result<(), ExchangeError> {
        self.unstall();
        let mut round = std::mem::take(&mut self.round);
        std::mem::swap(&mut round, &mut self.ready);
        for place in round.drain(..) {
            let Some(mut connection) = self.table.lend(place) else { continue };
            connection.queued = false;
            let address = Address { place, tenant: connection.tenant };
            let more = self.serve(&mut connection, address)?;
            if connection.stall.is_some() {
                queue(&mut self.stalled, &mut connection.queued, place);
            } else if more {
                queue(&mut self.ready, &mut connection.queued, place);
            }
            queue(&mut self.dirty, &mut connection.dirty, place);
            self.table.give_back(place, connection);
        }
        self.round = round;
        Ok(())
    }

    /// Moves those that may go on from the stalled to the ready.
    fn unstall(&mut self) {
        if self.stalled.is_empty() {
            return;
        }
        let (now_ns, room) = (self.core.clock.now_ns(), self.core.has_room());
        let (table, ready) = (&mut self.table, &mut self.ready);
        self.stalled.retain(|place| {
            let Some(connection) = table.at(*place) else { return false };
            if connection.stall.is_some_and(|stall| !is_over(stall, &connection.role, now_ns, room)) {
                return true;
            }
            connection.stall = None;
            ready.push(*place);
            false
        });
    }

    /// Closes a connection for the reason that it was doomed for.
    pub(crate) fn close(&mut self, place: usize) {
        let Some(mut connection) = self.table.remove(place) else { return };
        let _ = self.poll.registry().deregister(connection.socket.source());
        self.connections[count_of(&connection.role)] -= 1;
        let address = Address { place, tenant: connection.tenant };
        match &connection.role {
            Role::Ouch { login: Some(login), .. } => {
                forget(&mut self.ouch_logins, login.session, address);
                self.core.login_ended(login.session, connection.ending_by);
            }
            Role::Door { source: Some(source), .. } => forget(&mut self.door_logins, source.0, address),
            _ => {}
        }
        let why = connection.doomed.take().unwrap_or_default();
        let door = connection.role.door();
        self.core.teller.tell(&Notice::Closed { door, name: connection.name, peer: connection.peer, why });
    }

    /// Closes the connection at an address, because what it had is another's or gone.
    pub(crate) fn evict(&mut self, address: Address, why: &str) {
        let now_ns = self.core.clock.now_ns();
        if let Some(connection) = self.table.of(address) {
            connection.write(now_ns);
            connection.doom(why.to_owned());
            self.close(address.place);
        }
    }

    /// When something has to be done though no socket says so.
    fn next_look_ns(&self) -> i64 {
        let rates = self.stalled.iter().filter_map(|place| self.table_stall(*place));
        rates.fold(self.scan_ns.min(self.second_ns), i64::min)
    }

    fn table_stall(&self, place: usize) -> Option<i64> {
        let connection = self.table.peek(place)?;
        match connection.stall? {
            Stall::Rate { until_ns } => Some(until_ns),
            Stall::Window => {
                let Role::Door { unanswered, .. } = connection.role else { return Some(0) };
                (unanswered < crate::door::WINDOW).then_some(0)
            }
            Stall::Room => self.core.has_room().then_some(0),
        }
    }

    fn look_at_the_clock(&mut self) -> Result<(), ExchangeError> {
        let now_ns = self.core.clock.now_ns();
        if now_ns >= self.second_ns {
            self.second_ns = now_ns + SECOND_NS;
            self.core.next_second();
        }
        if now_ns < self.scan_ns {
            return Ok(());
        }
        // A quarter of the heartbeat, so that none comes later than five quarters.
        let step_ns = crate::config::ms(self.config.times.heartbeat_ms) / 4;
        self.scan_ns = now_ns + step_ns.clamp(1_000_000, 250_000_000);
        if let Some(ports) = self.ports.as_mut() {
            (ports.ouch_ready, ports.door_ready) = (true, true);
        }
        let silence_ns = crate::config::ms(self.config.times.silence_ms);
        for (place, connection) in self.table.iter() {
            connection.on_time(now_ns, silence_ns);
            if connection.waiting() > 0 || connection.doomed.is_some() {
                queue(&mut self.dirty, &mut connection.dirty, place);
            }
        }
        self.write_dirty(now_ns)
    }

    /// Tells everybody who has all that is due that it is over.
    fn say_goodbye(&mut self) {
        let now_ns = self.core.clock.now_ns();
        for (place, connection) in self.table.iter() {
            if connection.session.is_logged_in() && !is_replaying(&connection.role) {
                connection.answer(now_ns, |session, out| session.end_session(out));
            }
            queue(&mut self.dirty, &mut connection.dirty, place);
        }
    }

    /// Writes until nothing waits, for as long as a stop may take, and closes.
    fn drain(&mut self) -> Result<(), ExchangeError> {
        let deadline_ns = self.core.clock.now_ns() + crate::config::ms(self.config.times.stop_ms);
        let mut events = Events::with_capacity(self.events());
        loop {
            let now_ns = self.core.clock.now_ns();
            self.write_dirty(now_ns)?;
            let waiting = self.table.iter().any(|(_, connection)| connection.waiting() > 0);
            if !waiting || now_ns >= deadline_ns {
                break;
            }
            (self.scan_ns, self.second_ns) = (deadline_ns, deadline_ns);
            self.wait(&mut events, false)?;
        }
        for place in 0..self.table.places() {
            if let Some(connection) = self.table.at(place) {
                connection.doom("the venue stops".to_owned());
                self.close(place);
            }
        }
        Ok(())
    }

    fn events(&self) -> usize {
        let limits = &self.config.limits;
        limits.ouch_connections + limits.door_connections + OTHER_EVENTS
    }

    /// Connections of OUCH and of the door.
    pub(crate) fn connections(&self) -> [usize; 2] {
        self.connections
    }

    /// Places to be served and places left unread.
    pub(crate) fn depths(&self) -> [usize; 2] {
        [self.ready.len(), self.stalled.len()]
    }
}

pub(crate) fn queue(list: &mut Vec<usize>, queued: &mut bool, place: usize) {
    if !*queued {
        *queued = true;
        list.push(place);
    }
}

fn is_over(stall: Stall, role: &Role, now_ns: i64, room: bool) -> bool {
    match (stall, role) {
        (Stall::Rate { until_ns }, _) => now_ns >= until_ns,
        (Stall::Window, Role::Door { unanswered, .. }) => *unanswered < crate::door::WINDOW,
        (Stall::Window, Role::Ouch { .. }) => true,
        (Stall::Room, _) => room,
    }
}

fn count_of(role: &Role) -> usize {
    match role {
        Role::Ouch { .. } => 0,
        Role::Door { .. } => 1,
    }
}

fn forget<K: std::hash::Hash + Eq>(logins: &mut HashMap<K, Address>, key: K, address: Address) {
    if logins.get(&key) == Some(&address) {
        logins.remove(&key);
    }
}
