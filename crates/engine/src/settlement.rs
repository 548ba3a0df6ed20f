//! Settlement prices: what `SetReference` does with one, and the sweep that marks every position of a future to it.

use garraway_types::{AccountId, Command, CommandKind, Event, EventKind, Reject, code, detail, limits};

use crate::emit::Emit;
use crate::engine::Engine;
use crate::positions::{Position, difference};
use crate::sweeps::Sweep;

impl Engine {
    /// `SetReference` with a settlement price, which is on tick and within the price range.
    pub(crate) fn settle(
        &mut self,
        command: &Command<'_>,
        price: i64,
        emit: &mut Emit<'_, '_>,
    ) -> Result<(), Reject> {
        let number = command.head.instrument;
        let work_full = self.sweeps.len() >= limits::MAX_SWEEPS;
        let instrument = self.instruments.of_order(number);
        let before = instrument.settlement;
        let marks = instrument.listed.kind == code::FUTURE && before != 0;
        if marks && work_full {
            return Err(Reject::WorkFull);
        }
        if marks && instrument.is_busy() {
            return Err(Reject::InstrumentBusy);
        }
        instrument.settlement = price;
        instrument.day_settlement = price;
        let id = emit.own(Event {
            instrument: number,
            detail: code::SETTLEMENT,
            price,
            value: before,
            ..Event::empty(EventKind::ReferenceSet)
        });
        if marks {
            let sweep = Sweep::new(CommandKind::SetReference, id);
            self.begin_sweep(Sweep { instrument: number, ..sweep }, emit);
        }
        Ok(())
    }

    /// Goes on with marking positions; whether all are marked.
    pub(crate) fn settle_on(&mut self, sweep: &mut Sweep, emit: &mut Emit<'_, '_>) -> bool {
        if self.is_at_work(sweep.instrument) {
            return false;
        }
        while let Some((account, position)) = self.positions.next_of(sweep.instrument, sweep.at) {
            if !emit.has_room_for(5) {
                return false;
            }
            self.mark_position(sweep.instrument, account, position, emit);
            sweep.at = account + 1;
        }
        true
    }

    fn mark_position(&mut self, number: u32, account: u32, position: Position, emit: &mut Emit<'_, '_>) {
        let instrument = self.instruments.of_order(number);
        let (terms, price) = (instrument.terms, instrument.settlement);
        let gain = difference(&terms, price, position.mark, position.lots);
        let payer = self.accounts.payer(account);
        self.ledger.post(terms.quote, [(payer, gain), (AccountId::SETTLEMENT, -gain)]);
        // Collateral grows by what was gained: what is free stays.
        self.ledger.hold_more(payer, terms.quote, gain);
        self.positions.put(number, account, Position { mark: price, ..position });
        let posted = Event {
            instrument: terms.quote.0,
            detail: detail::SETTLEMENT,
            fee: i64::from(number),
            ..Event::empty(EventKind::Posted)
        };
        emit.anonymous(Event { account: payer.0, value: gain, ..posted });
        emit.anonymous(Event { account: AccountId::SETTLEMENT.0, value: -gain, ..posted });
        emit.anonymous(Event {
            account,
            instrument: number,
            price,
            quantity: position.lots,
            value: gain,
            released: -gain,
            ..Event::empty(EventKind::PositionMarked)
        });
    }

    /// Whether a sweep marks the positions of a future.
    pub(crate) fn is_settling(&self, number: u32) -> bool {
        let settles =
            |sweep: &Sweep| sweep.command == CommandKind::SetReference as u8 && sweep.instrument == number;
        self.sweeps.iter().any(settles)
    }
}
