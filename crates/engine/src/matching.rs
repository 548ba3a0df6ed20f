//! An incoming order meets the book: fills, their ledger legs, their events, and what becomes of the rest.

use garraway_book::{Fills, Node, Prevented, Slot};
use garraway_types::{AccountId, Event, EventId, EventKind, Money, Price, Reject, Side, detail};

use crate::accounts::Accounts;
use crate::emit::Emit;
use crate::engine::Engine;
use crate::groups::{FeeTable, Rates};
use crate::index::Index;
use crate::instruments::{Terms, guard};
use crate::ledger::Ledger;
use crate::links::is_at_least;
use crate::orders::{Mark, Order, fee, hold, rates, signed_fee, spot_hold};
use crate::own::Own;
use crate::statistics::Tally;

/// Events for which there must be room before an order is met: three of a trade, a refill, and one that may end the order.
pub(crate) const ROOM: u16 = 5;

/// An order on its way into the book. Its hold is placed already.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Incoming {
    pub(crate) id: EventId,
    pub(crate) side: Side,
    pub(crate) price: i64,
    pub(crate) leaves: u32,
    pub(crate) mark: Mark,
    pub(crate) plan: u8,
    pub(crate) order: Order,
}

impl Incoming {
    /// An order of the slab that goes on matching.
    pub(crate) fn from_slab(node: &Node<Order>) -> Self {
        Self {
            id: EventId(node.sequence),
            side: node.side,
            price: node.price.0,
            leaves: node.leaves,
            mark: Mark(node.mark),
            plan: node.plan,
            order: node.payload,
        }
    }
}

impl Engine {
    /// Matches an incoming order that is not in the slab, and puts it there if something of it stays open.
    #[inline(always)]
    pub(crate) fn enter(&mut self, incoming: &mut Incoming, own: Own, emit: &mut Emit<'_, '_>) {
        let instrument = self.instruments.of_order(incoming.order.instrument);
        let best = instrument.book.best(incoming.side.opposite());
        let reaches = best.is_some_and(|best| is_at_least(incoming.side, incoming.price, best.0));
        let finished = !reaches || self.match_incoming(incoming, own, emit);
        if finished && !self.stays(incoming, emit) {
            return self.after_matching(incoming.order.instrument, emit);
        }
        let order = &incoming.order;
        let slot = self.slab.insert(
            Price(incoming.price),
            incoming.id.0,
            incoming.leaves,
            incoming.side,
            [incoming.mark.0, incoming.plan],
            *order,
        );
        self.index.insert(order.account, order.client_ref, slot);
        self.accounts.of_order(order.account).open_orders += 1;
        self.settle_down(slot, order.instrument, finished, emit);
    }

    /// Goes on with a plain order of the slab that stands in no level.
    pub(crate) fn enter_again(&mut self, slot: Slot, emit: &mut Emit<'_, '_>) {
        let mut incoming = Incoming::from_slab(&self.slab[slot]);
        let number = incoming.order.account;
        let own = Own::of(number, self.accounts.of_order(number));
        let finished = self.match_incoming(&mut incoming, own, emit);
        if finished && !self.stays(&incoming, emit) {
            self.forget(slot);
            return self.after_matching(incoming.order.instrument, emit);
        }
        let node = &mut self.slab[slot];
        node.leaves = incoming.leaves;
        node.payload = incoming.order;
        self.settle_down(slot, incoming.order.instrument, finished, emit);
    }

    /// Rests an order that has matched, or marks it as the one its instrument works on.
    #[inline(always)]
    fn settle_down(&mut self, slot: Slot, number: u32, finished: bool, emit: &mut Emit<'_, '_>) {
        if finished {
            let instrument = self.instruments.of_order(number);
            instrument.book.rest(&mut self.slab, slot);
            self.after_matching(number, emit);
        } else {
            self.begin_plain_work(number, slot);
        }
    }

