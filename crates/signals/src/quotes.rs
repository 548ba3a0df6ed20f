//! What the best bid and ask say of the next price.

use crate::kind::Rule;
use crate::window::Sum;

/// Outputs: the price weighted by the opposite sizes, the middle, the spread.
pub struct Microprice;

impl Rule for Microprice {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let &[bid, ask, bids, asks] = row else { unreachable!("a quote has four columns") };
        let (all, middle) = (bids + asks, f64::midpoint(bid, ask));
        let price = if all == 0.0 { middle } else { (bid * asks + ask * bids) / all };
        out.copy_from_slice(&[price, middle, ask - bid]);
    }
}

/// Size bid less size asked, of both, -1 to 1.
pub struct Imbalance;

impl Rule for Imbalance {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let (bids, asks) = (row[2], row[3]);
        out[0] = if bids + asks == 0.0 { 0.0 } else { (bids - asks) / (bids + asks) };
    }
}

/// Order flow imbalance of the last quotes (Cont, Kukanov and Stoikov, "The price impact of order book events", 2014):
/// size that came to the bid or left the ask, less size that came to the ask or left the bid.
pub struct OrderFlow {
    last: [f64; 4],
    sum: Sum,
}

impl OrderFlow {
    pub fn new(period: usize) -> Self {
        Self { last: [f64::NAN; 4], sum: Sum::new(period) }
    }
}

/// What came to a side between two quotes; `better` is above zero where its price became a better one.
fn came(better: f64, before: f64, now: f64) -> f64 {
    if better > 0.0 {
        now
    } else if better < 0.0 {
        -before
    } else {
        now - before
    }
}

impl Rule for OrderFlow {
    fn next(&mut self, row: &[f64], out: &mut [f64]) {
        let &[bid, ask, bids, asks] = row else { unreachable!("a quote has four columns") };
        let [was_bid, was_ask, were_bids, were_asks] =
            std::mem::replace(&mut self.last, [bid, ask, bids, asks]);
        if was_bid.is_nan() {
            return;
        }
        out[0] = self.sum.next(came(bid - was_bid, were_bids, bids) - came(was_ask - ask, were_asks, asks));
    }
}
