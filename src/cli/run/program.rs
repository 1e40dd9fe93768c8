//! The program as a child process: started as it would have been, sent the signals that were meant for it, its end taken
//! over.
//!
//! In: an interpreter and its arguments. Out: how it ended. Never here: a signal lost between start and wait, a signal
//! sent twice (a terminal's reach the program by themselves), a changed signal disposition.

use std::env;
use std::ffi::{CString, OsStr, OsString};
use std::os::fd::AsFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::spawn::{PosixSpawnAttr, PosixSpawnFileActions, PosixSpawnFlags, posix_spawnp};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigSet, Signal, kill, raise};
use nix::sys::signalfd::{SfdFlags, SignalFd, siginfo};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
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

/// Signals kept for the program. Made before any thread: a thread that does not block them would be ended by them.
pub(super) struct Signals {
    kept: SignalFd,
    /// The mask as it was, which the program inherits.
    before: SigSet,
}

impl Signals {
    pub(super) fn keep() -> anyhow::Result<Self> {
        let before = SigSet::thread_get_mask()?;
        watched().thread_block()?;
        let kept = SignalFd::with_flags(&watched(), SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
        Ok(Self { kept, before })
    }
}

/// A started program.
pub(super) struct Program {
    pid: Pid,
    signals: Signals,
    end: Option<End>,
}

/// How a program ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    Code(i32),
    Signal(Signal),
}

impl Program {
    pub(super) fn start(
        interpreter: &Interpreter,
        command: &Command,
        bootstrap: &Bootstrap,
        signals: Signals,
    ) -> anyhow::Result<Self> {
        let environment = environment(bootstrap.search_path());
        let pid = spawn(&interpreter.path, &command.args, &environment, &signals.before)
            .with_context(|| format!("interpreter `{}` cannot be started", interpreter.path.display()))?;
        Ok(Self { pid, signals, end: None })
    }

    /// Waits until there may be something to do, `most` at longest, and passes signals on.
    pub(super) fn wait(&mut self, most: Duration) {
        let most = PollTimeout::try_from(most).unwrap_or(PollTimeout::ZERO);
        let mut watched = [PollFd::new(self.signals.kept.as_fd(), PollFlags::POLLIN)];
        // Interrupted or not: the next round looks at everything again.
        let _ = poll(&mut watched, most);
        while let Ok(Some(signal)) = self.signals.kept.read_signal() {
            self.pass_on(&signal);
        }
    }

    /// The kernel sends a terminal's signals to the whole process group, so the program has them already.
    fn pass_on(&self, signal: &siginfo) {
        let number = i32::try_from(signal.ssi_signo).ok().and_then(|n| Signal::try_from(n).ok());
        let from_kernel = signal.ssi_code == libc::SI_KERNEL;
        match number {
            Some(number) if number != Signal::SIGCHLD && !from_kernel => {
                let _ = kill(self.pid, number);
            }
            _ => {}
        }
    }

    /// How it ended, if it did.
    pub(super) fn ended(&mut self) -> Option<End> {
        self.end = self.end.or_else(|| end_of(self.pid, Some(WaitPidFlag::WNOHANG)));
        self.end
    }

    /// Ends it before it began.
    pub(super) fn kill(&mut self) {
        if self.ended().is_none() {
            let _ = kill(self.pid, Signal::SIGKILL);
            self.end = end_of(self.pid, None);
        }
    }
}

impl End {
    /// Ends this process as the program ended; comes back where that is by a code.
    pub(super) fn follow(self) -> ExitCode {
        match self {
            Self::Code(code) => ExitCode::from(u8::try_from(code).unwrap_or(255)),
            Self::Signal(signal) => {
                die_by(signal);
                ExitCode::from(u8::try_from(128 + signal as i32).unwrap_or(255))
            }
        }
    }
}

fn end_of(pid: Pid, flags: Option<WaitPidFlag>) -> Option<End> {
    match waitpid(pid, flags) {
        Ok(WaitStatus::Exited(_, code)) => Some(End::Code(code)),
        Ok(WaitStatus::Signaled(_, signal, _)) => Some(End::Signal(signal)),
        Ok(_) | Err(nix::Error::EINTR) => None,
        // It is gone, by a signal without a name.
        Err(_) => Some(End::Code(255)),
    }
}

/// Comes back only where the signal does not end this process.
fn die_by(signal: Signal) {
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

/// Starts a process that has the signal mask `mask` and, as a shell would give it, the default for SIGPIPE, which this
/// one ignores.
fn spawn(path: &OsStr, args: &[OsString], environment: &[CString], mask: &SigSet) -> anyhow::Result<Pid> {
    let path = CString::new(path.as_bytes())?;
    let mut line = vec![path.clone()];
    for arg in args {
        line.push(CString::new(arg.as_bytes())?);
    }
    let mut attributes = PosixSpawnAttr::init()?;
    attributes.set_sigmask(mask)?;
    attributes.set_sigdefault(&SigSet::from(Signal::SIGPIPE))?;
    attributes.set_flags(PosixSpawnFlags::POSIX_SPAWN_SETSIGMASK | PosixSpawnFlags::POSIX_SPAWN_SETSIGDEF)?;
    Ok(posix_spawnp(&path, &PosixSpawnFileActions::init()?, &attributes, &line, environment)?)
}

/// This process's environment in its own order, but for `PYTHONPATH`, which keeps its place or comes last.
fn environment(search_path: &OsStr) -> Vec<CString> {
    let mut all: Vec<(OsString, OsString)> = env::vars_os().collect();
    match all.iter_mut().find(|(name, _)| name == "PYTHONPATH") {
        Some((_, value)) => search_path.clone_into(value),
        None => all.push(("PYTHONPATH".into(), search_path.to_owned())),
    }
    all.into_iter()
        .filter_map(|(name, value)| CString::new([name.into_vec(), value.into_vec()].join(&b'=')).ok())
        .collect()
}
