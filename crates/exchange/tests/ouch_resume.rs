//! A session's stream is one, whatever connections, stops and crashes come between.
#![allow(clippy::unwrap_used)]

mod support;

use garraway_exchange::{Durability, ExchangeError};
use garraway_wire::ouch::{CancelReason, LiquidityFlag, Outbound, Side};
use garraway_wire::soupbintcp::PacketType;
use support::orders::{cancel, enter, immediate, replace};
use support::*;

/// Makes some of every message for both sessions and returns alpha's stream.
fn trade(venue: &Venue) -> Vec<Vec<u8>> {
    let (mut alpha, mut bravo) = (venue.session("ALPHA", 1), venue.session("BRAVO", 1));
    let mut expected = 1;
    for round in 0..20 {
        alpha.send(enter(&format!("S{round}"), Side::SELL, 100, 1_000 + round));
        alpha.send(replace(&format!("S{round}"), &format!("R{round}"), 90, 1_000 + round));
        alpha.send(enter(&format!("J{round}"), Side::SELL, 0, 1_000));
        alpha.send(cancel(&format!("R{round}"), 50));
        expected += 4;
    }
    let stream = alpha.many(expected);
    bravo.send(immediate("B", Side::BUY, 125, 1_010));
    let stream = [stream, alpha.many(3)].concat();
    let last = Outbound::decode(stream.last().unwrap()).unwrap();
    assert!(
        matches!(last, Outbound::Executed(message) if message.executed_shares == 25
            && message.liquidity_flag == LiquidityFlag::ADDED),
        "{last:?}"
    );
    stream
}

fn from(venue: &Venue, sequence: u64, stream: &[Vec<u8>]) {
    let mut client = venue.session("ALPHA", sequence);
    let expected = &stream[sequence as usize - 1..];
    assert_eq!(client.next, sequence);
    assert_eq!(client.many(expected.len()), expected);
}

#[test]
fn a_client_resumes_from_every_number() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let _door = open_market(&venue);
    let stream = trade(&venue);
    (1..=stream.len() as u64).for_each(|sequence| from(&venue, sequence, &stream));
}

#[test]
fn zero_asks_for_what_is_new_and_a_number_beyond_the_end_is_taken_back() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let _door = open_market(&venue);
    let next = trade(&venue).len() as u64 + 1;
    for sequence in [0, next, next + 1, i64::MAX as u64] {
        let mut client = venue.session("ALPHA", sequence);
        assert_eq!(client.next, next);
        client.link.send(PacketType::LogoutRequest, &[]);
        client.link.expect_close();
    }
}

#[test]
fn a_resumed_stream_goes_on_live_without_a_gap() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let _door = open_market(&venue);
    let stream = trade(&venue);
    let mut client = venue.session("ALPHA", 2);
    client.send(enter("NEW", Side::BUY, 1, 1));
    let got = client.many(stream.len());
    assert_eq!(got[..stream.len() - 1], stream[1..]);
    assert!(matches!(Outbound::decode(&got[stream.len() - 1]), Ok(Outbound::Accepted(_))));
}

#[test]
fn after_a_clean_stop_the_stream_is_the_same_and_orders_still_rest() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let _door = open_market(&venue);
    let stream = trade(&venue);
    let (session, stopped) = (venue.session("ALPHA", 0).session, venue.stop());
    let venue = Venue::start(&folder);
    (1..=stream.len() as u64).for_each(|sequence| from(&venue, sequence, &stream));
    let mut client = venue.session("ALPHA", 0);
    assert_eq!(client.session, session);
    client.send(cancel("R5", 0));
    let Outbound::Canceled(message) = client.message() else { panic!("no cancel") };
    assert_eq!((message.decrement_shares, message.reason), (50, CancelReason::USER_REQUESTED));
    client.send(enter("S5", Side::SELL, 1, 1_000));
    client.send(enter("NEW", Side::BUY, 1, 1));
    assert!(matches!(client.message(), Outbound::Accepted(message) if message.shares == 1));
    assert!(venue.stop().last_seq > stopped.last_seq);
}

#[test]
fn after_a_crash_the_stream_is_the_same() {
    for durability in [Durability::Os, Durability::Fsync] {
        let folder = Folder::new();
        let venue = Venue::start_with(&folder, |config| config.durability = durability);
        let _door = open_market(&venue);
        let stream = trade(&venue);
        let crashed = folder.copy();
        let after = Venue::start(&crashed);
        (1..=stream.len() as u64).for_each(|sequence| from(&after, sequence, &stream));
    }
}

