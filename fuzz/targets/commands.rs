//! Bytes become a stream of commands near the edges; after each the engine proves its invariants, and at the end a snapshot of it
//! restores to the same state and goes on alike.
#![no_main]

#[path = "../../crates/engine/tests/support/mod.rs"]
mod support;

use std::sync::OnceLock;

use garraway_engine::Engine;
use garraway_types::EventSink;
use libfuzzer_sys::fuzz_target;

use support::choices::Choices;
use support::draw::draw;
use support::fold::Fold;
use support::world::{ACCOUNTS, ASSETS, SMALL, World, told};

const MOST: usize = 400;

struct Start {
    world: World,
    fold: Fold,
}

fn start() -> &'static Start {
    static START: OnceLock<Start> = OnceLock::new();
    START.get_or_init(|| {
        let world = World::new(SMALL);
        let accounts: Vec<u32> = [1, 2, 3].into_iter().chain(ACCOUNTS).collect();
        let fold = Fold::of(&world.engine, &accounts, ASSETS);
        Start { world, fold }
    })
}

fuzz_target!(|bytes: &[u8]| {
    let Start { world, fold } = start();
    let (mut world, mut fold, mut choices) = (world.clone(), fold.clone(), Choices::new(bytes));
    let mut buffer = vec![0; EventSink::RESERVE];
    for _ in 0..MOST {
        if choices.is_empty() {
            break;
        }
        let record = draw(&world, &mut choices);
        if std::env::var_os("GARRAWAY_SHOW").is_some() {
            eprintln!("{}", told(&record));
        }
        let at_ns = world.time_of(&record);
        let events = world.apply(&record, at_ns, &mut buffer);
        fold.take(&world.engine, events);
        assert_eq!(world.engine.check(), Ok(()));
    }
    assert_eq!(fold.fault(&world.engine), None);

    let mut bytes = Vec::new();
    world.engine.snapshot(&mut bytes);
    let engine = Engine::restore(&bytes, 3).unwrap_or_else(|fault| panic!("{fault}"));
    let mut later = world.with(engine);
    assert_eq!(later.engine.state_hash(), world.engine.state_hash());
    let mut choices = Choices::new(&bytes[bytes.len().saturating_sub(200)..]);
    for _ in 0..8 {
        let record = draw(&world, &mut choices);
        let events = world.apply(&record, 0, &mut buffer).to_vec();
        assert_eq!(later.apply(&record, 0, &mut buffer), events);
    }
});
