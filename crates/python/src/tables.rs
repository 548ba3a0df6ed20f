//! The tables of the vocabulary, for Python: dtypes, kinds, reasons, limits, reference pages.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use garraway_types::{
    CommandHead, CommandKind, EventKind, EventSink, FIXED_COMMAND, FixedBody, Record, Reject, SessionAccount,
    limits, reference_pages,
};

use crate::arrays::{columns, dtype, event_dtype};

/// Events that the buffer given to `Engine.apply` must hold at least.
pub const MIN_EVENTS: usize = EventSink::RESERVE.div_ceil(garraway_types::EVENT_SIZE);

/// The dtype of commands of fixed size.
pub fn command_dtype(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let mut fields = columns(CommandHead::FIELDS, 0);
    fields.retain(|(name, _, _)| name != "reserved");
    fields.extend(columns(FixedBody::FIELDS, CommandHead::SIZE));
    dtype(py, &fields, FIXED_COMMAND)
}

/// Adds the tables to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("COMMAND", command_dtype(py)?)?;
    module.add("EVENT", event_dtype(py)?)?;
    module.add("MIN_EVENTS", MIN_EVENTS)?;
    module.add("LOGIC_VERSION", garraway_engine::LOGIC_VERSION)?;
    module.add("COMMANDS", commands(py)?)?;
    module.add("COMMAND_HEAD", fields(py, &columns(CommandHead::FIELDS, 0))?)?;
    module.add("SESSION_ACCOUNT", fields(py, &columns(SessionAccount::FIELDS, 0))?)?;
    module.add("EVENTS", events(py)?)?;
    module.add("REJECTS", rejects(py)?)?;
    module.add("LIMITS", limit_table(py)?)?;
    module.add_function(wrap_pyfunction!(reference, module)?)
}

fn fields<'py>(py: Python<'py>, columns: &[(String, String, usize)]) -> PyResult<Bound<'py, PyList>> {
    PyList::new(py, columns.iter().map(|(name, format, offset)| (name, *offset, format)))
}

fn commands(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let table = PyDict::new(py);
    for spec in CommandKind::ALL {
        let row = PyDict::new(py);
        row.set_item("code", spec.kind as u8)?;
        row.set_item("doc", spec.doc)?;
        row.set_item("right", spec.right)?;
        row.set_item("size", CommandHead::SIZE + spec.body_size)?;
        row.set_item("item_size", spec.item_size)?;
        row.set_item("uses", PyList::new(py, spec.uses)?)?;
        row.set_item("fields", fields(py, &columns(spec.fields, CommandHead::SIZE))?)?;
        row.set_item("item_fields", fields(py, &columns(spec.item_fields, 0))?)?;
        table.set_item(spec.name, row)?;
    }
    Ok(table)
}

fn events(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let table = PyDict::new(py);
    for spec in EventKind::ALL {
        let row = PyDict::new(py);
        row.set_item("code", spec.kind as u8)?;
        row.set_item("doc", spec.doc)?;
        row.set_item("audience", format!("{:?}", spec.audience).to_lowercase())?;
        table.set_item(spec.name, row)?;
    }
    Ok(table)
}

fn rejects(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let table = PyDict::new(py);
    for spec in Reject::ALL {
        let row = PyDict::new(py);
        row.set_item("code", spec.reason as u8)?;
        row.set_item("doc", spec.doc)?;
        row.set_item("remedy", spec.remedy)?;
        table.set_item(spec.name, row)?;
    }
    Ok(table)
}

fn limit_table(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let table = PyDict::new(py);
    for spec in limits::ALL {
        table.set_item(spec.name, spec.value)?;
    }
    Ok(table)
}

/// The pages of the reference: file name below `docs/reference` -> Markdown.
#[pyfunction]
fn reference(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let pages = PyDict::new(py);
    for page in reference_pages() {
        pages.set_item(page.file, page.text)?;
    }
    Ok(pages)
}
