//! One of each: commands that together make every kind of event, on instruments and accounts of their own.

use garraway_types::{
    BustTrade, ChangeInstrument, CommandHead, CommandKind, DefineFeePlan, DefineGroup, EndOfDay, FeeTier,
    FixedBody, ListInstrument, MassCancel, MassQuote, NO_ITEMS, OpenAccount, PayDividend, Quote, Record,
    ScheduledPhase, SetAccount, SetDealing, SetKill, SetLimits, SetMarkup, SetPhase, SetReference,
    SetRestriction, SetRules, SetSchedule, SetTicks, SplitInstrument, TickStep, code, encode_command,
};

use super::stream::{Stream, padded, record, zeros};

const ASSET: u32 = 3;
const SPOT: u32 = 2;
const FUTURE: u32 = 3;
const CONTRACT: u32 = 4;
const BUYER: u32 = 30;
const SELLER: u32 = 31;
const GROUP: u16 = 1;

/// The commands, in order; `refs` are the last references of the two accounts.
struct Tour<'a> {
    stream: &'a mut Stream,
    refs: [u64; 2],
    out: Vec<Vec<u8>>,
}

/// Every kind of event but those of the venue's own commands. `now_ns` is the time at which they are sent; a schedule changes a phase one
/// second later.
pub(super) fn tour(stream: &mut Stream, now_ns: i64) -> Vec<Vec<u8>> {
    let mut tour = Tour { stream, refs: [0; 2], out: Vec::new() };
    tour.definitions();
    tour.orders();
    tour.auction(now_ns);
    tour.future();
    tour.dealt();
    tour.day();
    tour.terms();
    tour.out
}

