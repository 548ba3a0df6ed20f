//! `SetRestriction`: an instrument on a restricted list, or off it.

use garraway_types::{Command, Event, EventKind, Reject, SetRestriction, code};

use super::{Judged, require};
use crate::emit::Emit;
use crate::engine::Engine;

pub(crate) fn set_restriction(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let body: SetRestriction = command.body();
    let instrument = command.head.instrument;
    let known = body.scope != code::SCOPE_INSTRUMENT && engine.is_scope(body.scope, body.id);
    require(known && body.on <= 1, Reject::ScopeInvalid)?;
    require(engine.instruments.get(instrument).is_some(), Reject::InstrumentUnknown)?;
    engine.limits.restrict(body.scope, body.id, instrument, body.on == 1);
    engine.look_at_scope(body.scope, body.id);
    emit.own(Event {
        instrument,
        detail: body.on,
        value: i64::from(body.id),
        fee: i64::from(body.scope),
        ..Event::empty(EventKind::RestrictionSet)
    });
    Ok(())
}
