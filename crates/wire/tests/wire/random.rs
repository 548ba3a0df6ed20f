//! A seeded xorshift: the same seed gives the same test.

/// Marsaglia's xorshift64 with a multiplied output.
pub struct Random(u64);

impl Random {
    /// A seed other than zero.
    pub fn new(seed: u64) -> Self {
        assert!(seed != 0);
        Self(seed)
    }

    pub fn u64(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from((u128::from(self.u64()) * bound as u128) >> 64).unwrap()
    }

    /// Overwrites all bytes.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let word = self.u64().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }
}
