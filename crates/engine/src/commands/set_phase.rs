//! `SetPhase`: brings an instrument into another phase.

use garraway_types::{Command, Reject, SetPhase, code, detail};

use super::{Judged, require};
use crate::emit::Emit;
use crate::engine::Engine;
use crate::phases::{Barred, judge_change};

pub(crate) fn set_phase(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let SetPhase { phase, .. } = command.body();
    let number = command.head.instrument;
    let instrument = engine.instruments.get(number).ok_or(Reject::InstrumentUnknown)?;
    judge_change(instrument, phase).map_err(Barred::reason)?;
    let sweeps = phase == code::DELISTED;
    require(!sweeps || engine.has_room_for_sweep(), Reject::WorkFull)?;
    require(!instrument.is_busy(), Reject::InstrumentBusy)?;
    engine.change_phase(number, phase, detail::BY_COMMAND, emit);
    if sweeps {
        engine.begin_delisting(number, emit);
    }
    Ok(())
}
