//! Arrays in and out: NumPy structured arrays seen as bytes, without copies and without `unsafe`.

use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray1, PyReadwriteArray1};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use garraway_types::{EVENT_SIZE, Event, Field, Record};

/// The NumPy dtype of a record: its fields at their offsets.
pub fn dtype<'py>(
    py: Python<'py>,
    fields: &[(String, String, usize)],
    size: usize,
) -> PyResult<Bound<'py, PyAny>> {
    let spec = PyDict::new(py);
    spec.set_item("names", PyList::new(py, fields.iter().map(|(name, _, _)| name))?)?;
    spec.set_item("formats", PyList::new(py, fields.iter().map(|(_, format, _)| format))?)?;
    spec.set_item("offsets", PyList::new(py, fields.iter().map(|(_, _, offset)| offset))?)?;
    spec.set_item("itemsize", size)?;
    py.import("numpy")?.call_method1("dtype", (spec,))
}

/// Fields of a struct that starts at `base`, as [`dtype`] takes them.
pub fn columns(fields: &[Field], base: usize) -> Vec<(String, String, usize)> {
    let column = |field: &Field| (field.name.to_owned(), field.dtype.to_owned(), base + field.offset);
    fields.iter().map(column).collect()
}

/// The dtype of events.
pub fn event_dtype(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    dtype(py, &columns(Event::FIELDS, 0), EVENT_SIZE)
}

/// Bytes of commands, from `bytes`, a `uint8` array, or an array of 96-byte commands.
pub enum Bytes<'py> {
    /// A Python `bytes`.
    Plain(Bound<'py, PyBytes>),
    /// An array.
    Array(PyReadonlyArray1<'py, u8>),
}

impl Bytes<'_> {
    /// The bytes.
    pub fn as_slice(&self) -> PyResult<&[u8]> {
        match self {
            Self::Plain(bytes) => Ok(bytes.as_bytes()),
            Self::Array(array) => array.as_slice().map_err(|_| not_contiguous("commands")),
        }
    }
}

/// Sees an argument as bytes of commands.
pub fn commands<'py>(argument: &Bound<'py, PyAny>, dtype: &Bound<'py, PyAny>) -> PyResult<Bytes<'py>> {
    if let Ok(bytes) = argument.cast::<PyBytes>() {
        return Ok(Bytes::Plain(bytes.clone()));
    }
    let array =
        bytes_view(argument, dtype, "commands", "bytes, a uint8 array or an array of _native.COMMAND")?;
    let array = array.try_readonly().map_err(|error| {
        PyValueError::new_err(format!(
            "commands cannot be read ({error}): give an array that nobody writes to"
        ))
    })?;
    Ok(Bytes::Array(array))
}

/// Sees the caller's buffer of events as bytes to be written.
pub fn events_buffer<'py>(
    argument: &Bound<'py, PyAny>,
    dtype: &Bound<'py, PyAny>,
) -> PyResult<PyReadwriteArray1<'py, u8>> {
    let array = bytes_view(argument, dtype, "out", "an array of _native.EVENT")?;
    array.try_readwrite().map_err(|error| {
        PyValueError::new_err(format!(
            "out cannot be written ({error}): give a writeable array that nobody else uses"
        ))
    })
}

fn bytes_view<'py>(
    argument: &Bound<'py, PyAny>,
    dtype: &Bound<'py, PyAny>,
    name: &str,
    wanted: &str,
) -> PyResult<Bound<'py, PyArray1<u8>>> {
    let Ok(have) = argument.getattr("dtype") else {
        return Err(PyTypeError::new_err(format!(
            "{name} is a {}: give {wanted}",
            argument.get_type().name()?
        )));
    };
    let is_bytes = have.getattr("str")?.eq("|u1")?;
    if !is_bytes && !have.eq(dtype)? {
        return Err(PyTypeError::new_err(format!("{name} has dtype {have}: give {wanted}")));
    }
    let dimensions: usize = argument.getattr("ndim")?.extract()?;
    if dimensions != 1 {
        return Err(PyValueError::new_err(format!("{name} has {dimensions} dimensions: give one")));
    }
    let flags = argument.getattr("flags")?;
    if !flags.getattr("c_contiguous")?.extract::<bool>()? {
        return Err(not_contiguous(name));
    }
    Ok(argument.call_method1("view", ("u1",))?.cast_into::<PyArray1<u8>>()?)
}

fn not_contiguous(name: &str) -> PyErr {
    PyValueError::new_err(format!("{name} is not contiguous: give numpy.ascontiguousarray({name})"))
}

/// An array of records from their bytes.
pub fn records<'py>(py: Python<'py>, bytes: &[u8], dtype: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    PyArray1::from_slice(py, bytes).call_method1("view", (dtype,))
}
