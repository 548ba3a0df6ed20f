//! Connections of market streams: how they open, what they subscribe to.

use std::sync::atomic::Ordering;

use garraway_wire::websocket::Upgrade;

use super::super::channel::frame;
use super::super::client::Client;
use super::super::json::Json;
use super::super::reactor::Hub;
use super::channels::{Key, Streams};
use super::request::{Asked, Id, Method, Wrong, read, write_id};
use super::stream::{Kind, Stream, Symbols};
use super::{Door, Session};
use crate::fold::Fold;

/// Where streams are, each message as it is; behind it a stream's name, or the number that ccxt gives a connection.
const RAW: &str = "/binance/stream/ws";
/// Where streams are, each message with the name of its stream.
const COMBINED: &str = "/binance/stream/stream";
/// Where requests are.
const REQUESTS: &str = "/binance/ws-api/v3";
/// The header that names an account, for keys of a user who has several.
const ACCOUNT: &str = "garraway-account";

impl Hub {
    /// The connection that an opening asks for, and the streams that it names; else a status and why.
    pub(in crate::hub) fn open_session(&self, upgrade: &Upgrade<'_>) -> Result<Session, (u16, String)> {
        let (door, names) = match upgrade.path {
            REQUESTS => {
                let account = upgrade.header(ACCOUNT).unwrap_or_default().to_owned();
                return Ok(Session::new(Door::Requests { account }, Vec::new()));
            }
            COMBINED => (Door::Streams { combined: true }, streams_of(upgrade.query)),
            path => match path.strip_prefix(RAW) {
                Some("") => (Door::Streams { combined: false }, Vec::new()),
                Some(rest) if rest.starts_with('/') => {
                    (Door::Streams { combined: false }, name_of(&rest[1..]))
                }
                _ => return Err((404, "nothing of this interface is here".to_owned())),
            },
        };
        let wanted = self.named(&names).map_err(|why| (400, why))?;
        self.insist_room(wanted.len()).map_err(|why| (400, why))?;
        Ok(Session::new(door, wanted))
    }

    /// Begins what a connection named when it opened.
    pub(in crate::hub) fn begin_session(&mut self, client: &mut Client) {
        let Some(session) = &mut client.binance else { return };
        let wanted = std::mem::take(&mut session.streams);
        self.listen(client, wanted);
    }

    /// A message of a client.
    pub(in crate::hub) fn hear_session(&mut self, client: &mut Client, text: &str) {
        if matches!(client.binance, Some(Session { door: Door::Requests { .. }, .. })) {
            return self.hear_call(client, text);
        }
        let done = read(text).and_then(|asked| self.act_on(client, asked));
        if let Err(wrong) = done {
            self.tell_wrong(client, &wrong);
        }
    }

    fn act_on(&mut self, client: &mut Client, asked: Asked) -> Result<(), Wrong> {
        let id = asked.id;
        if asked.method == Method::ListSubscriptions {
            let names = self.names(client);
            self.tell_result(client, id.as_ref(), |json| {
                json.array(|json| names.iter().for_each(|name| _ = json.string(name)));
            });
            return Ok(());
        }
        let wanted = self.named(&asked.params).map_err(|why| Wrong::request(id.clone(), &why))?;
        if asked.method == Method::Unsubscribe {
            for stream in wanted {
                self.leave_stream(client, stream);
            }
            self.tell_result(client, id.as_ref(), |json| _ = json.null());
            return Ok(());
        }
        let has = |stream: &Stream| client.binance.iter().any(|session| session.streams.contains(stream));
        let wanted: Vec<Stream> = wanted.into_iter().filter(|stream| !has(stream)).collect();
        let held = client.binance.as_ref().map_or(0, |session| session.streams.len());
        self.insist_room(held + wanted.len()).map_err(|why| Wrong::request(id.clone(), &why))?;
        self.tell_result(client, id.as_ref(), |json| _ = json.null());
        self.listen(client, wanted);
        Ok(())
    }

    fn names(&self, client: &Client) -> Vec<String> {
        let fold = self.shared.fold();
        let streams = client.binance.iter().flat_map(|session| &session.streams);
        streams.map(|stream| stream.name(&fold)).collect()
    }

