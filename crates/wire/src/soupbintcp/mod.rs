//! SoupBinTCP 3.00: framing, log-in, liveness and the two sides of a session.
//!
//! A packet is a big-endian u16 length (which excludes itself), a type byte and a payload of any bytes. The server
//! numbers its sequenced packets by counting; what the client sends is not numbered. OUCH, the command door and
//! the remote event log all travel in it, so nothing here looks into a payload.
//! Source: "SoupBinTCP", version 3.00, Nasdaq.

mod client;
mod close;
mod limits;
mod liveness;
mod login;
mod packet;
mod server;

pub use client::{ClientAction, ClientSession};
pub use close::{CloseReason, SendError};
pub use limits::SessionLimits;
pub use login::{
    LOGIN_ACCEPTED_LEN, LOGIN_REJECTED_LEN, LOGIN_REQUEST_LEN, LoginAccepted, LoginError, LoginReject,
    LoginRequest, LoginText, MAX_SEQUENCE, Password, SessionName, Username,
};
pub use packet::{
    FrameError, HEADER_LEN, MAX_PAYLOAD_LEN, Packet, PacketType, next_packet, put_packet, put_packet_with,
};
pub use server::{ServerAction, ServerSession};
