//! Limits, rates, kill switches and restricted lists: what was set, and the buckets that orders draw on.

use std::collections::{BTreeMap, BTreeSet};

use garraway_types::{Reject, code};

use crate::restore::{Read, Reader};
use crate::snapshot::Writer;

/// The limits of an account, a group, a firm or an instrument; 0 is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LimitSet {
    pub(crate) asset: u32,
    pub(crate) max_rate: u32,
    pub(crate) max_open_orders: u32,
    pub(crate) max_quantity: i64,
    pub(crate) max_notional: i64,
    pub(crate) max_position: i64,
    pub(crate) max_held: i64,
    pub(crate) max_loss: i64,
}

impl LimitSet {
    /// Whether it limits nothing.
    pub(crate) fn is_none(&self) -> bool {
        Self { asset: 0, ..*self } == Self::default()
    }

    /// Judges the values of a set for a scope.
    pub(crate) fn is_sound(&self, scope: u8) -> bool {
        let lowest = [self.max_quantity, self.max_notional, self.max_position, self.max_held, self.max_loss]
            .into_iter()
            .min();
        lowest.is_some_and(|lowest| lowest >= 0)
            && match scope {
                code::SCOPE_INSTRUMENT => self.max_position == 0 && self.max_held == 0 && self.max_loss == 0,
                code::SCOPE_FIRM => self.max_position == 0 && self.max_loss == 0,
                _ => true,
            }
    }
}

/// Units that an order costs.
const ORDER_UNITS: u64 = 1_000_000_000;

/// A bucket of orders, filled by its rate; full where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bucket {
    /// Orders in a second, and the most it holds.
    pub(crate) rate: u32,
    /// Units left at `at_ns`, in 1e-9 of an order.
    pub(crate) units: u64,
    pub(crate) at_ns: i64,
}

impl Bucket {
    /// A full one.
    pub(crate) fn full(rate: u32, at_ns: i64) -> Self {
        Self { rate, units: u64::from(rate) * ORDER_UNITS, at_ns }
    }

    /// The bucket as it is later.
    pub(crate) fn later(self, at_ns: i64) -> Self {
        let gained = u128::from(self.rate) * u128::from((at_ns - self.at_ns) as u64);
        let most = u128::from(self.rate) * u128::from(ORDER_UNITS);
        let units = (u128::from(self.units) + gained).min(most) as u64;
        Self { units, at_ns, ..self }
    }

    /// What is left when an order has drawn on it; `None` with too little.
    pub(crate) fn charged(self) -> Option<Self> {
        self.units.checked_sub(ORDER_UNITS).map(|units| Self { units, ..self })
    }
}

