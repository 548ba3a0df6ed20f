//! A run: a strategy, a desk, a simulated venue, tables of rows; played in parts, so that Python may look in between.

use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use garraway_trading::{
    Bad, Compiled, Dealer, Dealing, Desk, LimitRule, Order, Problem, Rules, Simulated, State, Stopped,
    Stream, Tapes, Terms,
};

use crate::trading::called::Called;
use crate::trading::strategy::NativeStrategy;
use crate::trading::told::side_name;

/// The account of a run; nobody else trades in its venue.
const ACCOUNT: u32 = 16;

/// Adds the class.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Run>()
}

/// An instrument as Python gives it.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Instrument {
    symbol: String,
    price_decimals: u8,
    tick: i64,
    lot_size: i64,
    money_decimals: u8,
    max_price: i64,
    max_quantity: i64,
    half_spread: i64,
    margin_rate: i64,
    fee_rate: i64,
    limit_rule: u8,
    sized: bool,
}

/// The venue's settings as Python gives them.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Settings {
    at_next: bool,
    latency_ns: i64,
    tell_all: bool,
    mark_every: u64,
    skip_failures: bool,
    skip_bad: bool,
    cash: i64,
    now_ns: i64,
}

/// A table of rows: place of the instrument, stream (bars, quotes, trades), price units in a tick, ns in a bar.
type Table = (usize, String, i64, i64);

enum Player {
    Python(Called),
    Compiled(Box<Compiled>),
}

/// A run.
#[pyclass(module = "garraway._native")]
struct Run {
    desk: Desk,
    venue: Simulated<Dealer>,
    tapes: Tapes,
    player: Player,
    streams: Vec<Stream>,
    is_over: bool,
}

fn stream(name: &str) -> PyResult<Stream> {
    [Stream::Bars, Stream::Quotes, Stream::Trades]
        .into_iter()
        .find(|stream| stream.name() == name)
        .ok_or_else(|| PyValueError::new_err(format!("{name:?} is no stream: take bars, quotes or trades")))
}

impl Instrument {
    fn terms(&self, number: u32) -> PyResult<Terms> {
        let exact =
            i128::from(10i64.pow(u32::from(9 - self.price_decimals.min(9)))) * i128::from(self.lot_size);
        let unit = 10i128.pow(18 - u32::from(self.money_decimals.min(18)));
        if exact % unit != 0 || exact / unit < 1 {
            return Err(PyValueError::new_err(format!(
                "{}: a price unit of a lot is no whole number of ledger units: give fewer price decimals, a larger lot or more money decimals",
                self.symbol
            )));
        }
        Ok(Terms {
            number,
            symbol: self.symbol.clone(),
            quote_asset: 1,
            price_decimals: self.price_decimals,
            tick: self.tick,
            price_value: (exact / unit) as i64,
            money_decimals: self.money_decimals,
            min_price: self.tick,
            max_price: self.max_price,
            max_quantity: self.max_quantity,
        })
    }

    fn dealing(&self) -> Dealing {
        let limit = match self.limit_rule {
            1 => LimitRule::Touch,
            2 => LimitRule::Quote,
            _ => LimitRule::Through,
        };
        Dealing {
            lot_size: self.lot_size,
            margin_rate: self.margin_rate,
            fee_rate: self.fee_rate,
            limit,
            sized: self.sized,
        }
    }
}

