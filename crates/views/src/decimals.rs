//! Integers as decimal text: the only place where units become what people and JSON read.

use std::fmt::Write;

/// Decimals of price units and lots, which are given in 1e-9 of a whole.
pub const NANO: u32 = 9;

/// Writes `number` units of 10^-`decimals`; of the decimals beyond the first `shown` trailing zeros are left out.
pub fn write_scaled(out: &mut String, number: i128, decimals: u32, shown: u32) {
    let one = 10u128.pow(decimals);
    let (whole, mut part) = (number.unsigned_abs() / one, number.unsigned_abs() % one);
    if number < 0 {
        out.push('-');
    }
    // Writing into a string never fails.
    let _ = write!(out, "{whole}");
    let mut width = decimals;
    while width > shown && part.is_multiple_of(10) {
        (part, width) = (part / 10, width - 1);
    }
    if width > 0 {
        let _ = write!(out, ".{part:0width$}", width = width as usize);
    }
}

/// Decimals that show every multiple of `nano`: 2 for 10,000,000.
pub fn decimals_of(nano: i128) -> u32 {
    let (mut nano, mut decimals) = (nano, NANO);
    while decimals > 0 && nano % 10 == 0 {
        (nano, decimals) = (nano / 10, decimals - 1);
    }
    decimals
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(number: i128, decimals: u32, shown: u32) -> String {
        let mut out = String::new();
        write_scaled(&mut out, number, decimals, shown);
        out
    }

    #[test]
    fn zeros_beyond_the_decimals_shown_are_left_out() {
        assert_eq!(text(101_250_000_000, 9, 2), "101.25");
        assert_eq!(text(101_000_000_000, 9, 2), "101.00");
        assert_eq!(text(101_000_000_001, 9, 2), "101.000000001");
        assert_eq!(text(3_000_000_000, 9, 0), "3");
        assert_eq!(text(-5, 2, 2), "-0.05");
        assert_eq!(text(-50, 2, 0), "-0.5");
        assert_eq!(text(0, 8, 2), "0.00");
        assert_eq!(text(7, 0, 0), "7");
    }

    #[test]
    fn the_ends_of_the_numbers_are_written_whole() {
        assert_eq!(text(i128::from(i64::MIN), 8, 8), "-92233720368.54775808");
        assert_eq!(text(i128::MIN, 0, 0), "-170141183460469231731687303715884105728");
    }

    #[test]
    fn decimals_show_every_tick() {
        assert_eq!(decimals_of(10_000_000), 2);
        assert_eq!(decimals_of(1), 9);
        assert_eq!(decimals_of(1_000_000_000), 0);
        assert_eq!(decimals_of(25_000_000), 3);
    }
}
