//! Instruments: their terms, their book, and the order being worked off, if there is one.

use std::collections::{BTreeMap, BTreeSet};

use garraway_book::{Book, NIL, Slot};
use garraway_types::{AssetId, InstrumentId, ListInstrument, SetRules, Side, TickStep, code};

use crate::bands;
use crate::dealer::Dealer;
use crate::due::DueQueue;
use crate::leaving::Leaving;
use crate::pegs::Pegs;
use crate::phases::is_auction;
use crate::statistics::{Day, Run, Tally};
use crate::stops::Stops;
use crate::timers::Times;

/// Bits of [`Instrument::guard`]: what sends an order to the general path. A byte of 0 is an instrument in continuous trading on which
/// nothing special rests and to which nothing special applies.
pub(crate) mod guard {
    /// Not in continuous trading.
    pub(crate) const PHASE: u8 = 1;
    /// An order is being worked off, or something is due.
    pub(crate) const BUSY: u8 = 2;
    /// Special orders stand in its book, or pegs.
    pub(crate) const SPECIAL: u8 = 4;
    /// Bands, collar or a table of ticks; or the house deals it.
    pub(crate) const RULES: u8 = 8;
    /// A future.
    pub(crate) const FUTURE: u8 = 16;
    /// Limits or a kill switch of the instrument.
    pub(crate) const LIMITS: u8 = 32;
    /// Its open orders are counted, for a limit of them.
    pub(crate) const TALLY: u8 = 64;
    /// A settlement, a change of terms or a split is at work on it.
    pub(crate) const SWEPT: u8 = 128;
}

/// Bits of [`Instrument::watch`]: what is looked at when an order that entered has come to its end.
pub(crate) mod watch {
    /// Stops wait.
    pub(crate) const STOPS: u8 = 1;
    /// Something is due.
    pub(crate) const DUE: u8 = 2;
    /// Pegs rest.
    pub(crate) const PEGS: u8 = 4;
    /// It is in an auction, whose price may be another now.
    pub(crate) const AUCTION: u8 = 8;
}

/// An instrument as listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Its number.
    pub instrument: InstrumentId,
    /// Its terms, as they were sent.
    pub terms: ListInstrument,
    /// Ledger units of the quote asset for one price unit and one lot.
    pub price_value: i64,
    /// Ledger units of the base asset in one lot.
    pub lot_value: i64,
}

/// What trading needs of the terms, ready for use.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Terms {
    pub(crate) number: u32,
    /// What sells hold: the base asset, of a future and of what the house deals the quote asset.
    pub(crate) base: AssetId,
    pub(crate) quote: AssetId,
    pub(crate) price_value: i64,
    pub(crate) lot_value: i64,
    pub(crate) tick: i64,
    pub(crate) min_price: i64,
    pub(crate) max_price: i64,
    pub(crate) max_quantity: i64,
    pub(crate) max_notional: i64,
    pub(crate) maker_rate: i64,
    pub(crate) taker_rate: i64,
    /// The larger of the two rates: what a hold must reckon with.
    pub(crate) hold_rate: i64,
    /// 0 of spot, 1 of a future, [`DEALT`] of what the house deals.
    pub(crate) future: u8,
}

/// [`Terms::future`] of what the house deals.
pub(crate) const DEALT: u8 = 2;

impl Terms {
    /// Whether the house deals it.
    #[inline(always)]
    pub(crate) fn is_dealt(&self) -> bool {
        self.future == DEALT
    }

    /// The asset that an order of a side holds.
    #[inline(always)]
    pub(crate) fn hold_asset(&self, side: Side) -> AssetId {
        if side == Side::Buy { self.quote } else { self.base }
    }
}

