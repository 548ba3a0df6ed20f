//! `SetAccount`: another group and self-trade prevention for an account.

use garraway_types::{Command, Event, EventKind, Reject, SetAccount};

use super::{Judged, is_self_trade, require};
use crate::emit::Emit;
use crate::engine::Engine;

pub(crate) fn set_account(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let body: SetAccount = command.body();
    let number = command.head.account;
    require(engine.accounts.get(number).is_some(), Reject::AccountUnknown)?;
    require(is_self_trade(body.self_trade, body.self_trade_of), Reject::SelfTradeInvalid)?;
    require(body.group == 0 || engine.groups.get(body.group).is_some(), Reject::GroupUnknown)?;
    let account = engine.accounts.of_order(number);
    account.self_trade = body.self_trade;
    account.self_trade_of = body.self_trade_of;
    if account.group != body.group {
        account.group = body.group;
        engine.groups.restart_traded(number);
        engine.look_at_tier(number);
        engine.look_at_account(number);
        engine.recount();
    }
    let event = Event { account: number, ..Event::empty(EventKind::AccountChanged) };
    emit.own_with_tail(event, command.body_bytes());
    Ok(())
}
