//! A strategy at a running venue: its desk, the venue's log as it grows, its risk. Commands come out; who sends them is Python.

use std::collections::HashMap;
use std::path::PathBuf;

use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};

use garraway_sequencer::EventReader;
use garraway_trading::risk::{
    Action, BreakerLimits, Limiter, Limits, OrderLimits, PortfolioLimits, PositionLimits, Reason, Risk,
    Shared, StrategyLimits, VenueLimits, Whose, Worth,
};
use garraway_trading::{
    Books, Dealer, Dealing, Desk, Followed, Level, LimitRule, Paper, Sent, Stopped, Strategy, Stream, Terms,
};
use garraway_types::{EVENT_SIZE, Event, EventKind, InstrumentId, Nanos, Price, Side, code, events_in};
use garraway_views::fold::{Fold, History};

use crate::trading::called::Called;
use crate::trading::strategy::NativeStrategy;

/// Adds the class, and the reasons of limits by their codes.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let reasons = PyDict::new(module.py());
    for reason in Reason::ALL {
        reasons.set_item(*reason as u8, (reason.name(), reason.level().name(), reason.text()))?;
    }
    module.add("LIMIT_REASONS", reasons)?;
    module.add_class::<LiveDesk>()
}

/// An instrument as Python gives it.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Instrument {
    number: u32,
    symbol: String,
    quote_asset: u32,
    price_decimals: u8,
    tick: i64,
    price_value: i64,
    money_decimals: u8,
    min_price: i64,
    max_price: i64,
    max_quantity: i64,
    lot_size: i64,
    fee_rate: i64,
    limits: HashMap<String, i64>,
}

/// All else as Python gives it.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Settings {
    account: u32,
    base_ref: u64,
    bar_ns: i64,
    skip_failures: bool,
    /// Accounts of the same portfolio.
    others: Vec<u32>,
    /// When the breakers were reset last, ns.
    reset_at_ns: i64,
    /// Of paper trading, ledger units that it begins with; none at the venue itself.
    cash: Option<i64>,
    limits: HashMap<String, i64>,
}

fn limit(limits: &HashMap<String, i64>, name: &str) -> PyResult<i64> {
    limits.get(name).copied().ok_or_else(|| PyValueError::new_err(format!("the limit {name} is missing")))
}

fn whole(limits: &HashMap<String, i64>) -> PyResult<Limits> {
    let of = |name| limit(limits, name);
    Ok(Limits {
        strategy: StrategyLimits {
            max_open_orders: of("strategy.max_open_orders")?,
            max_orders_per_s: of("strategy.max_orders_per_s")?,
            max_daily_loss: of("strategy.max_daily_loss")?,
            max_drawdown: of("strategy.max_drawdown")?,
        },
        portfolio: PortfolioLimits {
            max_gross: of("portfolio.max_gross")?,
            max_net: of("portfolio.max_net")?,
            max_positions: of("portfolio.max_positions")?,
            max_daily_loss: of("portfolio.max_daily_loss")?,
            max_concentration_bps: of("portfolio.max_concentration_bps")?,
            concentration_from: of("portfolio.concentration_from")?,
        },
        venue: VenueLimits { max_age_ns: of("venue.max_age_ms")?, max_away_ns: of("venue.max_away_ms")? },
        breakers: BreakerLimits {
            max_refusals: of("breakers.max_refusals")?,
            refusals_ns: of("breakers.refusals_ms")?,
            flatten: of("breakers.flatten")? != 0,
        },
    })
}

impl Instrument {
    fn terms(&self) -> Terms {
        Terms {
            number: self.number,
            symbol: self.symbol.clone(),
            quote_asset: self.quote_asset,
            price_decimals: self.price_decimals,
            tick: self.tick,
            price_value: self.price_value,
            money_decimals: self.money_decimals,
            min_price: self.min_price,
            max_price: self.max_price,
            max_quantity: self.max_quantity,
        }
    }

    fn limited(&self) -> PyResult<(InstrumentId, Worth, OrderLimits, PositionLimits)> {
        let of = |name| limit(&self.limits, name);
        if self.price_value < 1 {
            return Err(PyValueError::new_err(format!("a lot of {} is worth nothing", self.symbol)));
        }
        let order = OrderLimits {
            max_lots: of("order.max_lots")?,
            max_notional: of("order.max_notional")?,
            max_distance_bps: of("order.max_distance_bps")?,
        };
        let position = PositionLimits {
            max_lots: of("position.max_lots")?,
            max_notional: of("position.max_notional")?,
            stop_loss_bps: of("position.stop_loss_bps")?,
            trailing_stop_bps: of("position.trailing_stop_bps")?,
        };
        Ok((InstrumentId(self.number), Worth::whole(self.price_value), order, position))
    }
}