/// The lower of two limits of which 0 is none.
pub(crate) fn lower(a: i64, b: i64) -> i64 {
    if a == 0 || b != 0 && b < a { b } else { a }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Limits {
    sets: BTreeMap<(u8, u32), LimitSet>,
    buckets: BTreeMap<(u8, u32), Bucket>,
    killed: BTreeSet<(u8, u32)>,
    restricted: BTreeSet<(u8, u32, u32)>,
}

impl Limits {
    /// The limits set for a scope; none where there are none.
    pub(crate) fn get(&self, scope: u8, id: u32) -> LimitSet {
        self.sets.get(&(scope, id)).copied().unwrap_or_default()
    }

    pub(crate) fn set(&mut self, scope: u8, id: u32, limits: LimitSet) {
        if limits.is_none() {
            self.sets.remove(&(scope, id));
        } else {
            self.sets.insert((scope, id), limits);
        }
    }

    /// Scope, number and limits of all that were set.
    pub(crate) fn all(&self) -> impl Iterator<Item = (u8, u32, &LimitSet)> {
        self.sets.iter().map(|((scope, id), limits)| (*scope, *id, limits))
    }

    pub(crate) fn set_kill(&mut self, scope: u8, id: u32, on: bool) {
        if on {
            self.killed.insert((scope, id))
        } else {
            self.killed.remove(&(scope, id))
        };
    }

    pub(crate) fn is_killed(&self, scope: u8, id: u32) -> bool {
        self.killed.contains(&(scope, id))
    }

    pub(crate) fn all_killed(&self) -> impl Iterator<Item = (u8, u32)> {
        self.killed.iter().copied()
    }

    pub(crate) fn restrict(&mut self, scope: u8, id: u32, instrument: u32, on: bool) {
        let key = (scope, id, instrument);
        if on {
            self.restricted.insert(key)
        } else {
            self.restricted.remove(&key)
        };
    }

    pub(crate) fn is_restricted(&self, scope: u8, id: u32, instrument: u32) -> bool {
        self.restricted.contains(&(scope, id, instrument))
    }

    /// Scope, number and instrument of each restriction.
    pub(crate) fn all_restricted(&self) -> impl Iterator<Item = (u8, u32, u32)> {
        self.restricted.iter().copied()
    }

    /// Whether the scope has a list of restricted instruments.
    pub(crate) fn has_list(&self, scope: u8, id: u32) -> bool {
        self.restricted.range((scope, id, 0)..=(scope, id, u32::MAX)).next().is_some()
    }

    /// Draws one order from each bucket given by scope, number and rate; from none if one has too little.
    pub(crate) fn draw(&mut self, rates: &[(u8, u32, u32)], at_ns: i64) -> Result<(), Reject> {
        let charged: Option<Vec<_>> = rates
            .iter()
            .map(|(scope, id, rate)| {
                let bucket = self.buckets.get(&(*scope, *id)).copied();
                let bucket = bucket.unwrap_or(Bucket::full(*rate, at_ns)).later(at_ns);
                Some(((*scope, *id), bucket.charged()?))
            })
            .collect();
        self.buckets.extend(charged.ok_or(Reject::RateExceeded)?);
        Ok(())
    }

    /// The rate of a scope's bucket is this one now: where it was another, the bucket is full.
    pub(crate) fn rate_is(&mut self, scope: u8, id: u32, rate: u32) {
        if self.buckets.get(&(scope, id)).is_some_and(|bucket| bucket.rate != rate) {
            self.buckets.remove(&(scope, id));
        }
    }

    /// Scope, number and bucket of those that were drawn on.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = (u8, u32, &Bucket)> {
        self.buckets.iter().map(|((scope, id), bucket)| (*scope, *id, bucket))
    }

    pub(crate) fn write_sets(&self, out: &mut Writer<'_>) {
        for ((scope, id), set) in &self.sets {
            out.u8(*scope);
            out.u32(*id);
            out.u32(set.asset);
            out.u32(set.max_rate);
            out.u32(set.max_open_orders);
            for most in [set.max_quantity, set.max_notional, set.max_position, set.max_held, set.max_loss] {
                out.i64(most);
            }
        }
    }

    pub(crate) fn read_set(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let (scope, id) = (reader.u8()?, reader.u32()?);
        let set = LimitSet {
            asset: reader.u32()?,
            max_rate: reader.u32()?,
            max_open_orders: reader.u32()?,
            max_quantity: reader.i64()?,
            max_notional: reader.i64()?,
            max_position: reader.i64()?,
            max_held: reader.i64()?,
            max_loss: reader.i64()?,
        };
        let sound = (code::SCOPE_ACCOUNT..=code::SCOPE_INSTRUMENT).contains(&scope)
            && set.is_sound(scope)
            && !set.is_none();
        reader.require(sound, "limits that were never set")?;
        let before = self.sets.insert((scope, id), set);
        reader.require(before.is_none(), "limits twice")
    }

    pub(crate) fn write_buckets(&self, out: &mut Writer<'_>) {
        for ((scope, id), bucket) in &self.buckets {
            out.u8(*scope);
            out.u32(*id);
            out.u32(bucket.rate);
            out.u64(bucket.units);
            out.i64(bucket.at_ns);
        }
    }

    pub(crate) fn read_bucket(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let key = (reader.u8()?, reader.u32()?);
        let bucket = Bucket { rate: reader.u32()?, units: reader.u64()?, at_ns: reader.i64()? };
        let before = self.buckets.insert(key, bucket);
        reader.require(before.is_none(), "a bucket twice")
    }

    pub(crate) fn write_kills(&self, out: &mut Writer<'_>) {
        for (scope, id) in &self.killed {
            out.u8(*scope);
            out.u32(*id);
        }
    }

    pub(crate) fn read_kill(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let key = (reader.u8()?, reader.u32()?);
        let new = self.killed.insert(key);
        reader.require(new, "a kill switch twice")
    }

    pub(crate) fn write_restrictions(&self, out: &mut Writer<'_>) {
        for (scope, id, instrument) in &self.restricted {
            out.u8(*scope);
            out.u32(*id);
            out.u32(*instrument);
        }
    }

    pub(crate) fn read_restriction(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let key = (reader.u8()?, reader.u32()?, reader.u32()?);
        let new = self.restricted.insert(key);
        reader.require(new, "a restriction twice")
    }
}

#[cfg(test)]
mod tests {
    use super::{Bucket, Limits, lower};
    use garraway_types::Reject;

    #[test]
    fn a_bucket_gains_its_rate_and_overflows_when_full() {
        let full = Bucket::full(2, 100);
        let (once, spent) = (full.charged().unwrap(), full.charged().and_then(Bucket::charged).unwrap());
        assert_eq!((once.units, spent.units, spent.charged()), (1_000_000_000, 0, None));
        assert_eq!(spent.later(100 + 499_999_999).charged(), None);
        assert_eq!(spent.later(100 + 500_000_000).charged().unwrap().units, 0);
        assert_eq!(once.later(i64::MAX).units, 2_000_000_000);
    }

    #[test]
    fn all_buckets_must_have_enough_before_any_is_charged() {
        let mut limits = Limits::default();
        let rates = [(1, 16, 5), (3, 1, 1)];
        assert_eq!(limits.draw(&rates, 0), Ok(()));
        assert_eq!(limits.draw(&rates, 10), Err(Reject::RateExceeded));
        let left: Vec<u64> = limits.buckets().map(|(_, _, bucket)| bucket.units).collect();
        assert_eq!(left, [4_000_000_000, 0]);
        limits.rate_is(3, 1, 1);
        assert_eq!(limits.draw(&rates, 10), Err(Reject::RateExceeded));
        limits.rate_is(3, 1, 2);
        assert_eq!(limits.draw(&[(3, 1, 2)], 10), Ok(()));
    }

    #[test]
    fn of_two_limits_the_lower_counts_and_zero_is_none() {
        assert_eq!([lower(0, 0), lower(0, 5), lower(5, 0), lower(3, 5), lower(5, 3)], [0, 5, 5, 3, 3]);
    }
}
