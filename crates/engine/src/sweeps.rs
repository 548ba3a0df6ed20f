//! Sweeps: work over many orders or accounts, done a slice at a time in `Continue` of instrument 0. One slice makes no more events than any
//! command and looks at no more than [`Looks`] has of orders, instruments and accounts.

use std::collections::VecDeque;

use garraway_book::{Book, NIL, Slot};
use garraway_types::{CommandKind, Event, EventId, EventKind, Side, code, detail, limits};

use crate::emit::Emit;
use crate::engine::{Engine, Setup};
use crate::instruments::guard;
use crate::orders::Mark;
use crate::walk::{Rank, Start};

/// What a sweep does; the kind of the command that began it says the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sweep {
    /// The code of its command.
    pub(crate) command: u8,
    /// Id of `SweepBegun`, or of the command's first event where there is none. Orders with a lower id belong.
    pub(crate) id: u64,
    pub(crate) scope: u8,
    /// Which account, firm, session or instrument.
    pub(crate) scope_id: u32,
    /// The instrument to which it is narrowed, 0 for all.
    pub(crate) instrument: u32,
    /// 1 buys, 2 sells, 0 both.
    pub(crate) side: u8,
    /// The instrument or account at which it goes on.
    pub(crate) at: u32,
    /// Which part comes next; each kind of sweep numbers its own.
    pub(crate) stage: u8,
    /// The instrument in whose midst it is, 0 for none.
    pub(crate) inside: u32,
    /// Of that instrument: side and part of the order that was looked at last, 0 before the first, [`THROUGH`] behind the last.
    pub(crate) part: u8,
    /// Key and id of that order.
    pub(crate) cursor: [i64; 2],
    /// Whether an order that belongs came to stand there since the walk began: it is walked through again.
    pub(crate) late: bool,
    /// Orders cancelled so far.
    pub(crate) canceled: u64,
    /// What else the command said.
    pub(crate) terms: [i64; 2],
}

/// [`Sweep::part`] of an instrument that was walked through.
const THROUGH: u8 = 255;

/// Sweeps at work, the oldest first.
pub(crate) type Sweeps = VecDeque<Sweep>;

impl Sweep {
    /// The sweep of a command whose first event has this id.
    pub(crate) fn new(command: CommandKind, id: EventId) -> Self {
        Self {
            command: command as u8,
            id: id.0,
            scope: 0,
            scope_id: 0,
            instrument: 0,
            side: 0,
            at: 0,
            stage: 0,
            inside: 0,
            part: 0,
            cursor: [0; 2],
            late: false,
            canceled: 0,
            terms: [0; 2],
        }
    }

    fn kind(&self) -> Option<CommandKind> {
        CommandKind::from_code(self.command)
    }

    /// The instrument that takes only cancels as long as the sweep is at work on it, 0 for none.
    pub(crate) fn keeps_busy(&self) -> u32 {
        match self.kind() {
            Some(
                CommandKind::SetReference
                | CommandKind::ChangeInstrument
                | CommandKind::SplitInstrument
                | CommandKind::PayDividend,
            ) => self.instrument,
            Some(CommandKind::EndOfDay) => self.inside,
            _ => 0,
        }
    }

    /// Begins a walk through an instrument.
    pub(crate) fn enter(&mut self, number: u32) {
        (self.inside, self.part, self.cursor, self.late) = (number, 0, [0; 2], false);
    }

    /// Is done with the instrument in whose midst it is.
    pub(crate) fn leave(&mut self) {
        self.enter(0);
    }

    /// The place of the order that was looked at last.
    fn reached(&self) -> Rank {
        let [key, id] = self.cursor;
        Rank { side: self.part >> 4, part: self.part & 15, key, id: id as u64 }
    }

    fn reach(&mut self, rank: Rank) {
        self.part = rank.side << 4 | rank.part;
        self.cursor = [rank.key, rank.id as i64];
    }
}

/// How much one command of a sweep, or a `Tick`, may still look at.
#[derive(Debug)]
pub(crate) struct Looks {
    left: usize,
}

impl Looks {
    /// Twice the events of a slice: [`limits::SWEEP_ORDERS`] with the usual ones.
    pub(crate) fn of(setup: &Setup) -> Self {
        const PER_EVENT: usize = limits::SWEEP_ORDERS / limits::MAX_EVENTS as usize;
        Self { left: PER_EVENT * usize::from(setup.slice_events) }
    }

    /// Whether one more may be looked at.
    pub(crate) fn any(&self) -> bool {
        self.left > 0
    }

