//! The views of a venue, running: a thread that follows the log and serves, and a handle for those who read.

use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use mio::{Poll, Waker};

use crate::config::Config;
use crate::hub::{Hub, WAKE};
use crate::shared::Shared;

/// Running views. They stop when this is dropped.
#[derive(Debug)]
pub struct Views {
    shared: Arc<Shared>,
    address: Option<SocketAddr>,
    thread: Option<JoinHandle<()>>,
}

impl Views {
    /// Opens the port and starts to follow the log, from its beginning.
    pub fn start(config: Config) -> io::Result<Self> {
        let poll = Poll::new()?;
        let shared = Arc::new(Shared::new(Waker::new(poll.registry(), WAKE)?, config.certificate.clone())?);
        let mut hub = Hub::new(config, poll, shared.clone())?;
        let address = hub.address();
        let theirs = shared.clone();
        let run = move || {
            let ended = catch_unwind(AssertUnwindSafe(|| hub.run()));
            match ended {
                Ok(Ok(())) => {}
                Ok(Err(why)) => theirs.fail(why),
                Err(_) => theirs.fail("the hub's thread panicked; stderr has the message".to_owned()),
            }
        };
        let thread = thread::Builder::new().name("garraway-views".to_owned()).spawn(run)?;
        Ok(Self { shared, address, thread: Some(thread) })
    }

    /// What is shared with the thread.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Where clients are served.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Tells clients that it is over, and waits for the thread.
    pub fn stop(&mut self) {
        self.shared.stop();
        if let Some(thread) = self.thread.take() {
            // What the thread has to say of its end it has said to `Shared::fail`.
            let _ = thread.join();
        }
    }
}

impl Drop for Views {
    fn drop(&mut self) {
        self.stop();
    }
}
