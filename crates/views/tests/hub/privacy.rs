//! What everybody may see does not depend on what is private: by the table of audiences.

use std::collections::BTreeSet;

use garraway_types::*;
use serde_json::Value;

use super::peer::Client;
use super::support::choices::Choices;
use super::support::draw::draw;
use super::venue::Venue;

const CHANNELS: [&str; 4] = ["book", "trades", "ticker", "status"];
const SYMBOLS: [&str; 3] = ["BTC", "ABC", "FUT"];

/// Marsaglia's xorshift64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// The final public state of a log, as a new client gets it: every public channel's snapshot, times of sending left out.
fn public(log: &[u8]) -> Vec<Value> {
    let mut venue = Venue::start(|_| {});
    venue.log.append(log);
    let last = events_in(log).last().unwrap().0;
    super::venue::wait(|| (venue.views.shared().seq() >= last.event_id >> 16).then_some(()));
    let mut client = Client::connect(venue.address());
    let mut found = Vec::new();
    for symbol in SYMBOLS {
        for channel in CHANNELS {
            let mut told = client.subscribe(&format!(r#""channel":"{channel}","symbol":"{symbol}""#));
            told.as_object_mut().unwrap().remove("sent_ns");
            found.push(told);
        }
    }
    found
}

/// A log of all kinds of commands behind the venue's definitions.
fn log(seed: u64) -> Vec<u8> {
    let mut venue = Venue::start(|_| {});
    let (mut random, mut all) = (Random(seed), Vec::new());
    let mut buffer = vec![0; EventSink::RESERVE];
    // Symbols stay as they are, so that they can be asked for.
    while venue.world.engine.last_seq() < 900 {
        let choices: Vec<u8> = (0..48).map(|_| random.next() as u8).collect();
        let record = draw(&venue.world, &mut Choices::new(&choices));
        if Command::parse(&record).unwrap().kind == CommandKind::ChangeInstrument {
            continue;
        }
        let at_ns = venue.world.time_of(&record);
        all.extend_from_slice(venue.world.apply(&record, at_ns, &mut buffer));
    }
    all
}

/// The same log with everything that is private of an event changed, save what orders show: accounts and references are
/// others', texts, fees, holds and reasons too. Both sides are said of order by order, so that each still finds its own.
fn disguised(log: &[u8]) -> Vec<u8> {
    let mut found = Vec::new();
    for (mut event, tail) in events_in(log) {
        let spec = EventKind::from_code(event.kind).unwrap().spec();
        let mut tail = tail.to_vec();
        if spec.audience != Audience::Public {
            if event.account >= 16 {
                event.account = event.account.wrapping_add(500_000);
            }
            (event.source, event.source_seq) = (0, event.source_seq ^ 77);
            let kind = EventKind::from_code(event.kind).unwrap();
            if kind == EventKind::Replaced {
                event.fee = event.fee.wrapping_add(1_000_000);
            } else if kind == EventKind::Filled {
                event.fee = event.fee.wrapping_add(13);
            }
            event.client_ref = event.client_ref.wrapping_add(1_000_000);
            event.released = event.released.wrapping_add(1);
            if matches!(kind, EventKind::Accepted | EventKind::Replaced | EventKind::Rejected) {
                tail = b"another text".to_vec();
            }
            if kind == EventKind::Posted {
                event.value = event.value.wrapping_add(5);
            }
        }
        let mut record = vec![0; (EVENT_SIZE + tail.len()).next_multiple_of(8)];
        event.length = (EVENT_SIZE + tail.len()) as u16;
        event.write(&mut record);
        record[EVENT_SIZE..EVENT_SIZE + tail.len()].copy_from_slice(&tail);
        found.extend_from_slice(&record);
    }
    found
}

#[test]
fn public_channels_tell_nothing_of_what_is_private() {
    for seed in [5, 77, 1_234_567] {
        let plain = log(seed);
        assert_ne!(plain, disguised(&plain));
        let told = public(&plain);
        assert_eq!(told, public(&disguised(&plain)));
        assert!(told.iter().any(|one| one["trades"].as_array().is_some_and(|trades| !trades.is_empty())));
    }
}

#[test]
fn hidden_lots_and_accounts_are_in_no_public_message() {
    let mut venue = Venue::start(|_| {});
    venue.place(16, Side::Sell, 50_000, 777_771, &[("display", 2)]);
    venue.place(16, Side::Sell, 50_100, 888_881, &[("flags", 2)]);
    let stop = [("order_type", 5), ("trigger", 66_665)];
    venue.place(16, Side::Buy, 66_665, 3, &stop);
    venue.place(19, Side::Buy, 50_000, 3, &[]);
    venue.catch_up();
    let mut client = Client::connect(venue.address());
    let mut told = String::new();
    for channel in CHANNELS {
        told += &client.subscribe(&format!(r#""channel":"{channel}","symbol":"BTC""#)).to_string();
    }
    assert!(told.contains("\"50000\""));
    for secret in ["7777", "8888", "66665", "text-", "account", "client_ref", "order_id", "fee"] {
        assert!(!told.contains(secret), "{secret} in {told}");
    }
}

#[test]
fn members_of_public_messages_are_those_that_are_documented() {
    let told = public(&log(9));
    let members: BTreeSet<&str> =
        told.iter().flat_map(|one| one.as_object().unwrap().keys()).map(String::as_str).collect();
    let documented = "type channel symbol depth seq at_ns bids asks checksum trades busts bid bid_quantity ask ask_quantity \
                      last base day rolling_24h phase since_ns reference settlement indicative uncrossed";
    assert_eq!(members, documented.split_whitespace().collect());
}
