//! Who gets in to OUCH, who stays, and what liveness asks of both sides.
#![allow(clippy::unwrap_used)]

mod support;

use garraway_exchange::{Config, Notice};
use garraway_wire::ouch::Outbound;
use garraway_wire::soupbintcp::{LoginReject, PacketType};
use support::*;

fn quick(config: &mut Config) {
    config.times.heartbeat_ms = 20;
    config.times.silence_ms = 200;
    config.times.login_timeout_ms = 100;
}

fn rejected(venue: &Venue, name: &str, secret: &str, session: &str) -> LoginReject {
    let login = Login { name, secret, session, from: 1 };
    OuchClient::connect(venue.ouch, &login).map(|client| client.session).unwrap_err()
}

#[test]
fn unknown_name_wrong_secret_and_wrong_network_get_the_same_answer() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let mut door = open_market(&venue);
    define_session(&mut door, 3, "REMOTE", OTHER, 3, 96 + 8);
    assert_eq!(rejected(&venue, "NOBODY", SECRET, ""), LoginReject::NotAuthorized);
    assert_eq!(rejected(&venue, "ALPHA", "wrong", ""), LoginReject::NotAuthorized);
    assert_eq!(rejected(&venue, "ALPHA", "", ""), LoginReject::NotAuthorized);
    assert_eq!(rejected(&venue, "REMOTE", SECRET, ""), LoginReject::NotAuthorized);
    assert_eq!(rejected(&venue, "ALPHA", "wrong", "NOSUCH"), LoginReject::NotAuthorized);
}

#[test]
fn a_session_other_than_the_venues_is_not_available() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let _door = open_market(&venue);
    assert_eq!(rejected(&venue, "ALPHA", SECRET, "OTHER"), LoginReject::SessionNotAvailable);
    let session = venue.session("ALPHA", 1).session;
    assert_eq!(session.len(), 10);
    let login = Login { name: "ALPHA", secret: SECRET, session: &session, from: 1 };
    assert_eq!(OuchClient::connect(venue.ouch, &login).unwrap().session, session);
}

#[test]
fn a_log_in_padded_on_the_other_side_and_without_a_number_is_understood() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let _door = open_market(&venue);
    let mut link = venue.plain();
    link.send(PacketType::LoginRequest, format!(" ALPHA{SECRET:>10}{:10}{:20}", "", "").as_bytes());
    assert_eq!(link.next().unwrap().0, PacketType::LoginAccepted);
}

#[test]
fn the_venue_sends_heartbeats_when_it_has_nothing_to_say() {
    let folder = Folder::new();
    let venue = Venue::start_with(&folder, quick);
    let _door = open_market(&venue);
    let mut client = venue.session("ALPHA", 0);
    for _ in 0..3 {
        assert_eq!(client.link.packet().unwrap().0, PacketType::ServerHeartbeat);
    }
}

#[test]
fn a_client_that_falls_silent_is_closed() {
    let folder = Folder::new();
    let venue = Venue::start_with(&folder, quick);
    let _door = open_market(&venue);
    let mut client = venue.session("ALPHA", 0);
    client.link.expect_close();
    assert!(venue.closed().starts_with("peer silent for"));
}

#[test]
fn a_client_that_sends_heartbeats_stays() {
    let folder = Folder::new();
    let venue = Venue::start_with(&folder, quick);
    let _door = open_market(&venue);
    let mut client = venue.session("ALPHA", 0);
    // Fifty heartbeats of the venue are five times the silence that it allows.
    for _ in 0..50 {
        assert_eq!(client.link.packet().unwrap().0, PacketType::ServerHeartbeat);
        client.link.send(PacketType::ClientHeartbeat, &[]);
    }
}

#[test]
fn who_never_logs_in_is_closed_at_either_door() {
    let folder = Folder::new();
    let venue = Venue::start_with(&folder, quick);
    venue.plain().expect_close();
    assert_eq!(venue.closed(), "no log-in within 100 ms");
    venue.plain_door().expect_close();
    assert_eq!(venue.closed(), "no log-in within 100 ms");
}

#[test]
fn a_second_log_in_closes_the_first_connection_of_the_session() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let _door = open_market(&venue);
    let mut first = venue.session("ALPHA", 0);
    let mut other = venue.session("BRAVO", 0);
    let mut second = venue.session("ALPHA", 0);
    first.link.expect_close();
    for client in [&mut second, &mut other] {
        client.send(orders::enter("T", garraway_wire::ouch::Side::BUY, 1, 1));
        assert!(matches!(client.message(), Outbound::Accepted(_)));
    }
}

#[test]
fn a_redefined_session_has_to_log_in_again() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let mut door = open_market(&venue);
    let mut client = venue.session("ALPHA", 0);
    define_session(&mut door, 1, "ALPHA", OTHER, 3, 0);
    client.link.expect_close();
    let mut client = venue.session("ALPHA", 0);
    client.send(orders::enter("T", garraway_wire::ouch::Side::BUY, 1, 1));
    assert!(matches!(client.message(), Outbound::Accepted(_)));
    let placed = orders::last(&venue.events(), garraway_types::EventKind::Accepted);
    assert_eq!(placed.account, OTHER);
}

#[test]
fn a_client_that_logs_out_is_closed() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let _door = open_market(&venue);
    let mut client = venue.session("ALPHA", 0);
    client.link.send(PacketType::LogoutRequest, &[]);
    client.link.expect_close();
    assert_eq!(venue.closed(), "logged out");
}

#[test]
fn no_notice_holds_a_secret() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let _door = open_market(&venue);
    let _client = venue.session("ALPHA", 0);
    let _ = rejected(&venue, "ALPHA", "wrong-one", "");
    venue.notice(|notice| {
        let line = notice.to_json(0);
        assert!(!line.contains(SECRET) && !line.contains("wrong-one"), "{line}");
        matches!(notice, Notice::Closed { why, .. } if why.starts_with("log-in rejected")).then_some(())
    });
}
