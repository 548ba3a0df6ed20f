//! The views of a venue and its WebSocket hub, as Python sees them.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use garraway_types::Side;
use garraway_views::fold::{Account, Auction, Fill, Fold, Market, Order, State, Trade, Turnover};
use garraway_views::{Answer, Cause, Certificate, Config, Request, Views, Whom};

/// Levels and trades of an answer at most.
const MOST: usize = 1_000;

/// Adds `Views` to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PyViews>()
}

type Row<'py> = PyResult<Bound<'py, PyDict>>;

/// Views of a venue, kept up to date by a thread of their own.
#[pyclass(name = "Views", module = "garraway._native", frozen)]
pub struct PyViews {
    views: std::sync::Mutex<Views>,
    shared: std::sync::Arc<garraway_views::Shared>,
    address: Option<SocketAddr>,
}

#[pymethods]
impl PyViews {
    /// Starts to follow the log of the venue in `folder`.
    #[staticmethod]
    #[pyo3(signature = (folder, config = None))]
    fn start(py: Python<'_>, folder: PathBuf, config: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let config = read_config(folder, config)?;
        let views =
            py.detach(|| Views::start(config)).map_err(|error| PyOSError::new_err(error.to_string()))?;
        let (shared, address) = (views.shared().clone(), views.address());
        Ok(Self { views: std::sync::Mutex::new(views), shared, address })
    }

    /// Closes every connection and ends the thread.
    fn stop(&self, py: Python<'_>) -> PyResult<()> {
        let stopped = py.detach(|| match self.views.lock() {
            Ok(mut views) => {
                views.stop();
                true
            }
            Err(_) => false,
        });
        if stopped { Ok(()) } else { Err(PyRuntimeError::new_err("a stop failed before: look at stderr")) }
    }

    /// Where WebSocket clients are served.
    #[getter]
    fn address(&self) -> Option<(String, u16)> {
        self.address.map(|address| (address.ip().to_string(), address.port()))
    }

    /// Shows connections from now on another certificate.
    fn renew_certificate(&self, chain: &[u8], key: &[u8]) -> PyResult<()> {
        let certificate = read_certificate(chain, key)?;
        if self.shared.renew_certificate(certificate) {
            return Ok(());
        }
        Err(PyValueError::new_err("the port was opened without TLS: give tls_cert and tls_key at the start"))
    }

    /// Number of the last command whose events are in the views.
    #[getter]
    fn seq(&self) -> PyResult<u64> {
        self.sound()?;
        Ok(self.shared.seq())
    }

    /// The eventfd that becomes readable when the views have come as far as `arm` asked.
    #[getter]
    fn reached(&self) -> i32 {
        self.shared.reached.descriptor()
    }

    /// The eventfd that becomes readable when there are requests.
    #[getter]
    fn asked(&self) -> i32 {
        self.shared.asked.descriptor()
    }

    /// Asks for `reached` to become readable when the views have come this far; whether they have.
    fn arm(&self, seq: u64) -> PyResult<bool> {
        self.sound()?;
        Ok(self.shared.arm(seq))
    }

    /// Makes `reached` unreadable again.
    fn answer_reached(&self) {
        self.shared.reached.answer();
    }

