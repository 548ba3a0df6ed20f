//! What clients of market streams send: one JSON object a message, with Binance's errors for what is none.

use serde::Deserialize;
use serde_json::error::Category;

use super::super::json::Json;

/// Characters of a text that names a request.
const LONGEST_ID: usize = 36;

/// What names a request; it comes back in the answer.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(untagged)]
pub enum Id {
    /// A number.
    Number(u64),
    /// A text.
    Text(String),
}

/// What is asked.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Method {
    /// Wants streams.
    Subscribe,
    /// Wants them no more.
    Unsubscribe,
    /// Asks which it has.
    ListSubscriptions,
}

/// A message of a client.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// What it asks.
    pub method: Method,
    /// Names of streams.
    #[serde(default)]
    pub params: Vec<String>,
    /// Comes back in the answer.
    pub id: Option<Id>,
}

#[derive(Deserialize)]
struct Named {
    id: Option<Id>,
}

/// What is wrong with a message.
#[derive(Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Binance's code: 2 of a request that is none, 3 of what is no JSON.
    pub code: u8,
    /// What and why.
    pub text: String,
    /// What the message was named, if that could be read.
    pub id: Option<Id>,
}

impl Wrong {
    /// A request that cannot be done.
    pub fn request(id: Option<Id>, why: &str) -> Self {
        Self { code: 2, text: format!("Invalid request: {why}"), id }
    }
}

/// Reads a message.
pub fn read(text: &str) -> Result<Asked, Wrong> {
    if text.trim_ascii_start().starts_with('[') {
        // A list of the members in their order would be taken for the object.
        return Err(Wrong::request(None, "expected an object"));
    }
    let asked: Asked = serde_json::from_str(text).map_err(|error| wrong(text, &error))?;
    match &asked.id {
        Some(Id::Text(id)) if id.chars().count() > LONGEST_ID => {
            Err(Wrong::request(None, &format!("request ID has more than {LONGEST_ID} characters")))
        }
        _ => Ok(asked),
    }
}

fn wrong(text: &str, error: &serde_json::Error) -> Wrong {
    if error.classify() != Category::Data {
        return Wrong { code: 3, text: format!("Invalid JSON: {error}"), id: None };
    }
    let id = serde_json::from_str::<Named>(text).ok().and_then(|named| named.id);
    let id = id.filter(|id| !matches!(id, Id::Text(id) if id.chars().count() > LONGEST_ID));
    Wrong::request(id, &error.to_string())
}

/// Writes what names a request.
pub fn write_id(json: &mut Json, id: Option<&Id>) {
    json.name("id");
    match id {
        None => json.null(),
        Some(Id::Number(number)) => json.number(number),
        Some(Id::Text(text)) => json.string(text),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_and_everything_else_is_told_why_it_is_not() {
        let text = r#"{"method":"SUBSCRIBE","params":["btcusd@trade"],"id":1}"#;
        let (params, id) = (vec!["btcusd@trade".to_owned()], Some(Id::Number(1)));
        assert_eq!(read(text), Ok(Asked { method: Method::Subscribe, params, id }));
        assert_eq!(
            read(r#"{"method":"LIST_SUBSCRIPTIONS","id":"a"}"#).unwrap().id,
            Some(Id::Text("a".to_owned()))
        );
        let long = format!(r#"{{"method":"SUBSCRIBE","id":"{}"}}"#, "x".repeat(37));
        for (wrong, code, id) in [
            ("", 3, None),
            ("{", 3, None),
            ("[]", 2, None),
            (r#"["SUBSCRIBE",["a"],7]"#, 2, None),
            ("7", 2, None),
            (r#"{"id":7}"#, 2, Some(Id::Number(7))),
            (r#"{"method":"BUY","id":7}"#, 2, Some(Id::Number(7))),
            (r#"{"method":"SUBSCRIBE","params":"a","id":7}"#, 2, Some(Id::Number(7))),
            (r#"{"method":"SUBSCRIBE","params":[1],"id":7}"#, 2, Some(Id::Number(7))),
            (r#"{"method":"SUBSCRIBE","params":[],"id":-7}"#, 2, None),
            (r#"{"method":"SUBSCRIBE","params":[],"id":1.5}"#, 2, None),
            (r#"{"method":"SUBSCRIBE","more":1,"id":7}"#, 2, Some(Id::Number(7))),
            (r#"{"method":"SUBSCRIBE","method":"SUBSCRIBE","id":7}"#, 2, Some(Id::Number(7))),
            (&long, 2, None),
        ] {
            let found = read(wrong).unwrap_err();
            assert_eq!((found.code, found.id), (code, id), "{wrong}");
        }
    }
}
