//! A venue whose log the hub follows: an engine, and commands by the names of their fields.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use garraway_engine::Setup;
use garraway_types::*;
use garraway_views::{Answer, Config, Limits, Request, Views};

use super::peer::{Client, DEADLINE, Log};
use super::support::world::{Values, World, put, record};

pub struct Venue {
    pub log: Log,
    pub world: World,
    pub views: Views,
    refs: u64,
}

impl Venue {
    pub fn start(change: impl FnOnce(&mut Config)) -> Self {
        let mut log = Log::new();
        let (world, events) =
            World::recorded(Setup { slice_events: 32_768, capacity: 100_000, reserve_orders: 0 });
        log.append(&events);
        let mut config = Config::new(log.folder.clone());
        config.listen = Some("127.0.0.1:0".parse().unwrap());
        config.limits = Limits { book_ms: 20, trades_ms: 5, ..Limits::default() };
        change(&mut config);
        let views = Views::start(config).unwrap();
        let mut venue = Self { log, world, views, refs: 0 };
        venue.catch_up();
        venue
    }

    pub fn address(&self) -> SocketAddr {
        self.views.address().unwrap()
    }

    /// Applies a command and appends what it said.
    pub fn send(&mut self, kind: CommandKind, values: Values<'_>, tail: &[u8]) -> Vec<u8> {
        let mut made = record(kind, values, tail.len(), &[]);
        let start = CommandHead::SIZE + kind.spec().body_size;
        made[start..start + tail.len()].copy_from_slice(tail);
        let number = self.world.next_number(1);
        if values.iter().any(|(name, value)| *name == "source" && *value == 1) {
            put(&mut made, kind, "source_seq", number.into());
        }
        let mut buffer = vec![0; EventSink::RESERVE];
        let at_ns = self.world.time_of(&made);
        let events = self.world.apply(&made, at_ns, &mut buffer).to_vec();
        self.log.append(&events);
        events
    }

    /// A limit order of an account in instrument 4, with a text; its reference.
    pub fn place(&mut self, account: u32, side: Side, price: i64, quantity: i64, more: Values<'_>) -> u64 {
        self.refs += 1;
        let plain = [
            ("account", account.into()),
            ("client_ref", self.refs.into()),
            ("instrument", 4),
            ("side", side as i128),
            ("order_type", 1),
            ("time_in_force", 1),
            ("price", price.into()),
            ("quantity", quantity.into()),
        ];
        let text = format!("text-{}", self.refs);
        let events = self.send(CommandKind::PlaceOrder, &[&plain[..], more].concat(), text.as_bytes());
        let first = events_in(&events).next().unwrap().0;
        assert_eq!(first.kind, EventKind::Accepted as u8, "{first:?}");
        self.refs
    }

    pub fn cancel(&mut self, account: u32, client_ref: u64) {
        let values = [("account", account.into()), ("client_ref", client_ref.into())];
        self.send(CommandKind::CancelOrder, &values, &[]);
    }

    /// Waits until the views know all that was said.
    pub fn catch_up(&mut self) {
        let seq = self.world.engine.last_seq();
        wait(|| (self.views.shared().seq() >= seq).then_some(()));
    }

    /// A client that may see accounts.
    pub fn client(&self, accounts: &[u32], session: &str) -> Client {
        self.client_of(accounts, session, true)
    }

    /// A client that may see accounts, and cancel their orders or not.
    pub fn client_of(&self, accounts: &[u32], session: &str, may_cancel: bool) -> Client {
        let mut client = Client::connect(self.address());
        client.send(r#"{"op":"auth","req_id":1,"token":"good"}"#);
        let connection = self.asked();
        self.views.shared().answer(Answer::Allow {
            connection,
            accounts: accounts.to_vec(),
            may_cancel,
            login_session: session.to_owned(),
            user: 9,
            expires_at_ns: i64::MAX,
        });
        let answer = client.message();
        assert_eq!(answer["type"], "auth", "{answer}");
        client
    }

    /// The connection that asks who it is.
    pub fn asked(&self) -> u64 {
        match self.request() {
            Request::Auth { connection, token, .. } => {
                assert_eq!(token, "good");
                connection
            }
            other => panic!("{other:?}"),
        }
    }

    /// The next request of the hub, which must be the only one.
    pub fn request(&self) -> Request {
        let mut found = wait(|| Some(self.views.shared().take_requests()).filter(|found| !found.is_empty()));
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    pub fn figure(&self, name: &str) -> u64 {
        let all = self.views.shared().figures.all();
        all.into_iter().find(|(has, _)| *has == name).unwrap().1
    }
}

/// Asks until there is an answer.
pub fn wait<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(Instant::now() < until, "it did not come in time");
        std::thread::sleep(Duration::from_millis(1));
    }
}
