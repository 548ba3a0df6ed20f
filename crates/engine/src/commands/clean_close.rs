//! `CleanClose`: the last command of a clean stop.

use garraway_types::{Event, EventKind};

use super::Judged;
use crate::emit::Emit;

pub(crate) fn clean_close(emit: &mut Emit<'_, '_>) -> Judged {
    emit.own(Event::empty(EventKind::Closed));
    Ok(())
}
