//! What clients ask, and what the service answers for them.

use std::sync::atomic::Ordering;

use garraway_wire::websocket::{
    Message, Opcode, Upgrade, code, next_upgrade, put_accept, put_frame, put_refusal,
};

use super::binance::PREFIX;
use super::channel::{DEPTHS, Key, frame};
use super::client::{Cause, Client, Fill, Login, Stage};
use super::ending::LOGIN_ENDED;
use super::json::Json;
use super::messages::write_key;
use super::publish::first_of;
use super::reactor::Hub;
use super::request::{ChannelName, ClientMessage, read};
use crate::shared::{self, Answer, Request, Whom};

/// Where the WebSocket is.
const PATH: &str = "/ws";
/// Chunks read from one client in a round.
const CHUNKS: usize = 4;
/// Clients in the midst of a TLS handshake that are read in a round: about 1 ms each with an RSA key, 0.1 with an elliptic one.
const HANDSHAKES: usize = 8;
/// Levels of a book if a client does not say how many.
const DEPTH: u32 = 10;
/// The longest that a client may have its orders wait for it.
const LONGEST_TIMEOUT_MS: u32 = 24 * 60 * 60 * 1_000;

/// When orders of an account are to be cancelled, and for whom.
#[derive(Clone, Debug)]
pub struct Timeout {
    until_ns: i64,
    connection: u64,
    login_session: String,
}

