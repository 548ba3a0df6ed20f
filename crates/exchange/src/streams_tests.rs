//! Streams survive a torn end, refuse what is not the journal's, and are read from any record.

use super::*;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("garraway-streams-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("3.stream")
    }

    fn open(&self) -> Streams {
        Streams::open(&self.0).unwrap()
    }

    /// A stream of `count` records, as a recovery of an empty folder makes it.
    fn filled(&self, count: u64) -> Streams {
        let mut streams = self.open();
        derive(&mut streams, count).unwrap();
        streams.settle().unwrap();
        streams
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn payload(event_id: u64) -> Vec<u8> {
    vec![event_id as u8; 1 + (event_id % 90) as usize]
}

fn derive(streams: &mut Streams, count: u64) -> Result<(), StreamError> {
    (1..=count).try_for_each(|event_id| streams.derive(3, event_id, &payload(event_id)))
}

fn records(streams: &mut Streams, from: u64) -> Vec<Vec<u8>> {
    let stream = streams.of(3).unwrap();
    let mut cursor = stream.seek(from).unwrap();
    let mut chunk = vec![0; 1_000];
    let mut found = Vec::new();
    while cursor.sequence <= stream.count() {
        stream
            .read(&mut cursor, &mut chunk, |_, payload| {
                found.push(payload.to_vec());
                true
            })
            .unwrap();
    }
    found
}

#[test]
fn every_record_can_be_read_from() {
    let folder = Folder::new("read");
    let mut streams = folder.filled(700);
    for from in [1, 2, 255, 256, 257, 258, 512, 513, 699, 700] {
        let expected: Vec<Vec<u8>> = (from..=700).map(payload).collect();
        assert_eq!(records(&mut streams, from), expected, "from {from}");
    }
    assert_eq!(records(&mut streams, 701), Vec::<Vec<u8>>::new());
}

#[test]
fn a_reader_that_stops_goes_on_where_it_stopped() {
    let folder = Folder::new("stop");
    let mut streams = folder.filled(10);
    let stream = streams.of(3).unwrap();
    let mut cursor = stream.seek(1).unwrap();
    let mut found = Vec::new();
    while cursor.sequence <= 10 {
        let mut room = 3;
        stream
            .read(&mut cursor, &mut [0; 1_000], |_, payload| {
                room -= 1;
                if room == 0 {
                    return false;
                }
                found.push(payload.to_vec());
                true
            })
            .unwrap();
    }
    assert_eq!(found, (1..=10).map(payload).collect::<Vec<_>>());
}

#[test]
fn a_file_cut_anywhere_is_made_whole_from_the_journal() {
    let folder = Folder::new("cut");
    drop(folder.filled(5));
    let whole = fs::read(folder.file()).unwrap();
    for length in 0..whole.len() {
        fs::write(folder.file(), &whole[..length]).unwrap();
        let mut streams = folder.filled(5);
        assert_eq!(records(&mut streams, 1), (1..=5).map(payload).collect::<Vec<_>>(), "cut to {length}");
        assert_eq!(fs::read(folder.file()).unwrap(), whole);
    }
}

#[test]
fn zeros_behind_the_end_are_cut() {
    let folder = Folder::new("zeros");
    drop(folder.filled(5));
    let whole = fs::read(folder.file()).unwrap();
    let mut torn = whole.clone();
    torn.extend_from_slice(&[0; 4_096]);
    fs::write(folder.file(), &torn).unwrap();
    drop(folder.filled(5));
    assert_eq!(fs::read(folder.file()).unwrap(), whole);
}

#[test]
fn a_record_of_another_event_or_text_is_refused() {
    let folder = Folder::new("differs");
    drop(folder.filled(5));
    let mut streams = folder.open();
    let found = (1..=5).try_for_each(|event_id| streams.derive(3, event_id + 1, &payload(event_id)));
    assert!(matches!(found, Err(StreamError::Differs { sequence: 1, event_id: 2, .. })), "{found:?}");
    let mut streams = folder.open();
    assert!(matches!(streams.derive(3, 1, b"other"), Err(StreamError::Differs { sequence: 1, .. })));
}

#[test]
fn records_that_the_journal_does_not_make_are_refused() {
    let folder = Folder::new("beyond");
    drop(folder.filled(5));
    let mut streams = folder.open();
    assert_eq!(streams.last_event(), 5);
    derive(&mut streams, 4).unwrap();
    assert!(matches!(streams.settle(), Err(StreamError::Beyond { have: 5, derived: 4, .. })));
}

#[test]
fn records_appended_later_are_behind_those_derived() {
    let folder = Folder::new("append");
    let mut streams = folder.filled(3);
    streams.append(3, 4, &payload(4)).unwrap();
    assert_eq!(records(&mut streams, 1), (1..=4).map(payload).collect::<Vec<_>>());
    streams.append(9, 5, b"new").unwrap();
    assert_eq!(streams.count(9), 1);
}
