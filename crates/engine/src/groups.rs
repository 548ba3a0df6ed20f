//! Fee plans, groups of accounts with their tiers, and what accounts traded in the month.
//!
//! Orders and accounts bear the place of a pair of rates in [`FeeTable`], not the number of a plan: a plan that is redefined while open
//! orders keep its old rates takes another place.

use std::collections::BTreeMap;

use garraway_types::Reject;

use crate::restore::{Read, Reader};
use crate::snapshot::Writer;

/// A pair of fee rates, in 1e-9 of the value traded; rebates where they are negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rates {
    pub(crate) maker: i64,
    pub(crate) taker: i64,
}

impl Rates {
    /// What a hold must reckon with.
    #[inline(always)]
    pub(crate) fn hold(self) -> i64 {
        self.maker.max(self.taker).max(0)
    }
}

/// Places of a table of rates; place 0 stands for the instruments' own.
pub(crate) const PLACES: usize = 256;

/// The rates of plans, by place.
#[derive(Clone, Debug)]
pub(crate) struct FeeTable {
    rates: Box<[Rates; PLACES]>,
    /// The plan whose rates stand there, 0 for none. Of several places with one plan, `current` has the one that counts.
    plans: [u8; PLACES],
    current: BTreeMap<u8, u8>,
}

impl Default for FeeTable {
    fn default() -> Self {
        Self { rates: Box::new([Rates::default(); PLACES]), plans: [0; PLACES], current: BTreeMap::new() }
    }
}

impl FeeTable {
    /// The rates that stand at a place other than 0.
    #[inline(always)]
    pub(crate) fn at(&self, place: u8) -> Rates {
        self.rates[usize::from(place)]
    }

    /// The place of a plan's rates, 0 for plan 0 and for plans that are not defined.
    pub(crate) fn place(&self, plan: u8) -> u8 {
        self.current.get(&plan).copied().unwrap_or(0)
    }

    /// The plan whose rates stand at a place.
    pub(crate) fn plan_at(&self, place: u8) -> u8 {
        self.plans[usize::from(place)]
    }

    pub(crate) fn is_defined(&self, plan: u8) -> bool {
        self.current.contains_key(&plan)
    }

    /// Defines or redefines a plan; `used` says at which places open orders keep their rates. Returns the plan's place.
    pub(crate) fn define(&mut self, plan: u8, rates: Rates, used: &[bool; PLACES]) -> Result<u8, Reject> {
        if let Some(place) = self.current.get(&plan).copied()
            && (!used[usize::from(place)] || self.at(place) == rates)
        {
            self.rates[usize::from(place)] = rates;
            return Ok(place);
        }
        let current: Vec<u8> = self.current.values().copied().collect();
        let free = |place: &usize| !used[*place] && !current.contains(&(*place as u8));
        let place = (1..PLACES).find(free).ok_or(Reject::WorkFull)?;
        self.put(place as u8, plan, rates);
        self.current.insert(plan, place as u8);
        Ok(place as u8)
    }

    fn put(&mut self, place: u8, plan: u8, rates: Rates) {
        self.rates[usize::from(place)] = rates;
        self.plans[usize::from(place)] = plan;
    }

    /// Places that are in use: place, plan, rates, whether they are what the plan gives now.
    fn in_use<'a>(&'a self, used: &'a [bool; PLACES]) -> impl Iterator<Item = (u8, u8, Rates, bool)> + 'a {
        (1..=u8::MAX).filter_map(move |place| {
            let plan = self.plan_at(place);
            let is_current = plan != 0 && self.place(plan) == place;
            (is_current || used[usize::from(place)]).then_some((place, plan, self.at(place), is_current))
        })
    }

    pub(crate) fn write(&self, used: &[bool; PLACES], out: &mut Writer<'_>) {
        for (place, plan, rates, is_current) in self.in_use(used) {
            out.u8(place);
            out.u8(plan);
            out.u8(u8::from(is_current));
            out.i64(rates.maker);
            out.i64(rates.taker);
        }
    }

    pub(crate) fn read(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let (place, plan, is_current) = (reader.u8()?, reader.u8()?, reader.u8()?);
        let rates = Rates { maker: reader.i64()?, taker: reader.i64()? };
        let sound = place > 0 && plan > 0 && is_current <= 1 && is_rate(rates.maker) && is_rate(rates.taker);
        reader.require(sound && self.plan_at(place) == 0, "a fee plan that was never defined")?;
        self.put(place, plan, rates);
        let before = if is_current == 1 { self.current.insert(plan, place) } else { None };
        reader.require(before.is_none(), "a fee plan twice")
    }
}

/// From this traded value on, this plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tier {
    pub(crate) traded: i64,
    pub(crate) plan: u8,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) name: [u8; 16],
    /// The asset whose traded value is counted, 0 without tiers.
    pub(crate) asset: u32,
    pub(crate) tiers: Vec<Tier>,
}

