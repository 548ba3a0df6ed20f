//! How the venue is, as JSON: the answer to a status query at the door.

use garraway_sequencer::Durability;
use garraway_types::{code::PROTOCOL_OUCH, name_of};

use crate::fold::Counts;
use crate::latency::Percentiles;
use crate::notices::Json;
use crate::reactor::Reactor;

/// Sessions shown at most; how many were left off is said.
const SESSIONS: usize = 100;

/// The status in at most `limit` bytes.
pub fn json(reactor: &Reactor, limit: usize) -> String {
    let text = with_sessions(reactor, SESSIONS);
    if text.len() <= limit { text } else { with_sessions(reactor, 0) }
}

fn with_sessions(reactor: &Reactor, most: usize) -> String {
    let core = &reactor.core;
    let (engine, counts) = (core.sequencer.engine(), core.fold.counts());
    let mut json = Json::default();
    json.number("uptime_ns", core.clock.now_ns())
        .number("last_seq", engine.last_seq())
        .number("durable_seq", core.sequencer.durable_seq());
    put_counts(&mut json, &counts);
    json.number("orders_open", engine.open_orders());
    let mut rates = Json::default();
    put_counts(&mut rates, &core.per_second);
    json.raw("per_second", &rates.end())
        .raw("latency_ns", &percentiles(&core.latency.recent()))
        .raw("latency_total_ns", &percentiles(&core.latency.total()));
    let (sessions, left_off) = sessions(reactor, most);
    json.raw("sessions", &sessions).number("sessions_left_off", left_off);
    json.raw("queues", &queues(reactor)).raw("connections", &connections(reactor));
    json.text("durability", durability_name(reactor.config.durability))
        .text("journal_segment", &last_segment(reactor));
    json.end()
}

/// The name of a durability in JSON.
pub fn durability_name(durability: Durability) -> &'static str {
    match durability {
        Durability::Os => "os",
        Durability::Fsync => "fsync",
    }
}

fn put_counts(json: &mut Json, counts: &Counts) {
    json.number("commands", counts.commands)
        .number("events", counts.events)
        .number("rejects", counts.rejects)
        .number("trades", counts.trades)
        .number("messages", counts.messages);
}

fn percentiles(of: &Percentiles) -> String {
    let mut json = Json::default();
    json.number("p50", of.p50_ns)
        .number("p99", of.p99_ns)
        .number("p999", of.p999_ns)
        .number("max", of.max_ns)
        .number("count", of.count);
    json.end()
}

fn sessions(reactor: &Reactor, most: usize) -> (String, usize) {
    let all = reactor.core.sequencer.engine().sessions();
    let mut text = String::from("[");
    let mut left_off = 0;
    for (at, session) in all.filter(|session| session.protocol == PROTOCOL_OUCH).enumerate() {
        if at >= most {
            left_off += 1;
            continue;
        }
        let address = reactor.ouch_logins.get(&session.session);
        let peer = address.and_then(|address| reactor.table.peek(address.place));
        let mut json = Json::default();
        json.text("name", name_of(&session.name, session.name.len()).unwrap_or_default())
            .text("protocol", "ouch42")
            .text("peer", peer.map_or("", |connection| &connection.peer))
            .raw("connected", if peer.is_some() { "true" } else { "false" })
            .number("next_sequence", reactor.core.streams.count(session.session) + 1);
        if at > 0 {
            text.push(',');
        }
        text += &json.end();
    }
    text.push(']');
    (text, left_off)
}

fn queues(reactor: &Reactor) -> String {
    let [ready, stalled] = reactor.depths();
    let core = &reactor.core;
    let mut json = Json::default();
    json.number("held_bytes", core.fold.held.len())
        .number("answers", core.acks.len())
        .number("ready", ready)
        .number("stalled", stalled)
        .number("discarded", core.discarded)
        .number("streams_pending", core.streams.pending());
    json.end()
}

fn connections(reactor: &Reactor) -> String {
    let [ouch, door] = reactor.connections();
    let mut json = Json::default();
    json.number("ouch", ouch).number("door", door);
    json.end()
}

/// The newest segment's file name: names begin with a number that rises with their first command.
fn last_segment(reactor: &Reactor) -> String {
    let Ok(entries) = std::fs::read_dir(reactor.config.folder.join("journal")) else { return String::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter(|name| name.starts_with(|letter: char| letter.is_ascii_digit())).max().unwrap_or_default()
}
