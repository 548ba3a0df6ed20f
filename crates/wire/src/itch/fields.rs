//! The fields that are more than a number or a code: time, prices, texts.
//! Source: ITCH 5.0, "Data Types".

use crate::layout::{Field, FieldKind, number_field, text_field};

/// Nanoseconds past midnight, in six bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The largest that six bytes hold; a day has fewer.
    pub const MAX: Self = Self((1 << 48) - 1);

    /// None for more than six bytes hold.
    #[must_use]
    pub fn new(ns: u64) -> Option<Self> {
        Some(Self(ns)).filter(|timestamp| *timestamp <= Self::MAX)
    }

    /// Nanoseconds past midnight.
    #[must_use]
    pub fn ns(self) -> u64 {
        self.0
    }
}

impl Field for Timestamp {
    const LEN: usize = 6;
    const KIND: FieldKind = FieldKind::Number;

    #[inline]
    fn read(bytes: &[u8]) -> Self {
        let mut value = [0; 8];
        value[2..].copy_from_slice(bytes);
        Self(u64::from_be_bytes(value))
    }

    #[inline]
    fn write(self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.0.to_be_bytes()[2..]);
    }
}

number_field! {
    /// A price in 1/10,000 of the currency.
    Price4, u32
}

number_field! {
    /// A price in 1/100,000,000 of the currency.
    Price8, u64
}

text_field! {
    /// The instrument.
    Stock, 8
}

text_field! {
    /// A market participant.
    Mpid, 4
}

text_field! {
    /// Why trading is in its state.
    Reason, 4
}

text_field! {
    /// A code of one letter, whose meanings are not listed here.
    Letter, 1
}

text_field! {
    /// The finer kind of an issue.
    SubType, 2
}
