//! Sources: who sends commands, with which rights, and the window of outcomes that makes each command count once.

use garraway_types::limits::{MAX_SOURCE, SOURCE_WINDOW};
use garraway_types::{Command, EventId, Fnv, Reject, SourceId, rights};

/// What became of a source's command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Hash of the whole record.
    pub hash: u64,
    /// Its first event.
    pub first_event: EventId,
    /// The reason, if it was refused.
    pub reason: Option<Reject>,
}

/// The verdict on a command's number, asked before it is journaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// To be journaled and applied.
    New,
    /// It has had its effect already.
    Repeat(Outcome),
    /// Not to be journaled; it consumes nothing.
    Refused(Reject),
}

#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) name: [u8; 16],
    pub(crate) rights: u8,
    pub(crate) last_seq: u64,
    /// The outcome of number n stands at n % 1,024; grows to that size.
    pub(crate) window: Vec<Outcome>,
}

#[derive(Clone, Debug)]
pub(crate) struct Sources {
    all: Vec<Option<Source>>,
}

/// A text of at most 16 bytes, filled up with zeros.
pub(crate) const fn padded(text: &[u8]) -> [u8; 16] {
    let mut field = [0; 16];
    let mut at = 0;
    while at < text.len() {
        field[at] = text[at];
        at += 1;
    }
    field
}

impl Sources {
    pub(crate) fn new() -> Self {
        let gateway = Source::new(padded(b"gateway"), rights::TRADE | rights::QUOTE | rights::SYSTEM);
        let operator = Source::new(padded(b"operator"), rights::ALL);
        Self { all: vec![Some(gateway), Some(operator)] }
    }

    #[inline(always)]
    pub(crate) fn get(&self, source: u16) -> Option<&Source> {
        self.all.get(usize::from(source))?.as_ref()
    }

    pub(crate) fn define(&mut self, number: u16, source: Source) {
        let at = usize::from(number);
        if self.all.len() <= at {
            self.all.resize(at + 1, None);
        }
        self.all[at] = Some(source);
    }

    pub(crate) fn by_name(&self, name: &[u8; 16]) -> Option<SourceId> {
        self.numbered().find(|(_, source)| source.name == *name).map(|(number, _)| SourceId(number))
    }

    pub(crate) fn numbered(&self) -> impl Iterator<Item = (u16, &Source)> {
        self.all.iter().enumerate().filter_map(|(number, source)| Some((number as u16, source.as_ref()?)))
    }

    /// The verdict on the number of a command of another source than 0.
    pub(crate) fn screen(&self, command: &Command<'_>) -> Screen {
        let head = &command.head;
        let Some(source) = self.get(head.source) else { return Screen::Refused(Reject::SourceUnknown) };
        let (seq, last) = (head.source_seq, source.last_seq);
        if seq > last {
            return if seq - last == 1 { Screen::New } else { Screen::Refused(Reject::SourceGap) };
        }
        if seq == 0 || last - seq >= SOURCE_WINDOW {
            return Screen::Refused(Reject::SourceTooOld);
        }
        let outcome = source.window[(seq % SOURCE_WINDOW) as usize];
        if outcome.hash == hash_of(command) {
            Screen::Repeat(outcome)
        } else {
            Screen::Refused(Reject::SourceBodyDiffers)
        }
    }

    /// Keeps the outcome of a command that was screened as new.
    pub(crate) fn keep(&mut self, command: &Command<'_>, first_event: EventId, reason: Option<Reject>) {
        let head = &command.head;
        let source = self.all[usize::from(head.source)].as_mut();
        let source = source.unwrap_or_else(|| unreachable!("source {} was screened", head.source));
        source.last_seq = head.source_seq;
        source.put(Outcome { hash: hash_of(command), first_event, reason });
    }
}

impl Source {
    pub(crate) fn new(name: [u8; 16], rights: u8) -> Self {
        Self { name, rights, last_seq: 0, window: Vec::new() }
    }

    /// Puts the outcome of `last_seq` into the window.
    pub(crate) fn put(&mut self, outcome: Outcome) {
        let place = (self.last_seq % SOURCE_WINDOW) as usize;
        if self.window.len() <= place {
            let empty = Outcome { hash: 0, first_event: EventId(0), reason: None };
            self.window.resize(place + 1, empty);
        }
        self.window[place] = outcome;
    }

    /// The outcomes of the window, oldest first, each with its number.
    pub(crate) fn outcomes(&self) -> impl Iterator<Item = (u64, &Outcome)> {
        let oldest = self.last_seq.saturating_sub(SOURCE_WINDOW - 1).max(1);
        (oldest..=self.last_seq).map(|seq| (seq, &self.window[(seq % SOURCE_WINDOW) as usize]))
    }
}

fn hash_of(command: &Command<'_>) -> u64 {
    let mut hash = Fnv::default();
    hash.bytes(command.bytes);
    hash.value()
}

const _: () = assert!((MAX_SOURCE as usize) < u16::MAX as usize);
