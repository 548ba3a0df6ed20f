//! `SplitInstrument`: so many new ones for so many old ones. Prices at once, holdings and orders by a sweep.

use std::collections::BTreeSet;

use garraway_book::{Book, Slot};
use garraway_types::{
    AccountId, Command, CommandKind, Event, EventKind, Price, Reject, SplitInstrument, code, detail, limits,
};

use super::change_instrument::require_out_of_trading;
use super::{Judged, require};
use crate::day::DayResult;
use crate::dealer::TwoSided;
use crate::dealt::{Dealt, Key, margin, rounded};
use crate::emit::Emit;
use crate::engine::Engine;
use crate::extras::{Extra, Partner};
use crate::instruments::Instrument;
use crate::orders::Mark;
use crate::positions::most_lots;
use crate::sweeps::{Looks, Sweep};
use crate::ticks;

/// Stages of the sweep: two parts, of which the order depends on the ratio; then what was split is forgotten.
const FORGET: u8 = 2;
const END: u8 = 3;

/// So many new ones for so many old ones.
#[derive(Clone, Copy, Debug)]
struct Ratio {
    new: i128,
    old: i128,
}

impl Ratio {
    fn of(sweep: &Sweep) -> Self {
        Self { new: i128::from(sweep.terms[0]), old: i128::from(sweep.terms[1]) }
    }

    /// An amount after the split, downwards.
    fn amount(self, before: i128) -> i128 {
        (before * self.new).div_euclid(self.old)
    }

    /// A price after the split, if it comes out even.
    fn even_price(self, before: i64) -> Option<i64> {
        let price = i128::from(before) * self.old;
        if price % self.new == 0 { i64::try_from(price / self.new).ok() } else { None }
    }

    /// A price that somebody may look at after the split; 0 stays 0.
    fn price(self, instrument: &Instrument, before: i64) -> i64 {
        if before == 0 {
            return 0;
        }
        let terms = &instrument.terms;
        let exact = i128::from(before) * self.old / self.new;
        let within = exact.clamp(i128::from(terms.min_price), i128::from(terms.max_price));
        ticks::tick_down(instrument, within as i64).max(terms.min_price)
    }
}

pub(crate) fn split_instrument(
    engine: &mut Engine,
    command: &Command<'_>,
    emit: &mut Emit<'_, '_>,
) -> Judged {
    let body: SplitInstrument = command.body();
    let number = command.head.instrument;
    let instrument = engine.instruments.get(number).ok_or(Reject::InstrumentUnknown)?;
    let base = instrument.terms.base;
    let of_base = |other: &&Instrument| other.terms.base == base || other.terms.quote == base;
    let alone = engine.instruments.all().filter(of_base).count() == 1;
    let is_dealt = instrument.terms.is_dealt();
    require(is_dealt || instrument.listed.kind == code::SPOT && alone, Reject::KindInvalid)?;
    let ratios = 1..=1_000_000;
    let outside = engine.ledger.balance(AccountId::EXTERNAL, base).unwrap_or_default().total;
    let counted = outside.unsigned_abs().saturating_mul(u128::from(body.numerator)) < 1 << 120;
    let sound = ratios.contains(&body.numerator) && ratios.contains(&body.denominator);
    let ratio = Ratio { new: body.numerator.into(), old: body.denominator.into() };
    let sound = sound && if is_dealt { engine.can_split_dealt(instrument, ratio) } else { counted };
    require(sound, Reject::RatioInvalid)?;
    require(engine.sweeps.len() < limits::MAX_SWEEPS, Reject::WorkFull)?;
    require_out_of_trading(instrument)?;

    let id = emit.own(Event {
        instrument: number,
        quantity: i64::from(body.numerator),
        leaves: i64::from(body.denominator),
        ..Event::empty(EventKind::InstrumentSplit)
    });
    let terms = [i64::from(body.numerator), i64::from(body.denominator)];
    let sweep = Sweep { instrument: number, terms, ..Sweep::new(CommandKind::SplitInstrument, id) };
    engine.split_prices(number, Ratio::of(&sweep));
    engine.splits.insert(number, BTreeSet::new());
    engine.begin_sweep(sweep, emit);
    Ok(())
}

impl Engine {
    /// Whether a split of what this asset counts is at work.
    pub(crate) fn is_splitting(&self, asset: u32) -> bool {
        let is_base = |of: &Instrument| !of.terms.is_dealt() && of.terms.base.0 == asset;
        self.splits.keys().any(|number| self.instruments.get(*number).is_some_and(is_base))
    }

