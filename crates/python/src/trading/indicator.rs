//! An indicator that the desk keeps: read like a number.

use std::sync::Arc;

use pyo3::basic::CompareOp;
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use garraway_signals::KINDS;
use garraway_trading::Cell;

/// Adds the class.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<BoundIndicator>()
}

/// A bound indicator: its first output is compared and reckoned with.
#[pyclass(frozen, module = "garraway._native")]
pub struct BoundIndicator {
    cell: Arc<Cell>,
    name: &'static str,
    outputs: &'static [&'static str],
}

impl BoundIndicator {
    /// Of a kind that is known by its name.
    pub fn new(name: &str, cell: Arc<Cell>) -> Self {
        let (name, outputs) = KINDS
            .iter()
            .find(|kind| kind.name == name)
            .map_or(("", &[] as &'static [&'static str]), |kind| (kind.name, kind.outputs));
        Self { cell, name, outputs }
    }

    #[inline]
    fn number(&self) -> f64 {
        self.cell.value(0)
    }
}

/// Another indicator, or a number.
enum Other<'py> {
    Indicator(PyRef<'py, BoundIndicator>),
    Number(f64),
}

impl<'py> FromPyObject<'_, 'py> for Other<'py> {
    type Error = PyErr;

    #[inline]
    fn extract(object: pyo3::Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        match object.cast::<BoundIndicator>() {
            Ok(indicator) => Ok(Self::Indicator(indicator.borrow())),
            Err(_) => object.extract().map(Self::Number),
        }
    }
}

impl Other<'_> {
    #[inline]
    fn number(&self) -> f64 {
        match self {
            Self::Indicator(indicator) => indicator.number(),
            Self::Number(number) => *number,
        }
    }
}

#[pymethods]
impl BoundIndicator {
    /// The first output after the last row; NaN until it is there.
    #[getter]
    fn value(&self) -> f64 {
        self.number()
    }

    /// All outputs.
    #[getter]
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, (0..self.cell.outputs()).map(|at| self.cell.value(at)))
    }

    /// Whether all outputs have once been there.
    #[getter]
    fn ready(&self) -> bool {
        self.cell.is_ready()
    }

    fn __getitem__(&self, output: &str) -> PyResult<f64> {
        match self.outputs.iter().position(|name| *name == output) {
            Some(at) => Ok(self.cell.value(at)),
            None => Err(PyKeyError::new_err(format!(
                "{} has no output {output:?}: it has {}",
                self.name,
                self.outputs.join(", ")
            ))),
        }
    }

    fn __float__(&self) -> f64 {
        self.number()
    }

    fn __bool__(&self) -> PyResult<bool> {
        Err(pyo3::exceptions::PyTypeError::new_err(format!(
            "{} is a number that moves: compare it with another, or ask for its .ready",
            self.name
        )))
    }

    #[inline]
    fn __richcmp__(&self, other: Other<'_>, op: CompareOp) -> bool {
        let (mine, other) = (self.number(), other.number());
        match op {
            CompareOp::Lt => mine < other,
            CompareOp::Le => mine <= other,
            CompareOp::Eq => mine == other,
            CompareOp::Ne => mine != other,
            CompareOp::Gt => mine > other,
            CompareOp::Ge => mine >= other,
        }
    }

    fn __add__(&self, other: Other<'_>) -> f64 {
        self.number() + other.number()
    }

    fn __radd__(&self, other: f64) -> f64 {
        other + self.number()
    }

    fn __sub__(&self, other: Other<'_>) -> f64 {
        self.number() - other.number()
    }

    fn __rsub__(&self, other: f64) -> f64 {
        other - self.number()
    }

    fn __mul__(&self, other: Other<'_>) -> f64 {
        self.number() * other.number()
    }

    fn __rmul__(&self, other: f64) -> f64 {
        other * self.number()
    }

    fn __truediv__(&self, other: Other<'_>) -> f64 {
        self.number() / other.number()
    }

    fn __rtruediv__(&self, other: f64) -> f64 {
        other / self.number()
    }

    fn __neg__(&self) -> f64 {
        -self.number()
    }

    fn __abs__(&self) -> f64 {
        self.number().abs()
    }

    fn __repr__(&self) -> String {
        format!("{} {}", self.name, self.number())
    }
}
