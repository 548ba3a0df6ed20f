//! The canonical snapshot: sections of canonical records, in one order whatever happened before. Its hash is the state hash.
//!
//! Each section is {id u16, version u16, reserved u32, length u64} and its records, little-endian. No slot, no free list and no
//! place of a ladder's window is in it.

use garraway_types::{Fnv, Record};

use crate::engine::{Engine, LOGIC_VERSION};

/// The sections and their ids, in the order in which they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(crate) enum Section {
    Clock = 1,
    Sources = 2,
    Assets = 3,
    Accounts = 4,
    Sessions = 5,
    Instruments = 6,
    Balances = 7,
    Orders = 8,
    Markets = 9,
    Due = 10,
    Sweeps = 11,
    Quotes = 12,
    Phases = 20,
    FeePlans = 40,
    Groups = 41,
    Traded = 42,
    Limits = 44,
    Buckets = 45,
    Kills = 46,
    Restrictions = 47,
    Positions = 48,
    Day = 49,
    Results = 50,
    Busted = 51,
    Settlements = 52,
    Splits = 53,
    Dealing = 54,
    Markups = 55,
    DealtPositions = 56,
}

pub(crate) const ORDER: [Section; 29] = [
    Section::Clock,
    Section::Sources,
    Section::Assets,
    Section::Accounts,
    Section::Sessions,
    Section::Instruments,
    Section::Balances,
    Section::Dealing,
    Section::Markups,
    Section::DealtPositions,
    Section::Orders,
    Section::Markets,
    Section::Due,
    Section::Sweeps,
    Section::Quotes,
    Section::Phases,
    Section::FeePlans,
    Section::Groups,
    Section::Traded,
    Section::Limits,
    Section::Buckets,
    Section::Kills,
    Section::Restrictions,
    Section::Settlements,
    Section::Positions,
    Section::Day,
    Section::Results,
    Section::Busted,
    Section::Splits,
];

/// The version of every section.
pub(crate) const VERSION: u16 = 1;

/// Bytes in front of each section.
pub(crate) const SECTION_HEAD: usize = 16;

pub(crate) struct Writer<'a>(&'a mut Vec<u8>);

impl Writer<'_> {
    pub(crate) fn u8(&mut self, value: u8) {
        self.0.push(value);
    }
    pub(crate) fn u16(&mut self, value: u16) {
        self.0.extend(value.to_le_bytes());
    }
    pub(crate) fn u32(&mut self, value: u32) {
        self.0.extend(value.to_le_bytes());
    }
    pub(crate) fn u64(&mut self, value: u64) {
        self.0.extend(value.to_le_bytes());
    }
    pub(crate) fn i64(&mut self, value: i64) {
        self.0.extend(value.to_le_bytes());
    }
    pub(crate) fn i128(&mut self, value: i128) {
        self.0.extend(value.to_le_bytes());
    }
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend(bytes);
    }
}

impl Engine {
    /// Appends the canonical snapshot to `out`. [`Engine::restore`] reads it.
    pub fn snapshot(&self, out: &mut Vec<u8>) {
        for section in ORDER {
            let start = out.len();
            out.extend([0; SECTION_HEAD]);
            self.write_section(section, &mut Writer(out));
            let length = (out.len() - start - SECTION_HEAD) as u64;
            out[start..start + 2].copy_from_slice(&(section as u16).to_le_bytes());
            out[start + 2..start + 4].copy_from_slice(&VERSION.to_le_bytes());
            out[start + 8..start + 16].copy_from_slice(&length.to_le_bytes());
        }
    }

    /// The hash of the canonical snapshot: equal states have equal hashes, however they came about.
    pub fn state_hash(&self) -> u64 {
        let mut bytes = Vec::new();
        self.snapshot(&mut bytes);
        let mut hash = Fnv::default();
        hash.bytes(&bytes);
        hash.value()
    }

    fn write_section(&self, section: Section, out: &mut Writer<'_>) {
        match section {
            Section::Clock => self.write_clock(out),
            Section::Sources => self.write_sources(out),
            Section::Assets => self.write_assets(out),
            Section::Accounts => self.write_accounts(out),
            Section::Sessions => self.write_sessions(out),
            Section::Instruments => self.write_instruments(out),
            Section::Balances => self.write_balances(out),
            Section::Orders => self.write_orders(out),
            Section::Markets => self.write_markets(out),
            Section::Due => self.write_due(out),
            Section::Sweeps => self.write_sweeps(out),
            Section::Quotes => self.write_quotes(out),
            Section::Phases => self.write_phases(out),
            Section::FeePlans => self.groups.fees.write(&self.kept_places(), out),
            Section::Groups => self.groups.write(out),
            Section::Traded => self.groups.write_traded(out),
            Section::Limits => self.limits.write_sets(out),
            Section::Buckets => self.limits.write_buckets(out),
            Section::Kills => self.limits.write_kills(out),
            Section::Restrictions => self.limits.write_restrictions(out),
            Section::Positions => self.positions.write(out),
            Section::Day => out.u32(self.days.last),
            Section::Results => self.days.write(out),
            Section::Settlements => self.write_settlements(out),
            Section::Splits => self.write_splits(out),
            Section::Dealing => self.write_dealing(out),
            Section::Markups => self.write_markups(out),
            Section::DealtPositions => self.dealt.write(out),
            Section::Busted => self.busted.iter().for_each(|trade| out.u64(*trade)),
        }
    }

