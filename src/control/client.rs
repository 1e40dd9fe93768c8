//! The operator's half of the meeting: a listener in a private directory, one short-lived thread per greeting.
//!
//! In: what is asked of who comes. Out: [`Meeting`]s: processes that joined with their segments, or why they did not.
//! Never here: what a segment contains, a decision about the program, a greeting that can hold up another.

use std::fs::{File, OpenOptions};
use std::io::{self, IoSliceMut};
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::cmsg_space;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};
use nix::sys::stat::{Mode, umask};
use nix::unistd::{close, pipe2};

use super::standing::{self, Standing, unexpected};
use super::{ControlError, FD_BYTE, Side, again, check_peer, set_timeouts};
use crate::frames::{self, FromAgent, Hello, Load, PROTOCOL, Refusal, ToAgent};

/// A greeting that takes longer has failed. Loading hundreds of probes takes a fraction of it.
const GREETING_SECONDS_MAX: u64 = 30;
/// When nobody listens any more, greetings under way get so long.
const LAST_GREETINGS_MAX: Duration = Duration::from_secs(2);
/// Between two looks whether one is over.
const GLANCE: Duration = Duration::from_millis(1);
/// After a connection that could not be taken.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);

/// What is asked of a process that comes.
#[derive(Clone, Debug)]
pub enum Asked {
    /// A session before its program begins, and nothing more.
    Once(Load),
    /// To stay, with a session from the beginning or without.
    ToStay(Option<Load>),
}

/// A process that is there from now on.
#[derive(Debug)]
pub struct Joined {
    pub hello: Hello,
    /// Its process id as seen from here; `hello.pid` is its own view, which differs inside a container.
    pub pid: u32,
    /// The session's number there, and what can be drained.
    pub session: Option<(u64, OwnedFd)>,
    /// Of a process that stays.
    pub standing: Option<Standing>,
}

/// What came of a greeting.
#[derive(Debug)]
pub enum Meeting {
    Joined(Joined),
    Refused(Refused),
    Failed(Failed),
}

/// The agent could not load the session. It waits, and the program with it, until this is dropped.
#[derive(Debug)]
pub struct Refused {
    /// As in [`Joined`].
    pub pid: u32,
    pub refusal: Refusal,
    _waiting: UnixStream,
}

/// Who came could not be understood.
#[derive(Debug)]
pub struct Failed {
    /// As in [`Joined`]; unknown of one that may not come.
    pub pid: Option<u32>,
    pub error: ControlError,
}

/// Listens until dropped or [`finish`](Client::finish)ed.
pub struct Client {
    path: PathBuf,
    meetings: Receiver<Meeting>,
    /// Dropping the write end ends the listening thread.
    open: Option<OwnedFd>,
    listening: Option<JoinHandle<()>>,
}

impl Client {
    /// Listens on `DIR/meet`; `dir` must be private to this user (0700).
    ///
    /// # Errors
    /// When the directory is not private, or the socket cannot be made.
    pub fn listen(dir: &Path, asked: Asked) -> Result<Self, ControlError> {
        check_private(dir)?;
        let path = dir.join("meet");
        let listener = bind(&path)?;
        listener.set_nonblocking(true)?;
        let (closed, open) = pipe2(OFlag::O_CLOEXEC)?;
        let (tell, meetings) = channel();
        let asked = Arc::new(Ready::from(asked));
        let listening = thread::spawn(move || listen(&listener, &closed, &asked, &tell));
        Ok(Self { path, meetings, open: Some(open), listening: Some(listening) })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The meetings since the last call.
    pub fn meetings(&self) -> impl Iterator<Item = Meeting> + '_ {
        self.meetings.try_iter()
    }

    /// Stops listening and gives what was still under way: greetings whose sender ended before they were heard included.
    pub fn finish(mut self) -> Vec<Meeting> {
        self.close();
        self.meetings.try_iter().collect()
    }

    fn close(&mut self) {
        drop(self.open.take());
        if let Some(thread) = self.listening.take() {
            let _ = thread.join();
        }
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.close();
    }
}

/// What is asked, ready to be sent.
struct Ready {
    load: Option<ToAgent>,
    stays: bool,
}

impl From<Asked> for Ready {
    fn from(asked: Asked) -> Self {
        let (load, stays) = match asked {
            Asked::Once(load) => (Some(load), false),
            Asked::ToStay(load) => (load, true),
        };
        Self { load: load.map(|load| ToAgent::Load(Box::new(load))), stays }
    }
}

/// A socket for this user alone from its first moment on.
pub(crate) fn bind(path: &Path) -> io::Result<UnixListener> {
    let before = umask(Mode::from_bits_truncate(0o177));
    let bound = UnixListener::bind(path);
    umask(before);
    bound
}

fn check_private(dir: &Path) -> io::Result<()> {
    let mode = std::fs::metadata(dir)?.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(io::Error::other(format!("directory `{}` has mode {mode:o}, expected 700", dir.display())))
}

