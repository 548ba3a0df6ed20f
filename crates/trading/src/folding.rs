//! The desk's state as events change it, and the commands that it writes.

use garraway_types::{
    COMMAND_VERSION, CommandHead, CommandKind, Event, EventKind, FIXED_COMMAND, FixedBody, Record, Side,
    code, detail,
};

use crate::bound::{Seen, Stream};
use crate::desk::{Inner, Notice, Sent};
use crate::gate::Happened;
use crate::intent::Intent;
use crate::market::{Fill, Quote};
use crate::order::{Liquidity, Order, State};
use crate::position::Position;

impl Inner {
    #[inline]
    pub(crate) fn see(&mut self, instrument: usize, stream: Stream, seen: Seen<'_>) {
        let per_price = self.account.instruments[instrument].per_price;
        for bound in &mut self.bounds {
            if bound.follows(stream) && bound.see(instrument, seen, per_price) {
                self.unready -= 1;
            }
        }
    }

    pub(crate) fn send(&mut self, kind: CommandKind, instrument: usize, client_ref: u64, body: &FixedBody) {
        let head = CommandHead {
            length: FIXED_COMMAND as u16,
            kind: kind as u8,
            version: COMMAND_VERSION,
            client_ref,
            account: self.account.number,
            instrument: self.account.instruments[instrument].terms.number,
            ..CommandHead::empty()
        };
        let mut record = [0; FIXED_COMMAND];
        head.write(&mut record);
        body.write(&mut record[CommandHead::SIZE..]);
        self.outbox.push(Sent { instrument, kind, record });
        self.kept.commands += 1;
    }

    /// Closes a position at the market, past all limits.
    pub(crate) fn flatten(&mut self, instrument: usize) {
        let traded = &self.account.instruments[instrument];
        let lots = traded.position.lots + traded.to_target;
        if lots == 0 {
            return;
        }
        let side = if lots > 0 { Side::Sell } else { Side::Buy };
        let intent = Intent { to_target: true, ..Intent::market(instrument, side, lots.abs()) };
        self.send_order(intent);
    }

    /// Sends an order that the desk itself wants.
    pub(crate) fn send_order(&mut self, intent: Intent) -> u64 {
        let traded = &self.account.instruments[intent.instrument];
        let body = intent.body(&traded.terms);
        let client_ref = self.account.base_ref + self.account.orders.len() as u64 + 1;
        let order = Order {
            client_ref,
            intent,
            state: State::Sent,
            filled: 0,
            placed_ns: self.account.now_ns,
            mid_twice: traded.quote.bid + traded.quote.ask,
            reason: 0,
            ticket: None,
        };
        self.add(order);
        self.send(CommandKind::PlaceOrder, intent.instrument, client_ref, &body);
        client_ref
    }

    pub(crate) fn fold(&mut self, event: &Event) {
        match EventKind::from_code(event.kind) {
            Some(EventKind::Accepted | EventKind::Activated | EventKind::Triggered) => {
                self.stands(event.client_ref, State::Open, 0);
            }
            Some(EventKind::Filled) => self.fill(event),
            Some(EventKind::Canceled) if event.leaves == 0 => {
                let expired = event.detail == detail::EXPIRED;
                let state = if expired { State::Expired } else { State::Cancelled };
                self.stands(event.client_ref, state, 1_000 + u16::from(event.detail));
            }
            Some(EventKind::Rejected) => self.rejected(event),
            Some(EventKind::PositionChanged) => self.position_changed(event),
            Some(EventKind::Replaced) => self.replaced(event),
            Some(EventKind::Posted) if event.instrument == self.account.asset => {
                self.account.balance += event.value
            }
            _ => {}
        }
    }

    pub(crate) fn add(&mut self, order: Order) {
        self.account.add(order);
        if let Some(gate) = &mut self.gate
            && let Some(order) = self.account.orders.last()
        {
            gate.happened(&self.account, Happened::Sent(order));
        }
    }

    pub(crate) fn settle(&mut self, place: usize, state: State, filled: i64) {
        let was_live = self.account.orders[place].state.is_live();
        self.account.settle(place, state, filled);
        if let Some(gate) = &mut self.gate
            && was_live
            && !state.is_live()
        {
            gate.happened(&self.account, Happened::Done(&self.account.orders[place]));
        }
    }

    #[inline]
    pub(crate) fn quoted(&mut self, instrument: usize, quote: Quote) {
        self.account.quoted(instrument, quote);
        if let Some(gate) = &mut self.gate {
            gate.happened(&self.account, Happened::Marked(instrument));
        }
    }