impl Tour<'_> {
    fn send<B: Record>(&mut self, kind: CommandKind, account: u32, instrument: u32, body: &B) {
        let head = CommandHead { account, instrument, ..self.stream.head(1) };
        self.out.push(record(kind, head, body, &[], &[]));
    }

    fn send_items<B: Record, I: Record>(
        &mut self,
        kind: CommandKind,
        instrument: u32,
        body: &B,
        items: &[I],
    ) {
        let head = CommandHead { instrument, ..self.stream.head(1) };
        let mut bytes = Vec::new();
        encode_command(kind, head, body, items, &[], &mut bytes);
        self.out.push(bytes);
    }

    fn order(&mut self, account: u32, instrument: u32, body: FixedBody) -> u64 {
        let last = &mut self.refs[(account - BUYER) as usize];
        *last += 1;
        let client_ref = *last;
        let head = CommandHead { account, instrument, client_ref, ..CommandHead::empty() };
        let mut bytes = Vec::new();
        encode_command(CommandKind::PlaceOrder, head, &body, NO_ITEMS, &[], &mut bytes);
        self.out.push(bytes);
        client_ref
    }

    fn limit(side: u8, price: i64, quantity: i64) -> FixedBody {
        let (order_type, time_in_force) = (code::LIMIT, code::GOOD_TILL_CANCEL);
        FixedBody { side, order_type, time_in_force, price, quantity, ..FixedBody::empty() }
    }

    fn phase(&mut self, instrument: u32, phase: u8) {
        self.send(CommandKind::SetPhase, 0, instrument, &SetPhase { phase, ..zeros() });
    }

    fn definitions(&mut self) {
        let plan = DefineFeePlan { plan: 1, maker_rate: -10_000, taker_rate: 50_000, ..zeros() };
        self.send(CommandKind::DefineFeePlan, 0, 0, &plan);
        let group = DefineGroup { name: padded("members"), group: GROUP, asset: 2, ..zeros() };
        let tiers = [(0, 0), (1, 1)].map(|(traded, plan)| FeeTier { traded, plan, ..zeros() });
        self.send_items(CommandKind::DefineGroup, 0, &group, &tiers);
        let asset = garraway_types::DefineAsset {
            asset: ASSET,
            code: padded("ABC"),
            scale: 8,
            display: 2,
            ..zeros()
        };
        self.send(CommandKind::DefineAsset, 0, 0, &asset);
        let spot = ListInstrument {
            symbol: padded("ABC"),
            base_asset: ASSET,
            quote_asset: 2,
            execution: code::EXECUTION_BOOK,
            kind: code::SPOT,
            phase: code::CONTINUOUS,
            price_unit: 10_000_000,
            lot_size: 1_000_000_000,
            tick: 1,
            min_price: 1,
            max_price: 10_000,
            max_quantity: 10_000,
            max_notional: i64::MAX,
            ..zeros()
        };
        self.send(CommandKind::ListInstrument, 0, SPOT, &spot);
        let future = ListInstrument { symbol: padded("ABC-F"), base_asset: 0, kind: code::FUTURE, ..spot };
        self.send(CommandKind::ListInstrument, 0, FUTURE, &future);
        for account in [BUYER, SELLER] {
            let body = OpenAccount {
                firm: 9,
                max_quantity: 10_000,
                max_notional: i64::MAX,
                max_open_orders: 50,
                ..zeros()
            };
            self.send(CommandKind::OpenAccount, account, 0, &body);
            self.send(CommandKind::SetAccount, account, 0, &SetAccount { group: GROUP, ..zeros() });
            for asset in [2, ASSET] {
                let body = FixedBody { asset, amount: 10_000_000_000_000, ..FixedBody::empty() };
                self.send(CommandKind::Deposit, account, 0, &body);
            }
        }
        let limits = SetLimits { scope: code::SCOPE_ACCOUNT, id: BUYER, max_rate: 1_000, ..zeros() };
        self.send(CommandKind::SetLimits, 0, 0, &limits);
        for on in [1, 0] {
            self.send(
                CommandKind::SetKill,
                0,
                0,
                &SetKill { scope: code::SCOPE_ACCOUNT, id: BUYER, on, ..zeros() },
            );
            let restricted = SetRestriction { scope: code::SCOPE_FIRM, id: 9, on, ..zeros() };
            self.send(CommandKind::SetRestriction, 0, SPOT, &restricted);
        }
        let rules = SetRules { static_band: 500_000_000, auction_ns: 1, band_action: 1, ..zeros() };
        self.send(CommandKind::SetRules, 0, SPOT, &rules);
        self.send_items(
            CommandKind::SetTicks,
            SPOT,
            &zeros::<SetTicks>(),
            &[TickStep { from_price: 500, tick: 5 }],
        );
    }

    /// A stop that is triggered, an iceberg that refills, a bracket that starts, quotes, a mass cancel.
    fn orders(&mut self) {
        self.order(SELLER, SPOT, FixedBody { display: 2, ..Self::limit(2, 100, 6) });
        let stop = FixedBody { order_type: code::STOP_LIMIT, trigger: 100, ..Self::limit(1, 100, 1) };
        self.order(BUYER, SPOT, stop);
        let entry = self.order(BUYER, SPOT, Self::limit(1, 99, 1));
        let child = FixedBody { flags: code::ONE_TRIGGERS_OTHER, target: entry, ..Self::limit(2, 110, 1) };
        self.order(BUYER, SPOT, child);
        self.order(BUYER, SPOT, Self::limit(1, 100, 3));
        self.order(SELLER, SPOT, Self::limit(2, 99, 1));
        self.refs[1] += 2;
        let head = CommandHead { account: SELLER, client_ref: self.refs[1] - 1, ..CommandHead::empty() };
        let quote = Quote {
            instrument: SPOT,
            bid_price: 90,
            bid_quantity: 1,
            ask_price: 120,
            ask_quantity: 1,
            ..zeros()
        };
        let mut bytes = Vec::new();
        encode_command(CommandKind::MassQuote, head, &zeros::<MassQuote>(), &[quote], &[], &mut bytes);
        self.out.push(bytes);
        let all = MassCancel { scope: code::SCOPE_FIRM, id: 9, ..zeros() };
        self.send(CommandKind::MassCancel, 0, SPOT, &all);
    }

    fn auction(&mut self, now_ns: i64) {
        let reference = SetReference { price: 100, what: code::REFERENCE, ..zeros() };
        self.send(CommandKind::SetReference, 0, SPOT, &reference);
        self.phase(SPOT, code::VOLATILITY_AUCTION);
        self.order(BUYER, SPOT, Self::limit(1, 101, 5));
        self.order(SELLER, SPOT, Self::limit(2, 99, 4));
        let mut tick = Vec::new();
        encode_command(
            CommandKind::Tick,
            CommandHead::empty(),
            &FixedBody::empty(),
            NO_ITEMS,
            &[],
            &mut tick,
        );
        self.out.push(tick);
        self.phase(SPOT, code::CONTINUOUS);
        let later = ScheduledPhase { at_ns: now_ns + 1_000_000_000, phase: code::PRE_OPEN, ..zeros() };
        self.send_items(CommandKind::SetSchedule, FUTURE, &zeros::<SetSchedule>(), &[later]);
    }

    fn future(&mut self) {
        let settled = |price| SetReference { price, what: code::SETTLEMENT, ..zeros() };
        self.send(CommandKind::SetReference, 0, FUTURE, &settled(100));
        self.order(SELLER, FUTURE, Self::limit(2, 102, 3));
        self.order(BUYER, FUTURE, Self::limit(1, 102, 2));
        self.send(CommandKind::SetReference, 0, FUTURE, &settled(104));
    }

    /// A contract that the house deals: rules, a markup, quotes, a position, a dividend.
    fn dealt(&mut self) {
        let contract = ListInstrument {
            symbol: padded("ABC-C"),
            quote_asset: 2,
            execution: code::EXECUTION_DEALER,
            kind: code::CONTRACT,
            phase: code::CONTINUOUS,
            price_unit: 10_000_000,
            lot_size: 1_000_000_000,
            tick: 1,
            min_price: 1,
            max_price: 10_000,
            max_quantity: 10_000,
            max_notional: i64::MAX,
            ..zeros()
        };
        self.send(CommandKind::ListInstrument, 0, CONTRACT, &contract);
        let rules = SetDealing {
            margin_rate: 50_000_000,
            market: code::AT_STANDING_QUOTE,
            limit: code::LIMIT_AT_QUOTE,
            ..zeros()
        };
        self.send(CommandKind::SetDealing, 0, CONTRACT, &rules);
        self.send(
            CommandKind::SetMarkup,
            0,
            CONTRACT,
            &SetMarkup { bid: 1, ask: 1, group: GROUP, ..zeros() },
        );
        let quote = |bid, ask| FixedBody { price: bid, trigger: ask, ..FixedBody::empty() };
        self.send(CommandKind::SetQuote, 0, CONTRACT, &quote(99, 101));
        self.order(BUYER, CONTRACT, Self::limit(1, 105, 3));
        self.order(BUYER, CONTRACT, Self::limit(2, 110, 2));
        self.send(CommandKind::SetQuote, 0, CONTRACT, &quote(112, 114));
        self.send(CommandKind::PayDividend, 0, CONTRACT, &PayDividend { amount: 7, ..zeros() });
    }

    fn day(&mut self) {
        self.send(CommandKind::EndOfDay, 0, 0, &EndOfDay { business_date: 20_260_131 });
    }

    fn terms(&mut self) {
        self.order(BUYER, SPOT, Self::limit(1, 50, 4));
        self.phase(SPOT, code::HALT);
        let terms = ChangeInstrument {
            symbol: padded("ABD"),
            tick: 1,
            min_price: 1,
            max_price: 20_000,
            max_quantity: 10_000,
            max_notional: i64::MAX,
            ..zeros()
        };
        self.send(CommandKind::ChangeInstrument, 0, SPOT, &terms);
        let two = SplitInstrument { numerator: 2, denominator: 1, ..zeros() };
        self.send(CommandKind::SplitInstrument, 0, SPOT, &two);
        let trade =
            BustTrade { trade: 1 << 16, price: 100, quantity: 1, buyer: BUYER, seller: SELLER, ..zeros() };
        self.send(CommandKind::BustTrade, 0, SPOT, &trade);
    }
}
