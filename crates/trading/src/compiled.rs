//! Strategies in Rust: yardsticks of the desk's own speed, and twins of those in Python.

use std::sync::Arc;

use garraway_signals::Indicator;
use garraway_types::Side;

use crate::bound::{Binding, Cell, Of};
use crate::desk::Desk;
use crate::intent::{Intent, Misuse};
use crate::market::{Bar, Quote};
use crate::strategy::{Failure, Handlers, Strategy};
use crate::timing::Every;

/// Long one lot while the fast average is above the slow one, else flat.
#[derive(Debug)]
pub struct EmaCross {
    /// Bars of the fast average.
    pub fast: u32,
    /// Bars of the slow average.
    pub slow: u32,
    /// Whether averages start from the first price.
    pub from_first: bool,
    cells: Option<[Arc<Cell>; 2]>,
}

impl EmaCross {
    /// Of two periods.
    pub const fn new(fast: u32, slow: u32, from_first: bool) -> Self {
        Self { fast, slow, from_first, cells: None }
    }
}

impl Strategy for EmaCross {
    fn handlers(&self) -> Handlers {
        Handlers { bar: Some(Every::One), ..Handlers::default() }
    }

    fn start(&mut self, desk: &mut Desk) -> Result<(), Failure> {
        let start = if self.from_first { 1.0 } else { 0.0 };
        let binding = Binding { instrument: 0, of: Of::Close, second: None };
        let mut bind = |period: u32| {
            let indicator = Indicator::new("ema", &[f64::from(period), start])
                .map_err(|wrong| Misuse(format!("{wrong:?}")))?;
            desk.bind(indicator, binding)
        };
        self.cells = Some([bind(self.fast)?, bind(self.slow)?]);
        Ok(())
    }

    fn on_bar(&mut self, desk: &mut Desk, instrument: usize, _: &Bar) -> Result<(), Failure> {
        let Some([fast, slow]) = &self.cells else { return Ok(()) };
        let lots = i64::from(fast.value(0) > slow.value(0));
        desk.target(instrument, lots)?;
        Ok(())
    }
}

/// A limit order of one lot at the best price of its side, at each so many quotes, bids and asks in turn; what is still open
/// then is cancelled before.
#[derive(Debug)]
pub struct Quoter {
    /// Quotes between orders.
    pub every: u64,
    order: u64,
    count: u64,
}

impl Quoter {
    /// At each so many quotes.
    pub const fn new(every: u64) -> Self {
        Self { every, order: 0, count: 0 }
    }
}

impl Strategy for Quoter {
    fn handlers(&self) -> Handlers {
        Handlers { quote: Some(Every::Count(self.every)), ..Handlers::default() }
    }

    fn on_quote(&mut self, desk: &mut Desk, instrument: usize, quote: &Quote) -> Result<(), Failure> {
        desk.cancel(self.order);
        let is_bid = self.count.is_multiple_of(2);
        let (side, price) = if is_bid { (Side::Buy, quote.bid) } else { (Side::Sell, quote.ask) };
        self.order = desk.place(Intent::limit(instrument, side, 1, price))?;
        self.count += 1;
        Ok(())
    }
}

/// Looks at every quote and bar and does nothing.
#[derive(Debug, Default)]
pub struct Idle {
    /// What it saw, so that nothing is left out.
    pub seen: i64,
}

impl Strategy for Idle {
    fn handlers(&self) -> Handlers {
        Handlers { quote: Some(Every::One), bar: Some(Every::One), ..Handlers::default() }
    }

    fn on_quote(&mut self, _: &mut Desk, _: usize, quote: &Quote) -> Result<(), Failure> {
        self.seen = self.seen.wrapping_add(quote.bid);
        Ok(())
    }

    fn on_bar(&mut self, _: &mut Desk, _: usize, bar: &Bar) -> Result<(), Failure> {
        self.seen = self.seen.wrapping_add(bar.close);
        Ok(())
    }
}

/// A compiled strategy by its name.
pub enum Compiled {
    /// `ema_cross`.
    EmaCross(EmaCross),
    /// `quoter`.
    Quoter(Quoter),
    /// `idle`.
    Idle(Idle),
}

impl Compiled {
    /// By name, with its parameters in order.
    ///
    /// # Errors
    /// There is none, or a parameter is out of range.
    pub fn new(name: &str, parameters: &[i64]) -> Result<Self, Misuse> {
        let period = |value: i64| {
            u32::try_from(value)
                .ok()
                .filter(|period| (1..=1_000_000).contains(period))
                .ok_or_else(|| Misuse(format!("{value} of {name} must be from 1 to 1000000")))
        };
        match (name, parameters) {
            ("ema_cross", &[fast, slow, from_first]) => {
                Ok(Self::EmaCross(EmaCross::new(period(fast)?, period(slow)?, from_first != 0)))
            }
            ("quoter", &[every]) => Ok(Self::Quoter(Quoter::new(u64::from(period(every)?)))),
            ("idle", &[]) => Ok(Self::Idle(Idle::default())),
            _ => Err(Misuse(format!(
                "there is no compiled strategy {name:?} of {} parameters: take ema_cross(fast, slow, from_first), quoter(every) or idle()",
                parameters.len()
            ))),
        }
    }
}
