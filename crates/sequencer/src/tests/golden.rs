//! The golden journal: written once, kept in the repository, replayed to the state hash that stands beside it.
//!
//! `GARRAWAY_RENEW=1 cargo test -p garraway-sequencer golden` writes it again after a change of behaviour or layout.

use super::tour::tour;
use super::*;
use crate::{DumpEntry, EventReader, dump, verify};
use garraway_types::{CommandKind, EventKind, events_in};
use std::collections::BTreeSet;
use std::sync::Once;

/// The golden folder, written again first where that is asked for.
fn golden() -> PathBuf {
    static RENEWED: Once = Once::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    RENEWED.call_once(|| {
        if std::env::var_os("GARRAWAY_RENEW").is_some() {
            renew(&folder);
        }
    });
    folder
}

/// What stands in `golden/expected.txt`.
fn expected(report: &Report) -> String {
    format!(
        "logic_version {}\ncommands {}\nlast_event_id {}\nstate_hash {:016x}\n",
        garraway_engine::LOGIC_VERSION,
        report.commands,
        report.last_event_id,
        report.state_hash
    )
}

/// A journal of some 120 commands in several segments, of the first seed that gives every kind.
fn renew(golden: &Path) {
    let (folder, report) = (1..64).map(write).find(|(folder, _)| has_every_kind(&folder.0)).unwrap();
    let _ = fs::remove_dir_all(golden);
    for part in ["journal", "events"] {
        copy_files(&folder.0.join(part), &golden.join(part));
    }
    fs::write(golden.join("expected.txt"), expected(&report)).unwrap();
}

fn write(seed: u64) -> (Folder, Report) {
    let folder = Folder::new();
    let (mut venue, _) = Venue::start(options(&folder, Durability::Fsync));
    let mut stream = Stream::new(seed);
    while venue.seen.commands.len() < 60 {
        for _ in 0..15 {
            venue.submit(&stream.next());
            while venue.turn() {}
        }
        venue.sequencer.flush().unwrap();
        venue.sequencer.wait().unwrap();
        venue.release();
    }
    for command in tour(&mut stream, venue.now) {
        venue.submit(&command);
        while venue.turn() {}
    }
    venue.now += 2_000_000_000;
    venue.turn();
    venue.sequencer.flush().unwrap();
    venue.sequencer.wait().unwrap();
    venue.release();
    let now = venue.now;
    drop(venue);
    // A stop that is not clean, and a start after it.
    let (mut venue, _) = Venue::start(options(&folder, Durability::Fsync));
    venue.now = now;
    venue.turn();
    drop(venue.close());
    let (_, report) = Venue::start(options(&folder, Durability::Fsync));
    crate::prepare::discard(&folder.0.join("journal")).unwrap();
    (folder, report)
}

fn has_every_kind(folder: &Path) -> bool {
    let mut kinds = BTreeSet::new();
    dump(folder, 0, u64::MAX, &mut |row| {
        if let DumpEntry::Command(command) = row.entry {
            kinds.insert(command.kind as u8);
        }
    })
    .unwrap();
    CommandKind::ALL.iter().all(|spec| kinds.contains(&(spec.kind as u8)))
}

#[test]
fn golden_journal_replays_to_its_state_hash_and_events() {
    let text = fs::read_to_string(golden().join("expected.txt")).unwrap();
    let folder = Folder::new();
    for part in ["journal", "events"] {
        copy_files(&golden().join(part), &folder.0.join(part));
    }
    let checked = verify(&folder.0, true).unwrap();
    assert!(checked.is_sound() && checked.clean, "{checked}");
    let written = folder.events();
    fs::remove_dir_all(folder.0.join("events")).unwrap();
    let (venue, report) = Venue::start(options(&folder, Durability::Os));
    assert_eq!(
        expected(&report),
        text,
        "behaviour changed: raise LOGIC_VERSION and renew the golden journal"
    );
    assert_eq!((&venue.seen.events, &folder.events()), (&written, &written));
    assert!(report.clean && report.cut.is_none());
    venue.sequencer.engine().check().unwrap();
}

#[test]
fn golden_journal_holds_every_kind_of_command_and_event() {
    assert!(has_every_kind(&golden()));
    let mut reader = EventReader::open(&golden().join("events"), 0).unwrap();
    let mut kinds: BTreeSet<u8> = BTreeSet::new();
    loop {
        let batch = reader.next_batch(1 << 20).unwrap();
        if batch.is_empty() {
            break;
        }
        kinds.extend(events_in(batch).map(|(event, _)| event.kind));
    }
    let missing: Vec<_> = EventKind::ALL.iter().filter(|spec| !kinds.contains(&(spec.kind as u8))).collect();
    assert!(missing.is_empty(), "not in the golden journal: {missing:?}");
}

#[test]
fn a_dump_gives_the_rows_that_were_asked_for() {
    let mut rows = Vec::new();
    dump(&golden(), 10, 12, &mut |row| rows.push((row.seq, matches!(row.entry, DumpEntry::Command(_)))))
        .unwrap();
    let commands: Vec<u64> = rows.iter().filter(|row| row.1).map(|row| row.0).collect();
    assert_eq!(commands, [10, 11, 12]);
    let mut text = Vec::new();
    dump(&golden(), 1, 1, &mut |row| text.push(row.to_string())).unwrap();
    assert!(
        text[0].contains("segment of 16384 bytes") && text[1].contains("DefineSource source 1/1"),
        "{text:?}"
    );
}
