//! What is a command and what is not, and the hash over whole records and odd bytes.
#![allow(missing_docs, clippy::unwrap_used)]

use garraway_types::*;

/// A sound record with a tail of two bytes, which leaves six bytes of fill.
fn sound() -> Vec<u8> {
    let mut record = Vec::new();
    encode_command(
        CommandKind::Tick,
        CommandHead::empty(),
        &FixedBody::empty(),
        NO_ITEMS,
        b"ab",
        &mut record,
    );
    record
}

fn changed(at: usize, value: u8) -> Vec<u8> {
    let mut record = sound();
    record[at] = value;
    record
}

fn offset(name: &str) -> usize {
    CommandHead::FIELDS.iter().find(|field| field.name == name).unwrap().offset
}

#[test]
fn a_record_with_a_tail_is_taken_apart_as_it_was_put_together() {
    let record = sound();
    let command = Command::parse(&record).unwrap();
    assert_eq!((command.kind, command.tail(), command.items().count()), (CommandKind::Tick, &b"ab"[..], 0));
    assert_eq!(command.body_bytes().len(), command.kind.spec().body_size);
}

#[test]
fn bytes_behind_the_tail_are_zeros_each_of_them() {
    let record = sound();
    let used = CommandHead::SIZE + CommandKind::Tick.spec().body_size + 2;
    assert!(used < record.len());
    for at in used..record.len() {
        assert_eq!(Command::parse(&changed(at, 1)).unwrap_err(), Malformed::Fill, "byte {at}");
    }
}

#[test]
fn what_does_not_fit_together_is_no_command() {
    let record = sound();
    let length = record.len();
    let short = |have| Malformed::Short { have, need: length };
    assert_eq!(Command::parse(&record[..length - 1]).unwrap_err(), short(length - 1));
    let head = Malformed::Short { have: CommandHead::SIZE - 1, need: CommandHead::SIZE };
    assert_eq!(Command::parse(&record[..CommandHead::SIZE - 1]).unwrap_err(), head);
    for kind in [0, CommandKind::ALL.len() as u8 + 1, 255] {
        assert_eq!(Command::parse(&changed(offset("kind"), kind)).unwrap_err(), Malformed::Kind(kind));
    }
    assert_eq!(Command::parse(&changed(offset("version"), 2)).unwrap_err(), Malformed::Version(2));
    assert_eq!(Command::parse(&changed(offset("tail"), 129)).unwrap_err(), Malformed::Tail(129));
    for (field, value) in [("tail", 9), ("items", 1), ("length", length as u8 + 8)] {
        let why = Command::parse(&changed(offset(field), value)).unwrap_err();
        assert!(matches!(why, Malformed::Length { .. }), "{field} {value}: {why:?}");
    }
}

#[test]
fn every_reason_for_which_bytes_are_no_command_says_what_to_do() {
    let reasons = [
        Malformed::Short { have: 1, need: 36 },
        Malformed::Length { have: 8, need: 96 },
        Malformed::Kind(99),
        Malformed::Version(2),
        Malformed::Tail(129),
        Malformed::Fill,
    ];
    for reason in reasons {
        assert!(reason.to_string().contains(": "), "{reason}");
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hash = Fnv::default();
    hash.bytes(bytes);
    hash.value()
}

#[test]
fn every_byte_is_in_the_hash_whatever_the_length() {
    for length in 1..40 {
        let bytes: Vec<u8> = (0..length).collect();
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 0x80;
            assert_ne!(hash(&other), hash(&bytes), "byte {at} of {length}");
        }
    }
}
