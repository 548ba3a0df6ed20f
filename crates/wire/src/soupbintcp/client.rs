//! The initiator's side of one connection: log-in, counting, heartbeats, the end.
//!
//! Sequenced packets carry no number, so both sides count; after a lost connection a new session that asks for
//! `next_sequence` of the same session name goes on without a gap.

use super::close::{CloseReason, SendError};
use super::limits::SessionLimits;
use super::liveness::Liveness;
use super::login::{LoginAccepted, LoginReject, LoginRequest, SessionName};
use super::packet::{Packet, PacketType, next_packet, put_packet};

/// What the caller has to do about the bytes that it fed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAction<'a> {
    /// No further whole packet: drop the bytes consumed and read more.
    NeedBytes,
    /// The session is open. Compare session and number with those asked for: the server may give others.
    Accepted(LoginAccepted),
    /// The server's next message.
    Sequenced {
        /// Its number.
        sequence: u64,
        /// The message.
        payload: &'a [u8],
    },
    /// A message outside the count, which is never sent again.
    Unsequenced(&'a [u8]),
    /// A server's remark, of any bytes; also possible before the answer to the log-in.
    Debug(&'a [u8]),
    /// Write what is left in the output and close the socket.
    Close(CloseReason),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    LoginSent,
    LoggedIn,
    Closed(CloseReason),
}

/// One connection made.
#[derive(Clone, Debug)]
pub struct ClientSession {
    limits: SessionLimits,
    state: State,
    login_deadline_ns: i64,
    liveness: Liveness,
    session: SessionName,
    next_sequence: u64,
}

impl ClientSession {
    /// A connection just made: the log-in goes out.
    ///
    /// # Panics
    /// A limit is out of its range (times over zero, silence over heartbeat, payload 46 to 65,534).
    #[must_use]
    pub fn new(limits: SessionLimits, login: &LoginRequest, now_ns: i64, out: &mut Vec<u8>) -> Self {
        limits.check();
        login.encode(out);
        Self {
            limits,
            state: State::LoginSent,
            login_deadline_ns: now_ns.saturating_add(limits.login_timeout_ns),
            liveness: Liveness::new(&limits, now_ns),
            session: login.requested_session,
            next_sequence: login.requested_sequence,
        }
    }

    /// Takes packets off the front of `buffer` up to the first that concerns the caller.
    ///
    /// Returns how many bytes were consumed and what to do. Call again with the rest until [`ClientAction::NeedBytes`].
    #[inline]
    pub fn receive<'a>(&mut self, buffer: &'a [u8], now_ns: i64) -> (usize, ClientAction<'a>) {
        let mut consumed = 0;
        loop {
            if let State::Closed(reason) = self.state {
                return (consumed, ClientAction::Close(reason));
            }
            match next_packet(&buffer[consumed..], self.limits.max_payload_len) {
                Ok(None) => return (consumed, ClientAction::NeedBytes),
                Ok(Some((packet, used))) => {
                    consumed += used;
                    self.liveness.heard(now_ns);
                    match self.take(packet, now_ns) {
                        Ok(None) => {}
                        Ok(Some(action)) => return (consumed, action),
                        Err(reason) => self.state = State::Closed(reason),
                    }
                }
                Err(error) => self.state = State::Closed(CloseReason::Frame(error)),
            }
        }
    }

    /// Sends a message. It may be lost with the connection: send it again after the next log-in.
    ///
    /// # Errors
    /// Not logged in, or the payload exceeds the limit.
    #[inline]
    pub fn send_unsequenced(
        &mut self,
        payload: &[u8],
        now_ns: i64,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        self.send(PacketType::Unsequenced, payload, now_ns, out)
    }

    /// Sends a remark for whoever reads the other side's logs.
    ///
    /// # Errors
    /// Not logged in, or the text exceeds the limit.
    pub fn send_debug(&mut self, text: &str, now_ns: i64, out: &mut Vec<u8>) -> Result<(), SendError> {
        self.send(PacketType::Debug, text.as_bytes(), now_ns, out)
    }

    /// Asks to leave, and closes: what the server sends from here on is not read.
    ///
    /// # Errors
    /// Not logged in.
    pub fn logout(&mut self, out: &mut Vec<u8>) -> Result<(), SendError> {
        self.expect_logged_in()?;
        put_packet(out, PacketType::LogoutRequest, &[]);
        self.state = State::Closed(CloseReason::Logout);
        Ok(())
    }

    /// Lets time pass: appends a heartbeat when one is due, gives the reason when the connection is to be closed.
    ///
    /// Feed everything that can be read first: a peer is silent only if the caller looked.
    pub fn on_time(&mut self, now_ns: i64, out: &mut Vec<u8>) -> Option<CloseReason> {
        match self.state {
            State::Closed(_) => {}
            State::LoginSent => {
                if now_ns >= self.login_deadline_ns {
                    let limit_ns = self.limits.login_timeout_ns;
                    self.state = State::Closed(CloseReason::LoginTimeout { limit_ns });
                }
            }
            State::LoggedIn => {
                if let Some(reason) = self.liveness.silence(now_ns) {
                    self.state = State::Closed(reason);
                } else if self.liveness.is_heartbeat_due(now_ns) {
                    put_packet(out, PacketType::ClientHeartbeat, &[]);
                    self.liveness.sent(now_ns);
                }
            }
        }
        self.close_reason()
    }

    /// When `on_time` has something to do next; none once closed.
    #[must_use]
    pub fn next_deadline_ns(&self) -> Option<i64> {
        match self.state {
            State::Closed(_) => None,
            State::LoginSent => Some(self.login_deadline_ns),
            State::LoggedIn => Some(self.liveness.next_deadline_ns()),
        }
    }

    /// True between the accepted log-in and the close.
    #[must_use]
    pub fn is_logged_in(&self) -> bool {
        self.state == State::LoggedIn
    }

    /// Why the session ended, if it did.
    #[must_use]
    pub fn close_reason(&self) -> Option<CloseReason> {
        match self.state {
            State::Closed(reason) => Some(reason),
            State::LoginSent | State::LoggedIn => None,
        }
    }

    /// The session: the one asked for, and from the accepted log-in on the one given.
    #[must_use]
    pub fn session(&self) -> SessionName {
        self.session
    }

    /// The number of the next sequenced packet: what to ask for after a lost connection. It outlives the close.
    #[must_use]
    pub fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// One packet: an action for the caller, nothing, or the reason to close.
    fn take<'a>(&mut self, packet: Packet<'a>, now_ns: i64) -> Result<Option<ClientAction<'a>>, CloseReason> {
        let logged_in = self.is_logged_in();
        let packet_type =
            packet.packet_type().ok_or(CloseReason::UnknownPacket { type_byte: packet.type_byte })?;
        match packet_type {
            PacketType::Debug => Ok(Some(ClientAction::Debug(packet.payload))),
            PacketType::ServerHeartbeat => packet.expect_empty(packet_type).map(|()| None),
            PacketType::LoginAccepted if !logged_in => self.enter(packet.payload, now_ns).map(Some),
            PacketType::LoginRejected if !logged_in => {
                let reject = LoginReject::decode(packet.payload).map_err(CloseReason::Login)?;
                Err(CloseReason::LoginRejected(reject))
            }
            PacketType::Sequenced if logged_in => {
                let sequence = self.next_sequence;
                self.next_sequence += 1;
                Ok(Some(ClientAction::Sequenced { sequence, payload: packet.payload }))
            }
            PacketType::Unsequenced if logged_in => Ok(Some(ClientAction::Unsequenced(packet.payload))),
            PacketType::EndOfSession if logged_in => {
                packet.expect_empty(packet_type)?;
                Err(CloseReason::EndOfSession)
            }
            _ => Err(CloseReason::UnexpectedPacket { packet_type, logged_in }),
        }
    }

    fn enter(&mut self, payload: &[u8], now_ns: i64) -> Result<ClientAction<'static>, CloseReason> {
        let accepted = LoginAccepted::decode(payload).map_err(CloseReason::Login)?;
        self.state = State::LoggedIn;
        self.session = accepted.session;
        self.next_sequence = accepted.next_sequence;
        self.liveness = Liveness::new(&self.limits, now_ns);
        Ok(ClientAction::Accepted(accepted))
    }

    #[inline]
    fn send(
        &mut self,
        packet_type: PacketType,
        payload: &[u8],
        now_ns: i64,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        self.expect_logged_in()?;
        self.limits.expect_payload(payload)?;
        put_packet(out, packet_type, payload);
        self.liveness.sent(now_ns);
        Ok(())
    }

    #[inline]
    fn expect_logged_in(&self) -> Result<(), SendError> {
        if self.is_logged_in() { Ok(()) } else { Err(SendError::NotLoggedIn) }
    }
}
