//! A small venue for tests: commands in a line each, events as short text; invariants and a snapshot round trip after every command.
#![allow(missing_docs, dead_code, clippy::unwrap_used)]

use std::collections::BTreeMap;

use garraway_engine::{Engine, Setup};
use garraway_types::*;

/// The instrument of most tests: prices 1 to 1,000 in steps of 1, a lot of one whole ABC, no fees.
pub const ABC: u32 = 1;

pub struct Venue {
    pub engine: Engine,
    buffer: Vec<u8>,
    operator_seq: u64,
    pub at: i64,
    refs: BTreeMap<u32, u64>,
    /// Whether snapshots are taken and restored after every command.
    pub restores: bool,
}

/// An order as tests write it.
#[derive(Clone, Copy)]
pub struct Ask {
    pub account: u32,
    pub instrument: u32,
    pub body: FixedBody,
}

/// A limit order, good till cancelled, of account 16 (buys) or 17 (sells).
pub fn buy(quantity: i64, price: i64) -> Ask {
    order(16, 1, quantity, price)
}

pub fn sell(quantity: i64, price: i64) -> Ask {
    order(17, 2, quantity, price)
}

fn order(account: u32, side: u8, quantity: i64, price: i64) -> Ask {
    let body = FixedBody { side, order_type: 1, time_in_force: 1, price, quantity, ..FixedBody::empty() };
    Ask { account, instrument: ABC, body }
}

impl Ask {
    pub fn by(self, account: u32) -> Self {
        Self { account, ..self }
    }
    pub fn with(mut self, change: impl FnOnce(&mut FixedBody)) -> Self {
        change(&mut self.body);
        self
    }
    pub fn tif(self, time_in_force: u8) -> Self {
        self.with(|body| body.time_in_force = time_in_force)
    }
    pub fn kind(self, order_type: u8) -> Self {
        self.with(|body| body.order_type = order_type)
    }
    pub fn flags(self, flags: u8) -> Self {
        self.with(|body| body.flags = flags)
    }
    pub fn minimum(self, minimum: u32) -> Self {
        self.with(|body| body.minimum = minimum)
    }
    pub fn display(self, display: u32) -> Self {
        self.with(|body| body.display = display)
    }
    pub fn trigger(self, trigger: i64) -> Self {
        self.with(|body| body.trigger = trigger)
    }
    pub fn expires(self, expire_s: u32) -> Self {
        self.with(|body| (body.time_in_force, body.expire_s) = (5, expire_s))
    }
}

fn name(text: &str) -> [u8; 16] {
    let mut name = [0; 16];
    name[..text.len()].copy_from_slice(text.as_bytes());
    name
}

impl Venue {
    /// A venue with accounts 16 to 23 of firms of their own, with plenty of all, and ABC in this phase.
    pub fn new(slice_events: u16, phase: u8) -> Self {
        let engine = Engine::new(Setup { slice_events, capacity: 1 << 22, reserve_orders: 0 });
        let mut venue = Self {
            engine,
            buffer: vec![0; EventSink::RESERVE],
            operator_seq: 0,
            at: 1,
            refs: BTreeMap::new(),
            restores: true,
        };
        for (asset, code) in [(1, *b"USD\0\0\0\0\0"), (2, *b"ABC\0\0\0\0\0"), (3, *b"XYZ\0\0\0\0\0")] {
            let body = DefineAsset { asset, code, scale: 0, display: 0, reserved: 0, reserved_2: 0 };
            venue.define(CommandKind::DefineAsset, 0, 0, &body);
        }
        venue.list(ABC, 2, phase);
        for account in 16..24 {
            venue.open(account, account, 0);
        }
        venue
    }

    pub fn list(&mut self, instrument: u32, base_asset: u32, phase: u8) {
        let body = ListInstrument {
            symbol: name(&format!("I{instrument}")),
            base_asset,
            quote_asset: 1,
            execution: 1,
            kind: 1,
            phase,
            reserved: 0,
            price_unit: 1_000_000_000,
            lot_size: 1_000_000_000,
            tick: 1,
            min_price: 1,
            max_price: 1_000,
            max_quantity: 1_000_000,
            max_notional: i64::MAX,
            maker_fee_rate: 0,
            taker_fee_rate: 0,
        };
        assert_eq!(self.define(CommandKind::ListInstrument, 0, instrument, &body), ["InstrumentListed"]);
    }

