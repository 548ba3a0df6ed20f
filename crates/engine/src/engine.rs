//! The engine's state and the way of a command through it.

use std::collections::{BTreeMap, BTreeSet};

use garraway_book::{Book, LevelView, Slab, Slot};
use garraway_types::{
    AccountId, AssetId, ClientRef, Command, CommandKind, EventId, EventSink, InstrumentId, Nanos, Price,
    Quantity, Reject, Side, SourceId, limits, rights,
};

use crate::accounts::Accounts;
use crate::commands;
use crate::day::Days;
use crate::dealt::DealtPositions;
use crate::emit::Emit;
use crate::exposures::Exposures;
use crate::extras::Extras;
use crate::groups::Groups;
use crate::index::Index;
use crate::instruments::{Instruments, Listing};
use crate::ledger::{Asset, Balance, Ledger};
use crate::limit_sets::Limits;
use crate::orders::{OpenOrder, Order};
use crate::positions::Positions;
use crate::sessions::{Session, Sessions};
use crate::sources::{Screen, Sources, padded};
use crate::sweeps::{Sweeps, Trail};
use crate::timers::Timers;

/// The version of the engine's behaviour. Journals and snapshots name it; a build refuses those of another.
pub const LOGIC_VERSION: u32 = 5;

/// How an engine is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    /// Most events of one command, 8 to 32,768. Part of the behaviour.
    pub slice_events: u16,
    /// Most open orders. Part of the behaviour.
    pub capacity: u32,
    /// Orders for which memory is taken and touched at once. No part of the behaviour.
    pub reserve_orders: usize,
}

impl Default for Setup {
    fn default() -> Self {
        Self { slice_events: limits::MAX_EVENTS, capacity: limits::MAX_ORDERS, reserve_orders: 1_024 }
    }
}

/// The venue's whole state.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(crate) setup: Setup,
    pub(crate) last_seq: u64,
    pub(crate) last_at: i64,
    pub(crate) sources: Sources,
    pub(crate) accounts: Accounts,
    pub(crate) ledger: Ledger,
    pub(crate) sessions: Sessions,
    pub(crate) instruments: Instruments,
    pub(crate) slab: Slab<Order>,
    pub(crate) index: Index,
    /// Instruments with an order to be worked off.
    pub(crate) busy: BTreeSet<u32>,
    /// What special orders have beside the slab.
    pub(crate) extras: Extras,
    /// Orders good till date: when they expire, their id, their slot.
    pub(crate) expiries: BTreeSet<(u32, u64, Slot)>,
    /// Sweeps at work, the oldest first.
    pub(crate) sweeps: Sweeps,
    /// Where the sweeps' walks have come; no state.
    pub(crate) trails: Vec<Trail>,
    /// By account and instrument: references of bid and ask of the last quote, 0 for none.
    pub(crate) quotes: BTreeMap<(u32, u32), [u64; 2]>,
    /// Volatility auctions that end and schedules, by time.
    pub(crate) timers: Timers,
    /// Instruments in auctions that may give something else than was last said.
    pub(crate) touched: BTreeSet<u32>,
    /// What applies to every order of the venue; not 0 sends all to the general path.
    pub(crate) guard: u8,
    pub(crate) groups: Groups,
    pub(crate) limits: Limits,
    pub(crate) positions: Positions,
    /// Positions against the house.
    pub(crate) dealt: DealtPositions,
    pub(crate) exposures: Exposures,
    pub(crate) days: Days,
    /// Trades that were taken back or corrected.
    pub(crate) busted: BTreeSet<u64>,
    /// Of instruments that are split: ids of the orders that have the new terms.
    pub(crate) splits: BTreeMap<u32, BTreeSet<u64>>,
    /// Whether events are counted at all; no state, once true it may stay so.
    pub(crate) counting: bool,
    /// Whether another part of the orders is to be counted; false between commands.
    pub(crate) recount: bool,
}

impl Default for Engine {
    fn default() -> Self {
        Self::new(Setup::default())
    }
}

impl Engine {
    /// An empty venue: the gateway, the operator, and the venue's own accounts.
    ///
    /// Panics when the slice is not 8 to 32,768 events, or the capacity above its limit.
    pub fn new(setup: Setup) -> Self {
        let slice = setup.slice_events;
        assert!((8..=limits::MAX_EVENTS).contains(&slice), "slice of {slice} events: take 8 to 32,768");
        assert!(
            setup.capacity <= limits::MAX_ORDERS,
            "capacity {}, at most {}",
            setup.capacity,
            limits::MAX_ORDERS
        );
        let accounts = Accounts::new();
        Self {
            setup,
            last_seq: 0,
            last_at: 0,
            sources: Sources::new(),
            ledger: Ledger::new(accounts.end()),
            accounts,
            sessions: Sessions::default(),
            instruments: Instruments::default(),
            slab: Slab::new(setup.reserve_orders),
            index: Index::new(setup.reserve_orders),
            busy: BTreeSet::new(),
            extras: Extras::default(),
            expiries: BTreeSet::new(),
            sweeps: Sweeps::new(),
            trails: Vec::new(),
            quotes: BTreeMap::new(),
            timers: Timers::default(),
            touched: BTreeSet::new(),
            guard: 0,
            groups: Groups::default(),
            limits: Limits::default(),
            positions: Positions::default(),
            dealt: DealtPositions::default(),
            exposures: Exposures::default(),
            days: Days::default(),
            busted: BTreeSet::new(),
            splits: BTreeMap::new(),
            counting: false,
            recount: false,
        }
    }

