//! `SetKill`: throws or lifts a kill switch.

use garraway_types::{Command, Event, EventKind, Reject, SetKill, code};

use super::{Judged, require};
use crate::emit::Emit;
use crate::engine::Engine;

pub(crate) fn set_kill(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let body: SetKill = command.body();
    let known = match body.scope {
        code::SCOPE_VENUE => body.id == 0,
        code::SCOPE_GROUP => false,
        scope => engine.is_scope(scope, body.id),
    };
    require(known && body.on <= 1, Reject::ScopeInvalid)?;
    engine.limits.set_kill(body.scope, body.id, body.on == 1);
    engine.look_at_scope(body.scope, body.id);
    emit.own(Event {
        detail: body.on,
        value: i64::from(body.id),
        fee: i64::from(body.scope),
        ..Event::empty(EventKind::KillSet)
    });
    Ok(())
}
