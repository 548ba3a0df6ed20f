//! A journal taken up to a command, written beside, goes on from exactly there.

use super::*;
use crate::layout::segment_name;
use crate::{DumpEntry, Extent, Until, dump, extent};

/// The bytes that an extent tells of, as a journal of its own.
fn taken(folder: &Folder, found: &Extent) -> Folder {
    let copy = Folder::new();
    fs::create_dir_all(copy.0.join("journal")).unwrap();
    for stretch in &found.stretches {
        let mut bytes = fs::read(folder.0.join("journal").join(&stretch.segment)).unwrap();
        bytes.truncate(stretch.bytes as usize);
        bytes.resize(stretch.segment_bytes as usize, 0);
        fs::write(copy.0.join("journal").join(&stretch.segment), bytes).unwrap();
    }
    copy
}

fn states(folder: &Folder) -> Vec<u64> {
    let (venue, report) = Venue::start(options(folder, Durability::Os));
    drop(venue);
    vec![report.last_seq, report.state_hash, report.last_event_id]
}

#[test]
fn every_cut_of_a_journal_starts_with_the_state_behind_its_last_command() {
    for durability in [Durability::Os, Durability::Fsync] {
        let folder = Folder::new();
        let (mut venue, _) = Venue::start(options(&folder, durability));
        venue.run(&mut Stream::new(5), 250);
        drop(venue.close().sequencer);
        assert!(folder.segments().len() > 2);
        let whole = extent(&folder.0, Until::END, true).unwrap();
        assert!(!whole.more && whole.commands == whole.last_seq);
        for seq in 1..=whole.last_seq {
            let found = extent(&folder.0, Until { seq, ..Until::END }, true).unwrap();
            assert_eq!((found.last_seq, found.commands, found.more), (seq, seq, seq < whole.last_seq));
            let reached = found.reached.clone().unwrap();
            assert_eq!(reached.broken, None);
            let copy = taken(&folder, &found);
            let checked = crate::verify(&copy.0, true).unwrap();
            assert_eq!((checked.last_seq, &checked.cut, &checked.damage), (seq, &None, &None));
            assert_eq!(states(&copy), [seq, reached.state_hash, reached.last_event_id], "{durability:?}");
        }
    }
}

#[test]
fn a_journal_is_taken_up_to_a_time_and_up_to_a_number_of_a_source() {
    let folder = Folder::new();
    let (mut venue, _) = Venue::start(options(&folder, Durability::Os));
    venue.run(&mut Stream::new(9), 200);
    drop(venue.close().sequencer);
    let mut heads = Vec::new();
    dump(&folder.0, 1, u64::MAX, &mut |row| {
        if let DumpEntry::Command(command) = row.entry {
            heads.push((row.seq, row.at, command.head.source, command.head.source_seq));
        }
    })
    .unwrap();
    for &(_, at, source, number) in heads.iter().step_by(7) {
        let timed = extent(&folder.0, Until { at, ..Until::END }, false).unwrap();
        assert_eq!(timed.last_seq, heads.iter().rev().find(|head| head.1 <= at).unwrap().0);
        assert_eq!(timed.reached, None);
        let of = extent(&folder.0, Until { source: Some((source, number)), ..Until::END }, false).unwrap();
        let first_beyond = heads.iter().find(|head| head.2 == source && head.3 > number);
        assert_eq!(of.last_seq, first_beyond.map_or(heads.last().unwrap().0, |head| head.0 - 1));
        assert_eq!((of.source_seq, of.more), (number, first_beyond.is_some()));
    }
    let before = extent(&folder.0, Until { at: Nanos(heads[0].1.0 - 1), ..Until::END }, true).unwrap();
    assert_eq!((before.commands, before.last_seq, before.more), (0, 0, true));
}

#[test]
fn the_last_segment_is_taken_without_its_closing_mark() {
    let folder = Folder::new();
    let (mut venue, _) = Venue::start(options(&folder, Durability::Os));
    venue.run(&mut Stream::new(5), 250);
    drop(venue.close().sequencer);
    let last_of_first = folder.segments()[1] - 1;
    let found = extent(&folder.0, Until { seq: last_of_first, ..Until::END }, false).unwrap();
    // The second segment was looked at and holds nothing that is taken: its head stays, and the first keeps its mark.
    let names: Vec<_> = found.stretches.iter().map(|stretch| stretch.segment.clone()).collect();
    assert_eq!(names, [segment_name(1), segment_name(last_of_first + 1)]);
    assert_eq!(found.stretches[1].bytes, crate::layout::SECTOR as u64);
    fs::remove_file(folder.segment(last_of_first + 1)).unwrap();
    assert!(extent(&folder.0, Until::END, false).is_err(), "segments behind it are missing");
    for number in folder.segments().split_off(1) {
        fs::remove_file(folder.segment(number)).unwrap();
    }
    assert!(extent(&folder.0, Until::END, false).is_err(), "it is closed and has no successor");
}
