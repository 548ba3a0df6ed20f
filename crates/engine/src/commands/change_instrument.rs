//! `ChangeInstrument`: another symbol, tick, price range and limits; orders outside of them are cancelled by a sweep.

use garraway_book::Slot;
use garraway_types::{
    ChangeInstrument, Command, CommandKind, Event, EventKind, ListInstrument, Reject, code, limits,
};

use super::{Judged, is_counted, require, require_name};
use crate::emit::Emit;
use crate::engine::Engine;
use crate::instruments::Instrument;
use crate::stops::is_stop;
use crate::sweeps::{Looks, Sweep};
use crate::ticks;

/// Stages of the sweep.
const BOOK: u8 = 0;
const END: u8 = 1;

pub(crate) fn change_instrument(
    engine: &mut Engine,
    command: &Command<'_>,
    emit: &mut Emit<'_, '_>,
) -> Judged {
    let body: ChangeInstrument = command.body();
    let number = command.head.instrument;
    let instrument = engine.instruments.get(number).ok_or(Reject::InstrumentUnknown)?;
    let listed = ListInstrument {
        symbol: body.symbol,
        tick: body.tick,
        min_price: body.min_price,
        max_price: body.max_price,
        max_quantity: body.max_quantity,
        max_notional: body.max_notional,
        ..instrument.listed
    };
    judge_terms(engine, instrument, &listed)?;
    require(engine.sweeps.len() < limits::MAX_SWEEPS, Reject::WorkFull)?;
    require_out_of_trading(instrument)?;
    let instrument = engine.instruments.of_order(number);
    instrument.change(listed);
    let range = listed.min_price..=listed.max_price;
    if let Some(dealer) = &mut instrument.dealer
        && !(range.contains(&dealer.quote.prices.bid) && range.contains(&dealer.quote.prices.ask))
    {
        dealer.quote = Default::default();
    }
    let event = Event { instrument: number, ..Event::empty(EventKind::InstrumentChanged) };
    let id = emit.own_with_tail(event, command.body_bytes());
    let sweep = Sweep::new(CommandKind::ChangeInstrument, id);
    engine.begin_sweep(Sweep { instrument: number, ..sweep }, emit);
    Ok(())
}

fn judge_terms(engine: &Engine, instrument: &Instrument, listed: &ListInstrument) -> Judged {
    let number = instrument.terms.number;
    let mut others = engine.instruments.all().filter(|other| other.terms.number != number);
    require(others.all(|other| other.listed.symbol != listed.symbol), Reject::AlreadyDefined)?;
    require_name(&listed.symbol, 16)?;
    require(listed.tick >= 1, Reject::TickInvalid)?;
    let on_tick = listed.min_price % listed.tick == 0 && listed.max_price % listed.tick == 0;
    let range = 1 <= listed.min_price && listed.min_price <= listed.max_price && on_tick;
    let is_future = listed.kind != code::SPOT;
    let is_same =
        (listed.min_price, listed.max_price) == (instrument.terms.min_price, instrument.terms.max_price);
    let has_orders = if instrument.terms.is_dealt() {
        !engine.walk(number).is_empty()
    } else {
        engine.exposures.instrument_orders(number) != 0
    };
    let in_use = engine.positions.is_any(number) || engine.dealt.is_any(number) || has_orders;
    let settled =
        instrument.settlement == 0 || (listed.min_price..=listed.max_price).contains(&instrument.settlement);
    let fits = !is_future || settled && (is_same || !in_use);
    require(range && fits, Reject::PriceRangeInvalid)?;
    let counted = (1..=limits::MAX_ORDER_QUANTITY).contains(&listed.max_quantity)
        && listed.max_quantity.checked_mul(instrument.terms.lot_value).is_some()
        && (!is_future || is_counted(listed, instrument.terms.price_value));
    require(counted && listed.max_notional >= 1, Reject::LimitInvalid)
}

/// Changes and splits happen in a halt, closed or suspended, with no work going on.
pub(super) fn require_out_of_trading(instrument: &Instrument) -> Judged {
    let out = matches!(instrument.phase, code::HALT | code::CLOSED | code::SUSPENDED);
    require(out, Reject::PhaseForbids)?;
    require(!instrument.is_busy(), Reject::InstrumentBusy)
}

impl Engine {
    /// Goes on with cancelling what is outside of changed terms; whether nothing is.
    pub(crate) fn change_on(
        &mut self,
        sweep: &mut Sweep,
        looks: &mut Looks,
        emit: &mut Emit<'_, '_>,
    ) -> bool {
        if sweep.stage == BOOK && !self.sweep_instrument(sweep, sweep.instrument, looks, emit) {
            return false;
        }
        sweep.leave();
        sweep.stage = END;
        true
    }

    /// Whether an open order is outside the terms of its instrument.
    pub(crate) fn is_outside(&self, slot: Slot) -> bool {
        let node = &self.slab[slot];
        let Some(instrument) = self.instruments.get(node.payload.instrument) else { return false };
        let terms = &instrument.terms;
        let fits = |price: i64| {
            (terms.min_price..=terms.max_price).contains(&price) && ticks::is_on_tick(instrument, price)
        };
        let total = i64::from(node.payload.filled) + i64::from(self.open_lots(slot));
        let trigger =
            self.extras.get(slot).filter(|extra| is_stop(extra) && extra.order_type != code::TRAILING_STOP);
        !fits(node.price.0) || total > terms.max_quantity || trigger.is_some_and(|extra| !fits(extra.trigger))
    }
}
