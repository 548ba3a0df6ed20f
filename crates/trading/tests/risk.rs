//! What each limit refuses, with its value, and what trips a breaker.
#![allow(missing_docs, clippy::unwrap_used)]

use garraway_trading::risk::{
    Action, BreakerLimits, Intent, Level, Limits, OrderLimits, PortfolioLimits, PositionLimits, Reason,
    Refusal, Risk, StrategyLimits, VenueLimits, Whose, Worth,
};
use garraway_types::{InstrumentId, Nanos, Price, Side};

const A: InstrumentId = InstrumentId(1);
const B: InstrumentId = InstrumentId(2);
const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;

/// A lot at a price of 1 is worth 1.
fn risk(limits: Limits, order: OrderLimits, position: PositionLimits) -> Risk {
    let worth = Worth::new(1_000_000_000, 1_000_000_000, 0).unwrap();
    let mut risk = Risk::new(limits, &[(A, worth, order, position), (B, worth, order, position)]);
    assert_eq!(risk.marked(Nanos(0), A, Price(100)), None);
    assert_eq!(risk.marked(Nanos(0), B, Price(10)), None);
    risk
}

fn of_order(order: OrderLimits) -> Risk {
    risk(Limits::default(), order, PositionLimits::default())
}

fn of_position(position: PositionLimits) -> Risk {
    risk(Limits::default(), OrderLimits::default(), position)
}

fn of_limits(limits: Limits) -> Risk {
    risk(limits, OrderLimits::default(), PositionLimits::default())
}

fn buy(lots: i64) -> Intent {
    Intent { instrument: A, side: Side::Buy, lots, price: None, flattens: false }
}

fn sell(lots: i64) -> Intent {
    Intent { side: Side::Sell, ..buy(lots) }
}

fn because(reason: Reason, value: i64, limit: i64) -> Option<Refusal> {
    Some(Refusal { reason, instrument: A, value, limit })
}

fn whole(reason: Reason, value: i64, limit: i64) -> Refusal {
    Refusal { reason, instrument: InstrumentId(0), value, limit }
}

fn fill(risk: &mut Risk, at: i64, side: Side, lots: i64, price: i64) -> Option<Action> {
    risk.filled(Nanos(at), Whose::Own, A, side, lots, Price(price), (lots * price, 0))
}

#[test]
fn without_limits_everything_passes() {
    let risk = of_limits(Limits::default());
    assert_eq!(risk.check(Nanos(i64::MAX), &Intent { price: Some(Price(i64::MAX)), ..buy(i64::MAX) }), None);
}

#[test]
fn an_order_is_no_larger_than_its_lots_notional_and_distance() {
    let order = OrderLimits { max_lots: 10, max_notional: 800, max_distance_bps: 500 };
    let risk = of_order(order);
    let at = |lots, price| risk.check(Nanos(1), &Intent { price: Some(Price(price)), ..buy(lots) });
    assert_eq!(at(8, 100), None);
    assert_eq!(at(11, 1), because(Reason::OrderLots, 11, 10));
    assert_eq!(at(8, 101), because(Reason::OrderNotional, 808, 800));
    assert_eq!(at(7, 105), None);
    assert_eq!(at(7, 106), because(Reason::OrderDistance, 600, 500));
    assert_eq!(at(7, 94), because(Reason::OrderDistance, 600, 500));
    assert_eq!(risk.check(Nanos(1), &buy(9)), because(Reason::OrderNotional, 900, 800));
}

#[test]
fn a_position_counts_every_open_order_of_the_side() {
    let mut risk =
        of_position(PositionLimits { max_lots: 10, max_notional: 900, ..PositionLimits::default() });
    risk.opened(Nanos(1), Whose::Own, A, Side::Buy, 6);
    assert_eq!(risk.check(Nanos(1), &buy(5)), because(Reason::PositionLots, 11, 10));
    assert_eq!(risk.check(Nanos(1), &buy(4)), because(Reason::PositionNotional, 1_000, 900));
    assert_eq!(risk.check(Nanos(1), &sell(9)), None);
    assert_eq!(risk.check(Nanos(1), &sell(10)), because(Reason::PositionNotional, 1_000, 900));
    risk.left(Whose::Own, A, Side::Buy, 6, true);
    assert_eq!(risk.check(Nanos(1), &buy(9)), None);
}

