//! The double-entry ledger: per asset and account a balance, and what of it is held for open orders.
//!
//! The one way to change a balance is [`Ledger::post`], whose legs add up to zero; so each asset's balances do, and `Engine::check`
//! proves it.

use garraway_types::{AccountId, AssetId, Money, Reject};

/// What an account has of an asset, in ledger units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// All that it has. Negative only in account 1, the outside world.
    pub total: i128,
    /// The part held for open orders.
    pub held: i128,
}

/// An asset as defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Its code, filled up with zeros.
    pub code: [u8; 8],
    /// Decimals of a ledger unit.
    pub scale: u8,
    /// Decimals shown to people.
    pub display: u8,
}

#[derive(Clone, Debug)]
struct Book {
    asset: Asset,
    balances: Vec<Balance>,
}

#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    books: Vec<Option<Book>>,
    accounts: usize,
}

impl Ledger {
    pub(crate) fn new(accounts: usize) -> Self {
        Self { books: vec![None], accounts }
    }

    pub(crate) fn asset(&self, asset: u32) -> Option<&Asset> {
        Some(&self.books.get(asset as usize)?.as_ref()?.asset)
    }

    pub(crate) fn assets(&self) -> impl Iterator<Item = (u32, &Asset)> {
        self.books
            .iter()
            .enumerate()
            .filter_map(|(number, book)| Some((number as u32, &book.as_ref()?.asset)))
    }

    pub(crate) fn define(&mut self, number: u32, asset: Asset) {
        let at = number as usize;
        if self.books.len() <= at {
            self.books.resize(at + 1, None);
        }
        self.books[at] = Some(Book { asset, balances: vec![Balance::default(); self.accounts] });
    }

    /// Makes room for accounts below `accounts`.
    pub(crate) fn grow(&mut self, accounts: usize) {
        self.accounts = self.accounts.max(accounts);
        for book in self.books.iter_mut().flatten() {
            book.balances.resize(self.accounts, Balance::default());
        }
    }

    #[inline(always)]
    fn balances(&mut self, asset: AssetId) -> &mut [Balance] {
        match &mut self.books[asset.0 as usize] {
            Some(book) => &mut book.balances,
            None => unreachable!("asset {asset} was checked"),
        }
    }

    pub(crate) fn balance(&self, account: AccountId, asset: AssetId) -> Option<Balance> {
        self.books.get(asset.0 as usize)?.as_ref()?.balances.get(account.0 as usize).copied()
    }

    /// Every balance that is not zero: asset, account, balance, in this order.
    pub(crate) fn in_use(&self) -> impl Iterator<Item = (u32, u32, &Balance)> {
        self.books.iter().enumerate().filter_map(|(asset, book)| Some((asset, book.as_ref()?))).flat_map(
            |(asset, book)| {
                let used = book.balances.iter().enumerate().filter(|(_, b)| **b != Balance::default());
                used.map(move |(account, balance)| (asset as u32, account as u32, balance))
            },
        )
    }

    /// Puts a balance back as a snapshot has it.
    pub(crate) fn put_back(&mut self, account: AccountId, asset: AssetId, balance: Balance) {
        self.balances(asset)[account.0 as usize] = balance;
    }

    /// Posts the legs of one booking: what each account gains, or loses where it is negative. Panics unless they add up to zero.
    #[inline(always)]
    pub(crate) fn post<const LEGS: usize>(&mut self, asset: AssetId, legs: [(AccountId, i64); LEGS]) {
        let balances = self.balances(asset);
        let mut sum = 0i128;
        for (account, change) in legs {
            balances[account.0 as usize].total += i128::from(change);
            sum += i128::from(change);
        }
        assert!(sum == 0, "legs in asset {asset} add up to {sum}");
    }

    /// Posts a trade in spot: what is delivered from the seller to the buyer, what is paid from the buyer to the seller, and the fees of
    /// both. Each amount goes from one account to another, so the legs add up to zero.
    #[inline(always)]
    pub(crate) fn exchange(
        &mut self,
        [base, quote]: [AssetId; 2],
        [buyer, seller]: [AccountId; 2],
        [delivered, value]: [i64; 2],
        [buyer_fee, seller_fee]: [i64; 2],
    ) {
        let balances = self.balances(base);
        balances[buyer.0 as usize].total += i128::from(delivered);
        balances[seller.0 as usize].total -= i128::from(delivered);
        let balances = self.balances(quote);
        balances[buyer.0 as usize].total -= i128::from(value + buyer_fee);
        balances[seller.0 as usize].total += i128::from(value - seller_fee);
        balances[AccountId::FEES.0 as usize].total += i128::from(buyer_fee + seller_fee);
    }

    /// Like [`Ledger::post`], for legs whose number is not known before.
    pub(crate) fn post_all(&mut self, asset: AssetId, legs: &[(AccountId, i64)]) {
        legs.iter().for_each(|leg| self.balances(asset)[leg.0.0 as usize].total += i128::from(leg.1));
        let sum: i128 = legs.iter().map(|leg| i128::from(leg.1)).sum();
        assert!(sum == 0, "legs in asset {asset} add up to {sum}");
    }

    /// Posts an amount of any size from one account to another.
    pub(crate) fn transfer(&mut self, asset: AssetId, from: AccountId, to: AccountId, amount: i128) {
        let balances = self.balances(asset);
        balances[from.0 as usize].total -= amount;
        balances[to.0 as usize].total += amount;
    }

    /// Holds more, or less where it is negative, of an account that was found to have it.
    pub(crate) fn hold_more(&mut self, account: AccountId, asset: AssetId, amount: i64) {
        self.balances(asset)[account.0 as usize].held += i128::from(amount);
    }

    /// Holds an amount if that much is free.
    #[inline(always)]
    pub(crate) fn hold(&mut self, account: AccountId, asset: AssetId, amount: Money) -> Result<(), Reject> {
        let balance = &mut self.balances(asset)[account.0 as usize];
        if balance.total - balance.held < i128::from(amount.0) {
            return Err(Reject::FundsInsufficient);
        }
        balance.held += i128::from(amount.0);
        Ok(())
    }

    /// Sets free what was held.
    #[inline(always)]
    pub(crate) fn release(&mut self, account: AccountId, asset: AssetId, amount: Money) {
        self.balances(asset)[account.0 as usize].held -= i128::from(amount.0);
    }

    /// Whether this much is free.
    pub(crate) fn is_free(&self, account: AccountId, asset: AssetId, amount: Money) -> bool {
        self.balance(account, asset).is_some_and(|b| b.total - b.held >= i128::from(amount.0))
    }
}
