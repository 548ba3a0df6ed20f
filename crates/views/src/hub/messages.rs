//! What the hub sends, as JSON: public messages from what everybody may see, private ones from an account.
//!
//! The shapes stand in `docs/reference/asyncapi.json`; a test holds every message to it.

use garraway_types::{EventKind, Side, code};

use super::channel::{Key, Levels};
use super::json::Json;
use crate::fold::{
    Auction, Balance, Fill, Fold, Market, Order, Position, State, Tape, Terms, Trade, Turnover,
};

/// Levels of each side that a checksum is of.
const CHECKED: usize = 10;

/// What stands in front of every message of a channel.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    /// Of the last command that it knows of.
    pub seq: u64,
    /// That of the message before; none in a snapshot.
    pub prev_seq: Option<u64>,
    /// The venue's time.
    pub at_ns: i64,
    /// When it was sent.
    pub sent_ns: i64,
}

/// A message of a channel; `body` writes what it tells.
pub fn channel_message(key: &Key, symbol: &str, header: Header, body: impl FnOnce(&mut Json)) -> String {
    let mut json = Json::default();
    json.object(|json| {
        json.name("type").string(if header.prev_seq.is_some() { "update" } else { "snapshot" });
        write_key(json, key, symbol);
        json.name("seq").number(header.seq);
        if let Some(prev_seq) = header.prev_seq {
            json.name("prev_seq").number(prev_seq);
        }
        json.name("at_ns").digits(header.at_ns).name("sent_ns").digits(header.sent_ns);
        body(json);
    });
    json.text().to_owned()
}

/// Writes which channel it is.
pub fn write_key(json: &mut Json, key: &Key, symbol: &str) {
    json.name("channel").string(key.name().text());
    match *key {
        Key::Book { depth, .. } => json.name("symbol").string(symbol).name("depth").number(depth),
        Key::Public { .. } => json.name("symbol").string(symbol),
        Key::Private { account, .. } => json.name("account").number(account),
    };
}

/// Writes levels, or the changes of levels: of those that went, 0.
pub fn write_levels(json: &mut Json, terms: &Terms, changes: &Levels, whole: &Levels) {
    for (name, side) in [("bids", &changes.bids), ("asks", &changes.asks)] {
        json.name(name).array(|json| {
            for (price, lots) in side {
                json.array(|json| {
                    json.plain(|text| terms.write_price(text, *price));
                    json.plain(|text| terms.write_lots(text, i128::from(*lots)));
                });
            }
        });
    }
    json.name("checksum").number(checksum(terms, whole));
}

/// CRC-32 of the ten best levels: `price:quantity` of the best bid, the best ask, the second bid and so on, with `:` between.
fn checksum(terms: &Terms, levels: &Levels) -> u32 {
    let mut text = String::new();
    for place in 0..CHECKED {
        for (price, lots) in [levels.bids.get(place), levels.asks.get(place)].into_iter().flatten() {
            if !text.is_empty() {
                text.push(':');
            }
            terms.write_price(&mut text, *price);
            text.push(':');
            terms.write_lots(&mut text, i128::from(*lots));
        }
    }
    crc32fast::hash(text.as_bytes())
}

/// Writes trades, and which were taken back or corrected.
pub fn write_tape<'a>(json: &mut Json, terms: &Terms, tape: impl Iterator<Item = &'a Tape> + Clone) {
    json.name("trades").array(|json| {
        for one in tape.clone() {
            if let Tape::Trade(trade) = one {
                write_trade(json, terms, trade);
            }
        }
    });
    json.name("busts").array(|json| {
        for one in tape {
            if let Tape::Bust { trade_id, at_ns, price } = one {
                json.object(|json| {
                    json.name("id").digits(trade_id).name("at_ns").digits(at_ns);
                    write_price(json, "price", terms, *price);
                });
            }
        }
    });
}

fn write_trade(json: &mut Json, terms: &Terms, trade: &Trade) {
    json.object(|json| {
        json.name("id").digits(trade.trade_id).name("at_ns").digits(trade.at_ns);
        json.name("side").string(side_name(trade.side));
        write_price(json, "price", terms, trade.price);
        write_lots(json, "quantity", terms, trade.quantity);
        json.name("busted").truth(trade.busted);
    });
}

