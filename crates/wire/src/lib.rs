//! The protocols that clients speak, without I/O: bytes in, messages and decisions out.
//!
//! May touch nothing but bytes. Every session takes the time as nanoseconds since the Unix epoch and appends
//! what it wants to send to the caller's buffer, so that acceptor, initiator, tests and fuzzers share one codec.

mod error;
pub mod itch;
mod layout;
pub mod ouch;
pub mod soupbintcp;
pub mod websocket;
