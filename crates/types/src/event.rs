//! Events: what the engine says. 96 bytes each, and behind some of them the tail of the command that made them.

use crate::limits::MAX_EVENTS;
use crate::{Record, record};

/// Bytes of an event without its tail.
pub const EVENT_SIZE: usize = Event::SIZE;
/// The version of every event record.
pub const EVENT_VERSION: u8 = 1;

record! {
    /// An event. What price, quantity, leaves, value, fee and released mean depends on its kind.
    pub struct Event [96] {
        /// 96 and the bytes of the tail; in a log the next event starts at the next multiple of 8.
        length: u16,
        /// Which event it is.
        kind: u8,
        /// Version of the record, 1.
        version: u8,
        /// The account it is for, 0 for none.
        account: u32,
        /// `command_seq << 16 | index`.
        event_id: u64,
        /// Time of the command, ns since the Unix epoch, UTC.
        at_ns: i64,
        /// The instrument; of `Posted` and `AssetDefined` the asset.
        instrument: u32,
        /// Source of the command, on events of the account that the command names; else 0.
        source: u16,
        /// 1 buy, 2 sell, 0 neither.
        side: u8,
        /// By kind: reason, liquidity, or what was done.
        detail: u8,
        /// The source's number of the command, where `source` stands.
        source_seq: u64,
        /// Reference of the order within its account.
        client_ref: u64,
        /// Price units.
        price: i64,
        /// Lots.
        quantity: i64,
        /// Lots still open afterwards.
        leaves: i64,
        /// By kind: value in ledger units, or an id.
        value: i64,
        /// By kind: fee in ledger units of the quote asset, or an id.
        fee: i64,
        /// Hold released by this event, in ledger units of the asset held; negative where more is held.
        released: i64,
    }
}

/// Who may read events of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Audience {
    /// Everybody.
    Public = 1,
    /// The account that the event names, its firm, and the operator.
    Private = 2,
    /// The operator.
    Operator = 3,
}

/// What the reference says of one kind of event.
#[derive(Clone, Copy, Debug)]
pub struct EventSpec {
    /// The kind.
    pub kind: EventKind,
    /// Its name.
    pub name: &'static str,
    /// What it says, from its doc comment.
    pub doc: &'static str,
    /// Who may read it.
    pub audience: Audience,
    /// What the fields mean that depend on the kind: field, meaning.
    pub fields: &'static [(&'static str, &'static str)],
}

