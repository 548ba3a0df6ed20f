//! Commands: what may be asked of the engine. A head, a body by kind, counted items, an opaque tail.
//!
//! Source: "Records and doors" of the architecture. The whole record is a multiple of 8 bytes, at most 4,096.

use crate::limits::{MAX_COMMAND, MAX_TAIL};
use crate::{Field, Record, Wire, record};

/// Bytes of a command of fixed size: head and [`FixedBody`].
pub const FIXED_COMMAND: usize = CommandHead::SIZE + FixedBody::SIZE;
/// The version of every command record.
pub const COMMAND_VERSION: u8 = 1;

record! {
    /// The head of every command.
    pub struct CommandHead [36] {
        /// Bytes of the whole record, a multiple of 8.
        length: u16,
        /// Which command it is.
        kind: u8,
        /// Version of the record, 1.
        version: u8,
        /// Count of items after the body.
        items: u16,
        /// Bytes of the tail after the items, at most 128; zeros fill up to `length`.
        tail: u16,
        /// The source's own number of this command, from 1 without gaps; 0 from source 0.
        source_seq: u64,
        /// Reference of the order within its account.
        client_ref: u64,
        /// The account meant, 0 for none.
        account: u32,
        /// The instrument meant, 0 for none.
        instrument: u32,
        /// Who sends the command.
        source: u16,
        /// Zero.
        reserved: u16,
    }
}

record! {
    /// The body that all commands of fixed size share; each kind uses some of it and leaves the rest zero.
    pub struct FixedBody [60] {
        /// 1 buy, 2 sell.
        side: u8,
        /// 1 limit, 2 market with a bound.
        order_type: u8,
        /// 1 good till cancelled, 2 immediate or cancel, 3 fill or kill.
        time_in_force: u8,
        /// 0, or 1: post-only.
        flags: u8,
        /// Limit, or the worst price of a market order, in price units.
        price: i64,
        /// Lots.
        quantity: i64,
        /// Reference of the order that is replaced.
        target: u64,
        /// Ledger units of the asset.
        amount: i64,
        /// The asset.
        asset: u32,
        /// Zero.
        reserved: [u8; 20],
    }
}

record! {
    /// Defines a source: who may send commands, and which.
    pub struct DefineSource [20] {
        /// Its name, 1 to 10 letters, digits, `-` or `_`, filled up with zeros; the door's password.
        name: [u8; 16],
        /// Its number, from 2.
        defined: u16,
        /// What it may do: 1 trade, 2 money, 4 define.
        rights: u8,
        /// Zero.
        reserved: u8,
    }
}

record! {
    /// Defines an asset that ledgers count.
    pub struct DefineAsset [20] {
        /// Its number, from 1.
        asset: u32,
        /// Its code, 1 to 8 letters, digits, `-` or `_`, e.g. `USD`.
        code: [u8; 8],
        /// Decimals of a ledger unit, 0 to 12.
        scale: u8,
        /// Decimals shown to people, at most `scale`.
        display: u8,
        /// Zero.
        reserved: u16,
        /// Zero.
        reserved_2: u32,
    }
}

record! {
    /// Lists an instrument on the book.
    pub struct ListInstrument [100] {
        /// Its symbol, 1 to 16 letters, digits, `-` or `_`; at most 8 to be traded over OUCH.
        symbol: [u8; 16],
        /// The asset that is bought and sold.
        base_asset: u32,
        /// The asset that is paid.
        quote_asset: u32,
        /// 1: book. Where orders are executed.
        execution: u8,
        /// Zero.
        reserved: u8,
        /// Zero.
        reserved_2: u16,
        /// One price unit, in 1e-9 of the quote asset for one whole of the base asset.
        price_unit: i64,
        /// One lot, in 1e-9 of the base asset.
        lot_size: i64,
        /// Prices are multiples of this many price units.
        tick: i64,
        /// Lowest price of an order, at least 1.
        min_price: i64,
        /// Highest price of an order.
        max_price: i64,
        /// Largest quantity of an order in lots.
        max_quantity: i64,
        /// Largest price x quantity of an order, in ledger units of the quote asset.
        max_notional: i64,
        /// Fee of the resting side, in 1e-9 of the value traded.
        maker_fee_rate: i64,
        /// Fee of the incoming side, in 1e-9 of the value traded.
        taker_fee_rate: i64,
    }
}