    /// What the hub asks.
    fn take_requests<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let requests = self.shared.take_requests();
        PyList::new(
            py,
            requests.iter().map(|request| request_row(py, request)).collect::<PyResult<Vec<_>>>()?,
        )
    }

    /// Lets a connection see accounts, and have their orders cancelled or not.
    #[pyo3(signature = (connection, accounts, *, may_cancel, login_session, user, expires_at_ns))]
    fn allow(
        &self,
        connection: u64,
        accounts: Vec<u32>,
        may_cancel: bool,
        login_session: String,
        user: u64,
        expires_at_ns: i64,
    ) {
        self.shared.answer(Answer::Allow {
            connection,
            accounts,
            may_cancel,
            login_session,
            user,
            expires_at_ns,
        });
    }

    /// Tells a connection that its token is not good.
    fn refuse(&self, connection: u64, reason: String) {
        self.shared.answer(Answer::Refuse { connection, reason });
    }

    /// Answers a call.
    fn reply(&self, connection: u64, text: String) {
        self.shared.answer(Answer::Reply { connection, text });
    }

    /// Answers a call, and tells the connection of an account from now on.
    #[pyo3(signature = (connection, account, text, *, login_session, user, expires_at_ns))]
    fn follow(
        &self,
        connection: u64,
        account: u32,
        text: String,
        login_session: String,
        user: u64,
        expires_at_ns: i64,
    ) {
        let answer = Answer::Follow { connection, account, login_session, user, expires_at_ns, text };
        self.shared.answer(answer);
    }

    /// Answers a call, and tells the connection of no account any more.
    fn unfollow(&self, connection: u64, text: String) {
        self.shared.answer(Answer::Unfollow { connection, text });
    }

    /// Closes connections at once, with code 4001.
    #[pyo3(signature = (reason, *, connection = None, login_session = None, user = None))]
    fn cut(
        &self,
        reason: String,
        connection: Option<u64>,
        login_session: Option<String>,
        user: Option<u64>,
    ) -> PyResult<()> {
        let whom = match (connection, login_session, user) {
            (Some(connection), None, None) => Whom::Connection(connection),
            (None, Some(session), None) => Whom::LoginSession(session),
            (None, None, Some(user)) => Whom::User(user),
            _ => return Err(PyValueError::new_err("give exactly one of connection, login_session and user")),
        };
        self.shared.answer(Answer::Cut { whom, reason });
        Ok(())
    }

    /// Figures for metrics.
    fn statistics<'py>(&self, py: Python<'py>) -> Row<'py> {
        let row = PyDict::new(py);
        for (name, value) in self.shared.figures.all() {
            row.set_item(name, value)?;
        }
        row.set_item("seq", self.shared.seq())?;
        row.set_item("failure", self.shared.failure())?;
        Ok(row)
    }

    /// Open orders of an account, by reference.
    #[pyo3(signature = (account, instrument = None))]
    fn open_orders<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        instrument: Option<u32>,
    ) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let wanted = |order: &&Order| instrument.is_none_or(|number| order.instrument == number);
        let found = self.of_account(py, account, |account| {
            account.open.values().filter(wanted).cloned().collect::<Vec<_>>()
        })?;
        found.unwrap_or_default().iter().map(|order| order_row(py, order)).collect()
    }

    /// An order that is open or was done lately.
    fn order<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        client_ref: u64,
    ) -> PyResult<Option<Bound<'py, PyDict>>> {
        let found = self.of_account(py, account, |account| account.order(client_ref).cloned())?;
        found.flatten().map(|order| order_row(py, &order)).transpose()
    }

    /// The latest order with this text that is open or was done lately.
    fn order_by_text<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        text: &str,
    ) -> PyResult<Option<Bound<'py, PyDict>>> {
        let found = self.glance(py, account, |account| account.order_by_text(text).cloned())?;
        found.flatten().map(|order| order_row(py, &order)).transpose()
    }

    /// Orders done lately, the latest first.
    #[pyo3(signature = (account, limit = 100))]
    fn done_lately<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        limit: usize,
    ) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let found =
            self.of_account(py, account, |account| account.done().take(limit).cloned().collect::<Vec<_>>())?;
        found.unwrap_or_default().iter().map(|order| order_row(py, order)).collect()
    }

    /// Fills lately, the latest first.
    #[pyo3(signature = (account, limit = 100))]
    fn fills<'py>(&self, py: Python<'py>, account: u32, limit: usize) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let found =
            self.of_account(py, account, |account| account.fills().take(limit).cloned().collect::<Vec<_>>())?;
        found.unwrap_or_default().iter().map(|fill| fill_row(py, fill)).collect()
    }

    /// What an account has, by asset: all of it, and the part held.
    fn balances<'py>(&self, py: Python<'py>, account: u32) -> Row<'py> {
        let row = PyDict::new(py);
        let found = self.of_account(py, account, |account| account.balances.clone())?;
        for (asset, balance) in found.unwrap_or_default() {
            row.set_item(asset, (balance.total, balance.held))?;
        }
        Ok(row)
    }

    /// What an account traded, by instrument.
    fn positions<'py>(&self, py: Python<'py>, account: u32) -> Row<'py> {
        let row = PyDict::new(py);
        let found = self.of_account(py, account, |account| account.positions.clone())?;
        for (instrument, position) in found.unwrap_or_default() {
            let one = PyDict::new(py);
            one.set_item("lots", position.lots)?;
            one.set_item("cost", position.cost)?;
            one.set_item("realised", position.realised)?;
            one.set_item("fees", position.fees)?;
            row.set_item(instrument, one)?;
        }
        Ok(row)
    }

    /// The highest reference of an account that events tell of.
    fn last_ref(&self, py: Python<'_>, account: u32) -> PyResult<u64> {
        Ok(self.glance(py, account, |account| account.last_ref)?.unwrap_or_default())
    }

    /// The levels of an instrument, best first: (price, lots, orders).
    #[pyo3(signature = (instrument, depth = 20))]
    fn book<'py>(
        &self,
        py: Python<'py>,
        instrument: u32,
        depth: usize,
    ) -> PyResult<Option<Bound<'py, PyDict>>> {
        let side = |market: &Market, side| -> Vec<(i64, i64, u32)> {
            let levels = market.levels(side).take(depth.min(MOST));
            levels.map(|(price, level)| (price, level.lots, level.orders)).collect()
        };
        let found = self.read(py, |fold| {
            let market = fold.markets.get(instrument)?;
            Some((fold.seq(), side(market, Side::Buy), side(market, Side::Sell)))
        })?;
        let Some((seq, bids, asks)) = found else { return Ok(None) };
        let row = PyDict::new(py);
        row.set_item("seq", seq)?;
        row.set_item("bids", bids)?;
        row.set_item("asks", asks)?;
        Ok(Some(row))
    }

    /// Last trades of an instrument, the latest first.
    #[pyo3(signature = (instrument, limit = 100))]
    fn trades<'py>(
        &self,
        py: Python<'py>,
        instrument: u32,
        limit: usize,
    ) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let found = self.read(py, |fold| {
            let market = fold.markets.get(instrument);
            market.map(|market| market.trades().take(limit).copied().collect::<Vec<_>>())
        })?;
        found.unwrap_or_default().iter().map(|trade| trade_row(py, trade)).collect()
    }

    /// How an instrument stands and what was traded of it.
    fn ticker<'py>(&self, py: Python<'py>, instrument: u32) -> PyResult<Option<Bound<'py, PyDict>>> {
        let found = self
            .read(py, |fold| Some((fold.at_ns, Standing::of(fold.markets.get(instrument)?, fold.at_ns))))?;
        found.map(|(at_ns, standing)| standing.row(py, at_ns)).transpose()
    }
}