macro_rules! events {
    ($( $(#[doc = $doc:literal])+ $name:ident = $code:literal, $audience:ident { $( $field:ident: $meaning:literal ),* $(,)? } )+) => {
        /// The kinds of event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum EventKind {
            $( $(#[doc = $doc])+ $name = $code, )+
        }

        impl EventKind {
            /// Every kind, in order of its code.
            pub const ALL: &'static [EventSpec] = &[$(
                EventSpec {
                    kind: EventKind::$name,
                    name: stringify!($name),
                    doc: concat!($($doc),+).trim_ascii(),
                    audience: Audience::$audience,
                    fields: &[$( (stringify!($field), $meaning) ),*],
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

events! {
    /// A source was defined. Its tail is the definition (the body of the command).
    SourceDefined = 1, Operator { value: "number of the source" }
    /// An asset was defined. Its tail is the definition.
    AssetDefined = 2, Public { instrument: "the asset" }
    /// An instrument was listed. Its tail is the definition.
    InstrumentListed = 3, Public { instrument: "the instrument" }
    /// An account was opened. Its tail is the definition.
    AccountOpened = 4, Private { account: "the account" }
    /// A trading session was defined or redefined. Its tail is its name, never the verifier.
    SessionDefined = 5, Operator { account: "its default account", value: "number of the session", detail: "the protocol" }
    /// One leg of a posting other than a fill; the values of all legs of one posting in an asset add up to zero.
    Posted = 6, Private { instrument: "the asset", detail: "1 deposit, 2 withdrawal, 3 trade taken back, 4 trade corrected, 5 settlement, 6 split, 7 dividend", value: "change of the balance", fee: "the trade (3, 4) or the instrument (5, 6, 7)" }
    /// An order was accepted. The order bears this event's id.
    Accepted = 7, Private { price: "limit or bound", quantity: "lots ordered", leaves: "lots ordered", detail: "time in force", value: "order type + 256 x flags", fee: "trigger of a stop, distance of a trailing stop, offset of a peg, display of an iceberg, else 0", released: "minus the hold placed" }
    /// A command was refused; nothing was changed except that the source's number, and an order's reference, are used up.
    Rejected = 8, Private { detail: "reason", side: "side as sent with PlaceOrder", price: "price as sent with PlaceOrder or ReplaceOrder", quantity: "quantity as sent with PlaceOrder, CancelOrder or ReplaceOrder", value: "code of the command", fee: "target as sent with ReplaceOrder" }
    /// An order lost some or all of its open quantity without trading.
    Canceled = 9, Private { detail: "1 by its owner, 2 not filled when it could, 3 its quantity or minimum not possible, 4 replaced by no more than was filled, 5 self-trade prevented, 6 expired, 7 by a mass cancel, 8 by the order it is linked with, 9 funds missing when it was activated or dealt, 10 outside the new terms, 11 delisted, 12 no position to reduce", price: "limit or bound", quantity: "lots cancelled", leaves: "lots still open", value: "id of the order", released: "hold released" }
    /// An order was replaced. Without priority kept the order bears this event's id from now on.
    Replaced = 10, Private { detail: "1 priority kept, 0 lost", client_ref: "the new reference", price: "the new limit", quantity: "the new total", leaves: "lots open", value: "id of the order before", fee: "the reference before", released: "hold released, negative where more is held" }
    /// Two orders traded. The trade bears this event's id.
    Traded = 11, Public { side: "the incoming order's; of an auction the later order's", client_ref: "id of the other order", price: "of the trade", quantity: "lots traded", leaves: "lots of the other order still open, those not displayed left out", value: "price x quantity in ledger units" }
    /// An order's side of a trade: the resting (in an auction the earlier) order's first, then the other's. The trade's id is this id less 1 or less 2.
    Filled = 12, Private { detail: "1 resting (maker), 2 incoming (taker), 3 dealt by the house (no trade stands before it, PositionChanged behind it)", price: "of the trade", quantity: "lots", leaves: "lots still open", value: "price x quantity in ledger units", fee: "fee charged, in ledger units of the quote asset", released: "hold released" }
    /// The time was told.
    Ticked = 13, Public {}
    /// The venue was closed cleanly.
    Closed = 14, Public {}
    /// The phase of an instrument changed.
    PhaseChanged = 15, Public { detail: "the new phase", value: "the old phase", fee: "1 by command, 2 by schedule, 3 by a price band, 4 by an unclean start, 5 at the end of a volatility auction" }
    /// An auction found its price; the trades follow. Without a trade its price is 0.
    Uncrossed = 16, Public { price: "price of the auction", quantity: "lots that trade", leaves: "lots left over at this price", side: "of the lots left over" }
    /// What an auction would give if it ended now.
    Indicated = 17, Public { price: "price, 0 for none", quantity: "lots that would trade", leaves: "lots left over at this price", side: "of the lots left over" }
    /// A stop was triggered. The order bears this event's id from now on.
    Triggered = 18, Private { price: "limit or bound", quantity: "lots open", leaves: "lots open", value: "id of the order before", fee: "the price that triggered it" }
    /// The next slice of an iceberg is displayed. The order bears this event's id from now on.
    Refilled = 19, Private { price: "limit", quantity: "lots displayed", leaves: "lots open, those displayed included", value: "id of the order before" }
    /// An order that waited for another, or for its auction, starts. The order bears this event's id from now on.
    Activated = 20, Private { price: "limit or bound", quantity: "lots open", leaves: "lots open", value: "id of the order before", released: "minus the hold placed" }
    /// A mass cancel, the end of a day, a settlement, a split or a delisting begins.
    SweepBegun = 21, Operator { detail: "code of the command", value: "id of the command", fee: "scope" }
    /// It has ended.
    SweepEnded = 22, Operator { detail: "code of the command", value: "id of the first event of the command", quantity: "orders cancelled" }
    /// A schedule was set. Its tail are the changes.
    ScheduleSet = 23, Public { quantity: "changes to come" }
    /// A reference or settlement price was set.
    ReferenceSet = 24, Public { detail: "1 reference, 2 settlement", price: "the price", value: "the price before" }
    /// Price bands, collar and policy were set. Its tail is the body of the command.
    RulesSet = 25, Public {}
    /// A table of ticks was set. Its tail are the steps.
    TicksSet = 26, Public { quantity: "steps" }
    /// A fee plan was defined. Its tail is the definition.
    FeePlanDefined = 27, Operator { value: "number of the plan" }
    /// A group was defined or redefined. Its tail is the definition.
    GroupDefined = 28, Operator { value: "number of the group", quantity: "tiers" }
    /// An account was given another group or self-trade prevention. Its tail is the body of the command.
    AccountChanged = 29, Private {}
    /// Limits were set. Its tail is the body of the command.
    LimitsSet = 30, Operator { value: "which", fee: "scope" }
    /// A kill switch was thrown or lifted.
    KillSet = 31, Operator { detail: "1 thrown, 0 lifted", value: "which", fee: "scope" }
    /// A restricted list was changed.
    RestrictionSet = 32, Operator { detail: "1 on the list, 0 off", value: "which", fee: "scope" }
    /// The business day ended.
    DayEnded = 33, Public { value: "the business date" }
    /// Prices of an instrument's day.
    DayPrices = 34, Public { price: "last", quantity: "first", leaves: "highest", value: "lowest", fee: "settlement price" }
    /// Turnover of an instrument's day.
    DayTurnover = 35, Public { quantity: "lots traded", leaves: "trades", value: "value traded in ledger units of the quote asset" }
    /// An account's fee plan changed with its traded value.
    FeePlanChanged = 36, Private { detail: "the plan", value: "value traded in the month" }
    /// Terms of an instrument were changed. Its tail is the body of the command.
    InstrumentChanged = 37, Public {}
    /// An instrument was split.
    InstrumentSplit = 38, Public { quantity: "new ones", leaves: "old ones" }
    /// A resting order was given the terms of a split. The order keeps its id.
    OrderSplit = 39, Private { price: "the new limit", quantity: "lots open before", leaves: "lots open", value: "id of the order", released: "hold released" }
    /// A trade was taken back or corrected; the postings follow.
    TradeBusted = 40, Public { value: "the trade", price: "its price", quantity: "its lots", fee: "the price it should have had, 0 when taken back" }
    /// The venue started after a stop that was not clean.
    UncleanStarted = 41, Public {}
    /// A position in a future was marked to a new settlement price.
    PositionMarked = 42, Private { price: "the new settlement price", quantity: "lots, negative when short", value: "gain in ledger units", released: "collateral released, negative where more is held" }
    /// An instrument that the house deals was quoted.
    Quoted = 43, Public { price: "bid", value: "ask", quantity: "lots that are bid for, 0 for any number", leaves: "lots that are offered, 0 for any number" }
    /// How an instrument is dealt was set. Its tail is the body of the command.
    DealingSet = 44, Public {}
    /// How much worse than the quote a group is dealt was set. Its tail is the body of the command.
    MarkupSet = 45, Operator { value: "the group" }
    /// A position against the house changed by the fill before, or by a split. The gain goes between the account and account 4, the house.
    PositionChanged = 46, Private { detail: "1 opened, 2 increased, 3 reduced, 4 closed, 5 turned, 6 split", side: "of the fill", source_seq: "the position of a hedging account, else 0; no source stands beside it", client_ref: "of the order", price: "of the fill; of a split the price paid for what is left over", quantity: "lots now, negative when short", leaves: "lots before", value: "gain in ledger units", fee: "what the lots now cost, exactly", released: "margin released, negative where more is held" }
    /// A dividend is paid; a sweep over the positions follows.
    DividendPaid = 47, Public { value: "ledger units of the quote asset for each lot" }
}

/// Codes that stand in [`Event::detail`].
pub mod detail {
    /// `Canceled`: by its owner.
    pub const BY_OWNER: u8 = 1;
    /// `Canceled`: the part of an immediate-or-cancel or market order that did not trade.
    pub const NOT_FILLED: u8 = 2;
    /// `Canceled`: a fill-or-kill order that could not be filled in full.
    pub const NOT_FILLABLE: u8 = 3;
    /// `Canceled`: replaced by a total of no more than was filled.
    pub const NOTHING_LEFT: u8 = 4;
    /// `Canceled`: it would have traded with an order of its own account or firm.
    pub const SELF_TRADE: u8 = 5;
    /// `Canceled`: its day or its time has ended.
    pub const EXPIRED: u8 = 6;
    /// `Canceled`: by a mass cancel.
    pub const MASS: u8 = 7;
    /// `Canceled`: by the order it is linked with.
    pub const LINKED: u8 = 8;
    /// `Canceled`: what it must hold was not free when it was activated or dealt.
    pub const FUNDS: u8 = 9;
    /// `Canceled`: outside the terms after a change or a split.
    pub const OFF_TERMS: u8 = 10;
    /// `Canceled`: its instrument was delisted.
    pub const DELISTED: u8 = 11;
    /// `Canceled`: a reduce-only order without a position to reduce.
    pub const NOT_REDUCING: u8 = 12;
    /// `PhaseChanged`: by command.
    pub const BY_COMMAND: u8 = 1;
    /// `PhaseChanged`: by schedule.
    pub const BY_SCHEDULE: u8 = 2;
    /// `PhaseChanged`: by a price band.
    pub const BY_BAND: u8 = 3;
    /// `PhaseChanged`: by an unclean start.
    pub const BY_UNCLEAN_START: u8 = 4;
    /// `PhaseChanged`: at the end of a volatility auction.
    pub const BY_AUCTION_END: u8 = 5;
    /// `Filled`: the resting side.
    pub const MAKER: u8 = 1;
    /// `Filled`: the incoming side.
    pub const TAKER: u8 = 2;
    /// `Filled`: dealt by the house.
    pub const DEALT: u8 = 3;
    /// `PositionChanged`: there was none before.
    pub const OPENED: u8 = 1;
    /// `PositionChanged`: more lots on its side.
    pub const INCREASED: u8 = 2;
    /// `PositionChanged`: fewer lots.
    pub const REDUCED: u8 = 3;
    /// `PositionChanged`: no lots any more.
    pub const CLOSED: u8 = 4;
    /// `PositionChanged`: it stands on the other side now.
    pub const TURNED: u8 = 5;
    /// `PositionChanged`: by a split.
    pub const POSITION_SPLIT: u8 = 6;
    /// `Posted`: a deposit.
    pub const DEPOSIT: u8 = 1;
    /// `Posted`: a withdrawal.
    pub const WITHDRAWAL: u8 = 2;
    /// `Posted`: a trade taken back.
    pub const BUST: u8 = 3;
    /// `Posted`: a trade at its corrected price.
    pub const CORRECTION: u8 = 4;
    /// `Posted`: a future marked to its settlement price.
    pub const SETTLEMENT: u8 = 5;
    /// `Posted`: holdings after a split.
    pub const SPLIT: u8 = 6;
    /// `Posted`: a dividend on a position.
    pub const DIVIDEND: u8 = 7;
}

impl EventKind {
    /// What the reference says of this kind.
    pub const fn spec(self) -> &'static EventSpec {
        &Self::ALL[self as usize - 1]
    }
}

impl Event {
    /// An event of this kind with everything else zero.
    #[inline(always)]
    pub const fn empty(kind: EventKind) -> Self {
        Self {
            length: EVENT_SIZE as u16,
            kind: kind as u8,
            version: EVENT_VERSION,
            account: 0,
            event_id: 0,
            at_ns: 0,
            instrument: 0,
            source: 0,
            side: 0,
            detail: 0,
            source_seq: 0,
            client_ref: 0,
            price: 0,
            quantity: 0,
            leaves: 0,
            value: 0,
            fee: 0,
            released: 0,
        }
    }
}

impl Event {
    /// The record as 64-bit words. Writing whole words lets them be read back at once as such: a word that was written in
    /// parts stalls its reader until all parts have left the store buffer.
    #[inline(always)]
    const fn words(&self) -> [u64; EVENT_SIZE / 8] {
        let front = self.length as u64 | (self.kind as u64) << 16 | (self.version as u64) << 24;
        let place = self.instrument as u64 | (self.source as u64) << 32 | (self.side as u64) << 48;
        [
            front | (self.account as u64) << 32,
            self.event_id,
            self.at_ns as u64,
            place | (self.detail as u64) << 56,
            self.source_seq,
            self.client_ref,
            self.price as u64,
            self.quantity as u64,
            self.leaves as u64,
            self.value as u64,
            self.fee as u64,
            self.released as u64,
        ]
    }

    /// Writes the record like [`Record::write`], word by word.
    #[inline(always)]
    fn write_words(&self, bytes: &mut [u8]) {
        for (bytes, word) in bytes[..EVENT_SIZE].chunks_exact_mut(8).zip(self.words()) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
    }
}

/// Where the engine writes its events: one buffer of the caller's, never grown while a command is applied.
///
/// Events stand one after the other, each with its tail filled up to a multiple of 8 (the form of the event log), or,
/// for callers who want an array, 96 bytes each without tails.
pub struct EventSink<'a> {
    buffer: &'a mut [u8],
    used: usize,
    count: usize,
    tails: bool,
}

impl<'a> EventSink<'a> {
    /// Bytes that must be free before a command is applied.
    pub const RESERVE: usize = MAX_EVENTS as usize * EVENT_SIZE + 1_024;

    /// A sink that keeps tails: the form of the event log.
    pub fn with_tails(buffer: &'a mut [u8]) -> Self {
        Self { buffer, used: 0, count: 0, tails: true }
    }

    /// A sink of bare 96-byte events.
    pub fn without_tails(buffer: &'a mut [u8]) -> Self {
        Self { buffer, used: 0, count: 0, tails: false }
    }

    /// Whether the events of one more command fit for certain.
    #[inline(always)]
    pub fn has_room(&self) -> bool {
        self.buffer.len() - self.used >= Self::RESERVE
    }

    /// Takes one event. Panics when the buffer is full: the caller asked [`EventSink::has_room`] before the command.
    #[inline(always)]
    pub fn push(&mut self, event: &Event) {
        event.write_words(&mut self.buffer[self.used..self.used + EVENT_SIZE]);
        self.used += EVENT_SIZE;
        self.count += 1;
    }

    /// Takes one event with a tail.
    #[inline(always)]
    pub fn push_with_tail(&mut self, event: &Event, tail: &[u8]) {
        if tail.is_empty() || !self.tails {
            return self.push(event);
        }
        let length = EVENT_SIZE + tail.len();
        let stride = length.next_multiple_of(8);
        let record = &mut self.buffer[self.used..self.used + stride];
        Event { length: length as u16, ..*event }.write(record);
        record[EVENT_SIZE..length].copy_from_slice(tail);
        record[length..].fill(0);
        self.used += stride;
        self.count += 1;
    }

    /// The bytes written so far.
    pub fn written(&self) -> &[u8] {
        &self.buffer[..self.used]
    }

    /// Bytes written so far.
    #[inline(always)]
    pub fn used(&self) -> usize {
        self.used
    }

    /// Events written so far.
    #[inline(always)]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Forgets what was written and starts again at the front of the buffer.
    #[inline(always)]
    pub fn clear(&mut self) {
        self.used = 0;
        self.count = 0;
    }
}

/// Walks events as they lie in a log: `(event, tail)`. Stops at the first record that is not whole.
pub fn events_in(bytes: &[u8]) -> EventWalk<'_> {
    EventWalk { bytes, offset: 0 }
}

/// The walk that [`events_in`] makes.
pub struct EventWalk<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl EventWalk<'_> {
    /// Bytes walked so far.
    pub fn offset(&self) -> usize {
        self.offset
    }
}

impl<'a> Iterator for EventWalk<'a> {
    type Item = (Event, &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let rest = &self.bytes[self.offset..];
        if rest.len() < EVENT_SIZE {
            return None;
        }
        let event = Event::read(rest);
        let length = usize::from(event.length);
        let stride = length.next_multiple_of(8);
        if length < EVENT_SIZE || stride > rest.len() {
            return None;
        }
        self.offset += stride;
        Some((event, &rest[EVENT_SIZE..length]))
    }
}

const _: () = assert!(EVENT_SIZE == 96);
