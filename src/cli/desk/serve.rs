//! The side that answers: a thread that listens, and one for each connection.
//!
//! In: connections of this user's and root's commands. Out: answers. Never here: a question that holds up another, or the
//! observation.

use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, recv};

use super::Shared;
use super::tail::Tail;
use crate::control::{ControlError, Side, check_peer};
use crate::desk::{Answer, Described, Hello, PROTOCOL, Question};
use crate::drain::is_gone;
use crate::frames;

/// Who connects says hello within this time.
const HELLO_MAX: Duration = Duration::from_secs(2);
/// The observation answers between two rounds, unless it waits for who reads its output.
const TOTALS_MAX: Duration = Duration::from_secs(3);
/// When the session is over, answers under way get so long.
const LAST_WORDS_MAX: Duration = Duration::from_millis(500);
/// Between two looks whether one is done.
const GLANCE: Duration = Duration::from_millis(1);
/// After a connection that could not be taken.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);
/// More than this many at once are turned away: each has a thread, and a tail its queue.
const CONNECTIONS_MAX: usize = 64;

/// Answers until `closed` hangs up.
pub(super) fn listen(listener: &UnixListener, closed: &OwnedFd, shared: &Arc<Shared>) {
    let mut all: Vec<Connection> = Vec::new();
    while !wait(listener, closed) {
        let failed = loop {
            match listener.accept() {
                Ok((stream, _)) if all.len() < CONNECTIONS_MAX => all.extend(Connection::begin(stream, shared)),
                Ok(_) => {}
                Err(e) => break e,
            }
        };
        all.retain(|connection| !connection.thread.is_finished());
        if failed.kind() != io::ErrorKind::WouldBlock {
            // No descriptor is left, say; there may be one later.
            thread::sleep(ACCEPT_AGAIN);
        }
    }
    let late = Instant::now() + LAST_WORDS_MAX;
    all.into_iter().for_each(|connection| connection.end(late));
}

/// Waits for a connection or the end; gives whether it is the end.
fn wait(listener: &UnixListener, closed: &OwnedFd) -> bool {
    let mut both = [PollFd::new(listener.as_fd(), PollFlags::POLLIN), PollFd::new(closed.as_fd(), PollFlags::POLLIN)];
    // Interrupted or not: the next round looks again.
    let _ = poll(&mut both, PollTimeout::NONE);
    both[1].any() == Some(true)
}

struct Connection {
    thread: JoinHandle<()>,
    stream: UnixStream,
}

impl Connection {
    fn begin(stream: UnixStream, shared: &Arc<Shared>) -> io::Result<Self> {
        let (shared, own) = (Arc::clone(shared), stream.try_clone()?);
        let answering = move || {
            // Whoever hangs up in the middle has heard enough.
            let _ = converse(&own, &shared);
            // The descriptor here is not the last: it would stay open until the next one comes.
            let _ = own.shutdown(Shutdown::Both);
        };
        Ok(Self { thread: thread::spawn(answering), stream })
    }

    /// There are no questions any more; an answer under way is finished until `late`, if it is read.
    fn end(self, late: Instant) {
        let _ = self.stream.shutdown(Shutdown::Read);
        while !self.thread.is_finished() && Instant::now() < late {
            thread::sleep(GLANCE);
        }
        let _ = self.stream.shutdown(Shutdown::Both);
        let _ = self.thread.join();
    }
}

fn converse(stream: &UnixStream, shared: &Shared) -> Result<(), ControlError> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(HELLO_MAX))?;
    check_peer(stream, Side::Agent)?;
    let hello: Hello = frames::read(&mut &*stream)?;
    frames::write(&mut &*stream, &Hello::own())?;
    if hello.protocol != PROTOCOL {
        return Ok(());
    }
    stream.set_read_timeout(None)?;
    loop {
        let done = match frames::read(&mut &*stream)? {
            Question::Describe => vec![Answer::Described(Box::new(described(shared)))],
            Question::Totals => match totals(shared) {
                Some(totals) => totals,
                None => return Ok(()),
            },
            Question::Tail => return tail(stream, shared),
            Question::End => {
                shared.is_ending.store(true, Relaxed);
                vec![Answer::Ended(shared.ended())]
            }
        };
        done.iter().try_for_each(|answer| frames::write(&mut &*stream, answer))?;
    }
}

/// With those processes that are there.
fn described(shared: &Shared) -> Described {
    let mut room = shared.room();
    room.described.processes.retain(|process| !is_gone(process.pid));
    room.described.clone()
}

/// Nothing when the session is over.
fn totals(shared: &Shared) -> Option<Vec<Answer>> {
    let (ask, told) = channel();
    shared.totals.send(ask).ok()?;
    match told.recv_timeout(TOTALS_MAX) {
        Ok(totals) => Some(totals.into_iter().chain([Answer::Done]).collect()),
        Err(RecvTimeoutError::Timeout) => Some(vec![Answer::Busy]),
        Err(RecvTimeoutError::Disconnected) => None,
    }
}

fn tail(stream: &UnixStream, shared: &Shared) -> Result<(), ControlError> {
    let tail = Arc::new(Tail::default());
    shared.begin(&tail);
    let done = tail.write(&mut &*stream, || is_open(stream));
    shared.room().tails.retain(|other| !Arc::ptr_eq(other, &tail));
    Ok(done?)
}

/// Whether the other side is there; it says nothing any more.
fn is_open(stream: &UnixStream) -> bool {
    let look = MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
    matches!(recv(stream.as_raw_fd(), &mut [0], look), Err(Errno::EAGAIN | Errno::EINTR))
}
