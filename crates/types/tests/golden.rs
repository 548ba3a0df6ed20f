//! The bytes of every command and of an event, as they were decided: a change of layout must change a file that people read.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

use std::path::{Path, PathBuf};

use garraway_types::*;

fn head() -> CommandHead {
    CommandHead {
        source_seq: 0x0102_0304_0506_0708,
        client_ref: 0x1112_1314_1516_1718,
        account: 0x2122_2324,
        instrument: 0x3132_3334,
        source: 0x4142,
        ..CommandHead::empty()
    }
}

fn fixed() -> FixedBody {
    FixedBody {
        side: 1,
        order_type: 2,
        time_in_force: 3,
        flags: 0,
        price: -2,
        quantity: 0x5152_5354,
        target: 0x6162_6364_6566_6768,
        amount: i64::MIN,
        asset: 0x7172_7374,
        trigger: 7,
        display: 8,
        minimum: 9,
        expire_s: 10,
    }
}

fn sample(kind: CommandKind) -> Vec<u8> {
    let mut out = Vec::new();
    match kind {
        CommandKind::DefineSource => {
            let body =
                DefineSource { name: *b"agent\0\0\0\0\0\0\0\0\0\0\0", defined: 7, rights: 1, reserved: 0 };
            encode_command(kind, head(), &body, NO_ITEMS, b"tail", &mut out);
        }
        CommandKind::DefineAsset => {
            let body = DefineAsset {
                asset: 3,
                code: *b"USD\0\0\0\0\0",
                scale: 8,
                display: 2,
                reserved: 0,
                reserved_2: 0,
            };
            encode_command(kind, head(), &body, NO_ITEMS, &[], &mut out);
        }
        CommandKind::ListInstrument => {
            let body = ListInstrument {
                symbol: *b"GARR\0\0\0\0\0\0\0\0\0\0\0\0",
                base_asset: 1,
                quote_asset: 2,
                execution: 1,
                kind: code::SPOT,
                phase: code::CONTINUOUS,
                reserved: 0,
                price_unit: 3,
                lot_size: 4,
                tick: 5,
                min_price: 6,
                max_price: 7,
                max_quantity: 8,
                max_notional: 9,
                maker_fee_rate: 10,
                taker_fee_rate: 11,
            };
            encode_command(kind, head(), &body, NO_ITEMS, &[], &mut out);
        }
        CommandKind::OpenAccount => {
            let body = OpenAccount {
                firm: 1,
                max_quantity: 2,
                max_notional: 3,
                max_open_orders: 4,
                self_trade: 2,
                self_trade_of: 1,
                group: 0,
                clearing: 0,
                positions: 0,
                reserved: 0,
                reserved_2: 0,
            };
            encode_command(kind, head(), &body, NO_ITEMS, &[], &mut out);
        }
        CommandKind::DefineSession => {
            let body = DefineSession {
                session: 1,
                firm: 2,
                protocol: 1,
                network_prefix: 104,
                cancel_on: 1,
                reserved: 0,
                name: *b"TEST01\0\0\0\0\0\0\0\0\0\0",
                network: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 127, 0, 0, 0],
                salt: [0xaa; 16],
                verifier: [0xbb; 32],
            };
            let items = [16, 17].map(|account| SessionAccount { account, reserved: 0 });
            encode_command(kind, head(), &body, &items, b"t", &mut out);
        }
        _ if kind.is_variable() => return counted(kind),
        _ => encode_command(kind, head(), &fixed(), NO_ITEMS, &[], &mut out),
    }
    out
}

/// A command whose body, and two items where it has them, are 1, 2, 3 ...
fn counted(kind: CommandKind) -> Vec<u8> {
    let spec = kind.spec();
    let items = if spec.item_size == 0 { 0 } else { 2 };
    let content = CommandHead::SIZE + spec.body_size + items * spec.item_size;
    let mut out = vec![0; content.next_multiple_of(8)];
    let (length, items) = (out.len() as u16, items as u16);
    CommandHead { length, kind: kind as u8, version: 1, items, tail: 0, ..head() }.write(&mut out);
    for (byte, number) in out[CommandHead::SIZE..content].iter_mut().zip(1u8..) {
        *byte = number;
    }
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .chunks(16)
        .map(|row| row.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ") + "\n")
        .collect()
}

fn golden(file: &str, text: &str) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(file);
    if std::env::var_os("GARRAWAY_RENEW").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        stored,
        text,
        "{} differs: if the layout was meant to change, GARRAWAY_RENEW=1 cargo test -p garraway-types",
        path.display()
    );
}

#[test]
fn commands_have_their_golden_bytes() {
    let text: String = CommandKind::ALL
        .iter()
        .map(|spec| format!("# {}\n{}\n", spec.name, hex(&sample(spec.kind))))
        .collect();
    golden("commands.hex", &text);
}

