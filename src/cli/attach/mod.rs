//! `waspect attach`: probes in a process that runs, for as long as this command does.
//!
//! In: a process id, probe files or texts. Out: reports while it runs, a summary. Never here: a probe that stays behind,
//! however this command ends: the session lives by the connection that it holds.

mod asked;
mod meeting;
mod watch;

use std::fs;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::bail;

use super::agents;
use super::observe::{Probing, REST};
use super::signals::die_by;
use crate::control::client::{self, Client};
use crate::inject::{self, InjectError, Limits, Payload, Report, Target};

use asked::Asked;
use meeting::{Agent, Meeting};
use watch::Watch;

/// The versions whose private layouts the agent knows.
const MINORS: std::ops::RangeInclusive<u8> = 11..=13;
/// How often is shown what was counted, on a terminal.
const EVERY: Duration = Duration::from_secs(1);

/// Put probes into a running Python process; Ctrl-C takes them out again
///
/// The process needs nothing: no restart, no package, no change. One of its threads is borrowed for a few milliseconds to
/// load the agent, in which the probes then live. They are gone within a second of this command's end, however it ends.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  waspect attach 4242 -e 'fn:shop.cart.*:exit { @lat[fn] = quantize(elapsed); }'
  waspect attach 4242 -p slow_calls.wasm --for 60s -o jsonl:calls.jsonl

From CPython 3.12 on a program that forks while it is observed hears a DeprecationWarning of its threads: there is one more.

Needed: the right to trace the process: its own user where `kernel.yama.ptrace_scope` is 0, or CAP_SYS_PTRACE.")]
pub(crate) struct Attach {
    /// The process
    #[arg(value_name = "PID")]
    pid: i32,
    #[command(flatten)]
    probing: Probing,
}

/// Observes until told to stop, for the time asked for, or until the process ends.
///
/// # Errors
/// When the process cannot be entered or its probes do not load: exit code 2, and the process is as it was.
pub(crate) fn run(args: &Attach) -> anyhow::Result<ExitCode> {
    // Before any thread, and before anything is to be undone.
    let asked = Asked::keep()?;
    let target = inject::look(args.pid)?;
    let agent = agent(&target)?;
    let load = args.probing.load()?;
    let observation = args.probing.observation(is_terminal().then_some(EVERY))?;
    let meeting = Meeting::prepare(args.pid, &agent)?;
    let client = Client::listen(meeting.dir(), client::Asked::ToStay(Some(load)))?;
    meeting.give_away()?;
    let watch = Watch { pid: args.pid, asked, observation };
    match entered(&target, &meeting, &watch.asked) {
        Ok(report) => watch.entered(&report),
        Err(error) => return Err(watch::said(client).unwrap_or(error.into())),
    }
    watch.run(client)
}

/// Enters the process on a thread of its own. A signal ends this command meanwhile, which leaves the process as it was.
fn entered(target: &Target, meeting: &Meeting, asked: &Asked) -> Result<Report, InjectError> {
    let bootstrap = meeting.bootstrap();
    let payload = Payload { agent: meeting.agent(), bootstrap: &bootstrap };
    thread::scope(|scope| {
        let entering = scope.spawn(|| inject::inject(target, &payload, &Limits::default()));
        while !entering.is_finished() {
            if let Some(signal) = asked.wait(REST) {
                meeting.remove();
                die_by(signal);
            }
        }
        entering.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn is_terminal() -> bool {
    std::io::IsTerminal::is_terminal(&std::io::stderr())
}

/// The agent that the process has already, else the one of this command: two in one process would not know of each
/// other's hooks.
fn agent(target: &Target) -> anyhow::Result<Agent> {
    let suffix = suffix(target)?;
    let maps = fs::read_to_string(format!("/proc/{}/maps", target.pid)).unwrap_or_default();
    let mut loaded = maps.lines().filter_map(|line| line.find('/').map(|at| &line[at..]));
    match loaded.find(|path| path.ends_with(&format!("/_core{suffix}"))) {
        Some(path) => Ok(Agent::Theirs(path.into())),
        None => agents::find(&suffix, &version(target)).map(Agent::Ours),
    }
}

pub(super) fn version(target: &Target) -> String {
    let (major, minor, patch) = target.python.version;
    format!("{major}.{minor}.{patch}")
}

/// How the file of the agent for that interpreter ends.
///
/// # Errors
/// When there can be no agent for it.
pub(super) fn suffix(target: &Target) -> anyhow::Result<String> {
    let (python, version) = (&target.python, version(target));
    let (major, minor, _) = python.version;
    if python.is_free_threaded || python.is_debug || major != 3 || !MINORS.contains(&minor) {
        let kind = if python.is_free_threaded {
            "free-threaded "
        } else if python.is_debug {
            "a debug build of "
        } else {
            ""
        };
        bail!("process {} runs {kind}CPython {version}, expected CPython 3.11 to 3.13", target.pid);
    }
    Ok(format!(".cpython-{major}{minor}-{}-linux-gnu.so", std::env::consts::ARCH))
}
