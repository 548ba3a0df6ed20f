//! Indicators: numbers that follow a series, bars or quotes, one update at a time. Floats live here and nowhere below; the same code
//! serves whole arrays and single events, so that what was studied and what runs cannot differ.

mod averages;
mod channels;
mod kind;
mod kinds;
mod momentum;
mod pairs;
mod quotes;
mod range;
mod trend;
mod volume;
mod window;

pub use kind::{Indicator, Input, Kind, Parameter, Wrong};
pub use kinds::KINDS;

#[cfg(test)]
mod tests;