#[test]
fn events_have_their_golden_bytes() {
    let event = Event {
        account: 0x0102_0304,
        event_id: 0x1112_1314_1516_1718,
        at_ns: 0x2122_2324_2526_2728,
        instrument: 0x3132_3334,
        source: 0x4142,
        side: 2,
        detail: 9,
        source_seq: 0x5152_5354_5556_5758,
        client_ref: 0x6162_6364_6566_6768,
        price: -1,
        quantity: 2,
        leaves: 3,
        value: i64::MAX,
        fee: 5,
        released: i64::MIN,
        ..Event::empty(EventKind::Filled)
    };
    let mut buffer = vec![0xff; EventSink::RESERVE];
    let mut sink = EventSink::with_tails(&mut buffer);
    sink.push(&event);
    sink.push_with_tail(&event, b"client text 7");
    golden(
        "events.hex",
        &format!("# Filled, then the same with a tail of 13 bytes\n{}", hex(sink.written())),
    );
    let walked: Vec<_> =
        events_in(sink.written()).map(|(event, tail)| (event.event_id, tail.to_vec())).collect();
    assert_eq!(walked, [(event.event_id, vec![]), (event.event_id, b"client text 7".to_vec())]);
}

#[test]
fn a_command_is_read_as_it_was_written() {
    for spec in CommandKind::ALL {
        let bytes = sample(spec.kind);
        let command = Command::parse(&bytes).unwrap();
        assert_eq!(
            (command.kind, command.head.source_seq, command.bytes.len()),
            (spec.kind, head().source_seq, bytes.len())
        );
        assert_eq!(bytes.len() % 8, 0);
        if !spec.kind.is_variable() {
            assert_eq!((command.body::<FixedBody>(), bytes.len()), (fixed(), 96));
        }
    }
    let session = sample(CommandKind::DefineSession);
    let command = Command::parse(&session).unwrap();
    let accounts: Vec<_> = command.items().map(|item| SessionAccount::read(item).account).collect();
    assert_eq!((accounts, command.tail()), (vec![16, 17], &b"t"[..]));
}

#[test]
fn bytes_that_are_no_command_are_refused_with_the_value() {
    let sound = sample(CommandKind::PlaceOrder);
    let change = |at: usize, to: u8| {
        let mut bytes = sound.clone();
        bytes[at] = to;
        Command::parse(&bytes).map(|_| ()).unwrap_err()
    };
    assert_eq!(change(2, 0), Malformed::Kind(0));
    assert_eq!(change(2, 200), Malformed::Kind(200));
    assert_eq!(change(3, 9), Malformed::Version(9));
    assert_eq!(change(0, 88), Malformed::Length { have: 88, need: 96 });
    assert_eq!(change(4, 1), Malformed::Length { have: 96, need: 96 });
    assert_eq!(change(6, 1), Malformed::Length { have: 96, need: 104 });
    assert_eq!(change(6, 129), Malformed::Tail(129));
    assert_eq!(
        Command::parse(&sound[..95]).map(|_| ()).unwrap_err(),
        Malformed::Short { have: 95, need: 96 }
    );
    assert_eq!(Command::parse(&[]).map(|_| ()).unwrap_err(), Malformed::Short { have: 0, need: 36 });
}

#[test]
fn no_bytes_make_the_reader_panic() {
    let mut seed = 1u64;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    for _ in 0..200_000 {
        let mut bytes = sample(CommandKind::ALL[next() as usize % CommandKind::ALL.len()].kind);
        for _ in 0..next() % 4 {
            let at = next() as usize % bytes.len();
            bytes[at] = next() as u8;
        }
        bytes.truncate(next() as usize % (bytes.len() + 40));
        if let Ok(command) = Command::parse(&bytes) {
            assert!(command.tail().len() <= limits::MAX_TAIL && command.bytes.len() <= bytes.len());
            assert!(command.items().all(|item| item.len() == command.kind.spec().item_size));
        }
    }
}

#[test]
fn codes_count_up_and_every_field_stands_where_its_table_says() {
    assert!(CommandKind::ALL.iter().enumerate().all(|(at, spec)| spec.kind as usize == at + 1));
    assert!(EventKind::ALL.iter().enumerate().all(|(at, spec)| spec.kind as usize == at + 1));
    assert!(Reject::ALL.iter().enumerate().all(|(at, spec)| spec.reason as usize == at + 1));
    for (fields, size) in [(CommandHead::FIELDS, 36), (FixedBody::FIELDS, 60), (Event::FIELDS, 96)] {
        let end = fields.iter().fold(0, |end, field| {
            assert_eq!(field.offset, end, "{} follows the one before", field.name);
            end + field.size
        });
        assert_eq!(end, size);
    }
}

#[test]
fn names_are_judged_whole() {
    assert_eq!(name_of(b"GARR\0\0\0\0", 8), Some("GARR"));
    assert_eq!(name_of(b"ABCDEFGH", 8), Some("ABCDEFGH"));
    for bad in [&b"\0\0\0\0"[..], b"AB\0C", b"A B\0", b"ABCDE", b"\xff\0\0\0"] {
        assert_eq!(name_of(bad, 4), None, "{bad:?}");
    }
}