impl Group {
    /// The plan of an account that traded this much.
    pub(crate) fn plan(&self, traded: i64) -> u8 {
        self.tiers.iter().rev().find(|tier| tier.traded <= traded).map_or(0, |tier| tier.plan)
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Groups {
    pub(crate) fees: FeeTable,
    all: BTreeMap<u16, Group>,
    /// Value traded since the month began, of accounts whose groups have tiers; none is zero.
    traded: BTreeMap<u32, i64>,
}

impl Groups {
    pub(crate) fn get(&self, group: u16) -> Option<&Group> {
        self.all.get(&group)
    }

    pub(crate) fn define(&mut self, number: u16, group: Group) {
        self.all.insert(number, group);
    }

    pub(crate) fn by_name(&self, name: &[u8; 16]) -> Option<u16> {
        self.all.iter().find(|(_, group)| group.name == *name).map(|(number, _)| *number)
    }

    pub(crate) fn numbered(&self) -> impl Iterator<Item = (u16, &Group)> {
        self.all.iter().map(|(number, group)| (*number, group))
    }

    /// What the account traded since the month began.
    pub(crate) fn traded(&self, account: u32) -> i64 {
        self.traded.get(&account).copied().unwrap_or(0)
    }

    /// Counts a trade; the sum stays at the largest number of 63 bits.
    pub(crate) fn count_traded(&mut self, account: u32, value: i64) {
        let traded = self.traded.entry(account).or_default();
        *traded = traded.saturating_add(value);
    }

    pub(crate) fn restart_traded(&mut self, account: u32) {
        self.traded.remove(&account);
    }

    /// Accounts that traded, by number.
    pub(crate) fn all_traded(&self) -> impl Iterator<Item = (u32, i64)> {
        self.traded.iter().map(|(account, traded)| (*account, *traded))
    }

    pub(crate) fn write(&self, out: &mut Writer<'_>) {
        for (number, group) in &self.all {
            out.u16(*number);
            out.bytes(&group.name);
            out.u32(group.asset);
            out.u16(group.tiers.len() as u16);
            for tier in &group.tiers {
                out.i64(tier.traded);
                out.u8(tier.plan);
            }
        }
    }

    pub(crate) fn read(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let (number, name, asset) = (reader.u16()?, reader.array()?, reader.u32()?);
        let count = reader.u16()?;
        let tier = |reader: &mut Reader<'_>| Ok(Tier { traded: reader.i64()?, plan: reader.u8()? });
        let tiers: Read<Vec<Tier>> = (0..count).map(|_| tier(reader)).collect();
        let group = Group { name, asset, tiers: tiers? };
        let sound = (1..=garraway_types::limits::MAX_GROUP).contains(&number)
            && tiers_rise(&group.tiers)
            && (asset == 0) == group.tiers.is_empty()
            && group.tiers.iter().all(|tier| tier.plan == 0 || self.fees.is_defined(tier.plan));
        reader.require(sound, "a group that was never defined")?;
        reader.require(self.by_name(&group.name).is_none(), "two groups of one name")?;
        let before = self.all.insert(number, group);
        reader.require(before.is_none(), "a group twice")
    }

    pub(crate) fn write_traded(&self, out: &mut Writer<'_>) {
        for (account, traded) in &self.traded {
            out.u32(*account);
            out.i64(*traded);
        }
    }

    pub(crate) fn read_traded(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let (account, traded) = (reader.u32()?, reader.i64()?);
        reader.require(traded > 0, "a traded value that is not positive")?;
        let before = self.traded.insert(account, traded);
        reader.require(before.is_none(), "a traded value twice")
    }
}

/// Whether a plan may have this rate.
pub(crate) fn is_rate(rate: i64) -> bool {
    rate.unsigned_abs() <= garraway_types::limits::MAX_FEE_RATE as u64
}

/// Whether tiers rise strictly from 0 or more.
pub(crate) fn tiers_rise(tiers: &[Tier]) -> bool {
    tiers.first().is_none_or(|tier| tier.traded >= 0)
        && tiers.windows(2).all(|pair| pair[0].traded < pair[1].traded)
}

#[cfg(test)]
mod tests {
    use super::{FeeTable, Group, PLACES, Rates, Tier};
    use garraway_types::Reject;

    #[test]
    fn a_plan_redefined_while_orders_keep_its_rates_takes_another_place() {
        let (mut fees, mut used) = (FeeTable::default(), [false; PLACES]);
        let rates = |maker| Rates { maker, taker: 0 };
        assert_eq!([fees.define(7, rates(1), &used), fees.define(9, rates(2), &used)], [Ok(1), Ok(2)]);
        assert_eq!(fees.define(7, rates(3), &used), Ok(1), "nobody keeps the old rates");
        used[1] = true;
        assert_eq!(fees.define(7, rates(3), &used), Ok(1), "the rates are the same");
        assert_eq!(fees.define(7, rates(4), &used), Ok(3));
        assert_eq!((fees.at(1), fees.at(3), fees.place(7)), (rates(3), rates(4), 3));
        used = [true; PLACES];
        assert_eq!(fees.define(7, rates(5), &used), Err(Reject::WorkFull));
        used[1] = false;
        assert_eq!(fees.define(7, rates(5), &used), Ok(1));
    }

    #[test]
    fn a_tier_counts_from_its_traded_value_on() {
        let tiers =
            vec![Tier { traded: 10, plan: 3 }, Tier { traded: 20, plan: 0 }, Tier { traded: 30, plan: 9 }];
        let group = Group { name: [0; 16], asset: 1, tiers };
        let plans = [0, 9, 10, 19, 20, 29, 30, i64::MAX].map(|traded| group.plan(traded));
        assert_eq!(plans, [0, 0, 3, 3, 0, 0, 9, 9]);
    }
}