    pub fn open(&mut self, account: u32, firm: u32, self_trade: u8) {
        let body = OpenAccount {
            firm,
            max_quantity: i64::MAX,
            max_notional: i64::MAX,
            max_open_orders: 1 << 22,
            self_trade,
            self_trade_of: u8::from(self_trade != 0),
            group: 0,
            clearing: 0,
            positions: 0,
            reserved: 0,
            reserved_2: 0,
        };
        assert_eq!(self.define(CommandKind::OpenAccount, account, 0, &body), ["AccountOpened"]);
        for asset in [1, 2, 3] {
            let body = FixedBody { asset, amount: 1 << 60, ..FixedBody::empty() };
            self.define(CommandKind::Deposit, account, 0, &body);
        }
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
        let events = events_in(sink.written()).map(|(event, _)| event).collect();
        if self.restores {
            if let Err(fault) = self.engine.check() {
                panic!("after {kind:?}: {fault}");
            }
            let mut snapshot = Vec::new();
            self.engine.snapshot(&mut snapshot);
            match Engine::restore(&snapshot, 0) {
                Ok(restored) => {
                    let mut again = Vec::new();
                    restored.snapshot(&mut again);
                    assert_eq!(snapshot, again, "a snapshot restored says the same, after {kind:?}");
                }
                Err(fault) => panic!("after {kind:?}: {fault}"),
            }
        }
        events
    }

    /// A command of the operator's.
    pub fn define<B: Record>(
        &mut self,
        kind: CommandKind,
        account: u32,
        instrument: u32,
        body: &B,
    ) -> Vec<String> {
        self.define_items(kind, account, instrument, body, NO_ITEMS)
    }

    pub fn define_items<B: Record, I: Record>(
        &mut self,
        kind: CommandKind,
        account: u32,
        instrument: u32,
        body: &B,
        items: &[I],
    ) -> Vec<String> {
        self.operator_seq += 1;
        let source_seq = self.operator_seq;
        let head = CommandHead { source: 1, source_seq, account, instrument, ..CommandHead::empty() };
        say_all(&self.send(kind, head, body, items))
    }

    fn system(&mut self, kind: CommandKind, instrument: u32) -> Vec<Event> {
        let head = CommandHead { instrument, ..CommandHead::empty() };
        self.send(kind, head, &FixedBody::empty(), NO_ITEMS)
    }

    pub fn last_ref(&self, account: u32) -> u64 {
        self.refs.get(&account).copied().unwrap_or(0)
    }

    pub fn place_events(&mut self, ask: Ask) -> Vec<Event> {
        let client_ref = self.last_ref(ask.account) + 1;
        self.refs.insert(ask.account, client_ref);
        let Ask { account, instrument, body } = ask;
        let head = CommandHead { client_ref, account, instrument, ..CommandHead::empty() };
        self.send(CommandKind::PlaceOrder, head, &body, NO_ITEMS)
    }

    pub fn place(&mut self, ask: Ask) -> Vec<String> {
        say_all(&self.place_events(ask))
    }

    /// Places an order that must be accepted and do nothing else.
    pub fn rest(&mut self, ask: Ask) -> u64 {
        assert_eq!(self.place(ask), ["Accepted"]);
        self.last_ref(ask.account)
    }

    pub fn cancel(&mut self, account: u32, client_ref: u64) -> Vec<String> {
        let head = CommandHead { client_ref, account, ..CommandHead::empty() };
        say_all(&self.send(CommandKind::CancelOrder, head, &FixedBody::empty(), NO_ITEMS))
    }

    pub fn replace(&mut self, account: u32, target: u64, quantity: i64, price: i64) -> Vec<String> {
        let client_ref = self.last_ref(account) + 1;
        self.refs.insert(account, client_ref);
        let head = CommandHead { client_ref, account, ..CommandHead::empty() };
        let body = FixedBody { target, quantity, price, ..FixedBody::empty() };
        say_all(&self.send(CommandKind::ReplaceOrder, head, &body, NO_ITEMS))
    }

    /// `SetPhase`, without going on.
    pub fn phase_once(&mut self, phase: u8) -> Vec<String> {
        self.define(CommandKind::SetPhase, 0, ABC, &SetPhase { phase, reserved: 0, reserved_2: 0 })
    }

    /// The whole events of `SetPhase`.
    pub fn phase_events(&mut self, phase: u8) -> Vec<Event> {
        self.operator_seq += 1;
        let source_seq = self.operator_seq;
        let head = CommandHead { source: 1, source_seq, instrument: ABC, ..CommandHead::empty() };
        self.send(CommandKind::SetPhase, head, &SetPhase { phase, reserved: 0, reserved_2: 0 }, NO_ITEMS)
    }

