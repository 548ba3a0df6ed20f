//! A house that deals, as naive as can be: what the engine is compared with.

use garraway_types::{Command, CommandKind, Event, EventKind, EventSink, FixedBody, Side, code, detail};

use crate::market::Quote;
use crate::matcher::Matcher;

/// When a limit order that waits fills.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Waits {
    Touch,
    Through,
}

pub(super) struct House {
    waits: Waits,
    tick: i64,
    price_value: i64,
    quote: Quote,
    waiting: Vec<(u32, u64, FixedBody)>,
    seq: u64,
}

impl House {
    pub(super) fn new(waits: Waits, tick: i64, price_value: i64) -> Self {
        Self { waits, tick, price_value, quote: Quote::default(), waiting: Vec::new(), seq: 0 }
    }

    fn event(&mut self, kind: EventKind, at_ns: i64, account: u32, client_ref: u64) -> Event {
        self.seq += 1;
        Event { event_id: self.seq << 16, at_ns, account, instrument: 1, client_ref, ..Event::empty(kind) }
    }

    fn fill(&mut self, at_ns: i64, order: &(u32, u64, FixedBody), price: i64, out: &mut EventSink<'_>) {
        let (account, client_ref, body) = order;
        let event = Event {
            side: body.side,
            detail: 3,
            price,
            quantity: body.quantity,
            value: price * body.quantity * self.price_value,
            ..self.event(EventKind::Filled, at_ns, *account, *client_ref)
        };
        out.push(&event);
    }

    fn is_buy(body: &FixedBody) -> bool {
        body.side == Side::Buy as u8
    }
}

impl Matcher for House {
    fn quote(&mut self, _: u32, quote: &Quote, out: &mut EventSink<'_>) {
        self.quote = *quote;
        let event = self.event(EventKind::Ticked, quote.at_ns, 0, 0);
        out.push(&event);
        for order in std::mem::take(&mut self.waiting) {
            let body = order.2;
            let beyond = if self.waits == Waits::Through { self.tick } else { 0 };
            let limit = match (body.order_type, Self::is_buy(&body)) {
                (code::LIMIT, true) if quote.ask + beyond <= body.price => Some(body.price),
                (code::LIMIT, false) if quote.bid - beyond >= body.price => Some(body.price),
                (code::STOP, true) if quote.ask >= body.trigger => Some(quote.ask),
                (code::STOP, false) if quote.bid <= body.trigger => Some(quote.bid),
                _ => None,
            };
            match limit {
                Some(price) => self.fill(quote.at_ns, &order, price, out),
                None => self.waiting.push(order),
            }
        }
    }

    fn command(&mut self, at_ns: i64, record: &[u8], out: &mut EventSink<'_>) {
        let Ok(command) = Command::parse(record) else { return };
        let (account, client_ref, body) =
            (command.head.account, command.head.client_ref, command.body::<FixedBody>());
        if command.kind == CommandKind::CancelOrder {
            let Some(at) = self.waiting.iter().position(|order| order.1 == client_ref) else { return };
            self.waiting.remove(at);
            let event = self.event(EventKind::Canceled, at_ns, account, client_ref);
            return out.push(&Event { detail: detail::BY_OWNER, ..event });
        }
        let event = self.event(EventKind::Accepted, at_ns, account, client_ref);
        out.push(&event);
        let order = (account, client_ref, body);
        let quote = self.quote;
        match (body.order_type, Self::is_buy(&body)) {
            (code::MARKET, true) => self.fill(at_ns, &order, quote.ask, out),
            (code::MARKET, false) => self.fill(at_ns, &order, quote.bid, out),
            (code::LIMIT, true) if quote.ask <= body.price => self.fill(at_ns, &order, quote.ask, out),
            (code::LIMIT, false) if quote.bid >= body.price => self.fill(at_ns, &order, quote.bid, out),
            _ => self.waiting.push(order),
        }
    }
}
