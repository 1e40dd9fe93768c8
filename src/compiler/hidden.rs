//! A process that the application which started it cannot notice.
//!
//! In: a program, its arguments and its input. Out: what it wrote and how it ended. Never here: a SIGCHLD, a child that
//! `waitpid(-1)` finds, a fork handler of the application, an allocation or lock between clone and exec.
//!
//! A child made with exit signal 0 sends no SIGCHLD and is invisible to a wait that does not ask for it; but exec sets the
//! signal back. So there are two: one in the middle without a signal, which never execs and waits for the other, and the
//! program. The middle stays until the program ends: left alone, the program would go to the nearest reaper, and that can be
//! the application itself (always so where it is process 1 of a container).

use std::ffi::{CString, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::time::{Duration, Instant};

use libc::{c_char, c_int, c_long};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, pipe2};

use crate::pipes::{self, Said};

/// Below are standard input, output and error.
const FIRST_FD: RawFd = 3;
/// How far descriptors are closed one by one where the kernel cannot close a range.
const FDS_MAX: RawFd = 65_536;
const SIGNALS_MAX: c_long = 64;
/// The kernel's form of an action: handler, flags, restorer, mask.
const DEFAULT_ACTION: [c_long; 4] = [0; 4];
const SIGSET_BYTES: c_long = 8;
/// A process that closed its pipes is about to end: how often it is looked for.
const GLANCE: Duration = Duration::from_micros(200);
/// The shell's number for a program that cannot be started.
const EXIT_NO_PROGRAM: c_int = 127;

/// A running program, ended and reaped when dropped.
pub(super) struct Hidden {
    /// The one in the middle, and the group of both.
    middle: Pid,
    out: File,
    err: File,
    ended: Option<String>,
}

impl Hidden {
    /// Starts a program with exactly these arguments (its name first), environment and input.
    pub(super) fn start(
        program: &Path,
        arguments: &[OsString],
        environment: &[OsString],
        input: &File,
    ) -> io::Result<Self> {
        let path = CString::new(program.as_os_str().as_bytes())?;
        let (arguments, environment) = (texts(arguments)?, texts(environment)?);
        let (out, out_end) = pipe2(OFlag::O_CLOEXEC)?;
        let (err, err_end) = pipe2(OFlag::O_CLOEXEC)?;
        // The application may have closed its standard streams: none of these may be where they go.
        let ends = [above_standard(input)?, above_standard(&out_end)?, above_standard(&err_end)?];
        let (arguments, environment) = (pointers(&arguments), pointers(&environment));
        let plan = Plan {
            path: path.as_ptr(),
            arguments: arguments.as_ptr(),
            environment: environment.as_ptr(),
            streams: [ends[0].as_raw_fd(), ends[1].as_raw_fd(), ends[2].as_raw_fd()],
        };
        let middle = unseen(&plan)?;
        Ok(Self { middle, out: out.into(), err: err.into(), ended: None })
    }

    /// What it writes, until it ends or the deadline.
    pub(super) fn listen(&mut self, deadline: Instant) -> io::Result<Said> {
        let (mut out, mut err) = (self.out.try_clone()?, self.err.try_clone()?);
        pipes::listen(&mut out, &mut err, deadline, || self.look())
    }

    /// How it ended, in words.
    pub(super) fn status(&mut self, deadline: Instant) -> &str {
        while !self.look() && Instant::now() < deadline {
            std::thread::sleep(GLANCE);
        }
        self.ended.as_deref().unwrap_or("it did not end")
    }

    /// Whether it has ended.
    fn look(&mut self) -> bool {
        if self.ended.is_none() {
            self.ended = match waitpid(self.middle, Some(WaitPidFlag::__WALL | WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::StillAlive) | Err(Errno::EINTR) => None,
                Ok(WaitStatus::Exited(_, code)) => Some(format!("it ended with exit code {code}")),
                Ok(WaitStatus::Signaled(_, signal, _)) => Some(format!("it was ended by {signal}")),
                Ok(_) => None,
                // Somebody in this process waits for everything, even this.
                Err(_) => Some("it ended".into()),
            };
        }
        self.ended.is_some()
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        if self.look() {
            return;
        }
        // Its group, which it may not have made yet; then itself.
        let _ = kill(Pid::from_raw(-self.middle.as_raw()), Signal::SIGKILL);
        let _ = kill(self.middle, Signal::SIGKILL);
        while waitpid(self.middle, Some(WaitPidFlag::__WALL)) == Err(Errno::EINTR) {}
    }
}

/// All that the two processes need, as pointers into memory that is ready before the first of them exists.
struct Plan {
    path: *const c_char,
    arguments: *const *const c_char,
    environment: *const *const c_char,
    /// What becomes standard input, output and error; each above those.
    streams: [RawFd; 3],
}

