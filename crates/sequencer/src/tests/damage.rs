//! Every damage to a small journal is refused, or cut and reported; below the event log a cut refuses. Nothing else
//! than what was written is ever applied.

use super::*;
use crate::damage::{Damage, Fault, RecoverError};
use crate::layout::{self, COMMAND, FrameHead, MARK_FRAME, SECTOR, SegmentHead};
use crate::scan::{self, Scanned};
use crate::segment::frames;
use garraway_types::Record;
use std::collections::BTreeMap;
use std::os::unix::fs::FileExt;

/// What a damaged journal did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Refused,
    Cut,
    /// No trace of what is missing in the journal itself: whole batches were never written.
    Shorter,
}

/// A journal, written once, and the folder in which its copies are damaged.
struct Victim {
    folder: Folder,
    journal: PathBuf,
    commands: Vec<Vec<u8>>,
    files: BTreeMap<u64, Vec<u8>>,
}

impl Victim {
    fn new(durability: Durability, commands: usize, clean: bool) -> Self {
        let folder = Folder::new();
        let options = Options { segment_bytes: 20 << 10, ..options(&folder, durability) };
        let (mut venue, _) = Venue::start(options);
        let mut stream = Stream::new(9);
        for step in 1..=commands {
            venue.submit(&stream.next());
            // Batches of ten, each waited for: what a reactor makes of it is not repeatable.
            if step % 10 == 0 {
                venue.sequencer.flush().unwrap();
                if durability == Durability::Fsync {
                    venue.sequencer.wait().unwrap();
                }
            }
        }
        if clean {
            venue = venue.close();
        } else {
            venue.sequencer.flush().unwrap();
            if durability == Durability::Fsync {
                venue.sequencer.wait().unwrap();
            }
            venue.release();
        }
        let commands = venue.seen.commands.into_iter().map(|(_, _, bytes)| bytes).collect();
        drop(venue.sequencer);
        let journal = folder.0.join("journal");
        crate::prepare::discard(&journal).unwrap();
        let files =
            folder.segments().into_iter().map(|first| (first, fs::read(folder.segment(first)).unwrap()));
        let files = files.collect();
        Self { folder, journal, commands, files }
    }

    fn last(&self) -> (u64, Vec<u8>) {
        let (first, bytes) = self.files.last_key_value().unwrap();
        (*first, bytes.clone())
    }

    /// Scans; proves that every command that would be applied is the one that was written there.
    fn scan(&self) -> Result<(Scanned, Fate), Damage> {
        let mut applied = 0;
        let scanned = scan::scan(&self.journal, None, &mut |segment| {
            for frame in segment.frames().filter(|frame| frame.head.kind == COMMAND) {
                assert_eq!(frame.bytes, self.commands[applied], "silently applied");
                applied += 1;
            }
            Some(segment.bytes)
        });
        let scanned = match scanned {
            Ok(scanned) => scanned,
            Err(RecoverError::Damage(damage)) => return Err(damage),
            Err(error) => panic!("{error}"),
        };
        assert_eq!(scanned.position.last_seq, applied as u64);
        let fate = if scanned.cut.is_some() { Fate::Cut } else { Fate::Shorter };
        if fate == Fate::Shorter {
            assert!(applied < self.commands.len(), "nothing was noticed");
        }
        if let Some(cut) = &scanned.cut {
            assert_eq!(cut.after_seq, applied as u64);
            assert!(cut.bytes > 0 && cut.offset >= SECTOR as u64);
        }
        Ok((scanned, fate))
    }

    fn fate(&self) -> (Fate, u64) {
        match self.scan() {
            Ok((scanned, fate)) => (fate, scanned.position.last_seq),
            Err(damage) => {
                let named = damage.to_string();
                assert!(named.contains(&damage.segment) && named.contains("after command"), "{named}");
                (Fate::Refused, damage.after_seq)
            }
        }
    }

    /// With the event log in place: anything that would lose a command refuses; the rest starts with its whole state.
    fn recovers_or_refuses(&self, after_seq: u64) {
        let copy = self.folder.copy();
        let found = Sequencer::recover(options(&copy, Durability::Os), &mut (), None);
        if after_seq < self.commands.len() as u64 {
            let Err(error) = found else { panic!("commands after {after_seq} are missing, and it starts") };
            assert!(matches!(error, RecoverError::Missing { told: "the event log", .. }), "{error}");
            assert_eq!(self.folder.segments(), copy.segments());
        } else {
            let (_, report) = found.unwrap();
            assert!(report.cut.is_some());
            let (_, report) = Sequencer::recover(options(&copy, Durability::Os), &mut (), None)
                .map_err(|error| assert!(matches!(error, RecoverError::Locked { .. })))
                .unwrap_or_else(|()| self.again(&copy));
            assert!(report.cut.is_none());
        }
    }

