//! A venue on loopback in a temporary folder, and plain blocking clients of both doors. Waits for what is to come, never for
//! a time.
#![allow(dead_code)]

pub mod orders;

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use garraway_exchange::{Config, ExchangeError, Notice, Outcome, SourceState, StopHandle, Stopped, run};
use garraway_sequencer::EventReader;
use garraway_types::{
    CommandHead, CommandKind, DefineAsset, DefineSession, DefineSource, Event, FixedBody, ListInstrument,
    OpenAccount, Record, SessionAccount, encode_command, events_in, rights,
};
use garraway_wire::ouch::{Inbound, Outbound};
use garraway_wire::soupbintcp::{
    LoginAccepted, LoginReject, LoginRequest, PacketType, Password, SessionName, Username, next_packet,
    put_packet,
};
use sha2::{Digest, Sha256};

/// Longer than anything takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// A folder of its own for each test.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("garraway-exchange-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// The folder as a crash at this moment would leave it.
    pub fn copy(&self) -> Self {
        let copy = Self::new();
        copy_folder(&self.0, &copy.0);
        copy
    }
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (kind, target) = (entry.file_type().unwrap(), to.join(entry.file_name()));
        if kind.is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy_folder(&entry.path(), &target);
        } else if kind.is_file() {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A running exchange.
pub struct Venue {
    pub config: Config,
    pub ouch: SocketAddr,
    stop: StopHandle,
    notices: Receiver<Notice>,
    thread: Option<JoinHandle<Result<Stopped, ExchangeError>>>,
}

impl Venue {
    /// Starts one with small files.
    pub fn start(folder: &Folder) -> Self {
        Self::start_with(folder, |_| {})
    }

    /// Starts one as `change` has it.
    pub fn start_with(folder: &Folder, change: impl FnOnce(&mut Config)) -> Self {
        Self::try_start(folder, change).unwrap()
    }

    /// Starts one, or says why not.
    pub fn try_start(folder: &Folder, change: impl FnOnce(&mut Config)) -> Result<Self, ExchangeError> {
        let mut config = Config::new(&folder.0);
        (config.segment_bytes, config.event_segment_bytes) = (1 << 20, 1 << 20);
        change(&mut config);
        let (sender, notices) = channel();
        let stop = StopHandle::new();
        let (run_config, run_stop) = (config.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            let tell = Box::new(move |notice: &Notice| drop(sender.send(notice.clone())));
            run(run_config, &run_stop, tell)
        });
        loop {
            match notices.recv_timeout(PATIENCE) {
                Ok(Notice::Started { ouch, .. }) => {
                    return Ok(Self { config, ouch, stop, notices, thread: Some(thread) });
                }
                Ok(_) => {}
                Err(_) => return Err(thread.join().unwrap().expect_err("ended before it started")),
            }
        }
    }

    /// Waits for a notice and returns what `find` made of it.
    pub fn notice<T>(&self, mut find: impl FnMut(&Notice) -> Option<T>) -> T {
        loop {
            let notice = self.notices.recv_timeout(PATIENCE).expect("the notice never came");
            if let Some(found) = find(&notice) {
                return found;
            }
        }
    }

    /// Waits for the close of a connection and returns why.
    pub fn closed(&self) -> String {
        self.notice(|notice| match notice {
            Notice::Closed { why, .. } => Some(why.clone()),
            _ => None,
        })
    }

    /// Why a connection of OUCH was closed, if one was since the last look.
    pub fn closed_already(&self) -> Option<String> {
        self.notices.try_iter().find_map(|notice| match notice {
            Notice::Closed { why, door: "ouch", .. } => Some(why),
            _ => None,
        })
    }

    /// Asks for a stop and does not wait.
    pub fn ask_to_stop(&self) {
        self.stop.stop();
    }

    /// Stops cleanly.
    pub fn stop(mut self) -> Stopped {
        self.stop.stop();
        self.thread.take().unwrap().join().unwrap().unwrap()
    }

    /// The door as a source.
    pub fn door(&self, source: &str) -> DoorClient {
        DoorClient::connect(&self.config.door_path(), source).unwrap()
    }

    /// A session from a number on.
    pub fn session(&self, name: &str, from: u64) -> OuchClient {
        let login = Login { name, secret: SECRET, session: "", from };
        OuchClient::connect(self.ouch, &login).unwrap()
    }

    /// A plain connection to OUCH.
    pub fn plain(&self) -> Link<TcpStream> {
        Link::new(TcpStream::connect(self.ouch).unwrap())
    }

    /// A plain connection to the door.
    pub fn plain_door(&self) -> Link<UnixStream> {
        Link::new(UnixStream::connect(self.config.door_path()).unwrap())
    }

    /// The event log, as far as it is released.
    pub fn events(&self) -> Vec<Event> {
        events_of(&self.config.folder.join("events"))
    }
}