fn texts(texts: &[OsString]) -> io::Result<Vec<CString>> {
    texts.iter().map(|text| Ok(CString::new(text.as_bytes())?)).collect()
}

/// As exec wants them: with a null behind.
fn pointers(texts: &[CString]) -> Vec<*const c_char> {
    texts.iter().map(|text| text.as_ptr()).chain([ptr::null()]).collect()
}

fn above_standard(fd: &impl std::os::fd::AsFd) -> io::Result<OwnedFd> {
    let copy = fcntl(fd, FcntlArg::F_DUPFD_CLOEXEC(FIRST_FD))?;
    // SAFETY: `F_DUPFD_CLOEXEC` just made this descriptor, and nothing else has its number.
    Ok(unsafe { std::os::fd::FromRawFd::from_raw_fd(copy) })
}

/// Makes the process in the middle. Signals are held back meanwhile: no handler of the application may run in a copy of it.
fn unseen(plan: &Plan) -> io::Result<Pid> {
    let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK)?;
    // SAFETY: the copy runs nothing but `middle`, which never returns and keeps to async-signal-safe calls; it has its own
    // copy of the memory, so `plan` and what it points to stay valid in it.
    let made = unsafe {
        let made = clone(0);
        if made == 0 {
            middle(plan)
        }
        made
    };
    let error = io::Error::last_os_error();
    before.thread_set_mask()?;
    if made < 0 { Err(error) } else { Ok(Pid::from_raw(made)) }
}

/// Like `fork`, with an exit signal of choice and without the handlers that `fork` runs. -1 and `errno` if it fails.
///
/// # Safety
/// The copy has one thread and whatever locks others held: it may only make async-signal-safe calls.
unsafe fn clone(exit_signal: c_int) -> libc::pid_t {
    const NONE: c_long = 0;
    // SAFETY: without flags and stack this is what `fork` does; all further arguments are unused then.
    let made = unsafe { libc::syscall(libc::SYS_clone, c_long::from(exit_signal), NONE, NONE, NONE, NONE) };
    made as libc::pid_t
}

/// The process in the middle: lets go of everything of the application, starts the program, passes on how it ended.
///
/// # Safety
/// Only in a fresh copy with all signals blocked; `plan` points to valid, null-terminated arrays of C strings.
unsafe fn middle(plan: &Plan) -> ! {
    // SAFETY: system calls and nothing else, each async-signal-safe; no memory is allocated and nothing is dropped. The
    // streams are open and above the descriptors that they are copied to.
    unsafe {
        libc::setsid();
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        for (to, from) in (0..).zip(plan.streams) {
            libc::dup2(from, to);
        }
        close_from(FIRST_FD);
        let program = clone(libc::SIGCHLD);
        if program == 0 {
            become_program(plan);
        }
        // The pipes must end when the program does.
        close_from(0);
        libc::_exit(if program < 0 { EXIT_NO_PROGRAM } else { outcome(program) })
    }
}

/// Waits for the program: its exit code, or as the shell writes a signal.
///
/// # Safety
/// In the middle process, about its child.
unsafe fn outcome(program: libc::pid_t) -> c_int {
    let mut status = 0;
    // SAFETY: waits for a child of this process into a local; `errno` belongs to the only thread.
    while unsafe { libc::waitpid(program, &raw mut status, 0) } < 0 {
        // SAFETY: as above.
        if unsafe { *libc::__errno_location() } != libc::EINTR {
            return EXIT_NO_PROGRAM;
        }
    }
    if libc::WIFEXITED(status) { libc::WEXITSTATUS(status) } else { 128 + libc::WTERMSIG(status) }
}

/// The program's process: signals as a fresh process has them, then exec.
///
/// # Safety
/// As for [`middle`].
unsafe fn become_program(plan: &Plan) -> ! {
    // SAFETY: system calls and nothing else; the mask is a local; `plan` is valid as `middle` demands.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        for signal in 1..=SIGNALS_MAX {
            // Not through the library, which keeps two signals to itself.
            libc::syscall(
                libc::SYS_rt_sigaction,
                signal,
                DEFAULT_ACTION.as_ptr(),
                ptr::null_mut::<c_long>(),
                SIGSET_BYTES,
            );
        }
        let mut none = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, ptr::null_mut());
        libc::execve(plan.path, plan.arguments, plan.environment);
        libc::_exit(EXIT_NO_PROGRAM)
    }
}

/// Closes every descriptor from a number on.
///
/// # Safety
/// In a process that uses none of them any more.
unsafe fn close_from(first: RawFd) {
    // SAFETY: descriptors of this process only, which nobody uses; numbers that are not open are an error without effect.
    unsafe {
        if libc::syscall(libc::SYS_close_range, c_long::from(first), c_long::from(u32::MAX), 0 as c_long) < 0 {
            (first..FDS_MAX).for_each(|fd| {
                libc::close(fd);
            });
        }
    }
}
