//! `Withdraw`: takes what is free out.

use garraway_types::{AccountId, Command, Reject, detail};

use super::deposit::{emit_legs, transfer_terms};
use super::{Judged, require};
use crate::emit::Emit;
use crate::engine::Engine;

pub(crate) fn withdraw(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let (account, asset, amount) = transfer_terms(engine, command)?;
    require(engine.ledger.is_free(account, asset, amount), Reject::FundsInsufficient)?;
    engine.ledger.post(asset, [(account, -amount.0), (AccountId::EXTERNAL, amount.0)]);
    emit_legs(account, asset, -amount.0, detail::WITHDRAWAL, command, emit);
    Ok(())
}
