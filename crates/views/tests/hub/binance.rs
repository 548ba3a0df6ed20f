//! Binance's words: streams of the market, events of an account, requests that the service answers.

use std::collections::BTreeMap;

use garraway_sequencer::EventReader;
use garraway_types::*;
use garraway_views::fold::{Fold, History};
use garraway_views::{Answer, Request, Whom};
use serde_json::{Value, json};

use super::peer::{Client, Got, shake};
use super::support::choices::Choices;
use super::support::draw::draw;
use super::venue::{Venue, wait};

const RAW: &str = "/binance/stream/ws";
const COMBINED: &str = "/binance/stream/stream?streams=";
const REQUESTS: &str = "/binance/ws-api/v3";

/// A trade that is taken back is not looked up: no book depends on it.
struct Nothing;

impl History for Nothing {
    fn fills(&mut self, _: u64) -> Option<[Event; 2]> {
        None
    }
}

/// The fold of a log, as far as one wants.
struct Twin {
    log: Vec<u8>,
    offset: usize,
    fold: Fold,
}

impl Twin {
    fn new(venue: &Venue) -> Self {
        let mut reader = EventReader::open(&venue.log.folder.join("events"), 0).unwrap();
        let mut log = Vec::new();
        loop {
            let batch = reader.next_batch(1 << 20).unwrap();
            if batch.is_empty() {
                return Self { log, offset: 0, fold: Fold::default() };
            }
            log.extend_from_slice(batch);
        }
    }

    /// Takes the log up to a command, it included.
    fn take_to(&mut self, seq: u64) {
        let mut walk = events_in(&self.log[self.offset..]);
        let mut used = 0;
        while let Some((event, tail)) = walk.next() {
            if event.event_id >> 16 > seq {
                break;
            }
            self.fold.take(&event, tail, &mut Nothing);
            used = walk.offset();
        }
        self.offset += used;
    }

    fn levels(&self, instrument: u32) -> [BTreeMap<String, String>; 2] {
        let market = self.fold.markets.get(instrument).unwrap();
        [Side::Buy, Side::Sell].map(|side| {
            let text = |write: &dyn Fn(&mut String)| {
                let mut text = String::new();
                write(&mut text);
                text
            };
            let levels = market.levels(side).map(|(price, level)| {
                let lots = i128::from(level.lots);
                let price = text(&|out| market.terms.write_price(out, price));
                (price, text(&|out| market.terms.write_lots(out, lots)))
            });
            levels.collect()
        })
    }
}

/// A book rebuilt by the documented rules: a snapshot, then each event whose first number follows the last one.
struct Book {
    levels: [BTreeMap<String, String>; 2],
    last: u64,
}

impl Book {
    /// Whether the event was news.
    fn take(&mut self, event: &Value) -> bool {
        assert_eq!(event["e"], "depthUpdate");
        let (first, last) = (event["U"].as_u64().unwrap(), event["u"].as_u64().unwrap());
        if last <= self.last {
            return false;
        }
        assert!(first <= self.last + 1, "{first} does not follow {}", self.last);
        self.last = last;
        for (name, side) in ["b", "a"].into_iter().zip(&mut self.levels) {
            for level in event[name].as_array().unwrap() {
                let [price, lots] = [0, 1].map(|at| level[at].as_str().unwrap().to_owned());
                if lots == "0" {
                    side.remove(&price)
                } else {
                    side.insert(price, lots)
                };
            }
        }
        true
    }
}

fn instrument(symbol: &str) -> u32 {
    if symbol == "BTC" { 4 } else { 1 }
}

