//! A client's bytes on their way through its socket: as they are, or through TLS. Never waits.

use std::io::{self, ErrorKind, Read, Write};

use mio::net::TcpStream;
use rustls::ServerConnection;

use crate::certificate::Certificate;

/// Bytes that may be encrypted ahead of the socket: two records.
const AHEAD: usize = 32 << 10;

/// A socket, with TLS before it where the port has a certificate.
#[derive(Debug)]
pub struct Transport {
    socket: TcpStream,
    tls: Option<Box<ServerConnection>>,
}

impl Transport {
    /// Over a connection just accepted.
    pub fn new(socket: TcpStream, certificate: Option<&Certificate>) -> io::Result<Self> {
        let tls = certificate.map(|certificate| {
            let mut tls = ServerConnection::new(certificate.config()).map_err(io::Error::other)?;
            tls.set_buffer_limit(Some(AHEAD));
            Ok::<_, io::Error>(Box::new(tls))
        });
        Ok(Self { socket, tls: tls.transpose()? })
    }

    /// The socket, for the poll.
    pub fn socket(&mut self) -> &mut TcpStream {
        &mut self.socket
    }

    /// Whether TLS is not agreed on yet: what comes then costs much more than a message.
    pub fn is_shaking_hands(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.is_handshaking())
    }

    /// Reads as a socket does. `Interrupted`: what came was no byte for the reader; there may be more.
    pub fn read(&mut self, chunk: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else { return self.socket.read(chunk) };
        match tls.reader().read(chunk) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            done => return done,
        }
        if tls.read_tls(&mut self.socket)? == 0 {
            return Ok(0);
        }
        let agreed = tls.process_new_packets().map_err(|error| io::Error::new(ErrorKind::InvalidData, error));
        // Answers of the handshake, or the alert that says what was wrong; what does not go out now, goes later.
        let sent = self.flush();
        agreed?;
        match sent {
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error),
            _ => Err(ErrorKind::Interrupted.into()),
        }
    }

    /// Takes bytes as a socket does.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.tls.is_none() {
            return self.socket.write(bytes);
        }
        // What was taken before goes first, so that never more than `AHEAD` waits unseen.
        self.flush()?;
        let Some(tls) = &mut self.tls else { return Ok(0) };
        let taken = tls.writer().write(bytes)?;
        match self.flush() {
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error),
            _ => Ok(taken),
        }
    }

    /// Brings to the socket what was taken already. `WouldBlock`: not all of it.
    pub fn flush(&mut self) -> io::Result<()> {
        let Some(tls) = &mut self.tls else { return Ok(()) };
        while tls.wants_write() {
            if tls.write_tls(&mut self.socket)? == 0 {
                return Err(ErrorKind::WriteZero.into());
            }
        }
        Ok(())
    }

    /// Whether everything that was taken is with the socket.
    pub fn is_flushed(&self) -> bool {
        self.tls.as_ref().is_none_or(|tls| !tls.wants_write())
    }

    /// Says that nothing more comes, as far as the socket takes it. Of TLS a bare end would look like an attack.
    pub fn end(&mut self) {
        let Some(tls) = &mut self.tls else { return };
        tls.send_close_notify();
        // Fails only on a connection that is gone already, or that does not read.
        let _ = self.flush();
    }
}
