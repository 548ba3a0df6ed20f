//! Positions against the house: exact arithmetic, and a table of them by instrument, account and position.
//!
//! A position keeps what its lots cost, never an average price. Every amount of one fits 63 bits because none goes beyond
//! [`most_lots`](crate::positions::most_lots).

use std::collections::BTreeMap;

use garraway_types::{Side, detail};

use crate::dealer::ONE;
use crate::engine::Engine;
use crate::restore::{Read, Reader};
use crate::snapshot::Writer;

/// A position: lots (negative when short), what they were bought or sold for, and the margin that it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dealt {
    pub(crate) lots: i64,
    pub(crate) cost: i64,
    pub(crate) margin: i64,
}

/// What a fill makes of a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) after: Dealt,
    /// In ledger units of the quote asset.
    pub(crate) gain: i64,
    /// A `detail` of `PositionChanged`.
    pub(crate) what: u8,
}

/// The number nearest to a quotient; halves go up.
pub(crate) fn rounded(dividend: i128, divisor: i128) -> i128 {
    let (dividend, divisor) = (2 * dividend + divisor, 2 * divisor);
    // Mostly both fit 64 bits, whose division is several times as fast.
    match (u64::try_from(dividend), u64::try_from(divisor)) {
        (Ok(dividend), Ok(divisor)) => i128::from(dividend / divisor),
        _ => dividend.div_euclid(divisor),
    }
}

/// What a position of this cost holds.
pub(crate) fn margin(cost: i64, rate: i64) -> i64 {
    rounded(i128::from(cost) * i128::from(rate), i128::from(ONE)) as i64
}

impl Dealt {
    /// The position after a split of so many new lots for so many old ones; what its left-over lots cost is gone. The margin stays.
    pub(crate) fn split(self, new: i128, old: i128) -> Dealt {
        let Dealt { lots, cost, margin } = self;
        let all = i128::from(lots.unsigned_abs()) * new;
        let freed = rounded(i128::from(cost) * (all % old), all);
        let after = all / old * i128::from(lots.signum());
        // Beyond any position: it is refused.
        let lots = i64::try_from(after).unwrap_or(i64::MIN);
        Dealt { lots, cost: cost - freed as i64, margin }
    }

    /// The position after a fill of `lots` (negative: sold) of `lot_value` each, with margin at `rate`.
    pub(crate) fn filled(self, lots: i64, lot_value: i64, rate: i64) -> Change {
        let Dealt { lots: before, cost, .. } = self;
        let value = lots.abs() * lot_value;
        let changed = |lots, cost, gain, what| {
            let margin = margin(cost, rate);
            let margin = if what == detail::REDUCED { margin.min(self.margin) } else { margin };
            Change { after: Dealt { lots, cost, margin }, gain, what }
        };
        if before == 0 || (before > 0) == (lots > 0) {
            let what = if before == 0 { detail::OPENED } else { detail::INCREASED };
            return changed(before + lots, cost + value, 0, what);
        }
        let after = before + lots;
        let turned = after != 0 && (after > 0) != (before > 0);
        let closed = if turned { before.abs() } else { lots.abs() };
        let freed = rounded(i128::from(cost) * i128::from(closed), i128::from(before.abs())) as i64;
        let paid = closed * lot_value;
        let gain = if before > 0 { paid - freed } else { freed - paid };
        match (turned, after) {
            (true, _) => changed(after, value - paid, gain, detail::TURNED),
            (false, 0) => changed(0, 0, gain, detail::CLOSED),
            (false, _) => changed(after, cost - freed, gain, detail::REDUCED),
        }
    }
}

/// Instrument, account, and of a hedging account the id of the position, else 0.
pub(crate) type Key = (u32, u32, u64);

/// All positions that are not flat.
#[derive(Clone, Debug, Default)]
pub(crate) struct DealtPositions {
    all: BTreeMap<Key, Dealt>,
}

impl DealtPositions {
    pub(crate) fn get(&self, key: Key) -> Dealt {
        self.all.get(&key).copied().unwrap_or_default()
    }

    pub(crate) fn put(&mut self, key: Key, position: Dealt) {
        if position.lots == 0 {
            self.all.remove(&key);
        } else {
            self.all.insert(key, position);
        }
    }

    /// The positions of an account in an instrument.
    pub(crate) fn of(&self, instrument: u32, account: u32) -> impl Iterator<Item = &Dealt> {
        self.all.range((instrument, account, 0)..=(instrument, account, u64::MAX)).map(|(_, of)| of)
    }

    /// Lots of an account in an instrument, long ones less short ones.
    pub(crate) fn net_lots(&self, instrument: u32, account: u32) -> i64 {
        self.of(instrument, account).fold(0, |sum, of| sum.saturating_add(of.lots))
    }

