//! Who may come in by the door, and what becomes of a command there.

use garraway_engine::Engine;
use garraway_sequencer::{Sequencer, Submitted};
use garraway_types::{Command, CommandHead, Nanos, Record, Reject, SourceId};
use garraway_wire::soupbintcp::LoginRequest;

use super::packets::{DOOR_USER, Kind, Outcome, SourceState, WINDOW, malformed_code};
use crate::fold::Fold;

/// A source that may come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub source: SourceId,
    /// Its first packet.
    pub state: SourceState,
}

/// Judges a log-in: the user is `door`, the password a source's name. The gateway in the process has none.
pub fn admit(request: &LoginRequest, engine: &Engine, durable_seq: u64) -> Option<Entry> {
    if request.username.as_str() != DOOR_USER {
        return None;
    }
    let (source, last_source_seq) = engine.source_by_name(request.password.expose())?;
    if source == SourceId::GATEWAY {
        return None;
    }
    let state = SourceState { source: source.0, window: WINDOW, last_source_seq, durable_seq };
    Some(Entry { source, state })
}

/// Submits a command of `source` and says what to answer once everything applied so far is durable.
pub fn submit(
    bytes: &[u8],
    source: SourceId,
    now: Nanos,
    sequencer: &mut Sequencer,
    fold: &mut Fold,
) -> Outcome {
    let source_seq = match bytes.len() {
        CommandHead::SIZE.. => CommandHead::read(bytes).source_seq,
        _ => 0,
    };
    let answer = |kind, reason, first_event| Outcome { kind, reason, source_seq, first_event };
    match Command::parse(bytes) {
        Err(malformed) => return answer(Kind::Malformed, malformed_code(&malformed), 0),
        Ok(command) if command.head.source != source.0 => {
            return answer(Kind::Refused, Reject::NotPermitted as u8, 0);
        }
        Ok(_) => {}
    }
    match sequencer.submit(bytes, now, fold) {
        Submitted::New { seq, first_event } => {
            let last = fold.last();
            assert_eq!(last.seq, seq, "the command just submitted is the last one observed");
            answer(Kind::New, last.reason, first_event.0)
        }
        Submitted::Repeat(outcome) => {
            answer(Kind::Repeat, outcome.reason.map_or(0, |reason| reason as u8), outcome.first_event.0)
        }
        Submitted::Refused(reason) => answer(Kind::Refused, reason as u8, 0),
        Submitted::Malformed(malformed) => answer(Kind::Malformed, malformed_code(&malformed), 0),
    }
}
