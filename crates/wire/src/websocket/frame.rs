//! Frames: where one ends, what it says, and how one is written. Source: RFC 6455, section 5.

use super::close::Fault;

/// The longest payload of a control frame.
pub(super) const MAX_CONTROL: usize = 125;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Opcode {
    /// The next fragment of a message.
    Continuation = 0,
    /// A text, or its first fragment.
    Text = 1,
    /// Bytes, or their first fragment.
    Binary = 2,
    /// The end.
    Close = 8,
    /// Is somebody there?
    Ping = 9,
    /// Somebody is.
    Pong = 10,
}

impl Opcode {
    /// Every opcode.
    pub const ALL: [Self; 6] =
        [Self::Continuation, Self::Text, Self::Binary, Self::Close, Self::Ping, Self::Pong];

    const fn is_control(self) -> bool {
        self as u8 >= 8
    }
}

/// Whose frames are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A client's, which are masked.
    Client,
    /// A server's, which are not.
    Server,
}

/// What stands before a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHead {
    /// Whether it is the last fragment of its message.
    pub is_last: bool,
    /// What it is.
    pub opcode: Opcode,
    /// What the payload is masked with; zeros of a server.
    pub mask: [u8; 4],
    /// Bytes of the head.
    pub head_len: usize,
    /// Bytes of the payload.
    pub payload_len: u64,
}

/// Reads the head of the first frame in a buffer; none while the buffer does not hold all of it.
///
/// # Errors
/// The head breaks the protocol, which is told as early as its first two bytes allow.
pub fn next_head(buffer: &[u8], peer: Peer) -> Result<Option<FrameHead>, Fault> {
    let [first, second, rest @ ..] = buffer else { return Ok(None) };
    if first & 0x70 != 0 {
        return Err(Fault::ReservedBits);
    }
    let number = first & 0x0f;
    let Some(opcode) = Opcode::ALL.into_iter().find(|opcode| *opcode as u8 == number) else {
        return Err(Fault::UnknownOpcode(number));
    };
    let is_last = first & 0x80 != 0;
    let masked = second & 0x80 != 0;
    if masked != (peer == Peer::Client) {
        return Err(Fault::Masking);
    }
    let short = second & 0x7f;
    if opcode.is_control() && (!is_last || usize::from(short) > MAX_CONTROL) {
        return Err(Fault::ControlFrame);
    }
    let (payload_len, length_len, least) = match (short, rest) {
        (126, [a, b, ..]) => (u64::from(u16::from_be_bytes([*a, *b])), 2, 126),
        (127, [a, b, c, d, e, f, g, h, ..]) => {
            (u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]), 8, 1 << 16)
        }
        (126 | 127, _) => return Ok(None),
        _ => (u64::from(short), 0, 0),
    };
    if payload_len < least || payload_len >> 63 != 0 {
        return Err(Fault::LengthForm);
    }
    let mut mask = [0; 4];
    if masked {
        let Some(found) = rest.get(length_len..length_len + 4) else { return Ok(None) };
        mask.copy_from_slice(found);
    }
    let head_len = 2 + length_len + if masked { 4 } else { 0 };
    Ok(Some(FrameHead { is_last, opcode, mask, head_len, payload_len }))
}

/// Appends a whole message of a server as one frame.
pub fn put_frame(out: &mut Vec<u8>, opcode: Opcode, payload: &[u8]) {
    put_head(out, opcode, payload.len(), 0);
    out.extend_from_slice(payload);
}

/// Appends a whole message of a client as one frame, masked.
pub fn put_client_frame(out: &mut Vec<u8>, opcode: Opcode, payload: &[u8], mask: [u8; 4]) {
    put_head(out, opcode, payload.len(), 0x80);
    out.extend_from_slice(&mask);
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
}

/// Appends a server's close frame; a reason too long for it is cut at a character.
pub fn put_close(out: &mut Vec<u8>, code: u16, reason: &str) {
    let mut end = reason.len().min(MAX_CONTROL - 2);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend_from_slice(&reason.as_bytes()[..end]);
    put_frame(out, Opcode::Close, &payload);
}

fn put_head(out: &mut Vec<u8>, opcode: Opcode, length: usize, masked: u8) {
    out.push(0x80 | opcode as u8);
    match length {
        0..=125 => out.push(masked | length as u8),
        126..=0xffff => {
            out.push(masked | 126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        _ => {
            out.push(masked | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}
