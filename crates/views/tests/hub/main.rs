//! The hub from outside: real sockets, a log that grows, and a service that answers.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod binance;
mod bounds;
mod channels;
mod logins;
mod peer;
mod privacy;
#[path = "../../../engine/tests/support/mod.rs"]
mod support;
mod venue;
