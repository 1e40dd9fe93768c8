//! `waspect attach`: probes in processes that run, for as long as this command does.
//!
//! In: targets, probe files or texts. Out: reports while they run, a summary. Never here: a probe that stays behind,
//! however this command ends: the session lives by the connections that it holds.

mod entry;
pub(super) mod group;
mod meeting;
pub(super) mod members;
mod said;
pub(super) mod wanted;
mod watch;

use std::process::ExitCode;
use std::time::Duration;

use super::asked::Asked;
use super::desk::Desk;
use super::load::Background;
use super::observe::{Observation, Probing};
use super::target::{FORMS, Target};
use crate::control::client;
use crate::desk::How;
use crate::frames::Load;

pub(super) use entry::{allowed, suffix, version};
use group::Group;
use wanted::Wanted;
use watch::Watch;

/// How often is shown what was counted, on a terminal.
const EVERY: Duration = Duration::from_secs(1);

const EXAMPLES: &str = "\
Examples:
  waspect attach 4242 -e 'fn:shop.cart.*:exit { @lat[fn] = quantize(elapsed); }'
  waspect attach name:gunicorn -p slow_calls.wasm --for 60s -o jsonl:calls.jsonl
  waspect attach :8000 -e 'fn:shop.cart.*:exit { @lat[fn] = quantize(elapsed); }'";

const MORE: &str = "\
Processes of a name or a port are observed together, and what they count is added up.
New ones join: forked ones by themselves, others within a second. It ends when none is
left. Of an id that process is meant, and the children it forks from now on; with
`--children` also the Python descendants it has, and those it starts in other ways.
A process that cannot be entered is said once; the others are observed all the same.

From CPython 3.12 on a program that forks while it is observed hears a
DeprecationWarning of its threads: there is one more.

Needed: the right to trace the process: its own user where `kernel.yama.ptrace_scope`
is 0, or CAP_SYS_PTRACE. A prepared process (`WASPECT=1` where the wheel is installed,
`waspect.listen()`, `waspect run`) comes by itself; its user is enough. One that was
started with `WASPECT=0` is left alone.";

/// Put probes into running Python processes; Ctrl-C takes them out again
///
/// The process needs nothing: no restart, no package, no change. One of its threads is borrowed for a few milliseconds to
/// load the agent, in which the probes then live. They are gone within a second of this command's end, however it ends.
#[derive(clap::Args, Debug)]
#[command(after_help = format!("{EXAMPLES}\n\n{FORMS}\n\n{MORE}"))]
pub(crate) struct Attach {
    /// The processes: `4242`, `name:gunicorn`, `:8000`; several targets are observed together
    #[arg(value_name = "TARGET", required = true)]
    targets: Vec<Target>,
    /// Of a process named by its id, take the Python descendants too, now and later
    #[arg(long)]
    children: bool,
    #[command(flatten)]
    probing: Probing,
}

/// Observes until told to stop, for the time asked for, or until the processes end.
///
/// # Errors
/// When no process can be entered or probes do not load: exit code 2, and the processes are as they were.
pub(crate) fn run(args: &Attach) -> anyhow::Result<ExitCode> {
    observe(args, None)
}

/// The same in the background, once the process is entered.
///
/// # Errors
/// As [`run`].
pub(crate) fn hold(args: &Attach, background: Background) -> anyhow::Result<ExitCode> {
    observe(args, Some(background))
}

fn observe(args: &Attach, background: Option<Background>) -> anyhow::Result<ExitCode> {
    // Before any thread, and before anything is to be undone.
    let asked = Asked::keep()?;
    let (wanted, found) = Wanted::find(&args.targets, args.children)?;
    let load = args.probing.load()?;
    let observation = observation(args, background.is_some(), &load)?;
    Watch { asked, observation, group: Group::new(wanted, found, client::Asked::ToStay(Some(load))), background }.run()
}

/// What others cannot ask for goes on all the same, but in the background, where it could not be ended.
fn observation(args: &Attach, background: bool, load: &Load) -> anyhow::Result<Observation> {
    let how = if background { How::Load } else { How::Attach };
    let targets: Vec<String> = args.targets.iter().map(Target::to_string).collect();
    let session = args.probing.session(how, targets.join(" "), load);
    Ok(if background {
        args.probing.observation_in_background(load)?.at(Desk::open(session)?)
    } else {
        args.probing.observation(is_terminal().then_some(EVERY), load)?.at(Desk::open_if_can(session))
    })
}

fn is_terminal() -> bool {
    std::io::IsTerminal::is_terminal(&std::io::stderr())
}
