//! A sound snapshot with some bytes changed is refused, or it restores an engine that is sound and goes on.
#![no_main]

#[path = "../../crates/engine/tests/support/mod.rs"]
mod support;

use std::sync::OnceLock;

use garraway_engine::Engine;
use garraway_types::EventSink;
use libfuzzer_sys::fuzz_target;

use support::choices::Choices;
use support::draw::draw;
use support::world::{SMALL, World};

/// A world with orders in its books, and its snapshot.
fn start() -> &'static (World, Vec<u8>) {
    static START: OnceLock<(World, Vec<u8>)> = OnceLock::new();
    START.get_or_init(|| {
        let (mut world, mut buffer, mut bytes) = (World::new(SMALL), vec![0; EventSink::RESERVE], Vec::new());
        let mut random = 7u64;
        for _ in 0..60 {
            let choices: [u8; 24] = std::array::from_fn(|_| {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (random >> 56) as u8
            });
            world.apply(&draw(&world, &mut Choices::new(&choices)), 0, &mut buffer);
        }
        world.engine.snapshot(&mut bytes);
        (world, bytes)
    })
}

fuzz_target!(|bytes: &[u8]| {
    let (world, sound) = start();
    let (mut damaged, mut choices) = (sound.clone(), Choices::new(bytes));
    for _ in 0..1 + choices.below(4) {
        // Orders and balances stand at the end, so that half of the changes meet them.
        let last = damaged.len() as u64;
        let at = if choices.below(2) == 0 { choices.below(last) } else { last - 1 - choices.below(last / 4) };
        damaged[at as usize] = choices.byte();
    }
    let Ok(engine) = Engine::restore(&damaged, 0) else { return };
    assert_eq!(engine.check(), Ok(()));
    let mut again = Vec::new();
    engine.snapshot(&mut again);
    assert_eq!(Engine::restore(&again, 9).map(|again| again.state_hash()), Ok(engine.state_hash()));
    let (mut world, mut buffer) = (world.with(engine), vec![0; EventSink::RESERVE]);
    for _ in 0..12 {
        let record = draw(&world, &mut choices);
        world.apply(&record, 0, &mut buffer);
        assert_eq!(world.engine.check(), Ok(()));
    }
});