record! {
    /// Opens an account; the head names it.
    pub struct OpenAccount [28] {
        /// The firm that answers for it, from 1.
        firm: u32,
        /// Largest quantity of an order in lots.
        max_quantity: i64,
        /// Largest price x quantity of an order, in ledger units of the quote asset.
        max_notional: i64,
        /// Most orders open at a time.
        max_open_orders: u32,
        /// When an incoming order would meet one of its own: 0 they trade, 1 the incoming one is cancelled, 2 the resting one, 3 both, 4 both are reduced by what they have in common.
        self_trade: u8,
        /// Whose orders are its own: 1 the account's, 2 the firm's; may be 0 where `self_trade` is 0.
        self_trade_of: u8,
        /// Zero.
        reserved: u16,
    }
}

record! {
    /// Defines a trading session: a client's log-in by a protocol. The head names its default account; the items are all its accounts.
    pub struct DefineSession [92] {
        /// Its number, from 1.
        session: u32,
        /// The firm it belongs to; all its accounts are of this firm.
        firm: u32,
        /// 1: OUCH 4.2 over SoupBinTCP.
        protocol: u8,
        /// Leading bits of `network` that an address must share, 0 to 128.
        network_prefix: u8,
        /// Zero.
        reserved: u16,
        /// The log-in name, 1 to 6 letters, digits, `-` or `_`, filled up with zeros.
        name: [u8; 16],
        /// The network from which it may log in, as an IPv6 address (IPv4 mapped).
        network: [u8; 16],
        /// Random bytes that stand before the secret when it is hashed.
        salt: [u8; 16],
        /// SHA-256 of salt and secret.
        verifier: [u8; 32],
    }
}

record! {
    /// One account of a session, an item of `DefineSession`.
    pub struct SessionAccount [8] {
        /// The account.
        account: u32,
        /// Zero.
        reserved: u32,
    }
}

/// Bits of [`DefineSource::rights`].
pub mod rights {
    /// Place, cancel and replace orders.
    pub const TRADE: u8 = 1;
    /// Deposit and withdraw.
    pub const MONEY: u8 = 2;
    /// Define sources, assets, instruments, accounts and sessions.
    pub const DEFINE: u8 = 4;
    /// Tick, continue and close: the sequencer's own, never given to a source.
    pub const SYSTEM: u8 = 8;
    /// All that can be given to a source.
    pub const ALL: u8 = TRADE | MONEY | DEFINE;
}

/// Codes that commands carry.
pub mod code {
    /// A limit order.
    pub const LIMIT: u8 = 1;
    /// A market order with a bound.
    pub const MARKET: u8 = 2;
    /// Rests until it is filled or cancelled.
    pub const GOOD_TILL_CANCEL: u8 = 1;
    /// What does not trade at once is cancelled.
    pub const IMMEDIATE_OR_CANCEL: u8 = 2;
    /// Trades at once in full, or not at all.
    pub const FILL_OR_KILL: u8 = 3;
    /// Post-only: the order rests or is refused, it never takes.
    pub const POST_ONLY: u8 = 1;
    /// Self-trade prevention: none, own orders trade with each other.
    pub const SELF_TRADE_ALLOWED: u8 = 0;
    /// Self-trade prevention: the incoming order is cancelled.
    pub const CANCEL_NEWEST: u8 = 1;
    /// Self-trade prevention: the resting order is cancelled.
    pub const CANCEL_OLDEST: u8 = 2;
    /// Self-trade prevention: both are cancelled.
    pub const CANCEL_BOTH: u8 = 3;
    /// Self-trade prevention: both are reduced by what they have in common.
    pub const DECREMENT: u8 = 4;
    /// Own orders are those of the account.
    pub const OF_ACCOUNT: u8 = 1;
    /// Own orders are those of the firm.
    pub const OF_FIRM: u8 = 2;
    /// Executed on our own book.
    pub const EXECUTION_BOOK: u8 = 1;
    /// OUCH 4.2 over SoupBinTCP 3.00.
    pub const PROTOCOL_OUCH: u8 = 1;
}

