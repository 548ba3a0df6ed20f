//! An eventfd that wakes an event loop elsewhere: readable once it was rung.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use rustix::event::{EventfdFlags, eventfd};

/// A bell.
#[derive(Debug)]
pub struct Bell(OwnedFd);

impl Bell {
    /// A bell that nobody rang.
    pub fn new() -> io::Result<Self> {
        Ok(Self(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?))
    }

    /// Makes it readable.
    pub fn ring(&self) {
        // Fails only where it was rung 2^64 - 1 times without being answered: it is readable then.
        let _ = rustix::io::write(&self.0, &1u64.to_ne_bytes());
    }

    /// Makes it unreadable.
    pub fn answer(&self) {
        // Fails only where nobody rang.
        let _ = rustix::io::read(&self.0, &mut [0u8; 8]);
    }

    /// What an event loop watches.
    pub fn descriptor(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}
