//! Proof of the invariants of risk: what accounts, groups and limits name is there, buckets, guards, positions, exposures.

use std::collections::BTreeMap;

use garraway_types::{AccountId, CommandKind, code};

use crate::accounts::Account;
use crate::check::require;
use crate::day::is_date;
use crate::engine::Engine;
use crate::instruments;
use crate::positions::{collateral, most_lots};

impl Engine {
    /// Proves that everything that risk names is there; everything else of risk may rely on it.
    pub(crate) fn check_risk_references(&self) -> Result<(), String> {
        for (number, account) in self.accounts.numbered() {
            self.check_account(number, account)?;
        }
        for (number, group) in self.groups.numbered() {
            let known = group.asset == 0 || self.ledger.asset(group.asset).is_some();
            require(known, || format!("group {number} counts an unknown asset"))?;
        }
        for (account, _) in self.groups.all_traded() {
            let group = self.accounts.get(account).map_or(0, |account| account.group);
            require(group != 0, || format!("account {account} traded for no group"))?;
        }
        for (scope, id, limits) in self.limits.all() {
            let asset = limits.asset == 0 || self.ledger.asset(limits.asset).is_some();
            let needed = (limits.max_held != 0 || limits.max_loss != 0) == (limits.asset != 0);
            require(self.is_scope(scope, id) && asset && needed, || {
                format!("limits of scope {scope}, {id}: {limits:?}")
            })?;
        }
        for (scope, id) in self.limits.all_killed() {
            let known = match scope {
                code::SCOPE_VENUE => id == 0,
                code::SCOPE_GROUP => false,
                scope => self.is_scope(scope, id),
            };
            require(known, || format!("kill switch of scope {scope}, {id}"))?;
        }
        for (scope, id, instrument) in self.limits.all_restricted() {
            let known = scope != code::SCOPE_INSTRUMENT && self.is_scope(scope, id);
            require(known && self.instruments.get(instrument).is_some(), || {
                format!("restriction of scope {scope}, {id}, instrument {instrument}")
            })?;
        }
        for (account, instrument, _) in self.days.all_results() {
            let known = self.accounts.get(account).is_some() && self.instruments.get(instrument).is_some();
            require(known, || format!("result of account {account} in {instrument}"))?;
        }
        self.check_sweeps()?;
        require(self.days.last == 0 || is_date(self.days.last), || format!("date {}", self.days.last))?;
        self.check_positions()?;
        self.check_dealt()
    }

    /// Positions against the house can have come about.
    fn check_dealt(&self) -> Result<(), String> {
        for ((number, account, position), of) in self.dealt.all() {
            let fault = || format!("account {account} in {number}, position {position}: {of:?}");
            let instrument = self.instruments.get(number).ok_or_else(fault)?;
            let terms = &instrument.terms;
            let most = most_lots(terms.max_price, terms.price_value);
            let worth = |price: i64| {
                i128::from(of.lots.unsigned_abs()) * i128::from(price) * i128::from(terms.price_value)
            };
            let sound = terms.is_dealt()
                && self.accounts.get(account).is_some_and(|account| account.is_hedging == (position != 0))
                && of.lots.unsigned_abs() <= most as u64
                && (0..=of.cost).contains(&of.margin)
                && i128::from(of.cost) <= worth(terms.max_price);
            require(sound, fault)?;
        }
        Ok(())
    }

    /// What the sweeps of settlements, changes, splits and days name is there.
    fn check_sweeps(&self) -> Result<(), String> {
        let mut split = 0;
        for (place, sweep) in self.sweeps.iter().enumerate() {
            let instrument = self.instruments.get(sweep.instrument);
            let is_future = instrument.is_some_and(|of| of.listed.kind == code::FUTURE);
            let ratio = sweep.terms.iter().all(|part| (1..=1_000_000).contains(part));
            let alone = self
                .sweeps
                .iter()
                .take(place)
                .all(|other| other.instrument != sweep.instrument || other.keeps_busy() == 0);
            let sound = match CommandKind::from_code(sweep.command) {
                Some(CommandKind::EndOfDay) => sweep.instrument == 0 && sweep.stage <= 2,
                Some(CommandKind::SetReference) => is_future && alone,
                Some(CommandKind::ChangeInstrument) => instrument.is_some() && alone,
                Some(CommandKind::PayDividend) => {
                    let most =
                        |of: &instruments::Instrument| most_lots(of.terms.max_price, of.terms.price_value);
                    let amount = i128::from(sweep.terms[0]);
                    let counted = |of: &instruments::Instrument| amount * i128::from(most(of)) < 1 << 62;
                    alone && amount >= 1 && instrument.is_some_and(|of| of.terms.is_dealt() && counted(of))
                }
                Some(CommandKind::SplitInstrument) => {
                    split += 1;
                    let known = instrument.is_some() && !is_future && sweep.stage <= 3;
                    known && alone && ratio && self.splits.contains_key(&sweep.instrument)
                }
                _ => true,
            };
            require(sound, || format!("sweep {sweep:?}"))?;
        }
        require(split == self.splits.len(), || format!("{split} splits, {:?}", self.splits))
    }

