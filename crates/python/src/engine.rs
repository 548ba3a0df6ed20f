//! `Engine`: the engine in process, in batches of records.

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;

use garraway_engine::{Engine, LookAhead, OpenOrder, Setup};
use garraway_types::{
    AccountId, AssetId, ClientRef, Command, CommandHead, CommandKind, EventSink, FixedBody, InstrumentId,
    NO_ITEMS, Nanos, Price, Side, commands_in, encode_command, limits,
};

use crate::arrays::{commands, dtype, events_buffer, records};
use crate::tables::{MIN_EVENTS, command_dtype};

/// Adds `Engine` to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PyEngine>()
}

/// The deterministic engine in this process: commands in, events out.
#[pyclass(name = "Engine", module = "garraway._native")]
struct PyEngine {
    engine: Engine,
    continue_work: bool,
    /// Set while commands are applied: a panic inside leaves it set, and the state is not to be trusted any more.
    broken: bool,
    command_dtype: Py<PyAny>,
    event_dtype: Py<PyAny>,
}

/// When commands happen: all at one time, or each at its own.
enum Times<'py> {
    One(i64),
    Each(numpy::PyReadonlyArray1<'py, i64>),
}

/// What a batch came to.
struct Progress {
    commands: usize,
    bytes: usize,
    events: usize,
}

#[pymethods]
impl PyEngine {
    #[new]
    #[pyo3(signature = (*, slice_events = limits::MAX_EVENTS, capacity = limits::MAX_ORDERS, reserve_orders = 1_024, continue_work = true))]
    fn new(
        py: Python<'_>,
        slice_events: u16,
        capacity: u32,
        reserve_orders: usize,
        continue_work: bool,
    ) -> PyResult<Self> {
        if !(8..=limits::MAX_EVENTS).contains(&slice_events) {
            return Err(PyValueError::new_err(format!(
                "slice_events is {slice_events}: take 8 to {}",
                limits::MAX_EVENTS
            )));
        }
        let most = limits::MAX_ORDERS;
        if capacity > most || reserve_orders > most as usize {
            return Err(PyValueError::new_err(format!(
                "capacity is {capacity}, reserve_orders {reserve_orders}: take at most {most} each"
            )));
        }
        Ok(Self {
            engine: Engine::new(Setup { slice_events, capacity, reserve_orders }),
            continue_work,
            broken: false,
            command_dtype: command_dtype(py)?.unbind(),
            event_dtype: crate::arrays::event_dtype(py)?.unbind(),
        })
    }

