//! The numbers that fields of commands carry.

/// Bits of [`DefineSource::rights`].
pub mod rights {
    /// Place, cancel and replace orders.
    pub const TRADE: u8 = 1;
    /// Deposit and withdraw.
    pub const MONEY: u8 = 2;
    /// Define sources, assets, instruments, accounts, sessions, groups, limits and rules.
    pub const DEFINE: u8 = 4;
    /// Run the market: phases, reference prices, kill switches, the end of the day.
    pub const OPERATE: u8 = 8;
    /// Quote instruments that the house deals.
    pub const QUOTE: u8 = 16;
    /// Tick, continue, start and close: the sequencer's own, never given to a source.
    pub const SYSTEM: u8 = 128;
    /// All that can be given to a source.
    pub const ALL: u8 = TRADE | MONEY | DEFINE | OPERATE | QUOTE;
}

/// Codes that commands carry.
pub mod code {
    /// A limit order.
    pub const LIMIT: u8 = 1;
    /// A market order with a bound.
    pub const MARKET: u8 = 2;
    /// A market order whose rest becomes a limit order at the best opposite price it met.
    pub const MARKET_TO_LIMIT: u8 = 3;
    /// A stop: a market order once its trigger is reached.
    pub const STOP: u8 = 4;
    /// A stop-limit: a limit order once its trigger is reached.
    pub const STOP_LIMIT: u8 = 5;
    /// A stop whose trigger follows the market at a distance.
    pub const TRAILING_STOP: u8 = 6;
    /// A hidden order that follows the best price of its own side.
    pub const PRIMARY_PEG: u8 = 7;
    /// A hidden order that follows the middle of the best prices.
    pub const MIDPOINT_PEG: u8 = 8;
    /// A hidden order that follows the best price of the opposite side.
    pub const MARKET_PEG: u8 = 9;
    /// Rests until it is filled or cancelled.
    pub const GOOD_TILL_CANCEL: u8 = 1;
    /// What does not trade at once is cancelled.
    pub const IMMEDIATE_OR_CANCEL: u8 = 2;
    /// Trades at once in full, or not at all.
    pub const FILL_OR_KILL: u8 = 3;
    /// Rests until the end of the business day.
    pub const DAY: u8 = 4;
    /// Rests until a time of its own.
    pub const GOOD_TILL_DATE: u8 = 5;
    /// Takes part in the opening auction only.
    pub const AT_OPEN: u8 = 6;
    /// Takes part in the closing auction only.
    pub const AT_CLOSE: u8 = 7;
    /// Post-only: the order rests or is refused, it never takes.
    pub const POST_ONLY: u8 = 1;
    /// Hidden: it rests behind all that is displayed at its price.
    pub const HIDDEN: u8 = 2;
    /// One cancels the other: linked with the order `target`.
    pub const ONE_CANCELS_OTHER: u8 = 4;
    /// One triggers the other: waits until the order `target` is done.
    pub const ONE_TRIGGERS_OTHER: u8 = 8;
    /// Reduce-only: never more than the position that it closes.
    pub const REDUCE_ONLY: u8 = 16;
    /// Self-trade prevention: none, own orders trade with each other.
    pub const SELF_TRADE_ALLOWED: u8 = 0;
    /// Self-trade prevention: the incoming order is cancelled.
    pub const CANCEL_NEWEST: u8 = 1;
    /// Self-trade prevention: the resting order is cancelled.
    pub const CANCEL_OLDEST: u8 = 2;
    /// Self-trade prevention: both are cancelled.
    pub const CANCEL_BOTH: u8 = 3;
    /// Self-trade prevention: both are reduced by what they have in common.
    pub const DECREMENT: u8 = 4;
    /// Own orders are those of the account.
    pub const OF_ACCOUNT: u8 = 1;
    /// Own orders are those of the firm.
    pub const OF_FIRM: u8 = 2;
    /// Executed on our own book.
    pub const EXECUTION_BOOK: u8 = 1;
    /// Dealt by the house at its quotes.
    pub const EXECUTION_DEALER: u8 = 2;
    /// OUCH 4.2 over SoupBinTCP 3.00.
    pub const PROTOCOL_OUCH: u8 = 1;
    /// A session's open orders are cancelled when its connection is lost.
    pub const CANCEL_ON_LOSS: u8 = 1;
    /// And when it logs out.
    pub const CANCEL_ON_LOGOUT: u8 = 2;
    /// The base asset is delivered.
    pub const SPOT: u8 = 1;
    /// Positions, fully collateralised at the ends of the price range.
    pub const FUTURE: u8 = 2;
    /// Positions against the house, for a margin.
    pub const CONTRACT: u8 = 3;
    /// `SetDealing`: orders that arrive are dealt at the standing quote.
    pub const AT_STANDING_QUOTE: u8 = 1;
    /// `SetDealing`: orders that arrive wait for the next quote.
    pub const AT_NEXT_QUOTE: u8 = 2;
    /// `SetDealing`: a limit that waits is dealt at its limit once the quote is there.
    pub const LIMIT_TOUCHED: u8 = 1;
    /// `SetDealing`: a limit that waits is dealt at the quote that reaches it.
    pub const LIMIT_AT_QUOTE: u8 = 2;
    /// `SetDealing`: a limit that waits is dealt at its limit once the quote is beyond it by a tick.
    pub const LIMIT_THROUGH: u8 = 3;
    /// One position for each account and instrument.
    pub const NETTING: u8 = 1;
    /// Each order that opens makes a position of its own.
    pub const HEDGING: u8 = 2;
    /// Orders meet as they come.
    pub const CONTINUOUS: u8 = 1;
    /// Orders are collected before the opening auction.
    pub const PRE_OPEN: u8 = 2;
    /// Orders are collected; at its end they trade at one price.
    pub const OPENING_AUCTION: u8 = 3;
    /// No new orders.
    pub const HALT: u8 = 4;
    /// An auction in the middle of the day.
    pub const VOLATILITY_AUCTION: u8 = 5;
    /// The auction that ends the day.
    pub const CLOSING_AUCTION: u8 = 6;
    /// No new orders until the next day.
    pub const CLOSED: u8 = 7;
    /// Taken out of trading by the operator.
    pub const SUSPENDED: u8 = 8;
    /// Taken out of trading for good.
    pub const DELISTED: u8 = 9;
    /// Orders beyond a band are refused.
    pub const BAND_REJECTS: u8 = 1;
    /// Orders beyond a band start a volatility auction.
    pub const BAND_STARTS_AUCTION: u8 = 2;
    /// After an unclean start: goes on.
    pub const RESUME_GO_ON: u8 = 0;
    /// After an unclean start: halts until the operator acts.
    pub const RESUME_HALT: u8 = 1;
    /// After an unclean start: a halt, then a volatility auction.
    pub const RESUME_AUCTION: u8 = 2;
    /// `SetReference`: the reference price of bands, collars and auctions.
    pub const REFERENCE: u8 = 1;
    /// `SetReference`: the settlement price.
    pub const SETTLEMENT: u8 = 2;
    /// What a command is about: an account.
    pub const SCOPE_ACCOUNT: u8 = 1;
    /// What a command is about: a group.
    pub const SCOPE_GROUP: u8 = 2;
    /// What a command is about: a firm.
    pub const SCOPE_FIRM: u8 = 3;
    /// What a command is about: an instrument.
    pub const SCOPE_INSTRUMENT: u8 = 4;
    /// What a command is about: the venue.
    pub const SCOPE_VENUE: u8 = 5;
    /// What a command is about: a trading session.
    pub const SCOPE_SESSION: u8 = 6;
}
