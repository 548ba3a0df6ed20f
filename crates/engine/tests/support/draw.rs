//! Draws commands from choices. The tables of the reference say which fields a command uses, the engine which values are near: so a new
//! command, and a new field, is drawn as soon as it exists. `value` is where a field by its name gets better values than any number.

use garraway_engine::OpenOrder;
use garraway_types::*;

use super::choices::Choices;
use super::world::{ACCOUNTS, Trade, World, put, record, text};

/// How often the kinds come that matter most; all others come with `OTHERS`.
const OFTEN: &[(CommandKind, u64)] = &[
    (CommandKind::PlaceOrder, 112),
    (CommandKind::ReplaceOrder, 30),
    (CommandKind::CancelOrder, 22),
    (CommandKind::SetQuote, 16),
    (CommandKind::SetRules, 4),
    (CommandKind::Deposit, 6),
    (CommandKind::Withdraw, 6),
    (CommandKind::Tick, 8),
    (CommandKind::SetPhase, 12),
    (CommandKind::MassQuote, 6),
    (CommandKind::SplitInstrument, 3),
    (CommandKind::ChangeInstrument, 3),
    (CommandKind::SetReference, 4),
    (CommandKind::SetLimits, 4),
    (CommandKind::SetRestriction, 2),
    (CommandKind::ListInstrument, 2),
];
const OTHERS: u64 = 36;

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
    /// Which kind of order it is meant to be.
    order_type: u8,
    time_in_force: u8,
    flags: u8,
    /// The trade that is taken back.
    trade: Trade,
    scope: u8,
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
    let items = items(world, &aim, choices);
    let tail = if choices.rarely(8) { choices.below(9) as usize } else { 0 };
    let mut made = record(aim.kind, &values, tail, &items);
    // Of a future's trade events tell the lots, so that only such trades are taken back.
    if choices.rarely(16) && !spec.uses.is_empty() && aim.kind != CommandKind::BustTrade {
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
    if aim_at_halted(kind) && choices.below(4) > 0 {
        let stands = |number: &u32| world.phase(*number) != code::CONTINUOUS;
        instrument = listed.iter().copied().find(stands).unwrap_or(instrument);
        // Nothing else has its base asset at first.
        instrument = if kind == CommandKind::SplitInstrument { 4 } else { instrument };
    }
    let deals = matches!(
        kind,
        CommandKind::SetQuote | CommandKind::SetDealing | CommandKind::SetMarkup | CommandKind::PayDividend
    );
    if deals && !choices.rarely(16) || kind == CommandKind::PlaceOrder && choices.below(6) == 0 {
        instrument = super::world::CONTRACT;
    }
    if kind == CommandKind::SetReference && choices.below(2) == 0 {
        instrument = super::world::FUTURE;
    }
    let mut account = account(choices);
    let mut order = None;
    let flags = choices.of(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 2, 4, 8, 8]);
    let links =
        kind == CommandKind::PlaceOrder && flags & (code::ONE_CANCELS_OTHER | code::ONE_TRIGGERS_OTHER) != 0;
    if matches!(kind, CommandKind::CancelOrder | CommandKind::ReplaceOrder) || links {
        let open = |side| world.engine.orders(InstrumentId(instrument), side);
        let mut all: Vec<OpenOrder> = open(side).chain(open(side.opposite())).take(12).collect();
        // Orders that wait stand in no level.
        let last = world.engine.last_client_ref(AccountId(account)).map_or(0, |last| last.0);
        let known = |back| world.engine.order(AccountId(account), ClientRef(last.saturating_sub(back)));
        all.extend((0..24).filter_map(known).take(6));
        order = (!all.is_empty()).then(|| all[choices.below(18) as usize % all.len()]);
        if let Some(order) = order.filter(|_| !choices.rarely(12)) {
            account = order.account.0;
            if links {
                instrument = order.instrument.0;
            }
        }
    }
    if choices.rarely(48) {
        instrument = choices.below(1 << 17) as u32;
    }
    let (order_type, time_in_force, flags) =
        form(world, instrument, links && order.is_some(), flags, choices);
    let side = match order {
        Some(order) if links && !choices.rarely(8) => order.side,
        _ => side,
    };
    let trade = trade(world, instrument, choices);
    if kind == CommandKind::BustTrade {
        instrument = trade.instrument;
    }
    let sweeps = choices.rarely(6);
    let scope = choices.of(&[1, 1, 2, 3, 4, 5, 6, 0]);
    let kills = sweeps && order_type == code::LIMIT && !links && choices.below(4) == 0;
    let (time_in_force, flags) = if kills { (code::FILL_OR_KILL, 0) } else { (time_in_force, flags) };
    Aim { kind, account, instrument, side, order, sweeps, order_type, time_in_force, flags, trade, scope }
}

