//! How an agent and an operator meet: once, over a Unix socket, to hand a session in and a segment's descriptor out.
//!
//! In: a connected socket. Out: frames, and one descriptor for each session. Never here: records (a segment carries
//! them), a peer of another user.
//!
//! ```text
//!  agent                         operator            forked child                  operator
//!  Hello                    ──▶                      Hello{forked_from}, FD  ──▶
//!                           ◀──  Load                (as the agent beside, where that one stays)
//!  Loaded, FD  | Refused    ──▶
//! ```
//!
//! Under `waspect run` both close then, and nothing but shared memory connects them. Else the agent stays and answers what the
//! operator asks, one frame for one: more sessions, fewer, functions by name. That connection is its sessions' *lease*: whoever
//! closes it, or ends in whatever way, ends them.
//!
//! `FD` is one byte, [`FD_BYTE`], that carries the segment's descriptor beside it. It follows its frame as a message of its
//! own, so that frames stay plain bytes that any reader may read. After `Refused` an agent that was there before the program
//! waits until the operator closes: by then the process is killed, before the program began.

pub mod agent;
#[cfg(feature = "cli")]
pub mod client;
#[cfg(feature = "cli")]
pub mod knock;
#[cfg(feature = "cli")]
pub mod place;
#[cfg(feature = "cli")]
pub mod standing;

use std::io::{self, IoSlice, Write};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use nix::sys::socket::{ControlMessage, MsgFlags, getsockopt, send, sendmsg, sockopt};
use nix::unistd::{Uid, geteuid};
use serde::Serialize;

use crate::frames::{self, FrameError};

/// The byte a descriptor travels with.
pub const FD_BYTE: u8 = 0xFD;

/// Why a meeting failed.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    #[error("socket `{path}` cannot be reached: {cause}")]
    Unreachable { path: String, cause: io::Error },
    #[error("peer runs as user {found}, expected user {expected}")]
    Peer { expected: u32, found: u32 },
    #[error("the operator speaks protocol {operator}, the agent {agent}: both must be of one waspect version")]
    Protocol { operator: u32, agent: u32 },
    #[error("the process does not answer: its interpreter's lock is held, or it is stopped")]
    Silent,
    #[error("{0}")]
    Excused(String),
    #[error("expected {expected}, found {found}")]
    Unexpected { expected: &'static str, found: String },
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<nix::Error> for ControlError {
    fn from(e: nix::Error) -> Self {
        Self::Io(e.into())
    }
}

/// Who asks whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    Agent,
    Operator,
}

/// Refuses a peer of another user; gives its process id as this process sees it. An operator that is root may observe anybody;
/// nobody but root and its own user may hand an agent code to run.
pub(crate) fn check_peer(stream: &UnixStream, side: Side) -> Result<u32, ControlError> {
    let peer = getsockopt(stream, sockopt::PeerCredentials)?;
    let (own, found) = (geteuid(), Uid::from_raw(peer.uid()));
    if !may_meet(side, own, found) {
        return Err(ControlError::Peer { expected: own.as_raw(), found: peer.uid() });
    }
    Ok(u32::try_from(peer.pid()).unwrap_or(0))
}

fn may_meet(side: Side, own: Uid, found: Uid) -> bool {
    found == own || found.is_root() || (side == Side::Operator && own.is_root())
}

fn set_timeouts(stream: &UnixStream, most: Duration) -> io::Result<()> {
    stream.set_read_timeout(Some(most))?;
    stream.set_write_timeout(Some(most))
}

fn send_frame<T: Serialize>(stream: &UnixStream, frame: &T) -> Result<(), ControlError> {
    Ok(frames::write(&mut Quiet(stream), frame)?)
}

/// Sends [`FD_BYTE`] with `fd` beside it.
fn send_descriptor(stream: &UnixStream, fd: BorrowedFd<'_>) -> Result<(), ControlError> {
    let byte = [FD_BYTE];
    let fds = [fd.as_raw_fd()];
    let beside = [ControlMessage::ScmRights(&fds)];
    again(|| sendmsg::<()>(stream.as_raw_fd(), &[IoSlice::new(&byte)], &beside, MsgFlags::MSG_NOSIGNAL, None))?;
    Ok(())
}

/// Repeats a call that a signal interrupted: the application's handlers may run at any time.
fn again<T>(mut call: impl FnMut() -> nix::Result<T>) -> nix::Result<T> {
    loop {
        match call() {
            Err(nix::Error::EINTR) => {}
            done => return done,
        }
    }
}

/// Writes to a socket without ever raising SIGPIPE: the application may have given that signal its default, which is death.
struct Quiet<'a>(&'a UnixStream);

impl Write for Quiet<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(send(self.0.as_raw_fd(), bytes, MsgFlags::MSG_NOSIGNAL)?)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Side, Uid, may_meet};

    #[test]
    fn an_agent_takes_code_from_its_own_user_and_root_alone() {
        for (side, own, found, may) in [
            (Side::Agent, 1000, 1000, true),
            (Side::Agent, 1000, 0, true),
            (Side::Agent, 1000, 1001, false),
            (Side::Agent, 0, 1001, false),
            (Side::Operator, 0, 1001, true),
            (Side::Operator, 1000, 0, true),
            (Side::Operator, 1000, 1001, false),
        ] {
            assert_eq!(may_meet(side, Uid::from_raw(own), Uid::from_raw(found)), may, "{side:?} {own} {found}");
        }
    }
}
