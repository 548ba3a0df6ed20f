//! What holds for any stream of commands. GARRAWAY_PROPERTIES is how many streams each property is tried on, GARRAWAY_PROPERTIES_SEED
//! from where they are drawn; a stream that breaks a property is made small before it is shown.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use garraway_engine::{Engine, OpenOrder, Setup};
use garraway_types::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};

use support::choices::Choices;
use support::draw::draw;
use support::fold::Fold;
use support::world::{ACCOUNTS, ASSETS, SMALL, World, put, record as record_of, told};

/// The choices of one command.
type Draw = [u8; 48];
type Proved = Result<(), TestCaseError>;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name)
        .map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text}: give a number")))
}

/// Tries a property on streams of up to `longest` commands.
fn holds(longest: usize, property: impl Fn(&[Draw]) -> Proved) {
    let config = Config {
        cases: number("GARRAWAY_PROPERTIES", 256) as u32,
        rng_seed: RngSeed::Fixed(number("GARRAWAY_PROPERTIES_SEED", 1)),
        failure_persistence: None,
        max_shrink_iters: number("GARRAWAY_PROPERTIES_SHRINK", 20_000) as u32,
        ..Config::default()
    };
    let found = TestRunner::new(config).run(&vec(any::<Draw>(), 1..longest), |stream| property(&stream));
    if let Err(TestError::Fail(why, stream)) = &found {
        let mut world = World::new(SMALL);
        let mut listed = String::new();
        for record in Records::new(&mut world, stream).take(stream.len()) {
            listed += &format!("{}\n", told(&record));
        }
        panic!("{why}\n{listed}{stream:?}");
    }
    found.unwrap();
}

/// The records that a stream of choices makes in a world, each applied before the next is drawn.
struct Records<'a> {
    world: &'a mut World,
    draws: std::slice::Iter<'a, Draw>,
    buffer: Vec<u8>,
}

impl<'a> Records<'a> {
    fn new(world: &'a mut World, stream: &'a [Draw]) -> Self {
        Self { world, draws: stream.iter(), buffer: vec![0; EventSink::RESERVE] }
    }
}

impl Iterator for Records<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let record = draw(self.world, &mut Choices::new(self.draws.next()?));
        let at_ns = self.world.time_of(&record);
        // An engine that fails is shown with the commands before it.
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            self.world.apply(&record, at_ns, &mut self.buffer);
        }))
        .ok();
        Some(record)
    }
}

/// The events of records applied one after the other.
fn events_of(world: &mut World, records: &[Vec<u8>]) -> Vec<u8> {
    let mut buffer = vec![0; EventSink::RESERVE];
    let mut all = Vec::new();
    for record in records {
        let at_ns = world.time_of(record);
        all.extend_from_slice(world.apply(record, at_ns, &mut buffer));
    }
    all
}

fn records_of(stream: &[Draw]) -> Vec<Vec<u8>> {
    Records::new(&mut World::new(SMALL), stream).collect()
}

fn restored(world: &World, reserve_orders: usize) -> World {
    let mut bytes = Vec::new();
    world.engine.snapshot(&mut bytes);
    world.with(Engine::restore(&bytes, reserve_orders).unwrap())
}

#[test]
fn every_invariant_holds_and_events_alone_tell_all_the_money() {
    let accounts: Vec<u32> = [1, 2, 3, 4].into_iter().chain(ACCOUNTS).collect();
    holds(300, |stream| {
        let mut world = World::new(SMALL);
        let mut fold = Fold::of(&world.engine, &accounts, ASSETS);
        let mut buffer = vec![0; EventSink::RESERVE];
        for choices in stream {
            let record = draw(&world, &mut Choices::new(choices));
            let at_ns = world.time_of(&record);
            let events = world.apply(&record, at_ns, &mut buffer);
            prop_assert!(events_in(events).count() <= usize::from(SMALL.slice_events));
            fold.take(&world.engine, events);
            prop_assert_eq!(world.engine.check(), Ok(()));
            prop_assert_eq!(fold.fault(&world.engine), None);
        }
        Ok(())
    });
}

#[test]
fn replay_from_any_snapshot_makes_the_same_events() {
    holds(250, |stream| {
        let records = records_of(stream);
        let cut = usize::from(stream[0][23]) * records.len() / 256;
        let mut whole = World::new(SMALL);
        events_of(&mut whole, &records[..cut]);
        let mut later = restored(&whole, 7);
        prop_assert_eq!(later.engine.state_hash(), whole.engine.state_hash());
        let (goes_on, goes_on_later) =
            (events_of(&mut whole, &records[cut..]), events_of(&mut later, &records[cut..]));
        prop_assert!(goes_on == goes_on_later, "events differ behind a snapshot after {} commands", cut);
        prop_assert_eq!(later.engine.state_hash(), whole.engine.state_hash());
        Ok(())
    });
}

#[test]
fn memory_taken_in_advance_never_shows() {
    holds(250, |stream| {
        let records = records_of(stream);
        let mut first = World::new(SMALL);
        let events = events_of(&mut first, &records);
        for reserve_orders in [1, 5_000] {
            let mut second = World::new(Setup { reserve_orders, ..SMALL });
            prop_assert!(events_of(&mut second, &records) == events, "events differ with {}", reserve_orders);
            prop_assert_eq!(second.engine.state_hash(), first.engine.state_hash());
        }
        Ok(())
    });
}

