//! `Tick`: tells the time.

use garraway_types::{Event, EventKind};

use super::Judged;
use crate::emit::Emit;

pub(crate) fn tick(emit: &mut Emit<'_, '_>) -> Judged {
    emit.own(Event::empty(EventKind::Ticked));
    Ok(())
}
