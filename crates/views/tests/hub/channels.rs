//! Channels: snapshots and what follows them lead to the engine's own state.

use std::collections::BTreeMap;

use garraway_types::*;
use serde_json::Value;

use super::peer::{Client, Got};
use super::venue::{Venue, wait};

type Side2 = BTreeMap<String, String>;

/// A book as a client keeps it.
#[derive(Default)]
struct Book {
    bids: Side2,
    asks: Side2,
    seq: u64,
}

impl Book {
    fn take(&mut self, message: &Value) {
        assert_eq!(message["channel"], "book");
        if message["type"] == "snapshot" {
            *self = Self::default();
        } else {
            assert_eq!(message["prev_seq"], self.seq);
            assert!(message["seq"].as_u64().unwrap() > self.seq);
        }
        self.seq = message["seq"].as_u64().unwrap();
        for (name, side) in [("bids", &mut self.bids), ("asks", &mut self.asks)] {
            for level in message[name].as_array().unwrap() {
                let [price, lots] = [0, 1].map(|at| level[at].as_str().unwrap().to_owned());
                if lots == "0" {
                    side.remove(&price)
                } else {
                    side.insert(price, lots)
                };
            }
        }
        assert_eq!(message["checksum"], self.checksum());
    }

    fn checksum(&self) -> u32 {
        let sorted = |side: &Side2, sign: i64| {
            let mut all: Vec<_> = side.iter().map(|(price, lots)| (price.clone(), lots.clone())).collect();
            all.sort_by_key(|(price, _)| sign * price.replace('.', "").parse::<i64>().unwrap());
            all
        };
        let (bids, asks) = (sorted(&self.bids, -1), sorted(&self.asks, 1));
        let mut parts = Vec::new();
        for place in 0..10 {
            for (price, lots) in [bids.get(place), asks.get(place)].into_iter().flatten() {
                parts.push(format!("{price}:{lots}"));
            }
        }
        crc32fast::hash(parts.join(":").as_bytes())
    }
}