impl Instrument {
    /// How a house deals it on paper: paid in full, at the quote, through the limit, no more than the quote has.
    fn dealing(&self) -> Dealing {
        Dealing {
            lot_size: self.lot_size,
            margin_rate: 1_000_000_000,
            fee_rate: self.fee_rate,
            limit: LimitRule::Through,
            sized: true,
        }
    }
}

/// Where orders go: to the venue that is followed, or to a house in this process.
enum Market {
    Venue(Box<Followed<Shown>>),
    House(Box<Paper<Shown, Dealer>>),
}

impl Market {
    fn followed(&mut self) -> &mut Followed<Shown> {
        match self {
            Self::Venue(followed) => followed,
            Self::House(paper) => paper.followed(),
        }
    }

    fn take<S: Strategy>(
        &mut self,
        desk: &mut Desk,
        strategy: &mut S,
        event: &Event,
        tail: &[u8],
    ) -> Result<(), Stopped> {
        match self {
            Self::Venue(followed) => followed.take(desk, strategy, event, tail),
            Self::House(paper) => paper.take(desk, strategy, event, tail),
        }
    }

    fn settle<S: Strategy>(&mut self, desk: &mut Desk, strategy: &mut S) -> Result<(), Stopped> {
        match self {
            Self::Venue(followed) => followed.settle(desk, strategy),
            Self::House(paper) => paper.settle(desk, strategy),
        }
    }
}

/// The books of the venue, from the same fold that the views are made of.
#[derive(Default)]
struct Shown(Fold);

struct NoHistory;

impl History for NoHistory {
    fn fills(&mut self, _: u64) -> Option<[Event; 2]> {
        None
    }
}

impl Books for Shown {
    fn take(&mut self, event: &Event, tail: &[u8]) {
        self.0.take(event, tail, &mut NoHistory);
    }

    fn levels(&self, instrument: u32, side: Side, depth: usize, into: &mut Vec<Level>) {
        let Some(market) = self.0.markets.get(instrument) else { return };
        into.extend(
            market.levels(side).take(depth).map(|(price, level)| Level { price, quantity: level.lots }),
        );
    }
}

