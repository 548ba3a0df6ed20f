//! Positions, open orders and gains, by instrument.

use garraway_types::{InstrumentId, Side};

use super::worth::Worth;

/// One instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which.
    pub instrument: InstrumentId,
    /// What its lots are worth.
    pub worth: Worth,
    /// Lots held, negative when short.
    pub lots: i64,
    /// What they cost, with their sign; ledger units.
    pub cost: i128,
    /// Lots of open buy orders.
    pub buying: i64,
    /// Lots of open sell orders.
    pub selling: i64,
    /// The last price known, 0 for none.
    pub mark: i64,
    /// The best mark for the position since it was opened.
    pub best: i64,
}

impl Line {
    /// Nothing held, nothing known.
    pub const fn new(instrument: InstrumentId, worth: Worth) -> Self {
        Self { instrument, worth, lots: 0, cost: 0, buying: 0, selling: 0, mark: 0, best: 0 }
    }

    /// The larger size that the position can get when open orders of one side are filled, and so many lots more.
    pub fn worst(&self, side: Side, more: i64) -> i64 {
        match side {
            Side::Buy => self.longest(more),
            Side::Sell => self.shortest(more).saturating_neg(),
        }
    }

    fn longest(&self, more: i64) -> i64 {
        self.lots.saturating_add(self.buying).saturating_add(more)
    }

    fn shortest(&self, more: i64) -> i64 {
        self.lots.saturating_sub(self.selling).saturating_sub(more)
    }

    /// Whether so many lots more on this side can do no more than close the position.
    pub fn reduces(&self, side: Side, lots: i64) -> bool {
        match side {
            Side::Buy => self.lots < 0 && self.longest(lots) <= 0,
            Side::Sell => self.lots > 0 && self.shortest(lots) >= 0,
        }
    }

    /// The position's value at the mark, with its sign; what it cost where no price is known.
    pub fn value(&self) -> i128 {
        if self.mark == 0 { self.cost } else { self.worth.value(self.mark, self.lots) }
    }

    fn fill(&mut self, signed: i64, value: i128) {
        let before = self.lots;
        self.lots = before.saturating_add(signed);
        let value = if signed < 0 { -value } else { value };
        if before == 0 || (before > 0) == (signed > 0) {
            self.cost += value;
        } else if (self.lots > 0) == (before > 0) && self.lots != 0 {
            self.cost = rounded(self.cost.saturating_mul(self.lots.into()), before.into());
        } else {
            self.cost = rounded(value.saturating_mul(self.lots.into()), signed.into());
        }
        if self.lots == 0 || before == 0 || (self.lots > 0) != (before > 0) {
            self.best = self.mark;
        }
    }

    fn mark_at(&mut self, price: i64) {
        self.mark = price;
        let better = if self.lots < 0 { price < self.best } else { price > self.best };
        if better || self.lots == 0 || self.best == 0 {
            self.best = price;
        }
    }

    /// Basis points of its cost that the position lost; 0 with a gain.
    pub fn lost_bps(&self) -> i128 {
        let loss = self.cost - self.value();
        if loss <= 0 || self.cost == 0 { 0 } else { loss.saturating_mul(10_000) / self.cost.abs() }
    }

    /// Basis points that the mark is from its best.
    pub fn fallen_bps(&self) -> i128 {
        let fall = i128::from(self.best - self.mark) * i128::from(self.lots.signum());
        if fall <= 0 || self.best == 0 { 0 } else { fall * 10_000 / i128::from(self.best) }
    }
}

/// Lines, and the money that went in and out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    lines: Vec<Line>,
    /// Sales less purchases less fees.
    cash: i128,
    /// Value of all positions at their marks.
    held: i128,
}

impl Book {
    /// Nothing held of these instruments.
    pub fn new(instruments: impl IntoIterator<Item = (InstrumentId, Worth)>) -> Self {
        let lines = instruments.into_iter().map(|(number, worth)| Line::new(number, worth)).collect();
        Self { lines, cash: 0, held: 0 }
    }

    /// All lines, in the order given.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The place of an instrument.
    pub fn place(&self, instrument: InstrumentId) -> Option<usize> {
        self.lines.iter().position(|line| line.instrument == instrument)
    }

    /// Gain since the beginning, fees taken off; ledger units.
    pub fn gain(&self) -> i128 {
        self.cash + self.held
    }

    /// An order is open with so many lots more, or fewer where negative.
    pub fn order(&mut self, place: usize, side: Side, lots: i64) {
        let line = &mut self.lines[place];
        let open = if side == Side::Buy { &mut line.buying } else { &mut line.selling };
        *open = open.saturating_add(lots).max(0);
    }

    /// A fill: its value and its fee in ledger units. A price not known before is the fill's.
    pub fn fill(&mut self, place: usize, side: Side, lots: i64, price: i64, value: i64, fee: i64) {
        let line = &mut self.lines[place];
        let before = line.value();
        if line.mark == 0 {
            line.mark = price;
        }
        let signed = if side == Side::Buy { lots } else { -lots };
        line.fill(signed, i128::from(value));
        self.held += line.value() - before;
        self.cash -= i128::from(if side == Side::Buy { value } else { -value }) + i128::from(fee);
    }

    /// A position that was there before anything was told, at its cost.
    pub fn carry(&mut self, place: usize, lots: i64, cost: i64) {
        let line = &mut self.lines[place];
        let before = line.value();
        (line.lots, line.cost, line.best) = (lots, i128::from(cost), line.mark);
        self.held += line.value() - before;
        self.cash -= i128::from(cost);
    }

    /// The mark of an instrument.
    pub fn mark(&mut self, place: usize, price: i64) {
        let line = &mut self.lines[place];
        let before = line.value();
        line.mark_at(price);
        self.held += line.value() - before;
    }

    /// Sizes at their worst with an order more: (gross, net, instruments, size of this one).
    pub fn exposure(&self, place: usize, side: Side, more: i64) -> (i128, i128, i64, i128) {
        let (mut gross, mut up, mut down, mut count, mut own) = (0_i128, 0_i128, 0_i128, 0, 0);
        for (at, line) in self.lines.iter().enumerate() {
            let (buys, sells) = match side {
                _ if at != place => (0, 0),
                Side::Buy => (more, 0),
                Side::Sell => (0, more),
            };
            let (longest, shortest) = (line.longest(buys), line.shortest(sells));
            let most = longest.saturating_abs().max(shortest.saturating_abs());
            let size = if line.mark == 0 { line.cost.abs() } else { line.worth.size(line.mark, most) };
            gross = gross.saturating_add(size);
            up = up.saturating_add(line.worth.value(line.mark, longest));
            down = down.saturating_add(line.worth.value(line.mark, shortest));
            count += i64::from(most != 0);
            own = if at == place { size } else { own };
        }
        (gross, up.saturating_abs().max(down.saturating_abs()), count, own)
    }
}

/// A quotient of the same or of differing signs, rounded half away from zero.
fn rounded(numerator: i128, denominator: i128) -> i128 {
    let (size, by) = (numerator.abs(), denominator.abs());
    let whole = (size + by / 2) / by;
    if (numerator < 0) == (denominator < 0) { whole } else { -whole }
}