#[test]
fn a_book_rebuilt_from_its_changes_is_the_folds_at_each_of_them() {
    let mut venue = Venue::start(|config| config.limits.queue_bytes = 64 << 20);
    let address = venue.address();
    let mut clients: Vec<(Client, &str)> = vec![
        (Client::open(address, &format!("{RAW}/btc@depth@100ms"), ""), "BTC"),
        (Client::open(address, &format!("{COMBINED}abc@depth@100ms"), ""), "ABC"),
        (Client::open(address, &format!("{COMBINED}btc%40depth"), ""), "BTC"),
    ];
    wait(|| (venue.figure("subscriptions") == 3).then_some(()));
    // The snapshot is taken behind the subscription, as the documentation says.
    venue.place(16, Side::Buy, 49_000, 3, &[]);
    venue.catch_up();
    let mut start = Twin::new(&venue);
    start.take_to(venue.world.engine.last_seq());
    let mut books: Vec<Book> = clients
        .iter()
        .map(|(_, symbol)| Book { levels: start.levels(instrument(symbol)), last: start.fold.seq() })
        .collect();
    let mut random = 0x2545_f491_4f6c_dd1du64;
    let mut buffer = vec![0; EventSink::RESERVE];
    for step in 0..6_000 {
        let engine = &venue.world.engine;
        let count = |number, side| engine.levels(InstrumentId(number), side).count();
        let [abc, btc] = [1, 4].map(|number| count(number, Side::Buy) + count(number, Side::Sell));
        // It ends at a moment at which both books are others than at the start, where one had a single level.
        if step > 1_000 && abc > 0 && btc != 1 {
            break;
        }
        let choices: Vec<u8> = (0..48)
            .map(|_| {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                random as u8
            })
            .collect();
        let record = draw(&venue.world, &mut Choices::new(&choices));
        // Symbols stay as they are, so that streams keep their names.
        if Command::parse(&record).unwrap().kind != CommandKind::ChangeInstrument {
            let at_ns = venue.world.time_of(&record);
            let events = venue.world.apply(&record, at_ns, &mut buffer).to_vec();
            venue.log.append(&events);
        }
    }
    let mut end = Twin::new(&venue);
    end.take_to(u64::MAX);
    for ((client, symbol), book) in clients.iter_mut().zip(&mut books) {
        let (mut twin, wanted, mut count) = (Twin::new(&venue), end.levels(instrument(symbol)), 0);
        while book.levels != wanted {
            let message = client.message();
            let event = message.get("data").unwrap_or(&message);
            assert_eq!(event["s"], *symbol);
            if book.take(event) {
                twin.take_to(book.last);
                assert_eq!(book.levels, twin.levels(instrument(symbol)), "at {}", book.last);
                count += 1;
            }
        }
        assert!(count > 0, "{symbol} did not change");
    }
}

