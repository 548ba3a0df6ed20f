//! Commands: what may be asked of the engine. A head, a body by kind, counted items, an opaque tail.
//!
//! Source: "Records and doors" of the architecture. The whole record is a multiple of 8 bytes, at most 4,096.

use crate::limits::{MAX_COMMAND, MAX_TAIL};
use crate::{
    BustTrade, ChangeInstrument, DefineAsset, DefineFeePlan, DefineGroup, DefineSession, DefineSource,
    EndOfDay, FeeTier, Field, ListInstrument, MassCancel, MassQuote, OpenAccount, PayDividend, Quote, Record,
    ScheduledPhase, SessionAccount, SetAccount, SetDealing, SetKill, SetLimits, SetMarkup, SetPhase,
    SetReference, SetRestriction, SetRules, SetSchedule, SetTicks, SplitInstrument, TickStep, Wire, record,
    rights,
};

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
        /// 1 limit, 2 market with a bound, 3 market to limit, 4 stop, 5 stop-limit, 6 trailing stop, 7 primary peg, 8 midpoint peg, 9 market peg.
        order_type: u8,
        /// 1 good till cancelled, 2 immediate or cancel, 3 fill or kill, 4 day, 5 good till date, 6 at the open, 7 at the close.
        time_in_force: u8,
        /// Sum of 1 post-only, 2 hidden, 4 one cancels the other (with `target`), 8 one triggers the other (after `target`), 16 reduce-only.
        flags: u8,
        /// Limit, or the worst price of an order without one, in price units; of a quote the bid.
        price: i64,
        /// Lots; of a quote those that are bid for, 0 for any number.
        quantity: i64,
        /// Reference of the order that is replaced, or to which a new one is linked; of a hedging account's order without a link the position that it reduces.
        target: u64,
        /// Ledger units of the asset; of a quote the lots that are offered, 0 for any number.
        amount: i64,
        /// The asset.
        asset: u32,
        /// Price that triggers a stop; distance of a trailing stop; offset of a peg, 0 or less, negative away from the market; of a quote the ask.
        trigger: i64,
        /// Lots shown of an iceberg at a time, 0 for no iceberg.
        display: u32,
        /// Lots that must trade when the order first may, 0 for any.
        minimum: u32,
        /// When an order good till date expires, in seconds since the Unix epoch.
        expire_s: u32,
    }
}

/// Commands without items.
pub struct NoItems;

impl Record for NoItems {
    const SIZE: usize = 0;
    const DOC: &'static str = "";
    const FIELDS: &'static [Field] = &[];
    fn read(_: &[u8]) -> Self {
        Self
    }
    fn write(&self, _: &mut [u8]) {}
}

/// What [`encode_command`] takes for a command without items.
pub const NO_ITEMS: &[NoItems] = &[];

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
    /// The fields of an item.
    pub item_fields: &'static [Field],
    /// The body's fields.
    pub fields: &'static [Field],
    /// The fields of head and body that it reads.
    pub uses: &'static [&'static str],
    /// The right that its source needs.
    pub right: u8,
}

