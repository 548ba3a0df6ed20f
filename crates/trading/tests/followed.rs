//! A running venue as its log tells it: what a strategy is told, in which order, and what its limits keep back.
#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::BTreeMap;

use garraway_trading::risk::{
    BreakerLimits, Limiter, Limits, OrderLimits, PositionLimits, Risk, Shared, Worth,
};
use garraway_trading::{
    Bar, Books, Desk, Every, Failure, Fill, Followed, Handlers, Intent, Level, Quote, State, Strategy,
    Stream, Terms, Trade,
};
use garraway_types::{Event, EventId, EventKind, InstrumentId, Side};

const ACCOUNT: u32 = 20;
const SECOND: i64 = 1_000_000_000;

/// A book whose levels are told by public events of its own: `Accepted` of other accounts, `Canceled` empties a level.
#[derive(Default)]
struct Plain(BTreeMap<(u8, i64), i64>);

impl Books for Plain {
    fn take(&mut self, event: &Event, _: &[u8]) {
        match EventKind::from_code(event.kind) {
            Some(EventKind::Accepted) => {
                *self.0.entry((event.side, event.price)).or_default() += event.quantity
            }
            Some(EventKind::Canceled) => drop(self.0.remove(&(event.side, event.price))),
            _ => {}
        }
    }

    fn levels(&self, _: u32, side: Side, depth: usize, into: &mut Vec<Level>) {
        let found = self.0.iter().filter(|((of, _), _)| *of == side as u8);
        let mut levels: Vec<Level> =
            found.map(|((_, price), quantity)| Level { price: *price, quantity: *quantity }).collect();
        if side == Side::Buy {
            levels.reverse();
        }
        into.extend(levels.into_iter().take(depth));
    }
}

/// Writes down what it is told; buys at each quote.
#[derive(Default)]
struct Scribe {
    told: Vec<String>,
    buys: bool,
}

impl Strategy for Scribe {
    fn handlers(&self) -> Handlers {
        let one = Some(Every::One);
        Handlers { bar: one, quote: one, trade: one, book: one, fill: true, order: true, timer: true }
    }

    fn start(&mut self, desk: &mut Desk) -> Result<(), Failure> {
        desk.add_timer("each second", SECOND);
        Ok(())
    }

    fn on_bar(&mut self, _: &mut Desk, _: usize, bar: &Bar) -> Result<(), Failure> {
        let Bar { open, high, low, close, volume, .. } = bar;
        self.told.push(format!("bar {open} {high} {low} {close} {volume}"));
        Ok(())
    }

    fn on_quote(&mut self, desk: &mut Desk, instrument: usize, quote: &Quote) -> Result<(), Failure> {
        self.told.push(format!("quote {} {}", quote.bid, quote.ask));
        if self.buys {
            desk.place(Intent::limit(instrument, Side::Buy, 3, quote.bid))?;
        }
        Ok(())
    }

    fn on_trade(&mut self, _: &mut Desk, _: usize, trade: &Trade) -> Result<(), Failure> {
        self.told.push(format!("trade {} {}", trade.price, trade.quantity));
        Ok(())
    }

    fn on_book(&mut self, _: &mut Desk, _: usize, bids: &[Level], asks: &[Level]) -> Result<(), Failure> {
        self.told.push(format!("book {} {}", bids.len(), asks.len()));
        Ok(())
    }

    fn on_fill(&mut self, _: &mut Desk, fill: &Fill) -> Result<(), Failure> {
        self.told.push(format!("fill {} of {}", fill.quantity, fill.position));
        Ok(())
    }

    fn on_order(&mut self, desk: &mut Desk, client_ref: u64) -> Result<(), Failure> {
        let state = desk.account().order(client_ref).unwrap().state.name();
        self.told.push(format!("order {state}"));
        Ok(())
    }

    fn on_timer(&mut self, _: &mut Desk, _: usize) -> Result<(), Failure> {
        self.told.push("timer".into());
        Ok(())
    }
}

fn terms() -> Terms {
    Terms {
        number: 7,
        symbol: "A".into(),
        quote_asset: 1,
        price_decimals: 0,
        tick: 1,
        price_value: 1,
        money_decimals: 0,
        min_price: 1,
        max_price: 1_000,
        max_quantity: 1_000,
    }
}

/// Events with rising ids: each call of `command` begins another command.
#[derive(Default)]
struct Log {
    events: Vec<Event>,
    seq: u64,
    at_ns: i64,
}

