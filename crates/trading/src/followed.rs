//! A running venue as its event log tells it: quotes, trades, books and bars made from its events, and our own orders.
//!
//! Everything follows from the log alone, event by event: time is the events', timers and bars are due by it. The events of
//! one command are folded together; then the strategy is told of fills and orders, then of the market.

use garraway_types::{Event, EventId, EventKind, Side};

use crate::desk::Desk;
use crate::market::{Bar, Level, Quote, Trade};
use crate::simulated::Stopped;
use crate::strategy::{Failure, Handlers, Strategy};

/// Levels of a side that `on_book` is given.
const DEPTH: usize = 10;
/// Rounds of handlers that answer their own refusals within one moment.
const ROUNDS: usize = 1_000;

/// What the books of a venue show: a fold of its events.
pub trait Books {
    /// Takes the next event of the log.
    fn take(&mut self, event: &Event, tail: &[u8]);

    /// Levels of a side of an instrument, best first, no more than `depth`.
    fn levels(&self, instrument: u32, side: Side, depth: usize, into: &mut Vec<Level>);
}

/// An instrument as it is followed.
#[derive(Debug, Default)]
struct Seen {
    quote: Quote,
    bar: Option<Bar>,
    /// Trades of the command at work.
    trades: Vec<Trade>,
    changed: bool,
}

/// The venue.
pub struct Followed<B> {
    books: B,
    account: u32,
    bar_ns: i64,
    skip_failures: bool,
    instruments: Vec<(u32, Seen)>,
    /// The command whose events are being folded.
    at_work: u64,
    own: bool,
    commands: u64,
    handlers: Handlers,
    is_live: bool,
    bids: Vec<Level>,
    asks: Vec<Level>,
}

impl<B: Books> Followed<B> {
    /// A venue of an account in instruments by their numbers, in the order of the desk. Bars are of so many ns; 0 makes none.
    /// Until [`Followed::go_live`] nothing is told to the strategy: state and indicators come up to date.
    pub fn new(books: B, account: u32, instruments: &[u32], bar_ns: i64, skip_failures: bool) -> Self {
        Self {
            books,
            account,
            bar_ns,
            skip_failures,
            instruments: instruments.iter().map(|number| (*number, Seen::default())).collect(),
            at_work: 0,
            own: false,
            commands: 0,
            handlers: Handlers::default(),
            is_live: false,
            bids: Vec::new(),
            asks: Vec::new(),
        }
    }

    /// Calls `start` of the strategy.
    ///
    /// # Errors
    /// That of `start`.
    pub fn start<S: Strategy + ?Sized>(&mut self, desk: &mut Desk, strategy: &mut S) -> Result<(), Stopped> {
        self.handlers = strategy.handlers();
        let started = desk.start(strategy);
        self.judge(desk, "start", started)
    }

    /// From now on the strategy is told.
    pub fn go_live(&mut self, desk: &mut Desk) {
        desk.forget_notices();
        self.is_live = true;
    }

    /// Whether the strategy is told.
    pub const fn is_live(&self) -> bool {
        self.is_live
    }

    /// Takes the next event. What the events of the command before brought about is told first.
    ///
    /// # Errors
    /// A handler failed, or answers itself without end.
    pub fn take<S: Strategy + ?Sized>(
        &mut self,
        desk: &mut Desk,
        strategy: &mut S,
        event: &Event,
        tail: &[u8],
    ) -> Result<(), Stopped> {
        let command = EventId(event.event_id).command_seq();
        if command != self.at_work {
            self.settle(desk, strategy)?;
            self.at_work = command;
            self.commands += 1;
            self.pass(desk, strategy, event.at_ns)?;
        }
        self.books.take(event, tail);
        if event.account == self.account {
            desk.take_event(event);
            self.own = true;
        }
        let Some(at) = self.instruments.iter().position(|(number, _)| *number == event.instrument) else {
            return Ok(());
        };
        let seen = &mut self.instruments[at].1;
        match EventKind::from_code(event.kind) {
            Some(EventKind::Traded) => {
                let side = if event.side == Side::Buy as u8 { 1 } else { -1 };
                let trade = Trade { at_ns: event.at_ns, price: event.price, quantity: event.quantity, side };
                seen.trades.push(trade);
                seen.changed = true;
            }
            Some(
                EventKind::Accepted
                | EventKind::Canceled
                | EventKind::Replaced
                | EventKind::Filled
                | EventKind::Triggered
                | EventKind::Refilled
                | EventKind::Activated
                | EventKind::OrderSplit,
            ) => seen.changed = true,
            _ => {}
        }
        Ok(())
    }

