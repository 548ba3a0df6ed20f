//! Draws commands from choices. The tables of the reference say which fields a command uses, the engine which values are near: so a new
//! command, and a new field, is drawn as soon as it exists. `value` is where a field by its name gets better values than any number.

use garraway_engine::OpenOrder;
use garraway_types::*;

use super::choices::Choices;
use super::world::{ACCOUNTS, World, put, record, text};

/// How often the kinds come that matter most; all others come with `OTHERS`.
const OFTEN: &[(CommandKind, u64)] = &[
    (CommandKind::PlaceOrder, 120),
    (CommandKind::ReplaceOrder, 40),
    (CommandKind::CancelOrder, 30),
    (CommandKind::Deposit, 8),
    (CommandKind::Withdraw, 12),
];
const OTHERS: u64 = 46;

/// What a command is about.
struct Aim {
    kind: CommandKind,
    account: u32,
    instrument: u32,
    side: Side,
    /// An order that is open, which the command may name.
    order: Option<OpenOrder>,
    /// Meant to meet many orders.
    sweeps: bool,
}

/// The next command of the stream.
pub fn draw(world: &World, choices: &mut Choices<'_>) -> Vec<u8> {
    if choices.rarely(128) && !world.numbered.is_empty() {
        return world.numbered.clone();
    }
    let aim = aim(world, choices);
    let spec = aim.kind.spec();
    let source = source(spec, choices);
    let next = world.next_number(source);
    let number =
        if choices.rarely(24) { choices.of(&[next - 1, next.saturating_sub(2), next + 1, 0]) } else { next };
    let number = if source == SourceId::GATEWAY.0 { 0 } else { number };
    let mut values = vec![("source", source.into()), ("source_seq", number.into())];
    for name in spec.uses {
        // The head's kind is the command's; a listing has one of its own.
        let called = if *name == "kind" { "body.kind" } else { name };
        values.push((called, value(world, &aim, name, choices)));
    }
    let items: Vec<u32> = match spec.item_size {
        0 => Vec::new(),
        _ => (0..choices.below(3)).map(|n| if n == 0 { aim.account } else { account(choices) }).collect(),
    };
    let tail = if choices.rarely(8) { choices.below(9) as usize } else { 0 };
    let mut made = record(aim.kind, &values, tail, &items);
    if choices.rarely(16) && !spec.uses.is_empty() {
        let name = choices.of(spec.uses);
        let called = if name == "kind" { "body.kind" } else { name };
        put(&mut made, aim.kind, called, extreme(choices));
    }
    made
}

fn kind(world: &World, choices: &mut Choices<'_>) -> CommandKind {
    if world.engine.next_work().is_some() && choices.below(2) == 0 {
        return CommandKind::Continue;
    }
    let mut pick = choices.below(OFTEN.iter().map(|(_, weight)| weight).sum::<u64>() + OTHERS);
    for (kind, weight) in OFTEN {
        if pick < *weight {
            return *kind;
        }
        pick -= weight;
    }
    CommandKind::ALL[choices.below(CommandKind::ALL.len() as u64) as usize].kind
}

fn aim(world: &World, choices: &mut Choices<'_>) -> Aim {
    let kind = kind(world, choices);
    let side = choices.of(&[Side::Sell, Side::Buy]);
    let listed: Vec<u32> = world.engine.listings().map(|listing| listing.instrument.0).collect();
    let mut instrument = listed[choices.of(&[0, 0, 0, 1, 1, 2, 3, 4]) % listed.len()];
    if let (CommandKind::Continue, Some(busy)) = (kind, world.engine.next_work()) {
        instrument = busy.0;
    }
    let mut account = account(choices);
    let mut order = None;
    if matches!(kind, CommandKind::CancelOrder | CommandKind::ReplaceOrder) {
        let open = |side| world.engine.orders(InstrumentId(instrument), side);
        let all: Vec<OpenOrder> = open(side).chain(open(side.opposite())).take(12).collect();
        order = (!all.is_empty()).then(|| all[choices.below(12) as usize % all.len()]);
        if let Some(order) = order.filter(|_| !choices.rarely(12)) {
            account = order.account.0;
        }
    }
    if choices.rarely(48) {
        instrument = choices.below(1 << 17) as u32;
    }
    Aim { kind, account, instrument, side, order, sweeps: choices.rarely(10) }
}

fn account(choices: &mut Choices<'_>) -> u32 {
    if choices.rarely(64) { choices.below(1 << 21) as u32 } else { choices.of(&ACCOUNTS.collect::<Vec<_>>()) }
}

/// Mostly a source that may send the kind.
fn source(spec: &CommandSpec, choices: &mut Choices<'_>) -> u16 {
    if choices.rarely(32) {
        return choices.below(5) as u16;
    }
    match spec.right {
        rights::SYSTEM => 0,
        rights::TRADE => choices.of(&[0, 0, 0, 0, 0, 0, 1, 2]),
        rights::MONEY => choices.of(&[1, 2]),
        _ => 1,
    }
}

