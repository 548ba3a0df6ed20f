//! Reads a workload.

use std::fmt;
use std::path::Path;

use garraway_types::{Fnv, Side};

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Adds a limit order that rests.
    Add,
    /// Cancels an order.
    Cancel,
    /// Sends an aggressive order that never rests.
    Take,
}

/// One line of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// What it does.
    pub verb: Verb,
    /// The side; of a cancel that of the order, filled in by the reader.
    pub side: Side,
    /// Number of the order, dense from 1.
    pub order: u32,
    /// Price in ticks.
    pub price: i64,
    /// Lots.
    pub quantity: u32,
}

/// A whole workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// The operations in order.
    pub operations: Vec<Operation>,
    /// The highest order number.
    pub last_order: u32,
}

/// A line that is no operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkloadError {
    /// Line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for WorkloadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: {}; a line is A|C|X,order,side,price,quantity", self.line, self.what)
    }
}

impl std::error::Error for WorkloadError {}

impl Workload {
    /// Reads a workload from a file.
    pub fn load(path: &Path) -> Result<Self, WorkloadError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| WorkloadError { line: 0, what: format!("{}: {error}", path.display()) })?;
        Self::parse(&text)
    }

    /// Reads a workload from text.
    pub fn parse(text: &str) -> Result<Self, WorkloadError> {
        let mut sides = vec![None; 1];
        let mut operations = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let fault = |what: String| WorkloadError { line: at + 1, what };
            let operation = parse_line(line, &mut sides).map_err(fault)?;
            operations.push(operation);
        }
        Ok(Self { operations, last_order: sides.len() as u32 - 1 })
    }
}

fn parse_line(line: &str, sides: &mut Vec<Option<Side>>) -> Result<Operation, String> {
    let fields: Vec<&str> = line.trim().split(',').collect();
    let &[verb, order, side, price, quantity] = fields.as_slice() else {
        return Err(format!("{} fields", fields.len()));
    };
    let number =
        |name: &str, text: &str| text.parse::<u32>().map_err(|error| format!("{name} {text:?}: {error}"));
    let order = number("order", order)?;
    let (price, quantity) = (i64::from(number("price", price)?), number("quantity", quantity)?);
    if verb == "C" {
        let side =
            sides.get(order as usize).copied().flatten().ok_or(format!("order {order} was never sent"))?;
        return Ok(Operation { verb: Verb::Cancel, side, order, price: 0, quantity: 0 });
    }
    let verb = match verb {
        "A" => Verb::Add,
        "X" => Verb::Take,
        other => return Err(format!("verb {other:?}")),
    };
    let side = match side {
        "0" => Side::Buy,
        "1" => Side::Sell,
        other => return Err(format!("side {other:?}")),
    };
    if order as usize != sides.len() || quantity == 0 {
        return Err(format!("order {order} of {quantity} where order {} was due", sides.len()));
    }
    sides.push(Some(side));
    Ok(Operation { verb, side, order, price, quantity })
}

/// The fold of all fills.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tape {
    pub(crate) hash: Fnv,
    pub(crate) trades: u64,
}

impl Tape {
    #[inline(always)]
    pub(crate) fn fill(&mut self, taker: u64, maker: u64, price: u64, quantity: u64) {
        for word in [taker, maker, price, quantity] {
            self.hash.word(word);
        }
        self.trades += 1;
    }
}
