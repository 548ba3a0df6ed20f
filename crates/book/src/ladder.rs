//! The levels of one side: a dense window around the touch with a bitmap of occupied levels, and an ordered map for prices
//! outside it.
//!
//! Levels are found by *key*, which is smaller the better the price: the price itself for sells, its complement for buys. So
//! one ladder serves both sides. The window is a cache of the busy region: it moves and grows by use, and where it stands
//! never shows in a result.

use std::collections::BTreeMap;

use crate::bitmap::Bitmap;
use crate::slab::{NIL, Slot};

const SMALLEST: usize = 64;
const LARGEST: usize = 65_536;
const PATIENCE: u32 = 32;

/// A queue of orders at one price.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Level {
    pub(crate) head: Slot,
    pub(crate) tail: Slot,
    pub(crate) quantity: u64,
}

/// Laid out by use: what every order reads fills the first line, and a window of up to 4,096 levels needs one word of the second.
#[derive(Clone, Debug, Default)]
#[repr(C, align(64))]
pub(crate) struct Ladder {
    /// The lowest key with orders; where there is none, the largest i64.
    best: i64,
    base: i64,
    /// Lowest key of `far`, or the largest i64 when it is empty.
    far_best: i64,
    window: Box<[Level]>,
    in_window: u32,
    misses: u32,
    occupied: Bitmap,
    far: BTreeMap<i64, Level>,
}

impl Ladder {
    pub(crate) fn new() -> Self {
        Self { best: i64::MAX, far_best: i64::MAX, ..Self::default() }
    }

    #[inline(always)]
    fn place(&self, key: i64) -> usize {
        key.wrapping_sub(self.base) as usize
    }

    /// The lowest key with orders.
    #[inline(always)]
    pub(crate) fn best(&self) -> Option<i64> {
        if self.best < i64::MAX { Some(self.best) } else { self.last_of_all() }
    }

    /// The largest key, if that is the only one with orders.
    #[cold]
    fn last_of_all(&self) -> Option<i64> {
        (self.len() > 0).then_some(i64::MAX)
    }

    #[inline(always)]
    fn sought_best(&self) -> Option<i64> {
        match self.occupied.first() {
            Some(bit) => {
                let key = self.base.wrapping_add(bit as i64);
                Some(if key < self.far_best { key } else { self.far_best })
            }
            None if self.far.is_empty() => None,
            None => Some(self.far_best),
        }
    }

    /// The lowest key above `key` with orders.
    pub(crate) fn next_after(&self, key: i64) -> Option<i64> {
        let from = key.checked_add(1)?;
        let start = if from < self.base { 0 } else { self.place(from) };
        let near = self.occupied.first_from(start).map(|bit| self.base.wrapping_add(bit as i64));
        let far = self.far.range(from..).next().map(|(key, _)| *key);
        match (near, far) {
            (Some(near), Some(far)) => Some(near.min(far)),
            (near, far) => near.or(far),
        }
    }

    /// The level of this key, which has orders.
    #[inline(always)]
    pub(crate) fn level_mut(&mut self, key: i64) -> &mut Level {
        let place = self.place(key);
        if place < self.window.len() { &mut self.window[place] } else { self.far_level(key) }
    }

    #[cold]
    fn far_level(&mut self, key: i64) -> &mut Level {
        self.far.get_mut(&key).unwrap_or_else(|| unreachable!("no level at key {key}"))
    }

    /// Reads the lines of the ladder itself; see [`Book::look`](crate::Book::look).
    #[inline(always)]
    pub(crate) fn look(&self) -> u64 {
        self.base as u64 ^ self.occupied.look()
    }

    /// Reads the level of this key and its bit, if they lie in the window.
    #[inline(always)]
    pub(crate) fn look_at(&self, key: i64) -> u64 {
        let place = self.place(key);
        self.window.get(place).map_or(0, |level| level.quantity) ^ self.occupied.look_at(place)
    }

    /// Reads the best level's bit.
    #[inline(always)]
    pub(crate) fn look_at_best(&self) -> u64 {
        self.occupied.first().unwrap_or(0) as u64
    }

