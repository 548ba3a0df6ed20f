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
    /// Rights beyond trade, money and define.
    RightsInvalid = 10, "add up 1, 2 and 4 only";
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
    /// No such execution kind.
    ExecutionInvalid = 17, "take 1 for the book";
    /// Price unit x lot is not a whole, positive number of ledger units of the quote asset.
    NotionalNotExact = 18, "take a larger price unit or lot, or a finer ledger scale";
    /// The lot is not a whole, positive number of ledger units of the base asset.
    LotNotExact = 19, "take a larger lot or a finer ledger scale";
    /// The tick is not positive.
    TickInvalid = 20, "take a tick of 1 or more price units";
    /// The price range is empty, below 1, or its ends are off tick.
    PriceRangeInvalid = 21, "take 1 <= min_price <= max_price, both multiples of the tick";
    /// A limit is zero or negative, or the largest order cannot be counted in 64 bits.
    LimitInvalid = 22, "take limits of 1 or more within the limits page";
    /// Self-trade prevention is none of 0 to 4, or what it compares is not 1 or 2 (0 to 2 where the mode is 0).
    SelfTradeInvalid = 23, "take a mode of 0 to 4, and compare accounts (1) or firms (2)";
    /// A fee rate is negative or above 10 %.
    FeeRateInvalid = 24, "take 0 to 100,000,000 (in 1e-9)";
    /// The amount is not positive.
    AmountInvalid = 25, "take 1 or more ledger units";
    /// The reference is not above the last one of its account, or more than 2^32 above it.
    ClientRefStale = 26, "take the last reference and 1";
    /// The account has no open order with this reference.
    OrderUnknown = 27, "it was filled or cancelled before, or never accepted";
    /// The instrument was never listed.
    InstrumentUnknown = 28, "have the operator list it with ListInstrument";
    /// The side is neither 1 nor 2.
    SideInvalid = 29, "take 1 to buy, 2 to sell";
    /// The order type is neither 1 nor 2.
    OrderTypeInvalid = 30, "take 1 for a limit, 2 for a market order with a bound";
    /// The time in force is none of 1, 2, 3, or a market order would rest.
    TimeInForceInvalid = 31, "take 1, 2 or 3; 2 or 3 for a market order";
    /// Unknown flags, or post-only on an order that does not rest.
    FlagsInvalid = 32, "take 0, or 1 (post-only) on a limit order that is good till cancelled";
    /// The quantity is not positive (of a cancel: negative, or no less than the order may fill already).
    QuantityInvalid = 33, "take 1 lot or more; of a cancel 0 or less than the order's total";
    /// The quantity is above the limit of the instrument or of the account.
    QuantityTooLarge = 34, "split the order, or have the limit raised";
    /// The price is not a multiple of the tick.
    PriceOffTick = 35, "round the price to the tick";
    /// The price is outside the instrument's range.
    PriceOutOfRange = 36, "take a price from min_price to max_price";
    /// Price x quantity is above the limit of the instrument or of the account, or cannot be counted in 64 bits.
    NotionalTooLarge = 37, "split the order, or have the limit raised";
    /// An order too large for one command is being worked off; only cancels are taken.
    InstrumentBusy = 38, "send it again; the work ends within milliseconds";
    /// There is nothing to go on with.
    InstrumentNotBusy = 39, "nothing to do";
    /// The account has as many open orders as it may.
    OpenOrdersTooMany = 40, "cancel one, or have the limit raised";
    /// The venue has as many open orders as it can hold.
    OrdersFull = 41, "try again when orders have gone";
    /// What is free in the account does not cover the order or the withdrawal.
    FundsInsufficient = 42, "deposit more, or cancel orders that hold funds";
    /// Whether a fill-or-kill order can be filled shows only behind more orders than one command can meet.
    FillOrKillTooLarge = 43, "split the order";
    /// A post-only order would trade at once.
    PostOnlyWouldTrade = 44, "take a price that does not reach the opposite side";
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