/// What the reference says of one kind of command.
#[derive(Clone, Copy, Debug)]
pub struct CommandSpec {
    /// The kind.
    pub kind: CommandKind,
    /// Its name.
    pub name: &'static str,
    /// What it does, from its doc comment.
    pub doc: &'static str,
    /// The body's name.
    pub body: &'static str,
    /// Bytes of the body.
    pub body_size: usize,
    /// Bytes of one item, 0 where there are none.
    pub item_size: usize,
    /// The body's fields.
    pub fields: &'static [Field],
    /// The fields of head and body that it reads.
    pub uses: &'static [&'static str],
    /// The right that its source needs.
    pub right: u8,
}

macro_rules! commands {
    ($( $(#[doc = $doc:literal])+ $name:ident = $code:literal, $body:ident, items $item:expr, right $right:ident, uses [$($used:literal),*]; )+) => {
        /// The kinds of command.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum CommandKind {
            $( $(#[doc = $doc])+ $name = $code, )+
        }

        impl CommandKind {
            /// Every kind, in order of its code.
            pub const ALL: &'static [CommandSpec] = &[$(
                CommandSpec {
                    kind: CommandKind::$name,
                    name: stringify!($name),
                    doc: concat!($($doc),+).trim_ascii(),
                    body: stringify!($body),
                    body_size: $body::SIZE,
                    item_size: $item,
                    fields: $body::FIELDS,
                    uses: &[$($used),*],
                    right: rights::$right,
                },
            )+];

            /// The kind with this code, if there is one.
            #[inline(always)]
            pub const fn from_code(code: u8) -> Option<Self> {
                match code {
                    $( $code => Some(Self::$name), )+
                    _ => None,
                }
            }
        }
    };
}

commands! {
    /// Defines a source of commands.
    DefineSource = 1, DefineSource, items 0, right DEFINE, uses ["name", "defined", "rights"];
    /// Defines an asset.
    DefineAsset = 2, DefineAsset, items 0, right DEFINE, uses ["asset", "code", "scale", "display"];
    /// Lists an instrument under a number that was never used.
    ListInstrument = 3, ListInstrument, items 0, right DEFINE, uses ["instrument", "symbol", "base_asset", "quote_asset", "execution", "price_unit", "lot_size", "tick", "min_price", "max_price", "max_quantity", "max_notional", "maker_fee_rate", "taker_fee_rate"];
    /// Opens a client's account.
    OpenAccount = 4, OpenAccount, items 0, right DEFINE, uses ["account", "firm", "max_quantity", "max_notional", "max_open_orders", "self_trade", "self_trade_of"];
    /// Defines a trading session, or redefines it in everything but its number.
    DefineSession = 5, DefineSession, items SessionAccount::SIZE, right DEFINE, uses ["account", "session", "firm", "protocol", "network_prefix", "name", "network", "salt", "verifier"];
    /// Brings money or other assets in from outside.
    Deposit = 6, FixedBody, items 0, right MONEY, uses ["account", "asset", "amount"];
    /// Takes free money or other assets out.
    Withdraw = 7, FixedBody, items 0, right MONEY, uses ["account", "asset", "amount"];
    /// Places an order.
    PlaceOrder = 8, FixedBody, items 0, right TRADE, uses ["account", "client_ref", "instrument", "side", "order_type", "time_in_force", "flags", "price", "quantity"];
    /// Cancels an open order, or reduces it: `quantity` is what it may fill in all, 0 cancels the rest.
    CancelOrder = 9, FixedBody, items 0, right TRADE, uses ["account", "client_ref", "quantity"];
    /// Replaces an open order by one with a new reference, price and total quantity, in one step.
    ReplaceOrder = 10, FixedBody, items 0, right TRADE, uses ["account", "client_ref", "target", "price", "quantity"];
    /// Tells the time.
    Tick = 11, FixedBody, items 0, right SYSTEM, uses [];
    /// Goes on with an order whose fills did not fit into one command.
    Continue = 12, FixedBody, items 0, right SYSTEM, uses ["instrument"];
    /// The last command of a clean stop.
    CleanClose = 13, FixedBody, items 0, right SYSTEM, uses [];
}

/// Why bytes are not a command at all. Such bytes never reach the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// Fewer bytes than a head, or than `length` says.
    Short {
        /// Bytes given.
        have: usize,
        /// Bytes needed.
        need: usize,
    },
    /// `length` is not what kind, items and tail make it.
    Length {
        /// The length in the head.
        have: usize,
        /// The length that kind, items and tail make.
        need: usize,
    },
    /// No such kind of command.
    Kind(u8),
    /// A version that this build does not know.
    Version(u8),
    /// A tail above [`MAX_TAIL`].
    Tail(u16),
    /// Something stands between the tail and the end of the record.
    Fill,
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Self::Short { have, need } => {
                write!(formatter, "command of {have} bytes, it needs {need}: send the whole record")
            }
            Self::Length { have, need } => {
                write!(
                    formatter,
                    "command says length {have}, its kind, items and tail make {need}: a multiple of 8, at most {MAX_COMMAND}"
                )
            }
            Self::Kind(kind) => {
                write!(formatter, "command kind {kind} is unknown: see the reference of commands")
            }
            Self::Version(version) => {
                write!(formatter, "command version {version} is unknown: this build reads {COMMAND_VERSION}")
            }
            Self::Fill => {
                formatter.write_str("bytes behind the tail that are not zero: fill the record up with zeros")
            }
            Self::Tail(tail) => {
                write!(formatter, "tail of {tail} bytes, at most {MAX_TAIL}: shorten the client's text")
            }
        }
    }
}

