//! Cancel on disconnect: when a session's connection ends, its open orders are cancelled if its definition asks for that.
//!
//! One `MassCancel` of source 0 for each log-in that ended, before anything that a later log-in sends; none where no order is open, so that
//! a client that comes and goes fills no journal.

use garraway_engine::Session;
use garraway_sequencer::Submitted;
use garraway_types::{CommandHead, CommandKind, MassCancel, NO_ITEMS, Nanos, Reject, code, encode_command};

use crate::clock::utc_ns;
use crate::core::Core;

/// How a log-in ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The connection closed, fell silent, or was closed by the venue.
    Lost,
    /// The client logged out.
    LoggedOut,
}

impl Ending {
    /// Whether a session asks that its orders are cancelled then.
    fn cancels(self, session: &Session) -> bool {
        match self {
            Self::Lost => session.cancel_on >= code::CANCEL_ON_LOSS,
            Self::LoggedOut => session.cancel_on >= code::CANCEL_ON_LOGOUT,
        }
    }
}

impl Core {
    /// A log-in of a session has ended.
    pub fn login_ended(&mut self, session: u32, ending: Ending) {
        let found = self.sequencer.engine().sessions().find(|found| found.session == session);
        if found.is_some_and(|session| ending.cancels(session)) {
            self.lost.insert(session);
            self.cancel_lost();
        }
    }

    /// The venue stopped without a clean close: who was connected then is connected no more.
    pub fn all_logins_ended(&mut self) {
        let sessions = self.sequencer.engine().sessions();
        let lost = sessions.filter(|session| Ending::Lost.cancels(session)).map(|session| session.session);
        self.lost = lost.collect();
    }

    /// Cancels the orders of the sessions that wait for it, as long as there is room.
    pub fn cancel_lost(&mut self) {
        while let Some(session) = self.lost.first().copied() {
            let engine = self.sequencer.engine();
            if engine.session_has_orders(session) {
                if !self.has_room() || !engine.has_room_for_sweep() {
                    return;
                }
                self.cancel_orders_of(session);
                if self.fold.last().reason == Reject::WorkFull as u8 {
                    return;
                }
            }
            self.lost.remove(&session);
        }
    }

    fn cancel_orders_of(&mut self, session: u32) {
        let body =
            MassCancel { id: session, scope: code::SCOPE_SESSION, side: 0, reserved: 0, reserved_2: 0 };
        self.command.clear();
        encode_command(
            CommandKind::MassCancel,
            CommandHead::empty(),
            &body,
            NO_ITEMS,
            &[],
            &mut self.command,
        );
        let submitted = self.sequencer.submit(&self.command, Nanos(utc_ns()), &mut self.fold);
        assert!(matches!(submitted, Submitted::New { .. }), "own command {submitted:?}");
    }
}
