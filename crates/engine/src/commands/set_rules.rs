//! `SetRules`: price bands, collar, and what happens after an unclean start.

use garraway_types::{Command, Event, EventKind, Reject, SetRules};

use super::{Judged, require};
use crate::bands;
use crate::emit::Emit;
use crate::engine::Engine;

pub(crate) fn set_rules(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let number = command.head.instrument;
    let instrument = engine.instruments.get_mut(number).ok_or(Reject::InstrumentUnknown)?;
    let rules: SetRules = command.body();
    let fits = !instrument.terms.is_dealt() || bands::fits_house(&rules);
    require(bands::is_sound(&rules) && fits, Reject::BandInvalid)?;
    instrument.set_rules(rules);
    let event = Event { instrument: number, ..Event::empty(EventKind::RulesSet) };
    emit.own_with_tail(event, command.body_bytes());
    Ok(())
}
