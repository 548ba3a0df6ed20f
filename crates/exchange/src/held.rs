//! Messages that wait for the durable mark: one buffer, in the order of the events, reused from the front.

/// Bytes before the payload of an entry: event, session, length.
const HEADER: usize = 14;

/// What OUCH sessions are to be told once it is durable.
#[derive(Debug)]
pub struct Held {
    bytes: Vec<u8>,
    start: usize,
}

impl Held {
    /// Makes room for `capacity` bytes and touches it.
    pub fn new(capacity: usize) -> Self {
        let mut bytes = vec![0xff; capacity];
        bytes.clear();
        Self { bytes, start: 0 }
    }

    /// Bytes that wait.
    pub fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes one message. Event ids never fall.
    pub fn push(&mut self, event_id: u64, session: u32, payload: &[u8]) {
        self.bytes.extend_from_slice(&event_id.to_le_bytes());
        self.bytes.extend_from_slice(&session.to_le_bytes());
        self.bytes.extend_from_slice(&(payload.len() as u16).to_le_bytes());
        self.bytes.extend_from_slice(payload);
    }

    /// Hands out, in order, all that commands up to `durable_seq` made: `(session, event_id, payload)`. Stops at an error.
    pub fn release<E>(
        &mut self,
        durable_seq: u64,
        mut take: impl FnMut(u32, u64, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some((header, rest)) = self.bytes[self.start..].split_at_checked(HEADER) {
            let event_id = u64::from_le_bytes([
                header[0], header[1], header[2], header[3], header[4], header[5], header[6], header[7],
            ]);
            if event_id >> 16 > durable_seq {
                break;
            }
            let session = u32::from_le_bytes([header[8], header[9], header[10], header[11]]);
            let length = usize::from(u16::from_le_bytes([header[12], header[13]]));
            self.start += HEADER + length;
            take(session, event_id, &rest[..length])?;
        }
        self.reclaim();
        Ok(())
    }

    /// Gives the room in front back once it is half of all, so that a byte is moved at most once on average.
    fn reclaim(&mut self) {
        if self.is_empty() {
            self.bytes.clear();
            self.start = 0;
        } else if self.start > self.bytes.len() / 2 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn released(held: &mut Held, durable_seq: u64) -> Vec<(u32, u64, Vec<u8>)> {
        let mut found = Vec::new();
        let done: Result<(), ()> = held.release(durable_seq, |session, event_id, payload| {
            found.push((session, event_id, payload.to_vec()));
            Ok(())
        });
        done.unwrap();
        found
    }

    #[test]
    fn nothing_is_handed_out_before_its_command_is_durable() {
        let mut held = Held::new(64);
        held.push(1 << 16, 4, b"one");
        held.push(2 << 16, 5, b"two");
        held.push(2 << 16 | 1, 5, b"two again");
        held.push(3 << 16, 4, b"three");
        assert_eq!(released(&mut held, 0), vec![]);
        assert_eq!(released(&mut held, 1), vec![(4, 1 << 16, b"one".to_vec())]);
        assert_eq!(
            released(&mut held, 2),
            vec![(5, 2 << 16, b"two".to_vec()), (5, 2 << 16 | 1, b"two again".to_vec())]
        );
        assert_eq!(released(&mut held, 9), vec![(4, 3 << 16, b"three".to_vec())]);
        assert!(held.is_empty());
    }
}
