//! An open loop of signed orders over REST: `orders ADDRESS SYMBOL [PER_SECOND] [SECONDS] [CONNECTIONS]`; 2,000, 10, 200.
//!
//! Each order has its time, whatever became of those before; its delay counts from that time to its whole reply, so that a
//! server that stands still is charged for all who wait. Keys come on stdin, a line `ID SECRET` each (HMAC-SHA256), and take
//! turns. The result is a line of JSON: counts, and delays in microseconds.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write, stdin};
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use hdrhistogram::Histogram;
use hmac::{Hmac, KeyInit, Mac};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use sha2::{Digest, Sha256};

const TARGET: &str = "/api/v1/orders";
/// Buyers and sellers keep apart, so that orders rest.
const PRICES: [(&str, u64); 2] = [("buy", 59_000), ("sell", 61_000)];
/// Different prices of a side.
const LEVELS: u64 = 200;
/// How long the loop sleeps at most, so that an order goes out near its time.
const NAP: Duration = Duration::from_micros(100);
/// The first orders find caches cold and are not counted.
const WARM: Duration = Duration::from_secs(2);
/// A reply that takes longer ends the run.
const PATIENCE: Duration = Duration::from_secs(30);

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize, otherwise| words.get(place).map_or(otherwise, |word| word.parse().unwrap());
    let [address, symbol] = &words[..2] else {
        panic!("orders ADDRESS SYMBOL [PER_SECOND] [SECONDS] [CONNECTIONS]")
    };
    let (per_second, seconds, connections) = (number(2, 2_000), number(3, 10), number(4, 200));
    let mut load = Load::new(address.parse().unwrap(), Signer::read(address, symbol), connections as usize);
    load.run(per_second, Duration::from_secs(seconds));
    load.report(per_second, seconds);
}

/// Writes requests.
struct Signer {
    keys: Vec<(String, String)>,
    address: String,
    symbol: String,
    life: u128,
    count: u64,
}

impl Signer {
    fn read(address: &str, symbol: &str) -> Self {
        let mut text = String::new();
        stdin().read_to_string(&mut text).unwrap();
        let keys = text.lines().filter_map(|line| line.split_once(' '));
        let keys: Vec<_> = keys.map(|(id, secret)| (id.to_owned(), secret.to_owned())).collect();
        assert!(!keys.is_empty(), "no key came on stdin: give lines of ID SECRET");
        Self { keys, address: address.to_owned(), symbol: symbol.to_owned(), life: utc_ns(), count: 0 }
    }

    fn request(&mut self) -> Vec<u8> {
        self.count += 1;
        let (count, life) = (self.count, self.life);
        let (id, secret) = &self.keys[count as usize % self.keys.len()];
        let (side, start) = PRICES[count as usize % 2];
        let price = start + count / 2 % LEVELS;
        let body = format!(
            "{{\"symbol\":\"{}\",\"side\":\"{side}\",\"quantity\":\"0.001\",\"price\":\"{price}\",\"type\":\"limit\",\
             \"client_order_id\":\"o-{life:x}-{count}\"}}",
            self.symbol
        );
        let (at_ms, nonce) = (utc_ns() / 1_000_000, format!("{life:x}-{count:08}"));
        let digest = hexadecimal(&Sha256::digest(body.as_bytes()));
        let signed = format!("GARRAWAY1\n{id}\n{at_ms}\n5000\n{nonce}\nPOST\n{TARGET}\n{digest}");
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(signed.as_bytes());
        let signature = hexadecimal(&mac.finalize().into_bytes());
        format!(
            "POST {TARGET} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             garraway-key: {id}\r\ngarraway-timestamp: {at_ms}\r\ngarraway-window: 5000\r\ngarraway-nonce: {nonce}\r\n\
             garraway-signature: {signature}\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .into_bytes()
    }
}

fn utc_ns() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A connection: what it is waiting for, and what of it came.
struct Client {
    socket: TcpStream,
    due: Option<Instant>,
    heard: Vec<u8>,
}

struct Load {
    poll: Poll,
    clients: Vec<Client>,
    idle: VecDeque<usize>,
    signer: Signer,
    delays: Histogram<u64>,
    counted_from: Instant,
    accepted: u64,
    rejected: u64,
    /// Orders whose time came while every connection waited for a reply.
    held: u64,
}

impl Load {
    fn new(address: SocketAddr, signer: Signer, connections: usize) -> Self {
        let poll = Poll::new().unwrap();
        let mut clients = Vec::new();
        for place in 0..connections {
            let socket = std::net::TcpStream::connect(address).unwrap();
            socket.set_nodelay(true).unwrap();
            socket.set_nonblocking(true).unwrap();
            let mut socket = TcpStream::from_std(socket);
            poll.registry().register(&mut socket, Token(place), Interest::READABLE).unwrap();
            clients.push(Client { socket, due: None, heard: Vec::new() });
        }
        let delays = Histogram::new_with_bounds(1, 60_000_000, 3).unwrap();
        let counted_from = Instant::now();
        let idle = (0..connections).collect();
        Self { poll, clients, idle, signer, delays, counted_from, accepted: 0, rejected: 0, held: 0 }
    }

