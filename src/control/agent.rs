//! The agent's half of the meeting, in the target: plain blocking calls with a time limit.
//!
//! In: the operator's socket path. Out: a session to load; a segment's descriptor handed over. Never here: a thread, a
//! descriptor left open, SIGPIPE, an environment variable.

use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys;
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockType, UnixAddr, recv, socket};

use super::{ControlError, Side, again, check_peer, send_descriptor, send_frame, set_timeouts};
use crate::frames::{self, FromAgent, Hello, Invitation, Load, PROTOCOL, Refusal, ToAgent};

/// The program waits this long for an operator at its start, and no longer.
const GREET_SECONDS_MAX: u64 = 10;
/// A child that was started waits this long for an operator that is stopped.
const CHILD_SECONDS_MAX: u64 = 2;
/// A forked child waits this long at its first firing, if the operator's queue is full.
const REJOIN_SECONDS_MAX: u64 = 2;

/// A greeting under way. Dropping it closes the socket.
pub struct Conversation {
    stream: UnixStream,
}

/// Connects and says hello.
///
/// # Errors
/// When nobody listens, or somebody else's process does.
pub fn greet(socket: &Path, hello: Hello) -> Result<Conversation, ControlError> {
    Conversation::open(socket, hello, Duration::from_secs(GREET_SECONDS_MAX))
}

/// The same for a child of the program, which shall not wait long.
///
/// # Errors
/// As [`greet`].
pub fn greet_of_child(socket: &Path, hello: Hello) -> Result<Conversation, ControlError> {
    Conversation::open(socket, hello, Duration::from_secs(CHILD_SECONDS_MAX))
}

/// A forked child brings its segment, and waits for nothing: the operator finds it in its queue, even if the child has
/// ended by then.
///
/// # Errors
/// As [`greet`]: the operator may have gone, and then nobody reads what the child would write.
pub fn rejoin(socket: &Path, hello: Hello, segment: BorrowedFd<'_>) -> Result<Lease, ControlError> {
    let lease = Conversation::open(socket, hello, Duration::from_secs(REJOIN_SECONDS_MAX))?.stay();
    send_descriptor(&lease.0, segment)?;
    Ok(lease)
}

/// A connection that stays: while it is open the operator is there. Dropped, it is closed.
#[derive(Debug)]
pub struct Lease(UnixStream);

impl AsFd for Lease {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Lease {
    /// Waits for what the operator asks next, as long as that takes; false where it is over.
    pub fn wait(&self) -> bool {
        // Looked at, not taken: by then the number may be another file's.
        self.0.set_read_timeout(None).is_ok()
            && again(|| recv(self.0.as_raw_fd(), &mut [0], MsgFlags::MSG_PEEK)).is_ok_and(|many| many > 0)
    }

    /// What the operator asks, which has begun to come.
    ///
    /// # Errors
    /// When the operator closed it or ended, however, or said what is no question: it is over then.
    pub fn asked(&self) -> Result<ToAgent, ControlError> {
        self.0.set_read_timeout(Some(Duration::from_secs(GREET_SECONDS_MAX)))?;
        Ok(frames::read(&mut &self.0)?)
    }

    /// Answers; `segment` is a new session's.
    ///
    /// # Errors
    /// When the operator has gone, or does not read.
    pub fn answer(&self, answer: &FromAgent, segment: Option<BorrowedFd<'_>>) -> Result<(), ControlError> {
        send_frame(&self.0, answer)?;
        segment.map_or(Ok(()), |segment| send_descriptor(&self.0, segment))
    }

    /// Tells the operator that the session is over: also where a forked process still has the descriptor.
    pub fn end(self) {
        let _ = self.0.shutdown(Shutdown::Both);
    }

    /// Leaves the descriptor alone, which by now is somebody else's.
    pub fn forget(self) {
        let _ = self.0.into_raw_fd();
    }
}

/// Where somebody who knocked at a prepared process wants to be met.
///
/// # Errors
/// When it is another user's process, of another version, or says nothing.
pub fn invited(guest: &UnixStream) -> Result<PathBuf, ControlError> {
    guest.set_nonblocking(false)?;
    set_timeouts(guest, Duration::from_secs(GREET_SECONDS_MAX))?;
    check_peer(guest, Side::Agent)?;
    let Invitation { protocol, socket } = frames::read(&mut &*guest)?;
    if protocol != PROTOCOL {
        return Err(ControlError::Protocol { operator: protocol, agent: PROTOCOL });
    }
    // Who has gone found another way in meanwhile.
    match recv(guest.as_raw_fd(), &mut [0], MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT) {
        Ok(0) => Err(frames::FrameError::Closed.into()),
        _ => Ok(socket),
    }
}

/// Tells who knocked why it is not met.
///
/// # Errors
/// When it has gone.
pub fn excuse(guest: &UnixStream, why: &ControlError) -> Result<(), ControlError> {
    let (stage, message) = ("protocol".to_owned(), why.to_string());
    send_frame(guest, &FromAgent::Refused(Refusal { stage, message, hint: None }))
}

/// Connects, `most` at longest: where an operator that was stopped has a full queue, a plain connect waits for ever.
pub(crate) fn connect(path: &Path, most: Duration) -> io::Result<UnixStream> {
    let fd = socket(AddressFamily::Unix, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    let stream = UnixStream::from(fd);
    set_timeouts(&stream, most)?;
    again(|| sys::socket::connect(stream.as_raw_fd(), &UnixAddr::new(path)?))?;
    Ok(stream)
}

impl Conversation {
    fn open(socket: &Path, hello: Hello, most: Duration) -> Result<Self, ControlError> {
        let unreachable = |cause| ControlError::Unreachable { path: socket.display().to_string(), cause };
        let stream = connect(socket, most).map_err(unreachable)?;
        check_peer(&stream, Side::Agent)?;
        send_frame(&stream, &FromAgent::Hello(Hello { protocol: PROTOCOL, ..hello }))?;
        Ok(Self { stream })
    }

    /// What the operator wants loaded.
    ///
    /// # Errors
    /// When the operator closes, is late, or answers otherwise.
    pub fn load(&mut self) -> Result<Load, ControlError> {
        match self.read()? {
            ToAgent::Load(load) => Ok(*load),
            _ => Err(ControlError::Unexpected { expected: "`Load`", found: "another question".into() }),
        }
    }

    /// Says that the session is loaded and hands its segment over.
    ///
    /// # Errors
    /// When the operator has gone.
    pub fn loaded(self, session: u64, segment: BorrowedFd<'_>) -> Result<(), ControlError> {
        self.stay().answer(&FromAgent::Loaded { session }, Some(segment))
    }

    /// Stays, to be asked.
    pub fn stay(self) -> Lease {
        Lease(self.stream)
    }

    /// Says why the session is not loaded, then waits until the operator closes. The operator normally kills this process
    /// first, so that the program never begins; coming back means there is no operator any more.
    ///
    /// # Errors
    /// When the operator has gone before it heard.
    pub fn refused(self, refusal: Refusal) -> Result<(), ControlError> {
        send_frame(&self.stream, &FromAgent::Refused(refusal))?;
        let _closed = self.read();
        Ok(())
    }

    fn read(&self) -> Result<ToAgent, ControlError> {
        Ok(frames::read(&mut &self.stream)?)
    }
}
