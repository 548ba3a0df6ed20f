//! Events folded into what people ask for now: open orders, orders done lately, money, positions, books, prices.
//!
//! Pure: an event and its tail in, state changed. It must come to the engine's own balances, holds, orders and levels
//! (`tests/engine_twin.rs`), and to the books of the Python fold (`tests/views`).

mod account;
mod changes;
mod directory;
mod market;
mod order;
mod position;
mod slots;
mod statistics;

use std::collections::BTreeMap;
use std::sync::Arc;

use garraway_types::limits::MAX_REF_STEP;
use garraway_types::{
    AccountId, CommandKind, Event, EventId, EventKind, OpenAccount, Record, Reject, Side, detail,
};

pub use account::{Account, Balance, DONE_KEPT, FILLS_KEPT, Fill};
pub use changes::{Changes, Private, Tape};
pub use directory::{Asset, Terms};
pub use market::{Auction, Level, Market, TRADES_KEPT, Trade};
pub use order::{Order, State};
pub use position::Position;
pub use slots::Slots;
pub use statistics::{Statistics, Turnover};

use market::shown;

/// Looks up what was told long ago.
pub trait History {
    /// The two `Filled` of a trade.
    fn fills(&mut self, trade_id: u64) -> Option<[Event; 2]>;
}

/// All that events told.
#[derive(Debug, Default)]
pub struct Fold {
    /// Assets by number.
    pub assets: BTreeMap<u32, Asset>,
    /// Instruments by number.
    pub markets: Slots<Market>,
    /// Accounts by number.
    pub accounts: Slots<Account>,
    /// What changed since somebody last looked.
    pub changes: Changes,
    /// The venue's time, as the last event has it.
    pub at_ns: i64,
    seq: u64,
    /// The last day that ended, and the event that said so.
    day_ended: (u32, u64),
    /// What a split brings the account of the last leg: the other leg is its opposite.
    split_change: i128,
    prevented: Prevented,
}

/// Tells the sides of a trade that self-trade prevention took the place of: the order at rest is told of first.
#[derive(Debug)]
struct Prevented(Event);

impl Default for Prevented {
    fn default() -> Self {
        Self(Event::empty(EventKind::Ticked))
    }
}

impl Prevented {
    fn is_first(&mut self, event: &Event) -> bool {
        let first = self.0;
        let follows = first.event_id + 1 == event.event_id && first.detail == event.detail;
        let second = follows && first.quantity == event.quantity && first.side != event.side;
        self.0 = if second { Event::empty(EventKind::Ticked) } else { *event };
        !second
    }
}

impl Fold {
    /// Number of the last command whose events were taken.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The last business day that ended, as yyyymmdd; 0 before.
    pub fn business_date(&self) -> u32 {
        self.day_ended.0
    }

    /// An account's balance of an asset.
    pub fn balance(&self, account: u32, asset: u32) -> Balance {
        let balances = self.accounts.get(account).map(|account| &account.balances);
        balances.and_then(|balances| balances.get(&asset)).copied().unwrap_or_default()
    }

    /// The instrument with this symbol.
    pub fn by_symbol(&self, symbol: &str) -> Option<&Market> {
        self.markets.iter().map(|(_, market)| market).find(|market| market.terms.symbol == symbol)
    }

    /// Takes the next event of the log.
    pub fn take(&mut self, event: &Event, tail: &[u8], history: &mut dyn History) {
        self.seq = EventId(event.event_id).command_seq();
        self.at_ns = event.at_ns;
        let Some(kind) = EventKind::from_code(event.kind) else { return };
        match kind {
            EventKind::Accepted => self.accept(event, tail),
            EventKind::Replaced => self.replace(event, tail),
            EventKind::Rejected => self.reject(event, tail),
            EventKind::Canceled
            | EventKind::Triggered
            | EventKind::Refilled
            | EventKind::Activated
            | EventKind::OrderSplit => {
                self.change(kind, event);
            }
            EventKind::Filled => {
                let text = self.change(kind, event);
                self.fill(event, text);
            }
            EventKind::PositionChanged => self.change_dealt(event),
            EventKind::Traded => self.trade(event),
            EventKind::Posted => self.post(event),
            EventKind::TradeBusted => self.bust(event, history),
            EventKind::DayEnded => self.end_day(event),
            EventKind::InstrumentSplit => self.split(event),
            EventKind::AssetDefined => {
                self.assets.insert(event.instrument, Asset::read(event.instrument, tail));
            }
            EventKind::InstrumentListed => self.list(event, tail),
            EventKind::AccountOpened => {
                let said = OpenAccount::read(tail);
                let account = self.accounts.entry(event.account, Account::default);
                (account.firm, account.clearing) = (said.firm, said.clearing);
            }
            _ => self.stand(kind, event, tail),
        }
        if event.released != 0 {
            self.release(event);
        }
    }

