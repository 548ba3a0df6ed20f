//! The single writer: numbers and stamps commands, journals them, applies them, and lets no event out before the
//! durable mark has passed its command. After a crash it replays the journal to the same state.
//!
//! May touch disk and clock (threads that wait for the disk). Layouts: `README.md` and [`layout`].
#![forbid(unsafe_code)]

mod commit;
mod damage;
mod dump;
mod event_log;
mod event_reader;
mod event_repair;
mod extent;
pub mod layout;
mod lock;
mod prepare;
mod recover;
mod scan;
mod segment;
mod sequencer;
mod verify;
mod writer;

pub use commit::{Durability, Wake};
pub use damage::{Cut, Damage, Fault, JournalError, RecoverError};
pub use dump::{DumpEntry, DumpRow, dump};
pub use event_reader::{EventLogError, EventReader};
pub use extent::{Extent, Reached, Stretch, Until, extent};
pub use recover::Report;
pub use sequencer::{Observer, Options, Sequencer, Submitted};
pub use verify::{EventLogState, ReplayReport, VerifyReport, verify};

#[cfg(test)]
mod tests;
