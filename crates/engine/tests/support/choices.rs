//! Bytes as a row of choices. Where they end every choice is the first one, so that fewer and smaller bytes are simpler streams.

/// A reader of choices.
pub struct Choices<'a> {
    bytes: &'a [u8],
}

impl<'a> Choices<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        *first
    }

    /// A number below `end`, which is at least 1. Takes as many bytes as `end` needs.
    pub fn below(&mut self, end: u64) -> u64 {
        let (mut number, mut reach) = (0u64, 1u64);
        while reach < end {
            number = number << 8 | u64::from(self.byte());
            reach = reach.saturating_mul(256);
        }
        number % end
    }

    /// One of these.
    pub fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }

    /// True once in `times`.
    pub fn rarely(&mut self, times: u64) -> bool {
        self.below(times) == times - 1
    }
}
