//! `Tick`: tells the time; what is due happens, oldest first, and auctions say what they would give.

use garraway_types::{Event, EventKind};

use super::Judged;
use crate::emit::Emit;
use crate::engine::Engine;

pub(crate) fn tick(engine: &mut Engine, emit: &mut Emit<'_, '_>) -> Judged {
    emit.own(Event::empty(EventKind::Ticked));
    let source = emit.hush();
    engine.do_timed(emit);
    engine.indicate(emit);
    emit.give_back(source);
    Ok(())
}
