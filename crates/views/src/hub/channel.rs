//! A channel: what it is of, who listens, and what they have been told, so that a change is written once for all of them.

use std::sync::Arc;

use super::messages::{Header, channel_message, write_levels};
use super::reactor::utc_ns;
use super::request::ChannelName;
use crate::fold::{Fold, Market, Terms};
use garraway_types::Side;
use garraway_wire::websocket::{Opcode, put_frame};

/// Depths that a book may be had in.
pub const DEPTHS: [u32; 6] = [1, 5, 10, 20, 50, 100];

/// Which channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// Levels of an instrument.
    Book {
        /// The instrument.
        instrument: u32,
        /// Levels of a side.
        depth: u32,
    },
    /// Anything else of an instrument.
    Public {
        /// Which.
        name: ChannelName,
        /// The instrument.
        instrument: u32,
    },
    /// Something of an account.
    Private {
        /// Which.
        name: ChannelName,
        /// The account.
        account: u32,
    },
}

impl Key {
    /// The channel's name.
    pub fn name(&self) -> ChannelName {
        match self {
            Self::Book { .. } => ChannelName::Book,
            Self::Public { name, .. } | Self::Private { name, .. } => *name,
        }
    }
}

/// A message in its frame, shared by all to whom it is sent.
pub type Frame = Arc<[u8]>;

/// Puts a text into a frame.
pub fn frame(text: &str) -> Frame {
    let mut bytes = Vec::with_capacity(text.len() + 10);
    put_frame(&mut bytes, Opcode::Text, text.as_bytes());
    bytes.into()
}

/// A connection that listens.
#[derive(Clone, Copy, Debug)]
pub struct Listener {
    /// Which connection.
    pub connection: u64,
    /// Whether it missed something and is to get a snapshot once it has read what waits.
    pub behind: bool,
}

/// A channel that somebody listens to.
#[derive(Debug)]
pub struct Channel {
    /// What it is of.
    pub key: Key,
    /// Who listens.
    pub listeners: Vec<Listener>,
    /// That of the last message, or of the snapshot that began it.
    pub seq: u64,
    /// Of the venue's last command that a message knew of.
    pub at_ns: i64,
    /// Levels as they were last sent.
    pub sent: Levels,
    /// The body last sent, where each message tells all: tickers and statuses.
    pub body: String,
    /// The snapshot as of the last message, once somebody wanted it.
    pub snapshot: Option<Frame>,
}

impl Channel {
    /// A channel to which nobody listens yet.
    pub fn new(key: Key) -> Self {
        Self {
            key,
            listeners: Vec::new(),
            seq: 0,
            at_ns: 0,
            sent: Levels::default(),
            body: String::new(),
            snapshot: None,
        }
    }

    /// What stands in front of the next message, which tells of all that was folded.
    pub fn advance(&mut self, fold: &Fold) -> Header {
        let prev_seq = Some(std::mem::replace(&mut self.seq, fold.seq()));
        Header { seq: self.seq, prev_seq, at_ns: fold.at_ns, sent_ns: utc_ns() }
    }

    /// The change of a book since the last message; none where it is the same.
    pub fn book_update(&mut self, market: &Market, seq: u64, at_ns: i64, sent_ns: i64) -> Option<Frame> {
        let Key::Book { depth, .. } = self.key else { return None };
        let now = Levels::of(market, depth as usize);
        let changes = self.sent.changes_to(&now);
        if changes.is_empty() || seq == self.seq {
            return None;
        }
        let header = Header { seq, prev_seq: Some(self.seq), at_ns, sent_ns };
        let terms = &market.terms;
        let text = channel_message(&self.key, &terms.symbol, header, |json| {
            write_levels(json, terms, &changes, &now);
        });
        (self.sent, self.seq, self.at_ns, self.snapshot) = (now, seq, at_ns, None);
        Some(frame(&text))
    }

    /// A book as it was last sent.
    pub fn book_snapshot(&mut self, terms: &Terms, sent_ns: i64) -> Frame {
        if let Some(snapshot) = &self.snapshot {
            return snapshot.clone();
        }
        let header = Header { seq: self.seq, prev_seq: None, at_ns: self.at_ns, sent_ns };
        let text = channel_message(&self.key, &terms.symbol, header, |json| {
            write_levels(json, terms, &self.sent, &self.sent);
        });
        self.snapshot.insert(frame(&text)).clone()
    }
}

/// The best levels of both sides: (price, lots), best first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    /// Bids.
    pub bids: Vec<(i64, i64)>,
    /// Asks.
    pub asks: Vec<(i64, i64)>,
}

impl Levels {
    /// Those of a book.
    pub fn of(market: &Market, depth: usize) -> Self {
        let side = |side| market.levels(side).take(depth).map(|(price, level)| (price, level.lots)).collect();
        Self { bids: side(Side::Buy), asks: side(Side::Sell) }
    }

    fn is_empty(&self) -> bool {
        self.bids.is_empty() && self.asks.is_empty()
    }

    /// What differs in `now`: levels with their new lots, those that went with 0.
    fn changes_to(&self, now: &Self) -> Self {
        Self {
            bids: changes(&self.bids, &now.bids, |price| -price),
            asks: changes(&self.asks, &now.asks, |price| price),
        }
    }
}

/// Both lists rise by `rank`.
fn changes(before: &[(i64, i64)], now: &[(i64, i64)], rank: impl Fn(i64) -> i64) -> Vec<(i64, i64)> {
    let (mut before, mut now) = (before.iter().peekable(), now.iter().peekable());
    let mut found = Vec::new();
    loop {
        match (before.peek(), now.peek()) {
            (None, None) => return found,
            (Some((old, old_lots)), Some((new, new_lots))) if old == new => {
                if old_lots != new_lots {
                    found.push((*new, *new_lots));
                }
                before.next();
                now.next();
            }
            (Some((old, _)), next) if next.is_none_or(|(new, _)| rank(*old) < rank(*new)) => {
                found.push((*old, 0));
                before.next();
            }
            (_, Some(level)) => {
                found.push(**level);
                now.next();
            }
            (Some(_), None) => unreachable!("an old level without a new one went above"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_bring_the_old_levels_to_the_new_ones() {
        let before = Levels { bids: vec![(10, 1), (9, 2), (7, 3)], asks: vec![(11, 1), (12, 5)] };
        let now = Levels { bids: vec![(10, 4), (8, 2), (7, 3)], asks: vec![(12, 5), (13, 1)] };
        let changes = before.changes_to(&now);
        assert_eq!(changes.bids, [(10, 4), (9, 0), (8, 2)]);
        assert_eq!(changes.asks, [(11, 0), (13, 1)]);
        assert!(now.changes_to(&now).is_empty());
        assert_eq!(Levels::default().changes_to(&now), now);
        assert_eq!(now.changes_to(&Levels::default()).asks, [(12, 0), (13, 0)]);
    }
}
