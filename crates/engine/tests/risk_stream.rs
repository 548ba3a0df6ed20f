//! Random streams of everything about risk at once: invariants and a restored engine after every command.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::*;
use garraway_types::*;

struct Random(u64);

impl Random {
    fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % below
    }
    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.next(of.len() as u64) as usize]
    }
}

struct Stream {
    venue: Venue,
    random: Random,
    date: u32,
    trades: Vec<(u32, Event, Event, Event)>,
}

const ACCOUNTS: [u32; 6] = [16, 17, 18, 30, 31, 32];

impl Stream {
    fn new(seed: u64) -> Self {
        let mut venue = Venue::with_slice(11);
        for account in [30, 31] {
            venue.open(account, OpenAccount { clearing: 17, ..account_terms() });
        }
        venue.open(
            32,
            OpenAccount { firm: 2, self_trade: 4, self_trade_of: 2, clearing: 18, ..account_terms() },
        );
        let symbol = *b"FEE\0\0\0\0\0\0\0\0\0\0\0\0\0";
        let rates = ListInstrument { maker_fee_rate: 1_300_000, taker_fee_rate: 7_777_777, ..future_terms() };
        venue.list(3, ListInstrument { symbol, ..rates });
        venue.settle(FUTURE, 100);
        for (account, asset, amount) in [(17, USD, 990_000), (18, USD, 990_000), (18, ABC, 9_900)] {
            venue.withdraw(account, asset, amount);
        }
        venue.define_plan(1, -3_000_000, 5_000_000);
        venue.define_group(1, "one", USD, &[(0, 1), (5_000, 0)]);
        venue.define_group(2, "two", ABC, &[]);
        Self { venue, random: Random(seed), date: 20_260_101, trades: Vec::new() }
    }

    fn step(&mut self) {
        self.venue.at += self.random.next(300_000_000) as i64;
        let from = self.venue.said.len();
        match self.random.next(40) {
            0..=21 => self.place(),
            22..=24 => self.replace(),
            25..=26 => self.cancel(),
            27..=30 => self.go_on(),
            31 => self.money(),
            32 => self.group(),
            33 => self.limit(),
            34 => self.switch(),
            35 => self.settle(),
            36 => self.end_day(),
            37 => self.bust(),
            38 => self.plan(),
            _ => self.quote(),
        }
        let said = &self.venue.said[from..];
        for events in said.windows(3) {
            if events[0].kind == EventKind::Traded as u8 {
                self.trades.push((events[0].instrument, events[0], events[1], events[2]));
            }
        }
        if self.venue.said.len() > 10_000 {
            self.venue.said.clear();
        }
    }

    fn instrument(&mut self) -> u32 {
        self.random.one(&[SPOT, SPOT, FUTURE, FUTURE, 3])
    }

    fn price(&mut self) -> i64 {
        if self.random.next(12) == 0 {
            50 + self.random.next(101) as i64
        } else {
            97 + self.random.next(7) as i64
        }
    }

    fn place(&mut self) {
        let (account, instrument) = (self.random.one(&ACCOUNTS), self.instrument());
        let side = self.random.one(&[Side::Buy, Side::Sell]);
        let most = self.random.one(&[5, 5, 20, 400]);
        let quantity = 1 + self.random.next(most) as i64;
        let mut body = limit(side, quantity, self.price());
        match self.random.next(12) {
            0 | 1 => body.time_in_force = code::DAY,
            2 => body.time_in_force = code::IMMEDIATE_OR_CANCEL,
            3 => body.time_in_force = code::FILL_OR_KILL,
            4 => body.display = 1 + self.random.next(3) as u32,
            5 => body.flags = code::HIDDEN,
            6 => (body.order_type, body.trigger) = (code::STOP_LIMIT, self.price()),
            7 => {
                body.flags = self.random.one(&[code::ONE_CANCELS_OTHER, code::ONE_TRIGGERS_OTHER]);
                body.target = self.recent(account);
                if self.random.next(2) == 0 {
                    (body.order_type, body.trigger) = (code::STOP_LIMIT, self.price());
                }
            }
            _ => {}
        }
        if instrument != SPOT && self.random.next(4) == 0 {
            body.flags |= code::REDUCE_ONLY;
        }
        self.venue.place(account, instrument, body);
    }

    fn recent(&mut self, account: u32) -> u64 {
        self.venue.last_ref(account).saturating_sub(self.random.next(8))
    }

    fn replace(&mut self) {
        let account = self.random.one(&ACCOUNTS);
        let target = self.recent(account);
        let (quantity, price) = (1 + self.random.next(20) as i64, self.price());
        self.venue.replace(account, target, quantity, price);
    }

    fn cancel(&mut self) {
        let account = self.random.one(&ACCOUNTS);
        let target = self.recent(account);
        self.venue.cancel(account, target);
    }

    fn go_on(&mut self) {
        if let Some(instrument) = self.venue.engine.next_work() {
            let head = CommandHead { instrument: instrument.0, ..CommandHead::empty() };
            self.venue.send(CommandKind::Continue, head, &FixedBody::empty(), NO_ITEMS);
        }
    }

    fn money(&mut self) {
        let (account, asset) = (self.random.one(&ACCOUNTS), self.random.one(&[USD, ABC]));
        let amount = 1 + self.random.next(3_000) as i64;
        if self.random.next(2) == 0 {
            self.venue.deposit(account, asset, amount);
        } else {
            self.venue.withdraw(account, asset, amount);
        }
    }

    fn group(&mut self) {
        let account = self.random.one(&ACCOUNTS);
        let group = self.random.next(3) as u16;
        self.venue.set_group(account, group);
    }

