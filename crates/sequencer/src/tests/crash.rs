//! Crashes: the folder as it is at any moment starts again, loses nothing acknowledged, and reaches the state that the
//! venue had after the last command that stayed.

use super::*;
use crate::damage::{Fault, RecoverError};
use crate::layout::SECTOR;
use crate::prepare::READY;
use crate::verify;

/// Starts from a copy; returns the report after comparing with what the live venue did.
fn start_from(copy: &Folder, options: Options, live: &Venue, acknowledged: u64) -> Report {
    let mut seen = Seen::default();
    let (sequencer, report) = Sequencer::recover(options, &mut seen, None).unwrap();
    let kept = report.last_seq as usize;
    assert!(report.last_seq >= acknowledged, "acknowledged {acknowledged}, kept {kept}");
    let expected = if kept == 0 { report.state_hash } else { live.hashes[kept - 1] };
    assert_eq!((report.state_hash, sequencer.engine().state_hash()), (expected, expected));
    assert_eq!(seen.commands, live.seen.commands[..kept]);
    assert_eq!(copy.events(), seen.events);
    assert!(live.seen.events.starts_with(&seen.events));
    report
}

/// A start after the one that repaired finds nothing to repair.
fn start_again(copy: &Folder, options: Options, before: &Report) {
    let (_, report) = Sequencer::recover(options, &mut (), None).unwrap();
    assert_eq!((report.cut, report.log_filled), (None, 0));
    assert_eq!((report.last_seq, report.state_hash), (before.last_seq, before.state_hash));
    let checked = verify(&copy.0, true).unwrap();
    assert!(checked.is_sound() && checked.cut.is_none(), "{checked}");
}

#[test]
fn a_process_killed_at_any_moment_loses_nothing_that_was_written() {
    for seed in 1..=4 {
        let folder = Folder::new();
        let mut stream = Stream::new(seed);
        let (mut venue, _) = Venue::start(options(&folder, Durability::Os));
        for _ in 0..60 {
            let commands = stream.below(12);
            venue.run(&mut stream, commands);
            if stream.chance(2) {
                venue.release();
            }
            let copy = folder.copy();
            let report =
                start_from(&copy, options(&copy, Durability::Os), &venue, venue.sequencer.durable_seq());
            assert_eq!((report.last_seq, report.cut.clone()), (venue.sequencer.durable_seq(), None));
            start_again(&copy, options(&copy, Durability::Fsync), &report);
        }
    }
}

#[test]
fn a_write_that_broke_off_is_cut_at_the_last_whole_frame() {
    let folder = Folder::new();
    let mut stream = Stream::new(11);
    let (mut venue, _) =
        Venue::start(Options { segment_bytes: 64 << 10, ..options(&folder, Durability::Os) });
    venue.run(&mut stream, 40);
    venue.release();
    let (before, durable) = (folder.copy(), venue.sequencer.durable_seq());
    venue.run(&mut stream, 12);
    let (old, new) = (fs::read(before.segment(1)).unwrap(), fs::read(folder.segment(1)).unwrap());
    let (from, to) = (crate::segment::written_end(&old), crate::segment::written_end(&new));
    for end in from..to {
        let mut torn = old.clone();
        torn[from..end].copy_from_slice(&new[from..end]);
        let copy = before.copy();
        fs::write(copy.segment(1), &torn).unwrap();
        let report = start_from(&copy, options(&copy, Durability::Os), &venue, durable);
        if let Some(cut) = &report.cut {
            assert_eq!(
                (cut.segment.as_str(), cut.after_seq),
                ("00000000000000000001.journal", report.last_seq)
            );
        }
        start_again(&copy, options(&copy, Durability::Os), &report);
    }
}

