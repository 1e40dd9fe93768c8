//! The conversation with an operator who stays: its sessions end when its connection does.
//!
//! In: the connection, and what the operator asks over it. Out: answers; at its end its sessions detached, as soon as the
//! interpreter's lock can be had. Never here: a signal of the application handled, the lock asked for while the interpreter
//! ends, a descriptor touched that the application closed and has in use for something else.

use std::cell::RefCell;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::path::{Path, PathBuf};
use std::process;

use nix::sys::stat::fstat;
use pyo3::prelude::*;

use super::boot;
use crate::attach::{self, gil::Gil, live};
use crate::control::agent::Lease;
use crate::frames::{FromAgent, Load, ToAgent};
use crate::spec::Point;
use crate::thread;

/// Loading a session looks through what the application has; what CPython needs on a thread of its own is far below this.
pub(super) const STACK_BYTES: usize = 2 << 20;

/// A connection's descriptor: its number, and which socket that was.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    number: RawFd,
    socket: Option<u64>,
}

impl Held {
    pub(super) fn of(own: &impl AsFd) -> Self {
        Self { number: own.as_fd().as_raw_fd(), socket: socket(own) }
    }

    /// An application may close all its descriptors, as daemons do, and open others under the same numbers.
    pub(super) fn is_ours(self, now: Option<u64>) -> bool {
        self.socket.is_some() && self.socket == now
    }
}

/// Which socket a descriptor is now.
pub(super) fn socket(of: impl AsFd) -> Option<u64> {
    fstat(of).ok().map(|found| found.st_ino)
}

/// The connections, by the process that opened them.
static HELD: Gil<RefCell<Vec<(u32, Held)>>> = Gil::new(RefCell::new(Vec::new()));

/// Answers until the connection's end on a thread of its own, which no signal reaches. `socket` is where forked children meet
/// the operator, `sessions` what it has here already.
///
/// # Errors
/// When the system has no thread to give; nothing would end the sessions then.
pub(super) fn keep(py: Python<'_>, lease: Lease, socket: &Path, sessions: Vec<u64>) -> io::Result<()> {
    let held = Held::of(&lease);
    let mut conversation = Conversation { lease, held, socket: socket.to_owned(), sessions };
    let serve = move || {
        conversation.serve();
        conversation.end();
    };
    thread::start(STACK_BYTES, Box::new(serve))?;
    HELD.get(py).borrow_mut().push((process::id(), held));
    Ok(())
}

struct Conversation {
    lease: Lease,
    held: Held,
    socket: PathBuf,
    sessions: Vec<u64>,
}

/// What is said, and a new session's segment.
type Answer = (FromAgent, Option<OwnedFd>);

impl Conversation {
    /// Nothing is read or written under the interpreter's lock, or where the number is another file's by now.
    fn serve(&mut self) {
        while self.is_ours() && self.lease.wait() && self.is_ours() {
            let Ok(asked) = self.lease.asked() else { break };
            // None while the interpreter ends.
            let Some((answer, segment)) = Python::try_attach(|py| self.answer(py, asked)) else { break };
            if !self.is_ours() || self.lease.answer(&answer, segment.as_ref().map(AsFd::as_fd)).is_err() {
                break;
            }
        }
    }

    fn is_ours(&self) -> bool {
        self.held.is_ours(socket(&self.lease))
    }

    fn answer(&mut self, py: Python<'_>, asked: ToAgent) -> Answer {
        let answer = match asked {
            ToAgent::Load(load) => return self.load(py, &load),
            ToAgent::Unload { session } => {
                if self.sessions.contains(&session) {
                    self.sessions.retain(|own| *own != session);
                    detach(py, session);
                }
                FromAgent::Unloaded
            }
            ToAgent::Find { text, most } => FromAgent::Found(attach::named(py, &text, most)),
            ToAgent::List => FromAgent::Sessions(attach::seen(py)),
            ToAgent::DetachAll => {
                attach::seen(py).iter().for_each(|seen| detach(py, seen.session));
                FromAgent::Sessions(attach::seen(py))
            }
        };
        (answer, None)
    }

    fn load(&mut self, py: Python<'_>, load: &Load) -> Answer {
        match boot::start(py, &self.socket, load, true) {
            Ok((live, segment)) => {
                self.sessions.push(live.order);
                attach::attach(py, &live, false);
                if live.has(Point::End) {
                    let _ = boot::at_exit(py, &live);
                }
                (FromAgent::Loaded { session: live.order }, Some(segment))
            }
            Err(refusal) => (FromAgent::Refused(refusal), None),
        }
    }

    fn end(self) {
        // None while the interpreter ends: then there is nothing left to put back.
        let _ = Python::try_attach(|py| {
            self.sessions.iter().for_each(|session| detach(py, *session));
            HELD.get(py).borrow_mut().retain(|&(_, other)| other != self.held);
        });
        if self.is_ours() { self.lease.end() } else { self.lease.forget() }
    }
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
