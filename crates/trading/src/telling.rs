//! What venues do with a desk: hand it what happens, have it call the strategy, take its commands.

use std::sync::Arc;

use garraway_types::{Event, events_in};

use crate::bound::{Seen, Stream};
use crate::desk::{Desk, Notice, Sent};
use crate::gate::Action;
use crate::kept::EquityRow;
use crate::market::{Bar, Level, Quote, Trade};
use crate::order::Ticket;
use crate::strategy::{Failure, Handlers, Strategy};
use crate::timing::Thinning;

impl Desk {
    /// Starts a strategy: its handlers are asked for once, `start` is called.
    ///
    /// # Errors
    /// That of `start`.
    pub fn start<S: Strategy + ?Sized>(&mut self, strategy: &mut S) -> Result<(), Failure> {
        let handlers = strategy.handlers();
        self.0.handlers = handlers;
        for traded in &mut self.0.account.instruments {
            traded.bars = Thinning::new(handlers.bar.unwrap_or_default());
            traded.quotes = Thinning::new(handlers.quote.unwrap_or_default());
            traded.trades = Thinning::new(handlers.trade.unwrap_or_default());
            traded.books = Thinning::new(handlers.book.unwrap_or_default());
        }
        self.0.is_running = true;
        strategy.start(self)
    }

    /// Stops a strategy: `stop` is called, orders can still be sent from it, and not afterwards.
    ///
    /// # Errors
    /// That of `stop`.
    pub fn stop<S: Strategy + ?Sized>(&mut self, strategy: &mut S) -> Result<(), Failure> {
        let done = strategy.stop(self);
        self.0.is_running = false;
        done
    }

    /// Gives each new order a ticket, which its owner may keep.
    pub fn keep_tickets(&mut self) {
        self.0.keeps_tickets = true;
    }

    /// The ticket of the last order.
    pub fn last_ticket(&self) -> Option<Arc<Ticket>> {
        self.0.account.orders.last().and_then(|order| order.ticket.clone())
    }

    /// Sets the time.
    #[inline]
    pub fn set_now(&mut self, at_ns: i64) {
        self.0.account.now_ns = self.0.account.now_ns.max(at_ns);
    }

    /// Takes a bar: state and indicators. The handler is called by [`Desk::tell_bar`].
    #[inline]
    pub fn see_bar(&mut self, instrument: usize, bar: &Bar) {
        self.set_now(bar.at_ns);
        self.0.account.instruments[instrument].bar = *bar;
        self.0.see(instrument, Stream::Bars, Seen::Bar(bar));
    }

    /// Calls the handler of bars for the last one of an instrument, if there is one and it is to be called.
    ///
    /// # Errors
    /// That of the handler.
    #[inline]
    pub fn tell_bar<S: Strategy + ?Sized>(
        &mut self,
        strategy: &mut S,
        instrument: usize,
    ) -> Result<(), Failure> {
        let inner = &mut *self.0;
        let traded = &mut inner.account.instruments[instrument];
        let is_due = inner.handlers.bar.is_some() && traded.bars.is_due(traded.bar.at_ns);
        if !is_due || inner.unready > 0 {
            return Ok(());
        }
        let bar = traded.bar;
        inner.kept.calls += 1;
        strategy.on_bar(self, instrument, &bar)
    }

    /// Takes a quote: state and indicators. The handler is called by [`Desk::tell_quote`].
    #[inline]
    pub fn see_quote(&mut self, instrument: usize, quote: &Quote) {
        self.set_now(quote.at_ns);
        self.0.quoted(instrument, *quote);
        self.0.see(instrument, Stream::Quotes, Seen::Quote(quote));
    }

    /// Takes a quote that stands for the price of a bar or trade: no indicator and no handler sees it.
    #[inline]
    pub fn mark(&mut self, instrument: usize, quote: &Quote) {
        self.set_now(quote.at_ns);
        self.0.quoted(instrument, *quote);
    }

