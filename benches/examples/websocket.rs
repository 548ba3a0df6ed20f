//! The load of many WebSocket clients: `websocket [CLIENTS] [SECONDS]`, 10,000 and 20 if not said.
//!
//! One process serves: a synthetic venue whose books change all the time, and the hub. Another one, this, opens the clients, each with
//! a book at four updates a second, and measures how long after it was sent each message was read. Then one client in a
//! hundred stops to read, and it is seen when it is cut.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use garraway_engine::{Engine, LOGIC_VERSION, Setup};
use garraway_sequencer::layout::{EventsHead, events_name};
use garraway_types::*;
use garraway_views::{Config, Views};
use garraway_wire::websocket::{Message, Opcode, Peer, Receiver, put_client_frame};
use mio::{Events, Interest, Poll, Token};

const INSTRUMENTS: u32 = 20;
const ACCOUNTS: std::ops::Range<u32> = 16..36;
/// Between two rounds of orders.
const ROUND: Duration = Duration::from_millis(10);
const REQUEST: &str = "GET /ws HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize, otherwise| words.get(place).map_or(otherwise, |word| word.parse().unwrap());
    if words.first().is_some_and(|word| word == "serve") {
        return serve(Path::new(&words[1]));
    }
    raise_limit();
    let (count, seconds) = (number(0, 10_000) as usize, number(1, 20));
    let folder = std::env::temp_dir().join(format!("garraway-websocket-{}", std::process::id()));
    let (server, address) = start(&folder);
    let mut clients = Clients::connect(address, count);
    clients.run(Duration::from_secs(5), false);
    clients.forget();
    let (used, since) = (cpu_seconds(server.0.id()), Instant::now());
    clients.run(Duration::from_secs(seconds), false);
    let used = (cpu_seconds(server.0.id()) - used) / since.elapsed().as_secs_f64();
    clients.report(used);
    clients.stop_some();
    clients.run(Duration::from_secs(8), true);
    clients.report_stopped();
    drop(server);
    fs::remove_dir_all(folder).unwrap();
}

/// As many open files as the system lets us have.
fn raise_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).unwrap();
}

fn utc_ns() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as i64
}

/// Processor seconds that a process has used: fields 14 and 15 of its `stat`, in hundredths.
fn cpu_seconds(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

/// The server; it ends with us, whatever happens.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn start(folder: &Path) -> (Server, SocketAddr) {
    let program = std::env::current_exe().unwrap();
    let mut server = Process::new(program).arg("serve").arg(folder).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (Server(server), line.trim().parse().unwrap())
}

// The server.