    /// The end of what is there for now: what the last command brought about is told.
    ///
    /// # Errors
    /// As [`Followed::take`].
    pub fn settle<S: Strategy + ?Sized>(&mut self, desk: &mut Desk, strategy: &mut S) -> Result<(), Stopped> {
        if self.own && self.is_live {
            self.pump(desk, strategy)?;
        }
        self.own = false;
        for at in 0..self.instruments.len() {
            if self.instruments[at].1.changed {
                self.instruments[at].1.changed = false;
                self.tell(desk, strategy, at)?;
            }
        }
        if self.is_live {
            desk.look();
            self.pump(desk, strategy)?;
        } else {
            desk.forget_notices();
        }
        Ok(())
    }

    /// Tells of fills and orders that came from elsewhere than the log, and has the limits look.
    ///
    /// # Errors
    /// As [`Followed::take`].
    pub fn told<S: Strategy + ?Sized>(&mut self, desk: &mut Desk, strategy: &mut S) -> Result<(), Stopped> {
        if !self.is_live {
            desk.forget_notices();
            return Ok(());
        }
        self.pump(desk, strategy)?;
        desk.look();
        self.pump(desk, strategy)
    }

    /// Calls `stop` of the strategy, which is told nothing afterwards; state goes on.
    ///
    /// # Errors
    /// That of `stop`.
    pub fn stop<S: Strategy + ?Sized>(&mut self, desk: &mut Desk, strategy: &mut S) -> Result<(), Stopped> {
        let stopped = desk.stop(strategy);
        self.is_live = false;
        desk.keep_equity();
        self.judge(desk, "stop", stopped)
    }

    /// Time passes: bars and timers that are due.
    fn pass<S: Strategy + ?Sized>(
        &mut self,
        desk: &mut Desk,
        strategy: &mut S,
        at_ns: i64,
    ) -> Result<(), Stopped> {
        if self.bar_ns > 0 {
            for at in 0..self.instruments.len() {
                if self.instruments[at].1.bar.is_some_and(|bar| bar.at_ns <= at_ns) {
                    self.close_bar(desk, strategy, at)?;
                }
            }
        }
        while self.is_live && desk.next_due() <= at_ns {
            let told = desk.tell_timer(strategy, at_ns);
            let is_due = *told.as_ref().unwrap_or(&true);
            self.judge(desk, "on_timer", told.map(|_| ()))?;
            self.pump(desk, strategy)?;
            if !is_due {
                break;
            }
        }
        desk.set_now(at_ns);
        Ok(())
    }

    fn close_bar<S: Strategy + ?Sized>(
        &mut self,
        desk: &mut Desk,
        strategy: &mut S,
        at: usize,
    ) -> Result<(), Stopped> {
        let Some(bar) = self.instruments[at].1.bar.take() else { return Ok(()) };
        desk.see_bar(at, &bar);
        if !self.is_live {
            return Ok(());
        }
        let told = desk.tell_bar(strategy, at);
        self.judge(desk, "on_bar", told)?;
        desk.keep_equity();
        self.pump(desk, strategy)
    }

