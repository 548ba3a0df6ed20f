//! Messages of market streams: what everybody may see, in Binance's letters. Times are in ms.

use garraway_types::Side;

use super::super::channel::Levels;
use super::super::json::Json;
use super::stream::{Kind, symbol_of, width_name};
use crate::fold::{Fold, Market, Terms, Trade, Turnover};

/// Nanoseconds of a millisecond.
pub const MS: i64 = 1_000_000;
const SECOND_NS: i64 = 1_000_000_000;
const DAY_MS: i64 = 86_400_000;
/// Of a whole: three decimals of a per cent.
const PERCENT: i64 = 100_000;

/// What stands around what a message tells.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Number of the last command that it knows of.
    pub seq: u64,
    /// The time of day.
    pub at_ms: i64,
}

/// The levels of a book that changed from command `first` on.
pub fn diff(
    market: &Market,
    touched: impl Iterator<Item = (u8, i64)> + Clone,
    first: u64,
    now: Moment,
) -> String {
    written(|json| {
        head(json, "depthUpdate", market, now);
        json.name("U").number(first).name("u").number(now.seq);
        for (name, side) in [("b", Side::Buy), ("a", Side::Sell)] {
            let prices = touched.clone().filter(|(of, _)| *of == side as u8).map(|(_, price)| price);
            let levels = prices.map(|price| (price, market.lots_at(side as u8, price)));
            write_levels(json, name, &market.terms, levels);
        }
    })
}

/// All that a state tells, without what is of the moment: members of an object.
pub fn state(kind: Kind, fold: &Fold, market: &Market) -> String {
    let mut json = Json::default();
    match kind {
        Kind::Partial(levels) => {
            let Levels { bids, asks } = Levels::of(market, levels as usize);
            write_levels(&mut json, "bids", &market.terms, bids.into_iter());
            write_levels(&mut json, "asks", &market.terms, asks.into_iter());
        }
        Kind::Ticker => write_ticker(&mut json, fold, market),
        Kind::MiniTicker => write_mini_ticker(&mut json, fold, market),
        _ => write_best(&mut json, market),
    }
    json.text().to_owned()
}

/// The message of a state.
pub fn state_message(kind: Kind, market: &Market, members: &str, now: Moment) -> String {
    written(|json| {
        match kind {
            Kind::Partial(_) => {
                json.name("lastUpdateId").number(now.seq);
            }
            Kind::Ticker => {
                head(json, "24hrTicker", market, now);
                json.name("O").number(now.at_ms - DAY_MS).name("C").number(now.at_ms);
            }
            Kind::MiniTicker => head(json, "24hrMiniTicker", market, now),
            _ => {
                json.name("u").number(now.seq).name("s").string(&symbol_of(market));
            }
        }
        json.members(members);
    })
}

/// A trade, or the aggregate that it is by itself.
pub fn trade(kind: Kind, market: &Market, trade: &Trade, now: Moment) -> String {
    let terms = &market.terms;
    written(|json| {
        let is_aggregate = kind == Kind::AggregateTrade;
        head(json, if is_aggregate { "aggTrade" } else { "trade" }, market, now);
        json.name(if is_aggregate { "a" } else { "t" }).number(trade.trade_id);
        write_price(json, "p", terms, trade.price);
        write_lots(json, "q", terms, trade.quantity.into());
        if is_aggregate {
            json.name("f").number(trade.trade_id).name("l").number(trade.trade_id);
        }
        json.name("T").number(trade.at_ns / MS);
        json.name("m").truth(trade.side == Side::Sell as u8).name("M").truth(true);
    })
}

/// What was traded from `start_ns` on for so long; none where nothing was.
pub fn candle(fold: &Fold, market: &Market, start_ns: i64, width_s: u32, closed: bool) -> Option<String> {
    let turnover = market.statistics.between(start_ns, start_ns + i64::from(width_s) * SECOND_NS);
    if turnover.trades == 0 {
        return None;
    }
    let mut json = Json::default();
    json.name("k").object(|json| {
        let start_ms = start_ns / MS;
        json.name("t").number(start_ms).name("T").number(start_ms + i64::from(width_s) * 1_000 - 1);
        json.name("s").string(&symbol_of(market)).name("i").string(width_name(width_s));
        // Ids of the first and last trade, and what takers bought, are not kept.
        json.name("f").number(-1).name("L").number(-1);
        write_prices(json, &market.terms, &turnover);
        json.name("n").number(turnover.trades).name("x").truth(closed);
        write_volumes(json, fold, market, &turnover);
        json.name("V").digits(0).name("Q").digits(0).name("B").digits(0);
    });
    Some(json.text().to_owned())
}

