//! Any bytes: the reader of commands takes them or says why not, and whatever it takes the engine survives.
#![no_main]

use garraway_engine::{Engine, Setup};
use garraway_types::*;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut engine = Engine::new(Setup { slice_events: 8, capacity: 16, reserve_orders: 0 });
    let mut buffer = vec![0; EventSink::RESERVE];
    let mut rest = bytes;
    while let Ok(command) = Command::parse(rest) {
        let spec = command.kind.spec();
        assert_eq!(command.body_bytes().len(), spec.body_size);
        assert_eq!(command.items().count(), usize::from(command.head.items));
        assert_eq!(command.tail().len(), usize::from(command.head.tail));
        assert!(command.bytes.len().is_multiple_of(8) && command.bytes.len() <= limits::MAX_COMMAND);
        let mut sink = EventSink::with_tails(&mut buffer);
        engine.apply(engine.last_seq() + 1, Nanos(0), &command, &mut sink);
        assert_eq!(events_in(sink.written()).count(), sink.count());
        rest = &rest[command.bytes.len()..];
    }
    assert_eq!(engine.check(), Ok(()));
});