    /// Like [`Engine::begin_work`], of an order that came the plain way: nothing but its limit bounds it.
    #[cold]
    fn begin_plain_work(&mut self, number: u32, slot: Slot) {
        let price = self.slab[slot].price.0;
        let instrument = self.instruments.of_order(number);
        (instrument.limit, instrument.worst) = (price, price);
        self.begin_work(number, slot);
    }

    /// The one place after an order that entered has come to its end: last price, statistics, and what follows from its trades.
    #[inline(always)]
    pub(crate) fn after_matching(&mut self, number: u32, emit: &mut Emit<'_, '_>) {
        let instrument = self.instruments.of_order(number);
        if instrument.watch != 0 || instrument.run.trades != 0 {
            self.follow_up(number, emit);
        }
    }

    /// Marks an order as the one its instrument works on.
    #[cold]
    pub(crate) fn begin_work(&mut self, number: u32, slot: Slot) {
        let instrument = self.instruments.of_order(number);
        instrument.working = slot;
        instrument.set_guard(guard::BUSY, true);
        self.busy.insert(number);
    }

    /// Trades as long as prices meet and the command has room for events. Returns whether matching came to its end.
    #[inline(always)]
    fn match_incoming(&mut self, incoming: &mut Incoming, own: Own, emit: &mut Emit<'_, '_>) -> bool {
        let instrument = self.instruments.of_order(incoming.order.instrument);
        let (side, price, leaves) = (incoming.side, Price(incoming.price), incoming.leaves);
        let mut settlement = Settlement {
            terms: &instrument.terms,
            ledger: &mut self.ledger,
            accounts: &mut self.accounts,
            fees: &self.groups.fees,
            index: &mut self.index,
            incoming,
            emit,
            own,
            stopped: false,
            tally: Tally::default(),
        };
        instrument.book.take(&mut self.slab, side, price, leaves, &mut settlement);
        let (stopped, tally) = (settlement.stopped, settlement.tally);
        if tally.trades != 0 {
            if stopped || instrument.watch != 0 || instrument.run.trades != 0 {
                instrument.keep(&tally);
            } else {
                instrument.last = tally.last;
                instrument.day.take(&tally);
            }
        }
        !stopped
    }

    /// An order of the slab that stands nowhere trades with the plain orders that it meets first, up to the first that is not plain, as long
    /// as the command has room. `limit` is the worst price. The order must be [`Engine::is_plain_taker`].
    /// Returns whether it traded at all.
    pub(crate) fn take_plain(&mut self, taker: Slot, limit: i64, own: Own, emit: &mut Emit<'_, '_>) -> bool {
        let mut incoming = Incoming::from_slab(&self.slab[taker]);
        let (side, leaves) = (incoming.side, incoming.leaves);
        let instrument = self.instruments.of_order(incoming.order.instrument);
        let settlement = Settlement {
            terms: &instrument.terms,
            ledger: &mut self.ledger,
            accounts: &mut self.accounts,
            fees: &self.groups.fees,
            index: &mut self.index,
            incoming: &mut incoming,
            emit,
            own,
            stopped: false,
            tally: Tally::default(),
        };
        let mut plain = PlainOnly(settlement);
        instrument.book.take(&mut self.slab, side, Price(limit), leaves, &mut plain);
        let tally = plain.0.tally;
        if tally.trades != 0 {
            instrument.keep(&tally);
            let node = &mut self.slab[taker];
            (node.leaves, node.payload) = (incoming.leaves, incoming.order);
        }
        tally.trades != 0
    }

    /// Whether what is left of an order that has matched stays open; if not, it is cancelled here.
    #[inline(always)]
    fn stays(&mut self, incoming: &Incoming, emit: &mut Emit<'_, '_>) -> bool {
        if incoming.leaves == 0 {
            return false;
        }
        if incoming.mark.rests() {
            return true;
        }
        self.cancel_incoming(incoming, detail::NOT_FILLED, emit);
        false
    }

