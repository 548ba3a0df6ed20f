//! The event log: followed while it grows, levelled with the journal, never trusted beyond it.

use super::*;
use crate::damage::RecoverError;
use crate::event_reader::{EventLogError, EventReader};
use crate::layout::EVENTS_HEAD;
use crate::scan::numbers;
use crate::verify::{EventLogState, verify};
use garraway_types::events_in;
use std::time::{Duration, SystemTime};

/// A closed venue whose event log has several files.
fn written(seed: u64, commands: usize) -> (Folder, Seen) {
    let folder = Folder::new();
    let (mut venue, _) = Venue::start(options(&folder, Durability::Os));
    venue.run(&mut Stream::new(seed), commands);
    let seen = venue.close().seen;
    assert!(files(&folder).len() > 1);
    (folder, seen)
}

fn files(folder: &Folder) -> Vec<PathBuf> {
    let events = folder.0.join("events");
    let name = |number| events.join(crate::layout::events_name(number));
    numbers(&events, ".events").unwrap().into_iter().map(name).collect()
}

fn read_all(reader: &mut EventReader, max_bytes: usize) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        let batch = reader.next_batch(max_bytes).unwrap();
        if batch.is_empty() {
            return all;
        }
        let mut walk = events_in(batch);
        while walk.next().is_some() {}
        assert_eq!(walk.offset(), batch.len(), "part of a record");
        all.extend_from_slice(batch);
    }
}

fn log_of(folder: &Folder) -> EventLogState {
    verify(&folder.0, true).unwrap().replay.unwrap().log
}

#[test]
fn a_reader_follows_a_growing_log_from_file_to_file() {
    let folder = Folder::new();
    let mut stream = Stream::new(21);
    let mut reader = EventReader::open(&folder.0.join("events"), 0).unwrap();
    let (mut venue, _) = Venue::start(options(&folder, Durability::Os));
    let mut read = Vec::new();
    for _ in 0..60 {
        let commands = stream.below(12);
        venue.run(&mut stream, commands);
        venue.release();
        read.extend(read_all(&mut reader, 1 + stream.below(3_000)));
        assert_eq!(read, venue.seen.events);
    }
    assert!(files(&folder).len() > 3);
}

#[test]
fn a_reader_that_waits_at_a_folder_long_unchanged_sees_the_next_file() {
    let folder = Folder::new();
    let mut stream = Stream::new(25);
    let (mut venue, _) = Venue::start(options(&folder, Durability::Os));
    venue.run(&mut stream, 5);
    venue.release();
    let events = folder.0.join("events");
    let mut reader = EventReader::open(&events, 0).unwrap();
    let mut read = Vec::new();
    let mut grown = 0;
    for _ in 0..200 {
        let before = files(&folder).len();
        fs::File::open(&events).unwrap().set_modified(SystemTime::now() - Duration::from_secs(60)).unwrap();
        for _ in 0..2 {
            read.extend(read_all(&mut reader, 1 << 16));
        }
        assert_eq!(read, venue.seen.events);
        venue.run(&mut stream, 5);
        venue.release();
        grown += usize::from(files(&folder).len() > before);
    }
    assert!(grown > 3);
}

#[test]
fn a_reader_starts_at_any_event() {
    let (folder, seen) = written(22, 300);
    let mut walk = events_in(&seen.events);
    let mut start = 0;
    while let Some((event, _)) = walk.next() {
        let mut reader = EventReader::open(&folder.0.join("events"), event.event_id).unwrap();
        let batch = reader.next_batch(400).unwrap();
        assert!(!batch.is_empty() && seen.events[start..].starts_with(batch), "event {}", event.event_id);
        start = walk.offset();
    }
    let mut reader = EventReader::open(&folder.0.join("events"), u64::MAX).unwrap();
    assert!(reader.next_batch(1 << 20).unwrap().is_empty());
    assert_eq!(reader.last_event_id(), events_in(&seen.events).last().unwrap().0.event_id);
}

#[test]
fn a_reader_waits_for_the_rest_of_a_record() {
    let (folder, seen) = written(23, 120);
    let path = files(&folder).pop().unwrap();
    let bytes = fs::read(&path).unwrap();
    for length in 0..bytes.len() {
        fs::write(&path, &bytes[..length]).unwrap();
        let mut reader = EventReader::open(&folder.0.join("events"), 0).unwrap();
        let mut read = read_all(&mut reader, 1 << 16);
        assert!(seen.events.starts_with(&read));
        fs::write(&path, &bytes).unwrap();
        read.extend(read_all(&mut reader, 1 << 16));
        assert_eq!(read, seen.events);
    }
}

#[test]
fn a_reader_tells_a_file_that_breaks_off_before_another() {
    let (folder, _) = written(24, 300);
    let path = files(&folder).remove(1);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 40]).unwrap();
    let mut reader = EventReader::open(&folder.0.join("events"), 0).unwrap();
    let error = loop {
        match reader.next_batch(1 << 16) {
            Ok(batch) => assert!(!batch.is_empty()),
            Err(error) => break error,
        }
    };
    assert!(matches!(&error, EventLogError::Damaged { offset, .. } if *offset > 64), "{error}");
}

