//! What is sent when: trades and events of accounts as they come, states and changes of books at their times. Each message is
//! written once for all who get it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use super::super::channel::{Frame, frame};
use super::super::reactor::{Hub, utc_ns};
use super::account;
use super::channels::{Channel, Key, SLOT_MS, SLOTS, Streams};
use super::market::{MS, Moment, candle, candle_message, candle_start_ns, diff, state, state_message, trade};
use super::stream::{Kind, Stream, is_shown};
use crate::fold::{Fold, Private, Tape};

const DAY_NS: i64 = 86_400_000 * MS;

/// An event for the connections that follow an account.
pub type Told = (u32, Frame);

impl Hub {
    /// Sends the streams whose time has come.
    pub(in crate::hub) fn publish_streams(&mut self, now_ns: i64) {
        // Slots that were missed are made up for, each once.
        for _ in 0..SLOTS {
            if now_ns < self.streams.slot_ns {
                break;
            }
            self.streams.slot_ns = (self.streams.slot_ns + i64::from(SLOT_MS) * MS).max(now_ns - 1_000 * MS);
            self.streams.slot = (self.streams.slot + 1) % SLOTS;
            for key in self.streams.in_slot(self.streams.slot) {
                self.publish_stream(key);
            }
        }
    }

    fn publish_stream(&mut self, key: Key) {
        let shared = self.shared.clone();
        let mut fold = shared.fold();
        if key.0.kind == Kind::Diff {
            self.spread_touched(&mut fold, key.0);
        }
        let Some(channel) = self.streams.get_mut(&key) else { return };
        let texts = match key.0.kind {
            Kind::Diff => diff_of(channel, &fold, key.0).into_iter().collect(),
            Kind::Kline(width_s) => candles_of(channel, &fold, key.0, width_s),
            _ => change_of(channel, &fold, key.0).into_iter().collect(),
        };
        let behind = key.0.is_state() && channel.listeners.iter().any(|listener| listener.behind);
        let snapshot = if behind { whole(&fold, key.0) } else { None };
        let updates: Vec<Frame> = texts.iter().map(|text| framed(text, &key, &fold)).collect();
        let snapshot = snapshot.map(|text| framed(&text, &key, &fold));
        drop(fold);
        self.deliver_stream(&key, &updates, snapshot.as_ref());
    }

    /// Notes levels that changed for every stream that tells of them.
    fn spread_touched(&mut self, fold: &mut Fold, stream: Stream) {
        let market = stream.instrument.and_then(|instrument| fold.markets.get_mut(instrument));
        let touched = market.map(|market| std::mem::take(&mut market.touched)).unwrap_or_default();
        if touched.is_empty() {
            return;
        }
        for period_ms in [100, 1_000] {
            for key in Streams::both(Stream { period_ms, ..stream }) {
                if let Some(channel) = self.streams.get_mut(&key) {
                    channel.touched.extend(&touched);
                }
            }
        }
    }

    /// The first message of a stream that tells a state.
    pub(super) fn state_of(&self, key: &Key) -> Option<Frame> {
        let fold = self.shared.fold();
        let text = match (key.0.kind, key.0.instrument.and_then(|number| fold.markets.get(number))) {
            (Kind::Kline(width_s), Some(market)) => {
                let start_ns = candle_start_ns(fold.at_ns, width_s);
                let members = candle(&fold, market, start_ns, width_s, false)?;
                candle_message(market, &members, moment(&fold))
            }
            _ if key.0.is_state() => whole(&fold, key.0)?,
            _ => return None,
        };
        Some(framed(&text, key, &fold))
    }

    /// Sends trades of an instrument.
    pub(in crate::hub) fn publish_tape(&mut self, instrument: u32, tape: &[Tape]) {
        for kind in [Kind::Trade, Kind::AggregateTrade] {
            for key in Streams::both(Stream::of(kind, instrument, 1_000)) {
                if self.streams.get_mut(&key).is_none() {
                    continue;
                }
                let updates = self.tape_frames(&key, instrument, tape);
                self.deliver_stream(&key, &updates, None);
            }
        }
    }

    fn tape_frames(&self, key: &Key, instrument: u32, tape: &[Tape]) -> Vec<Frame> {
        let fold = self.shared.fold();
        let Some(market) = fold.markets.get(instrument) else { return Vec::new() };
        let now = moment(&fold);
        let trades = tape.iter().filter_map(|one| match one {
            Tape::Trade(made) => Some(trade(key.0.kind, market, made, now)),
            // What was taken back has no word here.
            Tape::Bust { .. } => None,
        });
        trades.map(|text| framed(&text, key, &fold)).collect()
    }

    /// What those who follow accounts are told of these changes.
    pub(in crate::hub) fn account_events(
        &self,
        fold: &Fold,
        by_account: &BTreeMap<u32, Vec<&Private>>,
        balances: &BTreeSet<(u32, u32)>,
    ) -> Vec<Told> {
        let at_ms = utc_ns() / MS;
        let accounts: BTreeSet<u32> =
            by_account.keys().copied().chain(balances.iter().map(|(of, _)| *of)).collect();
        let mut told = Vec::new();
        for account in accounts.into_iter().filter(|account| !self.streams.followers(*account).is_empty()) {
            let changes = by_account.get(&account).map_or(&[][..], Vec::as_slice);
            let assets =
                balances.range((account, 0)..=(account, u32::MAX)).map(|(_, asset)| *asset).collect();
            let texts = account::events(fold, account, changes, &assets, at_ms);
            told.extend(texts.iter().map(|text| (account, frame(text))));
        }
        told
    }

    /// Sends events to those who follow their accounts. None is left out: who does not read is cut.
    pub(in crate::hub) fn deliver_account_events(&mut self, told: &[Told]) {
        for (account, event) in told {
            for connection in self.streams.followers(*account).to_vec() {
                self.pass(connection, event);
            }
        }
    }

