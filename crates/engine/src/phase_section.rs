//! What phases add to each instrument in a snapshot: rules, ticks, what is to come, the change at work. And the proof that it fits.

use std::collections::BTreeSet;

use garraway_types::{Record, ScheduledPhase, SetRules, TickStep, code, limits};

use crate::bands;
use crate::engine::Engine;
use crate::instruments::{Instrument, guard, watch};
use crate::leaving::{Leaving, Step};
use crate::phases::{is_auction, uncrosses};
use crate::restore::{Read, Reader};
use crate::snapshot::Writer;
use crate::ticks::is_table;
use crate::timers::is_schedule;

impl Engine {
    pub(crate) fn write_phases(&self, out: &mut Writer<'_>) {
        for instrument in self.instruments.all() {
            out.u32(instrument.terms.number);
            write_phase(instrument, out);
        }
    }

    pub(crate) fn read_phase(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let number = reader.u32()?;
        let Some(instrument) = self.instruments.get_mut(number) else {
            return reader.fault("phases of an unknown instrument");
        };
        read_rules(instrument, reader)?;
        let end = reader.i64()?;
        reader.require(end >= 0, "an end of an auction before time began")?;
        instrument.times.set_auction_end(number, (end != 0).then_some(end), &mut self.timers);
        let phases = read_schedule(reader)?;
        instrument.times.set_schedule(number, phases, &mut self.timers);
        instrument.leaving = read_leaving(instrument.phase, reader)?;
        if instrument.leaving.is_some() {
            instrument.set_guard(guard::BUSY, true);
            self.busy.insert(number);
        }
        for said in &mut instrument.indicated {
            *said = reader.i64()?;
        }
        instrument.set_watch(watch::AUCTION, is_auction(instrument.phase));
        self.touch(number);
        Ok(())
    }

    /// Proves of an instrument that its timers, guards and what was indicated are right.
    pub(crate) fn check_phase(&self, instrument: &Instrument) -> Result<(), String> {
        let Instrument { phase, times, .. } = instrument;
        let number = instrument.terms.number;
        let require = |condition: bool, what: &str| {
            if condition { Ok(()) } else { Err(format!("instrument {number}: {what}")) }
        };
        let has = |bit: u8| instrument.guard & bit != 0;
        let special =
            bands::has_any(&instrument.rules) || !instrument.steps.is_empty() || instrument.terms.is_dealt();
        require(has(guard::RULES) == special, "guard of the rules")?;
        require((instrument.watch & watch::AUCTION != 0) == is_auction(*phase), "watch of the auction")?;
        require(instrument.leaving.is_none() || instrument.is_busy(), "a change of phase, and not busy")?;
        require(bands::is_sound(&instrument.rules) && is_table(&instrument.steps), "rules or ticks")?;
        let timed: BTreeSet<_> = times.due().map(|(at, timer)| (at, timer, number)).collect();
        let kept: BTreeSet<_> = self.timers.all().filter(|(_, _, of)| *of == number).collect();
        require(timed == kept, "timers")?;
        let ends = times.auction_end().is_none() || *phase == code::VOLATILITY_AUCTION;
        require(ends, "the end of an auction that is none")?;
        let said = match self.indication(number) {
            Some((_, now)) if is_auction(*phase) => {
                self.touched.contains(&number) || now == instrument.indicated
            }
            _ => instrument.indicated == [0; 3] && !self.touched.contains(&number),
        };
        require(said, "another price than was indicated, and not touched")
    }
}

fn write_phase(instrument: &Instrument, out: &mut Writer<'_>) {
    let mut rules = [0; SetRules::SIZE];
    SetRules { reserved: 0, ..instrument.rules }.write(&mut rules);
    out.bytes(&rules);
    out.u8(instrument.steps.len() as u8);
    for step in &instrument.steps {
        out.i64(step.from_price);
        out.i64(step.tick);
    }
    out.i64(instrument.times.auction_end().unwrap_or(0));
    out.u8(instrument.times.schedule().len() as u8);
    for (at, phase) in instrument.times.schedule() {
        out.i64(at);
        out.u8(phase);
    }
    match instrument.leaving {
        None => out.u8(0),
        Some(Leaving { to, cause, step, price }) => {
            out.u8(step as u8);
            out.u8(to);
            out.u8(cause);
            out.i64(price);
        }
    }
    for said in instrument.indicated {
        out.i64(said);
    }
}

fn read_rules(instrument: &mut Instrument, reader: &mut Reader<'_>) -> Read<()> {
    let rules = SetRules::read(reader.bytes(SetRules::SIZE)?);
    reader.require(bands::is_sound(&rules) && rules.reserved == 0, "rules out of range")?;
    instrument.set_rules(rules);
    let count = usize::from(reader.u8()?);
    reader.require(count <= limits::MAX_TICK_STEPS, "a longer table of ticks than there may be")?;
    let mut steps = Vec::with_capacity(count);
    for _ in 0..count {
        steps.push(TickStep { from_price: reader.i64()?, tick: reader.i64()? });
    }
    reader.require(is_table(&steps), "a table of ticks that does not rise")?;
    instrument.set_steps(steps);
    Ok(())
}

/// A schedule may lie behind the time where its instrument was busy; it rises all the same.
fn read_schedule(reader: &mut Reader<'_>) -> Read<Vec<(i64, u8)>> {
    let count = usize::from(reader.u8()?);
    let mut items = Vec::with_capacity(count);
    for _ in 0..count {
        let (at_ns, phase) = (reader.i64()?, reader.u8()?);
        items.push(ScheduledPhase { at_ns, phase, reserved: 0, reserved_2: 0, reserved_3: 0 });
    }
    let sound = is_schedule(&items, -1, limits::MAX_SCHEDULED);
    reader.require(sound, "a schedule that does not rise")?;
    Ok(items.iter().map(|item| (item.at_ns, item.phase)).collect())
}

fn read_leaving(phase: u8, reader: &mut Reader<'_>) -> Read<Option<Leaving>> {
    let code = reader.u8()?;
    if code == 0 {
        return Ok(None);
    }
    let Some(step) = Step::from_code(code) else { return reader.fault("an unknown step of a phase") };
    let (to, cause, price) = (reader.u8()?, reader.u8()?, reader.i64()?);
    let sound = (code::CONTINUOUS..=code::SUSPENDED).contains(&to)
        && to != phase
        && (1..=5).contains(&cause)
        && price >= 0
        && (step == Step::Ends || uncrosses(phase, to))
        && (step != Step::Trades || price != 0);
    reader.require(sound, "a change of phase that cannot be")?;
    Ok(Some(Leaving { to, cause, step, price }))
}
