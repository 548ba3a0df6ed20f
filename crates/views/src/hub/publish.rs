//! What is sent when: private changes at once, trades and books at their rates, each message written once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use super::channel::{Channel, Frame, Key, Levels, frame};
use super::json::Json;
use super::messages::{
    Header, channel_message, write_balance, write_fill, write_order, write_position, write_status,
    write_tape, write_ticker,
};
use super::reactor::{Hub, utc_ns};
use super::request::ChannelName;
use crate::fold::{Fold, Private, Tape};

/// Trades and fills of a snapshot.
const LATELY: usize = 50;

impl Hub {
    /// Tells accounts what has become of them, and keeps the trades for their time.
    pub(super) fn publish_private(&mut self) {
        let shared = self.shared.clone();
        let mut fold = shared.fold();
        let changes = &mut fold.changes;
        for (instrument, tape) in changes.trades.drain(..) {
            self.tape.entry(instrument).or_default().push(tape);
        }
        if changes.private.is_empty() && changes.balances.is_empty() && changes.positions.is_empty() {
            return;
        }
        let private = std::mem::take(&mut changes.private);
        let balances = std::mem::take(&mut changes.balances);
        let positions = std::mem::take(&mut changes.positions);
        let mut by_account: BTreeMap<u32, Vec<&Private>> = BTreeMap::new();
        for (account, change) in &private {
            by_account.entry(*account).or_default().push(change);
        }
        let events = self.account_events(&fold, &by_account, &balances);
        let messages = self.private_messages(&fold, by_account, &balances, &positions);
        drop(fold);
        self.deliver_all(messages);
        self.deliver_account_events(&events);
    }

    fn private_messages(
        &mut self,
        fold: &Fold,
        by_account: BTreeMap<u32, Vec<&Private>>,
        balances: &BTreeSet<(u32, u32)>,
        positions: &BTreeSet<(u32, u32)>,
    ) -> Vec<(Key, Frame)> {
        let mut messages = Vec::new();
        for (account, changes) in by_account {
            let orders = changes.iter().filter(|change| matches!(change, Private::Order(..))).count();
            if orders > 0 {
                let write = |json: &mut Json| write_orders(json, fold, &changes);
                messages.extend(self.private_message(fold, ChannelName::Orders, account, write));
            }
            if changes.iter().any(|change| matches!(change, Private::Fill(..))) {
                let write = |json: &mut Json| write_fills(json, fold, &changes);
                messages.extend(self.private_message(fold, ChannelName::Fills, account, write));
            }
        }
        for (account, assets) in grouped(balances) {
            messages.extend(self.private_message(fold, ChannelName::Balances, account, |json| {
                for asset in assets {
                    write_balance(json, fold, asset, fold.balance(account, asset));
                }
            }));
        }
        for (account, instruments) in grouped(positions) {
            messages.extend(self.private_message(fold, ChannelName::Positions, account, |json| {
                let positions = fold.accounts.get(account).map(|account| &account.positions);
                for instrument in instruments {
                    if let Some(position) = positions.and_then(|all| all.get(&instrument)) {
                        write_position(json, fold, instrument, position);
                    }
                }
            }));
        }
        messages
    }

    fn private_message(
        &mut self,
        fold: &Fold,
        name: ChannelName,
        account: u32,
        items: impl FnOnce(&mut Json),
    ) -> Option<(Key, Frame)> {
        let key = Key::Private { name, account };
        let header = self.channels.get_mut(&key)?.advance(fold);
        let text = channel_message(&key, "", header, |json| {
            json.name(name.text()).array(items);
        });
        Some((key, frame(&text)))
    }

    /// Sends the trades since the last time.
    pub(super) fn publish_trades(&mut self) {
        for (instrument, tape) in std::mem::take(&mut self.tape) {
            self.publish_trades_of(instrument, &tape);
        }
    }

