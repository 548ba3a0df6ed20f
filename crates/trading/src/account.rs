//! What a desk knows of its account and its instruments: quotes, positions, money, orders. Folded from events, exact.

use garraway_types::Side;

use crate::market::{Bar, Quote};
use crate::order::{Order, State};
use crate::position::Position;
use crate::terms::Terms;
use crate::timing::Thinning;

/// An instrument as it stands.
#[derive(Clone, Debug)]
pub struct Traded {
    /// Its terms.
    pub terms: Terms,
    /// Price units in one of the quote asset.
    pub per_price: f64,
    /// The last quote.
    pub quote: Quote,
    /// The last bar.
    pub bar: Bar,
    /// What is held of it.
    pub position: Position,
    /// Orders of ours that may still fill.
    pub live: u32,
    /// Lots that orders under way will bring towards a target, negative for sales.
    pub to_target: i64,
    /// Twice what the position is worth at the middle of the quote, ledger units.
    worth_twice: i128,
    pub(crate) bars: Thinning,
    pub(crate) quotes: Thinning,
    pub(crate) trades: Thinning,
    pub(crate) books: Thinning,
}

impl Traded {
    fn new(terms: Terms) -> Self {
        Self {
            per_price: terms.per_price(),
            terms,
            quote: Quote::default(),
            bar: Bar::default(),
            position: Position::default(),
            live: 0,
            to_target: 0,
            worth_twice: 0,
            bars: Thinning::default(),
            quotes: Thinning::default(),
            trades: Thinning::default(),
            books: Thinning::default(),
        }
    }
}

/// The account with all its instruments and orders.
#[derive(Debug)]
pub struct Account {
    /// Its number at the venue.
    pub number: u32,
    /// The time of the last event, ns.
    pub now_ns: i64,
    /// Ledger units of the quote asset, gains realised and fees included.
    pub balance: i64,
    /// The asset in which it pays: the quote asset of all its instruments.
    pub asset: u32,
    /// Ledger units in one of the quote asset.
    pub per_money: f64,
    /// The instruments, the first of which is meant where none is named.
    pub instruments: Vec<Traded>,
    /// Every order of this run, the oldest first.
    pub orders: Vec<Order>,
    /// Orders have references from this one, exclusive.
    pub base_ref: u64,
    /// What was paid for all positions, less what was received.
    paid: i64,
    worth_twice: i128,
}

impl Account {
    pub(crate) fn new(number: u32, instruments: Vec<Terms>, base_ref: u64) -> Self {
        let per_money = instruments.first().map_or(1.0, Terms::per_money);
        Self {
            number,
            now_ns: 0,
            balance: 0,
            asset: instruments.first().map_or(0, |terms| terms.quote_asset),
            per_money,
            instruments: instruments.into_iter().map(Traded::new).collect(),
            orders: Vec::new(),
            base_ref,
            paid: 0,
            worth_twice: 0,
        }
    }

    /// What there would be if every position had been paid in full, ledger units.
    pub const fn cash(&self) -> i64 {
        self.balance - self.paid
    }

    /// Twice what all is worth at the middle of the quotes, ledger units.
    pub const fn equity_twice(&self) -> i128 {
        2 * self.cash() as i128 + self.worth_twice
    }

    /// What all is worth, in the quote asset.
    pub fn equity(&self) -> f64 {
        self.equity_twice() as f64 / 2.0 / self.per_money
    }

    /// The place of an order in `orders`.
    #[inline]
    pub(crate) fn place_of(&self, client_ref: u64) -> Option<usize> {
        let place = client_ref.checked_sub(self.base_ref + 1)? as usize;
        (place < self.orders.len()).then_some(place)
    }

    /// An order by its reference.
    pub fn order(&self, client_ref: u64) -> Option<&Order> {
        self.place_of(client_ref).map(|place| &self.orders[place])
    }

    /// The place of an instrument by its number at the venue.
    #[inline]
    pub(crate) fn instrument_of(&self, number: u32) -> Option<usize> {
        self.instruments.iter().position(|traded| traded.terms.number == number)
    }

    /// Takes a new quote.
    #[inline]
    pub(crate) fn quoted(&mut self, instrument: usize, quote: Quote) {
        let traded = &mut self.instruments[instrument];
        traded.quote = quote;
        if traded.position.lots != 0 {
            self.mark(instrument);
        }
    }

    fn mark(&mut self, instrument: usize) {
        let traded = &mut self.instruments[instrument];
        let both = i128::from(traded.quote.bid) + i128::from(traded.quote.ask);
        let value = both * i128::from(traded.position.lots) * i128::from(traded.terms.price_value);
        self.worth_twice += value - traded.worth_twice;
        traded.worth_twice = value;
    }

    /// Takes a fill; returns the gain realised.
    pub(crate) fn filled(&mut self, instrument: usize, side: Side, lots: i64, price: i64, value: i64) -> i64 {
        let traded = &mut self.instruments[instrument];
        if !traded.quote.is_known() {
            traded.quote = Quote { bid: price, ask: price, ..Quote::default() };
        }
        let mut position = traded.position;
        let gain = position.take(side, lots, value);
        self.hold(instrument, position);
        gain
    }

    /// Sets what is held of an instrument.
    pub(crate) fn hold(&mut self, instrument: usize, position: Position) {
        let traded = &mut self.instruments[instrument];
        self.paid += position.paid() - traded.position.paid();
        traded.position = position;
        self.mark(instrument);
    }

    /// Puts an order into another state.
    pub(crate) fn settle(&mut self, place: usize, state: State, filled: i64) {
        let order = &mut self.orders[place];
        let (before, was_live) = (order.signed_leaves(), order.state.is_live());
        order.state = state;
        order.filled = filled;
        if let Some(ticket) = &order.ticket {
            ticket.tell(order);
        }
        let traded = &mut self.instruments[order.intent.instrument];
        if order.intent.to_target {
            traded.to_target += order.signed_leaves() - before;
        }
        if was_live && !state.is_live() {
            traded.live -= 1;
        }
    }

    /// Takes an order that was just made.
    pub(crate) fn add(&mut self, order: Order) {
        let traded = &mut self.instruments[order.intent.instrument];
        if order.state.is_live() {
            traded.live += 1;
            if order.intent.to_target {
                traded.to_target += order.signed_leaves();
            }
        }
        self.orders.push(order);
    }
}
