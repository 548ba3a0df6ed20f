//! The hub in the words of Binance's spot market: market streams, and the WebSocket API with the user data stream. A
//! mapping, not affiliated with Binance.
//!
//! `stream` what a stream is named; `request` what clients send; `serve` and `calls` what they get for it; `channels` who
//! listens; `market` and `account` the texts; `publish` when they are sent.
//!
//! Source: Binance Spot API documentation, "WebSocket Streams", "WebSocket API", "User Data Streams".

mod account;
mod calls;
mod channels;
mod market;
mod publish;
mod request;
mod serve;
mod stream;

pub use channels::Streams;
use stream::Stream;

/// What stands in front of every path of this interface.
pub const PREFIX: &str = "/binance/";

/// What a connection is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Door {
    /// Market streams; whether each message names its stream.
    Streams {
        /// Whether.
        combined: bool,
    },
    /// Requests of the WebSocket API, and the user data stream.
    Requests {
        /// The account that the client named, as it wrote it.
        account: String,
    },
}

/// A connection that speaks so.
#[derive(Debug)]
pub struct Session {
    door: Door,
    /// What it listens to.
    streams: Vec<Stream>,
    /// Requests that the service has not answered.
    calls: usize,
    /// The account whose events it gets.
    follows: Option<u32>,
}