type FillRow = (i64, String, u8, i64, i64, i64, i64, i64, u64, i64);
type OrderRow = (u64, String, u8, i64, i64, &'static str, u16);

/// The desk of a strategy at a running venue.
#[pyclass(module = "garraway._native")]
struct LiveDesk {
    desk: Desk,
    called: Called,
    market: Market,
    reader: Option<EventReader>,
    folder: PathBuf,
    risk: Shared,
    account: u32,
    others: Vec<u32>,
    numbers: Vec<u32>,
    reset_at: Option<i64>,
    killed: bool,
    last_event_id: u64,
    last_at: i64,
    sent: Vec<Sent>,
    symbols: Vec<String>,
}

#[pymethods]
impl LiveDesk {
    /// `strategy` with its `handlers` by name as (function, count, ns).
    #[new]
    fn new(
        py: Python<'_>,
        folder: PathBuf,
        strategy: &Bound<'_, NativeStrategy>,
        handlers: &Bound<'_, PyDict>,
        instruments: Vec<Instrument>,
        settings: Settings,
    ) -> PyResult<Self> {
        let terms: Vec<Terms> = instruments.iter().map(Instrument::terms).collect();
        let limited = instruments.iter().map(Instrument::limited).collect::<PyResult<Vec<_>>>()?;
        let symbols = terms.iter().map(|terms| PyString::new(py, &terms.symbol).unbind()).collect();
        let numbers: Vec<u32> = terms.iter().map(|terms| terms.number).collect();
        let called = Called::new(strategy, handlers, symbols)?;
        let risk = Shared::new(Risk::new(whole(&settings.limits)?, &limited));
        let named = terms.iter().map(|terms| terms.symbol.clone()).collect();
        let house = match settings.cash {
            Some(cash) => {
                let dealings: Vec<_> = instruments.iter().map(Instrument::dealing).collect();
                let dealer = Dealer::new(&terms, &dealings, settings.account, cash);
                Some(dealer.map_err(PyValueError::new_err)?)
            }
            None => None,
        };
        let mut desk = Desk::new(settings.account, terms, settings.base_ref);
        desk.set_balance(settings.cash.unwrap_or(0));
        desk.set_gate(Box::new(Limiter::new(risk.clone())));
        desk.keep_tickets();
        for instrument in 0..numbers.len() {
            if settings.bar_ns > 0 {
                desk.add_stream(instrument, Stream::Bars);
            }
            desk.add_stream(instrument, Stream::Quotes);
            desk.add_stream(instrument, Stream::Trades);
        }
        // On paper no account of the venue is ours.
        let account = if house.is_some() { u32::MAX } else { settings.account };
        let followed =
            Followed::new(Shown::default(), account, &numbers, settings.bar_ns, settings.skip_failures);
        let market = match house {
            Some(house) => Market::House(Box::new(Paper::new(followed, house, numbers.len()))),
            None => Market::Venue(Box::new(followed)),
        };
        Ok(Self {
            desk,
            called,
            market,
            reader: None,
            folder,
            risk,
            account,
            others: settings.others,
            numbers,
            reset_at: Some(settings.reset_at_ns),
            killed: false,
            last_event_id: 0,
            last_at: 0,
            sent: Vec::new(),
            symbols: named,
        })
    }

    /// Calls `start` of the strategy.
    fn start(&mut self) -> PyResult<()> {
        let Self { market, desk, called, .. } = self;
        market.followed().start(desk, called).map_err(raised)
    }

    /// Takes up to `limit` events of the log that are there; how many. Handlers are called once `go_live` was.
    #[pyo3(signature = (limit = 65_536))]
    fn take(&mut self, limit: usize) -> PyResult<usize> {
        if self.reader.is_none() {
            self.reader = Some(EventReader::open(&self.folder.join("events"), 0).map_err(unreadable)?);
        }
        // The reader is put back whatever happens: its bytes are borrowed while handlers are called.
        let Some(mut reader) = self.reader.take() else { return Ok(0) };
        let taken = self.take_from(&mut reader, limit);
        self.reader = Some(reader);
        taken
    }

    /// From now on handlers are called.
    fn go_live(&mut self) {
        match &mut self.market {
            Market::Venue(followed) => followed.go_live(&mut self.desk),
            Market::House(paper) => paper.go_live(&mut self.desk),
        }
    }

    /// The commands that were written since this was asked, to be sent in this order.
    fn commands<'py>(&mut self, py: Python<'py>) -> Vec<Bound<'py, PyBytes>> {
        self.sent.clear();
        self.desk.commands(&mut self.sent);
        self.sent.iter().map(|sent| PyBytes::new(py, &sent.record)).collect()
    }

    /// Calls `stop` of the strategy, and asks for all its orders to be cancelled where that is wanted.
    fn stop(&mut self, cancel: bool) -> PyResult<()> {
        let Self { market, desk, called, .. } = self;
        let stopped = market.followed().stop(desk, called).map_err(raised);
        if cancel {
            desk.cancel_all(None);
        }
        if let Market::House(paper) = market {
            paper.deal(desk, called).map_err(raised)?;
        }
        stopped
    }

    /// The door is closed since a time, ns.
    fn disconnected(&mut self, at_ns: i64) -> PyResult<()> {
        self.risk.get().disconnected(Nanos(at_ns));
        self.look(at_ns)
    }

    /// The door is open.
    fn connected(&mut self) {
        self.risk.get().connected();
    }

    /// Time passes while the venue says nothing.
    fn look(&mut self, at_ns: i64) -> PyResult<()> {
        self.desk.set_now(at_ns);
        self.desk.look();
        Ok(())
    }

    /// Locks the strategy: its orders are asked to be cancelled, with `flatten` its positions closed.
    fn lock(&mut self, flatten: bool) {
        let now = Nanos(self.desk.account().now_ns);
        let action = self.risk.get().lock(now, flatten);
        self.desk.act(matches!(action, Action::Stop { flatten: true, .. }));
    }

    /// Resets the breakers: losses and refusals count from now.
    fn reset(&mut self) {
        let now = Nanos(self.desk.account().now_ns);
        self.risk.get().reset(now);
    }

    /// The breaker that tripped: reason, level, value, limit, time in ns.
    #[getter]
    fn trip(&self) -> Option<(&'static str, &'static str, i64, i64, i64)> {
        let trip = self.risk.get().trip()?;
        let (reason, why) = (trip.why.reason, trip.why);
        Some((reason.name(), reason.level().name(), why.value, why.limit, trip.at.0))
    }

    /// Whether the account's kill switch is thrown.
    #[getter]
    const fn killed(&self) -> bool {
        self.killed
    }

    /// The last event that was taken: its id, its time in ns.
    #[getter]
    const fn last(&self) -> (u64, i64) {
        (self.last_event_id, self.last_at)
    }

    /// Orders that may still fill, fills, commands, calls of handlers, failures of handlers.
    #[getter]
    fn counts(&self) -> (u32, usize, u64, u64, u64) {
        let (account, kept) = (self.desk.account(), self.desk.kept());
        let live = account.instruments.iter().map(|traded| traded.live).sum();
        (live, kept.fills.len(), kept.commands, kept.calls, kept.failures)
    }

    /// Money and positions: balance, cash, twice the equity in ledger units; lots by symbol.
    fn standing(&self) -> (i64, i64, i128, HashMap<String, i64>) {
        let account = self.desk.account();
        let held = account.instruments.iter().map(|traded| traded.position.lots);
        let lots = self.symbols.iter().cloned().zip(held).collect();
        (account.balance, account.cash(), account.equity_twice(), lots)
    }

    /// Fills from the n-th on: time, symbol, side, price, lots, value, fee, gain realised, reference, lots held afterwards.
    fn fills(&self, first: usize) -> Vec<FillRow> {
        let fills = self.desk.kept().fills.iter().skip(first);
        fills
            .map(|fill| {
                let symbol = self.symbols[fill.instrument].clone();
                let (side, price, lots) = (fill.side as u8, fill.price, fill.quantity);
                let (value, fee, realised) = (fill.value, fill.fee, fill.realised);
                (fill.at_ns, symbol, side, price, lots, value, fee, realised, fill.order, fill.position)
            })
            .collect()
    }

    /// Orders of this run from the n-th on: reference, symbol, side, lots, lots filled, state, reason.
    fn orders(&self, first: usize) -> Vec<OrderRow> {
        let orders = self.desk.account().orders.iter().skip(first);
        orders
            .map(|order| {
                let symbol = self.symbols[order.intent.instrument].clone();
                let (side, lots) = (order.intent.side as u8, order.intent.quantity);
                let state = order.state.name();
                (order.client_ref, symbol, side, lots, order.filled, state, order.reason)
            })
            .collect()
    }

    /// Leaves the desk in the strategy, to be looked at after the run.
    fn leave(&mut self, strategy: &Bound<'_, NativeStrategy>) {
        std::mem::swap(&mut self.desk, &mut strategy.borrow_mut().desk);
    }

    /// Gains of strategy and portfolio since the account began, ledger units.
    fn gains(&self) -> (i128, i128) {
        let risk = self.risk.get();
        (risk.strategy().gain(), risk.portfolio().gain())
    }
}

