//! `waspect list`: every session there is.
//!
//! In: nothing. Out: a line for each, as text or JSON. Never here: a session left out because it does not answer.

use std::io::Write;
use std::process::ExitCode;

use serde_json::{Value, json};

use super::user;
use crate::cli::desk::ask::{self, Found};
use crate::cli::desk::now_ns;
use crate::cli::{HEADING, text};
use crate::desk::{Described, Process, Standing};
use crate::render::text::{clean, duration};
use crate::report::Phase;

/// List sessions: what is observed on this machine, by whom, since when
///
/// A session lives in the process that holds it (`run`, `attach`, or what `load` leaves behind), whose id is the session's.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  waspect list
  sudo waspect list                                 # other users' sessions too
  waspect list --json | jq '.[] | {id, name, target}'")]
pub(in crate::cli) struct Args {
    /// Write a JSON array of sessions (docs/OUTPUT.md)
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let all = ask::all()?;
    let mut out = anstream::stdout().lock();
    if args.json {
        let all: Vec<Value> = all.iter().map(as_json).collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&all)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    if all.is_empty() {
        writeln!(out, "no sessions")?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(out, "{HEADING}Sessions{HEADING:#}\n")?;
    let head = ["id", "name", "user", "how", "target", "processes", "probes", "since"].map(str::to_owned);
    let rows: Vec<_> = std::iter::once(head).chain(all.iter().map(row)).collect();
    text::columns(&mut out, "  ", &rows)?;
    all.iter().try_for_each(|found| notes(&mut out, found))?;
    Ok(ExitCode::SUCCESS)
}

fn row(found: &Found) -> [String; 8] {
    let (id, user) = (found.id.to_string(), user(found.user));
    let Ok(session) = &found.described else {
        let unknown = || "?".to_owned();
        return [id, unknown(), user, unknown(), unknown(), unknown(), unknown(), unknown()];
    };
    [
        id,
        session.name.clone().unwrap_or_else(|| "-".into()),
        user,
        session.how.name().into(),
        clean(&session.target).into_owned(),
        session.processes.len().to_string(),
        probes(&session.probes),
        since(session.since_ns),
    ]
}

/// In whole seconds.
fn since(ts_ns: i64) -> String {
    match now_ns().saturating_sub(ts_ns) / 1_000_000_000 {
        ..=0 => "now".into(),
        seconds => format!("{} ago", duration(seconds as f64 * 1e9)),
    }
}

/// `3 live`, `2 live, 1 waiting`.
fn probes(all: &[Standing]) -> String {
    let many = |word: &str| all.iter().filter(|probe| state(probe.phase) == word).count();
    let words = ["live", "waiting", "disarmed", "failed"].map(|word| (many(word), word));
    let said: Vec<String> = words.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    if said.is_empty() { "-".into() } else { said.join(", ") }
}

/// What a probe does, in one of a few words.
pub(super) const fn state(phase: Phase) -> &'static str {
    match phase {
        Phase::Attached | Phase::Throttled => "live",
        Phase::Pending => "waiting",
        Phase::Disarmed => "disarmed",
        Phase::Failed => "failed",
        Phase::Detached => "detached",
    }
}

/// What should not be overlooked, below the table.
fn notes(out: &mut impl Write, found: &Found) -> anyhow::Result<()> {
    let session = match &found.described {
        Ok(session) => session,
        Err(silence) => {
            writeln!(out, "\n  session {} cannot be asked: {silence}", found.id)?;
            return Ok(silence.hint(found.id).map_or(Ok(()), |hint| writeln!(out, "      {hint}"))?);
        }
    };
    let bad = session.probes.iter().filter(|probe| matches!(probe.phase, Phase::Disarmed | Phase::Failed));
    for Standing { probe, phase, reason, .. } in bad {
        writeln!(out, "\n  session {}: {} is {}: {}", found.id, clean(probe), state(*phase), clean(reason))?;
    }
    match session.faults {
        0 => Ok(()),
        1 => Ok(writeln!(out, "\n  session {}: 1 fault", found.id)?),
        n => Ok(writeln!(out, "\n  session {}: {n} faults", found.id)?),
    }
}

fn as_json(found: &Found) -> Value {
    let mut line = json!({ "id": found.id, "user": user(found.user), "answers": found.described.is_ok() });
    let rest = match &found.described {
        Ok(session) => described(session),
        Err(silence) => json!({ "reason": silence.to_string(), "hint": silence.hint(found.id) }),
    };
    if let (Value::Object(line), Value::Object(rest)) = (&mut line, rest) {
        line.extend(rest);
    }
    line
}

fn described(session: &Described) -> Value {
    let Described { name, how, target, since_ns, processes, modules, probes, outputs, faults, .. } = session;
    let process = |p: &Process| json!({ "pid": p.pid, "python": p.python, "since_ns": p.since_ns });
    let processes: Vec<Value> = processes.iter().map(process).collect();
    let probes: Vec<Value> = probes.iter().map(standing).collect();
    json!({
        "name": name, "how": how.name(), "target": target, "since_ns": since_ns, "processes": processes,
        "modules": modules, "probes": probes, "outputs": outputs, "faults": faults,
    })
}

/// As a `state` line has it.
pub(super) fn standing(probe: &Standing) -> Value {
    let Standing { module, probe, phase, reason, functions } = probe;
    let reason = Some(reason).filter(|reason| !reason.is_empty());
    json!({ "module": module, "probe": probe, "state": phase.name(), "reason": reason, "functions": functions })
}
