//! The program as a child process: started as it would have been, sent the signals that were meant for it, its end taken
//! over.
//!
//! In: an interpreter and its arguments. Out: how it ended. Never here: a signal lost between start and wait, a signal
//! sent twice (a terminal's reach the program by themselves), a changed signal disposition.

use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{self, Child, ExitCode, ExitStatus};
use std::time::Duration;

use anyhow::Context;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigSet, Signal, kill, raise};
use nix::sys::signalfd::{SfdFlags, SignalFd, siginfo};
use nix::unistd::Pid;

use super::bootstrap::Bootstrap;
use super::command::Command;
use super::interpreter::Interpreter;

/// What is passed on. SIGCHLD only wakes.
const WATCHED: [Signal; 9] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGALRM,
    Signal::SIGWINCH,
    Signal::SIGCHLD,
];

/// A started program.
pub(super) struct Program {
    child: Child,
    signals: SignalFd,
}

impl Program {
    pub(super) fn start(interpreter: &Interpreter, command: &Command, bootstrap: &Bootstrap) -> anyhow::Result<Self> {
        let mut start = process::Command::new(&interpreter.path);
        start.args(&command.args).env("PYTHONPATH", bootstrap.search_path());
        let before = block()?;
        let child = spawn(&mut start, before)
            .with_context(|| format!("interpreter `{}` cannot be started", interpreter.path.display()))?;
        let signals = SignalFd::with_flags(&watched(), SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
        Ok(Self { child, signals })
    }

    /// Waits until there may be something to do, `most` at longest, and passes signals on.
    pub(super) fn wait(&mut self, most: Duration) {
        let most = PollTimeout::try_from(most).unwrap_or(PollTimeout::ZERO);
        let mut watched = [PollFd::new(self.signals.as_fd(), PollFlags::POLLIN)];
        // Interrupted or not: the next round looks at everything again.
        let _ = poll(&mut watched, most);
        while let Ok(Some(signal)) = self.signals.read_signal() {
            self.pass_on(&signal);
        }
    }

    /// The kernel sends a terminal's signals to the whole process group, so the program has them already.
    fn pass_on(&self, signal: &siginfo) {
        let number = i32::try_from(signal.ssi_signo).ok().and_then(|n| Signal::try_from(n).ok());
        let from_kernel = signal.ssi_code == libc::SI_KERNEL;
        match number {
            Some(number) if number != Signal::SIGCHLD && !from_kernel => {
                let _ = kill(self.pid(), number);
            }
            _ => {}
        }
    }

    /// How it ended, if it did.
    pub(super) fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        self.child.try_wait().context("the program cannot be waited for")
    }

    /// Ends it before it began.
    pub(super) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap_or(i32::MAX))
    }
}

/// Ends this process as the program ended.
pub(super) fn end_alike(status: ExitStatus) -> ExitCode {
    if let Some(signal) = status.signal() {
        die_by(signal);
        return ExitCode::from(u8::try_from(128 + signal).unwrap_or(255));
    }
    ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

/// Comes back only where the signal does not end this process.
fn die_by(signal: i32) {
    let Ok(signal) = Signal::try_from(signal) else { return };
    // The program left its core, if it may; ours would say nothing.
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    let mut own = SigSet::empty();
    own.add(signal);
    let _ = own.thread_unblock();
    // The second reaches the default where the runtime had a handler that took itself off at the first.
    let _ = raise(signal);
    let _ = raise(signal);
}

fn watched() -> SigSet {
    WATCHED.into_iter().collect()
}

/// Keeps the watched signals for the descriptor; gives the mask as it was, which the program inherits.
fn block() -> nix::Result<SigSet> {
    let before = SigSet::thread_get_mask()?;
    watched().thread_block()?;
    Ok(before)
}

/// Starts a process with the mask `before`: a mask is the thread's that starts it, so that is done by another.
fn spawn(start: &mut process::Command, before: SigSet) -> std::io::Result<Child> {
    std::thread::scope(|scope| {
        let starting = scope.spawn(move || {
            before.thread_set_mask()?;
            start.spawn()
        });
        starting.join().unwrap_or_else(|_| Err(std::io::Error::other("the starting thread panicked")))
    })
}
