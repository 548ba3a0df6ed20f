//! `SetQuote`: a bid and an ask for an instrument that the house deals, and the orders that they call.

use garraway_types::{Command, Event, EventKind, FixedBody, Reject, code};

use super::{Judged, require};
use crate::dealer::{Quote, TwoSided, UNBOUNDED};
use crate::emit::Emit;
use crate::engine::Engine;
use crate::ticks::is_on_tick;

pub(crate) fn set_quote(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let number = command.head.instrument;
    let FixedBody { price: bid, trigger: ask, quantity: bid_lots, amount: ask_lots, .. } = command.body();
    let last_at = engine.last_at;
    let instrument = engine.instruments.get_mut(number).ok_or(Reject::InstrumentUnknown)?;
    require(instrument.terms.is_dealt(), Reject::ExecutionInvalid)?;
    require(bid_lots >= 0 && ask_lots >= 0, Reject::QuantityInvalid)?;
    require(is_on_tick(instrument, bid) && is_on_tick(instrument, ask), Reject::PriceOffTick)?;
    let range = instrument.terms.min_price..=instrument.terms.max_price;
    require(range.contains(&bid) && range.contains(&ask), Reject::PriceOutOfRange)?;
    require(instrument.phase != code::DELISTED, Reject::PhaseForbids)?;
    require(!instrument.is_busy(), Reject::InstrumentBusy)?;
    require(bid <= ask, Reject::QuoteCrossed)?;
    let calls = instrument.is_continuous();
    let Some(dealer) = &mut instrument.dealer else { return Err(Reject::ExecutionInvalid) };
    let is_sized = dealer.rules.is_sized;
    let left = [bid_lots, ask_lots].map(|lots| if is_sized && lots > 0 { lots } else { UNBOUNDED });
    let lots = [bid_lots, ask_lots];
    dealer.quote = Quote { prices: TwoSided { bid, ask }, lots, left, at_ns: last_at };
    let calls = calls && !dealer.is_idle();
    emit.own_with_tail(
        Event {
            instrument: number,
            price: bid,
            value: ask,
            quantity: bid_lots,
            leaves: ask_lots,
            ..Event::empty(EventKind::Quoted)
        },
        command.tail(),
    );
    if calls {
        engine.call_orders(number);
        engine.follow_up(number, emit);
    }
    Ok(())
}
