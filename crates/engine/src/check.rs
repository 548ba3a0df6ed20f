//! Proof of the invariants: books, index, holds, counts, money. Slow; tests call it after every command.

use std::collections::{BTreeMap, BTreeSet};

use garraway_book::{NIL, Slot};
use garraway_types::{AccountId, Side, code};

use crate::engine::Engine;
use crate::extras::{Partner, Place};
use crate::instruments::{Instrument, guard, watch};
use crate::market_sections::watch_of;
use crate::orders::Mark;
use crate::statistics::Run;
use crate::walk::Rank;

impl Engine {
    /// Proves every invariant, or says which one does not hold:
    ///
    /// * each book is linked, in order, and not crossed; every order of the slab stands in its book or is being worked off;
    /// * every open order is found by account and reference, and holds exactly what the formula gives;
    /// * per account and asset, what is held is the sum over its open orders, and never above the balance;
    /// * per asset, balances add up to zero; per account, open orders are counted right.
    pub fn check(&self) -> Result<(), String> {
        let mut held = BTreeMap::<(u32, u32), i128>::new();
        let mut open = BTreeMap::<u32, u32>::new();
        let (mut orders, mut special) = (0, 0);
        for instrument in self.instruments.all() {
            let number = instrument.terms.number;
            let resting = instrument.book.check(&self.slab, !instrument.is_continuous());
            let resting = resting.map_err(|fault| format!("book {number}: {}", fault.0))?;
            let walk = self.walk(number);
            let in_book = walk.iter().filter(|(rank, _)| rank.part < 2).count();
            require(in_book == resting as usize, || {
                format!("book {number}: {in_book} walked, {resting} counted")
            })?;
            for (rank, slot) in &walk {
                self.check_order(*slot, number, &mut held, &mut open)?;
                special += usize::from(self.check_special(*slot, *rank)?);
            }
            orders += walk.len();
            self.check_market(instrument, &walk)?;
            self.check_phase(instrument)?;
            let noted = walk.iter().filter(|(rank, slot)| rank.part < 2 && self.is_noted(*slot));
            require(noted.map(|(_, slot)| *slot).collect::<BTreeSet<Slot>>() == instrument.noted, || {
                format!("instrument {number}: orders noted for auctions")
            })?;
        }
        let (live, indexed) = (self.slab.live() as usize, self.index.len());
        require(live == orders && indexed == orders && self.extras.len() == special, || {
            format!(
                "{orders} orders in books, {live} in the slab, {indexed} in the index; {special} special, {} entries",
                self.extras.len()
            )
        })?;
        self.check_accounts(&open)?;
        self.check_risk()?;
        self.collaterals(&mut held);
        self.check_money(held)
    }

    fn check_order(
        &self,
        slot: Slot,
        instrument: u32,
        held: &mut BTreeMap<(u32, u32), i128>,
        open: &mut BTreeMap<u32, u32>,
    ) -> Result<(), String> {
        let node = &self.slab[slot];
        let order = &node.payload;
        let name = || self.name_of(slot);
        require(order.instrument == instrument, || format!("{} is in book {instrument}", name()))?;
        let found = self.index.get(order.account, order.client_ref, &self.slab);
        require(found == Some(slot), || format!("{} is found at {found:?}, not {slot}", name()))?;
        let Some(of) = self.instruments.get(instrument) else { return Err(name()) };
        let planned = node.plan == 0 || self.groups.fees.plan_at(node.plan) != 0;
        require(planned, || format!("{} has fee rates that never were", name()))?;
        let needed = self.needs(slot);
        require(needed == Ok(order.held), || {
            format!("{} holds {}, it needs {needed:?}", name(), order.held)
        })?;
        let asset = if node.side == Side::Buy { of.terms.quote } else { of.terms.base };
        let AccountId(payer) = self.accounts.payer(order.account);
        *held.entry((asset.0, payer)).or_default() += i128::from(order.held);
        *open.entry(order.account).or_default() += 1;
        Ok(())
    }

    fn name_of(&self, slot: Slot) -> String {
        let order = &self.slab[slot].payload;
        format!("order {} of account {}", order.client_ref, order.account)
    }