    /// Sends what is new; of a state a client that is behind gets the whole once it has read what waits.
    fn deliver_stream(&mut self, key: &Key, updates: &[Frame], snapshot: Option<&Frame>) {
        if updates.is_empty() && snapshot.is_none() {
            return;
        }
        let Some(channel) = self.streams.get_mut(key) else { return };
        let mut listeners = std::mem::take(&mut channel.listeners);
        for listener in &mut listeners {
            if !key.0.is_state() {
                updates.iter().for_each(|update| self.pass(listener.connection, update));
                continue;
            }
            let is_behind = self.table.get_mut(listener.connection).is_some_and(|client| client.is_behind());
            if is_behind {
                self.shared.figures.conflated.fetch_add(updates.len() as u64, Ordering::Relaxed);
                listener.behind |= !updates.is_empty();
            } else if std::mem::take(&mut listener.behind) {
                snapshot.iter().for_each(|whole| self.pass(listener.connection, whole));
            } else {
                updates.iter().for_each(|update| self.pass(listener.connection, update));
            }
        }
        if let Some(channel) = self.streams.get_mut(key) {
            channel.listeners = listeners;
        }
    }

    fn pass(&mut self, connection: u64, message: &Frame) {
        let limit = self.config.limits.queue_bytes;
        let Some(client) = self.table.get_mut(connection) else { return };
        client.send(message, limit);
        if client.doomed.is_some() {
            self.doomed.push(connection);
        }
        self.shared.figures.messages.fetch_add(1, Ordering::Relaxed);
        self.shared.figures.bytes.fetch_add(message.len() as u64, Ordering::Relaxed);
    }
}

impl Channel {
    /// What the first listener is told when it comes.
    pub(super) fn begin(&mut self, fold: &Fold, stream: Stream) {
        self.last = fold.seq();
        if let Kind::Kline(width_s) = stream.kind {
            self.candle_ns = candle_start_ns(fold.at_ns, width_s);
        }
        if stream.is_state() {
            let told =
                instruments(fold, stream).map(|(number, market)| (number, state(stream.kind, fold, market)));
            self.told = told.collect();
        }
    }
}

/// The changes of a book since the last message; none where there are none.
fn diff_of(channel: &mut Channel, fold: &Fold, stream: Stream) -> Option<String> {
    let market = fold.markets.get(stream.instrument?)?;
    if channel.touched.is_empty() || channel.last == fold.seq() {
        return None;
    }
    let touched = std::mem::take(&mut channel.touched);
    let first = channel.last + 1;
    channel.last = fold.seq();
    Some(diff(market, touched.iter().copied(), first, moment(fold)))
}

/// The candle as it is now where it changed, behind those that ended since.
fn candles_of(channel: &mut Channel, fold: &Fold, stream: Stream, width_s: u32) -> Vec<String> {
    let Some(number) = stream.instrument else { return Vec::new() };
    let Some(market) = fold.markets.get(number) else { return Vec::new() };
    let (now, start_ns) = (moment(fold), candle_start_ns(fold.at_ns, width_s));
    let mut texts = Vec::new();
    // What is older is not kept.
    channel.candle_ns = channel.candle_ns.max(candle_start_ns(start_ns - DAY_NS, width_s));
    while channel.candle_ns < start_ns {
        if let Some(members) = candle(fold, market, channel.candle_ns, width_s, true) {
            texts.push(candle_message(market, &members, now));
        }
        channel.candle_ns += i64::from(width_s) * 1_000 * MS;
    }
    if let Some(members) = candle(fold, market, start_ns, width_s, false)
        && channel.told.get(&number) != Some(&members)
    {
        texts.push(candle_message(market, &members, now));
        channel.told.insert(number, members);
    }
    texts
}

/// What changed of a state since it was last told.
fn change_of(channel: &mut Channel, fold: &Fold, stream: Stream) -> Option<String> {
    let now = moment(fold);
    if channel.last == fold.seq() {
        return None;
    }
    channel.last = fold.seq();
    let mut texts = Vec::new();
    for (number, market) in instruments(fold, stream) {
        let members = state(stream.kind, fold, market);
        if channel.told.get(&number) != Some(&members) {
            texts.push(state_message(stream.kind, market, &members, now));
            channel.told.insert(number, members);
        }
    }
    joined(&texts, stream)
}

/// All that a state tells now.
fn whole(fold: &Fold, stream: Stream) -> Option<String> {
    let now = moment(fold);
    let texts: Vec<String> = instruments(fold, stream)
        .map(|(_, market)| state_message(stream.kind, market, &state(stream.kind, fold, market), now))
        .collect();
    joined(&texts, stream)
}

fn instruments(fold: &Fold, stream: Stream) -> impl Iterator<Item = (u32, &crate::fold::Market)> {
    let one = stream.instrument.and_then(|number| Some((number, fold.markets.get(number)?)));
    let all = stream.instrument.is_none().then(|| fold.markets.iter().filter(|(_, market)| is_shown(market)));
    one.into_iter().chain(all.into_iter().flatten())
}

fn joined(texts: &[String], stream: Stream) -> Option<String> {
    match stream.instrument {
        _ if texts.is_empty() => None,
        None => Some(format!("[{}]", texts.join(","))),
        Some(_) => texts.first().cloned(),
    }
}

fn framed(text: &str, key: &Key, fold: &Fold) -> Frame {
    if key.1 { frame(&format!(r#"{{"stream":"{}","data":{text}}}"#, key.0.name(fold))) } else { frame(text) }
}

fn moment(fold: &Fold) -> Moment {
    Moment { seq: fold.seq(), at_ms: utc_ns() / MS }
}
