//! A venue in which recorded markets are played: items in order of time, quotes told to the matcher, orders brought to it,
//! its events folded by the desk.
//!
//! Quotes are told to the matcher only where an order may be changed by them: while one waits, or before one is brought. It
//! is the same as telling all of them (`tell_all`, by test). A bar plays as quotes at its open, its two extremes (the worse one
//! for us first) and its close.

use std::collections::VecDeque;

use garraway_types::{
    CommandHead, CommandKind, EVENT_SIZE, EventKind, EventSink, FIXED_COMMAND, Record, Side,
};

use crate::desk::{Desk, Sent};
use crate::feed::{BadRow, Feed, Item};
use crate::market::{Bar, Quote};
use crate::matcher::Matcher;
use crate::strategy::{Failure, Strategy};

/// Rounds of orders, fills and orders upon fills within one moment.
const ROUNDS: usize = 10_000;
/// Where `client_ref` and `target` lie in a command.
const REF: usize = 16;
const TARGET: usize = CommandHead::SIZE + 20;
/// Where account, `client_ref` and `fee` lie in an event.
const EVENT_ACCOUNT: usize = 4;
const EVENT_REF: usize = 40;
const EVENT_FEE: usize = 80;

/// How the venue executes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Orders meet the next quote of their instrument, not the one at which they were decided.
    pub at_next: bool,
    /// How long a command is under way, ns.
    pub latency_ns: i64,
    /// Half a spread around prices of bars and trades, price units, by instrument.
    pub half_spread: Vec<i64>,
    /// Every quote is told to the matcher, needed or not.
    pub tell_all: bool,
    /// What the account is worth is kept at each so many rows.
    pub mark_every: u64,
    /// Handlers that fail are counted and the run goes on.
    pub skip_failures: bool,
}

/// Why a run ended early.
#[derive(Debug)]
pub enum Stopped {
    /// A handler failed.
    Handler {
        /// Which.
        handler: &'static str,
        /// At what time, ns.
        at_ns: i64,
        /// After so many rows.
        row: u64,
        /// Why.
        failure: Failure,
    },
    /// A row that cannot be.
    Row(BadRow),
    /// The strategy answers its own fills and orders without end.
    Endless {
        /// At what time, ns.
        at_ns: i64,
        /// After so many rows.
        row: u64,
    },
}

/// A command under way.
#[derive(Clone, Copy, Debug)]
struct Held {
    due_ns: i64,
    sent: Sent,
}

/// The venue.
pub struct Simulated<M> {
    matcher: M,
    rules: Rules,
    buffer: Vec<u8>,
    account: u32,
    quotes: Vec<Quote>,
    untold: Vec<bool>,
    held: Vec<VecDeque<Held>>,
    held_count: usize,
    /// References at the matcher by those of the desk, and back: orders of different instruments may overtake each other.
    forward: Vec<u64>,
    back: Vec<u64>,
    sent: Vec<Sent>,
    /// Instruments with a bar that is whole at this time and was not told to the strategy.
    whole: Vec<usize>,
    rows: u64,
    marked: u64,
    told: u64,
    is_started: bool,
}

impl<M: Matcher> Simulated<M> {
    /// A venue of an account in so many instruments.
    pub fn new(matcher: M, rules: Rules, account: u32, instruments: usize) -> Self {
        Self {
            matcher,
            rules,
            buffer: vec![0; EventSink::RESERVE],
            account,
            quotes: vec![Quote::default(); instruments],
            untold: vec![false; instruments],
            held: (0..instruments).map(|_| VecDeque::new()).collect(),
            held_count: 0,
            forward: vec![0],
            back: vec![0],
            sent: Vec::new(),
            whole: Vec::new(),
            rows: 0,
            marked: 0,
            told: 0,
            is_started: false,
        }
    }

    /// Quotes that were told to the matcher.
    pub const fn told(&self) -> u64 {
        self.told
    }

    /// Commands that never reached the matcher, because the data ended before.
    pub const fn under_way(&self) -> usize {
        self.held_count
    }

    /// What executes the orders.
    pub const fn matcher(&self) -> &M {
        &self.matcher
    }

