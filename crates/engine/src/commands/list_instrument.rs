//! `ListInstrument`: lists an instrument, if every value of it can be counted exactly.

use garraway_types::{Command, Event, EventKind, ListInstrument, Reject, code, limits};

use super::{Judged, require, require_name};
use crate::emit::Emit;
use crate::engine::Engine;
use crate::instruments::Instrument;
use crate::ledger::{Asset, Ledger};
use crate::phases::is_for_books;

pub(crate) fn list_instrument(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let body: ListInstrument = command.body();
    let number = command.head.instrument;
    require((1..=limits::MAX_INSTRUMENT).contains(&number), Reject::IdInvalid)?;
    let taken = engine.instruments.all().any(|i| i.terms.number == number || i.listed.symbol == body.symbol);
    require(!taken, Reject::AlreadyDefined)?;
    require_name(&body.symbol, 16)?;
    let (price_value, lot_value) = listing_values(&engine.ledger, &body)?;
    let splitting = engine.is_splitting(body.base_asset) || engine.is_splitting(body.quote_asset);
    require(!splitting, Reject::InstrumentBusy)?;
    engine.instruments.list(Instrument::new(number, body, price_value, lot_value));
    engine.look_at_instrument(number);
    let event = Event { instrument: number, ..Event::empty(EventKind::InstrumentListed) };
    emit.own_with_tail(event, command.body_bytes());
    Ok(())
}

/// Judges the terms of a listing; returns what a price unit and a lot are worth.
pub(crate) fn listing_values(ledger: &Ledger, body: &ListInstrument) -> Result<(i64, i64), Reject> {
    let is_future = matches!(body.kind, code::FUTURE | code::CONTRACT);
    let base = ledger.asset(body.base_asset);
    require(if is_future { body.base_asset == 0 } else { base.is_some() }, Reject::AssetUnknown)?;
    let quote = ledger.asset(body.quote_asset).ok_or(Reject::AssetUnknown)?;
    require(body.base_asset != body.quote_asset, Reject::AssetsSame)?;
    let is_dealt = body.execution == code::EXECUTION_DEALER;
    require(is_dealt || body.execution == code::EXECUTION_BOOK, Reject::ExecutionInvalid)?;
    let known = (code::SPOT..=code::CONTRACT).contains(&body.kind);
    require(known && is_dealt == (body.kind == code::CONTRACT), Reject::KindInvalid)?;
    let price_value = price_value(body, quote).ok_or(Reject::NotionalNotExact)?;
    let lot_value = base.map_or(Some(1), |base| lot_value(body, base)).ok_or(Reject::LotNotExact)?;
    require(body.tick >= 1, Reject::TickInvalid)?;
    let on_tick = body.min_price % body.tick == 0 && body.max_price % body.tick == 0;
    require(1 <= body.min_price && body.min_price <= body.max_price && on_tick, Reject::PriceRangeInvalid)?;
    let counted = (1..=limits::MAX_ORDER_QUANTITY).contains(&body.max_quantity)
        && body.max_quantity.checked_mul(lot_value).is_some();
    let counted = counted && (!is_future || is_counted(body, price_value));
    require(counted && body.max_notional >= 1, Reject::LimitInvalid)?;
    let rates = 0..=limits::MAX_FEE_RATE;
    let sound = rates.contains(&body.maker_fee_rate) && rates.contains(&body.taker_fee_rate);
    require(sound, Reject::FeeRateInvalid)?;
    let phases = (code::CONTINUOUS..=code::CLOSED).contains(&body.phase);
    require(phases && !(is_dealt && is_for_books(body.phase)), Reject::PhaseInvalid)?;
    Ok((price_value, lot_value))
}

/// Whether the largest order of a future can be counted at the highest price, so that every amount of a position can.
pub(crate) fn is_counted(body: &ListInstrument, price_value: i64) -> bool {
    let worth = i128::from(body.max_quantity) * i128::from(body.max_price);
    worth.checked_mul(i128::from(price_value)).is_some_and(|worth| worth < 1 << 62)
}

/// Ledger units of the quote asset for one price unit and one lot, if they are a whole positive number.
fn price_value(body: &ListInstrument, quote: &Asset) -> Option<i64> {
    if body.price_unit < 1 || body.lot_size < 1 {
        return None;
    }
    let product = i128::from(body.price_unit) * i128::from(body.lot_size);
    whole(product, 10i128.pow(18 - u32::from(quote.scale)))
}

/// Ledger units of the base asset in one lot, if they are a whole positive number.
fn lot_value(body: &ListInstrument, base: &Asset) -> Option<i64> {
    let scale = u32::from(base.scale);
    if scale >= 9 {
        i64::try_from(i128::from(body.lot_size) * 10i128.pow(scale - 9)).ok()
    } else {
        whole(i128::from(body.lot_size), 10i128.pow(9 - scale))
    }
}

fn whole(value: i128, divisor: i128) -> Option<i64> {
    if value % divisor == 0 { i64::try_from(value / divisor).ok().filter(|whole| *whole >= 1) } else { None }
}
