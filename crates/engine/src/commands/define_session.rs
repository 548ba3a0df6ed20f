//! `DefineSession`: defines or redefines a client's log-in.

use garraway_types::{
    AccountId, Command, DefineSession, Event, EventKind, FirmId, Record, Reject, SessionAccount, code, limits,
};

use super::{Judged, require, require_name};
use crate::emit::Emit;
use crate::engine::Engine;
use crate::sessions::Session;

pub(crate) fn define_session(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let body: DefineSession = command.body();
    require((1..=limits::MAX_SESSION).contains(&body.session) && body.firm >= 1, Reject::IdInvalid)?;
    let holder = engine.sessions.by_name(&body.name);
    require(holder.is_none_or(|holder| holder.session == body.session), Reject::AlreadyDefined)?;
    require_name(&body.name, 6)?;
    let known = body.protocol == code::PROTOCOL_OUCH && body.network_prefix <= 128;
    require(known && body.cancel_on <= code::CANCEL_ON_LOGOUT, Reject::ProtocolInvalid)?;
    let default_account = AccountId(command.head.account);
    let accounts: Vec<AccountId> =
        command.items().map(|item| AccountId(SessionAccount::read(item).account)).collect();
    for account in std::iter::once(&default_account).chain(&accounts) {
        require(engine.accounts.get(account.0).is_some(), Reject::AccountUnknown)?;
    }
    let of_firm = |account: &AccountId| engine.accounts.get(account.0).is_some_and(|a| a.firm == body.firm);
    require(accounts.contains(&default_account) && accounts.iter().all(of_firm), Reject::FirmDiffers)?;
    engine.note_session(body.session);
    engine.sessions.define(Session {
        session: body.session,
        firm: FirmId(body.firm),
        protocol: body.protocol,
        name: body.name,
        network: body.network,
        network_prefix: body.network_prefix,
        cancel_on: body.cancel_on,
        salt: body.salt,
        verifier: body.verifier,
        default_account,
        accounts,
    });
    let event = Event {
        account: default_account.0,
        detail: body.protocol,
        value: i64::from(body.session),
        ..Event::empty(EventKind::SessionDefined)
    };
    emit.own_with_tail(event, &body.name);
    Ok(())
}
