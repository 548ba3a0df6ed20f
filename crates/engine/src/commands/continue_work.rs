//! `Continue`: goes on with an order whose fills did not fit into one command.

use garraway_types::{Command, Reject};

use super::{Judged, require};
use crate::emit::Emit;
use crate::engine::Engine;

pub(crate) fn continue_work(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let number = command.head.instrument;
    let slot = engine.instruments.get(number).ok_or(Reject::InstrumentUnknown)?.working;
    require(slot != garraway_book::NIL, Reject::InstrumentNotBusy)?;
    emit.without_source();
    engine.end_work(number);
    engine.enter_again(slot, emit);
    Ok(())
}
