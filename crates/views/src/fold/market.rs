//! One instrument as everybody may see it: levels, last trades, phase and prices. The twin of `book.py` and `standing.py`
//! in `python/garraway/venues`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use garraway_types::{Event, EventKind, Side, code};

use super::directory::Terms;
use super::order::Order;
use super::statistics::Statistics;

/// Trades that are kept of an instrument.
pub const TRADES_KEPT: usize = 256;

/// One price: lots and orders displayed there; of icebergs their slices, nothing that is hidden or waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// Lots.
    pub lots: i64,
    /// Orders.
    pub orders: u32,
}

/// A trade as everybody may see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Its id.
    pub trade_id: u64,
    /// When.
    pub at_ns: i64,
    /// The incoming order's.
    pub side: u8,
    /// Price units.
    pub price: i64,
    /// Lots.
    pub quantity: i64,
    /// Whether it was taken back.
    pub busted: bool,
}

/// What an auction gave, or would give now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Auction {
    /// 0 for none.
    pub price: i64,
    /// Lots that trade.
    pub lots: i64,
    /// Lots left over.
    pub left_over: i64,
    /// Of which side.
    pub side: u8,
}

/// An instrument. Prices are 0 where there is none.
#[derive(Clone, Debug)]
pub struct Market {
    /// Its terms.
    pub terms: Terms,
    /// Its phase.
    pub phase: u8,
    /// When the phase came.
    pub since_ns: i64,
    /// The reference price.
    pub reference: i64,
    /// The last price.
    pub last: i64,
    /// The settlement price.
    pub settlement: i64,
    /// What the day's change is counted from: the reference price when the day began, or the day's first price.
    pub base: i64,
    /// What the present auction would give.
    pub indicated: Option<Auction>,
    /// What the last auction gave.
    pub uncrossed: Option<Auction>,
    /// Turnover.
    pub statistics: Statistics,
    /// The last split: new ones, old ones.
    pub split: (i64, i64),
    /// Whether its auction trades at this moment: both sides of its trades are at rest.
    pub uncrossing: bool,
    /// Whether somebody wants to know which levels changed.
    pub watched: bool,
    /// Side and price of the levels that changed since somebody took them; nothing where nobody watches.
    pub touched: BTreeSet<(u8, i64)>,
    bids: BTreeMap<i64, Level>,
    asks: BTreeMap<i64, Level>,
    trades: VecDeque<Trade>,
    settled_id: u64,
}

impl Market {
    /// An instrument that was just listed.
    pub fn new(terms: Terms) -> Self {
        Self {
            phase: terms.listed.phase,
            terms,
            since_ns: 0,
            reference: 0,
            last: 0,
            settlement: 0,
            base: 0,
            indicated: None,
            uncrossed: None,
            statistics: Statistics::default(),
            split: (1, 1),
            uncrossing: false,
            watched: false,
            touched: BTreeSet::new(),
            bids: BTreeMap::new(),
            asks: BTreeMap::new(),
            trades: VecDeque::new(),
            settled_id: 0,
        }
    }

