//! The channels that somebody listens to, and who listens.

use std::collections::HashMap;

use super::channel::{Channel, Key, Listener};
use super::client::Client;

/// The channels.
#[derive(Debug, Default)]
pub struct Channels {
    all: HashMap<Key, Channel>,
    /// Public channels whose updates are conflated, by the slot in which they are sent.
    slots: Vec<Vec<Key>>,
    /// Slot of the next channel.
    next_slot: usize,
    /// Subscriptions in all.
    count: usize,
}

impl Channels {
    /// None yet; updates that are conflated are spread over so many slots.
    pub fn new(slots: usize) -> Self {
        Self { slots: vec![Vec::new(); slots.max(1)], ..Self::default() }
    }

    /// The channel, if somebody listens.
    pub fn get_mut(&mut self, key: &Key) -> Option<&mut Channel> {
        self.all.get_mut(key)
    }

    /// Whether somebody listens.
    pub fn has(&self, key: &Key) -> bool {
        self.all.contains_key(key)
    }

    /// Subscriptions in all.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Has a client listen; the channel, and whether it is new.
    pub fn join(&mut self, key: Key, client: &mut Client) -> (&mut Channel, bool) {
        let is_new = !self.all.contains_key(&key);
        if is_new && is_conflated(&key) {
            self.slots[self.next_slot].push(key);
            self.next_slot = (self.next_slot + 1) % self.slots.len();
        }
        self.count += 1;
        client.subscriptions.push(key);
        let channel = self.all.entry(key).or_insert_with(|| Channel::new(key));
        channel.listeners.push(Listener { connection: client.id, behind: false });
        (channel, is_new)
    }

    /// Has a client listen no more. A channel without listeners goes; whether it went.
    pub fn leave(&mut self, key: &Key, client: &mut Client) -> bool {
        client.subscriptions.retain(|has| has != key);
        let Some(channel) = self.all.get_mut(key) else { return false };
        let Some(place) = channel.listeners.iter().position(|one| one.connection == client.id) else {
            return false;
        };
        channel.listeners.swap_remove(place);
        self.count -= 1;
        let is_empty = channel.listeners.is_empty();
        if is_empty {
            self.all.remove(key);
            for slot in &mut self.slots {
                slot.retain(|has| has != key);
            }
        }
        is_empty
    }

    /// The channels of a slot.
    pub fn slot(&self, slot: usize) -> Vec<Key> {
        self.slots[slot % self.slots.len()].clone()
    }
}

/// Whether updates of a channel are conflated to a rate: all public ones but trades.
pub fn is_conflated(key: &Key) -> bool {
    key.name().is_public() && key.name() != super::request::ChannelName::Trades
}
