//! The desk: folds events, updates indicators, calls handlers, turns intents into commands.

use std::sync::Arc;

use garraway_signals::{Indicator, Input};
use garraway_types::{CommandKind, FIXED_COMMAND, FixedBody, Side};

use crate::account::Account;
use crate::bound::{Binding, Bound, Cell, Stream};
use crate::gate::Gate;
use crate::intent::{Intent, Misuse};
use crate::kept::Kept;
use crate::order::{Order, State, Ticket};
use crate::strategy::Handlers;
use crate::terms::Terms;
use crate::timing::Timer;

/// A command that the desk has written, and the instrument that it is about.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// Place of the instrument in the desk.
    pub instrument: usize,
    /// Which command it is.
    pub kind: CommandKind,
    /// The record.
    pub record: [u8; FIXED_COMMAND],
}

/// Something to be told to the strategy, once everything that happened at once is folded.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Notice {
    Fill(usize),
    Order(u64),
}

/// Exits that wait for their entry to be done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bracket {
    pub(crate) entry: u64,
    pub(crate) take_profit: i64,
    pub(crate) stop_loss: i64,
}

/// A desk. It is one pointer, so that it can be handed over to a strategy and back at no cost.
pub struct Desk(pub(crate) Box<Inner>);

pub(crate) struct Inner {
    pub(crate) account: Account,
    pub(crate) handlers: Handlers,
    pub(crate) bounds: Vec<Bound>,
    pub(crate) unready: usize,
    pub(crate) outbox: Vec<Sent>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) timers: Vec<Timer>,
    /// When the first timer is due.
    pub(crate) next_due: i64,
    pub(crate) brackets: Vec<Bracket>,
    pub(crate) tags: Vec<String>,
    pub(crate) kept: Kept,
    pub(crate) gate: Option<Box<dyn Gate>>,
    pub(crate) refusal: Option<String>,
    pub(crate) is_running: bool,
    pub(crate) keeps_tickets: bool,
    pub(crate) streams: Vec<(usize, Stream)>,
}

impl Default for Desk {
    fn default() -> Self {
        Self::new(0, Vec::new(), 0)
    }
}

impl Desk {
    /// A desk of an account in some instruments; its orders get references above `base_ref`.
    pub fn new(account: u32, instruments: Vec<Terms>, base_ref: u64) -> Self {
        Self(Box::new(Inner {
            account: Account::new(account, instruments, base_ref),
            handlers: Handlers::default(),
            bounds: Vec::new(),
            unready: 0,
            outbox: Vec::new(),
            notices: Vec::new(),
            timers: Vec::new(),
            next_due: i64::MAX,
            brackets: Vec::new(),
            tags: vec![String::new()],
            kept: Kept::default(),
            gate: None,
            refusal: None,
            is_running: false,
            keeps_tickets: false,
            streams: Vec::new(),
        }))
    }

    /// Has every order judged by these limits.
    pub fn set_gate(&mut self, gate: Box<dyn Gate>) {
        self.0.gate = Some(gate);
    }

    /// Says that this instrument will be followed by this stream, the default one first.
    pub fn add_stream(&mut self, instrument: usize, stream: Stream) {
        self.0.streams.push((instrument, stream));
    }

    /// The first stream that an instrument is followed by.
    pub fn stream_of(&self, instrument: usize) -> Option<Stream> {
        self.0.streams.iter().find(|(of, _)| *of == instrument).map(|(_, stream)| *stream)
    }

    /// The account as it stands.
    pub fn account(&self) -> &Account {
        &self.0.account
    }

    /// Sets what the account has at the start: ledger units of the quote asset.
    pub fn set_balance(&mut self, balance: i64) {
        self.0.account.balance = balance;
    }

    /// Whether handlers are being called: only then are there orders.
    pub fn is_running(&self) -> bool {
        self.0.is_running
    }

    /// What is kept of the run.
    pub fn kept(&self) -> &Kept {
        &self.0.kept
    }

    /// The words of orders by number.
    pub fn tags(&self) -> &[String] {
        &self.0.tags
    }

    /// The timers.
    pub fn timers(&self) -> &[Timer] {
        &self.0.timers
    }

    /// Why the last order was refused, where a limit refused one since this was asked.
    pub fn take_refusal(&mut self) -> Option<String> {
        self.0.refusal.take()
    }

    /// When the first timer is due, ns; the largest number for none.
    #[inline]
    pub fn next_due(&self) -> i64 {
        self.0.next_due
    }

