//! `garraway._native`: the only door between Python and Rust. Convert, release the GIL, call, convert. No logic.

mod arrays;
mod bench;
mod digests;
mod engine;
mod exchange;
mod itch;
mod journal;
mod signals;
mod tables;
mod trading;
mod views;

use pyo3::prelude::*;

/// The engine, the journal, the exchange process and the views, as Python sees them.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    tables::register(module)?;
    engine::register(module)?;
    journal::register(module)?;
    exchange::register(module)?;
    itch::register(module)?;
    views::register(module)?;
    signals::register(module)?;
    trading::register(module)?;
    digests::register(module)?;
    bench::register(module)
}