    /// Cancels what is left of an order that is in no level.
    pub(crate) fn cancel_incoming(&mut self, incoming: &Incoming, why: u8, emit: &mut Emit<'_, '_>) {
        let Incoming { id, side, price, leaves, order, .. } = *incoming;
        let terms = &self.instruments.of_order(order.instrument).terms;
        let asset = if side == Side::Buy { terms.quote } else { terms.base };
        self.ledger.release(AccountId(order.account), asset, Money(order.held));
        emit.own(Event {
            account: order.account,
            instrument: order.instrument,
            side: side as u8,
            detail: why,
            client_ref: order.client_ref,
            price,
            quantity: i64::from(leaves),
            value: id.0 as i64,
            released: order.held,
            ..Event::empty(EventKind::Canceled)
        });
    }

    /// Takes an order that is done, stands in no level and is not being worked off out of slab and index.
    #[inline(always)]
    pub(crate) fn forget(&mut self, slot: Slot) {
        let Order { account, client_ref, .. } = self.slab[slot].payload;
        self.index.remove(account, client_ref, slot);
        self.slab.remove(slot);
        self.accounts.of_order(account).open_orders -= 1;
    }

    /// Two plain orders of the book trade at the price of an auction, as many lots as both have.
    pub(crate) fn trade_plain(&mut self, maker: Slot, taker: Slot, price: i64, emit: &mut Emit<'_, '_>) {
        let lots = self.slab[maker].leaves.min(self.slab[taker].leaves);
        let mut incoming = Incoming::from_slab(&self.slab[taker]);
        let account = incoming.order.account;
        let own = Own::of(account, self.accounts.of_order(account));
        let instrument = self.instruments.of_order(incoming.order.instrument);
        instrument.run.trade(price, lots, price * i64::from(lots) * instrument.terms.price_value);
        for slot in [maker, taker] {
            if self.slab[slot].leaves == lots {
                instrument.book.leave(&mut self.slab, slot);
                self.slab[slot].leaves = 0;
            } else {
                instrument.book.reduce(&mut self.slab, slot, lots);
            }
        }
        let mut settlement = Settlement {
            terms: &instrument.terms,
            ledger: &mut self.ledger,
            accounts: &mut self.accounts,
            fees: &self.groups.fees,
            index: &mut self.index,
            incoming: &mut incoming,
            emit,
            own,
            stopped: false,
            tally: Tally::default(),
        };
        let borne = Borne::plain(self.slab[maker].payload.account);
        settlement.fill_at::<false>(maker, &mut self.slab[maker], (lots, price), borne);
        if self.slab[maker].leaves == 0 {
            self.slab.remove(maker);
        }
        self.slab[taker].payload = incoming.order;
        if incoming.leaves == 0 {
            self.forget(taker);
        }
    }

    /// The lots that two orders trade are taken from both: balances, holds, fees, events. The resting one is special but alone, and has
    /// left its level where it has nothing more to show; the incoming one is [`Engine::is_plain_taker`].
    #[inline(always)]
    pub(crate) fn fill_alone(
        &mut self,
        (maker, taker): (Slot, Slot),
        (lots, price): (u32, i64),
        own: Own,
        reserve: u32,
        emit: &mut Emit<'_, '_>,
    ) {
        let mut incoming = Incoming::from_slab(&self.slab[taker]);
        let instrument = self.instruments.of_order(incoming.order.instrument);
        let mut settlement = Settlement {
            terms: &instrument.terms,
            ledger: &mut self.ledger,
            accounts: &mut self.accounts,
            fees: &self.groups.fees,
            index: &mut self.index,
            incoming: &mut incoming,
            emit,
            own,
            stopped: false,
            tally: Tally::default(),
        };
        let resting = &mut self.slab[maker];
        let is_shown = !Mark(resting.mark).is_hidden();
        let borne = Borne { reserve, is_shown, stays: true, ..Borne::plain(resting.payload.account) };
        settlement.fill_at::<false>(maker, resting, (lots, price), borne);
        let node = &mut self.slab[taker];
        (node.leaves, node.payload) = (incoming.leaves, incoming.order);
    }
}