    /// Prices of an instrument that is split, and the lots of its day and of day's results.
    fn split_prices(&mut self, number: u32, ratio: Ratio) {
        let instrument = self.instruments.of_order(number);
        let new = |price: i64| ratio.price(instrument, price);
        let prices =
            [instrument.reference, instrument.last, instrument.settlement, instrument.day_settlement];
        let [reference, last, settlement, day_settlement] = prices.map(new);
        let mut day = instrument.day;
        (day.first, day.last) = (new(day.first), new(day.last));
        (day.low, day.high) = (new(day.low), new(day.high));
        day.lots = ratio.amount(i128::from(day.lots)).min(i128::from(i64::MAX)) as u64;
        instrument.day = day;
        (instrument.reference, instrument.last) = (reference, last);
        (instrument.settlement, instrument.day_settlement) = (settlement, day_settlement);
        let results: Vec<(u32, DayResult)> = self
            .days
            .all_results()
            .filter(|(_, instrument, _)| *instrument == number)
            .map(|(account, _, result)| (account, *result))
            .collect();
        for (account, result) in results {
            let lots = ratio.amount(i128::from(result.lots));
            self.days.put(account, number, result.with_lots(lots));
        }
    }

    /// Goes on with a split; whether it has come to its end.
    pub(crate) fn split_on(&mut self, sweep: &mut Sweep, looks: &mut Looks, emit: &mut Emit<'_, '_>) -> bool {
        let ratio = Ratio::of(sweep);
        while sweep.stage < END {
            let holdings = (sweep.stage == 0) == (ratio.new >= ratio.old);
            let is_done = if sweep.stage == FORGET {
                self.forget_split(sweep.instrument, looks)
            } else if holdings && self.instruments.of_order(sweep.instrument).terms.is_dealt() {
                self.split_positions(sweep, ratio, looks, emit)
            } else if holdings {
                self.split_holdings(sweep, ratio, looks, emit)
            } else {
                self.sweep_instrument(sweep, sweep.instrument, looks, emit)
            };
            if !is_done {
                return false;
            }
            sweep.leave();
            sweep.stage += 1;
            if sweep.stage == END {
                self.split_quote(sweep.instrument, ratio);
            }
        }
        true
    }

    /// Forgets which orders were split, as many as may be looked at; whether none is left.
    fn forget_split(&mut self, number: u32, looks: &mut Looks) -> bool {
        let Some(split) = self.splits.get_mut(&number) else { return true };
        while !split.is_empty() {
            if !looks.take() {
                return false;
            }
            split.pop_first();
        }
        true
    }

    /// Whether an order has the terms of the split of its instrument.
    pub(crate) fn is_split(&self, slot: Slot) -> bool {
        let node = &self.slab[slot];
        self.splits.get(&node.payload.instrument).is_some_and(|split| split.contains(&node.sequence))
    }

    /// The quote of what the house deals, once all that is left over of positions was paid at it.
    fn split_quote(&mut self, number: u32, ratio: Ratio) {
        let instrument = self.instruments.of_order(number);
        let Some(dealer) = &instrument.dealer else { return };
        let TwoSided { bid, ask } = dealer.quote.prices;
        let prices = TwoSided { bid: ratio.price(instrument, bid), ask: ratio.price(instrument, ask) };
        self.dealer_of(number).quote.prices = prices;
    }

    /// Whether the lots of every position against the house, and what they cost, can be counted after a split.
    fn can_split_dealt(&self, of: &Instrument, ratio: Ratio) -> bool {
        let terms = &of.terms;
        let most = most_lots(terms.max_price, terms.price_value);
        self.dealt.all().filter(|((number, ..), _)| *number == terms.number).all(|(_, position)| {
            let after = position.split(ratio.new, ratio.old);
            let worth = i128::from(after.lots.unsigned_abs()) * i128::from(terms.max_price);
            let fits = i128::from(after.cost) <= worth * i128::from(terms.price_value);
            after.lots.unsigned_abs() <= most as u64 && fits
        })
    }

    /// Every position against the house: what is left over of its lots is paid out at the middle of the quote.
    fn split_positions(
        &mut self,
        sweep: &mut Sweep,
        ratio: Ratio,
        looks: &mut Looks,
        emit: &mut Emit<'_, '_>,
    ) -> bool {
        let number = sweep.instrument;
        while let Some((key, before)) = self.dealt.next_of(number, sweep.at, sweep.cursor[1] as u64) {
            if !looks.any() || !emit.has_room_for(1) {
                return false;
            }
            looks.take();
            self.split_position(key, before, ratio, emit);
            (sweep.at, sweep.cursor[1]) = (key.1, key.2 as i64 + 1);
        }
        true
    }

    fn split_position(&mut self, key: Key, before: Dealt, ratio: Ratio, emit: &mut Emit<'_, '_>) {
        let (number, account, position) = key;
        let instrument = self.instruments.of_order(number);
        let Some(dealer) = &instrument.dealer else { return };
        let (terms, middle) = (instrument.terms, dealer.quote.prices.middle());
        let rate = dealer.rules.margin_rate;
        let after = before.split(ratio.new, ratio.old);
        let margin = margin(after.cost, rate).min(before.margin);
        // What is left over, in parts of an old lot: `new` of them are one.
        let over = i128::from(before.lots.unsigned_abs()) * ratio.new % ratio.old;
        let paid = rounded(i128::from(middle) * i128::from(terms.price_value) * over, ratio.new) as i64;
        let freed = before.cost - after.cost;
        let gain = if before.lots > 0 { paid - freed } else { freed - paid };
        let (payer, quote) = (self.accounts.payer(account), terms.quote);
        self.ledger.post(quote, [(payer, gain), (AccountId::HOUSE, -gain)]);
        self.ledger.hold_more(payer, quote, margin - before.margin);
        self.dealt.put(key, Dealt { margin, ..after });
        emit.anonymous(Event {
            account,
            instrument: number,
            detail: detail::POSITION_SPLIT,
            source_seq: position,
            price: middle,
            quantity: after.lots,
            leaves: before.lots,
            value: gain,
            fee: after.cost,
            released: before.margin - margin,
            ..Event::empty(EventKind::PositionChanged)
        });
    }

