//! Ticks: which prices an instrument has. The listed tick, and above it the steps of a table, if it was given one.

use garraway_types::TickStep;

use crate::instruments::Instrument;

/// The prices of an instrument: multiples of the listed tick, from each step on of the step's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grid<'a> {
    /// The listed tick.
    pub(crate) tick: i64,
    /// Steps by price, rising; each tick divides its `from_price`.
    pub(crate) steps: &'a [TickStep],
}

impl<'a> Grid<'a> {
    pub(crate) fn of(instrument: &'a Instrument) -> Self {
        Self { tick: instrument.terms.tick, steps: &instrument.steps }
    }

    /// How many steps lie at or below the price.
    fn steps_below(&self, price: i64) -> usize {
        self.steps.partition_point(|step| step.from_price <= price)
    }

    fn tick_at(&self, price: i64) -> i64 {
        match self.steps_below(price) {
            0 => self.tick,
            above => self.steps[above - 1].tick,
        }
    }

    pub(crate) fn is_on_tick(&self, price: i64) -> bool {
        price % self.tick_at(price) == 0
    }

    /// The highest price on tick that is not above.
    pub(crate) fn down(&self, price: i64) -> i64 {
        // A step's own first price is on its tick, so going down never leaves the step.
        price - price.rem_euclid(self.tick_at(price))
    }

    /// The lowest price on tick that is not below; the largest number where there is none.
    pub(crate) fn up(&self, price: i64) -> i64 {
        let below = self.steps_below(price);
        let tick = self.tick_at(price);
        let over = price.rem_euclid(tick);
        let up = if over == 0 { price } else { price.saturating_add(tick - over) };
        match self.steps.get(below) {
            Some(next) => up.min(next.from_price),
            None => up,
        }
    }
}

/// Whether these are the steps of a table: rising from 1 at least, each tick dividing its first price.
pub(crate) fn is_table(steps: &[TickStep]) -> bool {
    let sound = |step: &TickStep| step.from_price >= 1 && step.tick >= 1 && step.from_price % step.tick == 0;
    steps.iter().all(sound) && steps.windows(2).all(|pair| pair[0].from_price < pair[1].from_price)
}

/// Whether an order may have this price.
pub(crate) fn is_on_tick(instrument: &Instrument, price: i64) -> bool {
    Grid::of(instrument).is_on_tick(price)
}

/// The highest price on tick that is not above.
pub(crate) fn tick_down(instrument: &Instrument, price: i64) -> i64 {
    Grid::of(instrument).down(price)
}

/// The lowest price on tick that is not below.
pub(crate) fn tick_up(instrument: &Instrument, price: i64) -> i64 {
    Grid::of(instrument).up(price)
}

#[cfg(test)]
mod tests {
    use super::{Grid, is_table};
    use garraway_types::TickStep;

    fn step(from_price: i64, tick: i64) -> TickStep {
        TickStep { from_price, tick }
    }

    #[test]
    fn rounding_equals_looking_at_every_price() {
        let tables: [&[TickStep]; 5] = [
            &[],
            &[step(1, 1)],
            &[step(10, 5), step(40, 20)],
            &[step(7, 7), step(8, 2), step(12, 3)],
            &[step(30, 30), step(31, 1), step(50, 25)],
        ];
        for steps in tables {
            assert!(is_table(steps));
            for tick in [1, 2, 3, 7] {
                let grid = Grid { tick, steps };
                let naive = |price: i64| {
                    let own =
                        steps.iter().rev().find(|step| step.from_price <= price).map_or(tick, |s| s.tick);
                    price % own == 0
                };
                for price in 0..150 {
                    assert_eq!(grid.is_on_tick(price), naive(price), "{price} in {grid:?}");
                    assert_eq!(
                        Some(grid.down(price)),
                        (0..=price).rev().find(|p| naive(*p)),
                        "{price} in {grid:?}"
                    );
                    assert_eq!(Some(grid.up(price)), (price..400).find(|p| naive(*p)), "{price} in {grid:?}");
                }
            }
        }
    }

    #[test]
    fn the_largest_prices_do_not_wrap() {
        let grid = Grid { tick: 7, steps: &[step(i64::MAX, i64::MAX)] };
        assert_eq!(grid.up(i64::MAX - 3), i64::MAX);
        assert_eq!(grid.down(i64::MAX), i64::MAX);
        assert_eq!(Grid { tick: 7, steps: &[] }.up(i64::MAX), i64::MAX);
    }

    #[test]
    fn a_table_rises_and_each_tick_divides_its_first_price() {
        assert!(!is_table(&[step(0, 1)]));
        assert!(!is_table(&[step(10, 0)]));
        assert!(!is_table(&[step(10, 3)]));
        assert!(!is_table(&[step(10, 5), step(10, 2)]));
        assert!(!is_table(&[step(10, 5), step(9, 3)]));
    }
}