#[test]
fn what_only_reduces_passes_the_limits_of_position_and_portfolio() {
    let limits = Limits {
        portfolio: PortfolioLimits { max_gross: 1, ..PortfolioLimits::default() },
        ..Limits::default()
    };
    let position = PositionLimits { max_lots: 5, ..PositionLimits::default() };
    let mut risk = risk(limits, OrderLimits::default(), position);
    risk.carried(Whose::Own, A, 20, 2_000);
    assert_eq!(risk.check(Nanos(1), &sell(20)), None);
    assert_eq!(risk.check(Nanos(1), &buy(1)), because(Reason::PositionLots, 21, 5));
    assert_eq!(risk.check(Nanos(1), &sell(21)), because(Reason::GrossNotional, 2_000, 1));
    risk.opened(Nanos(1), Whose::Own, A, Side::Sell, 15);
    assert_eq!(risk.check(Nanos(1), &sell(5)), None);
    assert_eq!(risk.check(Nanos(1), &sell(6)), because(Reason::GrossNotional, 2_000, 1));
}

#[test]
fn a_stop_loss_closes_the_position_and_says_so_once_a_second() {
    let mut risk = of_position(PositionLimits { stop_loss_bps: 500, ..PositionLimits::default() });
    assert_eq!(fill(&mut risk, 1, Side::Buy, 10, 100), None);
    assert_eq!(risk.marked(Nanos(2), A, Price(96)), None);
    let close = |bps| because(Reason::StopLoss, bps, 500).map(Action::Close);
    assert_eq!(risk.marked(Nanos(3), A, Price(95)), close(500));
    assert_eq!(risk.marked(Nanos(4), A, Price(94)), None);
    assert_eq!(risk.marked(Nanos(3 + SECOND), A, Price(94)), close(600));
    assert_eq!(fill(&mut risk, 5 + SECOND, Side::Sell, 10, 94), None);
    assert_eq!(fill(&mut risk, 6 + SECOND, Side::Sell, 10, 94), None);
    assert_eq!(risk.marked(Nanos(7 + SECOND), A, Price(99)), close(531));
}

#[test]
fn a_trailing_stop_follows_the_best_mark() {
    let mut risk = of_position(PositionLimits { trailing_stop_bps: 1_000, ..PositionLimits::default() });
    assert_eq!(fill(&mut risk, 1, Side::Sell, 10, 100), None);
    assert_eq!(risk.marked(Nanos(2), A, Price(109)), None);
    assert_eq!(risk.marked(Nanos(3), A, Price(80)), None);
    assert_eq!(risk.marked(Nanos(4), A, Price(87)), None);
    let close = because(Reason::TrailingStop, 1_000, 1_000).map(Action::Close);
    assert_eq!(risk.marked(Nanos(5), A, Price(88)), close);
}

#[test]
fn a_strategy_has_so_many_orders_open_and_so_many_in_a_second() {
    let strategy = StrategyLimits { max_open_orders: 2, max_orders_per_s: 3, ..StrategyLimits::default() };
    let mut risk = of_limits(Limits { strategy, ..Limits::default() });
    for at in 0..2 {
        risk.opened(Nanos(at), Whose::Own, A, Side::Buy, 1);
    }
    assert_eq!(risk.check(Nanos(2), &buy(1)), Some(whole(Reason::OpenOrders, 3, 2)));
    risk.left(Whose::Own, A, Side::Buy, 1, true);
    assert_eq!(risk.check(Nanos(2), &buy(1)), None);
    risk.opened(Nanos(2), Whose::Own, A, Side::Buy, 1);
    risk.left(Whose::Own, A, Side::Buy, 1, true);
    assert_eq!(risk.check(Nanos(SECOND - 1), &buy(1)), Some(whole(Reason::OrderRate, 4, 3)));
    assert_eq!(risk.check(Nanos(SECOND), &buy(1)), None);
}