    fn again(&self, copy: &Folder) -> (Sequencer, Report) {
        Sequencer::recover(options(copy, Durability::Os), &mut (), None).unwrap()
    }

    /// Writes one file, looks, and puts it back.
    fn with(&self, first: u64, bytes: &[u8]) -> (Fate, u64) {
        fs::write(self.folder.segment(first), bytes).unwrap();
        let fate = self.fate();
        fs::write(self.folder.segment(first), &self.files[&first]).unwrap();
        fate
    }

    /// Flips every bit of a segment; returns how often each fate was met. Some of the cuts are tried with the event log.
    fn flips(&self, first: u64) -> BTreeMap<Fate, usize> {
        let file = fs::OpenOptions::new().write(true).open(self.folder.segment(first)).unwrap();
        let bytes = &self.files[&first];
        let mut fates = BTreeMap::new();
        let mut cuts = 0;
        for bit in 0..bytes.len() * 8 {
            let (at, mask) = (bit / 8, 1 << (bit % 8));
            file.write_all_at(&[bytes[at] ^ mask], at as u64).unwrap();
            let (fate, after_seq) = self.fate();
            *fates.entry(fate).or_default() += 1;
            if fate == Fate::Cut {
                cuts += 1;
                if cuts % 499 == 0 {
                    self.recovers_or_refuses(after_seq);
                }
            }
            file.write_all_at(&bytes[at..=at], at as u64).unwrap();
        }
        fates
    }
}

fn check_flips(durability: Durability, commands: usize, clean: bool) -> usize {
    let victim = Victim::new(durability, commands, clean);
    for first in victim.files.keys() {
        let fates = victim.flips(*first);
        assert!(!fates.contains_key(&Fate::Shorter), "a flipped bit went unnoticed: {fates:?}");
        assert!(fates[&Fate::Refused] > 0, "{fates:?}");
    }
    victim.files.len()
}

#[test]
fn every_bit_flip_of_an_os_journal_is_refused_or_cut() {
    assert_eq!(check_flips(Durability::Os, 35, true), 1);
}

#[test]
fn every_bit_flip_of_an_unclean_os_journal_is_refused_or_cut() {
    assert_eq!(check_flips(Durability::Os, 35, false), 1);
}

#[test]
fn every_bit_flip_of_an_fsync_journal_is_refused_or_cut() {
    assert_eq!(check_flips(Durability::Fsync, 25, true), 2);
}

#[test]
fn every_truncation_is_refused() {
    let victim = Victim::new(Durability::Os, 35, true);
    for (first, bytes) in &victim.files {
        let file = fs::OpenOptions::new().write(true).open(victim.folder.segment(*first)).unwrap();
        for length in (0..bytes.len()).rev() {
            file.set_len(length as u64).unwrap();
            assert_eq!(victim.fate().0, Fate::Refused, "{length} bytes");
        }
        fs::write(victim.folder.segment(*first), bytes).unwrap();
        assert_eq!(victim.with(*first, &[bytes.as_slice(), &[0; 8]].concat()).0, Fate::Refused);
    }
}

#[test]
fn zeroed_sectors_are_refused_or_cut_or_refused_by_the_event_log() {
    for durability in [Durability::Os, Durability::Fsync] {
        let victim = Victim::new(durability, 65, true);
        for (first, bytes) in &victim.files {
            let sectors = bytes.len() / SECTOR;
            for mask in 1..1_u32 << sectors {
                let mut hurt = bytes.clone();
                for sector in (0..sectors).filter(|sector| mask & 1 << sector != 0) {
                    hurt[sector * SECTOR..][..SECTOR].fill(0);
                }
                if hurt == *bytes {
                    continue;
                }
                fs::write(victim.folder.segment(*first), &hurt).unwrap();
                let (fate, after_seq) = victim.fate();
                if fate != Fate::Refused {
                    victim.recovers_or_refuses(after_seq);
                }
                fs::write(victim.folder.segment(*first), bytes).unwrap();
            }
        }
    }
}

/// Offsets and lengths of the command frames in the last segment.
fn commands_of(bytes: &[u8]) -> Vec<(usize, usize)> {
    frames(bytes, bytes.len())
        .filter(|frame| frame.head.kind == COMMAND)
        .map(|frame| (frame.offset, usize::from(frame.head.length)))
        .collect()
}

/// Makes the checksums right again, as somebody would who knows the layout.
fn resign(bytes: &mut [u8], frames: &[(usize, usize)]) {
    let crc = SegmentHead::check(bytes).unwrap().crc;
    for (offset, length) in frames {
        let sum = layout::frame_crc(crc, *offset, &bytes[*offset..offset + length]);
        bytes[*offset..offset + 4].copy_from_slice(&sum.to_le_bytes());
    }
}