    /// Looks at one more, if it may.
    pub(crate) fn take(&mut self) -> bool {
        let any = self.any();
        self.left -= usize::from(any);
        any
    }
}

/// How far a sweep has come in this command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Swept {
    /// To its end.
    Done,
    /// The command has no room for more, or an instrument must come to the end of its work first.
    Later,
}

impl From<bool> for Swept {
    fn from(is_done: bool) -> Self {
        if is_done { Self::Done } else { Self::Later }
    }
}

/// How far a walk has come, and from which order it can go on.
#[derive(Clone, Copy)]
struct Reached {
    rank: Rank,
    anchor: Slot,
    /// Orders looked at.
    seen: usize,
}

/// What a sweep knows of its walk through an instrument beside its cursor; no state: without it the walk only takes longer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trail {
    sweep: u64,
    instrument: u32,
    /// The last order in the cursor's level that stays, with its id.
    anchor: Slot,
    anchor_id: u64,
}

impl Engine {
    /// Takes a new sweep and does its first slice. The caller has asked [`Engine::has_room_for_sweep`] and said its first event.
    pub(crate) fn begin_sweep(&mut self, sweep: Sweep, emit: &mut Emit<'_, '_>) {
        let source = emit.hush();
        self.sweeps.push_back(sweep);
        self.sweep_slice(self.sweeps.len() - 1, emit);
        emit.give_back(source);
    }

    /// Whether another sweep may begin.
    pub fn has_room_for_sweep(&self) -> bool {
        self.sweeps.len() < limits::MAX_SWEEPS
    }

    /// `Continue` of instrument 0: goes on with the oldest sweep.
    pub(crate) fn sweep_on(&mut self, emit: &mut Emit<'_, '_>) {
        self.sweep_slice(0, emit);
    }

    /// One slice of a sweep; a sweep that is done is taken out.
    fn sweep_slice(&mut self, place: usize, emit: &mut Emit<'_, '_>) {
        let Some(before) = self.sweeps.get(place).copied() else { return };
        let mut sweep = before;
        let mut looks = Looks::of(&self.setup);
        let swept = match sweep.kind() {
            Some(CommandKind::MassCancel | CommandKind::SetPhase) => {
                self.sweep_orders(&mut sweep, &mut looks, emit).into()
            }
            Some(CommandKind::EndOfDay) => self.day_on(&mut sweep, &mut looks, emit).into(),
            Some(CommandKind::SetReference) => self.settle_on(&mut sweep, emit).into(),
            Some(CommandKind::ChangeInstrument) => self.change_on(&mut sweep, &mut looks, emit).into(),
            Some(CommandKind::SplitInstrument) => self.split_on(&mut sweep, &mut looks, emit).into(),
            Some(CommandKind::PayDividend) => self.dividend_on(&mut sweep, emit).into(),
            Some(CommandKind::UncleanStart) => self.sweep_resuming(&mut sweep, &mut looks, emit),
            _ => Swept::Done,
        };
        let ends = swept == Swept::Done && emit.has_room_for(1);
        if ends {
            self.sweeps.remove(place);
            self.trails.retain(|trail| trail.sweep != sweep.id);
            if sweep.kind() == Some(CommandKind::SplitInstrument) {
                self.splits.remove(&sweep.instrument);
            }
        } else {
            self.sweeps[place] = sweep;
        }
        for number in [before.keeps_busy(), sweep.keeps_busy()] {
            self.mark_swept(number);
        }
        if ends {
            emit.anonymous(Event {
                instrument: sweep.instrument,
                detail: sweep.command,
                value: sweep.id as i64,
                quantity: sweep.canceled as i64,
                ..Event::empty(EventKind::SweepEnded)
            });
        }
    }

    /// Sets or takes back the mark by which an instrument takes only cancels while a sweep is at work on it.
    pub(crate) fn mark_swept(&mut self, number: u32) {
        if number != 0 {
            let swept = self.is_swept(number);
            self.instruments.of_order(number).set_guard(guard::SWEPT, swept);
        }
    }

    /// Whether a sweep at work keeps the instrument busy.
    pub(crate) fn is_swept(&self, number: u32) -> bool {
        self.sweeps.iter().any(|sweep| sweep.keeps_busy() == number)
    }

    /// Cancels the orders that belong to a sweep, instrument by instrument; whether all were looked at.
    fn sweep_orders(&mut self, sweep: &mut Sweep, looks: &mut Looks, emit: &mut Emit<'_, '_>) -> bool {
        while let Some(number) = self.next_instrument(sweep) {
            sweep.at = number;
            if !self.sweep_instrument(sweep, number, looks, emit) {
                return false;
            }
            sweep.leave();
            sweep.at = number + 1;
        }
        true
    }

