//! What the hub's thread shares with those who read: the fold, how far it has come, questions up and answers down.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use mio::Waker;

use crate::bell::Bell;
use crate::certificate::Certificate;
use crate::fold::Fold;

/// No reader waits.
const NOBODY: u64 = u64::MAX;

/// What the hub asks of the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// A client showed a token: who is it?
    Auth {
        /// The client's connection.
        connection: u64,
        /// What it showed.
        token: String,
        /// Where from.
        address: SocketAddr,
    },
    /// The open orders of these accounts are to be cancelled.
    Cancel {
        /// The connection that asked for it, which may be gone.
        connection: u64,
        /// The log-in session it was allowed under.
        login_session: String,
        /// Whose.
        accounts: Vec<u32>,
        /// Why.
        cause: Cause,
    },
    /// A client asks what the service does and words.
    Call {
        /// The client's connection.
        connection: u64,
        /// What it sent.
        text: String,
        /// The account that it named when it came, as it wrote it.
        account: String,
        /// Where from.
        address: SocketAddr,
    },
    /// A connection that had shown a token is gone.
    Closed {
        /// Which.
        connection: u64,
        /// The log-in session it was allowed under.
        login_session: String,
    },
}

/// Why orders are to be cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The connection ended.
    Disconnect,
    /// The time ran out that the client gave.
    Timeout,
}

/// What the service tells the hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The token is good.
    Allow {
        /// Which connection.
        connection: u64,
        /// What it may see.
        accounts: Vec<u32>,
        /// Whether it may have their orders cancelled.
        may_cancel: bool,
        /// Its log-in session.
        login_session: String,
        /// Its user.
        user: u64,
        /// Until when, in ns since the Unix epoch.
        expires_at_ns: i64,
    },
    /// The token is not good.
    Refuse {
        /// Which connection.
        connection: u64,
        /// Why, for the client.
        reason: String,
    },
    /// What a client is answered to a call.
    Reply {
        /// Which connection.
        connection: u64,
        /// The answer.
        text: String,
    },
    /// As `Reply`, and the connection is told of an account from now on.
    Follow {
        /// Which connection.
        connection: u64,
        /// Which account.
        account: u32,
        /// What it was let in by: `key:` and the id of an API key.
        login_session: String,
        /// Its user.
        user: u64,
        /// Until when, in ns since the Unix epoch.
        expires_at_ns: i64,
        /// The answer.
        text: String,
    },
    /// As `Reply`, and the connection is told of no account any more.
    Unfollow {
        /// Which connection.
        connection: u64,
        /// The answer.
        text: String,
    },
    /// Connections are to be closed at once.
    Cut {
        /// Whose.
        whom: Whom,
        /// Why, for the client.
        reason: String,
    },
}

/// Whose connections are cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// One connection.
    Connection(u64),
    /// Those of a log-in session.
    LoginSession(String),
    /// Those of a user.
    User(u64),
}

