//! What can be asked of an engine without changing it: names, numbers, orders, and the verdict on a command's number.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use garraway_engine::{Engine, Screen, Setup, SnapshotFault};
use garraway_types::*;

use support::world::{SMALL, World, record, text};

const LONG: &str = "a name of more than 16 bytes";

fn place(world: &mut World, account: i128, side: i128, price: i128, quantity: i128) -> u64 {
    let next = world.engine.last_client_ref(AccountId(account as u32)).unwrap().0 + 1;
    let values = [("account", account), ("client_ref", next.into()), ("instrument", 1), ("side", side)];
    let order = [("order_type", 1), ("time_in_force", 1), ("price", price), ("quantity", quantity)];
    world.send(CommandKind::PlaceOrder, &[&values[..], &order[..]].concat());
    next
}

#[test]
fn sources_and_instruments_are_found_by_name_and_number() {
    let engine = World::new(SMALL).engine;
    assert_eq!(engine.source_by_name("desk"), Some((SourceId(2), 0)));
    assert!(engine.source_by_name("operator").is_some_and(|(id, last)| id == SourceId::OPERATOR && last > 0));
    assert_eq!((engine.source_by_name("nobody"), engine.source_by_name(LONG)), (None, None));
    let abc = engine.listing_by_symbol("ABC").unwrap();
    assert_eq!(engine.listing(InstrumentId(1)), Some(abc));
    assert_eq!(engine.listings().map(|listing| listing.instrument.0).collect::<Vec<_>>(), [1, 4, 7, 9, 11]);
    assert_eq!((engine.listing_by_symbol("NONE"), engine.listing_by_symbol(LONG)), (None, None));
    assert_eq!(engine.listing(InstrumentId(2)), None);
    assert_eq!(engine.asset(AssetId(1)).map(|asset| asset.scale), Some(2));
    assert_eq!(engine.asset(AssetId(99)), None);
    assert_eq!(engine.balance(AccountId(99), AssetId(1)), engine.balance(AccountId(16), AssetId(99)));
    assert_eq!(engine.last_client_ref(AccountId(99)), None);
}

#[test]
fn sessions_are_found_by_name_and_survive_a_snapshot() {
    let mut world = World::new(SMALL);
    let terms = [("session", 3), ("firm", 1), ("protocol", 1), ("network_prefix", 0)];
    let named = [("account", 16), ("name", text("OUCH1"))];
    world.send(CommandKind::DefineSession, &[&terms[..], &named[..]].concat());
    let mut bytes = Vec::new();
    world.engine.snapshot(&mut bytes);
    for engine in [&world.engine, &Engine::restore(&bytes, 0).unwrap()] {
        let session = engine.session_by_name("OUCH1").unwrap();
        assert_eq!(
            (session.session, session.firm, session.accounts.as_slice()),
            (3, FirmId(1), &[AccountId(16)][..])
        );
        assert_eq!(engine.sessions().collect::<Vec<_>>(), [session]);
        assert_eq!((engine.session_by_name("OUCH2"), engine.session_by_name(LONG)), (None, None));
    }
}

#[test]
fn a_command_is_screened_by_its_number_and_the_gateway_never_is() {
    let mut world = World::new(SMALL);
    let record = world.send(CommandKind::Deposit, &[("account", 16), ("asset", 1), ("amount", 5)]);
    assert!(matches!(world.engine.screen(&Command::parse(&record).unwrap()), Screen::Repeat(_)));
    let tick = world.send(CommandKind::Tick, &[]);
    assert_eq!(world.engine.screen(&Command::parse(&tick).unwrap()), Screen::New);
}

#[test]
fn orders_are_found_by_reference_and_by_what_they_would_meet() {
    let mut world = World::new(SMALL);
    let first = place(&mut world, 16, 2, 105, 4);
    let second = place(&mut world, 16, 2, 100, 3);
    let engine = &world.engine;
    assert_eq!(engine.order(AccountId(16), ClientRef(first)).map(|order| order.price), Some(Price(105)));
    assert_eq!(engine.order(AccountId(17), ClientRef(first)), None);
    let met =
        |limit| engine.would_meet(InstrumentId(1), Side::Buy, Price(limit)).map(|order| order.client_ref.0);
    assert_eq!((met(99), met(100), met(400)), (None, Some(second), Some(second)));
    assert_eq!(engine.would_meet(InstrumentId(2), Side::Buy, Price(400)), None);
    assert_eq!(engine.levels(InstrumentId(2), Side::Sell).count(), 0);
    assert_eq!(engine.open_orders(), 2);
}

