//! `DefineSource`: who may send commands, and which.

use garraway_types::{Command, DefineSource, Event, EventKind, Reject, SourceId, limits, rights};

use super::{Judged, require, require_name};
use crate::emit::Emit;
use crate::engine::Engine;
use crate::sources::Source;

pub(crate) fn define_source(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let body: DefineSource = command.body();
    require(body.defined > SourceId::OPERATOR.0 && body.defined <= limits::MAX_SOURCE, Reject::IdInvalid)?;
    let taken = engine.sources.get(body.defined).is_some() || engine.sources.by_name(&body.name).is_some();
    require(!taken, Reject::AlreadyDefined)?;
    require_name(&body.name, 10)?;
    require(body.rights != 0 && body.rights & !rights::ALL == 0, Reject::RightsInvalid)?;
    engine.sources.define(body.defined, Source::new(body.name, body.rights));
    let event = Event { value: i64::from(body.defined), ..Event::empty(EventKind::SourceDefined) };
    emit.own_with_tail(event, command.body_bytes());
    Ok(())
}
