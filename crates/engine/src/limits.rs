//! What an order is asked last: kill switches, rates, sizes, positions, counts, holds, losses. In the order of the reject codes.

use garraway_types::{AccountId, AssetId, Money, Reject, Side, code};

use crate::accounts::{self, Account};
use crate::bands::{self, Priced};
use crate::dealing::Deal;
use crate::engine::Engine;
use crate::instruments::{Instrument, Terms, guard};
use crate::limit_sets::LimitSet;
use crate::positions::{most_lots, reducible};

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
    /// Of what the house deals.
    pub(crate) dealt: AskedOfHouse,
}

/// What an order asks of the house.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AskedOfHouse {
    /// Whether it may only reduce a position.
    pub(crate) is_reducing: bool,
    /// Whether it waits for another one: it is reduced when it is dealt.
    pub(crate) is_child: bool,
    /// Of a hedging account: the position that it reduces.
    pub(crate) position: u64,
    /// What it would be dealt as it arrives.
    pub(crate) deal: Option<Deal>,
    /// Whether there is no quote at which it could be dealt as it arrives.
    pub(crate) lacks_quote: bool,
}

impl Asked {
    fn is_reduce_only(&self) -> bool {
        self.flags & code::REDUCE_ONLY != 0 || self.dealt.is_reducing
    }
}

/// The limits that apply to an order.
struct Applying {
    account: Account,
    /// The account's own, its group's, its firm's.
    sets: [LimitSet; 3],
    instrument: LimitSet,
}

type Judged = Result<(), Reject>;

fn require(condition: bool, reason: Reject) -> Judged {
    if condition { Ok(()) } else { Err(reason) }
}

/// Whether a value is within a limit of which 0 is none.
fn is_within(value: i128, most: i64) -> bool {
    most == 0 || value <= i128::from(most)
}

/// The checks from `KillSwitched` to `Restricted`, in the order of their codes.
pub(crate) fn judge_order(engine: &mut Engine, asked: &Asked) -> Judged {
    let account = engine.accounts.get(asked.account).ok_or(Reject::AccountUnknown)?;
    let instrument = engine.instruments.get(asked.instrument).ok_or(Reject::InstrumentUnknown)?;
    // Where neither guard says so there are no limits, switches and lists to look for.
    let is_free = account.guard & accounts::guard::JUDGED == 0
        && instrument.guard & guard::LIMITS == 0
        && engine.guard == 0;
    if is_free && instrument.terms.future == 0 && !asked.is_reduce_only() {
        return judge_free(engine, account, instrument, asked);
    }
    let account = *account;
    let applying = if is_free {
        Applying { account, sets: Default::default(), instrument: LimitSet::default() }
    } else {
        Applying {
            account,
            sets: engine.limits_of(asked.account, &account),
            instrument: engine.limits.get(code::SCOPE_INSTRUMENT, asked.instrument),
        }
    };
    if !is_free {
        judge_switches(engine, asked, &account)?;
        draw(engine, asked, &applying)?;
    }
    let instrument = engine.instruments.get(asked.instrument).ok_or(Reject::InstrumentUnknown)?;
    judge_size(instrument, asked, &applying)?;
    judge_position(engine, instrument, asked, &applying)?;
    if !asked.is_replacement {
        judge_counts(engine, asked, &applying)?;
    }
    judge_funds(engine, asked, &applying)?;
    if !is_free {
        judge_loss(engine, asked, &applying)?;
        judge_restrictions(engine, asked, &account)?;
    }
    require(!asked.dealt.lacks_quote, Reject::QuoteMissing)
}

/// The same checks of an order in spot to which no limits but those of its account and instrument apply.
fn judge_free(engine: &Engine, account: &Account, instrument: &Instrument, asked: &Asked) -> Judged {
    let terms = &instrument.terms;
    require(asked.quantity <= terms.max_quantity.min(account.max_quantity), Reject::QuantityTooLarge)?;
    let Asked { side, order_type, price, .. } = *asked;
    bands::judge_price(instrument, Priced { side, order_type, price })?;
    let value = price.checked_mul(asked.quantity).and_then(|v| v.checked_mul(terms.price_value));
    let most = terms.max_notional.min(account.max_notional);
    require(value.is_some_and(|value| value <= most), Reject::NotionalTooLarge)?;
    if !asked.is_replacement {
        require(account.open_orders < account.max_open_orders, Reject::OpenOrdersTooMany)?;
        require(engine.slab.live() < engine.setup.capacity, Reject::OrdersFull)?;
    }
    let more = asked.more_held?;
    let is_free = more.0 <= 0 || engine.ledger.is_free(AccountId(account.payer), asked.asset, more);
    require(is_free, Reject::FundsInsufficient)
}

