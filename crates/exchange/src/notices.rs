//! What the process tells whoever runs it: one notice for each thing that happened, as data and as a line of JSON. No
//! secrets, no order. A flood of bad clients makes no flood of notices.

use std::fmt::{self, Write};
use std::net::SocketAddr;

/// Notices of one second beyond which they are only counted.
const PER_SECOND: u32 = 200;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// The journal was replayed.
    Recovered {
        /// The last command.
        last_seq: u64,
        /// Hash of the engine's state behind it.
        state_hash: u64,
        /// Whether the last stop was a clean one.
        clean: bool,
        /// The torn tail that was cut off, if there was one.
        cut: Option<String>,
    },
    /// Both doors are open.
    Started {
        /// The door's socket.
        door: String,
        /// Where OUCH listens.
        ouch: SocketAddr,
    },
    /// A connection was made.
    Connected {
        /// `door` or `ouch`.
        door: &'static str,
        /// Where from.
        peer: String,
    },
    /// A connection was not taken.
    Refused {
        /// `door` or `ouch`.
        door: &'static str,
        /// Why.
        why: String,
    },
    /// A log-in was accepted.
    LoggedIn {
        /// `door` or `ouch`.
        door: &'static str,
        /// Source or session.
        name: String,
        /// Where from.
        peer: String,
    },
    /// A connection is over.
    Closed {
        /// `door` or `ouch`.
        door: &'static str,
        /// Source or session; empty before the log-in.
        name: String,
        /// Where from.
        peer: String,
        /// Why.
        why: String,
    },
    /// A client asked for something that this venue does not offer; it got no answer.
    NotOffered {
        /// The session.
        name: String,
        /// What.
        what: String,
    },
    /// Notices of the last second that were not given.
    Suppressed {
        /// How many.
        count: u64,
    },
    /// A clean stop begins.
    Stopping,
    /// The process is done.
    Stopped {
        /// The last command.
        last_seq: u64,
    },
}

impl Notice {
    /// One line of JSON, without the line's end.
    pub fn to_json(&self, at_ns: i64) -> String {
        let mut line = Json::default();
        line.number("at_ns", at_ns);
        match self {
            Self::Recovered { last_seq, state_hash, clean, cut } => line
                .text("event", "recovered")
                .number("last_seq", last_seq)
                .text("state_hash", &format!("{state_hash:016x}"))
                .number("clean", clean)
                .text("cut", cut.as_deref().unwrap_or_default()),
            Self::Started { door, ouch } => {
                line.text("event", "started").text("door", door).text("ouch", &ouch.to_string())
            }
            Self::Connected { door, peer } => {
                line.text("event", "connected").text("door", door).text("peer", peer)
            }
            Self::Refused { door, why } => {
                line.text("event", "connection_refused").text("door", door).text("why", why)
            }
            Self::LoggedIn { door, name, peer } => {
                line.text("event", "logged_in").text("door", door).text("name", name).text("peer", peer)
            }
            Self::Closed { door, name, peer, why } => line
                .text("event", "connection_closed")
                .text("door", door)
                .text("name", name)
                .text("peer", peer)
                .text("why", why),
            Self::NotOffered { name, what } => {
                line.text("event", "not_offered").text("name", name).text("what", what)
            }
            Self::Suppressed { count } => line.text("event", "notices_suppressed").number("count", count),
            Self::Stopping => line.text("event", "stopping"),
            Self::Stopped { last_seq } => line.text("event", "stopped").number("last_seq", last_seq),
        };
        line.end()
    }
}

/// Takes notices as they come, on the reactor's thread: it must be quick.
pub type Notices = Box<dyn FnMut(&Notice)>;

/// Writes every notice as a line of JSON to the standard error stream.
pub fn json_to_stderr() -> Notices {
    Box::new(|notice| {
        let line = notice.to_json(crate::clock::utc_ns());
        // A closed standard error stream must not stop the venue.
        let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{line}\n").as_bytes());
    })
}

/// Hands notices on, a bounded number a second.
pub(crate) struct Teller {
    notices: Notices,
    left: u32,
    suppressed: u64,
}

impl Teller {
    pub(crate) fn new(notices: Notices) -> Self {
        Self { notices, left: PER_SECOND, suppressed: 0 }
    }

    pub(crate) fn tell(&mut self, notice: &Notice) {
        if self.left == 0 {
            self.suppressed += 1;
            return;
        }
        self.left -= 1;
        (self.notices)(notice);
    }

    /// Starts a new second.
    pub(crate) fn next_second(&mut self) {
        self.left = PER_SECOND;
        let count = std::mem::take(&mut self.suppressed);
        if count > 0 {
            self.tell(&Notice::Suppressed { count });
        }
    }
}

/// An object of JSON while it is written.
#[derive(Debug, Default)]
pub(crate) struct Json {
    text: String,
}

impl Json {
    pub(crate) fn number(&mut self, name: &str, value: impl fmt::Display) -> &mut Self {
        self.name(name);
        let _ = write!(self.text, "{value}");
        self
    }

    pub(crate) fn text(&mut self, name: &str, value: &str) -> &mut Self {
        self.name(name);
        self.quote(value);
        self
    }

    /// A value that is JSON already.
    pub(crate) fn raw(&mut self, name: &str, value: &str) -> &mut Self {
        self.name(name);
        self.text += value;
        self
    }

    pub(crate) fn end(&mut self) -> String {
        self.text.push(if self.text.is_empty() { '{' } else { '}' });
        if self.text == "{" {
            self.text.push('}');
        }
        std::mem::take(&mut self.text)
    }

    fn name(&mut self, name: &str) {
        self.text.push(if self.text.is_empty() { '{' } else { ',' });
        self.quote(name);
        self.text.push(':');
    }

    fn quote(&mut self, value: &str) {
        self.text.push('"');
        for letter in value.chars() {
            match letter {
                '"' | '\\' => {
                    self.text.push('\\');
                    self.text.push(letter);
                }
                letter if letter < ' ' => {
                    let _ = write!(self.text, "\\u{:04x}", u32::from(letter));
                }
                letter => self.text.push(letter),
            }
        }
        self.text.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::rc::Rc;

    #[test]
    fn a_notice_is_one_line_of_json_whatever_a_client_sent() {
        let notice = Notice::Closed {
            door: "ouch",
            name: String::new(),
            peer: "127.0.0.1:1".to_owned(),
            why: "a \"b\"\\\n\u{1}".to_owned(),
        };
        assert_eq!(
            notice.to_json(7),
            r#"{"at_ns":7,"event":"connection_closed","door":"ouch","name":"","peer":"127.0.0.1:1","why":"a \"b\"\\\u000a\u0001"}"#
        );
    }

    #[test]
    fn notices_beyond_the_rate_are_counted() {
        let told = Rc::new(Cell::new(0));
        let seen = Rc::clone(&told);
        let mut teller = Teller::new(Box::new(move |notice| {
            if let Notice::Suppressed { count } = notice {
                assert_eq!(*count, 100);
            }
            seen.set(seen.get() + 1);
        }));
        (0..PER_SECOND + 100).for_each(|_| teller.tell(&Notice::Stopping));
        assert_eq!(told.get(), PER_SECOND);
        teller.next_second();
        assert_eq!(told.get(), PER_SECOND + 1);
    }
}
