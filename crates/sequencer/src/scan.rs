//! The whole journal, segment by segment: heads, names and the chain from one segment to the next.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use garraway_engine::{LOGIC_VERSION, Setup};

use crate::damage::{Cut, Damage, Fault, RecoverError};
use crate::layout::{self, FORMAT_VERSION, HASH, MAX_SEGMENT_BYTES, SECTOR, SegmentHead};
use crate::segment::{self, Checked, Frame, Position};

/// A segment that was checked, to be read.
pub(crate) struct Verified {
    /// File name.
    pub name: String,
    /// Its head.
    pub head: SegmentHead,
    /// All its bytes.
    pub bytes: Vec<u8>,
    /// Behind its last valid frame.
    pub end: usize,
}

impl Verified {
    /// Its frames, in order.
    pub(crate) fn frames(&self) -> impl Iterator<Item = Frame<'_>> + Clone {
        segment::frames(&self.bytes, self.end)
    }
}

/// What a scan found.
#[derive(Debug, Default)]
pub(crate) struct Scanned {
    /// Segments.
    pub segments: u64,
    /// Commands.
    pub commands: u64,
    /// Chain marks.
    pub marks: u64,
    /// Behind the last command.
    pub position: Position,
    /// A torn tail.
    pub cut: Option<Cut>,
    /// The last segment, and where it goes on; `None` where there is no segment.
    pub end: Option<End>,
}

/// Where the journal goes on.
#[derive(Clone, Debug)]
pub(crate) struct End {
    /// File name of the last segment.
    pub name: String,
    /// Its head.
    pub head: SegmentHead,
    /// Behind its last frame.
    pub offset: usize,
    /// Start of its last mark, or 0.
    pub chain_from: usize,
    /// Whether the last frame is a mark that ends a batch.
    pub sealed: bool,
    /// Hash of its closing mark; then its successor was made ready, but not renamed.
    pub closed: Option<[u8; HASH]>,
}

/// The engine's behaviour as a segment's head names it.
pub(crate) fn setup_of(setup: &Setup) -> (u32, u32) {
    (u32::from(setup.slice_events), setup.capacity)
}

/// Checks the journal in `folder` and gives each segment, in order, to `visit`, which returns a buffer to use again, or
/// `None` to stop.
///
/// Reads only. Anything but a torn tail is an error.
pub(crate) fn scan(
    folder: &Path,
    setup: Option<(u32, u32)>,
    visit: &mut dyn FnMut(Verified) -> Option<Vec<u8>>,
) -> Result<Scanned, RecoverError> {
    let mut found =
        Scanned { position: Position { clean: true, ..Position::default() }, ..Scanned::default() };
    let mut buffer = Vec::new();
    let mut numbers = numbers(folder, ".journal")?;
    let mut next = 0;
    while let Some(number) = numbers.get(next).copied() {
        next += 1;
        let segment = found.segment(folder, number, next == numbers.len(), setup, buffer)?;
        match visit(segment) {
            Some(old) => buffer = old,
            None => return Ok(found),
        }
        // A venue that runs may have gone on to another segment meanwhile.
        if next == numbers.len() && found.is_closed() {
            let need = found.position.last_seq + 1;
            let stands = || folder.join(layout::segment_name(need)).exists();
            if stands() || (!is_ready(folder, setup, &found) && stands()) {
                numbers.push(need);
            }
        }
    }
    found.position.clean &= found.cut.is_none();
    if found.is_closed() && !is_ready(folder, setup, &found) {
        return Err(missing(&found));
    }
    Ok(found)
}

impl Scanned {
    /// Checks the next segment; anything but a torn tail of the last one is an error.
    fn segment(
        &mut self,
        folder: &Path,
        number: u64,
        is_last: bool,
        setup: Option<(u32, u32)>,
        buffer: Vec<u8>,
    ) -> Result<Verified, RecoverError> {
        let last_seq = self.position.last_seq;
        if number != last_seq + 1 {
            return Err(missing(self));
        }
        let name = layout::segment_name(number);
        let damage = |offset: usize, after_seq: u64, fault: Fault| {
            RecoverError::from(Damage { segment: name.clone(), offset: offset as u64, after_seq, fault })
        };
        let bytes = read(&folder.join(&name), buffer)?;
        let head = check_head(&bytes, number, setup, self.end.as_ref())
            .map_err(|fault| damage(0, last_seq, fault))?;
        let checked = segment::check(&bytes, &head, self.position)
            .map_err(|(offset, after, fault)| damage(offset, after, fault))?;
        let (offset, behind) = checked.bad.map_or((checked.end, None), |bad| (bad.offset, bad.valid_behind));
        if behind.is_some() || (!is_last && checked.closed.is_none()) {
            let fault = Fault::Frame { valid_behind: behind.unwrap_or(0) as u64 };
            return Err(damage(offset, checked.position.last_seq, fault));
        }
        self.cut = checked.bad.map(|_| cut(&name, &bytes, &checked));
        self.take(&name, head, &checked);
        Ok(Verified { name, head, bytes, end: checked.end })
    }