impl LiveDesk {
    fn take_from(&mut self, reader: &mut EventReader, limit: usize) -> PyResult<usize> {
        let bytes = reader.next_batch(limit.saturating_mul(EVENT_SIZE)).map_err(unreadable)?;
        let mut count = 0;
        for (event, tail) in events_in(bytes) {
            self.note(&event);
            let Self { market, desk, called, .. } = self;
            market.take(desk, called, &event, tail).map_err(raised)?;
            count += 1;
        }
        if count > 0 {
            let Self { market, desk, called, .. } = self;
            market.settle(desk, called).map_err(raised)?;
        }
        Ok(count)
    }

    /// What the desk itself is not told.
    fn note(&mut self, event: &Event) {
        (self.last_event_id, self.last_at) = (event.event_id, event.at_ns);
        if self.reset_at.is_some_and(|at| event.at_ns >= at) {
            self.reset_at = None;
            self.risk.get().reset(Nanos(event.at_ns));
        }
        let kind = EventKind::from_code(event.kind);
        if kind == Some(EventKind::KillSet)
            && event.fee == i64::from(code::SCOPE_ACCOUNT)
            && event.value == i64::from(self.account)
        {
            self.killed = event.detail == 1;
        }
        let other = kind == Some(EventKind::Filled)
            && self.others.contains(&event.account)
            && self.numbers.contains(&event.instrument);
        if let (true, Some(side)) = (other, Side::from_code(event.side)) {
            let (number, paid) = (InstrumentId(event.instrument), (event.value, event.fee));
            let (now, price) = (Nanos(event.at_ns), Price(event.price));
            self.risk.get().filled(now, Whose::Other, number, side, event.quantity, price, paid);
        }
    }
}

fn unreadable(error: garraway_sequencer::EventLogError) -> PyErr {
    PyOSError::new_err(error.to_string())
}

/// What a handler raised, with a note of which and when.
fn raised(stopped: Stopped) -> PyErr {
    match stopped {
        Stopped::Handler { handler, at_ns, row, failure } => match failure.downcast::<PyErr>() {
            Ok(error) => Python::attach(|py| {
                let note = format!("in {handler} at {at_ns} ns, command {row} of the venue");
                let _ = error.value(py).call_method1("add_note", (note,));
                *error
            }),
            Err(other) => PyRuntimeError::new_err(format!("{handler} at {at_ns} ns: {other}")),
        },
        Stopped::Endless { at_ns, .. } => PyRuntimeError::new_err(format!(
            "the strategy answers its own orders without end at {at_ns} ns: break the circle"
        )),
        Stopped::Row(bad) => PyRuntimeError::new_err(format!("row {} cannot be", bad.row)),
    }
}