impl std::error::Error for Malformed {}

/// A command whose structure is sound: its values have not been judged yet.
#[derive(Clone, Copy, Debug)]
pub struct Command<'a> {
    /// The head.
    pub head: CommandHead,
    /// The kind, from the head.
    pub kind: CommandKind,
    /// The whole record.
    pub bytes: &'a [u8],
}

impl<'a> Command<'a> {
    /// Reads the command at the start of `bytes` and checks its structure.
    #[inline(always)]
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        if bytes.len() < CommandHead::SIZE {
            return Err(Malformed::Short { have: bytes.len(), need: CommandHead::SIZE });
        }
        let head = CommandHead::read(bytes);
        let Some(kind) = CommandKind::from_code(head.kind) else { return Err(Malformed::Kind(head.kind)) };
        if head.version != COMMAND_VERSION {
            return Err(Malformed::Version(head.version));
        }
        let length = usize::from(head.length);
        if head.tail | head.items != 0 || kind.is_variable() {
            check_length(&head, kind)?;
        } else if length != FIXED_COMMAND {
            return Err(Malformed::Length { have: length, need: FIXED_COMMAND });
        }
        if bytes.len() < length {
            return Err(Malformed::Short { have: bytes.len(), need: length });
        }
        let bytes = &bytes[..length];
        if head.tail != 0 {
            check_fill(&head, kind, bytes)?;
        }
        Ok(Self { head, kind, bytes })
    }

    /// The body, which the caller knows by the kind.
    #[inline(always)]
    pub fn body<T: Record>(&self) -> T {
        T::read(&self.bytes[CommandHead::SIZE..])
    }

    /// The bytes of the body.
    pub fn body_bytes(&self) -> &'a [u8] {
        &self.bytes[CommandHead::SIZE..CommandHead::SIZE + self.kind.spec().body_size]
    }

    /// The items, each of the kind's item size.
    pub fn items(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let spec = self.kind.spec();
        let start = CommandHead::SIZE + spec.body_size;
        let end = start + usize::from(self.head.items) * spec.item_size;
        self.bytes[start..end].chunks_exact(spec.item_size.max(1))
    }

    /// The tail, which the engine never reads.
    #[inline(always)]
    pub fn tail(&self) -> &'a [u8] {
        if self.head.tail == 0 {
            return &[];
        }
        let spec = self.kind.spec();
        let start = CommandHead::SIZE + spec.body_size + usize::from(self.head.items) * spec.item_size;
        &self.bytes[start..start + usize::from(self.head.tail)]
    }
}

