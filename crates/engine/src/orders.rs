//! Open orders: what the engine keeps of one beside what the book keeps, its hold and its fees.

use garraway_book::Node;
use garraway_types::{
    AccountId, ClientRef, EventId, InstrumentId, Money, Price, Quantity, Reject, Side, code,
};

use crate::groups::{FeeTable, Rates};
use crate::instruments::Terms;
use crate::positions;

/// The engine's part of an order in the slab: 32 bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Order {
    pub(crate) client_ref: u64,
    pub(crate) held: i64,
    pub(crate) account: u32,
    pub(crate) instrument: u32,
    /// Fee not yet posted, in 1e-9 of a ledger unit: -5e8 up to, not including, 5e8.
    pub(crate) carry: i32,
    pub(crate) filled: u32,
}

/// The byte that the book keeps of an order for the engine:
///
/// | bits | meaning |
/// |---|---|
/// | 0-2 | time in force |
/// | 3 | post-only |
/// | 4 | hidden (pegs too) |
/// | 5 | reduce-only |
/// | 6 | its price is a bound: it never rests in continuous trading |
/// | 7 | special: it has an entry in [`Extras`](crate::extras::Extras), and only the general path may meet it |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark(pub(crate) u8);

impl Mark {
    pub(crate) const POST_ONLY: u8 = 8;
    pub(crate) const HIDDEN: u8 = 16;
    pub(crate) const REDUCE_ONLY: u8 = 32;
    pub(crate) const BOUND: u8 = 64;
    pub(crate) const SPECIAL: u8 = 128;

    /// The mark of a plain order: a limit or market order with no flag or post-only.
    pub(crate) fn plain(order_type: u8, time_in_force: u8, flags: u8) -> Self {
        let bound = if order_type == code::MARKET { Self::BOUND } else { 0 };
        Self(time_in_force | flags << 3 | bound)
    }

    #[inline(always)]
    pub(crate) fn time_in_force(self) -> u8 {
        self.0 & 7
    }

    #[inline(always)]
    pub(crate) fn is_special(self) -> bool {
        self.0 & Self::SPECIAL != 0
    }

    pub(crate) fn is_hidden(self) -> bool {
        self.0 & Self::HIDDEN != 0
    }

    pub(crate) fn is_reduce_only(self) -> bool {
        self.0 & Self::REDUCE_ONLY != 0
    }

    /// Whether what does not trade at once stays in the book, in continuous trading.
    #[inline(always)]
    pub(crate) fn rests(self) -> bool {
        // Times in force 1, 4 and 5.
        0b0011_0010 >> (self.0 & 7) & 1 != 0 && self.0 & Self::BOUND == 0
    }

    #[inline(always)]
    pub(crate) fn is_post_only(self) -> bool {
        self.0 & Self::POST_ONLY != 0
    }
}

/// An open order, as people see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenOrder {
    /// Its id: the event that made it.
    pub order: EventId,
    /// Whose it is.
    pub account: AccountId,
    /// Its reference.
    pub client_ref: ClientRef,
    /// The instrument.
    pub instrument: InstrumentId,
    /// The side.
    pub side: Side,
    /// Limit or bound.
    pub price: Price,
    /// Lots open.
    pub leaves: Quantity,
    /// Lots filled.
    pub filled: Quantity,
    /// What is held for it, in ledger units.
    pub held: Money,
}

impl From<&Node<Order>> for OpenOrder {
    fn from(node: &Node<Order>) -> Self {
        let order = &node.payload;
        Self {
            order: EventId(node.sequence),
            account: AccountId(order.account),
            client_ref: ClientRef(order.client_ref),
            instrument: InstrumentId(order.instrument),
            side: node.side,
            price: node.price,
            leaves: Quantity(u64::from(node.leaves)),
            filled: Quantity(u64::from(order.filled)),
            held: Money(order.held),
        }
    }
}

/// One in 1e-9.
const ONE: u64 = 1_000_000_000;
const HALF: i64 = ONE as i64 / 2;

/// The fee of a fill, rounded over the order: halves go up. Returns the fee and the new carry.
///
/// `carry` is -5e8 up to 5e8, rate and value are not negative, so what is divided is not negative either.
#[inline(always)]
pub(crate) fn fee(carry: i32, rate: i64, value: i64) -> (i64, i32) {
    let product = u128::from(rate as u64) * u128::from(value as u64);
    let sum = product + u128::from((i64::from(carry) + HALF) as u64);
    let (fee, rest) = match u64::try_from(sum) {
        Ok(sum) => (sum / ONE, sum % ONE),
        Err(_) => ((sum / u128::from(ONE)) as u64, (sum % u128::from(ONE)) as u64),
    };
    (fee as i64, (rest as i64 - HALF) as i32)
}

/// The fee of a fill at any rate, rounded like [`fee`]; a rebate where it is negative.
#[cold]
#[inline(never)]
pub(crate) fn signed_fee(carry: i32, rate: i64, value: i128) -> (i128, i32) {
    let exact = i128::from(rate) * value + i128::from(carry);
    let fee = (exact + i128::from(HALF)).div_euclid(i128::from(ONE));
    (fee, (exact - fee * i128::from(ONE)) as i32)
}

