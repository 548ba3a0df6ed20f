//! Streams by name: `btcusd@depth@100ms`, `btcusd@kline_1m`, `!miniTicker@arr`.

use std::collections::HashMap;

use garraway_types::code;

use crate::fold::{Fold, Market};

const SECOND_MS: u32 = 1_000;
const FAST_MS: u32 = 100;
/// Widths of candles: as they are written, in seconds. Those that the REST interface has.
pub const WIDTHS: [(&str, u32); 4] = [("1m", 60), ("5m", 300), ("1h", 3_600), ("1d", 86_400)];
/// Levels of a side that a partial book may have.
const PARTIAL: [u32; 3] = [5, 10, 20];

/// What a stream tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Levels that changed.
    Diff,
    /// So many of the best levels.
    Partial(u32),
    /// Trades.
    Trade,
    /// Trades, as aggregates of one.
    AggregateTrade,
    /// Candles of so many seconds.
    Kline(u32),
    /// The last 24 hours and the best prices.
    Ticker,
    /// The last 24 hours.
    MiniTicker,
    /// The best prices.
    BookTicker,
}

/// A stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stream {
    /// What it tells.
    pub kind: Kind,
    /// Of which instrument; none: of all.
    pub instrument: Option<u32>,
    /// Between two of its messages, where they are conflated.
    pub period_ms: u32,
}

impl Stream {
    /// The stream of this name.
    pub fn read(name: &str, symbols: &Symbols) -> Option<Self> {
        match name {
            "!ticker@arr" => return Some(Self::of_all(Kind::Ticker)),
            "!miniTicker@arr" => return Some(Self::of_all(Kind::MiniTicker)),
            _ => {}
        }
        let (symbol, what) = name.split_once('@')?;
        let (kind, period_ms) = read_kind(what)?;
        Some(Self::of(kind, symbols.instrument(symbol)?, period_ms))
    }

    /// A stream of an instrument.
    pub fn of(kind: Kind, instrument: u32, period_ms: u32) -> Self {
        Self { kind, instrument: Some(instrument), period_ms }
    }

    fn of_all(kind: Kind) -> Self {
        Self { kind, instrument: None, period_ms: SECOND_MS }
    }

    /// Its name.
    pub fn name(&self, fold: &Fold) -> String {
        let market = self.instrument.and_then(|number| fold.markets.get(number));
        let Some(market) = market else { return format!("!{}@arr", kind_name(self.kind)) };
        let symbol = symbol_of(market).to_ascii_lowercase();
        let fast = matches!(self.kind, Kind::Diff | Kind::Partial(_)) && self.period_ms == FAST_MS;
        format!("{symbol}@{}{}", kind_name(self.kind), if fast { "@100ms" } else { "" })
    }

    /// Whether a message tells all of it, so that one may be left out for the next.
    pub fn is_state(&self) -> bool {
        matches!(self.kind, Kind::Partial(_) | Kind::Ticker | Kind::MiniTicker | Kind::BookTicker)
    }

    /// Whether its messages are trades, sent as they come.
    pub fn is_tape(&self) -> bool {
        matches!(self.kind, Kind::Trade | Kind::AggregateTrade)
    }
}

fn read_kind(what: &str) -> Option<(Kind, u32)> {
    let plain = match what {
        "trade" => Some(Kind::Trade),
        "aggTrade" => Some(Kind::AggregateTrade),
        "ticker" => Some(Kind::Ticker),
        "miniTicker" => Some(Kind::MiniTicker),
        "bookTicker" => return Some((Kind::BookTicker, FAST_MS)),
        _ => None,
    };
    if let Some(kind) = plain {
        return Some((kind, SECOND_MS));
    }
    if let Some(width) = what.strip_prefix("kline_") {
        let (_, width_s) = WIDTHS.iter().find(|(name, _)| *name == width)?;
        return Some((Kind::Kline(*width_s), SECOND_MS));
    }
    let (levels, speed) = match what.strip_prefix("depth")?.split_once('@') {
        Some((levels, speed)) => (levels, speed),
        None => (what.strip_prefix("depth")?, "1000ms"),
    };
    let period_ms = match speed {
        "100ms" => FAST_MS,
        "1000ms" => SECOND_MS,
        _ => return None,
    };
    if levels.is_empty() {
        return Some((Kind::Diff, period_ms));
    }
    let levels = PARTIAL.into_iter().find(|count| count.to_string() == levels)?;
    Some((Kind::Partial(levels), period_ms))
}

fn kind_name(kind: Kind) -> String {
    match kind {
        Kind::Diff => "depth".to_owned(),
        Kind::Partial(levels) => format!("depth{levels}"),
        Kind::Trade => "trade".to_owned(),
        Kind::AggregateTrade => "aggTrade".to_owned(),
        Kind::Kline(width_s) => format!("kline_{}", width_name(width_s)),
        Kind::Ticker => "ticker".to_owned(),
        Kind::MiniTicker => "miniTicker".to_owned(),
        Kind::BookTicker => "bookTicker".to_owned(),
    }
}

/// A width of candles as it is written.
pub fn width_name(width_s: u32) -> &'static str {
    WIDTHS.iter().find(|(_, seconds)| *seconds == width_s).map_or("", |(name, _)| *name)
}

/// An instrument's symbol, as this interface says it.
pub fn symbol_of(market: &Market) -> String {
    market.terms.symbol.replace('-', "")
}

/// Whether an instrument is shown here.
pub fn is_shown(market: &Market) -> bool {
    market.terms.listed.kind == code::SPOT
}

/// What is shown, by symbol in small letters; of two that would be named alike the one listed first.
#[derive(Debug)]
pub struct Symbols(HashMap<String, u32>);

impl Symbols {
    /// Those of a venue.
    pub fn of(fold: &Fold) -> Self {
        let mut found = HashMap::new();
        for (number, market) in fold.markets.iter().filter(|(_, market)| is_shown(market)) {
            found.entry(symbol_of(market).to_ascii_lowercase()).or_insert(number);
        }
        Self(found)
    }

    /// The instrument of a symbol.
    pub fn instrument(&self, symbol: &str) -> Option<u32> {
        self.0.get(symbol).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_and_written_back() {
        for (text, kind, period_ms) in [
            ("depth", Kind::Diff, 1_000),
            ("depth@100ms", Kind::Diff, 100),
            ("depth5", Kind::Partial(5), 1_000),
            ("depth20@100ms", Kind::Partial(20), 100),
            ("trade", Kind::Trade, 1_000),
            ("aggTrade", Kind::AggregateTrade, 1_000),
            ("kline_1m", Kind::Kline(60), 1_000),
            ("kline_1d", Kind::Kline(86_400), 1_000),
            ("ticker", Kind::Ticker, 1_000),
            ("miniTicker", Kind::MiniTicker, 1_000),
            ("bookTicker", Kind::BookTicker, 100),
        ] {
            assert_eq!(read_kind(text), Some((kind, period_ms)), "{text}");
            assert_eq!(kind_name(kind), text.split('@').next().unwrap());
        }
        for wrong in [
            "",
            "depth7",
            "depth@",
            "depth@50ms",
            "depth05",
            "depth5@100ms@",
            "kline_2m",
            "kline_",
            "Trade",
            "x",
        ] {
            assert_eq!(read_kind(wrong), None, "{wrong}");
        }
    }
}
