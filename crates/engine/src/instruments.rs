//! Instruments: their terms, their book, and the order being worked off, if there is one.

use garraway_book::{Book, NIL, Slot};
use garraway_types::{AssetId, InstrumentId, ListInstrument};

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
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) number: u32,
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
}

#[derive(Clone, Debug)]
pub(crate) struct Instrument {
    pub(crate) terms: Terms,
    pub(crate) listed: ListInstrument,
    pub(crate) book: Book,
    /// The order being worked off in `Continue` commands.
    pub(crate) working: Slot,
}

impl Instrument {
    pub(crate) fn new(number: u32, listed: ListInstrument, price_value: i64, lot_value: i64) -> Self {
        let terms = Terms {
            number,
            base: AssetId(listed.base_asset),
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
        };
        Self { terms, listed, book: Book::default(), working: NIL }
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

    pub(crate) fn all(&self) -> impl Iterator<Item = &Instrument> {
        self.all.iter().filter_map(|instrument| instrument.as_deref())
    }
}