/// The rates of an order, by the place that it bears in the fee table.
#[inline(always)]
pub(crate) fn rates(terms: &Terms, fees: &FeeTable, plan: u8) -> Rates {
    if plan == 0 { Rates { maker: terms.maker_rate, taker: terms.taker_rate } } else { fees.at(plan) }
}

/// What an order with `leaves` open must hold; of a future one that is not reduce-only.
#[inline(always)]
pub(crate) fn hold(
    terms: &Terms,
    fees: &FeeTable,
    plan: u8,
    side: Side,
    price: i64,
    leaves: u32,
    carry: i32,
) -> Result<Money, Reject> {
    if plan | terms.future != 0 {
        return special_hold(terms, rates(terms, fees, plan), [side as u8, 0], price, leaves, carry);
    }
    spot_hold(terms, terms.hold_rate, side, price, leaves, carry)
}

/// What an order in spot must hold, reckoned with a rate that is not negative.
#[inline(always)]
pub(crate) fn spot_hold(
    terms: &Terms,
    rate: i64,
    side: Side,
    price: i64,
    leaves: u32,
    carry: i32,
) -> Result<Money, Reject> {
    if leaves == 0 {
        return Ok(Money(0));
    }
    match side {
        Side::Sell => Ok(Money(i64::from(leaves) * terms.lot_value)),
        Side::Buy => {
            let value = price * i64::from(leaves) * terms.price_value;
            let worst = fee(carry, rate, value).0;
            value.checked_add(worst).map(Money).ok_or(Reject::FundsInsufficient)
        }
    }
}

/// What an order of any kind must hold. `kind` is the side and whether it is reduce-only.
#[cold]
#[inline(never)]
pub(crate) fn special_hold(
    terms: &Terms,
    rates: Rates,
    [side, reduce_only]: [u8; 2],
    price: i64,
    leaves: u32,
    carry: i32,
) -> Result<Money, Reject> {
    let side = if side == Side::Buy as u8 { Side::Buy } else { Side::Sell };
    let (margin, value) = match (terms.future != 0, side) {
        // The house asks for margin when it deals, not before.
        _ if leaves == 0 || terms.is_dealt() => (0, None),
        (true, _) => {
            let margin = positions::order_margin(terms, side, price, leaves);
            (
                if reduce_only != 0 { 0 } else { margin },
                Some(positions::fee_value(terms, side, price, leaves)),
            )
        }
        (false, Side::Buy) => {
            let value = i128::from(price) * i128::from(leaves) * i128::from(terms.price_value);
            (value, Some(value))
        }
        (false, Side::Sell) => (i128::from(leaves) * i128::from(terms.lot_value), None),
    };
    let worst = value.map_or(0, |value| signed_fee(carry, rates.hold(), value).0);
    i64::try_from(margin + worst).map(Money).map_err(|_| Reject::FundsInsufficient)
}

const _: () = assert!(size_of::<Node<Order>>() == 64, "an order fills one cache line");

#[cfg(test)]
mod tests {
    use super::{fee, signed_fee};

    #[test]
    fn rebates_are_rounded_over_the_order_too() {
        // -0.4, -0.4, -0.4: nothing, then a rebate of one (-0.8), then nothing.
        let (first, carry) = signed_fee(0, -400_000_000, 1);
        let (second, carry) = signed_fee(carry, -400_000_000, 1);
        let (third, carry) = signed_fee(carry, -400_000_000, 1);
        assert_eq!((first, second, third, carry), (0, -1, 0, -200_000_000));
        // Halves go up: -0.5 is no rebate yet.
        assert_eq!(signed_fee(0, -500_000_000, 1), (0, -500_000_000));
    }

    #[test]
    fn both_ways_to_reckon_a_fee_agree_where_no_rate_is_negative() {
        for value in [0, 1, 3, 499_999_999, 1 << 40, i64::MAX] {
            for rate in [0, 1, 200_000, 100_000_000] {
                for carry in [-500_000_000, -1, 0, 1, 499_999_999] {
                    let (plain, signed) =
                        (fee(carry, rate, value), signed_fee(carry, rate, i128::from(value)));
                    assert_eq!((i128::from(plain.0), plain.1), signed);
                }
            }
        }
    }

    #[test]
    fn fees_are_rounded_over_the_order() {
        // 0.4 + 0.4 + 0.4 units: nothing, then one (0.8 goes up), then nothing (1.2).
        let (first, carry) = fee(0, 400_000_000, 1);
        let (second, carry) = fee(carry, 400_000_000, 1);
        let (third, carry) = fee(carry, 400_000_000, 1);
        assert_eq!((first, second, third, carry), (0, 1, 0, 200_000_000));
    }

    #[test]
    fn fee_equals_exact_arithmetic_up_to_the_largest_values() {
        for value in [0, 1, 499_999_999, 500_000_000, 1 << 40, i64::MAX / 3, i64::MAX] {
            for rate in [0, 1, 7, 200_000, 100_000_000] {
                for carry in [-500_000_000, -1, 0, 1, 499_999_999] {
                    let exact = i128::from(rate) * i128::from(value) + i128::from(carry);
                    let expected = (exact + 500_000_000).div_euclid(1_000_000_000);
                    let rest = exact - expected * 1_000_000_000;
                    let (fee, carried) = fee(carry, rate, value);
                    assert_eq!((i128::from(fee), i128::from(carried)), (expected, rest));
                }
            }
        }
    }
}