#[test]
fn streams_tell_what_is_traded_and_how_it_stands() {
    let mut venue = Venue::start(|_| {});
    venue.place(16, Side::Sell, 50_005, 100, &[]);
    venue.catch_up();
    let mut client = Client::open(venue.address(), COMBINED.trim_end_matches("?streams="), "");
    let streams = ["trade", "aggTrade", "kline_1m", "ticker", "miniTicker", "bookTicker", "depth5@100ms"];
    let names: Vec<String> = streams.iter().map(|stream| format!("btc@{stream}")).collect();
    let all = [&names[..], &["!miniTicker@arr".to_owned(), "!ticker@arr".to_owned()]].concat();
    client.send(&json!({"method": "SUBSCRIBE", "params": all, "id": 1}).to_string());
    assert_eq!(client.message(), json!({"result": null, "id": 1}));
    client.send(r#"{"method":"LIST_SUBSCRIPTIONS","id":"list"}"#);
    venue.place(19, Side::Buy, 50_005, 2, &[]);
    let mut told: BTreeMap<String, Value> = BTreeMap::new();
    let is_news = |told: &BTreeMap<String, Value>| {
        let is = |name: &str, path: &str, wanted: &str| {
            told.get(name).and_then(|data| data.pointer(path)).is_some_and(|found| found == wanted)
        };
        is("btc@ticker", "/c", "50005")
            && is("btc@miniTicker", "/c", "50005")
            && is("btc@bookTicker", "/A", "0.98")
            && is("btc@depth5@100ms", "/asks/0/1", "0.98")
            && ["btc@trade", "btc@aggTrade", "btc@kline_1m", "!ticker@arr", "!miniTicker@arr"]
                .iter()
                .all(|name| told.contains_key(*name))
            && told.contains_key("list")
    };
    while !is_news(&told) {
        let message = client.message();
        match message["stream"].as_str() {
            Some(stream) => told.insert(stream.to_owned(), message["data"].clone()),
            None => told.insert("list".to_owned(), message["result"].clone()),
        };
    }
    assert_eq!(told["list"], json!(all));
    let trade = &told["btc@trade"];
    assert_eq!(
        (&trade["e"], &trade["s"], &trade["p"], &trade["q"], &trade["m"]),
        (&json!("trade"), &json!("BTC"), &json!("50005"), &json!("0.02"), &json!(false))
    );
    let aggregate = &told["btc@aggTrade"];
    assert_eq!((&aggregate["a"], &aggregate["f"], &aggregate["l"]), (&trade["t"], &trade["t"], &trade["t"]));
    let ticker = &told["btc@ticker"];
    for (name, wanted) in [
        ("e", "24hrTicker"),
        ("p", "0"),
        ("P", "0.000"),
        ("w", "50005"),
        ("Q", "0.02"),
        ("b", "0"),
        ("B", "0"),
        ("a", "50005"),
        ("A", "0.98"),
        ("o", "50005"),
        ("v", "0.02"),
        ("q", "1000.1"),
    ] {
        assert_eq!(ticker[name], wanted, "{name}");
    }
    assert_eq!((&ticker["n"], &ticker["L"]), (&json!(1), &trade["t"]));
    let candle = &told["btc@kline_1m"]["k"];
    for (name, wanted) in [("o", "50005"), ("c", "50005"), ("v", "0.02"), ("q", "1000.1"), ("i", "1m")] {
        assert_eq!(candle[name], wanted, "{name}");
    }
    assert_eq!((&candle["x"], &candle["n"]), (&json!(false), &json!(1)));
    assert_eq!(candle["T"].as_i64().unwrap() - candle["t"].as_i64().unwrap(), 59_999);
    assert_eq!(told["btc@depth5@100ms"]["bids"], json!([]));
    let symbols = |name: &str| -> Vec<String> {
        let every = told[name].as_array().unwrap().iter();
        every.map(|each| each["s"].as_str().unwrap().to_owned()).collect()
    };
    // Spot instruments alone; the first message tells of all, later ones of what changed.
    assert!(symbols("!miniTicker@arr").iter().all(|symbol| ["ABC", "BTC", "HUGE"].contains(&&**symbol)));
    assert!(symbols("!ticker@arr").contains(&"BTC".to_owned()));
}

#[test]
fn a_candle_is_told_as_closed_once_its_time_is_over() {
    let mut venue = Venue::start(|_| {});
    venue.place(16, Side::Sell, 50_005, 100, &[]);
    venue.place(19, Side::Buy, 50_005, 2, &[]);
    venue.catch_up();
    let mut client = Client::open(venue.address(), &format!("{RAW}/btc@kline_1m"), "");
    let first = client.message();
    assert_eq!((&first["e"], &first["k"]["x"]), (&json!("kline"), &json!(false)));
    let minute_ns = 60_000_000_000;
    let now_ns = venue.views.shared().fold().at_ns;
    let tick = super::support::world::record(CommandKind::Tick, &[], 0, &[]);
    let events = venue.world.apply(&tick, now_ns + minute_ns, &mut vec![0; EventSink::RESERVE]).to_vec();
    venue.log.append(&events);
    let closed = client.message();
    assert_eq!(closed["k"]["x"], json!(true));
    for name in ["t", "T", "o", "c", "v", "n"] {
        assert_eq!(closed["k"][name], first["k"][name], "{name}");
    }
}

#[test]
fn what_is_unsubscribed_is_told_no_more_and_what_is_had_is_not_had_twice() {
    let mut venue = Venue::start(|_| {});
    let mut client = Client::open(venue.address(), &format!("{RAW}/0"), "");
    client.send(r#"{"method":"SUBSCRIBE","params":["btc@trade","btc@trade"],"id":1}"#);
    client.send(r#"{"method":"SUBSCRIBE","params":["btc@trade","abc@trade"],"id":2}"#);
    client.send(r#"{"method":"UNSUBSCRIBE","params":["btc@trade","btc@depth"],"id":3}"#);
    client.send(r#"{"method":"LIST_SUBSCRIPTIONS","id":null}"#);
    for id in 1..=3 {
        assert_eq!(client.message(), json!({"result": null, "id": id}));
    }
    assert_eq!(client.message(), json!({"result": ["abc@trade"], "id": null}));
    assert_eq!(venue.figure("subscriptions"), 1);
    venue.place(16, Side::Sell, 50_005, 100, &[]);
    venue.place(19, Side::Buy, 50_005, 2, &[]);
    venue.catch_up();
    client.send(r#"{"method":"UNSUBSCRIBE","params":["abc@trade"],"id":4}"#);
    assert_eq!(client.message()["id"], 4);
    assert_eq!(venue.figure("subscriptions"), 0);
    let changes = &venue.views.shared().fold().changes;
    assert!(changes.tapes.is_empty());
}

#[test]
fn what_cannot_be_done_is_said_in_binances_words() {
    let venue = Venue::start(|config| config.limits.streams = 3);
    let mut client = Client::open(venue.address(), RAW, "");
    let many =
        r#"{"method":"SUBSCRIBE","params":["btc@depth","btc@depth5","btc@depth10","btc@depth20"],"id":9}"#;
    for (message, code, id, word) in [
        ("", 3, json!(null), "Invalid JSON: "),
        ("{}", 2, json!(null), "Invalid request: missing field `method`"),
        (r#"{"method":"BUY","id":1}"#, 2, json!(1), "Invalid request: unknown variant `BUY`"),
        (
            r#"{"method":"SUBSCRIBE","params":["none@trade"],"id":2}"#,
            2,
            json!(2),
            "Invalid request: there is no stream",
        ),
        (
            r#"{"method":"SUBSCRIBE","params":["BTC@trade"],"id":2}"#,
            2,
            json!(2),
            "Invalid request: there is no stream",
        ),
        (
            r#"{"method":"SUBSCRIBE","params":["fut@trade"],"id":2}"#,
            2,
            json!(2),
            "Invalid request: there is no stream",
        ),
        (many, 2, json!(9), "Invalid request: too many parameters"),
    ] {
        client.send(message);
        let answer = client.message();
        assert_eq!((&answer["error"]["code"], &answer["id"]), (&json!(code), &id), "{message}: {answer}");
        assert!(answer["error"]["msg"].as_str().unwrap().starts_with(word), "{answer}");
    }
    client.send_frame(garraway_wire::websocket::Opcode::Text, &vec![b' '; (64 << 10) + 1]);
    assert!(matches!(client.end(), Got::Close(1009, _)));
    for (path, status) in [
        ("/binance/", 404),
        ("/binance/stream", 404),
        ("/binance/stream/wsx", 404),
        ("/binance/margin/ws", 404),
        ("/binance/ws-fapi/v1", 404),
        ("/binance/stream/ws/none@trade", 400),
        ("/binance/stream/stream?streams=btc@trade/none@trade", 400),
    ] {
        let (_, head) = shake(venue.address(), path, "");
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {head}");
    }
}

#[test]
fn a_reader_of_changes_that_lags_too_far_is_cut_and_one_of_states_is_not() {
    let mut venue = Venue::start(|config| {
        config.limits.queue_bytes = 20_000;
        config.limits.silence_ms = 60_000;
        config.limits.socket_bytes = 4_096;
    });
    let mut diffs = Client::open(venue.address(), &format!("{RAW}/btc@depth@100ms"), "");
    let mut states = Client::open(venue.address(), &format!("{RAW}/btc@depth20@100ms"), "");
    for client in [&diffs, &states] {
        rustix::net::sockopt::set_socket_recv_buffer_size(&client.socket, 4_096).unwrap();
    }
    wait(|| (venue.figure("subscriptions") == 2).then_some(()));
    let (mut step, mut open) = (0, std::collections::VecDeque::new());
    wait(|| {
        for _ in 0..100 {
            step += 1;
            open.push_back(venue.place(16, Side::Buy, 40_000 + step % 1_000 * 5, 1, &[]));
            if open.len() > 3 {
                venue.cancel(16, open.pop_front().unwrap());
            }
        }
        venue.catch_up();
        (venue.figure("cut_slow") == 1).then_some(())
    });
    assert!(!matches!(diffs.end(), Got::Text(_)));
    // It reads on, and comes to the book as it is.
    let mut twin = Twin::new(&venue);
    twin.take_to(u64::MAX);
    let best = twin.levels(4)[0].last_key_value().map(|(price, _)| price.clone()).unwrap();
    while states.message()["bids"][0][0] != best {}
    assert_eq!(venue.figure("cut_slow"), 1);
}

/// A client that follows an account, as the service lets it.
fn follower(venue: &Venue, account: u32) -> Client {
    let mut client = Client::open(venue.address(), REQUESTS, "garraway-account: 16\r\n");
    client.send("a request");
    let Request::Call { connection, text, account: named, .. } = venue.request() else { panic!("no call") };
    assert_eq!((&*text, &*named), ("a request", "16"));
    venue.views.shared().answer(Answer::Follow {
        connection,
        account,
        login_session: "key:k".to_owned(),
        user: 9,
        expires_at_ns: i64::MAX,
        text: r#"{"id":1,"status":200,"result":{"subscriptionId":0}}"#.to_owned(),
    });
    assert_eq!(client.message()["result"]["subscriptionId"], 0);
    client
}

/// The next events of a kind.
fn events(client: &mut Client, kind: &str, count: usize) -> Vec<Value> {
    let mut found = Vec::new();
    while found.len() < count {
        let mut message = client.message();
        assert_eq!(message["subscriptionId"], 0, "{message}");
        if message["event"]["e"] == kind {
            found.push(message["event"].take());
        }
    }
    found
}

#[test]
fn an_account_is_told_of_its_orders_and_money() {
    let mut venue = Venue::start(|_| {});
    let mut client = follower(&venue, 16);
    let order = venue.place(16, Side::Sell, 50_005, 5, &[]);
    venue.place(19, Side::Buy, 50_005, 2, &[]);
    let smaller = order + 1_000;
    let values = [
        ("account", 16),
        ("client_ref", smaller.into()),
        ("target", order.into()),
        ("price", 50_010),
        ("quantity", 4),
    ];
    venue.send(CommandKind::ReplaceOrder, &values, &[]);
    venue.cancel(16, smaller);
    let seen: Vec<[String; 8]> = events(&mut client, "executionReport", 5)
        .iter()
        .map(|event| {
            ["i", "x", "X", "q", "z", "l", "p", "c"].map(|name| event[name].to_string().replace('"', ""))
        })
        .collect();
    let (one, two) = (order.to_string(), smaller.to_string());
    let text = format!("text-{order}");
    assert_eq!(
        seen,
        [
            [&*one, "NEW", "NEW", "0.05", "0", "0", "50005", &text],
            [&*one, "TRADE", "PARTIALLY_FILLED", "0.05", "0.02", "0.02", "50005", &text],
            [&*one, "CANCELED", "CANCELED", "0.05", "0.02", "0", "50005", &text],
            [&*two, "NEW", "PARTIALLY_FILLED", "0.04", "0.02", "0", "50010", &text],
            [&*two, "CANCELED", "CANCELED", "0.04", "0.02", "0", "50010", &text],
        ]
        .map(|row| row.map(str::to_owned))
    );
    let values = [("source", 1), ("account", 16), ("asset", 3), ("amount", 150_000_000)];
    venue.send(CommandKind::Deposit, &values, &[]);
    let update = events(&mut client, "balanceUpdate", 1).remove(0);
    assert_eq!((&update["a"], &update["d"]), (&json!("BTC"), &json!("1.5")));
    // What came is told before how it stands: who adds what came to what was there is corrected by it.
    let position = events(&mut client, "outboundAccountPosition", 1).remove(0);
    venue.catch_up();
    let balance = venue.views.shared().fold().balance(16, 3);
    let mut free = String::new();
    venue.views.shared().fold().assets[&3].write(&mut free, balance.total - balance.held);
    assert_eq!((&position["B"][0]["a"], &position["B"][0]["f"]), (&json!("BTC"), &json!(free)));
    venue
        .views
        .shared()
        .answer(Answer::Cut { whom: Whom::LoginSession("key:k".to_owned()), reason: "revoked".to_owned() });
    assert_eq!(client.end(), Got::Close(4001, "revoked".to_owned()));
    wait(|| venue.views.shared().fold().changes.accounts.is_empty().then_some(()));
}

#[test]
fn an_account_is_told_nothing_of_others_and_nothing_behind_its_end() {
    let mut venue = Venue::start(|_| {});
    let mut client = follower(&venue, 20);
    venue.place(16, Side::Sell, 50_005, 5, &[]);
    venue.catch_up();
    client.send("another");
    let Request::Call { connection, .. } = venue.request() else { panic!("no call") };
    let text = r#"{"id":2,"status":200,"result":{}}"#.to_owned();
    venue.views.shared().answer(Answer::Unfollow { connection, text });
    assert_eq!(client.message()["id"], 2);
    venue.place(20, Side::Sell, 50_005, 5, &[]);
    venue.catch_up();
    client.send("a third");
    let Request::Call { connection, .. } = venue.request() else { panic!("no call") };
    venue.views.shared().answer(Answer::Reply { connection, text: r#"{"id":3}"#.to_owned() });
    assert_eq!(client.message()["id"], 3);
}

#[test]
fn no_more_requests_are_under_way_than_allowed() {
    let venue = Venue::start(|config| config.limits.calls = 2);
    let mut client = Client::open(venue.address(), REQUESTS, "");
    for text in ["one", "two", "three"] {
        client.send(text);
    }
    let crowded = client.message();
    assert_eq!((&crowded["status"], &crowded["error"]["code"]), (&json!(429), &json!(-1003)));
    let asked = venue.views.shared().take_requests();
    let texts: Vec<&str> = asked
        .iter()
        .map(|request| match request {
            Request::Call { text, .. } => &**text,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(texts, ["one", "two"]);
}