/// On whose balances and at which rates a resting order trades, and what it has beside its leaves.
#[derive(Clone, Copy)]
struct Borne {
    payer: AccountId,
    rates: Rates,
    /// Lots that are not shown yet.
    reserve: u32,
    /// Whether what it has left is said to all.
    is_shown: bool,
    /// Whether the caller ends it where it has nothing left.
    stays: bool,
}

impl Borne {
    /// An order on its account's own balances, at the instrument's rates.
    #[inline(always)]
    fn plain(account: u32) -> Self {
        let (payer, rates) = (AccountId(account), Rates::default());
        Self { payer, rates, reserve: 0, is_shown: true, stays: false }
    }
}

/// What a fill changes.
struct Settlement<'a, 'b, 'c> {
    terms: &'a Terms,
    ledger: &'a mut Ledger,
    accounts: &'a mut Accounts,
    fees: &'a FeeTable,
    index: &'a mut Index,
    incoming: &'a mut Incoming,
    emit: &'a mut Emit<'b, 'c>,
    own: Own,
    stopped: bool,
    tally: Tally,
}

impl Fills<Order> for Settlement<'_, '_, '_> {
    #[inline(always)]
    fn has_room(&mut self) -> bool {
        self.stopped = !self.emit.has_room_for(ROOM);
        !self.stopped
    }

    #[inline(always)]
    fn is_prevented(&mut self, order: &Node<Order>) -> bool {
        self.own.is_own(order.payload.account, self.accounts)
    }

    #[cold]
    fn prevent(&mut self, slot: Slot, resting: &mut Node<Order>, left: u32) -> Prevented {
        let prevented = self.own.prevented(resting.leaves, left);
        if prevented.resting > 0 {
            let leaves = resting.leaves - prevented.resting;
            let (side, price) = (resting.side, resting.price.0);
            let payer = self.accounts.payer(resting.payload.account);
            let rate = rates(self.terms, self.fees, resting.plan).hold();
            let left = (side, price, leaves);
            let released = release(self.ledger, self.terms, payer, rate, left, &mut resting.payload);
            let event = self.canceled(resting.side, resting.price.0, resting.sequence, &resting.payload);
            let lots = (i64::from(prevented.resting), i64::from(leaves));
            self.emit.anonymous(Event { quantity: lots.0, leaves: lots.1, released, ..event });
            if leaves == 0 {
                self.close(slot, &resting.payload);
            }
        }
        if prevented.incoming > 0 {
            let Incoming { id, side, price, .. } = *self.incoming;
            self.incoming.leaves -= prevented.incoming;
            let Incoming { leaves, order, .. } = &mut *self.incoming;
            let (rate, payer) = (self.terms.hold_rate, AccountId(order.account));
            let released = release(self.ledger, self.terms, payer, rate, (side, price, *leaves), order);
            let event = self.canceled(side, price, id.0, &self.incoming.order);
            let lots = (i64::from(prevented.incoming), i64::from(self.incoming.leaves));
            self.emit.own(Event { quantity: lots.0, leaves: lots.1, released, ..event });
        }
        prevented
    }

    #[inline(always)]
    fn fill(&mut self, slot: Slot, maker: &mut Node<Order>, lots: u32) {
        // The incoming order has the instrument's rates and its account its own balances, or it would not take this way.
        let account = maker.payload.account;
        let payer = self.accounts.payer(account);
        if maker.plan != 0 || payer.0 != account {
            return self.fill_special(slot, maker, lots, payer);
        }
        self.fill_at::<false>(slot, maker, (lots, maker.price.0), Borne::plain(account));
    }
}

/// A settlement that meets only plain orders of accounts with balances and rates of their own, none of them the taker's.
struct PlainOnly<'a, 'b, 'c>(Settlement<'a, 'b, 'c>);