    /// Sends trades of an instrument.
    pub(super) fn publish_trades_of(&mut self, instrument: u32, tape: &[Tape]) {
        let key = Key::Public { name: ChannelName::Trades, instrument };
        let message = {
            let fold = self.shared.fold();
            let found = self.channels.get_mut(&key).zip(fold.markets.get(instrument));
            found.map(|(channel, market)| {
                let header = channel.advance(&fold);
                let write = |json: &mut Json| write_tape(json, &market.terms, tape.iter());
                frame(&channel_message(&key, &market.terms.symbol, header, write))
            })
        };
        if message.is_some() {
            self.deliver(&key, message.as_ref(), None);
        }
        self.publish_tape(instrument, tape);
    }

    fn deliver_all(&mut self, messages: Vec<(Key, Frame)>) {
        for (key, message) in messages {
            self.deliver(&key, Some(&message), None);
        }
    }

    /// Sends the channels of a slot that changed, and snapshots to those who missed something.
    pub(super) fn publish_slot(&mut self, slot: usize) {
        let keys = self.channels.slot(slot);
        if keys.is_empty() {
            return;
        }
        let shared = self.shared.clone();
        for key in keys {
            let Some(channel) = self.channels.get_mut(&key) else { continue };
            let (update, snapshot) = {
                let fold = shared.fold();
                let update = update_of(channel, &fold);
                let behind = channel.listeners.iter().any(|listener| listener.behind);
                (update, behind.then(|| snapshot_of(channel, &fold)))
            };
            if update.is_some() || snapshot.is_some() {
                self.deliver(&key, update.as_ref(), snapshot.as_ref());
            }
        }
    }

    /// Sends a message to those who listen; to those who were behind and have read all by now the snapshot instead.
    fn deliver(&mut self, key: &Key, update: Option<&Frame>, snapshot: Option<&Frame>) {
        let Self { channels, table, doomed, shared, config, .. } = self;
        let Some(channel) = channels.get_mut(key) else { return };
        let limit = config.limits.queue_bytes;
        let conflates = super::channels::is_conflated(key);
        let (mut messages, mut bytes, mut conflated) = (0, 0, 0);
        for listener in &mut channel.listeners {
            let Some(client) = table.get_mut(listener.connection) else { continue };
            if conflates && client.is_behind() {
                conflated += u64::from(update.is_some());
                listener.behind = listener.behind || update.is_some();
                continue;
            }
            let caught_up = listener.behind.then_some(snapshot).flatten();
            let Some(frame) = caught_up.or(if listener.behind { None } else { update }) else { continue };
            listener.behind = false;
            client.send(frame, limit);
            (messages, bytes) = (messages + 1, bytes + frame.len() as u64);
            if client.doomed.is_some() {
                doomed.push(client.id);
            }
        }
        shared.figures.messages.fetch_add(messages, Ordering::Relaxed);
        shared.figures.bytes.fetch_add(bytes, Ordering::Relaxed);
        shared.figures.conflated.fetch_add(conflated, Ordering::Relaxed);
    }
}

/// What a new listener of a channel gets; a channel that is new is brought up to now first.
pub fn first_of(channel: &mut Channel, fold: &Fold, is_new: bool) -> Frame {
    if is_new {
        (channel.seq, channel.at_ns) = (fold.seq(), fold.at_ns);
        match channel.key {
            Key::Book { instrument, depth } => {
                if let Some(market) = fold.markets.get(instrument) {
                    channel.sent = Levels::of(market, depth as usize);
                }
            }
            key => channel.body = body_of(&key, fold),
        }
    }
    snapshot_of(channel, fold)
}

