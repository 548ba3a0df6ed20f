//! A position with its exact cost, by the rule of the engine: what a fill realises, to the ledger unit.

use garraway_types::Side;

/// Lots held and what they cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Lots, negative short.
    pub lots: i64,
    /// Ledger units paid for lots held, or received for lots that are short; never negative.
    pub cost: i64,
}

impl Position {
    /// Takes a fill of `lots` at `value` ledger units; returns the gain realised.
    ///
    /// Closing a part releases cost x closed / lots, rounded half up; the rest stays.
    pub fn take(&mut self, side: Side, lots: i64, value: i64) -> i64 {
        let signed = if side == Side::Buy { lots } else { -lots };
        let held = self.lots.abs();
        if self.lots == 0 || (self.lots > 0) == (signed > 0) {
            self.lots += signed;
            self.cost += value;
            return 0;
        }
        let closed = held.min(lots);
        let price_value = value / lots;
        let closed_value = price_value * closed;
        let released = half_up(i128::from(self.cost) * i128::from(closed), i128::from(held)) as i64;
        let gain = if self.lots > 0 { closed_value - released } else { released - closed_value };
        self.lots += signed;
        self.cost = if lots > held { price_value * (lots - held) } else { self.cost - released };
        gain
    }

    /// What was paid for the position, negative where it was received.
    pub const fn paid(&self) -> i64 {
        if self.lots < 0 { -self.cost } else { self.cost }
    }
}

fn half_up(numerator: i128, denominator: i128) -> i128 {
    (2 * numerator + denominator).div_euclid(2 * denominator)
}
