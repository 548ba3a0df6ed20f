//! `PlaceOrder`, the long way: every kind of order in every phase, checked in order of the reject codes.

use garraway_book::{NIL, Slot, Stand};
use garraway_types::{Command, Event, EventKind, FixedBody, Money, Price, Reject, Side, code, detail};

use super::{Judged, is_next_ref, require};
use crate::bands::{self, Priced, Reach};
use crate::dealing::Arriving;
use crate::emit::Emit;
use crate::engine::Engine;
use crate::extras::{Extra, Partner, Place};
use crate::instruments::Instrument;
use crate::limits::{self, Asked, AskedOfHouse};
use crate::links;
use crate::orders::{Mark, Order, rates, special_hold, spot_hold};
use crate::phases::{self, Admission};
use crate::ticks;

/// Flags that an order may have at all.
const FLAGS: u8 =
    code::POST_ONLY | code::HIDDEN | code::ONE_CANCELS_OTHER | code::ONE_TRIGGERS_OTHER | code::REDUCE_ONLY;

/// Who places an order where, and under which reference.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sender {
    pub(crate) account: u32,
    pub(crate) instrument: u32,
    pub(crate) client_ref: u64,
}

#[cold]
#[inline(never)]
pub(crate) fn place_special(
    engine: &mut Engine,
    command: &Command<'_>,
    body: &FixedBody,
    emit: &mut Emit<'_, '_>,
) -> Judged {
    let head = &command.head;
    let account = engine.accounts.get_mut(head.account).ok_or(Reject::AccountUnknown)?;
    require(is_next_ref(account, head.client_ref), Reject::ClientRefStale)?;
    account.last_ref = head.client_ref;
    let sender = Sender { account: head.account, instrument: head.instrument, client_ref: head.client_ref };
    judge_and_place(engine, sender, body, command.tail(), emit)
}

/// Everything of `PlaceOrder` behind the reference.
pub(crate) fn judge_and_place(
    engine: &mut Engine,
    sender: Sender,
    body: &FixedBody,
    tail: &[u8],
    emit: &mut Emit<'_, '_>,
) -> Judged {
    let instrument = engine.instruments.get(sender.instrument).ok_or(Reject::InstrumentUnknown)?;
    let future = instrument.listed.kind == code::FUTURE;
    require(!future || instrument.settlement != 0, Reject::ReferenceUnknown)?;
    let side = judge_fields(instrument, body, engine.last_at)?;
    let target = links::judge(engine, &sender, side, body)?;
    let instrument = engine.instruments.of_order(sender.instrument);
    let Admission { .. } = admission(instrument, body)?;
    require(!instrument.is_busy(), Reject::InstrumentBusy)?;

    let mut order = Placing::new(engine, sender, side, body, target);
    // Of a mass quote: what its orders before this one did.
    if engine.counting {
        engine.count_events(emit.uncounted());
    }
    order.judge_risk(engine)?;
    order.judge_entry(engine)?;
    order.place(engine, tail, emit);
    Ok(())
}

fn admission(instrument: &Instrument, body: &FixedBody) -> Result<Admission, Reject> {
    let FixedBody { order_type, time_in_force, flags, .. } = *body;
    let admission = Admission { order_type, time_in_force, flags };
    phases::admits(instrument, admission)?;
    Ok(admission)
}

