//! Reads a canonical snapshot back. Whatever bytes come, the answer is an engine that passes its own check, or a fault.

use garraway_types::{AccountId, AssetId, EventId, FirmId, ListInstrument, Record, Reject, code, limits};

use crate::accounts::Account;
use crate::dealer::{Quote, Rules, TwoSided, UNBOUNDED};
use crate::engine::{Engine, LOGIC_VERSION, Setup};
use crate::instruments::Instrument;
use crate::ledger::{Asset, Balance};
use crate::sessions::Session;
use crate::snapshot::{ORDER, SECTION_HEAD, Section, VERSION};
use crate::sources::{Outcome, Source};

/// Why a snapshot cannot be restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotFault {
    /// Bytes from the start of the snapshot.
    pub offset: usize,
    /// What is wrong there.
    pub what: String,
}

impl std::fmt::Display for SnapshotFault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "snapshot, offset {}: {}; take an older snapshot", self.offset, self.what)
    }
}

impl std::error::Error for SnapshotFault {}

pub(crate) type Read<T> = Result<T, SnapshotFault>;

pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn fault<T>(&self, what: impl Into<String>) -> Read<T> {
        Err(SnapshotFault { offset: self.at, what: what.into() })
    }
    pub(crate) fn require(&self, condition: bool, what: &str) -> Read<()> {
        if condition { Ok(()) } else { self.fault(what) }
    }
    pub(crate) fn bytes(&mut self, count: usize) -> Read<&'a [u8]> {
        if self.end - self.at < count {
            return self.fault(format!("{count} bytes wanted, {} left", self.end - self.at));
        }
        self.at += count;
        Ok(&self.bytes[self.at - count..self.at])
    }
    pub(crate) fn array<const N: usize>(&mut self) -> Read<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N)?);
        Ok(array)
    }
    pub(crate) fn u8(&mut self) -> Read<u8> {
        Ok(self.array::<1>()?[0])
    }
    pub(crate) fn u16(&mut self) -> Read<u16> {
        self.array().map(u16::from_le_bytes)
    }
    pub(crate) fn u32(&mut self) -> Read<u32> {
        self.array().map(u32::from_le_bytes)
    }
    pub(crate) fn u64(&mut self) -> Read<u64> {
        self.array().map(u64::from_le_bytes)
    }
    pub(crate) fn i64(&mut self) -> Read<i64> {
        self.array().map(i64::from_le_bytes)
    }
    pub(crate) fn i128(&mut self) -> Read<i128> {
        self.array().map(i128::from_le_bytes)
    }
    pub(crate) fn is_at_end(&self) -> bool {
        self.at == self.end
    }
}

impl Engine {
    /// The engine that made this snapshot. `reserve_orders` is how many orders memory is taken for.
    pub fn restore(bytes: &[u8], reserve_orders: usize) -> Result<Self, SnapshotFault> {
        let mut reader = Reader { bytes, at: 0, end: bytes.len() };
        let mut engine = Self::new(Setup { reserve_orders, ..Setup::default() });
        for section in ORDER {
            reader.end = bytes.len();
            let head = reader.at;
            let (id, version) = (reader.u16()?, reader.u16()?);
            reader.require(id == section as u16, "another section than expected")?;
            reader.require(version == VERSION, "a section of another version")?;
            reader.u32()?;
            let length = usize::try_from(reader.u64()?).unwrap_or(usize::MAX);
            let end = head.saturating_add(SECTION_HEAD).saturating_add(length);
            reader.require(end <= bytes.len(), "a section longer than the snapshot")?;
            reader.end = end;
            engine.read_section(section, &mut reader)?;
            reader.require(reader.is_at_end(), "bytes behind the last record of a section")?;
        }
        reader.end = bytes.len();
        reader.require(reader.is_at_end(), "bytes behind the last section")?;
        engine.check_risk_references().or_else(|what| reader.fault(what))?;
        engine.look_at_all();
        match engine.check() {
            Ok(()) => Ok(engine),
            Err(what) => reader.fault(what),
        }
    }

