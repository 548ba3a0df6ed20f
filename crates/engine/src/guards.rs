//! What is special about accounts and instruments: bytes that follow from limits, groups and switches, so that the plain path looks at one.

use garraway_types::code;

use crate::accounts::{Account, guard};
use crate::day::DayResult;
use crate::engine::Engine;
use crate::instruments::{self, Instrument};
use crate::limit_sets::{LimitSet, lower};

/// Bits of an account for which events are counted.
const COUNTED: u8 = guard::TIERED | guard::RESULT | guard::EXPOSED;

impl Engine {
    /// Gives an account the plan of its group for what it traded. Returns whether it is another.
    pub(crate) fn look_at_tier(&mut self, number: u32) -> bool {
        let traded = self.groups.traded(number);
        let account = self.accounts.of_order(number);
        let plan = self.groups.get(account.group).map_or(0, |group| group.plan(traded));
        let place = self.groups.fees.place(plan);
        std::mem::replace(&mut account.plan, place) != place
    }

    /// After a change of what applies to an account: its guard, its bucket, its day's results.
    pub(crate) fn look_at_account(&mut self, number: u32) {
        let account = *self.accounts.of_order(number);
        let bits = self.guard_of(number, &account);
        let before = std::mem::replace(&mut self.accounts.of_order(number).guard, bits);
        self.recount |= (before ^ bits) & guard::EXPOSED != 0;
        self.counting |= bits & COUNTED != 0;
        self.limits.rate_is(code::SCOPE_ACCOUNT, number, self.rate_of(number, &account));
        let assets = self.loss_assets(number, &account);
        self.look_at_results(number, assets);
    }

    /// After a change of what applies to a scope.
    pub(crate) fn look_at_scope(&mut self, scope: u8, id: u32) {
        match scope {
            code::SCOPE_ACCOUNT => self.look_at_account(id),
            code::SCOPE_GROUP => {
                self.accounts
                    .of_group(id as u16)
                    .into_iter()
                    .for_each(|account| self.look_at_account(account));
            }
            code::SCOPE_FIRM => {
                self.limits.rate_is(scope, id, self.limits.get(scope, id).max_rate);
                self.accounts.of_firm(id).into_iter().for_each(|account| self.look_at_account(account));
            }
            code::SCOPE_INSTRUMENT => {
                self.limits.rate_is(scope, id, self.limits.get(scope, id).max_rate);
                self.look_at_instrument(id);
            }
            _ => self.guard = u8::from(self.limits.is_killed(code::SCOPE_VENUE, 0)),
        }
    }

    /// After a restart: everything that follows from the rest.
    pub(crate) fn look_at_all(&mut self) {
        let accounts: Vec<(u32, Account)> =
            self.accounts.numbered().map(|(n, account)| (n, *account)).collect();
        for (number, account) in accounts {
            let guard = self.guard_of(number, &account);
            self.accounts.of_order(number).guard = guard;
            self.counting |= guard & COUNTED != 0;
            self.days.track(number, self.loss_assets(number, &account));
        }
        let instruments: Vec<u32> =
            self.instruments.all().map(|instrument| instrument.terms.number).collect();
        instruments.into_iter().for_each(|instrument| self.look_at_instrument(instrument));
        let swept: Vec<u32> = self.sweeps.iter().map(|sweep| sweep.keeps_busy()).collect();
        swept.into_iter().for_each(|number| self.mark_swept(number));
        self.look_at_scope(code::SCOPE_VENUE, 0);
        self.recount = true;
        self.recount();
    }

    /// The limits of an account's own, of its group, of its firm.
    pub(crate) fn limits_of(&self, number: u32, account: &Account) -> [LimitSet; 3] {
        let group = u32::from(account.group);
        [
            self.limits.get(code::SCOPE_ACCOUNT, number),
            if group == 0 { LimitSet::default() } else { self.limits.get(code::SCOPE_GROUP, group) },
            self.limits.get(code::SCOPE_FIRM, account.firm),
        ]
    }

    /// The lower of the rates of an account and its group.
    pub(crate) fn rate_of(&self, number: u32, account: &Account) -> u32 {
        let [own, group, _] = self.limits_of(number, account);
        lower(i64::from(own.max_rate), i64::from(group.max_rate)) as u32
    }

    /// The assets in which an account's losses are limited, 0 for none.
    pub(crate) fn loss_assets(&self, number: u32, account: &Account) -> [u32; 2] {
        let [own, group, _] = self.limits_of(number, account);
        let asset_of = |limits: LimitSet| if limits.max_loss == 0 { 0 } else { limits.asset };
        match [asset_of(own), asset_of(group)] {
            [own, group] if own == group => [own, 0],
            assets => assets,
        }
    }

