//! The hub: one thread that follows the log, folds it and serves WebSocket clients.

mod reactor;

pub use reactor::{Hub, WAKE};
