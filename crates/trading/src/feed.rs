//! Recorded markets as a stream of items in order of time: bars, quotes and trades of several instruments, merged.
//!
//! A bar makes two items: its open when it begins, the rest when it is whole. So nothing that is decided at a time can be
//! executed at an open that lies before it, whatever instrument it is of.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::bound::Stream;
use crate::market::{Bar, Quote, Trade};

/// What a feed tells next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// A bar begins: its first price.
    Open {
        /// Place of the instrument.
        instrument: usize,
        /// When, ns.
        at_ns: i64,
        /// Price units.
        price: i64,
    },
    /// A bar is whole.
    Bar {
        /// Place of the instrument.
        instrument: usize,
        /// The bar.
        bar: Bar,
    },
    /// A quote.
    Quote {
        /// Place of the instrument.
        instrument: usize,
        /// The quote.
        quote: Quote,
    },
    /// A trade of others.
    Trade {
        /// Place of the instrument.
        instrument: usize,
        /// The trade.
        trade: Trade,
    },
    /// A command of others for the engine itself: order-by-order data.
    Command {
        /// When, ns.
        at_ns: i64,
        /// The record.
        record: &'a [u8],
    },
}

impl Item<'_> {
    /// When it happens, ns.
    #[inline]
    pub const fn at_ns(&self) -> i64 {
        match self {
            Self::Open { at_ns, .. } | Self::Command { at_ns, .. } => *at_ns,
            Self::Bar { bar, .. } => bar.at_ns,
            Self::Quote { quote, .. } => quote.at_ns,
            Self::Trade { trade, .. } => trade.at_ns,
        }
    }
}

/// Where a recorded market comes from.
pub trait Feed {
    /// The next item in order of time.
    ///
    /// # Errors
    /// A row that cannot be, where such rows end the run.
    fn next(&mut self) -> Result<Option<Item<'_>>, BadRow>;

    /// Rows taken so far.
    fn rows(&self) -> u64;
}

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Problem {
    /// NaN, infinite or missing.
    NotANumber,
    /// A price of 0 or less.
    PriceNotPositive,
    /// A negative size, or a trade of nothing.
    QuantityInvalid,
    /// Later than now.
    Future,
    /// The bid above the ask.
    Crossed,
    /// Open or close outside low to high.
    RangeBroken,
    /// Earlier than the row before.
    Unsorted,
    /// The row before, again; of bars another one of the same time too.
    Duplicate,
}

impl Problem {
    /// All of them in the order in which they are looked for.
    pub const ALL: [Self; 8] = [
        Self::NotANumber,
        Self::PriceNotPositive,
        Self::QuantityInvalid,
        Self::Future,
        Self::Crossed,
        Self::RangeBroken,
        Self::Unsorted,
        Self::Duplicate,
    ];

    /// The word for it, that of the catalog.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotANumber => "not_a_number",
            Self::PriceNotPositive => "price_not_positive",
            Self::QuantityInvalid => "quantity_invalid",
            Self::Future => "future",
            Self::Crossed => "crossed",
            Self::RangeBroken => "range_broken",
            Self::Unsorted => "unsorted",
            Self::Duplicate => "duplicate",
        }
    }
}

/// The number that stands for one that is not there.
pub const MISSING: i64 = i64::MIN;

/// A row that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// Place of the tape.
    pub tape: usize,
    /// Place of the row in it.
    pub row: usize,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is done about rows that cannot be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bad {
    /// The first ends the run.
    #[default]
    Stop,
    /// They are left out and counted.
    Skip,
}

/// How far one table of rows was read. Rows are of signed 64-bit numbers in ticks: bars `ts o h l c v`, quotes
/// `ts bid ask bid_size ask_size`, trades `ts price quantity side`.
#[derive(Clone, Debug)]
struct Cursor {
    instrument: usize,
    stream: Stream,
    tick: i64,
    /// How long a bar is.
    period_ns: i64,
    at: usize,
    last_ns: i64,
    last: [i64; 6],
    /// Of bars, whether the open of row `at` was told.
    is_open: bool,
}

/// Tables of rows, merged by time; equal times go by kind (whole bars, quotes and trades, opens), then by table.
#[derive(Clone, Debug)]
pub struct Tapes {
    cursors: Vec<Cursor>,
    queue: BinaryHeap<Reverse<(i64, u8, usize)>>,
    is_queued: bool,
    bad: Bad,
    now_ns: i64,
    counts: [u64; Problem::ALL.len()],
    rows: u64,
}

