//! The acceptor's side of one connection: log-in, numbering, heartbeats, the end.
//!
//! The caller owns socket, clock and buffers. It feeds received bytes, asks `on_time` when `next_deadline_ns` has
//! come, writes what was appended to its output, and closes the socket when a close reason is given.

use super::close::{CloseReason, SendError};
use super::limits::SessionLimits;
use super::liveness::Liveness;
use super::login::{LoginAccepted, LoginReject, LoginRequest, MAX_SEQUENCE, SessionName};
use super::packet::{Packet, PacketType, next_packet, put_packet, put_packet_with};

/// What the caller has to do about the bytes that it fed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerAction<'a> {
    /// No further whole packet: drop the bytes consumed and read more.
    NeedBytes,
    /// Answer with [`ServerSession::accept`] or [`ServerSession::reject`], then go on feeding.
    Login(LoginRequest),
    /// The log-in is not answered yet; nothing was consumed.
    AwaitingDecision,
    /// A client's message.
    Unsequenced(&'a [u8]),
    /// A client's remark, of any bytes; also possible before the log-in.
    Debug(&'a [u8]),
    /// Write what is left in the output and close the socket.
    Close(CloseReason),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    AwaitingLogin,
    Deciding,
    LoggedIn,
    Closed(CloseReason),
}

/// One accepted connection.
#[derive(Clone, Debug)]
pub struct ServerSession {
    limits: SessionLimits,
    state: State,
    login_deadline_ns: i64,
    liveness: Liveness,
    next_sequence: u64,
}

impl ServerSession {
    /// A connection just accepted: it waits for the log-in.
    ///
    /// # Panics
    /// A limit is out of its range (times over zero, silence over heartbeat, payload 46 to 65,534).
    #[must_use]
    pub fn new(limits: SessionLimits, now_ns: i64) -> Self {
        limits.check();
        Self {
            limits,
            state: State::AwaitingLogin,
            login_deadline_ns: now_ns.saturating_add(limits.login_timeout_ns),
            liveness: Liveness::new(&limits, now_ns),
            next_sequence: 1,
        }
    }

    /// Takes packets off the front of `buffer` up to the first that concerns the caller.
    ///
    /// Returns how many bytes were consumed and what to do. Call again with the rest until [`ServerAction::NeedBytes`].
    #[inline]
    pub fn receive<'a>(&mut self, buffer: &'a [u8], now_ns: i64) -> (usize, ServerAction<'a>) {
        let mut consumed = 0;
        loop {
            match self.state {
                State::Closed(reason) => return (consumed, ServerAction::Close(reason)),
                State::Deciding => return (consumed, ServerAction::AwaitingDecision),
                State::AwaitingLogin | State::LoggedIn => {}
            }
            match next_packet(&buffer[consumed..], self.limits.max_payload_len) {
                Ok(None) => return (consumed, ServerAction::NeedBytes),
                Ok(Some((packet, used))) => {
                    consumed += used;
                    self.liveness.heard(now_ns);
                    match self.take(packet) {
                        Ok(None) => {}
                        Ok(Some(action)) => return (consumed, action),
                        Err(reason) => self.state = State::Closed(reason),
                    }
                }
                Err(error) => self.state = State::Closed(CloseReason::Frame(error)),
            }
        }
    }

    /// Lets the client in: the answer goes out and counting starts at `next_sequence`.
    ///
    /// For a replay from an older number give that number and send the older payloads first.
    ///
    /// # Errors
    /// No log-in waits for an answer.
    /// # Panics
    /// `next_sequence` is not 1 to [`MAX_SEQUENCE`].
    pub fn accept(
        &mut self,
        session: SessionName,
        next_sequence: u64,
        now_ns: i64,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        assert!(
            (1..=MAX_SEQUENCE).contains(&next_sequence),
            "next_sequence {next_sequence} must be 1 to {MAX_SEQUENCE}"
        );
        self.expect_decision()?;
        LoginAccepted { session, next_sequence }.encode(out);
        self.state = State::LoggedIn;
        self.next_sequence = next_sequence;
        self.liveness = Liveness::new(&self.limits, now_ns);
        Ok(())
    }

    /// Refuses the client: the answer goes out and the session closes.
    ///
    /// # Errors
    /// No log-in waits for an answer.
    pub fn reject(&mut self, reject: LoginReject, out: &mut Vec<u8>) -> Result<(), SendError> {
        self.expect_decision()?;
        reject.encode(out);
        self.state = State::Closed(CloseReason::LoginRejected(reject));
        Ok(())
    }

    /// Sends a payload that counts and returns its number.
    ///
    /// # Errors
    /// Not logged in, or the payload exceeds the limit.
    #[inline]
    pub fn send_sequenced(
        &mut self,
        payload: &[u8],
        now_ns: i64,
        out: &mut Vec<u8>,
    ) -> Result<u64, SendError> {
        self.send(PacketType::Sequenced, payload, now_ns, out)?;
        Ok(self.count())
    }

    /// Sends a payload that counts, appended in place by `write`, and returns its number.
    ///
    /// # Errors
    /// Not logged in, or `write` appended more than the limit; then nothing is sent.
    #[inline]
    pub fn send_sequenced_with(
        &mut self,
        now_ns: i64,
        out: &mut Vec<u8>,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<u64, SendError> {
        self.expect_logged_in()?;
        put_packet_with(out, PacketType::Sequenced, self.limits.max_payload_len, write)?;
        self.liveness.sent(now_ns);
        Ok(self.count())
    }

    /// Sends a payload that is not counted and never sent again.
    ///
    /// # Errors
    /// Not logged in, or the payload exceeds the limit.
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

    /// Tells the client that the session is over, and closes.
    ///
    /// # Errors
    /// Not logged in.
    pub fn end_session(&mut self, out: &mut Vec<u8>) -> Result<(), SendError> {
        self.expect_logged_in()?;
        put_packet(out, PacketType::EndOfSession, &[]);
        self.state = State::Closed(CloseReason::EndOfSession);
        Ok(())
    }

    /// Lets time pass: appends a heartbeat when one is due, gives the reason when the connection is to be closed.
    ///
    /// Feed everything that can be read first: a peer is silent only if the caller looked.
    pub fn on_time(&mut self, now_ns: i64, out: &mut Vec<u8>) -> Option<CloseReason> {
        match self.state {
            State::Closed(_) => {}
            State::AwaitingLogin | State::Deciding => {
                if now_ns >= self.login_deadline_ns {
                    let limit_ns = self.limits.login_timeout_ns;
                    self.state = State::Closed(CloseReason::LoginTimeout { limit_ns });
                }
            }
            State::LoggedIn => {
                if let Some(reason) = self.liveness.silence(now_ns) {
                    self.state = State::Closed(reason);
                } else if self.liveness.is_heartbeat_due(now_ns) {
                    put_packet(out, PacketType::ServerHeartbeat, &[]);
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
            State::AwaitingLogin | State::Deciding => Some(self.login_deadline_ns),
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
            State::AwaitingLogin | State::Deciding | State::LoggedIn => None,
        }
    }

    /// The number that the next sequenced packet gets.
    #[must_use]
    pub fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// One packet: an action for the caller, nothing, or the reason to close.
    fn take<'a>(&mut self, packet: Packet<'a>) -> Result<Option<ServerAction<'a>>, CloseReason> {
        let logged_in = self.is_logged_in();
        let packet_type =
            packet.packet_type().ok_or(CloseReason::UnknownPacket { type_byte: packet.type_byte })?;
        match packet_type {
            PacketType::Debug => Ok(Some(ServerAction::Debug(packet.payload))),
            PacketType::LoginRequest if !logged_in => {
                let request = LoginRequest::decode(packet.payload).map_err(CloseReason::Login)?;
                self.state = State::Deciding;
                Ok(Some(ServerAction::Login(request)))
            }
            PacketType::Unsequenced if logged_in => Ok(Some(ServerAction::Unsequenced(packet.payload))),
            PacketType::ClientHeartbeat if logged_in => packet.expect_empty(packet_type).map(|()| None),
            PacketType::LogoutRequest if logged_in => {
                packet.expect_empty(packet_type)?;
                Err(CloseReason::Logout)
            }
            _ => Err(CloseReason::UnexpectedPacket { packet_type, logged_in }),
        }
    }

    #[inline]
    fn count(&mut self) -> u64 {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        sequence
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

    fn expect_decision(&self) -> Result<(), SendError> {
        if self.state == State::Deciding { Ok(()) } else { Err(SendError::NoLoginToAnswer) }
    }

    #[inline]
    fn expect_logged_in(&self) -> Result<(), SendError> {
        if self.is_logged_in() { Ok(()) } else { Err(SendError::NotLoggedIn) }
    }
}
