//! How the views are served, and every bound of it.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::certificate::Certificate;

/// What to follow and whom to serve.
#[derive(Clone, Debug)]
pub struct Config {
    /// The venue's folder.
    pub folder: PathBuf,
    /// Where WebSocket clients are served; nowhere where there is none.
    pub listen: Option<SocketAddr>,
    /// What the port shows of itself when it speaks TLS; without one it speaks plainly.
    pub certificate: Option<Certificate>,
    /// Origins from which browsers may connect; `*` for any. Clients that name no origin are no browsers and may.
    pub origins: Vec<String>,
    /// The bounds.
    pub limits: Limits,
}

impl Config {
    /// The usual, without a port.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, listen: None, certificate: None, origins: Vec::new(), limits: Limits::default() }
    }
}

/// Bounds of the hub. What happens at each stands in `docs/guides/websocket.md`.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at a time.
    pub connections: usize,
    /// Subscriptions of one connection.
    pub subscriptions: usize,
    /// Streams of one connection that speaks Binance's words.
    pub streams: usize,
    /// Requests of one such connection that are under way.
    pub calls: usize,
    /// Messages that a client may send in a second, and twice as many at once.
    pub messages_per_second: u32,
    /// Bytes of one message of a client.
    pub message_bytes: usize,
    /// Bytes that may wait for one client.
    pub queue_bytes: usize,
    /// Bytes that the system may hold for one client besides.
    pub socket_bytes: usize,
    /// Between two updates of a book, a ticker or a status.
    pub book_ms: u64,
    /// Between two updates of trades.
    pub trades_ms: u64,
    /// Without a sign of life, a pong at least, a client is cut.
    pub silence_ms: u64,
    /// How long the handshake may take.
    pub handshake_ms: u64,
    /// Requests that wait for the service.
    pub requests: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 12_000,
            subscriptions: 64,
            streams: 1_024,
            calls: 64,
            messages_per_second: 20,
            message_bytes: 64 << 10,
            queue_bytes: 1 << 20,
            socket_bytes: 64 << 10,
            book_ms: 250,
            trades_ms: 50,
            silence_ms: 4_500,
            handshake_ms: 5_000,
            requests: 10_000,
        }
    }
}