    /// What an order has beside the slab, and where it stands, fit together. Whether it is special.
    fn check_special(&self, slot: Slot, rank: Rank) -> Result<bool, String> {
        let node = &self.slab[slot];
        let fault = |what: &str| format!("{} {what}", self.name_of(slot));
        let special = Mark(node.mark).is_special();
        let Some(extra) = self.extras.get(slot) else {
            require(!special && matches!(rank.part, 0 | 1 | 5), || fault("has no entry"))?;
            return Ok(false);
        };
        let place = match rank.part {
            0 | 1 | 5 => Place::Book,
            2 => Place::Pegs,
            3 if extra.place == Place::Reached => Place::Reached,
            3 => Place::Stops,
            _ if matches!(extra.place, Place::Parked | Place::Dealt | Place::Next | Place::Called) => {
                extra.place
            }
            _ => Place::Waiting,
        };
        require(special && extra.place == place, || fault("stands elsewhere than it says"))?;
        require(extra.instrument == node.payload.instrument, || fault("is of another instrument"))?;
        let shown = if rank.part < 2 { node.leaves <= extra.display || extra.display == 0 } else { true };
        let reserve = extra.reserve == 0 || extra.display != 0 && rank.part == 0;
        require(
            shown && reserve && (rank.part != 1) != Mark(node.mark).is_hidden() || rank.part >= 2,
            || fault("shows what it should not"),
        )?;
        let expiry = (extra.expire_s, node.sequence, slot);
        let expires = extra.expire_s == 0 || self.expiries.contains(&expiry);
        require(expires, || fault("is not among those that expire"))?;
        let mutual = |other: Slot| self.extras.get(other).filter(|of| of.instrument == extra.instrument);
        if let Partner::With(other) = extra.partner {
            let back = mutual(other).is_some_and(|of| of.partner == Partner::With(slot));
            let of_one = self.slab[other].side == node.side
                && self.slab[other].payload.account == node.payload.account
                && self.extras.of(other).is_second != extra.is_second;
            require(back && of_one, || fault("has a partner that does not have it"))?;
        }
        let parented = extra.parent == NIL
            || extra.place == Place::Waiting
                && mutual(extra.parent)
                    .is_some_and(|of| of.children.contains(&slot) && of.place != Place::Waiting);
        require(parented, || fault("has a parent that does not have it"))?;
        for child in extra.children.into_iter().filter(|child| *child != NIL) {
            let back = mutual(child).is_some_and(|of| of.parent == slot);
            require(back, || fault("has a child that does not have it"))?;
        }
        let waits = extra.place != Place::Waiting || extra.parent != NIL || extra.tickets[1] != 0;
        let is_due = !matches!(extra.place, Place::Reached | Place::Called) || extra.tickets[1] != 0;
        require(waits && is_due, || fault("waits for nothing"))?;
        require(extra.partner != Partner::Done || extra.tickets != [0; 2], || fault("has lost its partner"))?;
        Ok(true)
    }

    /// The bytes and counts of an instrument, its queue, and that nothing is left undone.
    fn check_market(&self, instrument: &Instrument, walk: &[(Rank, Slot)]) -> Result<(), String> {
        let number = instrument.terms.number;
        let fault = |what: &str| format!("instrument {number}: {what}");
        let count = |part: u8| walk.iter().filter(|(rank, _)| rank.part == part).count();
        let is_special = |slot: &Slot| Mark(self.slab[*slot].mark).is_special();
        let specials = walk.iter().filter(|(rank, slot)| rank.part < 3 && is_special(slot)).count();
        require(specials == instrument.specials as usize, || fault("special orders are counted wrongly"))?;
        let has = |bit: u8| instrument.guard & bit != 0;
        require(has(guard::SPECIAL) == (specials > 0), || fault("mark of special orders"))?;
        require(has(guard::PHASE) != instrument.is_continuous(), || fault("mark of the phase"))?;
        let mut due = 0;
        for entry in instrument.due.entries() {
            let extra = self.extras.get(entry.slot);
            due += usize::from(extra.is_some_and(|extra| extra.tickets[entry.what.kind()] == entry.ticket));
        }
        require(due == instrument.due.len(), || fault("what is due is counted wrongly"))?;
        let busy = has(guard::BUSY);
        require(self.busy.contains(&number) == busy, || fault("busy mark"))?;
        require(busy || instrument.working == NIL && due == 0 && instrument.run == Run::default(), || {
            fault("work is left undone")
        })?;
        let dealt_stops = instrument.dealer.as_ref().map_or(0, |dealer| dealer.stops_waiting());
        let stops = instrument.stops.len() + dealt_stops;
        let waiting = walk
            .iter()
            .filter(|(_, slot)| self.extras.get(*slot).is_some_and(|extra| extra.place == Place::Stops));
        require(stops == waiting.count() && instrument.pegs.len() == count(2), || fault("stops or pegs"))?;
        require(
            instrument.watch & !watch::AUCTION
                == watch_of(instrument.stops.len(), due > 0, instrument.pegs.len()),
            || fault("watch byte"),
        )?;
        if busy || !instrument.is_continuous() || instrument.terms.is_dealt() {
            return Ok(());
        }
        self.check_calm(instrument, walk)
    }