    /// The instrument at which a sweep goes on.
    fn next_instrument(&self, sweep: &Sweep) -> Option<u32> {
        match sweep.instrument {
            0 => self.instruments.next_from(sweep.at),
            one if sweep.at <= one => Some(one),
            _ => None,
        }
    }

    /// Deals with the orders of an instrument that belong, as often as such came to stand there meanwhile, and with what that makes due;
    /// whether none is left and nothing is at work.
    pub(crate) fn sweep_instrument(
        &mut self,
        sweep: &mut Sweep,
        number: u32,
        looks: &mut Looks,
        emit: &mut Emit<'_, '_>,
    ) -> bool {
        if sweep.inside != number {
            if !looks.take() {
                return false;
            }
            sweep.enter(number);
        }
        loop {
            if sweep.part != THROUGH {
                let through = self.walk_on(sweep, looks, emit);
                self.follow_sweep(sweep, emit);
                if !through {
                    return false;
                }
                sweep.part = THROUGH;
            }
            if self.busy.contains(&number) {
                return false;
            }
            if !sweep.late {
                return true;
            }
            sweep.enter(number);
        }
    }

    /// Works off what a sweep has made due; orders that come to stand by that may be late for it.
    fn follow_sweep(&mut self, sweep: &mut Sweep, emit: &mut Emit<'_, '_>) {
        let Some(place) = self.sweeps.iter().position(|other| other.id == sweep.id) else { return };
        self.sweeps[place] = *sweep;
        self.follow_up(sweep.inside, emit);
        sweep.late = self.sweeps[place].late;
    }

    /// Goes on with the walk through an instrument; whether all its orders were looked at.
    fn walk_on(&mut self, sweep: &mut Sweep, looks: &mut Looks, emit: &mut Emit<'_, '_>) -> bool {
        let after = sweep.reached();
        let start = Start { after, anchor: self.anchor_of(sweep, after), most: looks.left + 1 };
        let (mut meant, mut more) = (Vec::new(), false);
        let mut reached = Reached { rank: after, anchor: start.anchor, seen: 0 };
        let room = usize::from(self.setup.slice_events);
        if let Some(found) = self.found_at_once(sweep, looks, emit) {
            meant = found.into_iter().map(|(_, slot)| (slot, reached)).collect();
            // Nothing of the account stays for which the walk would have to go on.
            reached.rank = Rank { side: Side::Sell as u8, part: 15, ..after };
        } else {
            self.visit(sweep.inside, start, |rank, slot| {
                // More than have room in a command are not asked for.
                more = reached.seen == looks.left || meant.len() > room;
                if more {
                    return false;
                }
                if (reached.rank.side, reached.rank.part, reached.rank.key)
                    != (rank.side, rank.part, rank.key)
                {
                    reached.anchor = NIL;
                }
                let before = reached;
                reached.rank = rank;
                reached.seen += 1;
                if self.belongs(sweep, slot) {
                    meant.push((slot, before));
                } else if rank.part < 2 {
                    reached.anchor = slot;
                }
                true
            });
        }
        for (slot, before) in meant {
            if !emit.has_room_for(2) {
                (reached, more) = (before, true);
                break;
            }
            self.deal_with(sweep, slot, emit);
        }
        looks.left -= reached.seen;
        sweep.reach(reached.rank);
        self.keep_anchor(sweep, reached.anchor);
        !more
    }

    /// The orders of a sweep of one account's orders in one instrument, where they can be had without a walk and be cancelled in this
    /// command, and where a walk would come to its end as well: then none is left, and none can be late.
    fn found_at_once(&self, sweep: &Sweep, looks: &Looks, emit: &Emit<'_, '_>) -> Option<Vec<(Rank, Slot)>> {
        let narrow = sweep.kind() == Some(CommandKind::MassCancel)
            && sweep.scope == code::SCOPE_ACCOUNT
            && sweep.instrument != 0;
        if !narrow || sweep.reached() != Rank::default() || self.slab.live() as usize > looks.left {
            return None;
        }
        // One event for each, and room for another before the last.
        let mut found =
            self.look_back(sweep.scope_id, sweep.instrument, usize::from(self.setup.slice_events))?;
        found.retain(|(_, slot)| self.belongs(sweep, *slot));
        emit.has_room_for(found.len() as u16 + 1).then_some(found)
    }