impl Tapes {
    /// No tables yet. Rows later than `now_ns` are from the future.
    pub fn new(bad: Bad, now_ns: i64) -> Self {
        Self {
            cursors: Vec::new(),
            queue: BinaryHeap::new(),
            is_queued: false,
            bad,
            now_ns,
            counts: [0; Problem::ALL.len()],
            rows: 0,
        }
    }

    /// Adds a table: of which instrument and stream, price units in a tick, and how long a bar is.
    pub fn add(&mut self, instrument: usize, stream: Stream, tick: i64, period_ns: i64) {
        self.cursors.push(Cursor {
            instrument,
            stream,
            tick,
            period_ns,
            at: 0,
            last_ns: i64::MIN,
            last: [0; 6],
            is_open: false,
        });
    }

    /// How many rows were left out, by problem.
    pub fn counts(&self) -> [u64; Problem::ALL.len()] {
        self.counts
    }

    /// Rows taken so far, of all tables.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Bytes of a row.
    pub const fn width(stream: Stream) -> usize {
        match stream {
            Stream::Bars => 48,
            Stream::Quotes => 40,
            Stream::Trades => 32,
        }
    }

    /// The tables read on, with their bytes.
    pub fn reel<'a>(&'a mut self, bytes: &'a [&'a [u8]]) -> Reel<'a> {
        Reel { tapes: self, bytes }
    }

    /// Goes to the next row of a table that may be, and puts it into the queue; false at its end.
    fn find(&mut self, tape: usize, bytes: &[u8]) -> Result<Option<(i64, u8)>, BadRow> {
        loop {
            let cursor = &mut self.cursors[tape];
            let Some(row) = cursor.row(bytes) else { return Ok(None) };
            let Some(problem) = cursor.problem(&row, self.now_ns) else {
                let key = cursor.key(&row);
                return Ok(Some(key));
            };
            if self.bad == Bad::Stop {
                return Err(BadRow { tape, row: cursor.at, problem });
            }
            self.counts[problem as usize] += 1;
            cursor.at += 1;
            self.rows += 1;
        }
    }
}

impl Cursor {
    #[inline]
    fn row(&self, bytes: &[u8]) -> Option<[i64; 6]> {
        let width = Tapes::width(self.stream);
        let start = self.at * width;
        let row = bytes.get(start..start + width)?;
        let mut numbers = [0; 6];
        for (number, eight) in numbers.iter_mut().zip(row.as_chunks::<8>().0) {
            *number = i64::from_le_bytes(*eight);
        }
        Some(numbers)
    }

    /// When and in which order the row's next item comes.
    #[inline]
    fn key(&self, row: &[i64; 6]) -> (i64, u8) {
        match self.stream {
            Stream::Bars if self.is_open => (row[0], 0),
            Stream::Bars => (self.begins(row[0]), 2),
            _ => (row[0], 1),
        }
    }

    /// When a bar begins that is whole at a time: not before the one before it was.
    #[inline]
    fn begins(&self, at_ns: i64) -> i64 {
        at_ns.saturating_sub(self.period_ns).max(self.last_ns).min(at_ns)
    }

    #[inline]
    fn problem(&self, row: &[i64; 6], now_ns: i64) -> Option<Problem> {
        if self.is_open {
            return None;
        }
        let (prices, sizes) = match self.stream {
            Stream::Bars => (&row[1..5], &row[5..6]),
            Stream::Quotes => (&row[1..3], &row[3..5]),
            Stream::Trades => (&row[1..2], &row[2..3]),
        };
        let is_sound = prices.iter().all(|price| *price > 0)
            && sizes.iter().all(|size| *size >= 0)
            && row[0] <= now_ns
            && row[0] > self.last_ns
            && match self.stream {
                Stream::Bars => row[1].max(row[4]) <= row[2] && row[1].min(row[4]) >= row[3],
                Stream::Quotes => row[1] <= row[2],
                Stream::Trades => row[2] > 0,
            };
        if is_sound { None } else { self.named(row, prices, sizes, now_ns) }
    }

