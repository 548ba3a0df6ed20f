//! Benchmarks on workloads with known answers.

use std::path::PathBuf;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use garraway_benches::{EngineWorkload, Report, Workload};

/// Adds the benchmarks to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(bench_book, module)?)?;
    module.add_function(wrap_pyfunction!(bench_engine, module)?)?;
    module.add_function(wrap_pyfunction!(bench_engine_batches, module)?)?;
    module.add_function(wrap_pyfunction!(bench_commands, module)?)
}

fn load(path: PathBuf) -> PyResult<Workload> {
    Workload::load(&path).map_err(|error| PyValueError::new_err(format!("{}: {error}", path.display())))
}

fn table(py: Python<'_>, report: Report) -> PyResult<Bound<'_, PyDict>> {
    let row = PyDict::new(py);
    row.set_item("ns_per_op", report.ns_per_op)?;
    row.set_item("p50_ns", report.p50_ns)?;
    row.set_item("p99_ns", report.p99_ns)?;
    row.set_item("p999_ns", report.p999_ns)?;
    row.set_item("trades", report.trades)?;
    row.set_item("rejects", report.rejects)?;
    row.set_item("tape", report.tape)?;
    row.set_item("runs", report.runs)?;
    Ok(row)
}

/// Runs a workload through the book alone.
#[pyfunction]
#[pyo3(signature = (path, repeats = 7))]
fn bench_book(py: Python<'_>, path: PathBuf, repeats: usize) -> PyResult<Bound<'_, PyDict>> {
    let workload = load(path)?;
    table(py, py.detach(|| garraway_benches::bench_book(&workload, repeats)))
}

/// Runs a workload through the whole engine.
#[pyfunction]
#[pyo3(signature = (path, repeats = 7))]
fn bench_engine(py: Python<'_>, path: PathBuf, repeats: usize) -> PyResult<Bound<'_, PyDict>> {
    let workload = load(path)?;
    table(py, py.detach(|| garraway_benches::bench_engine(&workload, repeats)))
}

/// Runs a workload through the engine in batches, without hashing events: ns for one operation, a figure a run.
#[pyfunction]
#[pyo3(signature = (path, chunk = 65_536, repeats = 7))]
fn bench_engine_batches(py: Python<'_>, path: PathBuf, chunk: usize, repeats: usize) -> PyResult<Vec<f64>> {
    let workload = load(path)?;
    Ok(py.detach(|| garraway_benches::bench_engine_batches(&workload, chunk, repeats)))
}

/// A workload as commands: those that define and fund the venue, the operations, 96 bytes each, and the most orders open at a time.
#[pyfunction]
fn bench_commands(
    py: Python<'_>,
    path: PathBuf,
) -> PyResult<(Bound<'_, PyBytes>, Bound<'_, PyBytes>, usize)> {
    let workload = EngineWorkload::new(&load(path)?);
    Ok((PyBytes::new(py, &workload.setup), PyBytes::new(py, &workload.commands), workload.peak))
}