/// What people see of the venue: books, orders in their order, money.
fn sight(engine: &Engine) -> String {
    let mut seen = String::new();
    for listing in engine.listings() {
        for side in [Side::Buy, Side::Sell] {
            for level in engine.levels(listing.instrument, side) {
                seen += &format!("{} {};", level.price, level.quantity);
            }
            for order in engine.orders(listing.instrument, side) {
                // Its id is the number of a command: engines that took others between differ in it.
                seen += &format!("{:?};", OpenOrder { order: EventId(0), ..order });
            }
        }
    }
    for account in [1, 2, 3, 4].into_iter().chain(ACCOUNTS) {
        for asset in ASSETS {
            seen += &format!("{:?};", engine.balance(AccountId(account), AssetId(asset)));
        }
    }
    seen
}

#[test]
fn a_refused_command_changes_nothing_that_is_seen() {
    holds(150, |stream| {
        let mut world = World::new(SMALL);
        let mut buffer = vec![0; EventSink::RESERVE];
        for choices in stream {
            let (before, open) = (sight(&world.engine), world.engine.open_orders());
            let record = draw(&world, &mut Choices::new(choices));
            let events = world.apply(&record, 0, &mut buffer);
            let kinds: Vec<u8> = events_in(events).map(|(event, _)| event.kind).collect();
            // Of a mass quote each order is taken or refused by itself.
            let quotes = record[2] == CommandKind::MassQuote as u8;
            if kinds.contains(&(EventKind::Rejected as u8)) && !quotes {
                prop_assert_eq!(kinds.len(), 1);
                prop_assert_eq!((sight(&world.engine), world.engine.open_orders()), (before, open));
            }
        }
        Ok(())
    });
}

/// Applies a record and goes on with whatever work it leaves.
fn to_the_end(world: &mut World, record: &[u8], buffer: &mut [u8]) {
    world.apply(record, 0, buffer);
    while let Some(busy) = world.engine.next_work() {
        let go_on = record_of(CommandKind::Continue, &[("instrument", busy.0.into())], 0, &[]);
        world.apply(&go_on, 0, buffer);
    }
}

#[test]
fn work_in_slices_comes_to_what_one_command_would_have_done() {
    holds(200, |stream| {
        let mut sliced = World::new(Setup { slice_events: 9, ..SMALL });
        let mut whole = World::new(Setup { slice_events: 4_096, ..SMALL });
        let mut buffer = vec![0; EventSink::RESERVE];
        for choices in stream {
            let mut record = draw(&sliced, &mut Choices::new(choices));
            let command = Command::parse(&record).unwrap();
            if matches!(command.kind, CommandKind::MassQuote | CommandKind::BustTrade) {
                // The one takes no more quotes than its slice has room for, the other names a trade by the number of its command.
                continue;
            }
            if command.kind == CommandKind::PlaceOrder {
                // Whether it can be filled is a question of the slice.
                if command.body::<FixedBody>().time_in_force == code::FILL_OR_KILL {
                    put(
                        &mut record,
                        CommandKind::PlaceOrder,
                        "time_in_force",
                        code::IMMEDIATE_OR_CANCEL.into(),
                    );
                }
                put(&mut record, CommandKind::PlaceOrder, "minimum", 0);
            }
            to_the_end(&mut sliced, &record, &mut buffer);
            to_the_end(&mut whole, &record, &mut buffer);
            prop_assert_eq!(sight(&sliced.engine), sight(&whole.engine));
        }
        Ok(())
    });
}

#[test]
fn time_never_goes_back_and_a_copy_of_the_engine_lives_its_own_life() {
    holds(120, |stream| {
        let mut world = World::new(SMALL);
        let mut buffer = vec![0; EventSink::RESERVE];
        for choices in stream {
            let copy = world.engine.clone();
            let (before, hash) = (world.engine.last_at(), world.engine.state_hash());
            let at_ns = i64::from_le_bytes([choices[16]; 8]).wrapping_add(i64::from(choices[17]));
            let record = draw(&world, &mut Choices::new(choices));
            for (event, _) in events_in(world.apply(&record, at_ns, &mut buffer)) {
                prop_assert_eq!(event.at_ns, before.0.max(at_ns));
            }
            prop_assert_eq!(copy.state_hash(), hash);
        }
        Ok(())
    });
}

#[test]
fn the_streams_of_these_properties_reach_nearly_every_reason_and_event() {
    let (mut events, mut reasons, mut busy) = ([0u32; 256], [0u32; 256], 0);
    let mut buffer = vec![0; EventSink::RESERVE];
    for seed in 1..=80u64 {
        let mut world = World::new(SMALL);
        let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for _ in 0..400 {
            let choices: Draw = std::array::from_fn(|_| {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (random >> 56) as u8
            });
            let record = draw(&world, &mut Choices::new(&choices));
            let at_ns = world.time_of(&record);
            for (event, _) in events_in(world.apply(&record, at_ns, &mut buffer)) {
                events[usize::from(event.kind)] += 1;
                if event.kind == EventKind::Rejected as u8 {
                    reasons[usize::from(event.detail)] += 1;
                }
            }
            busy += u32::from(world.engine.next_work().is_some());
        }
    }
    let silent: Vec<_> =
        EventKind::ALL.iter().filter(|spec| events[spec.kind as usize] == 0).map(|spec| spec.name).collect();
    assert!(silent.is_empty() && busy > 50, "never said: {silent:?}; busy {busy} times");
    // What takes a full venue, a lost limit or many orders opposite may be missed.
    let rare = [Reject::OrdersFull, Reject::LossReached, Reject::DryRunTooLarge];
    let met = |spec: &RejectSpec| reasons[spec.reason as usize] > 0 || rare.contains(&spec.reason);
    let unmet: Vec<_> = Reject::ALL.iter().filter(|spec| !met(spec)).map(|spec| spec.name).collect();
    assert!(unmet.is_empty(), "reasons never met: {unmet:?}");
}