/// Laid out by use: with ten thousand of them each line is a wait for memory, so what every order reads comes first and together.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(crate) struct Instrument {
    pub(crate) terms: Terms,
    /// See [`guard`].
    pub(crate) guard: u8,
    /// See [`watch`].
    pub(crate) watch: u8,
    pub(crate) phase: u8,
    /// Special orders in the book.
    pub(crate) specials: u32,
    /// Price of the last trade of the last order that entered; 0 for none.
    pub(crate) last: i64,
    /// The order being worked off in `Continue` commands.
    pub(crate) working: Slot,
    /// The order that is matched right now; no state between commands.
    pub(crate) incoming: Slot,
    /// Trades of the order being worked off, which do not count yet.
    pub(crate) run: Run,
    pub(crate) book: Book,
    /// Trades of the day.
    pub(crate) day: Day,
    /// Limit (of a peg its price) and the worst price it may trade at, of the order that entered last, while it is worked off.
    pub(crate) limit: i64,
    pub(crate) worst: i64,
    pub(crate) listed: ListInstrument,
    /// Reference price; 0 for none.
    pub(crate) reference: i64,
    /// Settlement price; 0 for none.
    pub(crate) settlement: i64,
    /// The settlement price that was set in the day; 0 for none.
    pub(crate) day_settlement: i64,
    /// Best displayed bid and ask by which pegs are priced while an order is worked off; 0 for none.
    pub(crate) pegged_to: [i64; 2],
    pub(crate) due: DueQueue,
    pub(crate) stops: Stops,
    pub(crate) pegs: Pegs,
    /// Children that wait for their parent, by id.
    pub(crate) waiting: BTreeMap<u64, Slot>,
    /// Orders that wait for the closing auction, by id.
    pub(crate) parked: BTreeMap<u64, Slot>,
    /// Bands, collar, policy.
    pub(crate) rules: SetRules,
    /// The table of ticks; empty where the listed tick applies to all prices.
    pub(crate) steps: Vec<TickStep>,
    /// Changes of phase to come.
    pub(crate) times: Times,
    /// The change of phase at work.
    pub(crate) leaving: Option<Leaving>,
    /// Orders in the book that auctions must know: icebergs, those with a minimum, those for one auction.
    pub(crate) noted: BTreeSet<Slot>,
    /// What was last said in this phase of what its auction would give: price, lots, left over.
    pub(crate) indicated: [i64; 3],
    /// Quote, rules and waiting orders of what the house deals.
    pub(crate) dealer: Option<Box<Dealer>>,
}

impl Instrument {
    pub(crate) fn new(number: u32, listed: ListInstrument, price_value: i64, lot_value: i64) -> Self {
        let is_dealt = listed.kind == code::CONTRACT;
        let future = listed.kind == code::FUTURE;
        let terms = Terms {
            number,
            base: AssetId(if future || is_dealt { listed.quote_asset } else { listed.base_asset }),
            quote: AssetId(listed.quote_asset),
            price_value,
            lot_value,
            tick: listed.tick,
            min_price: listed.min_price,
            max_price: listed.max_price,
            max_quantity: listed.max_quantity,
            max_notional: listed.max_notional,
            maker_rate: listed.maker_fee_rate,
            taker_rate: listed.taker_fee_rate,
            hold_rate: listed.maker_fee_rate.max(listed.taker_fee_rate),
            future: if is_dealt { DEALT } else { u8::from(future) },
        };
        let is_open = listed.phase == code::CONTINUOUS;
        let phase = if is_open { 0 } else { guard::PHASE };
        Self {
            terms,
            listed,
            book: Book::default(),
            working: NIL,
            incoming: NIL,
            limit: 0,
            worst: 0,
            guard: phase | if future { guard::FUTURE } else { 0 } | if is_dealt { guard::RULES } else { 0 },
            watch: if is_auction(listed.phase) { watch::AUCTION } else { 0 },
            phase: listed.phase,
            specials: 0,
            last: 0,
            reference: 0,
            settlement: 0,
            day_settlement: 0,
            run: Run::default(),
            day: Day::default(),
            pegged_to: [0; 2],
            due: DueQueue::default(),
            stops: Stops::default(),
            pegs: Pegs::default(),
            waiting: BTreeMap::new(),
            parked: BTreeMap::new(),
            rules: bands::NO_RULES,
            steps: Vec::new(),
            times: Times::default(),
            leaving: None,
            noted: BTreeSet::new(),
            indicated: [0; 3],
            dealer: is_dealt.then(Box::default),
        }
    }

