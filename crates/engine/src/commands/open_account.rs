//! `OpenAccount`: opens a client's account.

use garraway_types::{AccountId, Command, Event, EventKind, OpenAccount, Reject, code, limits};

use super::{Judged, is_self_trade, require};
use crate::accounts::Account;
use crate::emit::Emit;
use crate::engine::Engine;

pub(crate) fn open_account(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let body: OpenAccount = command.body();
    let number = command.head.account;
    let in_range = (AccountId::FIRST_CLIENT.0..=limits::MAX_ACCOUNT).contains(&number);
    require(in_range && body.firm >= 1, Reject::IdInvalid)?;
    require(engine.accounts.get(number).is_none(), Reject::AlreadyDefined)?;
    let positive = body.max_quantity >= 1 && body.max_notional >= 1 && body.max_open_orders >= 1;
    require(positive && body.max_open_orders <= engine.setup.capacity, Reject::LimitInvalid)?;
    require(is_self_trade(body.self_trade, body.self_trade_of), Reject::SelfTradeInvalid)?;
    require(body.group == 0 || engine.groups.get(body.group).is_some(), Reject::GroupUnknown)?;
    let clearing = engine.accounts.get(body.clearing);
    let clears = clearing.is_some_and(|it| it.firm == body.firm && it.payer == body.clearing);
    require(body.clearing == 0 || clears, Reject::ClearingInvalid)?;
    require(body.positions <= code::HEDGING, Reject::PositionsInvalid)?;
    engine.accounts.open(
        number,
        Account {
            last_ref: 0,
            max_quantity: body.max_quantity,
            max_notional: body.max_notional,
            max_open_orders: body.max_open_orders,
            open_orders: 0,
            firm: body.firm,
            self_trade: body.self_trade,
            self_trade_of: body.self_trade_of,
            payer: if body.clearing == 0 { number } else { body.clearing },
            group: body.group,
            guard: 0,
            plan: 0,
            is_hedging: body.positions == code::HEDGING,
        },
    );
    engine.ledger.grow(engine.accounts.end());
    engine.look_at_tier(number);
    engine.look_at_account(number);
    let event = Event { account: number, ..Event::empty(EventKind::AccountOpened) };
    emit.own_with_tail(event, command.body_bytes());
    Ok(())
}