    /// Plays up to so many items; false at the end of the feed.
    ///
    /// # Errors
    /// Why the run ended early.
    pub fn play<F: Feed, S: Strategy + ?Sized>(
        &mut self,
        desk: &mut Desk,
        strategy: &mut S,
        feed: &mut F,
        items: usize,
    ) -> Result<bool, Stopped> {
        if !self.is_started {
            self.is_started = true;
            let started = desk.start(strategy);
            self.judge(desk, "start", started)?;
        }
        for _ in 0..items {
            let Some(item) = feed.next().map_err(Stopped::Row)? else {
                self.finish(desk, strategy)?;
                return Ok(false);
            };
            self.step(desk, strategy, &item)?;
            self.rows = feed.rows();
        }
        Ok(true)
    }

    #[inline]
    fn step<S: Strategy + ?Sized>(
        &mut self,
        desk: &mut Desk,
        strategy: &mut S,
        item: &Item<'_>,
    ) -> Result<(), Stopped> {
        let at_ns = item.at_ns();
        if !self.whole.is_empty()
            && !matches!(item, Item::Bar { bar, .. } if bar.at_ns == desk.account().now_ns)
        {
            self.tell_bars(desk, strategy)?;
        }
        if desk.next_due() < at_ns {
            self.timers(desk, strategy, at_ns - 1)?;
        }
        if self.held_count > 0 && !self.rules.at_next {
            self.arrive(desk, at_ns);
            self.pump(desk, strategy)?;
        }
        match *item {
            Item::Open { instrument, at_ns, price } => self.price(desk, strategy, instrument, at_ns, price),
            Item::Bar { instrument, ref bar } => self.bar(desk, strategy, instrument, bar),
            Item::Quote { instrument, ref quote } => self.quote(desk, strategy, instrument, quote),
            Item::Trade { instrument, ref trade } => {
                self.price(desk, strategy, instrument, trade.at_ns, trade.price)?;
                let told = desk.take_trade(strategy, instrument, trade);
                self.judge(desk, "on_trade", told)?;
                self.pump(desk, strategy)?;
                self.mark(desk);
                Ok(())
            }
            Item::Command { at_ns, record } => {
                desk.set_now(at_ns);
                self.apply(desk, at_ns, record);
                self.pump(desk, strategy)
            }
        }
    }

    /// A quote of a recorded market.
    #[inline]
    fn quote<S: Strategy + ?Sized>(
        &mut self,
        desk: &mut Desk,
        strategy: &mut S,
        instrument: usize,
        quote: &Quote,
    ) -> Result<(), Stopped> {
        desk.see_quote(instrument, quote);
        self.quoted(desk, strategy, instrument, quote)?;
        let told = desk.tell_quote(strategy, instrument);
        if told.is_err() {
            self.judge(desk, "on_quote", told)?;
        }
        self.pump(desk, strategy)?;
        self.mark(desk);
        Ok(())
    }

    /// A price that plays as a quote.
    #[inline]
    fn price<S: Strategy + ?Sized>(
        &mut self,
        desk: &mut Desk,
        strategy: &mut S,
        instrument: usize,
        at_ns: i64,
        price: i64,
    ) -> Result<(), Stopped> {
        let half = self.rules.half_spread[instrument];
        let quote = Quote {
            at_ns,
            bid: (price - half).max(desk.account().instruments[instrument].terms.min_price),
            ask: price + half,
            bid_size: 0,
            ask_size: 0,
        };
        desk.mark(instrument, &quote);
        self.quoted(desk, strategy, instrument, &quote)
    }

    /// Brings a quote and the orders that meet it to the matcher.
    #[inline]
    fn quoted<S: Strategy + ?Sized>(
        &mut self,
        desk: &mut Desk,
        strategy: &mut S,
        instrument: usize,
        quote: &Quote,
    ) -> Result<(), Stopped> {
        self.quotes[instrument] = *quote;
        self.untold[instrument] = true;
        if desk.account().instruments[instrument].live == 0 && !self.rules.tell_all {
            return Ok(());
        }
        self.tell(desk, instrument);
        if self.rules.at_next && !self.held[instrument].is_empty() {
            self.meet(desk, instrument, quote.at_ns);
        }
        self.pump(desk, strategy)
    }

    /// The rest of a bar: its extremes where an order waits, its close. The strategy is told when all bars of this time are in.
    #[inline]
    fn bar<S: Strategy + ?Sized>(
        &mut self,
        desk: &mut Desk,
        strategy: &mut S,
        instrument: usize,
        bar: &Bar,
    ) -> Result<(), Stopped> {
        if desk.account().instruments[instrument].live > 0 || self.rules.tell_all {
            for price in self.extremes(desk, instrument, bar) {
                self.price(desk, strategy, instrument, bar.at_ns, price)?;
            }
        }
        self.price(desk, strategy, instrument, bar.at_ns, bar.close)?;
        desk.see_bar(instrument, bar);
        self.whole.push(instrument);
        Ok(())
    }

