//! Requests of the WebSocket API: handed to the service, which checks, does and words them; and who follows an account.

use super::super::channel::frame;
use super::super::client::{Client, Login};
use super::super::reactor::Hub;
use super::{Door, Session};
use crate::shared::Request;

/// The answer where too much is under way; which request it answers is not looked at.
const CROWDED: &str = r#"{"id":null,"status":429,"error":{"code":-1003,"msg":"Too many requests are under way: wait for their answers."}}"#;

impl Hub {
    pub(super) fn hear_call(&mut self, client: &mut Client, text: &str) {
        let limits = self.config.limits;
        let Some(session) = &mut client.binance else { return };
        let Door::Requests { account } = &session.door else { return };
        let request = Request::Call {
            connection: client.id,
            text: text.to_owned(),
            account: account.clone(),
            address: client.peer,
        };
        if session.calls < limits.calls && self.shared.ask(request, limits.requests) {
            session.calls += 1;
        } else {
            self.send_frame(client, &frame(CROWDED));
        }
    }

    /// The service answers a request.
    pub(in crate::hub) fn answer_call(&mut self, client: &mut Client, text: &str) {
        if let Some(session) = &mut client.binance {
            session.calls = session.calls.saturating_sub(1);
        }
        self.send_frame(client, &frame(text));
    }

    /// The service lets a connection follow an account; one that it followed before it follows no more.
    pub(in crate::hub) fn follow_account(
        &mut self,
        client: &mut Client,
        account: u32,
        login: Login,
        text: &str,
    ) {
        self.unfollow(client);
        self.answer_call(client, text);
        let Some(session) = &mut client.binance else { return };
        session.follows = Some(account);
        client.login = Some(login);
        self.streams.follow(account, client.id);
        self.shared.fold().changes.accounts.insert(account);
    }

    /// Has a connection follow its account no more.
    pub(in crate::hub) fn unfollow(&mut self, client: &mut Client) {
        let Some(account) = client.binance.as_mut().and_then(|session: &mut Session| session.follows.take())
        else {
            return;
        };
        client.login = None;
        self.streams.unfollow(account, client.id);
        if !self.is_account_heard(account) {
            self.shared.fold().changes.accounts.remove(&account);
        }
    }
}
