//! Events of the user data stream: what has become of an account's orders and money. `i` is the order's reference.

use std::collections::BTreeSet;

use garraway_types::{EventKind, Reject, Side, code, detail};

use super::super::json::Json;
use super::market::{MS, write_lots, write_money, write_price, written};
use super::stream::{is_shown, symbol_of};
use crate::fold::{Fill, Fold, Market, Order, Private, State};

/// The events of an account, in their order: orders, then what came or went otherwise, then its balances as they stand.
pub fn events(
    fold: &Fold,
    account: u32,
    changes: &[&Private],
    assets: &BTreeSet<u32>,
    at_ms: i64,
) -> Vec<String> {
    let mut told = Vec::new();
    for (place, change) in changes.iter().enumerate() {
        match change {
            Private::Order(kind, order) => {
                // What a fill moved is noted right behind what became of its order.
                let fill = match changes.get(place + 1) {
                    Some(Private::Fill(fill)) if *kind == EventKind::Filled => Some(&**fill),
                    _ => None,
                };
                told.extend(report(fold, order, execution(*kind, order), fill, at_ms));
            }
            Private::Gone(order) => told.extend(report(fold, order, Some("CANCELED"), None, at_ms)),
            Private::Posted { asset, change, at_ns } => {
                told.push(posted(fold, *asset, *change, *at_ns, at_ms))
            }
            Private::Fill(_) => {}
        }
    }
    if !assets.is_empty() {
        told.push(position(fold, account, assets, at_ms));
    }
    told.iter().map(|event| format!(r#"{{"subscriptionId":0,"event":{event}}}"#)).collect()
}

/// What happened to an order; none where these words have nothing for it.
fn execution(kind: EventKind, order: &Order) -> Option<&'static str> {
    match kind {
        EventKind::Accepted | EventKind::Replaced | EventKind::Triggered | EventKind::Activated => {
            Some("NEW")
        }
        EventKind::Rejected => Some("REJECTED"),
        EventKind::Filled => Some("TRADE"),
        EventKind::Canceled => match order.state {
            State::Canceled(reason) if is_wanted(reason) => Some("CANCELED"),
            State::Canceled(_) => Some("EXPIRED"),
            _ => Some("TRADE_PREVENTION"),
        },
        // A further slice of an iceberg changes nothing that is told of an order.
        EventKind::Refilled => None,
        _ => Some("AMENDMENT"),
    }
}

/// Whether an order ended because somebody wanted it to.
fn is_wanted(reason: u8) -> bool {
    matches!(reason, detail::BY_OWNER | detail::MASS | detail::LINKED)
}

fn status(order: &Order) -> &'static str {
    match order.state {
        State::Open if order.filled > 0 => "PARTIALLY_FILLED",
        State::Open => "NEW",
        State::Filled => "FILLED",
        State::Rejected(_) => "REJECTED",
        State::Canceled(reason) if !is_wanted(reason) => "EXPIRED",
        State::Canceled(_) | State::Replaced(_) => "CANCELED",
    }
}

fn report(
    fold: &Fold,
    order: &Order,
    execution: Option<&str>,
    fill: Option<&Fill>,
    at_ms: i64,
) -> Option<String> {
    let execution = execution?;
    let market = fold.markets.get(order.instrument).filter(|market| is_shown(market))?;
    Some(written(|json| {
        json.name("e").string("executionReport").name("E").number(at_ms);
        json.name("s").string(&symbol_of(market)).name("c").string(order.text.as_deref().unwrap_or_default());
        write_asked(json, market, order);
        json.name("g").number(-1).name("C").string("");
        json.name("x").string(execution).name("X").string(status(order)).name("r").string(reason(order));
        json.name("i").number(order.client_ref);
        write_done(json, fold, market, order, fill);
    }))
}

