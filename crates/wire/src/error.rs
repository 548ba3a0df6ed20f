//! What is wrong with bytes that should be a message.

use std::fmt;

/// Bytes that are not the message expected. Nothing was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// No bytes at all.
    Empty,
    /// The direction has no message of this type.
    UnknownType {
        /// The first byte.
        type_byte: u8,
    },
    /// Another message than the one asked for.
    WrongType {
        /// The message asked for.
        message: &'static str,
        /// Its type byte.
        expected: u8,
        /// The first byte.
        got: u8,
    },
    /// A message of the right type and another length.
    Length {
        /// The message.
        message: &'static str,
        /// Its type byte.
        type_byte: u8,
        /// Its length, type byte included.
        expected: usize,
        /// The bytes given.
        got: usize,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "empty message, at least the type byte is needed"),
            Self::UnknownType { type_byte } => write!(f, "unknown message type 0x{type_byte:02x}"),
            Self::WrongType { message, expected, got } => {
                write!(f, "message type 0x{got:02x}, {message} is 0x{expected:02x}")
            }
            Self::Length { message, type_byte, expected, got } => {
                write!(f, "{message} (type 0x{type_byte:02x}) of {got} bytes, it must be {expected}")
            }
        }
    }
}

impl std::error::Error for DecodeError {}