/// The snapshot of a channel as of its last message.
fn snapshot_of(channel: &mut Channel, fold: &Fold) -> Frame {
    let sent_ns = utc_ns();
    if let Key::Book { instrument, .. } = channel.key
        && let Some(market) = fold.markets.get(instrument)
    {
        return channel.book_snapshot(&market.terms, sent_ns);
    }
    if super::channels::is_conflated(&channel.key) {
        let header = Header { seq: channel.seq, prev_seq: None, at_ns: channel.at_ns, sent_ns };
        return frame(&whole_message(&channel.key, fold, header, &channel.body));
    }
    // What is not conflated is sent as it comes, so that what was folded is what was sent.
    let header = Header { seq: channel.seq, prev_seq: None, at_ns: fold.at_ns, sent_ns };
    frame(&whole_message(&channel.key, fold, header, &body_of(&channel.key, fold)))
}

/// What changed in a channel that is conflated.
fn update_of(channel: &mut Channel, fold: &Fold) -> Option<Frame> {
    let (seq, at_ns, sent_ns) = (fold.seq(), fold.at_ns, utc_ns());
    if let Key::Book { instrument, .. } = channel.key {
        return channel.book_update(fold.markets.get(instrument)?, seq, at_ns, sent_ns);
    }
    let body = body_of(&channel.key, fold);
    if body == channel.body || seq == channel.seq {
        return None;
    }
    let header = Header { seq, prev_seq: Some(channel.seq), at_ns, sent_ns };
    (channel.seq, channel.at_ns, channel.body) = (seq, at_ns, body);
    Some(frame(&whole_message(&channel.key, fold, header, &channel.body)))
}

fn whole_message(key: &Key, fold: &Fold, header: Header, body: &str) -> String {
    let symbol = match key {
        Key::Book { instrument, .. } | Key::Public { instrument, .. } => {
            fold.markets.get(*instrument).map_or("", |market| &market.terms.symbol)
        }
        Key::Private { .. } => "",
    };
    channel_message(key, symbol, header, |json| json.members(body))
}

/// All that a channel tells, as members of an object.
fn body_of(key: &Key, fold: &Fold) -> String {
    let mut json = Json::default();
    match *key {
        Key::Book { .. } => {}
        Key::Public { name, instrument } => {
            let Some(market) = fold.markets.get(instrument) else { return String::new() };
            match name {
                ChannelName::Ticker => write_ticker(&mut json, fold, market),
                ChannelName::Status => write_status(&mut json, market),
                _ => {
                    let mut tape: Vec<Tape> =
                        market.trades().take(LATELY).copied().map(Tape::Trade).collect();
                    tape.reverse();
                    write_tape(&mut json, &market.terms, tape.iter());
                }
            }
        }
        Key::Private { name, account } => {
            json.name(name.text()).array(|json| write_account(json, fold, name, account));
        }
    }
    json.text().to_owned()
}

fn write_account(json: &mut Json, fold: &Fold, name: ChannelName, number: u32) {
    let Some(account) = fold.accounts.get(number) else { return };
    match name {
        ChannelName::Orders => account.open.values().for_each(|order| write_order(json, fold, order, None)),
        ChannelName::Fills => {
            let mut fills: Vec<_> = account.fills().take(LATELY).collect();
            fills.reverse();
            fills.into_iter().for_each(|fill| write_fill(json, fold, fill));
        }
        ChannelName::Balances => {
            for (asset, balance) in &account.balances {
                write_balance(json, fold, *asset, *balance);
            }
        }
        _ => {
            for (instrument, position) in &account.positions {
                write_position(json, fold, *instrument, position);
            }
        }
    }
}

fn write_orders(json: &mut Json, fold: &Fold, changes: &[&Private]) {
    for change in changes {
        if let Private::Order(kind, order) = change {
            write_order(json, fold, order, Some(*kind));
        }
    }
}

fn write_fills(json: &mut Json, fold: &Fold, changes: &[&Private]) {
    for change in changes {
        if let Private::Fill(fill) = change {
            write_fill(json, fold, fill);
        }
    }
}

fn grouped(pairs: &BTreeSet<(u32, u32)>) -> BTreeMap<u32, Vec<u32>> {
    let mut groups: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (account, number) in pairs {
        groups.entry(*account).or_default().push(*number);
    }
    groups
}
