//! The operator's half of a conversation that goes on: questions to one process, an answer to each.
//!
//! In: an agent's connection after its greeting. Out: sessions loaded and unloaded there, functions found. Never here: a
//! question before the last one was answered, a wait without end.

use std::io;
use std::net::Shutdown;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv};

use super::client::receive_descriptor;
use super::{ControlError, send_frame};
use crate::frames::{self, Found, FromAgent, Load, Refusal, Seen, ToAgent};

/// A process that answers. Dropped, it ends what was loaded there over it.
#[derive(Debug)]
pub struct Standing(UnixStream);

impl Standing {
    /// Over a connection that has greeted, and that has its time limits.
    pub fn over(stream: UnixStream) -> Self {
        Self(stream)
    }

    /// Loads a session; gives its number and its segment, or why the agent did not take it.
    ///
    /// # Errors
    /// When the process has gone, or does not answer.
    pub fn load(&mut self, load: Load) -> Result<Result<(u64, OwnedFd), Refusal>, ControlError> {
        loaded(&self.0, &ToAgent::Load(Box::new(load)))
    }

    /// Ends one session that was loaded over this connection: when this comes back, every function is what it was.
    ///
    /// # Errors
    /// As [`Standing::load`].
    pub fn unload(&mut self, session: u64) -> Result<(), ControlError> {
        match ask(&self.0, &ToAgent::Unload { session })? {
            FromAgent::Unloaded => Ok(()),
            other => Err(unexpected("`Unloaded`", &other)),
        }
    }

    /// Functions whose dotted names hold the text, `most` at most.
    ///
    /// # Errors
    /// As [`Standing::load`].
    pub fn find(&mut self, text: &str, most: u32) -> Result<Found, ControlError> {
        match ask(&self.0, &ToAgent::Find { text: text.to_owned(), most })? {
            FromAgent::Found(found) => Ok(found),
            other => Err(unexpected("`Found`", &other)),
        }
    }

    /// Every session that the process has.
    ///
    /// # Errors
    /// As [`Standing::load`].
    pub fn list(&mut self) -> Result<Vec<Seen>, ControlError> {
        self.sessions(&ToAgent::List)
    }

    /// Ends every session that the process has; gives what is left.
    ///
    /// # Errors
    /// As [`Standing::load`].
    pub fn detach_all(&mut self) -> Result<Vec<Seen>, ControlError> {
        self.sessions(&ToAgent::DetachAll)
    }

    fn sessions(&mut self, question: &ToAgent) -> Result<Vec<Seen>, ControlError> {
        match ask(&self.0, question)? {
            FromAgent::Sessions(sessions) => Ok(sessions),
            other => Err(unexpected("`Sessions`", &other)),
        }
    }

    /// Asks for the end of what was loaded over this connection; it closes when that is done.
    pub fn ask_back(&self) {
        let _ = self.0.shutdown(Shutdown::Write);
    }

    /// Whether the other side closed it.
    pub fn is_closed(&self) -> bool {
        let look = MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
        !matches!(recv(self.0.as_raw_fd(), &mut [0], look), Err(Errno::EAGAIN | Errno::EINTR))
    }
}

/// Asks for a session, and takes its segment's descriptor.
pub(super) fn loaded(stream: &UnixStream, load: &ToAgent) -> Result<Result<(u64, OwnedFd), Refusal>, ControlError> {
    match ask(stream, load)? {
        FromAgent::Loaded { session } => Ok(Ok((session, receive_descriptor(stream)?))),
        FromAgent::Refused(refusal) => Ok(Err(refusal)),
        other => Err(unexpected("`Loaded` or `Refused`", &other)),
    }
}

fn ask(stream: &UnixStream, question: &ToAgent) -> Result<FromAgent, ControlError> {
    send_frame(stream, question)?;
    frames::read(&mut &*stream).map_err(|e| match e {
        frames::FrameError::Io(e) if e.kind() == io::ErrorKind::WouldBlock => ControlError::Silent,
        other => other.into(),
    })
}

pub(super) fn unexpected(expected: &'static str, found: &FromAgent) -> ControlError {
    let found = match found {
        FromAgent::Hello(_) => "`Hello`",
        FromAgent::Loaded { .. } => "`Loaded`",
        FromAgent::Refused(_) => "`Refused`",
        FromAgent::Unloaded => "`Unloaded`",
        FromAgent::Found(_) => "`Found`",
        FromAgent::Sessions(_) => "`Sessions`",
    };
    ControlError::Unexpected { expected, found: found.into() }
}
