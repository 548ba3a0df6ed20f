//! What is due: each instrument's queue of things that follow from other orders' fates.

use std::collections::VecDeque;

use garraway_book::Slot;
use garraway_types::{Event, EventKind, Side, detail};

use crate::dealing;
use crate::emit::Emit;
use crate::engine::Engine;
use crate::extras::{Partner, Place};
use crate::instruments::{guard, watch};
use crate::matching::ROOM;
use crate::stops::is_stop_type;

/// What happens to the order of an entry when its turn comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum What {
    /// An order of a pair is brought level with the other.
    Level = 1,
    /// An order that waited starts.
    Start = 2,
    /// A stop that was reached is triggered.
    Trigger = 3,
}

impl What {
    /// Which of an order's tickets it has.
    pub(crate) fn kind(self) -> usize {
        usize::from(self != Self::Level)
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        [Self::Level, Self::Start, Self::Trigger].into_iter().find(|what| *what as u8 == code)
    }
}

/// An entry of the queue. It is void when the order has gone or no longer bears its ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) what: What,
    pub(crate) slot: Slot,
    pub(crate) ticket: u64,
}

/// The queue of an instrument.
#[derive(Clone, Debug, Default)]
pub(crate) struct DueQueue {
    entries: VecDeque<Due>,
    /// Entries that are not void.
    live: usize,
    last_ticket: u64,
}

impl DueQueue {
    /// Puts an order at the end; returns its ticket.
    pub(crate) fn push(&mut self, what: What, slot: Slot) -> u64 {
        self.last_ticket += 1;
        self.entries.push_back(Due { what, slot, ticket: self.last_ticket });
        self.live += 1;
        self.last_ticket
    }

    /// Takes the front entry out, void or not.
    pub(crate) fn pop(&mut self) -> Option<Due> {
        self.entries.pop_front()
    }

    /// Takes note that an entry that was live is so no more: it was taken out, or it is void.
    pub(crate) fn forget_one(&mut self) {
        self.live -= 1;
        if self.live == 0 {
            self.entries.clear();
        }
    }

    /// Puts an entry that was popped back to the front.
    pub(crate) fn put_back(&mut self, due: Due) {
        self.entries.push_front(due);
    }

    /// Whether nothing is due.
    pub(crate) fn is_empty(&self) -> bool {
        self.live == 0
    }

    pub(crate) fn len(&self) -> usize {
        self.live
    }

    /// All entries, void ones included, from the front.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Due> + '_ {
        self.entries.iter().copied()
    }
}

impl Engine {
    /// Puts an order at the end of its instrument's queue, unless it is there for the same thing.
    pub(crate) fn make_due(&mut self, what: What, slot: Slot) {
        let number = self.slab[slot].payload.instrument;
        let ticket = &mut self.extras.of_mut(slot).tickets[what.kind()];
        if *ticket != 0 {
            return;
        }
        let instrument = self.instruments.of_order(number);
        *ticket = instrument.due.push(what, slot);
        instrument.set_watch(watch::DUE, true);
    }

    /// Takes an order's entry of this kind out of the queue, if there is one.
    pub(crate) fn make_undue(&mut self, what: What, slot: Slot) {
        let number = self.slab[slot].payload.instrument;
        let ticket = &mut self.extras.of_mut(slot).tickets[what.kind()];
        if std::mem::take(ticket) != 0 {
            self.instruments.of_order(number).due.forget_one();
        }
    }

    /// The trades of an order that has come to its end count: stops that they reached become due, the last price moves, trailing
    /// stops follow.
    pub(crate) fn close_order_run(&mut self, number: u32) {
        let instrument = self.instruments.of_order(number);
        if instrument.run.trades == 0 {
            return;
        }
        let run = instrument.run;
        if instrument.watch & watch::STOPS != 0 && instrument.is_continuous() {
            self.reach_stops(number, run.low, run.high);
        }
        let instrument = self.instruments.of_order(number);
        instrument.close_run();
        if instrument.watch & watch::STOPS != 0 && instrument.is_continuous() {
            instrument.stops.follow(run.last, &mut self.extras);
        }
    }

