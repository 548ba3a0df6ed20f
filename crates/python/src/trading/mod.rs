//! Strategies in Python: the base class with its verbs, what handlers are given, and runs over recorded markets.

mod called;
mod indicator;
mod live;
mod run;
mod strategy;
mod told;

use pyo3::prelude::*;

/// Adds the classes.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    strategy::register(module)?;
    indicator::register(module)?;
    live::register(module)?;
    told::register(module)?;
    run::register(module)
}
