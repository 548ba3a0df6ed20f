//! Snapshots at the ends of what an engine may be: its sizes, and sources that have sent more than their window.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use garraway_engine::{Engine, Screen, Setup};
use garraway_types::limits::{MAX_EVENTS, MAX_ORDERS, SOURCE_WINDOW};
use garraway_types::*;

use support::world::{SMALL, World, record};

fn restored(engine: &Engine) -> Engine {
    let mut bytes = Vec::new();
    engine.snapshot(&mut bytes);
    let restored = Engine::restore(&bytes, 0).unwrap();
    assert_eq!(restored.state_hash(), engine.state_hash());
    restored
}

#[test]
fn engines_of_the_least_and_the_largest_sizes_are_restored() {
    restored(&Engine::default());
    for slice_events in [8, MAX_EVENTS] {
        for capacity in [0, 1, MAX_ORDERS] {
            restored(&Engine::new(Setup { slice_events, capacity, reserve_orders: 0 }));
        }
    }
}

#[test]
fn a_source_keeps_its_window_of_outcomes() {
    for commands in [1, SOURCE_WINDOW - 1, SOURCE_WINDOW, SOURCE_WINDOW + 1, 3 * SOURCE_WINDOW + 7] {
        let mut world = World::new(SMALL);
        let mut buffer = [0; 4_096];
        let values = [("account", 16), ("asset", 1), ("amount", 1), ("source", 2)];
        let deposit = |number: u64| {
            record(CommandKind::Deposit, &[&values[..], &[("source_seq", number.into())]].concat(), 0, &[])
        };
        for number in 1..=commands {
            world.apply(&deposit(number), 0, &mut buffer);
        }
        assert_eq!(world.engine.source_by_name("desk"), Some((SourceId(2), commands)));
        for engine in [&world.engine, &restored(&world.engine)] {
            let screen = |number| engine.screen(&Command::parse(&deposit(number)).unwrap());
            assert_eq!(screen(commands + 1), Screen::New);
            assert_eq!(screen(commands + 2), Screen::Refused(Reject::SourceGap));
            let oldest = commands.saturating_sub(SOURCE_WINDOW - 1).max(1);
            assert!(
                matches!(screen(commands), Screen::Repeat(_)) && matches!(screen(oldest), Screen::Repeat(_))
            );
            assert_eq!(screen(oldest - 1), Screen::Refused(Reject::SourceTooOld));
        }
    }
}

#[test]
fn money_beyond_64_bits_is_kept() {
    let mut world = World::new(SMALL);
    let most = i128::from(i64::MAX);
    for _ in 0..3 {
        world.send(CommandKind::Deposit, &[("account", 17), ("asset", 2), ("amount", most)]);
    }
    let balance = restored(&world.engine).balance(AccountId(17), AssetId(2));
    assert!(balance.total > 3 * most && balance == world.engine.balance(AccountId(17), AssetId(2)));
}
