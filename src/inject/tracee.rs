//! One thread of another process, under ptrace.
//!
//! In: a thread's id. Out: its stops and its state. Never here: a decision, an option that ends the thread together with
//! this one, a wait without an end.
//!
//! The kernel detaches everything that a thread traces when that thread ends, whatever state it is in: whoever uses this
//! does so in a thread of its own, and to let go means to let that thread end.

use std::io;
use std::time::{Duration, Instant};

use libc::{c_int, c_long, c_void};
use nix::errno::Errno;
use nix::sys::ptrace;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

const NT_X86_XSTATE: usize = 0x202;
/// More than any processor has.
const XSTATE_BYTES_MAX: usize = 16 << 10;
const MASK_BYTES: usize = 8;
/// How long a stop is expected at once: a system call takes no longer, and sleeping would take longer than it.
const AT_ONCE: Duration = Duration::from_micros(200);
const GLANCE: Duration = Duration::from_micros(50);

#[derive(Debug)]
pub(super) struct Tracee(pub(super) Pid);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The one that was asked for.
    Asked,
    /// The whole process is being stopped, by this signal.
    Group(Signal),
    /// Before or after a system call.
    Call,
    /// It was sent this signal and has not got it yet.
    Sent(Signal),
    Ended,
}

impl Tracee {
    /// From now on it can be stopped; it runs on.
    pub(super) fn seize(thread: Pid) -> nix::Result<Self> {
        ptrace::seize(thread, ptrace::Options::PTRACE_O_TRACESYSGOOD).map(|()| Self(thread))
    }

    /// Asks for a stop.
    pub(super) fn interrupt(&self) -> nix::Result<()> {
        ptrace::interrupt(self.0)
    }

    /// The next stop; `None` when the time is over.
    pub(super) fn wait(&self, until: Instant) -> nix::Result<Option<Stop>> {
        let began = Instant::now();
        loop {
            match waitpid(self.0, Some(WaitPidFlag::__WALL | WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::StillAlive) | Err(Errno::EINTR) => {}
                Ok(status) => return Ok(Some(stop(status))),
                Err(Errno::ECHILD) => return Ok(Some(Stop::Ended)),
                Err(e) => return Err(e),
            }
            match Instant::now() {
                now if now >= until => return Ok(None),
                now if now - began < AT_ONCE => std::thread::yield_now(),
                _ => std::thread::sleep(GLANCE),
            }
        }
    }

    /// Runs until the next system call begins or ends.
    pub(super) fn to_call(&self, signal: Option<Signal>) -> nix::Result<()> {
        ptrace::syscall(self.0, signal)
    }

    pub(super) fn go_on(&self, signal: Option<Signal>) -> nix::Result<()> {
        ptrace::cont(self.0, signal)
    }

    /// It goes on by itself, with the signal it was sent.
    pub(super) fn detach(&self, signal: Option<Signal>) -> nix::Result<()> {
        ptrace::detach(self.0, signal)
    }

    pub(super) fn regs(&self) -> nix::Result<libc::user_regs_struct> {
        ptrace::getregs(self.0)
    }

    pub(super) fn set_regs(&self, regs: libc::user_regs_struct) -> nix::Result<()> {
        ptrace::setregs(self.0, regs)
    }

    /// Floating-point and vector registers, as the kernel shows them.
    pub(super) fn xstate(&self) -> nix::Result<Vec<u8>> {
        let mut state = vec![0u8; XSTATE_BYTES_MAX];
        let mut part = libc::iovec { iov_base: state.as_mut_ptr().cast(), iov_len: state.len() };
        self.request(libc::PTRACE_GETREGSET, NT_X86_XSTATE, (&raw mut part).cast())?;
        state.truncate(part.iov_len);
        Ok(state)
    }

    pub(super) fn set_xstate(&self, state: &[u8]) -> nix::Result<()> {
        let mut part = libc::iovec { iov_base: state.as_ptr().cast_mut().cast(), iov_len: state.len() };
        self.request(libc::PTRACE_SETREGSET, NT_X86_XSTATE, (&raw mut part).cast())
    }

    /// The signals it does not take now, one bit each.
    pub(super) fn mask(&self) -> nix::Result<u64> {
        let mut mask = 0u64;
        self.request(libc::PTRACE_GETSIGMASK, MASK_BYTES, (&raw mut mask).cast())?;
        Ok(mask)
    }

    pub(super) fn set_mask(&self, mask: u64) -> nix::Result<()> {
        self.request(libc::PTRACE_SETSIGMASK, MASK_BYTES, (&raw const mask).cast_mut().cast())
    }

    fn request(&self, request: libc::c_uint, address: usize, data: *mut c_void) -> nix::Result<()> {
        // SAFETY: each caller passes what its request reads or writes: a vector over bytes that live, or a mask of the size
        // it says. A thread that is not stopped by this one gives an error.
        let done: c_long = unsafe { libc::ptrace(request, self.0.as_raw() as c_int, address, data) };
        if done == -1 { Err(Errno::last()) } else { Ok(()) }
    }
}

fn stop(status: WaitStatus) -> Stop {
    match status {
        WaitStatus::PtraceSyscall(_) => Stop::Call,
        WaitStatus::PtraceEvent(_, Signal::SIGTRAP, _) => Stop::Asked,
        WaitStatus::PtraceEvent(_, signal, _) => Stop::Group(signal),
        WaitStatus::Stopped(_, signal) => Stop::Sent(signal),
        _ => Stop::Ended,
    }
}

/// So that whoever waits at a terminal ends the command between two stops, not in one.
pub(super) fn hold_signals() -> io::Result<()> {
    use nix::sys::signal::SigSet;
    let held: SigSet = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP].into_iter().collect();
    Ok(held.thread_block()?)
}
