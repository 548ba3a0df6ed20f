//! Close codes, and what a peer did wrong. Source: RFC 6455, section 7.4.

use std::fmt;

/// Close codes.
pub mod code {
    /// The connection has done what it was for.
    pub const NORMAL: u16 = 1000;
    /// This side goes away.
    pub const GOING_AWAY: u16 = 1001;
    /// The peer broke the protocol.
    pub const PROTOCOL: u16 = 1002;
    /// The peer sent a kind of message that is not taken here.
    pub const UNSUPPORTED: u16 = 1003;
    /// A text that is no UTF-8.
    pub const NOT_TEXT: u16 = 1007;
    /// The peer broke a rule of this service.
    pub const POLICY: u16 = 1008;
    /// A message longer than is taken here.
    pub const TOO_BIG: u16 = 1009;
    /// This side cannot serve now; try later.
    pub const TRY_LATER: u16 = 1013;
}

/// What a peer did wrong. The stream cannot be read on: close it with [`Fault::code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Reserved bits are set, though no extension was agreed upon.
    ReservedBits,
    /// There is no such opcode.
    UnknownOpcode(u8),
    /// A client's frame is not masked, or a server's is.
    Masking,
    /// A control frame is a fragment, or longer than 125 bytes.
    ControlFrame,
    /// A length that a shorter form can say, or with its highest bit set.
    LengthForm,
    /// A continuation of nothing, or a new message within another.
    Fragmentation,
    /// A close frame with one byte, or with a code that must not be sent.
    CloseFrame,
    /// A text, or the reason of a close frame, is no UTF-8.
    NotText,
    /// A message is longer than the reader takes.
    TooBig {
        /// Bytes that it would have at least.
        length: u64,
        /// The most that this reader takes.
        limit: usize,
    },
}

impl Fault {
    /// The code to close with.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::NotText => code::NOT_TEXT,
            Self::TooBig { .. } => code::TOO_BIG,
            _ => code::PROTOCOL,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReservedBits => write!(f, "reserved bits are set, no extension was agreed upon"),
            Self::UnknownOpcode(opcode) => write!(f, "opcode {opcode} is unknown"),
            Self::Masking => write!(f, "frames of clients are masked, those of servers are not"),
            Self::ControlFrame => write!(f, "a control frame is whole and has at most 125 bytes"),
            Self::LengthForm => write!(f, "a length is said in its shortest form, below 2^63"),
            Self::Fragmentation => write!(f, "fragments of a message follow each other"),
            Self::CloseFrame => write!(f, "a close frame is empty or has a code that may be sent"),
            Self::NotText => write!(f, "a text is no UTF-8"),
            Self::TooBig { length, limit } => write!(f, "message of {length} bytes, the limit is {limit}"),
        }
    }
}

impl std::error::Error for Fault {}

/// Whether a peer may send this code.
pub(super) const fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}