/// What was asked for.
fn write_asked(json: &mut Json, market: &Market, order: &Order) {
    let (terms, kind) = (&market.terms, type_name(order));
    let has_price = !matches!(kind, "MARKET" | "STOP_LOSS");
    json.name("S").string(if order.side == Side::Buy as u8 { "BUY" } else { "SELL" });
    json.name("o").string(kind).name("f").string(time_name(order.time_in_force));
    write_lots(json, "q", terms, order.quantity.into());
    write_price(json, "p", terms, if has_price { order.price } else { 0 });
    let trigger = if kind.starts_with("STOP_LOSS") { order.trigger } else { 0 };
    write_price(json, "P", terms, trigger);
    write_lots(json, "F", terms, order.display.into());
}

/// What was done of it: by this event, and in all.
fn write_done(json: &mut Json, fold: &Fold, market: &Market, order: &Order, fill: Option<&Fill>) {
    let (terms, quote) = (&market.terms, market.terms.listed.quote_asset);
    write_lots(json, "l", terms, fill.map_or(0, |fill| fill.quantity.into()));
    write_lots(json, "z", terms, order.filled.into());
    write_price(json, "L", terms, fill.map_or(0, |fill| fill.price));
    write_money(json, "n", fold, quote, fill.map_or(0, |fill| fill.fee.into()));
    json.name("N");
    match (fill, fold.assets.get(&quote)) {
        (Some(_), Some(asset)) => json.string(&asset.code),
        _ => json.null(),
    };
    json.name("T").number(order.changed_at_ns / MS).name("t");
    match fill {
        Some(fill) => json.number(fill.trade_id),
        None => json.number(-1),
    };
    json.name("I").number(order.event_id);
    json.name("w").truth(order.state == State::Open && !order.waits);
    json.name("m").truth(fill.is_some_and(|fill| fill.maker)).name("M").truth(false);
    json.name("O").number(order.placed_at_ns / MS);
    write_money(json, "Z", fold, quote, order.value);
    write_money(json, "Y", fold, quote, fill.map_or(0, |fill| fill.value.into()));
    write_money(json, "Q", fold, quote, 0);
}

fn reason(order: &Order) -> &'static str {
    let State::Rejected(reason) = order.state else { return "NONE" };
    let known = Reject::ALL.iter().find(|spec| spec.reason as u8 == reason);
    known.map_or("NONE", |spec| spec.name)
}

fn type_name(order: &Order) -> &'static str {
    match order.order_type {
        code::MARKET | code::MARKET_TO_LIMIT => "MARKET",
        code::STOP => "STOP_LOSS",
        code::STOP_LIMIT => "STOP_LOSS_LIMIT",
        _ if order.flags & code::POST_ONLY != 0 => "LIMIT_MAKER",
        _ => "LIMIT",
    }
}

fn time_name(time_in_force: u8) -> &'static str {
    match time_in_force {
        code::IMMEDIATE_OR_CANCEL => "IOC",
        code::FILL_OR_KILL => "FOK",
        _ => "GTC",
    }
}

fn posted(fold: &Fold, asset: u32, change: i128, at_ns: i64, at_ms: i64) -> String {
    written(|json| {
        json.name("e").string("balanceUpdate").name("E").number(at_ms);
        json.name("a").string(fold.assets.get(&asset).map_or("", |asset| &asset.code));
        write_money(json, "d", fold, asset, change);
        json.name("T").number(at_ns / MS);
    })
}

fn position(fold: &Fold, account: u32, assets: &BTreeSet<u32>, at_ms: i64) -> String {
    written(|json| {
        json.name("e").string("outboundAccountPosition").name("E").number(at_ms);
        json.name("u").number(fold.at_ns / MS).name("B").array(|json| {
            for asset in assets {
                let balance = fold.balance(account, *asset);
                json.object(|json| {
                    json.name("a").string(fold.assets.get(asset).map_or("", |asset| &asset.code));
                    write_money(json, "f", fold, *asset, balance.total - balance.held);
                    write_money(json, "l", fold, *asset, balance.held);
                });
            }
        });
    })
}
