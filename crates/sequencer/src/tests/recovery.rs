//! What was written comes back: state, commands, events, report.

use super::*;
use crate::{Cut, Fault, RecoverError, verify};
use garraway_types::{CommandHead, CommandKind, EventId, FixedBody, Reject};

const MODES: [Durability; 2] = [Durability::Os, Durability::Fsync];

#[test]
fn recovery_of_random_streams_reaches_the_same_state() {
    for seed in 1..=6 {
        for durability in MODES {
            let folder = Folder::new();
            let mut stream = Stream::new(seed);
            let (mut venue, report) = Venue::start(options(&folder, durability));
            assert_eq!((report.commands, report.clean, report.cut), (0, true, None));
            venue.run(&mut stream, 600);
            let closed = venue.close();
            let (hash, seen) = (closed.hash(), closed.seen);
            drop(closed.sequencer);
            assert_eq!(folder.events(), seen.events, "seed {seed} {durability:?}");
            assert!(folder.segments().len() > 2);

            let checked = verify(&folder.0, true).unwrap();
            assert!(checked.is_sound() && checked.clean, "{checked}");
            assert_eq!(checked.replay.map(|replay| replay.state_hash), Some(hash));

            let (again, report) = Venue::start(options(&folder, durability));
            assert_eq!((report.state_hash, again.hash()), (hash, hash));
            assert_eq!((report.clean, report.cut.clone(), report.log_filled), (true, None, 0), "{report}");
            assert_eq!(report.commands, seen.commands.len() as u64);
            assert_eq!((&again.seen.commands, &again.seen.events), (&seen.commands, &seen.events));
            assert_eq!(again.sequencer.durable_seq(), report.last_seq);
        }
    }
}

#[test]
fn a_venue_goes_on_after_each_of_many_stops_in_either_mode() {
    let folder = Folder::new();
    let mut stream = Stream::new(77);
    let mut last = None;
    for round in 0..24 {
        let (mut venue, report) = Venue::start(options(&folder, MODES[stream.below(2)]));
        if let Some((hash, clean)) = last {
            assert_eq!((report.state_hash, report.clean, report.cut.clone()), (hash, clean, None));
        }
        venue.run(&mut stream, 40);
        let clean = round % 3 == 0;
        if clean {
            venue = venue.close();
        } else {
            venue.sequencer.flush().unwrap();
            venue.sequencer.wait().unwrap();
        }
        last = Some((venue.hash(), clean));
        drop(venue);
        let report = verify(&folder.0, true).unwrap();
        assert!(report.is_sound() && report.clean == clean, "{report}");
    }
}

#[test]
fn a_batch_may_end_anywhere_in_a_sector() {
    for (durability, tail) in
        MODES.into_iter().flat_map(|mode| (0..=128).step_by(8).map(move |tail| (mode, tail)))
    {
        let folder = Folder::new();
        let options = Options { segment_bytes: 128 << 10, ..options(&folder, durability) };
        let (mut venue, _) = Venue::start(options.clone());
        let cancel = |tail: usize| {
            let text = [7; 128];
            let (head, body) = (CommandHead::empty(), FixedBody::empty());
            super::stream::record(CommandKind::CancelOrder, head, &body, &[], &text[..tail])
        };
        // With a tail of 72 bytes the mark ends 8 bytes before the sector does.
        for _ in 0..3 {
            (0..32).for_each(|_| assert!(matches!(venue.submit(&cancel(0)), Submitted::New { .. })));
            venue.submit(&cancel(tail));
            venue.sequencer.flush().unwrap();
            venue.sequencer.wait().unwrap();
            venue.release();
        }
        let hash = venue.hash();
        drop(venue);
        let (_, report) = Venue::start(options);
        assert_eq!((report.last_seq, report.state_hash, report.cut), (99, hash, None), "tail of {tail}");
    }
}

#[test]
fn a_second_process_is_told_who_has_the_folder() {
    let folder = Folder::new();
    let (_venue, _) = Venue::start(options(&folder, Durability::Os));
    let Err(error) = Sequencer::recover(options(&folder, Durability::Os), &mut (), None) else {
        panic!("two processes write one journal");
    };
    assert!(
        matches!(&error, RecoverError::Locked { holder, .. } if *holder == std::process::id().to_string())
    );
    assert!(error.to_string().contains("already running"), "{error}");
}

#[test]
fn repeats_gaps_and_nonsense_take_no_number() {
    let folder = Folder::new();
    let (mut venue, _) = Venue::start(options(&folder, Durability::Os));
    let mut stream = Stream::new(1);
    let first = stream.next();
    assert_eq!(venue.submit(&first), Submitted::New { seq: 1, first_event: EventId::new(1, 0) });
    let Submitted::Repeat(outcome) = venue.submit(&first) else { panic!("applied twice") };
    assert_eq!((outcome.first_event, outcome.reason), (EventId::new(1, 0), None));
    let (_, later) = (stream.next(), stream.next());
    assert_eq!(venue.submit(&later), Submitted::Refused(Reject::SourceGap));
    assert!(matches!(venue.submit(&first[..20]), Submitted::Malformed(_)));
    assert_eq!(venue.sequencer.engine().last_seq(), 1);
}

