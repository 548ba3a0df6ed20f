//! Views of the event log, kept in memory: open orders, money, positions, books, and the WebSocket clients that are told of
//! them. May touch the event log's files, sockets and the clock.
#![forbid(unsafe_code)]

mod bell;
mod certificate;
mod config;
pub mod decimals;
pub mod fold;
mod hub;
mod shared;
mod tail;
mod views;

pub use bell::Bell;
pub use certificate::{Certificate, CertificateInvalid};
pub use config::{Config, Limits};
pub use shared::{Answer, Cause, Figures, Request, Shared, Whom};
pub use views::Views;
