//! The dry run: whether so many lots could be had now, by walking the orders that matching would meet, in its order.

use std::collections::{BTreeMap, VecDeque};

use garraway_book::{Book, Slot, Stand};
use garraway_types::{Price, Reject, Side};

use crate::bands::Priced;
use crate::engine::Engine;
use crate::extras::Partner;
use crate::instruments::Instrument;
use crate::links::is_at_least;
use crate::matching::ROOM;
use crate::own::Own;

/// An order on the walk: what it shows and what it has in reserve.
#[derive(Clone, Copy, Debug)]
struct Walked {
    slot: Slot,
    shown: u32,
    reserve: u32,
    display: u32,
}

/// What is known of a dry run so far.
struct DryRun<'a> {
    engine: &'a Engine,
    own: Own,
    left: u32,
    events: u32,
    /// Lots that orders of pairs have lost on the way.
    lost: BTreeMap<Slot, u32>,
}

enum Step {
    Next,
    Filled,
    Blocked,
}

impl Engine {
    /// Whether `wanted` lots of an order that enters now would trade. `made` are the events made by the time it enters.
    pub(crate) fn is_fillable(
        &self,
        number: u32,
        account: u32,
        order: Priced,
        wanted: u32,
        made: u16,
    ) -> Result<bool, Reject> {
        let instrument = self.instruments.get(number).ok_or(Reject::InstrumentUnknown)?;
        let of = self.accounts.get(account).ok_or(Reject::AccountUnknown)?;
        let own = Own::of(account, of);
        let worst = self.reach(number, order).worst;
        let mut run =
            DryRun { engine: self, own, left: wanted, events: u32::from(made), lost: BTreeMap::new() };
        for price in self.prices(instrument, order.side, worst) {
            match run.level(instrument, order.side.opposite(), price)? {
                Step::Next => {}
                Step::Filled => return Ok(true),
                Step::Blocked => return Ok(false),
            }
        }
        Ok(false)
    }

    /// The prices at which an order of `side` would meet others, the best first.
    fn prices<'a>(
        &'a self,
        instrument: &'a Instrument,
        side: Side,
        worst: i64,
    ) -> impl Iterator<Item = i64> + 'a {
        let resting = side.opposite();
        let key = move |price: i64| if resting == Side::Sell { price } else { -price };
        let mut displayed = instrument.book.levels(resting).map(|level| level.price.0).peekable();
        let mut hidden =
            instrument.book.levels_in(resting, Stand::Hidden).map(|level| level.price.0).peekable();
        let reached = instrument.pegs.best(resting).filter(|(price, ..)| is_at_least(side, worst, *price));
        let pegs = reached.map(|_| instrument.pegs.walk(resting));
        let mut pegs = pegs.into_iter().flatten().map(|(price, ..)| price).peekable();
        std::iter::from_fn(move || {
            let heads = [displayed.peek().copied(), hidden.peek().copied(), pegs.peek().copied()];
            let best = heads.into_iter().flatten().min_by_key(|price| key(*price))?;
            displayed.next_if_eq(&best);
            hidden.next_if_eq(&best);
            while pegs.next_if_eq(&best).is_some() {}
            Some(best)
        })
        .take_while(move |price| is_at_least(side, worst, *price))
    }
}

