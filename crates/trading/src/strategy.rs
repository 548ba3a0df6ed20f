//! What a strategy is to a desk. Compiled ones implement this in Rust; `crates/python` implements it for Python's.

use std::error::Error;

use crate::desk::Desk;
use crate::market::{Bar, Fill, Level, Quote, Trade};
use crate::timing::Every;

/// Why a handler did not end well.
pub type Failure = Box<dyn Error + Send + Sync>;

/// Which handlers a strategy has, and how often they are called. What it has not is never called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Handlers {
    /// `on_bar`.
    pub bar: Option<Every>,
    /// `on_quote`.
    pub quote: Option<Every>,
    /// `on_trade`.
    pub trade: Option<Every>,
    /// `on_book`.
    pub book: Option<Every>,
    /// `on_fill`.
    pub fill: bool,
    /// `on_order`.
    pub order: bool,
    /// `on_timer`.
    pub timer: bool,
}

/// A strategy. Instruments are named by their place in the desk.
///
/// # Errors
/// A handler that fails ends the run, or is counted, by the rule of the venue around the desk.
#[allow(unused_variables, reason = "handlers that a strategy does not have do nothing")]
pub trait Strategy {
    /// The handlers that it has; asked once, before it starts.
    fn handlers(&self) -> Handlers;

    /// Before the first event: binds indicators, sets timers.
    fn start(&mut self, desk: &mut Desk) -> Result<(), Failure> {
        Ok(())
    }

    /// A bar is whole.
    fn on_bar(&mut self, desk: &mut Desk, instrument: usize, bar: &Bar) -> Result<(), Failure> {
        Ok(())
    }

    /// A quote was given.
    fn on_quote(&mut self, desk: &mut Desk, instrument: usize, quote: &Quote) -> Result<(), Failure> {
        Ok(())
    }

    /// Others traded.
    fn on_trade(&mut self, desk: &mut Desk, instrument: usize, trade: &Trade) -> Result<(), Failure> {
        Ok(())
    }

    /// The levels of a book changed.
    fn on_book(
        &mut self,
        desk: &mut Desk,
        instrument: usize,
        bids: &[Level],
        asks: &[Level],
    ) -> Result<(), Failure> {
        Ok(())
    }

    /// An order of ours filled; the position has it already.
    fn on_fill(&mut self, desk: &mut Desk, fill: &Fill) -> Result<(), Failure> {
        Ok(())
    }

    /// An order of ours, by its reference, stands elsewhere than before.
    fn on_order(&mut self, desk: &mut Desk, client_ref: u64) -> Result<(), Failure> {
        Ok(())
    }

    /// A timer is due, by its place among the timers.
    fn on_timer(&mut self, desk: &mut Desk, timer: usize) -> Result<(), Failure> {
        Ok(())
    }

    /// After the last event.
    fn stop(&mut self, desk: &mut Desk) -> Result<(), Failure> {
        Ok(())
    }
}