/// The checks that need nothing but the order and the instrument's terms: from `SideInvalid` to `ExpiryInvalid`.
fn judge_fields(instrument: &Instrument, body: &FixedBody, now: i64) -> Result<Side, Reject> {
    let terms = &instrument.terms;
    let side = Side::from_code(body.side).ok_or(Reject::SideInvalid)?;
    let is_dealt = terms.is_dealt();
    let known = (code::LIMIT..=code::MARKET_PEG).contains(&body.order_type);
    require(known && !(is_dealt && is_for_books(body.order_type)), Reject::OrderTypeInvalid)?;
    let at_auction = body.time_in_force >= code::AT_OPEN;
    require(is_time_in_force(body) && !(is_dealt && at_auction), Reject::TimeInForceInvalid)?;
    require(body.flags & !flags_of(instrument, body) == 0, Reject::FlagsInvalid)?;
    let links = code::ONE_CANCELS_OTHER | code::ONE_TRIGGERS_OTHER;
    require(body.flags & links != links, Reject::FlagsInvalid)?;
    require(body.quantity >= 1, Reject::QuantityInvalid)?;
    require(ticks::is_on_tick(instrument, body.price), Reject::PriceOffTick)?;
    require((terms.min_price..=terms.max_price).contains(&body.price), Reject::PriceOutOfRange)?;
    require(is_display(body) && !(is_dealt && body.display != 0), Reject::DisplayInvalid)?;
    require(is_minimum(body) && !(is_dealt && body.minimum != 0), Reject::MinimumInvalid)?;
    require(is_trigger(instrument, body.order_type, body.trigger), Reject::TriggerInvalid)?;
    let expires = i64::from(body.expire_s) * 1_000_000_000;
    let expiry = if body.time_in_force == code::GOOD_TILL_DATE { expires > now } else { body.expire_s == 0 };
    require(expiry, Reject::ExpiryInvalid)?;
    Ok(side)
}

/// Whether the house deals no orders of a type.
fn is_for_books(order_type: u8) -> bool {
    order_type == code::MARKET_TO_LIMIT || order_type >= code::PRIMARY_PEG
}

fn is_resting(time_in_force: u8) -> bool {
    matches!(time_in_force, code::GOOD_TILL_CANCEL | code::DAY | code::GOOD_TILL_DATE)
}

fn is_time_in_force(body: &FixedBody) -> bool {
    let time = body.time_in_force;
    match body.order_type {
        code::LIMIT => (code::GOOD_TILL_CANCEL..=code::AT_CLOSE).contains(&time),
        code::MARKET => {
            matches!(time, code::IMMEDIATE_OR_CANCEL | code::FILL_OR_KILL | code::AT_OPEN | code::AT_CLOSE)
        }
        code::MARKET_TO_LIMIT => is_resting(time) || time == code::IMMEDIATE_OR_CANCEL,
        _ => is_resting(time),
    }
}

/// The flags that an order of this type and time in force may have.
fn flags_of(instrument: &Instrument, body: &FixedBody) -> u8 {
    let links = code::ONE_CANCELS_OTHER | code::ONE_TRIGGERS_OTHER;
    let allowed = match body.order_type {
        code::LIMIT if is_resting(body.time_in_force) => FLAGS,
        code::LIMIT | code::MARKET | code::MARKET_TO_LIMIT => code::REDUCE_ONLY,
        code::STOP | code::STOP_LIMIT | code::TRAILING_STOP => links | code::REDUCE_ONLY,
        _ => 0,
    };
    match instrument.listed.kind {
        code::FUTURE => allowed,
        code::CONTRACT => allowed & !(code::POST_ONLY | code::HIDDEN),
        _ => allowed & !code::REDUCE_ONLY,
    }
}

fn is_display(body: &FixedBody) -> bool {
    let can = body.order_type == code::LIMIT
        && is_resting(body.time_in_force)
        && body.flags & code::HIDDEN == 0
        && i64::from(body.display) < body.quantity;
    body.display == 0 || can
}

fn is_minimum(body: &FixedBody) -> bool {
    let can = body.order_type <= code::MARKET_TO_LIMIT
        && body.time_in_force != code::FILL_OR_KILL
        && body.flags & code::POST_ONLY == 0
        && body.display == 0
        && i64::from(body.minimum) <= body.quantity;
    body.minimum == 0 || can
}

/// Whether an order of this type may have this trigger, distance or offset.
pub(super) fn is_trigger(instrument: &Instrument, order_type: u8, trigger: i64) -> bool {
    let terms = &instrument.terms;
    match order_type {
        code::STOP | code::STOP_LIMIT => {
            (terms.min_price..=terms.max_price).contains(&trigger) && ticks::is_on_tick(instrument, trigger)
        }
        code::TRAILING_STOP => {
            (1..=terms.max_price).contains(&trigger) && trigger % terms.tick == 0 && has_start(instrument)
        }
        code::PRIMARY_PEG | code::MIDPOINT_PEG => {
            (-terms.max_price..=0).contains(&trigger) && trigger % terms.tick == 0
        }
        code::MARKET_PEG => (-terms.max_price..=-terms.tick).contains(&trigger) && trigger % terms.tick == 0,
        _ => trigger == 0,
    }
}

