//! `SetSchedule`: the changes of phase to come.

use garraway_types::{
    Command, Event, EventKind, Record, Reject, ScheduledPhase, limits::MAX_SCHEDULED, limits::MAX_TAIL,
};

use super::{Judged, require};
use crate::emit::Emit;
use crate::engine::Engine;
use crate::timers::is_schedule;

pub(crate) fn set_schedule(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let number = command.head.instrument;
    let instrument = engine.instruments.get_mut(number).ok_or(Reject::InstrumentUnknown)?;
    let items: Vec<ScheduledPhase> = command.items().map(ScheduledPhase::read).collect();
    require(is_schedule(&items, engine.last_at, MAX_SCHEDULED), Reject::ScheduleInvalid)?;
    let phases = items.iter().map(|item| (item.at_ns, item.phase)).collect();
    instrument.times.set_schedule(number, phases, &mut engine.timers);
    let quantity = items.len() as i64;
    let event = Event { instrument: number, quantity, ..Event::empty(EventKind::ScheduleSet) };
    emit.own_with_tail(event, &first_items(command, MAX_TAIL));
    Ok(())
}

/// The bytes of a command's items, as many of them as fit.
pub(super) fn first_items(command: &Command<'_>, most: usize) -> Vec<u8> {
    let size = command.kind.spec().item_size;
    command.items().take(most / size).flatten().copied().collect()
}