fn serve(folder: &Path) {
    raise_limit();
    let mut venue = Venue::new(folder);
    let mut config = Config::new(folder.to_owned());
    config.listen = Some("127.0.0.1:0".parse().unwrap());
    let views = Views::start(config).unwrap();
    println!("{}", views.address().unwrap());
    let mut next = Instant::now();
    loop {
        venue.round();
        next += ROUND;
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}

/// A venue that writes its events as a log.
struct Venue {
    engine: Engine,
    path: PathBuf,
    operator_seq: u64,
    refs: Vec<u64>,
    random: u64,
    buffer: Vec<u8>,
}

impl Venue {
    fn new(folder: &Path) -> Self {
        fs::create_dir_all(folder.join("events")).unwrap();
        let path = folder.join("events").join(events_name(1 << 16));
        fs::write(&path, EventsHead::bytes(1 << 16, LOGIC_VERSION)).unwrap();
        let setup = Setup { slice_events: 32_768, capacity: 1 << 20, reserve_orders: 0 };
        let mut venue = Self {
            engine: Engine::new(setup),
            path,
            operator_seq: 0,
            refs: vec![0; ACCOUNTS.end as usize],
            random: 0x9e37_79b9,
            buffer: vec![0; EventSink::RESERVE],
        };
        venue.define();
        venue
    }

    fn define(&mut self) {
        let name = |text: String| {
            let mut bytes = [0; 16];
            bytes[..text.len()].copy_from_slice(text.as_bytes());
            bytes
        };
        for (asset, code) in [(1, *b"USD\0\0\0\0\0"), (2, *b"XYZ\0\0\0\0\0")] {
            let body = DefineAsset { asset, code, scale: 8, display: 2, reserved: 0, reserved_2: 0 };
            self.send(CommandKind::DefineAsset, CommandHead::empty(), &body);
        }
        for instrument in 1..=INSTRUMENTS {
            let body = ListInstrument {
                symbol: name(format!("SYM{instrument}")),
                base_asset: 2,
                quote_asset: 1,
                execution: 1,
                kind: code::SPOT,
                phase: code::CONTINUOUS,
                reserved: 0,
                price_unit: 10_000_000,
                lot_size: 1_000_000,
                tick: 1,
                min_price: 1,
                max_price: 1_000_000,
                max_quantity: 1_000_000,
                max_notional: i64::MAX,
                maker_fee_rate: 0,
                taker_fee_rate: 0,
            };
            let head = CommandHead { instrument, ..CommandHead::empty() };
            self.send(CommandKind::ListInstrument, head, &body);
        }
        for account in ACCOUNTS {
            let body = OpenAccount {
                firm: account,
                max_quantity: i64::MAX,
                max_notional: i64::MAX,
                max_open_orders: 100_000,
                self_trade: 0,
                self_trade_of: 0,
                group: 0,
                clearing: 0,
                positions: 0,
                reserved: 0,
                reserved_2: 0,
            };
            let head = CommandHead { account, ..CommandHead::empty() };
            self.send(CommandKind::OpenAccount, head, &body);
            for asset in [1, 2] {
                let body = FixedBody { asset, amount: 1 << 58, ..FixedBody::empty() };
                self.send(CommandKind::Deposit, head, &body);
            }
        }
    }

    fn send<B: Record>(&mut self, kind: CommandKind, head: CommandHead, body: &B) {
        self.operator_seq += 1;
        let head = CommandHead { source: 1, source_seq: self.operator_seq, ..head };
        self.apply(kind, head, body);
    }

    fn apply<B: Record>(&mut self, kind: CommandKind, head: CommandHead, body: &B) {
        let mut record = Vec::new();
        encode_command(kind, head, body, NO_ITEMS, &[], &mut record);
        let mut sink = EventSink::with_tails(&mut self.buffer);
        let command = Command::parse(&record).unwrap();
        self.engine.apply(self.engine.last_seq() + 1, Nanos(utc_ns()), &command, &mut sink);
        let mut file = fs::OpenOptions::new().append(true).open(&self.path).unwrap();
        file.write_all(sink.written()).unwrap();
    }

    fn draw(&mut self, end: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % end
    }

    /// In each instrument an order somewhere near the middle, and one of before that goes.
    fn round(&mut self) {
        for instrument in 1..=INSTRUMENTS {
            let account = ACCOUNTS.start + instrument - 1;
            let (side, away) = (1 + self.draw(2) as u8, self.draw(30) as i64);
            let price = if side == 1 { 10_002 - away } else { 9_998 + away };
            let quantity = 1 + self.draw(500) as i64;
            self.refs[account as usize] += 1;
            let client_ref = self.refs[account as usize];
            let head = CommandHead { account, instrument, client_ref, ..CommandHead::empty() };
            let body =
                FixedBody { side, order_type: 1, time_in_force: 1, price, quantity, ..FixedBody::empty() };
            self.apply(CommandKind::PlaceOrder, head, &body);
            if client_ref > 200 {
                let head = CommandHead { client_ref: client_ref - 200, ..head };
                self.apply(CommandKind::CancelOrder, head, &FixedBody::empty());
            }
        }
    }
}

// The clients.

struct Client {
    socket: mio::net::TcpStream,
    receiver: Receiver,
    inbox: Vec<u8>,
    messages: u32,
    stopped: Option<Instant>,
    ended: Option<Instant>,
}

struct Clients {
    poll: Poll,
    all: Vec<Client>,
    delays_us: Vec<u32>,
}

impl Clients {
    fn connect(address: SocketAddr, count: usize) -> Self {
        let mut clients =
            Self { poll: Poll::new().unwrap(), all: Vec::with_capacity(count), delays_us: Vec::new() };
        for place in 0..count {
            // Those that are connected must be read meanwhile.
            if place % 50 == 49 {
                clients.run(Duration::from_millis(60), false);
            }
            let mut socket = TcpStream::connect(address).unwrap();
            let symbol = 1 + place as u32 % INSTRUMENTS;
            let wanted =
                format!(r#"{{"op":"subscribe","channel":"book","symbol":"SYM{symbol}","depth":10}}"#);
            let mut bytes = REQUEST.as_bytes().to_vec();
            put_client_frame(&mut bytes, Opcode::Text, wanted.as_bytes(), [1, 2, 3, 4]);
            socket.write_all(&bytes).unwrap();
            let mut head = [0; 129];
            socket.read_exact(&mut head).unwrap();
            assert!(head.starts_with(b"HTTP/1.1 101 ") && head.ends_with(b"\r\n\r\n"));
            socket.set_nonblocking(true).unwrap();
            let mut socket = mio::net::TcpStream::from_std(socket);
            clients.poll.registry().register(&mut socket, Token(place), Interest::READABLE).unwrap();
            let receiver = Receiver::new(Peer::Server, 1 << 20);
            let (inbox, stopped, ended) = (Vec::new(), None, None);
            clients.all.push(Client { socket, receiver, inbox, messages: 0, stopped, ended });
        }
        println!("{count} clients connected");
        clients
    }

    fn forget(&mut self) {
        self.delays_us.clear();
        self.all.iter_mut().for_each(|client| client.messages = 0);
    }

    /// Reads whatever comes for so long.
    fn run(&mut self, how_long: Duration, some_stopped: bool) {
        let until = Instant::now() + how_long;
        let mut events = Events::with_capacity(4_096);
        let mut chunk = vec![0; 1 << 16];
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            self.poll.poll(&mut events, Some(left)).unwrap();
            for event in events.iter() {
                let client = &mut self.all[event.token().0];
                if client.stopped.is_none() {
                    client.read(&mut chunk, &mut self.delays_us);
                } else if some_stopped
                    && client.ended.is_none()
                    && (event.is_read_closed() || event.is_error())
                {
                    client.ended = Some(Instant::now());
                }
            }
        }
    }

    fn report(&mut self, used: f64) {
        let dropped = self.all.iter().filter(|client| client.ended.is_some()).count();
        let least = self.all.iter().map(|client| client.messages).min().unwrap();
        let most = self.all.iter().map(|client| client.messages).max().unwrap();
        self.delays_us.sort_unstable();
        let at =
            |part: f64| f64::from(self.delays_us[(self.delays_us.len() as f64 * part) as usize]) / 1_000.0;
        println!(
            "dropped {dropped}; book messages a client: {least} to {most}, {} in all",
            self.delays_us.len()
        );
        println!(
            "delay ms: p50 {:.1}, p99 {:.1}, p99.9 {:.1}, most {:.1}",
            at(0.5),
            at(0.99),
            at(0.999),
            at(0.999_999)
        );
        println!("the server used {:.0} % of a processor", used * 100.0);
    }

    fn stop_some(&mut self) {
        for client in self.all.iter_mut().step_by(100) {
            client.stopped = Some(Instant::now());
        }
    }

    fn report_stopped(&self) {
        let stopped: Vec<_> =
            self.all.iter().filter_map(|client| Some((client.stopped?, client.ended))).collect();
        let cut: Vec<_> = stopped
            .iter()
            .filter_map(|(since, ended)| Some(ended.as_ref()?.duration_since(*since)))
            .collect();
        let last = cut.iter().max().map_or(0.0, Duration::as_secs_f64);
        let others =
            self.all.iter().filter(|client| client.stopped.is_none() && client.ended.is_some()).count();
        println!(
            "stopped to read: {}, cut: {}, the last after {last:.2} s; others dropped: {others}",
            stopped.len(),
            cut.len()
        );
    }
}

impl Client {
    fn read(&mut self, chunk: &mut [u8], delays_us: &mut Vec<u32>) {
        loop {
            match self.socket.read(chunk) {
                Ok(0) => return self.ended = Some(Instant::now()),
                Ok(count) => self.inbox.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break,
                Err(_) => return self.ended = Some(Instant::now()),
            }
        }
        let (now_ns, mut used, mut pong) = (utc_ns(), 0, Vec::new());
        while let Some((message, taken)) = self.receiver.next(&self.inbox[used..]).unwrap() {
            used += taken;
            match message {
                Message::Text(text) if text.contains("\"update\"") => {
                    let rest = text.split("\"sent_ns\":\"").nth(1).unwrap();
                    let sent_ns: i64 = rest.split('"').next().unwrap().parse().unwrap();
                    delays_us.push(((now_ns - sent_ns) / 1_000) as u32);
                    self.messages += 1;
                }
                Message::Ping(payload) => put_client_frame(&mut pong, Opcode::Pong, payload, [4, 3, 2, 1]),
                Message::Close(code, reason) => panic!("closed: {code} {reason}"),
                _ => {}
            }
        }
        self.inbox.drain(..used);
        if !pong.is_empty() {
            self.socket.write_all(&pong).unwrap();
        }
    }
}
