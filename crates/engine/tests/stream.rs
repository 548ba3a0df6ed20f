//! A long random stream of commands: invariants after every one, snapshots that restore, a hash that every build must reach.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

use std::path::Path;

use garraway_engine::{Engine, Setup};
use garraway_types::*;

struct Random(u64);

impl Random {
    fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % below
    }
}

#[derive(Clone, Copy)]
struct Live {
    account: u32,
    client_ref: u64,
    instrument: u32,
    side: u8,
    leaves: i64,
}

struct Stream {
    engine: Engine,
    random: Random,
    buffer: Vec<u8>,
    events: Fnv,
    operator_seq: u64,
    refs: [u64; 24],
    refused: [u32; 74],
    met: [u32; 64],
    /// Open orders as the events say: account, reference, instrument, side, lots.
    live: Vec<Live>,
    /// What is held by account and asset, as the events say.
    held: std::collections::BTreeMap<(u32, u32), i128>,
    slice: u16,
    all_kinds: bool,
}

impl Stream {
    /// A stream of plain orders.
    fn new(seed: u64) -> Self {
        Self::with(seed, 11, false)
    }

    /// A stream of every kind of order.
    fn of_all_kinds(seed: u64) -> Self {
        Self::with(seed, [8, 11, 12, 40, 400][(seed >> 8) as usize % 5], true)
    }

    fn with(seed: u64, slice: u16, all_kinds: bool) -> Self {
        let engine = Engine::new(Setup { slice_events: slice, capacity: 300, reserve_orders: 0 });
        let (random, buffer) = (Random(seed), vec![0; EventSink::RESERVE]);
        let mut stream = Self {
            engine,
            random,
            buffer,
            events: Fnv::default(),
            operator_seq: 0,
            refs: [0; 24],
            refused: [0; 74],
            met: [0; 64],
            live: Vec::new(),
            held: Default::default(),
            slice,
            all_kinds,
        };
        stream.define();
        stream
    }

    fn apply(&mut self, record: &[u8]) -> Vec<Event> {
        let command = Command::parse(record).unwrap();
        let mut sink = EventSink::with_tails(&mut self.buffer);
        let at = Nanos(self.random.next(1_000) as i64);
        self.engine.apply(self.engine.last_seq() + 1, at, &command, &mut sink);
        self.events.bytes(sink.written());
        let events: Vec<Event> = events_in(sink.written()).map(|(event, _)| event).collect();
        assert_eq!(sink.count(), events.len());
        assert!(events.len() <= usize::from(self.slice));
        for event in &events {
            self.met[usize::from(event.kind)] += 1;
            self.follow(event);
            if event.kind == EventKind::Rejected as u8 {
                self.refused[usize::from(event.detail)] += 1;
            }
        }
        events
    }

    fn follow(&mut self, event: &Event) {
        let Some(kind) = EventKind::from_code(event.kind) else { return };
        let (account, leaves) = (event.account, event.leaves);
        if event.released != 0 {
            let asset = if event.side == 1 { 1 } else { [2, 3][usize::from(event.instrument == 7)] };
            *self.held.entry((account, asset)).or_default() -= i128::from(event.released);
        }
        match kind {
            EventKind::Accepted => {
                let side = event.side;
                let client_ref = event.client_ref;
                self.live.push(Live { account, client_ref, instrument: event.instrument, side, leaves });
            }
            EventKind::Replaced | EventKind::Filled | EventKind::Canceled | EventKind::Activated => {
                let known = if kind == EventKind::Replaced { event.fee as u64 } else { event.client_ref };
                let of = |live: &Live| live.account == account && live.client_ref == known;
                if let Some(at) = self.live.iter().position(of) {
                    (self.live[at].client_ref, self.live[at].leaves) = (event.client_ref, leaves);
                    if leaves == 0 {
                        self.live.remove(at);
                    }
                }
            }
            _ => {}
        }
    }

    /// What the events said is what the engine has.
    fn compare(&self) {
        assert_eq!(self.live.len(), self.engine.open_orders() as usize);
        for live in &self.live {
            let order = self.engine.order(AccountId(live.account), ClientRef(live.client_ref)).unwrap();
            assert_eq!((order.leaves.0 as i64, order.side as u8), (live.leaves, live.side), "{order:?}");
        }
        for ((account, asset), held) in &self.held {
            assert_eq!(self.engine.balance(AccountId(*account), AssetId(*asset)).held, *held);
        }
    }

