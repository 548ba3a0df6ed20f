//! The times and sizes of a session, the same for both sides.

use super::close::SendError;
use super::login::LOGIN_REQUEST_LEN;
use super::packet::MAX_PAYLOAD_LEN;

const SECOND_NS: i64 = 1_000_000_000;

/// How long a session waits and how much it takes at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// From the connection to the accepted log-in.
    pub login_timeout_ns: i64,
    /// Own silence after which a heartbeat goes out.
    pub heartbeat_interval_ns: i64,
    /// The peer's silence after which the connection is dropped.
    pub silence_timeout_ns: i64,
    /// The longest payload taken or sent, type byte excluded.
    pub max_payload_len: usize,
}

impl SessionLimits {
    /// The protocol's times (30 s, 1 s, 15 s) and payloads that hold any command of the door.
    pub const STANDARD: Self = Self {
        login_timeout_ns: 30 * SECOND_NS,
        heartbeat_interval_ns: SECOND_NS,
        silence_timeout_ns: 15 * SECOND_NS,
        max_payload_len: 4_200,
    };

    /// Refuses a payload over the limit.
    #[inline]
    pub(super) fn expect_payload(&self, payload: &[u8]) -> Result<(), SendError> {
        let (payload_len, limit) = (payload.len(), self.max_payload_len);
        if payload_len <= limit { Ok(()) } else { Err(SendError::PayloadTooLong { payload_len, limit }) }
    }

    /// Stops on limits under which no session can live.
    pub(super) fn check(&self) {
        assert!(self.login_timeout_ns > 0, "login_timeout_ns {} must be over 0", self.login_timeout_ns);
        assert!(
            self.heartbeat_interval_ns > 0,
            "heartbeat_interval_ns {} must be over 0",
            self.heartbeat_interval_ns
        );
        assert!(
            self.silence_timeout_ns > self.heartbeat_interval_ns,
            "silence_timeout_ns {} must be over heartbeat_interval_ns {}",
            self.silence_timeout_ns,
            self.heartbeat_interval_ns
        );
        assert!(
            (LOGIN_REQUEST_LEN..=MAX_PAYLOAD_LEN).contains(&self.max_payload_len),
            "max_payload_len {} must be {LOGIN_REQUEST_LEN} to {MAX_PAYLOAD_LEN}",
            self.max_payload_len
        );
    }
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self::STANDARD
    }
}
