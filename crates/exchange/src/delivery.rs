//! What leaves: the batch committed, durable messages and outcomes handed to their connections, sockets written, replays fed.

use crate::ExchangeError;
use crate::connection::{Connection, Feed, Role};
use crate::reactor::{Reactor, queue};

/// Chunks of a stream that one connection gets in a round.
const CHUNKS: usize = 8;

impl Reactor {
    /// Commits the batch, hands out what is durable and writes it.
    pub(crate) fn deliver(&mut self) -> Result<(), ExchangeError> {
        let durable_seq = self.core.commit()?;
        self.deliver_durable(durable_seq)
    }

    pub(crate) fn deliver_durable(&mut self, durable_seq: u64) -> Result<(), ExchangeError> {
        let now_ns = self.core.clock.now_ns();
        self.deliver_messages(durable_seq, now_ns)?;
        self.deliver_outcomes(durable_seq, now_ns);
        self.write_dirty(now_ns)?;
        self.core.measure();
        Ok(())
    }

    fn deliver_messages(&mut self, durable_seq: u64, now_ns: i64) -> Result<(), ExchangeError> {
        let Self { core, table, ouch_logins, dirty, .. } = self;
        let (held, streams) = (&mut core.fold.held, &mut core.streams);
        held.release(durable_seq, |session, event_id, payload| {
            streams.append(session, event_id, payload)?;
            let Some(address) = ouch_logins.get(&session) else { return Ok(()) };
            let Some(connection) = table.of(*address) else { return Ok(()) };
            if is_live(&connection.role) {
                if !connection.offer(payload, now_ns) {
                    // It does not read fast enough: from here on it is fed from the file, at its own pace.
                    let cursor = streams.of(session)?.seek(connection.session.next_sequence())?;
                    set_feed(&mut connection.role, Feed::Replay(cursor));
                }
                queue(dirty, &mut connection.dirty, address.place);
            }
            Ok(())
        })
    }

    fn deliver_outcomes(&mut self, durable_seq: u64, now_ns: i64) {
        while let Some(ack) = self.core.acks.pop(durable_seq) {
            self.core.note_acknowledged(ack.read_ns);
            let Some((address, outcome)) = ack.outcome else { continue };
            let Some(connection) = self.table.of(address) else { continue };
            if let Role::Door { unanswered, .. } = &mut connection.role {
                *unanswered -= 1;
            }
            connection.send(&outcome.encode(), now_ns);
            queue(&mut self.dirty, &mut connection.dirty, address.place);
        }
    }

    pub(crate) fn write_dirty(&mut self, now_ns: i64) -> Result<(), ExchangeError> {
        let mut round = std::mem::take(&mut self.round);
        std::mem::swap(&mut round, &mut self.dirty);
        for place in round.drain(..) {
            let Some(mut connection) = self.table.lend(place) else { continue };
            connection.dirty = false;
            if self.write(&mut connection, now_ns)? {
                queue(&mut self.dirty, &mut connection.dirty, place);
            }
            let doomed = connection.doomed.is_some();
            self.table.give_back(place, connection);
            if doomed {
                self.close(place);
            }
        }
        self.round = round;
        Ok(())
    }

    /// Writes what waits, and between that what a replay has. True if the socket would take more in the next round.
    fn write(&mut self, connection: &mut Connection, now_ns: i64) -> Result<bool, ExchangeError> {
        for _ in 0..CHUNKS {
            let Role::Ouch { login: Some(login), .. } = &connection.role else { break };
            let Feed::Replay(mut cursor) = login.feed else { break };
            let stream = self.core.streams.of(login.session)?;
            if connection.has_output_room() {
                stream.read(&mut cursor, &mut self.chunk, |sequence, payload| {
                    assert_eq!(
                        sequence,
                        connection.session.next_sequence(),
                        "a replay goes on where it stands"
                    );
                    connection.has_output_room() && connection.offer(payload, now_ns)
                })?;
                let caught_up = cursor.sequence > stream.count();
                let feed = if caught_up { Feed::Live } else { Feed::Replay(cursor) };
                set_feed(&mut connection.role, feed);
            }
            if !connection.write(now_ns) {
                return Ok(false);
            }
        }
        connection.write(now_ns);
        Ok(connection.writable && connection.doomed.is_none() && is_replaying(&connection.role))
    }
}

fn is_live(role: &Role) -> bool {
    matches!(role, Role::Ouch { login: Some(login), .. } if login.feed == Feed::Live)
}

pub(crate) fn is_replaying(role: &Role) -> bool {
    matches!(role, Role::Ouch { login: Some(login), .. } if login.feed != Feed::Live)
}

fn set_feed(role: &mut Role, feed: Feed) {
    if let Role::Ouch { login: Some(login), .. } = role {
        login.feed = feed;
    }
}
