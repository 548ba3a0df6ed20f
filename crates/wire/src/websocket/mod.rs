//! WebSocket: the handshake over HTTP/1.1, frames, and whole messages, without I/O and without extensions.
//! Source: RFC 6455.

mod base64;
mod close;
mod frame;
mod handshake;
mod receiver;
mod sha1;

pub use close::{Fault, code};
pub use frame::{FrameHead, Opcode, Peer, next_head, put_client_frame, put_close, put_frame};
pub use handshake::{
    HandshakeError, MAX_HANDSHAKE, Upgrade, accept_key, next_upgrade, put_accept, put_refusal,
};
pub use receiver::{Message, Receiver};
