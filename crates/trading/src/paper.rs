//! Paper trading: the market of a running venue, and a house in this process that deals our orders at its quotes.
//!
//! [`Followed`] tells the strategy of the market. What it sends goes to a [`Matcher`], never to the venue: first the new quote,
//! to which waiting orders may fill, then the commands.

use garraway_types::{Event, EventSink};

use crate::desk::{Desk, Sent};
use crate::followed::{Books, Followed};
use crate::market::Quote;
use crate::matcher::Matcher;
use crate::simulated::Stopped;
use crate::strategy::Strategy;

/// Rounds of orders, fills and orders upon fills within one moment.
const ROUNDS: usize = 10_000;

/// The venue and the house.
pub struct Paper<B, M> {
    followed: Followed<B>,
    house: M,
    quotes: Vec<Quote>,
    buffer: Vec<u8>,
    sent: Vec<Sent>,
    is_open: bool,
}

impl<B: Books, M: Matcher> Paper<B, M> {
    /// Of a venue that is followed for an account that it does not have, so that nobody's orders are taken for ours.
    pub fn new(followed: Followed<B>, house: M, instruments: usize) -> Self {
        Self {
            followed,
            house,
            quotes: vec![Quote::default(); instruments],
            buffer: vec![0; EventSink::RESERVE],
            sent: Vec::new(),
            is_open: false,
        }
    }

    /// The venue.
    pub fn followed(&mut self) -> &mut Followed<B> {
        &mut self.followed
    }

    /// From now on the strategy is told, and its orders are dealt.
    pub fn go_live(&mut self, desk: &mut Desk) {
        self.followed.go_live(desk);
        self.is_open = true;
    }

    /// Takes the next event of the venue, as [`Followed::take`].
    ///
    /// # Errors
    /// A handler failed, or answers itself without end.
    pub fn take<S: Strategy + ?Sized>(
        &mut self,
        desk: &mut Desk,
        strategy: &mut S,
        event: &Event,
        tail: &[u8],
    ) -> Result<(), Stopped> {
        self.followed.take(desk, strategy, event, tail)?;
        self.deal(desk, strategy)
    }

    /// The end of what is there for now, as [`Followed::settle`].
    ///
    /// # Errors
    /// As [`Paper::take`].
    pub fn settle<S: Strategy + ?Sized>(&mut self, desk: &mut Desk, strategy: &mut S) -> Result<(), Stopped> {
        self.followed.settle(desk, strategy)?;
        self.deal(desk, strategy)
    }

    /// Tells the house of new quotes, then brings it what was sent, until nothing is left.
    ///
    /// # Errors
    /// As [`Paper::take`].
    pub fn deal<S: Strategy + ?Sized>(&mut self, desk: &mut Desk, strategy: &mut S) -> Result<(), Stopped> {
        if !self.is_open {
            return Ok(());
        }
        for at in 0..self.quotes.len() {
            let traded = &desk.account().instruments[at];
            if traded.quote != self.quotes[at] && traded.quote.is_known() {
                self.quotes[at] = traded.quote;
                let (number, quote) = (traded.terms.number, traded.quote);
                let mut sink = EventSink::without_tails(&mut self.buffer);
                self.house.quote(number, &quote, &mut sink);
                let used = sink.used();
                desk.take(&self.buffer[..used]);
                self.followed.told(desk, strategy)?;
            }
        }
        for _ in 0..ROUNDS {
            if !desk.has_commands() {
                return Ok(());
            }
            desk.commands(&mut self.sent);
            let now_ns = desk.account().now_ns;
            for sent in self.sent.drain(..) {
                let mut sink = EventSink::without_tails(&mut self.buffer);
                self.house.command(now_ns, &sent.record, &mut sink);
                let used = sink.used();
                desk.take(&self.buffer[..used]);
            }
            self.followed.told(desk, strategy)?;
        }
        Err(Stopped::Endless { at_ns: desk.account().now_ns, row: 0 })
    }
}
