//! The engine (skeleton while it is being written).
#![forbid(unsafe_code)]
use garraway_types::*;
/// Version of the engine's behaviour; journals name it.
pub const LOGIC_VERSION: u32 = 1;
/// How an engine is set up. Slice and capacity are behaviour; the reserve is not.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// Most events of one command.
    pub slice_events: u16,
    /// Most open orders.
    pub capacity: u32,
    /// Orders for which memory is taken at once.
    pub reserve_orders: usize,
}
impl Default for Setup {
    fn default() -> Self {
        Self { slice_events: limits::MAX_EVENTS, capacity: limits::MAX_ORDERS, reserve_orders: 1024 }
    }
}
/// What became of a source's command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Hash of the whole record.
    pub hash: u64,
    /// The first event.
    pub first_event: EventId,
    /// The reason, if it was refused.
    pub reason: Option<Reject>,
}
/// The verdict on a command's number before it is journaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// To be journaled and applied.
    New,
    /// Applied before.
    Repeat(Outcome),
    /// Not to be journaled; consumes nothing.
    Refused(Reject),
}
/// A trading session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Number.
    pub session: u32,
    /// Firm.
    pub firm: FirmId,
    /// Protocol.
    pub protocol: u8,
    /// Log-in name.
    pub name: [u8; 16],
    /// Network from which it may log in.
    pub network: [u8; 16],
    /// Leading bits of it that count.
    pub network_prefix: u8,
    /// Salt.
    pub salt: [u8; 16],
    /// SHA-256 of salt and secret.
    pub verifier: [u8; 32],
    /// The account that orders without an account trade.
    pub default_account: AccountId,
    /// All its accounts.
    pub accounts: Vec<AccountId>,
}
/// An instrument as listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Number.
    pub instrument: InstrumentId,
    /// As sent.
    pub terms: ListInstrument,
}
/// An open order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenOrder {
    /// Its id.
    pub order: EventId,
    /// Whose it is.
    pub account: AccountId,
    /// Its reference.
    pub client_ref: ClientRef,
    /// Instrument.
    pub instrument: InstrumentId,
    /// Side.
    pub side: Side,
    /// Price.
    pub price: Price,
    /// Open lots.
    pub leaves: Quantity,
    /// Filled lots.
    pub filled: Quantity,
}
/// The engine.
pub struct Engine {
    last_seq: u64,
}
impl Engine {
    /// An empty venue.
    pub fn new(_setup: Setup) -> Self {
        Self { last_seq: 0 }
    }
    /// The verdict on the command's source and number.
    pub fn screen(&self, _command: &Command<'_>) -> Screen {
        Screen::New
    }
    /// Applies a command. `command_seq` is `last_seq() + 1`.
    pub fn apply(
        &mut self,
        command_seq: u64,
        _at: Nanos,
        _command: &Command<'_>,
        _events: &mut EventSink<'_>,
    ) {
        self.last_seq = command_seq;
    }
    /// An instrument that waits for `Continue`.
    pub fn next_work(&self) -> Option<InstrumentId> {
        None
    }
    /// When the next timer is due.
    pub fn next_due_ns(&self) -> Option<Nanos> {
        None
    }
    /// Number of the last command applied.
    pub fn last_seq(&self) -> u64 {
        self.last_seq
    }
    /// Time of the last command applied.
    pub fn last_at(&self) -> Nanos {
        Nanos(0)
    }
    /// Hash of the canonical state.
    pub fn state_hash(&self) -> u64 {
        self.last_seq
    }
    /// Proves every invariant.
    pub fn check(&self) -> Result<(), String> {
        Ok(())
    }
    /// The account's last reference, 0 at first; `None` for an account that is not open.
    pub fn last_client_ref(&self, _account: AccountId) -> Option<ClientRef> {
        None
    }
    /// The session with this log-in name.
    pub fn session_by_name(&self, _name: &str) -> Option<&Session> {
        None
    }
    /// All sessions, by number.
    pub fn sessions(&self) -> impl Iterator<Item = &Session> {
        [].iter()
    }
    /// The source with this name and its last number.
    pub fn source_by_name(&self, _name: &str) -> Option<(SourceId, u64)> {
        None
    }
    /// The instrument with this symbol.
    pub fn listing_by_symbol(&self, _symbol: &str) -> Option<Listing> {
        None
    }
    /// The instrument with this number.
    pub fn listing(&self, _instrument: InstrumentId) -> Option<Listing> {
        None
    }
    /// The open order with this reference.
    pub fn order(&self, _account: AccountId, _client_ref: ClientRef) -> Option<OpenOrder> {
        None
    }
    /// Balance and hold.
    pub fn balance(&self, _account: AccountId, _asset: AssetId) -> (i128, i128) {
        (0, 0)
    }
}