    /// What follows when the order of a command has come to its end, or orders were cancelled: all that is due, then pegs that cross. Does
    /// nothing while an order is being worked off.
    #[cold]
    #[inline(never)]
    pub(crate) fn follow_up(&mut self, number: u32, emit: &mut Emit<'_, '_>) {
        let source = emit.hush();
        self.work_off(number, emit);
        emit.give_back(source);
    }

    /// `Continue`: goes on with the order that is being worked off, then with what is due.
    pub(crate) fn work_on(&mut self, number: u32, emit: &mut Emit<'_, '_>) {
        if self.instruments.of_order(number).leaving.is_some() {
            return self.go_on_leaving(number, emit);
        }
        let instrument = self.instruments.of_order(number);
        let slot = std::mem::replace(&mut instrument.working, garraway_book::NIL);
        if slot != garraway_book::NIL {
            self.note_late(slot);
            self.go_on(slot, emit);
        }
        self.work_off(number, emit);
    }

    fn work_off(&mut self, number: u32, emit: &mut Emit<'_, '_>) {
        let instrument = self.instruments.of_order(number);
        if instrument.watch & watch::AUCTION != 0 {
            self.touched.insert(number);
        }
        if instrument.leaving.is_some() {
            // What is due waits for the new phase.
            instrument.set_watch(watch::DUE, !instrument.due.is_empty());
            return;
        }
        let room = if instrument.terms.is_dealt() { dealing::ROOM } else { ROOM };
        while self.instruments.of_order(number).working == garraway_book::NIL {
            self.close_order_run(number);
            if let Some(due) = self.next_due(number) {
                if !emit.has_room_for(room) {
                    self.instruments.of_order(number).due.put_back(due);
                    break;
                }
                self.do_due(due, emit);
            } else if !self.enter_a_peg(number, emit) {
                break;
            }
        }
        let instrument = self.instruments.of_order(number);
        let busy = instrument.working != garraway_book::NIL || !instrument.due.is_empty();
        instrument.set_watch(watch::DUE, !instrument.due.is_empty());
        if busy {
            instrument.set_guard(guard::BUSY, true);
            self.busy.insert(number);
        } else if instrument.guard & guard::BUSY != 0 {
            instrument.set_guard(guard::BUSY, false);
            self.busy.remove(&number);
        }
    }

    /// Takes the first entry out of the queue with which there is still something to do.
    fn next_due(&mut self, number: u32) -> Option<Due> {
        loop {
            let instrument = self.instruments.of_order(number);
            let due = instrument.due.pop()?;
            let Some(extra) = self.extras.get(due.slot) else { continue };
            if extra.tickets[due.what.kind()] != due.ticket {
                continue;
            }
            if due.what == What::Level && self.above_partner(due.slot) == 0 {
                self.make_undue(due.what, due.slot);
                continue;
            }
            return Some(due);
        }
    }

    fn do_due(&mut self, due: Due, emit: &mut Emit<'_, '_>) {
        self.make_undue(due.what, due.slot);
        match due.what {
            What::Level => {
                let lots = self.above_partner(due.slot);
                self.cancel_lots(due.slot, lots, detail::LINKED, false, emit);
            }
            What::Start if self.extras.of(due.slot).place == Place::Parked => {
                self.start_parked(due.slot, emit)
            }
            What::Start => self.start_child(due.slot, emit),
            What::Trigger if self.is_dealt(due.slot) => self.deal_called(due.slot, emit),
            What::Trigger => self.trigger(due.slot, emit),
        }
    }

