//! The engine: `apply(command) -> events`. Orders, accounts, ledger, definitions; pure, no clock, no I/O, no float.
//!
//! What it does is said in `docs/concepts/engine.md`. One file per command in `commands/`: check in order of precedence,
//! change state, emit.
#![forbid(unsafe_code)]
#![deny(clippy::disallowed_types, clippy::disallowed_methods, clippy::float_arithmetic)]

#[cfg(test)]
extern crate self as garraway_engine;

mod accounts;
mod auction;
mod bands;
mod check;
mod commands;
mod day;
mod dealer;
mod dealing;
mod dealt;
mod dry_run;
mod due;
mod emit;
mod engine;
mod exposures;
mod extras;
mod groups;
mod guards;
mod index;
mod instruments;
mod leaving;
mod ledger;
mod limit_sets;
mod limits;
mod links;
mod look_ahead;
mod look_back;
mod market_sections;
mod matching;
mod meeting;
mod orders;
mod own;
mod pegs;
mod phase_section;
mod phases;
mod positions;
mod restore;
mod resuming;
mod risk_check;
mod sessions;
mod settlement;
mod snapshot;
mod sources;
mod statistics;
mod stops;
mod sweeps;
#[cfg(test)]
mod terms_tests;
mod ticks;
mod timed;
mod timers;
mod uncross;
mod walk;

pub use dealt::DealtPosition;
pub use engine::{Engine, LOGIC_VERSION, Setup};
pub use instruments::Listing;
pub use ledger::{Asset, Balance};
pub use look_ahead::LookAhead;
pub use orders::OpenOrder;
pub use restore::SnapshotFault;
pub use sessions::Session;
pub use sources::{Outcome, Screen};
