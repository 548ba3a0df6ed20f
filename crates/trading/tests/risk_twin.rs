//! Risk equals a naive twin that keeps everything that ever happened and counts it anew for each question, for any row of
//! operations. GARRAWAY_PROPERTIES is how many rows are tried.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

use garraway_trading::risk::{
    Action, BreakerLimits, Intent, Limits, OrderLimits, PortfolioLimits, PositionLimits, Reason, Refusal,
    Risk, StrategyLimits, VenueLimits, Whose, Worth,
};
use garraway_types::{InstrumentId, Nanos, Price, Side};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::Config;

const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;
/// Half a ledger unit for each price unit and lot, and three units.
const WORTHS: [(i64, i64); 2] = [(500_000_000, 1_000_000_000), (1_000_000_000, 3_000_000_000)];

#[derive(Clone, Debug)]
enum Operation {
    Ask { at: usize, buys: bool, lots: i64, price: Option<i64>, flattens: bool },
    Open { own: bool, at: usize, buys: bool, lots: i64 },
    Leave { pick: usize, fill: bool, lots: i64, price: i64, fee: i64 },
    Mark { at: usize, price: i64 },
    Wait { ns: i64 },
    Away(bool),
    Pass,
    Refuse,
    Reset,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    own: bool,
    at: usize,
    buys: bool,
    lots: i64,
}

#[derive(Clone, Copy, Debug)]
struct Fill {
    own: bool,
    at: usize,
    signed: i64,
    value: i64,
    fee: i64,
    index: usize,
}

/// All that happened. A mark is what the price was from an index on; a gain is what it was after one.
#[derive(Default)]
struct Twin {
    now: i64,
    index: usize,
    opens: Vec<Open>,
    fills: Vec<Fill>,
    marks: Vec<(usize, usize, i64, i64)>,
    sent: Vec<i64>,
    refusals: Vec<i64>,
    gains: Vec<(i64, i128, i128)>,
    base: Option<(i64, i128, i128)>,
    away: Option<i64>,
    trip: Option<i64>,
    closes: Vec<(usize, i64)>,
}

fn worth(at: usize, price: i64, lots: i64) -> i128 {
    let (unit, lot) = WORTHS[at];
    (i128::from(price) * i128::from(lots) * i128::from(unit) * i128::from(lot)).div_euclid(10_i128.pow(18))
}

fn size(at: usize, price: i64, lots: i64) -> i128 {
    -worth(at, price, -lots.abs())
}

impl Twin {
    fn mark(&self, at: usize) -> Option<(i64, i64)> {
        self.marks.iter().rev().find(|mark| mark.1 == at).map(|mark| (mark.2, mark.3))
    }

    fn price(&self, at: usize) -> i64 {
        self.mark(at).map_or(0, |mark| mark.0)
    }

    fn lots(&self, at: usize, all: bool) -> i64 {
        self.fills.iter().filter(|one| one.at == at && (all || one.own)).map(|one| one.signed).sum()
    }

    fn open(&self, at: usize, buys: bool, all: bool) -> i64 {
        let of = |one: &&Open| one.at == at && one.buys == buys && (all || one.own);
        self.opens.iter().filter(of).map(|one| one.lots).sum()
    }

    fn gain(&self, all: bool) -> i128 {
        let mine = self.fills.iter().filter(|one| all || one.own);
        let cash: i128 = mine
            .map(|one| -i128::from(one.value) * i128::from(one.signed.signum()) - i128::from(one.fee))
            .sum();
        cash + (0..2).map(|at| worth(at, self.price(at), self.lots(at, all))).sum::<i128>()
    }

