//! The exchange process: one reactor thread between sockets and the sequencer.
//!
//! It may touch sockets and the files of its streams. Accept, read, decode, submit, one flush for the batch, release, send:
//! no output leaves before the durable mark has passed its command. See README.md for packets and files.
#![deny(unsafe_code)]

mod acks;
mod bucket;
mod clock;
mod config;
mod connection;
mod core;
mod delivery;
mod door;
mod error;
mod fold;
mod held;
mod latency;
mod lost;
mod notices;
mod ouch;
mod ports;
mod reactor;
mod run;
mod runfile;
mod serve;
mod signals;
mod status;
mod stop;
mod streams;
mod table;

pub use config::{Config, Limits, Times};
pub use door::{DOOR_USER, Kind, Outcome, Request, SourceState, WINDOW, malformed_code};
pub use error::ExchangeError;
pub use garraway_engine::Setup;
pub use garraway_sequencer::Durability;
pub use notices::{Notice, Notices, json_to_stderr};
pub use ouch::{REASONS, reason_of};
pub use run::{Stopped, run};
pub use signals::stop_on_signals;
pub use stop::StopHandle;
pub use streams::StreamError;
