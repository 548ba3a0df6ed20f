//! Which levels of a window are occupied: a tree of 64-bit words, three tiers, so that the first one is three steps away.

/// Bits `0..size`, `size` a power of two from 64 to 65,536 (or 0).
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub(crate) struct Bitmap {
    leaves: Box<[u64]>,
    top: u64,
    middle: [u64; 16],
}

impl Bitmap {
    pub(crate) fn new(size: usize) -> Self {
        assert!(size <= 65_536 && size.is_multiple_of(64), "bitmap of {size} bits, at most 65,536");
        Self { leaves: vec![0; size / 64].into(), top: 0, middle: [0; 16] }
    }

    #[inline(always)]
    pub(crate) fn set(&mut self, bit: usize) {
        let leaf = bit >> 6;
        self.leaves[leaf] |= 1 << (bit & 63);
        self.middle[(leaf >> 6) & 15] |= 1 << (leaf & 63);
        self.top |= 1 << (leaf >> 6);
    }

    #[inline(always)]
    pub(crate) fn clear(&mut self, bit: usize) {
        let leaf = bit >> 6;
        self.leaves[leaf] &= !(1 << (bit & 63));
        if self.leaves[leaf] == 0 {
            let middle = (leaf >> 6) & 15;
            self.middle[middle] &= !(1 << (leaf & 63));
            if self.middle[middle] == 0 {
                self.top &= !(1 << middle);
            }
        }
    }

    /// Reads the first words of the upper tiers.
    #[inline(always)]
    pub(crate) fn look(&self) -> u64 {
        self.middle[0]
    }

    /// Reads the word of a bit, if there is one.
    #[inline(always)]
    pub(crate) fn look_at(&self, bit: usize) -> u64 {
        self.leaves.get(bit >> 6).map_or(0, |word| *word)
    }

    /// The lowest bit that is set.
    #[inline(always)]
    pub(crate) fn first(&self) -> Option<usize> {
        if self.top == 0 {
            return None;
        }
        let middle = self.top.trailing_zeros() as usize & 15;
        let leaf = middle << 6 | self.middle[middle].trailing_zeros() as usize;
        Some(leaf << 6 | self.leaves[leaf].trailing_zeros() as usize)
    }

    /// The lowest bit at or above `from` that is set.
    pub(crate) fn first_from(&self, from: usize) -> Option<usize> {
        let mut leaf = from >> 6;
        let mut word = *self.leaves.get(leaf)? & (u64::MAX << (from & 63));
        while word == 0 {
            leaf += 1;
            word = *self.leaves.get(leaf)?;
        }
        Some(leaf << 6 | word.trailing_zeros() as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::Bitmap;
    use std::collections::BTreeSet;

    #[test]
    fn bitmap_equals_a_sorted_set() {
        for size in [64, 128, 4_096, 65_536] {
            let (mut bits, mut naive) = (Bitmap::new(size), BTreeSet::new());
            let mut seed = 23u64;
            for _ in 0..4_000 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let bit = (seed >> 33) as usize % size;
                if naive.remove(&bit) {
                    bits.clear(bit);
                } else {
                    naive.insert(bit);
                    bits.set(bit);
                }
                assert_eq!(bits.first(), naive.first().copied());
                assert_eq!(bits.first_from(bit), naive.range(bit..).next().copied());
            }
        }
    }
}
