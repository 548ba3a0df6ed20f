//! The fields that are more than a number or a code: texts, price, time in force.
//! Source: OUCH 4.2, "Data Types" and the fields of "Enter Order Message".

use crate::layout::{Field, FieldKind, number_field, text_field};

/// The most shares that one order may have.
pub const MAX_SHARES: u32 = 999_999;

text_field! {
    /// The client's name for an order, unique for a day on its port. Enter and replace give one each.
    Token, 14
}

text_field! {
    /// The instrument.
    Symbol, 8
}

text_field! {
    /// The firm that the order is entered for; blank for the port's own.
    Firm, 4
}

number_field! {
    /// A price in 1/10,000 of the currency.
    Price, u32
}

impl Price {
    /// The highest limit price: 199,999.9900.
    pub const MAX: Self = Self(1_999_999_900);
    /// Stands for a market order in a cross: 214,748.3647.
    pub const MARKET: Self = Self(0x7FFF_FFFF);
}

number_field! {
    /// How long an order may rest, as it stands on the wire: seconds, or one of three special values.
    TimeInForce, u32
}

impl TimeInForce {
    /// Trade at once, cancel the rest.
    pub const IMMEDIATE_OR_CANCEL: Self = Self(0);
    /// Until the end of market hours.
    pub const MARKET_HOURS: Self = Self(99_998);
    /// Until the end of system hours.
    pub const SYSTEM_HOURS: Self = Self(99_999);

    /// What the value means; none over 99,999, which has no meaning.
    #[must_use]
    pub fn lifetime(self) -> Option<Lifetime> {
        match self {
            Self::IMMEDIATE_OR_CANCEL => Some(Lifetime::ImmediateOrCancel),
            Self::MARKET_HOURS => Some(Lifetime::MarketHours),
            Self::SYSTEM_HOURS => Some(Lifetime::SystemHours),
            Self(seconds @ 1..=99_997) => Some(Lifetime::Seconds(seconds)),
            Self(100_000..) => None,
        }
    }
}

/// The meaning of a time in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lifetime {
    /// Trade at once, cancel the rest.
    ImmediateOrCancel,
    /// So many seconds from acceptance.
    Seconds(u32),
    /// Until the end of market hours.
    MarketHours,
    /// Until the end of system hours.
    SystemHours,
}