    fn list(&mut self, event: &Event, tail: &[u8]) {
        let scale_of = |asset: u32| self.assets.get(&asset).map_or(0, |asset| asset.scale);
        let terms = Terms::read(event.instrument, tail, scale_of);
        self.markets.entry(event.instrument, || Market::new(terms));
    }

    fn stand(&mut self, kind: EventKind, event: &Event, tail: &[u8]) {
        if let Some(market) = self.markets.get_mut(event.instrument) {
            market.take(kind, event, tail);
        }
    }

    fn end_day(&mut self, event: &Event) {
        for (_, market) in self.markets.iter_mut() {
            market.end_day(self.day_ended.1);
        }
        self.day_ended = (event.value as u32, event.event_id);
    }

    fn accept(&mut self, event: &Event, tail: &[u8]) {
        let phase = self.markets.get(event.instrument).map_or(0, |market| market.phase);
        let order = Order::accepted(event, text_of(tail), phase);
        self.show(None, &order);
        self.changes.order(EventKind::Accepted, &order);
        let account = self.accounts.entry(event.account, Account::default);
        account.last_ref = account.last_ref.max(event.client_ref);
        account.keep(order);
    }

    fn replace(&mut self, event: &Event, tail: &[u8]) {
        let account = self.accounts.entry(event.account, Account::default);
        account.last_ref = account.last_ref.max(event.client_ref);
        let before = account.open.remove(&(event.fee as u64));
        let text = text_of(tail).or_else(|| before.as_ref().and_then(|before| before.text.clone()));
        let order = match &before {
            Some(before) => before.replaced(event, text),
            None => Order::plain(event, text),
        };
        account.keep(order.clone());
        self.show(before.as_ref().and_then(shown), &order);
        if let Some(mut before) = before {
            before.state = State::Replaced(event.client_ref);
            before.leaves = 0;
            self.changes.gone(&before);
            self.accounts.entry(event.account, Account::default).finish(before);
        }
        self.changes.order(EventKind::Replaced, &order);
    }

    fn reject(&mut self, event: &Event, tail: &[u8]) {
        let Some(account) = self.accounts.get_mut(event.account) else { return };
        if tells_reference(event, account.last_ref) {
            account.last_ref = account.last_ref.max(event.client_ref);
        }
        if event.value == CommandKind::PlaceOrder as i64 && event.detail > Reject::ClientRefStale as u8 {
            let order = Order::rejected(event, text_of(tail));
            self.changes.order(EventKind::Rejected, &order);
            account.finish(order);
        }
    }

    /// An event of an open order; its text.
    fn change(&mut self, kind: EventKind, event: &Event) -> Option<Arc<str>> {
        let account = self.accounts.get_mut(event.account)?;
        if kind == EventKind::Canceled && event.detail == detail::NOTHING_LEFT {
            // The replacement that had this effect used a reference up, which no event tells: one above the last.
            account.last_ref += 1;
        }
        let order = account.open.get_mut(&event.client_ref)?;
        let market = self.markets.get_mut(order.instrument)?;
        let before = shown(order);
        // In an auction both sides are at rest.
        let at_rest = market.uncrossing
            || match kind {
                EventKind::Filled => event.detail == detail::MAKER,
                _ => self.prevented.is_first(event),
            };
        order.change(kind, event, at_rest, market.split);
        market.show(before, shown(order), order.side);
        self.changes.order(kind, order);
        let text = order.text.clone();
        if order.leaves == 0
            && let Some(order) = account.open.remove(&event.client_ref)
        {
            account.finish(order);
        }
        text
    }

    fn show(&mut self, before: Option<(i64, i64)>, order: &Order) {
        if let Some(market) = self.markets.get_mut(order.instrument) {
            market.show(before, shown(order), order.side);
        }
    }

    fn trade(&mut self, event: &Event) {
        let Some(market) = self.markets.get_mut(event.instrument) else { return };
        let trade = market.trade(event);
        self.changes.tape(event.instrument, Tape::Trade(trade));
    }