#[test]
fn moved_frames_are_refused_or_cut_and_never_applied() {
    let victim = Victim::new(Durability::Os, 35, true);
    let (first, bytes) = victim.last();
    let all = commands_of(&bytes);
    for pair in all.windows(2) {
        let ((one, length), (two, other)) = (pair[0], pair[1]);
        let mut swapped = bytes.clone();
        swapped[one..one + other].copy_from_slice(&bytes[two..two + other]);
        swapped[one + other..two + other].copy_from_slice(&bytes[one..one + length]);
        assert_ne!(victim.with(first, &swapped).0, Fate::Shorter);
        resign(&mut swapped, &[(one, other), (one + other, length)]);
        assert_eq!(victim.with(first, &swapped).0, Fate::Refused);

        let mut dropped = bytes.clone();
        dropped.copy_within(two.., one);
        assert_ne!(victim.with(first, &dropped).0, Fate::Shorter);
        resign(&mut dropped, &[(one, other)]);
        assert_eq!(victim.with(first, &dropped).0, Fate::Refused);

        let mut doubled = bytes.clone();
        doubled.copy_within(one..bytes.len() - length, two);
        assert_ne!(victim.with(first, &doubled).0, Fate::Shorter);
        resign(&mut doubled, &[(two, length)]);
        assert_eq!(victim.with(first, &doubled).0, Fate::Refused);
    }
}

#[test]
fn a_command_changed_by_hand_breaks_the_chain() {
    let victim = Victim::new(Durability::Os, 35, true);
    let (first, bytes) = victim.last();
    let (offset, length) = commands_of(&bytes)[3];
    let mut changed = bytes.clone();
    changed[offset + FrameHead::SIZE + 12] ^= 1;
    resign(&mut changed, &[(offset, length)]);
    fs::write(victim.folder.segment(first), &changed).unwrap();
    let error = scan::scan(&victim.journal, None, &mut |_| None).unwrap_err();
    let RecoverError::Damage(damage) = error else { panic!("{error}") };
    assert_eq!(damage.fault, Fault::Chain);
    assert_eq!(damage.after_seq, victim.commands.len() as u64);
}

#[test]
fn a_frame_from_before_the_one_before_it_is_refused() {
    let victim = Victim::new(Durability::Os, 35, false);
    let (first, mut bytes) = victim.last();
    let (offset, length) = *commands_of(&bytes).last().unwrap();
    bytes[offset + 16..offset + 24].copy_from_slice(&5_i64.to_le_bytes());
    resign(&mut bytes, &[(offset, length)]);
    fs::write(victim.folder.segment(first), &bytes).unwrap();
    assert_eq!(victim.scan().unwrap_err().fault, Fault::Time);
}