#[test]
fn a_lost_stream_is_made_again_from_the_journal() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let _door = open_market(&venue);
    let stream = trade(&venue);
    venue.stop();
    let file = folder.0.join("streams/1.stream");
    let whole = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let venue = Venue::start(&folder);
    from(&venue, 1, &stream);
    venue.stop();
    assert_eq!(std::fs::read(&file).unwrap(), whole);
}

#[test]
fn a_stream_that_the_journal_does_not_make_is_refused() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let _door = open_market(&venue);
    trade(&venue);
    venue.stop();
    let file = folder.0.join("streams/1.stream");
    let mut bytes = std::fs::read(&file).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    let refused = Venue::try_start(&folder, |_| {}).map(|_| ()).unwrap_err();
    assert!(matches!(refused, ExchangeError::Stream(_) | ExchangeError::Recover(_)), "{refused}");
    assert_eq!(std::fs::read(&file).unwrap(), bytes);
}

#[test]
fn a_journal_that_does_not_reach_the_streams_is_refused() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let _door = open_market(&venue);
    let early = folder.copy();
    trade(&venue);
    venue.stop();
    for stream in ["1.stream", "2.stream"] {
        let name = format!("streams/{stream}");
        std::fs::copy(folder.0.join(&name), early.0.join(&name)).unwrap();
    }
    let refused = Venue::try_start(&early, |_| {}).map(|_| ()).unwrap_err();
    assert!(refused.to_string().contains("acknowledged commands missing"), "{refused}");
}

#[test]
fn a_clean_stop_tells_clients_that_it_is_over_after_all_that_is_due() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let mut door = open_market(&venue);
    let stream = trade(&venue);
    let mut client = venue.session("ALPHA", 1);
    let got = client.many(stream.len());
    venue.stop();
    assert_eq!(got, stream);
    assert_eq!(client.link.next(), Some((PacketType::EndOfSession, Vec::new())));
    assert_eq!(door.link.next(), Some((PacketType::EndOfSession, Vec::new())));
    client.link.expect_close();
    assert!(!folder.0.join("run/exchange.json").exists());
    assert!(!folder.0.join("run/door.sock").exists());
}

#[test]
fn a_client_that_takes_nothing_is_closed_and_resumes() {
    let folder = Folder::new();
    let venue = Venue::start_with(&folder, |config| {
        config.limits.output_bytes = 16 << 10;
        config.limits.messages_per_second = 10_000_000;
        (config.times.heartbeat_ms, config.times.silence_ms) = (50, 500);
    });
    let _door = open_market(&venue);
    let client = venue.session("ALPHA", 0);
    let mut link = Link::new(client.link.socket.try_clone().unwrap());
    let mut sent = 0;
    let why = loop {
        for _ in 0..100 {
            let mut payload = Vec::new();
            enter(&format!("T{sent}"), Side::BUY, 0, 1).encode(&mut payload);
            link.send(PacketType::Unsequenced, &payload);
            sent += 1;
        }
        // The door falls silent as well; only OUCH is looked for.
        if let Some(why) = venue.closed_already() {
            break why;
        }
    };
    assert!(why.ends_with("bytes of output were not taken for 500 ms"), "{why}");
    let mut again = venue.session("ALPHA", 1);
    assert!(matches!(again.message(), Outbound::SystemEvent(_)));
    for number in 0..100 {
        let Outbound::Rejected(message) = again.message() else { panic!("no reject") };
        assert_eq!(message.token, orders::token(&format!("T{number}")));
    }
}

#[test]
fn more_messages_at_once_than_may_wait_come_from_the_file_and_the_client_stays() {
    let folder = Folder::new();
    let venue = Venue::start_with(&folder, |config| config.limits.output_bytes = 4_096);
    let _door = open_market(&venue);
    let (mut alpha, mut bravo) = (venue.session("ALPHA", 0), venue.session("BRAVO", 0));
    for round in 0..3 {
        for number in 0..500 {
            alpha.send(enter(&format!("R{round}S{number}"), Side::SELL, 1, 1_000));
        }
        alpha.many(500);
        bravo.send(enter(&format!("B{round}"), Side::BUY, 500, 1_000));
        assert!(matches!(bravo.message(), Outbound::Accepted(_)));
        for number in 0..500 {
            let Outbound::Executed(sold) = alpha.message() else { panic!("no execution") };
            assert_eq!(sold.token, orders::token(&format!("R{round}S{number}")));
            let Outbound::Executed(bought) = bravo.message() else { panic!("no execution") };
            assert_eq!(bought.match_number, sold.match_number);
        }
    }
}
