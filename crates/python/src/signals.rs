//! Indicators: their table, one at work on single rows, and on whole arrays.

use numpy::{PyReadonlyArray2, PyReadwriteArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use garraway_signals::{Indicator, KINDS, Kind, Wrong};

/// Adds the table and the class.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("INDICATORS", table(module.py())?)?;
    module.add_class::<NativeIndicator>()
}

fn table(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let table = PyDict::new(py);
    for kind in KINDS {
        table.set_item(kind.name, row(py, kind)?)?;
    }
    Ok(table)
}

fn row<'py>(py: Python<'py>, kind: &Kind) -> PyResult<Bound<'py, PyDict>> {
    let parameters =
        kind.parameters.iter().map(|one| (one.name, one.default, one.least, one.most, one.whole));
    let row = PyDict::new(py);
    row.set_item("what", kind.what)?;
    row.set_item("columns", PyTuple::new(py, kind.input.columns())?)?;
    row.set_item("parameters", PyList::new(py, parameters)?)?;
    row.set_item("outputs", PyTuple::new(py, kind.outputs)?)?;
    Ok(row)
}

/// What is wrong, with the value, the limit and the remedy.
pub fn told(wrong: Wrong) -> PyErr {
    PyValueError::new_err(match wrong {
        Wrong::Name(name) => format!("there is no indicator {name:?}: garraway.signals.kinds() names all"),
        Wrong::Count(count) => format!("{count} parameters are not as many as this indicator has"),
        Wrong::Parameter { name, given, least, most, whole } => {
            let kind = if whole { "a whole number" } else { "a number" };
            format!("{name} is {given}, and must be {kind} from {least} to {most}")
        }
        Wrong::Order { smaller, larger } => format!("{smaller} must be below {larger}"),
    })
}

/// An indicator at work.
#[pyclass(name = "Indicator", module = "garraway._native")]
struct NativeIndicator {
    indicator: Indicator,
}

impl NativeIndicator {
    /// Refuses what is no number, before it spoils all that follows.
    fn update_checked(&mut self, row: &[f64], at: usize) -> PyResult<()> {
        if let Some(column) = row.iter().position(|value| !value.is_finite()) {
            let name = self.indicator.kind().input.columns()[column];
            let value = row[column];
            return Err(PyValueError::new_err(format!(
                "{name} of row {at} is {value}: an indicator takes finite numbers, so fill or drop such rows before"
            )));
        }
        self.indicator.update(row);
        Ok(())
    }

    fn check_width(&self, width: usize) -> PyResult<()> {
        let columns = self.indicator.kind().input.columns();
        if width == columns.len() {
            return Ok(());
        }
        let (name, named) = (self.indicator.kind().name, columns.join(", "));
        Err(PyValueError::new_err(format!(
            "a row of {name} is {named}: {} numbers, not {width}",
            columns.len()
        )))
    }
}

#[pymethods]
impl NativeIndicator {
    #[new]
    fn new(name: &str, parameters: Vec<f64>) -> PyResult<Self> {
        Indicator::new(name, &parameters).map(|indicator| Self { indicator }).map_err(told)
    }

    fn update(&mut self, row: Vec<f64>) -> PyResult<()> {
        self.check_width(row.len())?;
        self.update_checked(&row, 0)
    }

    fn apply(
        &mut self,
        py: Python<'_>,
        rows: PyReadonlyArray2<'_, f64>,
        mut out: PyReadwriteArray2<'_, f64>,
    ) -> PyResult<()> {
        let (rows, mut out) = (rows.as_array(), out.as_array_mut());
        let outputs = self.indicator.kind().outputs.len();
        self.check_width(rows.ncols())?;
        if out.dim() != (rows.nrows(), outputs) {
            let message = format!("out is {:?}, and must be {:?}", out.dim(), (rows.nrows(), outputs));
            return Err(PyValueError::new_err(message));
        }
        py.detach(|| {
            let mut row = vec![0.0; rows.ncols()];
            for (at, (from, mut to)) in rows.rows().into_iter().zip(out.rows_mut()).enumerate() {
                row.iter_mut().zip(from).for_each(|(mine, value)| *mine = *value);
                self.update_checked(&row, at)?;
                to.iter_mut().zip(self.indicator.values()).for_each(|(slot, value)| *slot = *value);
            }
            Ok(())
        })
    }

    #[getter]
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.indicator.values())
    }

    #[getter]
    const fn ready(&self) -> bool {
        self.indicator.is_ready()
    }

    fn reset(&mut self) {
        self.indicator.reset();
    }
}
