//! `SetLimits`: the limits of an account, a group, a firm or an instrument.

use garraway_types::{Command, Event, EventKind, Reject, SetLimits, code};

use super::{Judged, require};
use crate::emit::Emit;
use crate::engine::Engine;
use crate::limit_sets::LimitSet;

pub(crate) fn set_limits(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let body: SetLimits = command.body();
    let limits = LimitSet {
        asset: body.asset,
        max_rate: body.max_rate,
        max_open_orders: body.max_open_orders,
        max_quantity: body.max_quantity,
        max_notional: body.max_notional,
        max_position: body.max_position,
        max_held: body.max_held,
        max_loss: body.max_loss,
    };
    let needs_asset = limits.max_held != 0 || limits.max_loss != 0;
    require(!needs_asset || engine.ledger.asset(body.asset).is_some(), Reject::AssetUnknown)?;
    require(limits.is_sound(body.scope), Reject::LimitInvalid)?;
    require(engine.is_scope(body.scope, body.id), Reject::ScopeInvalid)?;
    let asset = if needs_asset { body.asset } else { 0 };
    engine.limits.set(body.scope, body.id, LimitSet { asset, ..limits });
    engine.look_at_scope(body.scope, body.id);
    engine.recount();
    let event =
        Event { value: i64::from(body.id), fee: i64::from(body.scope), ..Event::empty(EventKind::LimitsSet) };
    emit.own_with_tail(event, command.body_bytes());
    Ok(())
}

impl Engine {
    /// Whether a scope of limits names something that there is.
    pub(crate) fn is_scope(&self, scope: u8, id: u32) -> bool {
        match scope {
            code::SCOPE_ACCOUNT => self.accounts.get(id).is_some(),
            code::SCOPE_GROUP => u16::try_from(id).is_ok_and(|group| self.groups.get(group).is_some()),
            code::SCOPE_FIRM => id >= 1,
            code::SCOPE_INSTRUMENT => self.instruments.get(id).is_some(),
            _ => false,
        }
    }
}
