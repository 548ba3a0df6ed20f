//! Nothing of another account's orders reaches a session: every record of every stream is checked against the event log.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::HashMap;

use garraway_types::Event;
use garraway_wire::ouch::{Outbound, Side};
use support::orders::{cancel, enter, immediate, replace};
use support::*;

/// The records of a session's stream.
fn records(folder: &Folder, session: u32) -> Vec<(u64, Vec<u8>)> {
    let bytes = std::fs::read(folder.0.join(format!("streams/{session}.stream"))).unwrap();
    let mut rest = bytes.as_slice();
    let mut found = Vec::new();
    while let Some((header, behind)) = rest.split_at_checked(10) {
        let event_id = u64::from_le_bytes(header[..8].try_into().unwrap());
        let length = usize::from(u16::from_le_bytes(header[8..].try_into().unwrap()));
        found.push((event_id, behind[..length].to_vec()));
        rest = &behind[length..];
    }
    assert!(rest.is_empty());
    found
}

fn token_of(message: &Outbound) -> Option<String> {
    let token = match message {
        Outbound::Accepted(message) => message.token,
        Outbound::Replaced(message) => message.replacement_token,
        Outbound::Canceled(message) => message.token,
        Outbound::Executed(message) => message.token,
        Outbound::Rejected(message) => message.token,
        _ => return None,
    };
    token.text().map(str::to_owned)
}

#[test]
fn every_record_is_of_an_event_of_the_sessions_own_account() {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    let mut door = open_market(&venue);
    let (mut alpha, mut bravo) = (venue.session("ALPHA", 0), venue.session("BRAVO", 0));
    for round in 0..100_u32 {
        let cents = 1_000 + round % 7;
        door.place(OTHER, u64::from(round) + 1, 1 + (round % 2) as u8, i64::from(cents), 3);
        door.place(ALPHA, 1_000 * (u64::from(round) + 1), 2, i64::from(cents), 1);
        alpha.send(enter(&format!("A{round}"), Side::SELL, 10, cents));
        alpha.send(replace(&format!("A{round}"), &format!("AR{round}"), 12, cents + 1));
        bravo.send(enter(&format!("B{round}"), Side::BUY, 5, cents));
        bravo.send(immediate(&format!("BI{round}"), Side::BUY, 9, cents));
        alpha.send(cancel(&format!("AR{round}"), 4));
        bravo.send(enter(&format!("BJ{round}"), Side::BUY, 0, cents));
        // One order of each at the end of a round keeps the three submitters in step.
        alpha.send(enter(&format!("AF{round}"), Side::SELL, 0, 1));
        while !matches!(Outbound::decode(&alpha.bytes()), Ok(Outbound::Rejected(_))) {}
    }
    venue.stop();
    let venue = Venue::start(&folder);
    let events: HashMap<u64, Event> =
        venue.events().into_iter().map(|event| (event.event_id, event)).collect();
    for (session, account, letter) in [(1, ALPHA, 'A'), (2, BRAVO, 'B')] {
        let records = records(&folder, session);
        assert!(records.len() > 300, "{} records of session {session}", records.len());
        for (event_id, payload) in records {
            let event = events[&event_id];
            assert_eq!(event.account, account, "event {event:?} in the stream of session {session}");
            let message = Outbound::decode(&payload).unwrap();
            assert!(token_of(&message).is_none_or(|token| token.starts_with(letter)), "{message:?}");
        }
    }
}