#[cold]
fn check_length(head: &CommandHead, kind: CommandKind) -> Result<(), Malformed> {
    if usize::from(head.tail) > MAX_TAIL {
        return Err(Malformed::Tail(head.tail));
    }
    let spec = kind.spec();
    let need = command_length(spec, usize::from(head.items), usize::from(head.tail));
    let have = usize::from(head.length);
    if have != need || need > MAX_COMMAND || (spec.item_size == 0 && head.items != 0) {
        return Err(Malformed::Length { have, need });
    }
    Ok(())
}

#[cold]
fn check_fill(head: &CommandHead, kind: CommandKind, bytes: &[u8]) -> Result<(), Malformed> {
    let spec = kind.spec();
    let items = usize::from(head.items) * spec.item_size;
    let fill = &bytes[CommandHead::SIZE + spec.body_size + items + usize::from(head.tail)..];
    if fill.iter().all(|byte| *byte == 0) { Ok(()) } else { Err(Malformed::Fill) }
}

fn command_length(spec: &CommandSpec, items: usize, tail: usize) -> usize {
    (CommandHead::SIZE + spec.body_size + items * spec.item_size + tail).next_multiple_of(8)
}

impl CommandKind {
    /// What the reference says of this kind.
    #[inline(always)]
    pub const fn spec(self) -> &'static CommandSpec {
        &Self::ALL[self as usize - 1]
    }

    /// Whether the body is another than [`FixedBody`].
    #[inline(always)]
    pub const fn is_variable(self) -> bool {
        (self as u8) < CommandKind::Deposit as u8
    }
}

/// Writes a whole command at the end of `out`: head (whose kind, version, length and counts are filled in here), body, items and tail.
///
/// Panics when items and tail go beyond [`MAX_COMMAND`] or [`MAX_TAIL`]: the caller bounds them.
pub fn encode_command<B: Record>(
    kind: CommandKind,
    head: CommandHead,
    body: &B,
    items: &[SessionAccount],
    tail: &[u8],
    out: &mut Vec<u8>,
) {
    let spec = kind.spec();
    assert_eq!(spec.body_size, B::SIZE, "body of another kind than {}", spec.name);
    assert!(tail.len() <= MAX_TAIL, "tail of {} bytes, at most {MAX_TAIL}", tail.len());
    let length = command_length(spec, items.len(), tail.len());
    assert!(length <= MAX_COMMAND, "command of {length} bytes, at most {MAX_COMMAND}");
    let start = out.len();
    out.resize(start + length, 0);
    let record = &mut out[start..];
    let head = CommandHead {
        length: length as u16,
        kind: kind as u8,
        version: COMMAND_VERSION,
        items: items.len() as u16,
        tail: tail.len() as u16,
        ..head
    };
    head.write(record);
    let mut offset = CommandHead::SIZE;
    body.write(&mut record[offset..]);
    offset += B::SIZE;
    for item in items {
        item.write(&mut record[offset..]);
        offset += SessionAccount::SIZE;
    }
    record[offset..offset + tail.len()].copy_from_slice(tail);
}

impl CommandHead {
    /// A head without length, kind and counts, which [`encode_command`] fills in.
    pub const fn empty() -> Self {
        Self {
            length: 0,
            kind: 0,
            version: 0,
            items: 0,
            tail: 0,
            source_seq: 0,
            client_ref: 0,
            account: 0,
            instrument: 0,
            source: 0,
            reserved: 0,
        }
    }
}

impl FixedBody {
    /// A body of zeros.
    pub const fn empty() -> Self {
        Self {
            side: 0,
            order_type: 0,
            time_in_force: 0,
            flags: 0,
            price: 0,
            quantity: 0,
            target: 0,
            amount: 0,
            asset: 0,
            reserved: [0; 20],
        }
    }
}

/// The text in a field of fixed width, without the zeros that fill it up; `None` where it is not of `1..=longest`
/// letters, digits, `-` or `_`, or where something stands behind the zeros.
pub fn name_of(field: &[u8], longest: usize) -> Option<&str> {
    let length = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    let (name, fill) = field.split_at(length);
    let sound = (1..=longest).contains(&length)
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        && fill.iter().all(|byte| *byte == 0);
    if sound { std::str::from_utf8(name).ok() } else { None }
}

const _: () = {
    assert!(FIXED_COMMAND == 96);
    assert!(CommandHead::SIZE == 36);
    assert!(<[u8; 16] as Wire>::SIZE == 16);
};