    /// The extremes of a bar, the worse one for us first: below for what is long or waits to sell, above for what is short or
    /// waits to buy. What waits is taken for what would be held the other way round, so that no order fills and gains in one bar.
    fn extremes(&self, desk: &Desk, instrument: usize, bar: &Bar) -> [i64; 2] {
        let account = desk.account();
        let held = account.instruments[instrument].position.lots;
        let leaning = if held == 0 { -waiting(desk, instrument) } else { held };
        if leaning < 0 { [bar.high, bar.low] } else { [bar.low, bar.high] }
    }

    fn tell_bars<S: Strategy + ?Sized>(&mut self, desk: &mut Desk, strategy: &mut S) -> Result<(), Stopped> {
        let mut whole = std::mem::take(&mut self.whole);
        for instrument in whole.drain(..) {
            let told = desk.tell_bar(strategy, instrument);
            if told.is_err() {
                self.judge(desk, "on_bar", told)?;
            }
            self.pump(desk, strategy)?;
        }
        self.whole = whole;
        self.mark(desk);
        Ok(())
    }

    #[cold]
    fn timers<S: Strategy + ?Sized>(
        &mut self,
        desk: &mut Desk,
        strategy: &mut S,
        until_ns: i64,
    ) -> Result<(), Stopped> {
        loop {
            let told = desk.tell_timer(strategy, until_ns);
            let is_due = *told.as_ref().unwrap_or(&true);
            self.judge(desk, "on_timer", told.map(|_| ()))?;
            if !is_due {
                return Ok(());
            }
            self.pump(desk, strategy)?;
        }
    }

    fn finish<S: Strategy + ?Sized>(&mut self, desk: &mut Desk, strategy: &mut S) -> Result<(), Stopped> {
        if !self.whole.is_empty() {
            self.tell_bars(desk, strategy)?;
        }
        let stopped = desk.stop(strategy);
        self.judge(desk, "stop", stopped)?;
        self.pump(desk, strategy)?;
        desk.keep_equity();
        Ok(())
    }

    /// Brings what was sent to the matcher, tells the strategy what came of it, and so on until nothing is left.
    #[inline]
    fn pump<S: Strategy + ?Sized>(&mut self, desk: &mut Desk, strategy: &mut S) -> Result<(), Stopped> {
        if !desk.has_commands() && !desk.has_notices() {
            return Ok(());
        }
        self.pump_all(desk, strategy)
    }

    fn pump_all<S: Strategy + ?Sized>(&mut self, desk: &mut Desk, strategy: &mut S) -> Result<(), Stopped> {
        for _ in 0..ROUNDS {
            if desk.has_commands() {
                self.dispatch(desk);
            }
            if desk.has_notices() {
                if let Err((handler, failure)) = desk.notify(strategy) {
                    self.judge(desk, handler, Err(failure))?;
                }
            } else if !desk.has_commands() {
                return Ok(());
            }
        }
        Err(Stopped::Endless { at_ns: desk.account().now_ns, row: self.rows })
    }

    /// Takes the desk's commands: brings them to the matcher, or has them under way.
    fn dispatch(&mut self, desk: &mut Desk) {
        let mut sent = std::mem::take(&mut self.sent);
        desk.commands(&mut sent);
        let now_ns = desk.account().now_ns;
        for sent in sent.drain(..) {
            let held = &mut self.held[sent.instrument];
            let is_cancel = sent.kind == CommandKind::CancelOrder;
            let at_once =
                self.rules.latency_ns == 0 && (!self.rules.at_next || (is_cancel && held.is_empty()));
            if at_once {
                self.bring(desk, now_ns, sent);
            } else {
                held.push_back(Held { due_ns: now_ns + self.rules.latency_ns, sent });
                self.held_count += 1;
            }
        }
        self.sent = sent;
    }

    /// Commands that arrive before a time meet the quote that stands then.
    fn arrive(&mut self, desk: &mut Desk, before_ns: i64) {
        for instrument in 0..self.held.len() {
            while let Some(held) = self.held[instrument].front().copied()
                && held.due_ns < before_ns
            {
                self.held[instrument].pop_front();
                self.held_count -= 1;
                desk.set_now(held.due_ns);
                self.bring(desk, held.due_ns, held.sent);
            }
        }
    }

