//! The checks themselves, and what follows from what happened.

use garraway_types::{InstrumentId, Nanos, Price, Side};

use super::book::{Book, Line};
use super::breakers::{Losses, Recent, Trip};
use super::limits::{Limits, OrderLimits, PositionLimits};
use super::refusal::{Action, Reason, Refusal};
use super::worth::{Worth, said};

const SECOND_NS: i64 = 1_000_000_000;
const NONE: InstrumentId = InstrumentId(0);

/// What a strategy wants to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Of which instrument.
    pub instrument: InstrumentId,
    /// Which side.
    pub side: Side,
    /// Lots, at least 1.
    pub lots: i64,
    /// Its limit; none for orders that take what is there.
    pub price: Option<Price>,
    /// Whether it closes what a breaker, a stop or the strategy's end must close.
    pub flattens: bool,
}

/// Whose order or fill it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// This strategy's: counts for strategy and portfolio.
    Own,
    /// Another's of the same portfolio.
    Other,
}

#[derive(Clone, Copy, Debug)]
struct Watched {
    order: OrderLimits,
    position: PositionLimits,
    marked: Nanos,
    closing: Option<Nanos>,
}

/// The limits and all that they are compared with.
#[derive(Clone, Debug)]
pub struct Risk {
    limits: Limits,
    watched: Vec<Watched>,
    strategy: Book,
    portfolio: Book,
    losses: Losses,
    portfolio_losses: Losses,
    open_orders: i64,
    orders: Recent,
    refusals: Recent,
    away_since: Option<Nanos>,
    trip: Option<Trip>,
}

impl Risk {
    /// Nothing held and nothing open. The venue counts as connected until [`Risk::disconnected`] says otherwise.
    pub fn new(limits: Limits, instruments: &[(InstrumentId, Worth, OrderLimits, PositionLimits)]) -> Self {
        let book = || Book::new(instruments.iter().map(|&(number, worth, ..)| (number, worth)));
        let watched = |&(_, _, order, position)| Watched { order, position, marked: Nanos(0), closing: None };
        Self {
            limits,
            watched: instruments.iter().map(watched).collect(),
            strategy: book(),
            portfolio: book(),
            losses: Losses::default(),
            portfolio_losses: Losses::default(),
            open_orders: 0,
            orders: Recent::default(),
            refusals: Recent::default(),
            away_since: None,
            trip: None,
        }
    }

    /// The strategy's positions.
    pub fn strategy(&self) -> &Book {
        &self.strategy
    }

    /// Those of all strategies.
    pub fn portfolio(&self) -> &Book {
        &self.portfolio
    }

    /// The breaker that tripped, until it is reset.
    pub fn trip(&self) -> Option<Trip> {
        self.trip
    }

    /// Open orders of the strategy.
    pub fn open_orders(&self) -> i64 {
        self.open_orders
    }

    /// Whether the intent may go out, and what a refusal brings about. A refusal counts for the breaker of repeated ones.
    ///
    /// # Panics
    /// The instrument is not one of those given to [`Risk::new`], or the lots are not positive.
    pub fn decide(&mut self, now: Nanos, intent: &Intent) -> Result<(), (Refusal, Option<Action>)> {
        match self.check(now, intent) {
            None => Ok(()),
            Some(refusal) => Err((refusal, self.refused(now))),
        }
    }

    /// The first check that fails, in the order of this room's header.
    ///
    /// # Panics
    /// As [`Risk::decide`].
    pub fn check(&self, now: Nanos, intent: &Intent) -> Option<Refusal> {
        assert!(intent.lots > 0, "an intent has lots");
        let place = self.place(intent.instrument);
        let line = &self.strategy.lines()[place];
        if intent.flattens {
            return self.check_connected(intent);
        }
        let first = self
            .check_locked()
            .or_else(|| self.check_connected(intent))
            .or_else(|| self.check_price(now, place, intent))
            .or_else(|| self.check_order(place, line, intent));
        let reduces = line.reduces(intent.side, intent.lots);
        first
            .or_else(|| if reduces { None } else { self.check_position(place, line, intent) })
            .or_else(|| self.check_strategy(now))
            .or_else(|| if reduces { None } else { self.check_portfolio(place, intent) })
    }

