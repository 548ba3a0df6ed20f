//! The business day: its date, and the results that accounts under a limit of losses made since it began.

use std::collections::BTreeMap;

use crate::restore::{Read, Reader};
use crate::snapshot::Writer;

/// What an account's trades in an instrument brought since the day began: money, and lots to be valued at the last price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DayResult {
    pub(crate) paid: i128,
    /// Within [`MOST_LOTS`], which only splits come near.
    pub(crate) lots: i64,
}

const MOST_LOTS: i64 = 1 << 62;

impl DayResult {
    /// The result with so many lots, or the nearest number that can be kept.
    pub(crate) fn with_lots(self, lots: i128) -> Self {
        let most = i128::from(MOST_LOTS);
        Self { lots: lots.clamp(-most, most) as i64, ..self }
    }

    /// What it is worth at a price, `price_value` for one price unit and lot.
    pub(crate) fn worth(&self, price: i64, price_value: i64) -> i128 {
        let lots = i128::from(self.lots) * i128::from(price);
        self.paid.saturating_add(lots.saturating_mul(i128::from(price_value)))
    }
}

/// What is known of days.
#[derive(Clone, Debug, Default)]
pub(crate) struct Days {
    /// The date that ended last, 0 at first.
    pub(crate) last: u32,
    /// By account and instrument; nothing where nothing was traded.
    results: BTreeMap<(u32, u32), DayResult>,
    /// By account, the assets in which its losses are limited. Follows from limits and groups.
    tracked: BTreeMap<u32, [u32; 2]>,
}

impl Days {
    /// The assets in which results of the account are kept, 0 for none.
    pub(crate) fn tracked(&self, account: u32) -> [u32; 2] {
        self.tracked.get(&account).copied().unwrap_or_default()
    }

    pub(crate) fn track(&mut self, account: u32, assets: [u32; 2]) {
        if assets == [0; 2] {
            self.tracked.remove(&account);
        } else {
            self.tracked.insert(account, assets);
        }
    }

    /// The results of an account by instrument.
    pub(crate) fn results(&self, account: u32) -> impl Iterator<Item = (u32, &DayResult)> {
        let of = self.results.range((account, 0)..=(account, u32::MAX));
        of.map(|((_, instrument), result)| (*instrument, result))
    }

    /// Counts a trade of an account under a limit of losses.
    pub(crate) fn count(&mut self, account: u32, instrument: u32, paid: i128, lots: i64) {
        let result = self.results.entry((account, instrument)).or_default();
        result.paid += paid;
        *result = result.with_lots(i128::from(result.lots) + i128::from(lots));
        if *result == DayResult::default() {
            self.results.remove(&(account, instrument));
        }
    }

    /// Starts the result of an account in an instrument anew.
    pub(crate) fn put(&mut self, account: u32, instrument: u32, result: DayResult) {
        if result == DayResult::default() {
            self.results.remove(&(account, instrument));
        } else {
            self.results.insert((account, instrument), result);
        }
    }

    /// Account, instrument, result.
    pub(crate) fn all_results(&self) -> impl Iterator<Item = (u32, u32, &DayResult)> {
        self.results.iter().map(|((account, instrument), result)| (*account, *instrument, result))
    }

    pub(crate) fn write(&self, out: &mut Writer<'_>) {
        for ((account, instrument), result) in &self.results {
            out.u32(*account);
            out.u32(*instrument);
            out.i128(result.paid);
            out.i64(result.lots);
        }
    }

    pub(crate) fn read(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let key = (reader.u32()?, reader.u32()?);
        let result = DayResult { paid: reader.i128()?, lots: reader.i64()? };
        let counted =
            result.paid.unsigned_abs() <= 1 << 116 && (-MOST_LOTS..=MOST_LOTS).contains(&result.lots);
        reader.require(
            counted && result != DayResult::default(),
            "a day's result that cannot have come about",
        )?;
        let before = self.results.insert(key, result);
        reader.require(before.is_none(), "a day's result twice")
    }
}

/// Whether a number is a day of the calendar: yyyymmdd, from the year 1 to 9999.
pub(crate) fn is_date(date: u32) -> bool {
    let (year, month, day) = (date / 10_000, date / 100 % 100, date % 100);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    (1..=9_999).contains(&year) && (1..=12).contains(&month) && (1..=days).contains(&day)
}

/// Whether two dates lie in the same month.
pub(crate) fn is_same_month(a: u32, b: u32) -> bool {
    a / 100 == b / 100
}

#[cfg(test)]
mod tests {
    use super::{DayResult, is_date};

    #[test]
    fn dates_are_days_of_the_calendar() {
        for date in [20_260_131, 20_240_229, 20_000_229, 10_101, 99_991_231] {
            assert!(is_date(date), "{date}");
        }
        for date in [0, 20_260_132, 20_260_229, 19_000_229, 20_261_301, 20_260_100, 101, 100_000_101] {
            assert!(!is_date(date), "{date}");
        }
    }

    #[test]
    fn a_result_is_money_and_lots_at_the_last_price() {
        let bought = DayResult { paid: -1_003, lots: 10 };
        assert_eq!((bought.worth(100, 1), bought.worth(90, 1)), (-3, -103));
    }
}
