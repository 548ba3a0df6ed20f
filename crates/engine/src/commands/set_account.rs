//! `SetAccount`: another group and self-trade prevention for an account.

use garraway_types::{Command, Event, EventKind, Reject, SetAccount, code};

use super::{Judged, is_self_trade, require};
use crate::accounts::Account;
use crate::emit::Emit;
use crate::engine::Engine;

pub(crate) fn set_account(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let body: SetAccount = command.body();
    let number = command.head.account;
    require(engine.accounts.get(number).is_some(), Reject::AccountUnknown)?;
    require(is_self_trade(body.self_trade, body.self_trade_of), Reject::SelfTradeInvalid)?;
    require(body.group == 0 || engine.groups.get(body.group).is_some(), Reject::GroupUnknown)?;
    let is_hedging = engine.is_hedging(number);
    let hedges = if body.positions == 0 { is_hedging } else { body.positions == code::HEDGING };
    let bare = |of: &Account| of.open_orders == 0 && !engine.dealt.has_any(number);
    let changes = hedges == is_hedging || engine.accounts.get(number).is_some_and(bare);
    require(body.positions <= code::HEDGING && changes, Reject::PositionsInvalid)?;
    let account = engine.accounts.of_order(number);
    account.is_hedging = hedges;
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