    /// `SetPhase` and all `Continue` that it takes.
    pub fn phase(&mut self, phase: u8) -> Vec<String> {
        let mut said = self.phase_once(phase);
        said.extend(self.go_on());
        said
    }

    /// `Continue` until nothing is left to do.
    pub fn go_on(&mut self) -> Vec<String> {
        let mut said = Vec::new();
        while let Some(instrument) = self.engine.next_work() {
            said.extend(say_all(&self.system(CommandKind::Continue, instrument.0)));
        }
        said
    }

    pub fn go_on_once(&mut self) -> Vec<String> {
        match self.engine.next_work() {
            Some(instrument) => say_all(&self.system(CommandKind::Continue, instrument.0)),
            None => Vec::new(),
        }
    }

    pub fn tick(&mut self, at: i64) -> Vec<String> {
        self.at = at;
        say_all(&self.system(CommandKind::Tick, 0))
    }

    pub fn unclean_start(&mut self) -> Vec<String> {
        say_all(&self.system(CommandKind::UncleanStart, 0))
    }

    pub fn reference(&mut self, price: i64) -> Vec<String> {
        let body = SetReference { price, what: 1, reserved: 0, reserved_2: 0 };
        self.define(CommandKind::SetReference, 0, ABC, &body)
    }

    pub fn rules(&mut self, rules: SetRules) -> Vec<String> {
        self.define(CommandKind::SetRules, 0, ABC, &rules)
    }

    pub fn ticks(&mut self, steps: &[(i64, i64)]) -> Vec<String> {
        let items: Vec<TickStep> =
            steps.iter().map(|&(from_price, tick)| TickStep { from_price, tick }).collect();
        self.define_items(CommandKind::SetTicks, 0, ABC, &SetTicks { reserved: 0 }, &items)
    }

    pub fn schedule(&mut self, instrument: u32, phases: &[(i64, u8)]) -> Vec<String> {
        let item = |&(at_ns, phase): &(i64, u8)| ScheduledPhase {
            at_ns,
            phase,
            reserved: 0,
            reserved_2: 0,
            reserved_3: 0,
        };
        let items: Vec<ScheduledPhase> = phases.iter().map(item).collect();
        self.define_items(CommandKind::SetSchedule, 0, instrument, &SetSchedule { reserved: 0 }, &items)
    }

    /// Buys, then sells, displayed: lots at price.
    pub fn book(&self) -> String {
        let side = |side| -> Vec<String> {
            self.engine
                .levels(InstrumentId(ABC), side)
                .map(|l| format!("{}@{}", l.quantity, l.price))
                .collect()
        };
        format!("{} | {}", side(Side::Buy).join(" "), side(Side::Sell).join(" "))
    }
}

pub const NO_RULES: SetRules = SetRules {
    static_band: 0,
    dynamic_band: 0,
    collar: 0,
    auction_ns: 0,
    band_action: 0,
    resume: 0,
    reserved: 0,
};

pub fn say_all(events: &[Event]) -> Vec<String> {
    events.iter().filter(|event| event.kind != EventKind::Filled as u8).map(say).collect()
}

/// An event in short: its name and what of it matters in most tests.
pub fn say(event: &Event) -> String {
    let Some(kind) = EventKind::from_code(event.kind) else { panic!("no such event: {event:?}") };
    let name = kind.spec().name;
    let Event { account, client_ref, price, quantity, leaves, value, fee, side, detail, instrument, .. } =
        *event;
    match kind {
        EventKind::Rejected => Reject::from_code(detail).map_or("?".into(), |reason| reason.to_string()),
        EventKind::Canceled => format!("Canceled {account}/{client_ref} {quantity} why {detail}"),
        EventKind::Traded => format!("Traded {quantity}@{price}"),
        EventKind::PhaseChanged => format!("Phase {value}>{detail} by {fee}"),
        EventKind::Uncrossed | EventKind::Indicated => {
            format!("{name} {quantity}@{price} over {leaves} of {side}")
        }
        EventKind::Activated | EventKind::Triggered => format!("{name} {account}/{client_ref}"),
        EventKind::Refilled => format!("Refilled {account}/{client_ref} {quantity} of {leaves}"),
        EventKind::ReferenceSet => format!("ReferenceSet {price} after {value}"),
        EventKind::SweepBegun | EventKind::SweepEnded => {
            format!("{name} {detail} {quantity} in {instrument}")
        }
        _ => name.into(),
    }
}
