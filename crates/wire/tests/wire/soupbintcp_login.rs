//! Log-in fields: padding on either side, blanks, numbers, and what must not be shown.

use garraway_wire::soupbintcp::{
    LoginError, LoginReject, LoginRequest, LoginText, MAX_SEQUENCE, Password, Username,
};

fn payload(username: &[u8; 6], password: &[u8; 10], session: &[u8; 10], sequence: &[u8; 20]) -> Vec<u8> {
    [username.as_slice(), password, session, sequence].concat()
}

fn request(username: &str, password: &str, session: &str, requested_sequence: u64) -> LoginRequest {
    LoginRequest {
        username: LoginText::new(username).unwrap(),
        password: Password::new(password).unwrap(),
        requested_session: LoginText::new(session).unwrap(),
        requested_sequence,
    }
}

fn sequence(bytes: &[u8; 20]) -> Result<u64, LoginError> {
    let payload = payload(b"alice ", b"s3cr3t    ", b"          ", bytes);
    LoginRequest::decode(&payload).map(|request| request.requested_sequence)
}

#[test]
fn fields_padded_on_either_side_read_the_same() {
    let right = payload(b"bob   ", b"secret    ", b"D1        ", b"7                   ");
    let left = payload(b"   bob", b"    secret", b"        D1", b"                   7");
    let both = payload(b" bob  ", b"  secret  ", b"    D1    ", b"        0007        ");
    for payload in [right, left, both] {
        assert_eq!(LoginRequest::decode(&payload), Ok(request("bob", "secret", "D1", 7)));
    }
}

#[test]
fn blank_session_and_number_mean_current_and_new_only() {
    let blank = payload(b"bob   ", b"secret    ", b"          ", b"                    ");
    let request = LoginRequest::decode(&blank).unwrap();
    assert!(request.requested_session.is_blank());
    assert_eq!((request.requested_session, request.requested_sequence), (LoginText::BLANK, 0));
}

#[test]
fn sequence_numbers_are_digits_of_at_most_63_bits() {
    let not_number = Err(LoginError::NotNumber { field: "requested sequence number" });
    assert_eq!(sequence(b" 9223372036854775807"), Ok(MAX_SEQUENCE));
    assert_eq!(sequence(b"00000000000000000001"), Ok(1));
    for bytes in [
        b" 9223372036854775808",
        b"99999999999999999999",
        b"                  +1",
        b"                  -1",
        b"                 1 2",
        b"                 1.0",
        b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    ] {
        assert_eq!(sequence(bytes), not_number, "{}", bytes.escape_ascii());
    }
}

#[test]
fn text_that_is_not_printable_ascii_is_refused_by_its_fields_name() {
    let bytes = payload(b"b\x00b   ", b"secret    ", b"          ", b"                    ");
    let error = LoginRequest::decode(&bytes).unwrap_err();
    assert_eq!(error, LoginError::NotText { field: "username" });
    assert_eq!(error.to_string(), "log-in username is not printable ASCII");
}

#[test]
fn another_length_is_refused() {
    assert_eq!(LoginRequest::decode(&[b' '; 45]), Err(LoginError::Length { expected: 46, got: 45 }));
    assert_eq!(LoginReject::decode(b"AS"), Err(LoginError::Length { expected: 1, got: 2 }));
}

#[test]
fn unlisted_reject_reasons_keep_their_byte() {
    assert_eq!(LoginReject::decode(b"x").map(LoginReject::byte), Ok(b'x'));
}

#[test]
fn texts_that_do_not_fit_are_refused() {
    assert_eq!(Username::new("sevench"), None);
    assert_eq!(Username::new("zoë"), None);
    assert_eq!(Username::new("  six666 ").map(|name| name.to_string()), Some("six666".to_owned()));
}

#[test]
fn a_password_is_never_printed() {
    let printed = format!("{:?}", request("bob", "secret", "D1", 7));
    assert!(!printed.contains("secret"), "{printed}");
    assert_eq!(request("bob", "secret", "", 0).password.expose(), "secret");
}