#[test]
fn a_portfolio_counts_what_others_hold() {
    let portfolio = PortfolioLimits {
        max_gross: 1_500,
        max_net: 1_000,
        max_positions: 2,
        max_daily_loss: 0,
        max_concentration_bps: 7_000,
        concentration_from: 1_100,
    };
    let mut risk = of_limits(Limits { portfolio, ..Limits::default() });
    risk.carried(Whose::Other, B, -50, -500);
    assert_eq!(risk.check(Nanos(1), &buy(6)), None);
    assert_eq!(risk.check(Nanos(1), &buy(11)), because(Reason::GrossNotional, 1_600, 1_500));
    assert_eq!(risk.check(Nanos(1), &sell(6)), because(Reason::NetNotional, 1_100, 1_000));
    assert_eq!(risk.check(Nanos(1), &buy(10)), None);
    risk.marked(Nanos(1), B, Price(8));
    assert_eq!(risk.check(Nanos(1), &buy(10)), because(Reason::Concentration, 7_142, 7_000));
    let mut one = of_limits(Limits {
        portfolio: PortfolioLimits { max_positions: 1, ..PortfolioLimits::default() },
        ..Limits::default()
    });
    one.opened(Nanos(1), Whose::Other, B, Side::Buy, 1);
    assert_eq!(one.check(Nanos(1), &buy(1)), because(Reason::OpenPositions, 2, 1));
}

#[test]
fn a_daily_loss_locks_until_it_is_reset_and_a_new_day_counts_anew() {
    let limits = Limits {
        strategy: StrategyLimits { max_daily_loss: 100, ..StrategyLimits::default() },
        breakers: BreakerLimits { flatten: true, ..BreakerLimits::default() },
        ..Limits::default()
    };
    let mut risk = of_limits(limits);
    assert_eq!(fill(&mut risk, 1, Side::Buy, 10, 100), None);
    assert_eq!(risk.marked(Nanos(2), A, Price(91)), None);
    assert_eq!(risk.marked(Nanos(DAY), A, Price(91)), None);
    assert_eq!(risk.marked(Nanos(DAY + 1), A, Price(82)), None);
    let why = whole(Reason::DailyLoss, 100, 100);
    assert_eq!(risk.marked(Nanos(DAY + 2), A, Price(81)), Some(Action::Stop { why, flatten: true }));
    assert_eq!(risk.marked(Nanos(DAY + 3), A, Price(70)), None);
    assert_eq!(risk.check(Nanos(DAY + 4), &sell(1)).map(|one| one.reason), Some(Reason::Locked));
    assert_eq!(risk.check(Nanos(DAY + 4), &Intent { flattens: true, ..sell(10) }), None);
    risk.reset(Nanos(DAY + 5));
    assert_eq!(risk.check(Nanos(DAY + 6), &sell(1)), None);
    assert_eq!(risk.marked(Nanos(DAY + 7), A, Price(61)), None);
    assert!(risk.marked(Nanos(DAY + 8), A, Price(60)).is_some());
}

#[test]
fn a_drawdown_counts_from_the_best_over_days() {
    let strategy = StrategyLimits { max_drawdown: 150, ..StrategyLimits::default() };
    let mut risk = of_limits(Limits { strategy, ..Limits::default() });
    assert_eq!(fill(&mut risk, 1, Side::Buy, 10, 100), None);
    assert_eq!(risk.marked(Nanos(2), A, Price(120)), None);
    assert_eq!(risk.marked(Nanos(DAY), A, Price(106)), None);
    let why = whole(Reason::Drawdown, 150, 150);
    assert_eq!(risk.marked(Nanos(2 * DAY), A, Price(105)), Some(Action::Stop { why, flatten: false }));
}

#[test]
fn what_others_lose_locks_all() {
    let portfolio = PortfolioLimits { max_daily_loss: 50, ..PortfolioLimits::default() };
    let mut risk = of_limits(Limits { portfolio, ..Limits::default() });
    risk.filled(Nanos(1), Whose::Other, B, Side::Buy, 10, Price(10), (100, 1));
    assert_eq!(risk.marked(Nanos(2), B, Price(6)), None);
    let why = whole(Reason::PortfolioDailyLoss, 51, 50);
    assert_eq!(risk.marked(Nanos(3), B, Price(5)), Some(Action::Stop { why, flatten: false }));
    assert_eq!(risk.strategy().gain(), 0);
}