    /// Moves what a fill moves: docs/concepts/engine.md, "A fill moves", and risk.md, "Future".
    fn fill(&mut self, event: &Event, text: Option<Arc<str>>) {
        let Some(market) = self.markets.get(event.instrument) else { return };
        let (terms, settlement) = (&market.terms, market.settlement);
        let (base, quote, is_future) = (terms.listed.base_asset, terms.listed.quote_asset, terms.is_future());
        let (price_value, lot_value) = (i128::from(terms.price_value), i128::from(terms.lot_value));
        let sign = if event.side == Side::Buy as u8 { 1 } else { -1 };
        let lots = sign * i128::from(event.quantity);
        let payer = self.payer(event.account);
        let is_dealt = terms.is_dealt();
        let paid = if is_dealt {
            // What is gained follows in `PositionChanged`.
            0
        } else if is_future {
            self.change_collateral(event.account, event.instrument, lots);
            i128::from(event.price - settlement) * i128::from(event.quantity) * price_value
        } else {
            self.add(payer, base, lots * lot_value);
            i128::from(event.value)
        };
        let fee = i128::from(event.fee);
        self.add(payer, quote, -sign * paid - fee);
        self.add(AccountId::FEES.0, quote, fee);
        let account = self.accounts.entry(event.account, Account::default);
        let position = account.positions.entry(event.instrument).or_default();
        if is_dealt {
            position.deal(lots, i128::from(event.value));
        } else {
            position.trade(lots, i128::from(event.value));
        }
        position.fees += fee;
        let maker = event.detail == detail::MAKER;
        let fill = Fill {
            event_id: event.event_id,
            // What the house deals is its own trade.
            trade_id: event.event_id
                - if maker {
                    1
                } else if is_dealt {
                    0
                } else {
                    2
                },
            at_ns: event.at_ns,
            client_ref: event.client_ref,
            text,
            instrument: event.instrument,
            side: event.side,
            maker,
            price: event.price,
            quantity: event.quantity,
            leaves: event.leaves,
            value: event.value,
            fee: event.fee,
        };
        self.changes.fill(event.account, &fill);
        self.changes.position(event.account, event.instrument);
        account.fill(fill);
    }

    /// The gain of a position that the house deals; its margin goes by what is released.
    fn change_dealt(&mut self, event: &Event) {
        let Some(market) = self.markets.get(event.instrument) else { return };
        let (quote, gain) = (market.terms.listed.quote_asset, i128::from(event.value));
        let (market_split, price_value) = (market.split, i128::from(market.terms.price_value));
        self.add(self.payer(event.account), quote, gain);
        self.add(AccountId::HOUSE.0, quote, -gain);
        let (new, old) = (i128::from(market_split.0), i128::from(market_split.1));
        let account = self.accounts.entry(event.account, Account::default);
        let position = account.positions.entry(event.instrument).or_default();
        position.gain(gain);
        if event.detail == detail::POSITION_SPLIT {
            // What is left over of its lots was paid out.
            let over = i128::from(event.leaves.unsigned_abs()) * new % old;
            let paid = (2 * i128::from(event.price) * price_value * over + new).div_euclid(2 * new);
            position.lots += i128::from(event.quantity) - i128::from(event.leaves);
            position.cost -= if event.leaves > 0 { paid } else { -paid };
        }
        self.changes.position(event.account, event.instrument);
    }

    /// What lots of a future more, or less, need held. Called before the position changes.
    fn change_collateral(&mut self, account: u32, instrument: u32, change: i128) {
        let Some(market) = self.markets.get(instrument) else { return };
        let positions = self.accounts.get(account).map(|account| &account.positions);
        let lots = positions.and_then(|all| all.get(&instrument)).map_or(0, |position| position.lots);
        let collateral = |lots| market.terms.collateral(lots, market.settlement);
        let (more, asset) = (collateral(lots + change) - collateral(lots), market.terms.listed.quote_asset);
        self.hold(self.payer(account), asset, more);
    }

    fn post(&mut self, event: &Event) {
        let mut change = i128::from(event.value);
        if event.detail == detail::SPLIT {
            change = self.split_leg(event);
        }
        self.add(event.account, event.instrument, change);
        self.changes.posted(event.account, event.instrument, change, event.at_ns);
    }

