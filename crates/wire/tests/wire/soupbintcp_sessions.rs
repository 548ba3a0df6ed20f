//! Both sides of a session: log-in, counting, heartbeats, silence, every way to end.

use garraway_wire::soupbintcp::{
    ClientAction, ClientSession, CloseReason, FrameError, LoginAccepted, LoginError, LoginReject,
    LoginRequest, LoginText, PacketType, Password, SendError, ServerAction, ServerSession, SessionLimits,
    put_packet,
};

const SECOND: i64 = 1_000_000_000;
const LIMITS: SessionLimits = SessionLimits::STANDARD;
const START: i64 = 1_700_000_000 * SECOND;

fn login(requested_sequence: u64) -> LoginRequest {
    LoginRequest {
        username: LoginText::new("alice").unwrap(),
        password: Password::new("s3cr3t").unwrap(),
        requested_session: LoginText::new("D1").unwrap(),
        requested_sequence,
    }
}

fn packet(packet_type: PacketType, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_packet(&mut bytes, packet_type, payload);
    bytes
}

/// A server that let a client in at `START`; the answer is thrown away.
fn logged_in_server(next_sequence: u64) -> ServerSession {
    let mut server = ServerSession::new(LIMITS, START);
    let mut bytes = Vec::new();
    login(1).encode(&mut bytes);
    let (consumed, action) = server.receive(&bytes, START);
    assert_eq!((consumed, action), (bytes.len(), ServerAction::Login(login(1))));
    server.accept(LoginText::new("D1").unwrap(), next_sequence, START, &mut Vec::new()).unwrap();
    server
}

/// A client that was let in at `START`.
fn logged_in_client(next_sequence: u64) -> ClientSession {
    let mut client = ClientSession::new(LIMITS, &login(next_sequence), START, &mut Vec::new());
    let accepted = LoginAccepted { session: LoginText::new("D1").unwrap(), next_sequence };
    let mut bytes = Vec::new();
    accepted.encode(&mut bytes);
    assert_eq!(client.receive(&bytes, START), (bytes.len(), ClientAction::Accepted(accepted)));
    client
}

fn server_gets(bytes: &[u8]) -> ServerAction<'_> {
    logged_in_server(1).receive(bytes, START).1
}

fn client_gets(bytes: &[u8]) -> ClientAction<'_> {
    logged_in_client(1).receive(bytes, START).1
}

#[test]
fn a_whole_session_passes_between_the_two_sides() {
    let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
    let mut client = ClientSession::new(LIMITS, &login(5), START, &mut to_server);
    let mut server = ServerSession::new(LIMITS, START);

    let (_, action) = server.receive(&to_server, START);
    assert_eq!(action, ServerAction::Login(login(5)));
    server.accept(LoginText::new("D1").unwrap(), 5, START, &mut to_client).unwrap();
    assert_eq!(server.send_sequenced(b"five", START, &mut to_client), Ok(5));
    assert_eq!(server.send_sequenced_with(START, &mut to_client, |out| out.extend(b"six")), Ok(6));
    server.send_unsequenced(b"aside", START, &mut to_client).unwrap();
    server.send_debug("note", START, &mut to_client).unwrap();
    server.end_session(&mut to_client).unwrap();

    let mut actions = Vec::new();
    let mut at = 0;
    while client.close_reason().is_none() {
        let (consumed, action) = client.receive(&to_client[at..], START);
        actions.push(action);
        at += consumed;
    }
    let accepted = LoginAccepted { session: LoginText::new("D1").unwrap(), next_sequence: 5 };
    let expected = [
        ClientAction::Accepted(accepted),
        ClientAction::Sequenced { sequence: 5, payload: b"five" },
        ClientAction::Sequenced { sequence: 6, payload: b"six" },
        ClientAction::Unsequenced(b"aside"),
        ClientAction::Debug(b"note"),
        ClientAction::Close(CloseReason::EndOfSession),
    ];
    assert_eq!(actions, expected);
    assert_eq!((client.next_sequence(), server.next_sequence(), at), (7, 7, to_client.len()));
    assert_eq!(server.close_reason(), Some(CloseReason::EndOfSession));
}