impl Log {
    fn command(&mut self, at_ns: i64) -> &mut Self {
        self.seq += 1;
        self.at_ns = at_ns;
        self
    }

    fn add(&mut self, kind: EventKind, side: Side, price: i64, quantity: i64, of: (u32, u64)) -> &mut Self {
        let index = self.events.iter().filter(|one| EventId(one.event_id).command_seq() == self.seq).count();
        self.events.push(Event {
            event_id: EventId::new(self.seq, index as u16).0,
            at_ns: self.at_ns,
            account: of.0,
            instrument: 7,
            client_ref: of.1,
            side: side as u8,
            price,
            quantity,
            leaves: quantity,
            value: price * quantity,
            ..Event::empty(kind)
        });
        self
    }

    fn quotes(&mut self, at_ns: i64, bid: i64, ask: i64) -> &mut Self {
        self.command(at_ns);
        self.add(EventKind::Accepted, Side::Buy, bid, 10, (99, 0));
        self.add(EventKind::Accepted, Side::Sell, ask, 10, (99, 0))
    }
}

struct At {
    desk: Desk,
    followed: Followed<Plain>,
    scribe: Scribe,
}

impl At {
    fn new(bar_ns: i64, limits: Option<(Limits, OrderLimits)>) -> (Self, Option<Shared>) {
        let mut desk = Desk::new(ACCOUNT, vec![terms()], 100);
        let risk = limits.map(|(limits, order)| {
            let of = (InstrumentId(7), Worth::whole(1), order, PositionLimits::default());
            Shared::new(Risk::new(limits, &[of]))
        });
        if let Some(risk) = &risk {
            desk.set_gate(Box::new(Limiter::new(risk.clone())));
        }
        desk.add_stream(0, Stream::Bars);
        let followed = Followed::new(Plain::default(), ACCOUNT, &[7], bar_ns, false);
        let mut at = Self { desk, followed, scribe: Scribe::default() };
        at.followed.start(&mut at.desk, &mut at.scribe).unwrap();
        (at, risk)
    }

    fn take(&mut self, log: &mut Log) -> Vec<String> {
        for event in log.events.drain(..) {
            self.followed.take(&mut self.desk, &mut self.scribe, &event, &[]).unwrap();
        }
        self.followed.settle(&mut self.desk, &mut self.scribe).unwrap();
        std::mem::take(&mut self.scribe.told)
    }

    fn sent(&mut self) -> usize {
        let mut sent = Vec::new();
        self.desk.commands(&mut sent);
        sent.len()
    }
}

#[test]
fn the_past_moves_positions_and_money_and_calls_nobody() {
    let (mut at, _) = At::new(SECOND, None);
    let mut log = Log::default();
    log.command(1).add(EventKind::Filled, Side::Buy, 50, 4, (ACCOUNT, 3));
    log.quotes(2 * SECOND, 60, 62);
    assert_eq!(at.take(&mut log), Vec::<String>::new());
    at.followed.go_live(&mut at.desk);
    let account = at.desk.account();
    assert_eq!((account.instruments[0].position.lots, account.cash(), account.equity_twice()), (4, -200, 88));
    assert_eq!(at.take(log.quotes(2 * SECOND, 61, 62)), ["quote 61 62", "book 2 1"]);
}

#[test]
fn fills_and_orders_are_told_before_trades_quotes_and_the_book() {
    let (mut at, _) = At::new(0, None);
    at.followed.go_live(&mut at.desk);
    let mut log = Log::default();
    at.scribe.buys = true;
    assert_eq!(at.take(log.quotes(1, 60, 62)), ["quote 60 62", "book 1 1"]);
    at.scribe.buys = false;
    assert_eq!(at.sent(), 1);
    log.command(2).add(EventKind::Accepted, Side::Buy, 60, 3, (ACCOUNT, 101));
    log.add(EventKind::Traded, Side::Sell, 60, 2, (0, 0));
    log.add(EventKind::Filled, Side::Buy, 60, 2, (ACCOUNT, 101));
    let told = at.take(&mut log);
    assert_eq!(told, ["order open", "fill 2 of 2", "trade 60 2", "quote 60 62", "book 1 1"]);
}

#[test]
fn a_quote_needs_both_sides_and_is_told_once() {
    let (mut at, _) = At::new(0, None);
    at.followed.go_live(&mut at.desk);
    let mut log = Log::default();
    log.command(1).add(EventKind::Accepted, Side::Buy, 60, 1, (99, 0));
    assert_eq!(at.take(&mut log), ["book 1 0"]);
    log.command(2).add(EventKind::Accepted, Side::Sell, 61, 1, (99, 0));
    assert_eq!(at.take(&mut log), ["quote 60 61", "book 1 1"]);
    log.command(3).add(EventKind::Accepted, Side::Sell, 65, 1, (99, 0));
    assert_eq!(at.take(&mut log), ["book 1 2"]);
}

