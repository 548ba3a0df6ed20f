//! How much there may be of everything in the engine. A change of a limit is a change of behaviour.

/// What the reference says of one limit.
#[derive(Clone, Copy, Debug)]
pub struct LimitSpec {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: u64,
    /// What it bounds, from its doc comment.
    pub doc: &'static str,
    /// What happens at the limit.
    pub policy: &'static str,
}

macro_rules! limits {
    ($( $(#[doc = $doc:literal])+ $name:ident: $type:ty = $value:expr, $policy:literal; )+) => {
        $( $(#[doc = $doc])+ pub const $name: $type = $value; )+

        /// Every limit.
        pub const ALL: &[LimitSpec] = &[$(
            LimitSpec { name: stringify!($name), value: $value as u64, doc: concat!($($doc),+).trim_ascii(), policy: $policy },
        )+];
    };
}

limits! {
    /// Highest number of a source.
    MAX_SOURCE: u16 = 1_023, "IdInvalid";
    /// Highest number of an asset.
    MAX_ASSET: u32 = 4_095, "IdInvalid";
    /// Highest number of an instrument.
    MAX_INSTRUMENT: u32 = 65_535, "IdInvalid";
    /// Highest number of an account.
    MAX_ACCOUNT: u32 = 1_048_575, "IdInvalid";
    /// Highest number of a trading session.
    MAX_SESSION: u32 = 65_535, "IdInvalid";
    /// Open orders in the venue, all instruments together.
    MAX_ORDERS: u32 = 16_777_216, "OrdersFull";
    /// Lots of one order.
    MAX_ORDER_QUANTITY: i64 = u32::MAX as i64, "LimitInvalid at listing, QuantityTooLarge after";
    /// Highest fee rate, in 1e-9.
    MAX_FEE_RATE: i64 = 100_000_000, "FeeRateInvalid";
    /// How far a reference may be above the last one of its account.
    MAX_REF_STEP: u64 = 4_294_967_296, "ClientRefStale";
    /// Decimals of a ledger unit.
    MAX_SCALE: u8 = 12, "ScaleInvalid";
    /// Highest number of a group.
    MAX_GROUP: u16 = 4_095, "IdInvalid";
    /// Highest number of a fee plan.
    MAX_FEE_PLAN: u8 = 255, "IdInvalid";
    /// Steps of a table of ticks.
    MAX_TICK_STEPS: usize = 64, "TickInvalid";
    /// Changes of phase to come of one instrument.
    MAX_SCHEDULED: usize = 128, "ScheduleInvalid";
    /// Mass cancels, ends of day, settlements and splits waiting to be gone on with.
    MAX_SWEEPS: usize = 64, "WorkFull";
    /// Orders, instruments and accounts that one command of a sweep looks at: two for each event that it may make.
    SWEEP_ORDERS: usize = 65_536, "the rest goes into Continue";
    /// Orders that may wait for one other.
    MAX_CHILDREN: usize = 2, "LinkInvalid";
    /// Outcomes kept for each source.
    SOURCE_WINDOW: u64 = 1_024, "SourceTooOld";
    /// Events of one command.
    MAX_EVENTS: u16 = 32_768, "the rest goes into Continue";
    /// Bytes of one command, items and tail included.
    MAX_COMMAND: usize = 4_096, "refused as malformed, never journaled";
    /// Bytes of a command's tail.
    MAX_TAIL: usize = 128, "refused as malformed, never journaled";
}
