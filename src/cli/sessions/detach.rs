//! `waspect detach`: a process without probes, whoever put them there.
//!
//! In: processes as they are named, or all of this user's sessions. Out: what was ended. Never here: a success while anything remains.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::ExitCode;

use super::unload;
use crate::cli::desk::ask::{self, Found};
use crate::cli::target::Target;
use crate::desk::Described;

/// End every session that observes any of these processes, or every session there is
///
/// Of a session that `waspect run` holds the program goes on.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  waspect detach 4242
  waspect detach name:gunicorn
  waspect detach --all
  sudo waspect detach --all                         # other users' sessions too

Exit codes: 0 nothing remains; 2 something could not be ended: it is said what, and what to do.")]
pub(in crate::cli) struct Args {
    /// The processes: `4242`, `name:gunicorn`, `:8000`
    #[arg(value_name = "TARGET", required_unless_present = "all")]
    target: Option<Target>,
    /// Every session on this machine of this user
    #[arg(long, conflicts_with = "target")]
    all: bool,
    /// Write a JSON array of {id, name, ended, put_back, late, inert, reason, hint}
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let all = match &args.target {
        Some(target) => of(target, ask::all()?)?,
        None => ask::all()?,
    };
    if all.is_empty() && !args.json {
        writeln!(anstream::stdout(), "no session to end")?;
        return Ok(ExitCode::SUCCESS);
    }
    unload::end(all, args.json)
}

/// Sessions that touch any of a target's processes, or were begun under its name. One that does not say what it observes may.
fn of(target: &Target, mut all: Vec<Found>) -> anyhow::Result<Vec<Found>> {
    let (pids, missed) = match target {
        Target::Pid(pid) => (BTreeSet::from([*pid]), None),
        target => match target.processes() {
            Ok(found) => (found.iter().map(|found| found.pid).collect(), None),
            Err(why) => (BTreeSet::new(), Some(why)),
        },
    };
    let shown = target.to_string();
    all.retain(|found| found.described.as_ref().map_or(true, |session| observes(session, &pids, &shown)));
    match missed {
        Some(why) if all.is_empty() => Err(why),
        _ => Ok(all),
    }
}

fn observes(session: &Described, pids: &BTreeSet<i32>, shown: &str) -> bool {
    let mut own = session.processes.iter().filter_map(|process| i32::try_from(process.pid).ok());
    own.any(|pid| pids.contains(&pid)) || session.target == shown
}