fn judge_switches(engine: &Engine, asked: &Asked, account: &Account) -> Judged {
    let scopes = [
        (code::SCOPE_ACCOUNT, asked.account),
        (code::SCOPE_FIRM, account.firm),
        (code::SCOPE_INSTRUMENT, asked.instrument),
        (code::SCOPE_VENUE, 0),
    ];
    let killed = scopes.iter().any(|(scope, id)| engine.limits.is_killed(*scope, *id));
    require(!killed, Reject::KillSwitched)
}

/// Draws on the buckets of account, firm and instrument.
fn draw(engine: &mut Engine, asked: &Asked, applying: &Applying) -> Judged {
    let rates = [
        (code::SCOPE_ACCOUNT, asked.account, engine.rate_of(asked.account, &applying.account)),
        (code::SCOPE_FIRM, applying.account.firm, applying.sets[2].max_rate),
        (code::SCOPE_INSTRUMENT, asked.instrument, applying.instrument.max_rate),
    ];
    let limited: Vec<_> = rates.into_iter().filter(|(_, _, rate)| *rate != 0).collect();
    if limited.is_empty() { Ok(()) } else { engine.limits.draw(&limited, engine.last_at) }
}

/// Quantity, price, value.
fn judge_size(instrument: &Instrument, asked: &Asked, applying: &Applying) -> Judged {
    let terms = &instrument.terms;
    let sets = || applying.sets.iter().chain([&applying.instrument]);
    let quantity = i128::from(asked.quantity);
    let most = terms.max_quantity.min(applying.account.max_quantity);
    let sized = asked.quantity <= most && sets().all(|set| is_within(quantity, set.max_quantity));
    require(sized, Reject::QuantityTooLarge)?;
    bands::judge_price(
        instrument,
        Priced { side: asked.side, order_type: asked.order_type, price: asked.price },
    )?;
    let value = asked.price.checked_mul(asked.quantity).and_then(|v| v.checked_mul(terms.price_value));
    let value = value.ok_or(Reject::NotionalTooLarge)?;
    let most = terms.max_notional.min(applying.account.max_notional);
    let worth = value <= most && sets().all(|set| is_within(i128::from(value), set.max_notional));
    require(worth, Reject::NotionalTooLarge)
}

/// Lots held and open against the limits of positions; what a reduce-only order may close.
fn judge_position(engine: &Engine, instrument: &Instrument, asked: &Asked, applying: &Applying) -> Judged {
    let terms = &instrument.terms;
    if terms.is_dealt() {
        return judge_dealt_position(engine, terms, asked, applying);
    }
    let is_future = instrument.guard & guard::FUTURE != 0;
    let [own, group, _] = applying.sets;
    if is_future || own.max_position != 0 || group.max_position != 0 {
        let held = if is_future {
            i128::from(engine.positions.lots(terms.number, asked.account))
        } else {
            let balance = engine.ledger.balance(engine.accounts.payer(asked.account), terms.base);
            balance.unwrap_or_default().total.div_euclid(i128::from(terms.lot_value))
        };
        let open = engine.exposures.lots(asked.account, terms.number)[asked.side as usize - 1];
        let open = i128::from(open) - i128::from(asked.open_before) + i128::from(asked.open);
        let most = if is_future { most_lots(terms.max_price, terms.price_value) } else { 0 };
        let reached = match asked.side {
            Side::Buy => held + open,
            Side::Sell if is_future => open - held,
            Side::Sell => i128::MIN,
        };
        let within =
            [own.max_position, group.max_position, most].iter().all(|most| is_within(reached, *most));
        require(within, Reject::PositionTooLarge)?;
    }
    if asked.is_reduce_only() {
        let closes = reducible(asked.side, engine.positions.lots(terms.number, asked.account));
        require(asked.open <= closes, Reject::PositionTooSmall)?;
    }
    Ok(())
}