/// All events of an event log.
pub fn events_of(folder: &Path) -> Vec<Event> {
    let mut reader = EventReader::open(folder, 0).unwrap();
    let mut found = Vec::new();
    loop {
        let batch = reader.next_batch(1 << 20).unwrap();
        if batch.is_empty() {
            return found;
        }
        found.extend(events_in(batch).map(|(event, _)| event));
    }
}

impl Drop for Venue {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A socket that speaks packets.
pub struct Link<S> {
    pub socket: S,
    buffer: Vec<u8>,
}

/// What both kinds of socket can.
pub trait Stream: Read + Write {
    fn patience(&self, time: Duration);
}

impl Stream for TcpStream {
    fn patience(&self, time: Duration) {
        self.set_read_timeout(Some(time)).unwrap();
        self.set_write_timeout(Some(time)).unwrap();
    }
}

impl Stream for UnixStream {
    fn patience(&self, time: Duration) {
        self.set_read_timeout(Some(time)).unwrap();
        self.set_write_timeout(Some(time)).unwrap();
    }
}

impl<S: Stream> Link<S> {
    pub fn new(socket: S) -> Self {
        socket.patience(PATIENCE);
        Self { socket, buffer: Vec::new() }
    }

    pub fn send(&mut self, packet_type: PacketType, payload: &[u8]) {
        let mut bytes = Vec::new();
        put_packet(&mut bytes, packet_type, payload);
        self.raw(&bytes);
    }

    /// Sends bytes; a socket that the venue closed meanwhile is seen when it is read.
    pub fn raw(&mut self, bytes: &[u8]) {
        let _ = self.socket.write_all(bytes);
    }

    /// The next packet; `None` once the venue closed.
    pub fn packet(&mut self) -> Option<(PacketType, Vec<u8>)> {
        loop {
            if let Some((packet, used)) = next_packet(&self.buffer, 65_534).unwrap() {
                let found = (packet.packet_type().unwrap(), packet.payload.to_vec());
                self.buffer.drain(..used);
                return Some(found);
            }
            let mut chunk = [0; 4_096];
            match self.socket.read(&mut chunk) {
                Ok(0) => return None,
                Ok(count) => self.buffer.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("nothing came: {error}"),
            }
        }
    }

    /// The next packet that is not a heartbeat.
    pub fn next(&mut self) -> Option<(PacketType, Vec<u8>)> {
        loop {
            match self.packet()? {
                (PacketType::ServerHeartbeat, _) => {}
                other => return Some(other),
            }
        }
    }

    /// Reads until the venue closes; nothing but heartbeats may come.
    pub fn expect_close(&mut self) {
        assert_eq!(self.next(), None);
    }

    /// Logs in.
    pub fn log_in(&mut self, login: &Login) -> Result<LoginAccepted, LoginReject> {
        let mut bytes = Vec::new();
        login.request().encode(&mut bytes);
        self.raw(&bytes);
        match self.next() {
            Some((PacketType::LoginAccepted, payload)) => Ok(LoginAccepted::decode(&payload).unwrap()),
            Some((PacketType::LoginRejected, payload)) => Err(LoginReject::decode(&payload).unwrap()),
            other => panic!("no answer to a log-in: {other:?}"),
        }
    }
}

/// What a client logs in with.
pub struct Login<'a> {
    pub name: &'a str,
    pub secret: &'a str,
    pub session: &'a str,
    pub from: u64,
}

impl Login<'_> {
    pub fn request(&self) -> LoginRequest {
        LoginRequest {
            username: Username::new(self.name).unwrap(),
            password: Password::new(self.secret).unwrap(),
            requested_session: SessionName::new(self.session).unwrap(),
            requested_sequence: self.from,
        }
    }
}

/// A client of the door.
pub struct DoorClient {
    pub link: Link<UnixStream>,
    pub state: SourceState,
    seq: u64,
}