/// Whether there is a price from which a trailing stop can start.
fn has_start(instrument: &Instrument) -> bool {
    match &instrument.dealer {
        Some(dealer) => dealer.quote.is_any(),
        None => instrument.last != 0 || instrument.reference != 0,
    }
}

/// A sound order on its way in.
struct Placing<'a> {
    sender: Sender,
    side: Side,
    body: &'a FixedBody,
    /// The order to which it is linked.
    target: Slot,
    /// Limit or bound: of a market-to-limit order the best displayed opposite price.
    price: i64,
    /// Whether it is matched now: in continuous trading, neither a stop nor a child nor one for the close.
    enters: bool,
    /// Why it is cancelled right after `Accepted`, 0 if it is not.
    ends: u8,
    /// What must be held more than before, or why it cannot be counted.
    more_held: Result<Money, Reject>,
}

impl<'a> Placing<'a> {
    fn new(engine: &Engine, sender: Sender, side: Side, body: &'a FixedBody, target: Slot) -> Self {
        let stop = matches!(body.order_type, code::STOP | code::STOP_LIMIT | code::TRAILING_STOP);
        let waits = body.flags & code::ONE_TRIGGERS_OTHER != 0 || body.time_in_force == code::AT_CLOSE;
        let (mut price, mut ends, mut enters) = (body.price, 0, false);
        if let Some(instrument) = engine.instruments.get(sender.instrument) {
            enters = instrument.is_continuous() && !stop && !waits;
            if body.order_type == code::MARKET_TO_LIMIT {
                match instrument.book.best(side.opposite()) {
                    Some(best) if links::is_at_least(side, body.price, best.0) => price = best.0,
                    _ => ends = detail::NOT_FILLED,
                }
            }
        }
        let more_held = Ok(Money(0));
        let mut placing = Self { sender, side, body, target, price, enters, ends, more_held };
        placing.more_held = placing.held(engine);
        placing
    }

    fn judge_risk(&self, engine: &mut Engine) -> Judged {
        let instrument = engine.instruments.of_order(self.sender.instrument);
        let terms = instrument.terms;
        let open = self.body.quantity.min(i64::from(u32::MAX)) as u32;
        let asked = Asked {
            account: self.sender.account,
            instrument: self.sender.instrument,
            side: self.side,
            order_type: self.body.order_type,
            flags: self.body.flags,
            price: self.price,
            quantity: self.body.quantity,
            open,
            open_before: 0,
            is_replacement: false,
            more_held: self.more_held,
            asset: if self.side == Side::Buy { terms.quote } else { terms.base },
            dealt: if terms.is_dealt() { self.asked_of_house(engine) } else { AskedOfHouse::default() },
        };
        limits::judge_order(engine, &asked)
    }

    /// What the house is asked for: the position, and of a market order what it would be dealt now.
    fn asked_of_house(&self, engine: &Engine) -> AskedOfHouse {
        let Sender { account: number, instrument, .. } = self.sender;
        let (Some(account), Some(of)) = (engine.accounts.get(number), engine.instruments.get(instrument))
        else {
            return AskedOfHouse::default();
        };
        let (is_reducing, position) = self.position(engine);
        let is_child = self.body.flags & code::ONE_TRIGGERS_OTHER != 0;
        let mut asked = AskedOfHouse { is_reducing, is_child, position, ..AskedOfHouse::default() };
        let Some(dealer) = &of.dealer else { return asked };
        if self.body.order_type != code::MARKET || dealer.rules.market == code::AT_NEXT_QUOTE {
            return asked;
        }
        let order = Arriving {
            side: self.side,
            lots: self.body.quantity.min(i64::from(u32::MAX)) as u32,
            bound: self.price,
            is_whole: self.body.time_in_force == code::FILL_OR_KILL,
            group: account.group,
            plan: account.plan,
        };
        asked.lacks_quote = !dealer.is_fresh(engine.last_at);
        asked.deal = if asked.lacks_quote { None } else { engine.deal_at_once(instrument, &order) };
        asked
    }

