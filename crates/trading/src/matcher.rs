//! What executes orders in a simulated venue: quotes and commands in, events out.

use garraway_types::EventSink;

use crate::market::Quote;

/// A matcher. What it says stands in `out` as bare events.
pub trait Matcher {
    /// Takes a new quote of an instrument, by its number.
    fn quote(&mut self, instrument: u32, quote: &Quote, out: &mut EventSink<'_>);

    /// Takes a command.
    fn command(&mut self, at_ns: i64, record: &[u8], out: &mut EventSink<'_>);
}
