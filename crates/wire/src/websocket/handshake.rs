//! The opening: a request over HTTP/1.1, and the answer to it. Source: RFC 6455, section 4.

use std::fmt;

use super::{base64, sha1};

/// Bytes of a request at most.
pub const MAX_HANDSHAKE: usize = 8 << 10;
/// What is appended to a key before it is hashed. Source: RFC 6455, section 1.3.
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// A request to open a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upgrade<'a> {
    /// The path, without what follows a `?`.
    pub path: &'a str,
    /// What follows the `?`; empty where there is none.
    pub query: &'a str,
    /// The key that the answer proves to have read.
    pub key: &'a str,
    /// The origin that a browser names.
    pub origin: Option<&'a str>,
    /// Bytes of the request.
    pub length: usize,
    /// The lines of its headers.
    lines: &'a str,
}

impl<'a> Upgrade<'a> {
    /// The first header of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a str> {
        let headers = self.lines.split("\r\n").filter_map(|line| line.split_once(':'));
        let mut named = headers.filter(|(has, _)| has.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value.trim_matches([' ', '\t']))
    }
}

/// Why a request is none for a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandshakeError {
    /// It is longer than [`MAX_HANDSHAKE`].
    TooLong,
    /// It is no request of HTTP/1.1, or not text.
    Malformed,
    /// Another method than GET.
    Method,
    /// `Upgrade`, `Connection` or `Sec-WebSocket-Key` is missing, wrong or there twice.
    Headers,
    /// Another version than 13.
    Version,
}

impl HandshakeError {
    /// The status to answer with.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::TooLong => 431,
            Self::Malformed | Self::Headers => 400,
            Self::Method => 405,
            Self::Version => 426,
        }
    }
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "the request is too long",
            Self::Malformed => "the request is no HTTP/1.1",
            Self::Method => "a WebSocket is opened with GET",
            Self::Headers => "Upgrade, Connection and Sec-WebSocket-Key must be those of a WebSocket",
            Self::Version => "only version 13 is spoken here",
        })
    }
}

impl std::error::Error for HandshakeError {}

/// Reads the request at the start of a receive buffer; none while it is not whole.
///
/// # Errors
/// It does not open a WebSocket.
pub fn next_upgrade(buffer: &[u8]) -> Result<Option<Upgrade<'_>>, HandshakeError> {
    let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return if buffer.len() >= MAX_HANDSHAKE { Err(HandshakeError::TooLong) } else { Ok(None) };
    };
    if end + 4 > MAX_HANDSHAKE {
        return Err(HandshakeError::TooLong);
    }
    let text = std::str::from_utf8(&buffer[..end]).map_err(|_| HandshakeError::Malformed)?;
    let (first, lines) = text.split_once("\r\n").unwrap_or((text, ""));
    let target = target(first)?;
    let headers = Headers::read(lines.split("\r\n").filter(|_| !lines.is_empty()))?;
    if headers.version.is_some_and(|version| version != "13") {
        return Err(HandshakeError::Version);
    }
    let upgrades = headers.upgrade && headers.connection && headers.version.is_some();
    let key = headers.key.filter(|key| upgrades && base64::is_of_16(key.as_bytes()));
    let Some(key) = key else { return Err(HandshakeError::Headers) };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Ok(Some(Upgrade { path, query, key, origin: headers.origin, length: end + 4, lines }))
}

/// What a request says that matters here.
#[derive(Default)]
struct Headers<'a> {
    upgrade: bool,
    connection: bool,
    key: Option<&'a str>,
    version: Option<&'a str>,
    origin: Option<&'a str>,
}

impl<'a> Headers<'a> {
    fn read(lines: impl Iterator<Item = &'a str>) -> Result<Self, HandshakeError> {
        let mut found = Self::default();
        for line in lines {
            let (name, value) = line.split_once(':').ok_or(HandshakeError::Malformed)?;
            if name.is_empty() || name.contains(|byte: char| byte.is_whitespace() || byte.is_control()) {
                return Err(HandshakeError::Malformed);
            }
            found.take(name, value.trim_matches([' ', '\t']))?;
        }
        Ok(found)
    }

    fn take(&mut self, name: &str, value: &'a str) -> Result<(), HandshakeError> {
        let has = |token: &str| value.split(',').any(|each| each.trim().eq_ignore_ascii_case(token));
        let once = |place: &mut Option<&'a str>| match place.replace(value) {
            None => Ok(()),
            Some(_) => Err(HandshakeError::Headers),
        };
        match name.to_ascii_lowercase().as_str() {
            "upgrade" => self.upgrade |= has("websocket"),
            "connection" => self.connection |= has("upgrade"),
            "sec-websocket-key" => once(&mut self.key)?,
            "sec-websocket-version" => once(&mut self.version)?,
            "origin" => once(&mut self.origin)?,
            // A request with a body is no opening: what follows would be read as frames.
            "content-length" | "transfer-encoding" => return Err(HandshakeError::Headers),
            _ => {}
        }
        Ok(())
    }
}

fn target(line: &str) -> Result<&str, HandshakeError> {
    let mut words = line.split(' ');
    let (Some(method), Some(target), Some("HTTP/1.1"), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(HandshakeError::Malformed);
    };
    if method != "GET" {
        return Err(HandshakeError::Method);
    }
    if target.starts_with('/') { Ok(target) } else { Err(HandshakeError::Malformed) }
}

/// The `Sec-WebSocket-Accept` that answers a key.
#[must_use]
pub fn accept_key(key: &str) -> String {
    base64::encode(&sha1::digest(format!("{key}{GUID}").as_bytes()))
}

/// Appends the answer that opens the WebSocket.
pub fn put_accept(out: &mut Vec<u8>, key: &str) {
    let accept = accept_key(key);
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    out.extend_from_slice(answer.as_bytes());
}

/// Appends an answer that refuses; the connection closes behind it.
pub fn put_refusal(out: &mut Vec<u8>, status: u16, why: &str) {
    let phrase = match status {
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed\r\nAllow: GET",
        426 => "Upgrade Required\r\nSec-WebSocket-Version: 13",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "Bad Request",
    };
    let answer = format!(
        "HTTP/1.1 {status} {phrase}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {}\r\n\r\n{why}",
        why.len()
    );
    out.extend_from_slice(answer.as_bytes());
}