    /// An open order of the account, if there is one.
    fn pick(&mut self, account: usize) -> Option<Live> {
        let of: Vec<Live> = self.live.iter().filter(|live| live.account == account as u32).copied().collect();
        let at = self.random.next(of.len().max(1) as u64) as usize;
        of.get(at).copied()
    }

    fn send<B: Record>(&mut self, kind: CommandKind, head: CommandHead, body: &B) -> Vec<Event> {
        let mut record = Vec::new();
        let tail = &b"a text"[..self.random.next(7) as usize];
        encode_command(kind, head, body, NO_ITEMS, tail, &mut record);
        self.apply(&record)
    }

    fn operator(&mut self) -> CommandHead {
        self.operator_seq += 1;
        CommandHead { source: 1, source_seq: self.operator_seq, ..CommandHead::empty() }
    }

    fn define(&mut self) {
        for (asset, code, scale) in
            [(1, *b"USD\0\0\0\0\0", 8), (2, *b"ABC\0\0\0\0\0", 0), (3, *b"BTC\0\0\0\0\0", 8)]
        {
            let head = self.operator();
            let body = DefineAsset { asset, code, scale, display: 0, reserved: 0, reserved_2: 0 };
            self.send(CommandKind::DefineAsset, head, &body);
        }
        for (instrument, base_asset, lot_size, rates) in [
            (1, 2, 1_000_000_000, (100_000, 333_333)),
            (7, 3, 1_000_000, (0, 99_999_999)),
            (9, 2, 1_000_000_000, (5, 5)),
        ] {
            if instrument == 9 && !self.all_kinds {
                continue;
            }
            let mut symbol = [0; 16];
            symbol[0] = b'A' + instrument as u8;
            let body = ListInstrument {
                symbol,
                base_asset,
                quote_asset: 1,
                execution: 1,
                kind: code::SPOT,
                phase: if instrument == 9 { code::PRE_OPEN } else { code::CONTINUOUS },
                reserved: 0,
                price_unit: 10_000_000,
                lot_size,
                tick: 5,
                min_price: 5,
                max_price: 100_000,
                max_quantity: 1_000,
                max_notional: i64::MAX,
                maker_fee_rate: rates.0,
                taker_fee_rate: rates.1,
            };
            let head = CommandHead { instrument, ..self.operator() };
            self.send(CommandKind::ListInstrument, head, &body);
        }
        for account in 16..24 {
            let body = OpenAccount {
                firm: 1 + account % 3,
                max_quantity: 900,
                max_notional: 400_000_000_000_000,
                max_open_orders: if self.all_kinds { 40 } else { 12 },
                self_trade: (account % 5) as u8,
                self_trade_of: if account % 5 == 0 { 0 } else { 1 + (account / 5 % 2) as u8 },
                group: 0,
                clearing: 0,
                positions: 0,
                reserved: 0,
                reserved_2: 0,
            };
            let head = CommandHead { account, ..self.operator() };
            self.send(CommandKind::OpenAccount, head, &body);
            for (asset, amount) in [(1, 60_000_000_000_000), (2, 5_000), (3, 500_000_000)] {
                let head = CommandHead { account, ..self.operator() };
                self.send(CommandKind::Deposit, head, &FixedBody { asset, amount, ..FixedBody::empty() });
            }
        }
    }