    /// Applies commands in order and writes their events to `out`.
    fn apply<'py>(
        &mut self,
        py: Python<'py>,
        commands: &Bound<'py, PyAny>,
        at_ns: &Bound<'py, PyAny>,
        out: &Bound<'py, PyAny>,
    ) -> PyResult<(usize, usize)> {
        self.sound()?;
        let input = self::commands(commands, self.command_dtype.bind(py))?;
        let times = times(at_ns)?;
        let mut buffer = events_buffer(out, self.event_dtype.bind(py))?;
        let buffer = buffer.as_slice_mut().map_err(|error| PyValueError::new_err(format!("out: {error}")))?;
        let room = buffer.len() / garraway_types::EVENT_SIZE;
        if room < MIN_EVENTS {
            return Err(PyValueError::new_err(format!(
                "out holds {room} events: give one of {MIN_EVENTS} or more"
            )));
        }
        let bytes = input.as_slice()?;
        let count = check_structure(bytes)?;
        let each = match &times {
            Times::One(_) => None,
            Times::Each(array) => {
                Some(array.as_slice().map_err(|_| PyValueError::new_err("at_ns is not contiguous"))?)
            }
        };
        if let Some(each) = each
            && each.len() != count
        {
            return Err(PyValueError::new_err(format!(
                "at_ns has {} times for {count} commands: give one each",
                each.len()
            )));
        }
        let one = if let Times::One(at) = times { at } else { 0 };
        let time = |index: usize| each.map_or(one, |each| each[index]);
        let mut sink = EventSink::without_tails(buffer);
        self.broken = true;
        let progress = py.detach(|| self.apply_all(bytes, time, &mut sink));
        self.broken = false;
        Ok((progress.commands, progress.events))
    }

    /// What an account has of an asset: all of it, and the part held for open orders.
    fn balance(&self, account: u32, asset: u32) -> PyResult<(i128, i128)> {
        let balance = self.sound()?.balance(AccountId(account), AssetId(asset));
        Ok((balance.total, balance.held))
    }

    /// The levels of a side, best first: an array of price, quantity, orders.
    #[pyo3(signature = (instrument, side, depth = usize::MAX))]
    fn levels<'py>(
        &self,
        py: Python<'py>,
        instrument: u32,
        side: u8,
        depth: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        let side = side_of(side)?;
        let mut bytes = Vec::new();
        let mut orders = self.sound()?.orders(InstrumentId(instrument), side).peekable();
        for level in self.engine.levels(InstrumentId(instrument), side).take(depth) {
            let mut count = 0i64;
            while orders.next_if(|order| order.price == level.price).is_some() {
                count += 1;
            }
            bytes.extend(level.price.0.to_le_bytes());
            bytes.extend((level.quantity as i64).to_le_bytes());
            bytes.extend(count.to_le_bytes());
        }
        records(py, &bytes, &table(py, &["price", "quantity", "orders"])?)
    }

    /// The resting orders of a side in the order in which they would trade.
    fn orders<'py>(&self, py: Python<'py>, instrument: u32, side: u8) -> PyResult<Bound<'py, PyAny>> {
        let mut bytes = Vec::new();
        for order in self.sound()?.orders(InstrumentId(instrument), side_of(side)?) {
            for value in order_row(&order) {
                bytes.extend(value.to_le_bytes());
            }
        }
        records(py, &bytes, &table(py, &ORDER_COLUMNS)?)
    }

    /// The order that an incoming order would meet first, as (order, account, client_ref, price, leaves, filled, held).
    fn would_meet(&self, instrument: u32, side: u8, price: i64) -> PyResult<Option<[i64; 7]>> {
        let found = self.sound()?.would_meet(InstrumentId(instrument), side_of(side)?, Price(price));
        Ok(found.map(|order| order_row(&order)))
    }

    /// An open order, as (order, account, client_ref, price, leaves, filled, held).
    fn order(&self, account: u32, client_ref: u64) -> PyResult<Option<[i64; 7]>> {
        let found = self.sound()?.order(AccountId(account), ClientRef(client_ref));
        Ok(found.map(|order| order_row(&order)))
    }

    /// Proves every invariant of the engine.
    fn check(&self) -> PyResult<()> {
        self.sound()?.check().map_err(PyRuntimeError::new_err)
    }

    /// Hash of the canonical state.
    fn state_hash(&self) -> PyResult<u64> {
        Ok(self.sound()?.state_hash())
    }

    /// The canonical snapshot.
    fn snapshot<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, pyo3::types::PyBytes>> {
        let mut bytes = Vec::new();
        self.sound()?.snapshot(&mut bytes);
        Ok(pyo3::types::PyBytes::new(py, &bytes))
    }

    /// The engine that made a snapshot.
    #[staticmethod]
    #[pyo3(signature = (snapshot, *, continue_work = true))]
    fn restore(py: Python<'_>, snapshot: &[u8], continue_work: bool) -> PyResult<Self> {
        let engine =
            Engine::restore(snapshot, 1_024).map_err(|fault| PyValueError::new_err(fault.to_string()))?;
        Ok(Self {
            engine,
            continue_work,
            broken: false,
            command_dtype: command_dtype(py)?.unbind(),
            event_dtype: crate::arrays::event_dtype(py)?.unbind(),
        })
    }

    /// Number of the last command applied.
    #[getter]
    fn last_seq(&self) -> u64 {
        self.engine.last_seq()
    }

    /// Orders open in the whole venue.
    #[getter]
    fn open_orders(&self) -> u32 {
        self.engine.open_orders()
    }
}