    /// The fills that made the present position: from the first behind the last moment at which there was none or another.
    fn cost_and_best(&self, at: usize) -> (i128, i64) {
        let (mut lots, mut cost, mut since) = (0_i64, 0_i128, 0);
        for one in self.fills.iter().filter(|one| one.at == at && one.own) {
            let (before, value) = (lots, i128::from(one.value) * i128::from(one.signed.signum()));
            lots += one.signed;
            cost = match (before.signum() * one.signed.signum(), lots.signum() * before.signum()) {
                (0 | 1, _) => cost + value,
                (_, 1) => half_up(cost, lots, before),
                _ => half_up(value, lots, one.signed),
            };
            if before.signum() != lots.signum() {
                since = one.index;
            }
        }
        let at_opening = self.marks.iter().rev().find(|mark| mark.1 == at && mark.0 <= since);
        let after = self.marks.iter().filter(|mark| mark.1 == at && mark.0 > since);
        let seen = at_opening.into_iter().chain(after).map(|mark| mark.2);
        (cost, (if lots < 0 { seen.min() } else { seen.max() }).unwrap_or(0))
    }

    fn check(
        &self,
        limits: &Limits,
        order: &OrderLimits,
        position: &PositionLimits,
        ask: &Intent,
    ) -> Option<Found> {
        let at = ask.instrument.0 as usize - 1;
        let (buys, lots, now) = (ask.side == Side::Buy, ask.lots, self.now);
        let on = |limit: i64, value: i128| limit > 0 && value > i128::from(limit);
        let mut found: Vec<(bool, Reason, i128, i64)> = Vec::new();
        found.push((!ask.flattens && self.trip.is_some(), Reason::Locked, self.trip.unwrap_or(0).into(), 0));
        found.push((self.away.is_some(), Reason::Disconnected, self.away.unwrap_or(0).into(), 0));
        if !ask.flattens {
            let (price, marked) = self.mark(at).unwrap_or((0, now));
            found.push((price == 0, Reason::PriceUnknown, 0, 0));
            let age = i128::from(now - marked);
            found.push((on(limits.venue.max_age_ns, age), Reason::PriceStale, age, limits.venue.max_age_ns));
            found.push((on(order.max_lots, lots.into()), Reason::OrderLots, lots.into(), order.max_lots));
            let asked = ask.price.map_or(price, |price| price.0);
            let value = size(at, asked, lots);
            found.push((on(order.max_notional, value), Reason::OrderNotional, value, order.max_notional));
            let away = if price == 0 {
                0
            } else {
                (i128::from((asked - price).abs()) * 10_000 + i128::from(price) - 1) / i128::from(price)
            };
            found.push((
                on(order.max_distance_bps, away),
                Reason::OrderDistance,
                away,
                order.max_distance_bps,
            ));
            let (held, open) = (self.lots(at, false), self.open(at, buys, false));
            let sign = if buys { 1 } else { -1 };
            let worst = sign * held + open + lots;
            let reduces = sign * held < 0 && worst <= 0;
            if !reduces {
                found.push((
                    on(position.max_lots, worst.into()),
                    Reason::PositionLots,
                    worst.into(),
                    position.max_lots,
                ));
                let value = size(at, price, worst.max(0));
                found.push((
                    on(position.max_notional, value),
                    Reason::PositionNotional,
                    value,
                    position.max_notional,
                ));
            }
            let count = self.opens.iter().filter(|one| one.own).count() as i64 + 1;
            let most = limits.strategy.max_open_orders;
            found.push((on(most, count.into()), Reason::OpenOrders, count.into(), most));
            let recent = self.sent.iter().filter(|then| now - **then < SECOND).count() as i64 + 1;
            let most = limits.strategy.max_orders_per_s;
            found.push((on(most, recent.into()), Reason::OrderRate, (recent.min(most + 1)).into(), most));
            if !reduces {
                found.extend(self.of_portfolio(&limits.portfolio, at, buys, lots));
            }
        }
        let (_, reason, value, limit) = found.into_iter().find(|one| one.0)?;
        Some((reason, value as i64, limit))
    }