    fn step(&mut self) {
        if let Some(instrument) = self.engine.next_work()
            && self.random.next(3) > 0
        {
            let head = CommandHead { instrument: instrument.0, ..CommandHead::empty() };
            self.send(CommandKind::Continue, head, &FixedBody::empty());
            return;
        }
        let account = 16 + self.random.next(8) as usize;
        let known = self.refs[account];
        let mut recent = known.saturating_sub(self.random.next(30));
        if self.all_kinds && self.random.next(8) > 0 {
            recent = self.pick(account).map_or(recent, |live| live.client_ref);
        }
        let head = CommandHead { account: account as u32, ..CommandHead::empty() };
        match self.random.next(20) {
            0 if self.all_kinds => self.sweep_or_quote(account),
            0..=11 => self.place(account),
            12..=14 => {
                let quantity = if self.random.next(3) == 0 { self.random.next(500) as i64 } else { 0 };
                let body = FixedBody { quantity, ..FixedBody::empty() };
                self.send(CommandKind::CancelOrder, CommandHead { client_ref: recent, ..head }, &body);
            }
            15..=17 => {
                self.refs[account] += 1;
                let (price, quantity) = self.terms();
                let trigger = if self.all_kinds && self.random.next(3) == 0 { self.trigger() } else { 0 };
                let body = FixedBody { price, quantity, target: recent, trigger, ..FixedBody::empty() };
                let head = CommandHead { client_ref: self.refs[account], ..head };
                self.send(CommandKind::ReplaceOrder, head, &body);
            }
            18 => {
                let asset = 1 + self.random.next(3) as u32;
                let amount = self.random.next(if asset == 1 { 1_000_000_000_000 } else { 2_000 }) as i64;
                let kind =
                    if self.random.next(2) == 0 { CommandKind::Deposit } else { CommandKind::Withdraw };
                let head = CommandHead { account: account as u32, ..self.operator() };
                self.send(kind, head, &FixedBody { asset, amount, ..FixedBody::empty() });
            }
            _ => {
                self.send(CommandKind::Tick, CommandHead::empty(), &FixedBody::empty());
            }
        }
    }

    fn terms(&mut self) -> (i64, i64) {
        let far = self.random.next(12) == 0;
        let price = if far {
            5 * (1 + self.random.next(20_000) as i64)
        } else {
            5 * (1_000 + self.random.next(12) as i64)
        };
        let large = self.random.next(8) == 0;
        (price, if large { self.random.next(950) as i64 } else { 1 + self.random.next(12) as i64 })
    }

    fn place(&mut self, account: usize) {
        self.refs[account] += 1;
        let (price, quantity) = self.terms();
        let head = CommandHead {
            account: account as u32,
            client_ref: self.refs[account],
            instrument: [1, 1, 1, 7, 9][self.random.next(if self.all_kinds { 5 } else { 4 }) as usize],
            ..CommandHead::empty()
        };
        let body = FixedBody {
            side: 1 + self.random.next(2) as u8,
            order_type: 1 + (self.random.next(9) / 8) as u8,
            time_in_force: [1, 1, 1, 1, 2, 2, 3][self.random.next(7) as usize],
            flags: (self.random.next(5) / 4) as u8,
            price,
            quantity,
            ..FixedBody::empty()
        };
        if !self.all_kinds {
            self.send(CommandKind::PlaceOrder, head, &body);
            return;
        }
        let body = self.vary(account, body);
        let target = |live: &&Live| live.account == head.account && live.client_ref == body.target;
        let instrument = self.live.iter().find(target).map_or(head.instrument, |live| live.instrument);
        self.send(CommandKind::PlaceOrder, CommandHead { instrument, ..head }, &body);
    }

    fn trigger(&mut self) -> i64 {
        match self.random.next(3) {
            0 => 5 * self.random.next(6) as i64,
            1 => -5 * self.random.next(6) as i64,
            _ => 5 * (996 + self.random.next(20) as i64),
        }
    }

