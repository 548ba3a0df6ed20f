//! Sweeps of phases: the orders of a delisted instrument are cancelled; after an unclean start instruments halt by their policy.

use garraway_types::{CommandKind, Event, EventId, EventKind, code, detail};

use crate::emit::Emit;
use crate::engine::Engine;
use crate::sweeps::{Looks, Sweep, Swept};

/// Where an instrument stands after an unclean start.
const TO_HALT: u8 = 0;
const TO_AUCTION: u8 = 1;
const RESUMED: u8 = 2;

impl Engine {
    /// An instrument was delisted: all its orders go.
    pub(crate) fn begin_delisting(&mut self, number: u32, emit: &mut Emit<'_, '_>) {
        let id = emit.anonymous(Event {
            instrument: number,
            detail: CommandKind::SetPhase as u8,
            ..Event::empty(EventKind::SweepBegun)
        });
        let sweep = Sweep { instrument: number, at: number, ..Sweep::new(CommandKind::SetPhase, id) };
        self.begin_sweep(sweep, emit);
    }

    /// The venue started after a stop that was not clean; `id` is of the event that said so.
    pub(crate) fn begin_resuming(&mut self, id: EventId, emit: &mut Emit<'_, '_>) {
        self.begin_sweep(Sweep::new(CommandKind::UncleanStart, id), emit);
    }

    /// Halts the instruments whose policy says so, by number, and brings those on into an auction that are to have one.
    pub(crate) fn sweep_resuming(
        &mut self,
        sweep: &mut Sweep,
        looks: &mut Looks,
        emit: &mut Emit<'_, '_>,
    ) -> Swept {
        while let Some(number) = self.instruments.next_from(sweep.at) {
            if number != sweep.at {
                (sweep.at, sweep.stage) = (number, TO_HALT);
            }
            if self.busy.contains(&number) || sweep.inside != number && !looks.take() {
                return Swept::Later;
            }
            sweep.enter(number);
            let (phase, resume) = {
                let instrument = self.instruments.of_order(number);
                (instrument.phase, instrument.rules.resume)
            };
            let trades = !matches!(phase, code::HALT | code::CLOSED | code::SUSPENDED | code::DELISTED);
            if sweep.stage == TO_HALT && trades && resume != code::RESUME_GO_ON {
                sweep.stage = TO_AUCTION;
                self.change_phase(number, code::HALT, detail::BY_UNCLEAN_START, emit);
                continue;
            }
            if sweep.stage == TO_AUCTION && phase == code::HALT && resume == code::RESUME_AUCTION {
                sweep.stage = RESUMED;
                self.change_phase(number, code::VOLATILITY_AUCTION, detail::BY_UNCLEAN_START, emit);
                continue;
            }
            sweep.leave();
            (sweep.at, sweep.stage) = (number + 1, TO_HALT);
        }
        Swept::Done
    }
}