    /// Whether the order may only reduce a position that the house has dealt, and which: of a hedging account the target, or that of the order with
    /// which it is paired.
    fn position(&self, engine: &Engine) -> (bool, u64) {
        let FixedBody { flags, target, .. } = *self.body;
        let reduces = flags & code::REDUCE_ONLY != 0;
        if !engine.is_hedging(self.sender.account) {
            return (reduces, 0);
        }
        if flags & code::ONE_CANCELS_OTHER != 0 {
            let other = &engine.slab[self.target];
            let shared = Mark(other.mark).is_reduce_only();
            let position = engine.extras.get(self.target).map_or(0, |extra| extra.position);
            return (reduces || shared, if shared { position } else { 0 });
        }
        if flags & code::ONE_TRIGGERS_OTHER != 0 {
            return (reduces, 0);
        }
        (reduces || target != 0, target)
    }

    /// What must be held more than before.
    fn held(&self, engine: &Engine) -> Result<Money, Reject> {
        let instrument = engine.instruments.get(self.sender.instrument).ok_or(Reject::InstrumentUnknown)?;
        let terms = &instrument.terms;
        let too_large = self.body.quantity > terms.max_quantity;
        let counted =
            self.price.checked_mul(self.body.quantity).and_then(|v| v.checked_mul(terms.price_value));
        if too_large || counted.is_none() {
            return Err(Reject::NotionalTooLarge);
        }
        let lots = self.body.quantity as u32;
        if self.body.flags & code::ONE_TRIGGERS_OTHER != 0 {
            return Ok(Money(0));
        }
        let plan = engine.accounts.get(self.sender.account).map_or(0, |account| account.plan);
        let own = if plan | terms.future == 0 {
            spot_hold(terms, terms.hold_rate, self.side, self.price, lots, 0)?
        } else {
            let reduce_only = u8::from(self.body.flags & code::REDUCE_ONLY != 0);
            let rates = rates(terms, &engine.groups.fees, plan);
            special_hold(terms, rates, [self.side as u8, reduce_only], self.price, lots, 0)?
        };
        if self.target == NIL {
            return Ok(own);
        }
        // Of a pair the dearer one counts; the target holds its part already.
        let target = &engine.slab[self.target].payload;
        Ok(Money((own.0 - target.held).max(0)))
    }

    /// `DryRunTooLarge` and `PostOnlyWouldTrade`; decides whether the order is cancelled at once.
    fn judge_entry(&mut self, engine: &mut Engine) -> Judged {
        let terms = &engine.instruments.of_order(self.sender.instrument).terms;
        if !self.enters || self.ends != 0 || terms.is_dealt() {
            return Ok(());
        }
        let FixedBody { order_type, time_in_force, flags, minimum, quantity, .. } = *self.body;
        let wanted = if time_in_force == code::FILL_OR_KILL { quantity as u32 } else { minimum };
        if wanted == 0 && flags & code::POST_ONLY == 0 {
            return Ok(());
        }
        engine.price_pegs(self.sender.instrument);
        if wanted != 0 {
            let priced = Priced { side: self.side, order_type, price: self.price };
            let fillable =
                engine.is_fillable(self.sender.instrument, self.sender.account, priced, wanted, 1)?;
            self.ends = if fillable { 0 } else { detail::NOT_FILLABLE };
        }
        if flags & code::POST_ONLY != 0 {
            let reached = engine.reaches_any(self.sender.instrument, self.side, self.price);
            require(!reached, Reject::PostOnlyWouldTrade)?;
        }
        Ok(())
    }

    fn place(self, engine: &mut Engine, tail: &[u8], emit: &mut Emit<'_, '_>) {
        let body = self.body;
        let released = -self.more_held.map_or(0, |held| held.0);
        let id = emit.own_with_tail(
            Event {
                account: self.sender.account,
                instrument: self.sender.instrument,
                side: self.side as u8,
                detail: body.time_in_force,
                client_ref: self.sender.client_ref,
                price: self.price,
                quantity: body.quantity,
                leaves: body.quantity,
                value: i64::from(body.order_type) + 256 * i64::from(body.flags),
                fee: if body.trigger != 0 { body.trigger } else { i64::from(body.display) },
                released,
                ..Event::empty(EventKind::Accepted)
            },
            tail,
        );
        let slot = self.insert(engine, id.0);
        if self.target == NIL {
            engine.hold_first(slot, -released);
        } else {
            let held = engine.rehold(slot);
            assert!(held == released, "an order holds {} as it was judged by {}", -held, -released);
        }
        if self.ends != 0 {
            engine.cancel_whole(slot, self.ends, true, emit);
        } else {
            engine.start(slot, emit);
        }
        engine.follow_up(self.sender.instrument, emit);
    }

