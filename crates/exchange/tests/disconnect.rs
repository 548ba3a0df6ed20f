//! Cancel on disconnect: whose orders are cancelled when a connection ends, and that it happens once.
#![allow(clippy::unwrap_used)]

mod support;

use garraway_exchange::Config;
use garraway_types::{Event, EventKind, detail};
use garraway_wire::ouch::{CancelReason, Outbound, Side};
use garraway_wire::soupbintcp::PacketType;
use support::orders::{cancel, enter};
use support::*;

const NEVER: u8 = 0;
const ON_LOSS: u8 = 1;
const ON_LOGOUT: u8 = 2;

/// A market whose session ALPHA cancels as told.
fn market(venue: &Venue, cancel_on: u8) -> DoorClient {
    let mut door = open_market(venue);
    define_cancelling(&mut door, 1, "ALPHA", [ALPHA, 1], 0, cancel_on);
    door
}

/// A log-in that has left `orders` resting.
fn with_orders(venue: &Venue, name: &str, orders: usize) -> OuchClient {
    let mut client = venue.session(name, 0);
    for number in 0..orders {
        client.send(enter(&format!("{name}{number}"), Side::BUY, 1, 50));
    }
    client.many(orders);
    client
}

/// Ends the connection with a reset, as a client does that dies with unread bytes.
fn reset(client: &OuchClient) {
    let linger =
        rustix::net::sockopt::set_socket_linger(&client.link.socket, Some(std::time::Duration::ZERO));
    linger.unwrap();
}

fn mass_canceled(events: &[Event]) -> usize {
    let mass = |event: &&Event| event.kind == EventKind::Canceled as u8 && event.detail == detail::MASS;
    events.iter().filter(mass).count()
}

fn sweeps(events: &[Event]) -> usize {
    events.iter().filter(|event| event.kind == EventKind::SweepBegun as u8).count()
}

/// The next `count` messages, each of which says that an order was cancelled.
fn expect_canceled(client: &mut OuchClient, count: usize) {
    for _ in 0..count {
        let message = client.message();
        let Outbound::Canceled(canceled) = message else { panic!("{message:?}") };
        assert_eq!((canceled.decrement_shares, canceled.reason), (1, CancelReason::SYSTEM));
    }
}

/// Nothing of the session is open any more, and a later log-in trades on.
fn expect_gone(venue: &Venue, from: u64, orders: usize) {
    let mut again = venue.session("ALPHA", from);
    expect_canceled(&mut again, orders);
    again.send(enter("AGAIN", Side::BUY, 1, 50));
    assert!(matches!(again.message(), Outbound::Accepted(_)));
    let events = venue.events();
    assert_eq!((mass_canceled(&events), sweeps(&events)), (orders, 1));
}

#[test]
fn a_reset_cancels_the_orders_of_the_session_and_of_no_other() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let _door = market(&venue, ON_LOSS);
    let mut other = with_orders(&venue, "BRAVO", 2);
    let client = with_orders(&venue, "ALPHA", 3);
    let next = client.next;
    reset(&client);
    drop(client);
    expect_gone(&venue, next, 3);
    other.send(cancel("BRAVO0", 0));
    let message = other.message();
    assert!(
        matches!(&message, Outbound::Canceled(it) if it.reason == CancelReason::USER_REQUESTED),
        "{message:?}"
    );
}

#[test]
fn a_close_without_a_log_out_is_a_loss() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let _door = market(&venue, ON_LOSS);
    let client = with_orders(&venue, "ALPHA", 2);
    let next = client.next;
    drop(client);
    expect_gone(&venue, next, 2);
}

#[test]
fn a_client_that_falls_silent_loses_its_orders() {
    let folder = Folder::new();
    let venue = Venue::start_with(&folder, |config: &mut Config| {
        config.times.heartbeat_ms = 20;
        config.times.silence_ms = 200;
    });
    let _door = market(&venue, ON_LOSS);
    let mut client = with_orders(&venue, "ALPHA", 2);
    let next = client.next;
    client.link.expect_close();
    assert!(venue.closed().starts_with("peer silent for"));
    expect_gone(&venue, next, 2);
}