#[pymethods]
impl Run {
    /// `strategy` with its `handlers` by name as (function, count, ns); or the name of a compiled one with whole numbers.
    #[new]
    #[pyo3(signature = (strategy, handlers, instruments, settings, tables))]
    fn new(
        py: Python<'_>,
        strategy: &Bound<'_, PyAny>,
        handlers: &Bound<'_, PyAny>,
        instruments: Vec<Instrument>,
        settings: Settings,
        tables: Vec<Table>,
    ) -> PyResult<Self> {
        let numbered = instruments.iter().zip(1..);
        let terms = numbered.map(|(it, number)| it.terms(number)).collect::<PyResult<Vec<_>>>()?;
        let dealings: Vec<_> = instruments.iter().map(Instrument::dealing).collect();
        let dealer = Dealer::new(&terms, &dealings, ACCOUNT, settings.cash).map_err(PyValueError::new_err)?;
        let rules = Rules {
            at_next: settings.at_next,
            latency_ns: settings.latency_ns,
            half_spread: instruments.iter().map(|it| it.half_spread).collect(),
            tell_all: settings.tell_all,
            mark_every: settings.mark_every.max(1),
            skip_failures: settings.skip_failures,
        };
        let venue = Simulated::new(dealer, rules, ACCOUNT, terms.len());
        let symbols = terms.iter().map(|terms| PyString::new(py, &terms.symbol).unbind()).collect();
        let player = match strategy.cast::<NativeStrategy>() {
            Ok(object) => Player::Python(Called::new(object, handlers.cast::<PyDict>()?, symbols)?),
            Err(_) => {
                let (name, numbers) = (strategy.extract::<String>()?, handlers.extract::<Vec<i64>>()?);
                let compiled = Compiled::new(&name, &numbers);
                Player::Compiled(Box::new(compiled.map_err(|misuse| PyValueError::new_err(misuse.0))?))
            }
        };
        let mut desk = Desk::new(ACCOUNT, terms, 0);
        desk.set_balance(settings.cash);
        if matches!(player, Player::Python(_)) {
            desk.keep_tickets();
        }
        let mut tapes = Tapes::new(if settings.skip_bad { Bad::Skip } else { Bad::Stop }, settings.now_ns);
        let mut streams = Vec::new();
        for (instrument, name, tick, period_ns) in tables {
            let stream = stream(&name)?;
            desk.add_stream(instrument, stream);
            tapes.add(instrument, stream, tick, period_ns);
            streams.push(stream);
        }
        Ok(Self { desk, venue, tapes, player, streams, is_over: false })
    }

    /// Makes room for so many marks of the equity.
    fn reserve(&mut self, rows: usize) {
        self.desk.reserve_equity(rows);
    }