#[test]
fn a_log_cut_off_anywhere_is_filled_from_the_journal() {
    let (folder, seen) = written(25, 150);
    let path = files(&folder).pop().unwrap();
    let whole = fs::read(&path).unwrap();
    for length in (0..whole.len()).step_by(5) {
        for zeros in [0, 24] {
            fs::write(&path, [&whole[..length], &vec![0; zeros]].concat()).unwrap();
            let (_, report) = Sequencer::recover(options(&folder, Durability::Os), &mut (), None).unwrap();
            assert_eq!(folder.events(), seen.events, "cut to {length} bytes and {zeros} zeros");
            let lost = events_in(&whole[EVENTS_HEAD..]).count()
                - events_in(whole[..length].get(EVENTS_HEAD..).unwrap_or(&[])).count();
            assert!(report.log_filled as usize <= lost && report.log_filled + 1 >= lost as u64);
        }
    }
}

#[test]
fn a_log_that_is_gone_is_written_again() {
    let (folder, seen) = written(26, 150);
    fs::remove_dir_all(folder.0.join("events")).unwrap();
    let (_, report) = Sequencer::recover(options(&folder, Durability::Os), &mut (), None).unwrap();
    assert_eq!(folder.events(), seen.events);
    assert_eq!(report.log_filled as usize, events_in(&seen.events).count());
    assert_eq!(log_of(&folder), EventLogState::Level);
}

#[test]
fn a_changed_byte_in_the_last_file_is_refused() {
    let (folder, _) = written(27, 150);
    let path = files(&folder).pop().unwrap();
    let whole = fs::read(&path).unwrap();
    for at in (0..whole.len()).step_by(11) {
        let mut changed = whole.clone();
        changed[at] ^= 0x10;
        fs::write(&path, &changed).unwrap();
        let error = Sequencer::recover(options(&folder, Durability::Os), &mut (), None).err().unwrap();
        assert!(matches!(error, RecoverError::EventsDiffer { .. }), "byte {at}: {error}");
        assert_eq!(fs::read(&path).unwrap(), changed, "a refusal changes nothing");
    }
}

#[test]
fn a_file_that_begins_with_no_event_of_the_journal_is_refused() {
    let (folder, seen) = written(30, 150);
    let last = events_in(&seen.events).last().unwrap().0.event_id;
    for first_id in [last - 1, last + 1] {
        let path = folder.0.join("events").join(crate::layout::events_name(first_id));
        fs::write(&path, crate::layout::EventsHead::bytes(first_id, garraway_engine::LOGIC_VERSION)).unwrap();
        let error = Sequencer::recover(options(&folder, Durability::Os), &mut (), None).err().unwrap();
        match error {
            RecoverError::EventsDiffer { offset: 0, .. } => assert!(first_id < last),
            RecoverError::Missing { reaches, .. } => assert_eq!(reaches, first_id),
            error => panic!("{error}"),
        }
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_log_beyond_the_journal_is_refused() {
    let (folder, _) = written(28, 150);
    let longer = folder.copy();
    let (mut venue, _) = Venue::start(options(&longer, Durability::Os));
    venue.run(&mut Stream::new(28), 20);
    drop(venue.close());
    fs::remove_dir_all(folder.0.join("events")).unwrap();
    copy_files(&longer.0.join("events"), &folder.0.join("events"));
    let error = Sequencer::recover(options(&folder, Durability::Os), &mut (), None).err().unwrap();
    assert!(matches!(error, RecoverError::Missing { told: "the event log", .. }), "{error}");
    assert!(matches!(log_of(&folder), EventLogState::Beyond { .. }));
    assert!(!verify(&folder.0, true).unwrap().is_sound());
    fs::remove_dir_all(folder.0.join("journal")).unwrap();
    let error = Sequencer::recover(options(&folder, Durability::Os), &mut (), None).err().unwrap();
    assert!(matches!(error, RecoverError::Missing { last_seq: 0, .. }), "{error}");
}

#[test]
fn verify_compares_every_file() {
    let (folder, seen) = written(29, 300);
    assert_eq!(log_of(&folder), EventLogState::Level);
    for path in files(&folder) {
        let whole = fs::read(&path).unwrap();
        let mut changed = whole.clone();
        *changed.last_mut().unwrap() ^= 1;
        fs::write(&path, &changed).unwrap();
        let state = log_of(&folder);
        let name = path.file_name().unwrap().to_str().unwrap();
        let expected = |file: &str, offset: u64| file == name && offset == whole.len() as u64 - 1;
        assert!(
            matches!(&state, EventLogState::Differs { file, offset, .. } if expected(file, *offset)),
            "{state:?}"
        );
        fs::write(&path, &whole).unwrap();
    }
    let last = files(&folder).pop().unwrap();
    fs::write(&last, &fs::read(&last).unwrap()[..EVENTS_HEAD + 100]).unwrap();
    assert!(matches!(log_of(&folder), EventLogState::Shorter { .. }));
    fs::remove_file(files(&folder).remove(1)).unwrap();
    assert!(matches!(log_of(&folder), EventLogState::Differs { .. }));
    assert!(events_in(&seen.events).count() > 300);
}
