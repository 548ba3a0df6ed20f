//! The two listeners: the door's unix socket and OUCH's address. Who may not come in is closed at once.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use mio::net::{TcpListener, UnixListener, UnixStream};
use mio::{Interest, Registry, Token};

use crate::connection::Socket;
use crate::{Config, ExchangeError};

/// What the poll says when OUCH has a connection.
pub const OUCH: Token = Token(0);
/// What the poll says when the door has a connection.
pub const DOOR: Token = Token(1);
/// What the poll says when somebody woke the reactor.
pub const WAKE: Token = Token(2);
/// Tokens before those of connections.
const RESERVED: usize = 3;

/// The token of a connection.
pub fn token_of(place: usize) -> Token {
    Token(place + RESERVED)
}

/// The place of the connection with this token.
pub fn place_of(token: Token) -> Option<usize> {
    token.0.checked_sub(RESERVED)
}

/// A connection just accepted.
pub enum Arrival {
    /// By OUCH.
    Ouch(Socket, SocketAddr),
    /// By the door, of our own user.
    Door(Socket),
    /// By the door, of somebody else.
    Stranger(u32),
}

/// Both listeners.
pub struct Ports {
    ouch: TcpListener,
    door: UnixListener,
    door_path: PathBuf,
    /// Whether OUCH may have connections waiting.
    pub ouch_ready: bool,
    /// Whether the door may have connections waiting.
    pub door_ready: bool,
    uid: u32,
}

impl Ports {
    /// Opens both. A socket left behind by a crash is replaced: the sequencer's lock says that nobody else is here.
    pub fn open(config: &Config, registry: &Registry) -> Result<Self, ExchangeError> {
        let door_path = config.door_path();
        let mut ouch = TcpListener::bind(config.ouch)
            .map_err(|error| ExchangeError::io("listen on", config.ouch, error))?;
        let mut door =
            bind_door(&door_path).map_err(|error| ExchangeError::path("listen on", &door_path, error))?;
        register(registry, &mut ouch, OUCH)?;
        register(registry, &mut door, DOOR)?;
        let uid = rustix::process::getuid().as_raw();
        Ok(Self { ouch, door, door_path, ouch_ready: true, door_ready: true, uid })
    }

    /// Where OUCH listens.
    pub fn ouch_address(&self) -> Result<SocketAddr, ExchangeError> {
        self.ouch.local_addr().map_err(|error| ExchangeError::io("read the address of", "OUCH", error))
    }

    /// The next connection, if one waits. An error is the system's shortage, not a client's.
    pub fn accept(&mut self) -> io::Result<Option<Arrival>> {
        if self.door_ready {
            match self.door.accept() {
                Ok((socket, _)) => return Ok(Some(self.check(socket))),
                Err(error) => self.door_ready = !is_over(error)?,
            }
        }
        if self.ouch_ready {
            match self.ouch.accept() {
                Ok((socket, peer)) => {
                    // Fails only on a connection that is gone already, which the first read finds.
                    let _ = socket.set_nodelay(true);
                    return Ok(Some(Arrival::Ouch(Socket::Tcp(socket), peer)));
                }
                Err(error) => self.ouch_ready = !is_over(error)?,
            }
        }
        Ok(None)
    }

    /// Whether a connection may be waiting.
    pub fn is_ready(&self) -> bool {
        self.ouch_ready || self.door_ready
    }

    fn check(&self, socket: UnixStream) -> Arrival {
        match rustix::net::sockopt::socket_peercred(&socket) {
            Ok(peer) if peer.uid.as_raw() == self.uid => Arrival::Door(Socket::Unix(socket)),
            Ok(peer) => Arrival::Stranger(peer.uid.as_raw()),
            Err(_) => Arrival::Stranger(u32::MAX),
        }
    }
}

impl Drop for Ports {
    fn drop(&mut self) {
        // A socket that cannot be removed is replaced at the next start.
        let _ = fs::remove_file(&self.door_path);
    }
}

/// Nobody waits any more, or the connection was gone before it was accepted.
fn is_over(error: io::Error) -> io::Result<bool> {
    match error.kind() {
        io::ErrorKind::WouldBlock => Ok(true),
        io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted => Ok(false),
        _ => Err(error),
    }
}

fn bind_door(path: &Path) -> io::Result<UnixListener> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let door = UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(door)
}

fn register(
    registry: &Registry,
    listener: &mut impl mio::event::Source,
    token: Token,
) -> Result<(), ExchangeError> {
    registry
        .register(listener, token, Interest::READABLE)
        .map_err(|error| ExchangeError::io("poll", "a listener", error))
}