    fn limit(&mut self) {
        let (scope, id) =
            self.random.one(&[(1, 16), (1, 30), (2, 1), (2, 2), (3, 1), (3, 2), (4, SPOT), (4, FUTURE)]);
        let mut some = |most: i64| if self.random.next(2) == 0 { 0 } else { most };
        let mut body = SetLimits {
            asset: USD,
            max_rate: some(4) as u32,
            max_open_orders: some(5) as u32,
            max_quantity: some(300),
            max_notional: some(20_000),
            ..no_limits()
        };
        if scope < 4 {
            body.max_held = some(100_000);
        }
        if scope < 3 {
            (body.max_position, body.max_loss) = (some(11_000), some(3_000));
        }
        if self.random.next(3) == 0 {
            body = no_limits();
        }
        assert_eq!(reason(&self.venue.set_limits(scope, id, body)), None);
    }

    fn switch(&mut self) {
        let on = (self.random.next(7) / 6) as u8;
        if self.random.next(2) == 0 {
            let (scope, id) = self.random.one(&[(1, 16), (3, 2), (4, FUTURE), (5, 0)]);
            self.venue.set_kill(scope, id, on);
        } else {
            let (scope, id) = self.random.one(&[(1, 16), (2, 1), (3, 2)]);
            let instrument = self.instrument();
            self.venue.restrict(scope, id, instrument, on);
        }
    }

    fn settle(&mut self) {
        let (instrument, price) = (self.instrument(), self.price());
        let body = SetReference { price, what: code::SETTLEMENT, reserved: 0, reserved_2: 0 };
        let head = CommandHead { instrument, ..CommandHead::empty() };
        self.venue.operate(CommandKind::SetReference, head, &body);
    }

    fn end_day(&mut self) {
        self.date += 1 + self.random.next(9) as u32;
        if self.date % 100 > 28 {
            self.date += 100 - 27;
        }
        if self.date / 100 % 100 > 12 {
            self.date += 10_000 - 1_200;
        }
        let body = EndOfDay { business_date: self.date };
        let events = self.venue.operate(CommandKind::EndOfDay, CommandHead::empty(), &body);
        assert!(matches!(reason(&events), None | Some(Reject::WorkFull)), "{}", self.date);
    }

    fn bust(&mut self) {
        if self.trades.is_empty() {
            return;
        }
        let at = self.random.next(self.trades.len() as u64) as usize;
        let (instrument, trade, maker, taker) = self.trades.swap_remove(at);
        let (buyer, seller) = if maker.side == 1 { (maker, taker) } else { (taker, maker) };
        let body = BustTrade {
            trade: trade.event_id,
            price: trade.price,
            quantity: trade.quantity,
            new_price: if self.random.next(3) == 0 { self.price() } else { 0 },
            buyer_fee: buyer.fee,
            seller_fee: seller.fee,
            buyer: buyer.account,
            seller: seller.account,
            reserved: 0,
        };
        let head = CommandHead { instrument, ..CommandHead::empty() };
        self.venue.operate(CommandKind::BustTrade, head, &body);
    }

    fn plan(&mut self) {
        let rate = |random: &mut Random| random.next(20_000_000) as i64 - 10_000_000;
        let (maker, taker) = (rate(&mut self.random), rate(&mut self.random));
        let plan = 1 + self.random.next(2) as u8;
        self.venue.define_plan(plan, maker, taker);
        let traded = 1_000 + self.random.next(9_000) as i64;
        let asset = self.random.one(&[USD, USD, ABC]);
        self.venue.define_group(1, "one", asset, &[(0, 1), (traded, plan)]);
    }

    fn quote(&mut self) {
        let account = self.random.one(&ACCOUNTS);
        let quote = |instrument, bid_price: i64, lots: i64| Quote {
            instrument,
            reserved: 0,
            bid_price,
            bid_quantity: lots,
            ask_price: bid_price + 2,
            ask_quantity: lots,
        };
        let items = [quote(SPOT, self.price(), 3), quote(FUTURE, self.price(), 2)];
        let client_ref = self.venue.next_ref(account);
        for _ in 0..3 {
            self.venue.next_ref(account);
        }
        let head = CommandHead { account, client_ref, ..CommandHead::empty() };
        self.venue.send(CommandKind::MassQuote, head, &MassQuote { reserved: 0 }, &items);
    }
}

#[test]
fn invariants_hold_after_every_command_about_risk() {
    let mut met = std::collections::BTreeMap::<u8, u32>::new();
    for seed in 1..=12u64 {
        let mut stream = Stream::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        for _ in 0..2_500 {
            let from = stream.venue.said.len();
            stream.step();
            for event in stream.venue.said.get(from..).unwrap_or_default() {
                let rejected = event.kind == EventKind::Rejected as u8;
                *met.entry(if rejected { event.detail } else { 100 + event.kind }).or_default() += 1;
            }
        }
    }
    for reason in [
        Reject::KillSwitched,
        Reject::RateExceeded,
        Reject::QuantityTooLarge,
        Reject::NotionalTooLarge,
        Reject::PositionTooLarge,
        Reject::PositionTooSmall,
        Reject::OpenOrdersTooMany,
        Reject::HeldTooMuch,
        Reject::FundsInsufficient,
        Reject::LossReached,
        Reject::Restricted,
        Reject::InstrumentBusy,
    ] {
        assert!(met.contains_key(&(reason as u8)), "the streams never met {reason}: {met:?}");
    }
    for kind in
        [EventKind::PositionMarked, EventKind::FeePlanChanged, EventKind::DayPrices, EventKind::TradeBusted]
    {
        assert!(met.contains_key(&(100 + kind as u8)), "the streams never met {kind:?}: {met:?}");
    }
}
