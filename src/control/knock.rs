//! The way into a prepared process: it is told where to come.
//!
//! In: a process id. Out: the process's own socket, if it has one; a process on its way to whoever waits for it. Never here: a
//! process stopped; a signal to one that does not listen.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::os::unix::net::UnixStream;

use super::{ControlError, Side, check_peer, place, send_frame, set_timeouts};
use crate::frames::{self, FrameError, FromAgent, Invitation, PROTOCOL};

/// So long is waited for an answer until the signal is sent again, and from then on twice as long each time.
const AGAIN: Duration = Duration::from_millis(250);
/// System calls that a signal ends for good, though Python handles it: `pause`, `rt_sigtimedwait`, `rt_sigsuspend` on
/// x86-64, where alone there is another way in.
const ENDED_BY_SIGNALS: [&str; 3] = ["34 ", "128 ", "130 "];

/// The socket on which a process may be reached, if it was prepared.
pub fn find(pid: u32) -> Option<PathBuf> {
    let name = place::Name { whose: place::Whose::Target, pid: inner(pid)?, start: place::started(pid)? };
    let name = name.to_string();
    place::folders(pid).into_iter().map(|folder| folder.join(&name)).find(|path| path.exists())
}

/// A process's id as it sees itself, which is another inside a container.
fn inner(pid: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("NSpid:")?.split_whitespace().last()?.parse().ok())
}

/// Tells the process behind `door` to come to `socket`, as it sees that path, and waits until it has been there.
///
/// # Errors
/// When nobody answers for `most`, or the process cannot come: then it says why.
pub fn knock(door: &Path, pid: u32, socket: &Path, most: Duration) -> Result<(), ControlError> {
    let unreachable = |cause| ControlError::Unreachable { path: door.display().to_string(), cause };
    let stream = UnixStream::connect(door).map_err(unreachable)?;
    set_timeouts(&stream, AGAIN)?;
    let found = check_peer(&stream, Side::Operator)?;
    if found != pid {
        let (expected, found) = ("the process's own socket", format!("one of process {found}"));
        return Err(ControlError::Unexpected { expected, found });
    }
    send_frame(&stream, &Invitation { protocol: PROTOCOL, socket: socket.to_owned() })?;
    let late = Instant::now() + most;
    for wait in std::iter::successors(Some(AGAIN), |wait| Some(*wait * 2)) {
        // Ignored by a process that has no handler for it any more.
        kill(Pid::from_raw(pid.cast_signed()), Signal::SIGURG)?;
        set_timeouts(&stream, wait.min(late.saturating_duration_since(Instant::now()).max(AGAIN)))?;
        match frames::read(&mut &stream) {
            Err(FrameError::Closed) => return Ok(()),
            Err(FrameError::Io(e)) if e.kind() == std::io::ErrorKind::WouldBlock && Instant::now() < late => {}
            Err(FrameError::Io(e)) if e.kind() == std::io::ErrorKind::WouldBlock => return Err(ControlError::Silent),
            Err(e) => return Err(e.into()),
            Ok(FromAgent::Refused(refusal)) => return Err(ControlError::Excused(refusal.message)),
            Ok(other) => return Err(super::standing::unexpected("nothing", &other)),
        }
    }
    Err(ControlError::Silent)
}

/// Whether its main thread waits for a signal, whichever: ours would not go unnoticed. Told to who may trace it.
pub fn waits_for_signals(pid: u32) -> bool {
    let now = fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap_or_default();
    ENDED_BY_SIGNALS.iter().any(|call| now.starts_with(call))
}
