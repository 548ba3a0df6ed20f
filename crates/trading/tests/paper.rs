//! Paper trading: a house deals our orders at the venue's quotes, and the venue hears of nothing.
#![allow(missing_docs, clippy::unwrap_used)]

use garraway_trading::{
    Books, Desk, Every, Failure, Followed, Handlers, Intent, Level, Matcher, Paper, Quote, State, Strategy,
    Stream, Terms,
};
use garraway_types::{Command, Event, EventId, EventKind, EventSink, FixedBody, Side, code};

const OURS: u32 = 16;

/// The last `Accepted` of a side is all of it.
#[derive(Default)]
struct Plain([Option<Level>; 2]);

impl Books for Plain {
    fn take(&mut self, event: &Event, _: &[u8]) {
        if event.kind == EventKind::Accepted as u8 {
            self.0[usize::from(event.side) - 1] =
                Some(Level { price: event.price, quantity: event.quantity });
        }
    }

    fn levels(&self, _: u32, side: Side, _: usize, into: &mut Vec<Level>) {
        into.extend(self.0[side as usize - 1]);
    }
}

/// Deals at its quote; buys alone.
#[derive(Default)]
struct House {
    quote: Quote,
    waiting: Vec<(u64, FixedBody)>,
    told: Vec<(i64, i64)>,
}

impl House {
    fn fill(&self, client_ref: u64, body: &FixedBody, out: &mut EventSink<'_>) {
        out.push(&Event {
            account: OURS,
            instrument: 7,
            client_ref,
            side: body.side,
            detail: 3,
            price: self.quote.ask,
            quantity: body.quantity,
            value: self.quote.ask * body.quantity,
            ..Event::empty(EventKind::Filled)
        });
    }
}

impl Matcher for House {
    fn quote(&mut self, _: u32, quote: &Quote, out: &mut EventSink<'_>) {
        self.quote = *quote;
        self.told.push((quote.bid, quote.ask));
        for (client_ref, body) in std::mem::take(&mut self.waiting) {
            if quote.ask <= body.price {
                self.fill(client_ref, &body, out);
            } else {
                self.waiting.push((client_ref, body));
            }
        }
    }

    fn command(&mut self, _: i64, record: &[u8], out: &mut EventSink<'_>) {
        let command = Command::parse(record).unwrap();
        let (client_ref, body) = (command.head.client_ref, command.body::<FixedBody>());
        if body.order_type == code::MARKET {
            self.fill(client_ref, &body, out);
        } else {
            self.waiting.push((client_ref, body));
        }
    }
}

/// Buys at the market at the first quote, and at 50 by a limit.
#[derive(Default)]
struct Buyer {
    turn: u32,
}

impl Strategy for Buyer {
    fn handlers(&self) -> Handlers {
        Handlers { quote: Some(Every::One), ..Handlers::default() }
    }

    fn on_quote(&mut self, desk: &mut Desk, instrument: usize, _: &Quote) -> Result<(), Failure> {
        self.turn += 1;
        if self.turn == 1 {
            desk.place(Intent::market(instrument, Side::Buy, 2))?;
            desk.place(Intent::limit(instrument, Side::Buy, 1, 50))?;
        }
        Ok(())
    }
}

fn terms() -> Terms {
    Terms {
        number: 7,
        symbol: "A".into(),
        quote_asset: 1,
        price_decimals: 0,
        tick: 1,
        price_value: 1,
        money_decimals: 0,
        min_price: 1,
        max_price: 1_000,
        max_quantity: 1_000,
    }
}

fn accepted(seq: u64, side: Side, price: i64) -> Event {
    Event {
        event_id: EventId::new(seq, 0).0,
        at_ns: seq as i64,
        account: 99,
        instrument: 7,
        side: side as u8,
        price,
        quantity: 5,
        ..Event::empty(EventKind::Accepted)
    }
}

#[test]
fn orders_meet_the_quotes_of_the_venue_and_wait_for_them() {
    let mut desk = Desk::new(OURS, vec![terms()], 0);
    desk.set_balance(1_000);
    desk.add_stream(0, Stream::Quotes);
    let mut buyer = Buyer::default();
    let followed = Followed::new(Plain::default(), 0, &[7], 0, false);
    let mut paper = Paper::new(followed, House::default(), 1);
    paper.followed().start(&mut desk, &mut buyer).unwrap();
    for event in [accepted(1, Side::Buy, 58), accepted(2, Side::Sell, 60)] {
        paper.take(&mut desk, &mut buyer, &event, &[]).unwrap();
    }
    paper.settle(&mut desk, &mut buyer).unwrap();
    paper.go_live(&mut desk);
    let held = |desk: &Desk| (desk.account().instruments[0].position.lots, desk.account().cash());
    for (event, expected) in [
        (accepted(3, Side::Sell, 59), (2, 882)),
        (accepted(4, Side::Sell, 51), (2, 882)),
        (accepted(5, Side::Sell, 50), (3, 832)),
    ] {
        paper.take(&mut desk, &mut buyer, &event, &[]).unwrap();
        paper.settle(&mut desk, &mut buyer).unwrap();
        assert_eq!(held(&desk), expected);
    }
    let states: Vec<State> = desk.account().orders.iter().map(|order| order.state).collect();
    assert_eq!(states, [State::Filled, State::Filled]);
    assert!(!desk.has_commands());
}
