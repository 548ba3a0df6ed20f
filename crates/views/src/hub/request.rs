//! What clients send: one JSON object a message.

use serde::Deserialize;

/// A message of a client.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientMessage {
    /// Wants a channel.
    Subscribe {
        /// Comes back in the answer.
        req_id: Option<u32>,
        /// Which channel.
        channel: ChannelName,
        /// Of which instrument: public channels.
        symbol: Option<String>,
        /// Of which account: private channels.
        account: Option<u32>,
        /// Levels of a book, 10 if not said.
        depth: Option<u32>,
    },
    /// Wants it no more.
    Unsubscribe {
        /// Comes back in the answer.
        req_id: Option<u32>,
        /// Which channel.
        channel: ChannelName,
        /// As it was subscribed to.
        symbol: Option<String>,
        /// As it was subscribed to.
        account: Option<u32>,
        /// As it was subscribed to.
        depth: Option<u32>,
    },
    /// Shows a token.
    Auth {
        /// Comes back in the answer.
        req_id: Option<u32>,
        /// The token.
        token: String,
    },
    /// Wants its open orders cancelled when the connection ends, or no more.
    CancelOnDisconnect {
        /// Comes back in the answer.
        req_id: Option<u32>,
        /// Whether.
        enabled: bool,
        /// Of which account; of all that it may see if not said.
        account: Option<u32>,
    },
    /// Wants its open orders cancelled unless it says so again in time.
    CancelAfter {
        /// Comes back in the answer.
        req_id: Option<u32>,
        /// In time; 0 ends it.
        timeout_ms: u32,
        /// Of which account; of all that it may see if not said.
        account: Option<u32>,
    },
    /// Wants a pong.
    Ping {
        /// Comes back in the answer.
        req_id: Option<u32>,
    },
}

/// The channels.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Hash)]
#[serde(rename_all = "snake_case")]
pub enum ChannelName {
    /// Levels of an instrument.
    Book,
    /// Trades of an instrument.
    Trades,
    /// Prices and turnover of an instrument.
    Ticker,
    /// Phase and auction of an instrument.
    Status,
    /// Orders of an account.
    Orders,
    /// Fills of an account.
    Fills,
    /// Balances of an account.
    Balances,
    /// Positions of an account.
    Positions,
}

impl ChannelName {
    /// As it is written.
    pub fn text(self) -> &'static str {
        match self {
            Self::Book => "book",
            Self::Trades => "trades",
            Self::Ticker => "ticker",
            Self::Status => "status",
            Self::Orders => "orders",
            Self::Fills => "fills",
            Self::Balances => "balances",
            Self::Positions => "positions",
        }
    }

    /// Whether everybody may see it.
    pub fn is_public(self) -> bool {
        matches!(self, Self::Book | Self::Trades | Self::Ticker | Self::Status)
    }
}

/// Reads a message, or says what is wrong with it.
pub fn read(text: &str) -> Result<ClientMessage, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_and_everything_else_is_refused() {
        let text = r#"{"op":"subscribe","req_id":1,"channel":"book","symbol":"BTC-USD","depth":10}"#;
        let message = ClientMessage::Subscribe {
            req_id: Some(1),
            channel: ChannelName::Book,
            symbol: Some("BTC-USD".to_owned()),
            account: None,
            depth: Some(10),
        };
        assert_eq!(read(text), Ok(message));
        for wrong in [
            "",
            "[]",
            "7",
            "{}",
            r#"{"op":"buy"}"#,
            r#"{"op":"ping","req_id":-1}"#,
            r#"{"op":"ping","req_id":1.5}"#,
            r#"{"op":"ping","other":1}"#,
            r#"{"op":"ping","req_id":1,"req_id":2}"#,
            r#"{"op":"ping"} {}"#,
            r#"{"op":"subscribe","channel":"secrets"}"#,
            &format!("{}{}", "[".repeat(30_000), "]".repeat(30_000)),
        ] {
            assert!(read(wrong).is_err(), "{wrong} was read");
        }
    }
}