    /// Does with an order that belongs what the sweep is for.
    fn deal_with(&mut self, sweep: &mut Sweep, slot: Slot, emit: &mut Emit<'_, '_>) {
        let why = match sweep.kind() {
            Some(CommandKind::SplitInstrument) if self.split_order(sweep, slot, emit) => return,
            Some(CommandKind::SplitInstrument | CommandKind::ChangeInstrument) => detail::OFF_TERMS,
            Some(CommandKind::EndOfDay) => detail::EXPIRED,
            Some(CommandKind::SetPhase) => detail::DELISTED,
            _ => detail::MASS,
        };
        self.cancel_whole(slot, why, false, emit);
        sweep.canceled += 1;
    }

    /// The order from which a walk goes on, where it is known; a walk that begins is noted.
    fn anchor_of(&mut self, sweep: &Sweep, after: Rank) -> Slot {
        let here = |trail: &Trail| trail.sweep == sweep.id && trail.instrument == sweep.inside;
        let known = self.trails.iter().copied().find(here);
        if after == Rank::default() || known.is_none() {
            self.trails.retain(|trail| trail.sweep != sweep.id);
            let trail = Trail { sweep: sweep.id, instrument: sweep.inside, anchor: NIL, anchor_id: 0 };
            self.trails.push(trail);
            return NIL;
        }
        let Some(Trail { anchor, anchor_id, .. }) = known.filter(|trail| trail.anchor != NIL) else {
            return NIL;
        };
        let node = &self.slab[anchor];
        let price = if node.side == Side::Sell { node.price.0 } else { -node.price.0 };
        let hidden = u8::from(Mark(node.mark).is_hidden());
        let same = Book::is_resting(&self.slab, anchor)
            && node.payload.instrument == sweep.inside
            && (node.side as u8, hidden, price) == (after.side, after.part, after.key)
            && node.sequence == anchor_id
            && anchor_id <= after.id;
        if same { anchor } else { NIL }
    }

    fn keep_anchor(&mut self, sweep: &Sweep, anchor: Slot) {
        let id = if anchor == NIL { 0 } else { self.slab[anchor].sequence };
        if let Some(trail) = self.trails.iter_mut().find(|trail| trail.sweep == sweep.id) {
            (trail.anchor, trail.anchor_id) = (anchor, id);
        }
    }

    /// Takes note that an order has another place or is about to get one, where a sweep may have gone past already: it was being matched,
    /// or it has started.
    #[inline]
    pub(crate) fn note_late(&mut self, slot: Slot) {
        for place in 0..self.sweeps.len() {
            let sweep = self.sweeps[place];
            if sweep.inside == self.slab[slot].payload.instrument && self.belongs(&sweep, slot) {
                self.sweeps[place].late = true;
            }
        }
    }

    /// A session has other accounts: mass cancels of its orders walk through the instrument again in whose midst they are.
    pub(crate) fn note_session(&mut self, session: u32) {
        let of_session = |sweep: &&mut Sweep| {
            sweep.inside != 0 && (sweep.scope, sweep.scope_id) == (code::SCOPE_SESSION, session)
        };
        self.sweeps.iter_mut().filter(of_session).for_each(|sweep| sweep.late = true);
    }

    /// Whether an order belongs to a sweep.
    fn belongs(&self, sweep: &Sweep, slot: Slot) -> bool {
        match sweep.kind() {
            Some(CommandKind::MassCancel) => self.is_in_scope(sweep, slot),
            Some(CommandKind::SetPhase) => true,
            Some(CommandKind::EndOfDay) => {
                let time = Mark(self.slab[slot].mark).time_in_force();
                matches!(time, code::DAY | code::AT_OPEN | code::AT_CLOSE)
            }
            Some(CommandKind::ChangeInstrument) => self.is_outside(slot),
            Some(CommandKind::SplitInstrument) => !self.is_split(slot),
            _ => false,
        }
    }

    /// Whether a mass cancel is for an order.
    fn is_in_scope(&self, sweep: &Sweep, slot: Slot) -> bool {
        let node = &self.slab[slot];
        let account = node.payload.account;
        let sided = sweep.side == 0 || sweep.side == node.side as u8;
        sided
            && node.sequence < sweep.id
            && match sweep.scope {
                code::SCOPE_ACCOUNT => account == sweep.scope_id,
                code::SCOPE_FIRM => {
                    self.accounts.get(account).is_some_and(|account| account.firm == sweep.scope_id)
                }
                code::SCOPE_SESSION => self.sessions.has_account(sweep.scope_id, account),
                _ => true,
            }
    }

    /// Whether an order or a phase change of the instrument is at work: sweeps wait for it.
    pub(crate) fn is_at_work(&mut self, number: u32) -> bool {
        self.instruments.of_order(number).guard & guard::BUSY != 0
    }
}
