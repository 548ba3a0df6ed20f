//! A small venue for tests: sends commands, proves the engine after each, restores it from its own snapshot now and then.
#![allow(missing_docs, clippy::unwrap_used, dead_code)]

use garraway_engine::{Engine, Setup};
use garraway_types::*;

pub struct Venue {
    pub engine: Engine,
    pub at: i64,
    buffer: Vec<u8>,
    operator_seq: u64,
    refs: std::collections::BTreeMap<u32, u64>,
    /// What was said since the last look.
    pub said: Vec<Event>,
}

/// Whether the engine goes on from its own snapshot after each command.
const RESTORES: bool = true;

pub const USD: u32 = 1;
pub const ABC: u32 = 2;
/// A spot instrument: 1 lot is 1 unit of ABC, 1 price unit is 1 unit of USD, no fees, prices 1 to 1,000.
pub const SPOT: u32 = 1;
/// A future: prices 50 to 150, 10 units of USD for one price unit and lot.
pub const FUTURE: u32 = 2;

impl Venue {
    /// Assets, one spot instrument, one future (without a settlement price), accounts 16 and 17 of firm 1 and 18 of firm 2, all funded.
    pub fn new() -> Self {
        Self::with_slice(limits::MAX_EVENTS)
    }

    pub fn with_slice(slice_events: u16) -> Self {
        let engine = Engine::new(Setup { slice_events, capacity: 1_000, reserve_orders: 0 });
        let buffer = vec![0; EventSink::RESERVE];
        let mut venue =
            Self { engine, at: 0, buffer, operator_seq: 0, refs: Default::default(), said: Vec::new() };
        for (asset, code) in [(USD, *b"USD\0\0\0\0\0"), (ABC, *b"ABC\0\0\0\0\0")] {
            let body = DefineAsset { asset, code, scale: 0, display: 0, reserved: 0, reserved_2: 0 };
            venue.operate(CommandKind::DefineAsset, CommandHead::empty(), &body);
        }
        venue.list(SPOT, spot_terms());
        venue.list(FUTURE, future_terms());
        for (account, firm) in [(16, 1), (17, 1), (18, 2)] {
            venue.open(account, OpenAccount { firm, ..account_terms() });
            venue.deposit(account, USD, 1_000_000);
            venue.deposit(account, ABC, 10_000);
        }
        venue.said.clear();
        venue
    }

    pub fn list(&mut self, instrument: u32, terms: ListInstrument) -> Vec<Event> {
        let head = CommandHead { instrument, ..CommandHead::empty() };
        self.operate(CommandKind::ListInstrument, head, &terms)
    }

    pub fn open(&mut self, account: u32, terms: OpenAccount) -> Vec<Event> {
        self.operate(CommandKind::OpenAccount, CommandHead { account, ..CommandHead::empty() }, &terms)
    }

    pub fn deposit(&mut self, account: u32, asset: u32, amount: i64) -> Vec<Event> {
        let head = CommandHead { account, ..CommandHead::empty() };
        self.operate(CommandKind::Deposit, head, &FixedBody { asset, amount, ..FixedBody::empty() })
    }

    pub fn withdraw(&mut self, account: u32, asset: u32, amount: i64) -> Vec<Event> {
        let head = CommandHead { account, ..CommandHead::empty() };
        self.operate(CommandKind::Withdraw, head, &FixedBody { asset, amount, ..FixedBody::empty() })
    }

    /// A command of the operator's.
    pub fn operate<B: Record>(&mut self, kind: CommandKind, head: CommandHead, body: &B) -> Vec<Event> {
        self.operate_with(kind, head, body, NO_ITEMS)
    }

    pub fn operate_with<B: Record, I: Record>(
        &mut self,
        kind: CommandKind,
        head: CommandHead,
        body: &B,
        items: &[I],
    ) -> Vec<Event> {
        self.operator_seq += 1;
        let head = CommandHead { source: 1, source_seq: self.operator_seq, ..head };
        self.send(kind, head, body, items)
    }

    pub fn send<B: Record, I: Record>(
        &mut self,
        kind: CommandKind,
        head: CommandHead,
        body: &B,
        items: &[I],
    ) -> Vec<Event> {
        let mut record = Vec::new();
        encode_command(kind, head, body, items, &[], &mut record);
        let command = Command::parse(&record).unwrap();
        let mut sink = EventSink::with_tails(&mut self.buffer);
        self.engine.apply(self.engine.last_seq() + 1, Nanos(self.at), &command, &mut sink);
        let events: Vec<Event> = events_in(sink.written()).map(|(event, _)| event).collect();
        self.engine.check().unwrap();
        if RESTORES {
            let mut bytes = Vec::new();
            self.engine.snapshot(&mut bytes);
            let restored = Engine::restore(&bytes, 0).unwrap();
            assert_eq!(restored.state_hash(), self.engine.state_hash());
            self.engine = restored;
        }
        self.said.extend(&events);
        events
    }