#[test]
fn a_second_without_commands_makes_a_tick() {
    let folder = Folder::new();
    let (mut venue, _) = Venue::start(options(&folder, Durability::Os));
    venue.submit(&Stream::new(1).next());
    assert!(!venue.turn());
    assert_eq!(venue.seen.commands.len(), 1);
    venue.now += 1_000_000_000;
    assert!(!venue.turn());
    let (seq, at, tick) = venue.seen.commands.last().unwrap();
    assert_eq!((*seq, at.0, tick[2]), (2, venue.now, CommandKind::Tick as u8));
}

#[test]
fn a_busy_venue_ticks_every_second_all_the_same() {
    let folder = Folder::new();
    let (mut venue, _) = Venue::start(options(&folder, Durability::Os));
    let mut stream = Stream::new(1);
    for _ in 0..10 {
        venue.submit(&stream.next());
        venue.turn();
        venue.now += 300_000_000;
    }
    let ticks = venue.seen.commands.iter().filter(|(_, _, bytes)| bytes[2] == CommandKind::Tick as u8);
    assert_eq!(ticks.count(), 2);
}

#[test]
fn work_goes_on_at_the_same_time_stamp() {
    let folder = Folder::new();
    let (mut venue, _) = Venue::start(options(&folder, Durability::Os));
    venue.run(&mut Stream::new(5), 400);
    let continued = |(_, _, bytes): &(u64, Nanos, Vec<u8>)| bytes[2] == CommandKind::Continue as u8;
    let times: Vec<bool> = venue
        .seen
        .commands
        .windows(2)
        .filter(|pair| continued(&pair[1]))
        .map(|pair| pair[0].1 == pair[1].1)
        .collect();
    assert!(!times.is_empty() && times.iter().all(|same| *same));
}

#[test]
fn time_never_goes_back() {
    let folder = Folder::new();
    let (mut venue, _) = Venue::start(options(&folder, Durability::Os));
    let mut stream = Stream::new(1);
    venue.submit(&stream.next());
    venue.now -= 1_000_000_000;
    venue.submit(&stream.next());
    assert_eq!(venue.seen.commands[0].1, venue.seen.commands[1].1);
}

#[test]
fn a_journal_below_the_outbound_streams_is_refused() {
    let folder = Folder::new();
    let (mut venue, _) = Venue::start(options(&folder, Durability::Os));
    venue.run(&mut Stream::new(3), 30);
    let last_seq = venue.close().sequencer.engine().last_seq();
    let reach = |must_reach| {
        let options = Options { must_reach, ..options(&folder, Durability::Os) };
        Sequencer::recover(options, &mut (), None).map(|(_, report)| report.last_event_id)
    };
    let last_event_id = reach(0).unwrap();
    assert_eq!(last_event_id, last_seq << 16);
    assert_eq!(reach(last_event_id).unwrap(), last_event_id);
    let error = reach(last_event_id + 1).unwrap_err();
    assert!(matches!(error, RecoverError::Missing { told: "an outbound stream", .. }), "{error}");
    assert!(error.to_string().contains("acknowledged commands missing"), "{error}");
}

#[test]
fn other_engine_limits_are_refused_and_named() {
    let folder = Folder::new();
    let (mut venue, _) = Venue::start(options(&folder, Durability::Os));
    venue.run(&mut Stream::new(3), 5);
    drop(venue);
    let mut other = options(&folder, Durability::Os);
    other.engine.slice_events = 13;
    let Err(RecoverError::Damage(damage)) = Sequencer::recover(other, &mut (), None) else { panic!("taken") };
    assert!(matches!(damage.fault, Fault::Setup { needs: (12, _), ours: (13, _) }), "{damage}");
}

#[test]
fn impossible_options_are_named() {
    let folder = Folder::new();
    for (segment_bytes, held_bytes) in [(16_000, 1 << 30), (4096, 1 << 30), (16 << 10, 1 << 10)] {
        let options = Options { segment_bytes, held_bytes, ..options(&folder, Durability::Os) };
        assert!(matches!(Sequencer::recover(options, &mut (), None), Err(RecoverError::Options(_))));
    }
}

#[test]
fn reports_speak_plainly() {
    let cut = Cut { segment: "s".into(), offset: 8, after_seq: 3, bytes: 9, why: "w".into() };
    let report = Report {
        commands: 3,
        last_seq: 3,
        last_event_id: 9,
        state_hash: 1,
        clean: false,
        cut: Some(cut),
        log_filled: 2,
    };
    assert_eq!(
        report.to_string(),
        "3 commands replayed, the last is 3, state 0000000000000001, not closed cleanly; 2 events written to the \
         event log again; cut: 9 bytes of segment s at offset 8, after command 3: w"
    );
}