    /// Calls the handler of quotes for the last one of an instrument, if there is one and it is to be called.
    ///
    /// # Errors
    /// That of the handler.
    #[inline]
    pub fn tell_quote<S: Strategy + ?Sized>(
        &mut self,
        strategy: &mut S,
        instrument: usize,
    ) -> Result<(), Failure> {
        let inner = &mut *self.0;
        let traded = &mut inner.account.instruments[instrument];
        let is_due = inner.handlers.quote.is_some() && traded.quotes.is_due(traded.quote.at_ns);
        if !is_due || inner.unready > 0 {
            return Ok(());
        }
        let quote = traded.quote;
        inner.kept.calls += 1;
        strategy.on_quote(self, instrument, &quote)
    }

    /// Takes a trade of others: state and indicators.
    pub fn see_trade(&mut self, instrument: usize, trade: &Trade) {
        self.set_now(trade.at_ns);
        self.0.see(instrument, Stream::Trades, Seen::Trade(trade));
    }

    /// Takes a trade of others, and calls its handler.
    ///
    /// # Errors
    /// That of the handler.
    pub fn take_trade<S: Strategy + ?Sized>(
        &mut self,
        strategy: &mut S,
        instrument: usize,
        trade: &Trade,
    ) -> Result<(), Failure> {
        self.see_trade(instrument, trade);
        let inner = &mut *self.0;
        let traded = &mut inner.account.instruments[instrument];
        let is_due = inner.handlers.trade.is_some() && traded.trades.is_due(trade.at_ns);
        if !is_due || inner.unready > 0 {
            return Ok(());
        }
        inner.kept.calls += 1;
        strategy.on_trade(self, instrument, trade)
    }

    /// Takes the levels of a book, best first, and calls its handler.
    ///
    /// # Errors
    /// That of the handler.
    pub fn take_book<S: Strategy + ?Sized>(
        &mut self,
        strategy: &mut S,
        instrument: usize,
        bids: &[Level],
        asks: &[Level],
    ) -> Result<(), Failure> {
        let inner = &mut *self.0;
        let traded = &mut inner.account.instruments[instrument];
        let is_due = inner.handlers.book.is_some() && traded.books.is_due(inner.account.now_ns);
        if !is_due || inner.unready > 0 {
            return Ok(());
        }
        inner.kept.calls += 1;
        strategy.on_book(self, instrument, bids, asks)
    }

    /// Takes a bar and calls its handler.
    ///
    /// # Errors
    /// That of the handler.
    pub fn take_bar<S: Strategy + ?Sized>(
        &mut self,
        strategy: &mut S,
        instrument: usize,
        bar: &Bar,
    ) -> Result<(), Failure> {
        self.see_bar(instrument, bar);
        self.tell_bar(strategy, instrument)
    }

    /// Takes a quote and calls its handler.
    ///
    /// # Errors
    /// That of the handler.
    pub fn take_quote<S: Strategy + ?Sized>(
        &mut self,
        strategy: &mut S,
        instrument: usize,
        quote: &Quote,
    ) -> Result<(), Failure> {
        self.see_quote(instrument, quote);
        self.tell_quote(strategy, instrument)
    }

    /// Calls the handler of timers for the first timer that is due by `until_ns`; false when none is.
    ///
    /// # Errors
    /// That of the handler.
    pub fn tell_timer<S: Strategy + ?Sized>(
        &mut self,
        strategy: &mut S,
        until_ns: i64,
    ) -> Result<bool, Failure> {
        let inner = &mut *self.0;
        for timer in inner.timers.iter_mut().filter(|timer| timer.due_ns == i64::MIN) {
            // The first event sets the clock: what was due before it is past.
            timer.due_ns = (until_ns.div_euclid(timer.period_ns) + 1) * timer.period_ns;
        }
        let first = inner.timers.iter().enumerate().min_by_key(|(at, timer)| (timer.due_ns, *at));
        let Some((at, due_ns)) = first.map(|(at, timer)| (at, timer.due_ns)) else { return Ok(false) };
        let is_due = due_ns <= until_ns;
        if is_due {
            inner.timers[at].due_ns += inner.timers[at].period_ns;
        }
        inner.next_due = inner.timers.iter().map(|timer| timer.due_ns).min().unwrap_or(i64::MAX);
        if !is_due {
            return Ok(false);
        }
        inner.account.now_ns = inner.account.now_ns.max(due_ns);
        if inner.handlers.timer {
            inner.kept.calls += 1;
            strategy.on_timer(self, at)?;
        }
        Ok(true)
    }