#[test]
fn binary_payloads_of_the_door_pass_and_longer_ones_are_not_sent() {
    let command: Vec<u8> = (0..4_200_u32).map(|at| at as u8).collect();
    let mut bytes = Vec::new();
    let mut client = logged_in_client(1);
    client.send_unsequenced(&command, START, &mut bytes).unwrap();
    assert_eq!(server_gets(&bytes), ServerAction::Unsequenced(&command));

    let mut out = Vec::new();
    let too_long = vec![0; 4_201];
    let error = Err(SendError::PayloadTooLong { payload_len: 4_201, limit: 4_200 });
    assert_eq!(client.send_unsequenced(&too_long, START, &mut out), error);
    let mut server = logged_in_server(9);
    assert_eq!(server.send_sequenced_with(START, &mut out, |out| out.extend(&too_long)), error.map(|()| 0));
    assert_eq!((out.len(), server.next_sequence()), (0, 9));
}

#[test]
fn bytes_behind_a_log_in_wait_for_the_decision() {
    let mut server = ServerSession::new(LIMITS, START);
    let mut bytes = Vec::new();
    login(0).encode(&mut bytes);
    let login_len = bytes.len();
    bytes.extend(packet(PacketType::Unsequenced, b"order"));
    assert_eq!(server.receive(&bytes, START), (login_len, ServerAction::Login(login(0))));
    assert_eq!(server.receive(&bytes[login_len..], START), (0, ServerAction::AwaitingDecision));
    server.accept(LoginText::new("D1").unwrap(), 1, START, &mut Vec::new()).unwrap();
    assert_eq!(server.receive(&bytes[login_len..], START), (8, ServerAction::Unsequenced(b"order")));
}

#[test]
fn a_rejected_log_in_closes_both_sides_with_the_reason() {
    for reject in [LoginReject::NotAuthorized, LoginReject::SessionNotAvailable] {
        let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
        let mut client = ClientSession::new(LIMITS, &login(0), START, &mut to_server);
        let mut server = ServerSession::new(LIMITS, START);
        server.receive(&to_server, START);
        server.reject(reject, &mut to_client).unwrap();
        let reason = CloseReason::LoginRejected(reject);
        assert_eq!(server.close_reason(), Some(reason));
        assert_eq!(client.receive(&to_client, START), (4, ClientAction::Close(reason)));
    }
}

#[test]
fn a_log_in_is_answered_once_and_not_after_the_deadline() {
    let mut server = logged_in_server(1);
    let session = LoginText::new("D1").unwrap();
    assert_eq!(server.accept(session, 1, START, &mut Vec::new()), Err(SendError::NoLoginToAnswer));
    assert_eq!(server.reject(LoginReject::NotAuthorized, &mut Vec::new()), Err(SendError::NoLoginToAnswer));

    let mut late = ServerSession::new(LIMITS, START);
    let mut bytes = Vec::new();
    login(1).encode(&mut bytes);
    late.receive(&bytes, START);
    let reason = CloseReason::LoginTimeout { limit_ns: 30 * SECOND };
    assert_eq!(late.on_time(START + 30 * SECOND, &mut Vec::new()), Some(reason));
    assert_eq!(late.accept(session, 1, START, &mut Vec::new()), Err(SendError::NoLoginToAnswer));
}

#[test]
fn without_a_log_in_both_sides_give_up_at_the_deadline() {
    let mut out = Vec::new();
    let mut server = ServerSession::new(LIMITS, START);
    let mut client = ClientSession::new(LIMITS, &login(0), START, &mut out);
    out.clear();
    let deadline = START + 30 * SECOND;
    assert_eq!((server.next_deadline_ns(), client.next_deadline_ns()), (Some(deadline), Some(deadline)));
    assert_eq!(
        (server.on_time(deadline - 1, &mut out), client.on_time(deadline - 1, &mut out)),
        (None, None)
    );
    let reason = Some(CloseReason::LoginTimeout { limit_ns: 30 * SECOND });
    assert_eq!((server.on_time(deadline, &mut out), client.on_time(deadline, &mut out)), (reason, reason));
    assert_eq!(out, b"");
}

