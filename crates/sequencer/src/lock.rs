//! The lock of a venue's folder: two processes never write one journal.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

use crate::damage::RecoverError;

/// Held as long as the sequencer lives; the system drops it with the process.
pub(crate) struct Lock(File);

impl Drop for Lock {
    /// Unlocked by name: a child that is being started may hold a copy of the file for a moment.
    fn drop(&mut self) {
        let _ = flock(&self.0, FlockOperation::Unlock);
    }
}

impl Lock {
    /// Takes the lock at once or says who has it.
    pub(crate) fn take(folder: &Path) -> Result<Self, RecoverError> {
        let path = folder.join("lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(RecoverError::io(&path, "opening the lock"))?;
        if let Err(error) = flock(&file, FlockOperation::NonBlockingLockExclusive) {
            if error != rustix::io::Errno::WOULDBLOCK {
                return Err(RecoverError::io(&path, "locking")(error.into()));
            }
            let mut holder = String::new();
            let _ = file.read_to_string(&mut holder);
            return Err(RecoverError::Locked { path, holder: holder.trim().to_owned() });
        }
        file.set_len(0)
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(RecoverError::io(&path, "writing the lock"))?;
        Ok(Self(file))
    }
}
