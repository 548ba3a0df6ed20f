//! Framing: where a packet ends, what type it has, and how one is written.
//! Source: SoupBinTCP 3.00, "Logical Packets".

use std::fmt;

use super::close::{CloseReason, SendError};

/// Bytes before the payload: a big-endian u16 length and the type byte.
pub const HEADER_LEN: usize = 3;

/// The longest payload that the length field can state.
pub const MAX_PAYLOAD_LEN: usize = u16::MAX as usize - 1;

/// What a packet is for. The type bytes of the two directions do not overlap, but for `Debug` and `Unsequenced`,
/// which both sides may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum PacketType {
    /// Either side: free text that a session does not act on.
    Debug = b'+',
    /// Server: the log-in holds; names the session and the number of the next sequenced packet.
    LoginAccepted = b'A',
    /// Server: the log-in does not hold; the connection ends.
    LoginRejected = b'J',
    /// Server: a payload that counts.
    Sequenced = b'S',
    /// Server: nothing else was sent for a heartbeat interval.
    ServerHeartbeat = b'H',
    /// Server: the session is over and no more packets will come.
    EndOfSession = b'Z',
    /// Client: who wants which session from which number.
    LoginRequest = b'L',
    /// Either side: a payload that is not counted and not sent again.
    Unsequenced = b'U',
    /// Client: nothing else was sent for a heartbeat interval.
    ClientHeartbeat = b'R',
    /// Client: it leaves.
    LogoutRequest = b'O',
}

impl PacketType {
    /// Every type, in the order of the declaration.
    pub const ALL: [Self; 10] = [
        Self::Debug,
        Self::LoginAccepted,
        Self::LoginRejected,
        Self::Sequenced,
        Self::ServerHeartbeat,
        Self::EndOfSession,
        Self::LoginRequest,
        Self::Unsequenced,
        Self::ClientHeartbeat,
        Self::LogoutRequest,
    ];

    /// The byte on the wire.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self as u8
    }

    /// The type of a byte from the wire; none when the protocol has no such type.
    #[must_use]
    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|packet_type| packet_type.byte() == byte)
    }
}

/// One whole packet, borrowed from the receive buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// The type byte as received; it may name no known type.
    pub type_byte: u8,
    /// Everything behind the type byte.
    pub payload: &'a [u8],
}

impl Packet<'_> {
    /// The type, if the protocol knows it.
    #[must_use]
    pub fn packet_type(&self) -> Option<PacketType> {
        PacketType::from_byte(self.type_byte)
    }

    /// Refuses a payload in a packet that has none.
    pub(super) fn expect_empty(&self, packet_type: PacketType) -> Result<(), CloseReason> {
        match self.payload.len() {
            0 => Ok(()),
            got => Err(CloseReason::PayloadLength { packet_type, expected: 0, got }),
        }
    }
}

/// A length field that no packet may have. The stream cannot be read on: close it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// The length is zero, so that there is no type byte.
    Empty,
    /// The payload would be longer than the reader takes.
    TooLong {
        /// Bytes that the length field announces behind the type byte.
        payload_len: usize,
        /// The most that this reader takes.
        limit: usize,
    },
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "packet length 0, at least 1 is needed for the type byte"),
            Self::TooLong { payload_len, limit } => {
                write!(f, "packet payload of {payload_len} bytes, the limit is {limit}")
            }
        }
    }
}

impl std::error::Error for FrameError {}

/// Splits the first packet off a receive buffer.
///
/// Returns the packet and how many bytes it took; `None` while the buffer does not hold all of it. A bad length is
/// reported as soon as its two bytes are there, before any payload is waited for.
///
/// # Errors
/// The length field is zero or its payload exceeds `max_payload_len`.
#[inline]
pub fn next_packet(buffer: &[u8], max_payload_len: usize) -> Result<Option<(Packet<'_>, usize)>, FrameError> {
    let [high, low, rest @ ..] = buffer else { return Ok(None) };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    if length == 0 {
        return Err(FrameError::Empty);
    }
    if length - 1 > max_payload_len {
        return Err(FrameError::TooLong { payload_len: length - 1, limit: max_payload_len });
    }
    let Some((type_byte, payload)) = rest.get(..length).and_then(<[u8]>::split_first) else {
        return Ok(None);
    };
    Ok(Some((Packet { type_byte: *type_byte, payload }, 2 + length)))
}

/// Appends one packet with the payload given.
///
/// # Panics
/// The payload is longer than [`MAX_PAYLOAD_LEN`].
#[inline]
pub fn put_packet(out: &mut Vec<u8>, packet_type: PacketType, payload: &[u8]) {
    assert!(
        payload.len() <= MAX_PAYLOAD_LEN,
        "payload of {} bytes, the limit is {MAX_PAYLOAD_LEN}",
        payload.len()
    );
    let [high, low] = (payload.len() as u16 + 1).to_be_bytes();
    out.extend_from_slice(&[high, low, packet_type.byte()]);
    out.extend_from_slice(payload);
}

/// Appends one packet whose payload `write` appends in place, which spares a copy.
///
/// # Errors
/// `write` appended more than `max_payload_len` bytes; then `out` is as it was before.
/// # Panics
/// `max_payload_len` is over [`MAX_PAYLOAD_LEN`], or `write` takes bytes away.
#[inline]
pub fn put_packet_with(
    out: &mut Vec<u8>,
    packet_type: PacketType,
    max_payload_len: usize,
    write: impl FnOnce(&mut Vec<u8>),
) -> Result<(), SendError> {
    assert!(max_payload_len <= MAX_PAYLOAD_LEN, "limit of {max_payload_len} bytes exceeds {MAX_PAYLOAD_LEN}");
    let start = out.len();
    out.extend_from_slice(&[0, 0, packet_type.byte()]);
    write(out);
    assert!(out.len() >= start + HEADER_LEN, "the payload's writer may only append");
    let payload_len = out.len() - start - HEADER_LEN;
    if payload_len > max_payload_len {
        out.truncate(start);
        return Err(SendError::PayloadTooLong { payload_len, limit: max_payload_len });
    }
    out[start..start + 2].copy_from_slice(&(payload_len as u16 + 1).to_be_bytes());
    Ok(())
}
