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
        /// 1 limit, 2 market with a bound, 3 market to limit, 4 stop, 5 stop-limit, 6 trailing stop, 7 primary peg, 8 midpoint peg, 9 market peg.
        order_type: u8,
        /// 1 good till cancelled, 2 immediate or cancel, 3 fill or kill, 4 day, 5 good till date, 6 at the open, 7 at the close.
        time_in_force: u8,
        /// Sum of 1 post-only, 2 hidden, 4 one cancels the other (with `target`), 8 one triggers the other (after `target`), 16 reduce-only.
        flags: u8,
        /// Limit, or the worst price of an order without one, in price units.
        price: i64,
        /// Lots.
        quantity: i64,
        /// Reference of the order that is replaced, or to which a new one is linked.
        target: u64,
        /// Ledger units of the asset.
        amount: i64,
        /// The asset.
        asset: u32,
        /// Price that triggers a stop; distance of a trailing stop; offset of a peg, 0 or less, negative away from the market.
        trigger: i64,
        /// Lots shown of an iceberg at a time, 0 for no iceberg.
        display: u32,
        /// Lots that must trade when the order first may, 0 for any.
        minimum: u32,
        /// When an order good till date expires, in seconds since the Unix epoch.
        expire_s: u32,
    }
}

record! {
    /// Defines a source: who may send commands, and which.
    pub struct DefineSource [20] {
        /// Its name, 1 to 10 letters, digits, `-` or `_`, filled up with zeros; the door's password.
        name: [u8; 16],
        /// Its number, from 2.
        defined: u16,
        /// What it may do: 1 trade, 2 money, 4 define, 8 operate.
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
        /// 1 spot: the base asset is delivered; 2 future: positions, fully collateralised.
        kind: u8,
        /// The phase in which it starts, 1 to 7.
        phase: u8,
        /// Zero.
        reserved: u8,
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
    pub struct OpenAccount [36] {
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
        /// Its group, 0 for none.
        group: u16,
        /// The account whose balances it trades on, 0 for its own.
        clearing: u32,
        /// Zero.
        reserved: u32,
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

record! {
    /// Gives an account another group and self-trade prevention; the head names it.
    pub struct SetAccount [12] {
        /// Its group from now on, 0 for none.
        group: u16,
        /// As of `OpenAccount`.
        self_trade: u8,
        /// As of `OpenAccount`.
        self_trade_of: u8,
        /// Zero.
        reserved: u64,
    }
}

record! {
    /// Changes the phase of the head's instrument.
    pub struct SetPhase [4] {
        /// 1 continuous, 2 pre-open, 3 opening auction, 4 halt, 5 volatility auction, 6 closing auction, 7 closed, 8 suspended, 9 delisted.
        phase: u8,
        /// Zero.
        reserved: u8,
        /// Zero.
        reserved_2: u16,
    }
}

record! {
    /// Gives the head's instrument its changes of phase to come, in place of those it had; the items are the changes.
    pub struct SetSchedule [4] {
        /// Zero.
        reserved: u32,
    }
}

record! {
    /// One change of phase, an item of `SetSchedule`.
    pub struct ScheduledPhase [16] {
        /// When, in ns since the Unix epoch; later than the item before.
        at_ns: i64,
        /// The phase from then on, 1 to 7.
        phase: u8,
        /// Zero.
        reserved: u8,
        /// Zero.
        reserved_2: u16,
        /// Zero.
        reserved_3: u32,
    }
}

record! {
    /// Gives the head's instrument its price bands, collar and policy.
    pub struct SetRules [36] {
        /// How far from the reference price it may trade, in 1e-9 of it; 0 for any distance.
        static_band: i64,
        /// How far from the last price it may trade, in 1e-9 of it; 0 for any distance.
        dynamic_band: i64,
        /// How far through the last price an order may be priced, in 1e-9 of it; 0 for any distance.
        collar: i64,
        /// How long a volatility auction lasts.
        auction_ns: i64,
        /// 1 orders beyond a band are refused, 2 they start a volatility auction; 0 where there is no band.
        band_action: u8,
        /// After an unclean start: 0 it goes on, 1 it halts, 2 it halts into a volatility auction.
        resume: u8,
        /// Zero.
        reserved: u16,
    }
}

record! {
    /// Gives the head's instrument a table of ticks by price, in place of the one it had; the items are its steps.
    pub struct SetTicks [4] {
        /// Zero.
        reserved: u32,
    }
}

record! {
    /// One step of a table of ticks, an item of `SetTicks`.
    pub struct TickStep [16] {
        /// The lowest price to which it applies.
        from_price: i64,
        /// Prices are multiples of this from there on.
        tick: i64,
    }
}

record! {
    /// Gives the head's instrument a reference or settlement price.
    pub struct SetReference [12] {
        /// The price.
        price: i64,
        /// 1 reference, 2 settlement.
        what: u8,
        /// Zero.
        reserved: u8,
        /// Zero.
        reserved_2: u16,
    }
}

record! {
    /// Defines or redefines a pair of fee rates, which groups give to their accounts.
    pub struct DefineFeePlan [20] {
        /// Fee of the resting side, in 1e-9 of the value traded; a rebate where it is negative.
        maker_rate: i64,
        /// Fee of the incoming side, in 1e-9 of the value traded; a rebate where it is negative.
        taker_rate: i64,
        /// Its number, from 1.
        plan: u8,
        /// Zero.
        reserved: u8,
        /// Zero.
        reserved_2: u16,
    }
}

record! {
    /// Defines or redefines a group of accounts; the items are its tiers of fees.
    pub struct DefineGroup [28] {
        /// Its name, 1 to 16 letters, digits, `-` or `_`, filled up with zeros.
        name: [u8; 16],
        /// The asset whose traded value reaches the tiers; 0 where there are none.
        asset: u32,
        /// Its number, from 1.
        group: u16,
        /// Zero.
        reserved: u16,
        /// Zero.
        reserved_2: u32,
    }
}

record! {
    /// One tier of fees, an item of `DefineGroup`.
    pub struct FeeTier [16] {
        /// Value traded in a month from which it applies, in ledger units of the group's asset; above the item before.
        traded: i64,
        /// The fee plan; 0 for the instrument's own rates.
        plan: u8,
        /// Zero.
        reserved: u8,
        /// Zero.
        reserved_2: u16,
        /// Zero.
        reserved_3: u32,
    }
}

record! {
    /// Sets the limits of an account, a group, a firm or an instrument, in place of those it had; 0 is no limit.
    pub struct SetLimits [60] {
        /// Which account, group, firm or instrument.
        id: u32,
        /// 1 account, 2 group (each of its accounts), 3 firm (its accounts together), 4 instrument.
        scope: u8,
        /// Zero.
        reserved: u8,
        /// Zero.
        reserved_2: u16,
        /// The asset in which `max_held` and `max_loss` are counted.
        asset: u32,
        /// Orders and replacements in a second.
        max_rate: u32,
        /// Open orders.
        max_open_orders: u32,
        /// Lots of an order.
        max_quantity: i64,
        /// Price x quantity of an order, in ledger units of the quote asset.
        max_notional: i64,
        /// Lots long or short in an instrument, open orders included.
        max_position: i64,
        /// Ledger units held for open orders.
        max_held: i64,
        /// Ledger units lost in a business day.
        max_loss: i64,
    }
}

record! {
    /// Throws or lifts a kill switch: no new orders.
    pub struct SetKill [12] {
        /// Which account, firm or instrument; 0 of the venue.
        id: u32,
        /// 1 account, 3 firm, 4 instrument, 5 venue.
        scope: u8,
        /// 1 thrown, 0 lifted.
        on: u8,
        /// Zero.
        reserved: u16,
        /// Zero.
        reserved_2: u32,
    }
}

record! {
    /// Puts the head's instrument on the restricted list of an account, a group or a firm, or takes it off.
    pub struct SetRestriction [12] {
        /// Which account, group or firm.
        id: u32,
        /// 1 account, 2 group, 3 firm.
        scope: u8,
        /// 1 on the list, 0 off.
        on: u8,
        /// Zero.
        reserved: u16,
        /// Zero.
        reserved_2: u32,
    }
}

record! {
    /// Cancels many orders; the head's instrument narrows it, 0 for all.
    pub struct MassCancel [12] {
        /// Which account, firm or session; 0 of the venue.
        id: u32,
        /// 1 account, 3 firm, 5 venue, 6 session.
        scope: u8,
        /// 1 buys, 2 sells, 0 both.
        side: u8,
        /// Zero.
        reserved: u16,
        /// Zero.
        reserved_2: u32,
    }
}

record! {
    /// Replaces the head's account's quotes in the instruments of the items.
    pub struct MassQuote [4] {
        /// Zero.
        reserved: u32,
    }
}

record! {
    /// A bid and an ask, an item of `MassQuote`.
    pub struct Quote [40] {
        /// The instrument.
        instrument: u32,
        /// Zero.
        reserved: u32,
        /// Limit of the buy order.
        bid_price: i64,
        /// Its lots, 0 for none.
        bid_quantity: i64,
        /// Limit of the sell order.
        ask_price: i64,
        /// Its lots, 0 for none.
        ask_quantity: i64,
    }
}

record! {
    /// Ends the business day.
    pub struct EndOfDay [4] {
        /// The day that ends, as a number: 20260131.
        business_date: u32,
    }
}

record! {
    /// Changes the terms of the head's instrument.
    pub struct ChangeInstrument [60] {
        /// Its symbol from now on.
        symbol: [u8; 16],
        /// As of `ListInstrument`.
        tick: i64,
        /// As of `ListInstrument`.
        min_price: i64,
        /// As of `ListInstrument`.
        max_price: i64,
        /// As of `ListInstrument`.
        max_quantity: i64,
        /// As of `ListInstrument`.
        max_notional: i64,
        /// Zero.
        reserved: u32,
    }
}

record! {
    /// Splits the head's instrument: so many new ones for so many old ones.
    pub struct SplitInstrument [12] {
        /// New ones.
        numerator: u32,
        /// Old ones.
        denominator: u32,
        /// Zero.
        reserved: u32,
    }
}

record! {
    /// Takes a trade of the head's instrument back, or corrects its price, by postings of its own.
    pub struct BustTrade [60] {
        /// The trade.
        trade: u64,
        /// Its price.
        price: i64,
        /// Its lots.
        quantity: i64,
        /// The price it should have had; 0 takes it back.
        new_price: i64,
        /// Fee of the buyer.
        buyer_fee: i64,
        /// Fee of the seller.
        seller_fee: i64,
        /// Account of the buyer.
        buyer: u32,
        /// Account of the seller.
        seller: u32,
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
    /// Define sources, assets, instruments, accounts, sessions, groups, limits and rules.
    pub const DEFINE: u8 = 4;
    /// Run the market: phases, reference prices, kill switches, the end of the day.
    pub const OPERATE: u8 = 8;
    /// Tick, continue, start and close: the sequencer's own, never given to a source.
    pub const SYSTEM: u8 = 128;
    /// All that can be given to a source.
    pub const ALL: u8 = TRADE | MONEY | DEFINE | OPERATE;
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

/// Codes that commands carry.
pub mod code {
    /// A limit order.
    pub const LIMIT: u8 = 1;
    /// A market order with a bound.
    pub const MARKET: u8 = 2;
    /// A market order whose rest becomes a limit order at the best opposite price it met.
    pub const MARKET_TO_LIMIT: u8 = 3;
    /// A stop: a market order once its trigger is reached.
    pub const STOP: u8 = 4;
    /// A stop-limit: a limit order once its trigger is reached.
    pub const STOP_LIMIT: u8 = 5;
    /// A stop whose trigger follows the market at a distance.
    pub const TRAILING_STOP: u8 = 6;
    /// A hidden order that follows the best price of its own side.
    pub const PRIMARY_PEG: u8 = 7;
    /// A hidden order that follows the middle of the best prices.
    pub const MIDPOINT_PEG: u8 = 8;
    /// A hidden order that follows the best price of the opposite side.
    pub const MARKET_PEG: u8 = 9;
    /// Rests until it is filled or cancelled.
    pub const GOOD_TILL_CANCEL: u8 = 1;
    /// What does not trade at once is cancelled.
    pub const IMMEDIATE_OR_CANCEL: u8 = 2;
    /// Trades at once in full, or not at all.
    pub const FILL_OR_KILL: u8 = 3;
    /// Rests until the end of the business day.
    pub const DAY: u8 = 4;
    /// Rests until a time of its own.
    pub const GOOD_TILL_DATE: u8 = 5;
    /// Takes part in the opening auction only.
    pub const AT_OPEN: u8 = 6;
    /// Takes part in the closing auction only.
    pub const AT_CLOSE: u8 = 7;
    /// Post-only: the order rests or is refused, it never takes.
    pub const POST_ONLY: u8 = 1;
    /// Hidden: it rests behind all that is displayed at its price.
    pub const HIDDEN: u8 = 2;
    /// One cancels the other: linked with the order `target`.
    pub const ONE_CANCELS_OTHER: u8 = 4;
    /// One triggers the other: waits until the order `target` is done.
    pub const ONE_TRIGGERS_OTHER: u8 = 8;
    /// Reduce-only: never more than the position that it closes.
    pub const REDUCE_ONLY: u8 = 16;
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
    /// The base asset is delivered.
    pub const SPOT: u8 = 1;
    /// Positions, fully collateralised at the ends of the price range.
    pub const FUTURE: u8 = 2;
    /// Orders meet as they come.
    pub const CONTINUOUS: u8 = 1;
    /// Orders are collected before the opening auction.
    pub const PRE_OPEN: u8 = 2;
    /// Orders are collected; at its end they trade at one price.
    pub const OPENING_AUCTION: u8 = 3;
    /// No new orders.
    pub const HALT: u8 = 4;
    /// An auction in the middle of the day.
    pub const VOLATILITY_AUCTION: u8 = 5;
    /// The auction that ends the day.
    pub const CLOSING_AUCTION: u8 = 6;
    /// No new orders until the next day.
    pub const CLOSED: u8 = 7;
    /// Taken out of trading by the operator.
    pub const SUSPENDED: u8 = 8;
    /// Taken out of trading for good.
    pub const DELISTED: u8 = 9;
    /// Orders beyond a band are refused.
    pub const BAND_REJECTS: u8 = 1;
    /// Orders beyond a band start a volatility auction.
    pub const BAND_STARTS_AUCTION: u8 = 2;
    /// After an unclean start: goes on.
    pub const RESUME_GO_ON: u8 = 0;
    /// After an unclean start: halts until the operator acts.
    pub const RESUME_HALT: u8 = 1;
    /// After an unclean start: a halt, then a volatility auction.
    pub const RESUME_AUCTION: u8 = 2;
    /// `SetReference`: the reference price of bands, collars and auctions.
    pub const REFERENCE: u8 = 1;
    /// `SetReference`: the settlement price.
    pub const SETTLEMENT: u8 = 2;
    /// What a command is about: an account.
    pub const SCOPE_ACCOUNT: u8 = 1;
    /// What a command is about: a group.
    pub const SCOPE_GROUP: u8 = 2;
    /// What a command is about: a firm.
    pub const SCOPE_FIRM: u8 = 3;
    /// What a command is about: an instrument.
    pub const SCOPE_INSTRUMENT: u8 = 4;
    /// What a command is about: the venue.
    pub const SCOPE_VENUE: u8 = 5;
    /// What a command is about: a trading session.
    pub const SCOPE_SESSION: u8 = 6;
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
    OpenAccount = 4, OpenAccount, items NoItems, right DEFINE, uses ["account", "firm", "max_quantity", "max_notional", "max_open_orders", "self_trade", "self_trade_of", "group", "clearing"];
    /// Defines a trading session, or redefines it in everything but its number.
    DefineSession = 5, DefineSession, items SessionAccount, right DEFINE, uses ["account", "session", "firm", "protocol", "network_prefix", "name", "network", "salt", "verifier"];
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
    /// Changes group and self-trade prevention of an account.
    SetAccount = 24, SetAccount, items NoItems, right DEFINE, uses ["account", "group", "self_trade", "self_trade_of"];
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

const FIRST_FIXED: u8 = CommandKind::Deposit as u8;
const LAST_FIXED: u8 = CommandKind::UncleanStart as u8;

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
        !matches!(self as u8, FIRST_FIXED..=LAST_FIXED)
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
