//! What an account traded in an instrument: lots and their exact cost, never an average price.

/// A position. Deposits and withdrawals are no trades: of spot it is what trading brought, not what the account has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Lots, negative when short.
    pub lots: i128,
    /// What the open lots cost, in ledger units of the quote asset; negative when short: what they brought.
    pub cost: i128,
    /// Gains of what was closed, fees left out.
    pub realised: i128,
    /// Fees paid.
    pub fees: i128,
}

impl Position {
    /// Takes a trade of lots (negative when sold) worth `value`.
    ///
    /// The cost of the part that closes is its share of the whole, halves up; the rest stays with what is open, so that cost
    /// and gains always add up to what was paid and got.
    pub fn trade(&mut self, lots: i128, value: i128) {
        let paid = if lots < 0 { -value } else { value };
        if self.lots == 0 || (self.lots > 0) == (lots > 0) {
            self.lots += lots;
            self.cost += paid;
            return;
        }
        let closing = lots.abs().min(self.lots.abs());
        // A trade's value is a whole number for each lot.
        let closing_paid = paid / lots.abs() * closing;
        let share = share(self.cost, closing, self.lots.abs());
        self.realised -= share + closing_paid;
        self.cost += paid - closing_paid - share;
        self.lots += lots;
    }

    /// Takes a fill that the house dealt; its gain follows.
    pub fn deal(&mut self, lots: i128, value: i128) {
        self.lots += lots;
        self.cost += if lots < 0 { -value } else { value };
    }

    /// Takes the gain of a fill that the house dealt: so much less is still in the cost.
    pub fn gain(&mut self, gain: i128) {
        self.cost += gain;
        self.realised += gain;
    }

    /// Takes a split: new ones for old ones. The cost stays.
    pub fn split(&mut self, new: i128, old: i128) {
        self.lots = (self.lots * new).div_euclid(old);
    }
}

/// `part` of `whole` of a cost, halves up.
fn share(cost: i128, part: i128, whole: i128) -> i128 {
    // Quotient and rest apart, so that nothing is multiplied beyond its room.
    let (each, rest) = (cost.div_euclid(whole), cost.rem_euclid(whole));
    each * part + (2 * rest * part + whole).div_euclid(2 * whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gains_and_cost_add_up_to_what_was_paid() {
        let mut position = Position::default();
        position.trade(3, 100);
        position.trade(-1, 40);
        // A third of 100 is 33: 67 stays with the two that are left.
        assert_eq!(position, Position { lots: 2, cost: 67, realised: 7, fees: 0 });
        position.trade(-2, 60);
        assert_eq!(position, Position { lots: 0, cost: 0, realised: 0, fees: 0 });
    }

    #[test]
    fn a_trade_beyond_the_position_opens_the_other_side() {
        let mut position = Position::default();
        position.trade(-2, 20);
        assert_eq!((position.lots, position.cost), (-2, -20));
        position.trade(5, 40);
        assert_eq!(position, Position { lots: 3, cost: 24, realised: 4, fees: 0 });
    }
}
