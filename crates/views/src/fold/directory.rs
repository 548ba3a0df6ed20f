//! What is defined: assets, the terms of instruments, and on whose balances an account trades.

use garraway_types::{ChangeInstrument, DefineAsset, ListInstrument, Record, TickStep, code};

use crate::decimals::{NANO, decimals_of, write_scaled};

/// An asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Its number.
    pub number: u32,
    /// Its code.
    pub code: String,
    /// Decimals of a ledger unit.
    pub scale: u32,
    /// Decimals shown to people at least.
    pub display: u32,
}

impl Asset {
    /// Reads the tail of `AssetDefined`.
    pub fn read(number: u32, tail: &[u8]) -> Self {
        let said = DefineAsset::read(tail);
        let (scale, display) = (said.scale.into(), said.display.into());
        Self { number, code: name(&said.code), scale, display }
    }

    /// Writes an amount of ledger units.
    pub fn write(&self, out: &mut String, units: i128) {
        write_scaled(out, units, self.scale, self.display);
    }
}

/// An instrument's terms, ready for use.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Its number.
    pub number: u32,
    /// Its symbol.
    pub symbol: String,
    /// The terms as they stand.
    pub listed: ListInstrument,
    /// Ledger units of the quote asset for one price unit and one lot.
    pub price_value: i64,
    /// Ledger units of the base asset in one lot; 1 of a future.
    pub lot_value: i64,
    /// The steps of its table of ticks, as far as events tell them.
    steps: Vec<TickStep>,
}

impl Terms {
    /// Reads the tail of `InstrumentListed`. The engine has checked that the values are whole.
    pub fn read(number: u32, tail: &[u8], scale_of: impl Fn(u32) -> u32) -> Self {
        let listed = ListInstrument::read(tail);
        let (unit, lot) = (i128::from(listed.price_unit), i128::from(listed.lot_size));
        let price_value = unit * lot * 10i128.pow(scale_of(listed.quote_asset)) / 10i128.pow(2 * NANO);
        let lot_value = match listed.kind {
            code::FUTURE | code::CONTRACT => 1,
            _ => lot * 10i128.pow(scale_of(listed.base_asset)) / 10i128.pow(NANO),
        };
        Self {
            number,
            symbol: name(&listed.symbol),
            listed,
            price_value: price_value as i64,
            lot_value: lot_value as i64,
            steps: Vec::new(),
        }
    }

    /// Takes the tail of `InstrumentChanged`.
    pub fn change(&mut self, tail: &[u8]) {
        let said = ChangeInstrument::read(tail);
        if said.tick != self.listed.tick {
            self.steps.clear();
        }
        self.symbol = name(&said.symbol);
        let ChangeInstrument { symbol, tick, min_price, max_price, max_quantity, max_notional, .. } = said;
        self.listed =
            ListInstrument { symbol, tick, min_price, max_price, max_quantity, max_notional, ..self.listed };
    }

    /// Takes the tail of `TicksSet`.
    pub fn set_ticks(&mut self, tail: &[u8]) {
        self.steps = tail.chunks_exact(TickStep::SIZE).map(TickStep::read).collect();
    }

    /// The highest price on tick that is not above.
    pub fn down(&self, price: i64) -> i64 {
        let step = self.steps.iter().rev().find(|step| step.from_price <= price);
        price - price % step.map_or(self.listed.tick, |step| step.tick)
    }

    /// Whether it is a future.
    pub fn is_future(&self) -> bool {
        self.listed.kind == code::FUTURE
    }

    /// Whether it is a contract, which the house deals: positions, and a margin.
    pub fn is_dealt(&self) -> bool {
        self.listed.kind == code::CONTRACT
    }

    /// What orders of a side hold.
    pub fn held_asset(&self, buys: bool) -> u32 {
        if buys || self.is_future() || self.is_dealt() {
            self.listed.quote_asset
        } else {
            self.listed.base_asset
        }
    }

    /// Collateral of a position at a settlement price, in ledger units of the quote asset.
    pub fn collateral(&self, lots: i128, settlement: i64) -> i128 {
        let end = if lots >= 0 { self.listed.min_price } else { self.listed.max_price };
        lots * i128::from(settlement - end) * i128::from(self.price_value)
    }

    /// Writes a price with the decimals of the tick at least.
    pub fn write_price(&self, out: &mut String, price: i64) {
        self.write_nano(out, i128::from(price) * i128::from(self.listed.price_unit));
    }

    /// Writes 1e-9 of a price's whole with the decimals of the tick at least.
    pub fn write_nano(&self, out: &mut String, nano: i128) {
        let (unit, tick) = (i128::from(self.listed.price_unit), i128::from(self.listed.tick));
        write_scaled(out, nano, NANO, decimals_of(tick * unit));
    }

    /// Writes a quantity of lots.
    pub fn write_lots(&self, out: &mut String, lots: i128) {
        write_scaled(out, lots * i128::from(self.listed.lot_size), NANO, 0);
    }
}

/// A name filled up with zeros.
pub fn name(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}