/// Accepts until `closed` hangs up, then what is already in the queue, then waits for the greetings begun.
fn listen(listener: &UnixListener, closed: &OwnedFd, asked: &Arc<Ready>, tell: &Sender<Meeting>) {
    let mut greetings: Vec<Greeting> = Vec::new();
    loop {
        let last = wait(listener, closed);
        let failed = loop {
            match listener.accept() {
                Ok((stream, _)) => greetings.extend(Greeting::begin(stream, asked, tell)),
                Err(e) => break e,
            }
        };
        greetings.retain(|g| !g.thread.is_finished());
        if last {
            break;
        }
        if failed.kind() != io::ErrorKind::WouldBlock {
            // No descriptor is left, say; there may be one later.
            thread::sleep(ACCEPT_AGAIN);
        }
    }
    let late = Instant::now() + LAST_GREETINGS_MAX;
    greetings.into_iter().for_each(|greeting| greeting.end(late));
}

struct Greeting {
    thread: JoinHandle<()>,
    stream: UnixStream,
}

impl Greeting {
    fn begin(stream: UnixStream, asked: &Arc<Ready>, tell: &Sender<Meeting>) -> io::Result<Self> {
        let (asked, tell, own) = (Arc::clone(asked), tell.clone(), stream.try_clone()?);
        Ok(Self { thread: thread::spawn(move || greet(&own, &asked, &tell)), stream })
    }

    /// Whoever was heard until `late` was heard; another may be stopped, or want to hold this up.
    fn end(self, late: Instant) {
        while !self.thread.is_finished() && Instant::now() < late {
            thread::sleep(GLANCE);
        }
        let _ = self.stream.shutdown(Shutdown::Both);
        let _ = self.thread.join();
    }
}

/// Waits for a connection or the end; gives whether it is the end.
fn wait(listener: &UnixListener, closed: &OwnedFd) -> bool {
    let mut both = [PollFd::new(listener.as_fd(), PollFlags::POLLIN), PollFd::new(closed.as_fd(), PollFlags::POLLIN)];
    let _ = again(|| poll(&mut both, PollTimeout::NONE));
    both[1].any() == Some(true)
}

fn greet(stream: &UnixStream, asked: &Ready, tell: &Sender<Meeting>) {
    let meeting = received(stream, asked);
    // Nobody listens any more when the session is over; the segment is closed by dropping it.
    let _ = tell.send(meeting);
}

fn received(stream: &UnixStream, asked: &Ready) -> Meeting {
    match check_peer(stream, Side::Operator) {
        Ok(pid) => meet(stream, pid, asked).unwrap_or_else(|error| Meeting::Failed(Failed { pid: Some(pid), error })),
        Err(error) => Meeting::Failed(Failed { pid: None, error }),
    }
}

fn meet(stream: &UnixStream, pid: u32, asked: &Ready) -> Result<Meeting, ControlError> {
    stream.set_nonblocking(false)?;
    set_timeouts(stream, Duration::from_secs(GREETING_SECONDS_MAX))?;
    let hello = match frames::read(&mut &*stream)? {
        FromAgent::Hello(hello) => hello,
        other => return Err(unexpected("`Hello`", &other)),
    };
    if hello.protocol != PROTOCOL {
        return Err(ControlError::Protocol { operator: PROTOCOL, agent: hello.protocol });
    }
    let joined = |hello, session| {
        let standing = asked.stays.then(|| stream.try_clone().map(Standing::over)).transpose()?;
        Ok(Meeting::Joined(Joined { hello, pid, session, standing }))
    };
    if let Some(parent) = hello.forked_from {
        return joined(hello, Some((parent.session, receive_descriptor(stream)?)));
    }
    let Some(load) = &asked.load else { return joined(hello, None) };
    match standing::loaded(stream, load)? {
        Ok(session) => joined(hello, Some(session)),
        Err(refusal) => Ok(Meeting::Refused(Refused { pid, refusal, _waiting: stream.try_clone()? })),
    }
}

/// Reads [`FD_BYTE`] and takes the one descriptor beside it.
pub(super) fn receive_descriptor(stream: &UnixStream) -> Result<OwnedFd, ControlError> {
    let mut byte = [0];
    let mut room = cmsg_space!([RawFd; 1]);
    let mut raw = Vec::new();
    let read = {
        let mut parts = [IoSliceMut::new(&mut byte)];
        let message = recvmsg::<()>(stream.as_raw_fd(), &mut parts, Some(&mut room), MsgFlags::MSG_CMSG_CLOEXEC)?;
        for beside in message.cmsgs()? {
            if let ControlMessageOwned::ScmRights(fds) = beside {
                raw.extend(fds);
            }
        }
        message.bytes
    };
    let owned: Vec<OwnedFd> = raw.into_iter().map(own).collect::<io::Result<_>>()?;
    match (read, byte[0], <[OwnedFd; 1]>::try_from(owned)) {
        (1, FD_BYTE, Ok([fd])) => Ok(fd),
        (n, b, Err(fds)) => Err(no_descriptor(n, b, fds.len())),
        (n, b, Ok(fds)) => Err(no_descriptor(n, b, fds.len())),
    }
}

fn no_descriptor(bytes: usize, byte: u8, descriptors: usize) -> ControlError {
    let found = format!("{bytes} bytes ({byte:#04x}) with {descriptors} descriptors");
    ControlError::Unexpected { expected: "the descriptor byte with one descriptor", found }
}

/// Owns a received number by opening the same file again and closing the number: the safe way to own it.
fn own(raw: RawFd) -> io::Result<OwnedFd> {
    let opened: io::Result<File> = OpenOptions::new().read(true).write(true).open(format!("/proc/self/fd/{raw}"));
    close(raw)?;
    Ok(opened?.into())
}