macro_rules! figures {
    ($( $(#[doc = $doc:literal])+ $name:ident; )+) => {
        /// Figures of the hub, for metrics.
        #[derive(Debug, Default)]
        pub struct Figures { $( $(#[doc = $doc])+ pub $name: AtomicU64, )+ }

        impl Figures {
            /// All of them by name.
            pub fn all(&self) -> Vec<(&'static str, u64)> {
                vec![$( (stringify!($name), self.$name.load(Ordering::Relaxed)) ),+]
            }
        }
    };
}

figures! {
    /// Events folded.
    events;
    /// Nanoseconds from the time of the last command to when it was folded.
    lag_ns;
    /// Connections open.
    connections;
    /// Connections accepted.
    accepted;
    /// Connections refused: for the limit, the path, the origin or a wrong handshake.
    refused;
    /// Subscriptions held.
    subscriptions;
    /// Messages sent.
    messages;
    /// Bytes sent.
    bytes;
    /// Messages received.
    received;
    /// Updates of a book left out for a client that did not read fast enough.
    conflated;
    /// Clients cut for not reading.
    cut_slow;
    /// Clients cut because their log-in ended.
    cut_login;
    /// Clients cut for what they sent.
    cut_protocol;
}

/// Shared state.
#[derive(Debug)]
pub struct Shared {
    /// The figures.
    pub figures: Figures,
    /// Rung when the fold has come as far as somebody waits for.
    pub reached: Bell,
    /// Rung when there are requests.
    pub asked: Bell,
    fold: Mutex<Fold>,
    seq: AtomicU64,
    wanted: AtomicU64,
    requests: Mutex<VecDeque<Request>>,
    answers: Mutex<Vec<Answer>>,
    failure: Mutex<Option<String>>,
    certificate: Mutex<Option<Certificate>>,
    stop: AtomicBool,
    waker: Waker,
}

impl Shared {
    /// Nothing folded yet.
    pub fn new(waker: Waker, certificate: Option<Certificate>) -> io::Result<Self> {
        Ok(Self {
            figures: Figures::default(),
            reached: Bell::new()?,
            asked: Bell::new()?,
            fold: Mutex::default(),
            seq: AtomicU64::new(0),
            wanted: AtomicU64::new(NOBODY),
            requests: Mutex::default(),
            answers: Mutex::default(),
            failure: Mutex::default(),
            certificate: Mutex::new(certificate),
            stop: AtomicBool::new(false),
            waker,
        })
    }

    /// What the port shows of itself.
    pub fn certificate(&self) -> Option<Certificate> {
        own(&self.certificate).clone()
    }

    /// Connections from now on are shown this certificate; whether the port speaks TLS at all.
    pub fn renew_certificate(&self, certificate: Certificate) -> bool {
        let mut kept = own(&self.certificate);
        let speaks_tls = kept.is_some();
        if speaks_tls {
            *kept = Some(certificate);
        }
        speaks_tls
    }

    /// The fold, to be looked at for a moment.
    pub fn fold(&self) -> MutexGuard<'_, Fold> {
        own(&self.fold)
    }

    /// The fold, if nobody else is at it.
    pub fn fold_if_free(&self) -> Option<MutexGuard<'_, Fold>> {
        match self.fold.try_lock() {
            Ok(fold) => Some(fold),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Number of the last command that was folded.
    pub fn seq(&self) -> u64 {
        self.seq.load(Ordering::SeqCst)
    }

    /// Asks for [`Shared::reached`] to be rung when the fold has come as far as this; whether it has.
    pub fn arm(&self, seq: u64) -> bool {
        self.wanted.fetch_min(seq, Ordering::SeqCst);
        // The hub stores where it is before it looks at what is wanted: one of the two sees the other.
        let reached = self.seq() >= seq;
        if reached {
            self.reach(self.seq());
        }
        reached
    }

    /// The fold has come as far as this.
    pub(crate) fn reach(&self, seq: u64) {
        self.seq.fetch_max(seq, Ordering::SeqCst);
        if self.wanted.load(Ordering::SeqCst) <= seq {
            self.wanted.store(NOBODY, Ordering::SeqCst);
            self.reached.ring();
        }
    }

    /// Asks the service; false where too much waits already.
    pub fn ask(&self, request: Request, limit: usize) -> bool {
        let mut requests = own(&self.requests);
        if requests.len() >= limit {
            return false;
        }
        requests.push_back(request);
        self.asked.ring();
        true
    }

    /// Takes what the hub asked.
    pub fn take_requests(&self) -> Vec<Request> {
        self.asked.answer();
        own(&self.requests).drain(..).collect()
    }

    /// Tells the hub.
    pub fn answer(&self, answer: Answer) {
        own(&self.answers).push(answer);
        self.wake();
    }

    /// Takes what the service told.
    pub fn take_answers(&self) -> Vec<Answer> {
        std::mem::take(&mut own(&self.answers))
    }

    /// Why the hub stopped by itself.
    pub fn failure(&self) -> Option<String> {
        own(&self.failure).clone()
    }

    pub(crate) fn fail(&self, why: String) {
        *own(&self.failure) = Some(why);
        self.wanted.store(NOBODY, Ordering::SeqCst);
        self.reached.ring();
        self.asked.ring();
    }

    /// Asks the hub to stop.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
        self.wake();
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    fn wake(&self) {
        // Where the waker fails the hub finds the answer within its poll.
        let _ = self.waker.wake();
    }
}

/// A panic of another thread while it held the lock is that thread's failure, which is told elsewhere.
fn own<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