impl DoorClient {
    pub fn connect(path: &Path, source: &str) -> Result<Self, LoginReject> {
        let mut link = Link::new(UnixStream::connect(path).unwrap());
        link.log_in(&Login { name: "door", secret: source, session: "", from: 0 })?;
        let (_, payload) = link.next().unwrap();
        let state = SourceState::decode(&payload).unwrap();
        Ok(Self { link, state, seq: state.last_source_seq })
    }

    /// A head with the source's next number.
    pub fn head(&mut self) -> CommandHead {
        self.seq += 1;
        CommandHead { source: self.state.source, source_seq: self.seq, ..CommandHead::empty() }
    }

    /// Sends a payload.
    pub fn payload(&mut self, payload: &[u8]) {
        self.link.send(PacketType::Unsequenced, payload);
    }

    /// Sends a command as it is.
    pub fn command<B: Record>(
        &mut self,
        kind: CommandKind,
        head: CommandHead,
        body: &B,
        items: &[SessionAccount],
    ) {
        let mut payload = vec![b'C'];
        let mut record = Vec::new();
        encode_command(kind, head, body, items, &[], &mut record);
        payload.extend_from_slice(&record);
        self.payload(&payload);
    }

    /// The next outcome.
    pub fn outcome(&mut self) -> Outcome {
        let (packet_type, payload) = self.link.next().expect("the door closed");
        assert_eq!(packet_type, PacketType::Sequenced);
        Outcome::decode(&payload).unwrap_or_else(|| panic!("no outcome: {payload:?}"))
    }

    /// Submits a command that must be applied and accepted.
    pub fn submit<B: Record>(
        &mut self,
        kind: CommandKind,
        account: u32,
        instrument: u32,
        body: &B,
        items: &[SessionAccount],
    ) -> Outcome {
        let head = CommandHead { account, instrument, ..self.head() };
        self.command(kind, head, body, items);
        let outcome = self.outcome();
        assert_eq!((outcome.reason, outcome.source_seq), (0, self.seq), "{kind:?}");
        outcome
    }

    /// Places an order that must be accepted.
    pub fn place(&mut self, account: u32, client_ref: u64, side: u8, price: i64, quantity: i64) -> Outcome {
        let head = CommandHead { account, instrument: 1, client_ref, ..self.head() };
        let body = FixedBody { side, order_type: 1, time_in_force: 1, price, quantity, ..FixedBody::empty() };
        self.command(CommandKind::PlaceOrder, head, &body, &[]);
        let outcome = self.outcome();
        assert_eq!(outcome.reason, 0);
        outcome
    }

    /// The status as text.
    pub fn status(&mut self) -> String {
        self.payload(b"Q");
        let (_, payload) = self.link.next().unwrap();
        assert_eq!(payload[0], b'T');
        String::from_utf8(payload[1..].to_vec()).unwrap()
    }
}

/// A client of OUCH.
pub struct OuchClient {
    pub link: Link<TcpStream>,
    pub session: String,
    pub next: u64,
}

impl OuchClient {
    pub fn connect(address: SocketAddr, login: &Login) -> Result<Self, LoginReject> {
        let mut link = Link::new(TcpStream::connect(address).unwrap());
        link.socket.set_nodelay(true).unwrap();
        let accepted = link.log_in(login)?;
        Ok(Self { link, session: accepted.session.to_string(), next: accepted.next_sequence })
    }

    pub fn send(&mut self, message: impl Into<Inbound>) {
        let mut payload = Vec::new();
        message.into().encode(&mut payload);
        self.link.send(PacketType::Unsequenced, &payload);
    }

    /// The next message, its number counted.
    pub fn message(&mut self) -> Outbound {
        Outbound::decode(&self.bytes()).unwrap()
    }

    /// The next message's bytes.
    pub fn bytes(&mut self) -> Vec<u8> {
        let (packet_type, payload) = self.link.next().expect("OUCH closed");
        assert_eq!(packet_type, PacketType::Sequenced);
        self.next += 1;
        payload
    }

    /// The next `count` messages' bytes.
    pub fn many(&mut self, count: usize) -> Vec<Vec<u8>> {
        (0..count).map(|_| self.bytes()).collect()
    }
}

pub const SECRET: &str = "s3cret0001";
/// The instruments of the test market: prices in cents; and one that does not fit OUCH.
pub const XYZ: u32 = 1;
pub const FINE: u32 = 2;
/// Accounts of firms 1, 2 and 3; the last one has no session.
pub const ALPHA: u32 = 16;
pub const BRAVO: u32 = 17;
pub const OTHER: u32 = 18;

