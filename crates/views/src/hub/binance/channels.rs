//! Streams that somebody listens to, who listens, and what they were told.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::super::channel::Listener;
use super::super::client::Client;
use super::stream::{Kind, Stream};

/// Between two slots.
pub const SLOT_MS: u32 = 10;
/// Slots of the longest period.
pub const SLOTS: usize = 100;

/// A stream, and whether its messages name it.
pub type Key = (Stream, bool);

/// A stream that somebody listens to.
#[derive(Debug, Default)]
pub struct Channel {
    /// Who listens.
    pub listeners: Vec<Listener>,
    /// Number of the last command that a message knew of, or that was folded when the first one came.
    pub last: u64,
    /// Levels that changed since: side and price.
    pub touched: BTreeSet<(u8, i64)>,
    /// What was last told of each instrument, where a message tells all of it.
    pub told: BTreeMap<u32, String>,
    /// When the candle began that is told of now.
    pub candle_ns: i64,
    /// The first slot in which it is sent.
    slot: usize,
}

fn slots_between(stream: &Stream) -> usize {
    (stream.period_ms / SLOT_MS) as usize
}

/// The streams, and the connections that follow an account.
#[derive(Debug, Default)]
pub struct Streams {
    all: HashMap<Key, Channel>,
    slots: Vec<Vec<Key>>,
    next_slot: usize,
    count: usize,
    users: HashMap<u32, Vec<u64>>,
    /// The slot that is sent now, and when the next one is.
    pub slot: usize,
    /// When the next slot is sent.
    pub slot_ns: i64,
}

impl Streams {
    /// The channel, if somebody listens.
    pub fn get_mut(&mut self, key: &Key) -> Option<&mut Channel> {
        self.all.get_mut(key)
    }

    /// The channel and its key in both ways of telling.
    pub fn both(stream: Stream) -> [Key; 2] {
        [(stream, false), (stream, true)]
    }

    /// Whether somebody listens to trades of an instrument.
    pub fn has_tape(&self, instrument: u32) -> bool {
        self.has([Kind::Trade, Kind::AggregateTrade].map(|kind| Stream::of(kind, instrument, 1_000)))
    }

    /// Whether somebody follows the changes of a book.
    pub fn has_diff(&self, instrument: u32) -> bool {
        self.has([100, 1_000].map(|period_ms| Stream::of(Kind::Diff, instrument, period_ms)))
    }

    fn has(&self, streams: [Stream; 2]) -> bool {
        streams.into_iter().flat_map(Self::both).any(|key| self.all.contains_key(&key))
    }

    /// Subscriptions in all.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Has a client listen; the channel is new where its last command is 0.
    pub fn join(&mut self, key: Key, client: &Client) -> &mut Channel {
        let mut slot = 0;
        if !self.all.contains_key(&key) && !key.0.is_tape() {
            self.slots.resize(SLOTS, Vec::new());
            slot = self.next_slot % slots_between(&key.0);
            self.slots_of(&key, slot).for_each(|slot| slot.push(key));
            self.next_slot += 1;
        }
        self.count += 1;
        let channel = self.all.entry(key).or_insert_with(|| Channel { slot, ..Channel::default() });
        channel.listeners.push(Listener { connection: client.id, behind: false });
        channel
    }

    /// Has a client listen no more; whether that was the last one.
    pub fn leave(&mut self, key: &Key, client: &Client) -> bool {
        let Some(channel) = self.all.get_mut(key) else { return false };
        let Some(place) = channel.listeners.iter().position(|one| one.connection == client.id) else {
            return false;
        };
        channel.listeners.swap_remove(place);
        self.count -= 1;
        let (is_empty, slot) = (channel.listeners.is_empty(), channel.slot);
        if is_empty {
            self.all.remove(key);
            self.slots_of(key, slot).for_each(|slot| slot.retain(|has| has != key));
        }
        is_empty
    }

    /// The slots in which a stream is sent.
    fn slots_of(&mut self, key: &Key, first: usize) -> impl Iterator<Item = &mut Vec<Key>> {
        self.slots.iter_mut().skip(first).step_by(slots_between(&key.0))
    }

    /// The streams of a slot.
    pub fn in_slot(&self, slot: usize) -> Vec<Key> {
        self.slots.get(slot).cloned().unwrap_or_default()
    }

    /// Has a connection follow an account.
    pub fn follow(&mut self, account: u32, connection: u64) {
        self.users.entry(account).or_default().push(connection);
    }

    /// Has it follow no more.
    pub fn unfollow(&mut self, account: u32, connection: u64) {
        if let Some(connections) = self.users.get_mut(&account) {
            connections.retain(|has| *has != connection);
            if connections.is_empty() {
                self.users.remove(&account);
            }
        }
    }

    /// The connections that follow an account.
    pub fn followers(&self, account: u32) -> &[u64] {
        self.users.get(&account).map_or(&[], Vec::as_slice)
    }
}
