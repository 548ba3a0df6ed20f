//! Whole runs against naive loops.

use garraway_types::{AccountId, AssetId};

use super::house::{House, Waits};
use super::rows::{MINUTE, bars, bytes, quotes};
use super::terms::terms;
use crate::bound::Stream;
use crate::compiled::{EmaCross, Quoter};
use crate::dealing::{Dealer, Dealing, LimitRule};
use crate::desk::Desk;
use crate::feed::{Bad, Tapes};
use crate::matcher::Matcher;
use crate::simulated::{Rules, Simulated};
use crate::strategy::Strategy;

fn rules(at_next: bool) -> Rules {
    Rules {
        at_next,
        latency_ns: 0,
        half_spread: vec![0],
        tell_all: false,
        mark_every: 1,
        skip_failures: false,
    }
}

fn played<S: Strategy>(strategy: &mut S, stream: Stream, bytes: &[u8], waits: Waits, rules: Rules) -> Desk {
    let terms = crate::terms::Terms { tick: 1, ..terms() };
    let mut tapes = Tapes::new(Bad::Stop, i64::MAX);
    tapes.add(0, stream, 1, MINUTE);
    let mut desk = Desk::new(16, vec![terms.clone()], 0);
    desk.add_stream(0, stream);
    let house = House::new(waits, 1, terms.price_value);
    play(Simulated::new(house, rules, 16, 1), &mut desk, strategy, &mut tapes, bytes);
    desk
}

fn play<M: Matcher, S: Strategy>(
    mut venue: Simulated<M>,
    desk: &mut Desk,
    strategy: &mut S,
    tapes: &mut Tapes,
    bytes: &[u8],
) -> Simulated<M> {
    let tables = [bytes];
    let played = venue.play(desk, strategy, &mut tapes.reel(&tables), usize::MAX);
    assert!(matches!(played, Ok(false)), "{:?}", played.err());
    venue
}

/// The same run, dealt by the engine.
fn dealt<S: Strategy>(strategy: &mut S, stream: Stream, bytes: &[u8], waits: Waits, rules: Rules) -> Desk {
    const CASH: i64 = 1_000_000_000_000_000_000;
    let terms = crate::terms::Terms { tick: 1, min_price: 1, max_price: 4_000_000, ..terms() };
    let mut tapes = Tapes::new(Bad::Stop, i64::MAX);
    tapes.add(0, stream, 1, MINUTE);
    let limit = if waits == Waits::Touch { LimitRule::Touch } else { LimitRule::Through };
    let dealing =
        Dealing { lot_size: 1_000_000_000, margin_rate: 10_000_000, fee_rate: 0, limit, sized: false };
    let dealer = Dealer::new(std::slice::from_ref(&terms), &[dealing], 16, CASH);
    let mut desk = Desk::new(16, vec![terms], 0);
    desk.add_stream(0, stream);
    desk.set_balance(CASH);
    let dealer = dealer.unwrap_or_else(|refused| panic!("{refused}"));
    let venue = play(Simulated::new(dealer, rules, 16, 1), &mut desk, strategy, &mut tapes, bytes);
    let engine = venue.matcher().engine();
    assert_eq!(engine.check(), Ok(()));
    let balance = engine.balance(AccountId(16), AssetId(1));
    assert_eq!(balance.total, i128::from(desk.account().balance));
    desk
}

#[test]
fn the_engine_deals_as_the_naive_house_does() {
    let (rows, ticks) = (bytes(&bars(10_000, 21)), bytes(&quotes(40_000, 22)));
    for waits in [Waits::Touch, Waits::Through] {
        for at_next in [false, true] {
            let runs = [played::<EmaCross>, dealt].map(|run| {
                let desk = run(&mut EmaCross::new(5, 9, false), Stream::Bars, &rows, waits, rules(at_next));
                desk.kept().fills.clone()
            });
            assert!(runs[0].len() > 500);
            assert_eq!(runs[0], runs[1]);
            let runs = [played::<Quoter>, dealt].map(|run| {
                let desk = run(&mut Quoter::new(13), Stream::Quotes, &ticks, waits, rules(at_next));
                desk.kept().fills.clone()
            });
            assert!(runs[0].len() > 500);
            assert_eq!(runs[0], runs[1]);
        }
    }
}

