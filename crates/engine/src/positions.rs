//! Positions in futures and what they cost: pure arithmetic, and a table of positions by instrument and account.
//!
//! Every amount of a position fits 63 bits because no position goes beyond [`most_lots`].

use std::collections::BTreeMap;

use garraway_types::Side;

use crate::instruments::Terms;
use crate::restore::{Read, Reader};
use crate::snapshot::Writer;

/// A position: lots, negative when short, and the settlement price at which it is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) lots: i64,
    pub(crate) mark: i64,
}

/// The most lots of one account in a future, long or short: below 2^40, and worth less than 2^62 at the highest price.
pub(crate) fn most_lots(max_price: i64, price_value: i64) -> i64 {
    let worth = i128::from(max_price) * i128::from(price_value);
    let counted = ((1i128 << 62) - 1) / worth.max(1);
    counted.min((1 << 40) - 1) as i64
}

/// What a position holds: all it could lose to the end of the price range.
pub(crate) fn collateral(terms: &Terms, position: Position) -> i64 {
    let Position { lots, mark } = position;
    let distance = if lots >= 0 { mark - terms.min_price } else { mark - terms.max_price };
    lots * distance * terms.price_value
}

/// What so many lots cost at a price: what the buyer posts to the seller, reckoned from the settlement price.
pub(crate) fn difference(terms: &Terms, price: i64, settlement: i64, lots: i64) -> i64 {
    (price - settlement) * lots * terms.price_value
}

/// What an order with `leaves` open holds beside fees. 128 bits, for orders that were not judged yet.
pub(crate) fn order_margin(terms: &Terms, side: Side, price: i64, leaves: u32) -> i128 {
    let distance = match side {
        Side::Buy => price - terms.min_price,
        Side::Sell => terms.max_price - price,
    };
    i128::from(leaves) * i128::from(distance) * i128::from(terms.price_value)
}

/// The value from which an order's hold reckons fees.
pub(crate) fn fee_value(terms: &Terms, side: Side, price: i64, leaves: u32) -> i128 {
    let price = if side == Side::Buy { price } else { terms.max_price };
    i128::from(leaves) * i128::from(price) * i128::from(terms.price_value)
}

/// What an order of this side may still trade to close a position, and no more.
pub(crate) fn reducible(side: Side, lots: i64) -> u32 {
    let against = match side {
        Side::Buy => -lots,
        Side::Sell => lots,
    };
    against.clamp(0, i64::from(u32::MAX)) as u32
}

/// All positions that are not flat.
#[derive(Clone, Debug, Default)]
pub(crate) struct Positions {
    all: BTreeMap<(u32, u32), Position>,
}

impl Positions {
    /// The account's position in an instrument, marked at `settlement` where it is flat.
    pub(crate) fn get(&self, instrument: u32, account: u32, settlement: i64) -> Position {
        let flat = Position { lots: 0, mark: settlement };
        self.all.get(&(instrument, account)).copied().unwrap_or(flat)
    }

    /// Lots of the account in an instrument.
    pub(crate) fn lots(&self, instrument: u32, account: u32) -> i64 {
        self.all.get(&(instrument, account)).map_or(0, |position| position.lots)
    }

    pub(crate) fn put(&mut self, instrument: u32, account: u32, position: Position) {
        if position.lots == 0 {
            self.all.remove(&(instrument, account));
        } else {
            self.all.insert((instrument, account), position);
        }
    }

    /// The first position of an instrument at or behind this account.
    pub(crate) fn next_of(&self, instrument: u32, account: u32) -> Option<(u32, Position)> {
        let mut from = self.all.range((instrument, account)..=(instrument, u32::MAX));
        from.next().map(|((_, account), position)| (*account, *position))
    }

    /// Whether anybody has a position in the instrument.
    pub(crate) fn is_any(&self, instrument: u32) -> bool {
        self.next_of(instrument, 0).is_some()
    }

    /// Instrument, account, position.
    pub(crate) fn all(&self) -> impl Iterator<Item = (u32, u32, Position)> {
        self.all.iter().map(|((instrument, account), position)| (*instrument, *account, *position))
    }

    pub(crate) fn write(&self, out: &mut Writer<'_>) {
        for ((instrument, account), position) in &self.all {
            out.u32(*instrument);
            out.u32(*account);
            out.i64(position.lots);
            out.i64(position.mark);
        }
    }

    pub(crate) fn read(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let key = (reader.u32()?, reader.u32()?);
        let position = Position { lots: reader.i64()?, mark: reader.i64()? };
        reader.require(position.lots != 0, "a position of nothing")?;
        let before = self.all.insert(key, position);
        reader.require(before.is_none(), "a position twice")
    }
}

#[cfg(test)]
mod tests {
    use super::{Position, collateral, difference, most_lots, order_margin, reducible};
    use crate::instruments::Terms;
    use garraway_types::{AssetId, Side};

    fn terms() -> Terms {
        Terms {
            number: 1,
            base: AssetId(0),
            quote: AssetId(1),
            price_value: 10,
            lot_value: 1,
            tick: 1,
            min_price: 50,
            max_price: 150,
            max_quantity: 1_000,
            max_notional: i64::MAX,
            maker_rate: 0,
            taker_rate: 0,
            hold_rate: 0,
            ..Terms::default()
        }
    }

    #[test]
    fn an_orders_margin_is_what_its_fill_pays_and_holds() {
        let (terms, settlement) = (terms(), 100);
        for price in [50, 99, 100, 101, 150] {
            for lots in [1i64, 7] {
                let paid = difference(&terms, price, settlement, lots);
                let long = collateral(&terms, Position { lots, mark: settlement });
                let short = collateral(&terms, Position { lots: -lots, mark: settlement });
                let margin = |side| order_margin(&terms, side, price, lots as u32) as i64;
                assert_eq!((margin(Side::Buy), margin(Side::Sell)), (paid + long, short - paid));
            }
        }
    }

    #[test]
    fn marking_moves_balance_and_collateral_alike() {
        let terms = terms();
        for lots in [-9, -1, 1, 5] {
            let gain = difference(&terms, 120, 100, lots);
            let before = collateral(&terms, Position { lots, mark: 100 });
            let after = collateral(&terms, Position { lots, mark: 120 });
            assert_eq!(after - before, gain);
        }
    }

    #[test]
    fn the_largest_position_can_be_counted() {
        assert_eq!(most_lots(1, 1), (1 << 40) - 1);
        let most = most_lots(1 << 31, 1 << 20);
        assert!((i128::from(most) << 51) < 1 << 62 && (i128::from(most + 1) << 51) >= 1 << 62);
    }

    #[test]
    fn reduce_only_counts_the_lots_on_the_other_side() {
        let lots = [(Side::Buy, -5), (Side::Buy, 5), (Side::Sell, 5), (Side::Sell, 0)];
        assert_eq!(lots.map(|(side, lots)| reducible(side, lots)), [5, 0, 5, 0]);
    }
}
