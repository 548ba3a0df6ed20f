//! One account's tokens: which were used, and which order each open one names. Rebuilt from the journal, and bounded:
//! open orders are all kept, used tokens up to a limit, of which the older half is forgotten at a time.

use std::collections::{HashMap, HashSet};

use garraway_wire::ouch::{Capacity, CrossType, EnterOrder, Firm, ReplaceOrder, Side, Symbol, Token};

/// What later messages about an open order need and no event says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveOrder {
    /// Its token.
    pub token: Token,
    /// Its side, as entered.
    pub side: Side,
    /// Its instrument.
    pub symbol: Symbol,
    /// Its firm, as entered.
    pub firm: Firm,
    /// Its capacity, as entered.
    pub capacity: Capacity,
    /// Its cross type, as entered.
    pub cross_type: CrossType,
    /// Lots open.
    pub leaves: i64,
}

impl LiveOrder {
    /// The order that an accepted message makes.
    pub fn entered(enter: &EnterOrder, leaves: i64) -> Self {
        Self {
            token: enter.token,
            side: enter.side,
            symbol: enter.symbol,
            firm: enter.firm,
            capacity: enter.capacity,
            cross_type: enter.cross_type,
            leaves,
        }
    }

    /// The order that an accepted replacement makes of this one.
    pub fn replaced(self, replace: &ReplaceOrder, leaves: i64) -> Self {
        Self { token: replace.replacement_token, leaves, ..self }
    }
}

/// The fold (token) <-> (client_ref) of one account.
#[derive(Debug)]
pub struct Tokens {
    live: HashMap<u64, LiveOrder>,
    refs: HashMap<Token, u64>,
    newer: HashSet<Token>,
    older: HashSet<Token>,
    half: usize,
}

impl Tokens {
    /// Remembers between half of `limit` and `limit` used tokens, beside those of open orders.
    pub fn new(limit: usize) -> Self {
        Self {
            live: HashMap::new(),
            refs: HashMap::new(),
            newer: HashSet::new(),
            older: HashSet::new(),
            half: (limit / 2).max(1),
        }
    }

    /// Whether the token was used, as far as is remembered.
    pub fn is_used(&self, token: Token) -> bool {
        self.newer.contains(&token) || self.older.contains(&token) || self.refs.contains_key(&token)
    }

    /// Takes a token as used.
    pub fn spend(&mut self, token: Token) {
        if self.newer.len() >= self.half {
            std::mem::swap(&mut self.newer, &mut self.older);
            // Keeps its memory, so that this table never grows again.
            self.newer.clear();
        }
        self.newer.insert(token);
    }

    /// The reference of the open order with this token.
    pub fn client_ref(&self, token: Token) -> Option<u64> {
        self.refs.get(&token).copied()
    }

    /// The open order with this reference, if it came with a token.
    pub fn live(&self, client_ref: u64) -> Option<&LiveOrder> {
        self.live.get(&client_ref)
    }

    /// The same, to be changed.
    pub fn order(&mut self, client_ref: u64) -> Option<&mut LiveOrder> {
        self.live.get_mut(&client_ref)
    }

    /// Takes an order as open.
    pub fn open(&mut self, client_ref: u64, order: LiveOrder) {
        self.refs.insert(order.token, client_ref);
        self.live.insert(client_ref, order);
    }

    /// Forgets an order that is over; its token stays used.
    pub fn close(&mut self, client_ref: u64) -> Option<LiveOrder> {
        let order = self.live.remove(&client_ref)?;
        self.refs.remove(&order.token);
        Some(order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(number: usize) -> Token {
        Token::new(&format!("T{number}")).unwrap()
    }

    fn order(number: usize) -> LiveOrder {
        LiveOrder {
            token: token(number),
            side: Side::BUY,
            symbol: Symbol::BLANK,
            firm: Firm::BLANK,
            capacity: Capacity::AGENCY,
            cross_type: CrossType::NO_CROSS,
            leaves: 1,
        }
    }

    #[test]
    fn a_spent_token_stays_used_until_half_the_limit_came_after_it() {
        let mut tokens = Tokens::new(10);
        tokens.spend(token(0));
        for number in 1..=9 {
            tokens.spend(token(number));
            assert!(tokens.is_used(token(0)), "forgotten after {number}");
        }
        tokens.spend(token(10));
        assert!(!tokens.is_used(token(0)));
        assert!(tokens.is_used(token(5)));
    }

    #[test]
    fn the_token_of_an_open_order_is_used_however_many_came_after_it() {
        let mut tokens = Tokens::new(2);
        tokens.spend(token(0));
        tokens.open(7, order(0));
        (1..100).for_each(|number| tokens.spend(token(number)));
        assert!(tokens.is_used(token(0)));
        assert_eq!(tokens.client_ref(token(0)), Some(7));
        assert_eq!(tokens.close(7), Some(order(0)));
        assert_eq!(tokens.client_ref(token(0)), None);
        assert!(!tokens.is_used(token(0)));
    }
}