#[test]
fn an_order_is_never_found_by_the_same_reference_of_another_account() {
    // So many that hashes of some accounts' references are equal, whatever the hash: pairs of one reference are 4 x 30,000 x 30,000.
    const FIRST: i128 = 100;
    const REFERENCES: i128 = 4;
    let mut world = World::new(Setup { capacity: 1 << 20, ..SMALL });
    let owners = (FIRST..FIRST + 60_000).step_by(2);
    for account in FIRST..FIRST + 60_000 {
        let limits = [("max_quantity", 9), ("max_notional", 1 << 40), ("max_open_orders", 9)];
        world.send(
            CommandKind::OpenAccount,
            &[&[("account", account), ("firm", 1)][..], &limits[..]].concat(),
        );
    }
    for account in owners.clone() {
        world.send(CommandKind::Deposit, &[("account", account), ("asset", 2), ("amount", REFERENCES)]);
        for _ in 0..REFERENCES {
            place(&mut world, account, 2, 100, 1);
        }
    }
    for account in owners {
        for client_ref in 1..=REFERENCES as u64 {
            assert_eq!(world.engine.order(AccountId(account as u32 + 1), ClientRef(client_ref)), None);
        }
    }
}

/// A world in which a buy of account 20 is being worked off: eight events hold two of the four sells that it meets.
fn busy_world() -> World {
    let mut world = World::new(Setup { slice_events: 8, ..SMALL });
    for account in [16, 16, 17, 18] {
        place(&mut world, account, 2, 100, 1);
    }
    place(&mut world, 20, 1, 100, 4);
    assert_eq!(world.engine.next_work(), Some(InstrumentId(1)));
    world
}

#[test]
fn work_goes_on_from_a_snapshot() {
    let mut world = busy_world();
    let mut bytes = Vec::new();
    world.engine.snapshot(&mut bytes);
    let mut restored = world.with(Engine::restore(&bytes, 0).unwrap());
    assert_eq!(restored.engine.next_work(), Some(InstrumentId(1)));
    for each in [&mut world, &mut restored] {
        each.send(CommandKind::Continue, &[("instrument", 1)]);
        assert_eq!(each.engine.check(), Ok(()));
    }
    assert_eq!((restored.engine.next_work(), restored.engine.open_orders()), (None, 0));
    assert_eq!(restored.engine.state_hash(), world.engine.state_hash());
}

#[test]
fn a_snapshot_fault_says_where_and_what() {
    let fault = SnapshotFault { offset: 7, what: "a section of another version".into() };
    assert_eq!(fault.to_string(), "snapshot, offset 7: a section of another version; take an older snapshot");
    let mut bytes = Vec::new();
    World::new(SMALL).engine.snapshot(&mut bytes);
    bytes.push(0);
    assert_eq!(Engine::restore(&bytes, 0).unwrap_err().what, "bytes behind the last section");
}

#[test]
#[should_panic(expected = "commands are numbered without gaps")]
fn a_gap_in_the_numbers_of_commands_stops_the_process() {
    let mut world = World::new(SMALL);
    let tick = record(CommandKind::Tick, &[], 0, &[]);
    let mut buffer = vec![0; EventSink::RESERVE];
    let mut sink = EventSink::without_tails(&mut buffer);
    let next = world.engine.last_seq() + 2;
    world.engine.apply(next, Nanos(0), &Command::parse(&tick).unwrap(), &mut sink);
}

#[test]
#[should_panic(expected = "slice of 7 events: take 8 to 32,768")]
fn a_slice_too_small_for_one_trade_is_refused() {
    let _ = Engine::new(Setup { slice_events: 7, ..SMALL });
}

/// Found by the properties: bid and ask that a peg had referred to were in the hash of an engine, and not in that of its restored twin.
#[test]
fn a_peg_that_is_gone_leaves_nothing_in_the_hash() {
    let mut world = World::new(Setup { slice_events: 8, ..SMALL });
    place(&mut world, 17, 1, 90, 1);
    let peg = [("account", 16), ("client_ref", 1), ("instrument", 1), ("side", 1), ("order_type", 7)];
    let more = [("time_in_force", 1), ("price", 90), ("quantity", 1)];
    world.send(CommandKind::PlaceOrder, &[&peg[..], &more[..]].concat());
    world.send(CommandKind::CancelOrder, &[("account", 16), ("client_ref", 1)]);
    let mut bytes = Vec::new();
    world.engine.snapshot(&mut bytes);
    let mut restored = world.with(Engine::restore(&bytes, 0).unwrap());
    for each in [&mut world, &mut restored] {
        for account in [16, 16, 18, 18] {
            place(each, account, 2, 100, 1);
        }
        place(each, 20, 1, 100, 4);
        assert_eq!(each.engine.next_work(), Some(InstrumentId(1)));
    }
    assert_eq!(restored.engine.state_hash(), world.engine.state_hash());
}
