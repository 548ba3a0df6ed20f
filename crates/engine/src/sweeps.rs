//! Sweeps: work over many orders or accounts, done a slice at a time in `Continue` of instrument 0.

use std::collections::VecDeque;

use garraway_book::{Book, NIL, Slot};
use garraway_types::{CommandKind, Event, EventId, EventKind, Side, code, detail, limits};

use crate::emit::Emit;
use crate::engine::Engine;
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
    /// Where in the part it goes on; each kind of sweep has its own meaning.
    pub(crate) cursor: [i64; 2],
    /// Orders cancelled so far.
    pub(crate) canceled: u64,
    /// What else the command said.
    pub(crate) terms: [i64; 2],
}

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
            cursor: [0; 2],
            canceled: 0,
            terms: [0; 2],
        }
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

impl Sweep {
    /// Whether its instrument takes only cancels until it has ended.
    pub(crate) fn keeps_busy(&self) -> bool {
        matches!(
            CommandKind::from_code(self.command),
            Some(CommandKind::SetReference | CommandKind::ChangeInstrument | CommandKind::SplitInstrument)
        )
    }
}

/// How far a walk has come, and from which order it can go on.
#[derive(Clone, Copy)]
struct Reached {
    rank: Rank,
    anchor: Slot,
}

/// What a sweep knows of its walk through an instrument beside its cursor; no state: without it the walk only takes longer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trail {
    sweep: u64,
    instrument: u32,
    /// What the instrument's `late` was when the walk began, if that was seen.
    late: Option<u64>,
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
    pub(crate) fn has_room_for_sweep(&self) -> bool {
        self.sweeps.len() < limits::MAX_SWEEPS
    }

    /// `Continue` of instrument 0: goes on with the oldest sweep.
    pub(crate) fn sweep_on(&mut self, emit: &mut Emit<'_, '_>) {
        self.sweep_slice(0, emit);
    }

    /// One slice of a sweep; a sweep that is done is taken out.
    fn sweep_slice(&mut self, place: usize, emit: &mut Emit<'_, '_>) {
        let Some(mut sweep) = self.sweeps.get(place).copied() else { return };
        let swept = match CommandKind::from_code(sweep.command) {
            Some(CommandKind::MassCancel) => self.sweep_orders(&mut sweep, detail::MASS, emit),
            Some(CommandKind::EndOfDay) => self.day_on(&mut sweep, emit).into(),
            Some(CommandKind::SetReference) => self.settle_on(&mut sweep, emit).into(),
            Some(CommandKind::ChangeInstrument) => self.change_on(&mut sweep, emit).into(),
            Some(CommandKind::SplitInstrument) => self.split_on(&mut sweep, emit).into(),
            Some(CommandKind::SetPhase) => self.sweep_orders(&mut sweep, detail::DELISTED, emit),
            Some(CommandKind::UncleanStart) => self.sweep_resuming(&mut sweep, emit),
            _ => Swept::Done,
        };
        if swept == Swept::Later || !emit.has_room_for(1) {
            self.sweeps[place] = sweep;
            return;
        }
        self.sweeps.remove(place);
        self.trails.retain(|trail| trail.sweep != sweep.id);
        if sweep.keeps_busy() {
            self.instruments.of_order(sweep.instrument).set_guard(guard::SWEPT, false);
            self.splits.remove(&sweep.instrument);
        }
        emit.anonymous(Event {
            instrument: sweep.instrument,
            detail: sweep.command,
            value: sweep.id as i64,
            quantity: sweep.canceled as i64,
            ..Event::empty(EventKind::SweepEnded)
        });
    }

    /// Cancels the orders that belong to a sweep, instrument by instrument.
    pub(crate) fn sweep_orders(&mut self, sweep: &mut Sweep, why: u8, emit: &mut Emit<'_, '_>) -> Swept {
        let mut looked_at = 0;
        while let Some(number) = self.next_instrument(sweep) {
            if number != sweep.at {
                (sweep.at, sweep.stage, sweep.cursor) = (number, 0, [0; 2]);
            }
            let through = self.sweep_instrument(sweep, why, &mut looked_at, emit);
            self.follow_up(number, emit);
            if !through || self.busy.contains(&number) {
                return Swept::Later;
            }
            // An order that was being matched may rest before the place that was reached by now; a child may have been activated.
            let again = self.has_late_ones(sweep, number);
            (sweep.at, sweep.stage, sweep.cursor) = (number + u32::from(!again), 0, [0; 2]);
        }
        Swept::Done
    }

    /// The instrument at which a sweep goes on.
    fn next_instrument(&self, sweep: &Sweep) -> Option<u32> {
        match sweep.instrument {
            0 => self.instruments.next_from(sweep.at),
            one if sweep.at <= one => Some(one),
            _ => None,
        }
    }

    /// Cancels the orders of one instrument; whether all were looked at.
    fn sweep_instrument(
        &mut self,
        sweep: &mut Sweep,
        why: u8,
        looked_at: &mut usize,
        emit: &mut Emit<'_, '_>,
    ) -> bool {
        let number = sweep.at;
        let after = Rank {
            side: sweep.stage >> 4,
            part: sweep.stage & 15,
            key: sweep.cursor[0],
            id: sweep.cursor[1] as u64,
        };
        let most = limits::SWEEP_ORDERS - *looked_at;
        let start = Start { after, anchor: self.anchor_of(sweep, after), most: most + 1 };
        let (mut meant, mut seen, mut more) = (Vec::new(), 0, false);
        let mut reached = Reached { rank: after, anchor: start.anchor };
        let room = usize::from(self.setup.slice_events);
        if let Some(found) = self.found_at_once(sweep, after, most, emit) {
            seen = found.len();
            for (_, slot) in found.into_iter().filter(|(_, slot)| self.belongs(sweep, *slot)) {
                meant.push((slot, reached));
            }
            // Nothing of the account stays for which the walk would have to go on.
            reached.rank = Rank { side: Side::Sell as u8, part: 15, ..after };
        } else {
            self.visit(number, start, |rank, slot| {
                // More than have room in a command are not asked for.
                more = seen == most || meant.len() > room;
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
                if self.belongs(sweep, slot) {
                    meant.push((slot, before));
                } else if rank.part < 2 {
                    reached.anchor = slot;
                }
                seen += 1;
                true
            });
        }
        let mut stopped = None;
        for (slot, before) in meant {
            if !emit.has_room_for(2) {
                stopped = Some(before);
                break;
            }
            self.cancel_whole(slot, why, false, emit);
            sweep.canceled += 1;
        }
        *looked_at += seen;
        let reached = stopped.unwrap_or(reached);
        sweep.stage = reached.rank.side << 4 | reached.rank.part;
        sweep.cursor = [reached.rank.key, reached.rank.id as i64];
        self.keep_anchor(sweep, reached.anchor);
        stopped.is_none() && !more
    }

    /// All orders of a sweep of one account's orders in one instrument, where they can be had without a walk and be cancelled in this
    /// command, and where a walk would come to its end as well.
    fn found_at_once(
        &self,
        sweep: &Sweep,
        after: Rank,
        most: usize,
        emit: &Emit<'_, '_>,
    ) -> Option<Vec<(Rank, Slot)>> {
        let narrow = sweep.scope == code::SCOPE_ACCOUNT && sweep.instrument != 0;
        if !narrow || after != Rank::default() || self.slab.live() as usize > most {
            return None;
        }
        // One event for each, and room for another before the last.
        let found = self.look_back(sweep.scope_id, sweep.instrument, usize::from(self.setup.slice_events))?;
        emit.has_room_for(found.len() as u16 + 1).then_some(found)
    }

    /// Whether orders that belong to a sweep stand in an instrument that it has walked through.
    fn has_late_ones(&self, sweep: &Sweep, number: u32) -> bool {
        if sweep.scope == code::SCOPE_ACCOUNT
            && self.accounts.get(sweep.scope_id).is_some_and(|account| account.open_orders == 0)
        {
            return false;
        }
        let late = self.instruments.get(number).map_or(0, |instrument| instrument.late);
        let trail = self.trails.iter().find(|trail| trail.sweep == sweep.id && trail.instrument == number);
        if trail.is_some_and(|trail| trail.late == Some(late)) {
            return false;
        }
        let mut again = false;
        self.visit(number, Start::default(), |_, slot| {
            again = self.belongs(sweep, slot);
            !again
        });
        again
    }

    /// The order from which a walk goes on, where it is known; a walk that begins is noted.
    fn anchor_of(&mut self, sweep: &Sweep, after: Rank) -> Slot {
        let late = self.instruments.of_order(sweep.at).late;
        let here = |trail: &Trail| trail.sweep == sweep.id && trail.instrument == sweep.at;
        let known = self.trails.iter().copied().find(here);
        if after == Rank::default() || known.is_none() {
            self.trails.retain(|trail| trail.sweep != sweep.id);
            let late = Some(late).filter(|_| after == Rank::default());
            let trail = Trail { sweep: sweep.id, instrument: sweep.at, late, anchor: NIL, anchor_id: 0 };
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
            && node.payload.instrument == sweep.at
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

    /// Takes note that an order comes to rest, where a sweep may have gone past already.
    #[inline(always)]
    pub(crate) fn note_rest(&mut self, slot: Slot) {
        if !self.sweeps.is_empty() {
            self.note_late(slot);
        }
    }

    #[cold]
    fn note_late(&mut self, slot: Slot) {
        let node = &self.slab[slot];
        let (number, id) = (node.payload.instrument, node.sequence);
        let delists = |sweep: &Sweep| sweep.command == CommandKind::SetPhase as u8;
        if self.sweeps.iter().any(|sweep| id < sweep.id || delists(sweep)) {
            self.instruments.of_order(number).late += 1;
        }
    }

    /// Whether an order belongs to a sweep.
    fn belongs(&self, sweep: &Sweep, slot: garraway_book::Slot) -> bool {
        let node = &self.slab[slot];
        let account = node.payload.account;
        let sided = sweep.side == 0 || sweep.side == node.side as u8;
        sided
            && (node.sequence < sweep.id || sweep.command == CommandKind::SetPhase as u8)
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

    /// The open orders of an instrument in the order of a mass cancel.
    pub(crate) fn open_in_order(&self, number: u32) -> Vec<Slot> {
        self.walk(number).into_iter().map(|(_, slot)| slot).collect()
    }
}