/// A value for a field, by its name.
fn value(world: &World, aim: &Aim, name: &str, choices: &mut Choices<'_>) -> i128 {
    let engine = &world.engine;
    let last = || engine.last_client_ref(AccountId(aim.account)).map_or(0, |last| last.0);
    match name {
        "account" if aim.kind == CommandKind::OpenAccount => choices.below(32).into(),
        "account" => aim.account.into(),
        "instrument" => match aim.kind {
            CommandKind::ListInstrument => choices.below(12).into(),
            _ => aim.instrument.into(),
        },
        "client_ref" if aim.kind != CommandKind::CancelOrder => (last() + 1).into(),
        // An order that is being worked off stands in no level: it is among the last references.
        "client_ref" | "target" => match aim.order {
            Some(order) => order.client_ref.0.into(),
            None => last().saturating_sub(choices.below(4)).into(),
        },
        "side" => aim.side as i128,
        "flags" if choices.rarely(64) => choices.below(256).into(),
        "flags" => choices.of(&[0, 0, 0, 0, 0, 0, 0, 1]),
        "time_in_force" if choices.rarely(64) => choices.below(9).into(),
        "time_in_force" => choices.of(&[1, 1, 1, 1, 1, 1, 2, 3]),
        "order_type" if choices.rarely(64) => choices.below(9).into(),
        "order_type" => choices.of(&[1, 1, 1, 1, 1, 1, 1, 2]),
        "quantity" if aim.kind == CommandKind::CancelOrder => choices.of(&[0, 0, 0, 0, 0, 1, 3, -1]),
        "asset" => i128::from(1 + choices.below(4)),
        "base_asset" | "quote_asset" => i128::from(1 + choices.below(3)),
        "amount" => i128::from(choices.below(5_000)),
        "firm" => i128::from(choices.below(3)),
        "defined" | "session" => i128::from(choices.below(6)),
        "code" | "symbol" | "name" => {
            text(choices.of(&["N1", "N2", "N3", "ABC", "n-4", "desk", "", "a b", "OTHER_ONE"]))
        }
        "execution" | "protocol" | "tick" => choices.of(&[1, 1, 1, 1, 2, 0]),
        "display" | "self_trade" | "self_trade_of" => choices.below(6).into(),
        "min_price" => choices.of(&[1, 1, 5, 100, 0]),
        "max_price" => choices.of(&[400, 100_000, 1 << 40, i64::MAX.into(), 0]),
        _ if name.ends_with("price") => price(world, aim, choices),
        _ if name.ends_with("quantity") => quantity(aim, choices),
        _ if name.ends_with("rate") => choices.of(&[0, 1, 100_000, 100_000_000, 100_000_001]),
        _ if name.ends_with("size") || name.ends_with("unit") => 10i128.pow(6 + choices.below(10) as u32),
        _ => choices.of(&[1, 0, 2, 3, 4, 5, 9, 100, 128, 1_000_000]),
    }
}

/// A price some ticks from the touch, or from where there is one else.
fn price(world: &World, aim: &Aim, choices: &mut Choices<'_>) -> i128 {
    let Some(listing) = world.engine.listing(InstrumentId(aim.instrument)) else {
        return choices.below(2_000).into();
    };
    let terms = listing.terms;
    let [low, high, tick] = [terms.min_price, terms.max_price, terms.tick].map(i128::from);
    if choices.rarely(12) {
        return choices.of(&[low, high, low - 1, high + tick, 0]);
    }
    let best = |side| world.engine.levels(listing.instrument, side).next().map(|level| level.price.0.into());
    let touch: Option<i128> = best(aim.side.opposite()).or(best(aim.side));
    let from = touch.unwrap_or((high / tick / 2).max(1) * tick);
    // Most stay off the touch, so that there is something in the book to meet.
    let off =
        if aim.sweeps { -9 } else { choices.of(&[1, 1, 2, 2, 3, 4, 5, 9, 150, 1, 2, 0, 0, -1, -2, -9]) };
    from + tick * if aim.side == Side::Buy { -off } else { off }
}

fn quantity(aim: &Aim, choices: &mut Choices<'_>) -> i128 {
    if aim.sweeps {
        return i128::from(20 + choices.below(200));
    }
    let open = aim.order.map_or(1, |order| (order.leaves.0 + order.filled.0) as i128);
    match choices.below(16) {
        0..=5 => i128::from(1 + choices.below(8)),
        6..=9 => i128::from(1 + choices.below(60)),
        10..=12 => open + choices.of(&[0, -1, 1, 7]),
        13 => aim.order.map_or(0, |order| i128::from(order.filled.0)),
        14 => i128::from(1 + choices.below(1 << 24)),
        _ => choices.of(&[u32::MAX.into(), i128::from(u32::MAX) + 1, 0, i64::MAX.into()]),
    }
}

/// A value at an end of what a field can hold.
fn extreme(choices: &mut Choices<'_>) -> i128 {
    let power = 1i128 << choices.below(65);
    power + choices.of(&[0, -1, 1]) - if choices.rarely(3) { 2 * power } else { 0 }
}