    /// A child whose parent is done starts, or is cancelled.
    fn start_child(&mut self, slot: Slot, emit: &mut Emit<'_, '_>) {
        let extra = *self.extras.of(slot);
        if extra.allowed == 0 || extra.partner == Partner::Done {
            return self.cancel_whole(slot, detail::LINKED, false, emit);
        }
        let node = &mut self.slab[slot];
        node.leaves = node.leaves.min(extra.allowed);
        self.extras.of_mut(slot).minimum = extra.minimum.min(node.leaves);
        self.take_out(slot);
        let node = &self.slab[slot];
        let (payer, side) = (self.accounts.payer(node.payload.account), node.side);
        let terms = &self.instruments.of_order(node.payload.instrument).terms;
        let asset = if side == Side::Buy { terms.quote } else { terms.base };
        let covered = self.missing(slot).is_ok_and(|missing| {
            missing <= 0 || self.ledger.is_free(payer, asset, garraway_types::Money(missing))
        });
        if !covered {
            // It waits again for the moment of its end: so nothing was ever held for it.
            self.extras.of_mut(slot).place = Place::Waiting;
            let (number, id) = (self.slab[slot].payload.instrument, self.slab[slot].sequence);
            self.instruments.of_order(number).waiting.insert(id, slot);
            return self.cancel_whole(slot, detail::FUNDS, false, emit);
        }
        let released = self.rehold(slot);
        self.say_activated(slot, released, emit);
        self.level_pair(slot);
        self.start_checked(slot, emit);
    }

    /// Where both children have started and one has more open than the other, it is due to be brought level.
    fn level_pair(&mut self, slot: Slot) {
        let Partner::With(other) = self.extras.of(slot).partner else { return };
        if self.extras.of(other).waits() {
            return;
        }
        for one in [slot, other] {
            if self.above_partner(one) > 0 {
                self.make_due(What::Level, one);
            }
        }
    }

    /// An order for the close comes into the book as the closing auction begins.
    fn start_parked(&mut self, slot: Slot, emit: &mut Emit<'_, '_>) {
        self.take_out(slot);
        self.say_activated(slot, 0, emit);
        self.come_to_rest(slot, emit);
    }

    fn say_activated(&mut self, slot: Slot, released: i64, emit: &mut Emit<'_, '_>) {
        let event = self.start_event(EventKind::Activated, slot);
        let id = emit.anonymous(Event { released, ..event });
        self.renumber(slot, id.0);
        self.note_late(slot);
    }

    /// The event of an order that starts, with its id before.
    pub(crate) fn start_event(&self, kind: EventKind, slot: Slot) -> Event {
        let node = &self.slab[slot];
        Event {
            account: node.payload.account,
            instrument: node.payload.instrument,
            side: node.side as u8,
            client_ref: node.payload.client_ref,
            price: node.price.0,
            quantity: i64::from(node.leaves),
            leaves: i64::from(node.leaves),
            value: node.sequence as i64,
            ..Event::empty(kind)
        }
    }

    /// Starts a child: one with a minimum that cannot be had, or post-only that would trade, is cancelled as it enters.
    fn start_checked(&mut self, slot: Slot, emit: &mut Emit<'_, '_>) {
        let node = &self.slab[slot];
        let (number, side, price) = (node.payload.instrument, node.side, node.price.0);
        let post_only = crate::orders::Mark(node.mark).is_post_only();
        let extra = *self.extras.of(slot);
        if self.instruments.of_order(number).is_continuous() && !is_stop_type(extra.order_type) {
            self.price_pegs(number);
            if post_only && self.reaches_any(number, side, price) {
                return self.cancel_whole(slot, detail::NOT_FILLED, false, emit);
            }
            let wanted = extra.minimum;
            let order = crate::bands::Priced { side, order_type: extra.order_type, price };
            let account = self.slab[slot].payload.account;
            if wanted != 0 && !self.is_fillable(number, account, order, wanted, emit.made()).unwrap_or(false)
            {
                return self.cancel_whole(slot, detail::NOT_FILLABLE, false, emit);
            }
        }
        self.start(slot, emit);
    }
}