/// What is about an instrument that does not trade as often as about any.
fn aim_at_halted(kind: CommandKind) -> bool {
    use CommandKind::{ChangeInstrument, SetPhase, SplitInstrument};
    matches!(kind, SetPhase | ChangeInstrument | SplitInstrument)
}

/// A trade to take back: one of late, else one that never was in an instrument that is no future.
fn trade(world: &World, instrument: u32, choices: &mut Choices<'_>) -> Trade {
    let pick = choices.below(8) as usize;
    if let Some(trade) = world.trades.get(pick % world.trades.len().max(1)) {
        return *trade;
    }
    let spot =
        |number: u32| world.engine.listing(InstrumentId(number)).is_none_or(|of| of.terms.kind == code::SPOT);
    let instrument = if spot(instrument) { instrument } else { 1 };
    Trade { id: 1 << 16, instrument, price: 100, quantity: 2, sides: [(17, 1), (18, 1)] }
}

/// Order type, time in force and flags that mostly go together.
fn form(world: &World, instrument: u32, links: bool, flags: u8, choices: &mut Choices<'_>) -> (u8, u8, u8) {
    let resting = choices.of(&[1, 1, 1, 1, 4, 5]);
    let reduces =
        matches!(instrument, super::world::FUTURE | super::world::CONTRACT) && choices.below(6) == 5;
    let reduces = if reduces { code::REDUCE_ONLY } else { 0 };
    if links {
        return (choices.of(&[4, 4, 5, 6, 1]), resting, flags | reduces);
    }
    let collects = matches!(world.phase(instrument), 2 | 3 | 5 | 6);
    let (order_type, time_in_force) = match choices.below(16) {
        0..=6 => (1, resting),
        7 if collects => (2, choices.of(&[6, 7])),
        7 => (1, 2),
        8 if collects => (1, choices.of(&[6, 7])),
        8 => (1, choices.of(&[3, 3, 7])),
        9 => (2, choices.of(&[2, 3])),
        10 => (3, resting),
        11 => (4, resting),
        12 => (5, resting),
        13 => (6, resting),
        14 => (choices.of(&[7, 8, 9]), resting),
        _ => (choices.below(11) as u8, choices.below(9) as u8),
    };
    let free = flags & (code::POST_ONLY | code::HIDDEN);
    let flags = if order_type == 1 && matches!(time_in_force, 1 | 4 | 5) { free | reduces } else { 0 };
    let flags = if matches!(order_type, 2..=6) { flags | reduces } else { flags };
    (order_type, time_in_force, if choices.rarely(64) { choices.below(256) as u8 } else { flags })
}

