//! Balances and holds folded from events alone. They must be the engine's own: whoever reads the log knows all the money.

use std::collections::BTreeMap;

use garraway_engine::{Balance, Engine};
use garraway_types::*;

/// What events have told of each account and asset.
#[derive(Clone, Default)]
pub struct Fold {
    balances: BTreeMap<(u32, u32), Balance>,
}

impl Fold {
    /// The balances as they stand; from here on events keep them.
    pub fn of(engine: &Engine, accounts: &[u32], assets: impl Iterator<Item = u32> + Clone) -> Self {
        let pairs = accounts.iter().flat_map(|account| assets.clone().map(move |asset| (*account, asset)));
        let balance = |(account, asset)| engine.balance(AccountId(account), AssetId(asset));
        Self { balances: pairs.map(|pair| (pair, balance(pair))).collect() }
    }

    /// Takes the events of one command.
    pub fn take(&mut self, engine: &Engine, events: &[u8]) {
        for (event, _) in events_in(events) {
            match EventKind::from_code(event.kind) {
                Some(EventKind::Posted) => self.add(event.account, event.instrument, event.value),
                Some(EventKind::Filled) => self.fill(engine, &event),
                _ => {}
            }
            if event.released != 0 {
                let terms = engine.listing(InstrumentId(event.instrument)).unwrap().terms;
                let asset = if event.side == Side::Buy as u8 { terms.quote_asset } else { terms.base_asset };
                self.entry(event.account, asset).held -= i128::from(event.released);
            }
        }
    }

    fn fill(&mut self, engine: &Engine, event: &Event) {
        let listing = engine.listing(InstrumentId(event.instrument)).unwrap();
        let delivered = event.quantity * listing.lot_value;
        let sign = if event.side == Side::Buy as u8 { 1 } else { -1 };
        self.add(event.account, listing.terms.base_asset, sign * delivered);
        self.add(event.account, listing.terms.quote_asset, -sign * event.value - event.fee);
        self.add(AccountId::FEES.0, listing.terms.quote_asset, event.fee);
    }

    fn add(&mut self, account: u32, asset: u32, change: i64) {
        self.entry(account, asset).total += i128::from(change);
    }

    fn entry(&mut self, account: u32, asset: u32) -> &mut Balance {
        self.balances.entry((account, asset)).or_default()
    }

    /// Where the engine has another balance or hold than events told, or an asset does not add up to zero.
    pub fn fault(&self, engine: &Engine) -> Option<String> {
        let mut sums = BTreeMap::<u32, i128>::new();
        for ((account, asset), told) in &self.balances {
            let has = engine.balance(AccountId(*account), AssetId(*asset));
            if has != *told {
                return Some(format!("account {account}, asset {asset}: {has:?}, events tell {told:?}"));
            }
            *sums.entry(*asset).or_default() += has.total;
        }
        sums.into_iter()
            .find(|(_, sum)| *sum != 0)
            .map(|(asset, sum)| format!("asset {asset} adds up to {sum}"))
    }
}
