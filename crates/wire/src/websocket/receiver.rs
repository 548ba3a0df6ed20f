//! Frames put together to messages: the reading half of a connection.

use super::close::{Fault, may_be_sent};
use super::frame::{MAX_CONTROL, Opcode, Peer, next_head};

/// What a frame brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// A whole text.
    Text(&'a str),
    /// Whole bytes.
    Binary(&'a [u8]),
    /// To be answered with a pong of the same bytes.
    Ping(&'a [u8]),
    /// An answer to a ping.
    Pong(&'a [u8]),
    /// The end: code (1005 where none was given) and reason.
    Close(u16, &'a str),
    /// A fragment; the message goes on.
    Fragment,
}

/// Reads the frames of a peer.
#[derive(Debug)]
pub struct Receiver {
    peer: Peer,
    limit: usize,
    /// Of the message that is being put together, or the last one.
    kind: Opcode,
    unfinished: bool,
    message: Vec<u8>,
    control: Vec<u8>,
}

impl Receiver {
    /// A reader that takes messages of at most `limit` bytes.
    #[must_use]
    pub fn new(peer: Peer, limit: usize) -> Self {
        Self { peer, limit, kind: Opcode::Text, unfinished: false, message: Vec::new(), control: Vec::new() }
    }

    /// Takes the first frame of a receive buffer: what it brought and how many bytes it took; none while the buffer does not
    /// hold all of it.
    ///
    /// # Errors
    /// The peer broke the protocol or a bound; nothing more can be read of it.
    pub fn next(&mut self, buffer: &[u8]) -> Result<Option<(Message<'_>, usize)>, Fault> {
        let Some(head) = next_head(buffer, self.peer)? else { return Ok(None) };
        let is_control = matches!(head.opcode, Opcode::Close | Opcode::Ping | Opcode::Pong);
        if !is_control {
            self.check_order(head.opcode)?;
            let before = if self.unfinished { self.message.len() as u64 } else { 0 };
            let length = before.saturating_add(head.payload_len);
            if length > self.limit as u64 {
                return Err(Fault::TooBig { length, limit: self.limit });
            }
        }
        let end = head.head_len + head.payload_len as usize;
        let Some(masked) = buffer.get(head.head_len..end) else { return Ok(None) };
        let payload = masked.iter().zip(head.mask.iter().cycle()).map(|(byte, mask)| byte ^ mask);
        if is_control {
            self.control.clear();
            self.control.extend(payload);
            return Ok(Some((control(head.opcode, &self.control)?, end)));
        }
        if !self.unfinished {
            self.message.clear();
            self.kind = head.opcode;
        }
        self.message.extend(payload);
        self.unfinished = !head.is_last;
        Ok(Some((self.whole()?, end)))
    }

    /// Bytes that a receive buffer must be able to hold: a frame of the longest message with its head.
    #[must_use]
    pub fn buffer_len(&self) -> usize {
        self.limit.max(MAX_CONTROL) + 14
    }

    fn check_order(&self, opcode: Opcode) -> Result<(), Fault> {
        let continues = opcode == Opcode::Continuation;
        if continues == self.unfinished { Ok(()) } else { Err(Fault::Fragmentation) }
    }

    fn whole(&self) -> Result<Message<'_>, Fault> {
        match self.kind {
            _ if self.unfinished => Ok(Message::Fragment),
            Opcode::Text => std::str::from_utf8(&self.message).map(Message::Text).map_err(|_| Fault::NotText),
            _ => Ok(Message::Binary(&self.message)),
        }
    }
}

fn control(opcode: Opcode, payload: &[u8]) -> Result<Message<'_>, Fault> {
    match (opcode, payload) {
        (Opcode::Ping, _) => Ok(Message::Ping(payload)),
        (Opcode::Pong, _) => Ok(Message::Pong(payload)),
        (_, []) => Ok(Message::Close(1005, "")),
        (_, [high, low, reason @ ..]) => {
            let code = u16::from_be_bytes([*high, *low]);
            if !may_be_sent(code) {
                return Err(Fault::CloseFrame);
            }
            let reason = std::str::from_utf8(reason).map_err(|_| Fault::NotText)?;
            Ok(Message::Close(code, reason))
        }
        _ => Err(Fault::CloseFrame),
    }
}
