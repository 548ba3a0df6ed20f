//! The log-in request and its two answers: fixed ASCII fields, space padded on either side.
//! Source: SoupBinTCP 3.00, "Login Request Packet", "Login Accepted Packet", "Login Rejected Packet".

use std::fmt;

use super::packet::{PacketType, put_packet};

/// Payload of a log-in request: username 6, password 10, session 10, sequence number 20.
pub const LOGIN_REQUEST_LEN: usize = 46;
/// Payload of an accepted log-in: session 10, sequence number 20.
pub const LOGIN_ACCEPTED_LEN: usize = 30;
/// Payload of a rejected log-in: the reason.
pub const LOGIN_REJECTED_LEN: usize = 1;

/// The highest sequence number taken or given. A session counts up from it without an overflow.
pub const MAX_SEQUENCE: u64 = i64::MAX as u64;

const SEQUENCE_LEN: usize = 20;

/// A log-in field without its padding: up to `N` printable ASCII characters, no space at either end.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LoginText<const N: usize> {
    /// Left-justified, filled up with spaces.
    padded: [u8; N],
}

/// Who logs in. The protocol calls it case-insensitive; comparing is the caller's.
pub type Username = LoginText<6>;
/// The name of a run of sequenced packets.
pub type SessionName = LoginText<10>;

impl<const N: usize> LoginText<N> {
    /// No text at all: in a request, "the current session".
    pub const BLANK: Self = Self { padded: [b' '; N] };

    /// Takes a text, dropping spaces around it. None when it does not fit or holds other than printable ASCII.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        Self::from_padded(text.as_bytes())
    }

    /// The text without padding.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.padded).unwrap_or_default().trim_end_matches(' ')
    }

    /// True when there is no text.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        *self == Self::BLANK
    }

    fn from_padded(bytes: &[u8]) -> Option<Self> {
        let text = trim_spaces(bytes);
        if text.len() > N || !text.iter().all(|byte| (b' '..=b'~').contains(byte)) {
            return None;
        }
        let mut padded = [b' '; N];
        padded[..text.len()].copy_from_slice(text);
        Some(Self { padded })
    }

    /// Padded on the right, as names and passwords are.
    fn left_justified(&self) -> &[u8; N] {
        &self.padded
    }

    /// Padded on the left, as sessions are.
    fn right_justified(&self) -> [u8; N] {
        let mut bytes = self.padded;
        bytes.rotate_right(N - self.as_str().len());
        bytes
    }
}

impl<const N: usize> fmt::Display for LoginText<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<const N: usize> fmt::Debug for LoginText<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

/// A log-in's secret. It prints as stars, so that no log can hold it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Password(LoginText<10>);

impl Password {
    /// Takes a secret, dropping spaces around it. None when it does not fit or holds other than printable ASCII.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        LoginText::new(text).map(Self)
    }

    /// The secret itself: to check it, never to show it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What a client asks for when it connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginRequest {
    /// Who logs in.
    pub username: Username,
    /// Their secret.
    pub password: Password,
    /// The session wanted; blank for the current one.
    pub requested_session: SessionName,
    /// The number of the first sequenced packet wanted; 1 is the session's first, 0 asks for new ones only.
    pub requested_sequence: u64,
}

impl LoginRequest {
    /// Reads a log-in request's payload. Fields are trimmed on both sides; an empty sequence number counts as 0.
    ///
    /// # Errors
    /// Another length than [`LOGIN_REQUEST_LEN`], or a field that is not what it should be.
    pub fn decode(payload: &[u8]) -> Result<Self, LoginError> {
        let payload: &[u8; LOGIN_REQUEST_LEN] =
            payload.try_into().map_err(|_| LoginError::length(LOGIN_REQUEST_LEN, payload))?;
        let (username, rest) = payload.split_at(6);
        let (password, rest) = rest.split_at(10);
        let (session, sequence) = rest.split_at(10);
        Ok(Self {
            username: text_field("username", username)?,
            password: Password(text_field("password", password)?),
            requested_session: text_field("requested session", session)?,
            requested_sequence: sequence_field("requested sequence number", sequence)?,
        })
    }

    /// Appends the whole packet.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut payload = [0; LOGIN_REQUEST_LEN];
        payload[..6].copy_from_slice(self.username.left_justified());
        payload[6..16].copy_from_slice(self.password.0.left_justified());
        payload[16..26].copy_from_slice(&self.requested_session.right_justified());
        payload[26..].copy_from_slice(&sequence_bytes(self.requested_sequence));
        put_packet(out, PacketType::LoginRequest, &payload);
    }
}