    #[cold]
    fn named(&self, row: &[i64; 6], prices: &[i64], sizes: &[i64], now_ns: i64) -> Option<Problem> {
        let is_bars = self.stream == Stream::Bars;
        let range_broken = is_bars && (row[1].max(row[4]) > row[2] || row[1].min(row[4]) < row[3]);
        let width = Tapes::width(self.stream) / 8;
        let same_time = row[0] == self.last_ns;
        let found = [
            (row[..width].contains(&MISSING), Problem::NotANumber),
            (prices.iter().any(|price| *price <= 0), Problem::PriceNotPositive),
            (
                sizes.iter().any(|size| *size < 0) || (self.stream == Stream::Trades && row[2] == 0),
                Problem::QuantityInvalid,
            ),
            (row[0] > now_ns, Problem::Future),
            (self.stream == Stream::Quotes && row[1] > row[2], Problem::Crossed),
            (range_broken, Problem::RangeBroken),
            (row[0] < self.last_ns, Problem::Unsorted),
            // Trades of one time may be equal and yet be two.
            (
                same_time && (is_bars || (self.stream == Stream::Quotes && *row == self.last)),
                Problem::Duplicate,
            ),
        ];
        found.iter().find(|(is_so, _)| *is_so).map(|(_, problem)| *problem)
    }

    #[inline]
    fn take(&mut self, row: &[i64; 6]) -> Item<'static> {
        let (instrument, tick) = (self.instrument, self.tick);
        let at_ns = row[0];
        if self.stream == Stream::Bars && !self.is_open {
            self.is_open = true;
            return Item::Open { instrument, at_ns: self.begins(at_ns), price: row[1] * tick };
        }
        self.is_open = false;
        self.at += 1;
        self.last_ns = at_ns;
        self.last = *row;
        match self.stream {
            Stream::Bars => {
                let [_, open, high, low, close, volume] = *row;
                let bar = Bar {
                    at_ns,
                    open: open * tick,
                    high: high * tick,
                    low: low * tick,
                    close: close * tick,
                    volume,
                };
                Item::Bar { instrument, bar }
            }
            Stream::Quotes => {
                let quote = Quote {
                    at_ns,
                    bid: row[1] * tick,
                    ask: row[2] * tick,
                    bid_size: row[3],
                    ask_size: row[4],
                };
                Item::Quote { instrument, quote }
            }
            Stream::Trades => {
                let trade = Trade { at_ns, price: row[1] * tick, quantity: row[2], side: row[3] };
                Item::Trade { instrument, trade }
            }
        }
    }
}

/// Tables being read.
pub struct Reel<'a> {
    tapes: &'a mut Tapes,
    bytes: &'a [&'a [u8]],
}

impl Reel<'_> {
    #[inline]
    fn single(&mut self) -> Result<Option<Item<'_>>, BadRow> {
        if self.tapes.find(0, self.bytes[0])?.is_none() {
            return Ok(None);
        }
        Ok(self.take(0))
    }

    #[inline]
    fn take(&mut self, tape: usize) -> Option<Item<'_>> {
        let cursor = &mut self.tapes.cursors[tape];
        let row = cursor.row(self.bytes[tape])?;
        let item = cursor.take(&row);
        self.tapes.rows += u64::from(!cursor.is_open);
        Some(item)
    }

    fn queue(&mut self, tape: usize) -> Result<(), BadRow> {
        if let Some((at_ns, order)) = self.tapes.find(tape, self.bytes[tape])? {
            self.tapes.queue.push(Reverse((at_ns, order, tape)));
        }
        Ok(())
    }
}

impl Feed for Reel<'_> {
    #[inline]
    fn next(&mut self) -> Result<Option<Item<'_>>, BadRow> {
        if self.tapes.cursors.len() == 1 {
            return self.single();
        }
        if !self.tapes.is_queued {
            self.tapes.is_queued = true;
            for tape in 0..self.bytes.len() {
                self.queue(tape)?;
            }
        }
        let Some(Reverse((_, _, tape))) = self.tapes.queue.pop() else { return Ok(None) };
        let cursor = &mut self.tapes.cursors[tape];
        let Some(row) = cursor.row(self.bytes[tape]) else { return Ok(None) };
        let item = cursor.take(&row);
        self.tapes.rows += u64::from(!cursor.is_open);
        self.queue(tape)?;
        Ok(Some(item))
    }

    fn rows(&self) -> u64 {
        self.tapes.rows
    }
}
