//! A process that the application which started it cannot notice.
//!
//! In: a program, its arguments and its input. Out: what it wrote and how it ended. Never here: a SIGCHLD, a child that
//! `waitpid(-1)` finds, a fork handler of the application, an allocation or lock between clone and exec.
//!
//! A child made with exit signal 0 sends no SIGCHLD and is invisible to a wait that does not ask for it; but exec sets the
//! signal back. So there are two: one in the middle without a signal, which never execs and waits for the other, and the
//! program. The middle stays until the program ends: left alone, the program would go to the nearest reaper, and that can be
//! the application itself (always so where it is process 1 of a container).
//!
//! Neither copies the application's memory, which would hold up its threads for as long as it is large: both run in it, on
//! stacks of their own, and touch nothing else. (C libraries since 2017 leave the thread that clones alone when they do so.)

use std::ffi::{CString, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::time::{Duration, Instant};

use libc::{c_char, c_int, c_long, c_void};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, pipe2};

use crate::pipes::{self, Said};

/// Below are standard input, output and error.
const FIRST_FD: RawFd = 3;
/// Either process needs a few hundred bytes.
const STACK_BYTES: usize = 32 << 10;
/// How far descriptors are closed one by one where the kernel cannot close a range.
const FDS_MAX: RawFd = 65_536;
const SIGNALS_MAX: c_int = 64;
/// The kernel's form of an action: handler, flags, restorer, mask.
const DEFAULT_ACTION: [c_long; 4] = [0; 4];
const SIGSET_BYTES: c_long = 8;
/// A process that closed its pipes is about to end: how often it is looked for.
const GLANCE: Duration = Duration::from_micros(200);
/// And how long, before it is ended.
const LAST_STEPS_MAX: Duration = Duration::from_millis(200);
/// The shell's number for a program that cannot be started.
const EXIT_NO_PROGRAM: c_int = 127;

/// A running program, ended and reaped when dropped.
pub(super) struct Hidden {
    /// The one in the middle, and the group of both.
    middle: Pid,
    out: File,
    err: File,
    ended: Option<String>,
    /// It closed its pipes: it is about to end by itself.
    silent: bool,
    /// What the two run on and read.
    ground: *mut Ground,
    /// The middle came to its own end, so the program had left the ground before.
    left: bool,
}

impl Hidden {
    /// Starts a program with exactly these arguments (its name first), environment and input.
    pub(super) fn start(
        program: &Path,
        arguments: &[OsString],
        environment: &[OsString],
        input: &File,
    ) -> io::Result<Self> {
        let (out, out_end) = pipe2(OFlag::O_CLOEXEC)?;
        let (err, err_end) = pipe2(OFlag::O_CLOEXEC)?;
        // The application may have closed its standard streams: none of these may be where they go.
        let ends = [above_standard(input)?, above_standard(&out_end)?, above_standard(&err_end)?];
        let ground = Ground::new(program, arguments, environment, ends.each_ref().map(AsRawFd::as_raw_fd))?;
        let (middle, ground) = unseen(ground)?;
        Ok(Self { middle, out: out.into(), err: err.into(), ended: None, silent: false, ground, left: false })
    }

