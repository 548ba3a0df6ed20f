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

const SLICE: u16 = 11;

struct Stream {
    engine: Engine,
    random: Random,
    buffer: Vec<u8>,
    events: Fnv,
    operator_seq: u64,
    refs: [u64; 24],
    refused: [u32; 74],
}

impl Stream {
    fn new(seed: u64) -> Self {
        let engine = Engine::new(Setup { slice_events: SLICE, capacity: 300, reserve_orders: 0 });
        let (random, buffer) = (Random(seed), vec![0; EventSink::RESERVE]);
        let mut stream = Self {
            engine,
            random,
            buffer,
            events: Fnv::default(),
            operator_seq: 0,
            refs: [0; 24],
            refused: [0; 74],
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
        assert!(events.len() <= usize::from(SLICE));
        for event in &events {
            if event.kind == EventKind::Rejected as u8 {
                self.refused[usize::from(event.detail)] += 1;
            }
        }
        events
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
        for (instrument, base_asset, lot_size, rates) in
            [(1, 2, 1_000_000_000, (100_000, 333_333)), (7, 3, 1_000_000, (0, 99_999_999))]
        {
            let mut symbol = [0; 16];
            symbol[0] = b'A' + instrument as u8;
            let body = ListInstrument {
                symbol,
                base_asset,
                quote_asset: 1,
                execution: 1,
                kind: code::SPOT,
                phase: code::CONTINUOUS,
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
                max_open_orders: 12,
                self_trade: (account % 5) as u8,
                self_trade_of: if account % 5 == 0 { 0 } else { 1 + (account / 5 % 2) as u8 },
                group: 0,
                clearing: 0,
                reserved: 0,
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
        let recent = known.saturating_sub(self.random.next(30));
        let head = CommandHead { account: account as u32, ..CommandHead::empty() };
        match self.random.next(20) {
            0..=11 => self.place(account),
            12..=14 => {
                let quantity = if self.random.next(3) == 0 { self.random.next(500) as i64 } else { 0 };
                let body = FixedBody { quantity, ..FixedBody::empty() };
                self.send(CommandKind::CancelOrder, CommandHead { client_ref: recent, ..head }, &body);
            }
            15..=17 => {
                self.refs[account] += 1;
                let (price, quantity) = self.terms();
                let body = FixedBody { price, quantity, target: recent, ..FixedBody::empty() };
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
            instrument: if self.random.next(4) == 0 { 7 } else { 1 },
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
        self.send(CommandKind::PlaceOrder, head, &body);
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