impl PyViews {
    /// Looks at the fold for a moment, without the GIL.
    fn read<T: Send>(&self, py: Python<'_>, look: impl FnOnce(&Fold) -> T + Send) -> PyResult<T> {
        self.sound()?;
        Ok(py.detach(|| look(&self.shared.fold())))
    }

    /// Looks at one thing of an account: letting the GIL go would take longer than the look, unless the fold is busy.
    fn glance<T: Send>(
        &self,
        py: Python<'_>,
        account: u32,
        look: impl FnOnce(&Account) -> T + Send,
    ) -> PyResult<Option<T>> {
        if let Some(fold) = self.shared.fold_if_free() {
            self.sound()?;
            return Ok(fold.accounts.get(account).map(look));
        }
        self.of_account(py, account, look)
    }

    fn of_account<T: Send>(
        &self,
        py: Python<'_>,
        account: u32,
        look: impl FnOnce(&Account) -> T + Send,
    ) -> PyResult<Option<T>> {
        self.read(py, |fold| fold.accounts.get(account).map(look))
    }

    fn sound(&self) -> PyResult<()> {
        match self.shared.failure() {
            Some(why) => Err(PyRuntimeError::new_err(format!("the views stopped: {why}"))),
            None => Ok(()),
        }
    }
}

fn order_row<'py>(py: Python<'py>, order: &Order) -> Row<'py> {
    let row = PyDict::new(py);
    let (reason, replaced_by) = match order.state {
        State::Canceled(reason) | State::Rejected(reason) => (reason, 0),
        State::Replaced(by) => (0, by),
        State::Open | State::Filled => (0, 0),
    };
    row.set_item("account", order.account)?;
    row.set_item("client_ref", order.client_ref)?;
    row.set_item("text", order.text.as_deref())?;
    row.set_item("order_id", order.order_id)?;
    row.set_item("event_id", order.event_id)?;
    row.set_item("instrument", order.instrument)?;
    row.set_item("side", order.side)?;
    row.set_item("order_type", order.order_type)?;
    row.set_item("time_in_force", order.time_in_force)?;
    row.set_item("flags", order.flags)?;
    row.set_item("price", order.price)?;
    row.set_item("trigger", order.trigger)?;
    row.set_item("quantity", order.quantity)?;
    row.set_item("leaves", order.leaves)?;
    row.set_item("filled", order.filled)?;
    row.set_item("display", order.display)?;
    row.set_item("shown", order.shown_lots())?;
    row.set_item("waits", order.waits)?;
    row.set_item("value", order.value)?;
    row.set_item("fee", order.fee)?;
    row.set_item("placed_at_ns", order.placed_at_ns)?;
    row.set_item("changed_at_ns", order.changed_at_ns)?;
    row.set_item("state", order.state.name())?;
    row.set_item("reason", reason)?;
    row.set_item("replaced_by", replaced_by)?;
    Ok(row)
}

