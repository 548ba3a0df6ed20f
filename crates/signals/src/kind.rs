//! What an indicator is: a kind with its parameters and outputs, and one of it at work.

use crate::kinds::KINDS;

/// What an indicator is fed with, one row at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// A number: a close, a spread, another indicator's value.
    Series,
    /// Open, high, low, close, volume.
    Bars,
    /// Bid, ask, bid size, ask size.
    Quotes,
    /// Two numbers of the same moment.
    Pair,
}

impl Input {
    /// Names of a row's columns, in order.
    #[must_use]
    pub const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Series => &["value"],
            Self::Bars => &["open", "high", "low", "close", "volume"],
            Self::Quotes => &["bid", "ask", "bid_size", "ask_size"],
            Self::Pair => &["first", "second"],
        }
    }
}

/// A parameter of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it is when it is not given.
    pub default: f64,
    /// The least it may be.
    pub least: f64,
    /// The most it may be.
    pub most: f64,
    /// Whether it must be a whole number.
    pub whole: bool,
}

/// Most values that a parameter may make an indicator remember.
pub const PERIOD_MOST: f64 = 1_000_000.0;

/// A number of rows to look back on.
pub(crate) const fn rows(name: &'static str, default: f64, least: f64) -> Parameter {
    Parameter { name, default, least, most: PERIOD_MOST, whole: true }
}

/// Any number between two.
pub(crate) const fn number(name: &'static str, default: f64, least: f64, most: f64) -> Parameter {
    Parameter { name, default, least, most, whole: false }
}

/// Takes a row and writes the outputs, NaN where there is none yet.
pub(crate) trait Rule: Send + Sync {
    /// Takes the next row. `out` holds NaN when it is called.
    fn next(&mut self, row: &[f64], out: &mut [f64]);
}

/// A kind of indicator.
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// What it says, in a sentence.
    pub what: &'static str,
    /// What it is fed with.
    pub input: Input,
    /// Its parameters.
    pub parameters: &'static [Parameter],
    /// Names of its outputs.
    pub outputs: &'static [&'static str],
    /// Makes one, of parameters that were looked at.
    pub(crate) make: fn(&[f64]) -> Box<dyn Rule>,
}

/// What is wrong with what was asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Wrong {
    /// No kind has this name.
    Name(String),
    /// So many parameters were given.
    Count(usize),
    /// A parameter is out of its range or not whole.
    Parameter {
        /// Its name.
        name: &'static str,
        /// What was given.
        given: f64,
        /// The least it may be.
        least: f64,
        /// The most it may be.
        most: f64,
        /// Whether it must be whole.
        whole: bool,
    },
    /// Parameters that do not go together.
    Order {
        /// The one that must be smaller.
        smaller: &'static str,
        /// The one that must be larger.
        larger: &'static str,
    },
}

/// One indicator at work.
pub struct Indicator {
    kind: &'static Kind,
    parameters: Vec<f64>,
    rule: Box<dyn Rule>,
    values: Vec<f64>,
    ready: bool,
}

impl Indicator {
    /// Makes one of a kind.
    ///
    /// # Errors
    /// `Wrong` names what does not fit.
    pub fn new(name: &str, parameters: &[f64]) -> Result<Self, Wrong> {
        let kind = KINDS.iter().find(|kind| kind.name == name).ok_or_else(|| Wrong::Name(name.to_owned()))?;
        kind.check(parameters)?;
        Ok(Self {
            kind,
            parameters: parameters.to_vec(),
            rule: (kind.make)(parameters),
            values: vec![f64::NAN; kind.outputs.len()],
            ready: false,
        })
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> &'static Kind {
        self.kind
    }

    /// Takes the next row, which has as many numbers as its kind's input has columns.
    pub fn update(&mut self, row: &[f64]) {
        debug_assert_eq!(row.len(), self.kind.input.columns().len());
        self.values.fill(f64::NAN);
        self.rule.next(row, &mut self.values);
        self.ready = self.ready || self.values.iter().all(|value| !value.is_nan());
    }

    /// The outputs after the last row.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Whether all outputs have once been there.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        self.ready
    }

    /// Forgets every row.
    pub fn reset(&mut self) {
        self.rule = (self.kind.make)(&self.parameters);
        self.values.fill(f64::NAN);
        self.ready = false;
    }
}

impl Kind {
    /// Whether these parameters may make one.
    fn check(&self, given: &[f64]) -> Result<(), Wrong> {
        if given.len() != self.parameters.len() {
            return Err(Wrong::Count(given.len()));
        }
        for (parameter, &value) in self.parameters.iter().zip(given) {
            let Parameter { name, least, most, whole, .. } = *parameter;
            // A NaN is within no range.
            let fits = (least..=most).contains(&value) && (!whole || value.fract() == 0.0);
            if !fits {
                return Err(Wrong::Parameter { name, given: value, least, most, whole });
            }
        }
        self.check_order(given, "fast", "slow")
    }

    fn check_order(&self, given: &[f64], smaller: &'static str, larger: &'static str) -> Result<(), Wrong> {
        let of =
            |name| self.parameters.iter().position(|parameter| parameter.name == name).map(|at| given[at]);
        match (of(smaller), of(larger)) {
            (Some(low), Some(high)) if low >= high => Err(Wrong::Order { smaller, larger }),
            _ => Ok(()),
        }
    }
}