    fn of_portfolio(
        &self,
        limits: &PortfolioLimits,
        at: usize,
        buys: bool,
        lots: i64,
    ) -> Vec<(bool, Reason, i128, i64)> {
        let on = |limit: i64, value: i128| limit > 0 && value > i128::from(limit);
        let ends: Vec<(i64, i64)> = (0..2)
            .map(|one| {
                let (held, more) = (self.lots(one, true), if one == at { lots } else { 0 });
                let up = held + self.open(one, true, true) + if buys { more } else { 0 };
                (up, held - self.open(one, false, true) - if buys { 0 } else { more })
            })
            .collect();
        let sizes: Vec<i128> =
            (0..2).map(|one| size(one, self.price(one), ends[one].0.abs().max(ends[one].1.abs()))).collect();
        let gross: i128 = sizes.iter().sum();
        let up: i128 = (0..2).map(|one| worth(one, self.price(one), ends[one].0)).sum();
        let down: i128 = (0..2).map(|one| worth(one, self.price(one), ends[one].1)).sum();
        let net = up.abs().max(down.abs());
        let count = ends.iter().filter(|end| **end != (0, 0)).count() as i128;
        let share = if gross > limits.concentration_from.into() { sizes[at] * 10_000 / gross } else { 0 };
        vec![
            (on(limits.max_gross, gross), Reason::GrossNotional, gross, limits.max_gross),
            (on(limits.max_net, net), Reason::NetNotional, net, limits.max_net),
            (on(limits.max_positions, count), Reason::OpenPositions, count, limits.max_positions),
            (
                on(limits.max_concentration_bps, share),
                Reason::Concentration,
                share,
                limits.max_concentration_bps,
            ),
        ]
    }

    /// Losses: of the day, since the best, and of the day of all.
    fn losses(&self) -> (i128, i128, i128) {
        let (own, all) = (self.gain(false), self.gain(true));
        let today = self.now.div_euclid(DAY);
        let (based, own_base, all_base) = self.base.unwrap_or((i64::MIN, 0, 0));
        let counted: Vec<_> = self.gains.iter().collect();
        let first_today = counted.iter().find(|one| one.0.div_euclid(DAY) == today);
        let began_earlier = counted.first().is_some_and(|one| one.0.div_euclid(DAY) < today)
            || based.div_euclid(DAY) < today && self.base.is_some();
        let (own_start, all_start) = match first_today {
            Some(first) if began_earlier => (first.1, first.2),
            _ => (own_base, all_base),
        };
        let best = counted.iter().map(|one| one.1).chain([own, own_base]).max().unwrap();
        (own_start - own, best - own, all_start - all)
    }

    fn weigh(&mut self, limits: &Limits, position: &PositionLimits, at: usize) -> Option<(bool, Found)> {
        self.gains.push((self.now, self.gain(false), self.gain(true)));
        let (day, fall, all) = self.losses();
        if self.trip.is_some() {
            return None;
        }
        let on = |limit: i64, value: i128| limit > 0 && value >= i128::from(limit);
        let lost = [
            (Reason::DailyLoss, day, limits.strategy.max_daily_loss),
            (Reason::Drawdown, fall, limits.strategy.max_drawdown),
            (Reason::PortfolioDailyLoss, all, limits.portfolio.max_daily_loss),
        ];
        if let Some((reason, value, limit)) = lost.into_iter().find(|one| on(one.2, one.1)) {
            self.trip = Some(self.now);
            return Some((true, (reason, value as i64, limit)));
        }
        let lots = self.lots(at, false);
        if lots == 0 {
            self.closes.retain(|one| one.0 != at);
            return None;
        }
        if self.closes.iter().any(|one| one.0 == at && self.now - one.1 < SECOND) {
            return None;
        }
        let ((cost, best), price) = (self.cost_and_best(at), self.price(at));
        let loss = (cost - worth(at, price, lots)).max(0);
        let lost_bps = if cost == 0 { 0 } else { loss * 10_000 / cost.abs() };
        let fallen = ((best - price) * lots.signum()).max(0);
        let fallen_bps = if best == 0 { 0 } else { i128::from(fallen * 10_000 / best) };
        let stops = [
            (Reason::StopLoss, lost_bps, position.stop_loss_bps),
            (Reason::TrailingStop, fallen_bps, position.trailing_stop_bps),
        ];
        let (reason, value, limit) = stops.into_iter().find(|one| on(one.2, one.1))?;
        self.closes.retain(|one| one.0 != at);
        self.closes.push((at, self.now));
        Some((false, (reason, value as i64, limit)))
    }