    /// Reads the lines of it that every order needs; see `look_ahead.rs`.
    #[inline(always)]
    pub(crate) fn look(&self) -> u64 {
        let terms = self.terms.price_value ^ self.terms.hold_rate;
        terms as u64 ^ u64::from(self.guard) ^ self.run.trades ^ self.book.look()
    }

    /// Whether orders meet as they come.
    pub(crate) fn is_continuous(&self) -> bool {
        self.phase == code::CONTINUOUS
    }

    /// Whether only cancels are taken: an order is being worked off, or something is due.
    pub(crate) fn is_busy(&self) -> bool {
        self.guard & (guard::BUSY | guard::SWEPT) != 0
    }

    /// Gives it other terms: symbol, tick, price range, limits of an order.
    pub(crate) fn change(&mut self, listed: ListInstrument) {
        if listed.tick != self.terms.tick {
            self.set_steps(Vec::new());
        }
        self.listed = listed;
        self.pegs.forget_prices();
        let terms = &mut self.terms;
        (terms.tick, terms.min_price, terms.max_price) = (listed.tick, listed.min_price, listed.max_price);
        (terms.max_quantity, terms.max_notional) = (listed.max_quantity, listed.max_notional);
    }

    pub(crate) fn set_guard(&mut self, bit: u8, on: bool) {
        if on { self.guard |= bit } else { self.guard &= !bit }
    }

    pub(crate) fn set_watch(&mut self, bit: u8, on: bool) {
        if on { self.watch |= bit } else { self.watch &= !bit }
    }

    /// Keeps trades of a plain order until it has come to its end.
    #[cold]
    pub(crate) fn keep(&mut self, tally: &Tally) {
        self.run.take(tally);
    }

    /// Takes the trades of an order that has come to its end into last price and day.
    pub(crate) fn close_run(&mut self) {
        if self.run.trades != 0 {
            self.last = self.run.last;
            let run = std::mem::take(&mut self.run);
            self.day.then(&run);
        }
    }

    pub(crate) fn listing(&self) -> Listing {
        Listing {
            instrument: InstrumentId(self.terms.number),
            terms: self.listed,
            price_value: self.terms.price_value,
            lot_value: self.terms.lot_value,
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Instruments {
    all: Vec<Option<Box<Instrument>>>,
}

impl Instruments {
    #[inline(always)]
    pub(crate) fn get(&self, number: u32) -> Option<&Instrument> {
        self.all.get(number as usize)?.as_deref()
    }

    #[inline(always)]
    pub(crate) fn get_mut(&mut self, number: u32) -> Option<&mut Instrument> {
        self.all.get_mut(number as usize)?.as_deref_mut()
    }

    /// The instrument of an open order, which is there as long as the order is.
    #[inline(always)]
    pub(crate) fn of_order(&mut self, number: u32) -> &mut Instrument {
        match self.get_mut(number) {
            Some(instrument) => instrument,
            None => unreachable!("instrument {number} has open orders"),
        }
    }

    pub(crate) fn list(&mut self, instrument: Instrument) {
        let at = instrument.terms.number as usize;
        if self.all.len() <= at {
            self.all.resize_with(at + 1, || None);
        }
        self.all[at] = Some(Box::new(instrument));
    }

    /// The first number from `number` on that is listed.
    pub(crate) fn next_from(&self, number: u32) -> Option<u32> {
        let rest = self.all.get(number as usize..)?;
        let place = rest.iter().position(Option::is_some)?;
        Some(number + place as u32)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Instrument> {
        self.all.iter().filter_map(|instrument| instrument.as_deref())
    }
}
