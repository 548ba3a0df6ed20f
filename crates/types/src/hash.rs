//! FNV-1a over 64-bit words: the state hash, the hash of a command's record, the hash of an event stream.

/// A running FNV-1a hash that takes 64 bits at a step. Fast and repeatable, not cryptographic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    /// Takes one word.
    #[inline(always)]
    pub const fn word(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0000_0100_0000_01b3);
    }

    /// Takes bytes as little-endian words; a last part shorter than a word is filled up with zeros.
    #[inline(always)]
    pub fn bytes(&mut self, bytes: &[u8]) {
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            self.word(<u64 as crate::Wire>::get(word));
        }
        let rest = words.remainder();
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            self.word(u64::from_le_bytes(last));
        }
    }

    /// The hash of all that was taken.
    #[inline(always)]
    pub const fn value(self) -> u64 {
        self.0
    }
}
