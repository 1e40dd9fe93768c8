//! The program as a child process: started as it would have been, sent the signals that were meant for it, its end taken
//! over.
//!
//! In: an interpreter and its arguments. Out: how it ended. Never here: a signal lost between start and wait, a signal
//! sent twice (a terminal's reach the program by themselves), a changed signal disposition.

use std::ffi::{CString, OsStr, OsString};
use std::os::fd::AsFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use anyhow::Context;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::spawn::{PosixSpawnAttr, PosixSpawnFileActions, PosixSpawnFlags, posix_spawnp};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd, siginfo};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::bootstrap::Bootstrap;
use super::command::Command;
use super::interpreter::Interpreter;
use crate::cli::signals::die_by;

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

/// After the program's end its last reports are written; a signal that comes later finds them stuck.
const LAST_REPORTS: Duration = Duration::from_millis(500);

/// A started program.
pub(super) struct Program {
    running: Arc<Mutex<Running>>,
    woken: Receiver<()>,
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
        let (wake, woken) = channel();
        let own = Arc::new(Mutex::new(Running { pid, end: None }));
        let courier = Courier { running: own.clone(), wake, folder: bootstrap.dir().to_owned(), idle_since: None };
        thread::spawn(move || courier.serve(&signals.kept));
        Ok(Self { running: own, woken })
    }

    /// Waits until there may be something to do, `most` at longest.
    pub(super) fn wait(&self, most: Duration) {
        if self.woken.recv_timeout(most).is_ok() {
            self.woken.try_iter().for_each(drop);
        }
    }

    /// How it ended, if it did.
    pub(super) fn ended(&self) -> Option<End> {
        locked(&self.running).ended(Some(WaitPidFlag::WNOHANG))
    }

    /// Ends it before it began.
    pub(super) fn kill(&self) {
        let mut running = locked(&self.running);
        if running.ended(Some(WaitPidFlag::WNOHANG)).is_none() {
            let _ = kill(running.pid, Signal::SIGKILL);
            running.ended(None);
        }
    }
}

/// A process id is the program's until its end was taken note of, so both happen under one lock.
struct Running {
    pid: Pid,
    end: Option<End>,
}

fn locked(running: &Mutex<Running>) -> MutexGuard<'_, Running> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Running {
    fn ended(&mut self, flags: Option<WaitPidFlag>) -> Option<End> {
        self.end = self.end.or_else(|| end_of(self.pid, flags));
        self.end
    }
}

/// Passes signals on, on a thread of its own: whoever writes the output may be waiting for its reader.
struct Courier {
    running: Arc<Mutex<Running>>,
    wake: Sender<()>,
    folder: PathBuf,
    /// Since when there is no program.
    idle_since: Option<Instant>,
}

impl Courier {
    fn serve(mut self, kept: &SignalFd) {
        loop {
            let mut watched = [PollFd::new(kept.as_fd(), PollFlags::POLLIN)];
            // Interrupted or not: the next round looks again.
            let _ = poll(&mut watched, PollTimeout::NONE);
            while let Ok(Some(signal)) = kept.read_signal() {
                self.pass_on(&signal);
            }
            // Nobody waits any more when this process is about to end.
            let _ = self.wake.send(());
        }
    }

    /// The kernel sends a terminal's signals to the whole process group, so the program has them already.
    fn pass_on(&mut self, signal: &siginfo) {
        let Some(number) = i32::try_from(signal.ssi_signo).ok().and_then(|n| Signal::try_from(n).ok()) else { return };
        let mut running = locked(&self.running);
        let ended = running.ended(Some(WaitPidFlag::WNOHANG)).is_some();
        match (number, ended) {
            (Signal::SIGCHLD, true) => drop(self.idle_since.get_or_insert_with(Instant::now)),
            (Signal::SIGCHLD, false) => {}
            (_, false) if signal.ssi_code == libc::SI_KERNEL => {}
            (_, false) => drop(kill(running.pid, number)),
            (_, true) => self.end_waiting(number),
        }
    }

    /// The program is gone and an output's reader does not read: a signal is now meant for this process. One that came
    /// with the program's end was meant for the program.
    fn end_waiting(&self, number: Signal) {
        let deadly = matches!(number, Signal::SIGINT | Signal::SIGTERM | Signal::SIGHUP | Signal::SIGQUIT);
        if deadly && self.idle_since.is_some_and(|since| since.elapsed() > LAST_REPORTS) {
            let _ = fs::remove_dir_all(&self.folder);
            die_by(number);
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