#[test]
fn bars_and_timers_are_due_by_the_time_of_events() {
    let (mut at, _) = At::new(SECOND, None);
    at.followed.go_live(&mut at.desk);
    let mut log = Log::default();
    for (at_ns, price) in [(1, 50), (2, 53), (3, 49)] {
        log.command(at_ns).add(EventKind::Traded, Side::Buy, price, 2, (0, 0));
    }
    log.command(SECOND).add(EventKind::Ticked, Side::Buy, 0, 0, (0, 0));
    log.command(SECOND + 1).add(EventKind::Traded, Side::Buy, 60, 1, (0, 0));
    log.command(3 * SECOND).add(EventKind::Ticked, Side::Buy, 0, 0, (0, 0));
    let told = at.take(&mut log);
    let told: Vec<&str> = told.iter().map(String::as_str).filter(|one| !one.starts_with("book")).collect();
    assert_eq!(
        told,
        [
            "trade 50 2",
            "trade 53 2",
            "trade 49 2",
            "bar 50 53 49 49 6",
            "timer",
            "trade 60 1",
            "bar 60 60 60 60 1",
            "timer",
            "timer"
        ]
    );
}

#[test]
fn how_the_log_is_cut_into_batches_changes_nothing() {
    let whole = |cuts: usize| {
        let (mut at, _) = At::new(SECOND, None);
        at.followed.go_live(&mut at.desk);
        let (mut told, mut log) = (Vec::new(), Log::default());
        for step in 0..40_i64 {
            log.quotes(step * SECOND / 4, 50 + step % 5, 60 - step % 3);
            log.command(step * SECOND / 4 + 1).add(EventKind::Traded, Side::Buy, 55 + step % 4, 1, (0, 0));
            if step as usize % cuts == cuts - 1 {
                told.extend(at.take(&mut log));
            }
        }
        told.extend(at.take(&mut log));
        told
    };
    assert_eq!(whole(1), whole(7));
    assert_eq!(whole(1), whole(1_000));
}

#[test]
fn what_a_limit_refuses_never_leaves_and_is_told_with_its_figures() {
    let order = OrderLimits { max_lots: 2, ..OrderLimits::default() };
    let breakers = BreakerLimits { max_refusals: 2, refusals_ns: SECOND, flatten: false };
    let (mut at, risk) = At::new(0, Some((Limits { breakers, ..Limits::default() }, order)));
    at.followed.go_live(&mut at.desk);
    at.scribe.buys = true;
    let mut log = Log::default();
    assert_eq!(at.take(log.quotes(1, 60, 62)), ["quote 60 62", "order refused", "book 1 1"]);
    let text = at.desk.take_refusal().unwrap();
    assert!(text.starts_with("OrderLots (order limit) of A: 3, limit 2: "), "{text}");
    let account = at.desk.account();
    assert_eq!((account.orders[0].state, account.orders[0].reason), (State::Refused, 2_010));
    assert_eq!(at.sent(), 0);
    at.take(log.quotes(2, 61, 62));
    assert_eq!(risk.unwrap().get().trip().map(|trip| trip.why.value), Some(2));
}

#[test]
fn a_breaker_that_flattens_cancels_and_closes_at_the_market() {
    let mut limits = Limits::default();
    limits.strategy.max_daily_loss = 30;
    limits.breakers.flatten = true;
    let (mut at, _) = At::new(0, Some((limits, OrderLimits::default())));
    let mut log = Log::default();
    log.command(1).add(EventKind::Filled, Side::Buy, 50, 4, (ACCOUNT, 3));
    at.take(&mut log);
    at.followed.go_live(&mut at.desk);
    at.take(log.quotes(2, 44, 45));
    assert_eq!(at.sent(), 0);
    log.command(3).add(EventKind::Canceled, Side::Buy, 44, 10, (99, 0));
    log.add(EventKind::Accepted, Side::Buy, 40, 10, (99, 0));
    at.take(&mut log);
    let orders = &at.desk.account().orders;
    assert_eq!((orders.len(), orders[0].intent.side, orders[0].intent.quantity), (1, Side::Sell, 4));
    assert_eq!(at.sent(), 1);
}