impl Fills<Order> for PlainOnly<'_, '_, '_> {
    #[inline(always)]
    fn has_room(&mut self) -> bool {
        self.0.has_room()
    }

    #[inline(always)]
    fn meets(&mut self, order: &Node<Order>) -> bool {
        let account = order.payload.account;
        !Mark(order.mark).is_special()
            && order.plan == 0
            && self.0.accounts.payer(account).0 == account
            && !self.0.is_prevented(order)
    }

    #[inline(always)]
    fn fill(&mut self, slot: Slot, maker: &mut Node<Order>, lots: u32) {
        let borne = Borne::plain(maker.payload.account);
        self.0.fill_at::<false>(slot, maker, (lots, maker.price.0), borne);
    }
}

impl Settlement<'_, '_, '_> {
    /// A fill of a resting order with rates of its own, or on another account's balances.
    #[cold]
    #[inline(never)]
    fn fill_special(&mut self, slot: Slot, maker: &mut Node<Order>, lots: u32, payer: AccountId) {
        let rates = rates(self.terms, self.fees, maker.plan);
        let borne = Borne { payer, rates, ..Borne::plain(maker.payload.account) };
        self.fill_at::<true>(slot, maker, (lots, maker.price.0), borne);
    }

    /// `lots` of a resting order, whose `leaves` are reduced already, trade with the incoming one at a price.
    #[inline(always)]
    fn fill_at<const SPECIAL: bool>(
        &mut self,
        slot: Slot,
        maker: &mut Node<Order>,
        (lots, price): (u32, i64),
        borne: Borne,
    ) {
        let terms = self.terms;
        let value = price * i64::from(lots) * terms.price_value;
        let tally = &mut self.tally;
        if tally.trades == 0 {
            tally.first = price;
        }
        tally.last = price;
        tally.trades += 1;
        tally.lots += u64::from(lots);
        tally.value += i128::from(value);
        let maker_fee = if SPECIAL {
            charge(&mut maker.payload, borne.rates.maker, value, lots)
        } else {
            charge_plain(&mut maker.payload, terms.maker_rate, value, lots)
        };
        let taker_fee = charge_plain(&mut self.incoming.order, terms.taker_rate, value, lots);
        self.incoming.leaves -= lots;

        let (maker_id, taker_id) = (maker.payload.account, self.incoming.order.account);
        let (maker_payer, taker_payer) = (borne.payer, AccountId(taker_id));
        let (buyer, seller, buyer_fee, seller_fee) = match maker.side {
            Side::Buy => (maker_payer, taker_payer, maker_fee, taker_fee),
            Side::Sell => (taker_payer, maker_payer, taker_fee, maker_fee),
        };
        let delivered = i64::from(lots) * terms.lot_value;
        if SPECIAL {
            self.ledger.post(terms.base, [(buyer, delivered), (seller, -delivered)]);
            // Apart from the fees, since a rebate on top of the largest value would go beyond 63 bits.
            self.ledger.post(terms.quote, [(buyer, -value), (seller, value)]);
            let fees = buyer_fee + seller_fee;
            let legs = [(buyer, -buyer_fee), (seller, -seller_fee), (AccountId::FEES, fees)];
            self.ledger.post(terms.quote, legs);
        } else {
            let (assets, fees) = ([terms.base, terms.quote], [buyer_fee, seller_fee]);
            self.ledger.exchange(assets, [buyer, seller], [delivered, value], fees);
        }
        let rate = if SPECIAL { borne.rates.hold() } else { terms.hold_rate };
        let open = maker.leaves + borne.reserve;
        let lots_left = (maker.side, maker.price.0, open);
        let maker_released = release(self.ledger, terms, maker_payer, rate, lots_left, &mut maker.payload);
        let Incoming { side, price: limit, leaves, order, .. } = &mut *self.incoming;
        let lots_left = (*side, *limit, *leaves);
        let taker_released = release(self.ledger, terms, taker_payer, terms.hold_rate, lots_left, order);
        if maker.leaves == 0 && !borne.stays {
            self.close(slot, &maker.payload);
        }

        let instrument = terms.number;
        let quantity = i64::from(lots);
        self.emit.anonymous(Event {
            instrument,
            side: self.incoming.side as u8,
            client_ref: maker.sequence,
            price,
            quantity,
            leaves: if borne.is_shown { i64::from(maker.leaves) } else { 0 },
            value,
            ..Event::empty(EventKind::Traded)
        });
        self.emit.anonymous(Event {
            account: maker_id,
            instrument,
            side: maker.side as u8,
            detail: detail::MAKER,
            client_ref: maker.payload.client_ref,
            price,
            quantity,
            leaves: i64::from(open),
            value,
            fee: maker_fee,
            released: maker_released,
            ..Event::empty(EventKind::Filled)
        });
        self.emit.own(Event {
            account: taker_id,
            instrument,
            side: self.incoming.side as u8,
            detail: detail::TAKER,
            client_ref: self.incoming.order.client_ref,
            price,
            quantity,
            leaves: i64::from(self.incoming.leaves),
            value,
            fee: taker_fee,
            released: taker_released,
            ..Event::empty(EventKind::Filled)
        });
    }

    /// Takes a resting order that is done out of the index; the book frees its slot.
    #[inline(always)]
    fn close(&mut self, slot: Slot, order: &Order) {
        self.index.remove(order.account, order.client_ref, slot);
        self.accounts.of_order(order.account).open_orders -= 1;
    }

    /// The event of an order that must not trade with the other, without its quantities.
    fn canceled(&self, side: Side, price: i64, id: u64, order: &Order) -> Event {
        Event {
            account: order.account,
            instrument: self.terms.number,
            side: side as u8,
            detail: detail::SELF_TRADE,
            client_ref: order.client_ref,
            price,
            value: id as i64,
            ..Event::empty(EventKind::Canceled)
        }
    }
}

