//! Whatever snapshot is taken, however damaged, makes an engine whose own snapshot is taken, too.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use garraway_engine::Engine;
use garraway_types::EventSink;

use support::choices::Choices;
use support::draw::draw;
use support::world::{SMALL, World};

/// The snapshot of a venue with some orders in its books.
fn snapshot() -> Vec<u8> {
    let (mut world, mut random, mut bytes) = (World::new(SMALL), 7u64, Vec::new());
    let mut buffer = vec![0; EventSink::RESERVE];
    for _ in 0..140 {
        let choices: [u8; 48] = std::array::from_fn(|_| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (random >> 56) as u8
        });
        let record = draw(&world, &mut Choices::new(&choices));
        world.apply(&record, world.time_of(&record), &mut buffer);
    }
    assert!(world.engine.open_orders() > 4, "{} open orders", world.engine.open_orders());
    world.engine.snapshot(&mut bytes);
    bytes
}

/// Found by fuzzing: an order that stood in its book was taken for one being worked off, before later orders of its instrument.
#[test]
fn what_is_restored_can_be_restored_again() {
    let sound = snapshot();
    let (mut taken, mut faults) = (0, Vec::new());
    for at in 0..sound.len() {
        for value in [0, 1, 2, sound[at] ^ 0x01, sound[at] ^ 0x80, sound[at].wrapping_add(1)] {
            let mut damaged = sound.clone();
            damaged[at] = value;
            let Ok(engine) = Engine::restore(&damaged, 0) else { continue };
            let mut again = Vec::new();
            engine.snapshot(&mut again);
            let hash = Engine::restore(&again, 0).map(|engine| engine.state_hash());
            if hash != Ok(engine.state_hash()) {
                faults.push(format!("byte {at} made {value}, was {}: {hash:?}", sound[at]));
            }
            taken += 1;
        }
    }
    assert!(faults.is_empty(), "{} of {taken}: {:#?}", faults.len(), &faults[..faults.len().min(30)]);
    assert!(taken > 100, "only {taken} were taken");
}
