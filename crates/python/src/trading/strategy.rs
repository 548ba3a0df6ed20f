//! The base class of strategies in Python: verbs and what may be looked at. The desk is inside while a handler is called.

use pyo3::exceptions::{PyIndexError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyInt, PyString, PyTuple};

use garraway_signals::{Indicator, Input, KINDS};
use garraway_trading::{Binding, Desk, Intent, Misuse, Of, Stream, Traded};
use garraway_types::{Side, code};

use crate::signals::told as wrong_indicator;
use crate::trading::indicator::BoundIndicator;
use crate::trading::told::{QuoteTold, TicketHeld};

/// Adds the class.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<NativeStrategy>()
}

/// What the Python class of strategies stands on.
#[pyclass(subclass, name = "Strategy", module = "garraway._native")]
pub struct NativeStrategy {
    /// The desk while a handler is called and after the run; one without instruments before.
    pub desk: Desk,
}

fn misuse(misuse: Misuse) -> PyErr {
    PyValueError::new_err(misuse.0)
}

const TIMES: [(&str, u8); 5] = [
    ("gtc", code::GOOD_TILL_CANCEL),
    ("ioc", code::IMMEDIATE_OR_CANCEL),
    ("fok", code::FILL_OR_KILL),
    ("day", code::DAY),
    ("gtd", code::GOOD_TILL_DATE),
];

/// The prices and terms of an order, as they are given by name.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Terms {
    limit: Option<f64>,
    stop: Option<f64>,
    trail: Option<f64>,
    tp: Option<f64>,
    sl: Option<f64>,
    tif: Option<String>,
    until: Option<i64>,
    reduce_only: bool,
    tag: Option<String>,
}

impl NativeStrategy {
    fn traded(&self, instrument: usize) -> PyResult<&Traded> {
        let instruments = &self.desk.account().instruments;
        instruments.get(instrument).ok_or_else(|| {
            let what =
                if instruments.is_empty() { "the strategy has not started" } else { "no such instrument" };
            PyIndexError::new_err(format!("{what}: ask in start() or in a handler"))
        })
    }

    fn lots(&self, what: &Bound<'_, PyAny>, instrument: usize) -> PyResult<i64> {
        if let Ok(lots) = what.cast::<PyBool>() {
            return Ok(i64::from(lots.is_true()));
        }
        if what.is_instance_of::<PyInt>() {
            return what.extract();
        }
        if let Ok(text) = what.cast::<PyString>() {
            let text = text.to_string();
            let share = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
            return match share.filter(|share| share.is_finite()) {
                Some(share) => self.desk.lots_of_share(instrument, share / 100.0).map_err(misuse),
                None => Err(PyValueError::new_err(format!(
                    "a target of {text:?} is none: give True or False, a number of lots, or a share like \"10%\""
                ))),
            };
        }
        // A NumPy bool or integer.
        if let Ok(lots) = what.extract::<bool>() {
            return Ok(i64::from(lots));
        }
        what.extract::<i64>().map_err(|_| {
            PyTypeError::new_err(format!(
                "a target is True or False, a whole number of lots, or a share like \"10%\", not {what}"
            ))
        })
    }

    fn intent(&self, side: Side, quantity: i64, terms: &Terms, instrument: usize) -> PyResult<Intent> {
        let of = &self.traded(instrument)?.terms;
        let units =
            |price: Option<f64>, what| price.map_or(Ok(0), |price| of.units(price, what)).map_err(misuse);
        let mut intent = Intent {
            limit: units(terms.limit, "limit")?,
            stop: units(terms.stop, "stop")?,
            trail: units(terms.trail, "trail")?,
            flags: if terms.reduce_only { code::REDUCE_ONLY } else { 0 },
            ..Intent::market(instrument, side, quantity)
        };
        if let Some(word) = &terms.tif {
            let found = TIMES.iter().find(|(name, _)| name == word);
            intent.time_in_force = found.map(|(_, code)| *code).ok_or_else(|| {
                PyValueError::new_err(format!(
                    "tif={word:?} is no time in force: take gtc, ioc, fok, day or gtd"
                ))
            })?;
        }
        if let Some(until_ns) = terms.until {
            intent.time_in_force = code::GOOD_TILL_DATE;
            intent.expire_s = u32::try_from(until_ns / 1_000_000_000).map_err(|_| {
                PyValueError::new_err(format!("until={until_ns} is no time in ns since 1970 before 2106"))
            })?;
        }
        if intent.time_in_force == code::GOOD_TILL_DATE && intent.expire_s == 0 {
            return Err(PyValueError::new_err("tif=\"gtd\" needs until=, a time in ns since 1970"));
        }
        Ok(intent)
    }

