//! `SetTicks`: a table of ticks by price.

use garraway_types::{
    Command, Event, EventKind, Record, Reject, TickStep, limits::MAX_TAIL, limits::MAX_TICK_STEPS,
};

use super::set_schedule::first_items;
use super::{Judged, require};
use crate::emit::Emit;
use crate::engine::Engine;
use crate::ticks::is_table;

pub(crate) fn set_ticks(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let steps: Vec<TickStep> = command.items().map(TickStep::read).collect();
    require(steps.len() <= MAX_TICK_STEPS && is_table(&steps), Reject::TickInvalid)?;
    let number = command.head.instrument;
    let instrument = engine.instruments.get_mut(number).ok_or(Reject::InstrumentUnknown)?;
    let quantity = steps.len() as i64;
    instrument.set_steps(steps);
    let event = Event { instrument: number, quantity, ..Event::empty(EventKind::TicksSet) };
    emit.own_with_tail(event, &first_items(command, MAX_TAIL));
    engine.touch(number);
    // The middle of the book may lie on another tick now: pegs move, once no work is left.
    if !engine.busy.contains(&number) {
        engine.follow_up(number, emit);
    }
    Ok(())
}