#[test]
fn a_log_out_cancels_only_where_the_session_asks_for_it() {
    for (cancel_on, gone) in [(NEVER, 0), (ON_LOSS, 0), (ON_LOGOUT, 2)] {
        let folder = Folder::new();
        let venue = Venue::start(&folder);
        let _door = market(&venue, cancel_on);
        let mut client = with_orders(&venue, "ALPHA", 2);
        let next = client.next;
        client.link.send(PacketType::LogoutRequest, &[]);
        client.link.expect_close();
        let mut again = venue.session("ALPHA", next);
        expect_canceled(&mut again, gone);
        again.send(enter("AGAIN", Side::BUY, 1, 50));
        assert!(matches!(again.message(), Outbound::Accepted(_)), "cancel_on {cancel_on}");
        assert_eq!(mass_canceled(&venue.events()), gone, "cancel_on {cancel_on}");
    }
}

#[test]
fn a_session_that_does_not_ask_keeps_its_orders() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let _door = market(&venue, NEVER);
    let client = with_orders(&venue, "ALPHA", 2);
    let next = client.next;
    drop(client);
    let mut again = venue.session("ALPHA", next);
    again.send(enter("AGAIN", Side::BUY, 1, 50));
    assert!(matches!(again.message(), Outbound::Accepted(_)));
    assert_eq!(sweeps(&venue.events()), 0);
}

#[test]
fn a_second_log_in_is_the_loss_of_the_first_and_keeps_its_own_orders() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let _door = market(&venue, ON_LOSS);
    let mut first = with_orders(&venue, "ALPHA", 2);
    let mut second = venue.session("ALPHA", first.next);
    first.link.expect_close();
    expect_canceled(&mut second, 2);
    second.send(enter("MINE", Side::BUY, 1, 50));
    assert!(matches!(second.message(), Outbound::Accepted(_)));
    second.send(cancel("MINE", 0));
    let message = second.message();
    assert!(
        matches!(&message, Outbound::Canceled(it) if it.reason == CancelReason::USER_REQUESTED),
        "{message:?}"
    );
    assert_eq!(mass_canceled(&venue.events()), 2);
}

#[test]
fn a_client_that_comes_and_goes_is_cancelled_once() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let _door = market(&venue, ON_LOGOUT);
    let client = with_orders(&venue, "ALPHA", 2);
    let next = client.next;
    drop(client);
    for _ in 0..50 {
        drop(venue.session("ALPHA", 0));
    }
    expect_gone(&venue, next, 2);
}

#[test]
fn a_stop_of_the_venue_is_a_loss_that_is_worked_off_before_the_end() {
    let folder = Folder::new();
    let venue = Venue::start_with(&folder, |config| config.engine.slice_events = 8);
    let _door = market(&venue, ON_LOSS);
    let mut client = with_orders(&venue, "ALPHA", 40);
    let mut quiet = with_orders(&venue, "BRAVO", 1);
    let events_folder = folder.0.join("events");
    venue.stop();
    expect_canceled(&mut client, 40);
    assert_eq!(client.link.next(), Some((PacketType::EndOfSession, Vec::new())));
    assert_eq!(quiet.link.next(), Some((PacketType::EndOfSession, Vec::new())));
    let events = events_of(&events_folder);
    assert_eq!((mass_canceled(&events), sweeps(&events)), (40, 1));
    assert_eq!(events.last().unwrap().kind, EventKind::Closed as u8);
}

#[test]
fn after_an_unclean_start_nobody_is_connected() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let _door = market(&venue, ON_LOSS);
    let client = with_orders(&venue, "ALPHA", 3);
    let _other = with_orders(&venue, "BRAVO", 1);
    let crashed = folder.copy();
    let again = Venue::start_with(&crashed, |_| {});
    expect_gone(&again, client.next, 3);
    let events = again.events();
    let at = |kind: EventKind| events.iter().position(|event| event.kind == kind as u8).unwrap();
    assert!(at(EventKind::UncleanStarted) < at(EventKind::SweepBegun));
}