#[test]
fn a_batch_that_reached_the_disk_in_any_order_is_kept_in_front_and_cut_behind() {
    let folder = Folder::new();
    let options = |folder: &Folder| Options { segment_bytes: 1 << 20, ..options(folder, Durability::Fsync) };
    let mut stream = Stream::new(12);
    let (mut venue, _) = Venue::start(options(&folder));
    for _ in 0..4 {
        venue.run(&mut stream, 30);
        venue.sequencer.wait().unwrap();
        venue.release();
        let (before, durable) = (folder.copy(), venue.sequencer.durable_seq());
        // One batch of some sectors, whatever the journal thread would make of several flushes.
        venue.submit_many(&mut stream, 80);
        venue.sequencer.flush().unwrap();
        venue.sequencer.wait().unwrap();
        let (old, new) = (fs::read(before.segment(1)).unwrap(), fs::read(folder.segment(1)).unwrap());
        let changed: Vec<usize> = (0..old.len() / SECTOR)
            .filter(|sector| old[sector * SECTOR..][..SECTOR] != new[sector * SECTOR..][..SECTOR])
            .collect();
        assert!((2..=5).contains(&changed.len()), "{changed:?}");
        for mask in 0..1_u32 << changed.len() {
            let mut torn = old.clone();
            for (_, sector) in changed.iter().enumerate().filter(|(index, _)| mask & 1 << index != 0) {
                torn[sector * SECTOR..][..SECTOR].copy_from_slice(&new[sector * SECTOR..][..SECTOR]);
            }
            let copy = before.copy();
            fs::write(copy.segment(1), &torn).unwrap();
            let report = start_from(&copy, options(&copy), &venue, durable);
            start_again(&copy, options(&copy), &report);
        }
    }
}

#[test]
fn an_interior_mark_does_not_make_a_torn_batch_look_like_damage() {
    let folder = Folder::new();
    let options = |folder: &Folder| Options {
        segment_bytes: 1 << 20,
        batch_bytes: 512 << 10,
        ..options(folder, Durability::Fsync)
    };
    let mut stream = Stream::new(13);
    let (mut venue, _) = Venue::start(options(&folder));
    venue.submit_many(&mut stream, 1_500);
    venue.sequencer.flush().unwrap();
    venue.sequencer.wait().unwrap();
    let report = verify(&folder.0, false).unwrap();
    assert!(report.marks > 2, "{report}");
    let copy = folder.copy();
    let mut torn = fs::read(copy.segment(1)).unwrap();
    torn[2 * SECTOR..3 * SECTOR].fill(0);
    fs::write(copy.segment(1), &torn).unwrap();
    let report = start_from(&copy, options(&copy), &venue, 0);
    assert!(report.cut.is_some() && report.last_seq < 100, "{report}");
    start_again(&copy, options(&copy), &report);
}

#[test]
fn a_folder_copied_while_the_journal_thread_writes_starts() {
    let folder = Folder::new();
    let options = |folder: &Folder| Options { segment_bytes: 4 << 20, ..options(folder, Durability::Fsync) };
    let mut stream = Stream::new(14);
    let (mut venue, _) = Venue::start(options(&folder));
    for _ in 0..40 {
        venue.run(&mut stream, 50);
        let (acknowledged, copy) = (venue.sequencer.durable_seq(), folder.copy());
        let report = start_from(&copy, options(&copy), &venue, acknowledged);
        start_again(&copy, options(&copy), &report);
    }
}

