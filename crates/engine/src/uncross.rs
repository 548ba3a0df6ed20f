//! Auctions on the book: what orders claim, the price that follows, the trades at it, and what is indicated meanwhile.

use std::collections::BTreeMap;

use garraway_book::{Book, LevelView, NIL, Slot, Stand};
use garraway_types::{Event, EventKind, Price, Side, detail};

use crate::auction::{Claim, Found, Market, settle_minimums};
use crate::emit::Emit;
use crate::engine::Engine;
use crate::instruments::{Instrument, guard};
use crate::leaving::{ROOM, Step};
use crate::look_ahead::ALONG;
use crate::meeting::Ready;
use crate::orders::Mark;
use crate::own::Own;
use crate::phases::is_auction;
use crate::ticks::Grid;

/// What the noted orders of a level add to it.
#[derive(Clone, Debug, Default)]
struct Note {
    /// Lots that icebergs have behind what they show.
    reserve: u64,
    /// Orders that wait for their minimum.
    pending: Vec<Slot>,
}

/// Room for two orders that meet: three events of the trade, and two that may end or refill them.
const PAIR_ROOM: u16 = 5;

impl Engine {
    /// What the auction of an instrument would give now, and the claims that take part in it.
    fn auction(&self, instrument: &Instrument) -> (Found, [Vec<Claim>; 2]) {
        let best = |side| instrument.book.best_any(side);
        let (Some(bid), Some(ask)) = (best(Side::Buy), best(Side::Sell)) else { return Default::default() };
        if bid < ask {
            return Default::default();
        }
        let mut bids = self.claims(instrument, Side::Buy, ask.0);
        let mut asks = self.claims(instrument, Side::Sell, bid.0);
        let terms = &instrument.terms;
        let market = Market {
            grid: Grid::of(instrument),
            min_price: terms.min_price,
            max_price: terms.max_price,
            near: if instrument.reference != 0 { instrument.reference } else { instrument.last },
        };
        let found = settle_minimums(&mut bids, &mut asks, &market, |side, volume, claims| {
            self.order_claims(instrument, side, volume, claims);
        });
        (found, [bids, asks])
    }

    /// What a side claims at `bound` or better, best first: at each price what is displayed, then what icebergs have behind it, then
    /// what is hidden. Orders with a minimum stand behind the others of their level here; see [`Engine::order_claims`].
    fn claims(&self, instrument: &Instrument, side: Side, bound: i64) -> Vec<Claim> {
        let is_in = |price: i64| if side == Side::Buy { price >= bound } else { price <= bound };
        let levels = |stand| instrument.book.levels_in(side, stand).take_while(move |l| is_in(l.price.0));
        let mut notes = BTreeMap::<(i64, bool), Note>::new();
        for slot in instrument.noted.iter().copied().filter(|slot| self.slab[*slot].side == side) {
            let node = &self.slab[slot];
            let note = notes.entry((node.price.0, Mark(node.mark).is_hidden())).or_default();
            note.reserve += u64::from(self.reserve(slot));
            if self.pending_minimum(slot) != 0 {
                note.pending.push(slot);
            }
        }
        let note = |level: &LevelView, hidden| notes.get(&(level.price.0, hidden));
        let comes_first = |one: i64, other: i64| if side == Side::Buy { one > other } else { one < other };
        let mut claims = Vec::new();
        let mut hidden = levels(Stand::Hidden).peekable();
        for level in levels(Stand::Displayed) {
            while let Some(before) = hidden.next_if(|hidden| comes_first(hidden.price.0, level.price.0)) {
                self.claim_level(&before, note(&before, true), &mut claims);
            }
            self.claim_level(&level, note(&level, false), &mut claims);
        }
        for level in hidden {
            self.claim_level(&level, note(&level, true), &mut claims);
        }
        claims
    }

    /// The claims of a level: what orders without a minimum have, then each that has one.
    fn claim_level(&self, level: &LevelView, note: Option<&Note>, claims: &mut Vec<Claim>) {
        let price = level.price.0;
        let (reserve, pending) = note.map_or((0, [].as_slice()), |note| (note.reserve, &note.pending));
        let lots_of = |slot: Slot| u64::from(self.slab[slot].leaves);
        let waiting: u64 = pending.iter().map(|slot| lots_of(*slot)).sum();
        let open = level.quantity + reserve - waiting;
        if open > 0 {
            claims.push(Claim { price, lots: open, minimum: 0, slot: NIL });
        }
        claims.extend(pending.iter().map(|slot| Claim {
            price,
            lots: lots_of(*slot),
            minimum: self.pending_minimum(*slot),
            slot: *slot,
        }));
    }

