//! The journal and the event log of a venue, for reading.

use std::path::PathBuf;

use pyo3::exceptions::{PyOSError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use garraway_sequencer::{
    DumpEntry, DumpRow, EventLogError, EventLogState, EventReader, Extent, Reached, RecoverError,
    ReplayReport, Stretch, Until, VerifyReport, dump, extent, verify,
};
use garraway_types::{CommandHead, EVENT_SIZE, Event, Nanos, Record, events_in};

use crate::arrays::{event_dtype, records};

/// Adds the readers to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(journal_verify, module)?)?;
    module.add_function(wrap_pyfunction!(journal_dump, module)?)?;
    module.add_function(wrap_pyfunction!(journal_extent, module)?)?;
    module.add_function(wrap_pyfunction!(read_events, module)?)?;
    module.add_class::<PyEventReader>()
}

fn unreadable(error: RecoverError) -> PyErr {
    PyRuntimeError::new_err(error.to_string())
}

fn log_error(error: EventLogError) -> PyErr {
    match error {
        EventLogError::Io { .. } => PyOSError::new_err(error.to_string()),
        EventLogError::Damaged { .. } => PyRuntimeError::new_err(error.to_string()),
    }
}

/// Checks a venue's journal; with `replay` also its event log and the engine's invariants.
#[pyfunction]
#[pyo3(signature = (folder, *, replay = true))]
fn journal_verify(py: Python<'_>, folder: PathBuf, replay: bool) -> PyResult<Bound<'_, PyDict>> {
    let report = py.detach(|| verify(&folder, replay)).map_err(unreadable)?;
    let found = PyDict::new(py);
    found.set_item("sound", report.is_sound())?;
    let VerifyReport { segments, commands, marks, first_seq, last_seq, clean, cut, damage, replay } = report;
    found.set_item("clean", clean)?;
    found.set_item("segments", segments)?;
    found.set_item("commands", commands)?;
    found.set_item("marks", marks)?;
    found.set_item("first_seq", first_seq)?;
    found.set_item("last_seq", last_seq)?;
    found.set_item("cut", cut.map(|cut| cut.to_string()))?;
    found.set_item("damage", damage.map(|damage| damage.to_string()))?;
    if let Some(ReplayReport { state_hash, broken, events, last_event_id, log }) = replay {
        found.set_item("state_hash", format!("{state_hash:016x}"))?;
        found.set_item("broken", broken)?;
        found.set_item("events", events)?;
        found.set_item("last_event_id", last_event_id)?;
        found.set_item("event_log", log_state(&log))?;
    }
    Ok(found)
}

/// How far a venue's journal goes until one of the limits; with `replay` also what state that is.
#[pyfunction]
#[pyo3(signature = (folder, *, seq = None, at_ns = None, source = None, replay = false))]
fn journal_extent(
    py: Python<'_>,
    folder: PathBuf,
    seq: Option<u64>,
    at_ns: Option<i64>,
    source: Option<(u16, u64)>,
    replay: bool,
) -> PyResult<Bound<'_, PyDict>> {
    let until = Until { seq: seq.unwrap_or(Until::END.seq), at: at_ns.map_or(Until::END.at, Nanos), source };
    let taken = py.detach(|| extent(&folder, until, replay)).map_err(unreadable)?;
    let found = PyDict::new(py);
    let Extent { stretches, commands, first_at, last_seq, last_at, source_seq, more, logic_version, reached } =
        taken;
    let files: Vec<(String, u64, u64)> = stretches
        .into_iter()
        .map(|Stretch { segment, bytes, segment_bytes }| (segment, bytes, segment_bytes))
        .collect();
    found.set_item("segments", files)?;
    found.set_item("commands", commands)?;
    found.set_item("first_at_ns", first_at.0)?;
    found.set_item("last_seq", last_seq)?;
    found.set_item("last_at_ns", last_at.0)?;
    found.set_item("source_seq", source_seq)?;
    found.set_item("more", more)?;
    found.set_item("logic_version", logic_version)?;
    if let Some(Reached { state_hash, broken, events, last_event_id }) = reached {
        found.set_item("state_hash", format!("{state_hash:016x}"))?;
        found.set_item("broken", broken)?;
        found.set_item("events", events)?;
        found.set_item("last_event_id", last_event_id)?;
    }
    Ok(found)
}