    fn is_closed(&self) -> bool {
        self.end.as_ref().is_some_and(|end| end.closed.is_some())
    }

    fn take(&mut self, name: &str, head: SegmentHead, checked: &Checked) {
        self.segments += 1;
        self.commands += checked.commands;
        self.marks += checked.marks;
        self.position = checked.position;
        self.end = Some(End {
            name: name.to_owned(),
            head,
            offset: checked.end,
            chain_from: checked.chain_from,
            sealed: checked.sealed,
            closed: checked.closed,
        });
    }
}

/// Whether the successor of a closed last segment is ready under the temporary name, head and all.
fn is_ready(folder: &Path, setup: Option<(u32, u32)>, found: &Scanned) -> bool {
    let ready = read(&folder.join(crate::prepare::READY), Vec::new()).unwrap_or_default();
    let head = check_head(&ready, found.position.last_seq + 1, setup, found.end.as_ref());
    head.is_ok() && segment::is_zero(&ready[SECTOR..])
}

fn missing(found: &Scanned) -> RecoverError {
    let (last_seq, need) = (found.position.last_seq, found.position.last_seq + 1);
    let fault = Fault::Missing { need };
    Damage { segment: layout::segment_name(need), offset: 0, after_seq: last_seq, fault }.into()
}

fn cut(name: &str, bytes: &[u8], checked: &Checked) -> Cut {
    Cut {
        segment: name.to_owned(),
        offset: checked.end as u64,
        after_seq: checked.position.last_seq,
        bytes: (segment::written_end(bytes) - checked.end) as u64,
        why: "no whole frame, and no whole batch behind it".to_owned(),
    }
}

fn check_head(
    bytes: &[u8],
    first_seq: u64,
    setup: Option<(u32, u32)>,
    before: Option<&End>,
) -> Result<SegmentHead, Fault> {
    let have = bytes.len() as u64;
    if bytes.len() < SECTOR {
        return Err(Fault::FileLength { have, need: layout::MIN_SEGMENT_BYTES });
    }
    let head = SegmentHead::check(bytes).ok_or(Fault::Head)?;
    if head.format != FORMAT_VERSION {
        return Err(Fault::Format(head.format));
    }
    if head.logic_version != LOGIC_VERSION {
        return Err(Fault::Logic { needs: head.logic_version, ours: LOGIC_VERSION });
    }
    if have != head.segment_bytes {
        return Err(Fault::FileLength { have, need: head.segment_bytes });
    }
    let needs = (head.slice_events, head.capacity);
    let setup = setup.or(before.map(|end| (end.head.slice_events, end.head.capacity)));
    if let Some(ours) = setup.filter(|ours| *ours != needs) {
        return Err(Fault::Setup { needs, ours });
    }
    if head.first_seq != first_seq {
        return Err(Fault::Name(head.first_seq));
    }
    match before {
        Some(end) if end.closed != Some(head.previous) => Err(Fault::Previous),
        _ => Ok(head),
    }
}

/// The numbers of the files with this ending, in order. A folder that is not there has none.
pub(crate) fn numbers(folder: &Path, ending: &str) -> Result<Vec<u64>, RecoverError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(RecoverError::io(folder, "listing")(error)),
    };
    let mut numbers = BTreeSet::new();
    for entry in entries {
        let entry = entry.map_err(RecoverError::io(folder, "listing"))?;
        numbers.extend(entry.file_name().to_str().and_then(|name| layout::number_in(name, ending)));
    }
    Ok(numbers.into_iter().collect())
}

/// Reads a whole file, of which no more than the largest segment is taken, into `buffer`.
pub(crate) fn read(path: &Path, mut buffer: Vec<u8>) -> Result<Vec<u8>, RecoverError> {
    buffer.clear();
    let mut take = || {
        let file = File::open(path)?;
        buffer.reserve(file.metadata()?.len().min(MAX_SEGMENT_BYTES) as usize + 1);
        file.take(MAX_SEGMENT_BYTES + 1).read_to_end(&mut buffer)
    };
    take().map_err(RecoverError::io(path, "reading"))?;
    Ok(buffer)
}