    /// Plays up to so many items of the tables, whose bytes are given anew each time: True while there is more. What ended the
    /// run early is told as (kind, handler or table, time, row, problem or exception).
    fn play<'py>(
        &mut self,
        py: Python<'py>,
        tables: Vec<PyReadonlyArray1<'py, u8>>,
        items: usize,
    ) -> PyResult<(bool, Option<Bound<'py, PyAny>>)> {
        if self.is_over {
            return Err(PyRuntimeError::new_err("the run is over: make another"));
        }
        if tables.len() != self.streams.len() {
            let (given, wanted) = (tables.len(), self.streams.len());
            return Err(PyValueError::new_err(format!("{given} tables for a run of {wanted}")));
        }
        let bytes = tables
            .iter()
            .map(|table| table.as_slice().map_err(|_| PyValueError::new_err("a table is not contiguous")))
            .collect::<PyResult<Vec<_>>>()?;
        let Self { desk, venue, tapes, player, .. } = self;
        let mut reel = tapes.reel(&bytes);
        let played = match player {
            Player::Python(called) => venue.play(desk, called, &mut reel, items),
            Player::Compiled(compiled) => py.detach(|| match &mut **compiled {
                Compiled::EmaCross(strategy) => venue.play(desk, strategy, &mut reel, items),
                Compiled::Quoter(strategy) => venue.play(desk, strategy, &mut reel, items),
                Compiled::Idle(strategy) => venue.play(desk, strategy, &mut reel, items),
            }),
        };
        match played {
            Ok(more) => {
                self.is_over = !more;
                Ok((more, None))
            }
            Err(stopped) => {
                self.is_over = true;
                Ok((false, Some(told(py, stopped)?)))
            }
        }
    }

    /// Leaves the desk in the strategy, to be looked at after the run.
    fn leave(&mut self, strategy: &Bound<'_, NativeStrategy>) {
        std::mem::swap(&mut self.desk, &mut strategy.borrow_mut().desk);
    }

    /// Rows taken so far.
    #[getter]
    fn rows(&self) -> u64 {
        self.tapes.rows()
    }

    /// Counts of the run.
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (account, kept) = (self.desk.account(), self.desk.kept());
        let counts = PyDict::new(py);
        counts.set_item("rows", self.tapes.rows())?;
        counts.set_item("orders", account.orders.len())?;
        counts.set_item("fills", kept.fills.len())?;
        counts.set_item("commands", kept.commands)?;
        counts.set_item("calls", kept.calls)?;
        counts.set_item("failures", kept.failures)?;
        counts.set_item("quotes_told", self.venue.told())?;
        counts.set_item("under_way", self.venue.under_way())?;
        Ok(counts)
    }

    /// Money and positions: balance, cash, twice the equity in ledger units; lots by instrument.
    fn standing(&self) -> (i64, i64, i128, Vec<i64>) {
        let account = self.desk.account();
        let lots = account.instruments.iter().map(|traded| traded.position.lots).collect();
        (account.balance, account.cash(), account.equity_twice(), lots)
    }

    /// Rows left out, by problem.
    fn left_out<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let found = PyDict::new(py);
        for (problem, count) in Problem::ALL.iter().zip(self.tapes.counts()) {
            if count > 0 {
                found.set_item(problem.name(), count)?;
            }
        }
        Ok(found)
    }

    /// Fills as columns of whole numbers.
    fn fills<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (account, fills) = (self.desk.account(), &self.desk.kept().fills);
        let columns = PyDict::new(py);
        let column = |name: &str, of: &dyn Fn(&garraway_trading::Fill) -> i64| {
            columns.set_item(name, PyArray1::from_iter(py, fills.iter().map(of)))
        };
        let order = |client_ref: u64| account.order(client_ref);
        column("at_ns", &|fill| fill.at_ns)?;
        column("instrument", &|fill| fill.instrument as i64)?;
        column("side", &|fill| fill.side as i64)?;
        column("price", &|fill| fill.price)?;
        column("quantity", &|fill| fill.quantity)?;
        column("value", &|fill| fill.value)?;
        column("fee", &|fill| fill.fee)?;
        column("realised", &|fill| fill.realised)?;
        column("order", &|fill| fill.order as i64)?;
        column("liquidity", &|fill| fill.liquidity as i64)?;
        column("position", &|fill| fill.position)?;
        column("mid_twice", &|fill| order(fill.order).map_or(0, |order| order.mid_twice))?;
        column("tag", &|fill| order(fill.order).map_or(0, |order| i64::from(order.intent.tag)))?;
        Ok(columns)
    }

    /// Orders as columns of whole numbers.
    fn orders<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let orders = &self.desk.account().orders;
        let columns = PyDict::new(py);
        let column = |name: &str, of: &dyn Fn(&Order) -> i64| {
            columns.set_item(name, PyArray1::from_iter(py, orders.iter().map(of)))
        };
        column("placed_ns", &|order| order.placed_ns)?;
        column("instrument", &|order| order.intent.instrument as i64)?;
        column("side", &|order| order.intent.side as i64)?;
        column("kind", &|order| i64::from(order.intent.order_type()))?;
        column("limit", &|order| order.intent.limit)?;
        column("stop", &|order| order.intent.stop + order.intent.trail)?;
        column("quantity", &|order| order.intent.quantity)?;
        column("filled", &|order| order.filled)?;
        column("state", &|order| order.state as i64)?;
        column("client_ref", &|order| order.client_ref as i64)?;
        column("reason", &|order| i64::from(order.reason))?;
        column("tag", &|order| i64::from(order.intent.tag))?;
        Ok(columns)
    }

    /// Marks of the equity: times, equity, cash.
    fn equity<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let rows = &self.desk.kept().equity;
        let columns = PyDict::new(py);
        columns.set_item("at_ns", PyArray1::from_iter(py, rows.iter().map(|row| row.at_ns)))?;
        columns.set_item("equity", PyArray1::from_iter(py, rows.iter().map(|row| row.equity)))?;
        columns.set_item("cash", PyArray1::from_iter(py, rows.iter().map(|row| row.cash)))?;
        Ok(columns)
    }

    /// The words of tags, states and sides by their numbers.
    fn words<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let words = PyDict::new(py);
        words.set_item("tags", self.desk.tags())?;
        let states: Vec<_> = State::ALL.iter().map(|state| state.name()).collect();
        words.set_item("states", states)?;
        words.set_item("sides", [garraway_types::Side::Buy, garraway_types::Side::Sell].map(side_name))?;
        Ok(words)
    }
}

fn told(py: Python<'_>, stopped: Stopped) -> PyResult<Bound<'_, PyAny>> {
    let tuple = match stopped {
        Stopped::Row(bad) => {
            ("row", bad.tape, 0i64, bad.row, bad.problem.name()).into_pyobject(py)?.into_any()
        }
        Stopped::Endless { at_ns, row } => ("endless", "", at_ns, row, "").into_pyobject(py)?.into_any(),
        Stopped::Handler { handler, at_ns, row, failure } => {
            let exception = match failure.downcast::<PyErr>() {
                Ok(error) => error.into_value(py).into_any(),
                Err(other) => PyRuntimeError::new_err(other.to_string()).into_value(py).into_any(),
            };
            ("handler", handler, at_ns, row, exception).into_pyobject(py)?.into_any()
        }
    };
    Ok(tuple)
}