/// Lists, funds and defines: sessions ALPHA and BRAVO on accounts of two firms.
pub fn open_market(venue: &Venue) -> DoorClient {
    let mut door = venue.door("operator");
    for (asset, code, scale) in [(1, b"USD\0\0\0\0\0", 8), (2, b"XYZ\0\0\0\0\0", 0)] {
        let body =
            DefineAsset { asset, code: *code, scale, display: scale.min(2), reserved: 0, reserved_2: 0 };
        door.submit(CommandKind::DefineAsset, 0, 0, &body, &[]);
    }
    door.submit(CommandKind::ListInstrument, 0, XYZ, &listing(b"XYZ", 10_000_000), &[]);
    door.submit(CommandKind::ListInstrument, 0, FINE, &listing(b"FINE", 10_000), &[]);
    for (account, firm) in [(ALPHA, 1), (BRAVO, 2), (OTHER, 3)] {
        let body = OpenAccount {
            firm,
            max_quantity: 10_000,
            max_notional: i64::MAX,
            max_open_orders: 1_000,
            // Bravo's incoming order gives way to its own resting one.
            self_trade: u8::from(account == BRAVO),
            self_trade_of: u8::from(account == BRAVO),
            group: 0,
            clearing: 0,
            positions: 0,
            reserved: 0,
            reserved_2: 0,
        };
        door.submit(CommandKind::OpenAccount, account, 0, &body, &[]);
        for (asset, amount) in [(1, 1_000_000_000_000_000), (2, 1_000_000)] {
            let body = FixedBody { asset, amount, ..FixedBody::empty() };
            door.submit(CommandKind::Deposit, account, 0, &body, &[]);
        }
    }
    define_session(&mut door, 1, "ALPHA", ALPHA, 1, 0);
    define_session(&mut door, 2, "BRAVO", BRAVO, 2, 0);
    door
}

/// Defines a session with [`SECRET`] for a network of 10.0.0.0 of `prefix` bits.
pub fn define_session(door: &mut DoorClient, session: u32, name: &str, account: u32, firm: u32, prefix: u8) {
    define_cancelling(door, session, name, [account, firm], prefix, 0);
}

/// The same, whose open orders are cancelled as `cancel_on` says.
pub fn define_cancelling(
    door: &mut DoorClient,
    session: u32,
    name: &str,
    [account, firm]: [u32; 2],
    prefix: u8,
    cancel_on: u8,
) {
    let (salt, mut padded) = ([session as u8; 16], [0; 16]);
    padded[..name.len()].copy_from_slice(name.as_bytes());
    let verifier = Sha256::new().chain_update(salt).chain_update(SECRET).finalize().into();
    let network = std::net::Ipv4Addr::new(10, 0, 0, 0).to_ipv6_mapped().octets();
    let body = DefineSession {
        session,
        firm,
        protocol: 1,
        network_prefix: prefix,
        cancel_on,
        reserved: 0,
        name: padded,
        network,
        salt,
        verifier,
    };
    let items = [SessionAccount { account, reserved: 0 }];
    door.submit(CommandKind::DefineSession, account, 0, &body, &items);
}

/// Defines a source that may trade.
pub fn define_source(door: &mut DoorClient, defined: u16, name: &str) {
    let mut padded = [0; 16];
    padded[..name.len()].copy_from_slice(name.as_bytes());
    let body = DefineSource { name: padded, defined, rights: rights::TRADE, reserved: 0 };
    door.submit(CommandKind::DefineSource, 0, 0, &body, &[]);
}

fn listing(symbol: &[u8], price_unit: i64) -> ListInstrument {
    let mut padded = [0; 16];
    padded[..symbol.len()].copy_from_slice(symbol);
    ListInstrument {
        symbol: padded,
        base_asset: 2,
        quote_asset: 1,
        execution: 1,
        kind: garraway_types::code::SPOT,
        phase: garraway_types::code::CONTINUOUS,
        reserved: 0,
        price_unit,
        lot_size: 1_000_000_000,
        tick: 1,
        min_price: 1,
        max_price: 1_000_000,
        max_quantity: 5_000,
        max_notional: i64::MAX,
        maker_fee_rate: 0,
        taker_fee_rate: 0,
    }
}
