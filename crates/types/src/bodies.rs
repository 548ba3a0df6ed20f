//! The bodies of commands that have one of their own, and their items.

use crate::record;

record! {
    /// Defines a source: who may send commands, and which.
    pub struct DefineSource [20] {
        /// Its name, 1 to 10 letters, digits, `-` or `_`, filled up with zeros; the door's password.
        name: [u8; 16],
        /// Its number, from 2.
        defined: u16,
        /// What it may do: 1 trade, 2 money, 4 define, 8 operate, 16 quote.
        rights: u8,
        /// Zero.
        reserved: u8,
    }
}

record! {
    /// Defines an asset that ledgers count.
    pub struct DefineAsset [20] {
        /// Its number, from 1.
        asset: u32,
        /// Its code, 1 to 8 letters, digits, `-` or `_`, e.g. `USD`.
        code: [u8; 8],
        /// Decimals of a ledger unit, 0 to 12.
        scale: u8,
        /// Decimals shown to people, at most `scale`.
        display: u8,
        /// Zero.
        reserved: u16,
        /// Zero.
        reserved_2: u32,
    }
}

record! {
    /// Lists an instrument on the book, or one that the house deals.
    pub struct ListInstrument [100] {
        /// Its symbol, 1 to 16 letters, digits, `-` or `_`; at most 8 to be traded over OUCH.
        symbol: [u8; 16],
        /// The asset that is bought and sold.
        base_asset: u32,
        /// The asset that is paid.
        quote_asset: u32,
        /// Where orders are executed: 1 on the book, 2 by the house (contracts).
        execution: u8,
        /// 1 spot: the base asset is delivered; 2 future: positions, fully collateralised; 3 contract: positions against the house, for a margin.
        kind: u8,
        /// The phase in which it starts, 1 to 7.
        phase: u8,
        /// Zero.
        reserved: u8,
        /// One price unit, in 1e-9 of the quote asset for one whole of the base asset.
        price_unit: i64,
        /// One lot, in 1e-9 of the base asset.
        lot_size: i64,
        /// Prices are multiples of this many price units.
        tick: i64,
        /// Lowest price of an order, at least 1.
        min_price: i64,
        /// Highest price of an order.
        max_price: i64,
        /// Largest quantity of an order in lots.
        max_quantity: i64,
        /// Largest price x quantity of an order, in ledger units of the quote asset.
        max_notional: i64,
        /// Fee of the resting side, in 1e-9 of the value traded.
        maker_fee_rate: i64,
        /// Fee of the incoming side, in 1e-9 of the value traded.
        taker_fee_rate: i64,
    }
}

record! {
    /// Opens an account; the head names it.
    pub struct OpenAccount [36] {
        /// The firm that answers for it, from 1.
        firm: u32,
        /// Largest quantity of an order in lots.
        max_quantity: i64,
        /// Largest price x quantity of an order, in ledger units of the quote asset.
        max_notional: i64,
        /// Most orders open at a time.
        max_open_orders: u32,
        /// When an incoming order would meet one of its own: 0 they trade, 1 the incoming one is cancelled, 2 the resting one, 3 both, 4 both are reduced by what they have in common.
        self_trade: u8,
        /// Whose orders are its own: 1 the account's, 2 the firm's; may be 0 where `self_trade` is 0.
        self_trade_of: u8,
        /// Its group, 0 for none.
        group: u16,
        /// The account whose balances it trades on, 0 for its own.
        clearing: u32,
        /// Its positions in what the house deals: 0 or 1 one for each instrument (netting), 2 one for each order that opens (hedging).
        positions: u8,
        /// Zero.
        reserved: u8,
        /// Zero.
        reserved_2: u16,
    }
}

record! {
    /// Defines a trading session: a client's log-in by a protocol. The head names its default account; the items are all its accounts.
    pub struct DefineSession [92] {
        /// Its number, from 1.
        session: u32,
        /// The firm it belongs to; all its accounts are of this firm.
        firm: u32,
        /// 1: OUCH 4.2 over SoupBinTCP.
        protocol: u8,
        /// Leading bits of `network` that an address must share, 0 to 128.
        network_prefix: u8,
        /// When its open orders are cancelled: 0 never, 1 when its connection is lost, 2 also when it logs out.
        cancel_on: u8,
        /// Zero.
        reserved: u8,
        /// The log-in name, 1 to 6 letters, digits, `-` or `_`, filled up with zeros.
        name: [u8; 16],
        /// The network from which it may log in, as an IPv6 address (IPv4 mapped).
        network: [u8; 16],
        /// Random bytes that stand before the secret when it is hashed.
        salt: [u8; 16],
        /// SHA-256 of salt and secret.
        verifier: [u8; 32],
    }
}

record! {
    /// One account of a session, an item of `DefineSession`.
    pub struct SessionAccount [8] {
        /// The account.
        account: u32,
        /// Zero.
        reserved: u32,
    }
}