    /// A new order; its reference is the next of the account.
    pub fn place(&mut self, account: u32, instrument: u32, body: FixedBody) -> Vec<Event> {
        let client_ref = self.next_ref(account);
        let head = CommandHead { account, instrument, client_ref, ..CommandHead::empty() };
        self.send(CommandKind::PlaceOrder, head, &body, NO_ITEMS)
    }

    pub fn next_ref(&mut self, account: u32) -> u64 {
        let last = self.refs.entry(account).or_default();
        *last += 1;
        *last
    }

    /// A limit order, good till cancelled.
    pub fn limit(
        &mut self,
        account: u32,
        instrument: u32,
        side: Side,
        quantity: i64,
        price: i64,
    ) -> Vec<Event> {
        self.place(account, instrument, limit(side, quantity, price))
    }

    pub fn buy(&mut self, account: u32, quantity: i64, price: i64) -> Vec<Event> {
        self.limit(account, SPOT, Side::Buy, quantity, price)
    }

    pub fn sell(&mut self, account: u32, quantity: i64, price: i64) -> Vec<Event> {
        self.limit(account, SPOT, Side::Sell, quantity, price)
    }

    /// Two orders that trade at once: `seller` rests, `buyer` takes.
    pub fn trade(
        &mut self,
        instrument: u32,
        buyer: u32,
        seller: u32,
        quantity: i64,
        price: i64,
    ) -> Vec<Event> {
        self.limit(seller, instrument, Side::Sell, quantity, price);
        self.limit(buyer, instrument, Side::Buy, quantity, price)
    }

    pub fn replace(&mut self, account: u32, target: u64, quantity: i64, price: i64) -> Vec<Event> {
        let client_ref = self.next_ref(account);
        let head = CommandHead { account, client_ref, ..CommandHead::empty() };
        let body = FixedBody { target, quantity, price, ..FixedBody::empty() };
        self.send(CommandKind::ReplaceOrder, head, &body, NO_ITEMS)
    }

    pub fn cancel(&mut self, account: u32, client_ref: u64) -> Vec<Event> {
        let head = CommandHead { account, client_ref, ..CommandHead::empty() };
        self.send(CommandKind::CancelOrder, head, &FixedBody::empty(), NO_ITEMS)
    }

    /// Goes on with all work that waits.
    pub fn work(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(instrument) = self.engine.next_work() {
            let head = CommandHead { instrument: instrument.0, ..CommandHead::empty() };
            events.extend(self.send(CommandKind::Continue, head, &FixedBody::empty(), NO_ITEMS));
        }
        events
    }

    pub fn last_ref(&self, account: u32) -> u64 {
        self.refs.get(&account).copied().unwrap_or(0)
    }

    pub fn settle(&mut self, instrument: u32, price: i64) -> Vec<Event> {
        let body = SetReference { price, what: code::SETTLEMENT, reserved: 0, reserved_2: 0 };
        let head = CommandHead { instrument, ..CommandHead::empty() };
        let mut events = self.operate(CommandKind::SetReference, head, &body);
        events.extend(self.work());
        events
    }

    pub fn set_limits(&mut self, scope: u8, id: u32, body: SetLimits) -> Vec<Event> {
        self.operate(CommandKind::SetLimits, CommandHead::empty(), &SetLimits { scope, id, ..body })
    }

    pub fn set_kill(&mut self, scope: u8, id: u32, on: u8) -> Vec<Event> {
        let body = SetKill { id, scope, on, reserved: 0, reserved_2: 0 };
        self.operate(CommandKind::SetKill, CommandHead::empty(), &body)
    }

    pub fn restrict(&mut self, scope: u8, id: u32, instrument: u32, on: u8) -> Vec<Event> {
        let body = SetRestriction { id, scope, on, reserved: 0, reserved_2: 0 };
        let head = CommandHead { instrument, ..CommandHead::empty() };
        self.operate(CommandKind::SetRestriction, head, &body)
    }

