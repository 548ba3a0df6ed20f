//! Accounts: whose they are, their limits, their last reference, their count of open orders, and what is special about them.

use garraway_types::AccountId;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) last_ref: u64,
    pub(crate) max_quantity: i64,
    pub(crate) max_notional: i64,
    pub(crate) max_open_orders: u32,
    pub(crate) open_orders: u32,
    /// 0: the account is not open.
    pub(crate) firm: u32,
    /// The account whose balances it trades on: its clearing account, or itself.
    pub(crate) payer: u32,
    /// Its group, 0 for none.
    pub(crate) group: u16,
    /// Mode of self-trade prevention, and whose orders are its own.
    pub(crate) self_trade: u8,
    pub(crate) self_trade_of: u8,
    /// Bits of [`guard`]: what is special about it. Follows from all else; 0 on the plain path.
    pub(crate) guard: u8,
    /// Where the rates of its next orders stand in the fee table, 0 for the instruments' own.
    pub(crate) plan: u8,
    /// Whether each of its orders that opens makes a dealt position of its own.
    pub(crate) is_hedging: bool,
}

/// Bits of [`Account::guard`].
pub(crate) mod guard {
    /// A limit, kill switch or restricted list of the account, its group or its firm: orders are judged on the way in.
    pub(crate) const JUDGED: u8 = 1;
    /// It trades on another account's balances.
    pub(crate) const CLEARED: u8 = 2;
    /// What it trades is counted for the tiers of its group.
    pub(crate) const TIERED: u8 = 4;
    /// The day's result is kept.
    pub(crate) const RESULT: u8 = 8;
    /// What it has open is counted by instrument, or for its firm.
    pub(crate) const EXPOSED: u8 = 16;
}

#[derive(Clone, Debug)]
pub(crate) struct Accounts {
    all: Vec<Account>,
}

impl Accounts {
    pub(crate) fn new() -> Self {
        let all = (0..AccountId::FIRST_CLIENT.0).map(|payer| Account { payer, ..Account::default() });
        Self { all: all.collect() }
    }

    /// An open account of a client's.
    #[inline(always)]
    pub(crate) fn get(&self, account: u32) -> Option<&Account> {
        self.all.get(account as usize).filter(|account| account.firm != 0)
    }

    #[inline(always)]
    pub(crate) fn get_mut(&mut self, account: u32) -> Option<&mut Account> {
        self.all.get_mut(account as usize).filter(|account| account.firm != 0)
    }

    /// The account of an order, which is open as long as the order is.
    #[inline(always)]
    pub(crate) fn of_order(&mut self, account: u32) -> &mut Account {
        &mut self.all[account as usize]
    }

    /// The account on whose balances an order's account trades.
    #[inline(always)]
    pub(crate) fn payer(&self, account: u32) -> AccountId {
        AccountId(self.all[account as usize].payer)
    }

    pub(crate) fn open(&mut self, number: u32, account: Account) {
        let at = number as usize;
        if self.all.len() <= at {
            let from = self.all.len() as u32;
            self.all.extend((from..=number).map(|payer| Account { payer, ..Account::default() }));
        }
        self.all[at] = account;
    }

    /// Accounts with their rates at one place of the fee table have them at another.
    pub(crate) fn move_plan(&mut self, before: u8, after: u8) {
        self.all.iter_mut().filter(|account| account.plan == before).for_each(|account| account.plan = after);
    }

    /// One more than the highest number used.
    pub(crate) fn end(&self) -> usize {
        self.all.len()
    }

    /// The open account with the lowest number that is at least this one.
    pub(crate) fn next_from(&self, number: u32) -> Option<u32> {
        let from = self.all.get(number as usize..)?;
        from.iter().position(|account| account.firm != 0).map(|at| number + at as u32)
    }

    pub(crate) fn numbered(&self) -> impl Iterator<Item = (u32, &Account)> {
        self.all
            .iter()
            .enumerate()
            .filter(|(_, account)| account.firm != 0)
            .map(|(n, account)| (n as u32, account))
    }

    /// The numbers of the accounts of a group.
    pub(crate) fn of_group(&self, group: u16) -> Vec<u32> {
        self.numbered().filter(|(_, account)| account.group == group).map(|(number, _)| number).collect()
    }

    /// The numbers of the accounts of a firm.
    pub(crate) fn of_firm(&self, firm: u32) -> Vec<u32> {
        self.numbered().filter(|(_, account)| account.firm == firm).map(|(number, _)| number).collect()
    }
}