#[test]
fn refusals_that_repeat_within_the_time_lock() {
    let breakers = BreakerLimits { max_refusals: 3, refusals_ns: 10, flatten: false };
    let order = OrderLimits { max_lots: 1, ..OrderLimits::default() };
    let mut risk = risk(Limits { breakers, ..Limits::default() }, order, PositionLimits::default());
    let refused = because(Reason::OrderLots, 2, 1).unwrap();
    assert_eq!(risk.decide(Nanos(1), &buy(2)), Err((refused, None)));
    assert_eq!(risk.refused(Nanos(5)), None);
    assert_eq!(risk.refused(Nanos(11)), None);
    let why = whole(Reason::RepeatedRefusals, 3, 3);
    assert_eq!(risk.decide(Nanos(12), &buy(2)), Err((refused, Some(Action::Stop { why, flatten: false }))));
    assert_eq!(risk.trip().map(|trip| (trip.why, trip.at)), Some((why, Nanos(12))));
}

#[test]
fn a_venue_that_is_away_or_silent_gets_nothing() {
    let limits = Limits { venue: VenueLimits { max_age_ns: 5, max_away_ns: 100 }, ..Limits::default() };
    let mut risk = of_limits(limits);
    assert_eq!(risk.check(Nanos(6), &buy(1)), because(Reason::PriceStale, 6, 5));
    risk.confirmed(Nanos(6), A);
    assert_eq!(risk.check(Nanos(11), &buy(1)), None);
    risk.disconnected(Nanos(20));
    risk.disconnected(Nanos(30));
    assert_eq!(
        risk.check(Nanos(31), &Intent { flattens: true, ..buy(1) }),
        because(Reason::Disconnected, 20, 0)
    );
    assert_eq!(risk.passed(Nanos(119)), None);
    let why = whole(Reason::ConnectivityLost, 100, 100);
    assert_eq!(risk.passed(Nanos(120)), Some(Action::Stop { why, flatten: false }));
    risk.connected();
    assert_eq!(risk.check(Nanos(121), &buy(1)), Some(whole(Reason::Locked, 120, 0)));
}

#[test]
fn an_unknown_price_is_a_reason_where_a_limit_needs_it() {
    let worth = Worth::new(1, 1_000_000_000, 9).unwrap();
    let distance = OrderLimits { max_distance_bps: 1, ..OrderLimits::default() };
    let strict = Risk::new(Limits::default(), &[(A, worth, distance, PositionLimits::default())]);
    assert_eq!(strict.check(Nanos(1), &buy(1)), because(Reason::PriceUnknown, 0, 0));
    let lots = OrderLimits { max_lots: 1, ..OrderLimits::default() };
    let loose = Risk::new(Limits::default(), &[(A, worth, lots, PositionLimits::default())]);
    assert_eq!(loose.check(Nanos(1), &buy(1)), None);
}

#[test]
fn an_emergency_stop_locks_whatever_the_limits() {
    let mut risk = of_limits(Limits::default());
    let why = whole(Reason::StoppedByHand, 7, 0);
    assert_eq!(risk.lock(Nanos(7), true), Action::Stop { why, flatten: true });
    assert_eq!(risk.check(Nanos(8), &buy(1)), Some(whole(Reason::Locked, 7, 0)));
}

#[test]
fn what_a_lot_is_worth_is_exact() {
    let worth = Worth::new(10_000_000, 1_000_000, 8).unwrap();
    assert_eq!((worth.value(6_000_000, 3), worth.size(6_000_000, -3)), (18_000_000_000, 18_000_000_000));
    let small = Worth::new(1, 1, 0).unwrap();
    assert_eq!((small.value(1, 1), small.value(-1, 1), small.size(1, 1), small.size(1, -1)), (0, -1, 1, 1));
    assert_eq!([Worth::new(0, 1, 0), Worth::new(1, -1, 0), Worth::new(1, 1, 19)], [None; 3]);
    let large = Worth::new(i64::MAX, i64::MAX, 18);
    assert_eq!(large, None);
}

#[test]
fn codes_and_names_of_reasons_are_unique() {
    let mut codes: Vec<u8> = Reason::ALL.iter().map(|reason| *reason as u8).collect();
    codes.dedup();
    assert_eq!(codes.len(), Reason::ALL.len());
    assert!(codes.is_sorted());
    let levels: Vec<&str> = [Level::Order, Level::Position, Level::Strategy, Level::Portfolio, Level::Venue]
        .into_iter()
        .filter(|level| Reason::ALL.iter().any(|reason| reason.level() == *level))
        .map(Level::name)
        .collect();
    assert_eq!(levels, ["order", "position", "strategy", "portfolio", "venue"]);
    assert!(Reason::ALL.iter().all(|reason| !reason.text().is_empty()));
}
