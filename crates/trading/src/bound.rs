//! Indicators bound to a stream of an instrument: updated before a handler is called, read by strategies at no cost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use garraway_signals::{Indicator, Input};

use crate::market::{Bar, Quote, Trade};

/// Which number of which stream an indicator of a series takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// A bar's first price.
    Open,
    /// A bar's highest price.
    High,
    /// A bar's lowest price.
    Low,
    /// A bar's last price.
    Close,
    /// A bar's lots.
    Volume,
    /// The middle of a quote.
    Mid,
    /// The bid of a quote.
    Bid,
    /// The ask of a quote.
    Ask,
    /// The price of a trade.
    Price,
    /// The lots of a trade.
    Quantity,
}

impl Of {
    /// All of them with their words.
    pub const ALL: [(&'static str, Self); 10] = [
        ("open", Self::Open),
        ("high", Self::High),
        ("low", Self::Low),
        ("close", Self::Close),
        ("volume", Self::Volume),
        ("mid", Self::Mid),
        ("bid", Self::Bid),
        ("ask", Self::Ask),
        ("price", Self::Price),
        ("quantity", Self::Quantity),
    ];

    /// By its word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(word, _)| *word == name).map(|(_, of)| *of)
    }

    /// The stream that it is of.
    pub const fn stream(self) -> Stream {
        match self {
            Self::Mid | Self::Bid | Self::Ask => Stream::Quotes,
            Self::Price | Self::Quantity => Stream::Trades,
            _ => Stream::Bars,
        }
    }
}

/// What an instrument is followed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Its bars.
    Bars,
    /// Its quotes.
    Quotes,
    /// Trades of others.
    Trades,
}

impl Stream {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bars => "bars",
            Self::Quotes => "quotes",
            Self::Trades => "trades",
        }
    }
}

/// One event of a stream.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Seen<'a> {
    Bar(&'a Bar),
    Quote(&'a Quote),
    Trade(&'a Trade),
}

impl Seen<'_> {
    /// A number of it, prices in the quote asset.
    #[inline]
    pub(crate) fn number(&self, of: Of, per_price: f64) -> Option<f64> {
        let price = |units: i64| units as f64 / per_price;
        Some(match (self, of) {
            (Self::Bar(bar), Of::Close) => price(bar.close),
            (Self::Bar(bar), Of::Open) => price(bar.open),
            (Self::Bar(bar), Of::High) => price(bar.high),
            (Self::Bar(bar), Of::Low) => price(bar.low),
            (Self::Bar(bar), Of::Volume) => bar.volume as f64,
            (Self::Quote(quote), Of::Mid) => (quote.bid + quote.ask) as f64 / 2.0 / per_price,
            (Self::Quote(quote), Of::Bid) => price(quote.bid),
            (Self::Quote(quote), Of::Ask) => price(quote.ask),
            (Self::Trade(trade), Of::Price) => price(trade.price),
            (Self::Trade(trade), Of::Quantity) => trade.quantity as f64,
            _ => return None,
        })
    }
}

/// What is read of an indicator: its outputs after the last row, and whether it is ready.
#[derive(Debug)]
pub struct Cell {
    values: Box<[AtomicU64]>,
    ready: AtomicBool,
}

impl Cell {
    fn new(outputs: usize) -> Arc<Self> {
        let values = (0..outputs).map(|_| AtomicU64::new(f64::NAN.to_bits())).collect();
        Arc::new(Self { values, ready: AtomicBool::new(false) })
    }

    fn tell(&self, indicator: &Indicator) {
        for (slot, value) in self.values.iter().zip(indicator.values()) {
            slot.store(value.to_bits(), Ordering::Relaxed);
        }
        self.ready.store(indicator.is_ready(), Ordering::Relaxed);
    }

    /// An output by its place.
    #[inline]
    pub fn value(&self, at: usize) -> f64 {
        f64::from_bits(self.values[at].load(Ordering::Relaxed))
    }

    /// How many outputs there are.
    pub fn outputs(&self) -> usize {
        self.values.len()
    }

    /// Whether all outputs have once been there.
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }
}

/// What an indicator is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Place of the instrument in the desk.
    pub instrument: usize,
    /// Which number, of an indicator of a series or of two.
    pub of: Of,
    /// Of an indicator of two series the instrument of the second.
    pub second: Option<usize>,
}

/// An indicator with what it is bound to.
pub(crate) struct Bound {
    pub(crate) binding: Binding,
    stream: Stream,
    indicator: Indicator,
    cell: Arc<Cell>,
    second: f64,
}

impl Bound {
    pub(crate) fn new(indicator: Indicator, binding: Binding) -> Self {
        let stream = match indicator.kind().input {
            Input::Bars => Stream::Bars,
            Input::Quotes => Stream::Quotes,
            Input::Series | Input::Pair => binding.of.stream(),
        };
        let cell = Cell::new(indicator.kind().outputs.len());
        Self { binding, stream, indicator, cell, second: f64::NAN }
    }

    pub(crate) fn cell(&self) -> Arc<Cell> {
        Arc::clone(&self.cell)
    }

    /// Takes an event of the stream; whether it is ready from now on and was not before.
    #[inline]
    pub(crate) fn see(&mut self, instrument: usize, seen: Seen<'_>, per_price: f64) -> bool {
        if self.binding.second == Some(instrument)
            && let Some(second) = seen.number(self.binding.of, per_price)
        {
            self.second = second;
        }
        let was_ready = self.indicator.is_ready();
        if self.binding.instrument != instrument || !self.take(seen, per_price) {
            return false;
        }
        self.cell.tell(&self.indicator);
        !was_ready && self.indicator.is_ready()
    }

    #[inline]
    fn take(&mut self, seen: Seen<'_>, per_price: f64) -> bool {
        let price = |units: i64| units as f64 / per_price;
        match (self.indicator.kind().input, seen) {
            (Input::Series, _) => match seen.number(self.binding.of, per_price) {
                Some(value) => self.indicator.update(&[value]),
                None => return false,
            },
            (Input::Bars, Seen::Bar(bar)) => {
                let prices = [bar.open, bar.high, bar.low, bar.close].map(price);
                self.indicator.update(&[prices[0], prices[1], prices[2], prices[3], bar.volume as f64]);
            }
            (Input::Quotes, Seen::Quote(quote)) => {
                let sizes = [quote.bid_size as f64, quote.ask_size as f64];
                self.indicator.update(&[price(quote.bid), price(quote.ask), sizes[0], sizes[1]]);
            }
            (Input::Pair, _) => match seen.number(self.binding.of, per_price) {
                Some(first) if !self.second.is_nan() => self.indicator.update(&[first, self.second]),
                _ => return false,
            },
            _ => return false,
        }
        true
    }

    /// Whether events of the stream concern it.
    #[inline]
    pub(crate) fn follows(&self, stream: Stream) -> bool {
        self.stream == stream
    }
}