    fn check_locked(&self) -> Option<Refusal> {
        let trip = self.trip?;
        Some(Refusal { reason: Reason::Locked, instrument: trip.why.instrument, value: trip.at.0, limit: 0 })
    }

    fn check_connected(&self, intent: &Intent) -> Option<Refusal> {
        let away = self.away_since?;
        Some(Refusal { reason: Reason::Disconnected, instrument: intent.instrument, value: away.0, limit: 0 })
    }

    fn check_price(&self, now: Nanos, place: usize, intent: &Intent) -> Option<Refusal> {
        let because = |reason, value, limit| Refusal { reason, instrument: intent.instrument, value, limit };
        if self.strategy.lines()[place].mark == 0 {
            return self.needs_price(place, intent).then(|| because(Reason::PriceUnknown, 0, 0));
        }
        let age = now.0.saturating_sub(self.watched[place].marked.0);
        above(age.into(), self.limits.venue.max_age_ns).map(|limit| because(Reason::PriceStale, age, limit))
    }

    /// Whether some limit compares with the mark: where none does, orders may go out before the first price.
    fn needs_price(&self, place: usize, intent: &Intent) -> bool {
        let (order, position) = (&self.watched[place].order, &self.watched[place].position);
        let (portfolio, venue) = (&self.limits.portfolio, &self.limits.venue);
        (order.max_notional > 0 && intent.price.is_none())
            || order.max_distance_bps > 0
            || position.max_notional > 0
            || venue.max_age_ns > 0
            || portfolio.max_gross > 0
            || portfolio.max_net > 0
            || portfolio.max_concentration_bps > 0
    }

    fn check_order(&self, place: usize, line: &Line, intent: &Intent) -> Option<Refusal> {
        let limits = &self.watched[place].order;
        let because = |reason, value, limit| Refusal {
            reason,
            instrument: intent.instrument,
            value: said(value),
            limit,
        };
        let lots = i128::from(intent.lots);
        if let Some(limit) = above(lots, limits.max_lots) {
            return Some(because(Reason::OrderLots, lots, limit));
        }
        let price = intent.price.map_or(line.mark, |price| price.0);
        let size = line.worth.size(price, intent.lots);
        if let Some(limit) = above(size, limits.max_notional) {
            return Some(because(Reason::OrderNotional, size, limit));
        }
        let away = distance_bps(price, line.mark);
        above(away, limits.max_distance_bps).map(|limit| because(Reason::OrderDistance, away, limit))
    }

    fn check_position(&self, place: usize, line: &Line, intent: &Intent) -> Option<Refusal> {
        let limits = &self.watched[place].position;
        let because = |reason, value, limit| Refusal {
            reason,
            instrument: intent.instrument,
            value: said(value),
            limit,
        };
        let worst = line.worst(intent.side, intent.lots);
        if let Some(limit) = above(worst.into(), limits.max_lots) {
            return Some(because(Reason::PositionLots, worst.into(), limit));
        }
        let size = line.worth.size(line.mark, worst.max(0));
        above(size, limits.max_notional).map(|limit| because(Reason::PositionNotional, size, limit))
    }

    fn check_strategy(&self, now: Nanos) -> Option<Refusal> {
        let limits = &self.limits.strategy;
        let because = |reason, value, limit| Refusal { reason, instrument: NONE, value, limit };
        let open = self.open_orders.saturating_add(1);
        if let Some(limit) = above(open.into(), limits.max_open_orders) {
            return Some(because(Reason::OpenOrders, open, limit));
        }
        let recent = self.orders.within(now, SECOND_NS) + 1;
        above(recent.into(), limits.max_orders_per_s).map(|limit| because(Reason::OrderRate, recent, limit))
    }

