//! Bytes that no honest client sends, at both doors: the sender is closed, and nobody else notices.
#![allow(clippy::unwrap_used)]

mod support;

use garraway_exchange::Notice;
use garraway_types::CommandKind;
use garraway_wire::ouch::{Outbound, Side};
use garraway_wire::soupbintcp::{PacketType, put_packet};
use support::orders::enter;
use support::*;

/// Others trade on after whatever `attack` did, and nothing of it is in the journal.
fn unharmed(attack: impl FnOnce(&Venue)) {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let _door = open_market(&venue);
    let mut witness = venue.session("BRAVO", 0);
    let orders = |venue: &Venue| {
        venue.events().iter().filter(|event| event.client_ref != 0 && event.account == ALPHA).count()
    };
    attack(&venue);
    assert_eq!(orders(&venue), 0);
    witness.send(enter("W", Side::BUY, 1, 1));
    witness.bytes();
}

fn packet(packet_type: PacketType, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_packet(&mut bytes, packet_type, payload);
    bytes
}

/// Bytes that end a connection, whether sent before or after the log-in.
fn garbage() -> Vec<Vec<u8>> {
    vec![
        vec![0, 0],
        vec![0xff; 64],
        b"GET / HTTP/1.1\r\nHost: example\r\n\r\n".to_vec(),
        vec![0, 1, b'?'],
        vec![0, 1, 0],
        packet(PacketType::Sequenced, b"from a server"),
        packet(PacketType::LoginAccepted, &[b' '; 30]),
        packet(PacketType::LoginRequest, &[b' '; 45]),
        packet(PacketType::LoginRequest, &[0xff; 46]),
        packet(PacketType::LogoutRequest, b"payload"),
        packet(PacketType::ClientHeartbeat, b"payload"),
        vec![0x7f, 0xff, b'U'],
    ]
}

#[test]
fn garbage_before_the_log_in_closes_the_connection() {
    unharmed(|venue| {
        for bytes in garbage() {
            let mut link = venue.plain();
            link.raw(&bytes);
            link.expect_close();
            let mut link = venue.plain_door();
            link.raw(&bytes);
            link.expect_close();
        }
    });
}

#[test]
fn garbage_after_the_log_in_closes_the_connection() {
    unharmed(|venue| {
        for bytes in garbage() {
            let mut client = venue.session("ALPHA", 0);
            client.link.raw(&bytes);
            client.link.expect_close();
            let mut door = venue.door("operator");
            door.link.raw(&bytes);
            door.link.expect_close();
        }
    });
}

#[test]
fn a_message_before_the_log_in_closes_the_connection() {
    unharmed(|venue| {
        let mut link = venue.plain();
        let mut payload = Vec::new();
        enter("T", Side::BUY, 1, 1).encode(&mut payload);
        link.send(PacketType::Unsequenced, &payload);
        link.expect_close();
    });
}

#[test]
fn ouch_messages_of_unknown_type_or_wrong_length_close_the_connection() {
    let mut order = Vec::new();
    enter("T", Side::BUY, 1, 1).encode(&mut order);
    let longer = [order.as_slice(), b" "].concat();
    let cases: [&[u8]; 8] = [b"", b"?", b"O", &order[..48], &longer, b"X", b"N12345678901234", &[b'O'; 128]];
    unharmed(|venue| {
        for payload in cases {
            let mut client = venue.session("ALPHA", 0);
            client.link.send(PacketType::Unsequenced, payload);
            client.link.expect_close();
            assert!(venue.closed().starts_with("malformed message: "));
        }
    });
}

#[test]
fn payloads_at_the_door_that_are_neither_command_nor_query_close_the_connection() {
    unharmed(|venue| {
        for payload in [&b""[..], b"X", b"QQ", b"c"] {
            let mut door = venue.door("operator");
            door.payload(payload);
            door.link.expect_close();
        }
    });
}

#[test]
fn a_packet_above_the_limit_is_refused_by_its_length_alone() {
    unharmed(|venue| {
        let mut client = venue.session("ALPHA", 0);
        client.link.raw(&[0, 200, b'U']);
        client.link.expect_close();
        assert_eq!(venue.closed(), "packet payload of 199 bytes, the limit is 128");
        let mut door = venue.door("operator");
        door.link.raw(&[0xff, 0xff, b'U']);
        door.link.expect_close();
        let found = venue.notice(|notice| match notice {
            Notice::Closed { why, door: "door", name, .. } if name == "operator" => {
                why.starts_with("packet payload").then(|| why.clone())
            }
            _ => None,
        });
        assert_eq!(found, "packet payload of 65534 bytes, the limit is 16384");
    });
}

#[test]
fn half_packets_wait_and_whole_ones_work_byte_by_byte() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let _door = open_market(&venue);
    let mut idle = venue.plain();
    idle.raw(&[0]);
    let mut client = venue.session("ALPHA", 0);
    let mut payload = Vec::new();
    enter("SLOW", Side::BUY, 1, 1).encode(&mut payload);
    for byte in packet(PacketType::Unsequenced, &payload) {
        client.link.raw(&[byte]);
    }
    client.bytes();
}

