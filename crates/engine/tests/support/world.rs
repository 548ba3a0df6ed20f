//! A small venue to draw commands for: an engine that is set up, the next numbers of its sources, and records made by field names.

use std::collections::BTreeMap;

use garraway_engine::{Engine, Screen, Setup};
use garraway_types::*;

/// The open accounts: their modes of self-trade prevention differ, and three of them are of each firm.
pub const ACCOUNTS: std::ops::Range<u32> = 16..22;
/// The assets: cash, something whole, something finely divided.
pub const ASSETS: std::ops::Range<u32> = 1..4;

/// Little, so that every bound is met; a quote of a mass quote finds its room all the same.
pub const SMALL: Setup = Setup { slice_events: 13, capacity: 32, reserve_orders: 0 };
/// The future, and the account that trades on the balances of another one, 17.
pub const FUTURE: u32 = 9;
/// The instrument that the house deals.
pub const CONTRACT: u32 = 11;
pub const CLEARED: u32 = 21;

/// A field's name and value; texts are made by [`text`].
pub type Values<'a> = &'a [(&'a str, i128)];

#[derive(Clone)]
pub struct World {
    pub engine: Engine,
    /// The last number taken of each source.
    pub numbers: BTreeMap<u16, u64>,
    /// The last record that was taken under a number.
    pub numbered: Vec<u8>,
    /// The phases of instruments, as events tell them.
    pub phases: BTreeMap<u32, u8>,
    /// Trades of late.
    pub trades: Vec<Trade>,
    /// The last business day that ended.
    pub date: u32,
}

/// What it takes to take a trade back.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trade {
    pub id: u64,
    pub instrument: u32,
    pub price: i64,
    pub quantity: i64,
    /// Accounts and fees of buyer and seller.
    pub sides: [(u32, i64); 2],
}

impl World {
    /// The venue with accounts that are funded and instruments that are listed.
    pub fn new(setup: Setup) -> Self {
        Self::recorded(setup).0
    }

    /// The same, and the events that came of its definitions.
    pub fn recorded(setup: Setup) -> (Self, Vec<u8>) {
        let mut world = Self {
            engine: Engine::new(setup),
            numbers: BTreeMap::new(),
            numbered: Vec::new(),
            phases: BTreeMap::new(),
            trades: Vec::new(),
            date: 20_260_101,
        };
        let mut events = Vec::new();
        for (kind, values) in definitions() {
            world.send_recorded(kind, &values, &mut events);
        }
        (world, events)
    }

    /// Sends a command that must be taken, from the gateway or, where it may not, from the operator. Returns its record.
    pub fn send(&mut self, kind: CommandKind, values: Values<'_>) -> Vec<u8> {
        self.send_recorded(kind, values, &mut Vec::new())
    }

    fn send_recorded(&mut self, kind: CommandKind, values: Values<'_>, events: &mut Vec<u8>) -> Vec<u8> {
        let of_gateway = kind.spec().right & (rights::TRADE | rights::SYSTEM) != 0;
        let source = if of_gateway { SourceId::GATEWAY } else { SourceId::OPERATOR };
        let number = if of_gateway { 0 } else { self.next_number(source.0) };
        let named = [&[("source", source.0.into()), ("source_seq", number.into())], values].concat();
        // A fee plan of its own from a traded value on.
        let tiers = [vec![0, 0], vec![2_000, 1]];
        let accounts = [vec![ACCOUNTS.start.into()]];
        let items = match kind {
            CommandKind::DefineGroup => &tiers[..],
            CommandKind::DefineSession => &accounts[..],
            _ => &[],
        };
        let record = record(kind, &named, 0, items);
        let mut buffer = [0; 4_096];
        let refused = |(event, _): (Event, &[u8])| event.kind == EventKind::Rejected as u8;
        let made = self.apply(&record, 0, &mut buffer);
        assert!(!events_in(made).any(refused), "refused: {}", told(&record));
        events.extend_from_slice(made);
        record
    }

    /// The same venue with another engine, which was restored from a snapshot.
    pub fn with(&self, engine: Engine) -> Self {
        Self { engine, ..self.clone() }
    }

    /// The phase of an instrument.
    pub fn phase(&self, instrument: u32) -> u8 {
        self.phases.get(&instrument).copied().unwrap_or(code::CONTINUOUS)
    }

    /// When a record comes: a moment after the last one; a tick with a tail, which says nothing else, seconds later.
    pub fn time_of(&self, record: &[u8]) -> i64 {
        let head = Command::parse(record).unwrap().head;
        let seconds = if head.kind == CommandKind::Tick as u8 { i64::from(head.tail) } else { 0 };
        self.engine.last_at().0 + 1 + seconds * 1_000_000_000
    }

    /// The number that a source would send next.
    pub fn next_number(&self, source: u16) -> u64 {
        self.numbers.get(&source).copied().unwrap_or(0).wrapping_add(1)
    }

    /// Applies a record as the next command; what came of it is written to `buffer`.
    pub fn apply<'b>(&mut self, record: &[u8], at_ns: i64, buffer: &'b mut [u8]) -> &'b [u8] {
        let command = Command::parse(record).unwrap_or_else(|why| panic!("drawn record: {why}"));
        if command.head.source != SourceId::GATEWAY.0 && self.engine.screen(&command) == Screen::New {
            self.numbers.insert(command.head.source, command.head.source_seq);
            self.numbered = record.to_vec();
        }
        let mut sink = EventSink::with_tails(buffer);
        self.engine.apply(self.engine.last_seq() + 1, Nanos(at_ns), &command, &mut sink);
        let used = sink.used();
        let buffer = &buffer[..used];
        for (event, tail) in events_in(buffer) {
            self.note(&event, tail);
        }
        buffer
    }

    fn note(&mut self, event: &Event, tail: &[u8]) {
        match EventKind::from_code(event.kind) {
            Some(EventKind::InstrumentListed) => {
                self.phases.insert(event.instrument, ListInstrument::read(tail).phase);
            }
            Some(EventKind::PhaseChanged) => {
                self.phases.insert(event.instrument, event.detail);
            }
            Some(EventKind::DayEnded) => self.date = event.value as u32,
            Some(EventKind::Traded) => {
                let (price, quantity) = (event.price, event.quantity);
                let (id, instrument) = (event.event_id, event.instrument);
                self.trades.push(Trade { id, instrument, price, quantity, sides: Default::default() });
                if self.trades.len() > 8 {
                    self.trades.remove(0);
                }
            }
            // What the house deals is no trade of two.
            Some(EventKind::Filled) if event.detail != detail::DEALT => {
                if let Some(trade) = self.trades.last_mut() {
                    trade.sides[usize::from(event.side != Side::Buy as u8)] = (event.account, event.fee);
                }
            }
            _ => {}
        }
    }
}

