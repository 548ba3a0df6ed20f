//! The command door: every command has one outcome, whatever is repeated, and each source one connection.
#![allow(clippy::unwrap_used)]

mod support;

use garraway_exchange::{Kind, Outcome, WINDOW};
use garraway_types::{
    CommandHead, CommandKind, DefineAsset, EventKind, FixedBody, NO_ITEMS, Reject, encode_command,
};
use garraway_wire::soupbintcp::{LoginReject, PacketType};
use support::*;

fn asset(asset: u32) -> DefineAsset {
    let mut code = *b"A0000000";
    code[1..].copy_from_slice(format!("{asset:07}").as_bytes());
    DefineAsset { asset, code, scale: 2, display: 2, reserved: 0, reserved_2: 0 }
}

fn record(head: CommandHead, body: &DefineAsset) -> Vec<u8> {
    let mut payload = vec![b'C'];
    let mut record = Vec::new();
    encode_command(CommandKind::DefineAsset, head, body, NO_ITEMS, &[], &mut record);
    payload.extend_from_slice(&record);
    payload
}

#[test]
fn the_first_packet_says_where_the_source_stands() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let mut door = venue.door("operator");
    assert_eq!((door.state.source, door.state.last_source_seq, door.state.window), (1, 0, WINDOW));
    let outcome = door.submit(CommandKind::DefineAsset, 0, 0, &asset(1), &[]);
    let again = venue.door("operator").state;
    assert_eq!((again.source, again.last_source_seq), (1, 1));
    assert!(again.durable_seq >= outcome.first_event >> 16);
}

#[test]
fn a_new_command_is_answered_with_its_first_event() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let mut door = venue.door("operator");
    let outcome = door.submit(CommandKind::DefineAsset, 0, 0, &asset(1), &[]);
    let event = orders::last(&venue.events(), EventKind::AssetDefined);
    assert_eq!(outcome, Outcome { kind: Kind::New, reason: 0, source_seq: 1, first_event: event.event_id });
}

#[test]
fn a_command_that_the_engine_refuses_is_new_and_says_why() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let mut door = venue.door("operator");
    let head = door.head();
    door.command(CommandKind::DefineAsset, head, &asset(0), &[]);
    let outcome = door.outcome();
    assert_eq!((outcome.kind, outcome.reason), (Kind::New, Reject::IdInvalid as u8));
    assert_eq!(orders::last(&venue.events(), EventKind::Rejected).event_id, outcome.first_event);
}

#[test]
fn the_same_bytes_again_get_the_same_outcome_and_are_not_journaled() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let mut door = venue.door("operator");
    let first = door.submit(CommandKind::DefineAsset, 0, 0, &asset(1), &[]);
    let refused = {
        let head = door.head();
        door.command(CommandKind::DefineAsset, head, &asset(0), &[]);
        door.outcome()
    };
    let events = venue.events().len();
    let mut again = venue.door("operator");
    for (source_seq, body, expected) in [(1, asset(1), first), (2, asset(0), refused)] {
        let head = CommandHead { source: 1, source_seq, ..CommandHead::empty() };
        again.payload(&record(head, &body));
        assert_eq!(again.outcome(), Outcome { kind: Kind::Repeat, ..expected });
    }
    assert_eq!(venue.events().len(), events);
}

#[test]
fn other_bytes_gaps_old_numbers_and_foreign_sources_are_refused_and_consume_nothing() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let mut door = venue.door("operator");
    door.submit(CommandKind::DefineAsset, 0, 0, &asset(1), &[]);
    let cases = [
        (1, 1, Reject::SourceBodyDiffers),
        (1, 3, Reject::SourceGap),
        (1, 0, Reject::SourceTooOld),
        (0, 2, Reject::NotPermitted),
        (7, 2, Reject::NotPermitted),
    ];
    for (source, source_seq, reason) in cases {
        let head = CommandHead { source, source_seq, ..CommandHead::empty() };
        door.payload(&record(head, &asset(2)));
        let expected = Outcome { kind: Kind::Refused, reason: reason as u8, source_seq, first_event: 0 };
        assert_eq!(door.outcome(), expected);
    }
    assert_eq!(door.submit(CommandKind::DefineAsset, 0, 0, &asset(2), &[]).source_seq, 2);
}

#[test]
fn a_source_without_the_right_is_refused_by_the_engine_and_its_number_is_used() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let mut door = open_market(&venue);
    define_source(&mut door, 7, "agent");
    let mut agent = venue.door("agent");
    assert_eq!(agent.state.source, 7);
    let head = agent.head();
    agent.command(CommandKind::DefineAsset, head, &asset(9), &[]);
    let outcome = agent.outcome();
    assert_eq!((outcome.kind, outcome.reason), (Kind::New, Reject::NotPermitted as u8));
    let head = agent.head();
    agent.command(CommandKind::Tick, head, &FixedBody::empty(), &[]);
    assert_eq!(agent.outcome().reason, Reject::NotPermitted as u8);
    assert_eq!(agent.place(OTHER, 1, 1, 100, 1).source_seq, 3);
}

