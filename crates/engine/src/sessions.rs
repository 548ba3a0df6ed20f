//! Trading sessions: a client's log-in by a protocol. The engine keeps them so that log-on works with everything else down.

use std::collections::BTreeMap;

use garraway_types::{AccountId, FirmId};

/// A trading session as defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its number.
    pub session: u32,
    /// The firm it belongs to.
    pub firm: FirmId,
    /// Its protocol.
    pub protocol: u8,
    /// Its log-in name, filled up with zeros.
    pub name: [u8; 16],
    /// The network from which it may log in, as an IPv6 address.
    pub network: [u8; 16],
    /// Leading bits of `network` that an address must share.
    pub network_prefix: u8,
    /// When its open orders are cancelled: a `code::CANCEL_ON_LOSS`, `CANCEL_ON_LOGOUT`, or 0.
    pub cancel_on: u8,
    /// Bytes that stand before the secret when it is hashed.
    pub salt: [u8; 16],
    /// SHA-256 of salt and secret.
    pub verifier: [u8; 32],
    /// The account for protocols whose orders name none.
    pub default_account: AccountId,
    /// All its accounts, in the order given.
    pub accounts: Vec<AccountId>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Sessions {
    all: BTreeMap<u32, Session>,
}

impl Sessions {
    pub(crate) fn by_name(&self, name: &[u8; 16]) -> Option<&Session> {
        self.all.values().find(|session| session.name == *name)
    }

    pub(crate) fn by_number(&self, session: u32) -> Option<&Session> {
        self.all.get(&session)
    }

    /// Whether an account is one of a session's.
    pub(crate) fn has_account(&self, session: u32, account: u32) -> bool {
        self.by_number(session).is_some_and(|session| session.accounts.contains(&AccountId(account)))
    }

    pub(crate) fn define(&mut self, session: Session) {
        self.all.insert(session.session, session);
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Session> {
        self.all.values()
    }
}