/// Brings an order's hold down to what its open lots need; returns the difference.
#[inline(always)]
fn release(
    ledger: &mut Ledger,
    terms: &Terms,
    payer: AccountId,
    rate: i64,
    (side, price, leaves): (Side, i64, u32),
    order: &mut Order,
) -> i64 {
    let needed = counted(spot_hold(terms, rate, side, price, leaves, order.carry));
    let released = order.held - needed;
    order.held = needed;
    ledger.release(payer, terms.hold_asset(side), Money(released));
    released
}

/// Charges an order's fee at a rate that is not negative.
#[inline(always)]
fn charge_plain(order: &mut Order, rate: i64, value: i64, lots: u32) -> i64 {
    let (charged, carry) = fee(order.carry, rate, value);
    order.carry = carry;
    order.filled += lots;
    charged
}

/// Charges an order's fee for a fill.
#[inline(always)]
pub(crate) fn charge(order: &mut Order, rate: i64, value: i64, lots: u32) -> i64 {
    let (charged, carry) = if rate >= 0 {
        fee(order.carry, rate, value)
    } else {
        let (rebate, carry) = signed_fee(order.carry, rate, i128::from(value));
        (rebate as i64, carry)
    };
    order.carry = carry;
    order.filled += lots;
    charged
}

/// The hold of an order that had a larger one before: it can be counted.
#[inline(always)]
pub(crate) fn hold_of_less(
    terms: &Terms,
    fees: &FeeTable,
    plan: u8,
    side: Side,
    price: i64,
    leaves: u32,
    carry: i32,
) -> i64 {
    counted(hold(terms, fees, plan, side, price, leaves, carry))
}

/// A hold that is smaller than one that could be counted.
#[inline(always)]
fn counted(hold: Result<Money, Reject>) -> i64 {
    match hold {
        Ok(money) => money.0,
        Err(Reject::FundsInsufficient) => unreachable!("a smaller hold than one that was counted"),
        Err(reason) => unreachable!("hold: {reason}"),
    }
}