    /// A holding after a split, reckoned anew: an event says no more than 64 bits.
    fn split_leg(&mut self, event: &Event) -> i128 {
        if event.account == AccountId::EXTERNAL.0 {
            return -self.split_change;
        }
        let (new, old) = self.markets.get(event.fee as u32).map_or((1, 1), |market| market.split);
        let total = self.balance(event.account, event.instrument).total;
        self.split_change = (total * i128::from(new)).div_euclid(i128::from(old)) - total;
        self.split_change
    }

    fn split(&mut self, event: &Event) {
        self.stand(EventKind::InstrumentSplit, event, &[]);
        let (new, old) = (i128::from(event.quantity), i128::from(event.leaves));
        if self.markets.get(event.instrument).is_some_and(|market| market.terms.is_dealt()) {
            // Each position says what it becomes.
            return;
        }
        for (number, account) in self.accounts.iter_mut() {
            if let Some(position) = account.positions.get_mut(&event.instrument) {
                position.split(new, old);
                self.changes.position(number, event.instrument);
            }
        }
    }

    /// A trade that is taken back, or whose price is corrected. The postings follow; here the positions change.
    fn bust(&mut self, event: &Event, history: &mut dyn History) {
        let (trade_id, new_price) = (event.value as u64, event.fee);
        let Some(market) = self.markets.get_mut(event.instrument) else { return };
        market.bust(trade_id, new_price);
        let value =
            i128::from(event.price) * i128::from(event.quantity) * i128::from(market.terms.price_value);
        let corrected =
            i128::from(new_price) * i128::from(event.quantity) * i128::from(market.terms.price_value);
        let is_future = market.terms.is_future();
        self.changes.tape(event.instrument, Tape::Bust { trade_id, at_ns: event.at_ns, price: new_price });
        let Some(fills) = history.fills(trade_id) else { return };
        for fill in fills {
            let sign = if fill.side == Side::Buy as u8 { 1 } else { -1 };
            let lots = sign * i128::from(event.quantity);
            if new_price == 0 && is_future {
                self.change_collateral(fill.account, event.instrument, -lots);
            }
            let account = self.accounts.entry(fill.account, Account::default);
            let position = account.positions.entry(event.instrument).or_default();
            if new_price == 0 {
                position.trade(-lots, value);
                position.fees -= i128::from(fill.fee);
            } else {
                position.realised -= sign * (corrected - value);
            }
            self.changes.position(fill.account, event.instrument);
        }
    }

    fn release(&mut self, event: &Event) {
        let Some(market) = self.markets.get(event.instrument) else { return };
        let asset = market.terms.held_asset(event.side == Side::Buy as u8);
        self.hold(self.payer(event.account), asset, -i128::from(event.released));
    }

    fn payer(&self, account: u32) -> u32 {
        let clearing = self.accounts.get(account).map_or(0, |account| account.clearing);
        if clearing == 0 { account } else { clearing }
    }

    fn add(&mut self, account: u32, asset: u32, change: i128) {
        self.entry(account, asset).total += change;
    }

    fn hold(&mut self, account: u32, asset: u32, more: i128) {
        self.entry(account, asset).held += more;
    }

    fn entry(&mut self, account: u32, asset: u32) -> &mut Balance {
        self.changes.balance(account, asset);
        self.accounts.entry(account, Account::default).balances.entry(asset).or_default()
    }
}

/// Whether what was refused tells that the account's last reference is not below its own: it used it up, which it does for
/// a reason behind `ClientRefStale`, or it was refused for that. A mass quote without items uses none, and is told from
/// one of its orders by the side.
fn tells_reference(event: &Event, last_ref: u64) -> bool {
    let of_quote = event.value == CommandKind::MassQuote as i64;
    let of_order =
        event.value == CommandKind::PlaceOrder as i64 || event.value == CommandKind::ReplaceOrder as i64;
    if event.detail == Reject::ClientRefStale as u8 {
        return of_order && event.client_ref <= last_ref.saturating_add(MAX_REF_STEP);
    }
    let used = event.detail > Reject::ClientRefStale as u8;
    used && (of_order || of_quote && (event.side != 0 || event.detail == Reject::WorkFull as u8))
}

/// The client's text in a tail, where it is one.
fn text_of(tail: &[u8]) -> Option<Arc<str>> {
    let text = std::str::from_utf8(tail).ok()?.trim_end_matches('\0');
    let plain = !text.is_empty() && !text.chars().any(char::is_control);
    plain.then(|| text.into())
}