impl PyEngine {
    /// The engine, unless an invariant was broken.
    fn sound(&self) -> PyResult<&Engine> {
        if self.broken {
            return Err(PyRuntimeError::new_err(
                "an invariant was broken earlier: this engine is not to be used any more",
            ));
        }
        Ok(&self.engine)
    }

    /// Applies commands until all are done or `sink` has no room for one more.
    fn apply_all(&mut self, bytes: &[u8], time: impl Fn(usize) -> i64, sink: &mut EventSink<'_>) -> Progress {
        let mut progress = Progress { commands: 0, bytes: 0, events: 0 };
        let mut ahead = LookAhead::default();
        while sink.has_room() {
            let at = self.engine.last_at();
            if self.continue_work
                && let Some(instrument) = self.engine.next_work()
            {
                self.go_on(instrument, at, sink);
                continue;
            }
            ahead.before(&self.engine, commands_in(&bytes[progress.bytes..]));
            let Ok(command) = Command::parse(&bytes[progress.bytes..]) else { break };
            self.engine.apply(self.engine.last_seq() + 1, Nanos(time(progress.commands)), &command, sink);
            progress.bytes += command.bytes.len();
            progress.commands += 1;
        }
        progress.events = sink.count();
        progress
    }

    #[cold]
    fn go_on(&mut self, instrument: InstrumentId, at: Nanos, sink: &mut EventSink<'_>) {
        let mut record = Vec::with_capacity(garraway_types::FIXED_COMMAND);
        let head = CommandHead { instrument: instrument.0, ..CommandHead::empty() };
        encode_command(CommandKind::Continue, head, &FixedBody::empty(), NO_ITEMS, &[], &mut record);
        if let Ok(command) = Command::parse(&record) {
            self.engine.apply(self.engine.last_seq() + 1, at, &command, sink);
        }
    }
}

/// Counts the commands; an error names the first that is malformed, before any is applied.
fn check_structure(bytes: &[u8]) -> PyResult<usize> {
    let (mut offset, mut count) = (0, 0);
    while offset < bytes.len() {
        match Command::parse(&bytes[offset..]) {
            Ok(command) => offset += command.bytes.len(),
            Err(malformed) => {
                return Err(PyValueError::new_err(format!(
                    "command {count} at byte {offset}: {malformed}; nothing was applied"
                )));
            }
        }
        count += 1;
    }
    Ok(count)
}

fn times<'py>(at_ns: &Bound<'py, PyAny>) -> PyResult<Times<'py>> {
    if let Ok(at) = at_ns.extract::<i64>() {
        return Ok(Times::One(at));
    }
    at_ns.extract().map(Times::Each).map_err(|_| {
        pyo3::exceptions::PyTypeError::new_err(
            "at_ns: give an int, or an int64 array with one time for each command",
        )
    })
}

fn side_of(side: u8) -> PyResult<Side> {
    Side::from_code(side)
        .ok_or_else(|| PyValueError::new_err(format!("side is {side}: take 1 to buy, 2 to sell")))
}

const ORDER_COLUMNS: [&str; 7] = ["order", "account", "client_ref", "price", "leaves", "filled", "held"];

fn order_row(order: &OpenOrder) -> [i64; 7] {
    [
        order.order.0 as i64,
        i64::from(order.account.0),
        order.client_ref.0 as i64,
        order.price.0,
        order.leaves.0 as i64,
        order.filled.0 as i64,
        order.held.0,
    ]
}

/// A dtype of 64-bit columns.
fn table<'py>(py: Python<'py>, columns: &[&str]) -> PyResult<Bound<'py, PyAny>> {
    let columns: Vec<_> =
        columns.iter().enumerate().map(|(at, name)| ((*name).to_owned(), "<i8".to_owned(), at * 8)).collect();
    dtype(py, &columns, columns.len() * 8)
}