/// The items of a command.
fn items(world: &World, aim: &Aim, choices: &mut Choices<'_>) -> Vec<Vec<i128>> {
    let now = i128::from(world.engine.last_at().0);
    let count = if aim.kind.spec().item_size == 0 { 0 } else { choices.below(3) };
    (0..count as i128)
        .map(|n| match aim.kind {
            CommandKind::MassQuote => {
                let instrument = if n == 0 { aim.instrument } else { choices.of(&[1, 4, 7, 9]) };
                let lots = |choices: &mut Choices<'_>| i128::from(choices.below(6));
                let [buy, sell] = [Side::Buy, Side::Sell].map(|side| Aim { instrument, side, ..*aim });
                let (bid, ask) = (price(world, &buy, choices), price(world, &sell, choices));
                vec![instrument.into(), 0, bid, lots(choices), ask, lots(choices)]
            }
            CommandKind::SetSchedule => {
                vec![
                    now + 2 + n * 9 + i128::from(choices.below(12)),
                    choices.of(&[1, 1, 3, 2, 4, 5, 6, 7, 0]),
                ]
            }
            CommandKind::SetTicks => match n {
                0 => vec![choices.of(&[1, 1, 5, 0]), choices.of(&[1, 1, 5])],
                _ => vec![choices.of(&[100, 200, 105]), choices.of(&[1, 5, 2, 0])],
            },
            CommandKind::DefineGroup => vec![n * choices.of(&[1, 1_000, 100_000]), choices.of(&[0, 1, 1, 2])],
            _ => vec![if n == 0 { aim.account } else { account(choices) }.into()],
        })
        .collect()
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
        rights::QUOTE => choices.of(&[0, 0, 1]),
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
            None if aim.kind == CommandKind::PlaceOrder => 0,
            None => last().saturating_sub(choices.below(4)).into(),
        },
        "side" if aim.kind == CommandKind::MassCancel => choices.below(4).into(),
        "side" => aim.side as i128,
        "flags" => aim.flags.into(),
        "time_in_force" => aim.time_in_force.into(),
        "order_type" => aim.order_type.into(),
        "price" if aim.kind == CommandKind::SetQuote => choices.of(&[90, 95, 98, 99, 100, 101, 105, 120]),
        "trigger" if aim.kind == CommandKind::SetQuote => choices.of(&[95, 99, 100, 101, 102, 106, 125, 130]),
        "quantity" | "amount" if aim.kind == CommandKind::SetQuote => choices.of(&[0, 0, 1, 5, 40, -1]),
        "margin_rate" => choices.of(&[1_000_000_000, 50_000_000, 1, 333_333_333, 0]),
        "max_age_ns" => choices.of(&[0, 0, 0, 5, 1_000_000_000, -1]),
        "market" | "limit" => choices.of(&[1, 2, 1, 2, 3]),
        "sized" => choices.of(&[0, 1, 0, 1, 2]),
        "bid" | "ask" => choices.of(&[0, 0, 1, 3, 40, -1]),
        "positions" => choices.of(&[0, 0, 0, 1, 2, 2, 3]),
        "trigger" => trigger(world, aim, choices),
        "display" if aim.kind == CommandKind::PlaceOrder => special(aim, 3, choices),
        "minimum" => special(aim, 2, choices),
        "expire_s" if aim.time_in_force == code::GOOD_TILL_DATE => {
            i128::from(engine.last_at().0) / 1_000_000_000 + choices.of(&[1, 1, 2, 3, 0])
        }
        "expire_s" => 0,
        "phase" if aim.kind == CommandKind::ListInstrument => choices.of(&[1, 1, 2, 3, 7, 0]),
        "phase" => phase(world, aim, choices),
        "scope" => aim.scope.into(),
        "id" if choices.rarely(8) => choices.of(&[1, 0, 2, 17]),
        "id" => match aim.scope {
            code::SCOPE_ACCOUNT => aim.account.into(),
            code::SCOPE_INSTRUMENT => aim.instrument.into(),
            code::SCOPE_VENUE => 0,
            code::SCOPE_FIRM => i128::from(1 + choices.below(2)),
            _ => 1,
        },
        "on" => choices.of(&[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 2]),
        "group" => choices.of(&[0, 1, 1, 2, 0, 9]),
        "plan" => choices.of(&[1, 2, 1, 0]),
        "clearing" => choices.of(&[0, 0, 0, 0, 0, 17, 18, 90]),
        "what" => choices.of(&[1, 2, 2, 1, 0]),
        "business_date" => i128::from(world.date) + choices.of(&[1, 1, 1, 2, 30, 0]),
        "numerator" | "denominator" => choices.of(&[1, 2, 3, 1, 2, 10, 0]),
        "static_band" | "dynamic_band" | "collar" => {
            choices.of(&[0, 0, 0, 0, 0, 20_000_000, 100_000_000, 500_000_000, -1])
        }
        "band_action" => choices.of(&[0, 1, 2, 2, 3]),
        "auction_ns" => choices.of(&[1, 5, 20, 0]),
        "resume" => choices.of(&[0, 1, 2, 2]),
        "max_open_orders" | "max_quantity" | "max_notional"
            if matches!(aim.kind, CommandKind::OpenAccount | CommandKind::ChangeInstrument) =>
        {
            choices.of(&[10, 1_000, 100_000, 1_000_000, 0])
        }
        "max_rate" => choices.of(&[0, 0, 0, 0, 0, 0, 2, 40]),
        "max_position" => choices.of(&[0, 0, 0, 0, 0, 20, 1_000]),
        "max_held" => choices.of(&[0, 0, 0, 0, 0, 500, 100_000]),
        "max_loss" => choices.of(&[0, 0, 0, 0, 1, 50]),
        "max_open_orders" | "max_quantity" | "max_notional" if aim.kind == CommandKind::SetLimits => {
            choices.of(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 100_000, 1_000_000, 1_000_000, -1])
        }
        "trade" => aim.trade.id.into(),
        "price" if aim.kind == CommandKind::BustTrade => aim.trade.price.into(),
        "quantity" if aim.kind == CommandKind::BustTrade => aim.trade.quantity.into(),
        "new_price" => choices.of(&[0, 0, 0, i128::from(aim.trade.price) + 1, -1]),
        "buyer" => aim.trade.sides[0].0.into(),
        "seller" => aim.trade.sides[1].0.into(),
        "buyer_fee" => aim.trade.sides[0].1.into(),
        "seller_fee" => aim.trade.sides[1].1.into(),
        "maker_rate" | "taker_rate" => choices.of(&[0, -100_000, 100_000, 100_000_000, -100_000_001]),
        "quantity" if aim.kind == CommandKind::CancelOrder => choices.of(&[0, 0, 0, 0, 0, 1, 3, -1]),
        "asset" => choices.of(&[1, 1, 1, 2, 2, 3, 3, 4]),
        "base_asset" => choices.of(&[2, 2, 0, 4, 1, 3]),
        "quote_asset" => choices.of(&[1, 1, 1, 2]),
        "kind" => choices.of(&[1, 1, 1, 2, 3]),
        "amount" => i128::from(choices.below(5_000)),
        "firm" => i128::from(choices.below(3)),
        "defined" | "session" => i128::from(choices.below(6)),
        "code" | "symbol" | "name" => {
            text(choices.of(&["N1", "N2", "N3", "ABC", "n-4", "desk", "", "a b", "OTHER_ONE"]))
        }
        "execution" | "protocol" => choices.of(&[1, 1, 1, 1, 2, 0]),
        "self_trade" => choices.of(&[0, 1, 2, 3, 4, 0, 1, 5]),
        "self_trade_of" => choices.of(&[1, 2, 1, 2, 1, 0, 3]),
        "display" => choices.below(6).into(),
        "tick" => choices.of(&[1, 1, 1, 1, 5, 0]),
        "min_price" => choices.of(&[1, 1, 5, 100, 0]),
        "max_price" => choices.of(&[400, 100_000, 1 << 40, i64::MAX.into(), 0]),
        _ if name.ends_with("price") => price(world, aim, choices),
        _ if name.ends_with("quantity") => quantity(aim, choices),
        _ if name.ends_with("rate") => choices.of(&[0, 1, 100_000, 100_000_000, 100_000_001]),
        _ if name.ends_with("size") || name.ends_with("unit") => {
            10i128.pow(choices.of(&[9, 9, 7, 8, 12, 4, 15, 9]))
        }
        _ => choices.of(&[1, 0, 2, 3, 4, 5, 9, 100, 128, 1_000_000]),
    }
}

