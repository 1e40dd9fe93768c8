//! `waspect unload`: the end of sessions, by id or name.
//!
//! In: which. Out: what became of their probes. Never here: an answer before the functions are put back, or a reason why not.

use std::io::Write;
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::cli::desk::ask::{self, Found, Silence};
use crate::cli::desk::processes_of;
use crate::cli::{TROUBLE, report};
use crate::desk::Ended;

/// End sessions: their probes are out of every process when this comes back
///
/// Of a session that `waspect run` holds the program goes on.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  waspect unload carts
  waspect unload 4711 4712
  waspect unload                                    # where there is only one

Exit codes: 0 the sessions are over; 2 one could not be ended.")]
pub(in crate::cli) struct Args {
    /// Ids or names of sessions; may be left out where there is only one
    #[arg(value_name = "SESSION")]
    sessions: Vec<String>,
    /// Write a JSON array of {id, name, ended, put_back, late, inert, reason, hint}
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    // All are looked up before any is ended.
    let found = if args.sessions.is_empty() {
        vec![ask::one(None)?]
    } else {
        args.sessions.iter().map(|wanted| ask::one(Some(wanted))).collect::<anyhow::Result<_>>()?
    };
    end(found, args.json)
}

/// Ends each; all are tried, and what could not be ended is said.
pub(super) fn end(all: Vec<Found>, json: bool) -> anyhow::Result<ExitCode> {
    let ended: Vec<(Found, Result<Ended, Silence>)> = all
        .into_iter()
        .map(|found| {
            let ended = found.ask().and_then(|mut asking| asking.end());
            (found, ended)
        })
        .collect();
    let mut out = anstream::stdout().lock();
    if json {
        let lines: Vec<Value> = ended.iter().map(|(found, ended)| as_json(found, ended)).collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&lines)?)?;
    } else {
        ended.iter().try_for_each(|(found, ended)| {
            ended.as_ref().map_or(Ok(()), |ended| writeln!(out, "session {}: {}", found.shown(), shown(ended)))
        })?;
    }
    let mut code = ExitCode::SUCCESS;
    for (found, silence) in ended.into_iter().filter_map(|(found, ended)| Some((found, ended.err()?))) {
        report(&silence.of(found.id));
        code = ExitCode::from(TROUBLE);
    }
    Ok(code)
}

/// What became of its probes.
fn shown(ended: &Ended) -> String {
    let mut said = Vec::new();
    if ended.put_back > 0 {
        said.push(format!("its probes are out of {}", processes_of_u64(ended.put_back)));
    }
    if !ended.late.is_empty() {
        let pids = ended.late.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
        said.push(format!(
            "nothing fires in {pids} any more, and functions are put back as soon as the interpreter is free"
        ));
    }
    if ended.inert > 0 {
        said.push(format!("nothing fires in {} any more; the program goes on", processes_of_u64(ended.inert)));
    }
    if said.is_empty() { "over; no process was left".into() } else { said.join("; ") }
}

fn processes_of_u64(n: u64) -> String {
    processes_of(usize::try_from(n).unwrap_or(usize::MAX))
}

fn as_json(found: &Found, ended: &Result<Ended, Silence>) -> Value {
    let (id, name) = (found.id, found.name());
    match ended {
        Ok(Ended { put_back, late, inert }) => json!({
            "id": id, "name": name, "ended": true, "put_back": put_back, "late": late, "inert": inert, "reason": null,
            "hint": null,
        }),
        Err(silence) => json!({
            "id": id, "name": name, "ended": false, "put_back": 0, "late": [], "inert": 0,
            "reason": silence.to_string(), "hint": silence.hint(id),
        }),
    }
}
