//! Numbers and ids. Each is its own type, so that a price is never passed for a quantity.

macro_rules! number {
    ($( $(#[doc = $doc:literal])+ $name:ident($inner:ty); )+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(transparent)]
        pub struct $name(pub $inner);

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(formatter)
            }
        }
    )+};
}

number! {
    /// A price in the instrument's price units.
    Price(i64);
    /// A quantity in the instrument's lots. One order holds at most [`Quantity::MAX_ORDER`].
    Quantity(u64);
    /// An amount in the asset's ledger units.
    Money(i64);
    /// Nanoseconds since the Unix epoch, UTC.
    Nanos(i64);
    /// An account. 1 to 15 are the venue's own; clients start at 16.
    AccountId(u32);
    /// An asset: what a ledger counts.
    AssetId(u32);
    /// A firm: who answers for accounts.
    FirmId(u32);
    /// An instrument. Never reused.
    InstrumentId(u32);
    /// A submitter of commands. 0 is the gateway in the exchange process, 1 the operator.
    SourceId(u16);
    /// The number of an event: `command_seq << 16 | index`. Orders and trades bear the number of the event that made them.
    EventId(u64);
    /// The reference of an order within its account, strictly rising.
    ClientRef(u64);
}

impl Quantity {
    /// The largest quantity of one order: 4,294,967,295 lots.
    pub const MAX_ORDER: Quantity = Quantity(u32::MAX as u64);
}

impl AccountId {
    /// The outside world, from which deposits come: the counterpart of everything held here.
    pub const EXTERNAL: AccountId = AccountId(1);
    /// The venue's fee income.
    pub const FEES: AccountId = AccountId(2);
    /// Settlement of futures: even when every position is marked.
    pub const SETTLEMENT: AccountId = AccountId(3);
    /// The house: the counterpart of every dealt position. Negative while it has lost more than it has won.
    pub const HOUSE: AccountId = AccountId(4);
    /// The first number that a client's account may have.
    pub const FIRST_CLIENT: AccountId = AccountId(16);
}

impl SourceId {
    /// The gateways inside the exchange process: exactly once by `client_ref`, no window of outcomes.
    pub const GATEWAY: SourceId = SourceId(0);
    /// The operator, who exists from the first day and may do everything.
    pub const OPERATOR: SourceId = SourceId(1);
}

impl EventId {
    /// Highest number of a command: 48 bits.
    pub const MAX_COMMAND: u64 = (1 << 48) - 1;

    /// The event `index` of command `command_seq`.
    #[inline(always)]
    pub const fn new(command_seq: u64, index: u16) -> Self {
        Self(command_seq << 16 | index as u64)
    }

    /// The number of the command that made the event.
    #[inline(always)]
    pub const fn command_seq(self) -> u64 {
        self.0 >> 16
    }
}

/// Which side of the book an order stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Side {
    /// Buys; rests among the bids.
    Buy = 1,
    /// Sells; rests among the asks.
    Sell = 2,
}

impl Side {
    /// The side with this number, if there is one.
    #[inline(always)]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Buy),
            2 => Some(Self::Sell),
            _ => None,
        }
    }

    /// The other side.
    #[inline(always)]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }
}