    /// Folds events of the venue that are for this account; handlers are called by [`Desk::notify`].
    pub fn take(&mut self, events: &[u8]) {
        for (event, _) in events_in(events) {
            if event.account == self.0.account.number {
                self.0.fold(&event);
            }
        }
    }

    /// Folds one event of this account; as [`Desk::take`].
    pub fn take_event(&mut self, event: &Event) {
        self.0.fold(event);
    }

    /// Calls the handlers of fills and orders for what was folded, and looks at the limits.
    ///
    /// # Errors
    /// That of a handler.
    #[inline]
    pub fn notify<S: Strategy + ?Sized>(&mut self, strategy: &mut S) -> Result<(), (&'static str, Failure)> {
        if self.0.notices.is_empty() { Ok(()) } else { self.notify_all(strategy) }
    }

    fn notify_all<S: Strategy + ?Sized>(&mut self, strategy: &mut S) -> Result<(), (&'static str, Failure)> {
        let mut notices = std::mem::take(&mut self.0.notices);
        let Handlers { fill, order, .. } = self.0.handlers;
        let mut done = Ok(());
        for notice in &notices {
            let told = match *notice {
                Notice::Fill(at) if fill => {
                    let fill = self.0.kept.fills[at];
                    self.0.kept.calls += 1;
                    strategy.on_fill(self, &fill).map_err(|failure| ("on_fill", failure))
                }
                Notice::Order(client_ref) if order => {
                    self.0.kept.calls += 1;
                    strategy.on_order(self, client_ref).map_err(|failure| ("on_order", failure))
                }
                _ => Ok(()),
            };
            done = done.and(told);
        }
        notices.clear();
        // What handlers did meanwhile is told next; the room is kept.
        notices.append(&mut self.0.notices);
        self.0.notices = notices;
        self.look();
        done
    }

    /// Has the limits look at the state.
    pub fn look(&mut self) {
        let Some(gate) = &mut self.0.gate else { return };
        let action = gate.look(&self.0.account);
        if let Action::Close(instrument) = action {
            self.cancel_all(Some(instrument));
            return self.0.flatten(instrument);
        }
        if action != Action::Go {
            self.act(action == Action::Flatten);
        }
    }

    /// Asks for all orders to be cancelled; with `flatten` closes all positions at the market, past all limits.
    pub fn act(&mut self, flatten: bool) {
        self.cancel_all(None);
        if flatten {
            for instrument in 0..self.0.account.instruments.len() {
                self.0.flatten(instrument);
            }
        }
    }

    /// Forgets what waits to be told: it happened before the strategy began.
    pub fn forget_notices(&mut self) {
        self.0.notices.clear();
    }

    /// Whether something waits to be told to handlers.
    pub fn has_notices(&self) -> bool {
        !self.0.notices.is_empty()
    }

    /// Counts a handler that failed and was skipped.
    pub fn count_failure(&mut self) {
        self.0.kept.failures += 1;
    }

    /// Takes the commands written since this was asked.
    #[inline]
    pub fn commands(&mut self, into: &mut Vec<Sent>) {
        into.append(&mut self.0.outbox);
    }

    /// Whether commands wait to be sent.
    #[inline]
    pub fn has_commands(&self) -> bool {
        !self.0.outbox.is_empty()
    }

    /// Keeps what the account is worth now.
    #[inline]
    pub fn keep_equity(&mut self) {
        let inner = &mut *self.0;
        let account = &inner.account;
        let (at_ns, equity) = (account.now_ns, account.equity());
        inner.kept.equity.push(EquityRow { at_ns, equity, cash: account.cash() as f64 / account.per_money });
    }

    /// Makes room for so many marks.
    pub fn reserve_equity(&mut self, rows: usize) {
        self.0.kept.equity.reserve_exact(rows);
    }
}
