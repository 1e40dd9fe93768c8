//! Talking to a child process: its input is a memory file, its two outputs are read until a deadline.
//!
//! In: bytes, and pipes of a process that someone else started. Out: what it wrote, and whether it was done in time. Never
//! here: starting or ending a process, a thread, an unbounded read.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// What a child may answer: the largest frame with room to spare.
const OUT_BYTES_MAX: usize = 65 << 20;
/// What it may say about trouble; the rest is read and dropped.
const ERR_BYTES_MAX: usize = 16 << 10;

/// How long nothing may come before the writer is looked for.
const PATIENCE: Duration = Duration::from_millis(50);

/// What a child wrote.
#[derive(Debug, Default)]
pub struct Said {
    pub out: Vec<u8>,
    pub err: Vec<u8>,
    /// Both pipes were closed before the deadline.
    pub done: bool,
}

impl Said {
    /// Its complaints, as text in one line.
    pub fn complaint(&self) -> String {
        let text = String::from_utf8_lossy(&self.err);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// A child's standard input that needs nobody to write it: the bytes are all there already.
///
/// # Errors
/// When the kernel gives no memory file.
pub fn input(bytes: &[u8]) -> io::Result<File> {
    let fd = nix::sys::memfd::memfd_create(c"waspect-input", nix::sys::memfd::MFdFlags::MFD_CLOEXEC)?;
    let mut file = File::from(fd);
    file.write_all(bytes)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

/// Reads both pipes to their ends, or until the deadline. A pipe has no end while a process that was forked at the wrong
/// moment keeps it open; so when nothing comes, `gone` is asked whether the writer has ended.
///
/// # Errors
/// When a pipe cannot be read.
pub fn listen(out: &mut File, err: &mut File, deadline: Instant, mut gone: impl FnMut() -> bool) -> io::Result<Said> {
    let mut said = Said::default();
    let (mut out_open, mut err_open) = (true, true);
    while out_open || err_open {
        let waiting = [(out_open, out.as_fd()), (err_open, err.as_fd())];
        if Instant::now() >= deadline {
            return Ok(said);
        }
        let [out_ready, err_ready] = wait(waiting, deadline)?;
        if !out_ready && !err_ready && gone() {
            break;
        }
        if out_ready {
            out_open = take(out, &mut said.out, OUT_BYTES_MAX)?;
        }
        if err_ready {
            err_open = take(err, &mut said.err, ERR_BYTES_MAX)?;
        }
    }
    said.done = true;
    Ok(said)
}

/// Which of the pipes have something; neither, when that lasts.
fn wait(pipes: [(bool, BorrowedFd<'_>); 2], deadline: Instant) -> io::Result<[bool; 2]> {
    // A closed pipe would be ready for ever: it is not asked again.
    let mut fds: Vec<_> = pipes.iter().filter(|p| p.0).map(|p| PollFd::new(p.1, PollFlags::POLLIN)).collect();
    let left = deadline.saturating_duration_since(Instant::now()).min(PATIENCE);
    let millis = u16::try_from(left.as_millis()).unwrap_or(u16::MAX).saturating_add(1);
    match poll(&mut fds, PollTimeout::from(millis)) {
        Ok(0) | Err(Errno::EINTR) => return Ok([false; 2]),
        Ok(_) => {}
        Err(e) => return Err(e.into()),
    }
    let mut ready = fds.iter().map(|fd| fd.any().unwrap_or(false));
    Ok(pipes.map(|(open, _)| open && ready.next().unwrap_or(false)))
}

/// One read; false at the end. Beyond `max` bytes are dropped, so that the writer never blocks.
fn take(pipe: &mut File, into: &mut Vec<u8>, max: usize) -> io::Result<bool> {
    let mut chunk = [0; 64 << 10];
    let count = match pipe.read(&mut chunk) {
        Err(e) if e.kind() == io::ErrorKind::Interrupted => return Ok(true),
        other => other?,
    };
    let room = max.saturating_sub(into.len());
    into.extend_from_slice(&chunk[..count.min(room)]);
    Ok(count > 0)
}