    pub(crate) fn stands(&mut self, client_ref: u64, state: State, reason: u16) {
        let Some(place) = self.account.place_of(client_ref) else { return };
        let filled = self.account.orders[place].filled;
        if reason != 0 {
            self.account.orders[place].reason = reason;
        }
        self.settle(place, state, filled);
        self.notices.push(Notice::Order(client_ref));
        if !state.is_live() {
            self.entry_done(client_ref);
        }
    }

    pub(crate) fn fill(&mut self, event: &Event) {
        let Some(side) = Side::from_code(event.side) else { return };
        let Some(instrument) = self.account.instrument_of(event.instrument) else { return };
        let realised = self.account.filled(instrument, side, event.quantity, event.price, event.value);
        self.account.balance += realised - event.fee;
        let fill = Fill {
            at_ns: event.at_ns,
            instrument,
            side,
            price: event.price,
            quantity: event.quantity,
            value: event.value,
            fee: event.fee,
            realised,
            order: event.client_ref,
            liquidity: Liquidity::from_code(event.detail),
            position: self.account.instruments[instrument].position.lots,
        };
        self.kept.fills.push(fill);
        if let Some(gate) = &mut self.gate {
            gate.happened(&self.account, Happened::Filled(&fill));
        }
        self.notices.push(Notice::Fill(self.kept.fills.len() - 1));
        let Some(place) = self.account.place_of(event.client_ref) else { return };
        let state = if event.leaves == 0 { State::Filled } else { State::Open };
        let filled = self.account.orders[place].filled + event.quantity;
        self.settle(place, state, filled);
        if state == State::Filled {
            self.notices.push(Notice::Order(event.client_ref));
            self.entry_done(event.client_ref);
        }
    }

    /// What the house says of the position after a fill: it is the truth, the fold before it a reckoning by the same rule.
    pub(crate) fn position_changed(&mut self, event: &Event) {
        let Some(instrument) = self.account.instrument_of(event.instrument) else { return };
        if let Some(fill) = self.kept.fills.last_mut().filter(|fill| fill.order == event.client_ref) {
            self.account.balance += event.value - fill.realised;
            fill.realised = event.value;
        }
        // A position of a hedging account is one of several; their sum is what was reckoned.
        if event.source_seq == 0 {
            self.account.hold(instrument, Position { lots: event.quantity, cost: event.fee });
        }
    }

    pub(crate) fn rejected(&mut self, event: &Event) {
        let kind = CommandKind::from_code(event.value as u8);
        if matches!(kind, Some(CommandKind::PlaceOrder | CommandKind::ReplaceOrder)) {
            self.stands(event.client_ref, State::Rejected, u16::from(event.detail));
        }
    }

    pub(crate) fn replaced(&mut self, event: &Event) {
        let old = self.account.place_of(event.fee as u64);
        let Some(new) = self.account.place_of(event.client_ref) else { return };
        if let Some(old) = old {
            let ticket = self.account.orders[old].ticket.take();
            let filled = self.account.orders[old].filled;
            self.settle(old, State::Replaced, filled);
            self.account.orders[new].ticket = ticket;
            self.account.orders[new].filled = filled;
            for bracket in &mut self.brackets {
                if bracket.entry == event.fee as u64 {
                    bracket.entry = event.client_ref;
                }
            }
        }
        let filled = self.account.orders[new].filled;
        self.settle(new, State::Open, filled);
        self.notices.push(Notice::Order(event.client_ref));
    }

    /// Sends the exits of an entry that is done, for what it has filled.
    pub(crate) fn entry_done(&mut self, client_ref: u64) {
        if self.brackets.is_empty() {
            return;
        }
        let Some(at) = self.brackets.iter().position(|bracket| bracket.entry == client_ref) else { return };
        let bracket = self.brackets.swap_remove(at);
        let Some(order) = self.account.order(client_ref) else { return };
        let (filled, intent) = (order.filled, order.intent);
        if filled == 0 {
            return;
        }
        let exit =
            Intent { tag: intent.tag, ..Intent::market(intent.instrument, intent.side.opposite(), filled) };
        let mut first = 0;
        if bracket.take_profit != 0 {
            first = self.send_order(Intent { limit: bracket.take_profit, ..exit });
        }
        if bracket.stop_loss != 0 {
            let flags = if first == 0 { 0 } else { code::ONE_CANCELS_OTHER };
            self.send_order(Intent { stop: bracket.stop_loss, flags, target: first, ..exit });
        }
    }
}