/// The server's yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginAccepted {
    /// The session that the client is now in.
    pub session: SessionName,
    /// The number of the next sequenced packet that the server sends.
    pub next_sequence: u64,
}

impl LoginAccepted {
    /// Reads an accepted log-in's payload.
    ///
    /// # Errors
    /// Another length than [`LOGIN_ACCEPTED_LEN`], or a field that is not what it should be.
    pub fn decode(payload: &[u8]) -> Result<Self, LoginError> {
        let payload: &[u8; LOGIN_ACCEPTED_LEN] =
            payload.try_into().map_err(|_| LoginError::length(LOGIN_ACCEPTED_LEN, payload))?;
        let (session, sequence) = payload.split_at(10);
        Ok(Self {
            session: text_field("session", session)?,
            next_sequence: sequence_field("sequence number", sequence)?,
        })
    }

    /// Appends the whole packet.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut payload = [0; LOGIN_ACCEPTED_LEN];
        payload[..10].copy_from_slice(&self.session.right_justified());
        payload[10..].copy_from_slice(&sequence_bytes(self.next_sequence));
        put_packet(out, PacketType::LoginAccepted, &payload);
    }
}

/// The server's no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginReject {
    /// `A`: username and password do not go together.
    NotAuthorized,
    /// `S`: there is no such session, or not for this client now.
    SessionNotAvailable,
    /// A reason that the protocol does not list. Read from others, never sent by us.
    Other(u8),
}

impl LoginReject {
    /// The reason's byte.
    #[must_use]
    pub fn byte(self) -> u8 {
        match self {
            Self::NotAuthorized => b'A',
            Self::SessionNotAvailable => b'S',
            Self::Other(byte) => byte,
        }
    }

    /// Reads a rejected log-in's payload.
    ///
    /// # Errors
    /// Another length than [`LOGIN_REJECTED_LEN`].
    pub fn decode(payload: &[u8]) -> Result<Self, LoginError> {
        match payload {
            [b'A'] => Ok(Self::NotAuthorized),
            [b'S'] => Ok(Self::SessionNotAvailable),
            [other] => Ok(Self::Other(*other)),
            _ => Err(LoginError::length(LOGIN_REJECTED_LEN, payload)),
        }
    }

    /// Appends the whole packet.
    pub fn encode(self, out: &mut Vec<u8>) {
        put_packet(out, PacketType::LoginRejected, &[self.byte()]);
    }
}

impl fmt::Display for LoginReject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAuthorized => write!(f, "not authorized"),
            Self::SessionNotAvailable => write!(f, "session not available"),
            Self::Other(byte) => write!(f, "reason 0x{byte:02x}"),
        }
    }
}

/// What is wrong with a log-in packet. It names the field, never its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginError {
    /// The payload has another length.
    Length {
        /// Bytes expected.
        expected: usize,
        /// Bytes received.
        got: usize,
    },
    /// A field holds something else than printable ASCII.
    NotText {
        /// The field.
        field: &'static str,
    },
    /// A sequence number holds something else than digits, or exceeds [`MAX_SEQUENCE`].
    NotNumber {
        /// The field.
        field: &'static str,
    },
}

impl LoginError {
    fn length(expected: usize, payload: &[u8]) -> Self {
        Self::Length { expected, got: payload.len() }
    }
}

impl fmt::Display for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { expected, got } => {
                write!(f, "log-in payload of {got} bytes, it must be {expected}")
            }
            Self::NotText { field } => write!(f, "log-in {field} is not printable ASCII"),
            Self::NotNumber { field } => write!(f, "log-in {field} is not a number from 0 to {MAX_SEQUENCE}"),
        }
    }
}

impl std::error::Error for LoginError {}

fn text_field<const N: usize>(field: &'static str, bytes: &[u8]) -> Result<LoginText<N>, LoginError> {
    LoginText::from_padded(bytes).ok_or(LoginError::NotText { field })
}

fn sequence_field(field: &'static str, bytes: &[u8]) -> Result<u64, LoginError> {
    let number = trim_spaces(bytes).iter().try_fold(0_u64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    });
    number.filter(|number| *number <= MAX_SEQUENCE).ok_or(LoginError::NotNumber { field })
}

/// Right-justified digits.
fn sequence_bytes(sequence: u64) -> [u8; SEQUENCE_LEN] {
    let mut bytes = [b' '; SEQUENCE_LEN];
    let mut rest = sequence;
    for byte in bytes.iter_mut().rev() {
        *byte = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    bytes
}

fn trim_spaces(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|byte| *byte != b' ').unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|byte| *byte != b' ').map_or(start, |last| last + 1);
    &bytes[start..end]
}