/// Writes a ticker.
pub fn write_ticker(json: &mut Json, fold: &Fold, market: &Market) {
    let terms = &market.terms;
    for (price, quantity, side) in [("bid", "bid_quantity", Side::Buy), ("ask", "ask_quantity", Side::Sell)] {
        let (best, level) = market.levels(side).next().unwrap_or_default();
        write_price(json, price, terms, best);
        write_lots(json, quantity, terms, level.lots);
    }
    for (name, price) in [("last", market.last), ("base", market.base)] {
        write_price(json, name, terms, price);
    }
    let turnovers = [("day", market.statistics.day), ("rolling_24h", market.statistics.rolling(fold.at_ns))];
    for (name, turnover) in turnovers {
        json.name(name).object(|json| write_turnover(json, fold, terms, &turnover));
    }
}

fn write_turnover(json: &mut Json, fold: &Fold, terms: &Terms, turnover: &Turnover) {
    let Turnover { open, high, low, last, .. } = *turnover;
    for (name, price) in [("open", open), ("high", high), ("low", low), ("last", last)] {
        write_price(json, name, terms, price);
    }
    json.name("volume").plain(|text| terms.write_lots(text, turnover.lots));
    write_money(json, "value", fold, terms.listed.quote_asset, turnover.value);
    json.name("trades").number(turnover.trades);
}

/// Writes how an instrument stands.
pub fn write_status(json: &mut Json, market: &Market) {
    let terms = &market.terms;
    json.name("phase").string(phase_name(market.phase)).name("since_ns").digits(market.since_ns);
    write_price(json, "reference", terms, market.reference);
    write_price(json, "settlement", terms, market.settlement);
    for (name, auction) in [("indicative", market.indicated), ("uncrossed", market.uncrossed)] {
        json.name(name);
        match auction {
            Some(auction) => json.object(|json| write_auction(json, terms, &auction)),
            None => json.null(),
        };
    }
}

fn write_auction(json: &mut Json, terms: &Terms, auction: &Auction) {
    write_price(json, "price", terms, auction.price);
    write_lots(json, "quantity", terms, auction.lots);
    write_lots(json, "left_over", terms, auction.left_over);
    json.name("left_over_side");
    match auction.side {
        0 => json.null(),
        side => json.string(side_name(side)),
    };
}

/// Writes an order of the account that is told; `event` is what happened to it.
pub fn write_order(json: &mut Json, fold: &Fold, order: &Order, event: Option<EventKind>) {
    let Some(market) = fold.markets.get(order.instrument) else { return };
    let terms = &market.terms;
    json.object(|json| {
        if let Some(event) = event {
            json.name("event").string(event_name(event)).name("event_id").digits(order.event_id);
        }
        json.name("client_ref").digits(order.client_ref).name("client_order_id");
        write_text(json, order.text.as_deref());
        json.name("order_id").digits(order.order_id).name("symbol").string(&terms.symbol);
        json.name("side")
            .string(side_name(order.side))
            .name("order_type")
            .string(type_name(order.order_type));
        json.name("time_in_force").string(time_name(order.time_in_force)).name("flags").number(order.flags);
        write_price(json, "price", terms, order.price);
        let relative = order.order_type >= code::PRIMARY_PEG;
        json.name("trigger");
        match order.trigger {
            0 if !relative => json.null(),
            trigger => json.plain(|text| terms.write_price(text, trigger)),
        };
        for (name, lots) in [
            ("quantity", order.quantity),
            ("leaves", order.leaves),
            ("filled", order.filled),
            ("display", order.display),
        ] {
            write_lots(json, name, terms, lots);
        }
        write_money(json, "value", fold, terms.listed.quote_asset, order.value);
        write_money(json, "fee", fold, terms.listed.quote_asset, order.fee);
        json.name("waits").truth(order.waits);
        json.name("placed_at_ns").digits(order.placed_at_ns);
        json.name("changed_at_ns").digits(order.changed_at_ns);
        write_state(json, order.state);
    });
}

fn write_state(json: &mut Json, state: State) {
    json.name("state").string(state.name()).name("reason");
    match state {
        State::Canceled(reason) | State::Rejected(reason) => json.number(reason),
        _ => json.null(),
    };
}