    /// Binds an indicator to a stream of an instrument; what is read of it is in the cell.
    ///
    /// # Errors
    /// The stream is none of those that the instrument is followed by.
    pub fn bind(&mut self, indicator: Indicator, binding: Binding) -> Result<Arc<Cell>, Misuse> {
        let stream = match indicator.kind().input {
            Input::Bars => Stream::Bars,
            Input::Quotes => Stream::Quotes,
            Input::Series | Input::Pair => binding.of.stream(),
        };
        let name = indicator.kind().name;
        if indicator.kind().input == Input::Pair && binding.second.is_none() {
            return Err(Misuse(format!("{name} is of two series: name the other instrument with other=")));
        }
        let followed = |instrument| self.0.streams.contains(&(instrument, stream));
        for instrument in [Some(binding.instrument), binding.second].into_iter().flatten() {
            if !followed(instrument) {
                let symbol = &self.0.account.instruments[instrument].terms.symbol;
                return Err(Misuse(format!(
                    "{name} takes {}, and none of {symbol} are given: {}",
                    stream.name(),
                    self.followed_by(instrument)
                )));
            }
        }
        let bound = Bound::new(indicator, binding);
        let cell = bound.cell();
        self.0.bounds.push(bound);
        self.0.unready += 1;
        Ok(cell)
    }

    fn followed_by(&self, instrument: usize) -> String {
        let names: Vec<_> = self
            .0
            .streams
            .iter()
            .filter(|(of, _)| *of == instrument)
            .map(|(_, stream)| stream.name())
            .collect();
        format!("there are {}", if names.is_empty() { "no streams of it".into() } else { names.join(", ") })
    }

    /// Sets a timer; it is due at each multiple of its period.
    pub fn add_timer(&mut self, name: &str, period_ns: i64) {
        let now = self.0.account.now_ns;
        let due_ns = if now == 0 { i64::MIN } else { (now.div_euclid(period_ns) + 1) * period_ns };
        self.0.timers.push(Timer { name: name.to_owned(), period_ns, due_ns });
        self.0.next_due = self.0.next_due.min(due_ns);
    }

    /// The number of a word for orders.
    pub fn tag(&mut self, word: &str) -> u32 {
        let found = self.0.tags.iter().position(|known| known == word);
        found.unwrap_or_else(|| {
            self.0.tags.push(word.to_owned());
            self.0.tags.len() - 1
        }) as u32
    }

    /// Brings the position to so many lots by a market order; nothing where it is there, or orders under way bring it there.
    ///
    /// # Errors
    /// As of [`Desk::place`].
    #[inline]
    pub fn target(&mut self, instrument: usize, lots: i64) -> Result<Option<u64>, Misuse> {
        let traded = &self.0.account.instruments[instrument];
        let miss = lots - traded.position.lots - traded.to_target;
        if miss == 0 {
            return Ok(None);
        }
        let side = if miss > 0 { Side::Buy } else { Side::Sell };
        let intent = Intent { to_target: true, ..Intent::market(instrument, side, miss.abs()) };
        self.place(intent).map(Some)
    }

    /// The lots that a share of the equity buys at the middle of the quote, rounded towards zero.
    ///
    /// # Errors
    /// There is no quote yet.
    pub fn lots_of_share(&self, instrument: usize, share: f64) -> Result<i64, Misuse> {
        let traded = &self.0.account.instruments[instrument];
        if !traded.quote.is_known() {
            return Err(Misuse(format!(
                "a share of the equity needs a price, and {} has no quote yet: ask in a handler",
                traded.terms.symbol
            )));
        }
        let middle = (traded.quote.bid + traded.quote.ask) as f64 / 2.0;
        let lot = middle * traded.terms.price_value as f64 / self.0.account.per_money;
        // A share that is a whole number of lots but for a float's noise is that number.
        let lots = self.0.account.equity() * share / lot;
        Ok(if (lots - lots.round()).abs() < 1e-9 { lots.round() } else { lots.trunc() } as i64)
    }

    /// Sends an order; returns its reference.
    ///
    /// # Errors
    /// The strategy is not running, or the order cannot be one at all. What a limit refuses is an order in the state
    /// `Refused`.
    pub fn place(&mut self, intent: Intent) -> Result<u64, Misuse> {
        let inner = &mut *self.0;
        if !inner.is_running {
            return Err(Misuse("orders are sent from handlers, while the strategy runs".into()));
        }
        let traded = &inner.account.instruments[intent.instrument];
        intent.check(&traded.terms)?;
        let client_ref = inner.account.base_ref + inner.account.orders.len() as u64 + 1;
        let refusal = match &mut inner.gate {
            Some(gate) => gate.judge(&inner.account, &intent).err(),
            None => None,
        };
        let traded = &inner.account.instruments[intent.instrument];
        let state = if refusal.is_some() { State::Refused } else { State::Sent };
        let ticket = inner.keeps_tickets.then(|| Ticket::new(client_ref, state));
        let order = Order {
            client_ref,
            intent,
            state,
            filled: 0,
            placed_ns: inner.account.now_ns,
            mid_twice: traded.quote.bid + traded.quote.ask,
            reason: refusal.as_ref().map_or(0, |refusal| 2_000 + refusal.reason),
            ticket,
        };
        if let Some(refusal) = refusal {
            inner.refusal = Some(refusal.text);
            inner.account.add(order);
            inner.notices.push(Notice::Order(client_ref));
            return Ok(client_ref);
        }
        let body = intent.body(&traded.terms);
        inner.add(order);
        inner.send(CommandKind::PlaceOrder, intent.instrument, client_ref, &body);
        Ok(client_ref)
    }