#[test]
fn remarks_before_the_log_in_pass_and_do_not_move_its_deadline() {
    let mut server = ServerSession::new(LIMITS, START);
    let remark = packet(PacketType::Debug, b"hello");
    assert_eq!(server.receive(&remark, START + 20 * SECOND), (8, ServerAction::Debug(b"hello")));
    assert_eq!(server.next_deadline_ns(), Some(START + 30 * SECOND));
}

#[test]
fn a_heartbeat_goes_out_after_one_second_of_own_silence_only() {
    let (mut server, mut client) = (logged_in_server(1), logged_in_client(1));
    let mut out = Vec::new();
    assert_eq!(server.next_deadline_ns(), Some(START + SECOND));
    server.on_time(START + SECOND - 1, &mut out);
    assert_eq!(out, b"");
    server.on_time(START + SECOND, &mut out);
    assert_eq!(out, packet(PacketType::ServerHeartbeat, &[]));
    assert_eq!(server.next_deadline_ns(), Some(START + 2 * SECOND));
    out.clear();
    client.on_time(START + SECOND, &mut out);
    assert_eq!(out, packet(PacketType::ClientHeartbeat, &[]));

    server.send_sequenced(b"news", START + SECOND + 500, &mut out).unwrap();
    out.clear();
    server.on_time(START + 2 * SECOND + 499, &mut out);
    assert_eq!(out, b"");
}

#[test]
fn a_peer_silent_for_fifteen_seconds_is_dropped_and_any_packet_counts_as_life() {
    let (mut server, mut client) = (logged_in_server(1), logged_in_client(1));
    let mut out = Vec::new();
    let heard = START + 10 * SECOND;
    assert_eq!(
        server.receive(&packet(PacketType::ClientHeartbeat, &[]), heard),
        (3, ServerAction::NeedBytes)
    );
    assert_eq!(
        client.receive(&packet(PacketType::ServerHeartbeat, &[]), heard),
        (3, ClientAction::NeedBytes)
    );
    let dropped = heard + 15 * SECOND;
    assert_eq!((server.on_time(dropped - 1, &mut out), client.on_time(dropped - 1, &mut out)), (None, None));
    let reason = CloseReason::PeerSilent { silent_ns: 15 * SECOND, limit_ns: 15 * SECOND };
    assert_eq!(reason.to_string(), "peer silent for 15000 ms, the limit is 15000 ms");
    assert_eq!(
        (server.on_time(dropped, &mut out), client.on_time(dropped, &mut out)),
        (Some(reason), Some(reason))
    );
}

#[test]
fn half_a_packet_is_no_sign_of_life() {
    let mut server = logged_in_server(1);
    server.receive(&packet(PacketType::Unsequenced, b"order")[..7], START + 10 * SECOND);
    assert!(server.on_time(START + 15 * SECOND, &mut Vec::new()).is_some());
}

#[test]
fn a_clock_that_steps_back_neither_drops_nor_panics() {
    let mut server = logged_in_server(1);
    let mut out = Vec::new();
    server.receive(&packet(PacketType::ClientHeartbeat, &[]), i64::MIN);
    assert_eq!(server.on_time(i64::MIN, &mut out), None);
    assert_eq!(server.next_deadline_ns(), Some(START + SECOND));
    assert!(server.on_time(i64::MAX, &mut out).is_some());
}

#[test]
fn leaving_closes_both_sides() {
    let mut client = logged_in_client(3);
    let mut bytes = Vec::new();
    client.logout(&mut bytes).unwrap();
    assert_eq!((client.close_reason(), client.next_sequence()), (Some(CloseReason::Logout), 3));
    assert_eq!(server_gets(&bytes), ServerAction::Close(CloseReason::Logout));
}

