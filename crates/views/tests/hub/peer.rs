//! A WebSocket client that waits for what it wants, and a log that a test writes.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use garraway_sequencer::layout::{EventsHead, events_name};
use garraway_wire::websocket::{Message, Opcode, Peer, Receiver, accept_key, put_client_frame};
use serde_json::Value;

/// How long anything may take.
pub const DEADLINE: Duration = Duration::from_secs(30);
/// As many without anything else are too many.
const HEARTBEATS: usize = 10;
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// A venue's folder with an event log; it goes when the test ends.
pub struct Log {
    pub folder: PathBuf,
    file: File,
}

impl Log {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("garraway-views-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(folder.join("events")).unwrap();
        let path = folder.join("events").join(events_name(1 << 16));
        fs::write(&path, EventsHead::bytes(1 << 16, garraway_engine::LOGIC_VERSION)).unwrap();
        let file = OpenOptions::new().append(true).open(path).unwrap();
        Self { folder, file }
    }

    pub fn append(&mut self, events: &[u8]) {
        self.file.write_all(events).unwrap();
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.folder).ok();
    }
}

/// What a client gets.
#[derive(Clone, Debug, PartialEq)]
pub enum Got {
    Text(Value),
    Close(u16, String),
    /// The connection ended without a close frame.
    End,
}

pub struct Client {
    pub socket: TcpStream,
    receiver: Receiver,
    inbox: Vec<u8>,
    /// Whether pings are answered.
    pub answers: bool,
}

/// A request to open a WebSocket, and the head of the answer.
pub fn shake(address: SocketAddr, path: &str, more: &str) -> (TcpStream, String) {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\
         Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n{more}\r\n"
    );
    socket.write_all(request.as_bytes()).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if socket.read(&mut byte).unwrap() == 0 {
            break;
        }
        head.push(byte[0]);
    }
    (socket, String::from_utf8(head).unwrap())
}

impl Client {
    pub fn connect(address: SocketAddr) -> Self {
        Self::open(address, "/ws", "")
    }

    /// A client at a path, with more headers.
    pub fn open(address: SocketAddr, path: &str, more: &str) -> Self {
        let (socket, head) = shake(address, path, more);
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        assert!(head.contains(&accept_key(KEY)), "{head}");
        Self { socket, receiver: Receiver::new(Peer::Server, 16 << 20), inbox: Vec::new(), answers: true }
    }

    pub fn send(&mut self, text: &str) {
        self.send_frame(Opcode::Text, text.as_bytes());
    }

    pub fn send_frame(&mut self, opcode: Opcode, payload: &[u8]) {
        let mut bytes = Vec::new();
        put_client_frame(&mut bytes, opcode, payload, [1, 2, 3, 4]);
        self.socket.write_all(&bytes).ok();
    }

    /// The next message; pings are answered on the way.
    pub fn next(&mut self) -> Got {
        loop {
            let taken = match self.receiver.next(&self.inbox).unwrap() {
                Some((Message::Text(text), used)) => {
                    Some((Some(Got::Text(serde_json::from_str(text).unwrap())), None, used))
                }
                Some((Message::Close(code, reason), used)) => {
                    Some((Some(Got::Close(code, reason.to_owned())), None, used))
                }
                Some((Message::Ping(payload), used)) => Some((None, Some(payload.to_vec()), used)),
                Some((_, used)) => Some((None, None, used)),
                None => None,
            };
            let Some((got, ping, used)) = taken else {
                let mut chunk = [0; 65_536];
                match self.socket.read(&mut chunk) {
                    Ok(0) => return Got::End,
                    Ok(count) => self.inbox.extend_from_slice(&chunk[..count]),
                    Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return Got::End,
                    Err(error) => panic!("read: {error}"),
                }
                continue;
            };
            self.inbox.drain(..used);
            if let (Some(payload), true) = (ping, self.answers) {
                self.send_frame(Opcode::Pong, &payload);
            }
            if let Some(got) = got {
                return got;
            }
        }
    }

    /// The next message that is no heartbeat.
    pub fn message(&mut self) -> Value {
        for _ in 0..HEARTBEATS {
            match self.next() {
                Got::Text(value) if value["type"] == "heartbeat" => {}
                Got::Text(value) => return value,
                other => panic!("{other:?}"),
            }
        }
        panic!("nothing but heartbeats");
    }

    /// How the connection ends.
    pub fn end(&mut self) -> Got {
        loop {
            match self.next() {
                Got::Text(_) => {}
                end => return end,
            }
        }
    }

    /// Subscribes, and the snapshot.
    pub fn subscribe(&mut self, what: &str) -> Value {
        self.send(&format!("{{\"op\":\"subscribe\",\"req_id\":7,{what}}}"));
        let answer = self.message();
        assert_eq!(answer["type"], "subscribed", "{answer}");
        assert_eq!(answer["req_id"], 7);
        self.message()
    }
}