    /// The verdict on the command's source and number, asked before it is journaled. Source 0 has no numbers: always new.
    pub fn screen(&self, command: &Command<'_>) -> Screen {
        if command.head.source == SourceId::GATEWAY.0 { Screen::New } else { self.sources.screen(command) }
    }

    /// Applies a command and writes what came of it to `events`.
    ///
    /// `command_seq` is `last_seq() + 1`; a time before the last one counts as the last one. Panics when the number is another, when
    /// `events` has no room, or when an invariant is broken: a state that is wrong must not go on.
    #[inline]
    pub fn apply(&mut self, command_seq: u64, at: Nanos, command: &Command<'_>, events: &mut EventSink<'_>) {
        assert_eq!(command_seq, self.last_seq + 1, "commands are numbered without gaps");
        assert!(command_seq <= EventId::MAX_COMMAND, "command number {command_seq} has more than 48 bits");
        self.last_seq = command_seq;
        self.last_at = self.last_at.max(at.0);
        let mut emit = Emit::new(events, command_seq, self.last_at, command, self.setup.slice_events);
        if command.head.source == SourceId::GATEWAY.0 {
            if let Err(reason) =
                self.judge(command, rights::TRADE | rights::QUOTE | rights::SYSTEM, &mut emit)
            {
                emit.rejected(command, reason);
            }
        } else {
            self.apply_numbered(command, &mut emit);
        }
        if self.counting {
            self.count_events(emit.uncounted());
        }
    }

    /// Applies a command of a source that numbers its commands.
    fn apply_numbered(&mut self, command: &Command<'_>, emit: &mut Emit<'_, '_>) {
        match self.sources.screen(command) {
            Screen::Refused(reason) => return emit.rejected(command, reason),
            Screen::Repeat(_) => return emit.rejected(command, Reject::SourceRepeat),
            Screen::New => {}
        }
        let granted = self.sources.get(command.head.source).map_or(0, |source| source.rights);
        let first_event = emit.next_id();
        let reason = self.judge(command, granted, emit).err();
        if let Some(reason) = reason {
            emit.rejected(command, reason);
        }
        self.sources.keep(command, first_event, reason);
    }

    #[inline(always)]
    fn judge(&mut self, command: &Command<'_>, granted: u8, emit: &mut Emit<'_, '_>) -> Result<(), Reject> {
        if granted & command.kind.spec().right == 0 {
            return Err(Reject::NotPermitted);
        }
        match command.kind {
            CommandKind::PlaceOrder => commands::place_order(self, command, emit),
            CommandKind::CancelOrder => commands::cancel_order(self, command, emit),
            CommandKind::ReplaceOrder => commands::replace_order(self, command, emit),
            CommandKind::Deposit => commands::deposit(self, command, emit),
            CommandKind::Withdraw => commands::withdraw(self, command, emit),
            CommandKind::DefineSource => commands::define_source(self, command, emit),
            CommandKind::DefineAsset => commands::define_asset(self, command, emit),
            CommandKind::ListInstrument => commands::list_instrument(self, command, emit),
            CommandKind::OpenAccount => commands::open_account(self, command, emit),
            CommandKind::DefineSession => commands::define_session(self, command, emit),
            CommandKind::Tick => commands::tick(self, emit),
            CommandKind::Continue => commands::continue_work(self, command, emit),
            CommandKind::SetPhase => commands::set_phase(self, command, emit),
            CommandKind::SetSchedule => commands::set_schedule(self, command, emit),
            CommandKind::SetRules => commands::set_rules(self, command, emit),
            CommandKind::SetTicks => commands::set_ticks(self, command, emit),
            CommandKind::SetReference => commands::set_reference(self, command, emit),
            CommandKind::UncleanStart => commands::unclean_start(self, emit),
            CommandKind::CleanClose => commands::clean_close(emit),
            CommandKind::MassCancel => commands::mass_cancel(self, command, emit),
            CommandKind::MassQuote => commands::mass_quote(self, command, emit),
            CommandKind::DefineFeePlan => commands::define_fee_plan(self, command, emit),
            CommandKind::DefineGroup => commands::define_group(self, command, emit),
            CommandKind::SetAccount => commands::set_account(self, command, emit),
            CommandKind::SetLimits => commands::set_limits(self, command, emit),
            CommandKind::SetKill => commands::set_kill(self, command, emit),
            CommandKind::SetRestriction => commands::set_restriction(self, command, emit),
            CommandKind::EndOfDay => commands::end_of_day(self, command, emit),
            CommandKind::ChangeInstrument => commands::change_instrument(self, command, emit),
            CommandKind::SplitInstrument => commands::split_instrument(self, command, emit),
            CommandKind::BustTrade => commands::bust_trade(self, command, emit),
            CommandKind::SetQuote => commands::set_quote(self, command, emit),
            CommandKind::SetDealing => commands::set_dealing(self, command, emit),
            CommandKind::SetMarkup => commands::set_markup(self, command, emit),
            CommandKind::PayDividend => commands::pay_dividend(self, command, emit),
        }
    }

