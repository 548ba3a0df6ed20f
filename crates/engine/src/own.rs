//! Self-trade prevention: whose orders are an incoming order's own, and what happens instead of a trade with one of them.

use garraway_book::Prevented;
use garraway_types::code;

use crate::accounts::{Account, Accounts};

/// What an incoming order's account says of its own orders.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Own {
    mode: u8,
    of: u8,
    account: u32,
    firm: u32,
}

impl Own {
    #[inline(always)]
    pub(crate) fn of(number: u32, account: &Account) -> Self {
        Self { mode: account.self_trade, of: account.self_trade_of, account: number, firm: account.firm }
    }

    /// Whether a resting order of this account must not trade with the incoming one.
    #[inline(always)]
    pub(crate) fn is_own(&self, account: u32, accounts: &Accounts) -> bool {
        self.mode != code::SELF_TRADE_ALLOWED
            && (account == self.account
                || self.of == code::OF_FIRM
                    && accounts.get(account).is_some_and(|other| other.firm == self.firm))
    }

    /// Whether a fill-or-kill order may go past an own order.
    pub(crate) fn passes_over(&self) -> bool {
        self.mode == code::CANCEL_OLDEST
    }

    /// Whether what is taken from an order is all that it has open, of an iceberg what is not shown included.
    pub(crate) fn cancels_whole(&self) -> bool {
        self.mode != code::DECREMENT
    }

    /// What is taken from a resting and an incoming order with so many lots open.
    pub(crate) fn prevented(&self, resting: u32, incoming: u32) -> Prevented {
        let common = resting.min(incoming);
        match self.mode {
            code::CANCEL_NEWEST => Prevented { resting: 0, incoming },
            code::CANCEL_OLDEST => Prevented { resting, incoming: 0 },
            code::CANCEL_BOTH => Prevented { resting, incoming },
            _ => Prevented { resting: common, incoming: common },
        }
    }
}