record! {
    /// Gives an account another group, self-trade prevention and way of positions; the head names it.
    pub struct SetAccount [12] {
        /// Its group from now on, 0 for none.
        group: u16,
        /// As of `OpenAccount`.
        self_trade: u8,
        /// As of `OpenAccount`.
        self_trade_of: u8,
        /// 0 as it is, 1 netting, 2 hedging.
        positions: u8,
        /// Zero.
        reserved: u8,
        /// Zero.
        reserved_2: u16,
        /// Zero.
        reserved_3: u32,
    }
}

record! {
    /// Changes the phase of the head's instrument.
    pub struct SetPhase [4] {
        /// 1 continuous, 2 pre-open, 3 opening auction, 4 halt, 5 volatility auction, 6 closing auction, 7 closed, 8 suspended, 9 delisted.
        phase: u8,
        /// Zero.
        reserved: u8,
        /// Zero.
        reserved_2: u16,
    }
}

record! {
    /// Gives the head's instrument its changes of phase to come, in place of those it had; the items are the changes.
    pub struct SetSchedule [4] {
        /// Zero.
        reserved: u32,
    }
}

record! {
    /// One change of phase, an item of `SetSchedule`.
    pub struct ScheduledPhase [16] {
        /// When, in ns since the Unix epoch; later than the item before.
        at_ns: i64,
        /// The phase from then on, 1 to 7.
        phase: u8,
        /// Zero.
        reserved: u8,
        /// Zero.
        reserved_2: u16,
        /// Zero.
        reserved_3: u32,
    }
}

record! {
    /// Gives the head's instrument its price bands, collar and policy.
    pub struct SetRules [36] {
        /// How far from the reference price it may trade, in 1e-9 of it; 0 for any distance.
        static_band: i64,
        /// How far from the last price it may trade, in 1e-9 of it; 0 for any distance.
        dynamic_band: i64,
        /// How far through the last price an order may be priced, in 1e-9 of it; 0 for any distance.
        collar: i64,
        /// How long a volatility auction lasts.
        auction_ns: i64,
        /// 1 orders beyond a band are refused, 2 they start a volatility auction; 0 where there is no band.
        band_action: u8,
        /// After an unclean start: 0 it goes on, 1 it halts, 2 it halts into a volatility auction.
        resume: u8,
        /// Zero.
        reserved: u16,
    }
}

record! {
    /// Gives the head's instrument a table of ticks by price, in place of the one it had; the items are its steps.
    pub struct SetTicks [4] {
        /// Zero.
        reserved: u32,
    }
}

record! {
    /// One step of a table of ticks, an item of `SetTicks`.
    pub struct TickStep [16] {
        /// The lowest price to which it applies.
        from_price: i64,
        /// Prices are multiples of this from there on.
        tick: i64,
    }
}

record! {
    /// Gives the head's instrument a reference or settlement price.
    pub struct SetReference [12] {
        /// The price.
        price: i64,
        /// 1 reference, 2 settlement.
        what: u8,
        /// Zero.
        reserved: u8,
        /// Zero.
        reserved_2: u16,
    }
}

record! {
    /// Defines or redefines a pair of fee rates, which groups give to their accounts.
    pub struct DefineFeePlan [20] {
        /// Fee of the resting side, in 1e-9 of the value traded; a rebate where it is negative.
        maker_rate: i64,
        /// Fee of the incoming side, in 1e-9 of the value traded; a rebate where it is negative.
        taker_rate: i64,
        /// Its number, from 1.
        plan: u8,
        /// Zero.
        reserved: u8,
        /// Zero.
        reserved_2: u16,
    }
}

record! {
    /// Defines or redefines a group of accounts; the items are its tiers of fees.
    pub struct DefineGroup [28] {
        /// Its name, 1 to 16 letters, digits, `-` or `_`, filled up with zeros.
        name: [u8; 16],
        /// The asset whose traded value reaches the tiers; 0 where there are none.
        asset: u32,
        /// Its number, from 1.
        group: u16,
        /// Zero.
        reserved: u16,
        /// Zero.
        reserved_2: u32,
    }
}

record! {
    /// One tier of fees, an item of `DefineGroup`.
    pub struct FeeTier [16] {
        /// Value traded in a month from which it applies, in ledger units of the group's asset; above the item before.
        traded: i64,
        /// The fee plan; 0 for the instrument's own rates.
        plan: u8,
        /// Zero.
        reserved: u8,
        /// Zero.
        reserved_2: u16,
        /// Zero.
        reserved_3: u32,
    }
}

record! {
    /// Sets the limits of an account, a group, a firm or an instrument, in place of those it had; 0 is no limit.
    pub struct SetLimits [60] {
        /// Which account, group, firm or instrument.
        id: u32,
        /// 1 account, 2 group (each of its accounts), 3 firm (its accounts together), 4 instrument.
        scope: u8,
        /// Zero.
        reserved: u8,
        /// Zero.
        reserved_2: u16,
        /// The asset in which `max_held` and `max_loss` are counted.
        asset: u32,
        /// Orders and replacements in a second.
        max_rate: u32,
        /// Open orders.
        max_open_orders: u32,
        /// Lots of an order.
        max_quantity: i64,
        /// Price x quantity of an order, in ledger units of the quote asset.
        max_notional: i64,
        /// Lots long or short in an instrument, open orders included.
        max_position: i64,
        /// Ledger units held for open orders.
        max_held: i64,
        /// Ledger units lost in a business day.
        max_loss: i64,
    }
}

