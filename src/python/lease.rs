//! A session on a lease: it ends when its operator's connection does.
//!
//! In: the connection, the session's number. Out: the session detached, as soon as the interpreter's lock can be had. Never
//! here: a signal of the application handled, the lock asked for while the interpreter ends, a descriptor that a forked
//! child keeps once anything fires in it.

use std::cell::RefCell;
use std::io;
use std::os::fd::RawFd;
use std::process;

use pyo3::prelude::*;

use crate::attach::{self, gil::Gil, live};
use crate::control::agent::Lease;
use crate::thread;

/// Detaching looks through a few containers; what CPython needs on a thread of its own is far below this.
const STACK_BYTES: usize = 1 << 20;

/// The connections, by the process that opened them.
static HELD: Gil<RefCell<Vec<(u32, RawFd)>>> = Gil::new(RefCell::new(Vec::new()));

/// Waits for the connection's end on a thread of its own, which no signal reaches.
///
/// # Errors
/// When the system has no thread to give; nothing would end the session then.
pub(super) fn keep(py: Python<'_>, lease: Lease, order: u64) -> io::Result<()> {
    let number = lease.number();
    thread::start(STACK_BYTES, Box::new(move || serve(lease, order)))?;
    HELD.get(py).borrow_mut().push((process::id(), number));
    Ok(())
}

fn serve(lease: Lease, order: u64) {
    let number = lease.number();
    let _over = lease.wait();
    // None while the interpreter ends: then there is nothing left to put back.
    let _ = Python::try_attach(|py| {
        if let Some(live) = live::find(py, order) {
            attach::detach(py, &live);
        }
        HELD.get(py).borrow_mut().retain(|&(_, held)| held != number);
    });
    lease.end();
}

/// In a forked child: its parent's connections are closed here, where nobody waits for their ends.
pub(super) fn disown(py: Python<'_>) {
    let own = process::id();
    for (_, number) in HELD.get(py).borrow_mut().extract_if(.., |(by, _)| *by != own) {
        let _ = nix::unistd::close(number);
    }
}