    /// Of an instrument in continuous trading on which nothing is at work: no stop is reached, and no peg reaches the other side.
    fn check_calm(&self, instrument: &Instrument, walk: &[(Rank, Slot)]) -> Result<(), String> {
        let number = instrument.terms.number;
        for (rank, slot) in walk.iter().filter(|(rank, _)| rank.part == 3) {
            let (extra, side) = (self.extras.of(*slot), self.slab[*slot].side);
            let trigger = match (extra.order_type, side) {
                (code::TRAILING_STOP, Side::Buy) => {
                    instrument.stops.extreme(side, extra.group).saturating_add(extra.trigger)
                }
                (code::TRAILING_STOP, Side::Sell) => {
                    instrument.stops.extreme(side, extra.group) - extra.trigger
                }
                _ => extra.trigger,
            };
            let last = instrument.last;
            let reached = last != 0 && if side == Side::Buy { last >= trigger } else { last <= trigger };
            require(!reached, || format!("instrument {number}: stop {} was reached", rank.id))?;
        }
        if instrument.pegs.len() > 0 {
            let mut fresh = self.clone();
            fresh.price_pegs(number);
            let best = |side: Side| fresh.first_opposite(number, side.opposite()).map(|(price, _)| price);
            let crossed = best(Side::Buy).zip(best(Side::Sell)).is_some_and(|(bid, ask)| bid >= ask);
            require(!crossed, || format!("instrument {number}: pegs cross"))?;
        }
        Ok(())
    }

    fn check_accounts(&self, open: &BTreeMap<u32, u32>) -> Result<(), String> {
        for (number, account) in self.accounts.numbered() {
            let counted = open.get(&number).copied().unwrap_or(0);
            require(counted == account.open_orders, || {
                format!("account {number} has {counted} open orders, it counts {}", account.open_orders)
            })?;
        }
        Ok(())
    }

    fn check_money(&self, mut held: BTreeMap<(u32, u32), i128>) -> Result<(), String> {
        let mut sums = BTreeMap::<u32, i128>::new();
        for (asset, account, balance) in self.ledger.in_use() {
            let sum = sums.entry(asset).or_default();
            *sum = sum
                .checked_add(balance.total)
                .ok_or_else(|| format!("balances of asset {asset} overflow"))?;
            let expected = held.remove(&(asset, account)).unwrap_or(0);
            require(expected == balance.held, || {
                format!("account {account} holds {} of asset {asset}, its orders {expected}", balance.held)
            })?;
            // The outside world, fees after rebates, and settlement on its way through may be negative. The two holds of a pair round
            // apart: each pair may be short of one unit.
            // What the house deals may lose more than an account has.
            let own = account < AccountId::FIRST_CLIENT.0
                || self.instruments.all().any(|of| of.terms.is_dealt() && of.terms.quote.0 == asset);
            let slack = i128::from(self.accounts.get(account).map_or(0, |account| account.open_orders));
            require(own || balance.held <= balance.total + slack, || {
                format!("account {account} has {} of asset {asset} and holds {}", balance.total, balance.held)
            })?;
        }
        require(held.values().all(|held| *held == 0), || format!("holds without a balance: {held:?}"))?;
        match sums.into_iter().find(|(_, sum)| *sum != 0) {
            Some((asset, sum)) => Err(format!("balances of asset {asset} add up to {sum}")),
            None => Ok(()),
        }
    }
}

pub(crate) fn require(condition: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if condition { Ok(()) } else { Err(what()) }
}
