//! How an exchange is asked to stop, from another thread or from a signal.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use mio::Waker;

/// Stops a running exchange. Clones stop the same one; one handle serves one run.
#[derive(Clone, Debug, Default)]
pub struct StopHandle(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    asked: AtomicBool,
    waker: OnceLock<Arc<Waker>>,
}

impl StopHandle {
    /// A handle for a run that may not have begun yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for a clean stop and wakes the reactor. May be called again, and from a signal handler: it takes no
    /// lock, allocates nothing, and writes eight bytes to an eventfd.
    pub fn stop(&self) {
        self.0.asked.store(true, Ordering::SeqCst);
        if let Some(waker) = self.0.waker.get() {
            // A wake that fails finds the flag at the reactor's next look at its clock.
            let _ = waker.wake();
        }
    }

    /// Whether somebody asked.
    pub fn is_asked(&self) -> bool {
        self.0.asked.load(Ordering::SeqCst)
    }

    /// Gives the handle what it wakes.
    pub(crate) fn attach(&self, waker: Arc<Waker>) {
        // A second run on the same handle keeps the first waker and is stopped by the flag alone.
        let _ = self.0.waker.set(waker);
    }
}
