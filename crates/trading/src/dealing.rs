//! The engine as a matcher: instruments that the house deals, one funded account, nothing else.

use garraway_engine::{Engine, Setup};
use garraway_types::{
    COMMAND_VERSION, Command, CommandHead, CommandKind, DefineAsset, EVENT_SIZE, Event, EventKind, EventSink,
    FIXED_COMMAND, FixedBody, ListInstrument, NO_ITEMS, Nanos, OpenAccount, Record, Reject, SetDealing, code,
    encode_command, events_in,
};

use crate::market::Quote;
use crate::matcher::Matcher;
use crate::terms::Terms;

/// The asset that is paid.
const MONEY: u32 = 1;
/// Whole units of a rate, and of a lot.
const BILLION: i64 = 1_000_000_000;
/// The largest value of an order.
const MOST: i64 = 1 << 62;

/// When a limit order that waits fills, and at what price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitRule {
    /// At its limit, once the quote is there.
    Touch,
    /// At the quote that reaches it.
    Quote,
    /// At its limit, once the quote is a tick beyond.
    Through,
}

/// How the house deals an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dealing {
    /// A lot, in 1e-9.
    pub lot_size: i64,
    /// What a position holds, in 1e-9 of its cost.
    pub margin_rate: i64,
    /// What a fill is charged, in 1e-9 of its value.
    pub fee_rate: i64,
    /// When limit orders fill.
    pub limit: LimitRule,
    /// No more lots fill at a quote than it has.
    pub sized: bool,
}

/// The engine, dealing.
pub struct Dealer {
    engine: Engine,
    /// The last number of the operator's commands.
    operator_seq: u64,
}

impl Dealer {
    /// Lists the instruments under their numbers, opens the account and funds it with so many ledger units.
    ///
    /// # Errors
    /// The engine refuses something; the text names it.
    pub fn new(terms: &[Terms], dealings: &[Dealing], account: u32, cash: i64) -> Result<Self, String> {
        let mut dealer = Self { engine: Engine::new(Setup::default()), operator_seq: 0 };
        let scale = terms.first().map_or(8, |terms| terms.money_decimals);
        let asset = DefineAsset {
            asset: MONEY,
            code: *b"MONEY\0\0\0",
            scale,
            display: scale.min(2),
            reserved: 0,
            reserved_2: 0,
        };
        dealer.define(CommandKind::DefineAsset, 0, 0, &asset)?;
        for (terms, dealing) in terms.iter().zip(dealings) {
            dealer.list(terms, dealing)?;
        }
        dealer.open(account, cash)?;
        Ok(dealer)
    }

    /// The engine.
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    fn list(&mut self, terms: &Terms, dealing: &Dealing) -> Result<(), String> {
        let mut symbol = [0; 16];
        symbol.iter_mut().zip(terms.symbol.bytes()).for_each(|(to, from)| *to = from);
        let listing = ListInstrument {
            symbol,
            base_asset: 0,
            quote_asset: MONEY,
            execution: code::EXECUTION_DEALER,
            kind: code::CONTRACT,
            phase: code::CONTINUOUS,
            reserved: 0,
            price_unit: 10i64.pow(u32::from(9 - terms.price_decimals.min(9))),
            lot_size: dealing.lot_size,
            tick: terms.tick,
            min_price: terms.min_price,
            max_price: terms.max_price,
            max_quantity: terms.max_quantity,
            max_notional: MOST,
            maker_fee_rate: dealing.fee_rate,
            taker_fee_rate: dealing.fee_rate,
        };
        self.define(CommandKind::ListInstrument, terms.number, 0, &listing)?;
        let rules = SetDealing {
            margin_rate: dealing.margin_rate.clamp(1, BILLION),
            max_age_ns: 0,
            market: code::AT_STANDING_QUOTE,
            limit: match dealing.limit {
                LimitRule::Touch => code::LIMIT_TOUCHED,
                LimitRule::Quote => code::LIMIT_AT_QUOTE,
                LimitRule::Through => code::LIMIT_THROUGH,
            },
            sized: u8::from(dealing.sized),
            reserved: 0,
        };
        self.define(CommandKind::SetDealing, terms.number, 0, &rules)
    }