fn fill_row<'py>(py: Python<'py>, fill: &Fill) -> Row<'py> {
    let row = PyDict::new(py);
    row.set_item("event_id", fill.event_id)?;
    row.set_item("trade_id", fill.trade_id)?;
    row.set_item("at_ns", fill.at_ns)?;
    row.set_item("client_ref", fill.client_ref)?;
    row.set_item("text", fill.text.as_deref())?;
    row.set_item("instrument", fill.instrument)?;
    row.set_item("side", fill.side)?;
    row.set_item("maker", fill.maker)?;
    row.set_item("price", fill.price)?;
    row.set_item("quantity", fill.quantity)?;
    row.set_item("leaves", fill.leaves)?;
    row.set_item("value", fill.value)?;
    row.set_item("fee", fill.fee)?;
    Ok(row)
}

fn trade_row<'py>(py: Python<'py>, trade: &Trade) -> Row<'py> {
    let row = PyDict::new(py);
    row.set_item("trade_id", trade.trade_id)?;
    row.set_item("at_ns", trade.at_ns)?;
    row.set_item("side", trade.side)?;
    row.set_item("price", trade.price)?;
    row.set_item("quantity", trade.quantity)?;
    row.set_item("busted", trade.busted)?;
    Ok(row)
}

/// What a ticker tells of an instrument.
struct Standing {
    symbol: String,
    phase: u8,
    since_ns: i64,
    prices: [(&'static str, i64); 6],
    auctions: [(&'static str, Option<Auction>); 2],
    turnovers: [(&'static str, Turnover); 2],
}

impl Standing {
    fn of(market: &Market, at_ns: i64) -> Self {
        let best = |side| market.levels(side).next().map_or(0, |(price, _)| price);
        Self {
            symbol: market.terms.symbol.clone(),
            phase: market.phase,
            since_ns: market.since_ns,
            prices: [
                ("bid", best(Side::Buy)),
                ("ask", best(Side::Sell)),
                ("last", market.last),
                ("reference", market.reference),
                ("settlement", market.settlement),
                ("base", market.base),
            ],
            auctions: [("indicated", market.indicated), ("uncrossed", market.uncrossed)],
            turnovers: [("day", market.statistics.day), ("rolling", market.statistics.rolling(at_ns))],
        }
    }

    fn row<'py>(&self, py: Python<'py>, at_ns: i64) -> Row<'py> {
        let row = PyDict::new(py);
        row.set_item("symbol", &self.symbol)?;
        row.set_item("at_ns", at_ns)?;
        row.set_item("phase", self.phase)?;
        row.set_item("since_ns", self.since_ns)?;
        for (name, price) in self.prices {
            row.set_item(name, price)?;
        }
        for (name, auction) in self.auctions {
            let told = auction.map(|auction| (auction.price, auction.lots, auction.left_over, auction.side));
            row.set_item(name, told)?;
        }
        for (name, turnover) in self.turnovers {
            let one = PyDict::new(py);
            one.set_item("open", turnover.open)?;
            one.set_item("high", turnover.high)?;
            one.set_item("low", turnover.low)?;
            one.set_item("last", turnover.last)?;
            one.set_item("lots", turnover.lots)?;
            one.set_item("value", turnover.value)?;
            one.set_item("trades", turnover.trades)?;
            row.set_item(name, one)?;
        }
        Ok(row)
    }
}

fn request_row<'py>(py: Python<'py>, request: &Request) -> Row<'py> {
    let row = PyDict::new(py);
    match request {
        Request::Auth { connection, token, address } => {
            row.set_item("kind", "auth")?;
            row.set_item("connection", connection)?;
            row.set_item("token", token)?;
            row.set_item("address", address.ip().to_string())?;
        }
        Request::Cancel { connection, login_session, accounts, cause } => {
            row.set_item("kind", "cancel")?;
            row.set_item("connection", connection)?;
            row.set_item("login_session", login_session)?;
            row.set_item("accounts", accounts)?;
            let cause = if *cause == Cause::Disconnect { "disconnect" } else { "timeout" };
            row.set_item("cause", cause)?;
        }
        Request::Call { connection, text, account, address } => {
            row.set_item("kind", "call")?;
            row.set_item("connection", connection)?;
            row.set_item("text", text)?;
            row.set_item("account", account)?;
            row.set_item("address", address.ip().to_string())?;
        }
        Request::Closed { connection, login_session } => {
            row.set_item("kind", "closed")?;
            row.set_item("connection", connection)?;
            row.set_item("login_session", login_session)?;
        }
    }
    Ok(row)
}

const KEYS: &str = "host, port, origins, connections, subscriptions, streams, calls, messages_per_second, message_bytes, queue_bytes, \
                    socket_bytes, book_ms, trades_ms, silence_ms, handshake_ms, requests, tls_cert, tls_key";

fn read_certificate(chain: &[u8], key: &[u8]) -> PyResult<Certificate> {
    Certificate::from_pem(chain, key).map_err(|error| PyValueError::new_err(error.to_string()))
}

fn read_config(folder: PathBuf, values: Option<&Bound<'_, PyDict>>) -> PyResult<Config> {
    let mut config = Config::new(folder);
    let (mut host, mut port) = (IpAddr::from([127, 0, 0, 1]), None);
    let (mut chain, mut secret) = (None::<Vec<u8>>, None::<Vec<u8>>);
    for (key, value) in values.into_iter().flatten() {
        let limits = &mut config.limits;
        match key.extract::<String>()?.as_str() {
            "host" => {
                let text: String = value.extract()?;
                host = text.parse().map_err(|_| {
                    PyValueError::new_err(format!("host is {text:?}: give an IP address, such as 127.0.0.1"))
                })?;
            }
            "port" => port = Some(value.extract()?),
            "tls_cert" => chain = Some(value.extract()?),
            "tls_key" => secret = Some(value.extract()?),
            "origins" => config.origins = value.extract()?,
            "connections" => limits.connections = value.extract()?,
            "subscriptions" => limits.subscriptions = value.extract()?,
            "streams" => limits.streams = value.extract()?,
            "calls" => limits.calls = value.extract()?,
            "messages_per_second" => limits.messages_per_second = value.extract()?,
            "message_bytes" => limits.message_bytes = value.extract()?,
            "queue_bytes" => limits.queue_bytes = value.extract()?,
            "socket_bytes" => limits.socket_bytes = value.extract()?,
            "book_ms" => limits.book_ms = value.extract()?,
            "trades_ms" => limits.trades_ms = value.extract()?,
            "silence_ms" => limits.silence_ms = value.extract()?,
            "handshake_ms" => limits.handshake_ms = value.extract()?,
            "requests" => limits.requests = value.extract()?,
            unknown => {
                return Err(PyValueError::new_err(format!(
                    "config has the unknown key {unknown:?}: take {KEYS}"
                )));
            }
        }
    }
    config.certificate = match (chain, secret) {
        (Some(chain), Some(secret)) => Some(read_certificate(&chain, &secret)?),
        (None, None) => None,
        _ => return Err(PyValueError::new_err("give both tls_cert and tls_key, or neither")),
    };
    config.listen = port.map(|port| SocketAddr::new(host, port));
    Ok(config)
}
