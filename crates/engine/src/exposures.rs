//! What accounts under limits have open, and what their trades add up to: folded from the events that each command made.
//!
//! Every change of an open order is an event of its account, so this is the one place that counts: open lots by account, instrument and
//! side, holds by account and asset, open orders of firms and instruments; and traded values and day's results. It is done for accounts
//! whose guard asks for it, for every account in futures, and for instruments with a limit of open orders.

use std::collections::BTreeMap;

use garraway_types::{Event, EventKind, Side, events_in};

use crate::accounts::guard;
use crate::engine::Engine;
use crate::instruments;

/// Sums over open orders. Sums of zero are not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Exposures {
    /// Open lots by account and reference.
    orders: BTreeMap<(u32, u64), i64>,
    /// By account and instrument: lots of buys, of sells.
    lots: BTreeMap<(u32, u32), [i64; 2]>,
    /// By account and asset: what is held for its orders.
    held: BTreeMap<(u32, u32), i128>,
    firm_held: BTreeMap<(u32, u32), i128>,
    firm_orders: BTreeMap<u32, i64>,
    instrument_orders: BTreeMap<u32, i64>,
}

/// What is counted of an order.
#[derive(Clone, Copy, Debug)]
struct Counted {
    account: u32,
    firm: u32,
    client_ref: u64,
    /// The reference before, of an order that was replaced.
    before: u64,
    instrument: u32,
    asset: u32,
    side: Side,
    /// Lots open now.
    leaves: i64,
    /// What is held more than before.
    held: i64,
}

impl Exposures {
    /// Open lots of the account's buys and sells.
    pub(crate) fn lots(&self, account: u32, instrument: u32) -> [i64; 2] {
        self.lots.get(&(account, instrument)).copied().unwrap_or_default()
    }

    pub(crate) fn held(&self, account: u32, asset: u32) -> i128 {
        self.held.get(&(account, asset)).copied().unwrap_or(0)
    }

    pub(crate) fn firm_held(&self, firm: u32, asset: u32) -> i128 {
        self.firm_held.get(&(firm, asset)).copied().unwrap_or(0)
    }

    pub(crate) fn firm_orders(&self, firm: u32) -> i64 {
        self.firm_orders.get(&firm).copied().unwrap_or(0)
    }

    pub(crate) fn instrument_orders(&self, instrument: u32) -> i64 {
        self.instrument_orders.get(&instrument).copied().unwrap_or(0)
    }

    fn count(&mut self, of: &Counted) {
        let before = self.orders.remove(&(of.account, of.before));
        if of.leaves != 0 {
            self.orders.insert((of.account, of.client_ref), of.leaves);
        }
        let orders = i64::from(of.leaves != 0) - i64::from(before.is_some());
        add(&mut self.instrument_orders, of.instrument, orders);
        add(&mut self.firm_orders, of.firm, orders);
        add(&mut self.held, (of.account, of.asset), i128::from(of.held));
        add(&mut self.firm_held, (of.firm, of.asset), i128::from(of.held));
        let key = (of.account, of.instrument);
        let lots = self.lots.entry(key).or_default();
        lots[of.side as usize - 1] += of.leaves - before.unwrap_or(0);
        if *lots == [0; 2] {
            self.lots.remove(&key);
        }
    }
}

/// Adds to a sum.
fn add<K: Ord + Copy, V: Copy + Default + PartialEq + std::ops::AddAssign>(
    sums: &mut BTreeMap<K, V>,
    key: K,
    change: V,
) {
    let sum = sums.entry(key).or_default();
    *sum += change;
    if *sum == V::default() {
        sums.remove(&key);
    }
}

impl Engine {
    /// Counts what the events in these bytes say.
    #[cold]
    pub(crate) fn count_events(&mut self, written: &[u8]) {
        for (event, _) in events_in(written) {
            self.count_event(&event);
        }
    }

    fn count_event(&mut self, event: &Event) {
        use EventKind::{Accepted, Activated, Canceled, Filled, OrderSplit, Refilled, Replaced, Triggered};
        let kind = EventKind::from_code(event.kind);
        let Some(Accepted | Activated | Canceled | Filled | OrderSplit | Refilled | Replaced | Triggered) =
            kind
        else {
            return;
        };
        if kind == Some(Filled) {
            self.count_trade(event);
        }
        let before = if kind == Some(Replaced) { event.fee as u64 } else { event.client_ref };
        self.count_order(event, before);
    }

    /// Counts an order as the event leaves it, if it is counted at all.
    fn count_order(&mut self, event: &Event, before: u64) {
        let Some(side) = Side::from_code(event.side) else { return };
        let instrument = self.instruments.of_order(event.instrument);
        let counted = instrument.guard & (instruments::guard::FUTURE | instruments::guard::TALLY) != 0;
        let asset = instrument.terms.hold_asset(side).0;
        let account = self.accounts.of_order(event.account);
        if !counted && account.guard & guard::EXPOSED == 0 {
            return;
        }
        self.exposures.count(&Counted {
            account: event.account,
            firm: account.firm,
            client_ref: event.client_ref,
            before,
            instrument: event.instrument,
            asset,
            side,
            leaves: event.leaves,
            held: -event.released,
        });
    }

    /// Counts a fill for the tiers of the account's group and for its day's result.
    fn count_trade(&mut self, event: &Event) {
        let quote = self.instruments.of_order(event.instrument).terms.quote.0;
        let account = *self.accounts.of_order(event.account);
        if account.guard & guard::TIERED != 0
            && self.groups.get(account.group).is_some_and(|group| group.asset == quote)
        {
            self.groups.count_traded(event.account, event.value);
        }
        if account.guard & guard::RESULT != 0 && self.days.tracked(event.account).contains(&quote) {
            // Beyond 63 bits where a rebate comes on top of the largest value.
            let (value, fee) = (i128::from(event.value), i128::from(event.fee));
            let (paid, lots) = match Side::from_code(event.side) {
                Some(Side::Buy) => (-value - fee, event.quantity),
                _ => (value - fee, -event.quantity),
            };
            self.days.count(event.account, event.instrument, paid, lots);
        }
    }

    /// After a change of guards: where another part of the orders is counted from now on, everything anew.
    pub(crate) fn recount(&mut self) {
        if std::mem::take(&mut self.recount) {
            self.exposures = self.exposures_of_orders();
        }
    }

    /// The exposures that the open orders make.
    pub(crate) fn exposures_of_orders(&self) -> Exposures {
        let mut exposures = Exposures::default();
        for slot in 1..self.slab.end() {
            let node = &self.slab[slot];
            if node.leaves == 0 {
                continue;
            }
            let order = &node.payload;
            let (Some(instrument), Some(account)) =
                (self.instruments.get(order.instrument), self.accounts.get(order.account))
            else {
                continue;
            };
            let counted = instrument.guard & (instruments::guard::FUTURE | instruments::guard::TALLY) != 0;
            if counted || account.guard & guard::EXPOSED != 0 {
                exposures.count(&Counted {
                    account: order.account,
                    firm: account.firm,
                    client_ref: order.client_ref,
                    before: order.client_ref,
                    instrument: order.instrument,
                    asset: instrument.terms.hold_asset(node.side).0,
                    side: node.side,
                    leaves: i64::from(self.open_lots(slot)),
                    held: order.held,
                });
            }
        }
        exposures
    }
}