/// Why a message was not done: its code and what to do.
type Refused = (&'static str, String);

/// What a frame brought, apart from the client that it is of.
enum Incoming {
    Text(String),
    Ping(Vec<u8>),
    Close(u16),
    Binary,
    Nothing,
}

impl Hub {
    /// Reads those that are ready, each for a while. Of handshakes, which cost the most, only some in a round.
    pub(super) fn serve_ready(&mut self) {
        let mut handshakes = HANDSHAKES;
        for place in std::mem::take(&mut self.ready) {
            let Some(mut client) = self.table.lend(place) else { continue };
            if client.transport.is_shaking_hands() {
                if handshakes == 0 {
                    self.ready.push(place);
                    self.table.give_back(client);
                    continue;
                }
                handshakes -= 1;
            }
            client.queued = false;
            let mut chunk = std::mem::take(&mut self.chunk);
            let more = self.read(&mut client, &mut chunk);
            self.chunk = chunk;
            if more && client.doomed.is_none() {
                client.queued = true;
                self.ready.push(place);
            }
            if client.doomed.is_some() { self.end(client) } else { self.table.give_back(client) }
        }
    }

    /// Whether the socket may have more.
    fn read(&mut self, client: &mut Client, chunk: &mut [u8]) -> bool {
        for _ in 0..CHUNKS {
            match client.read(chunk, self.now_ns()) {
                Fill::Bytes(0) => {}
                Fill::Bytes(count) => self.take(client, &chunk[..count]),
                Fill::Nothing => return false,
                Fill::End => client.doom(0, "", Cause::Gone),
            }
            if client.doomed.is_some() {
                return false;
            }
        }
        true
    }

    /// Takes bytes; what is no whole frame yet is kept.
    fn take(&mut self, client: &mut Client, bytes: &[u8]) {
        if matches!(client.stage, Stage::Closing(_)) {
            // It is only waited for.
            return;
        }
        if client.inbox.is_empty() {
            let used = self.consume(client, bytes);
            client.inbox.extend_from_slice(&bytes[used..]);
            return;
        }
        let mut inbox = std::mem::take(&mut client.inbox);
        inbox.extend_from_slice(bytes);
        let used = self.consume(client, &inbox);
        inbox.drain(..used);
        // What most clients leave here is nothing, and then no memory either.
        client.inbox = if inbox.is_empty() { Vec::new() } else { inbox };
    }

    fn consume(&mut self, client: &mut Client, bytes: &[u8]) -> usize {
        let mut used = 0;
        if matches!(client.stage, Stage::Handshake(_)) {
            match next_upgrade(bytes) {
                Ok(None) => return 0,
                Ok(Some(upgrade)) => {
                    used = upgrade.length;
                    self.open(client, &upgrade);
                }
                Err(error) => self.refuse(client, error.status(), &error.to_string()),
            }
        }
        while client.stage == Stage::Open && client.doomed.is_none() && used < bytes.len() {
            let incoming = match client.receiver.next(&bytes[used..]) {
                Ok(None) => break,
                Ok(Some((message, taken))) => {
                    used += taken;
                    incoming(message)
                }
                Err(fault) => {
                    client.doom(fault.code(), &fault.to_string(), Cause::Protocol);
                    break;
                }
            };
            self.hear(client, incoming);
        }
        used
    }

    fn open(&mut self, client: &mut Client, upgrade: &Upgrade<'_>) {
        let origins = &self.config.origins;
        let is_welcome = |origin| origins.iter().any(|allowed| allowed == "*" || allowed == origin);
        let is_other = upgrade.path.starts_with(PREFIX);
        if upgrade.path != PATH && !is_other {
            return self.refuse(client, 404, "the WebSocket is at /ws");
        }
        if upgrade.origin.is_some_and(|origin| !is_welcome(origin)) {
            return self.refuse(client, 403, "this origin is not allowed");
        }
        if is_other {
            match self.open_session(upgrade) {
                Ok(session) => client.binance = Some(session),
                Err((status, why)) => return self.refuse(client, status, &why),
            }
        }
        let mut answer = Vec::new();
        put_accept(&mut answer, upgrade.key);
        client.stage = Stage::Open;
        client.push_bytes(&answer);
        self.begin_session(client);
    }

    fn refuse(&mut self, client: &mut Client, status: u16, why: &str) {
        self.shared.figures.refused.fetch_add(1, Ordering::Relaxed);
        let mut answer = Vec::new();
        put_refusal(&mut answer, status, why);
        if !client.finish_with(&answer, self.now_ns()) {
            client.doom(0, "", Cause::Gone);
        }
    }

    fn hear(&mut self, client: &mut Client, incoming: Incoming) {
        let limits = self.config.limits;
        // Every frame has its price: fragments, pings and pongs too.
        if !client.charge(limits.messages_per_second, self.now_ns()) {
            let reason = format!("more than {} messages a second", limits.messages_per_second);
            return client.doom(code::POLICY, &reason, Cause::Protocol);
        }
        match incoming {
            Incoming::Nothing => {}
            Incoming::Ping(payload) => {
                let mut bytes = Vec::new();
                put_frame(&mut bytes, Opcode::Pong, &payload);
                client.send(&bytes.into(), limits.queue_bytes);
            }
            Incoming::Close(status) => {
                client.doom(if status == 1005 { code::NORMAL } else { status }, "", Cause::Gone);
            }
            Incoming::Binary => client.doom(code::UNSUPPORTED, "texts only", Cause::Protocol),
            Incoming::Text(text) => {
                self.shared.figures.received.fetch_add(1, Ordering::Relaxed);
                if client.binance.is_some() {
                    return self.hear_session(client, &text);
                }
                match read(&text) {
                    Ok(message) => self.act(client, message),
                    Err(why) => self.tell_error(client, None, "MessageInvalid", &why),
                }
            }
        }
    }

    fn act(&mut self, client: &mut Client, message: ClientMessage) {
        let (req_id, done) = match message {
            ClientMessage::Subscribe { req_id, channel, symbol, account, depth } => {
                let key = self.key(client, channel, symbol.as_deref(), account, depth);
                (req_id, key.and_then(|key| self.subscribe(client, req_id, key)))
            }
            ClientMessage::Unsubscribe { req_id, channel, symbol, account, depth } => {
                let key = self.key(client, channel, symbol.as_deref(), account, depth);
                (req_id, key.and_then(|key| self.unsubscribe(client, req_id, key)))
            }
            ClientMessage::Auth { req_id, token } => (req_id, self.ask_who(client, req_id, token)),
            ClientMessage::CancelOnDisconnect { req_id, enabled, account } => {
                (req_id, self.cancel_on_disconnect(client, req_id, enabled, account))
            }
            ClientMessage::CancelAfter { req_id, timeout_ms, account } => {
                (req_id, self.cancel_after(client, req_id, timeout_ms, account))
            }
            ClientMessage::Ping { req_id } => {
                self.tell(client, "pong", req_id, |_| {});
                (req_id, Ok(()))
            }
        };
        if let Err((code, why)) = done {
            self.tell_error(client, req_id, code, &why);
        }
    }

    /// The channel that is meant, where the client may have it.
    fn key(
        &self,
        client: &Client,
        name: ChannelName,
        symbol: Option<&str>,
        account: Option<u32>,
        depth: Option<u32>,
    ) -> Result<Key, Refused> {
        if depth.is_some() && name != ChannelName::Book {
            return Err(("FieldUnknown", "only a book has a depth".to_owned()));
        }
        if !name.is_public() {
            if symbol.is_some() {
                return Err(("FieldUnknown", format!("{} are of an account", name.text())));
            }
            let account = self.accounts(client, account)?;
            let [account] = account[..] else {
                return Err(("AccountMissing", "name one of the accounts that you may see".to_owned()));
            };
            return Ok(Key::Private { name, account });
        }
        if account.is_some() {
            return Err(("FieldUnknown", format!("{} is of a symbol", name.text())));
        }
        let symbol = symbol.ok_or_else(|| ("SymbolMissing", "name a symbol".to_owned()))?;
        let fold = self.shared.fold();
        let Some(market) = fold.by_symbol(symbol) else {
            return Err(("SymbolUnknown", "no instrument has this symbol".to_owned()));
        };
        let instrument = market.terms.number;
        if name != ChannelName::Book {
            return Ok(Key::Public { name, instrument });
        }
        let depth = depth.unwrap_or(DEPTH);
        if DEPTHS.contains(&depth) {
            Ok(Key::Book { instrument, depth })
        } else {
            Err(("DepthInvalid", format!("a book is had with one of {DEPTHS:?} levels")))
        }
    }

    /// The accounts that are meant: the one named, or all that the client may see.
    fn accounts(&self, client: &Client, account: Option<u32>) -> Result<Vec<u32>, Refused> {
        let Some(login) = &client.login else {
            return Err(("Unauthorized", "show a token first: {\"op\":\"auth\",\"token\":...}".to_owned()));
        };
        match account {
            None => Ok(login.accounts.clone()),
            Some(account) if login.accounts.contains(&account) => Ok(vec![account]),
            Some(_) => Err(("Forbidden", "you may not see this account".to_owned())),
        }
    }

    /// The accounts whose orders the client has cancelled some day, or no longer.
    fn cancelled(&self, client: &Client, account: Option<u32>) -> Result<Vec<u32>, Refused> {
        let accounts = self.accounts(client, account)?;
        if client.login.as_ref().is_some_and(|login| !login.may_cancel) {
            return Err(("Forbidden", "this log-in may not cancel orders: show a token that may".to_owned()));
        }
        Ok(accounts)
    }

    fn subscribe(&mut self, client: &mut Client, req_id: Option<u32>, key: Key) -> Result<(), Refused> {
        let most = self.config.limits.subscriptions;
        if client.subscriptions.contains(&key) {
            return Err(("SubscribedAlready", "you have this channel".to_owned()));
        }
        if client.subscriptions.len() >= most {
            return Err(("SubscriptionsTooMany", format!("a connection has at most {most} subscriptions")));
        }
        if let Key::Public { name: ChannelName::Trades, instrument } = key
            && let Some(tape) = self.tape.remove(&instrument)
        {
            // What waits for its time goes to those who listen already: the snapshot has it.
            self.publish_trades_of(instrument, &tape);
        }
        let shared = self.shared.clone();
        let first = {
            let mut fold = shared.fold();
            match key {
                Key::Private { account, .. } => {
                    fold.changes.accounts.insert(account);
                }
                Key::Public { name: ChannelName::Trades, instrument } => {
                    fold.changes.tapes.insert(instrument);
                }
                _ => {}
            }
            let symbol = symbol_of(&key, &fold);
            self.tell(client, "subscribed", req_id, |json| write_key(json, &key, &symbol));
            let (channel, is_new) = self.channels.join(key, client);
            first_of(channel, &fold, is_new)
        };
        self.count_subscriptions();
        self.send_frame(client, &first);
        Ok(())
    }

    fn unsubscribe(&mut self, client: &mut Client, req_id: Option<u32>, key: Key) -> Result<(), Refused> {
        if !client.subscriptions.contains(&key) {
            return Err(("SubscriptionUnknown", "you do not have this channel".to_owned()));
        }
        self.leave(&key, client);
        let symbol = symbol_of(&key, &self.shared.clone().fold());
        self.tell(client, "unsubscribed", req_id, |json| write_key(json, &key, &symbol));
        Ok(())
    }

    /// Has a client listen to a channel no more.
    pub(super) fn leave(&mut self, key: &Key, client: &mut Client) {
        let is_gone = self.channels.leave(key, client);
        self.count_subscriptions();
        if !is_gone {
            return;
        }
        match *key {
            Key::Private { account, .. } if !self.is_account_heard(account) => {
                self.shared.fold().changes.accounts.remove(&account);
            }
            Key::Public { name: ChannelName::Trades, instrument } if !self.is_tape_heard(instrument) => {
                self.shared.fold().changes.tapes.remove(&instrument);
            }
            _ => {}
        }
    }

    /// Whether somebody listens to an account.
    pub(super) fn is_account_heard(&self, account: u32) -> bool {
        let names = [ChannelName::Orders, ChannelName::Fills, ChannelName::Balances, ChannelName::Positions];
        names.iter().any(|name| self.channels.has(&Key::Private { name: *name, account }))
            || !self.streams.followers(account).is_empty()
    }

    /// Whether somebody listens to trades of an instrument.
    pub(super) fn is_tape_heard(&self, instrument: u32) -> bool {
        self.channels.has(&Key::Public { name: ChannelName::Trades, instrument })
            || self.streams.has_tape(instrument)
    }

    fn ask_who(&mut self, client: &mut Client, req_id: Option<u32>, token: String) -> Result<(), Refused> {
        if client.auth.is_some() {
            return Err(("AuthPending", "the token before is still being looked at".to_owned()));
        }
        let request = Request::Auth { connection: client.id, token, address: client.peer };
        if !self.shared.ask(request, self.config.limits.requests) {
            return Err(("Overloaded", "too many log-ins wait: try later".to_owned()));
        }
        client.auth = Some(req_id);
        Ok(())
    }

    fn cancel_on_disconnect(
        &mut self,
        client: &mut Client,
        req_id: Option<u32>,
        enabled: bool,
        account: Option<u32>,
    ) -> Result<(), Refused> {
        let accounts = self.cancelled(client, account)?;
        client.cancel_on_disconnect.retain(|has| !accounts.contains(has));
        if enabled {
            client.cancel_on_disconnect.extend(&accounts);
        }
        self.tell(client, "cancel_on_disconnect", req_id, |json| {
            json.name("enabled").truth(enabled);
            write_accounts(json, &accounts);
        });
        Ok(())
    }

    fn cancel_after(
        &mut self,
        client: &mut Client,
        req_id: Option<u32>,
        timeout_ms: u32,
        account: Option<u32>,
    ) -> Result<(), Refused> {
        let accounts = self.cancelled(client, account)?;
        if timeout_ms > LONGEST_TIMEOUT_MS {
            return Err(("TimeoutInvalid", format!("timeout_ms is at most {LONGEST_TIMEOUT_MS}")));
        }
        let until_ns = self.now_ns() + i64::from(timeout_ms) * 1_000_000;
        for account in &accounts {
            if timeout_ms == 0 {
                self.timeouts.remove(account);
            } else if let Some(login) = &client.login {
                let login_session = login.session.clone();
                self.timeouts.insert(*account, Timeout { until_ns, connection: client.id, login_session });
            }
        }
        self.tell(client, "cancel_after", req_id, |json| {
            json.name("timeout_ms").number(timeout_ms);
            write_accounts(json, &accounts);
        });
        Ok(())
    }

    /// Has the orders of accounts cancelled whose client did not say so again in time, whether it is still here or not.
    pub(super) fn expire_timeouts(&mut self, now_ns: i64) {
        let shared = self.shared.clone();
        self.timeouts.retain(|account, timeout| {
            if timeout.until_ns > now_ns {
                return true;
            }
            let (connection, login_session) = (timeout.connection, timeout.login_session.clone());
            let (accounts, cause) = (vec![*account], shared::Cause::Timeout);
            shared.ask(Request::Cancel { connection, login_session, accounts, cause }, usize::MAX);
            false
        });
    }

    /// Does what the service told.
    pub(super) fn take_answers(&mut self) {
        for answer in self.shared.take_answers() {
            match answer {
                Answer::Allow { connection, accounts, may_cancel, login_session, user, expires_at_ns } => {
                    let login = Login { accounts, may_cancel, session: login_session, user, expires_at_ns };
                    self.with(connection, |hub, client| hub.allow(client, login));
                }
                Answer::Refuse { connection, reason } => self.with(connection, |hub, client| {
                    let req_id = client.auth.take().flatten();
                    hub.tell_error(client, req_id, "Unauthorized", &reason);
                }),
                Answer::Cut { whom, reason } => self.cut(&whom, &reason),
                Answer::Reply { connection, text } => {
                    self.with(connection, |hub, client| hub.answer_call(client, &text));
                }
                Answer::Follow { connection, account, login_session, user, expires_at_ns, text } => {
                    let accounts = vec![account];
                    let login =
                        Login { accounts, may_cancel: false, session: login_session, user, expires_at_ns };
                    self.with(connection, |hub, client| hub.follow_account(client, account, login, &text));
                }
                Answer::Unfollow { connection, text } => self.with(connection, |hub, client| {
                    hub.unfollow(client);
                    hub.answer_call(client, &text);
                }),
            }
        }
    }

    fn with(&mut self, connection: u64, act: impl FnOnce(&mut Self, &mut Client)) {
        if self.table.get_mut(connection).is_none() {
            return;
        }
        if let Some(mut client) = self.table.lend(super::table::place_of(connection)) {
            act(self, &mut client);
            if client.doomed.is_some() { self.end(client) } else { self.table.give_back(client) }
        }
    }

    fn allow(&mut self, client: &mut Client, login: Login) {
        let req_id = client.auth.take().flatten();
        let may_see = |account: &u32| login.accounts.contains(account);
        for key in client.subscriptions.clone() {
            if matches!(key, Key::Private { account, .. } if !may_see(&account)) {
                self.leave(&key, client);
            }
        }
        client.cancel_on_disconnect.retain(|account| login.may_cancel && may_see(account));
        self.tell(client, "auth", req_id, |json| {
            write_accounts(json, &login.accounts);
            json.name("expires_at_ns").digits(login.expires_at_ns);
        });
        client.login = Some(login);
    }

    fn cut(&mut self, whom: &Whom, reason: &str) {
        for place in 0..self.table.places() {
            let Some(client) = self.table.at(place) else { continue };
            let is_meant = match (whom, &client.login) {
                (Whom::Connection(id), _) => client.id == *id,
                (Whom::LoginSession(session), Some(login)) => login.session == *session,
                (Whom::User(user), Some(login)) => login.user == *user,
                _ => false,
            };
            if is_meant {
                client.doom(LOGIN_ENDED, reason, Cause::Login);
                self.doomed.push(client.id);
            }
        }
    }

    fn tell(&self, client: &mut Client, kind: &str, req_id: Option<u32>, body: impl FnOnce(&mut Json)) {
        let mut json = Json::default();
        json.object(|json| {
            json.name("type").string(kind).name("req_id");
            match req_id {
                Some(req_id) => json.number(req_id),
                None => json.null(),
            };
            body(json);
        });
        self.send_frame(client, &frame(json.text()));
    }

    fn tell_error(&self, client: &mut Client, req_id: Option<u32>, code: &str, why: &str) {
        self.tell(client, "error", req_id, |json| {
            json.name("code").string(code).name("message").string(why);
        });
    }

    /// Sends a message to one client.
    pub(super) fn send_frame(&self, client: &mut Client, frame: &super::channel::Frame) {
        client.send(frame, self.config.limits.queue_bytes);
        self.shared.figures.messages.fetch_add(1, Ordering::Relaxed);
        self.shared.figures.bytes.fetch_add(frame.len() as u64, Ordering::Relaxed);
    }
}

fn incoming(message: Message<'_>) -> Incoming {
    match message {
        Message::Text(text) => Incoming::Text(text.to_owned()),
        Message::Binary(_) => Incoming::Binary,
        Message::Ping(payload) => Incoming::Ping(payload.to_vec()),
        Message::Close(code, _) => Incoming::Close(code),
        Message::Pong(_) | Message::Fragment => Incoming::Nothing,
    }
}

fn symbol_of(key: &Key, fold: &crate::fold::Fold) -> String {
    match key {
        Key::Book { instrument, .. } | Key::Public { instrument, .. } => {
            fold.markets.get(*instrument).map_or_else(String::new, |market| market.terms.symbol.clone())
        }
        Key::Private { .. } => String::new(),
    }
}

fn write_accounts(json: &mut Json, accounts: &[u32]) {
    json.name("accounts").array(|json| {
        for account in accounts {
            json.number(account);
        }
    });
}
