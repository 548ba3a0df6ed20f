//! Risk as the gate of a desk: what the desk does and sees, told to [`Risk`]; what it decides, told to the desk.
//!
//! The risk is shared with whoever runs the strategy, who tells of the connection, of other strategies and of resets.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use garraway_types::{InstrumentId, Nanos, Price};

use crate::account::Account;
use crate::gate::{Action as Asked, Gate, Happened, Refusal as Told};
use crate::intent::Intent as Wanted;
use crate::order::State;

use super::checks::{Intent, Risk, Whose};
use super::refusal::{Action, Refusal};

/// A risk that several look at.
#[derive(Clone, Debug)]
pub struct Shared(Arc<Mutex<Risk>>);

impl Shared {
    /// Shares it.
    pub fn new(risk: Risk) -> Self {
        Self(Arc::new(Mutex::new(risk)))
    }

    /// Looks at it, or tells it something.
    pub fn get(&self) -> MutexGuard<'_, Risk> {
        // A holder that panicked left no half-told state that counts: each verb is whole or panics before it begins.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The gate.
pub struct Limiter {
    risk: Shared,
    /// What is to be done, until the desk asks.
    pending: Option<Action>,
}

impl Limiter {
    /// The gate of a risk.
    pub const fn new(risk: Shared) -> Self {
        Self { risk, pending: None }
    }

    /// A stop goes before a close.
    fn note(&mut self, action: Option<Action>) {
        let Some(action) = action else { return };
        if !matches!(self.pending, Some(Action::Stop { .. })) {
            self.pending = Some(action);
        }
    }
}

impl Gate for Limiter {
    fn judge(&mut self, account: &Account, intent: &Wanted) -> Result<(), Told> {
        let terms = &account.instruments[intent.instrument].terms;
        let asked = Intent {
            instrument: InstrumentId(terms.number),
            side: intent.side,
            lots: intent.quantity,
            price: (intent.limit != 0).then_some(Price(intent.limit)),
            flattens: false,
        };
        let decided = self.risk.get().decide(Nanos(account.now_ns), &asked);
        decided.map_err(|(refusal, action)| {
            self.note(action);
            told(&refusal, &terms.symbol)
        })
    }

    fn happened(&mut self, account: &Account, what: Happened<'_>) {
        let now = Nanos(account.now_ns);
        let number = |place: usize| InstrumentId(account.instruments[place].terms.number);
        let mut risk = self.risk.get();
        let action = match what {
            Happened::Sent(order) if order.state.is_live() => {
                let left = order.intent.quantity - order.filled;
                risk.opened(now, Whose::Own, number(order.intent.instrument), order.intent.side, left);
                None
            }
            Happened::Sent(_) => None,
            Happened::Done(order) => {
                let left = order.intent.quantity - order.filled;
                risk.left(Whose::Own, number(order.intent.instrument), order.intent.side, left, true);
                if order.state == State::Rejected { risk.refused(now) } else { None }
            }
            Happened::Filled(fill) => {
                let (instrument, side) = (number(fill.instrument), fill.side);
                risk.left(Whose::Own, instrument, side, fill.quantity, false);
                let paid = (fill.value, fill.fee);
                risk.filled(now, Whose::Own, instrument, side, fill.quantity, Price(fill.price), paid)
            }
            Happened::Marked(place) => {
                let quote = &account.instruments[place].quote;
                risk.marked(now, number(place), Price(quote.bid + (quote.ask - quote.bid) / 2))
            }
        };
        drop(risk);
        self.note(action);
    }

    fn look(&mut self, account: &Account) -> Asked {
        let passed = self.risk.get().passed(Nanos(account.now_ns));
        self.note(passed);
        match self.pending.take() {
            None => Asked::Go,
            Some(Action::Stop { flatten: false, .. }) => Asked::Stop,
            Some(Action::Stop { flatten: true, .. }) => Asked::Flatten,
            Some(Action::Close(why)) => {
                account.instrument_of(why.instrument.0).map_or(Asked::Go, Asked::Close)
            }
        }
    }
}

fn told(refusal: &Refusal, symbol: &str) -> Told {
    let Refusal { reason, value, limit, .. } = *refusal;
    let (name, level, text) = (reason.name(), reason.level().name(), reason.text());
    Told {
        reason: reason as u16,
        text: format!("{name} ({level} limit) of {symbol}: {value}, limit {limit}: {text}"),
    }
}
