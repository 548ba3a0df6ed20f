//! Who was last heard of when: heartbeats on own silence, dropping on the peer's.

use super::close::CloseReason;
use super::limits::SessionLimits;

/// Both directions of one logged-in connection. Times never run backwards here, whatever the caller's clock does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Liveness {
    heartbeat_interval_ns: i64,
    silence_timeout_ns: i64,
    sent_ns: i64,
    heard_ns: i64,
}

impl Liveness {
    pub(super) fn new(limits: &SessionLimits, now_ns: i64) -> Self {
        Self {
            heartbeat_interval_ns: limits.heartbeat_interval_ns,
            silence_timeout_ns: limits.silence_timeout_ns,
            sent_ns: now_ns,
            heard_ns: now_ns,
        }
    }

    pub(super) fn sent(&mut self, now_ns: i64) {
        self.sent_ns = self.sent_ns.max(now_ns);
    }

    pub(super) fn heard(&mut self, now_ns: i64) {
        self.heard_ns = self.heard_ns.max(now_ns);
    }

    pub(super) fn is_heartbeat_due(&self, now_ns: i64) -> bool {
        now_ns >= self.heartbeat_due_ns()
    }

    /// The reason to drop the connection, when the peer was silent for too long.
    pub(super) fn silence(&self, now_ns: i64) -> Option<CloseReason> {
        (now_ns >= self.silence_due_ns()).then(|| CloseReason::PeerSilent {
            silent_ns: now_ns.saturating_sub(self.heard_ns),
            limit_ns: self.silence_timeout_ns,
        })
    }

    pub(super) fn next_deadline_ns(&self) -> i64 {
        self.heartbeat_due_ns().min(self.silence_due_ns())
    }

    fn heartbeat_due_ns(&self) -> i64 {
        self.sent_ns.saturating_add(self.heartbeat_interval_ns)
    }

    fn silence_due_ns(&self) -> i64 {
        self.heard_ns.saturating_add(self.silence_timeout_ns)
    }
}