    /// Makes an order of any kind, mostly one that can be.
    fn vary(&mut self, account: usize, body: FixedBody) -> FixedBody {
        let pick = self.random.next(24);
        let lots = |random: &mut Random| 1 + random.next(body.quantity.max(1) as u64) as u32;
        let resting = [1, 1, 4][self.random.next(3) as usize];
        let recent = self.refs[account].saturating_sub(self.random.next(12));
        match pick {
            0..=3 => FixedBody {
                display: lots(&mut self.random).div_ceil(3),
                order_type: 1,
                time_in_force: 1,
                flags: 0,
                ..body
            },
            4..=5 => FixedBody {
                order_type: 1,
                time_in_force: resting,
                flags: 2 + self.random.next(4) as u8 / 3,
                ..body
            },
            6 => FixedBody { order_type: 1, minimum: lots(&mut self.random), flags: 0, ..body },
            7 => FixedBody { order_type: 3, flags: 0, ..body },
            8..=9 => FixedBody {
                order_type: 4 + self.random.next(2) as u8,
                time_in_force: resting,
                flags: 0,
                trigger: 5 * (996 + self.random.next(20) as i64),
                ..body
            },
            10..=11 => FixedBody {
                order_type: 6,
                time_in_force: resting,
                flags: 0,
                trigger: 5 * (1 + self.random.next(6) as i64),
                ..body
            },
            12..=14 => FixedBody {
                order_type: 7 + self.random.next(3) as u8,
                time_in_force: resting,
                flags: 0,
                trigger: -5 * self.random.next(4) as i64,
                ..body
            },
            15..=17 => {
                // Children and partners.
                let stop = self.random.next(2) == 0;
                let known = self.pick(account).filter(|_| self.random.next(8) > 0);
                let recent = known.map_or(recent, |live| live.client_ref);
                let quantity = known.map_or(body.quantity, |live| live.leaves);
                let side = known.map_or(body.side, |live| live.side);
                FixedBody {
                    order_type: if stop { 4 + self.random.next(3) as u8 } else { 1 },
                    time_in_force: resting,
                    flags: [4, 8, 8][self.random.next(3) as usize],
                    trigger: if stop { 5 * (1 + self.random.next(1_010) as i64) } else { 0 },
                    target: recent,
                    quantity,
                    side: if self.random.next(3) == 0 { body.side } else { side },
                    ..body
                }
            }
            18 => FixedBody {
                order_type: 1,
                time_in_force: 5,
                flags: 0,
                expire_s: self.random.next(3) as u32,
                ..body
            },
            19 => FixedBody { time_in_force: 6 + self.random.next(2) as u8, flags: 0, ..body },
            20 => FixedBody {
                order_type: self.random.next(11) as u8,
                time_in_force: self.random.next(9) as u8,
                flags: self.random.next(32) as u8,
                trigger: self.trigger(),
                display: self.random.next(4) as u32,
                minimum: self.random.next(4) as u32,
                expire_s: self.random.next(2) as u32,
                target: recent,
                ..body
            },
            _ => body,
        }
    }

    fn sweep_or_quote(&mut self, account: usize) {
        if self.random.next(3) > 0 {
            let count = 1 + self.random.next(3);
            let head = CommandHead {
                account: account as u32,
                client_ref: self.refs[account] + 1,
                ..CommandHead::empty()
            };
            self.refs[account] += 2 * count;
            let quotes: Vec<Quote> = (0..count)
                .map(|_| {
                    let ((bid_price, bid_quantity), (ask_price, ask_quantity)) = (self.terms(), self.terms());
                    let instrument = [1, 7, 9, 3][self.random.next(4) as usize];
                    Quote { instrument, reserved: 0, bid_price, bid_quantity, ask_price, ask_quantity }
                })
                .collect();
            let mut record = Vec::new();
            encode_command(
                CommandKind::MassQuote,
                head,
                &MassQuote { reserved: 0 },
                &quotes,
                &[],
                &mut record,
            );
            self.apply(&record);
            return;
        }
        let scope = [1, 1, 1, 1, 3, 5][self.random.next(6) as usize];
        let id = [0, account as u32, 0, 1 + self.random.next(3) as u32, 0, 0][scope as usize];
        let body = MassCancel { id, scope, side: self.random.next(3) as u8, reserved: 0, reserved_2: 0 };
        let instrument = [0, 1, 7, 9][self.random.next(4) as usize];
        let head = CommandHead { instrument, ..self.operator() };
        self.send(CommandKind::MassCancel, head, &body);
    }
}

fn restored(engine: &Engine) -> Engine {
    let mut bytes = Vec::new();
    engine.snapshot(&mut bytes);
    let restored = Engine::restore(&bytes, 0).unwrap();
    assert_eq!(restored.state_hash(), engine.state_hash());
    restored
}

