//! Events on their way out: numbers, time and source are filled in here.

use garraway_types::{Command, CommandKind, Event, EventId, EventKind, EventSink, FixedBody, Reject};

/// The events of one command.
pub(crate) struct Emit<'a, 'b> {
    events: &'a mut EventSink<'b>,
    command_seq: u64,
    at_ns: i64,
    source: u16,
    source_seq: u64,
    index: u16,
    /// Events that there may be, less those kept back.
    most: u16,
    kept_back: u16,
    /// Bytes of the sink up to which events were counted.
    counted: usize,
}

impl<'a, 'b> Emit<'a, 'b> {
    #[inline(always)]
    pub(crate) fn new(
        events: &'a mut EventSink<'b>,
        command_seq: u64,
        at_ns: i64,
        command: &Command<'_>,
        most: u16,
    ) -> Self {
        let (source, source_seq) = (command.head.source, command.head.source_seq);
        let counted = events.used();
        Self { events, command_seq, at_ns, source, source_seq, index: 0, most, kept_back: 0, counted }
    }

    /// From here on events carry no source: they are of work that another command began.
    pub(crate) fn without_source(&mut self) {
        self.source = 0;
        self.source_seq = 0;
    }

    /// Takes the source away; [`Emit::give_back`] takes what this returns.
    pub(crate) fn hush(&mut self) -> (u16, u64) {
        (std::mem::take(&mut self.source), std::mem::take(&mut self.source_seq))
    }

    pub(crate) fn give_back(&mut self, (source, source_seq): (u16, u64)) {
        (self.source, self.source_seq) = (source, source_seq);
    }

    /// The events of this command that were not asked for before.
    pub(crate) fn uncounted(&mut self) -> &[u8] {
        let from = std::mem::replace(&mut self.counted, self.events.used());
        &self.events.written()[from..]
    }

    /// Events made so far.
    pub(crate) fn made(&self) -> u16 {
        self.index
    }

    /// Whether `more` events still fit into this command.
    #[inline(always)]
    pub(crate) fn has_room_for(&self, more: u16) -> bool {
        self.index + more <= self.most
    }

    /// Keeps room for so many events back from what asks from now on.
    pub(crate) fn keep_back(&mut self, events: u16) {
        self.most = self.most + self.kept_back - events;
        self.kept_back = events;
    }

    /// The id that the next event will have.
    #[inline(always)]
    pub(crate) fn next_id(&self) -> EventId {
        EventId::new(self.command_seq, self.index)
    }

    /// An event of the account or definition that the command names.
    #[inline(always)]
    pub(crate) fn own(&mut self, event: Event) -> EventId {
        let (source, source_seq) = (self.source, self.source_seq);
        self.push(Event { source, source_seq, ..event }, &[])
    }

    /// Like [`Emit::own`], with a tail.
    #[inline(always)]
    pub(crate) fn own_with_tail(&mut self, event: Event, tail: &[u8]) -> EventId {
        let (source, source_seq) = (self.source, self.source_seq);
        self.push(Event { source, source_seq, ..event }, tail)
    }

    /// An event that must not show who sent the command.
    #[inline(always)]
    pub(crate) fn anonymous(&mut self, event: Event) -> EventId {
        self.push(event, &[])
    }

    /// The refusal of a command.
    #[cold]
    pub(crate) fn rejected(&mut self, command: &Command<'_>, reason: Reject) {
        let head = &command.head;
        let body = match command.kind {
            CommandKind::PlaceOrder | CommandKind::CancelOrder | CommandKind::ReplaceOrder => command.body(),
            _ => FixedBody::empty(),
        };
        let event = Event {
            account: head.account,
            instrument: head.instrument,
            client_ref: head.client_ref,
            detail: reason as u8,
            value: i64::from(command.kind as u8),
            quantity: body.quantity,
            ..Event::empty(EventKind::Rejected)
        };
        let event = match command.kind {
            CommandKind::PlaceOrder => Event { side: body.side, price: body.price, ..event },
            CommandKind::ReplaceOrder => Event { price: body.price, fee: body.target as i64, ..event },
            _ => event,
        };
        self.own_with_tail(event, command.tail());
    }

    #[inline(always)]
    fn push(&mut self, event: Event, tail: &[u8]) -> EventId {
        let id = self.next_id();
        self.events.push_with_tail(&Event { event_id: id.0, at_ns: self.at_ns, ..event }, tail);
        self.index += 1;
        id
    }
}