    fn refuse(&mut self, limits: &BreakerLimits) -> Option<Found> {
        self.refusals.push(self.now);
        let recent =
            self.refusals.iter().filter(|then| self.now - **then < limits.refusals_ns).count() as i64;
        (self.trip.is_none() && limits.max_refusals > 0 && recent >= limits.max_refusals).then(|| {
            self.trip = Some(self.now);
            (Reason::RepeatedRefusals, recent.min(limits.max_refusals), limits.max_refusals)
        })
    }
}

/// A reason with value and limit.
type Found = (Reason, i64, i64);

fn half_up(of: i128, times: i64, by: i64) -> i128 {
    let (top, bottom) = (of * i128::from(times), i128::from(by));
    let whole = (2 * top.abs() + bottom.abs()) / (2 * bottom.abs());
    if (top < 0) == (bottom < 0) { whole } else { -whole }
}

fn plain(refusal: Refusal) -> Found {
    (refusal.reason, refusal.value, refusal.limit)
}

fn acted(action: Option<Action>) -> Option<(bool, Found)> {
    action.map(|action| match action {
        Action::Close(why) => (false, plain(why)),
        Action::Stop { why, .. } => (true, plain(why)),
    })
}

fn limit(most: i64) -> impl Strategy<Value = i64> {
    prop_oneof![1 => Just(0), 2 => 1..most]
}

prop_compose! {
    fn of_instrument()(lots in limit(12), notional in limit(600), distance in limit(2_000), held in limit(15),
        value in limit(900), stop in limit(2_000), trail in limit(2_000)) -> (OrderLimits, PositionLimits) {
        (OrderLimits { max_lots: lots, max_notional: notional, max_distance_bps: distance },
         PositionLimits { max_lots: held, max_notional: value, stop_loss_bps: stop, trailing_stop_bps: trail })
    }
}

prop_compose! {
    fn of_all()(open in limit(6), rate in limit(6), day in limit(400), fall in limit(500), gross in limit(2_000),
        net in limit(1_500))(positions in limit(3), all in limit(800), share in limit(10_000), from in 0_i64..1_000,
        age in limit(4 * SECOND), away in limit(3 * SECOND), refusals in limit(4), within in 1..3 * SECOND,
        open in Just(open), rate in Just(rate), day in Just(day), fall in Just(fall), gross in Just(gross), net in Just(net)) -> Limits {
        Limits {
            strategy: StrategyLimits { max_open_orders: open, max_orders_per_s: rate, max_daily_loss: day, max_drawdown: fall },
            portfolio: PortfolioLimits { max_gross: gross, max_net: net, max_positions: positions, max_daily_loss: all,
                max_concentration_bps: share, concentration_from: from },
            venue: VenueLimits { max_age_ns: age, max_away_ns: away },
            breakers: BreakerLimits { max_refusals: refusals, refusals_ns: within, flatten: false },
        }
    }
}

