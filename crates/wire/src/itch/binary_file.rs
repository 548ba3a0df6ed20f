//! Messages in a file: each behind its length, two bytes, big-endian; length 0 ends the session.
//! Source: "BinaryFILE", version 1.00.

/// The longest message that a frame can hold.
pub const MAX_FRAME: usize = u16::MAX as usize;

/// What stands next in the bytes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A whole message; the next frame stands two bytes behind its length.
    Message(&'a [u8]),
    /// The session is over: nothing may follow. Two bytes.
    End,
    /// Not all of it is there.
    Incomplete,
}

impl Frame<'_> {
    /// The bytes that it takes.
    #[must_use]
    pub fn consumed(&self) -> usize {
        match self {
            Self::Message(message) => 2 + message.len(),
            Self::End => 2,
            Self::Incomplete => 0,
        }
    }
}

/// The frame at the start of the bytes.
#[inline]
#[must_use]
pub fn next_frame(bytes: &[u8]) -> Frame<'_> {
    let Some((len, rest)) = bytes.split_first_chunk() else {
        return Frame::Incomplete;
    };
    match usize::from(u16::from_be_bytes(*len)) {
        0 => Frame::End,
        len => rest.get(..len).map_or(Frame::Incomplete, Frame::Message),
    }
}

/// Appends a message in its frame.
///
/// # Panics
/// The message is empty, which would end the session, or longer than [`MAX_FRAME`].
pub fn write_frame(message: &[u8], out: &mut Vec<u8>) {
    assert!(!message.is_empty(), "an empty frame ends the session");
    assert!(message.len() <= MAX_FRAME, "a message of {} bytes does not fit its frame", message.len());
    out.extend_from_slice(&(message.len() as u16).to_be_bytes());
    out.extend_from_slice(message);
}
