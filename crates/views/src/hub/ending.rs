//! How connections end: why, what the client is told, what is left to be done for it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use mio::Events;

use garraway_wire::websocket::code;

use super::client::{Cause, Client, Stage};
use super::reactor::{Hub, utc_ns};
use crate::shared::{self, Request};

/// The close code of a log-in that ended.
pub const LOGIN_ENDED: u16 = 4001;

impl Hub {
    /// Ends those that are doomed.
    pub(super) fn bury(&mut self) {
        while let Some(id) = self.doomed.pop() {
            if self.table.get_mut(id).is_some_and(|client| client.doomed.is_some())
                && let Some(client) = self.table.lend(super::table::place_of(id))
            {
                self.end(client);
            }
        }
    }

    /// Ends a client that was lent and is doomed: tells it so and waits for it to go, or removes it.
    pub(super) fn end(&mut self, mut client: Box<Client>) {
        let Some(doom) = client.doomed.take() else { return self.table.give_back(client) };
        self.forget(&mut client);
        let figures = &self.shared.figures;
        let figure = match doom.cause {
            Cause::Slow => Some(&figures.cut_slow),
            Cause::Login => Some(&figures.cut_login),
            Cause::Protocol => Some(&figures.cut_protocol),
            Cause::Gone | Cause::Hub => None,
        };
        if let Some(figure) = figure {
            figure.fetch_add(1, Ordering::Relaxed);
        }
        let now_ns = self.now_ns();
        let is_told = client.stage == Stage::Open
            && doom.code != 0
            && client.say_farewell(doom.code, &doom.reason, now_ns);
        // One that does not read is not waited for: it may read why later, or never. Nor is one that ended it itself:
        // it waits for the end of the connection, which is the server's to close (RFC 6455, 7.1.1).
        let is_waited_for = is_told && !matches!(doom.cause, Cause::Slow | Cause::Gone);
        if is_waited_for { self.table.give_back(client) } else { self.remove(client) }
    }

    /// Gives up a client that was lent.
    pub(super) fn remove(&mut self, mut client: Box<Client>) {
        self.forget(&mut client);
        client.transport.end();
        // Fails only for a socket that is gone; it is closed here in any case.
        let _ = self.poll.registry().deregister(client.transport.socket());
        self.table.remove(&client);
        self.shared.figures.connections.store(self.table.len() as u64, Ordering::Relaxed);
    }

    /// Ends what a client had: subscriptions, its log-in, and its orders where it asked for that.
    fn forget(&mut self, client: &mut Client) {
        for key in client.subscriptions.clone() {
            self.leave(&key, client);
        }
        self.end_session(client);
        let Some(login) = client.login.take() else { return };
        let connection = client.id;
        let accounts = std::mem::take(&mut client.cancel_on_disconnect);
        if !accounts.is_empty() {
            let (login_session, cause) = (login.session.clone(), shared::Cause::Disconnect);
            // However many wait: orders that should go must go.
            self.shared.ask(Request::Cancel { connection, login_session, accounts, cause }, usize::MAX);
        }
        self.shared.ask(Request::Closed { connection, login_session: login.session }, usize::MAX);
    }

    /// Finds who is silent, late or no longer logged in.
    pub(super) fn scan(&mut self, now_ns: i64) {
        let silence_ns = self.config.limits.silence_ms as i64 * 1_000_000;
        let utc_ns = utc_ns();
        for place in 0..self.table.places() {
            let Some(client) = self.table.at(place) else { continue };
            match client.stage {
                Stage::Handshake(until_ns) | Stage::Closing(until_ns) if now_ns >= until_ns => {
                    client.doom(0, "", Cause::Gone);
                }
                Stage::Open if now_ns - client.heard_ns >= silence_ns => {
                    let reason = format!("nothing was read for {} ms: answer pings", silence_ns / 1_000_000);
                    client.doom(code::POLICY, &reason, Cause::Slow);
                }
                Stage::Open if client.login.as_ref().is_some_and(|login| login.expires_at_ns <= utc_ns) => {
                    client.doom(LOGIN_ENDED, "the log-in expired", Cause::Login);
                }
                _ => {}
            }
            if client.doomed.is_some() {
                self.doomed.push(client.id);
            }
        }
    }

    /// Tells everybody that it is over, and waits a moment for those who answer.
    pub(super) fn stop(&mut self, events: &mut Events) {
        self.close_port();
        for place in 0..self.table.places() {
            if let Some(client) = self.table.at(place) {
                client.doom(code::GOING_AWAY, "the service stops", Cause::Hub);
                self.doomed.push(client.id);
            }
        }
        self.bury();
        let until_ns = self.now_ns() + 500_000_000;
        while self.table.len() > 0 && self.now_ns() < until_ns {
            if self.wait(events, Duration::from_millis(10)).is_err() {
                return;
            }
            self.serve_ready();
            self.bury();
        }
    }
}
