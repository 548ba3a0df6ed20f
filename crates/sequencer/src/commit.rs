//! When a command counts as kept: written by the caller's thread, or on the disk by a journal thread that takes
//! whatever gathered while its last fdatasync ran (natural group commit).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};

use crate::damage::JournalError;
use crate::writer::SegmentWriter;

/// What an acknowledged command survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// A crash of the process: the system has the bytes.
    Os,
    /// A crash of the machine: the disk has the bytes.
    Fsync,
}

/// Called from the journal thread when the durable mark has moved, or cannot move any more.
pub type Wake = Box<dyn Fn() + Send>;

/// Where frames go, and how far they are durable.
pub(crate) enum Journal {
    Os { writer: Box<SegmentWriter>, durable: u64 },
    Fsync(JournalThread),
}

/// The caller's end of the journal thread.
pub(crate) struct JournalThread {
    shared: Arc<Shared>,
    handle: Option<JoinHandle<()>>,
    capacity: usize,
}

struct Shared {
    pending: Mutex<Pending>,
    work: Condvar,
    done: Condvar,
    durable: AtomicU64,
    failed: OnceLock<JournalError>,
}

/// What was handed over and not yet taken.
struct Pending {
    frames: Vec<u8>,
    last_seq: u64,
    stop: bool,
}

impl Journal {
    pub(crate) fn start(
        writer: SegmentWriter,
        durability: Durability,
        durable: u64,
        capacity: usize,
        wake: Option<Wake>,
    ) -> std::io::Result<Self> {
        match durability {
            Durability::Os => Ok(Self::Os { writer: Box::new(writer), durable }),
            Durability::Fsync => {
                JournalThread::start(writer, durable, capacity, wake.unwrap_or_else(|| Box::new(|| ())))
                    .map(Self::Fsync)
            }
        }
    }

    /// The last command that is durable.
    #[inline]
    pub(crate) fn durable_seq(&self) -> u64 {
        match self {
            Self::Os { durable, .. } => *durable,
            Self::Fsync(thread) => thread.shared.durable.load(Ordering::Acquire),
        }
    }

    /// The first failure of the journal thread, after which nothing becomes durable.
    pub(crate) fn failed(&self) -> Option<JournalError> {
        match self {
            Self::Os { .. } => None,
            Self::Fsync(thread) => thread.failed(),
        }
    }

    /// Takes the frames in `batch`, which it leaves empty; or leaves them there while the journal thread is too far
    /// behind. After an error the caller never calls again.
    pub(crate) fn flush(&mut self, batch: &mut Vec<u8>, last_seq: u64) -> Result<(), JournalError> {
        match self {
            Self::Os { writer, durable } => {
                if !batch.is_empty() {
                    writer.write(batch)?;
                    batch.clear();
                    *durable = last_seq;
                }
                Ok(())
            }
            Self::Fsync(thread) => thread.flush(batch, last_seq),
        }
    }

    /// Waits until everything handed over is durable, sealed and on the disk.
    pub(crate) fn seal(&mut self) -> Result<(), JournalError> {
        match self {
            Self::Os { writer, .. } => writer.seal(),
            Self::Fsync(thread) => thread.wait(),
        }
    }
}

impl JournalThread {
    fn start(writer: SegmentWriter, durable: u64, capacity: usize, wake: Wake) -> std::io::Result<Self> {
        let (frames, spare) = (touched(capacity), touched(capacity));
        let shared = Arc::new(Shared {
            pending: Mutex::new(Pending { frames, last_seq: durable, stop: false }),
            work: Condvar::new(),
            done: Condvar::new(),
            durable: AtomicU64::new(durable),
            failed: OnceLock::new(),
        });
        let theirs = shared.clone();
        let run = move || theirs.run(writer, spare, &*wake);
        let handle = thread::Builder::new().name("journal".into()).spawn(run)?;
        Ok(Self { shared, handle: Some(handle), capacity })
    }

    fn failed(&self) -> Option<JournalError> {
        let stopped = self.handle.as_ref().is_none_or(JoinHandle::is_finished);
        self.shared.failed.get().cloned().or_else(|| {
            stopped.then(|| JournalError {
                action: "the journal thread",
                file: "the journal".to_owned(),
                offset: 0,
                durable_seq: self.shared.durable.load(Ordering::Acquire),
                error: "it stopped by a fault of the program".to_owned(),
            })
        })
    }

    fn check(&self) -> Result<(), JournalError> {
        self.failed().map_or(Ok(()), Err)
    }

    fn flush(&mut self, batch: &mut Vec<u8>, last_seq: u64) -> Result<(), JournalError> {
        self.check()?;
        if batch.is_empty() {
            return Ok(());
        }
        let mut pending = self.shared.lock();
        if pending.frames.is_empty() {
            std::mem::swap(&mut pending.frames, batch);
        } else if pending.frames.len() + batch.len() <= self.capacity {
            pending.frames.extend_from_slice(batch);
            batch.clear();
        } else {
            return Ok(());
        }
        pending.last_seq = last_seq;
        drop(pending);
        self.shared.work.notify_one();
        Ok(())
    }

    fn wait(&self) -> Result<(), JournalError> {
        let mut pending = self.shared.lock();
        while self.shared.durable.load(Ordering::Acquire) < pending.last_seq {
            self.check()?;
            let wait = std::time::Duration::from_millis(100);
            pending = self.shared.done.wait_timeout(pending, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(pending);
        self.check()
    }
}

impl Drop for JournalThread {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        self.shared.work.notify_one();
        if let Some(handle) = self.handle.take() {
            let _ = handle.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, mut writer: SegmentWriter, mut frames: Vec<u8>, wake: &dyn Fn()) {
        loop {
            let mut pending = self.lock();
            while pending.frames.is_empty() && !pending.stop {
                pending = self.work.wait(pending).unwrap_or_else(PoisonError::into_inner);
            }
            if pending.frames.is_empty() {
                return;
            }
            std::mem::swap(&mut pending.frames, &mut frames);
            let last_seq = pending.last_seq;
            drop(pending);
            let outcome = writer.write(&frames);
            frames.clear();
            let failed = outcome.is_err();
            match outcome {
                Ok(()) => self.durable.store(last_seq, Ordering::Release),
                Err(error) => drop(self.failed.set(error)),
            }
            drop(self.lock());
            self.done.notify_all();
            wake();
            if failed {
                return;
            }
        }
    }
}

/// An empty buffer whose memory was touched, so that its first use does not wait for the system.
pub(crate) fn touched(capacity: usize) -> Vec<u8> {
    let mut buffer = vec![0xff; capacity];
    buffer.clear();
    buffer
}