macro_rules! commands {
    ($( $(#[doc = $doc:literal])+ $name:ident = $code:literal, $body:ident, items $item:ty, right $right:ident, uses [$($used:literal),*]; )+) => {
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
                    item_size: <$item as Record>::SIZE,
                    item_fields: <$item as Record>::FIELDS,
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
    DefineSource = 1, DefineSource, items NoItems, right DEFINE, uses ["name", "defined", "rights"];
    /// Defines an asset.
    DefineAsset = 2, DefineAsset, items NoItems, right DEFINE, uses ["asset", "code", "scale", "display"];
    /// Lists an instrument under a number that was never used.
    ListInstrument = 3, ListInstrument, items NoItems, right DEFINE, uses ["instrument", "symbol", "base_asset", "quote_asset", "execution", "kind", "phase", "price_unit", "lot_size", "tick", "min_price", "max_price", "max_quantity", "max_notional", "maker_fee_rate", "taker_fee_rate"];
    /// Opens a client's account.
    OpenAccount = 4, OpenAccount, items NoItems, right DEFINE, uses ["account", "firm", "max_quantity", "max_notional", "max_open_orders", "self_trade", "self_trade_of", "group", "clearing", "positions"];
    /// Defines a trading session, or redefines it in everything but its number.
    DefineSession = 5, DefineSession, items SessionAccount, right DEFINE, uses ["account", "session", "firm", "protocol", "network_prefix", "cancel_on", "name", "network", "salt", "verifier"];
    /// Brings money or other assets in from outside.
    Deposit = 6, FixedBody, items NoItems, right MONEY, uses ["account", "asset", "amount"];
    /// Takes free money or other assets out.
    Withdraw = 7, FixedBody, items NoItems, right MONEY, uses ["account", "asset", "amount"];
    /// Places an order.
    PlaceOrder = 8, FixedBody, items NoItems, right TRADE, uses ["account", "client_ref", "instrument", "side", "order_type", "time_in_force", "flags", "price", "quantity", "target", "trigger", "display", "minimum", "expire_s"];
    /// Cancels an open order, or reduces it: `quantity` is what it may fill in all, 0 cancels the rest.
    CancelOrder = 9, FixedBody, items NoItems, right TRADE, uses ["account", "client_ref", "quantity"];
    /// Replaces an open order by one with a new reference, price and total quantity, in one step.
    ReplaceOrder = 10, FixedBody, items NoItems, right TRADE, uses ["account", "client_ref", "target", "price", "quantity", "trigger"];
    /// Tells the time: what is due happens, oldest first.
    Tick = 11, FixedBody, items NoItems, right SYSTEM, uses [];
    /// Goes on with work that did not fit into one command: of an instrument, or of the venue (0).
    Continue = 12, FixedBody, items NoItems, right SYSTEM, uses ["instrument"];
    /// The last command of a clean stop.
    CleanClose = 13, FixedBody, items NoItems, right SYSTEM, uses [];
    /// The first command after a stop that was not clean: trading resumes by each instrument's policy.
    UncleanStart = 14, FixedBody, items NoItems, right SYSTEM, uses [];
    /// Cancels the orders of an account, a firm, a session or the venue, of one instrument or all, of one side or both.
    MassCancel = 15, MassCancel, items NoItems, right TRADE, uses ["id", "scope", "side", "instrument"];
    /// Replaces an account's bids and asks in many instruments; item n has the references `client_ref` + 2n and + 2n + 1.
    MassQuote = 16, MassQuote, items Quote, right TRADE, uses ["account", "client_ref"];
    /// Changes the phase of an instrument.
    SetPhase = 17, SetPhase, items NoItems, right OPERATE, uses ["instrument", "phase"];
    /// Sets the changes of phase to come.
    SetSchedule = 18, SetSchedule, items ScheduledPhase, right OPERATE, uses ["instrument"];
    /// Sets the reference or the settlement price of an instrument.
    SetReference = 19, SetReference, items NoItems, right OPERATE, uses ["instrument", "price", "what"];
    /// Sets price bands, collar and policy of an instrument.
    SetRules = 20, SetRules, items NoItems, right DEFINE, uses ["instrument", "static_band", "dynamic_band", "collar", "auction_ns", "band_action", "resume"];
    /// Sets the table of ticks of an instrument.
    SetTicks = 21, SetTicks, items TickStep, right DEFINE, uses ["instrument"];
    /// Defines or redefines a pair of fee rates.
    DefineFeePlan = 22, DefineFeePlan, items NoItems, right DEFINE, uses ["maker_rate", "taker_rate", "plan"];
    /// Defines or redefines a group of accounts with its tiers of fees.
    DefineGroup = 23, DefineGroup, items FeeTier, right DEFINE, uses ["name", "asset", "group"];
    /// Changes group, self-trade prevention and way of positions of an account.
    SetAccount = 24, SetAccount, items NoItems, right DEFINE, uses ["account", "group", "self_trade", "self_trade_of", "positions"];
    /// Sets the limits of an account, a group, a firm or an instrument.
    SetLimits = 25, SetLimits, items NoItems, right DEFINE, uses ["id", "scope", "asset", "max_rate", "max_open_orders", "max_quantity", "max_notional", "max_position", "max_held", "max_loss"];
    /// Throws or lifts a kill switch.
    SetKill = 26, SetKill, items NoItems, right OPERATE, uses ["id", "scope", "on"];
    /// Puts an instrument on a restricted list, or takes it off.
    SetRestriction = 27, SetRestriction, items NoItems, right OPERATE, uses ["instrument", "id", "scope", "on"];
    /// Ends the business day.
    EndOfDay = 28, EndOfDay, items NoItems, right OPERATE, uses ["business_date"];
    /// Changes symbol, tick, price range and limits of an instrument.
    ChangeInstrument = 29, ChangeInstrument, items NoItems, right DEFINE, uses ["instrument", "symbol", "tick", "min_price", "max_price", "max_quantity", "max_notional"];
    /// Splits an instrument: holdings, resting orders and prices.
    SplitInstrument = 30, SplitInstrument, items NoItems, right OPERATE, uses ["instrument", "numerator", "denominator"];
    /// Takes a trade back, or corrects its price.
    BustTrade = 31, BustTrade, items NoItems, right OPERATE, uses ["instrument", "trade", "price", "quantity", "new_price", "buyer", "seller", "buyer_fee", "seller_fee"];
    /// Quotes an instrument that the house deals: bid, ask, and the lots of both.
    SetQuote = 32, FixedBody, items NoItems, right QUOTE, uses ["instrument", "price", "trigger", "quantity", "amount"];
    /// Sets how an instrument is dealt: margin, and at which quote orders are filled.
    SetDealing = 33, SetDealing, items NoItems, right DEFINE, uses ["instrument", "margin_rate", "max_age_ns", "market", "limit", "sized"];
    /// Sets how much worse than the quote a group is dealt.
    SetMarkup = 34, SetMarkup, items NoItems, right DEFINE, uses ["instrument", "bid", "ask", "group"];
    /// Pays so much for each lot of a position in an instrument that the house deals: long ones get it, short ones pay it.
    PayDividend = 35, PayDividend, items NoItems, right OPERATE, uses ["instrument", "amount"];
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

/// The commands in `bytes`, one after the other, up to the first that is malformed.
pub fn commands_in(bytes: &[u8]) -> impl Iterator<Item = Command<'_>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let command = Command::parse(rest).ok()?;
        rest = &rest[command.bytes.len()..];
        Some(command)
    })
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

const FIRST_FIXED: u8 = CommandKind::Deposit as u8;
const LAST_FIXED: u8 = CommandKind::UncleanStart as u8;
const QUOTE: u8 = CommandKind::SetQuote as u8;

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
        !matches!(self as u8, FIRST_FIXED..=LAST_FIXED | QUOTE)
    }
}

/// Writes a whole command at the end of `out`: head (whose kind, version, length and counts are filled in here), body, items and tail.
///
/// Panics when items and tail go beyond [`MAX_COMMAND`] or [`MAX_TAIL`]: the caller bounds them.
pub fn encode_command<B: Record, I: Record>(
    kind: CommandKind,
    head: CommandHead,
    body: &B,
    items: &[I],
    tail: &[u8],
    out: &mut Vec<u8>,
) {
    let spec = kind.spec();
    assert_eq!(spec.body_size, B::SIZE, "body of another kind than {}", spec.name);
    assert!(items.is_empty() || spec.item_size == I::SIZE, "items of another kind than {}", spec.name);
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
        offset += I::SIZE;
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
            trigger: 0,
            display: 0,
            minimum: 0,
            expire_s: 0,
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
