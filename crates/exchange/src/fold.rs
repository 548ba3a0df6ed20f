//! What the gateways must know of the journal: instruments that fit OUCH, sessions, tokens, counts. A fold over commands
//! and their events, the same at recovery and live; what it has to say to sessions waits in `held`.

use std::collections::BTreeMap;

use garraway_sequencer::Observer;
use garraway_types::{
    AccountId, Command, DefineSession, Event, EventKind, Nanos, code::PROTOCOL_OUCH, events_in,
};

use crate::Limits;
use crate::held::Held;
use crate::ouch::{Account, Scales, system_event};

/// How much there was of everything since the venue's first command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Commands.
    pub commands: u64,
    /// Events.
    pub events: u64,
    /// Refused commands.
    pub rejects: u64,
    /// Trades.
    pub trades: u64,
    /// Messages to OUCH sessions.
    pub messages: u64,
}

impl Counts {
    /// What came since `before`.
    pub fn since(&self, before: &Self) -> Self {
        Self {
            commands: self.commands - before.commands,
            events: self.events - before.events,
            rejects: self.rejects - before.rejects,
            trades: self.trades - before.trades,
            messages: self.messages - before.messages,
        }
    }
}

/// The last command applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Last {
    /// Its number.
    pub seq: u64,
    /// 0, or the reason for which it was refused.
    pub reason: u8,
}

/// The fold.
#[derive(Debug)]
pub struct Fold {
    scales: Scales,
    /// Default account by session.
    sessions: BTreeMap<u32, u32>,
    /// One more than the place in `accounts`, by account number; 0 for accounts that no session trades on.
    places: Vec<u32>,
    accounts: Vec<Account>,
    tokens_per_account: usize,
    counts: Counts,
    last: Last,
    message: Vec<u8>,
    /// What sessions are to be told.
    pub held: Held,
    /// Sessions that were redefined: whoever is logged in did so under other terms.
    pub redefined: Vec<u32>,
}

impl Fold {
    /// The fold of an empty journal.
    pub fn new(limits: &Limits) -> Self {
        Self {
            scales: Scales::default(),
            sessions: BTreeMap::new(),
            places: Vec::new(),
            accounts: Vec::new(),
            tokens_per_account: limits.tokens_per_account,
            counts: Counts::default(),
            last: Last::default(),
            message: Vec::with_capacity(256),
            held: Held::new(1 << 20),
            redefined: Vec::new(),
        }
    }

    /// The instruments that fit OUCH.
    pub fn scales(&self) -> &Scales {
        &self.scales
    }

    /// The account, if a session trades or traded on it.
    pub fn account(&self, account: AccountId) -> Option<&Account> {
        self.accounts.get(self.place(account.0)?)
    }

    /// How much there was of everything.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The last command applied.
    pub fn last(&self) -> Last {
        self.last
    }

    fn place(&self, account: u32) -> Option<usize> {
        self.places.get(account as usize)?.checked_sub(1).map(|place| place as usize)
    }

    fn take(&mut self, command: &Command<'_>, event: &Event, tail: &[u8], next: Option<&Event>) {
        match EventKind::from_code(event.kind) {
            Some(EventKind::InstrumentListed) => self.scales.list(event.instrument, &command.body()),
            Some(EventKind::SessionDefined) => self.define(&command.body(), event),
            Some(EventKind::Traded) => self.counts.trades += 1,
            Some(EventKind::Rejected) => {
                self.counts.rejects += 1;
                self.last.reason = event.detail;
                self.tell(event, tail, next);
            }
            Some(EventKind::Accepted | EventKind::Canceled | EventKind::Replaced | EventKind::Filled) => {
                self.tell(event, tail, next);
            }
            _ => {}
        }
    }

    /// What the event means to the sessions of its account.
    fn tell(&mut self, event: &Event, tail: &[u8], next: Option<&Event>) {
        let Some(place) = self.place(event.account) else { return };
        let account = &mut self.accounts[place];
        account.take(event, tail, next, &self.scales, &mut self.message);
        if self.message.is_empty() {
            return;
        }
        for session in &account.sessions {
            self.held.push(event.event_id, *session, &self.message);
            self.counts.messages += 1;
        }
    }

    /// Takes a session as defined; a new one hears of the start first.
    fn define(&mut self, terms: &DefineSession, event: &Event) {
        if terms.protocol != PROTOCOL_OUCH {
            return;
        }
        let before = self.sessions.insert(terms.session, event.account);
        if let Some(place) = before.and_then(|account| self.place(account)) {
            self.accounts[place].sessions.retain(|session| *session != terms.session);
        }
        let place = self.place_for(event.account);
        self.accounts[place].sessions.push(terms.session);
        if before.is_some() {
            self.redefined.push(terms.session);
        } else {
            system_event(event, &mut self.message);
            self.held.push(event.event_id, terms.session, &self.message);
            self.counts.messages += 1;
        }
    }

    fn place_for(&mut self, account: u32) -> usize {
        if let Some(place) = self.place(account) {
            return place;
        }
        let at = account as usize;
        if self.places.len() <= at {
            self.places.resize(at + 1, 0);
        }
        self.accounts.push(Account::new(self.tokens_per_account));
        self.places[at] = self.accounts.len() as u32;
        self.accounts.len() - 1
    }
}

impl Observer for Fold {
    fn applied(&mut self, seq: u64, _at: Nanos, command: &Command<'_>, events: &[u8]) {
        self.counts.commands += 1;
        self.last = Last { seq, reason: 0 };
        let mut walk = events_in(events);
        let mut current = walk.next();
        while let Some((event, tail)) = current {
            self.counts.events += 1;
            let next = walk.next();
            self.take(command, &event, tail, next.as_ref().map(|(event, _)| event));
            current = next;
        }
    }
}