#[test]
fn many_messages_in_one_segment_are_all_taken() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let _door = open_market(&venue);
    let mut bytes = Vec::new();
    let login = Login { name: "ALPHA", secret: SECRET, session: "", from: 2 };
    login.request().encode(&mut bytes);
    for number in 0..1_000 {
        let mut payload = Vec::new();
        enter(&format!("T{number}"), Side::BUY, 1, 1).encode(&mut payload);
        put_packet(&mut bytes, PacketType::Unsequenced, &payload);
    }
    let mut link = venue.plain();
    link.raw(&bytes);
    assert_eq!(link.next().unwrap().0, PacketType::LoginAccepted);
    for _ in 0..1_000 {
        assert_eq!(link.next().unwrap().0, PacketType::Sequenced);
    }
}

#[test]
fn connections_beyond_the_limit_are_closed_at_once_and_places_become_free() {
    let folder = Folder::new();
    let venue = Venue::start_with(&folder, |config| {
        config.limits.ouch_connections = 3;
        config.limits.door_connections = 2;
    });
    let _door = open_market(&venue);
    let mut kept = vec![venue.plain(), venue.plain(), venue.plain()];
    for _ in 0..50 {
        venue.plain().expect_close();
    }
    let _second = venue.plain_door();
    for _ in 0..50 {
        venue.plain_door().expect_close();
    }
    kept.pop();
    venue.notice(|notice| match notice {
        Notice::Closed { door: "ouch", why, .. } => (why == "the client closed").then_some(()),
        _ => None,
    });
    let mut client = venue.session("ALPHA", 0);
    client.send(enter("T", Side::BUY, 1, 1));
    client.bytes();
}

#[test]
fn more_messages_than_the_rate_wait_and_none_is_lost() {
    let folder = Folder::new();
    let venue = Venue::start_with(&folder, |config| {
        config.limits.messages_per_second = 100;
        config.limits.reduction_reserve_per_second = 10;
    });
    let _door = open_market(&venue);
    let mut client = venue.session("ALPHA", 0);
    let began = std::time::Instant::now();
    for number in 0..130 {
        client.send(enter(&format!("T{number}"), Side::BUY, 1, 1));
    }
    for _ in 0..130 {
        client.bytes();
    }
    assert!(began.elapsed() >= std::time::Duration::from_millis(290), "{:?}", began.elapsed());
}

#[test]
fn a_flood_of_cancels_of_no_order_neither_fills_the_journal_nor_stops_those_of_open_ones() {
    let folder = Folder::new();
    let venue = Venue::start_with(&folder, |config| {
        config.limits.messages_per_second = 10;
        config.limits.repeats_per_second = 10;
    });
    let mut door = open_market(&venue);
    let mut client = venue.session("ALPHA", 0);
    for live in 0..3 {
        client.send(enter(&format!("ALPHA{live}"), Side::BUY, 1, 50));
    }
    client.many(3);
    let began = std::time::Instant::now();
    for live in 0..3 {
        for number in 0..5_000 {
            client.send(orders::cancel(&format!("NONE{number}"), 0));
        }
        client.send(orders::cancel(&format!("ALPHA{live}"), 0));
        assert!(matches!(client.message(), Outbound::Canceled(_)));
    }
    // At ten a second each bucket would let 15,000 through in a quarter of an hour.
    assert!(began.elapsed() < std::time::Duration::from_secs(60), "{:?}", began.elapsed());
    let status = door.status();
    let discarded = status.split("\"discarded\":").nth(1).unwrap();
    let discarded: u64 = discarded.split([',', '}']).next().unwrap().parse().unwrap();
    assert!((14_000..=15_000).contains(&discarded), "{status}");
    let commands: std::collections::BTreeSet<u64> =
        venue.events().iter().map(|event| event.event_id >> 16).collect();
    assert!(commands.len() < 200, "{} commands", commands.len());
}

#[test]
fn a_debug_packet_is_taken_and_not_answered() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let mut door = open_market(&venue);
    let mut client = venue.session("ALPHA", 0);
    client.link.send(PacketType::Debug, b"hello \xff");
    client.send(enter("T", Side::BUY, 1, 1));
    client.bytes();
    door.link.send(PacketType::Debug, b"hello");
    let body = garraway_types::FixedBody { asset: 1, amount: 1, ..garraway_types::FixedBody::empty() };
    door.submit(CommandKind::Deposit, ALPHA, 0, &body, &[]);
}

#[test]
fn random_bytes_end_in_a_close_and_harm_nobody() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let types = *b"UUUULROS+\0";
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let _door = open_market(&venue);
    let mut witness = venue.session("BRAVO", 0);
    for _ in 0..300 {
        let (mut client, mut door) = (venue.session("ALPHA", 0), venue.door("operator"));
        for _ in 0..8 {
            let mut payload: Vec<u8> = (0..random() % 60).map(|_| random() as u8).collect();
            if let Some(first) = payload.first_mut() {
                *first = b"OUXMCQ?\xff"[(random() % 8) as usize];
            }
            let mut bytes = vec![0, payload.len() as u8 + 1, types[(random() % 10) as usize]];
            bytes.extend_from_slice(&payload);
            client.link.raw(&bytes);
            door.link.raw(&bytes);
        }
        client.link.raw(&[0, 0]);
        door.link.raw(&[0, 0]);
        while client.link.next().is_some() {}
        while door.link.next().is_some() {}
    }
    witness.send(enter("W", Side::BUY, 1, 1));
    witness.bytes();
}