fn log_state(log: &EventLogState) -> String {
    match log {
        EventLogState::Level => "equal".into(),
        EventLogState::Shorter { from_event_id } => {
            format!("equal, without the events from {from_event_id} on, which the next start writes")
        }
        EventLogState::Beyond { reaches } => {
            format!("reaches event {reaches}, which the journal does not give")
        }
        EventLogState::Differs { file, offset, event_id } => {
            format!("differs in {file} at offset {offset}, event {event_id}")
        }
        EventLogState::Unreadable(why) => format!("unreadable: {why}"),
    }
}

/// The journal's commands, heads and marks from one command number to another, as dictionaries.
#[pyfunction]
fn journal_dump(py: Python<'_>, folder: PathBuf, from_seq: u64, to_seq: u64) -> PyResult<Bound<'_, PyList>> {
    let rows = PyList::empty(py);
    let mut failed = None;
    let cut = dump(&folder, from_seq, to_seq, &mut |row| {
        if failed.is_none() {
            failed = dump_row(py, &row).and_then(|row| rows.append(row)).err();
        }
    });
    match failed {
        Some(error) => Err(error),
        None => cut.map(|_| rows).map_err(unreadable),
    }
}

fn dump_row<'py>(py: Python<'py>, row: &DumpRow<'_>) -> PyResult<Bound<'py, PyDict>> {
    let found = PyDict::new(py);
    found.set_item("command_seq", row.seq)?;
    found.set_item("at_ns", row.at.0)?;
    found.set_item("segment", row.segment)?;
    found.set_item("offset", row.offset)?;
    match &row.entry {
        DumpEntry::Head(_) => found.set_item("kind", "segment head")?,
        DumpEntry::Mark { kind, hash } => {
            found.set_item("kind", format!("mark {kind}"))?;
            found.set_item("hash", PyBytes::new(py, hash))?;
        }
        DumpEntry::Command(command) => {
            found.set_item("kind", command.kind.spec().name)?;
            found.set_item("source", command.head.source)?;
            found.set_item("source_seq", command.head.source_seq)?;
            found.set_item("account", command.head.account)?;
            found.set_item("instrument", command.head.instrument)?;
            found.set_item("client_ref", command.head.client_ref)?;
            found.set_item("body", PyBytes::new(py, &command.bytes[CommandHead::SIZE..]))?;
        }
    }
    Ok(found)
}

/// A reader of a venue's event log, which may still grow: it keeps its place.
#[pyclass(name = "EventReader", module = "garraway._native")]
struct PyEventReader {
    reader: EventReader,
}

type Batch<'py> = (Bound<'py, PyAny>, Bound<'py, PyList>);

#[pymethods]
impl PyEventReader {
    #[new]
    #[pyo3(signature = (folder, from_event_id = 0))]
    fn new(folder: PathBuf, from_event_id: u64) -> PyResult<Self> {
        let reader = EventReader::open(&folder.join("events"), from_event_id).map_err(log_error)?;
        Ok(Self { reader })
    }

    /// The next whole events, at most `limit` of them, and the tail of each.
    #[pyo3(signature = (limit = 65_536))]
    fn read<'py>(&mut self, py: Python<'py>, limit: usize) -> PyResult<Batch<'py>> {
        let bytes =
            py.detach(|| self.reader.next_batch(limit.saturating_mul(EVENT_SIZE))).map_err(log_error)?;
        let (mut events, tails) = (Vec::with_capacity(bytes.len()), PyList::empty(py));
        for (event, tail) in events_in(bytes) {
            let start = events.len();
            events.resize(start + EVENT_SIZE, 0);
            Event::write(&event, &mut events[start..]);
            tails.append(PyBytes::new(py, tail))?;
        }
        Ok((records(py, &events, &event_dtype(py)?)?, tails))
    }
}

/// The events of a venue's log from one on, at most `limit`, and the tail of each.
#[pyfunction]
#[pyo3(signature = (folder, from_event_id = 0, limit = 65_536))]
fn read_events(py: Python<'_>, folder: PathBuf, from_event_id: u64, limit: usize) -> PyResult<Batch<'_>> {
    PyEventReader::new(folder, from_event_id)?.read(py, limit)
}