#[test]
fn damage_with_a_later_batch_behind_it_is_refused_and_named() {
    let folder = Folder::new();
    let options = Options { segment_bytes: 64 << 10, ..options(&folder, Durability::Fsync) };
    let (mut venue, _) = Venue::start(options);
    let (mut stream, mut ends) = (Stream::new(8), Vec::new());
    for _ in 0..4 {
        venue.submit_many(&mut stream, 10);
        venue.sequencer.flush().unwrap();
        venue.sequencer.wait().unwrap();
        ends.push(crate::segment::written_end(&fs::read(folder.segment(1)).unwrap()));
    }
    drop(venue);
    let bytes = fs::read(folder.segment(1)).unwrap();
    for (index, end) in ends.iter().enumerate() {
        let mut hurt = bytes.clone();
        hurt[end.next_multiple_of(SECTOR) - 1] = 1;
        fs::write(folder.segment(1), &hurt).unwrap();
        let full = scan::scan(&folder.0.join("journal"), None, &mut |segment| Some(segment.bytes));
        assert_eq!(full.is_err(), index < 3, "padding of batch {index}");
    }
    let starts: Vec<usize> = commands_of(&bytes).into_iter().map(|(offset, _)| offset).collect();
    for (index, offset) in starts.iter().enumerate() {
        let mut hurt = bytes.clone();
        hurt[offset + 40] ^= 4;
        fs::write(folder.segment(1), &hurt).unwrap();
        let full = scan::scan(&folder.0.join("journal"), None, &mut |segment| Some(segment.bytes));
        match full {
            Ok(scanned) => {
                let cut = scanned.cut.unwrap();
                assert!(index >= 30 && cut.offset as usize <= *offset && cut.after_seq == index as u64);
            }
            Err(RecoverError::Damage(damage)) => {
                assert!(index < 30);
                assert_eq!((damage.offset, damage.after_seq), (*offset as u64, index as u64));
                let Fault::Frame { valid_behind } = damage.fault else { panic!("{damage}") };
                assert!(valid_behind as usize > ends[index / 10]);
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn frames_of_a_fork_of_the_same_journal_break_the_chain() {
    let folder = Folder::new();
    let options = |folder| Options { segment_bytes: 64 << 10, ..options(folder, Durability::Os) };
    let (mut venue, _) = Venue::start(options(&folder));
    let mut stream = Stream::new(4);
    venue.submit_many(&mut stream, 20);
    drop(venue.close());
    let fork = folder.copy();
    // Orders of one length and the gateway's, so that the forks' frames lie at the same places.
    let mut fixed = || loop {
        let bytes = stream.next();
        if bytes.len() == 96 && bytes[32..34] == [0, 0] {
            break bytes;
        }
    };
    for folder in [&folder, &fork] {
        let (mut venue, _) = Venue::start(options(folder));
        for _ in 0..8 {
            venue.submit(&fixed());
        }
        drop(venue.close());
    }
    let first = *folder.segments().last().unwrap();
    assert_eq!(folder.segments(), fork.segments());
    let (mut ours, theirs) =
        (fs::read(folder.segment(first)).unwrap(), fs::read(fork.segment(first)).unwrap());
    let all = commands_of(&ours);
    let (offset, length) = all[all.len() - 3];
    assert_ne!(ours[offset..offset + length], theirs[offset..offset + length]);
    ours[offset..offset + length].copy_from_slice(&theirs[offset..offset + length]);
    fs::write(folder.segment(first), &ours).unwrap();
    let Err(RecoverError::Damage(damage)) = Sequencer::recover(options(&folder), &mut (), None) else {
        panic!("taken")
    };
    assert!(matches!(damage.fault, Fault::Chain | Fault::Time), "{damage}");
}

#[test]
fn missing_foreign_and_exchanged_segments_are_refused() {
    let victim = Victim::new(Durability::Fsync, 80, true);
    let other = Victim::new(Durability::Fsync, 80, true);
    assert!(victim.files.len() > 3);
    for (first, bytes) in &victim.files {
        let path = victim.folder.segment(*first);
        fs::remove_file(&path).unwrap();
        let damage = victim.scan().unwrap_err();
        assert_eq!(damage.fault, Fault::Missing { need: *first });
        fs::write(&path, bytes).unwrap();
        if let Some(foreign) = other.files.get(first).filter(|_| *first > 1) {
            fs::write(&path, foreign).unwrap();
            assert!(matches!(victim.scan().unwrap_err().fault, Fault::Previous));
            fs::write(&path, bytes).unwrap();
        }
        let next = victim.files.range(first + 1..).next();
        if let Some((_, next)) = next {
            fs::write(&path, next).unwrap();
            assert!(matches!(victim.scan().unwrap_err().fault, Fault::Name(_)));
            fs::write(&path, bytes).unwrap();
        }
    }
    let (first, bytes) = victim.last();
    let copy = victim.folder.segment(first + 1);
    fs::write(&copy, bytes).unwrap();
    assert!(victim.scan().is_err());
}

#[test]
fn bytes_behind_a_closing_mark_are_refused() {
    let victim = Victim::new(Durability::Os, 120, true);
    let (first, bytes) = victim.files.first_key_value().unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    for at in end..bytes.len() {
        let mut hurt = bytes.clone();
        hurt[at] = 1;
        fs::write(victim.folder.segment(*first), &hurt).unwrap();
        let damage = victim.scan().unwrap_err();
        assert_eq!(damage.fault, Fault::Trailing);
    }
}

#[test]
fn another_logic_version_is_named() {
    let victim = Victim::new(Durability::Os, 20, true);
    let (first, mut bytes) = victim.last();
    let head = SegmentHead { logic_version: 41, ..SegmentHead::read(&bytes) };
    bytes[..SECTOR].copy_from_slice(&head.sector());
    fs::write(victim.folder.segment(first), &bytes).unwrap();
    let error = victim.scan().unwrap_err();
    assert!(error.to_string().contains("needs logic version 41"), "{error}");
}

#[test]
fn a_torn_mark_costs_no_command() {
    let victim = Victim::new(Durability::Os, 35, true);
    let (first, mut bytes) = victim.last();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    let mark = end - end % 8 + 8 - MARK_FRAME;
    bytes[mark + 30..].fill(0);
    let (fate, after_seq) = victim.with(first, &bytes);
    assert_eq!((fate, after_seq), (Fate::Cut, victim.commands.len() as u64));
}
