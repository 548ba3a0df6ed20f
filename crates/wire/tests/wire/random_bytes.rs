//! Any bytes at all: no decoder panics, and what decodes encodes to the same bytes.

use garraway_wire::itch::{Frame, Message, next_frame};
use garraway_wire::ouch::{DecodeError, Inbound, MessageLayout, Outbound};
use garraway_wire::soupbintcp::{
    ClientAction, ClientSession, LOGIN_ACCEPTED_LEN, LOGIN_REQUEST_LEN, LoginAccepted, LoginReject,
    LoginRequest, LoginText, Password, ServerAction, ServerSession, SessionLimits, next_packet,
};

use crate::random::Random;

const INPUTS: usize = 1_000_000;

/// Decodes random bytes, mostly of a type that exists and half of that type's length.
fn feed(
    seed: u64,
    layouts: &[MessageLayout],
    round_trip: impl Fn(&[u8], &mut Vec<u8>) -> Result<(), DecodeError>,
) {
    let mut random = Random::new(seed);
    let mut buffer = [0; 128];
    let mut encoded = Vec::with_capacity(128);
    for input in 0..INPUTS {
        random.fill(&mut buffer);
        let layout = layouts[random.below(layouts.len())];
        let exact = input % 2 == 0;
        let len = if exact { layout.len } else { random.below(buffer.len() + 1) };
        if input % 4 < 3 {
            buffer[0] = layout.type_byte;
        }
        let bytes = &buffer[..len];
        encoded.clear();
        match round_trip(bytes, &mut encoded) {
            Ok(()) => assert_eq!(encoded, bytes),
            Err(_) => assert!(
                layouts.iter().all(|layout| bytes.first() != Some(&layout.type_byte) || len != layout.len)
            ),
        }
    }
}

#[test]
fn inbound_messages_of_any_bytes_encode_as_they_decoded() {
    feed(11, Inbound::LAYOUTS, |bytes, out| Inbound::decode(bytes).map(|message| message.encode(out)));
}

#[test]
fn outbound_messages_of_any_bytes_encode_as_they_decoded() {
    feed(12, Outbound::LAYOUTS, |bytes, out| Outbound::decode(bytes).map(|message| message.encode(out)));
}

#[test]
fn feed_messages_of_any_bytes_encode_as_they_decoded() {
    feed(17, Message::LAYOUTS, |bytes, out| Message::decode(bytes).map(|message| message.encode(out)));
}

#[test]
fn frames_of_a_file_of_any_bytes_are_within_it() {
    let mut random = Random::new(18);
    let mut buffer = [0; 96];
    for _ in 0..INPUTS {
        random.fill(&mut buffer);
        buffer[0] &= random.u64() as u8 & 1;
        let bytes = &buffer[..random.below(buffer.len() + 1)];
        let frame = next_frame(bytes);
        assert!(frame.consumed() <= bytes.len());
        if let Frame::Message(message) = frame {
            assert_eq!(bytes[2..frame.consumed()], *message);
        }
    }
}

#[test]
fn frames_of_any_bytes_are_within_their_limit_and_buffer() {
    let mut random = Random::new(13);
    let mut buffer = [0; 96];
    for _ in 0..INPUTS {
        random.fill(&mut buffer);
        if random.below(4) > 0 {
            buffer[0] = 0;
        }
        let bytes = &buffer[..random.below(buffer.len() + 1)];
        if let Ok(Some((packet, consumed))) = next_packet(bytes, 64) {
            assert!(packet.payload.len() <= 64);
            assert!(consumed <= bytes.len());
            assert_eq!(consumed, packet.payload.len() + 3);
        }
    }
}

/// Text in front, a right-justified number in the last twenty bytes; now and then a byte of any value.
fn fill_like_login(random: &mut Random, bytes: &mut [u8]) {
    const LIKELY: &[u8; 16] = b"          0123Aa";
    let number_start = bytes.len() - random.below(21).min(bytes.len());
    let text_end = bytes.len().saturating_sub(20);
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = match at {
            _ if random.below(200) == 0 => random.u64() as u8,
            _ if at < text_end => LIKELY[random.below(LIKELY.len())],
            _ if at < number_start => b' ',
            _ => b'0' + random.below(10) as u8,
        };
    }
}