impl DryRun<'_> {
    /// Walks one price: the displayed orders, refilled slices behind them, then hidden orders and pegs by id.
    fn level(&mut self, instrument: &Instrument, side: Side, price: i64) -> Result<Step, Reject> {
        let slab = &self.engine.slab;
        let mut refilled: VecDeque<Walked> = VecDeque::new();
        let displayed = instrument.book.first_at(side, Stand::Displayed, Price(price));
        let mut displayed = displayed.into_iter().flat_map(|first| Book::queue(slab, first));
        while let Some(walked) =
            displayed.next().map(|slot| self.walked(slot)).or_else(|| refilled.pop_front())
        {
            match self.meet(walked)? {
                (Step::Next, Some(next)) => refilled.push_back(next),
                (Step::Next, None) => {}
                (end, _) => return Ok(end),
            }
        }
        let hidden = instrument.book.first_at(side, Stand::Hidden, Price(price));
        let mut hidden = hidden.into_iter().flat_map(|first| Book::queue(slab, first)).peekable();
        let reached =
            instrument.pegs.best(side).filter(|(best, ..)| is_at_least(side.opposite(), price, *best));
        let pegs = reached.map(|_| instrument.pegs.walk(side));
        let mut pegs = pegs.into_iter().flatten().skip_while(|(at, ..)| *at != price).peekable();
        loop {
            let pegged = pegs.peek().filter(|(at, ..)| *at == price).map(|(_, id, _)| *id);
            let id = hidden.peek().map(|slot| slab[*slot].sequence);
            let slot = match (id, pegged) {
                (Some(id), Some(pegged)) if pegged < id => pegs.next().map(|(.., slot)| slot),
                (None, Some(_)) => pegs.next().map(|(.., slot)| slot),
                _ => hidden.next(),
            };
            let Some(slot) = slot else { return Ok(Step::Next) };
            match self.meet(self.walked(slot))? {
                (Step::Next, _) => {}
                (end, _) => return Ok(end),
            }
        }
    }

    fn walked(&self, slot: Slot) -> Walked {
        let display = self.engine.extras.get(slot).map_or(0, |extra| extra.display);
        Walked { slot, shown: self.engine.slab[slot].leaves, reserve: self.engine.reserve(slot), display }
    }

    /// Meets one order; with it the next slice of an iceberg, where there is one.
    fn meet(&mut self, mut walked: Walked) -> Result<(Step, Option<Walked>), Reject> {
        self.room()?;
        if self.own.is_own(self.engine.slab[walked.slot].payload.account, &self.engine.accounts) {
            self.events += 1;
            let step = if self.own.passes_over() { Step::Next } else { Step::Blocked };
            if self.own.passes_over() {
                self.lose(walked.slot, walked.shown + walked.reserve);
            }
            return Ok((step, None));
        }
        if self.trim(&mut walked)? == 0 {
            return Ok((Step::Next, None));
        }
        let lots = self.left.min(walked.shown);
        self.left -= lots;
        self.events += 3;
        self.lose(walked.slot, lots);
        if self.left == 0 {
            return Ok((Step::Filled, None));
        }
        if walked.reserve == 0 {
            return Ok((Step::Next, None));
        }
        self.events += 1;
        let shown = walked.reserve.min(walked.display);
        Ok((Step::Next, Some(Walked { shown, reserve: walked.reserve - shown, ..walked })))
    }

    /// Takes note of what an order of a pair has lost; of others nobody asks.
    fn lose(&mut self, slot: Slot, lots: u32) {
        if self.engine.extras.get(slot).is_some_and(|extra| extra.partner != Partner::None) {
            *self.lost.entry(slot).or_default() += lots;
        }
    }

    fn room(&self) -> Result<(), Reject> {
        let most = u32::from(self.engine.setup.slice_events);
        if self.events + u32::from(ROOM) > most { Err(Reject::DryRunTooLarge) } else { Ok(()) }
    }

    /// Takes from an order of a pair what it has above the other one, and from a reduce-only order what it has above the position, as
    /// would happen before it is met. Returns what it has left.
    fn trim(&mut self, walked: &mut Walked) -> Result<u32, Reject> {
        let open = walked.shown + walked.reserve;
        let Some(extra) = self.engine.extras.get(walked.slot) else { return Ok(open) };
        let partner = match extra.partner {
            Partner::None => open,
            Partner::Done => 0,
            Partner::With(other) => {
                self.engine.open_lots(other) - self.lost.get(&other).copied().unwrap_or(0)
            }
        };
        for most in [partner, open - self.engine.above_position(walked.slot).min(open)] {
            let open = walked.shown + walked.reserve;
            if most < open {
                self.events += 1;
                let over = open - most;
                let hidden = over.min(walked.reserve);
                walked.reserve -= hidden;
                walked.shown -= over - hidden;
                if walked.shown > 0 {
                    self.room()?;
                }
            }
        }
        Ok(walked.shown + walked.reserve)
    }
}