fn operation() -> impl Strategy<Value = Operation> {
    let price = 1_i64..200;
    prop_oneof![
        6 => (0..2_usize, any::<bool>(), 1_i64..15, proptest::option::of(price.clone()), proptest::bool::weighted(0.1))
            .prop_map(|(at, buys, lots, price, flattens)| Operation::Ask { at, buys, lots, price, flattens }),
        6 => (any::<bool>(), 0..2_usize, any::<bool>(), 1_i64..15)
            .prop_map(|(own, at, buys, lots)| Operation::Open { own, at, buys, lots }),
        8 => (0..8_usize, any::<bool>(), 1_i64..15, price.clone(), -2_i64..5)
            .prop_map(|(pick, fill, lots, price, fee)| Operation::Leave { pick, fill, lots, price, fee }),
        6 => (0..2_usize, price).prop_map(|(at, price)| Operation::Mark { at, price }),
        3 => prop_oneof![1_i64..SECOND, Just(SECOND), Just(DAY / 3)].prop_map(|ns| Operation::Wait { ns }),
        1 => any::<bool>().prop_map(Operation::Away),
        1 => Just(Operation::Pass),
        1 => Just(Operation::Refuse),
        1 => Just(Operation::Reset),
    ]
}

fn compare(limits: Limits, each: [(OrderLimits, PositionLimits); 2], operations: Vec<Operation>) {
    let terms: Vec<_> = (0..2)
        .map(|at| {
            let worth = Worth::new(WORTHS[at].0, WORTHS[at].1, 0).unwrap();
            (InstrumentId(at as u32 + 1), worth, each[at].0, each[at].1)
        })
        .collect();
    let (mut risk, mut twin) = (Risk::new(limits, &terms), Twin { now: DAY, ..Twin::default() });
    for (at, of) in each.iter().enumerate() {
        let found = acted(risk.marked(Nanos(twin.now), InstrumentId(at as u32 + 1), Price(100)));
        twin.marks.push((twin.index, at, 100, twin.now));
        assert_eq!(found, twin.weigh(&limits, &of.1, at));
    }
    for operation in operations {
        twin.index += 1;
        step(&mut risk, &mut twin, &limits, &each, &operation);
        assert_eq!(risk.trip().map(|trip| trip.at.0), twin.trip, "{operation:?}");
        assert_eq!((risk.strategy().gain(), risk.portfolio().gain()), (twin.gain(false), twin.gain(true)));
    }
}

fn side(buys: bool) -> Side {
    if buys { Side::Buy } else { Side::Sell }
}