    fn check_portfolio(&self, place: usize, intent: &Intent) -> Option<Refusal> {
        let limits = &self.limits.portfolio;
        let (gross, net, count, own) = self.portfolio.exposure(place, intent.side, intent.lots);
        let share = if gross == 0 { 0 } else { own.saturating_mul(10_000) / gross };
        let looked_at = gross > i128::from(limits.concentration_from);
        [
            (Reason::GrossNotional, gross, limits.max_gross),
            (Reason::NetNotional, net, limits.max_net),
            (Reason::OpenPositions, count.into(), limits.max_positions),
            (Reason::Concentration, if looked_at { share } else { 0 }, limits.max_concentration_bps),
        ]
        .into_iter()
        .find_map(|(reason, value, limit)| {
            let limit = above(value, limit)?;
            Some(Refusal { reason, instrument: intent.instrument, value: said(value), limit })
        })
    }

    /// An order went out with so many lots.
    pub fn opened(&mut self, now: Nanos, whose: Whose, instrument: InstrumentId, side: Side, lots: i64) {
        let place = self.place(instrument);
        self.portfolio.order(place, side, lots);
        if whose == Whose::Own {
            self.strategy.order(place, side, lots);
            self.open_orders += 1;
            self.orders.add(now, self.limits.strategy.max_orders_per_s);
        }
    }

    /// An order is open with so many lots fewer, by a fill, a cancel or a refusal; more where negative. `ended`: it is open no more.
    pub fn left(&mut self, whose: Whose, instrument: InstrumentId, side: Side, lots: i64, ended: bool) {
        let place = self.place(instrument);
        self.portfolio.order(place, side, lots.saturating_neg());
        if whose == Whose::Own {
            self.strategy.order(place, side, lots.saturating_neg());
            self.open_orders = (self.open_orders - i64::from(ended)).max(0);
        }
    }

    /// A fill, besides [`Risk::left`]. Value and fee in ledger units.
    #[expect(clippy::too_many_arguments, reason = "a fill is all of these")]
    pub fn filled(
        &mut self,
        now: Nanos,
        whose: Whose,
        instrument: InstrumentId,
        side: Side,
        lots: i64,
        price: Price,
        (value, fee): (i64, i64),
    ) -> Option<Action> {
        let place = self.place(instrument);
        if self.portfolio.lines()[place].mark == 0 {
            self.watched[place].marked = now;
        }
        self.portfolio.fill(place, side, lots, price.0, value, fee);
        match whose {
            Whose::Own => self.strategy.fill(place, side, lots, price.0, value, fee),
            Whose::Other if self.strategy.lines()[place].mark == 0 => self.strategy.mark(place, price.0),
            Whose::Other => {}
        }
        self.weigh(now, place)
    }

    /// A position from before, at its cost: neither a gain nor a loss at the mark that equals it.
    pub fn carried(&mut self, whose: Whose, instrument: InstrumentId, lots: i64, cost: i64) {
        let place = self.place(instrument);
        self.portfolio.carry(place, lots, cost);
        if whose == Whose::Own {
            self.strategy.carry(place, lots, cost);
        }
    }

    /// A new price: the middle of the quote, or of the last trade where there is no quote.
    pub fn marked(&mut self, now: Nanos, instrument: InstrumentId, price: Price) -> Option<Action> {
        let place = self.place(instrument);
        self.watched[place].marked = now;
        self.strategy.mark(place, price.0);
        self.portfolio.mark(place, price.0);
        self.weigh(now, place)
    }

    /// The price is as it was, and fresh.
    pub fn confirmed(&mut self, now: Nanos, instrument: InstrumentId) {
        let place = self.place(instrument);
        self.watched[place].marked = now;
    }

    /// The venue refused an order, or [`Risk::decide`] did.
    pub fn refused(&mut self, now: Nanos) -> Option<Action> {
        let limits = self.limits.breakers;
        self.refusals.add(now, limits.max_refusals);
        let count = self.refusals.within(now, limits.refusals_ns);
        let limit = reached(count.into(), limits.max_refusals)?;
        self.stop(now, Refusal { reason: Reason::RepeatedRefusals, instrument: NONE, value: count, limit })
    }

    /// The venue is away.
    pub fn disconnected(&mut self, now: Nanos) {
        self.away_since.get_or_insert(now);
    }

    /// It is back.
    pub fn connected(&mut self) {
        self.away_since = None;
    }

