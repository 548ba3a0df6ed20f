//! The dry run: whether so many lots could be had now, by walking the orders that matching would meet, in its order.

use std::collections::{BTreeMap, VecDeque};
use std::iter::Peekable;

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
        let resting = order.side.opposite();
        // One walk over the pegs for all prices, begun at the first that is reached.
        let pegs = std::iter::once_with(|| instrument.pegs.walk(resting)).flatten();
        let mut pegs = pegs.peekable();
        for price in self.prices(instrument, order.side, worst) {
            match run.level(instrument, resting, price, &mut pegs)? {
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
        // The walk over the pegs begins where the best of them is reached.
        let mut first_peg = instrument.pegs.best(resting).map(|(price, ..)| price);
        let pegs = std::iter::once_with(move || instrument.pegs.walk(resting)).flatten();
        let mut pegs = pegs.map(|(price, ..)| price).peekable();
        std::iter::from_fn(move || {
            let heads = [displayed.peek().copied(), hidden.peek().copied(), first_peg];
            let best = heads.into_iter().flatten().min_by_key(|price| key(*price))?;
            displayed.next_if_eq(&best);
            hidden.next_if_eq(&best);
            if first_peg == Some(best) {
                while pegs.next_if_eq(&best).is_some() {}
                first_peg = pegs.peek().copied();
            }
            Some(best)
        })
        .take_while(move |price| is_at_least(side, worst, *price))
    }
}

impl DryRun<'_> {
    /// Walks one price: the displayed orders, refilled slices behind them, then hidden orders and pegs by id.
    fn level(
        &mut self,
        instrument: &Instrument,
        side: Side,
        price: i64,
        pegs: &mut Peekable<impl Iterator<Item = (i64, u64, Slot)>>,
    ) -> Result<Step, Reject> {
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
        let has_pegs =
            instrument.pegs.best(side).is_some_and(|(best, ..)| is_at_least(side.opposite(), price, best));
        // Those at better prices were met there.
        let was_met = |at: i64| at != price && is_at_least(side.opposite(), price, at);
        while has_pegs && pegs.next_if(|(at, ..)| was_met(*at)).is_some() {}
        loop {
            let next = if has_pegs { pegs.peek().filter(|(at, ..)| *at == price) } else { None };
            let pegged = next.map(|(_, id, _)| *id);
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
