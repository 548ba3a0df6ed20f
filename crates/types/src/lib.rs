//! The vocabulary: ids, numbers, and the records of commands, events and rejects.
//!
//! Touches nothing. Every record is little-endian, of fixed layout, and is read and written without
//! `unsafe`; the layouts are tables, from which the Python side and the reference pages are made.
#![forbid(unsafe_code)]
#![deny(clippy::disallowed_types, clippy::disallowed_methods, clippy::float_arithmetic)]

mod bodies;
mod codes;
mod command;
mod event;
mod hash;
pub mod limits;
mod numbers;
mod record;
mod reference;
mod reject;

pub use bodies::*;
pub use codes::*;
pub use command::*;
pub use event::*;
pub use hash::*;
pub use numbers::*;
pub use record::*;
pub use reference::*;
pub use reject::*;