    /// Time passes while nothing else happens.
    pub fn passed(&mut self, now: Nanos) -> Option<Action> {
        let away = now.0.saturating_sub(self.away_since?.0);
        let limit = reached(away.into(), self.limits.venue.max_away_ns)?;
        self.stop(now, Refusal { reason: Reason::ConnectivityLost, instrument: NONE, value: away, limit })
    }

    /// Locks, as an emergency stop does.
    pub fn lock(&mut self, now: Nanos, flatten: bool) -> Action {
        let why = Refusal { reason: Reason::StoppedByHand, instrument: NONE, value: now.0, limit: 0 };
        self.trip.get_or_insert(Trip { why, at: now });
        Action::Stop { why, flatten }
    }

    /// Unlocks; losses and refusals count from now.
    pub fn reset(&mut self, now: Nanos) {
        self.trip = None;
        self.refusals.clear();
        self.losses.reset(now, self.strategy.gain());
        self.portfolio_losses.reset(now, self.portfolio.gain());
    }

    /// Gains against the breakers, then the position against its stops.
    fn weigh(&mut self, now: Nanos, place: usize) -> Option<Action> {
        let (day, fall) = self.losses.take(now, self.strategy.gain());
        let (all, _) = self.portfolio_losses.take(now, self.portfolio.gain());
        if self.trip.is_some() {
            return None;
        }
        let limits = self.limits;
        let lost = [
            (Reason::DailyLoss, day, limits.strategy.max_daily_loss),
            (Reason::Drawdown, fall, limits.strategy.max_drawdown),
            (Reason::PortfolioDailyLoss, all, limits.portfolio.max_daily_loss),
        ]
        .into_iter()
        .find_map(|(reason, value, limit)| {
            let limit = reached(value, limit)?;
            Some(Refusal { reason, instrument: NONE, value: said(value), limit })
        });
        match lost {
            Some(why) => self.stop(now, why),
            None => self.stopped_out(now, place),
        }
    }

    /// A position at its stop: said once in a second, until it is closed.
    fn stopped_out(&mut self, now: Nanos, place: usize) -> Option<Action> {
        let (line, watched) = (&self.strategy.lines()[place], &mut self.watched[place]);
        if line.lots == 0 {
            watched.closing = None;
            return None;
        }
        if watched.closing.is_some_and(|at| now.0.saturating_sub(at.0) < SECOND_NS) {
            return None;
        }
        let limits = watched.position;
        let close = [
            (Reason::StopLoss, line.lost_bps(), limits.stop_loss_bps),
            (Reason::TrailingStop, line.fallen_bps(), limits.trailing_stop_bps),
        ]
        .into_iter()
        .find_map(|(reason, value, limit)| {
            let limit = reached(value, limit)?;
            Some(Action::Close(Refusal { reason, instrument: line.instrument, value: said(value), limit }))
        });
        watched.closing = close.map(|_| now);
        close
    }

    fn stop(&mut self, now: Nanos, why: Refusal) -> Option<Action> {
        if self.trip.is_some() {
            return None;
        }
        self.trip = Some(Trip { why, at: now });
        Some(Action::Stop { why, flatten: self.limits.breakers.flatten })
    }

    fn place(&self, instrument: InstrumentId) -> usize {
        let place = self.strategy.place(instrument);
        assert!(place.is_some(), "instrument {instrument} is none of this strategy's");
        place.unwrap_or_default()
    }
}

/// The limit, if there is one and the value is above it.
fn above(value: i128, limit: i64) -> Option<i64> {
    (limit > 0 && value > i128::from(limit)).then_some(limit)
}

/// The limit, if there is one and the value is at it or above.
fn reached(value: i128, limit: i64) -> Option<i64> {
    (limit > 0 && value >= i128::from(limit)).then_some(limit)
}

/// How far a price is from the mark, rounded up; 0 where no mark is known.
fn distance_bps(price: i64, mark: i64) -> i128 {
    if mark <= 0 {
        return 0;
    }
    let (away, mark) = ((i128::from(price) - i128::from(mark)).abs() * 10_000, i128::from(mark));
    away / mark + i128::from(away % mark != 0)
}