    /// The instrument that waits for `Continue`, the lowest number first; 0 where only sweeps wait.
    #[inline(always)]
    pub fn next_work(&self) -> Option<InstrumentId> {
        if self.busy.is_empty() && self.sweeps.is_empty() {
            return None;
        }
        Some(InstrumentId(self.busy.first().copied().unwrap_or(0)))
    }

    /// Number of the last command applied, 0 at first.
    pub fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// Time of the last command applied.
    pub fn last_at(&self) -> Nanos {
        Nanos(self.last_at)
    }

    /// Orders open in the whole venue.
    pub fn open_orders(&self) -> u32 {
        self.slab.live()
    }

    /// The account's last reference, 0 at first; `None` for an account that is not open.
    pub fn last_client_ref(&self, account: AccountId) -> Option<ClientRef> {
        self.accounts.get(account.0).map(|account| ClientRef(account.last_ref))
    }

    /// The session with this log-in name.
    pub fn session_by_name(&self, name: &str) -> Option<&Session> {
        if name.len() > 16 { None } else { self.sessions.by_name(&padded(name.as_bytes())) }
    }

    /// All sessions, by number.
    pub fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.sessions.all()
    }

    /// Whether an account of the session has an open order.
    pub fn session_has_orders(&self, session: u32) -> bool {
        let has_orders =
            |account: &AccountId| self.accounts.get(account.0).is_some_and(|account| account.open_orders > 0);
        self.sessions.by_number(session).is_some_and(|session| session.accounts.iter().any(has_orders))
    }

    /// The source with this name and its last number.
    pub fn source_by_name(&self, name: &str) -> Option<(SourceId, u64)> {
        if name.len() > 16 {
            return None;
        }
        let id = self.sources.by_name(&padded(name.as_bytes()))?;
        Some((id, self.sources.get(id.0)?.last_seq))
    }

    /// The instrument with this symbol.
    pub fn listing_by_symbol(&self, symbol: &str) -> Option<Listing> {
        if symbol.len() > 16 {
            return None;
        }
        let symbol = padded(symbol.as_bytes());
        self.instruments
            .all()
            .find(|i| i.listed.symbol == symbol)
            .map(crate::instruments::Instrument::listing)
    }

    /// The instrument with this number.
    pub fn listing(&self, instrument: InstrumentId) -> Option<Listing> {
        self.instruments.get(instrument.0).map(crate::instruments::Instrument::listing)
    }

    /// All instruments, by number.
    pub fn listings(&self) -> impl Iterator<Item = Listing> {
        self.instruments.all().map(crate::instruments::Instrument::listing)
    }

    /// The asset with this number.
    pub fn asset(&self, asset: AssetId) -> Option<&Asset> {
        self.ledger.asset(asset.0)
    }

    /// The open order with this reference.
    pub fn order(&self, account: AccountId, client_ref: ClientRef) -> Option<OpenOrder> {
        let slot = self.index.get(account.0, client_ref.0, &self.slab)?;
        Some(self.open_order(slot))
    }

    fn open_order(&self, slot: Slot) -> OpenOrder {
        let leaves = Quantity(u64::from(self.open_lots(slot)));
        OpenOrder { leaves, ..OpenOrder::from(&self.slab[slot]) }
    }

    /// What the account has of the asset; zero where either is unknown.
    pub fn balance(&self, account: AccountId, asset: AssetId) -> Balance {
        self.ledger.balance(account, asset).unwrap_or_default()
    }

    /// The levels of a side, best first; none where the instrument is unknown.
    pub fn levels(&self, instrument: InstrumentId, side: Side) -> impl Iterator<Item = LevelView> {
        self.instruments
            .get(instrument.0)
            .into_iter()
            .flat_map(move |instrument| instrument.book.levels(side))
    }

    /// The resting orders of a side in the order in which they would trade.
    pub fn orders(&self, instrument: InstrumentId, side: Side) -> impl Iterator<Item = OpenOrder> {
        self.levels(instrument, side)
            .flat_map(|level| Book::queue(&self.slab, level.first))
            .map(|slot| self.open_order(slot))
    }

    /// The resting order that an order of `side` with this limit would meet first: a dry run of matching.
    pub fn would_meet(&self, instrument: InstrumentId, side: Side, limit: Price) -> Option<OpenOrder> {
        let book = &self.instruments.get(instrument.0)?.book;
        book.would_meet(&self.slab, side, limit).next().map(OpenOrder::from)
    }
}
