//! What an order is asked last: kill switches, rates, sizes, positions, counts, holds, losses.

use garraway_types::{AccountId, AssetId, Money, Reject, Side};

use crate::bands::{self, Priced};
use crate::engine::Engine;

/// An order or replacement that is sound and waits for its risk checks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) account: u32,
    pub(crate) instrument: u32,
    pub(crate) side: Side,
    pub(crate) order_type: u8,
    pub(crate) flags: u8,
    pub(crate) price: i64,
    /// Total lots, as sent.
    pub(crate) quantity: i64,
    /// Lots that would be open; of a replacement the new ones.
    pub(crate) open: u32,
    /// Of a replacement: lots that are open before. 0 of a new order.
    pub(crate) open_before: u32,
    pub(crate) is_replacement: bool,
    /// What must be held more than before, or why it cannot be counted.
    pub(crate) more_held: Result<Money, Reject>,
    pub(crate) asset: AssetId,
}

/// The checks from `KillSwitched` to `Restricted`, in the order of their codes.
pub(crate) fn judge_order(engine: &mut Engine, asked: &Asked) -> Result<(), Reject> {
    let account = engine.accounts.get(asked.account).ok_or(Reject::AccountUnknown)?;
    let instrument = engine.instruments.get(asked.instrument).ok_or(Reject::InstrumentUnknown)?;
    let terms = &instrument.terms;
    if asked.quantity > terms.max_quantity.min(account.max_quantity) {
        return Err(Reject::QuantityTooLarge);
    }
    let priced = Priced { side: asked.side, order_type: asked.order_type, price: asked.price };
    bands::judge_price(instrument, priced)?;
    let value = asked.price.checked_mul(asked.quantity).and_then(|v| v.checked_mul(terms.price_value));
    if value.is_none_or(|value| value > terms.max_notional.min(account.max_notional)) {
        return Err(Reject::NotionalTooLarge);
    }
    if !asked.is_replacement {
        if account.open_orders >= account.max_open_orders {
            return Err(Reject::OpenOrdersTooMany);
        }
        if engine.slab.live() >= engine.setup.capacity {
            return Err(Reject::OrdersFull);
        }
    }
    let more = asked.more_held?;
    if more.0 > 0 && !engine.ledger.is_free(AccountId(asked.account), asked.asset, more) {
        return Err(Reject::FundsInsufficient);
    }
    Ok(())
}