    fn send<'py>(
        &mut self,
        py: Python<'py>,
        side: Side,
        quantity: i64,
        terms: &Terms,
        instrument: usize,
    ) -> PyResult<Bound<'py, TicketHeld>> {
        let mut intent = self.intent(side, quantity, terms, instrument)?;
        let of = &self.traded(instrument)?.terms;
        let units =
            |price: Option<f64>, what| price.map_or(Ok(0), |price| of.units(price, what)).map_err(misuse);
        let (profit, loss) = (units(terms.tp, "tp")?, units(terms.sl, "sl")?);
        if let Some(word) = &terms.tag {
            intent.tag = self.desk.tag(word);
        }
        let client_ref = self.desk.place_with_exits(intent, profit, loss).map_err(misuse)?;
        self.ticket(py, client_ref)
    }

    fn ticket<'py>(&self, py: Python<'py>, client_ref: u64) -> PyResult<Bound<'py, TicketHeld>> {
        let account = self.desk.account();
        let held = account
            .order(client_ref)
            .and_then(|order| TicketHeld::of(py, order, &account.instruments[order.intent.instrument]));
        held.map_or_else(
            || Err(PyValueError::new_err(format!("order {client_ref} is none of this run"))),
            |held| Bound::new(py, held),
        )
    }

    fn reference(order: &Bound<'_, PyAny>) -> PyResult<u64> {
        match order.cast::<TicketHeld>() {
            Ok(held) => Ok(held.get().ticket.client_ref()),
            Err(_) => order.extract().map_err(|_| {
                PyTypeError::new_err(format!(
                    "{order} is no order: give what buy(), sell() or submit() returned"
                ))
            }),
        }
    }
}

#[pymethods]
impl NativeStrategy {
    #[new]
    #[pyo3(signature = (*_given, **_named))]
    fn new(_given: &Bound<'_, PyTuple>, _named: Option<&Bound<'_, PyDict>>) -> Self {
        Self { desk: Desk::default() }
    }

    /// Brings the position to so many lots (True is 1), or to a share of the equity, by a market order. Nothing is sent where
    /// it is there, or orders under way bring it there.
    #[pyo3(signature = (what, instrument = 0))]
    fn target(&mut self, what: &Bound<'_, PyAny>, instrument: usize) -> PyResult<()> {
        self.traded(instrument)?;
        let lots = self.lots(what, instrument)?;
        self.desk.target(instrument, lots).map(|_| ()).map_err(misuse)
    }