    fn check_account(&self, number: u32, account: &Account) -> Result<(), String> {
        let group = account.group == 0 || self.groups.get(account.group).is_some();
        let fees = &self.groups.fees;
        let plan = account.plan == 0 || fees.place(fees.plan_at(account.plan)) == account.plan;
        let payer = self.accounts.get(account.payer);
        let clears = payer.is_some_and(|payer| {
            payer.firm == account.firm && { account.payer == number || payer.payer == account.payer }
        });
        require(group && plan && clears, || format!("account {number}: {account:?}"))
    }

    fn check_positions(&self) -> Result<(), String> {
        let mut sums = BTreeMap::<u32, i128>::new();
        for (number, account, position) in self.positions.all() {
            let fault = || format!("account {account} in {number}: {position:?}");
            let instrument = self.instruments.get(number).ok_or_else(fault)?;
            let terms = &instrument.terms;
            let sound = self.accounts.get(account).is_some()
                && instrument.listed.kind == code::FUTURE
                && (terms.min_price..=terms.max_price).contains(&position.mark)
                && position.lots.unsigned_abs() <= most_lots(terms.max_price, terms.price_value) as u64;
            require(sound, fault)?;
            let marked = position.mark == instrument.settlement || self.is_settling(number);
            require(marked, || format!("{}: settlement is {}", fault(), instrument.settlement))?;
            *sums.entry(number).or_default() += i128::from(position.lots);
        }
        match sums.into_iter().find(|(_, sum)| *sum != 0) {
            Some((number, sum)) => Err(format!("positions in {number} add up to {sum}")),
            None => Ok(()),
        }
    }

    /// Proves what follows from the rest: guards, exposures, buckets, results.
    pub(crate) fn check_risk(&self) -> Result<(), String> {
        self.check_risk_references()?;
        for (number, account) in self.accounts.numbered() {
            let guard = self.guard_of(number, account);
            require(guard == account.guard, || format!("guard of account {number}: {}", account.guard))?;
            let assets = self.loss_assets(number, account);
            require(self.days.tracked(number) == assets, || format!("assets of account {number}"))?;
            for (instrument, _) in self.days.results(number) {
                let of = self.instruments.get(instrument).map_or(0, |of| of.terms.quote.0);
                require(assets.contains(&of), || format!("result of account {number} in {instrument}"))?;
            }
        }
        for (scope, id, bucket) in self.limits.buckets() {
            let rate = match (scope, self.accounts.get(id)) {
                (code::SCOPE_ACCOUNT, Some(account)) => self.rate_of(id, account),
                _ => self.limits.get(scope, id).max_rate,
            };
            let most = u64::from(bucket.rate) * 1_000_000_000;
            let sound = bucket.rate == rate && bucket.units <= most && bucket.at_ns <= self.last_at;
            require(sound, || format!("bucket of scope {scope}, {id}: {bucket:?}, the rate is {rate}"))?;
        }
        for instrument in self.instruments.all() {
            let number = instrument.terms.number;
            let bits = instruments::guard::FUTURE | instruments::guard::LIMITS | instruments::guard::TALLY;
            let guard = self.instrument_risk(instrument);
            require(instrument.guard & bits == guard, || format!("guard of {number}: {}", instrument.guard))?;
            let marked = instrument.guard & instruments::guard::SWEPT != 0;
            require(self.is_swept(number) == marked, || format!("mark of a sweep at work on {number}"))?;
        }
        let exposures = self.exposures_of_orders();
        require(self.exposures == exposures, || {
            format!("exposures are {:?}, orders make {exposures:?}", self.exposures)
        })
    }

    /// What accounts hold for positions, by asset and account.
    pub(crate) fn collaterals(&self, held: &mut BTreeMap<(u32, u32), i128>) {
        for (number, account, position) in self.positions.all() {
            let Some(instrument) = self.instruments.get(number) else { continue };
            let AccountId(payer) = self.accounts.payer(account);
            let terms = &instrument.terms;
            *held.entry((terms.quote.0, payer)).or_default() += i128::from(collateral(terms, position));
        }
        for ((number, account, _), position) in self.dealt.all() {
            let Some(instrument) = self.instruments.get(number) else { continue };
            let AccountId(payer) = self.accounts.payer(account);
            *held.entry((instrument.terms.quote.0, payer)).or_default() += i128::from(position.margin);
        }
    }
}
