//! What is done with a connection's bytes: packets taken one after the other, log-ins judged, commands submitted.

use garraway_sequencer::Submitted;
use garraway_types::{Nanos, SourceId};
use garraway_wire::soupbintcp::{CloseReason, LoginReject, LoginRequest, ServerAction};

use crate::acks::Address;
use crate::bucket::{Allowance, Load};
use crate::clock::utc_ns;
use crate::connection::{Connection, Feed, Fill, Login, Role, Stall};
use crate::core::Core;
use crate::door::{self, Request, WINDOW};
use crate::lost::Ending;
use crate::notices::Notice;
use crate::ouch::{self, Decision, Entry};
use crate::reactor::Reactor;
use crate::{ExchangeError, status};

/// Packets that one connection gets in a round.
const PACKETS: usize = 128;

/// What became of a packet.
enum Taken {
    /// It is done with.
    Done,
    /// It waits; nothing was used.
    Wait(Stall),
    /// The connection is to be closed.
    Close(String),
    /// The session says that it is over.
    End(CloseReason),
    /// A log-in.
    Login(LoginRequest),
    /// A question how the venue is.
    Status,
}

impl Reactor {
    /// Takes packets until there are none, or the connection has had its share of the round.
    pub(crate) fn serve(
        &mut self,
        connection: &mut Connection,
        address: Address,
    ) -> Result<bool, ExchangeError> {
        for _ in 0..PACKETS {
            if connection.doomed.is_some() || connection.stall.is_some() {
                return Ok(false);
            }
            if self.take_packet(connection, address)? {
                continue;
            }
            match connection.fill(self.core.clock.now_ns()) {
                Ok(Fill::Some) => {}
                Ok(Fill::None) => return Ok(false),
                Ok(Fill::End) => connection.doom("the client closed".to_owned()),
                Err(error) => connection.doom(format!("read: {error}")),
            }
        }
        Ok(true)
    }

    /// Takes one packet; false where no whole one is there.
    fn take_packet(&mut self, connection: &mut Connection, address: Address) -> Result<bool, ExchangeError> {
        let read_ns = connection.read_ns;
        let (session, role, unread) = connection.parts();
        let (used, action) = session.receive(unread, read_ns);
        let taken = match action {
            ServerAction::NeedBytes => {
                connection.consume(used);
                return Ok(false);
            }
            ServerAction::Unsequenced(payload) => match role {
                Role::Ouch { login: Some(login), allowance, .. } => {
                    if self.core.has_room() {
                        take_ouch(payload, login, allowance, read_ns, &mut self.core)
                    } else {
                        Taken::Wait(Stall::Room)
                    }
                }
                Role::Door { source: Some(source), unanswered } => {
                    take_door(payload, *source, unanswered, address, read_ns, &mut self.core)
                }
                _ => Taken::Close("a message before the log-in".to_owned()),
            },
            ServerAction::Login(request) => Taken::Login(request),
            ServerAction::Debug(_) => Taken::Done,
            ServerAction::AwaitingDecision => Taken::Close("a log-in without an answer".to_owned()),
            ServerAction::Close(reason) => Taken::End(reason),
        };
        match taken {
            Taken::Done => connection.consume(used),
            Taken::Wait(stall) => connection.stall = Some(stall),
            Taken::Close(why) => connection.doom(why),
            Taken::End(reason) => {
                if reason == CloseReason::Logout {
                    connection.ending_by = Ending::LoggedOut;
                }
                connection.doom(reason.to_string());
            }
            Taken::Login(request) => {
                connection.consume(used);
                self.log_in(connection, address, &request)?;
            }
            Taken::Status => {
                connection.consume(used);
                let mut payload = vec![door::STATUS];
                payload.extend_from_slice(status::json(self, door::DOOR_PAYLOAD - 1).as_bytes());
                connection.send(&payload, self.core.clock.now_ns());
            }
        }
        self.drop_redefined();
        Ok(true)
    }

    fn log_in(
        &mut self,
        connection: &mut Connection,
        address: Address,
        request: &LoginRequest,
    ) -> Result<(), ExchangeError> {
        let accepted = match connection.role {
            Role::Ouch { .. } => self.log_in_to_ouch(connection, address, request)?,
            Role::Door { .. } => self.log_in_to_door(connection, address, request),
        };
        if accepted {
            let (door, name) = (connection.role.door(), connection.name.clone());
            let peer = connection.peer.clone();
            connection.settle_in();
            self.core.teller.tell(&Notice::LoggedIn { door, name, peer });
        }
        Ok(())
    }