    /// Puts the order into slab and index, with its extra entry where it is special, and links it.
    fn insert(&self, engine: &mut Engine, id: u64) -> Slot {
        let Sender { account, instrument, client_ref } = self.sender;
        let body = self.body;
        let mut mark = mark_of(body);
        let is_dealt = engine.instruments.of_order(instrument).terms.is_dealt();
        let (is_reducing, position) = if is_dealt { self.position(engine) } else { (false, 0) };
        if is_dealt {
            mark.0 |= Mark::SPECIAL | if is_reducing { Mark::REDUCE_ONLY } else { 0 };
        }
        let order = Order { client_ref, held: 0, account, instrument, carry: 0, filled: 0 };
        let plan = engine.accounts.of_order(account).plan;
        let price = Price(self.price);
        let slot = engine.slab.insert(price, id, body.quantity as u32, self.side, [mark.0, plan], order);
        engine.index.insert(account, client_ref, slot);
        engine.accounts.of_order(account).open_orders += 1;
        if mark.is_special() {
            let client_group = if is_dealt { engine.accounts.of_order(account).group } else { 0 };
            engine.extras.insert(slot, Extra { client_group, position, ..extra_of(instrument, body) });
            if body.expire_s != 0 {
                engine.expiries.insert((body.expire_s, id, slot));
            }
            if body.flags & code::ONE_CANCELS_OTHER != 0 {
                engine.pair(slot, self.target);
            } else if body.flags & code::ONE_TRIGGERS_OTHER != 0 {
                engine.adopt(self.target, slot);
            }
        }
        slot
    }
}

fn mark_of(body: &FixedBody) -> Mark {
    let bound = matches!(body.order_type, code::MARKET | code::STOP | code::TRAILING_STOP);
    let peg = body.order_type >= code::PRIMARY_PEG;
    let links = code::ONE_CANCELS_OTHER | code::ONE_TRIGGERS_OTHER;
    let special = body.order_type >= code::STOP
        || body.flags & (code::HIDDEN | links | code::REDUCE_ONLY) != 0
        || body.display | body.minimum | body.expire_s != 0
        || body.time_in_force >= code::AT_OPEN;
    let bit = |on: bool, bit: u8| if on { bit } else { 0 };
    Mark(
        body.time_in_force
            | bit(body.flags & code::POST_ONLY != 0, Mark::POST_ONLY)
            | bit(body.flags & code::HIDDEN != 0 || peg, Mark::HIDDEN)
            | bit(body.flags & code::REDUCE_ONLY != 0, Mark::REDUCE_ONLY)
            | bit(bound, Mark::BOUND)
            | bit(special, Mark::SPECIAL),
    )
}

fn extra_of(instrument: u32, body: &FixedBody) -> Extra {
    Extra {
        instrument,
        // At rest a market-to-limit order is a limit order.
        order_type: if body.order_type == code::MARKET_TO_LIMIT { code::LIMIT } else { body.order_type },
        place: Place::Book,
        display: body.display,
        minimum: body.minimum,
        trigger: body.trigger,
        expire_s: body.expire_s,
        partner: Partner::None,
        ..Extra::default()
    }
}

impl Engine {
    /// Whether an order would trade at this price with the best opposite one, hidden orders and pegs included.
    pub(crate) fn reaches_any(&self, instrument: u32, side: Side, price: i64) -> bool {
        self.first_opposite(instrument, side).is_some_and(|(best, _)| links::is_at_least(side, price, best))
    }

    /// How far an order of this instrument that enters now may go.
    pub(crate) fn reach(&self, instrument: u32, order: Priced) -> Reach {
        match self.instruments.get(instrument) {
            Some(instrument) => bands::reach(instrument, order),
            None => Reach { limit: order.price, worst: order.price },
        }
    }

    /// Where a limit order stands in the book.
    pub(crate) fn stand_of(mark: Mark) -> Stand {
        if mark.is_hidden() { Stand::Hidden } else { Stand::Displayed }
    }
}