#[test]
fn log_in_payloads_of_any_bytes_decode_to_what_they_encode_to() {
    let mut random = Random::new(14);
    let mut buffer = [0; 60];
    let mut out = Vec::new();
    let (mut requests, mut answers) = (0, 0);
    for input in 0..INPUTS {
        let len = match input % 4 {
            0 => LOGIN_ACCEPTED_LEN,
            1 => random.below(buffer.len() + 1),
            _ => LOGIN_REQUEST_LEN,
        };
        fill_like_login(&mut random, &mut buffer[..len]);
        out.clear();
        if let Ok(request) = LoginRequest::decode(&buffer[..len]) {
            request.encode(&mut out);
            assert_eq!(LoginRequest::decode(&out[3..]), Ok(request));
            requests += 1;
        }
        out.clear();
        if let Ok(accepted) = LoginAccepted::decode(&buffer[..len]) {
            accepted.encode(&mut out);
            assert_eq!(LoginAccepted::decode(&out[3..]), Ok(accepted));
            answers += 1;
        }
        assert_eq!(LoginReject::decode(&buffer[..len]).is_ok(), len == 1);
    }
    assert!(requests > INPUTS / 10 && answers > INPUTS / 10, "{requests} requests, {answers} answers");
}

/// Packets that are mostly of known types and short.
fn fill_like_packets(random: &mut Random, bytes: &mut Vec<u8>, types: &[u8], opening: &[u8]) {
    bytes.clear();
    if random.below(4) > 0 {
        bytes.extend_from_slice(opening);
    }
    for _ in 0..random.below(8) {
        let payload_len = if random.below(2) == 0 { 0 } else { random.below(50) };
        bytes.extend_from_slice(&[0, payload_len as u8 + 1, types[random.below(types.len())]]);
        let start = bytes.len();
        bytes.resize(start + payload_len, 0);
        random.fill(&mut bytes[start..]);
    }
    if !bytes.is_empty() && random.below(8) == 0 {
        let at = random.below(bytes.len());
        bytes[at] = random.u64() as u8;
    }
}

fn login() -> LoginRequest {
    LoginRequest {
        username: LoginText::new("alice").unwrap(),
        password: Password::new("s3cr3t").unwrap(),
        requested_session: LoginText::BLANK,
        requested_sequence: 0,
    }
}

#[test]
fn a_server_takes_any_bytes_and_its_close_is_final() {
    let mut random = Random::new(15);
    let mut opening = Vec::new();
    login().encode(&mut opening);
    let mut bytes = Vec::new();
    let mut out = Vec::new();
    for _ in 0..INPUTS / 10 {
        fill_like_packets(&mut random, &mut bytes, b"UUURRR+OLSAJHZ?", &opening);
        let mut session = ServerSession::new(SessionLimits::STANDARD, 0);
        let mut at = 0;
        out.clear();
        loop {
            let (consumed, action) = session.receive(&bytes[at..], 1);
            at += consumed;
            assert!(at <= bytes.len());
            match action {
                ServerAction::NeedBytes => break,
                ServerAction::Login(_) => session.accept(LoginText::BLANK, 1, 1, &mut out).unwrap(),
                ServerAction::Unsequenced(_) => assert!(session.is_logged_in()),
                ServerAction::Debug(_) => {}
                ServerAction::AwaitingDecision => panic!("the log-in was answered"),
                ServerAction::Close(reason) => {
                    assert_eq!(session.receive(&bytes[at..], 2), (0, ServerAction::Close(reason)));
                    assert_eq!(session.next_deadline_ns(), None);
                    break;
                }
            }
        }
    }
}

#[test]
fn a_client_takes_any_bytes_and_its_close_is_final() {
    let mut random = Random::new(16);
    let mut opening = Vec::new();
    LoginAccepted { session: LoginText::BLANK, next_sequence: 7 }.encode(&mut opening);
    let mut bytes = Vec::new();
    let mut out = Vec::new();
    for _ in 0..INPUTS / 10 {
        fill_like_packets(&mut random, &mut bytes, b"SSSHHHUU+AJZLRO?", &opening);
        out.clear();
        let mut session = ClientSession::new(SessionLimits::STANDARD, &login(), 0, &mut out);
        let (mut at, mut expected) = (0, 0);
        loop {
            let (consumed, action) = session.receive(&bytes[at..], 1);
            at += consumed;
            match action {
                ClientAction::NeedBytes => break,
                ClientAction::Accepted(accepted) => expected = accepted.next_sequence,
                ClientAction::Sequenced { sequence, .. } => {
                    assert_eq!(sequence, expected);
                    expected += 1;
                }
                ClientAction::Unsequenced(_) | ClientAction::Debug(_) => {}
                ClientAction::Close(reason) => {
                    assert_eq!(session.receive(&bytes[at..], 2), (0, ClientAction::Close(reason)));
                    break;
                }
            }
        }
        assert_eq!(session.next_sequence(), expected);
    }
}
