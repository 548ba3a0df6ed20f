//! The next segment, made ready beside the hot path: real zeros, on the disk, under a temporary name.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

/// Name of a segment that is all zeros, or has its head and waits to be renamed.
pub(crate) const READY: &str = "next.prepared";
const UNFINISHED: &str = "next.preparing";
const CHUNK: usize = 256 * 1024;

/// A segment that is being prepared.
pub(crate) struct Preparing(Option<JoinHandle<io::Result<File>>>);

impl Preparing {
    /// Starts to prepare a segment in `folder`.
    pub(crate) fn start(folder: &Path, segment_bytes: u64) -> io::Result<Self> {
        let folder = folder.to_owned();
        let work = thread::Builder::new().name("segment".into());
        work.spawn(move || prepare(&folder, segment_bytes)).map(|handle| Self(Some(handle)))
    }

    /// The file, open for writing, as [`READY`]; waits for it.
    pub(crate) fn take(&mut self) -> io::Result<File> {
        let stopped = || io::Error::other("the thread that prepares segments stopped");
        self.0.take().ok_or_else(stopped)?.join().map_err(|_| stopped())?
    }
}

impl Drop for Preparing {
    fn drop(&mut self) {
        if let Some(handle) = self.0.take() {
            let _ = handle.join();
        }
    }
}

/// Writes a segment of zeros and makes it durable.
pub(crate) fn prepare(folder: &Path, segment_bytes: u64) -> io::Result<File> {
    let path = folder.join(UNFINISHED);
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path)?;
    let zeros = vec![0; CHUNK.min(segment_bytes as usize)];
    let mut offset = 0;
    while offset < segment_bytes {
        let bytes = zeros.len().min((segment_bytes - offset) as usize);
        file.write_all_at(&zeros[..bytes], offset)?;
        offset += bytes as u64;
    }
    file.sync_all()?;
    fs::rename(&path, folder.join(READY))?;
    sync_folder(folder)?;
    Ok(file)
}

/// Removes what an earlier process had begun to prepare.
pub(crate) fn discard(folder: &Path) -> io::Result<()> {
    [UNFINISHED, READY].into_iter().map(|name| folder.join(name)).try_for_each(remove)
}

fn remove(path: PathBuf) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
