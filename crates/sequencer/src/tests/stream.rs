//! Random commands of every kind: a small market of four accounts, with mistakes in it.

use garraway_types::{
    AccountId, CommandHead, CommandKind, DefineAsset, DefineSession, DefineSource, FixedBody, ListInstrument,
    OpenAccount, Record, SessionAccount, code, encode_command,
};

const ACCOUNTS: u64 = 4;

/// A stream that is the same for the same seed.
pub(super) struct Stream {
    state: u64,
    source_seq: [u64; 3],
    client_ref: [u64; ACCOUNTS as usize],
    opening: Vec<Vec<u8>>,
}

pub(super) fn record<B: Record>(
    kind: CommandKind,
    head: CommandHead,
    body: &B,
    items: &[SessionAccount],
    tail: &[u8],
) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_command(kind, head, body, items, tail, &mut bytes);
    bytes
}

/// A body of zeros, so that a field that a later version adds is left alone here.
pub(super) fn zeros<B: Record>() -> B {
    B::read(&vec![0; B::SIZE])
}

pub(super) fn padded<const N: usize>(text: &str) -> [u8; N] {
    let mut field = [0; N];
    field[..text.len()].copy_from_slice(text.as_bytes());
    field
}

impl Stream {
    pub(super) fn new(seed: u64) -> Self {
        let mut stream = Self {
            state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            source_seq: [0; 3],
            client_ref: [0; ACCOUNTS as usize],
            opening: Vec::new(),
        };
        stream.opening = stream.definitions();
        stream.opening.reverse();
        stream
    }

    fn draw(&mut self, below: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) % below
    }

    pub(super) fn chance(&mut self, one_in: u64) -> bool {
        self.draw(one_in) == 0
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.draw(limit as u64) as usize
    }

    pub(super) fn head(&mut self, source: u16) -> CommandHead {
        let source_seq = if source == 0 {
            0
        } else {
            self.source_seq[usize::from(source)] += 1;
            self.source_seq[usize::from(source)]
        };
        CommandHead { source, source_seq, ..CommandHead::empty() }
    }

    fn definitions(&mut self) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        let source = DefineSource { name: padded("maker"), defined: 2, rights: 3, ..zeros() };
        all.push(record(CommandKind::DefineSource, self.head(1), &source, &[], &[]));
        for (asset, name) in [(1, "XYZ"), (2, "USD")] {
            let body = DefineAsset { asset, code: padded(name), scale: 8, display: 2, ..zeros() };
            all.push(record(CommandKind::DefineAsset, self.head(1), &body, &[], &[]));
        }
        let body = ListInstrument {
            symbol: padded("XYZ"),
            base_asset: 1,
            quote_asset: 2,
            execution: code::EXECUTION_BOOK,
            kind: code::SPOT,
            phase: code::CONTINUOUS,
            price_unit: 10_000_000,
            lot_size: 1_000_000_000,
            tick: 1,
            min_price: 1,
            max_price: 1_000_000,
            max_quantity: 1_000_000,
            max_notional: i64::MAX,
            maker_fee_rate: 100_000,
            taker_fee_rate: 250_000,
            ..zeros()
        };
        let head = CommandHead { instrument: 1, ..self.head(1) };
        all.push(record(CommandKind::ListInstrument, head, &body, &[], &[]));
        for index in 0..ACCOUNTS {
            let account = Self::account(index);
            let body = OpenAccount {
                firm: 1,
                max_quantity: 10_000,
                max_notional: i64::MAX,
                max_open_orders: 50,
                self_trade: 1 + (account % 4) as u8,
                self_trade_of: 1,
                ..zeros()
            };
            let head = CommandHead { account, ..self.head(1) };
            all.push(record(CommandKind::OpenAccount, head, &body, &[], &[]));
            for asset in [1, 2] {
                let body = FixedBody { asset, amount: 10_000_000_000_000, ..FixedBody::empty() };
                let head = CommandHead { account, ..self.head(1) };
                all.push(record(CommandKind::Deposit, head, &body, &[], b"opening"));
            }
        }
        all.push(self.session());
        all
    }

    fn session(&mut self) -> Vec<u8> {
        let body = DefineSession {
            session: 1,
            firm: 1,
            protocol: code::PROTOCOL_OUCH,
            name: padded("ouch01"),
            salt: [7; 16],
            verifier: [9; 32],
            ..zeros()
        };
        let items: Vec<SessionAccount> =
            (0..2).map(|index| SessionAccount { account: Self::account(index), reserved: 0 }).collect();
        let head = CommandHead { account: Self::account(0), ..self.head(1) };
        record(CommandKind::DefineSession, head, &body, &items, b"")
    }

    fn account(index: u64) -> u32 {
        AccountId::FIRST_CLIENT.0 + index as u32
    }

    /// The next command: the definitions first, then orders, cancels, replacements and some money.
    pub(super) fn next(&mut self) -> Vec<u8> {
        if let Some(definition) = self.opening.pop() {
            return definition;
        }
        let who = self.draw(ACCOUNTS);
        let source = if self.chance(3) { 2 } else { 0 };
        let base = CommandHead { account: Self::account(who), ..self.head(source) };
        let text = b"client text of some length";
        let length = if self.chance(2) { self.below(text.len()) } else { 0 };
        let tail = &text[..length];
        match self.draw(20) {
            0 => {
                let body = FixedBody { asset: 2, amount: 5_000_000_000, ..FixedBody::empty() };
                let head = CommandHead { source: 2, source_seq: self.numbered(base), ..base };
                let kind = if self.chance(2) { CommandKind::Deposit } else { CommandKind::Withdraw };
                record(kind, head, &body, &[], tail)
            }
            1..=3 => {
                let client_ref = self.known(who);
                let head = CommandHead { client_ref, ..base };
                record(CommandKind::CancelOrder, head, &FixedBody::empty(), &[], tail)
            }
            4..=6 => {
                let (target, client_ref) = (self.known(who), self.fresh(who));
                let (price, quantity) = (90 + self.draw(20) as i64, 1 + self.draw(30) as i64);
                let body = FixedBody { target, price, quantity, ..FixedBody::empty() };
                record(CommandKind::ReplaceOrder, CommandHead { client_ref, ..base }, &body, &[], tail)
            }
            _ => self.order(base, who, tail),
        }
    }

    fn order(&mut self, base: CommandHead, who: u64, tail: &[u8]) -> Vec<u8> {
        let body = FixedBody {
            side: 1 + self.draw(2) as u8,
            order_type: code::LIMIT,
            time_in_force: [1, 1, 1, 2, 3, 9][self.below(6)],
            price: 90 + self.draw(20) as i64,
            quantity: 1 + self.draw(60) as i64,
            ..FixedBody::empty()
        };
        let head = CommandHead { instrument: 1, client_ref: self.fresh(who), ..base };
        record(CommandKind::PlaceOrder, head, &body, &[], tail)
    }

    /// Money needs a source with the right; source 0 has none.
    fn numbered(&mut self, base: CommandHead) -> u64 {
        if base.source == 2 { base.source_seq } else { self.head(2).source_seq }
    }

    fn fresh(&mut self, who: u64) -> u64 {
        self.client_ref[who as usize] += 1;
        self.client_ref[who as usize]
    }

    fn known(&mut self, who: u64) -> u64 {
        let last = self.client_ref[who as usize];
        last.saturating_sub(self.draw(12)).max(1)
    }
}