    fn log_in_to_ouch(
        &mut self,
        connection: &mut Connection,
        address: Address,
        request: &LoginRequest,
    ) -> Result<bool, ExchangeError> {
        let Role::Ouch { peer, .. } = connection.role else { return Ok(false) };
        let now_ns = self.core.clock.now_ns();
        let decision = ouch::decide(request, peer, self.session_name, self.core.sequencer.engine());
        let (session, account) = match decision {
            Decision::Accept { session, account } => (session, account),
            Decision::Reject(reject) => {
                connection.answer(now_ns, |session, out| session.reject(reject, out));
                return Ok(false);
            }
        };
        if let Some(before) = self.ouch_logins.insert(session, address) {
            self.evict(before, "another connection logged in");
            self.ouch_logins.insert(session, address);
        }
        let stream = self.core.streams.of(session)?;
        let next = stream.count() + 1;
        let from = match request.requested_sequence {
            0 => next,
            wanted => wanted.min(next),
        };
        let feed = if from == next { Feed::Live } else { Feed::Replay(stream.seek(from)?) };
        let name = self.session_name;
        connection.answer(now_ns, |session, out| session.accept(name, from, now_ns, out));
        connection.name = request.username.to_string();
        if let Role::Ouch { login, .. } = &mut connection.role {
            *login = Some(Login { session, account, feed });
        }
        Ok(true)
    }

    fn log_in_to_door(
        &mut self,
        connection: &mut Connection,
        address: Address,
        request: &LoginRequest,
    ) -> bool {
        let now_ns = self.core.clock.now_ns();
        let durable_seq = self.core.sequencer.durable_seq();
        let Some(entry) = door::admit(request, self.core.sequencer.engine(), durable_seq) else {
            connection.answer(now_ns, |session, out| session.reject(LoginReject::NotAuthorized, out));
            return false;
        };
        if let Some(before) = self.door_logins.insert(entry.source.0, address) {
            self.evict(before, "another connection logged in");
            self.door_logins.insert(entry.source.0, address);
        }
        let name = self.session_name;
        connection.answer(now_ns, |session, out| session.accept(name, 1, now_ns, out));
        connection.send(&entry.state.encode(), now_ns);
        connection.name = request.password.expose().to_owned();
        if let Role::Door { source, .. } = &mut connection.role {
            *source = Some(entry.source);
        }
        true
    }

    /// Whoever is logged in to a session that was redefined has to log in again.
    fn drop_redefined(&mut self) {
        while let Some(session) = self.core.fold.redefined.pop() {
            if let Some(address) = self.ouch_logins.get(&session).copied() {
                self.evict(address, "the session was redefined");
            }
        }
    }
}

/// Takes a client's OUCH message, if it may have one more of its kind.
fn take_ouch(
    payload: &[u8],
    login: &Login,
    allowance: &mut Allowance,
    read_ns: i64,
    core: &mut Core,
) -> Taken {
    let message = match ouch::read(payload) {
        Ok(message) => message,
        Err(error) => return Taken::Close(format!("malformed message: {error}")),
    };
    let now_ns = read_ns.max(core.clock.now_ns());
    let Core { sequencer, fold, command, .. } = core;
    let Some(account) = fold.account(login.account) else {
        return Taken::Close(format!("account {} has no session", login.account));
    };
    let entry = ouch::enter(&message, login.account, account, fold.scales(), sequencer.engine(), command);
    let load = entry.load();
    if !allowance.take(load, now_ns) {
        if load == Load::Repeat {
            core.discarded += 1;
            return Taken::Done;
        }
        return Taken::Wait(Stall::Rate { until_ns: allowance.ready_at_ns(load) });
    }
    match entry {
        Entry::Ignored => {}
        Entry::NotOffered => {
            let what = message.layout().name.to_owned();
            core.teller.tell(&Notice::NotOffered { name: login.session.to_string(), what });
        }
        Entry::Submit(_) => {
            let submitted = core.submit_own(read_ns);
            assert!(matches!(submitted, Submitted::New { .. }), "own command {submitted:?}");
        }
    }
    Taken::Done
}

/// Takes a payload at the door.
fn take_door(
    payload: &[u8],
    source: SourceId,
    unanswered: &mut u32,
    address: Address,
    read_ns: i64,
    core: &mut Core,
) -> Taken {
    let command = match Request::decode(payload) {
        Request::Command(command) => command,
        Request::Status => return Taken::Status,
        Request::Unknown(byte) => {
            return Taken::Close(format!(
                "payload begins with {byte:?}, it must be C (command) or Q (status)"
            ));
        }
    };
    if *unanswered >= WINDOW {
        return Taken::Wait(Stall::Window);
    }
    if !core.has_room() {
        return Taken::Wait(Stall::Room);
    }
    *unanswered += 1;
    let outcome = door::submit(command, source, Nanos(utc_ns()), &mut core.sequencer, &mut core.fold);
    core.acknowledge(read_ns, (address, outcome));
    Taken::Done
}