    /// Lots of an account in an instrument that a further order of a side would add to: of one position its lots, as they are.
    pub(crate) fn lots_of_side(&self, instrument: u32, account: u32, side: Side, is_hedging: bool) -> i128 {
        let sign = if side == Side::Buy { 1 } else { -1 };
        let lots = self.of(instrument, account).map(|of| i128::from(of.lots) * sign);
        if is_hedging { lots.filter(|lots| *lots > 0).sum() } else { lots.sum() }
    }

    /// The first position of an instrument at or behind this account and position.
    pub(crate) fn next_of(&self, instrument: u32, account: u32, position: u64) -> Option<(Key, Dealt)> {
        let from = (instrument, account, position);
        self.all.range(from..=(instrument, u32::MAX, u64::MAX)).next().map(|(key, of)| (*key, *of))
    }

    pub(crate) fn is_any(&self, instrument: u32) -> bool {
        self.next_of(instrument, 0, 0).is_some()
    }

    /// Whether an account has a position anywhere.
    pub(crate) fn has_any(&self, account: u32) -> bool {
        self.all.keys().any(|(_, of, _)| *of == account)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (Key, Dealt)> {
        self.all.iter().map(|(key, of)| (*key, *of))
    }

    pub(crate) fn write(&self, out: &mut Writer<'_>) {
        for ((instrument, account, position), of) in &self.all {
            out.u32(*instrument);
            out.u32(*account);
            out.u64(*position);
            for number in [of.lots, of.cost, of.margin] {
                out.i64(number);
            }
        }
    }

    pub(crate) fn read(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let key = (reader.u32()?, reader.u32()?, reader.u64()?);
        let position = Dealt { lots: reader.i64()?, cost: reader.i64()?, margin: reader.i64()? };
        reader.require(position.lots != 0, "a dealt position of nothing")?;
        let before = self.all.insert(key, position);
        reader.require(before.is_none(), "a dealt position twice")
    }
}

impl Engine {
    /// An open position against the house; `position` is 0 of an account that nets.
    pub fn dealt_position(&self, instrument: u32, account: u32, position: u64) -> Option<DealtPosition> {
        let of = self.dealt.get((instrument, account, position));
        (of.lots != 0).then_some(DealtPosition { lots: of.lots, cost: of.cost, margin: of.margin })
    }

    /// Every open position against the house by instrument, account and position.
    pub fn dealt_positions(&self) -> impl Iterator<Item = (Key, DealtPosition)> {
        let seen = |of: Dealt| DealtPosition { lots: of.lots, cost: of.cost, margin: of.margin };
        self.dealt.all().map(move |(key, of)| (key, seen(of)))
    }
}

/// A position against the house, as people see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DealtPosition {
    /// Lots, negative when short.
    pub lots: i64,
    /// What they were bought or sold for, in ledger units of the quote asset.
    pub cost: i64,
    /// What of the account's balance they hold.
    pub margin: i64,
}

#[cfg(test)]
mod tests {
    use super::{Change, Dealt, margin};
    use garraway_types::detail;

    fn long(lots: i64, cost: i64) -> Dealt {
        Dealt { lots, cost, margin: cost }
    }

    #[test]
    fn what_parts_cost_adds_up_to_what_the_whole_cost() {
        let mut position = long(3, 100);
        let mut gains = 0;
        for _ in 0..3 {
            let change = position.filled(-1, 40, 1_000_000_000);
            (position, gains) = (change.after, gains + change.gain);
        }
        assert_eq!((position, gains), (long(0, 0), 20));
    }

    #[test]
    fn a_turn_closes_all_and_opens_the_rest() {
        let change = long(3, 30).filled(-5, 12, 500_000_000);
        assert_eq!(
            change,
            Change { after: Dealt { lots: -2, cost: 24, margin: 12 }, gain: 6, what: detail::TURNED }
        );
        let change = Dealt { lots: -3, cost: 30, margin: 0 }.filled(5, 12, 500_000_000);
        assert_eq!(
            change,
            Change { after: Dealt { lots: 2, cost: 24, margin: 12 }, gain: -6, what: detail::TURNED }
        );
    }

    #[test]
    fn a_reduction_never_holds_more() {
        let before = Dealt { lots: 10, cost: 100, margin: 1 };
        assert_eq!(before.filled(-1, 10, 1_000_000_000).after, Dealt { lots: 9, cost: 90, margin: 1 });
        assert_eq!(before.filled(1, 10, 1_000_000_000).after, Dealt { lots: 11, cost: 110, margin: 110 });
    }

    #[test]
    fn halves_go_up() {
        assert_eq!((margin(1, 500_000_000), margin(1, 499_999_999), margin(3, 500_000_000)), (1, 0, 2));
    }

    #[test]
    fn the_largest_amounts_do_not_wrap() {
        let most = (1 << 62) - 1;
        let change = long(1, most).filled(-1, 1, 1_000_000_000);
        assert_eq!((change.gain, change.after), (1 - most, long(0, 0)));
        assert_eq!(margin(most, 1_000_000_000), most);
    }
}