/// Orders, and gain in ticks with fills at the close and at the next open.
fn naive_cross(rows: &[[i64; 6]]) -> (usize, i64, i64) {
    let (mut fast, mut slow) = (rows[0][4] as f64, rows[0][4] as f64);
    let (mut held, mut orders, mut at_close, mut at_open) = (false, 0, 0, 0);
    for (at, row) in rows.iter().enumerate().skip(1) {
        let close = row[4];
        fast += 2.0 / 11.0 * (close as f64 - fast);
        slow += 2.0 / 21.0 * (close as f64 - slow);
        if at < 19 || (fast > slow) == held || fast == slow {
            continue;
        }
        held = !held;
        orders += 1;
        let sign = if held { -1 } else { 1 };
        at_close += sign * close;
        at_open += rows.get(at + 1).map_or(0, |next| sign * next[1]);
    }
    let last = rows[rows.len() - 1][4];
    if held { (orders, at_close + last, at_open + last) } else { (orders, at_close, at_open) }
}

#[test]
fn a_cross_of_averages_trades_as_a_loop_says() {
    let rows = bars(20_000, 7);
    let bytes = bytes(&rows);
    let (orders, at_close, at_open) = naive_cross(&rows);
    for (at_next, gain) in [(false, at_close), (true, at_open)] {
        let mut strategy = EmaCross::new(10, 20, true);
        let desk = played(&mut strategy, Stream::Bars, &bytes, Waits::Touch, rules(at_next));
        let account = desk.account();
        assert_eq!(account.orders.len(), orders);
        assert_eq!(account.equity_twice(), 2 * i128::from(gain) * 1_000_000);
        assert_eq!(desk.kept().equity.len(), rows.len() + 1);
    }
}

/// Orders, fills, lots held, cash in ticks.
fn naive_quoter(rows: &[[i64; 5]], beyond: i64) -> (usize, usize, i64, i64) {
    let (mut orders, mut fills, mut lots, mut cash) = (0, 0, 0, 0);
    let mut live: Option<(i64, i64)> = None;
    for (at, row) in rows.iter().enumerate() {
        let (bid, ask) = (row[1], row[2]);
        if let Some((sign, price)) = live
            && ((sign > 0 && ask + beyond <= price) || (sign < 0 && bid - beyond >= price))
        {
            (fills, lots, cash, live) = (fills + 1, lots + sign, cash - sign * price, None);
        }
        if (at + 1) % 100 == 0 {
            live = Some(if orders % 2 == 0 { (1, bid) } else { (-1, ask) });
            orders += 1;
        }
    }
    (orders, fills, lots, cash)
}

#[test]
fn limit_orders_fill_as_a_loop_says() {
    let rows = quotes(60_000, 3);
    let bytes = bytes(&rows);
    for (waits, beyond) in [(Waits::Touch, 0), (Waits::Through, 1)] {
        let (orders, fills, lots, cash) = naive_quoter(&rows, beyond);
        let desk = played(&mut Quoter::new(100), Stream::Quotes, &bytes, waits, rules(false));
        let account = desk.account();
        assert_eq!(account.orders.len(), orders);
        assert_eq!(desk.kept().fills.len(), fills);
        assert_eq!(account.instruments[0].position.lots, lots);
        assert_eq!(account.cash(), cash * 1_000_000);
    }
}

#[test]
fn telling_every_quote_changes_nothing() {
    let (rows, ticks) = (bytes(&bars(5_000, 11)), bytes(&quotes(20_000, 5)));
    for at_next in [false, true] {
        let all = Rules { tell_all: true, ..rules(at_next) };
        let runs = [rules(at_next), all.clone()]
            .map(|rules| played(&mut EmaCross::new(3, 8, false), Stream::Bars, &rows, Waits::Through, rules));
        assert_eq!(runs[0].kept().fills, runs[1].kept().fills);
        assert_eq!(runs[0].kept().equity, runs[1].kept().equity);
        let runs = [rules(at_next), all]
            .map(|rules| played(&mut Quoter::new(7), Stream::Quotes, &ticks, Waits::Through, rules));
        assert!(!runs[0].kept().fills.is_empty());
        assert_eq!(runs[0].kept().fills, runs[1].kept().fills);
    }
}