    /// Every account's balance of the base asset, against account 1.
    fn split_holdings(
        &mut self,
        sweep: &mut Sweep,
        ratio: Ratio,
        looks: &mut Looks,
        emit: &mut Emit<'_, '_>,
    ) -> bool {
        while let Some(number) = self.next_holder(sweep.at) {
            if !looks.any() || !self.split_holding(sweep, AccountId(number), ratio, emit) {
                return false;
            }
            looks.take();
            sweep.at = number + 1;
        }
        true
    }

    /// The account with the lowest number from this one on: the venue's own but the outside world, then those of clients.
    fn next_holder(&self, number: u32) -> Option<u32> {
        let own = number.max(AccountId::FEES.0);
        if own <= AccountId::SETTLEMENT.0 { Some(own) } else { self.accounts.next_from(number) }
    }

    /// What an account has of the base asset; whether that had room.
    fn split_holding(
        &mut self,
        sweep: &Sweep,
        account: AccountId,
        ratio: Ratio,
        emit: &mut Emit<'_, '_>,
    ) -> bool {
        let base = self.instruments.of_order(sweep.instrument).terms.base;
        let before = self.ledger.balance(account, base).unwrap_or_default().total;
        let change = ratio.amount(before) - before;
        if change == 0 {
            return true;
        }
        if !emit.has_room_for(2) {
            return false;
        }
        self.ledger.transfer(base, AccountId::EXTERNAL, account, change);
        let posted = |account: AccountId, change: i128| Event {
            account: account.0,
            instrument: base.0,
            detail: detail::SPLIT,
            value: change.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64,
            fee: i64::from(sweep.instrument),
            ..Event::empty(EventKind::Posted)
        };
        emit.anonymous(posted(account, change));
        emit.anonymous(posted(AccountId::EXTERNAL, -change));
        true
    }

    /// Gives an order the terms of the split, if it can keep them.
    pub(crate) fn split_order(&mut self, sweep: &Sweep, slot: Slot, emit: &mut Emit<'_, '_>) -> bool {
        let Some((price, open, filled)) = self.after_split(slot, Ratio::of(sweep)) else { return false };
        let before = self.open_lots(slot);
        self.book_leave(slot);
        let node = &mut self.slab[slot];
        (node.price, node.leaves, node.payload.filled) = (Price(price), open, filled);
        self.book_rest(slot);
        let released = self.rehold(slot);
        let node = &self.slab[slot];
        if let Some(split) = self.splits.get_mut(&sweep.instrument) {
            split.insert(node.sequence);
        }
        emit.anonymous(Event {
            account: node.payload.account,
            instrument: node.payload.instrument,
            side: node.side as u8,
            client_ref: node.payload.client_ref,
            price,
            quantity: i64::from(before),
            leaves: i64::from(open),
            value: node.sequence as i64,
            released,
            ..Event::empty(EventKind::OrderSplit)
        });
        true
    }

    /// Price, open and filled lots of an order after the split; `None` for one that cannot go on.
    fn after_split(&self, slot: Slot, ratio: Ratio) -> Option<(i64, u32, u32)> {
        if self.is_dealt(slot) {
            return None;
        }
        let node = &self.slab[slot];
        let whole =
            |extra: &Extra| extra.display == 0 && extra.partner == Partner::None && extra.minimum == 0;
        let displayed = Book::is_resting(&self.slab, slot) && !Mark(node.mark).is_hidden();
        if !displayed || !self.extras.get(slot).is_none_or(whole) {
            return None;
        }
        let instrument = self.instruments.get(node.payload.instrument)?;
        let terms = &instrument.terms;
        let price = ratio.even_price(node.price.0)?;
        let lots = |before: u32| u32::try_from(ratio.amount(i128::from(before))).ok();
        let (open, filled) = (lots(node.leaves)?, lots(node.payload.filled)?);
        let total = i64::from(open) + i64::from(filled);
        let value = price.checked_mul(total)?.checked_mul(terms.price_value)?;
        let fits = (terms.min_price..=terms.max_price).contains(&price)
            && ticks::is_on_tick(instrument, price)
            && open >= 1
            && total <= terms.max_quantity
            && value <= terms.max_notional;
        fits.then_some((price, open, filled))
    }
}