    /// What it writes, until it ends or the deadline.
    pub(super) fn listen(&mut self, deadline: Instant) -> io::Result<Said> {
        let (mut out, mut err) = (self.out.try_clone()?, self.err.try_clone()?);
        let said = pipes::listen(&mut out, &mut err, deadline, || self.look())?;
        self.silent = said.done;
        Ok(said)
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
            let found = waitpid(self.middle, Some(WaitPidFlag::__WALL | WaitPidFlag::WNOHANG));
            self.left = matches!(found, Ok(WaitStatus::Exited(..)));
            self.ended = match found {
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
        if self.silent {
            self.status(Instant::now() + LAST_STEPS_MAX);
        }
        if !self.look() {
            // Its group, which it may not have made yet; then itself.
            let _ = kill(Pid::from_raw(-self.middle.as_raw()), Signal::SIGKILL);
            let _ = kill(self.middle, Signal::SIGKILL);
            while waitpid(self.middle, Some(WaitPidFlag::__WALL)) == Err(Errno::EINTR) {}
        }
        // One that was killed may have left the program a step before exec: then the ground is given up, not freed.
        if self.left {
            // SAFETY: `unseen` made it of a box, and neither process is on it any more.
            drop(unsafe { Box::from_raw(self.ground) });
        }
    }
}

/// All that the two processes need, ready before the first of them exists and there until both have ended.
struct Ground {
    path: CString,
    arguments: Texts,
    environment: Texts,
    /// What becomes standard input, output and error; each above those.
    streams: [RawFd; 3],
    middle_stack: Stack,
    program_stack: Stack,
}

#[repr(align(16))]
struct Stack(#[expect(dead_code, reason = "only its place matters")] [u8; STACK_BYTES]);

/// Where a stack begins: they grow downwards.
///
/// # Safety
/// `stack` points to a whole one.
unsafe fn top(stack: *mut Stack) -> *mut c_void {
    // SAFETY: the end of the same allocation.
    unsafe { stack.add(1).cast() }
}

/// C strings, and pointers to them with a null behind, as exec wants them.
struct Texts {
    pointers: Vec<*const c_char>,
    _texts: Vec<CString>,
}

impl Texts {
    fn new(texts: &[OsString]) -> io::Result<Self> {
        let texts = texts.iter().map(|text| Ok(CString::new(text.as_bytes())?)).collect::<io::Result<Vec<_>>>()?;
        let pointers = texts.iter().map(|text| text.as_ptr()).chain([ptr::null()]).collect();
        Ok(Self { pointers, _texts: texts })
    }
}

impl Ground {
    fn new(
        program: &Path,
        arguments: &[OsString],
        environment: &[OsString],
        streams: [RawFd; 3],
    ) -> io::Result<Box<Self>> {
        Ok(Box::new(Self {
            path: CString::new(program.as_os_str().as_bytes())?,
            arguments: Texts::new(arguments)?,
            environment: Texts::new(environment)?,
            streams,
            middle_stack: Stack([0; STACK_BYTES]),
            program_stack: Stack([0; STACK_BYTES]),
        }))
    }
}

fn above_standard(fd: &impl std::os::fd::AsFd) -> io::Result<OwnedFd> {
    let copy = fcntl(fd, FcntlArg::F_DUPFD_CLOEXEC(FIRST_FD))?;
    // SAFETY: `F_DUPFD_CLOEXEC` just made this descriptor, and nothing else has its number.
    Ok(unsafe { std::os::fd::FromRawFd::from_raw_fd(copy) })
}

/// Makes the process in the middle. Signals are held back meanwhile: no handler of the application may run in it.
fn unseen(ground: Box<Ground>) -> io::Result<(Pid, *mut Ground)> {
    let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK)?;
    let ground = Box::into_raw(ground);
    // SAFETY: `middle` runs on a stack that nobody else uses, and reads what nobody writes; `Hidden` keeps both until the
    // process has ended. No exit signal: see above.
    let made = unsafe { libc::clone(middle, top(&raw mut (*ground).middle_stack), libc::CLONE_VM, ground.cast()) };
    let error = io::Error::last_os_error();
    // Cannot fail: the mask is one that was in force.
    let _ = before.thread_set_mask();
    if made < 0 {
        // SAFETY: nobody else has it.
        drop(unsafe { Box::from_raw(ground) });
        return Err(error);
    }
    Ok((Pid::from_raw(made), ground))
}

/// The process in the middle: lets go of everything of the application, starts the program, passes on how it ended.
///
/// It shares `errno` and all other memory with the application's thread, so it makes plain system calls, none that could be
/// a cancellation point, and none that fails in the ordinary course of things.
extern "C" fn middle(ground: *mut c_void) -> c_int {
    // SAFETY: `unseen` passes a `Ground` that outlives this process. System calls and nothing else: nothing is allocated,
    // locked or dropped. Descriptors and signals are this process's own copies; the streams are open and above those that
    // they are copied to. The thread of this process stands still until the program has its own memory (CLONE_VFORK).
    unsafe {
        let ground = ground.cast::<Ground>();
        libc::setsid();
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        let streams = &raw const (*ground).streams;
        for to in 0..FIRST_FD {
            libc::dup2((*streams)[to as usize], to);
        }
        close_from(FIRST_FD);
        let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
        let stack = top(&raw mut (*ground).program_stack);
        let program = libc::clone(become_program, stack, flags, ground.cast());
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
    let mut status: c_int = 0;
    // SAFETY: waits for a child of this process into a local. All signals are blocked, so nothing interrupts it.
    let ended = unsafe { libc::syscall(libc::SYS_wait4, program, &raw mut status, 0, ptr::null_mut::<c_void>()) };
    match ended {
        ..0 => EXIT_NO_PROGRAM,
        _ if libc::WIFEXITED(status) => libc::WEXITSTATUS(status),
        _ => 128 + libc::WTERMSIG(status),
    }
}

/// The program's process: signals as a fresh process has them, then exec.
extern "C" fn become_program(ground: *mut c_void) -> c_int {
    // SAFETY: as in `middle`, which stands still meanwhile; the mask is a local; paths and arrays end in null.
    unsafe {
        let ground = ground.cast::<Ground>();
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        for signal in (1..=SIGNALS_MAX).filter(|s| ![libc::SIGKILL, libc::SIGSTOP].contains(s)) {
            // Not through the library, which keeps two signals to itself.
            libc::syscall(libc::SYS_rt_sigaction, signal, DEFAULT_ACTION.as_ptr(), ptr::null::<c_long>(), SIGSET_BYTES);
        }
        let none: u64 = 0;
        libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_SETMASK, &raw const none, ptr::null::<u64>(), SIGSET_BYTES);
        let (path, arguments, environment) = (&(*ground).path, &(*ground).arguments, &(*ground).environment);
        libc::execve(path.as_ptr(), arguments.pointers.as_ptr(), environment.pointers.as_ptr());
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
        if libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) < 0 {
            (first..FDS_MAX).for_each(|fd| {
                libc::syscall(libc::SYS_close, fd);
            });
        }
    }
}
