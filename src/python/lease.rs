//! A session on a lease: it ends when its operator's connection does.
//!
//! In: the connection, the session's number. Out: the session detached, as soon as the interpreter's lock can be had. Never
//! here: a signal of the application handled, the lock asked for while the interpreter ends, a descriptor touched that the
//! application closed and has in use for something else.

use std::cell::RefCell;
use std::io;
use std::os::fd::RawFd;
use std::process;

use nix::sys::stat::fstat;
use pyo3::prelude::*;

use crate::attach::{self, gil::Gil, live};
use crate::control::agent::Lease;
use crate::thread;

/// Detaching looks through a few containers; what CPython needs on a thread of its own is far below this.
const STACK_BYTES: usize = 1 << 20;

/// A connection's descriptor: its number, and which socket that was.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Held {
    number: RawFd,
    socket: Option<u64>,
}

impl Held {
    fn of(lease: &Lease) -> Self {
        Self { number: lease.number(), socket: socket(lease) }
    }

    /// An application may close all its descriptors, as daemons do, and open others under the same numbers.
    fn is_ours(self, now: Option<u64>) -> bool {
        self.socket.is_some() && self.socket == now
    }
}

fn socket(of: impl std::os::fd::AsFd) -> Option<u64> {
    fstat(of).ok().map(|found| found.st_ino)
}

/// The connections, by the process that opened them.
static HELD: Gil<RefCell<Vec<(u32, Held)>>> = Gil::new(RefCell::new(Vec::new()));

/// Waits for the connection's end on a thread of its own, which no signal reaches.
///
/// # Errors
/// When the system has no thread to give; nothing would end the session then.
pub(super) fn keep(py: Python<'_>, lease: Lease, order: u64) -> io::Result<()> {
    let held = Held::of(&lease);
    thread::start(STACK_BYTES, Box::new(move || serve(lease, held, order)))?;
    HELD.get(py).borrow_mut().push((process::id(), held));
    Ok(())
}

fn serve(lease: Lease, held: Held, order: u64) {
    let _over = lease.wait();
    // None while the interpreter ends: then there is nothing left to put back.
    let _ = Python::try_attach(|py| {
        detach(py, order);
        HELD.get(py).borrow_mut().retain(|&(_, other)| other != held);
    });
    if held.is_ours(socket(&lease)) { lease.end() } else { lease.forget() }
}

fn detach(py: Python<'_>, order: u64) {
    if let Some(live) = live::find(py, order) {
        attach::detach(py, &live);
    }
}

/// Ends a session that has no lease any more, but not here, where a probe is about to fire.
pub(super) fn end_soon(order: u64) {
    // Without a thread it stays silent, which it is already.
    let work = move || Python::try_attach(|py| detach(py, order)).unwrap_or_default();
    let _ = thread::start(STACK_BYTES, Box::new(work));
}

/// In a forked child: its parent's connections are closed here, where nobody waits for their ends.
pub(super) fn disown(py: Python<'_>) {
    let own = process::id();
    for (_, held) in HELD.get(py).borrow_mut().extract_if(.., |(by, _)| *by != own) {
        if held.is_ours(socket_of(held.number)) {
            let _ = nix::unistd::close(held.number);
        }
    }
}

/// Which socket a number is now; nothing where it is closed.
fn socket_of(number: RawFd) -> Option<u64> {
    let link = std::fs::read_link(format!("/proc/self/fd/{number}")).ok()?;
    link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}
