//! `EndOfDay`: day orders expire, instruments roll, tiers are looked at, results start anew: a sweep.

use garraway_types::{Command, CommandKind, EndOfDay, Event, EventKind, Reject, limits};

use super::{Judged, require};
use crate::day::{is_date, is_same_month};
use crate::emit::Emit;
use crate::engine::Engine;
use crate::sweeps::{Looks, Sweep};

/// Stages of the sweep.
const INSTRUMENTS: u8 = 0;
const ACCOUNTS: u8 = 1;
const END: u8 = 2;

pub(crate) fn end_of_day(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let EndOfDay { business_date: date } = command.body();
    require(is_date(date) && date > engine.days.last, Reject::DateInvalid)?;
    require(engine.sweeps.len() < limits::MAX_SWEEPS, Reject::WorkFull)?;
    let before = std::mem::replace(&mut engine.days.last, date);
    let id = emit.own(Event { value: i64::from(date), ..Event::empty(EventKind::DayEnded) });
    let sweep =
        Sweep { terms: [i64::from(date), i64::from(before)], ..Sweep::new(CommandKind::EndOfDay, id) };
    engine.begin_sweep(sweep, emit);
    Ok(())
}

/// The nearest number that a field of an event can hold.
fn nearest(number: i128) -> i64 {
    number.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}

impl Engine {
    /// Goes on with the end of a day; whether it has come to its end.
    pub(crate) fn day_on(&mut self, sweep: &mut Sweep, looks: &mut Looks, emit: &mut Emit<'_, '_>) -> bool {
        while sweep.stage == INSTRUMENTS {
            match self.instruments.next_from(sweep.at) {
                None => (sweep.stage, sweep.at) = (ACCOUNTS, 0),
                Some(number) if self.roll_instrument(number, sweep, looks, emit) => sweep.at = number + 1,
                Some(_) => return false,
            }
        }
        if sweep.stage == ACCOUNTS {
            self.count_events(emit.uncounted());
            while let Some(number) = self.accounts.next_from(sweep.at) {
                if !looks.any() || !self.roll_account(number, sweep, emit) {
                    return false;
                }
                looks.take();
                sweep.at = number + 1;
            }
            sweep.stage = END;
        }
        true
    }

    /// Ends an instrument's day; whether it is done. From its first order on the instrument takes only cancels, so that the end of the day
    /// comes to an end whatever arrives.
    fn roll_instrument(
        &mut self,
        number: u32,
        sweep: &mut Sweep,
        looks: &mut Looks,
        emit: &mut Emit<'_, '_>,
    ) -> bool {
        if sweep.inside != number && self.is_at_work(number) {
            return false;
        }
        if !self.sweep_instrument(sweep, number, looks, emit) {
            return false;
        }
        let instrument = self.instruments.of_order(number);
        let day = instrument.day;
        if day.trades != 0 {
            if !emit.has_room_for(2) {
                return false;
            }
            emit.anonymous(Event {
                instrument: number,
                price: instrument.last,
                quantity: day.first,
                leaves: day.high,
                value: day.low,
                fee: instrument.day_settlement,
                ..Event::empty(EventKind::DayPrices)
            });
            emit.anonymous(Event {
                instrument: number,
                quantity: nearest(i128::from(day.lots)),
                leaves: nearest(i128::from(day.trades)),
                value: nearest(day.value),
                ..Event::empty(EventKind::DayTurnover)
            });
        }
        let instrument = self.instruments.of_order(number);
        instrument.reference = match (instrument.day_settlement, instrument.last) {
            (0, 0) => instrument.reference,
            (0, last) => last,
            (settlement, _) => settlement,
        };
        instrument.day = Default::default();
        instrument.day_settlement = 0;
        // Another reference price may give an auction another price.
        self.touch(number);
        sweep.leave();
        true
    }

    /// Ends an account's day; whether it is done.
    fn roll_account(&mut self, number: u32, sweep: &Sweep, emit: &mut Emit<'_, '_>) -> bool {
        let account = *self.accounts.of_order(number);
        let traded = self.groups.traded(number);
        let plan = self.groups.get(account.group).map_or(0, |group| group.plan(traded));
        if plan != self.groups.fees.plan_at(account.plan) {
            if !emit.has_room_for(2) {
                return false;
            }
            self.look_at_tier(number);
            emit.anonymous(Event {
                account: number,
                detail: plan,
                value: traded,
                ..Event::empty(EventKind::FeePlanChanged)
            });
        }
        let [date, before] = sweep.terms.map(|date| date as u32);
        if before != 0 && !is_same_month(date, before) {
            self.groups.restart_traded(number);
        }
        self.restart_results(number);
        true
    }
}
