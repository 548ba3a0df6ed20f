//! The payloads of the door, little-endian, of fixed layout. The tables stand in this crate's README.

use garraway_types::{Malformed, limits::MAX_COMMAND};

/// The log-in name at the door; the password is the source's name.
pub const DOOR_USER: &str = "door";
/// Commands of one connection that may be unanswered. Beyond: the socket is not read.
pub const WINDOW: u32 = 256;
/// Longest payload of the door in either direction: a command, or a status.
pub(crate) const DOOR_PAYLOAD: usize = 16 << 10;
/// First byte of a status.
pub(crate) const STATUS: u8 = b'T';

const STATE: u8 = b'S';
const OUTCOME: u8 = b'O';
const COMMAND: u8 = b'C';
const QUERY: u8 = b'Q';
const STATE_VERSION: u8 = 1;

const _: () = assert!(MAX_COMMAND < DOOR_PAYLOAD);

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request<'a> {
    /// One command, to be judged.
    Command(&'a [u8]),
    /// How the venue is.
    Status,
    /// Neither: the first byte, or none.
    Unknown(Option<u8>),
}

impl<'a> Request<'a> {
    /// Reads the payload of a client's unsequenced packet.
    pub fn decode(payload: &'a [u8]) -> Self {
        match payload {
            [COMMAND, command @ ..] => Self::Command(command),
            [QUERY] => Self::Status,
            other => Self::Unknown(other.first().copied()),
        }
    }
}

/// The first packet after a log-in: where the source stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceState {
    /// The source's number.
    pub source: u16,
    /// Commands that may be unanswered.
    pub window: u32,
    /// The number of the last command applied for the source.
    pub last_source_seq: u64,
    /// The number of the venue's last durable command.
    pub durable_seq: u64,
}

impl SourceState {
    /// Bytes of the payload.
    pub const SIZE: usize = 24;

    /// The payload.
    pub fn encode(&self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        bytes[0] = STATE;
        bytes[1] = STATE_VERSION;
        bytes[2..4].copy_from_slice(&self.source.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.window.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.last_source_seq.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.durable_seq.to_le_bytes());
        bytes
    }

    /// Reads a payload; `None` for another one.
    pub fn decode(payload: &[u8]) -> Option<Self> {
        let bytes: &[u8; Self::SIZE] = payload.try_into().ok()?;
        (bytes[..2] == [STATE, STATE_VERSION]).then(|| Self {
            source: u16::from_le_bytes([bytes[2], bytes[3]]),
            window: u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]),
            last_source_seq: u64_at(bytes, 8),
            durable_seq: u64_at(bytes, 16),
        })
    }
}

/// What became of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// It was taken, journaled and applied; `reason` says whether the engine refused it.
    New = 1,
    /// It was applied before; this is what became of it then.
    Repeat = 2,
    /// It was not taken, is not in the journal and consumed nothing; `reason` is a reject.
    Refused = 3,
    /// It is not a command; `reason` is a code of [`malformed_code`].
    Malformed = 4,
}

impl Kind {
    fn from_code(code: u8) -> Option<Self> {
        [Self::New, Self::Repeat, Self::Refused, Self::Malformed].into_iter().find(|kind| *kind as u8 == code)
    }
}

/// The answer to one command, given after the durable mark has passed it. Answers come in the order of the commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What became of it.
    pub kind: Kind,
    /// 0, or why it was refused.
    pub reason: u8,
    /// The command's own number; 0 where the bytes are too few to have one.
    pub source_seq: u64,
    /// Id of its first event; 0 where it has none.
    pub first_event: u64,
}

impl Outcome {
    /// Bytes of the payload.
    pub const SIZE: usize = 24;

    /// The payload.
    pub fn encode(&self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        bytes[0] = OUTCOME;
        bytes[1] = self.kind as u8;
        bytes[2] = self.reason;
        bytes[8..16].copy_from_slice(&self.source_seq.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.first_event.to_le_bytes());
        bytes
    }

    /// Reads a payload; `None` for another one.
    pub fn decode(payload: &[u8]) -> Option<Self> {
        let bytes: &[u8; Self::SIZE] = payload.try_into().ok()?;
        if bytes[0] != OUTCOME {
            return None;
        }
        Some(Self {
            kind: Kind::from_code(bytes[1])?,
            reason: bytes[2],
            source_seq: u64_at(bytes, 8),
            first_event: u64_at(bytes, 16),
        })
    }
}

/// The code by which an outcome names what is wrong with the bytes: 1 short, 2 length, 3 kind, 4 version, 5 tail, 6 fill.
pub fn malformed_code(malformed: &Malformed) -> u8 {
    match malformed {
        Malformed::Short { .. } => 1,
        Malformed::Length { .. } => 2,
        Malformed::Kind(_) => 3,
        Malformed::Version(_) => 4,
        Malformed::Tail(_) => 5,
        Malformed::Fill => 6,
    }
}

fn u64_at(bytes: &[u8], offset: usize) -> u64 {
    let mut raw = [0; 8];
    raw.copy_from_slice(&bytes[offset..offset + 8]);
    u64::from_le_bytes(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_has_its_documented_bytes() {
        let state =
            SourceState { source: 0x0203, window: 256, last_source_seq: 7, durable_seq: 0x0102_0304_0506 };
        let bytes = state.encode();
        assert_eq!(bytes, [b'S', 1, 3, 2, 0, 1, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 6, 5, 4, 3, 2, 1, 0, 0]);
        assert_eq!(SourceState::decode(&bytes), Some(state));
    }

    #[test]
    fn the_outcome_has_its_documented_bytes() {
        let outcome = Outcome { kind: Kind::Refused, reason: 6, source_seq: 9, first_event: 0x0001_0000 };
        let bytes = outcome.encode();
        assert_eq!(bytes, [b'O', 3, 6, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
        assert_eq!(Outcome::decode(&bytes), Some(outcome));
    }

    #[test]
    fn payloads_of_another_kind_or_length_are_not_read() {
        let outcome = Outcome { kind: Kind::New, reason: 0, source_seq: 1, first_event: 1 }.encode();
        assert_eq!(SourceState::decode(&outcome), None);
        assert_eq!(Outcome::decode(&outcome[..23]), None);
        let mut unknown = outcome;
        unknown[1] = 5;
        assert_eq!(Outcome::decode(&unknown), None);
    }

    #[test]
    fn requests_are_told_apart_by_their_first_byte() {
        assert_eq!(Request::decode(b"C123"), Request::Command(b"123"));
        assert_eq!(Request::decode(b"Q"), Request::Status);
        assert_eq!(Request::decode(b"Qx"), Request::Unknown(Some(b'Q')));
        assert_eq!(Request::decode(b""), Request::Unknown(None));
    }
}