    /// Brings the claims at the price where a volume ends into their order of priority, where that matters.
    fn order_claims(&self, instrument: &Instrument, side: Side, volume: u64, claims: &mut Vec<Claim>) {
        let (mut left, mut at) = (volume, 0);
        while let Some(first) = claims.get(at) {
            let price = first.price;
            let end = at + claims[at..].iter().take_while(|claim| claim.price == price).count();
            let of_price = &claims[at..end];
            let lots: u64 = of_price.iter().map(|claim| claim.lots).sum();
            if lots <= left {
                (left, at) = (left - lots, end);
                continue;
            }
            let pending = of_price.iter().filter(|claim| claim.minimum != 0);
            let mut pending: Vec<Slot> = pending.map(|claim| claim.slot).collect();
            if left > 0 && !pending.is_empty() {
                pending.sort_unstable();
                claims.splice(at..end, self.claims_at(instrument, side, price, &pending));
            }
            return;
        }
    }

    /// The claims at a price in order of priority; of orders with a minimum those that are pending still. Orders without one that follow
    /// each other are one claim.
    fn claims_at(&self, instrument: &Instrument, side: Side, price: i64, pending: &[Slot]) -> Vec<Claim> {
        let mut claims = Vec::new();
        let mut claim = |lots, minimum, slot| {
            if lots > 0 {
                claims.push(Claim { price, lots, minimum, slot });
            }
        };
        for stand in [Stand::Displayed, Stand::Hidden] {
            let Some(first) = instrument.book.first_at(side, stand, Price(price)) else { continue };
            let (mut open, mut reserve) = (0, 0);
            for slot in Book::queue(&self.slab, first) {
                let (lots, minimum) = (u64::from(self.slab[slot].leaves), self.pending_minimum(slot));
                reserve += u64::from(self.reserve(slot));
                if minimum == 0 {
                    open += lots;
                } else if pending.binary_search(&slot).is_ok() {
                    claim(std::mem::take(&mut open), 0, NIL);
                    claim(lots, minimum, slot);
                }
            }
            claim(open + reserve, 0, NIL);
        }
        claims
    }

    /// Finds the price of the auction, leaves out the orders that do not get their minimum, and says `Uncrossed`. Returns whether all
    /// of that had room.
    pub(crate) fn find_price(&mut self, number: u32, emit: &mut Emit<'_, '_>) -> bool {
        let Some(instrument) = self.instruments.get(number) else { unreachable!("an auction of {number}") };
        let is_first = instrument.leaving.is_some_and(|leaving| leaving.price == 0);
        let (found, kept) = self.auction(instrument);
        if !is_first && found.volume == 0 {
            self.step_to(number, Step::Ends, 0);
            return true;
        }
        let pending = instrument.noted.iter().copied().filter(|slot| self.pending_minimum(*slot) != 0);
        let mut pending: Vec<Slot> = pending.collect();
        let mut kept: Vec<Slot> = kept.iter().flatten().filter(|c| c.minimum != 0).map(|c| c.slot).collect();
        kept.sort_unstable();
        pending.retain(|slot| kept.binary_search(slot).is_err());
        if !self.cancel_these(pending, detail::NOT_FILLABLE, emit) || !emit.has_room_for(ROOM) {
            return false;
        }
        for slot in kept {
            self.extras.of_mut(slot).minimum = 0;
            if !self.is_noted(slot) {
                self.instruments.of_order(number).noted.remove(&slot);
            }
        }
        emit.anonymous(Self::event_of(EventKind::Uncrossed, number, &found));
        let instrument = self.instruments.of_order(number);
        if found.volume == 0 {
            self.step_to(number, Step::Ends, 0);
        } else {
            (instrument.reference, instrument.last) = (found.price, found.price);
            self.step_to(number, Step::Trades, found.price);
        }
        true
    }

