//! JSON written piece by piece: no tree, no floats, numbers beyond 53 bits as strings.

use std::fmt::{Display, Write};

/// A writer of JSON; commas come by themselves.
#[derive(Debug, Default)]
pub struct Json {
    text: String,
    /// Whether a comma must stand before what comes next.
    comma: bool,
}

impl Json {
    /// What was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// `{`, what `inside` writes, `}`.
    pub fn object(&mut self, inside: impl FnOnce(&mut Self)) -> &mut Self {
        self.around('{', '}', inside)
    }

    /// `[`, what `inside` writes, `]`.
    pub fn array(&mut self, inside: impl FnOnce(&mut Self)) -> &mut Self {
        self.around('[', ']', inside)
    }

    /// A member's name; its value follows.
    pub fn name(&mut self, name: &str) -> &mut Self {
        self.string(name);
        self.text.push(':');
        self.comma = false;
        self
    }

    /// A number that 53 bits hold.
    pub fn number(&mut self, number: impl Display) -> &mut Self {
        self.value(|text| {
            // Writing into a string never fails.
            let _ = write!(text, "{number}");
        })
    }

    /// A number as a string.
    pub fn digits(&mut self, number: impl Display) -> &mut Self {
        self.value(|text| {
            let _ = write!(text, "\"{number}\"");
        })
    }

    /// A string of plain characters that `write` writes: decimals.
    pub fn plain(&mut self, write: impl FnOnce(&mut String)) -> &mut Self {
        self.value(|text| {
            text.push('"');
            write(text);
            text.push('"');
        })
    }

    /// Any string.
    pub fn string(&mut self, string: &str) -> &mut Self {
        self.value(|text| {
            text.push('"');
            for character in string.chars() {
                match character {
                    '"' | '\\' => text.extend(['\\', character]),
                    control if (control as u32) < 0x20 => {
                        let _ = write!(text, "\\u{:04x}", control as u32);
                    }
                    // Line separators, which some readers take for the end of a line.
                    '\u{2028}' | '\u{2029}' => {
                        let _ = write!(text, "\\u{:04x}", character as u32);
                    }
                    plain => text.push(plain),
                }
            }
            text.push('"');
        })
    }

    /// `true` or `false`.
    pub fn truth(&mut self, truth: bool) -> &mut Self {
        self.value(|text| text.push_str(if truth { "true" } else { "false" }))
    }

    /// `null`.
    pub fn null(&mut self) -> &mut Self {
        self.value(|text| text.push_str("null"))
    }

    /// Members of an object that another writer wrote.
    pub fn members(&mut self, written: &str) {
        if !written.is_empty() {
            self.value(|text| text.push_str(written));
        }
    }

    fn value(&mut self, write: impl FnOnce(&mut String)) -> &mut Self {
        if self.comma {
            self.text.push(',');
        }
        write(&mut self.text);
        self.comma = true;
        self
    }

    fn around(&mut self, open: char, close: char, inside: impl FnOnce(&mut Self)) -> &mut Self {
        if self.comma {
            self.text.push(',');
        }
        self.text.push(open);
        self.comma = false;
        inside(self);
        self.text.push(close);
        self.comma = true;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_json() {
        let mut json = Json::default();
        json.object(|json| {
            json.name("a\"\n\u{2028}").array(|json| {
                json.number(1).digits(u64::MAX).array(|_| {}).string("\\");
            });
            json.name("b").object(|_| {});
            json.name("c").null().name("d").truth(true);
        });
        assert_eq!(
            json.text(),
            r#"{"a\"\u000a\u2028":[1,"18446744073709551615",[],"\\"],"b":{},"c":null,"d":true}"#
        );
    }
}