#[test]
fn bytes_that_are_no_command_are_answered_as_malformed() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let mut door = venue.door("operator");
    let good = record(CommandHead { source: 1, source_seq: 1, ..CommandHead::empty() }, &asset(1));
    let mut kind = good.clone();
    kind[1 + 2] = 99;
    let mut version = good.clone();
    version[1 + 3] = 2;
    let mut length = good.clone();
    length[1] = 64;
    let cases = [
        (good[..20].to_vec(), 1, 0),
        (good[..40].to_vec(), 1, 1),
        (length, 2, 1),
        (kind, 3, 1),
        (version, 4, 1),
    ];
    for (payload, reason, source_seq) in cases {
        door.payload(&payload);
        assert_eq!(door.outcome(), Outcome { kind: Kind::Malformed, reason, source_seq, first_event: 0 });
    }
    door.payload(&good);
    assert_eq!(door.outcome().kind, Kind::New);
}

#[test]
fn only_the_user_door_and_the_name_of_a_source_open_it() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    for (name, source) in [("door", "nobody"), ("door", "gateway"), ("door", ""), ("ouch", "operator")] {
        let answer = venue.plain_door().log_in(&Login { name, secret: source, session: "", from: 0 });
        assert_eq!(answer.unwrap_err(), LoginReject::NotAuthorized, "{name} {source}");
    }
}

#[test]
fn a_second_log_in_of_a_source_closes_the_first() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let mut first = venue.door("operator");
    let mut second = venue.door("operator");
    first.link.expect_close();
    second.submit(CommandKind::DefineAsset, 0, 0, &asset(1), &[]);
}

#[test]
fn a_client_may_send_far_more_than_the_window_and_gets_every_outcome_in_order() {
    let folder = Folder::new();
    let venue = Venue::start_with(&folder, |config| config.durability = garraway_exchange::Durability::Fsync);
    let mut door = venue.door("operator");
    let count = 4 * u64::from(WINDOW);
    for number in 1..=count {
        let head = door.head();
        door.command(CommandKind::DefineAsset, head, &asset(number as u32), &[]);
    }
    for number in 1..=count {
        let outcome = door.outcome();
        assert_eq!((outcome.kind, outcome.reason, outcome.source_seq), (Kind::New, 0, number));
    }
}

#[test]
fn the_status_says_how_the_venue_is() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let mut door = open_market(&venue);
    door.place(OTHER, 1, 1, 100, 5);
    let mut client = venue.session("ALPHA", 0);
    client.send(orders::enter("T", garraway_wire::ouch::Side::SELL, 2, 100));
    client.many(2);
    let status = door.status();
    for part in [
        "\"trades\":1,",
        "\"orders_open\":1,",
        "\"rejects\":0,",
        "\"durability\":\"os\"",
        "\"connections\":{\"ouch\":1,\"door\":1}",
        "{\"name\":\"ALPHA\",\"protocol\":\"ouch42\",\"peer\":\"127.0.0.1:",
        "\"connected\":true,\"next_sequence\":4}",
        "{\"name\":\"BRAVO\",\"protocol\":\"ouch42\",\"peer\":\"\",\"connected\":false,\"next_sequence\":2}",
        "\"latency_ns\":{\"p50\":",
        "\"journal_segment\":\"",
    ] {
        assert!(status.contains(part), "{part} in {status}");
    }
}

#[test]
fn the_run_file_says_where_the_doors_are() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let path = folder.0.join("run/exchange.json");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(&format!("\"ouch\":\"{}\"", venue.ouch)), "{text}");
    assert!(text.contains(&format!("\"ouch_port\":{}", venue.ouch.port())), "{text}");
    assert!(text.contains(&format!("\"pid\":{}", std::process::id())), "{text}");
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(&venue.config.door_path()), 0o600);
    assert_eq!(mode(&folder.0.join("run")), 0o700);
}

#[test]
fn a_second_exchange_on_the_same_folder_is_refused() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let refused = Venue::try_start(&folder, |_| {}).map(|_| ()).unwrap_err();
    assert!(refused.to_string().contains("lock"), "{refused}");
    venue.door("operator").submit(CommandKind::DefineAsset, 0, 0, &asset(1), &[]);
}

#[test]
fn a_stop_while_commands_are_on_their_way_loses_none_that_was_answered() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let mut door = venue.door("operator");
    for number in 1..=2_000 {
        let head = door.head();
        door.command(CommandKind::DefineAsset, head, &asset(number), &[]);
    }
    door.outcome();
    venue.ask_to_stop();
    let mut answered = 1;
    while let Some((PacketType::Sequenced, payload)) = door.link.next() {
        answered = Outcome::decode(&payload).unwrap().source_seq;
    }
    venue.stop();
    let venue = Venue::start(&folder);
    assert!(venue.door("operator").state.last_source_seq >= answered);
}