    /// Trades, then the quote where it is another, then the book.
    fn tell<S: Strategy + ?Sized>(
        &mut self,
        desk: &mut Desk,
        strategy: &mut S,
        at: usize,
    ) -> Result<(), Stopped> {
        let trades = std::mem::take(&mut self.instruments[at].1.trades);
        for trade in &trades {
            self.add_to_bar(at, trade);
            if self.is_live {
                let told = desk.take_trade(strategy, at, trade);
                self.judge(desk, "on_trade", told)?;
                self.pump(desk, strategy)?;
            } else {
                desk.see_trade(at, trade);
            }
        }
        let quote = self.quote(at, desk.account().now_ns);
        let seen = &mut self.instruments[at].1;
        let same = Quote { at_ns: quote.at_ns, ..seen.quote } == quote;
        if quote.is_known() && !same {
            seen.quote = quote;
            desk.see_quote(at, &quote);
            if self.is_live {
                let told = desk.tell_quote(strategy, at);
                self.judge(desk, "on_quote", told)?;
                self.pump(desk, strategy)?;
            }
        }
        if self.is_live && self.handlers.book.is_some() {
            self.tell_book(desk, strategy, at)?;
        }
        Ok(())
    }

    /// Best bid and ask; none where a side is empty.
    fn quote(&mut self, at: usize, at_ns: i64) -> Quote {
        let number = self.instruments[at].0;
        self.read(number, 1);
        match (self.bids.first(), self.asks.first()) {
            (Some(bid), Some(ask)) => Quote {
                at_ns,
                bid: bid.price,
                ask: ask.price,
                bid_size: bid.quantity,
                ask_size: ask.quantity,
            },
            _ => Quote::default(),
        }
    }

    fn read(&mut self, number: u32, depth: usize) {
        for (side, into) in [(Side::Buy, &mut self.bids), (Side::Sell, &mut self.asks)] {
            into.clear();
            self.books.levels(number, side, depth, into);
        }
    }

    fn tell_book<S: Strategy + ?Sized>(
        &mut self,
        desk: &mut Desk,
        strategy: &mut S,
        at: usize,
    ) -> Result<(), Stopped> {
        self.read(self.instruments[at].0, DEPTH);
        let (bids, asks) = (std::mem::take(&mut self.bids), std::mem::take(&mut self.asks));
        let told = desk.take_book(strategy, at, &bids, &asks);
        (self.bids, self.asks) = (bids, asks);
        self.judge(desk, "on_book", told)?;
        self.pump(desk, strategy)
    }

    fn add_to_bar(&mut self, at: usize, trade: &Trade) {
        if self.bar_ns == 0 {
            return;
        }
        let whole_ns = (trade.at_ns.div_euclid(self.bar_ns) + 1) * self.bar_ns;
        let first = Bar {
            at_ns: whole_ns,
            open: trade.price,
            high: trade.price,
            low: trade.price,
            close: trade.price,
            volume: 0,
        };
        let bar = self.instruments[at].1.bar.get_or_insert(first);
        bar.high = bar.high.max(trade.price);
        bar.low = bar.low.min(trade.price);
        bar.close = trade.price;
        bar.volume += trade.quantity;
    }

    /// Tells of fills and orders until nothing more is to be told. Commands stay in the desk, for whoever sends them.
    fn pump<S: Strategy + ?Sized>(&mut self, desk: &mut Desk, strategy: &mut S) -> Result<(), Stopped> {
        for _ in 0..ROUNDS {
            if !desk.has_notices() {
                return Ok(());
            }
            if let Err((handler, failure)) = desk.notify(strategy) {
                self.judge(desk, handler, Err(failure))?;
            }
        }
        Err(Stopped::Endless { at_ns: desk.account().now_ns, row: self.commands })
    }

    fn judge(
        &self,
        desk: &mut Desk,
        handler: &'static str,
        told: Result<(), Failure>,
    ) -> Result<(), Stopped> {
        match told {
            Ok(()) => Ok(()),
            Err(_) if self.skip_failures && handler != "start" => {
                desk.count_failure();
                Ok(())
            }
            Err(failure) => {
                Err(Stopped::Handler { handler, at_ns: desk.account().now_ns, row: self.commands, failure })
            }
        }
    }
}
