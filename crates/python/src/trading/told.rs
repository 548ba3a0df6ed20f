//! What handlers are given: small frozen records that may be kept.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyString;

use garraway_trading::{Fill, Level, Order, Quote, Ticket, Trade, Traded};
use garraway_types::Side;

/// Adds the classes.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Bar>()?;
    module.add_class::<QuoteTold>()?;
    module.add_class::<TradeTold>()?;
    module.add_class::<BookTold>()?;
    module.add_class::<FillTold>()?;
    module.add_class::<TicketHeld>()
}

/// The word for a side.
pub const fn side_name(side: Side) -> &'static str {
    if matches!(side, Side::Buy) { "buy" } else { "sell" }
}

/// A bar.
#[pyclass(frozen, module = "garraway._native", freelist = 16)]
pub struct Bar {
    #[pyo3(get)]
    at_ns: i64,
    #[pyo3(get)]
    open: f64,
    #[pyo3(get)]
    high: f64,
    #[pyo3(get)]
    low: f64,
    #[pyo3(get)]
    close: f64,
    #[pyo3(get)]
    volume: i64,
    #[pyo3(get)]
    symbol: Py<PyString>,
}

impl Bar {
    /// A bar in prices.
    #[inline]
    pub fn of(py: Python<'_>, bar: &garraway_trading::Bar, per_price: f64, symbol: &Py<PyString>) -> Self {
        let price = |units: i64| units as f64 / per_price;
        Self {
            at_ns: bar.at_ns,
            open: price(bar.open),
            high: price(bar.high),
            low: price(bar.low),
            close: price(bar.close),
            volume: bar.volume,
            symbol: symbol.clone_ref(py),
        }
    }
}

#[pymethods]
impl Bar {
    fn __repr__(&self) -> String {
        let Self { at_ns, open, high, low, close, volume, .. } = self;
        format!(
            "Bar({} at {at_ns}: open {open}, high {high}, low {low}, close {close}, volume {volume})",
            self.symbol
        )
    }
}

/// A quote.
#[pyclass(frozen, name = "Quote", module = "garraway._native", freelist = 16)]
pub struct QuoteTold {
    #[pyo3(get)]
    at_ns: i64,
    #[pyo3(get)]
    bid: f64,
    #[pyo3(get)]
    ask: f64,
    #[pyo3(get)]
    bid_size: i64,
    #[pyo3(get)]
    ask_size: i64,
    #[pyo3(get)]
    symbol: Py<PyString>,
}

impl QuoteTold {
    /// A quote in prices.
    #[inline]
    pub fn of(py: Python<'_>, quote: &Quote, per_price: f64, symbol: &Py<PyString>) -> Self {
        Self {
            at_ns: quote.at_ns,
            bid: quote.bid as f64 / per_price,
            ask: quote.ask as f64 / per_price,
            bid_size: quote.bid_size,
            ask_size: quote.ask_size,
            symbol: symbol.clone_ref(py),
        }
    }
}

#[pymethods]
impl QuoteTold {
    /// The middle of bid and ask.
    #[getter]
    fn mid(&self) -> f64 {
        f64::midpoint(self.bid, self.ask)
    }

    /// The ask less the bid.
    #[getter]
    fn spread(&self) -> f64 {
        self.ask - self.bid
    }

    fn __repr__(&self) -> String {
        let Self { at_ns, bid, ask, bid_size, ask_size, .. } = self;
        format!("Quote({} at {at_ns}: {bid_size} @ {bid} / {ask_size} @ {ask})", self.symbol)
    }
}

/// A trade of others.
#[pyclass(frozen, name = "Trade", module = "garraway._native", freelist = 16)]
pub struct TradeTold {
    #[pyo3(get)]
    at_ns: i64,
    #[pyo3(get)]
    price: f64,
    #[pyo3(get)]
    quantity: i64,
    /// "buy" or "sell" of the aggressor, nothing where it is not known.
    #[pyo3(get)]
    side: Option<&'static str>,
    #[pyo3(get)]
    symbol: Py<PyString>,
}

impl TradeTold {
    /// A trade in prices.
    pub fn of(py: Python<'_>, trade: &Trade, per_price: f64, symbol: &Py<PyString>) -> Self {
        let side = match trade.side {
            0 => None,
            side if side > 0 => Some("buy"),
            _ => Some("sell"),
        };
        let price = trade.price as f64 / per_price;
        Self { at_ns: trade.at_ns, price, quantity: trade.quantity, side, symbol: symbol.clone_ref(py) }
    }
}

#[pymethods]
impl TradeTold {
    fn __repr__(&self) -> String {
        format!("Trade({} at {}: {} @ {})", self.symbol, self.at_ns, self.quantity, self.price)
    }
}

