//! `SetDealing`: the rules by which the house deals an instrument.

use garraway_types::{Command, Event, EventKind, Reject, SetDealing};

use super::{Judged, require};
use crate::dealer::Rules;
use crate::emit::Emit;
use crate::engine::Engine;

pub(crate) fn set_dealing(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let number = command.head.instrument;
    let body: SetDealing = command.body();
    let instrument = engine.instruments.get_mut(number).ok_or(Reject::InstrumentUnknown)?;
    require(instrument.terms.is_dealt(), Reject::ExecutionInvalid)?;
    require(!instrument.is_busy(), Reject::InstrumentBusy)?;
    let rules = Rules {
        margin_rate: body.margin_rate,
        max_age_ns: body.max_age_ns,
        market: body.market,
        limit: body.limit,
        is_sized: body.sized == 1,
    };
    require(rules.is_sound() && body.sized <= 1, Reject::DealingInvalid)?;
    engine.dealer_of(number).rules = rules;
    let event = Event { instrument: number, ..Event::empty(EventKind::DealingSet) };
    emit.own_with_tail(event, command.body_bytes());
    Ok(())
}