    fn read_section(&mut self, section: Section, reader: &mut Reader<'_>) -> Read<()> {
        if section == Section::Clock {
            return self.read_clock(reader);
        }
        let mut links = Vec::new();
        while !reader.is_at_end() {
            match section {
                Section::Clock => unreachable!("read above"),
                Section::Sources => self.read_source(reader)?,
                Section::Assets => self.read_asset(reader)?,
                Section::Accounts => self.read_account(reader)?,
                Section::Sessions => self.read_session(reader)?,
                Section::Instruments => self.read_instrument(reader)?,
                Section::Balances => self.read_balance(reader)?,
                Section::Orders => self.read_order(reader, &mut links)?,
                Section::Markets => self.read_market(reader)?,
                Section::Due => self.read_due(reader)?,
                Section::Sweeps => self.read_sweep(reader)?,
                Section::Quotes => self.read_quote(reader)?,
                Section::Phases => self.read_phase(reader)?,
                Section::FeePlans => self.groups.fees.read(reader)?,
                Section::Groups => self.groups.read(reader)?,
                Section::Traded => self.groups.read_traded(reader)?,
                Section::Limits => self.limits.read_set(reader)?,
                Section::Buckets => self.limits.read_bucket(reader)?,
                Section::Kills => self.limits.read_kill(reader)?,
                Section::Restrictions => self.limits.read_restriction(reader)?,
                Section::Positions => self.positions.read(reader)?,
                Section::Day => self.days.last = reader.u32()?,
                Section::Results => self.days.read(reader)?,
                Section::Busted => self.read_busted(reader)?,
                Section::Settlements => self.read_settlement(reader)?,
                Section::Splits => self.read_split(reader)?,
                Section::Dealing => self.read_dealing(reader)?,
                Section::Markups => self.read_markup(reader)?,
                Section::DealtPositions => self.dealt.read(reader)?,
            }
        }
        self.link_orders(&links, reader)
    }

    fn read_clock(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let logic = reader.u32()?;
        if logic != LOGIC_VERSION {
            return reader.fault(format!("logic version {logic}, this build has {LOGIC_VERSION}"));
        }
        self.last_seq = reader.u64()?;
        self.last_at = reader.i64()?;
        self.setup.slice_events = reader.u16()?;
        self.setup.capacity = reader.u32()?;
        reader.require(self.last_seq <= EventId::MAX_COMMAND, "a command number above 48 bits")?;
        let sound = (8..=limits::MAX_EVENTS).contains(&self.setup.slice_events)
            && self.setup.capacity <= limits::MAX_ORDERS;
        reader.require(sound, "a slice or capacity out of range")
    }

    fn read_source(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let (number, rights) = (reader.u16()?, reader.u8()?);
        reader.require(number <= limits::MAX_SOURCE, "a source above the limit")?;
        let mut source = Source::new(reader.array()?, rights);
        let last_seq = reader.u64()?;
        let oldest = last_seq.saturating_sub(limits::SOURCE_WINDOW - 1).max(1);
        for expected in oldest..=last_seq {
            source.last_seq = reader.u64()?;
            reader.require(source.last_seq == expected, "an outcome out of order")?;
            let (hash, first_event, code) = (reader.u64()?, EventId(reader.u64()?), reader.u8()?);
            let reason = Reject::from_code(code);
            reader.require(code == 0 || reason.is_some(), "an unknown reason")?;
            source.put(Outcome { hash, first_event, reason });
        }
        source.last_seq = last_seq;
        self.sources.define(number, source);
        Ok(())
    }

    fn read_asset(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let number = reader.u32()?;
        reader.require((1..=limits::MAX_ASSET).contains(&number), "an asset out of range")?;
        let asset = Asset { code: reader.array()?, scale: reader.u8()?, display: reader.u8()? };
        reader.require(
            asset.scale <= limits::MAX_SCALE && asset.display <= asset.scale,
            "a scale out of range",
        )?;
        self.ledger.define(number, asset);
        Ok(())
    }

    fn read_account(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let (number, firm) = (reader.u32()?, reader.u32()?);
        let in_range = (AccountId::FIRST_CLIENT.0..=limits::MAX_ACCOUNT).contains(&number);
        reader.require(in_range && firm > 0, "an account out of range")?;
        let account = Account {
            firm,
            last_ref: reader.u64()?,
            max_quantity: reader.i64()?,
            max_notional: reader.i64()?,
            max_open_orders: reader.u32()?,
            open_orders: 0,
            self_trade: reader.u8()?,
            self_trade_of: reader.u8()?,
            payer: reader.u32()?,
            group: reader.u16()?,
            guard: 0,
            plan: reader.u8()?,
            is_hedging: reader.u8()? == 1,
        };
        let own = account.self_trade <= code::DECREMENT && account.self_trade_of <= code::OF_FIRM;
        reader.require(own, "an account with an unknown self-trade prevention")?;
        self.accounts.open(number, account);
        self.ledger.grow(self.accounts.end());
        Ok(())
    }