/// The levels of a book, best first: (price, lots) each.
#[pyclass(frozen, name = "Book", module = "garraway._native")]
pub struct BookTold {
    #[pyo3(get)]
    at_ns: i64,
    #[pyo3(get)]
    bids: Vec<(f64, i64)>,
    #[pyo3(get)]
    asks: Vec<(f64, i64)>,
    #[pyo3(get)]
    symbol: Py<PyString>,
}

impl BookTold {
    /// Bids and asks in prices.
    pub fn of(
        py: Python<'_>,
        at_ns: i64,
        sides: [&[Level]; 2],
        per_price: f64,
        symbol: &Py<PyString>,
    ) -> Self {
        let [bids, asks] = sides.map(|levels| {
            levels.iter().map(|level| (level.price as f64 / per_price, level.quantity)).collect()
        });
        Self { at_ns, bids, asks, symbol: symbol.clone_ref(py) }
    }
}

/// A fill of an order of ours.
#[pyclass(frozen, name = "Fill", module = "garraway._native")]
pub struct FillTold {
    #[pyo3(get)]
    at_ns: i64,
    #[pyo3(get)]
    symbol: Py<PyString>,
    #[pyo3(get)]
    side: &'static str,
    #[pyo3(get)]
    price: f64,
    #[pyo3(get)]
    quantity: i64,
    #[pyo3(get)]
    value: f64,
    #[pyo3(get)]
    fee: f64,
    #[pyo3(get)]
    realised: f64,
    #[pyo3(get)]
    order: u64,
    #[pyo3(get)]
    liquidity: &'static str,
    #[pyo3(get)]
    position: i64,
}

impl FillTold {
    /// A fill in prices and money.
    pub fn of(py: Python<'_>, fill: &Fill, per_price: f64, per_money: f64, symbol: &Py<PyString>) -> Self {
        let money = |units: i64| units as f64 / per_money;
        Self {
            at_ns: fill.at_ns,
            symbol: symbol.clone_ref(py),
            side: side_name(fill.side),
            price: fill.price as f64 / per_price,
            quantity: fill.quantity,
            value: money(fill.value),
            fee: money(fill.fee),
            realised: money(fill.realised),
            order: fill.order,
            liquidity: fill.liquidity.name(),
            position: fill.position,
        }
    }
}

#[pymethods]
impl FillTold {
    fn __repr__(&self) -> String {
        let Self { symbol, at_ns, side, quantity, price, position, .. } = self;
        format!("Fill({symbol} at {at_ns}: {side} {quantity} @ {price}, {position} held)")
    }
}

/// An order of ours: how it was sent, and where it stands now.
#[pyclass(frozen, name = "Ticket", module = "garraway._native")]
pub struct TicketHeld {
    pub ticket: Arc<Ticket>,
    pub instrument: usize,
    #[pyo3(get)]
    symbol: Py<PyString>,
    #[pyo3(get)]
    side: &'static str,
    #[pyo3(get)]
    kind: &'static str,
    #[pyo3(get)]
    quantity: i64,
    #[pyo3(get)]
    limit: Option<f64>,
    #[pyo3(get)]
    stop: Option<f64>,
}

impl TicketHeld {
    /// Of an order, where it has a ticket.
    pub fn of(py: Python<'_>, order: &Order, traded: &Traded) -> Option<Self> {
        let intent = &order.intent;
        let price = |units: i64| (units != 0).then(|| units as f64 / traded.per_price);
        Some(Self {
            ticket: Arc::clone(order.ticket.as_ref()?),
            instrument: intent.instrument,
            symbol: PyString::new(py, &traded.terms.symbol).unbind(),
            side: side_name(intent.side),
            kind: intent.kind(),
            quantity: intent.quantity,
            limit: price(intent.limit),
            stop: price(intent.stop + intent.trail),
        })
    }
}

#[pymethods]
impl TicketHeld {
    /// Its reference within the account; a replaced order goes on under a new one.
    #[getter]
    fn client_ref(&self) -> u64 {
        self.ticket.client_ref()
    }

    /// sent, open, filled, cancelled, expired, rejected or refused.
    #[getter]
    fn state(&self) -> &'static str {
        self.ticket.state().name()
    }

    /// Whether it may still fill.
    #[getter]
    fn live(&self) -> bool {
        self.ticket.state().is_live()
    }

    /// Lots filled.
    #[getter]
    fn filled(&self) -> i64 {
        self.ticket.filled()
    }

    fn __repr__(&self) -> String {
        let Self { symbol, side, kind, quantity, .. } = self;
        let (state, filled) = (self.state(), self.filled());
        format!("Ticket({} {kind} {side} {quantity} {symbol}: {state}, {filled} filled)", self.client_ref())
    }
}