    fn write_clock(&self, out: &mut Writer<'_>) {
        out.u32(LOGIC_VERSION);
        out.u64(self.last_seq);
        out.i64(self.last_at);
        out.u16(self.setup.slice_events);
        out.u32(self.setup.capacity);
    }

    fn write_sources(&self, out: &mut Writer<'_>) {
        for (number, source) in self.sources.numbered() {
            out.u16(number);
            out.u8(source.rights);
            out.bytes(&source.name);
            out.u64(source.last_seq);
            for (seq, outcome) in source.outcomes() {
                out.u64(seq);
                out.u64(outcome.hash);
                out.u64(outcome.first_event.0);
                out.u8(outcome.reason.map_or(0, |reason| reason as u8));
            }
        }
    }

    fn write_assets(&self, out: &mut Writer<'_>) {
        for (number, asset) in self.ledger.assets() {
            out.u32(number);
            out.bytes(&asset.code);
            out.u8(asset.scale);
            out.u8(asset.display);
        }
    }

    fn write_accounts(&self, out: &mut Writer<'_>) {
        for (number, account) in self.accounts.numbered() {
            out.u32(number);
            out.u32(account.firm);
            out.u64(account.last_ref);
            out.i64(account.max_quantity);
            out.i64(account.max_notional);
            out.u32(account.max_open_orders);
            out.u8(account.self_trade);
            out.u8(account.self_trade_of);
            out.u32(account.payer);
            out.u16(account.group);
            out.u8(account.plan);
            out.u8(u8::from(account.is_hedging));
        }
    }

    fn write_sessions(&self, out: &mut Writer<'_>) {
        for session in self.sessions.all() {
            out.u32(session.session);
            out.u32(session.firm.0);
            out.u8(session.protocol);
            out.u8(session.network_prefix);
            out.u8(session.cancel_on);
            for field in [&session.name, &session.network, &session.salt] {
                out.bytes(field);
            }
            out.bytes(&session.verifier);
            out.u32(session.default_account.0);
            out.u32(session.accounts.len() as u32);
            for account in &session.accounts {
                out.u32(account.0);
            }
        }
    }

    fn write_instruments(&self, out: &mut Writer<'_>) {
        for instrument in self.instruments.all() {
            let mut terms = [0; garraway_types::ListInstrument::SIZE];
            instrument.listed.write(&mut terms);
            out.u32(instrument.terms.number);
            out.bytes(&terms);
        }
    }

    fn write_balances(&self, out: &mut Writer<'_>) {
        for (asset, account, balance) in self.ledger.in_use() {
            out.u32(asset);
            out.u32(account);
            out.i128(balance.total);
            out.i128(balance.held);
        }
    }

    /// Settlement prices that were set in the day.
    fn write_settlements(&self, out: &mut Writer<'_>) {
        for instrument in self.instruments.all().filter(|instrument| instrument.day_settlement != 0) {
            out.u32(instrument.terms.number);
            out.i64(instrument.day_settlement);
        }
    }

    fn write_dealing(&self, out: &mut Writer<'_>) {
        for instrument in self.instruments.all() {
            let Some(dealer) = &instrument.dealer else { continue };
            let (quote, rules) = (&dealer.quote, &dealer.rules);
            out.u32(instrument.terms.number);
            let prices = [quote.prices.bid, quote.prices.ask];
            for number in prices.into_iter().chain(quote.lots).chain(quote.left) {
                out.i64(number);
            }
            for number in [quote.at_ns, rules.margin_rate, rules.max_age_ns] {
                out.i64(number);
            }
            for byte in [rules.market, rules.limit, u8::from(rules.is_sized)] {
                out.u8(byte);
            }
        }
    }

    fn write_markups(&self, out: &mut Writer<'_>) {
        for instrument in self.instruments.all() {
            for (group, markup) in instrument.dealer.iter().flat_map(|dealer| &dealer.markups) {
                out.u32(instrument.terms.number);
                out.u16(*group);
                out.i64(markup.bid);
                out.i64(markup.ask);
            }
        }
    }

    /// Of each split at work the orders that have the new terms.
    fn write_splits(&self, out: &mut Writer<'_>) {
        for (instrument, orders) in &self.splits {
            out.u32(*instrument);
            out.u32(orders.len() as u32);
            orders.iter().for_each(|id| out.u64(*id));
        }
    }
}
