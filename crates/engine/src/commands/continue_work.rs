//! `Continue`: goes on with work that did not fit into one command.

use garraway_types::{Command, Reject};

use super::{Judged, require};
use crate::emit::Emit;
use crate::engine::Engine;
use crate::instruments::guard;

pub(crate) fn continue_work(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let number = command.head.instrument;
    if number == 0 {
        require(!engine.sweeps.is_empty(), Reject::InstrumentNotBusy)?;
        emit.without_source();
        engine.sweep_on(emit);
        return Ok(());
    }
    let instrument = engine.instruments.get(number).ok_or(Reject::InstrumentUnknown)?;
    require(instrument.guard & guard::BUSY != 0, Reject::InstrumentNotBusy)?;
    emit.without_source();
    engine.work_on(number, emit);
    Ok(())
}
