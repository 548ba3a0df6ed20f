//! The venue that the benchmarks run on: two assets, one instrument, funded accounts with fees and finite limits.

use garraway_engine::{Engine, Setup};
use garraway_types::{
    CommandHead, CommandKind, DefineAsset, Event, EventKind, EventSink, FixedBody, ListInstrument, NO_ITEMS,
    Nanos, OpenAccount, Record, code, commands_in, encode_command, events_in,
};

const USD: u32 = 1;
const STOCK: u32 = 2;
pub(crate) const INSTRUMENT: u32 = 1;
pub(crate) const FIRST: u32 = 16;
pub(crate) const ACCOUNTS: u32 = 1_000;
const MUCH_USD: i64 = 4_000_000_000_000_000_000;
const MUCH_STOCK: i64 = 1_000_000_000_000;

/// An engine after the commands of `setup`, none of which is refused.
pub(crate) fn applied(commands: &[u8], setup: Setup, at_ns: i64) -> Engine {
    let mut engine = Engine::new(setup);
    let mut buffer = vec![1; EventSink::RESERVE];
    let mut sink = EventSink::without_tails(&mut buffer);
    for command in commands_in(commands) {
        sink.clear();
        engine.apply(engine.last_seq() + 1, Nanos(at_ns), &command, &mut sink);
        assert_ne!(Event::read(sink.written()).kind, EventKind::Rejected as u8, "the set-up is refused");
    }
    engine
}

/// Counts trades and rejects.
pub(crate) fn count(events: &[u8], trades: &mut u64, rejects: &mut u64) {
    for (event, _) in events_in(events) {
        match EventKind::from_code(event.kind) {
            Some(EventKind::Traded) => *trades += 1,
            Some(EventKind::Rejected) => *rejects += 1,
            _ => {}
        }
    }
}

/// The definitions of a set-up, numbered as the operator's.
pub(crate) struct Definitions {
    pub(crate) out: Vec<u8>,
    source_seq: u64,
}

impl Definitions {
    /// The two assets.
    pub(crate) fn new() -> Self {
        let mut definitions = Self { out: Vec::new(), source_seq: 0 };
        for (asset, code, scale) in [(USD, *b"USD\0\0\0\0\0", 8u8), (STOCK, *b"STOCK\0\0\0", 0)] {
            let body = DefineAsset { asset, code, scale, display: scale.min(2), reserved: 0, reserved_2: 0 };
            definitions.send(CommandKind::DefineAsset, 0, 0, &body);
        }
        definitions
    }

    pub(crate) fn send<B: Record>(&mut self, kind: CommandKind, account: u32, instrument: u32, body: &B) {
        self.source_seq += 1;
        let source_seq = self.source_seq;
        let head = CommandHead { source: 1, source_seq, account, instrument, ..CommandHead::empty() };
        encode_command(kind, head, body, NO_ITEMS, &[], &mut self.out);
    }

    pub(crate) fn instrument(&mut self, instrument: u32, phase: u8) {
        let mut symbol = *b"STOCK\0\0\0\0\0\0\0\0\0\0\0";
        if instrument > 1 {
            symbol[5..11].copy_from_slice(format!("{instrument:06}").as_bytes());
        }
        let listing = ListInstrument {
            symbol,
            base_asset: STOCK,
            quote_asset: USD,
            execution: code::EXECUTION_BOOK,
            kind: code::SPOT,
            phase,
            reserved: 0,
            price_unit: 10_000_000,
            lot_size: 1_000_000_000,
            tick: 1,
            min_price: 1,
            max_price: 10_000_000,
            max_quantity: 1_000_000,
            max_notional: 1_000_000_000_000_000_000,
            maker_fee_rate: 100_000,
            taker_fee_rate: 200_000,
        };
        self.send(CommandKind::ListInstrument, 0, instrument, &listing);
    }

    /// An account that has what it needs: money, stock, or both.
    pub(crate) fn account(&mut self, account: u32, usd: bool, stock: bool) {
        let body = OpenAccount {
            firm: 1 + account % 10,
            max_quantity: 1_000_000,
            max_notional: 1_000_000_000_000_000_000,
            max_open_orders: 10_000_000,
            self_trade: code::CANCEL_NEWEST,
            self_trade_of: code::OF_ACCOUNT,
            group: 0,
            clearing: 0,
            positions: 0,
            reserved: 0,
            reserved_2: 0,
        };
        self.send(CommandKind::OpenAccount, account, 0, &body);
        for (wanted, asset, amount) in [(usd, USD, MUCH_USD), (stock, STOCK, MUCH_STOCK)] {
            if wanted {
                let body = FixedBody { asset, amount, ..FixedBody::empty() };
                self.send(CommandKind::Deposit, account, 0, &body);
            }
        }
    }
}

/// The venue: half of the accounts buyers and half sellers, or, with `both`, each of them both.
pub(crate) fn account_setup(accounts: u32, both: bool) -> Vec<u8> {
    let mut definitions = Definitions::new();
    definitions.instrument(INSTRUMENT, code::CONTINUOUS);
    for account in FIRST..FIRST + accounts {
        let buys = account < FIRST + accounts / 2;
        definitions.account(account, both || buys, both || !buys);
    }
    definitions.out
}
