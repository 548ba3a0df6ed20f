//! `Deposit`: brings money or other assets in from outside.

use garraway_types::{AccountId, AssetId, Command, Event, EventKind, FixedBody, Money, Reject, detail};

use super::{Judged, require};
use crate::emit::Emit;
use crate::engine::Engine;

pub(crate) fn deposit(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let (account, asset, amount) = transfer_terms(engine, command)?;
    engine.ledger.post(asset, [(account, amount.0), (AccountId::EXTERNAL, -amount.0)]);
    emit_legs(account, asset, amount.0, detail::DEPOSIT, command, emit);
    Ok(())
}

/// What a deposit or withdrawal names, if it is sound.
pub(super) fn transfer_terms(
    engine: &Engine,
    command: &Command<'_>,
) -> Result<(AccountId, AssetId, Money), Reject> {
    let FixedBody { asset, amount, .. } = command.body();
    let account = engine.accounts.get(command.head.account).ok_or(Reject::AccountUnknown)?;
    require(engine.ledger.asset(asset).is_some(), Reject::AssetUnknown)?;
    require(account.payer == command.head.account, Reject::ClearingInvalid)?;
    require(amount >= 1, Reject::AmountInvalid)?;
    require(!engine.is_splitting(asset), Reject::InstrumentBusy)?;
    Ok((AccountId(command.head.account), AssetId(asset), Money(amount)))
}

/// The two legs: the client's, then the outside world's. `change` is the client's.
pub(super) fn emit_legs(
    account: AccountId,
    asset: AssetId,
    change: i64,
    what: u8,
    command: &Command<'_>,
    emit: &mut Emit<'_, '_>,
) {
    let leg = Event { instrument: asset.0, detail: what, ..Event::empty(EventKind::Posted) };
    emit.own_with_tail(Event { account: account.0, value: change, ..leg }, command.tail());
    emit.anonymous(Event { account: AccountId::EXTERNAL.0, value: -change, ..leg });
}
