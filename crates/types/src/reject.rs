//! Rejects: why a command was refused, in order of precedence.

/// What the reference says of one reason.
#[derive(Clone, Copy, Debug)]
pub struct RejectSpec {
    /// The reason.
    pub reason: Reject,
    /// Its name.
    pub name: &'static str,
    /// What is wrong, from its doc comment.
    pub doc: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

macro_rules! rejects {
    ($( $(#[doc = $doc:literal])+ $name:ident = $code:literal, $remedy:literal; )+) => {
        /// Why a command was refused. Where several reasons hold, the one with the lowest code is given.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Reject {
            $( $(#[doc = $doc])+ $name = $code, )+
        }

        impl Reject {
            /// Every reason, in order of precedence.
            pub const ALL: &'static [RejectSpec] = &[$(
                RejectSpec {
                    reason: Reject::$name,
                    name: stringify!($name),
                    doc: concat!($($doc),+).trim_ascii(),
                    remedy: $remedy,
                },
            )+];

            /// The reason with this code, if there is one.
            pub const fn from_code(code: u8) -> Option<Self> {
                match code {
                    $( $code => Some(Self::$name), )+
                    _ => None,
                }
            }
        }
    };
}

rejects! {
    /// The source was never defined.
    SourceUnknown = 1, "have the operator define it with DefineSource";
    /// The number lies behind the window of the last 1,024 outcomes of its source.
    SourceTooOld = 2, "the command was applied long ago; read its outcome in the event log";
    /// The number is not the next of its source.
    SourceGap = 3, "send the commands between the last number and this one first";
    /// The number was used with other bytes.
    SourceBodyDiffers = 4, "take the next number for a new command";
    /// The number was used with these same bytes: the command has had its effect.
    SourceRepeat = 5, "read the first outcome; nothing was done again";
    /// The source lacks the right to this command.
    NotPermitted = 6, "use a source that has the right, or have the operator define one";
    /// The number to be defined is zero, reserved, or above its limit.
    IdInvalid = 7, "take a number within the limits page";
    /// The number, name, code or symbol is taken.
    AlreadyDefined = 8, "nothing to do if the definition is the same; else take another number and name";
    /// A name, code or symbol has other characters than letters, digits, `-` and `_`, or a wrong length.
    NameInvalid = 9, "see the field's length in the reference";
    /// Rights beyond trade, money, define, operate and quote.
    RightsInvalid = 10, "add up 1, 2, 4, 8 and 16 only";
    /// The scale is above 12, or fewer decimals than are displayed.
    ScaleInvalid = 11, "take 0 to 12 decimals, display no more than them";
    /// No such protocol, or a network prefix above 128.
    ProtocolInvalid = 12, "take 1 for OUCH 4.2 and a prefix of 0 to 128";
    /// The account was never opened, or is the venue's own.
    AccountUnknown = 13, "have the operator open it with OpenAccount";
    /// An account of the session is of another firm, the default account is not among them, or there is none.
    FirmDiffers = 14, "give accounts of the session's own firm, the default one among them";
    /// The asset was never defined.
    AssetUnknown = 15, "have the operator define it with DefineAsset";
    /// Base and quote asset are the same.
    AssetsSame = 16, "give two assets";
    /// No such execution kind, or the command is for instruments of the other one.
    ExecutionInvalid = 17, "take 1 for the book, 2 for the house; quote and mark up only what the house deals, bust only what the book traded";
    /// No such kind of instrument, or not with this execution.
    KindInvalid = 18, "take 1 for spot, 2 for a future; 3 for a contract, which the house deals";
    /// Price unit x lot is not a whole, positive number of ledger units of the quote asset.
    NotionalNotExact = 19, "take a larger price unit or lot, or a finer ledger scale";
    /// The lot is not a whole, positive number of ledger units of the base asset.
    LotNotExact = 20, "take a larger lot or a finer ledger scale";
    /// The tick is not positive.
    TickInvalid = 21, "take a tick of 1 or more price units";
    /// The price range is empty, below 1, or its ends are off tick.
    PriceRangeInvalid = 22, "take 1 <= min_price <= max_price, both multiples of the tick";
    /// A limit is zero or negative, or the largest order cannot be counted in 64 bits.
    LimitInvalid = 23, "take limits of 1 or more within the limits page";
    /// Self-trade prevention is none of 0 to 4, or what it compares is not 1 or 2 (0 to 2 where the mode is 0).
    SelfTradeInvalid = 24, "take a mode of 0 to 4, and compare accounts (1) or firms (2)";
    /// The group was never defined.
    GroupUnknown = 25, "have the operator define it with DefineGroup";
    /// The clearing account is not open, of another firm, or clears on another one itself; or money is moved on an account that has one.
    ClearingInvalid = 26, "take an account of the firm that clears for itself, and move money there";
    /// A fee rate is negative or above 10 % (of a fee plan: beyond 10 % either way).
    FeeRateInvalid = 27, "take 0 to 100,000,000 (in 1e-9)";
    /// The fee plan was never defined, or the tiers do not rise.
    FeePlanUnknown = 28, "define the plans first, tiers from the lowest traded value upwards";
    /// No such scope, or nothing that it could name.
    ScopeInvalid = 29, "see the scopes of the command in the reference";
    /// The amount is not positive.
    AmountInvalid = 30, "take 1 or more ledger units";
    /// The reference is not above the last one of its account, or more than 2^32 above it.
    ClientRefStale = 31, "take the last reference and 1";
    /// The account has no open order with this reference.
    OrderUnknown = 32, "it was filled or cancelled before, or never accepted";
    /// The instrument was never listed.
    InstrumentUnknown = 33, "have the operator list it with ListInstrument";
    /// A band, collar or policy is out of range.
    BandInvalid = 34, "take 0 to 1,000,000,000 (in 1e-9), action 1 or 2 where there is a band";
    /// Times do not rise, lie in the past, or name no phase.
    ScheduleInvalid = 35, "give times after the last one, phases 1 to 7";
    /// The instrument cannot go from its phase to this one.
    PhaseInvalid = 36, "see the table of phases; leave a crossed book through an auction";
    /// The price is off tick or out of range.
    ReferenceInvalid = 37, "take a price from min_price to max_price, on tick";
    /// A reference or settlement price is needed and there is none.
    ReferenceUnknown = 38, "set it with SetReference";
    /// The business date is not a date after the last one.
    DateInvalid = 39, "take the day as yyyymmdd, later than the last";
    /// A split of nothing, by nothing, or beyond what can be counted.
    RatioInvalid = 40, "take 1 to 1,000,000 on both sides";
    /// The trade was taken back before, lies in the future, or its accounts, price or lots cannot be its own.
    TradeInvalid = 41, "copy them from the trade's two Filled events";
    /// As much work waits to be gone on with as the venue takes.
    WorkFull = 42, "send it again in a moment";
    /// The side is neither 1 nor 2.
    SideInvalid = 43, "take 1 to buy, 2 to sell";
    /// The order type is none of 1 to 9.
    OrderTypeInvalid = 44, "see the order types";
    /// The time in force is none of 1 to 7, or not one that the order type can have.
    TimeInForceInvalid = 45, "see the order types";
    /// Unknown flags, or flags that the order type and time in force cannot have.
    FlagsInvalid = 46, "see the order types";
    /// The quantity is not positive (of a cancel: negative, or no less than the order may fill already).
    QuantityInvalid = 47, "take 1 lot or more; of a cancel 0 or less than the order's total";
    /// The price is not a multiple of the tick.
    PriceOffTick = 48, "round the price to the tick";
    /// The price is outside the instrument's range.
    PriceOutOfRange = 49, "take a price from min_price to max_price";
    /// The displayed quantity is not below the order's, or the order cannot be an iceberg.
    DisplayInvalid = 50, "take 1 lot up to less than the order's, on a limit order that rests";
    /// The minimum is above the order's quantity, or the order can have none.
    MinimumInvalid = 51, "take at most the order's quantity, on a limit or market order that is not fill or kill";
    /// The trigger is off tick or out of range, the distance not positive, the offset not 0 or less; or there is one where none belongs.
    TriggerInvalid = 52, "see the order types";
    /// The expiry lies not after now, or stands on an order that has none.
    ExpiryInvalid = 53, "take a later time, with time in force 5";
    /// The order cannot be linked with the target.
    LinkInvalid = 54, "see linked orders: an open order of the account and instrument, not linked yet";
    /// The instrument's phase takes no such order.
    PhaseForbids = 55, "wait for another phase; see the table of phases";
    /// An order too large for one command is being worked off; only cancels are taken.
    InstrumentBusy = 56, "send it again; the work ends within milliseconds";
    /// There is nothing to go on with.
    InstrumentNotBusy = 57, "nothing to do";
    /// A kill switch is thrown for the account, its firm, the instrument or the venue.
    KillSwitched = 58, "cancel what is open; the operator lifts it with SetKill";
    /// More orders in a second than the limit of the account, its firm or the instrument.
    RateExceeded = 59, "send fewer, or have the limit raised";
    /// The quantity is above the limit of the instrument or of the account.
    QuantityTooLarge = 60, "split the order, or have the limit raised";
    /// The price is too far through the last one.
    PriceOutsideCollar = 61, "take a price nearer to the market, or have the collar widened";
    /// The price is beyond the band.
    PriceOutsideBand = 62, "take a price within the band";
    /// Price x quantity is above the limit of the instrument or of the account, or cannot be counted in 64 bits.
    NotionalTooLarge = 63, "split the order, or have the limit raised";
    /// With its open orders the account's position could go beyond its limit.
    PositionTooLarge = 64, "take fewer lots, or cancel open orders";
    /// A reduce-only order for more than the position that it would close, or on its side.
    PositionTooSmall = 65, "take at most the lots of the position, on the other side";
    /// The account has as many open orders as it may.
    OpenOrdersTooMany = 66, "cancel one, or have the limit raised";
    /// The venue has as many open orders as it can hold.
    OrdersFull = 67, "try again when orders have gone";
    /// More would be held for open orders than the limit.
    HeldTooMuch = 68, "cancel orders, or have the limit raised";
    /// What is free in the account does not cover the order or the withdrawal.
    FundsInsufficient = 69, "deposit more, or cancel orders that hold funds";
    /// The day's loss has reached its limit; only reduce-only orders and cancels are taken.
    LossReached = 70, "close positions; a new day begins with EndOfDay";
    /// The instrument is on the restricted list of the account, its group or its firm.
    Restricted = 71, "trade another instrument";
    /// Whether a fill-or-kill order or a minimum can be filled shows only behind more orders than one command can meet.
    DryRunTooLarge = 72, "split the order";
    /// A post-only order would trade at once.
    PostOnlyWouldTrade = 73, "take a price that does not reach the opposite side";
    /// The bid is above the ask.
    QuoteCrossed = 74, "give a bid of at most the ask";
    /// There is no quote, or only one that is too old, for an order that would be dealt at it.
    QuoteMissing = 75, "wait for a quote, or place a limit order, which does";
    /// A margin, rule, age or markup is out of range.
    DealingInvalid = 76, "take a margin of 1 to 1,000,000,000, rules of the reference, ages and markups of 0 or more";
    /// The way of positions is none of 0 to 2, or the account has positions or open orders.
    PositionsInvalid = 77, "close positions and cancel orders first; take 1 netting, 2 hedging";
}

impl Reject {
    /// What the reference says of this reason.
    pub const fn spec(self) -> &'static RejectSpec {
        &Self::ALL[self as usize - 1]
    }
}

impl std::fmt::Display for Reject {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.spec().name)
    }
}
