//! Framing: golden bytes, limits, and a stream cut anywhere gives the same packets.

use garraway_wire::soupbintcp::{
    FrameError, LoginAccepted, LoginReject, LoginRequest, LoginText, MAX_PAYLOAD_LEN, PacketType, Password,
    SendError, next_packet, put_packet, put_packet_with,
};

use crate::golden;
use crate::random::Random;

const FILE: &str = include_str!("../../golden/soupbintcp.hex");

fn encoded(packet_type: PacketType) -> Vec<u8> {
    let mut out = Vec::new();
    match packet_type {
        PacketType::Debug => put_packet(&mut out, packet_type, b"hi"),
        PacketType::LoginAccepted => {
            LoginAccepted { session: LoginText::new("D202401").unwrap(), next_sequence: 42 }.encode(&mut out);
        }
        PacketType::LoginRejected => LoginReject::SessionNotAvailable.encode(&mut out),
        PacketType::Sequenced => put_packet(&mut out, packet_type, &[0x00, 0xFF, 0x0A, b'+']),
        PacketType::LoginRequest => LoginRequest {
            username: LoginText::new("alice").unwrap(),
            password: Password::new("s3cr3t").unwrap(),
            requested_session: LoginText::new("D202401").unwrap(),
            requested_sequence: 1,
        }
        .encode(&mut out),
        PacketType::Unsequenced => put_packet(&mut out, packet_type, &[b'X', 0x00, b'L']),
        PacketType::ServerHeartbeat
        | PacketType::EndOfSession
        | PacketType::ClientHeartbeat
        | PacketType::LogoutRequest => put_packet(&mut out, packet_type, &[]),
    }
    out
}

#[test]
fn every_packet_encodes_to_its_golden_bytes_and_splits_off_whole() {
    for packet_type in PacketType::ALL {
        let bytes = golden::bytes(FILE, &format!("{packet_type:?}"));
        assert_eq!(encoded(packet_type), bytes, "{packet_type:?}");
        let (packet, consumed) = next_packet(&bytes, 46).unwrap().unwrap();
        assert_eq!((packet.packet_type(), packet.payload), (Some(packet_type), &bytes[3..]));
        assert_eq!(consumed, bytes.len());
    }
}

#[test]
fn every_golden_section_is_a_packet_type() {
    let names: Vec<String> = golden::sections(FILE).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, PacketType::ALL.map(|packet_type| format!("{packet_type:?}")));
}

#[test]
fn a_zero_length_is_an_error() {
    let error = next_packet(&[0, 0, b'S'], 100).unwrap_err();
    assert_eq!(error, FrameError::Empty);
    assert_eq!(error.to_string(), "packet length 0, at least 1 is needed for the type byte");
}

#[test]
fn an_over_long_packet_is_an_error_before_its_payload_comes() {
    let error = next_packet(&[0, 102], 100).unwrap_err();
    assert_eq!(error, FrameError::TooLong { payload_len: 101, limit: 100 });
    assert_eq!(error.to_string(), "packet payload of 101 bytes, the limit is 100");
    assert_eq!(next_packet(&[0, 101], 100), Ok(None));
}

#[test]
fn the_longest_payload_fits_and_one_more_byte_does_not() {
    let mut out = Vec::new();
    put_packet(&mut out, PacketType::Sequenced, &vec![7; MAX_PAYLOAD_LEN]);
    assert_eq!(next_packet(&out, MAX_PAYLOAD_LEN).unwrap().unwrap().1, out.len());
    let too_long = vec![7; MAX_PAYLOAD_LEN + 1];
    let before = out.len();
    let result =
        put_packet_with(&mut out, PacketType::Sequenced, MAX_PAYLOAD_LEN, |out| out.extend(&too_long));
    let error = SendError::PayloadTooLong { payload_len: MAX_PAYLOAD_LEN + 1, limit: MAX_PAYLOAD_LEN };
    assert_eq!((result, out.len()), (Err(error), before));
}

#[test]
fn a_payload_written_in_place_gives_the_same_packet() {
    let (mut copied, mut in_place) = (vec![1, 2], vec![1, 2]);
    put_packet(&mut copied, PacketType::Sequenced, b"payload");
    put_packet_with(&mut in_place, PacketType::Sequenced, 7, |out| out.extend_from_slice(b"payload"))
        .unwrap();
    assert_eq!(copied, in_place);
}

/// Feeds a stream in pieces of the lengths given, and collects types and payloads.
fn split(stream: &[u8], mut piece_len: impl FnMut() -> usize) -> Vec<(u8, Vec<u8>)> {
    let mut packets = Vec::new();
    let mut buffer = Vec::new();
    let mut rest = stream;
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(piece_len().min(rest.len()));
        rest = behind;
        buffer.extend_from_slice(piece);
        let mut at = 0;
        while let Some((packet, consumed)) = next_packet(&buffer[at..], 4_200).unwrap() {
            packets.push((packet.type_byte, packet.payload.to_vec()));
            at += consumed;
        }
        buffer.drain(..at);
    }
    assert_eq!(buffer, b"");
    packets
}

#[test]
fn a_stream_cut_anywhere_gives_the_same_packets() {
    let mut random = Random::new(21);
    let mut stream = Vec::new();
    let mut expected = Vec::new();
    for _ in 0..2_000 {
        let packet_type = PacketType::ALL[random.below(PacketType::ALL.len())];
        let max_len = if random.below(20) == 0 { 4_200 } else { 60 };
        let mut payload = vec![0; random.below(max_len + 1)];
        random.fill(&mut payload);
        put_packet(&mut stream, packet_type, &payload);
        expected.push((packet_type.byte(), payload));
    }
    assert!(split(&stream, || usize::MAX) == expected, "whole");
    assert!(split(&stream, || 1) == expected, "one byte at a time");
    for _ in 0..10 {
        assert!(split(&stream, || 1 + random.below(300)) == expected, "random pieces");
    }
}