    /// The levels of a side, best first.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = (i64, Level)> {
        // Of the two chained walks one is empty.
        let (buys, sells) = match side {
            Side::Buy => (Some(&self.bids), None),
            Side::Sell => (None, Some(&self.asks)),
        };
        let buys = buys.into_iter().flat_map(|levels| levels.iter().rev());
        let sells = sells.into_iter().flat_map(BTreeMap::iter);
        buys.chain(sells).map(|(price, level)| (*price, *level))
    }

    /// Lots displayed at a price; 0 where there is no level.
    pub fn lots_at(&self, side: u8, price: i64) -> i64 {
        let levels = if side == Side::Buy as u8 { &self.bids } else { &self.asks };
        levels.get(&price).map_or(0, |level| level.lots)
    }

    /// The last trades, the latest first.
    pub fn trades(&self) -> impl Iterator<Item = &Trade> {
        self.trades.iter().rev()
    }

    /// An order that showed `before` lots at a price shows other lots, perhaps at another price.
    pub(super) fn show(&mut self, before: Option<(i64, i64)>, after: Option<(i64, i64)>, side: u8) {
        // What waits for a quote of the house stands in no book.
        if before == after || self.terms.is_dealt() {
            return;
        }
        if let Some((price, lots)) = before {
            self.add(side, price, -lots);
        }
        if let Some((price, lots)) = after {
            self.add(side, price, lots);
        }
    }

    fn add(&mut self, side: u8, price: i64, lots: i64) {
        if self.watched {
            self.touched.insert((side, price));
        }
        let levels = if side == Side::Buy as u8 { &mut self.bids } else { &mut self.asks };
        let level = levels.entry(price).or_default();
        level.lots += lots;
        level.orders = level.orders.wrapping_add_signed(if lots > 0 { 1 } else { -1 });
        if level.orders == 0 {
            levels.remove(&price);
        }
    }

    /// Takes `Traded`.
    pub(super) fn trade(&mut self, event: &Event) -> Trade {
        let Event { event_id, at_ns, side, price, quantity, value, .. } = *event;
        let trade = Trade { trade_id: event_id, at_ns, side, price, quantity, busted: false };
        if self.trades.len() == TRADES_KEPT {
            self.trades.pop_front();
        }
        self.trades.push_back(trade);
        self.traded(price);
        self.statistics.trade(at_ns, price, quantity, value);
        trade
    }

    /// Takes `TradeBusted`: the trade as it stands in the list, where it still does.
    pub(super) fn bust(&mut self, trade_id: u64, new_price: i64) {
        if let Some(trade) = self.trades.iter_mut().find(|trade| trade.trade_id == trade_id) {
            trade.busted = new_price == 0;
            trade.price = if new_price == 0 { trade.price } else { new_price };
        }
    }

    /// Takes an event that changes how the instrument stands.
    pub(super) fn take(&mut self, kind: EventKind, event: &Event, tail: &[u8]) {
        match kind {
            EventKind::PhaseChanged => {
                (self.phase, self.since_ns) = (event.detail, event.at_ns);
                (self.indicated, self.uncrossing) = (None, false);
            }
            EventKind::Indicated => self.indicated = Some(auction(event)),
            EventKind::Uncrossed => {
                self.uncrossing = true;
                self.uncrossed = Some(auction(event));
                if event.quantity > 0 {
                    self.reference = event.price;
                    self.traded(event.price);
                }
            }
            EventKind::ReferenceSet if event.detail == code::SETTLEMENT => {
                (self.settlement, self.settled_id) = (event.price, event.event_id);
            }
            EventKind::ReferenceSet => self.reference = event.price,
            EventKind::TicksSet => self.terms.set_ticks(tail),
            EventKind::InstrumentChanged => self.terms.change(tail),
            EventKind::InstrumentSplit => self.split_prices(event.quantity, event.leaves),
            _ => {}
        }
    }

    /// The roll of the day; `day_ended_id` is that of the end of the day before: was a settlement price set since?
    pub(super) fn end_day(&mut self, day_ended_id: u64) {
        let settled = if self.settled_id > day_ended_id { self.settlement } else { 0 };
        self.reference =
            [settled, self.last, self.reference].into_iter().find(|price| *price != 0).unwrap_or(0);
        self.base = self.reference;
        self.statistics.end_day();
    }

    fn traded(&mut self, price: i64) {
        self.last = price;
        if self.base == 0 {
            self.base = price;
        }
    }

    fn split_prices(&mut self, new: i64, old: i64) {
        self.split = (new, old);
        let (low, high) = (self.terms.listed.min_price, self.terms.listed.max_price);
        let terms = self.terms.clone();
        let price = |price: i64| {
            let exact = i128::from(price) * i128::from(old) / i128::from(new);
            terms.down(exact.clamp(i128::from(low), i128::from(high)) as i64).max(low)
        };
        for one in [&mut self.reference, &mut self.last, &mut self.settlement, &mut self.base] {
            *one = if *one == 0 { 0 } else { price(*one) };
        }
        self.statistics.split(new, old, price);
    }
}

/// Where an order shows how many lots.
pub(super) fn shown(order: &Order) -> Option<(i64, i64)> {
    let lots = order.shown_lots();
    (lots > 0).then_some((order.price, lots))
}

fn auction(event: &Event) -> Auction {
    Auction { price: event.price, lots: event.quantity, left_over: event.leaves, side: event.side }
}
