//! A strategy in Python as the desk calls it: only the handlers that its class overrides, each a plain function.

use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use garraway_trading::{Bar, Desk, Every, Failure, Fill, Handlers, Level, Quote, Strategy, Trade};

use crate::trading::strategy::NativeStrategy;
use crate::trading::told;

/// A handler: a function of the class, called with the strategy and what it is told.
#[derive(Default)]
struct Functions {
    start: Option<Py<PyAny>>,
    bar: Option<Py<PyAny>>,
    quote: Option<Py<PyAny>>,
    trade: Option<Py<PyAny>>,
    book: Option<Py<PyAny>>,
    fill: Option<Py<PyAny>>,
    order: Option<Py<PyAny>>,
    timer: Option<Py<PyAny>>,
    stop: Option<Py<PyAny>>,
}

/// A strategy in Python.
pub struct Called {
    object: Py<NativeStrategy>,
    functions: Functions,
    handlers: Handlers,
    symbols: Vec<Py<PyString>>,
}

impl Called {
    /// Of an object and its handlers by name: (function, count, period in ns), 0 and 0 for each time.
    pub fn new(
        object: &Bound<'_, NativeStrategy>,
        given: &Bound<'_, PyDict>,
        symbols: Vec<Py<PyString>>,
    ) -> PyResult<Self> {
        let (mut functions, mut handlers) = (Functions::default(), Handlers::default());
        for (name, value) in given {
            let (function, count, period): (Py<PyAny>, u64, i64) = value.extract()?;
            let every = match (count, period) {
                (0 | 1, 0) => Every::One,
                (0, period) => Every::Period(period),
                (count, _) => Every::Count(count),
            };
            let name: String = name.extract()?;
            let slot = match name.as_str() {
                "start" => &mut functions.start,
                "stop" => &mut functions.stop,
                "on_bar" => {
                    handlers.bar = Some(every);
                    &mut functions.bar
                }
                "on_quote" => {
                    handlers.quote = Some(every);
                    &mut functions.quote
                }
                "on_trade" => {
                    handlers.trade = Some(every);
                    &mut functions.trade
                }
                "on_book" => {
                    handlers.book = Some(every);
                    &mut functions.book
                }
                "on_fill" => {
                    handlers.fill = true;
                    &mut functions.fill
                }
                "on_order" => {
                    handlers.order = true;
                    &mut functions.order
                }
                "on_timer" => {
                    handlers.timer = true;
                    &mut functions.timer
                }
                _ => return Err(PyTypeError::new_err(format!("{name} is no handler"))),
            };
            *slot = Some(function);
        }
        Ok(Self { object: object.clone().unbind(), functions, handlers, symbols })
    }

    /// Calls a handler with the desk inside the object.
    #[inline]
    fn call(
        &self,
        py: Python<'_>,
        desk: &mut Desk,
        function: &Py<PyAny>,
        told: Option<&Bound<'_, PyAny>>,
    ) -> Result<(), Failure> {
        let object = self.object.bind(py);
        std::mem::swap(desk, &mut object.borrow_mut().desk);
        let end = std::ptr::null_mut::<ffi::PyObject>();
        let told = told.map_or(end, |told| told.as_ptr());
        // Safety: the interpreter is attached; callable and arguments are live references; the list ends with null. The call
        // goes by vectorcall, and makes no tuple and no bound method.
        let returned =
            unsafe { ffi::PyObject_CallFunctionObjArgs(function.as_ptr(), object.as_ptr(), told, end) };
        // Safety: the reference that the call returned is ours; null says that an exception is set.
        let done = unsafe { Bound::from_owned_ptr_or_err(py, returned) };
        std::mem::swap(desk, &mut object.borrow_mut().desk);
        match done {
            Ok(_) => Ok(()),
            Err(error) => Err(Box::new(error)),
        }
    }

    #[inline]
    fn call_with<T>(
        &self,
        py: Python<'_>,
        desk: &mut Desk,
        function: &Py<PyAny>,
        told: T,
    ) -> Result<(), Failure>
    where
        T: Into<PyClassInitializer<T>> + PyClass,
    {
        let told = Bound::new(py, told).map_err(Box::new)?;
        self.call(py, desk, function, Some(told.as_any()))
    }
}

