//! `BustTrade`: a trade is taken back, or its price corrected, by postings of its own.

use garraway_book::NIL;
use garraway_types::{
    AccountId, AssetId, BustTrade, Command, Event, EventId, EventKind, Reject, code, detail, limits,
};

use super::{Judged, require};
use crate::emit::Emit;
use crate::engine::Engine;
use crate::instruments::Terms;
use crate::positions::{self, Position, most_lots};

/// Amounts of a trade that is taken back stay below this.
const MOST: i128 = 1 << 62;

/// What a trade taken back or corrected moves.
#[derive(Clone, Copy, Debug)]
struct Amounts {
    /// Ledger units of the base asset that go back; 0 of a future and of a correction.
    delivered: i64,
    /// What the buyer gains and the seller loses in the quote asset, fees left out.
    paid: i64,
    buyer_fee: i64,
    seller_fee: i64,
    /// Lots of a future that go back.
    lots: i64,
}

/// One posting: asset and legs.
type Posting = (AssetId, Vec<(AccountId, i64)>);

pub(crate) fn bust_trade(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let body: BustTrade = command.body();
    let number = command.head.instrument;
    let open = |account: u32| engine.accounts.get(account).is_some();
    require(open(body.buyer) && open(body.seller), Reject::AccountUnknown)?;
    let instrument = engine.instruments.get(number);
    require(!instrument.is_some_and(|of| of.terms.is_dealt()), Reject::ExecutionInvalid)?;
    let instrument = instrument.ok_or(Reject::InstrumentUnknown)?;
    let (terms, settlement) = (instrument.terms, instrument.settlement);
    let is_future = instrument.listed.kind == code::FUTURE;
    require(!is_future || settlement != 0, Reject::ReferenceUnknown)?;
    let known = !engine.busted.contains(&body.trade) && EventId(body.trade).command_seq() < engine.last_seq;
    require(known, Reject::TradeInvalid)?;
    let amounts = amounts(&body, &terms, is_future.then_some(settlement)).ok_or(Reject::TradeInvalid)?;
    require(!instrument.is_busy() && instrument.working == NIL, Reject::InstrumentBusy)?;
    let (buyer, seller) = (engine.accounts.payer(body.buyer), engine.accounts.payer(body.seller));
    let postings = postings(&terms, &body, amounts, buyer, seller, is_future);
    let sides = [(body.buyer, buyer, -amounts.lots), (body.seller, seller, amounts.lots)];
    judge_positions(engine, &terms, sides)?;
    judge_funds(engine, &terms, settlement, &postings, sides)?;

    engine.busted.insert(body.trade);
    emit.own(Event {
        instrument: number,
        price: body.price,
        quantity: body.quantity,
        value: body.trade as i64,
        fee: body.new_price,
        ..Event::empty(EventKind::TradeBusted)
    });
    let what = if body.new_price == 0 { detail::BUST } else { detail::CORRECTION };
    post(engine, &postings, what, body.trade, command, emit);
    for (account, _, lots) in sides {
        engine.change_position(number, account, lots);
    }
    Ok(())
}

/// What is moved, if the trade can be one: everything that can be said against it alone is said here.
fn amounts(body: &BustTrade, terms: &Terms, settlement: Option<i64>) -> Option<Amounts> {
    let counted =
        |value: i128| i64::try_from(value).ok().filter(|value| i128::from(value.unsigned_abs()) < MOST);
    let sound = (1..=1 << 62).contains(&body.price)
        && (1..=limits::MAX_ORDER_QUANTITY).contains(&body.quantity)
        && (0..=1 << 62).contains(&body.new_price)
        && body.new_price != body.price;
    if !sound {
        return None;
    }
    let lot_price = i128::from(body.quantity) * i128::from(terms.price_value);
    let at = |price: i64| i128::from(price).checked_mul(lot_price).and_then(counted);
    let (value, new_value) = (at(body.price)?, at(body.new_price)?);
    let fees = [body.buyer_fee, body.seller_fee];
    if fees.iter().any(|fee| fee.unsigned_abs() > value as u64) {
        return None;
    }
    let (mut delivered, mut lots) = (counted(i128::from(body.quantity) * i128::from(terms.lot_value))?, 0);
    let mut paid = value;
    if let Some(settlement) = settlement {
        paid = counted(i128::from(body.price - settlement).checked_mul(lot_price)?)?;
        (delivered, lots) = (0, body.quantity);
    }
    if body.new_price != 0 {
        let paid = value - new_value;
        return Some(Amounts { delivered: 0, paid, buyer_fee: 0, seller_fee: 0, lots: 0 });
    }
    Some(Amounts { delivered, paid, buyer_fee: fees[0], seller_fee: fees[1], lots })
}

