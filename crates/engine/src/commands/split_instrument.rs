//! `SplitInstrument`: so many new ones for so many old ones. Prices at once, holdings and orders by a sweep.

use garraway_book::{Book, Slot};
use garraway_types::{
    AccountId, Command, CommandKind, Event, EventKind, Price, Reject, SplitInstrument, code, detail, limits,
};

use super::change_instrument::require_out_of_trading;
use super::{Judged, require};
use crate::day::DayResult;
use crate::emit::Emit;
use crate::engine::Engine;
use crate::extras::{Extra, Partner};
use crate::instruments::{Instrument, guard};
use crate::orders::Mark;
use crate::sweeps::Sweep;
use crate::ticks;

/// Stages of the sweep: two parts, of which the order depends on the ratio, and its end.
const END: u8 = 2;

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
    require(instrument.listed.kind == code::SPOT && alone, Reject::KindInvalid)?;
    let ratios = 1..=1_000_000;
    let outside = engine.ledger.balance(AccountId::EXTERNAL, base).unwrap_or_default().total;
    let counted = outside.unsigned_abs().saturating_mul(u128::from(body.numerator)) < 1 << 120;
    let sound = ratios.contains(&body.numerator) && ratios.contains(&body.denominator) && counted;
    require(sound, Reject::RatioInvalid)?;
    require(engine.sweeps.len() < limits::MAX_SWEEPS, Reject::WorkFull)?;
    require_out_of_trading(instrument)?;

    engine.instruments.of_order(number).set_guard(guard::SWEPT, true);
    let id = emit.own(Event {
        instrument: number,
        quantity: i64::from(body.numerator),
        leaves: i64::from(body.denominator),
        ..Event::empty(EventKind::InstrumentSplit)
    });
    let terms = [i64::from(body.numerator), i64::from(body.denominator)];
    let sweep = Sweep { instrument: number, terms, ..Sweep::new(CommandKind::SplitInstrument, id) };
    engine.split_prices(number, Ratio::of(&sweep));
    let orders = engine.open_in_order(number).into_iter().map(|slot| {
        let order = &engine.slab[slot].payload;
        (order.account, order.client_ref)
    });
    let orders = orders.collect();
    engine.splits.insert(number, orders);
    engine.begin_sweep(sweep, emit);
    Ok(())
}

impl Engine {
    /// Whether a split of what this asset counts is at work.
    pub(crate) fn is_splitting(&self, asset: u32) -> bool {
        let base_of = |number: &u32| self.instruments.get(*number).map_or(0, |of| of.terms.base.0);
        self.splits.keys().any(|number| base_of(number) == asset)
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
            let lots = ratio.amount(i128::from(result.lots)) as i64;
            self.days.put(account, number, DayResult { lots, ..result });
        }
    }

    /// Goes on with a split; whether it has come to its end.
    pub(crate) fn split_on(&mut self, sweep: &mut Sweep, emit: &mut Emit<'_, '_>) -> bool {
        if self.is_at_work(sweep.instrument) {
            return false;
        }
        let ratio = Ratio::of(sweep);
        while sweep.stage < END {
            let holdings = (sweep.stage == 0) == (ratio.new >= ratio.old);
            let is_done = if holdings {
                self.split_holdings(sweep, ratio, emit)
            } else {
                self.split_orders(sweep, ratio, emit)
            };
            if !is_done {
                return false;
            }
            sweep.stage += 1;
        }
        true
    }

    /// Every account's balance of the base asset, against account 1.
    fn split_holdings(&mut self, sweep: &mut Sweep, ratio: Ratio, emit: &mut Emit<'_, '_>) -> bool {
        let base = self.instruments.of_order(sweep.instrument).terms.base;
        while (sweep.at as usize) < self.accounts.end() {
            let account = AccountId(sweep.at);
            let before = self.ledger.balance(account, base).unwrap_or_default().total;
            let change = ratio.amount(before) - before;
            if change != 0 && account != AccountId::EXTERNAL {
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
            }
            sweep.at += 1;
        }
        true
    }

    /// Every order that was open when the split began and still is.
    fn split_orders(&mut self, sweep: &mut Sweep, ratio: Ratio, emit: &mut Emit<'_, '_>) -> bool {
        let number = sweep.instrument;
        while let Some((account, client_ref)) =
            self.splits.get(&number).and_then(|left| left.front().copied())
        {
            if let Some(slot) = self.index.get(account, client_ref, &self.slab) {
                if !emit.has_room_for(2) {
                    // What the cancellations of this slice have made due waits in the queue.
                    self.follow_up(number, emit);
                    return false;
                }
                if !self.split_order(slot, ratio, emit) {
                    self.cancel_whole(slot, detail::OFF_TERMS, false, emit);
                    sweep.canceled += 1;
                }
            }
            if let Some(left) = self.splits.get_mut(&number) {
                left.pop_front();
            }
        }
        self.follow_up(number, emit);
        !self.is_at_work(number)
    }

    /// Gives an order the terms of the split, if it can keep them.
    fn split_order(&mut self, slot: Slot, ratio: Ratio, emit: &mut Emit<'_, '_>) -> bool {
        let Some((price, open, filled)) = self.after_split(slot, ratio) else { return false };
        let before = self.open_lots(slot);
        self.book_leave(slot);
        let node = &mut self.slab[slot];
        (node.price, node.leaves, node.payload.filled) = (Price(price), open, filled);
        self.book_rest(slot);
        let released = self.rehold(slot);
        let node = &self.slab[slot];
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
