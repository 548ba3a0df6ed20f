//! Why a session ends, and why something cannot be sent. Every message names the value and the limit.

use std::fmt;

use super::login::{LoginError, LoginReject};
use super::packet::{FrameError, PacketType};

/// Why a session ended. Once given, it stays: the session takes and sends nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The client asked to leave.
    Logout,
    /// The server declared the session over.
    EndOfSession,
    /// The server refused the log-in.
    LoginRejected(LoginReject),
    /// No accepted log-in within the time given.
    LoginTimeout {
        /// How long one waits.
        limit_ns: i64,
    },
    /// Nothing came from the peer for too long.
    PeerSilent {
        /// How long it was silent.
        silent_ns: i64,
        /// How long it may be.
        limit_ns: i64,
    },
    /// A length field that no packet may have.
    Frame(FrameError),
    /// A log-in packet whose fields cannot be read.
    Login(LoginError),
    /// A type byte that the protocol does not have.
    UnknownPacket {
        /// The byte received.
        type_byte: u8,
    },
    /// A packet of a known type that this side may not get now.
    UnexpectedPacket {
        /// Its type.
        packet_type: PacketType,
        /// Whether the session was logged in.
        logged_in: bool,
    },
    /// A packet of fixed length with another length.
    PayloadLength {
        /// Its type.
        packet_type: PacketType,
        /// Bytes of payload expected.
        expected: usize,
        /// Bytes of payload received.
        got: usize,
    },
}

impl CloseReason {
    /// True when the peer broke the protocol, rather than leaving, failing to log in or falling silent.
    #[must_use]
    pub fn is_violation(&self) -> bool {
        match self {
            Self::Logout
            | Self::EndOfSession
            | Self::LoginRejected(_)
            | Self::LoginTimeout { .. }
            | Self::PeerSilent { .. } => false,
            Self::Frame(_)
            | Self::Login(_)
            | Self::UnknownPacket { .. }
            | Self::UnexpectedPacket { .. }
            | Self::PayloadLength { .. } => true,
        }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Logout => write!(f, "logged out"),
            Self::EndOfSession => write!(f, "end of session"),
            Self::LoginRejected(reject) => write!(f, "log-in rejected: {reject}"),
            Self::LoginTimeout { limit_ns } => write!(f, "no log-in within {} ms", limit_ns / 1_000_000),
            Self::PeerSilent { silent_ns, limit_ns } => {
                write!(
                    f,
                    "peer silent for {} ms, the limit is {} ms",
                    silent_ns / 1_000_000,
                    limit_ns / 1_000_000
                )
            }
            Self::Frame(error) => write!(f, "{error}"),
            Self::Login(error) => write!(f, "{error}"),
            Self::UnknownPacket { type_byte } => write!(f, "unknown packet type 0x{type_byte:02x}"),
            Self::UnexpectedPacket { packet_type, logged_in: true } => {
                write!(f, "packet {packet_type:?} is not for this side while logged in")
            }
            Self::UnexpectedPacket { packet_type, logged_in: false } => {
                write!(f, "packet {packet_type:?} before the log-in")
            }
            Self::PayloadLength { packet_type, expected, got } => {
                write!(f, "packet {packet_type:?} with a payload of {got} bytes, it must be {expected}")
            }
        }
    }
}

impl std::error::Error for CloseReason {}

/// Why a session did not send. Nothing was appended and nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendError {
    /// No log-in waits for an answer: none came, it was answered already, or the session closed meanwhile.
    NoLoginToAnswer,
    /// The session is not logged in, or no longer.
    NotLoggedIn,
    /// The payload is longer than the session's limit.
    PayloadTooLong {
        /// Its length.
        payload_len: usize,
        /// The most that may be sent.
        limit: usize,
    },
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLoginToAnswer => write!(f, "no log-in waits for an answer"),
            Self::NotLoggedIn => write!(f, "the session is not logged in"),
            Self::PayloadTooLong { payload_len, limit } => {
                write!(f, "payload of {payload_len} bytes, the limit is {limit}")
            }
        }
    }
}

impl std::error::Error for SendError {}