    fn read_session(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let (session, firm) = (reader.u32()?, FirmId(reader.u32()?));
        let (protocol, network_prefix, cancel_on) = (reader.u8()?, reader.u8()?, reader.u8()?);
        let (name, network, salt) = (reader.array()?, reader.array()?, reader.array()?);
        let (verifier, default_account) = (reader.array()?, AccountId(reader.u32()?));
        let count = reader.u32()?;
        let accounts: Read<Vec<_>> = (0..count).map(|_| reader.u32().map(AccountId)).collect();
        self.sessions.define(Session {
            session,
            firm,
            protocol,
            name,
            network,
            network_prefix,
            cancel_on,
            salt,
            verifier,
            default_account,
            accounts: accounts?,
        });
        Ok(())
    }

    fn read_instrument(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let number = reader.u32()?;
        reader.require((1..=limits::MAX_INSTRUMENT).contains(&number), "an instrument out of range")?;
        let listed = ListInstrument::read(reader.bytes(ListInstrument::SIZE)?);
        let values = crate::commands::listing_values(&self.ledger, &listed);
        let Ok((price_value, lot_value)) = values else {
            return reader.fault("terms that were never listed");
        };
        self.instruments.list(Instrument::new(number, listed, price_value, lot_value));
        Ok(())
    }

    fn read_balance(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let (asset, account) = (AssetId(reader.u32()?), AccountId(reader.u32()?));
        let balance = Balance { total: reader.i128()?, held: reader.i128()? };
        reader.require(
            self.ledger.balance(account, asset).is_some(),
            "a balance of an unknown account or asset",
        )?;
        // Ten times what all amounts of 64 bits over all commands could add up to stays far from the ends of 128 bits.
        let counted = |amount: i128| amount.unsigned_abs() <= 1 << 116;
        reader.require(
            counted(balance.total) && counted(balance.held),
            "a balance that cannot have come about",
        )?;
        self.ledger.put_back(account, asset, balance);
        Ok(())
    }

    fn read_busted(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let new = self.busted.insert(reader.u64()?);
        reader.require(new, "a trade taken back twice")
    }

    fn read_settlement(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let (number, price) = (reader.u32()?, reader.i64()?);
        let Some(instrument) = self.instruments.get_mut(number) else {
            return reader.fault("a settlement price of an unknown instrument");
        };
        let before = std::mem::replace(&mut instrument.day_settlement, price);
        reader.require(before == 0 && price >= 1, "a settlement price that was never set")
    }

    fn read_dealing(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let number = reader.u32()?;
        let mut words = [0; 9];
        for word in &mut words {
            *word = reader.i64()?;
        }
        let [bid, ask, lots_bid, lots_ask, left_bid, left_ask, at_ns, margin_rate, max_age_ns] = words;
        let [market, limit, sized] = reader.array()?;
        let quote = Quote {
            prices: TwoSided { bid, ask },
            lots: [lots_bid, lots_ask],
            left: [left_bid, left_ask],
            at_ns,
        };
        let rules = Rules { margin_rate, max_age_ns, market, limit, is_sized: sized == 1 };
        let Some(of) = self.instruments.get_mut(number) else { return reader.fault("a quote of nothing") };
        let is_empty = quote == Quote::default();
        let prices = of.terms.min_price..=of.terms.max_price;
        let counted = |lots: i64, left: i64| lots >= 0 && left >= UNBOUNDED && (left <= lots || lots == 0);
        let sound = is_empty
            || prices.contains(&bid) && prices.contains(&ask) && bid <= ask && {
                counted(lots_bid, left_bid) && counted(lots_ask, left_ask) && at_ns <= self.last_at
            };
        reader.require(sound && rules.is_sound() && sized <= 1, "a quote that cannot have come about")?;
        let Some(dealer) = &mut of.dealer else { return reader.fault("a quote of what is not dealt") };
        (dealer.quote, dealer.rules) = (quote, rules);
        Ok(())
    }

    fn read_markup(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let (number, group) = (reader.u32()?, reader.u16()?);
        let markup = TwoSided { bid: reader.i64()?, ask: reader.i64()? };
        let sound = markup.bid >= 0 && markup.ask >= 0 && markup != TwoSided::default();
        reader.require(sound && group <= limits::MAX_GROUP, "a markup that cannot be")?;
        let dealer = self.instruments.get_mut(number).and_then(|of| of.dealer.as_mut());
        let Some(dealer) = dealer else { return reader.fault("a markup of what is not dealt") };
        reader.require(dealer.markups.insert(group, markup).is_none(), "a markup twice")
    }

    fn read_split(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let (number, count) = (reader.u32()?, reader.u32()?);
        let orders: Read<_> = (0..count).map(|_| reader.u64()).collect();
        let before = self.splits.insert(number, orders?);
        reader.require(before.is_none(), "two splits of one instrument")
    }
}
