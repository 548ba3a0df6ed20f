//! Sweeps: work over many orders or accounts, done a slice at a time in `Continue` of instrument 0.

use std::collections::VecDeque;

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

impl crate::engine::Engine {
    /// Goes on with the oldest sweep.
    pub(crate) fn sweep_on(&mut self, _emit: &mut crate::emit::Emit<'_, '_>) {
        self.sweeps.pop_front();
    }
}
