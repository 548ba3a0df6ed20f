//! Proof of the invariants: books, index, holds, counts, money. Slow; tests call it after every command.

use std::collections::BTreeMap;

use garraway_book::{Book, NIL, Slot};
use garraway_types::{AccountId, Side};

use crate::engine::Engine;
use crate::orders::hold;

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
        let mut orders = 0;
        for instrument in self.instruments.all() {
            let number = instrument.terms.number;
            let resting = instrument
                .book
                .check(&self.slab, !instrument.is_continuous())
                .map_err(|fault| format!("book {number}: {}", fault.0))?;
            let mut seen = 0;
            for side in [Side::Buy, Side::Sell] {
                for slot in
                    instrument.book.levels(side).flat_map(|level| Book::queue(&self.slab, level.first))
                {
                    self.check_order(slot, number, &mut held, &mut open)?;
                    seen += 1;
                }
            }
            require(seen == resting, || format!("book {number}: {seen} orders walked, {resting} counted"))?;
            if instrument.working != NIL {
                self.check_order(instrument.working, number, &mut held, &mut open)?;
                seen += 1;
            }
            require(self.busy.contains(&number) == (instrument.working != NIL), || {
                format!("busy mark of {number}")
            })?;
            orders += seen;
        }
        let (live, indexed) = (self.slab.live(), self.index.len());
        require(live == orders && indexed == orders as usize, || {
            format!("{orders} orders in books, {live} in the slab, {indexed} in the index")
        })?;
        self.check_accounts(&open)?;
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
        let name = || format!("order {} of account {}", order.client_ref, order.account);
        require(order.instrument == instrument, || format!("{} is in book {instrument}", name()))?;
        let found = self.index.get(order.account, order.client_ref, &self.slab);
        require(found == Some(slot), || format!("{} is found at {found:?}, not {slot}", name()))?;
        let Some(of) = self.instruments.get(instrument) else { return Err(name()) };
        let needed = hold(&of.terms, node.side, node.price.0, node.leaves, order.carry);
        require(needed.is_ok_and(|needed| needed.0 == order.held), || {
            format!("{} holds {}, it needs {needed:?}", name(), order.held)
        })?;
        let asset = if node.side == Side::Buy { of.terms.quote } else { of.terms.base };
        *held.entry((asset.0, order.account)).or_default() += i128::from(order.held);
        *open.entry(order.account).or_default() += 1;
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
            require(account == AccountId::EXTERNAL.0 || balance.held <= balance.total, || {
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

fn require(condition: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if condition { Ok(()) } else { Err(what()) }
}
