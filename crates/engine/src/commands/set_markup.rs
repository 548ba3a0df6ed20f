//! `SetMarkup`: how much worse than the quote a group is dealt.

use garraway_types::{Command, Event, EventKind, Reject, SetMarkup};

use super::{Judged, require};
use crate::dealer::TwoSided;
use crate::emit::Emit;
use crate::engine::Engine;

pub(crate) fn set_markup(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let number = command.head.instrument;
    let SetMarkup { bid, ask, group, .. } = command.body();
    let is_dealt = engine.instruments.get(number).is_none_or(|of| of.terms.is_dealt());
    require(is_dealt, Reject::ExecutionInvalid)?;
    require(group == 0 || engine.groups.get(group).is_some(), Reject::GroupUnknown)?;
    let instrument = engine.instruments.get(number).ok_or(Reject::InstrumentUnknown)?;
    require(!instrument.is_busy(), Reject::InstrumentBusy)?;
    require(bid >= 0 && ask >= 0, Reject::DealingInvalid)?;
    let markups = &mut engine.dealer_of(number).markups;
    if bid | ask == 0 {
        markups.remove(&group);
    } else {
        markups.insert(group, TwoSided { bid, ask });
    }
    let event = Event { instrument: number, value: i64::from(group), ..Event::empty(EventKind::MarkupSet) };
    emit.own_with_tail(event, command.body_bytes());
    Ok(())
}
