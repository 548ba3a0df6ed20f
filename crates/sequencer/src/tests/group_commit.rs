//! What is durable, when it is let out, how much may wait, and what a failing disk does.

use super::*;
use garraway_types::{EventId, events_in};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

fn last_seq(events: &[u8]) -> u64 {
    events_in(events).last().map_or(0, |(event, _)| EventId(event.event_id).command_seq())
}

#[test]
fn nothing_is_released_before_it_is_durable_and_all_of_it_after() {
    for durability in [Durability::Os, Durability::Fsync] {
        let folder = Folder::new();
        let woken = Arc::new(AtomicUsize::new(0));
        let count = woken.clone();
        let wake: crate::Wake = Box::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
        });
        let mut seen = Seen::default();
        let (mut sequencer, _) =
            Sequencer::recover(options(&folder, durability), &mut seen, Some(wake)).unwrap();
        let mut stream = Stream::new(31);
        let (mut released, mut batches) = (Vec::new(), 0);
        for step in 0..2_000 {
            sequencer.submit(&stream.next(), Nanos(step), &mut seen);
            while sequencer.has_room() && sequencer.turn(Nanos(step), &mut seen) {}
            if stream.chance(3) || !sequencer.has_room() {
                let before = sequencer.durable_seq();
                sequencer.flush().unwrap();
                batches += 1;
                let mut out = Vec::new();
                sequencer.release(&mut |events| out.extend_from_slice(events)).unwrap();
                let durable = sequencer.durable_seq();
                assert!(durable >= before && last_seq(&out) <= durable);
                assert!(durability == Durability::Fsync || durable == sequencer.engine().last_seq());
                released.extend(out);
                assert_eq!(folder.events(), released);
                while !sequencer.has_room() {
                    batches += 1;
                    sequencer.wait().unwrap();
                    sequencer.release(&mut |events| released.extend_from_slice(events)).unwrap();
                    sequencer.flush().unwrap();
                }
            }
        }
        sequencer.close(Nanos(2_000), &mut seen).unwrap();
        assert_eq!(sequencer.durable_seq(), sequencer.engine().last_seq());
        sequencer.release(&mut |events| released.extend_from_slice(events)).unwrap();
        assert_eq!(released, seen.events);
        assert!(!sequencer.has_room() && sequencer.is_released());
        let woken = woken.load(Ordering::Relaxed);
        assert!(woken <= batches + 1 && (woken > 0) == (durability == Durability::Fsync));
    }
}

#[test]
fn what_waits_is_bounded_and_there_is_room_again_after_a_release() {
    for durability in [Durability::Os, Durability::Fsync] {
        let folder = Folder::new();
        let options = Options {
            segment_bytes: 1 << 20,
            batch_bytes: 16 << 20,
            held_bytes: 3 * EventSink::RESERVE + 100_000,
            ..options(&folder, durability)
        };
        let (mut venue, _) = Venue::start(options);
        let mut stream = Stream::new(32);
        for _ in 0..3 {
            let before = venue.seen.events.len();
            while venue.sequencer.has_room() {
                venue.submit(&stream.next());
            }
            assert!(venue.turn(), "work is left, there is no room for it");
            let held = venue.seen.events.len() - before;
            assert!((90_000..110_000).contains(&held), "{held}");
            venue.sequencer.flush().unwrap();
            venue.sequencer.wait().unwrap();
            venue.release();
            assert!(venue.sequencer.has_room());
        }
    }
}

#[test]
fn a_full_batch_waits_for_the_journal_thread_and_loses_nothing() {
    let folder = Folder::new();
    let options =
        Options { segment_bytes: 4 << 20, batch_bytes: 20_000, ..options(&folder, Durability::Fsync) };
    let (mut venue, _) = Venue::start(options.clone());
    let mut stream = Stream::new(33);
    for _ in 0..2_000 {
        venue.make_room();
        venue.submit(&stream.next());
        venue.sequencer.flush().unwrap();
    }
    let closed = venue.close();
    let hash = closed.hash();
    drop(closed);
    let (venue, report) = Venue::start(options);
    assert_eq!((venue.hash(), report.clean), (hash, true));
}

#[test]
fn a_failing_disk_acknowledges_nothing_more_and_every_call_says_so() {
    for durability in [Durability::Os, Durability::Fsync] {
        let folder = Folder::new();
        let (mut venue, _) = Venue::start(options(&folder, durability));
        let mut stream = Stream::new(34);
        venue.run(&mut stream, 20);
        venue.sequencer.wait().unwrap();
        venue.release();
        fs::remove_dir_all(folder.0.join("journal")).unwrap();
        let (error, durable) = loop {
            assert!(venue.sequencer.has_room());
            venue.submit(&stream.next());
            let durable = venue.sequencer.durable_seq();
            let flushed = venue.sequencer.flush().and_then(|()| match durability {
                Durability::Fsync => venue.sequencer.wait(),
                Durability::Os => Ok(()),
            });
            if let Err(error) = flushed {
                break (error, durable);
            }
        };
        assert!(error.to_string().contains("stop the process"), "{error}");
        assert!(error.action.contains("successor"), "{error}");
        assert_eq!(error.durable_seq, durable);
        let mut out = 0;
        for _ in 0..3 {
            assert_eq!(venue.sequencer.flush(), Err(error.clone()));
            assert_eq!(venue.sequencer.wait(), Err(error.clone()));
            assert_eq!(venue.sequencer.release(&mut |events| out += events.len()), Err(error.clone()));
            assert_eq!(venue.sequencer.close(Nanos(0), &mut ()), Err(error.clone()));
            assert_eq!(venue.sequencer.failed().as_ref(), Some(&error));
            assert_eq!((venue.sequencer.durable_seq(), out), (durable, 0));
            assert!(!venue.sequencer.has_room() && !venue.turn());
        }
    }
}

#[test]
fn an_event_log_that_cannot_be_written_lets_nothing_out() {
    let folder = Folder::new();
    let (mut venue, _) = Venue::start(options(&folder, Durability::Os));
    let mut stream = Stream::new(35);
    venue.run(&mut stream, 20);
    venue.release();
    fs::remove_dir_all(folder.0.join("events")).unwrap();
    let error = loop {
        venue.submit(&stream.next());
        venue.sequencer.flush().unwrap();
        let mut out = 0;
        if let Err(error) = venue.sequencer.release(&mut |events| out += events.len()) {
            assert_eq!(out, 0);
            break error;
        }
    };
    assert_eq!(venue.sequencer.flush(), Err(error));
}

#[test]
fn verify_beside_a_running_venue_finds_no_damage() {
    for durability in [Durability::Os, Durability::Fsync] {
        let folder = Folder::new();
        let options = Options { segment_bytes: 64 << 10, ..options(&folder, durability) };
        let (mut venue, _) = Venue::start(options);
        let stop = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            let venue = &mut venue;
            let running = scope.spawn(|| {
                let mut stream = Stream::new(36);
                while !stop.load(Ordering::Relaxed) {
                    venue.run(&mut stream, 10);
                    venue.release();
                }
            });
            let (mut last, mut segments, mut unsound) = (0, 0, None);
            while segments < 12 && unsound.is_none() && !running.is_finished() {
                let report = crate::verify(&folder.0, true).unwrap();
                let sound = report.is_sound() && report.last_seq >= last;
                (last, segments) = (report.last_seq, report.segments);
                unsound = (!sound).then_some(report);
            }
            stop.store(true, Ordering::Relaxed);
            assert_eq!(unsound, None);
            running.join().unwrap();
        });
    }
}
