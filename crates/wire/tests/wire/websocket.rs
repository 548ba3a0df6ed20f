//! WebSocket: the handshake, frames against golden bytes, whole messages, bounds, and any bytes at all.

use garraway_wire::websocket::{
    Fault, HandshakeError, MAX_HANDSHAKE, Message, Opcode, Peer, Receiver, accept_key, next_upgrade,
    put_accept, put_client_frame, put_close, put_frame, put_refusal,
};

use crate::golden;
use crate::random::Random;

const FILE: &str = include_str!("../../golden/websocket.hex");
const LIMIT: usize = 64 << 10;

fn receiver() -> Receiver {
    Receiver::new(Peer::Client, LIMIT)
}

/// A client's frame with every bit as given.
fn raw(first: u8, payload: &[u8]) -> Vec<u8> {
    assert!(payload.len() < 126);
    let mut bytes = vec![first, 0x80 | payload.len() as u8, 0, 0, 0, 0];
    bytes.extend_from_slice(payload);
    bytes
}

const REQUEST: &str = "GET /ws?a=b HTTP/1.1\r\nHost: here\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: https://desk.example\r\n\
                       Sec-WebSocket-Version: 13\r\n\r\n";

#[test]
fn the_key_of_the_rfc_is_answered_as_in_the_rfc() {
    assert_eq!(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    let mut answer = Vec::new();
    put_accept(&mut answer, "dGhlIHNhbXBsZSBub25jZQ==");
    let text = String::from_utf8(answer).unwrap();
    assert!(text.starts_with("HTTP/1.1 101 Switching Protocols\r\n") && text.ends_with("\r\n\r\n"));
    assert!(text.contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
}

#[test]
fn a_request_is_read_once_it_is_whole() {
    let whole = format!("{REQUEST}rest");
    for length in 0..REQUEST.len() {
        assert_eq!(next_upgrade(&whole.as_bytes()[..length]), Ok(None));
    }
    let upgrade = next_upgrade(whole.as_bytes()).unwrap().unwrap();
    assert_eq!((upgrade.path, upgrade.origin), ("/ws", Some("https://desk.example")));
    assert_eq!((upgrade.key, upgrade.length), ("dGhlIHNhbXBsZSBub25jZQ==", REQUEST.len()));
}

#[test]
fn what_opens_no_websocket_is_refused_with_a_status() {
    let without = |header: &str| {
        REQUEST.split_inclusive("\r\n").filter(|line| !line.starts_with(header)).collect::<String>()
    };
    let with = |header: &str| REQUEST.replacen("Host: here", header, 1);
    let cases = [
        (REQUEST.replacen("GET", "POST", 1), HandshakeError::Method, 405),
        (REQUEST.replacen("HTTP/1.1", "HTTP/1.0", 1), HandshakeError::Malformed, 400),
        (REQUEST.replacen("/ws", "ws", 1), HandshakeError::Malformed, 400),
        (REQUEST.replacen(": 13", ": 8", 1), HandshakeError::Version, 426),
        (REQUEST.replacen("ZQ==", "ZQ=", 1), HandshakeError::Headers, 400),
        (without("Upgrade"), HandshakeError::Headers, 400),
        (without("Connection"), HandshakeError::Headers, 400),
        (without("Sec-WebSocket-Key"), HandshakeError::Headers, 400),
        (without("Sec-WebSocket-Version"), HandshakeError::Headers, 400),
        (with("Sec-WebSocket-Version: 13"), HandshakeError::Headers, 400),
        (with("Origin: https://other.example"), HandshakeError::Headers, 400),
        (with("Transfer-Encoding: chunked"), HandshakeError::Headers, 400),
        (with("Content-Length: 3"), HandshakeError::Headers, 400),
        (with("no colon"), HandshakeError::Malformed, 400),
        (with("Host : here"), HandshakeError::Malformed, 400),
        (with(&format!("Host: {}", "x".repeat(MAX_HANDSHAKE))), HandshakeError::TooLong, 431),
        ("x".repeat(MAX_HANDSHAKE), HandshakeError::TooLong, 431),
    ];
    for (request, error, status) in cases {
        assert_eq!(next_upgrade(request.as_bytes()), Err(error), "{request}");
        assert_eq!(error.status(), status);
        let mut answer = Vec::new();
        put_refusal(&mut answer, status, &error.to_string());
        assert!(String::from_utf8(answer).unwrap().starts_with(&format!("HTTP/1.1 {status} ")));
    }
}

#[test]
fn frames_are_the_golden_bytes() {
    let mut made = Vec::new();
    put_frame(&mut made, Opcode::Text, b"Hello");
    assert_eq!(made, golden::bytes(FILE, "ServerText"));
    let mut made = Vec::new();
    put_client_frame(&mut made, Opcode::Text, b"Hello", [0x37, 0xfa, 0x21, 0x3d]);
    assert_eq!(made, golden::bytes(FILE, "ClientText"));
    let mut made = Vec::new();
    put_frame(&mut made, Opcode::Ping, b"Hello");
    assert_eq!(made, golden::bytes(FILE, "ServerPing"));
    let mut made = Vec::new();
    put_client_frame(&mut made, Opcode::Pong, b"Hello", [0x37, 0xfa, 0x21, 0x3d]);
    assert_eq!(made, golden::bytes(FILE, "ClientPong"));
    let mut made = Vec::new();
    put_close(&mut made, 1008, "too slow");
    assert_eq!(made, golden::bytes(FILE, "ServerClose"));
    for (length, name) in [(256, "HeadOf256"), (65_536, "HeadOf65536")] {
        let mut made = Vec::new();
        put_frame(&mut made, Opcode::Binary, &vec![0; length]);
        assert_eq!(made[..made.len() - length], golden::bytes(FILE, name));
    }
}

#[test]
fn fragments_are_put_together_with_controls_between_them() {
    let mut receiver = receiver();
    let (mut bytes, mut found) = (golden::bytes(FILE, "ClientFragments"), Vec::new());
    while let Some((message, used)) = receiver.next(&bytes).unwrap() {
        found.push(format!("{message:?}"));
        bytes.drain(..used);
    }
    assert_eq!(bytes, []);
    assert_eq!(found, ["Fragment", "Ping([104, 105])", r#"Text("Hello")"#, r#"Text("")"#]);
}

#[test]
fn a_message_may_come_byte_by_byte_and_in_every_form_of_length() {
    for length in [0, 1, 125, 126, 127, 65_535, 65_536] {
        let payload = vec![b'x'; length];
        let mut bytes = Vec::new();
        put_client_frame(&mut bytes, Opcode::Text, &payload, [9, 8, 7, 6]);
        let mut receiver = receiver();
        for cut in (0..bytes.len()).step_by(1 + length / 50) {
            assert_eq!(receiver.next(&bytes[..cut]), Ok(None));
        }
        let (message, used) = receiver.next(&bytes).unwrap().unwrap();
        assert_eq!((message, used), (Message::Text(str::from_utf8(&payload).unwrap()), bytes.len()));
    }
}

#[test]
fn what_breaks_the_protocol_is_told_with_its_close_code() {
    let long = [[0x81, 0xff].as_slice(), &65_537u64.to_be_bytes(), &[0; 4]].concat();
    let not_shortest = [[0x81, 0xfe].as_slice(), &125u16.to_be_bytes(), &[0; 4]].concat();
    let not_shortest_64 = [[0x81, 0xff].as_slice(), &65_535u64.to_be_bytes(), &[0; 4]].concat();
    let highest_bit = [[0x82, 0xff].as_slice(), &(1u64 << 63).to_be_bytes(), &[0; 4]].concat();
    let cases = [
        (raw(0xc1, b""), Fault::ReservedBits, 1002),
        (raw(0x83, b""), Fault::UnknownOpcode(3), 1002),
        (raw(0x8b, b""), Fault::UnknownOpcode(11), 1002),
        (vec![0x81, 0x00], Fault::Masking, 1002),
        (raw(0x09, b""), Fault::ControlFrame, 1002),
        (vec![0x89, 0xfe, 0, 126], Fault::ControlFrame, 1002),
        (not_shortest, Fault::LengthForm, 1002),
        (not_shortest_64, Fault::LengthForm, 1002),
        (highest_bit, Fault::LengthForm, 1002),
        (raw(0x80, b""), Fault::Fragmentation, 1002),
        ([raw(0x01, b"a"), raw(0x81, b"b")].concat(), Fault::Fragmentation, 1002),
        (raw(0x88, b"\x03"), Fault::CloseFrame, 1002),
        (raw(0x88, &1005u16.to_be_bytes()), Fault::CloseFrame, 1002),
        (raw(0x88, &1006u16.to_be_bytes()), Fault::CloseFrame, 1002),
        (raw(0x88, &999u16.to_be_bytes()), Fault::CloseFrame, 1002),
        (raw(0x88, b"\x03\xe8\xff"), Fault::NotText, 1007),
        (raw(0x81, b"\xc3"), Fault::NotText, 1007),
        (raw(0x81, b"\xed\xa0\x80"), Fault::NotText, 1007),
        (long, Fault::TooBig { length: 65_537, limit: LIMIT }, 1009),
    ];
    for (bytes, fault, code) in cases {
        let mut receiver = receiver();
        let mut used = 0;
        let found = loop {
            match receiver.next(&bytes[used..]) {
                Ok(Some((_, taken))) => used += taken,
                Ok(None) => panic!("{bytes:?} was taken"),
                Err(found) => break found,
            }
        };
        assert_eq!((found, found.code()), (fault, code), "{bytes:?}");
    }
}

#[test]
fn fragments_together_are_no_longer_than_the_limit() {
    let mut receiver = Receiver::new(Peer::Client, 6);
    let bytes = [raw(0x01, b"abcd"), raw(0x00, b"ef"), raw(0x80, b"g")].concat();
    let mut used = 0;
    for _ in 0..2 {
        used += receiver.next(&bytes[used..]).unwrap().unwrap().1;
    }
    assert_eq!(receiver.next(&bytes[used..]), Err(Fault::TooBig { length: 7, limit: 6 }));
}

#[test]
fn a_close_says_why_and_a_long_reason_is_cut_at_a_character() {
    let mut receiver = Receiver::new(Peer::Server, LIMIT);
    let mut bytes = Vec::new();
    put_close(&mut bytes, 4001, &"é".repeat(100));
    let (message, _) = receiver.next(&bytes).unwrap().unwrap();
    assert_eq!(message, Message::Close(4001, &"é".repeat(61)));
    assert_eq!(receiver.next(&[0x88, 0x00]).unwrap().unwrap().0, Message::Close(1005, ""));
}

#[test]
fn a_million_random_inputs_do_no_harm_and_whole_frames_survive_them() {
    let mut random = Random::new(0x5eed_0455);
    let mut met = [0u32; 3];
    for _ in 0..1_000_000 {
        let length = 1 + (random.u64() % 40) as usize;
        let mut bytes: Vec<u8> = (0..length).map(|_| random.u64() as u8).collect();
        // Mostly heads that could be.
        if random.below(4) > 0 {
            bytes[0] = [0x81, 0x01, 0x00, 0x80, 0x82, 0x88, 0x89, 0x8a][(random.u64() % 8) as usize];
            if let Some(second) = bytes.get_mut(1) {
                *second = 0x80 | (random.u64() % 34) as u8;
            }
        }
        let mut receiver = Receiver::new(Peer::Client, 24);
        let mut used = 0;
        loop {
            match receiver.next(&bytes[used..]) {
                Ok(Some((_, taken))) => {
                    assert!(taken > 0 && used + taken <= bytes.len());
                    used += taken;
                    met[0] += 1;
                }
                Ok(None) => break met[1] += 1,
                Err(fault) => {
                    assert!(matches!(fault.code(), 1002 | 1007 | 1009));
                    break met[2] += 1;
                }
            }
        }
        // Any bytes are no request, or one that is read within itself.
        if let Ok(Some(upgrade)) = next_upgrade(&bytes) {
            assert!(upgrade.length <= bytes.len());
        }
    }
    assert!(met.iter().all(|count| *count > 10_000), "{met:?}");
}
