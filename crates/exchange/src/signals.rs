//! SIGTERM and SIGINT as a clean stop, for processes that run nothing but an exchange.
//! The one place in this crate with `unsafe`: the standard library has no call for it.
#![allow(unsafe_code)]

use std::io;
use std::sync::OnceLock;

use crate::StopHandle;

static STOP: OnceLock<StopHandle> = OnceLock::new();

/// Makes SIGTERM and SIGINT of this process call [`StopHandle::stop`] on `handle`.
///
/// # Errors
/// Called before with another handle, or the system refuses.
pub fn stop_on_signals(handle: &StopHandle) -> io::Result<()> {
    STOP.set(handle.clone()).map_err(|_| io::Error::other("stop_on_signals was called before"))?;
    install(libc::SIGTERM)?;
    install(libc::SIGINT)
}

extern "C" fn on_signal(_: libc::c_int) {
    if let Some(handle) = STOP.get() {
        handle.stop();
    }
}

fn install(signal: libc::c_int) -> io::Result<()> {
    // SAFETY: `sigaction` is plain data for which zeros are a valid value; it lives until the call returns. The handler
    // does only what is allowed in a signal: it reads an initialised `OnceLock`, stores to an atomic and writes to an eventfd.
    let result = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_signal as *const () as libc::sighandler_t;
        libc::sigemptyset(&mut action.sa_mask);
        libc::sigaction(signal, &action, std::ptr::null_mut())
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