    fn event_of(kind: EventKind, number: u32, found: &Found) -> Event {
        Event {
            instrument: number,
            side: found.side,
            price: found.price,
            quantity: found.volume as i64,
            leaves: found.left_over as i64,
            ..Event::empty(kind)
        }
    }

    /// Trades at the price of the auction as long as both sides reach it. Returns whether all had room.
    pub(crate) fn trade_at(&mut self, number: u32, price: i64, emit: &mut Emit<'_, '_>) -> bool {
        // What is traded of a future, and by special orders, goes the general way.
        let is_plain = self.instruments.of_order(number).guard & guard::FUTURE == 0;
        let mut looked = 0;
        while let Some((maker, taker)) = self.pair_at(number, price) {
            if looked == 0 {
                self.look_along([maker, taker]);
                looked = ALONG;
            }
            looked -= 1;
            let refills = u16::from(self.is_iceberg(maker) && self.is_iceberg(taker));
            if !emit.has_room_for(PAIR_ROOM + refills) {
                return false;
            }
            let account = self.slab[taker].payload.account;
            let own = Own::of(account, self.accounts.of_order(account));
            if own.is_own(self.slab[maker].payload.account, &self.accounts) {
                self.prevent(&own, maker, taker, emit);
            } else if is_plain && !self.is_special(maker) && !self.is_special(taker) {
                self.trade_plain(maker, taker, price, emit);
            } else if self.ready(maker, taker, emit) == Ready::Yes {
                self.trade(maker, taker, price, emit);
            }
        }
        self.close_order_run(number);
        // Cancels between the slices may have left the book crossed: then there is another price.
        self.step_to(number, Step::Price, price);
        true
    }

    /// The best buy and the best sell where both reach the price, the earlier one first.
    fn pair_at(&self, number: u32, price: i64) -> Option<(Slot, Slot)> {
        let instrument = self.instruments.get(number)?;
        let is_plain = instrument.specials == 0;
        let first = |side: Side| {
            if !is_plain {
                return self.first_opposite(number, side.opposite());
            }
            instrument.book.first_in(side, Stand::Displayed).map(|(price, slot)| (price.0, slot))
        };
        let (bid, buy) = first(Side::Buy)?;
        let (ask, sell) = first(Side::Sell)?;
        if bid < price || ask > price {
            return None;
        }
        let is_buy_earlier = self.slab[buy].sequence < self.slab[sell].sequence;
        Some(if is_buy_earlier { (buy, sell) } else { (sell, buy) })
    }

    fn is_special(&self, slot: Slot) -> bool {
        let node = &self.slab[slot];
        let (mark, account) = (Mark(node.mark), node.payload.account);
        mark.is_special() || mark.is_hidden() || node.plan != 0 || self.accounts.payer(account).0 != account
    }

    fn is_iceberg(&self, slot: Slot) -> bool {
        Mark(self.slab[slot].mark).is_special() && self.extras.of(slot).display != 0
    }

    /// Notes that an instrument's indication may be another than was said.
    #[inline]
    pub(crate) fn touch(&mut self, number: u32) {
        if is_auction(self.instruments.of_order(number).phase) {
            self.touched.insert(number);
        }
    }

    pub(crate) fn untouch(&mut self, number: u32) {
        self.touched.remove(&number);
    }

    /// Says what the auctions would give that were touched since it was last said, as long as there is room.
    pub(crate) fn indicate(&mut self, emit: &mut Emit<'_, '_>) {
        let touched: Vec<u32> = self.touched.iter().copied().collect();
        for number in touched {
            let instrument = self.instruments.of_order(number);
            if instrument.is_busy() {
                continue;
            }
            if !emit.has_room_for(1) {
                return;
            }
            self.touched.remove(&number);
            let Some((found, said)) = self.indication(number) else { continue };
            if said != self.instruments.of_order(number).indicated {
                self.instruments.of_order(number).indicated = said;
                emit.anonymous(Self::event_of(EventKind::Indicated, number, &found));
            }
        }
    }

    /// What the auction of an instrument would give, and what of it is compared with what was said last.
    pub(crate) fn indication(&self, number: u32) -> Option<(Found, [i64; 3])> {
        let (found, _) = self.auction(self.instruments.get(number)?);
        Some((found, [found.price, found.volume as i64, found.left_over as i64]))
    }
}