    fn open(&mut self, account: u32, cash: i64) -> Result<(), String> {
        let opening = OpenAccount {
            firm: 1,
            max_quantity: i64::from(u32::MAX),
            max_notional: MOST,
            max_open_orders: Setup::default().capacity,
            self_trade: 0,
            self_trade_of: 0,
            group: 0,
            clearing: 0,
            positions: code::NETTING,
            reserved: 0,
            reserved_2: 0,
        };
        self.define(CommandKind::OpenAccount, 0, account, &opening)?;
        if cash == 0 {
            return Ok(());
        }
        let deposit = FixedBody { asset: MONEY, amount: cash, ..FixedBody::empty() };
        self.define(CommandKind::Deposit, 0, account, &deposit)
    }

    /// A command of the operator's, which must be accepted.
    fn define<B: Record>(
        &mut self,
        kind: CommandKind,
        instrument: u32,
        account: u32,
        body: &B,
    ) -> Result<(), String> {
        self.operator_seq += 1;
        let head = CommandHead {
            source: 1,
            source_seq: self.operator_seq,
            account,
            instrument,
            ..CommandHead::empty()
        };
        let (mut record, mut buffer) = (Vec::new(), vec![0; EventSink::RESERVE]);
        encode_command(kind, head, body, NO_ITEMS, &[], &mut record);
        let mut sink = EventSink::without_tails(&mut buffer);
        self.apply(0, &record, &mut sink);
        let refused = events_in(sink.written())
            .find(|(event, _)| event.kind == EventKind::Rejected as u8)
            .map(|it| it.0);
        refused.map_or(Ok(()), |event| {
            let reason = Reject::from_code(event.detail);
            Err(format!("the engine refuses {} ({reason:?}): {}", kind.spec().name, remedy(reason)))
        })
    }

    #[inline]
    fn apply(&mut self, at_ns: i64, record: &[u8], out: &mut EventSink<'_>) {
        let Ok(command) = Command::parse(record) else { return };
        self.engine.apply(self.engine.last_seq() + 1, Nanos(at_ns), &command, out);
        while let Some(instrument) = self.engine.next_work() {
            self.go_on(instrument.0, out);
        }
    }

    #[cold]
    fn go_on(&mut self, instrument: u32, out: &mut EventSink<'_>) {
        let head = CommandHead { instrument, ..CommandHead::empty() };
        let mut record = Vec::with_capacity(FIXED_COMMAND);
        encode_command(CommandKind::Continue, head, &FixedBody::empty(), NO_ITEMS, &[], &mut record);
        if let Ok(command) = Command::parse(&record) {
            let at = self.engine.last_at();
            self.engine.apply(self.engine.last_seq() + 1, at, &command, out);
        }
    }
}

fn remedy(reason: Option<Reject>) -> &'static str {
    reason.map_or("see the reference of rejects", |reason| {
        Reject::ALL.iter().find(|spec| spec.reason == reason).map_or("", |spec| spec.remedy)
    })
}

impl Matcher for Dealer {
    #[inline]
    fn quote(&mut self, instrument: u32, quote: &Quote, out: &mut EventSink<'_>) {
        let head = CommandHead {
            length: FIXED_COMMAND as u16,
            kind: CommandKind::SetQuote as u8,
            version: COMMAND_VERSION,
            instrument,
            ..CommandHead::empty()
        };
        let body = FixedBody {
            price: quote.bid,
            trigger: quote.ask,
            quantity: quote.bid_size,
            amount: quote.ask_size,
            ..FixedBody::empty()
        };
        let mut record = [0; FIXED_COMMAND];
        head.write(&mut record);
        body.write(&mut record[CommandHead::SIZE..]);
        self.apply(quote.at_ns, &record, out);
        let first = Event::read(&out.written()[..EVENT_SIZE]);
        assert_eq!(
            first.kind,
            EventKind::Quoted as u8,
            "the engine refuses the quote {quote:?} ({:?})",
            Reject::from_code(first.detail)
        );
    }

    #[inline]
    fn command(&mut self, at_ns: i64, record: &[u8], out: &mut EventSink<'_>) {
        self.apply(at_ns, record, out);
    }
}
