//! Balances and holds folded from events alone. They must be the engine's own: whoever reads the log knows all the money.

use std::collections::{BTreeMap, BTreeSet};

use garraway_engine::{Balance, Engine, Listing};
use garraway_types::*;

use super::world::{CLEARED, FUTURE};

/// What events have told of each account and asset.
#[derive(Clone, Default)]
pub struct Fold {
    balances: BTreeMap<(u32, u32), Balance>,
    /// Lots in futures by account and instrument.
    lots: BTreeMap<(u32, u32), i64>,
    /// Settlement prices of futures.
    settlements: BTreeMap<u32, i64>,
    /// Accounts by the trades in futures whose two sides were told: buyer, seller, lots.
    trades: BTreeMap<u64, ([u32; 2], i64)>,
    /// On whose balances accounts trade that have none of their own.
    payers: BTreeMap<u32, u32>,
    /// Assets of which a split changed a balance by more than an event can say.
    untold: BTreeSet<u32>,
}

impl Fold {
    /// The balances as they stand; from here on events keep them.
    pub fn of(engine: &Engine, accounts: &[u32], assets: impl Iterator<Item = u32> + Clone) -> Self {
        let pairs = accounts.iter().flat_map(|account| assets.clone().map(move |asset| (*account, asset)));
        let balance = |(account, asset)| engine.balance(AccountId(account), AssetId(asset));
        let balances = pairs.map(|pair| (pair, balance(pair))).collect();
        let payers = BTreeMap::from([(CLEARED, 17)]);
        Self { balances, payers, settlements: BTreeMap::from([(FUTURE, 100)]), ..Self::default() }
    }

    /// Takes the events of one command.
    pub fn take(&mut self, engine: &Engine, events: &[u8]) {
        for (event, tail) in events_in(events) {
            let kind = EventKind::from_code(event.kind);
            match kind {
                Some(EventKind::AccountOpened) => {
                    let clearing = OpenAccount::read(tail).clearing;
                    self.payers.extend((clearing > 0).then_some((event.account, clearing)));
                }
                Some(EventKind::Posted)
                    if matches!(event.value, i64::MAX | i64::MIN) && event.detail == 6 =>
                {
                    self.untold.insert(event.instrument);
                }
                Some(EventKind::Posted) => self.add(event.account, event.instrument, event.value),
                Some(EventKind::Filled) => self.fill(engine, &event),
                Some(EventKind::PositionChanged) => {
                    let quote = engine.listing(InstrumentId(event.instrument)).unwrap().terms.quote_asset;
                    self.add(self.payer(event.account), quote, event.value);
                    self.add(AccountId::HOUSE.0, quote, -event.value);
                }
                Some(EventKind::ReferenceSet) if event.detail == code::SETTLEMENT => {
                    self.settlements.insert(event.instrument, event.price);
                }
                Some(EventKind::TradeBusted) if event.fee == 0 => self.bust(engine, &event),
                _ => {}
            }
            if event.released != 0 {
                let terms = engine.listing(InstrumentId(event.instrument)).unwrap().terms;
                let of_quote = event.side == Side::Buy as u8 || terms.kind != code::SPOT;
                let asset = if of_quote { terms.quote_asset } else { terms.base_asset };
                let payer = self.payer(event.account);
                self.entry(payer, asset).held -= i128::from(event.released);
            }
        }
    }

    fn payer(&self, account: u32) -> u32 {
        self.payers.get(&account).copied().unwrap_or(account)
    }

    fn fill(&mut self, engine: &Engine, event: &Event) {
        let listing = engine.listing(InstrumentId(event.instrument)).unwrap();
        let payer = self.payer(event.account);
        let sign = if event.side == Side::Buy as u8 { 1 } else { -1 };
        let mut paid = event.value;
        if listing.terms.kind == code::CONTRACT {
            // The gain follows in `PositionChanged`.
            paid = 0;
        }
        if listing.terms.kind == code::FUTURE {
            let settlement = self.settlements.get(&event.instrument).copied().unwrap();
            paid = (event.price - settlement) * event.quantity * listing.price_value;
            self.change_lots(&listing, event.account, sign * event.quantity);
            for back in [1, 2] {
                let trade = self.trades.entry(event.event_id - back).or_insert(([0; 2], event.quantity));
                trade.0[usize::from(sign < 0)] = event.account;
            }
        } else if listing.terms.kind == code::SPOT {
            let delivered = event.quantity * listing.lot_value;
            self.add(payer, listing.terms.base_asset, sign * delivered);
        }
        self.add(payer, listing.terms.quote_asset, -sign * paid - event.fee);
        self.add(AccountId::FEES.0, listing.terms.quote_asset, event.fee);
    }

    /// Lots that change owner, with the collateral that they need.
    fn change_lots(&mut self, listing: &Listing, account: u32, change: i64) {
        let settlement = self.settlements[&listing.instrument.0];
        let lots = self.lots.entry((account, listing.instrument.0)).or_default();
        let collateral = |lots: i64| {
            let end = if lots >= 0 { listing.terms.min_price } else { listing.terms.max_price };
            i128::from(lots) * i128::from(settlement - end) * i128::from(listing.price_value)
        };
        let more = collateral(*lots + change) - collateral(*lots);
        *lots += change;
        let payer = self.payer(account);
        self.entry(payer, listing.terms.quote_asset).held += more;
    }

    /// A trade that is taken back; of a future, one that was told.
    fn bust(&mut self, engine: &Engine, event: &Event) {
        let listing = engine.listing(InstrumentId(event.instrument)).unwrap();
        if listing.terms.kind == code::FUTURE {
            let ([buyer, seller], lots) = self.trades[&(event.value as u64)];
            if buyer != seller {
                self.change_lots(&listing, buyer, -lots);
                self.change_lots(&listing, seller, lots);
            }
        }
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
        for ((account, asset), told) in
            self.balances.iter().filter(|((_, asset), _)| !self.untold.contains(asset))
        {
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