#[test]
fn a_crash_between_two_segments_is_finished_by_the_next_start() {
    for durability in [Durability::Os, Durability::Fsync] {
        let folder = Folder::new();
        let mut stream = Stream::new(15);
        let (mut venue, _) = Venue::start(options(&folder, durability));
        while folder.segments().len() < 2 {
            venue.submit(&stream.next());
            venue.sequencer.flush().unwrap();
            if durability == Durability::Fsync {
                venue.sequencer.wait().unwrap();
            }
        }
        let live = venue.hash();
        venue.release();
        let second = folder.segments()[1];
        let journal = folder.0.join("journal");
        drop(venue.sequencer);
        if durability == Durability::Os {
            // The frame that did not fit is in the new segment: without it that is as it was when it was made.
            let bytes = fs::read(folder.segment(second)).unwrap();
            let mut fresh = vec![0; bytes.len()];
            fresh[..SECTOR].copy_from_slice(&bytes[..SECTOR]);
            fs::write(folder.segment(second), fresh).unwrap();
            fs::remove_dir_all(folder.0.join("events")).unwrap();
        }
        fs::rename(folder.segment(second), journal.join(READY)).unwrap();
        let copy = folder.copy();
        let (venue, report) = Venue::start(options(&copy, durability));
        assert_eq!((report.last_seq, report.cut.clone()), (second - 1, None));
        assert_eq!(copy.segments(), [1, second]);
        if durability == Durability::Fsync {
            assert_eq!(report.state_hash, live);
        }
        drop(venue);
        start_again(&copy, options(&copy, durability), &report);

        fs::write(journal.join(READY), vec![0; 16 << 10]).unwrap();
        let Err(RecoverError::Damage(damage)) =
            Sequencer::recover(options(&folder, durability), &mut (), None)
        else {
            panic!("a closed segment without its successor is taken")
        };
        assert_eq!(damage.fault, Fault::Missing { need: second });
    }
}

#[test]
fn an_acknowledged_sector_is_never_written_again() {
    let folder = Folder::new();
    let options = |mode| Options { segment_bytes: 256 << 10, ..options(&folder, mode) };
    let mut stream = Stream::new(17);
    let mut kept = Vec::new();
    for _ in 0..12 {
        let (mut venue, _) = Venue::start(options(Durability::Fsync));
        for _ in 0..4 {
            let commands = 1 + stream.below(20);
            venue.submit_many(&mut stream, commands);
            venue.sequencer.flush().unwrap();
            venue.sequencer.wait().unwrap();
            let bytes = fs::read(folder.segment(1)).unwrap();
            assert!(bytes.starts_with(&kept), "a sector was written again");
            kept = bytes[..crate::segment::written_end(&bytes).next_multiple_of(SECTOR)].to_vec();
        }
    }
}

#[test]
fn an_unclean_journal_is_sealed_by_the_next_start() {
    let folder = Folder::new();
    let (mut venue, _) = Venue::start(options(&folder, Durability::Os));
    venue.run(&mut Stream::new(18), 10);
    drop(venue);
    assert_eq!(verify(&folder.0, false).unwrap().marks, 0);
    drop(Venue::start(options(&folder, Durability::Os)));
    assert_eq!(verify(&folder.0, false).unwrap().marks, 1);
    drop(Venue::start(options(&folder, Durability::Os)));
    assert_eq!(verify(&folder.0, false).unwrap().marks, 1);
}

#[test]
fn a_head_made_ready_for_a_roll_that_did_not_come_is_forgotten() {
    let folder = Folder::new();
    let mut stream = Stream::new(16);
    let (mut venue, _) = Venue::start(options(&folder, Durability::Os));
    venue.run(&mut stream, 10);
    let hash = venue.hash();
    drop(venue);
    let sector = fs::read(folder.segment(1)).unwrap()[..SECTOR].to_vec();
    let ready = [sector, vec![0; 12 << 10]].concat();
    fs::write(folder.0.join("journal").join(READY), ready).unwrap();
    let (mut venue, report) = Venue::start(options(&folder, Durability::Os));
    assert_eq!((report.state_hash, report.cut.clone()), (hash, None));
    venue.run(&mut stream, 200);
    drop(venue);
    assert!(verify(&folder.0, true).unwrap().is_sound());
}

#[test]
fn a_crash_before_the_first_segment_stands_begins_anew() {
    let folder = Folder::new();
    let journal = folder.0.join("journal");
    fs::create_dir_all(&journal).unwrap();
    fs::write(journal.join("next.preparing"), [0; 5000]).unwrap();
    let (_, report) = Venue::start(options(&folder, Durability::Os));
    assert_eq!((report.commands, report.clean), (0, true));
}