fn step(
    risk: &mut Risk,
    twin: &mut Twin,
    limits: &Limits,
    each: &[(OrderLimits, PositionLimits); 2],
    operation: &Operation,
) {
    let now = Nanos(twin.now);
    let number = |at: usize| InstrumentId(at as u32 + 1);
    match *operation {
        Operation::Ask { at, buys, lots, price, flattens } => {
            let ask =
                Intent { instrument: number(at), side: side(buys), lots, price: price.map(Price), flattens };
            let expected = twin.check(limits, &each[at].0, &each[at].1, &ask);
            let decided = risk.decide(now, &ask);
            assert_eq!(decided.err().map(|one| plain(one.0)), expected, "{ask:?}");
            let action = if expected.is_some() { twin.refuse(&limits.breakers) } else { None };
            assert_eq!(decided.err().and_then(|one| acted(one.1)), action.map(|one| (true, one)));
        }
        Operation::Open { own, at, buys, lots } => {
            risk.opened(now, if own { Whose::Own } else { Whose::Other }, number(at), side(buys), lots);
            twin.opens.push(Open { own, at, buys, lots });
            if own {
                twin.sent.push(twin.now);
            }
        }
        Operation::Leave { pick, fill, lots, price, fee } if !twin.opens.is_empty() => {
            let pick = pick % twin.opens.len();
            let open = twin.opens[pick];
            let (lots, whose) = (lots.min(open.lots), if open.own { Whose::Own } else { Whose::Other });
            let ended = lots == open.lots;
            risk.left(whose, number(open.at), side(open.buys), lots, ended);
            twin.opens[pick].lots -= lots;
            twin.opens.retain(|one| one.lots > 0);
            if fill {
                let value = worth(open.at, price, lots) as i64;
                let found = risk.filled(
                    now,
                    whose,
                    number(open.at),
                    side(open.buys),
                    lots,
                    Price(price),
                    (value, fee),
                );
                let signed = if open.buys { lots } else { -lots };
                let index = twin.index;
                twin.fills.push(Fill { own: open.own, at: open.at, signed, value, fee, index });
                assert_eq!(acted(found), twin.weigh(limits, &each[open.at].1, open.at), "{operation:?}");
            }
        }
        Operation::Leave { .. } => {}
        Operation::Mark { at, price } => {
            let found = risk.marked(now, number(at), Price(price));
            twin.marks.push((twin.index, at, price, twin.now));
            assert_eq!(acted(found), twin.weigh(limits, &each[at].1, at), "{operation:?}");
        }
        Operation::Wait { ns } => twin.now += ns,
        Operation::Away(true) => {
            risk.disconnected(now);
            twin.away = twin.away.or(Some(twin.now));
        }
        Operation::Away(false) => {
            risk.connected();
            twin.away = None;
        }
        Operation::Pass => {
            let away = twin.now - twin.away.unwrap_or(twin.now);
            let most = limits.venue.max_away_ns;
            let trips = twin.trip.is_none() && twin.away.is_some() && most > 0 && away >= most;
            let expected = trips.then_some((true, (Reason::ConnectivityLost, away, most)));
            assert_eq!(acted(risk.passed(now)), expected);
            twin.trip = if trips { Some(twin.now) } else { twin.trip };
        }
        Operation::Refuse => {
            let expected = twin.refuse(&limits.breakers).map(|one| (true, one));
            assert_eq!(acted(risk.refused(now)), expected);
        }
        Operation::Reset => {
            risk.reset(now);
            twin.trip = None;
            twin.refusals.clear();
            twin.gains.clear();
            twin.base = Some((twin.now, twin.gain(false), twin.gain(true)));
        }
    }
}

fn cases() -> u32 {
    std::env::var("GARRAWAY_PROPERTIES").ok().and_then(|said| said.parse().ok()).unwrap_or(2_000)
}

proptest! {
    #![proptest_config(Config { cases: cases(), failure_persistence: None, ..Config::default() })]

    #[test]
    fn risk_equals_its_naive_twin(limits in of_all(), first in of_instrument(), second in of_instrument(),
        operations in vec(operation(), 1..120)) {
        compare(limits, [first, second], operations);
    }

    #[test]
    fn no_figures_break_it(price in any::<i64>(), lots in 1..=i64::MAX, mark in any::<i64>(), limit in any::<i64>(), value in any::<i64>()) {
        let worth = Worth::new(i64::MAX, i64::MAX, 0).unwrap();
        let order = OrderLimits { max_lots: limit, max_notional: limit, max_distance_bps: limit };
        let position = PositionLimits { max_lots: limit, max_notional: limit, stop_loss_bps: limit, trailing_stop_bps: limit };
        let portfolio = PortfolioLimits { max_gross: limit, max_net: limit, max_positions: limit, max_daily_loss: limit,
            max_concentration_bps: limit, concentration_from: limit };
        let mut risk = Risk::new(Limits { portfolio, ..Limits::default() }, &[(InstrumentId(1), worth, order, position)]);
        let ask = Intent { instrument: InstrumentId(1), side: Side::Sell, lots, price: Some(Price(price)), flattens: false };
        for _ in 0..3 {
            risk.marked(Nanos(limit), InstrumentId(1), Price(mark));
            let _ = risk.decide(Nanos(value), &ask);
            risk.opened(Nanos(value), Whose::Own, InstrumentId(1), Side::Sell, lots);
            risk.filled(Nanos(mark), Whose::Own, InstrumentId(1), Side::Buy, lots, Price(price), (value, limit));
            risk.carried(Whose::Other, InstrumentId(1), lots, value);
        }
    }
}
