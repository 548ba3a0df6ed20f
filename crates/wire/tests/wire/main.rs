//! What the protocols promise, checked from outside: golden bytes, layouts, any bytes at all, whole sessions.
#![allow(clippy::unwrap_used)]

mod golden;
mod itch_golden;
mod ouch_golden;
mod ouch_layout;
mod random;
mod random_bytes;
mod soupbintcp_login;
mod soupbintcp_packets;
mod soupbintcp_sessions;
mod websocket;
