//! Rows of recorded markets, drawn, and what a reel makes of bad ones.

use crate::bound::Stream;
use crate::feed::MISSING;
use crate::feed::{Bad, BadRow, Feed, Item, Problem, Tapes};

/// A stream of numbers that is the same everywhere.
pub(super) struct Draw(pub(super) u64);

impl Draw {
    pub(super) fn below(&mut self, count: u64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % count) as i64
    }
}

pub(super) const MINUTE: i64 = 60_000_000_000;

pub(super) fn bars(count: usize, seed: u64) -> Vec<[i64; 6]> {
    let mut draw = Draw(seed);
    let mut last = 1_000_000;
    (1..=count as i64)
        .map(|at| {
            let (open, close) = (last, last + draw.below(41) - 20);
            last = close;
            let (high, low) = (open.max(close) + draw.below(10), open.min(close) - draw.below(10));
            [at * MINUTE, open, high, low, close, 1_000 + draw.below(1_000)]
        })
        .collect()
}

pub(super) fn quotes(count: usize, seed: u64) -> Vec<[i64; 5]> {
    let mut draw = Draw(seed);
    let mut bid = 1_000_000;
    (1..=count as i64)
        .map(|at| {
            bid += [-1, 0, 0, 0, 0, 0, 0, 0, 0, 1][draw.below(10) as usize];
            let ask = bid + 1 + i64::from(draw.below(10) == 0);
            [at * 1_000_000, bid, ask, 1 + draw.below(99), 1 + draw.below(99)]
        })
        .collect()
}

pub(super) fn bytes<const N: usize>(rows: &[[i64; N]]) -> Vec<u8> {
    rows.iter().flatten().flat_map(|number| number.to_le_bytes()).collect()
}

fn problem_of<const N: usize>(stream: Stream, rows: &[[i64; N]]) -> Option<BadRow> {
    let bytes = bytes(rows);
    let mut tapes = Tapes::new(Bad::Stop, 1_000 * MINUTE);
    tapes.add(0, stream, 1, MINUTE);
    let tables = [bytes.as_slice()];
    let mut reel = tapes.reel(&tables);
    loop {
        match reel.next() {
            Ok(Some(_)) => {}
            Ok(None) => return None,
            Err(bad) => return Some(bad),
        }
    }
}

#[test]
fn each_problem_of_a_row_is_named() {
    let good = [MINUTE, 10, 12, 9, 11, 5];
    let next = [2 * MINUTE, 11, 12, 9, 11, 5];
    let cases = [
        ([2 * MINUTE, MISSING, 12, 9, 11, 5], Problem::NotANumber),
        ([2 * MINUTE, 11, 12, 0, 11, 5], Problem::PriceNotPositive),
        ([2 * MINUTE, 11, 12, 9, 11, -5], Problem::QuantityInvalid),
        ([2_000 * MINUTE, 11, 12, 9, 11, 5], Problem::Future),
        ([2 * MINUTE, 11, 9, 12, 11, 5], Problem::RangeBroken),
        ([2 * MINUTE, 13, 12, 9, 11, 5], Problem::RangeBroken),
        ([MINUTE - 1, 11, 12, 9, 11, 5], Problem::Unsorted),
        ([MINUTE, 11, 12, 9, 11, 5], Problem::Duplicate),
    ];
    for (row, problem) in cases {
        assert_eq!(problem_of(Stream::Bars, &[good, row, next]), Some(BadRow { tape: 0, row: 1, problem }));
    }
    assert_eq!(problem_of(Stream::Bars, &[good, next]), None);
    let quote = [MINUTE, 10, 11, 1, 1];
    let crossed = BadRow { tape: 0, row: 1, problem: Problem::Crossed };
    assert_eq!(problem_of(Stream::Quotes, &[quote, [MINUTE, 12, 11, 1, 1]]), Some(crossed));
    let again = BadRow { tape: 0, row: 1, problem: Problem::Duplicate };
    assert_eq!(problem_of(Stream::Quotes, &[quote, quote]), Some(again));
    assert_eq!(problem_of(Stream::Quotes, &[quote, [MINUTE, 11, 11, 1, 1]]), None);
    let nothing = BadRow { tape: 0, row: 0, problem: Problem::QuantityInvalid };
    assert_eq!(problem_of(Stream::Trades, &[[MINUTE, 10, 0, 1]]), Some(nothing));
}

#[test]
fn rows_that_cannot_be_are_left_out_and_counted() {
    let rows = [
        [MINUTE, 10, 12, 9, 11, 5],
        [MINUTE, 10, 12, 9, 11, 5],
        [2 * MINUTE, 10, 2, 9, 11, 5],
        [3 * MINUTE, 10, 12, 9, 11, 5],
    ];
    let bytes = bytes(&rows);
    let mut tapes = Tapes::new(Bad::Skip, i64::MAX);
    tapes.add(0, Stream::Bars, 1, MINUTE);
    let tables = [bytes.as_slice()];
    let mut reel = tapes.reel(&tables);
    let mut bars = Vec::new();
    while let Ok(Some(item)) = reel.next() {
        if let Item::Bar { bar, .. } = item {
            bars.push(bar.at_ns);
        }
    }
    assert_eq!(bars, [MINUTE, 3 * MINUTE]);
    assert_eq!(tapes.rows(), 4);
    let mut counts = [0; 8];
    counts[Problem::Duplicate as usize] = 1;
    counts[Problem::RangeBroken as usize] = 1;
    assert_eq!(tapes.counts(), counts);
}

#[test]
fn bars_of_instruments_are_whole_before_any_next_one_opens() {
    let rows = [[MINUTE, 10, 12, 9, 11, 5], [2 * MINUTE, 11, 12, 9, 11, 5]];
    let bytes = bytes(&rows);
    let mut tapes = Tapes::new(Bad::Stop, i64::MAX);
    tapes.add(0, Stream::Bars, 1, MINUTE);
    tapes.add(1, Stream::Bars, 1, MINUTE);
    let tables = [bytes.as_slice(), bytes.as_slice()];
    let mut reel = tapes.reel(&tables);
    let mut told = Vec::new();
    while let Ok(Some(item)) = reel.next() {
        told.push(match item {
            Item::Open { instrument, at_ns, .. } => ("open", instrument, at_ns / MINUTE),
            Item::Bar { instrument, bar } => ("bar", instrument, bar.at_ns / MINUTE),
            _ => ("other", 0, 0),
        });
    }
    let wanted = [
        ("open", 0, 0),
        ("open", 1, 0),
        ("bar", 0, 1),
        ("bar", 1, 1),
        ("open", 0, 1),
        ("open", 1, 1),
        ("bar", 0, 2),
        ("bar", 1, 2),
    ];
    assert_eq!(told, wanted);
}