/// What stands in the venue at first, in order.
fn definitions() -> Vec<(CommandKind, Vec<(&'static str, i128)>)> {
    let mut all = Vec::new();
    for (asset, code, scale) in [(1, "USD", 2), (2, "ABC", 0), (3, "BTC", 8)] {
        let values = vec![("asset", asset), ("code", text(code)), ("scale", scale), ("display", 0)];
        all.push((CommandKind::DefineAsset, values));
    }
    // A plain one, one with fees that round at every fill, and one whose values come near the ends of 64 bits.
    let listings = [
        (1, "ABC", 2, 10_000_000, 1_000_000_000, [1, 1, 400, 0, 100_000]),
        (4, "BTC", 3, 1_000_000_000, 10_000_000, [5, 5, 100_000, 99_999_999, 333_333]),
        (7, "HUGE", 2, 1_000_000_000_000_000, 1_000_000_000, [1, 1, 4_000_000_000, 100_000_000, 7]),
    ];
    for (instrument, symbol, base, price_unit, lot_size, [tick, low, high, maker, taker]) in listings {
        let mut values = vec![("instrument", instrument), ("symbol", text(symbol)), ("base_asset", base)];
        values.extend([
            ("quote_asset", 1),
            ("execution", 1),
            ("body.kind", 1),
            ("phase", 1),
            ("price_unit", price_unit),
            ("lot_size", lot_size),
        ]);
        values.extend([
            ("tick", tick),
            ("min_price", low),
            ("max_price", high),
            ("max_quantity", u32::MAX.into()),
        ]);
        values.extend([
            ("max_notional", i64::MAX.into()),
            ("maker_fee_rate", maker),
            ("taker_fee_rate", taker),
        ]);
        all.push((CommandKind::ListInstrument, values));
    }
    let mut future = vec![("instrument", FUTURE.into()), ("symbol", text("FUT")), ("quote_asset", 1)];
    future.extend([("execution", 1), ("body.kind", 2), ("phase", 1), ("price_unit", 10_000_000)]);
    future.extend([("lot_size", 1_000_000_000), ("tick", 1), ("min_price", 50), ("max_price", 150)]);
    future.extend([("max_quantity", 1_000), ("max_notional", i64::MAX.into()), ("taker_fee_rate", 500_000)]);
    all.push((CommandKind::ListInstrument, future));
    let mut contract = vec![("instrument", CONTRACT.into()), ("symbol", text("CON")), ("quote_asset", 1)];
    contract.extend([("execution", 2), ("body.kind", 3), ("phase", 1), ("price_unit", 10_000_000)]);
    contract.extend([("lot_size", 1_000_000_000), ("tick", 1), ("min_price", 50), ("max_price", 150)]);
    contract.extend([
        ("max_quantity", 1_000),
        ("max_notional", i64::MAX.into()),
        ("taker_fee_rate", 500_000),
    ]);
    all.push((CommandKind::ListInstrument, contract));
    let rules =
        vec![("instrument", CONTRACT.into()), ("margin_rate", 50_000_000), ("market", 1), ("limit", 2)];
    all.push((CommandKind::SetDealing, rules));
    let quote = vec![("instrument", CONTRACT.into()), ("price", 99), ("trigger", 101)];
    all.push((CommandKind::SetQuote, quote));
    for (what, price) in [(1, 100), (2, 100)] {
        let values = vec![("instrument", FUTURE.into()), ("what", what), ("price", price)];
        all.push((CommandKind::SetReference, values));
    }
    let plan = vec![("plan", 1), ("maker_rate", -50_000), ("taker_rate", 200_000)];
    all.push((CommandKind::DefineFeePlan, plan));
    all.push((CommandKind::DefineGroup, vec![("group", 1), ("name", text("all")), ("asset", 1)]));
    for account in ACCOUNTS.map(i128::from) {
        let mode = account - 16;
        let mut values =
            vec![("account", account), ("firm", 1 + mode % 2), ("max_quantity", i64::MAX.into())];
        values.extend([("max_notional", i64::MAX.into()), ("max_open_orders", 5 + mode)]);
        values.extend([
            ("self_trade", mode % 5),
            ("self_trade_of", if mode % 5 == 0 { 0 } else { 1 + mode / 3 }),
            ("group", i128::from(mode > 2)),
            ("clearing", if account == i128::from(CLEARED) { 17 } else { 0 }),
        ]);
        all.push((CommandKind::OpenAccount, values));
        if account == i128::from(CLEARED) {
            continue;
        }
        let wealth = if account == 16 { i64::MAX.into() } else { 10i128.pow(5 + mode as u32) };
        for (asset, amount) in ASSETS.zip([wealth, wealth / 100, wealth]) {
            let values = vec![("account", account), ("asset", asset.into()), ("amount", amount)];
            all.push((CommandKind::Deposit, values));
        }
    }
    let desk = vec![("defined", 2), ("name", text("desk")), ("rights", 3)];
    all.push((CommandKind::DefineSource, desk));
    all
}

/// A name as the value of a field of 8 or 16 bytes.
pub fn text(name: &str) -> i128 {
    name.bytes().rev().fold(0, |value, byte| value << 8 | i128::from(byte))
}

/// A whole record: fields of head and body by name, all others zero, items with the values of their fields in order, a tail of so many
/// bytes.
pub fn record(kind: CommandKind, values: Values<'_>, tail: usize, items: &[Vec<i128>]) -> Vec<u8> {
    let spec = kind.spec();
    let size = CommandHead::SIZE + spec.body_size + items.len() * spec.item_size + tail;
    let mut record = vec![0; size.next_multiple_of(8)];
    let counts = [
        ("length", record.len() as i128),
        ("kind", kind as i128),
        ("version", COMMAND_VERSION.into()),
        ("items", items.len() as i128),
        ("tail", tail as i128),
    ];
    for (name, value) in counts.iter().chain(values) {
        put(&mut record, kind, name, *value);
    }
    for (index, item) in items.iter().enumerate() {
        let at = CommandHead::SIZE + spec.body_size + index * spec.item_size;
        for (field, value) in spec.item_fields.iter().zip(item) {
            let bytes = value.to_le_bytes();
            record[at + field.offset..][..field.size].copy_from_slice(&bytes[..field.size]);
        }
    }
    let start = CommandHead::SIZE + spec.body_size + items.len() * spec.item_size;
    record[start..start + tail].fill(b't');
    record
}

/// Writes a field by its name, cut to its size. Panics when neither head nor body has it.
pub fn put(record: &mut [u8], kind: CommandKind, name: &str, value: i128) {
    // A field that head and body both have is the head's, unless it is called the body's.
    let (name, of_head) = name.strip_prefix("body.").map_or((name, true), |name| (name, false));
    let named = |fields: &'static [Field]| fields.iter().find(|field| field.name == name);
    let head = if of_head { named(CommandHead::FIELDS) } else { None };
    let (base, field) = match (head, named(kind.spec().fields)) {
        (Some(field), _) => (0, field),
        (None, Some(field)) => (CommandHead::SIZE, field),
        (None, None) => panic!("{kind:?} has no field {name}"),
    };
    let bytes = value.to_le_bytes();
    let at = base + field.offset;
    let size = field.size.min(bytes.len());
    record[at..at + size].copy_from_slice(&bytes[..size]);
}

/// A record as people read it: its kind and the fields that are not zero.
pub fn told(record: &[u8]) -> String {
    let command = Command::parse(record).unwrap_or_else(|why| panic!("drawn record: {why}"));
    let mut words = command.kind.spec().name.to_owned();
    let counts = ["length", "kind", "version"];
    let head =
        CommandHead::FIELDS.iter().filter(|field| !counts.contains(&field.name)).map(|field| (0, field));
    for (base, field) in head.chain(command.kind.spec().fields.iter().map(|field| (CommandHead::SIZE, field)))
    {
        let bytes = &record[base + field.offset..][..field.size];
        let mut number = [0; 8];
        if bytes.iter().all(|byte| *byte == 0) {
            continue;
        }
        words += &match number.get_mut(..bytes.len()) {
            Some(low) if !field.dtype.starts_with('S') => {
                low.copy_from_slice(bytes);
                format!(" {}={}", field.name, i64::from_le_bytes(number))
            }
            _ => format!(" {}={}", field.name, bytes.escape_ascii()),
        };
    }
    words
}