record! {
    /// Throws or lifts a kill switch: no new orders.
    pub struct SetKill [12] {
        /// Which account, firm or instrument; 0 of the venue.
        id: u32,
        /// 1 account, 3 firm, 4 instrument, 5 venue.
        scope: u8,
        /// 1 thrown, 0 lifted.
        on: u8,
        /// Zero.
        reserved: u16,
        /// Zero.
        reserved_2: u32,
    }
}

record! {
    /// Puts the head's instrument on the restricted list of an account, a group or a firm, or takes it off.
    pub struct SetRestriction [12] {
        /// Which account, group or firm.
        id: u32,
        /// 1 account, 2 group, 3 firm.
        scope: u8,
        /// 1 on the list, 0 off.
        on: u8,
        /// Zero.
        reserved: u16,
        /// Zero.
        reserved_2: u32,
    }
}

record! {
    /// Cancels many orders; the head's instrument narrows it, 0 for all.
    pub struct MassCancel [12] {
        /// Which account, firm or session; 0 of the venue.
        id: u32,
        /// 1 account, 3 firm, 5 venue, 6 session.
        scope: u8,
        /// 1 buys, 2 sells, 0 both.
        side: u8,
        /// Zero.
        reserved: u16,
        /// Zero.
        reserved_2: u32,
    }
}

record! {
    /// Replaces the head's account's quotes in the instruments of the items.
    pub struct MassQuote [4] {
        /// Zero.
        reserved: u32,
    }
}

record! {
    /// A bid and an ask, an item of `MassQuote`.
    pub struct Quote [40] {
        /// The instrument.
        instrument: u32,
        /// Zero.
        reserved: u32,
        /// Limit of the buy order.
        bid_price: i64,
        /// Its lots, 0 for none.
        bid_quantity: i64,
        /// Limit of the sell order.
        ask_price: i64,
        /// Its lots, 0 for none.
        ask_quantity: i64,
    }
}

record! {
    /// Ends the business day.
    pub struct EndOfDay [4] {
        /// The day that ends, as a number: 20260131.
        business_date: u32,
    }
}

record! {
    /// Changes the terms of the head's instrument.
    pub struct ChangeInstrument [60] {
        /// Its symbol from now on.
        symbol: [u8; 16],
        /// As of `ListInstrument`.
        tick: i64,
        /// As of `ListInstrument`.
        min_price: i64,
        /// As of `ListInstrument`.
        max_price: i64,
        /// As of `ListInstrument`.
        max_quantity: i64,
        /// As of `ListInstrument`.
        max_notional: i64,
        /// Zero.
        reserved: u32,
    }
}

record! {
    /// Splits the head's instrument: so many new ones for so many old ones.
    pub struct SplitInstrument [12] {
        /// New ones.
        numerator: u32,
        /// Old ones.
        denominator: u32,
        /// Zero.
        reserved: u32,
    }
}

record! {
    /// Takes a trade of the head's instrument back, or corrects its price, by postings of its own.
    pub struct BustTrade [60] {
        /// The trade.
        trade: u64,
        /// Its price.
        price: i64,
        /// Its lots.
        quantity: i64,
        /// The price it should have had; 0 takes it back.
        new_price: i64,
        /// Fee of the buyer.
        buyer_fee: i64,
        /// Fee of the seller.
        seller_fee: i64,
        /// Account of the buyer.
        buyer: u32,
        /// Account of the seller.
        seller: u32,
        /// Zero.
        reserved: u32,
    }
}

record! {
    /// Sets how the head's instrument is dealt.
    pub struct SetDealing [20] {
        /// What a position holds, in 1e-9 of its cost: 1 to 1,000,000,000, which stands at listing.
        margin_rate: i64,
        /// Age from which a quote counts no more, 0 for none.
        max_age_ns: i64,
        /// Orders that arrive are dealt at 1 the standing quote, 2 the next one.
        market: u8,
        /// Limits that wait are dealt at 1 their limit once the quote is there, 2 the quote that reaches them, 3 their limit once the quote is a tick beyond.
        limit: u8,
        /// 1: no more lots than are quoted, until the next quote; 0 any number.
        sized: u8,
        /// Zero.
        reserved: u8,
    }
}

record! {
    /// Sets how much worse than the quote of the head's instrument a group is dealt.
    pub struct SetMarkup [20] {
        /// Price units that it sells below the bid.
        bid: i64,
        /// Price units that it buys above the ask.
        ask: i64,
        /// The group; 0 for accounts without one.
        group: u16,
        /// Zero.
        reserved: u16,
    }
}

record! {
    /// Pays a dividend on positions in the head's instrument.
    pub struct PayDividend [12] {
        /// Ledger units of the quote asset for each lot.
        amount: i64,
        /// Zero.
        reserved: u32,
    }
}