#[test]
fn invariants_hold_after_every_command_and_every_build_reaches_the_same_hashes() {
    let (mut text, mut met) = (String::new(), [0; 74]);
    for seed in 1..=4u64 {
        let mut stream = Stream::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        for step in 0..4_000 {
            stream.step();
            stream.engine.check().unwrap();
            if step % 500 == 499 {
                // From here on the restored engine goes on: it must not differ from the one that never stopped.
                stream.engine = restored(&stream.engine);
            }
        }
        let (events, state) = (stream.events.value(), stream.engine.state_hash());
        text += &format!(
            "seed {seed}: commands {}, events {events:016x}, state {state:016x}\n",
            stream.engine.last_seq()
        );
        met.iter_mut().zip(stream.refused).for_each(|(met, count)| *met += count);
    }
    for reason in [
        Reject::OrderUnknown,
        Reject::InstrumentBusy,
        Reject::FundsInsufficient,
        Reject::OpenOrdersTooMany,
        Reject::DryRunTooLarge,
        Reject::PostOnlyWouldTrade,
    ] {
        assert!(met[reason as usize] > 0, "the streams never met {reason}");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/stream.txt");
    if std::env::var_os("GARRAWAY_RENEW").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        stored, text,
        "behaviour changed: raise LOGIC_VERSION, then GARRAWAY_RENEW=1 cargo test -p garraway-engine"
    );
}

#[test]
fn invariants_hold_after_every_command_of_every_kind() {
    let rounds: u64 = std::env::var("GARRAWAY_STREAMS").ok().and_then(|text| text.parse().ok()).unwrap_or(20);
    let (mut refused, mut met) = ([0; 74], [0; 64]);
    for seed in 1..=rounds {
        let mut stream = Stream::of_all_kinds(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        for step in 0..1_500 {
            stream.step();
            if let Err(what) = stream.engine.check() {
                panic!("seed {seed}, step {step}: {what}");
            }
            stream.compare();
            if step % 50 == 49 {
                stream.engine = restored(&stream.engine);
            }
        }
        refused.iter_mut().zip(stream.refused).for_each(|(met, count)| *met += count);
        met.iter_mut().zip(stream.met).for_each(|(met, count)| *met += count);
    }
    for reason in [
        Reject::LinkInvalid,
        Reject::TriggerInvalid,
        Reject::DisplayInvalid,
        Reject::MinimumInvalid,
        Reject::ExpiryInvalid,
        Reject::PhaseForbids,
        Reject::InstrumentBusy,
        Reject::DryRunTooLarge,
        Reject::PostOnlyWouldTrade,
        Reject::WorkFull,
    ] {
        assert!(refused[reason as usize] > 0, "the streams never met {reason}");
    }
    if std::env::var_os("GARRAWAY_SHOW").is_some() {
        let kinds: Vec<_> = EventKind::ALL.iter().map(|spec| (spec.name, met[spec.kind as usize])).collect();
        let reasons: Vec<_> =
            Reject::ALL.iter().map(|spec| (spec.name, refused[spec.reason as usize])).collect();
        println!("{kinds:?}\n{reasons:?}");
    }
    for kind in [EventKind::Triggered, EventKind::Refilled, EventKind::Activated, EventKind::SweepEnded] {
        assert!(met[kind as usize] > 0, "the streams never met {kind:?}");
    }
}

#[test]
fn a_restored_engine_goes_on_as_the_first_one_does() {
    let mut first = Stream::new(77);
    for _ in 0..3_000 {
        first.step();
    }
    let mut second = Stream::new(77);
    for _ in 0..2_000 {
        second.step();
    }
    second.engine = restored(&second.engine);
    for _ in 0..1_000 {
        second.step();
    }
    assert_eq!((first.events, first.engine.state_hash()), (second.events, second.engine.state_hash()));
}

#[test]
fn a_damaged_snapshot_is_refused_or_restores_a_sound_engine() {
    let mut stream = Stream::new(5);
    for _ in 0..300 {
        stream.step();
    }
    let mut bytes = Vec::new();
    stream.engine.snapshot(&mut bytes);
    for length in 0..bytes.len() {
        assert!(Engine::restore(&bytes[..length], 0).is_err(), "a snapshot cut to {length} bytes was taken");
    }
    let mut random = Random(9);
    for _ in 0..3_000 {
        let mut damaged = bytes.clone();
        for _ in 0..1 + random.next(3) {
            let at = random.next(damaged.len() as u64) as usize;
            damaged[at] ^= 1 << random.next(8);
        }
        if let Ok(engine) = Engine::restore(&damaged, 0) {
            stream.engine = engine;
            for _ in 0..10 {
                stream.engine.check().unwrap();
                stream.step();
            }
        }
    }
}