/// The phase an instrument is to go to: mostly the way a day goes, and back to continuous.
fn phase(world: &World, aim: &Aim, choices: &mut Choices<'_>) -> i128 {
    let next = match world.phase(aim.instrument) {
        1 => [6, 4, 5, 3, 2],
        2 => [3, 3, 1, 3, 7],
        4 => [5, 1, 1, 3, 7],
        7 | 8 => [2, 1, 3, 1, 1],
        _ => [1, 1, 7, 4, 1],
    };
    match choices.below(64) {
        0..=59 => choices.of(&next),
        60..=61 => choices.below(11).into(),
        62 => 8,
        _ => 9,
    }
}

/// Lots displayed, or the minimum: mostly none.
fn special(aim: &Aim, one_in: u64, choices: &mut Choices<'_>) -> i128 {
    let may = aim.order_type == code::LIMIT || (one_in == 2 && aim.order_type <= code::MARKET_TO_LIMIT);
    let wants = choices.below(4) == 3 && may && (aim.time_in_force == 1 || one_in == 2);
    if wants { i128::from(1 + choices.below(if aim.sweeps { 20 } else { one_in })) } else { 0 }
}

/// The trigger of a stop, the distance of a trailing stop, the offset of a peg.
fn trigger(world: &World, aim: &Aim, choices: &mut Choices<'_>) -> i128 {
    let tick =
        world.engine.listing(InstrumentId(aim.instrument)).map_or(1, |listing| listing.terms.tick.into());
    let kind = match aim.kind {
        CommandKind::ReplaceOrder => choices.of(&[0, 0, 0, 0, 0, 0, 0, 4, 6, 7]),
        _ => aim.order_type,
    };
    match kind {
        4 | 5 => price(world, aim, choices),
        6 => tick * choices.of(&[1, 2, 3, 9, 0]),
        7 | 8 => -tick * choices.of(&[0, 0, 1, 2]),
        9 => -tick * choices.of(&[1, 1, 2, 0]),
        _ if choices.rarely(64) => 1,
        _ => 0,
    }
}