    /// The level of this key if it lies in the window, with orders or without.
    #[inline(always)]
    pub(crate) fn near_level(&self, key: i64) -> Option<&Level> {
        self.window.get(self.place(key))
    }

    pub(crate) fn level(&self, key: i64) -> Option<&Level> {
        let place = self.place(key);
        let level = if place < self.window.len() { Some(&self.window[place]) } else { self.far.get(&key) };
        level.filter(|level| level.head != NIL)
    }

    /// The level of this key, made if it is not there, into which an order is put at once.
    #[inline(always)]
    pub(crate) fn level_for_order(&mut self, key: i64) -> &mut Level {
        let place = self.place(key);
        if place < self.window.len() {
            if self.window[place].head == NIL {
                self.occupied.set(place);
                self.in_window += 1;
                self.best = self.best.min(key);
            }
            return &mut self.window[place];
        }
        self.miss(key)
    }

    /// Takes note that the last order of this level has gone.
    #[inline(always)]
    pub(crate) fn emptied(&mut self, key: i64) {
        let place = self.place(key);
        if place < self.window.len() {
            self.occupied.clear(place);
            self.in_window -= 1;
        } else {
            self.far_emptied(key);
        }
        if key == self.best {
            self.best = self.sought_best().unwrap_or(i64::MAX);
        }
    }

    #[cold]
    fn far_emptied(&mut self, key: i64) {
        self.far.remove(&key);
        self.far_best = self.far.keys().next().copied().unwrap_or(i64::MAX);
    }

    #[cold]
    fn miss(&mut self, key: i64) -> &mut Level {
        self.misses += 1;
        // Moving costs O(levels), so it waits for as many misses: a price that jumps to and fro costs O(log n) each time.
        let levels = self.in_window + self.far.len() as u32;
        if self.window.is_empty() || self.misses > PATIENCE + levels / 2 {
            self.misses = 0;
            self.move_window(key);
            if self.place(key) < self.window.len() {
                return self.level_for_order(key);
            }
        }
        self.best = self.best.min(key);
        self.far_best = self.far_best.min(key);
        self.far.entry(key).or_default()
    }

    /// Lays the window anew around the best level, as large as the use of it justifies.
    fn move_window(&mut self, wanted: i64) {
        let mut levels = std::mem::take(&mut self.far);
        let window = std::mem::take(&mut self.window);
        levels.extend(
            window
                .into_vec()
                .into_iter()
                .enumerate()
                .filter(|(_, level)| level.head != NIL)
                .map(|(place, level)| (self.base.wrapping_add(place as i64), level)),
        );
        let best = levels.keys().next().map_or(wanted, |best| wanted.min(*best));
        let size = window_size(best, &levels);
        self.base = best.saturating_sub(size as i64 / 4);
        self.window = vec![Level::default(); size].into();
        self.occupied = Bitmap::new(size);
        self.in_window = 0;
        for (key, level) in levels {
            let place = self.place(key);
            if place < size {
                self.window[place] = level;
                self.occupied.set(place);
                self.in_window += 1;
            } else {
                self.far.insert(key, level);
            }
        }
        self.far_best = self.far.keys().next().copied().unwrap_or(i64::MAX);
    }

    /// Levels with orders.
    pub(crate) fn len(&self) -> usize {
        self.in_window as usize + self.far.len()
    }
}

/// The smallest window that holds seven eighths of the levels, as long as it is not emptier than one level in 64.
fn window_size(best: i64, levels: &BTreeMap<i64, Level>) -> usize {
    let within = |size: usize| levels.range(..best.saturating_add(size as i64 / 4 * 3)).count();
    let mut size = SMALLEST;
    while size < LARGEST && within(size) < levels.len() / 8 * 7 + levels.len() % 8 {
        if within(size * 2) * 64 < size * 2 {
            break;
        }
        size *= 2;
    }
    // Room to breathe: the touch moves, and a level is only 16 bytes.
    (size * 2).min(LARGEST)
}