#[test]
fn a_book_is_the_engines_after_every_update() {
    let mut venue = Venue::start(|_| {});
    venue.place(16, Side::Buy, 49_000, 3, &[]);
    venue.catch_up();
    let mut client = Client::connect(venue.address());
    let mut book = Book::default();
    book.take(&client.subscribe(r#""channel":"book","symbol":"BTC","depth":5"#));
    assert_eq!(book.bids, Side2::from([("49000".to_owned(), "0.03".to_owned())]));
    let mut open: [Vec<u64>; 2] = Default::default();
    for step in 0..60i64 {
        let buys = step % 2 == 0;
        let (account, side) = if buys { (16, Side::Buy) } else { (20, Side::Sell) };
        let price = if buys { 49_000 - step * 5 } else { 49_500 + step * 5 };
        let more: &[(&str, i128)] = match step % 5 {
            1 => &[("flags", 2)],
            2 => &[("display", 1)],
            _ => &[],
        };
        let open = &mut open[usize::from(buys)];
        open.push(venue.place(account, side, price, 2 + step % 7, more));
        if open.len() > 3 {
            venue.cancel(account, open.remove(0));
        }
    }
    let last = venue.world.engine.last_seq();
    let engine_side = |side| -> Side2 {
        let levels = venue.world.engine.levels(InstrumentId(4), side).filter(|level| level.quantity > 0);
        levels.take(5).map(|level| (level.price.0.to_string(), lots_text(level.quantity))).collect()
    };
    // The last command may have changed nothing that five levels show.
    let wanted = (engine_side(Side::Buy), engine_side(Side::Sell));
    while (&book.bids, &book.asks) != (&wanted.0, &wanted.1) {
        book.take(&client.message());
    }
    assert!(book.seq <= last);
    // A second client gets the state that the first one has.
    let mut second = Client::connect(venue.address());
    let mut other = Book::default();
    other.take(&second.subscribe(r#""channel":"book","symbol":"BTC","depth":5"#));
    assert_eq!((&other.bids, &other.asks, other.seq), (&book.bids, &book.asks, book.seq));
}

/// Lots of 0.01 as they are written.
fn lots_text(lots: u64) -> String {
    let text = format!("{}.{:02}", lots / 100, lots % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[test]
fn trades_come_once_each_and_in_order() {
    let mut venue = Venue::start(|_| {});
    venue.place(16, Side::Sell, 50_000, 100, &[]);
    venue.place(19, Side::Buy, 50_000, 1, &[]);
    venue.catch_up();
    let mut client = Client::connect(venue.address());
    let snapshot = client.subscribe(r#""channel":"trades","symbol":"BTC""#);
    let mut ids: Vec<u64> = trade_ids(&snapshot);
    assert_eq!(ids.len(), 1);
    let mut seq = snapshot["seq"].as_u64().unwrap();
    for lots in 1..=9 {
        venue.place(19, Side::Buy, 50_000, lots, &[]);
    }
    while ids.len() < 10 {
        let message = client.message();
        assert_eq!(message["prev_seq"], seq);
        seq = message["seq"].as_u64().unwrap();
        let first = &message["trades"][0];
        assert_eq!((&first["side"], &first["price"]), (&Value::from("buy"), &Value::from("50000")));
        ids.extend(trade_ids(&message));
    }
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(ids, sorted);
}

fn trade_ids(message: &Value) -> Vec<u64> {
    let trades = message["trades"].as_array().unwrap();
    trades.iter().map(|trade| trade["id"].as_str().unwrap().parse().unwrap()).collect()
}

#[test]
fn a_ticker_and_a_status_tell_what_changed() {
    let mut venue = Venue::start(|_| {});
    let mut client = Client::connect(venue.address());
    let ticker = client.subscribe(r#""channel":"ticker","symbol":"BTC""#);
    assert_eq!((&ticker["last"], &ticker["bid"]), (&Value::Null, &Value::Null));
    let status = client.subscribe(r#""channel":"status","symbol":"BTC""#);
    assert_eq!(status["phase"], "continuous");
    venue.place(16, Side::Sell, 50_005, 100, &[]);
    venue.place(19, Side::Buy, 50_005, 2, &[]);
    let halt = [("instrument", 4), ("phase", 4), ("source", 1)];
    venue.send(CommandKind::SetPhase, &halt, &[]);
    let (mut ticker, mut status) = (ticker, status);
    while ticker["last"] != "50005" || status["phase"] != "halt" {
        let message = client.message();
        let place = if message["channel"] == "ticker" { &mut ticker } else { &mut status };
        assert_eq!(message["prev_seq"], place["seq"]);
        *place = message;
    }
    assert_eq!(ticker["ask_quantity"], "0.98");
    assert_eq!(ticker["day"]["volume"], "0.02");
    // 2 lots of 0.01 at 50,005.
    assert_eq!(ticker["rolling_24h"]["value"], "1000.1");
}

#[test]
fn a_client_that_falls_behind_gets_a_snapshot_and_every_private_event() {
    let mut venue = Venue::start(|config| {
        config.limits.silence_ms = 60_000;
        config.limits.socket_bytes = 4_096;
    });
    let mut client = venue.client(&[16], "s");
    small_buffers(&client);
    let mut book = Book::default();
    book.take(&client.subscribe(r#""channel":"book","symbol":"BTC","depth":100"#));
    client.subscribe(r#""channel":"orders""#);
    // Far more than sockets hold, while nothing is read; but the orders fit into what may wait.
    let mut placed = Vec::new();
    wait(|| {
        for _ in 0..40 {
            let price = 49_000 - 5 * (placed.len() as i64 % 100);
            placed.push(venue.place(16, Side::Buy, price, 1, &[]));
            venue.cancel(16, *placed.last().unwrap());
        }
        venue.catch_up();
        (venue.figure("conflated") > 3).then_some(())
    });
    let (mut events, mut snapshots) = (0, 0);
    while events < 2 * placed.len() || snapshots == 0 {
        let message = client.message();
        if message["channel"] == "orders" {
            for order in message["orders"].as_array().unwrap() {
                let client_ref: u64 = order["client_ref"].as_str().unwrap().parse().unwrap();
                assert_eq!(client_ref, placed[events / 2]);
                assert_eq!(order["event"], ["accepted", "canceled"][events % 2]);
                events += 1;
            }
        } else {
            snapshots += usize::from(message["type"] == "snapshot");
            book.take(&message);
        }
    }
    assert_eq!(venue.figure("cut_slow"), 0);
}

/// Has the system hold little for a client, so that it falls behind soon.
fn small_buffers(client: &Client) {
    rustix::net::sockopt::set_socket_recv_buffer_size(&client.socket, 4_096).unwrap();
}

#[test]
fn trades_that_wait_for_their_time_are_not_lost_to_who_subscribes_to_something_else() {
    let mut venue = Venue::start(|config| config.limits.trades_ms = 60_000);
    let mut client = Client::connect(venue.address());
    client.subscribe(r#""channel":"trades","symbol":"BTC""#);
    venue.place(16, Side::Sell, 50_005, 100, &[]);
    venue.place(19, Side::Buy, 50_005, 2, &[]);
    venue.catch_up();
    client.subscribe(r#""channel":"status","symbol":"ABC""#);
    // Who comes new to the trades has what waited sent to those who have them.
    let mut other = Client::connect(venue.address());
    other.subscribe(r#""channel":"trades","symbol":"BTC""#);
    assert_eq!(client.message()["trades"][0]["price"], "50005");
}

#[test]
fn unsubscribed_is_unsubscribed() {
    let mut venue = Venue::start(|_| {});
    let mut client = Client::connect(venue.address());
    client.subscribe(r#""channel":"book","symbol":"BTC""#);
    client.send(r#"{"op":"unsubscribe","req_id":2,"channel":"book","symbol":"BTC"}"#);
    assert_eq!(client.message()["type"], "unsubscribed");
    assert_eq!(venue.figure("subscriptions"), 0);
    venue.place(16, Side::Buy, 49_000, 1, &[]);
    client.send(r#"{"op":"unsubscribe","req_id":3,"channel":"book","symbol":"BTC"}"#);
    let answer = client.message();
    assert_eq!((&answer["code"], &answer["req_id"]), (&Value::from("SubscriptionUnknown"), &Value::from(3)));
}

#[test]
fn heartbeats_come_without_being_asked_for() {
    let venue = Venue::start(|_| {});
    let mut client = Client::connect(venue.address());
    for _ in 0..2 {
        let Got::Text(message) = client.next() else { panic!("no heartbeat") };
        assert_eq!(message["type"], "heartbeat");
        assert_eq!(message["seq"], venue.views.shared().seq());
    }
}