    fn run(&mut self, per_second: u64, length: Duration) {
        let start = Instant::now() + Duration::from_millis(100);
        self.counted_from = start + WARM;
        let count = per_second * (WARM + length).as_secs();
        let due = |index: u64| start + Duration::from_nanos(index * 1_000_000_000 / per_second);
        let (mut sent, mut told) = (0, 0);
        let mut events = Events::with_capacity(1_024);
        while self.idle.len() < self.clients.len() || sent < count {
            while sent < count && due(sent) <= Instant::now() {
                if told == sent {
                    self.held += u64::from(self.idle.is_empty());
                    told += 1;
                }
                let Some(place) = self.idle.pop_front() else { break };
                self.send(place, due(sent));
                sent += 1;
            }
            self.poll.poll(&mut events, Some(Duration::ZERO)).unwrap();
            for event in &events {
                self.hear(event.token().0);
            }
            if events.is_empty() {
                thread::sleep(NAP);
                assert!(Instant::now() < due(count) + PATIENCE, "replies are missing");
            }
        }
    }

    fn send(&mut self, place: usize, due: Instant) {
        let request = self.signer.request();
        let client = &mut self.clients[place];
        client.due = Some(due);
        // An idle connection has room for a whole request.
        client.socket.write_all(&request).unwrap();
    }

    fn hear(&mut self, place: usize) {
        let client = &mut self.clients[place];
        let mut chunk = [0; 4_096];
        loop {
            match client.socket.read(&mut chunk) {
                Ok(0) => panic!(
                    "the server closed a connection after {:?}",
                    String::from_utf8_lossy(&client.heard)
                ),
                Ok(read) => client.heard.extend_from_slice(&chunk[..read]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => panic!("{error}"),
            }
        }
        let Some(body) = whole(&client.heard) else { return };
        assert!(client.heard.starts_with(b"HTTP/1.1 201"), "{}", String::from_utf8_lossy(&client.heard));
        let is_accepted = body.windows(10).any(|part| part == b"\"accepted\"");
        if !is_accepted && self.rejected == 0 {
            eprintln!("the first that was rejected: {}", String::from_utf8_lossy(body));
        }
        let due = client.due.take().unwrap();
        client.heard.clear();
        self.idle.push_back(place);
        if due < self.counted_from {
            return;
        }
        self.delays.record(due.elapsed().as_micros().max(1) as u64).unwrap();
        self.accepted += u64::from(is_accepted);
        self.rejected += u64::from(!is_accepted);
    }

    fn report(&self, per_second: u64, seconds: u64) {
        let at = |part| self.delays.value_at_quantile(part);
        println!(
            "{{\"per_second\":{per_second},\"seconds\":{seconds},\"connections\":{},\"accepted\":{},\"rejected\":{},\
             \"held\":{},\"p50_us\":{},\"p90_us\":{},\"p99_us\":{},\"p999_us\":{},\"most_us\":{}}}",
            self.clients.len(),
            self.accepted,
            self.rejected,
            self.held,
            at(0.5),
            at(0.9),
            at(0.99),
            at(0.999),
            self.delays.max()
        );
    }
}

/// The body of a reply that is whole.
fn whole(heard: &[u8]) -> Option<&[u8]> {
    let end = heard.windows(4).position(|part| part == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&heard[..end]).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")).unwrap();
    let body = &heard[end..];
    (body.len() == length.trim().parse::<usize>().unwrap()).then_some(body)
}