    /// Sends an order: side 1 to buy, 2 to sell, lots, its terms by name.
    fn _send<'py>(
        &mut self,
        py: Python<'py>,
        side: u8,
        quantity: i64,
        terms: Terms,
        instrument: usize,
    ) -> PyResult<Bound<'py, TicketHeld>> {
        let side = Side::from_code(side).ok_or_else(|| PyValueError::new_err("a side is 1 or 2"))?;
        self.send(py, side, quantity, &terms, instrument)
    }

    /// Asks for an order to be cancelled; False where it is done already.
    fn cancel(&mut self, order: &Bound<'_, PyAny>) -> PyResult<bool> {
        let client_ref = Self::reference(order)?;
        Ok(self.desk.cancel(client_ref))
    }

    /// Asks for all orders to be cancelled, of an instrument by its place, or all; returns how many.
    #[pyo3(signature = (instrument = None))]
    fn cancel_all(&mut self, instrument: Option<usize>) -> PyResult<usize> {
        if let Some(instrument) = instrument {
            self.traded(instrument)?;
        }
        Ok(self.desk.cancel_all(instrument))
    }

    /// Asks for an order to get another limit, stop or total quantity. Its ticket goes on.
    #[pyo3(signature = (order, *, limit = None, stop = None, quantity = None))]
    fn replace(
        &mut self,
        order: &Bound<'_, PyAny>,
        limit: Option<f64>,
        stop: Option<f64>,
        quantity: Option<i64>,
    ) -> PyResult<()> {
        let client_ref = Self::reference(order)?;
        let account = self.desk.account();
        let Some(found) = account.order(client_ref) else {
            return Err(PyValueError::new_err(format!("order {client_ref} is none of this run")));
        };
        let mut intent = found.intent;
        let of = &account.instruments[intent.instrument].terms;
        if let Some(price) = limit {
            intent.limit = of.units(price, "limit").map_err(misuse)?;
        }
        if let Some(price) = stop {
            intent.stop = of.units(price, "stop").map_err(misuse)?;
        }
        intent.quantity = quantity.unwrap_or(intent.quantity);
        intent.to_target = false;
        self.desk.replace(client_ref, intent).map(|_| ()).map_err(misuse)
    }

    /// Lots held of the first instrument, negative short.
    #[getter]
    fn pos(&self) -> i64 {
        self.desk.account().instruments.first().map_or(0, |traded| traded.position.lots)
    }

    /// Lots held of an instrument by its place.
    fn _position(&self, instrument: usize) -> PyResult<i64> {
        Ok(self.traded(instrument)?.position.lots)
    }

    /// What would be there if every position had been paid in full, in the quote asset.
    #[getter]
    fn cash(&self) -> f64 {
        let account = self.desk.account();
        account.cash() as f64 / account.per_money
    }

    /// What all is worth at the middle of the quotes, in the quote asset.
    #[getter]
    fn equity(&self) -> f64 {
        self.desk.account().equity()
    }

    /// The time of the last event, ns since 1970, UTC.
    #[getter]
    fn now(&self) -> i64 {
        self.desk.account().now_ns
    }

    /// The last quote of an instrument by its place; nothing before the first.
    #[pyo3(signature = (instrument = 0))]
    fn _quote<'py>(&self, py: Python<'py>, instrument: usize) -> PyResult<Option<Bound<'py, QuoteTold>>> {
        let traded = self.traded(instrument)?;
        if !traded.quote.is_known() {
            return Ok(None);
        }
        let symbol = PyString::new(py, &traded.terms.symbol).unbind();
        Bound::new(py, QuoteTold::of(py, &traded.quote, traded.per_price, &symbol)).map(Some)
    }

    /// Orders that may still fill, the oldest first.
    #[pyo3(signature = (instrument = None))]
    fn _live<'py>(
        &self,
        py: Python<'py>,
        instrument: Option<usize>,
    ) -> PyResult<Vec<Bound<'py, TicketHeld>>> {
        let account = self.desk.account();
        let mut left: u32 = account.instruments.iter().map(|traded| traded.live).sum();
        let mut found = Vec::new();
        for order in account.orders.iter().rev() {
            if left == 0 {
                break;
            }
            if order.state.is_live() {
                left -= 1;
                if instrument.is_none_or(|wanted| wanted == order.intent.instrument) {
                    found.push(self.ticket(py, order.client_ref)?);
                }
            }
        }
        found.reverse();
        Ok(found)
    }

    /// The nearest price on a tick: way -1 below, 1 above, 0 the nearest.
    #[pyo3(signature = (price, way = 0, instrument = 0))]
    fn _round(&self, price: f64, way: i8, instrument: usize) -> PyResult<f64> {
        if !price.is_finite() {
            return Err(PyValueError::new_err(format!("{price} cannot be rounded to a tick")));
        }
        Ok(self.traded(instrument)?.terms.rounded(price, way))
    }

    /// The place of an instrument by its symbol.
    fn _place_of(&self, symbol: &str) -> PyResult<usize> {
        let instruments = &self.desk.account().instruments;
        instruments.iter().position(|traded| traded.terms.symbol == symbol).ok_or_else(|| {
            let named: Vec<_> = instruments.iter().map(|traded| traded.terms.symbol.as_str()).collect();
            PyValueError::new_err(format!(
                "there is no instrument {symbol:?} in this run: it has {}",
                named.join(", ")
            ))
        })
    }

    /// The symbol of an instrument by its place.
    fn _symbol_of(&self, instrument: usize) -> PyResult<String> {
        Ok(self.traded(instrument)?.terms.symbol.clone())
    }

    /// Binds an indicator.
    fn _bind(
        &mut self,
        name: &str,
        parameters: Vec<f64>,
        of: Option<&str>,
        instrument: usize,
        second: Option<usize>,
    ) -> PyResult<BoundIndicator> {
        self.traded(instrument)?;
        let indicator = Indicator::new(name, &parameters).map_err(wrong_indicator)?;
        let of = match of {
            Some(word) => Of::from_name(word).ok_or_else(|| {
                let words: Vec<_> = Of::ALL.iter().map(|(word, _)| *word).collect();
                PyValueError::new_err(format!("of={word:?} is none: take {}", words.join(", ")))
            })?,
            None => match self.desk.stream_of(instrument) {
                Some(Stream::Quotes) => Of::Mid,
                Some(Stream::Trades) => Of::Price,
                _ => Of::Close,
            },
        };
        let cell = self.desk.bind(indicator, Binding { instrument, of, second }).map_err(misuse)?;
        Ok(BoundIndicator::new(name, cell))
    }

    /// Sets a timer of so many ns.
    fn _timer(&mut self, name: &str, period_ns: i64) -> PyResult<()> {
        if period_ns < 1 {
            return Err(PyValueError::new_err(format!(
                "a timer of {period_ns} ns has no period: give 1 or more"
            )));
        }
        self.desk.add_timer(name, period_ns);
        Ok(())
    }

    /// Why the last order was refused by a limit, once.
    fn _refusal(&mut self) -> Option<String> {
        self.desk.take_refusal()
    }

    /// Whether an indicator of this name is of bars, quotes or two series and not of one.
    #[staticmethod]
    fn _input_of(name: &str) -> Option<&'static str> {
        let kind = KINDS.iter().find(|kind| kind.name == name)?;
        Some(match kind.input {
            Input::Series => "series",
            Input::Bars => "bars",
            Input::Quotes => "quotes",
            Input::Pair => "pair",
        })
    }
}
