//! The bounds: what happens at each, and that nobody else notices.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use garraway_types::*;
use garraway_wire::websocket::Opcode;

use super::peer::{Client, DEADLINE, Got, shake};
use super::venue::{Venue, wait};

#[test]
fn only_the_path_and_allowed_origins_are_let_in() {
    let venue = Venue::start(|config| config.origins = vec!["https://desk.example".to_owned()]);
    for (path, more, status) in [
        ("/ws", "", 101),
        ("/ws?x=1", "", 101),
        ("/", "", 404),
        ("/ws/more", "", 404),
        ("/ws", "Origin: https://desk.example\r\n", 101),
        ("/ws", "Origin: https://evil.example\r\n", 403),
        ("/ws", "Origin: null\r\n", 403),
        ("/ws", "Sec-WebSocket-Version: 8\r\n", 400),
        ("/ws", "Content-Length: 5\r\n", 400),
    ] {
        let (_, head) = shake(venue.address(), path, more);
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{path} {more} {head}");
    }
}

#[test]
fn a_handshake_that_does_not_come_is_not_waited_for() {
    let venue = Venue::start(|config| config.limits.handshake_ms = 50);
    let mut socket = TcpStream::connect(venue.address()).unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    socket.write_all(b"GET /ws HTTP/1.1\r\n").unwrap();
    assert_eq!(socket.read(&mut [0; 64]).unwrap(), 0);
    wait(|| (venue.figure("connections") == 0).then_some(()));
}

#[test]
fn there_are_no_more_connections_than_allowed() {
    let venue = Venue::start(|config| config.limits.connections = 2);
    let mut first = Client::connect(venue.address());
    let _second = Client::connect(venue.address());
    let mut third = TcpStream::connect(venue.address()).unwrap();
    third.set_read_timeout(Some(DEADLINE)).unwrap();
    assert_eq!(third.read(&mut [0; 64]).unwrap(), 0);
    assert_eq!(venue.figure("refused"), 1);
    first.send(r#"{"op":"ping"}"#);
    assert_eq!(first.message()["type"], "pong");
}

#[test]
fn a_message_that_breaks_a_rule_closes_with_its_code() {
    let venue = Venue::start(|_| {});
    for (opcode, payload, code) in [
        (Opcode::Binary, vec![1, 2], 1003),
        (Opcode::Text, vec![0xff, 0xfe], 1007),
        (Opcode::Text, vec![b' '; (64 << 10) + 1], 1009),
        (Opcode::Continuation, vec![], 1002),
        (Opcode::Close, vec![3], 1002),
    ] {
        let mut client = Client::connect(venue.address());
        client.send_frame(opcode, &payload);
        let end = client.end();
        assert!(matches!(end, Got::Close(found, _) if found == code), "{opcode:?}: {end:?}");
    }
    let mut leaving = Client::connect(venue.address());
    leaving.send_frame(Opcode::Close, &1000u16.to_be_bytes());
    assert_eq!(leaving.end(), Got::Close(1000, String::new()));
}

#[test]
fn what_is_no_message_is_an_error_and_the_connection_goes_on() {
    let venue = Venue::start(|_| {});
    let mut client = Client::connect(venue.address());
    for (message, code) in [
        ("", "MessageInvalid"),
        ("{\"op\":\"buy\"}", "MessageInvalid"),
        (r#"{"op":"subscribe","channel":"book"}"#, "SymbolMissing"),
        (r#"{"op":"subscribe","channel":"book","symbol":"NONE"}"#, "SymbolUnknown"),
        (r#"{"op":"subscribe","channel":"book","symbol":"BTC","depth":7}"#, "DepthInvalid"),
        (r#"{"op":"subscribe","channel":"ticker","symbol":"BTC","depth":5}"#, "FieldUnknown"),
        (r#"{"op":"subscribe","channel":"ticker","symbol":"BTC","account":16}"#, "FieldUnknown"),
        (r#"{"op":"subscribe","channel":"orders","symbol":"BTC"}"#, "FieldUnknown"),
    ] {
        client.send(message);
        let answer = client.message();
        assert_eq!((&answer["type"], &answer["code"]), (&"error".into(), &code.into()), "{message}");
    }
}

#[test]
fn who_sends_too_many_messages_is_cut() {
    let venue = Venue::start(|config| config.limits.messages_per_second = 5);
    let mut client = Client::connect(venue.address());
    for _ in 0..40 {
        client.send(r#"{"op":"ping"}"#);
    }
    assert_eq!(client.end(), Got::Close(1008, "more than 5 messages a second".to_owned()));
}

#[test]
fn a_connection_has_no_more_subscriptions_than_allowed() {
    let venue = Venue::start(|config| config.limits.subscriptions = 2);
    let mut client = Client::connect(venue.address());
    client.subscribe(r#""channel":"book","symbol":"BTC""#);
    client.subscribe(r#""channel":"trades","symbol":"BTC""#);
    client.send(r#"{"op":"subscribe","channel":"status","symbol":"BTC"}"#);
    assert_eq!(client.message()["code"], "SubscriptionsTooMany");
}

#[test]
fn a_reader_that_stops_is_cut_within_five_seconds() {
    let venue = Venue::start(|_| {});
    let mut client = Client::connect(venue.address());
    client.answers = false;
    let since = Instant::now();
    client.subscribe(r#""channel":"ticker","symbol":"BTC""#);
    assert!(matches!(client.end(), Got::Close(1008, reason) if reason.starts_with("nothing was read for")));
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
    assert_eq!(venue.figure("cut_slow"), 1);
}

#[test]
fn who_lets_private_events_pile_up_is_cut() {
    let mut venue = Venue::start(|config| {
        config.limits.queue_bytes = 20_000;
        config.limits.silence_ms = 60_000;
        config.limits.socket_bytes = 4_096;
    });
    let mut client = venue.client(&[16], "s");
    rustix::net::sockopt::set_socket_recv_buffer_size(&client.socket, 4_096).unwrap();
    client.subscribe(r#""channel":"orders""#);
    wait(|| {
        for _ in 0..50 {
            let client_ref = venue.place(16, Side::Buy, 49_000, 1, &[]);
            venue.cancel(16, client_ref);
        }
        venue.catch_up();
        (venue.figure("cut_slow") == 1).then_some(())
    });
    assert!(matches!(client.end(), Got::End | Got::Close(1008, _)));
}
