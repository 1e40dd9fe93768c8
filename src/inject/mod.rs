//! Entering a running process that was not prepared: its interpreter is made to load the agent.
//!
//! In: a process id, the agent's path, a few lines of Python. Out: those lines run in the target, in a thread of their
//! own; how long one thread stood still for it. Never here: code written into the target, a file on its disk, Python on a
//! thread of its, two threads stopped at once, an end of this command (however, whenever) that would harm it.
//!
//! ```text
//!  look      the target's memory says which Python it is and where its functions are            (nothing is stopped)
//!  stop      one thread, at a place where it holds no lock                                        safe
//!  call      memfd_create · dlopen · mmap · pthread_create on that thread, then it is given back  frame, call, enter
//!  shim      its own thread: load the agent, take the interpreter's lock, run the lines, vanish
//! ```

pub mod access;
mod call;
pub mod elf;
mod enter;
mod error;
mod frame;
pub mod maps;
mod memory;
pub mod safe;
pub mod shim;
mod stop;
mod target;
#[expect(unsafe_code, reason = "a thread's vector registers and signal mask are requests that only raw ptrace has")]
mod tracee;

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

pub use access::has_ended;
use call::{Borrowed, Halt};
use enter::Trouble;
pub use error::{InjectError, Rule};
use shim::{AGENT_BYTES_MAX, SOURCE_BYTES_MAX, Shared, state};
pub use target::{Python, Target, look, recognise};

/// How often the shim's answer is looked for.
const GLANCE: Duration = Duration::from_millis(1);
/// After a request was taken back: how long until it surely is.
const LAST_WORD: Duration = Duration::from_millis(100);

/// What shall happen in the target.
#[derive(Clone, Copy, Debug)]
pub struct Payload<'a> {
    /// The agent's library as the target sees it, loaded before the interpreter's lock is taken. Empty: none.
    pub agent: &'a Path,
    /// Python source. `agent` is the path; nothing else is there but the builtins.
    pub bootstrap: &'a str,
}

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Until a thread is at a safe place.
    pub search: Duration,
    /// The one stop in which calls are made. When it is over the thread is let go and finishes by itself.
    pub stop: Duration,
    /// From there to the bootstrap's end.
    pub answer: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { search: Duration::from_secs(10), stop: Duration::from_secs(2), answer: Duration::from_secs(15) }
    }
}

/// What it took.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// How long the one thread stood still, or worked for us.
    pub stopped: Duration,
    /// How often a thread was stopped until one was at a safe place, that one included.
    pub tries: u32,
    /// How long threads stood still in the tries before, all together.
    pub stopped_before: Duration,
    pub thread: i32,
    /// From the thread's release to the bootstrap's end.
    pub answered: Duration,
}

/// Runs the payload in the target.
///
/// # Errors
/// When no thread can be borrowed, a step fails, or the payload does. The target goes on as it was; only after `Silent`
/// with a bootstrap that has begun something of it may still run.
pub fn inject(target: &Target, payload: &Payload<'_>, limits: &Limits) -> Result<Report, InjectError> {
    check_payload(target, payload)?;
    // Its own thread: what it traces is let go when it ends, whatever happened.
    let entered = thread::scope(|scope| scope.spawn(|| borrow(target, payload, limits)).join());
    let (shared, mut report) = entered.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    let released = Instant::now();
    answer(target.pid, &shared, limits.answer)?;
    report.answered = released.elapsed();
    Ok(report)
}

fn check_payload(target: &Target, payload: &Payload<'_>) -> Result<(), InjectError> {
    let pid = target.pid;
    let agent = payload.agent.as_os_str().as_bytes();
    for (what, found, most) in [
        ("agent's path", agent.len(), AGENT_BYTES_MAX - 1),
        ("bootstrap", payload.bootstrap.len(), SOURCE_BYTES_MAX - 1),
    ] {
        if found > most {
            return Err(InjectError::TooLong { pid, what, found, most });
        }
    }
    let seen = Path::new(&format!("/proc/{pid}/root")).join(payload.agent.strip_prefix("/").unwrap_or(payload.agent));
    if agent.is_empty() || (payload.agent.is_absolute() && seen.is_file()) {
        return Ok(());
    }
    Err(InjectError::AgentUnseen { pid, path: payload.agent.display().to_string() })
}

fn borrow(target: &Target, payload: &Payload<'_>, limits: &Limits) -> Result<(Shared, Report), InjectError> {
    let pid = target.pid;
    let block = enter::block(target, payload.agent.as_os_str().as_bytes(), payload.bootstrap.as_bytes());
    tracee::hold_signals().map_err(|error| InjectError::Os { pid, what: "holding signals", error })?;
    let found = stop::find(target, limits.search)?;
    let since = found.since;
    let (tries, stopped_before, thread) = (found.tries, found.before, found.tracee.0.as_raw());
    let mut borrowed = Borrowed::new(found, target, since + limits.stop);
    let entered = enter::enter(&mut borrowed, target, &block);
    let left = borrowed.leave();
    let stopped = since.elapsed();
    let shared = entered.map_err(|trouble| explain(pid, trouble, stopped))?;
    // Late on the way back is no failure: it goes on by itself.
    match left {
        Ok(()) | Err(Halt::Late) => {}
        Err(halt) => return Err(explain(pid, Trouble::Halt("the way back", halt), stopped)),
    }
    Ok((shared, Report { stopped, tries, stopped_before, thread, answered: Duration::ZERO }))
}

fn explain(pid: i32, trouble: Trouble, stopped: Duration) -> InjectError {
    match trouble {
        Trouble::Failed(what, why) => InjectError::Call { pid, what, why },
        Trouble::Halt(during, Halt::Late) => InjectError::TooSlow { pid, during, stopped },
        Trouble::Halt(what, Halt::Fault(signal)) => InjectError::Call { pid, what, why: format!("it raised {signal}") },
        Trouble::Halt(_, Halt::Ended) => InjectError::Gone { pid },
        Trouble::Halt(what, Halt::Os(error)) => InjectError::Os { pid, what, error: error.into() },
    }
}

/// Waits for the shim's last word.
fn answer(pid: i32, shared: &Shared, most: Duration) -> Result<(), InjectError> {
    let began = Instant::now();
    let mut last = wait(pid, shared, began + most)?;
    if last < state::DONE {
        let _ = shared.cancel();
        if last < state::RUNNING {
            last = wait(pid, shared, Instant::now() + LAST_WORD)?;
        }
    }
    match last {
        state::DONE => Ok(()),
        state::NOT_INITIALISED | state::FINALIZING => Err(InjectError::NotInitialised { pid }),
        state::AGENT_REFUSED => Err(InjectError::AgentRefused { pid, said: shared.said() }),
        state::RAISED => Err(InjectError::Raised { pid, said: shared.said() }),
        state => Err(InjectError::Silent { pid, state, waited: began.elapsed() }),
    }
}

fn wait(pid: i32, shared: &Shared, until: Instant) -> Result<u32, InjectError> {
    loop {
        let state = shared.state().map_err(|error| InjectError::Os { pid, what: "reading the answer", error })?;
        if state >= state::DONE || Instant::now() >= until {
            return Ok(state);
        }
        if access::has_ended(pid) {
            return Err(InjectError::Gone { pid });
        }
        thread::sleep(GLANCE);
    }
}
