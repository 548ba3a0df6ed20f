//! Accounts: whose they are, their limits, their last reference, their count of open orders.

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
    /// Mode of self-trade prevention, and whose orders are its own.
    pub(crate) self_trade: u8,
    pub(crate) self_trade_of: u8,
    /// The fee plan of orders that it places from now on.
    pub(crate) plan: u8,
    /// Not 0 sends its orders to the general path: limits, kill switches, a clearing account, a day result, restrictions.
    pub(crate) guard: u8,
}

#[derive(Clone, Debug)]
pub(crate) struct Accounts {
    all: Vec<Account>,
}

impl Accounts {
    pub(crate) fn new() -> Self {
        Self { all: vec![Account::default(); AccountId::FIRST_CLIENT.0 as usize] }
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

    pub(crate) fn open(&mut self, number: u32, account: Account) {
        let at = number as usize;
        if self.all.len() <= at {
            self.all.resize(at + 1, Account::default());
        }
        self.all[at] = account;
    }

    /// One more than the highest number used.
    pub(crate) fn end(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn numbered(&self) -> impl Iterator<Item = (u32, &Account)> {
        self.all
            .iter()
            .enumerate()
            .filter(|(_, account)| account.firm != 0)
            .map(|(n, account)| (n as u32, account))
    }
}