/// Writes a fill.
pub fn write_fill(json: &mut Json, fold: &Fold, fill: &Fill) {
    let Some(market) = fold.markets.get(fill.instrument) else { return };
    let terms = &market.terms;
    json.object(|json| {
        json.name("event_id").digits(fill.event_id).name("trade_id").digits(fill.trade_id);
        json.name("at_ns").digits(fill.at_ns).name("client_ref").digits(fill.client_ref);
        json.name("client_order_id");
        write_text(json, fill.text.as_deref());
        json.name("symbol").string(&terms.symbol).name("side").string(side_name(fill.side));
        json.name("liquidity").string(if fill.maker { "maker" } else { "taker" });
        write_price(json, "price", terms, fill.price);
        write_lots(json, "quantity", terms, fill.quantity);
        write_lots(json, "leaves", terms, fill.leaves);
        write_money(json, "value", fold, terms.listed.quote_asset, fill.value.into());
        write_money(json, "fee", fold, terms.listed.quote_asset, fill.fee.into());
    });
}

/// Writes a balance.
pub fn write_balance(json: &mut Json, fold: &Fold, asset: u32, balance: Balance) {
    let code = fold.assets.get(&asset).map_or("", |asset| &asset.code);
    json.object(|json| {
        json.name("asset").string(code);
        write_money(json, "total", fold, asset, balance.total);
        write_money(json, "held", fold, asset, balance.held);
        write_money(json, "free", fold, asset, balance.total - balance.held);
    });
}

/// Writes a position.
pub fn write_position(json: &mut Json, fold: &Fold, instrument: u32, position: &Position) {
    let Some(market) = fold.markets.get(instrument) else { return };
    let (terms, quote) = (&market.terms, market.terms.listed.quote_asset);
    json.object(|json| {
        json.name("symbol").string(&terms.symbol);
        json.name("quantity").plain(|text| terms.write_lots(text, position.lots));
        for (name, units) in
            [("cost", position.cost), ("realised", position.realised), ("fees", position.fees)]
        {
            write_money(json, name, fold, quote, units);
        }
    });
}

fn write_price(json: &mut Json, name: &str, terms: &Terms, price: i64) {
    json.name(name);
    match price {
        0 => json.null(),
        price => json.plain(|text| terms.write_price(text, price)),
    };
}

fn write_lots(json: &mut Json, name: &str, terms: &Terms, lots: i64) {
    json.name(name).plain(|text| terms.write_lots(text, lots.into()));
}

fn write_money(json: &mut Json, name: &str, fold: &Fold, asset: u32, units: i128) {
    json.name(name).plain(|text| {
        if let Some(asset) = fold.assets.get(&asset) {
            asset.write(text, units);
        }
    });
}

fn write_text(json: &mut Json, text: Option<&str>) {
    match text {
        Some(text) => json.string(text),
        None => json.null(),
    };
}

/// A side's name.
pub fn side_name(side: u8) -> &'static str {
    if side == Side::Buy as u8 { "buy" } else { "sell" }
}

fn event_name(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Accepted => "accepted",
        EventKind::Rejected => "rejected",
        EventKind::Canceled => "canceled",
        EventKind::Replaced => "replaced",
        EventKind::Filled => "filled",
        EventKind::Triggered => "triggered",
        EventKind::Refilled => "refilled",
        EventKind::Activated => "activated",
        _ => "split",
    }
}

fn phase_name(phase: u8) -> &'static str {
    match phase {
        code::CONTINUOUS => "continuous",
        code::PRE_OPEN => "pre_open",
        code::OPENING_AUCTION => "opening_auction",
        code::HALT => "halt",
        code::VOLATILITY_AUCTION => "volatility_auction",
        code::CLOSING_AUCTION => "closing_auction",
        code::CLOSED => "closed",
        code::SUSPENDED => "suspended",
        _ => "delisted",
    }
}

fn type_name(order_type: u8) -> &'static str {
    match order_type {
        code::LIMIT => "limit",
        code::MARKET => "market",
        code::MARKET_TO_LIMIT => "market_to_limit",
        code::STOP => "stop",
        code::STOP_LIMIT => "stop_limit",
        code::TRAILING_STOP => "trailing_stop",
        code::PRIMARY_PEG => "primary_peg",
        code::MIDPOINT_PEG => "midpoint_peg",
        _ => "market_peg",
    }
}

fn time_name(time_in_force: u8) -> &'static str {
    match time_in_force {
        code::GOOD_TILL_CANCEL => "good_till_cancel",
        code::IMMEDIATE_OR_CANCEL => "immediate_or_cancel",
        code::FILL_OR_KILL => "fill_or_kill",
        code::DAY => "day",
        code::GOOD_TILL_DATE => "good_till_date",
        code::AT_OPEN => "at_open",
        _ => "at_close",
    }
}