use pyo3::PyClass;
use pyo3::PyClassInitializer;

impl Strategy for Called {
    fn handlers(&self) -> Handlers {
        self.handlers
    }

    fn start(&mut self, desk: &mut Desk) -> Result<(), Failure> {
        let Some(function) = &self.functions.start else { return Ok(()) };
        Python::attach(|py| self.call(py, desk, function, None))
    }

    fn stop(&mut self, desk: &mut Desk) -> Result<(), Failure> {
        let Some(function) = &self.functions.stop else { return Ok(()) };
        Python::attach(|py| self.call(py, desk, function, None))
    }

    #[inline]
    fn on_bar(&mut self, desk: &mut Desk, instrument: usize, bar: &Bar) -> Result<(), Failure> {
        let Some(function) = &self.functions.bar else { return Ok(()) };
        let per_price = desk.account().instruments[instrument].per_price;
        Python::attach(|py| {
            let told = told::Bar::of(py, bar, per_price, &self.symbols[instrument]);
            self.call_with(py, desk, function, told)
        })
    }

    #[inline]
    fn on_quote(&mut self, desk: &mut Desk, instrument: usize, quote: &Quote) -> Result<(), Failure> {
        let Some(function) = &self.functions.quote else { return Ok(()) };
        let per_price = desk.account().instruments[instrument].per_price;
        Python::attach(|py| {
            let told = told::QuoteTold::of(py, quote, per_price, &self.symbols[instrument]);
            self.call_with(py, desk, function, told)
        })
    }

    fn on_trade(&mut self, desk: &mut Desk, instrument: usize, trade: &Trade) -> Result<(), Failure> {
        let Some(function) = &self.functions.trade else { return Ok(()) };
        let per_price = desk.account().instruments[instrument].per_price;
        Python::attach(|py| {
            let told = told::TradeTold::of(py, trade, per_price, &self.symbols[instrument]);
            self.call_with(py, desk, function, told)
        })
    }

    fn on_book(
        &mut self,
        desk: &mut Desk,
        instrument: usize,
        bids: &[Level],
        asks: &[Level],
    ) -> Result<(), Failure> {
        let Some(function) = &self.functions.book else { return Ok(()) };
        let (per_price, at_ns) = {
            let account = desk.account();
            (account.instruments[instrument].per_price, account.now_ns)
        };
        Python::attach(|py| {
            let told = told::BookTold::of(py, at_ns, [bids, asks], per_price, &self.symbols[instrument]);
            self.call_with(py, desk, function, told)
        })
    }

    fn on_fill(&mut self, desk: &mut Desk, fill: &Fill) -> Result<(), Failure> {
        let Some(function) = &self.functions.fill else { return Ok(()) };
        let (per_price, per_money) = {
            let account = desk.account();
            (account.instruments[fill.instrument].per_price, account.per_money)
        };
        Python::attach(|py| {
            let told = told::FillTold::of(py, fill, per_price, per_money, &self.symbols[fill.instrument]);
            self.call_with(py, desk, function, told)
        })
    }

    fn on_order(&mut self, desk: &mut Desk, client_ref: u64) -> Result<(), Failure> {
        let Some(function) = &self.functions.order else { return Ok(()) };
        Python::attach(|py| {
            let account = desk.account();
            let told = account.order(client_ref).and_then(|order| {
                told::TicketHeld::of(py, order, &account.instruments[order.intent.instrument])
            });
            told.map_or(Ok(()), |told| self.call_with(py, desk, function, told))
        })
    }

    fn on_timer(&mut self, desk: &mut Desk, timer: usize) -> Result<(), Failure> {
        let Some(function) = &self.functions.timer else { return Ok(()) };
        Python::attach(|py| {
            let name = PyString::new(py, &desk.timers()[timer].name);
            self.call(py, desk, function, Some(name.as_any()))
        })
    }
}
