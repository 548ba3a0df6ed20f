//! The fold comes to the engine's own balances, holds, open orders, levels and references, after every command of random streams.
//! GARRAWAY_STREAMS is how many streams are tried.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

#[path = "../../engine/tests/support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};

use garraway_engine::{Engine, Setup};
use garraway_types::*;
use garraway_views::fold::{Balance, Fold, History, Position, State};

use support::choices::Choices;
use support::draw::draw;
use support::world::{FUTURE, SMALL, World, told};

/// All fills that were told, by their trade.
#[derive(Default)]
struct Told(BTreeMap<u64, Vec<Event>>);

impl History for Told {
    fn fills(&mut self, trade_id: u64) -> Option<[Event; 2]> {
        self.0.get(&trade_id).and_then(|fills| fills.clone().try_into().ok())
    }
}

/// A world, and the fold of what it said.
struct Twins {
    world: World,
    fold: Fold,
    told: Told,
    /// Accounts that used references up which events do not tell whole: by a mass quote, or by a replacement that left nothing.
    untold: BTreeSet<u32>,
    buffer: Vec<u8>,
}

impl Twins {
    /// The venue's definitions are sent anew, so that the fold hears of them.
    fn new(setup: Setup) -> Self {
        let (world, events) = World::recorded(setup);
        let mut twins = Self {
            world,
            fold: Fold::default(),
            told: Told::default(),
            untold: BTreeSet::new(),
            buffer: vec![0; EventSink::RESERVE],
        };
        twins.take(&events);
        twins
    }

    fn take(&mut self, events: &[u8]) {
        for (event, tail) in events_in(events) {
            if event.kind == EventKind::Filled as u8 && event.detail != detail::DEALT {
                let trade = event.event_id - u64::from(event.detail);
                self.told.0.entry(trade).or_default().push(event);
            }
            let nothing_left = event.detail == detail::NOTHING_LEFT;
            if event.kind == EventKind::Canceled as u8 && nothing_left {
                self.untold.insert(event.account);
            }
            self.fold.take(&event, tail, &mut self.told);
        }
    }

    fn step(&mut self, choices: &[u8]) -> Vec<u8> {
        let record = draw(&self.world, &mut Choices::new(choices));
        let command = Command::parse(&record).unwrap();
        if command.kind == CommandKind::MassQuote {
            self.untold.insert(command.head.account);
        }
        let at_ns = self.world.time_of(&record);
        let mut buffer = std::mem::take(&mut self.buffer);
        let events = self.world.apply(&record, at_ns, &mut buffer).to_vec();
        self.buffer = buffer;
        self.take(&events);
        record
    }

    fn compare(&self) {
        let (engine, fold) = (&self.world.engine, &self.fold);
        // A command may make no event: a mass quote of nothing, the end of an order's work.
        assert!(fold.seq() <= engine.last_seq());
        compare_money(engine, fold);
        compare_orders(engine, fold);
        for (number, account) in fold.accounts.iter().filter(|(number, _)| *number >= 16) {
            let last = engine.last_client_ref(AccountId(number)).unwrap().0;
            let exact = !self.untold.contains(&number);
            assert!(
                if exact { account.last_ref == last } else { account.last_ref <= last },
                "{number}: {last}"
            );
        }
        // An order that is being worked off stands in no level of the engine.
        if engine.next_work().is_none() {
            compare_books(engine, fold);
        }
    }
}

fn compare_money(engine: &Engine, fold: &Fold) {
    let mut sums = BTreeMap::<u32, i128>::new();
    for (number, account) in fold.accounts.iter() {
        for (asset, Balance { total, held }) in &account.balances {
            let has = engine.balance(AccountId(number), AssetId(*asset));
            assert_eq!((has.total, has.held), (*total, *held), "account {number}, asset {asset}");
            *sums.entry(*asset).or_default() += total;
        }
    }
    assert!(sums.values().all(|sum| *sum == 0), "{sums:?}");
}

fn compare_orders(engine: &Engine, fold: &Fold) {
    let mut open = 0;
    for (number, account) in fold.accounts.iter() {
        for order in account.open.values() {
            let has = engine.order(AccountId(number), ClientRef(order.client_ref)).unwrap();
            let told = (order.order_id, order.instrument, order.side, order.leaves, order.filled);
            let (side, leaves, filled) = (has.side as u8, has.leaves.0 as i64, has.filled.0 as i64);
            assert_eq!(told, (has.order.0, has.instrument.0, side, leaves, filled), "{order:?}");
            assert_eq!(order.price, has.price.0, "{order:?}");
            open += 1;
        }
    }
    assert_eq!(open, engine.open_orders());
}

fn compare_books(engine: &Engine, fold: &Fold) {
    for (number, market) in fold.markets.iter() {
        for side in [Side::Buy, Side::Sell] {
            let has = engine.levels(InstrumentId(number), side).filter(|level| level.quantity > 0);
            let has: Vec<_> = has.map(|level| (level.price.0, level.quantity as i64)).collect();
            let told: Vec<_> = market.levels(side).map(|(price, level)| (price, level.lots)).collect();
            assert_eq!(told, has, "instrument {number}, {side:?}");
        }
    }
}

/// Marsaglia's xorshift64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

#[test]
fn the_fold_is_the_engines_own_state_after_every_command() {
    let streams: u64 =
        std::env::var("GARRAWAY_STREAMS").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    let mut met = BTreeSet::new();
    for seed in 1..=streams {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let setup = if seed % 3 == 0 { Setup { slice_events: 400, ..SMALL } } else { SMALL };
        let mut twins = Twins::new(setup);
        let mut records = Vec::new();
        for step in 0..400 {
            let choices: Vec<u8> = (0..48).map(|_| random.next() as u8).collect();
            records.push(twins.step(&choices));
            let compared = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| twins.compare()));
            if compared.is_err() {
                let last: Vec<_> = records.iter().rev().take(12).rev().map(|record| told(record)).collect();
                panic!("seed {seed}, step {step}:\n{}", last.join("\n"));
            }
        }
        note(&twins, &mut met);
    }
    for what in ["future", "filled", "canceled", "rejected", "replaced", "fills"] {
        assert!(met.contains(what), "the streams never met {what}: {met:?}");
    }
}

fn note(twins: &Twins, met: &mut BTreeSet<&'static str>) {
    for (_, account) in twins.fold.accounts.iter() {
        met.extend(account.done().map(|order| order.state.name()));
        if account.fills().next().is_some() {
            met.insert("fills");
        }
        if account.positions.get(&FUTURE).is_some_and(|position| *position != Position::default()) {
            met.insert("future");
        }
        assert!(account.open.values().all(|order| order.state == State::Open));
    }
}