    /// Commands that have arrived by the time of a quote meet it.
    fn meet(&mut self, desk: &mut Desk, instrument: usize, at_ns: i64) {
        while let Some(held) = self.held[instrument].front().copied()
            && held.due_ns <= at_ns
        {
            self.held[instrument].pop_front();
            self.held_count -= 1;
            self.bring(desk, at_ns, held.sent);
        }
    }

    fn bring(&mut self, desk: &mut Desk, at_ns: i64, sent: Sent) {
        if self.untold[sent.instrument] {
            self.tell(desk, sent.instrument);
        }
        let mut record = sent.record;
        self.rename(&mut record);
        self.apply(desk, at_ns, &record);
    }

    /// Puts the matcher's references in place of the desk's: new ones in the order in which they arrive.
    fn rename(&mut self, record: &mut [u8; FIXED_COMMAND]) {
        let own = word(record, REF) as usize;
        if record[2] == CommandKind::CancelOrder as u8 {
            let named = self.forward.get(own).copied().unwrap_or(0);
            return put(record, REF, named);
        }
        let named = self.back.len() as u64;
        self.back.push(own as u64);
        if self.forward.len() <= own {
            self.forward.resize(own + 1, 0);
        }
        self.forward[own] = named;
        put(record, REF, named);
        let target = word(record, TARGET) as usize;
        if target != 0 {
            put(record, TARGET, self.forward.get(target).copied().unwrap_or(0));
        }
    }

    fn apply(&mut self, desk: &mut Desk, at_ns: i64, record: &[u8]) {
        let mut sink = EventSink::without_tails(&mut self.buffer);
        self.matcher.command(at_ns, record, &mut sink);
        let used = sink.used();
        self.fold(desk, used);
    }

    #[inline]
    fn tell(&mut self, desk: &mut Desk, instrument: usize) {
        self.untold[instrument] = false;
        self.told += 1;
        let number = desk.account().instruments[instrument].terms.number;
        let mut sink = EventSink::without_tails(&mut self.buffer);
        self.matcher.quote(number, &self.quotes[instrument], &mut sink);
        let used = sink.used();
        if used > EVENT_SIZE {
            self.fold(desk, used);
        }
    }

    /// Gives events the desk's references, and the events to the desk.
    fn fold(&mut self, desk: &mut Desk, used: usize) {
        for event in self.buffer[..used].chunks_exact_mut(EVENT_SIZE) {
            if event[EVENT_ACCOUNT..EVENT_ACCOUNT + 4] != self.account.to_le_bytes() {
                continue;
            }
            let back = |named: u64| self.back.get(named as usize).copied().unwrap_or(0);
            put(event, EVENT_REF, back(word(event, EVENT_REF)));
            if event[2] == EventKind::Replaced as u8 {
                put(event, EVENT_FEE, back(word(event, EVENT_FEE)));
            }
        }
        desk.take(&self.buffer[..used]);
    }

    /// Keeps what the account is worth, each so many rows.
    #[inline]
    fn mark(&mut self, desk: &mut Desk) {
        self.marked += 1;
        if self.marked == 1 || self.marked.is_multiple_of(self.rules.mark_every) {
            desk.keep_equity();
        }
    }

    fn judge(
        &self,
        desk: &mut Desk,
        handler: &'static str,
        told: Result<(), Failure>,
    ) -> Result<(), Stopped> {
        match told {
            Ok(()) => Ok(()),
            Err(_) if self.rules.skip_failures && handler != "start" => {
                desk.count_failure();
                Ok(())
            }
            Err(failure) => {
                Err(Stopped::Handler { handler, at_ns: desk.account().now_ns, row: self.rows, failure })
            }
        }
    }
}

/// Lots that wait to be bought, less those that wait to be sold.
fn waiting(desk: &Desk, instrument: usize) -> i64 {
    let account = desk.account();
    let mut left = account.instruments[instrument].live;
    let mut lots = 0;
    for order in account.orders.iter().rev() {
        if left == 0 {
            break;
        }
        if order.state.is_live() && order.intent.instrument == instrument {
            left -= 1;
            lots += if order.intent.side == Side::Buy { order.leaves() } else { -order.leaves() };
        }
    }
    lots
}

#[inline]
fn word(bytes: &[u8], at: usize) -> u64 {
    let mut eight = [0; 8];
    eight.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(eight)
}

#[inline]
fn put(bytes: &mut [u8], at: usize, value: u64) {
    bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
}