    /// The streams of these names, each once; else which is none.
    fn named(&self, names: &[String]) -> Result<Vec<Stream>, String> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        self.insist_room(names.len())?;
        let symbols = Symbols::of(&self.shared.fold());
        let mut found = Vec::new();
        for name in names {
            let Some(stream) = Stream::read(name, &symbols) else {
                let shown: String = name.chars().take(64).collect();
                return Err(format!("there is no stream {shown:?}"));
            };
            if !found.contains(&stream) {
                found.push(stream);
            }
        }
        Ok(found)
    }

    fn insist_room(&self, wanted: usize) -> Result<(), String> {
        let most = self.config.limits.streams;
        if wanted > most {
            Err(format!("too many parameters: a connection has at most {most} streams"))
        } else {
            Ok(())
        }
    }

    /// Has a client listen to streams that it has not; those that tell a state begin with it.
    fn listen(&mut self, client: &mut Client, wanted: Vec<Stream>) {
        for stream in wanted {
            let Some(session) = &mut client.binance else { return };
            let Door::Streams { combined } = session.door else { return };
            session.streams.push(stream);
            self.join((stream, combined), client);
            if let Some(first) = self.state_of(&(stream, combined)) {
                self.send_frame(client, &first);
            }
        }
        self.count_subscriptions();
    }

    fn join(&mut self, key: Key, client: &Client) {
        let shared = self.shared.clone();
        let mut fold = shared.fold();
        watch(&mut fold, key.0);
        let channel = self.streams.join(key, client);
        if channel.listeners.len() == 1 {
            channel.begin(&fold, key.0);
        }
    }

    /// Has a client listen to a stream no more.
    fn leave_stream(&mut self, client: &mut Client, stream: Stream) {
        let Some(session) = &mut client.binance else { return };
        session.streams.retain(|has| *has != stream);
        for key in Streams::both(stream) {
            if self.streams.leave(&key, client) {
                self.forget_stream(stream);
            }
        }
        self.count_subscriptions();
    }

    /// Nothing more is noted for a stream to which nobody listens.
    fn forget_stream(&mut self, stream: Stream) {
        let Some(instrument) = stream.instrument else { return };
        if stream.is_tape() && !self.is_tape_heard(instrument) {
            self.shared.fold().changes.tapes.remove(&instrument);
        }
        if stream.kind == Kind::Diff
            && !self.streams.has_diff(instrument)
            && let Some(market) = self.shared.fold().markets.get_mut(instrument)
        {
            market.watched = false;
            market.touched.clear();
        }
    }

    /// Ends all that a connection had here.
    pub(in crate::hub) fn end_session(&mut self, client: &mut Client) {
        let Some(session) = &client.binance else { return };
        for stream in session.streams.clone() {
            self.leave_stream(client, stream);
        }
        self.unfollow(client);
    }

    /// Tells the figure of subscriptions.
    pub(in crate::hub) fn count_subscriptions(&self) {
        let count = self.channels.count() + self.streams.count();
        self.shared.figures.subscriptions.store(count as u64, Ordering::Relaxed);
    }

    fn tell_result(&self, client: &mut Client, id: Option<&Id>, result: impl FnOnce(&mut Json)) {
        let mut json = Json::default();
        json.object(|json| {
            json.name("result");
            result(json);
            write_id(json, id);
        });
        self.send_frame(client, &frame(json.text()));
    }

    fn tell_wrong(&self, client: &mut Client, wrong: &Wrong) {
        let mut json = Json::default();
        json.object(|json| {
            json.name("error").object(|json| {
                json.name("code").number(wrong.code).name("msg").string(&wrong.text);
            });
            write_id(json, wrong.id.as_ref());
        });
        self.send_frame(client, &frame(json.text()));
    }
}

impl Session {
    fn new(door: Door, streams: Vec<Stream>) -> Self {
        Self { door, streams, calls: 0, follows: None }
    }
}

fn watch(fold: &mut Fold, stream: Stream) {
    let Some(instrument) = stream.instrument else { return };
    if stream.is_tape() {
        fold.changes.tapes.insert(instrument);
    }
    if stream.kind == Kind::Diff
        && let Some(market) = fold.markets.get_mut(instrument)
    {
        market.watched = true;
    }
}

/// The names in `streams=a/b/c`.
fn streams_of(query: &str) -> Vec<String> {
    let values = query.split('&').filter_map(|each| each.strip_prefix("streams="));
    // A query may have `@` and `!` escaped.
    let plain = |name: &str| name.replace("%40", "@").replace("%21", "!");
    values.flat_map(|names| names.split('/')).filter(|name| !name.is_empty()).map(plain).collect()
}

/// The name in a path; a number names a connection and no stream.
fn name_of(rest: &str) -> Vec<String> {
    let is_number = !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { Vec::new() } else { vec![rest.to_owned()] }
}