    pub(crate) fn guard_of(&self, number: u32, account: &Account) -> u8 {
        let limits = self.limits_of(number, account);
        let scopes = [
            (code::SCOPE_ACCOUNT, number),
            (code::SCOPE_GROUP, u32::from(account.group)),
            (code::SCOPE_FIRM, account.firm),
        ];
        let switched = scopes
            .iter()
            .any(|(scope, id)| self.limits.is_killed(*scope, *id) || self.limits.has_list(*scope, *id));
        let judged = switched || limits.iter().any(|set| !set.is_none());
        let exposed = limits.iter().any(|set| set.max_held != 0 || set.max_position != 0)
            || limits[2].max_open_orders != 0;
        let tiered = self.groups.get(account.group).is_some_and(|group| group.asset != 0);
        let bits = [
            (guard::JUDGED, judged),
            (guard::CLEARED, account.payer != number),
            (guard::TIERED, tiered),
            (guard::RESULT, self.loss_assets(number, account) != [0; 2]),
            (guard::EXPOSED, exposed),
        ];
        bits.iter().filter(|(_, on)| *on).map(|(bit, _)| bit).sum()
    }

    /// Sets the bits of an instrument's guard that are about risk.
    pub(crate) fn look_at_instrument(&mut self, number: u32) {
        use instruments::guard::{FUTURE, LIMITS, TALLY};
        let Some(instrument) = self.instruments.get(number) else { return };
        let bits = self.instrument_risk(instrument);
        let instrument = self.instruments.of_order(number);
        self.recount |= (instrument.guard ^ bits) & TALLY != 0;
        instrument.guard = instrument.guard & !(FUTURE | LIMITS | TALLY) | bits;
        self.counting |= bits & (FUTURE | TALLY) != 0;
    }

    /// The bits of an instrument's guard that are about risk.
    pub(crate) fn instrument_risk(&self, instrument: &Instrument) -> u8 {
        use instruments::guard::{FUTURE, LIMITS, TALLY};
        let number = instrument.terms.number;
        let limits = self.limits.get(code::SCOPE_INSTRUMENT, number);
        let killed = self.limits.is_killed(code::SCOPE_INSTRUMENT, number);
        let bits = [
            (FUTURE, instrument.listed.kind == code::FUTURE),
            (LIMITS, killed || !limits.is_none()),
            (TALLY, limits.max_open_orders != 0),
        ];
        bits.iter().filter(|(_, on)| *on).map(|(bit, _)| bit).sum()
    }

    /// Starts and ends day's results as losses in these assets are limited from now on.
    fn look_at_results(&mut self, number: u32, assets: [u32; 2]) {
        let before = self.days.tracked(number);
        if before == assets {
            return;
        }
        let ended: Vec<u32> = self.days.results(number).map(|(instrument, _)| instrument).collect();
        for instrument in ended {
            if !assets.contains(&self.instruments.of_order(instrument).terms.quote.0) {
                self.days.put(number, instrument, DayResult::default());
            }
        }
        self.days.track(number, assets);
        for asset in assets {
            if asset != 0 && !before.contains(&asset) {
                self.start_results(number, asset);
            }
        }
    }

    /// From here on positions in futures of this asset count as bought at their settlement price, dealt ones at the middle of the quote.
    fn start_results(&mut self, number: u32, asset: u32) {
        let held: Vec<(u32, DayResult)> = self
            .instruments
            .all()
            .filter(|instrument| instrument.terms.quote.0 == asset)
            .map(|instrument| {
                let terms = &instrument.terms;
                let (lots, price) = match &instrument.dealer {
                    Some(dealer) => (self.dealt.net_lots(terms.number, number), dealer.middle()),
                    None => (self.positions.lots(terms.number, number), instrument.settlement),
                };
                let worth = DayResult { paid: 0, lots }.worth(price, terms.price_value);
                (terms.number, DayResult { paid: -worth, lots })
            })
            .collect();
        for (instrument, result) in held {
            self.days.put(number, instrument, result);
        }
    }

    /// Starts an account's results anew: its day begins.
    pub(crate) fn restart_results(&mut self, number: u32) {
        for asset in self.days.tracked(number) {
            if asset != 0 {
                self.start_results(number, asset);
            }
        }
    }

    /// What an account's trades of the day brought in an asset, open lots at the last price.
    pub(crate) fn day_result(&self, number: u32, asset: u32) -> i128 {
        let worth = |(instrument, result): (u32, &DayResult)| {
            let of = self.instruments.get(instrument).filter(|of| of.terms.quote.0 == asset)?;
            let price = Self::valued_at(of);
            (price != 0).then(|| result.worth(price, of.terms.price_value))
        };
        self.days.results(number).filter_map(worth).fold(0, i128::saturating_add)
    }
}
