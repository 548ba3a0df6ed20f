//! `SetReference`: the reference or the settlement price.

use garraway_types::{Command, Event, EventKind, Reject, SetReference, code};

use super::{Judged, require};
use crate::emit::Emit;
use crate::engine::Engine;
use crate::ticks::is_on_tick;

pub(crate) fn set_reference(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let number = command.head.instrument;
    let instrument = engine.instruments.get_mut(number).ok_or(Reject::InstrumentUnknown)?;
    let SetReference { price, what, .. } = command.body();
    let in_range = (instrument.terms.min_price..=instrument.terms.max_price).contains(&price);
    let known = matches!(what, code::REFERENCE | code::SETTLEMENT);
    require(known && in_range && is_on_tick(instrument, price), Reject::ReferenceInvalid)?;
    if what == code::SETTLEMENT {
        return engine.settle(command, price, emit);
    }
    let value = std::mem::replace(&mut instrument.reference, price);
    let event =
        Event { instrument: number, detail: what, price, value, ..Event::empty(EventKind::ReferenceSet) };
    emit.own_with_tail(event, command.tail());
    engine.touch(number);
    Ok(())
}