/// A price some ticks from the touch, or from where there is one else.
fn price(world: &World, aim: &Aim, choices: &mut Choices<'_>) -> i128 {
    let Some(listing) = world.engine.listing(InstrumentId(aim.instrument)) else {
        return choices.below(2_000).into();
    };
    let terms = listing.terms;
    let [low, high, tick] = [terms.min_price, terms.max_price, terms.tick].map(i128::from);
    if choices.rarely(32) {
        return choices.of(&[low, high, low - 1, high + tick, 0]);
    }
    let best = |side| world.engine.levels(listing.instrument, side).next().map(|level| level.price.0.into());
    let touch: Option<i128> = best(aim.side.opposite()).or(best(aim.side));
    let from = touch.unwrap_or((high / tick / 2).max(1) * tick);
    // Most stay off the touch, so that there is something in the book to meet.
    let off = if aim.sweeps { -9 } else { choices.of(&[1, 1, 2, 2, 3, 4, 5, 9, 50, 1, 2, 0, 0, -1, -2, -9]) };
    from + tick * if aim.side == Side::Buy { -off } else { off }
}

fn quantity(aim: &Aim, choices: &mut Choices<'_>) -> i128 {
    if aim.sweeps {
        return i128::from(20 + choices.below(200));
    }
    let links = aim.flags & (code::ONE_CANCELS_OTHER | code::ONE_TRIGGERS_OTHER) != 0;
    if let (Some(order), true, CommandKind::PlaceOrder) = (aim.order, links, aim.kind)
        && !choices.rarely(8)
    {
        return order.leaves.0.into();
    }
    let open = aim.order.map_or(2, |order| (order.leaves.0 + order.filled.0) as i128);
    match choices.below(16) {
        0..=5 => i128::from(1 + choices.below(8)),
        6..=9 => i128::from(1 + choices.below(60)),
        10..=12 => open + choices.of(&[0, -1, 1, 7]),
        13 => aim.order.map_or(1, |order| i128::from(order.filled.0)),
        14 => i128::from(1 + choices.below(1 << 24)),
        _ => choices.of(&[u32::MAX.into(), i128::from(u32::MAX) + 1, 0, i64::MAX.into()]),
    }
}

/// A value at an end of what a field can hold.
fn extreme(choices: &mut Choices<'_>) -> i128 {
    let power = 1i128 << choices.below(65);
    power + choices.of(&[0, -1, 1]) - if choices.rarely(3) { 2 * power } else { 0 }
}