    /// Sends an order with exits that are sent once it is done, for what it has filled: a limit order that takes the
    /// profit, a stop that bounds the loss, each cancelled by the other. Prices in price units, 0 for none.
    ///
    /// # Errors
    /// As of [`Desk::place`], and an exit on the wrong side of its entry.
    pub fn place_with_exits(
        &mut self,
        intent: Intent,
        take_profit: i64,
        stop_loss: i64,
    ) -> Result<u64, Misuse> {
        let traded = &self.0.account.instruments[intent.instrument];
        let sign = if intent.side == Side::Buy { 1 } else { -1 };
        if take_profit != 0 && stop_loss != 0 && (take_profit - stop_loss) * sign <= 0 {
            let (profit, loss) = (traded.terms.price(take_profit), traded.terms.price(stop_loss));
            let (above, name) = if sign > 0 { ("above", "buy") } else { ("below", "sell") };
            return Err(Misuse(format!("of a {name} tp= {profit} must be {above} sl= {loss}")));
        }
        let entry = self.place(intent)?;
        if take_profit != 0 || stop_loss != 0 {
            self.0.brackets.push(Bracket { entry, take_profit, stop_loss });
        }
        Ok(entry)
    }

    /// Asks for an order to be cancelled; false where it is done already.
    pub fn cancel(&mut self, client_ref: u64) -> bool {
        let Some(order) = self.0.account.order(client_ref) else { return false };
        if !order.state.is_live() {
            return false;
        }
        let instrument = order.intent.instrument;
        self.0.send(CommandKind::CancelOrder, instrument, client_ref, &FixedBody::empty());
        true
    }

    /// Asks for all orders of an instrument, or of all, to be cancelled; returns how many.
    pub fn cancel_all(&mut self, instrument: Option<usize>) -> usize {
        let of = |order: &&Order| instrument.is_none_or(|wanted| order.intent.instrument == wanted);
        let live = |order: &&Order| order.state.is_live();
        let mut left: u32 = match instrument {
            Some(instrument) => self.0.account.instruments[instrument].live,
            None => self.0.account.instruments.iter().map(|traded| traded.live).sum(),
        };
        let mut found = Vec::new();
        for order in self.0.account.orders.iter().rev().filter(of).filter(live) {
            found.push(order.client_ref);
            left -= 1;
            if left == 0 {
                break;
            }
        }
        for client_ref in found.iter().rev() {
            self.cancel(*client_ref);
        }
        found.len()
    }

    /// Asks for an order to get another limit, trigger (0: as it is) and total quantity; returns the new reference, which
    /// counts once the venue has replaced it.
    ///
    /// # Errors
    /// It is done, or the new one cannot be an order.
    pub fn replace(&mut self, client_ref: u64, intent: Intent) -> Result<u64, Misuse> {
        let inner = &mut *self.0;
        let Some(order) = inner.account.order(client_ref).filter(|order| order.state.is_live()) else {
            return Err(Misuse(format!("order {client_ref} is done: there is nothing left to replace")));
        };
        let (filled, ticket) = (order.filled, order.ticket.clone());
        let terms = &inner.account.instruments[intent.instrument].terms;
        intent.check(terms)?;
        let body = intent.body(terms);
        let body = FixedBody {
            target: client_ref,
            price: body.price,
            quantity: body.quantity,
            trigger: body.trigger,
            ..FixedBody::empty()
        };
        let traded = &inner.account.instruments[intent.instrument];
        let new = inner.account.base_ref + inner.account.orders.len() as u64 + 1;
        let order = Order {
            client_ref: new,
            intent,
            state: State::Sent,
            filled,
            placed_ns: inner.account.now_ns,
            mid_twice: traded.quote.bid + traded.quote.ask,
            reason: 0,
            ticket,
        };
        inner.add(order);
        inner.send(CommandKind::ReplaceOrder, intent.instrument, new, &body);
        Ok(new)
    }
}
