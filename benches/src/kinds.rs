//! A workload's time by kind of command: where it goes, and which kinds make the tail.

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter, Result};

use garraway_types::{Command, CommandKind, FixedBody, code, events_in};

/// The commands of one kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KindRow {
    /// What they are.
    pub name: &'static str,
    /// How many there are.
    pub commands: usize,
    /// Events of one command, on average.
    pub events: f64,
    /// Events of one command, the 99th percentile.
    pub events_p99: u32,
    /// Their part of the whole time, 0 to 1.
    pub share: f64,
    /// Average latency, the clock's own 20 ns or so included.
    pub mean_ns: f64,
    /// 99th percentile.
    pub p99_ns: u64,
    /// 99.9th percentile.
    pub p999_ns: u64,
    /// How many are above the whole workload's 99th percentile.
    pub above_p99: usize,
    /// How many are above its 99.9th.
    pub above_p999: usize,
}

/// A workload by kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kinds {
    /// The largest part of the time first.
    pub rows: Vec<KindRow>,
    /// Events of one command of the whole workload: 99th and 99.9th percentile.
    pub events: [u32; 2],
}

/// A percentile of sorted numbers, of which there is one at least.
fn percentile(sorted: &[u32], share: f64) -> u32 {
    sorted[(share * (sorted.len() - 1) as f64) as usize]
}

/// What is gathered while commands are measured.
#[derive(Default)]
pub(crate) struct Gathered(BTreeMap<&'static str, (Vec<u32>, Vec<u32>)>);

impl Gathered {
    pub(crate) fn take(&mut self, command: &Command<'_>, ns: u32, events: &[u8]) {
        let (all, made) = self.0.entry(name_of(command)).or_default();
        all.push(ns);
        made.push(events_in(events).count() as u32);
    }

    /// The rows, given the whole workload's 99th and 99.9th percentile.
    pub(crate) fn rows(self, [p99, p999]: [u64; 2]) -> Kinds {
        let sum = |all: &[u32]| all.iter().map(|ns| f64::from(*ns)).sum::<f64>();
        let whole: f64 = self.0.values().map(|(all, _)| sum(all)).sum();
        let mut every: Vec<u32> = self.0.values().flat_map(|(_, made)| made).copied().collect();
        every.sort_unstable();
        let events =
            if every.is_empty() { [0; 2] } else { [0.99, 0.999].map(|share| percentile(&every, share)) };
        let mut rows = Vec::new();
        for (name, (mut all, mut made)) in self.0 {
            all.sort_unstable();
            made.sort_unstable();
            let at = |share: f64| u64::from(percentile(&all, share));
            let above = |bound: u64| all.iter().filter(|ns| u64::from(**ns) > bound).count();
            rows.push(KindRow {
                name,
                commands: all.len(),
                events: sum(&made) / all.len() as f64,
                events_p99: percentile(&made, 0.99),
                share: sum(&all) / whole,
                mean_ns: sum(&all) / all.len() as f64,
                p99_ns: at(0.99),
                p999_ns: at(0.999),
                above_p99: above(p99),
                above_p999: above(p999),
            });
        }
        rows.sort_by(|one, other| other.share.total_cmp(&one.share));
        Kinds { rows, events }
    }
}

impl Display for Kinds {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        writeln!(
            out,
            "{:<18} {:>9} {:>7} {:>7} {:>7} {:>8} {:>8} {:>8} {:>7} {:>7}",
            "kind", "commands", "events", "at p99", "time %", "mean ns", "p99", "p99.9", "> p99", "> p99.9"
        )?;
        for row in &self.rows {
            writeln!(
                out,
                "{:<18} {:>9} {:>7.2} {:>7} {:>7.2} {:>8.0} {:>8} {:>8} {:>7} {:>7}",
                row.name,
                row.commands,
                row.events,
                row.events_p99,
                100.0 * row.share,
                row.mean_ns,
                row.p99_ns,
                row.p999_ns,
                row.above_p99,
                row.above_p999
            )?;
        }
        let [p99, p999] = self.events;
        writeln!(out, "events of one command: p99 {p99}, p99.9 {p999}")
    }
}

/// What a command is called here: orders by type, and by what makes them special.
fn name_of(command: &Command<'_>) -> &'static str {
    match command.kind {
        CommandKind::PlaceOrder => name_of_order(&command.body()),
        CommandKind::ReplaceOrder => "replace",
        CommandKind::CancelOrder => "cancel",
        CommandKind::MassCancel => "mass cancel",
        CommandKind::MassQuote => "mass quote",
        CommandKind::Tick => "tick",
        CommandKind::Continue => "continue",
        _ => "other",
    }
}

fn name_of_order(body: &FixedBody) -> &'static str {
    let links = code::ONE_CANCELS_OTHER | code::ONE_TRIGGERS_OTHER;
    match body.order_type {
        _ if body.flags & links != 0 => "linked stop",
        code::LIMIT if body.minimum != 0 => "minimum",
        code::LIMIT if body.time_in_force == code::IMMEDIATE_OR_CANCEL => "immediate",
        code::LIMIT if body.time_in_force == code::FILL_OR_KILL => "fill or kill",
        code::LIMIT if body.display != 0 => "iceberg",
        code::LIMIT if body.flags & code::HIDDEN != 0 => "hidden",
        code::LIMIT if body.flags & code::POST_ONLY != 0 => "post-only",
        code::LIMIT if body.time_in_force == code::GOOD_TILL_DATE => "limit, till date",
        code::LIMIT => "limit",
        code::MARKET => "market",
        code::MARKET_TO_LIMIT => "market to limit",
        code::STOP => "stop",
        code::STOP_LIMIT => "stop limit",
        code::TRAILING_STOP => "trailing stop",
        code::PRIMARY_PEG => "primary peg",
        code::MIDPOINT_PEG => "midpoint peg",
        code::MARKET_PEG => "market peg",
        _ => "other order",
    }
}
