//! `UncleanStart`: after a stop that was not clean, instruments come back by their policy.

use garraway_types::{Event, EventKind};

use super::Judged;
use crate::emit::Emit;
use crate::engine::Engine;

pub(crate) fn unclean_start(engine: &mut Engine, emit: &mut Emit<'_, '_>) -> Judged {
    let id = emit.own(Event::empty(EventKind::UncleanStarted));
    engine.begin_resuming(id, emit);
    Ok(())
}