#[test]
fn nothing_is_sent_before_the_log_in_or_after_the_close() {
    let mut out = Vec::new();
    let mut server = ServerSession::new(LIMITS, START);
    assert_eq!(server.send_sequenced(b"x", START, &mut out), Err(SendError::NotLoggedIn));
    let mut client = ClientSession::new(LIMITS, &login(0), START, &mut Vec::new());
    assert_eq!(client.send_unsequenced(b"x", START, &mut out), Err(SendError::NotLoggedIn));
    let mut ended = logged_in_server(1);
    ended.end_session(&mut Vec::new()).unwrap();
    assert_eq!(ended.send_sequenced_with(START, &mut out, |out| out.push(1)), Err(SendError::NotLoggedIn));
    assert_eq!(ended.end_session(&mut out), Err(SendError::NotLoggedIn));
    assert_eq!(out, b"");
}

#[test]
fn malformed_bytes_close_the_server_with_a_typed_reason() {
    let unexpected = |packet_type| CloseReason::UnexpectedPacket { packet_type, logged_in: true };
    let length = |packet_type| CloseReason::PayloadLength { packet_type, expected: 0, got: 1 };
    let cases = [
        (vec![0, 0], CloseReason::Frame(FrameError::Empty)),
        (vec![0xFF, 0xFF], CloseReason::Frame(FrameError::TooLong { payload_len: 65_534, limit: 4_200 })),
        (vec![0, 1, b'?'], CloseReason::UnknownPacket { type_byte: b'?' }),
        (packet(PacketType::LoginRequest, &[b' '; 46]), unexpected(PacketType::LoginRequest)),
        (packet(PacketType::Sequenced, b"x"), unexpected(PacketType::Sequenced)),
        (packet(PacketType::ServerHeartbeat, b""), unexpected(PacketType::ServerHeartbeat)),
        (packet(PacketType::ClientHeartbeat, b"x"), length(PacketType::ClientHeartbeat)),
        (packet(PacketType::LogoutRequest, b"x"), length(PacketType::LogoutRequest)),
    ];
    for (bytes, reason) in &cases {
        assert_eq!(server_gets(bytes), ServerAction::Close(*reason));
        assert!(reason.is_violation());
    }
}

#[test]
fn before_the_log_in_a_server_takes_only_a_readable_one() {
    let early = |bytes: &[u8]| {
        let mut server = ServerSession::new(LIMITS, START);
        server.receive(bytes, START);
        server.close_reason().unwrap()
    };
    for packet_type in [PacketType::Unsequenced, PacketType::ClientHeartbeat, PacketType::LogoutRequest] {
        let reason = CloseReason::UnexpectedPacket { packet_type, logged_in: false };
        assert_eq!(early(&packet(packet_type, &[])), reason);
    }
    let short = LoginError::Length { expected: 46, got: 3 };
    assert_eq!(early(&packet(PacketType::LoginRequest, b"abc")), CloseReason::Login(short));
}

#[test]
fn malformed_bytes_close_the_client_with_a_typed_reason() {
    let unexpected = |packet_type| CloseReason::UnexpectedPacket { packet_type, logged_in: true };
    let cases = [
        (vec![0, 0], CloseReason::Frame(FrameError::Empty)),
        (packet(PacketType::LoginAccepted, &[b' '; 30]), unexpected(PacketType::LoginAccepted)),
        (packet(PacketType::LoginRejected, b"A"), unexpected(PacketType::LoginRejected)),
        (packet(PacketType::LoginRequest, &[b' '; 46]), unexpected(PacketType::LoginRequest)),
        (packet(PacketType::ClientHeartbeat, b""), unexpected(PacketType::ClientHeartbeat)),
    ];
    for (bytes, reason) in &cases {
        assert_eq!(client_gets(bytes), ClientAction::Close(*reason));
    }
    let mut early = ClientSession::new(LIMITS, &login(0), START, &mut Vec::new());
    let sequenced = packet(PacketType::Sequenced, b"x");
    let reason = CloseReason::UnexpectedPacket { packet_type: PacketType::Sequenced, logged_in: false };
    assert_eq!(early.receive(&sequenced, START).1, ClientAction::Close(reason));
}

#[test]
#[should_panic(expected = "max_payload_len 45 must be 46 to 65534")]
fn limits_that_no_log_in_fits_are_refused() {
    let _ = ServerSession::new(SessionLimits { max_payload_len: 45, ..LIMITS }, START);
}