/// The message of a candle.
pub fn candle_message(market: &Market, members: &str, now: Moment) -> String {
    written(|json| {
        head(json, "kline", market, now);
        json.members(members);
    })
}

/// When the candle began in which a time lies.
pub fn candle_start_ns(at_ns: i64, width_s: u32) -> i64 {
    let width_ns = i64::from(width_s) * SECOND_NS;
    at_ns.div_euclid(width_ns) * width_ns
}

fn write_ticker(json: &mut Json, fold: &Fold, market: &Market) {
    let terms = &market.terms;
    let day = market.statistics.rolling(fold.at_ns);
    let change = if day.open == 0 { 0 } else { market.last - day.open };
    let latest = market.trades().next();
    write_price(json, "p", terms, change);
    let share = if day.open == 0 {
        0
    } else {
        (i128::from(change) * i128::from(PERCENT)).div_euclid(i128::from(day.open))
    };
    json.name("P").plain(|text| crate::decimals::write_scaled(text, share, 3, 3));
    json.name("w").plain(|text| write_average(text, terms, &day));
    write_price(json, "c", terms, market.last);
    write_lots(json, "Q", terms, latest.map_or(0, |trade| trade.quantity.into()));
    write_best(json, market);
    write_price(json, "o", terms, day.open);
    write_price(json, "h", terms, day.high);
    write_price(json, "l", terms, day.low);
    write_volumes(json, fold, market, &day);
    // The id of the first trade of the day is not kept.
    json.name("F").number(-1).name("n").number(day.trades).name("L");
    match latest {
        Some(trade) => json.number(trade.trade_id),
        None => json.number(-1),
    };
}

fn write_mini_ticker(json: &mut Json, fold: &Fold, market: &Market) {
    let day = market.statistics.rolling(fold.at_ns);
    write_prices(json, &market.terms, &Turnover { last: market.last, ..day });
    write_volumes(json, fold, market, &day);
}

/// The average price of what was traded, cut to 1e-9.
fn write_average(text: &mut String, terms: &Terms, day: &Turnover) {
    let unit = i128::from(terms.listed.price_unit);
    let parts = day.lots * i128::from(terms.price_value);
    let nano = if parts == 0 { 0 } else { (day.value * unit).div_euclid(parts) };
    terms.write_nano(text, nano);
}

fn write_best(json: &mut Json, market: &Market) {
    for (price, quantity, side) in [("b", "B", Side::Buy), ("a", "A", Side::Sell)] {
        let (best, level) = market.levels(side).next().unwrap_or_default();
        write_price(json, price, &market.terms, best);
        write_lots(json, quantity, &market.terms, level.lots.into());
    }
}

fn write_prices(json: &mut Json, terms: &Terms, of: &Turnover) {
    for (name, price) in [("o", of.open), ("c", of.last), ("h", of.high), ("l", of.low)] {
        write_price(json, name, terms, price);
    }
}

fn write_volumes(json: &mut Json, fold: &Fold, market: &Market, of: &Turnover) {
    write_lots(json, "v", &market.terms, of.lots);
    write_money(json, "q", fold, market.terms.listed.quote_asset, of.value);
}

fn write_levels(json: &mut Json, name: &str, terms: &Terms, levels: impl Iterator<Item = (i64, i64)>) {
    json.name(name).array(|json| {
        for (price, lots) in levels {
            json.array(|json| {
                json.plain(|text| terms.write_price(text, price));
                json.plain(|text| terms.write_lots(text, lots.into()));
            });
        }
    });
}

fn head(json: &mut Json, event: &str, market: &Market, now: Moment) {
    json.name("e").string(event).name("E").number(now.at_ms).name("s").string(&symbol_of(market));
}

/// Writes a price; 0 where there is none.
pub fn write_price(json: &mut Json, name: &str, terms: &Terms, price: i64) {
    json.name(name).plain(|text| terms.write_price(text, price));
}

/// Writes a quantity.
pub fn write_lots(json: &mut Json, name: &str, terms: &Terms, lots: i128) {
    json.name(name).plain(|text| terms.write_lots(text, lots));
}

/// Writes an amount of an asset.
pub fn write_money(json: &mut Json, name: &str, fold: &Fold, asset: u32, units: i128) {
    json.name(name).plain(|text| {
        if let Some(asset) = fold.assets.get(&asset) {
            asset.write(text, units);
        }
    });
}

/// An object.
pub fn written(inside: impl FnOnce(&mut Json)) -> String {
    let mut json = Json::default();
    json.object(inside);
    json.text().to_owned()
}