    pub fn define_plan(&mut self, plan: u8, maker_rate: i64, taker_rate: i64) -> Vec<Event> {
        let body = DefineFeePlan { maker_rate, taker_rate, plan, reserved: 0, reserved_2: 0 };
        self.operate(CommandKind::DefineFeePlan, CommandHead::empty(), &body)
    }

    pub fn define_group(&mut self, group: u16, name: &str, asset: u32, tiers: &[(i64, u8)]) -> Vec<Event> {
        let mut field = [0; 16];
        field[..name.len()].copy_from_slice(name.as_bytes());
        let body = DefineGroup { name: field, asset, group, reserved: 0, reserved_2: 0 };
        let item = |(traded, plan): &(i64, u8)| FeeTier {
            traded: *traded,
            plan: *plan,
            reserved: 0,
            reserved_2: 0,
            reserved_3: 0,
        };
        let items: Vec<FeeTier> = tiers.iter().map(item).collect();
        self.operate_with(CommandKind::DefineGroup, CommandHead::empty(), &body, &items)
    }

    pub fn set_group(&mut self, account: u32, group: u16) -> Vec<Event> {
        let body = SetAccount {
            group,
            self_trade: 0,
            self_trade_of: 0,
            positions: 0,
            reserved: 0,
            reserved_2: 0,
            reserved_3: 0,
        };
        let head = CommandHead { account, ..CommandHead::empty() };
        self.operate(CommandKind::SetAccount, head, &body)
    }

    pub fn end_day(&mut self, business_date: u32) -> Vec<Event> {
        let mut events =
            self.operate(CommandKind::EndOfDay, CommandHead::empty(), &EndOfDay { business_date });
        events.extend(self.work());
        events
    }

    /// Balance and hold.
    pub fn has(&self, account: u32, asset: u32) -> (i128, i128) {
        let balance = self.engine.balance(AccountId(account), AssetId(asset));
        (balance.total, balance.held)
    }
}

pub fn limit(side: Side, quantity: i64, price: i64) -> FixedBody {
    FixedBody {
        side: side as u8,
        order_type: code::LIMIT,
        time_in_force: code::GOOD_TILL_CANCEL,
        price,
        quantity,
        ..FixedBody::empty()
    }
}

pub fn spot_terms() -> ListInstrument {
    ListInstrument {
        symbol: *b"SPOT\0\0\0\0\0\0\0\0\0\0\0\0",
        base_asset: ABC,
        quote_asset: USD,
        execution: code::EXECUTION_BOOK,
        kind: code::SPOT,
        phase: code::CONTINUOUS,
        reserved: 0,
        price_unit: 1_000_000_000,
        lot_size: 1_000_000_000,
        tick: 1,
        min_price: 1,
        max_price: 1_000,
        max_quantity: 5_000,
        max_notional: 500_000,
        maker_fee_rate: 0,
        taker_fee_rate: 0,
    }
}

pub fn future_terms() -> ListInstrument {
    ListInstrument {
        symbol: *b"FUT\0\0\0\0\0\0\0\0\0\0\0\0\0",
        base_asset: 0,
        kind: code::FUTURE,
        price_unit: 10_000_000_000,
        min_price: 50,
        max_price: 150,
        ..spot_terms()
    }
}

pub fn account_terms() -> OpenAccount {
    OpenAccount {
        firm: 1,
        max_quantity: 4_000,
        max_notional: 400_000,
        max_open_orders: 10,
        self_trade: 0,
        self_trade_of: 0,
        group: 0,
        clearing: 0,
        positions: 0,
        reserved: 0,
        reserved_2: 0,
    }
}

pub fn no_limits() -> SetLimits {
    SetLimits {
        id: 0,
        scope: 0,
        reserved: 0,
        reserved_2: 0,
        asset: 0,
        max_rate: 0,
        max_open_orders: 0,
        max_quantity: 0,
        max_notional: 0,
        max_position: 0,
        max_held: 0,
        max_loss: 0,
    }
}

/// The reason of a refusal; `None` where the command was taken.
pub fn reason(events: &[Event]) -> Option<Reject> {
    let first = events.first()?;
    if first.kind == EventKind::Rejected as u8 { Reject::from_code(first.detail) } else { None }
}

/// The events of one kind.
pub fn of_kind(events: &[Event], kind: EventKind) -> Vec<Event> {
    events.iter().filter(|event| event.kind == kind as u8).copied().collect()
}

/// The kinds of events, in order.
pub fn kinds(events: &[Event]) -> Vec<EventKind> {
    events.iter().filter_map(|event| EventKind::from_code(event.kind)).collect()
}