/// The same of what the house deals. Other open orders count for limits only.
fn judge_dealt_position(engine: &Engine, terms: &Terms, asked: &Asked, applying: &Applying) -> Judged {
    let (number, account) = (terms.number, asked.account);
    if asked.is_reduce_only() {
        let lots = engine.dealt.get((number, account, asked.dealt.position)).lots;
        let closes = asked.dealt.is_child || asked.open <= reducible(asked.side, lots);
        return require(closes, Reject::PositionTooSmall);
    }
    let [own, group, _] = applying.sets;
    let held = engine.dealt.lots_of_side(number, account, asked.side, applying.account.is_hedging);
    let open = engine.exposures.lots(account, number)[asked.side as usize - 1];
    let open = i128::from(open) - i128::from(asked.open_before) + i128::from(asked.open);
    let limited = [own.max_position, group.max_position].iter().all(|most| is_within(held + open, *most));
    let most = most_lots(terms.max_price, terms.price_value);
    let counted = held + i128::from(asked.open) <= i128::from(most);
    require(limited && counted, Reject::PositionTooLarge)
}

/// Open orders, with this one.
fn judge_counts(engine: &Engine, asked: &Asked, applying: &Applying) -> Judged {
    let account = &applying.account;
    let [own, group, firm] = applying.sets.map(|set| set.max_open_orders);
    let below = |open: i64, most: u32| most == 0 || open < i64::from(most);
    let open = i64::from(account.open_orders);
    let counted = account.open_orders < account.max_open_orders
        && below(open, own)
        && below(open, group)
        && below(engine.exposures.firm_orders(account.firm), firm)
        && below(engine.exposures.instrument_orders(asked.instrument), applying.instrument.max_open_orders);
    require(counted, Reject::OpenOrdersTooMany)?;
    require(engine.slab.live() < engine.setup.capacity, Reject::OrdersFull)
}

/// What is held, with this order; what is free for it.
fn judge_funds(engine: &Engine, asked: &Asked, applying: &Applying) -> Judged {
    let asset = asked.asset.0;
    let more = asked.more_held.map_or(i128::MAX >> 1, |more| i128::from(more.0));
    if more > 0 {
        let [own, group, firm] = applying.sets;
        let held = engine.exposures.held(asked.account, asset);
        let of_firm = engine.exposures.firm_held(applying.account.firm, asset);
        let within = [(own, held), (group, held), (firm, of_firm)]
            .iter()
            .all(|(set, held)| set.asset != asset || is_within(held + more, set.max_held));
        require(within, Reject::HeldTooMuch)?;
    }
    let more = asked.more_held?;
    let payer = engine.accounts.payer(asked.account);
    require(more.0 <= 0 || engine.ledger.is_free(payer, asked.asset, more), Reject::FundsInsufficient)?;
    let key = (asked.instrument, asked.account, asked.dealt.position);
    let covered = asked.dealt.deal.is_none_or(|deal| engine.could_deal(key, &deal));
    require(covered, Reject::FundsInsufficient)
}

fn judge_loss(engine: &Engine, asked: &Asked, applying: &Applying) -> Judged {
    if asked.is_reduce_only() {
        return Ok(());
    }
    let [own, group, _] = applying.sets;
    for set in [own, group] {
        if set.max_loss != 0 {
            let loss = -engine.day_result(asked.account, set.asset);
            require(loss < i128::from(set.max_loss), Reject::LossReached)?;
        }
    }
    Ok(())
}

fn judge_restrictions(engine: &Engine, asked: &Asked, account: &Account) -> Judged {
    let scopes = [
        (code::SCOPE_ACCOUNT, asked.account),
        (code::SCOPE_GROUP, u32::from(account.group)),
        (code::SCOPE_FIRM, account.firm),
    ];
    let restricted =
        scopes.iter().any(|(scope, id)| engine.limits.is_restricted(*scope, *id, asked.instrument));
    require(!restricted, Reject::Restricted)
}