fn postings(
    terms: &Terms,
    body: &BustTrade,
    amounts: Amounts,
    buyer: AccountId,
    seller: AccountId,
    is_future: bool,
) -> Vec<Posting> {
    let Amounts { delivered, paid, buyer_fee, seller_fee, .. } = amounts;
    if body.new_price != 0 {
        return vec![(terms.quote, vec![(buyer, paid), (seller, -paid)])];
    }
    let money = vec![
        (buyer, paid + buyer_fee),
        (seller, -paid + seller_fee),
        (AccountId::FEES, -buyer_fee - seller_fee),
    ];
    if is_future {
        return vec![(terms.quote, money)];
    }
    vec![(terms.base, vec![(buyer, -delivered), (seller, delivered)]), (terms.quote, money)]
}

/// Positions that go back must stay countable, with what is open.
fn judge_positions(engine: &Engine, terms: &Terms, sides: [(u32, AccountId, i64); 2]) -> Judged {
    if sides[0].0 == sides[1].0 {
        return Ok(());
    }
    let most = most_lots(terms.max_price, terms.price_value);
    for (account, _, lots) in sides {
        if lots != 0 {
            let held = engine.positions.lots(terms.number, account) + lots;
            let [buys, sells] = engine.exposures.lots(account, terms.number);
            require(held + buys <= most && sells - held <= most, Reject::PositionTooLarge)?;
        }
    }
    Ok(())
}

/// What each account loses in all, collateral included, must be free.
fn judge_funds(
    engine: &Engine,
    terms: &Terms,
    settlement: i64,
    postings: &[Posting],
    sides: [(u32, AccountId, i64); 2],
) -> Judged {
    for (_, payer, _) in sides {
        for (asset, legs) in postings {
            let of_payer = legs.iter().filter(|(account, _)| *account == payer);
            let mut gain: i128 = of_payer.map(|(_, change)| i128::from(*change)).sum();
            if *asset == terms.quote && sides[0].0 != sides[1].0 {
                for (account, _, lots) in sides.iter().filter(|(_, of, _)| *of == payer) {
                    let before = engine.positions.get(terms.number, *account, settlement);
                    let after = Position { lots: before.lots + lots, ..before };
                    gain += i128::from(positions::collateral(terms, before));
                    gain -= i128::from(positions::collateral(terms, after));
                }
            }
            let balance = engine.ledger.balance(payer, *asset).unwrap_or_default();
            require(gain >= 0 || balance.total - balance.held >= -gain, Reject::FundsInsufficient)?;
        }
    }
    Ok(())
}

/// Posts and says every leg; the first with the command's source and tail.
fn post(
    engine: &mut Engine,
    postings: &[Posting],
    what: u8,
    trade: u64,
    command: &Command<'_>,
    emit: &mut Emit<'_, '_>,
) {
    let mut is_first = true;
    for (asset, legs) in postings {
        engine.ledger.post_all(*asset, legs);
        for (account, change) in legs {
            let event = Event {
                account: account.0,
                instrument: asset.0,
                detail: what,
                value: *change,
                fee: trade as i64,
                ..Event::empty(EventKind::Posted)
            };
            if std::mem::take(&mut is_first) {
                emit.own_with_tail(event, command.tail());
            } else {
                emit.anonymous(event);
            }
        }
    }
}

impl Engine {
    /// Brings a position in a future to other lots, and its collateral with it.
    pub(crate) fn change_position(&mut self, instrument: u32, account: u32, lots: i64) {
        if lots == 0 {
            return;
        }
        let of = self.instruments.of_order(instrument);
        let (terms, settlement) = (of.terms, of.settlement);
        let before = self.positions.get(instrument, account, settlement);
        let after = Position { lots: before.lots + lots, ..before };
        let more = positions::collateral(&terms, after) - positions::collateral(&terms, before);
        self.ledger.hold_more(self.accounts.payer(account), terms.quote, more);
        self.positions.put(instrument, account, after);
    }
}
