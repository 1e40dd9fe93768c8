//! `waspect ps`: which Python processes there are, and which of them can be attached to.
//!
//! In: nothing. Out: a line for each, as text or JSON. Never here: a process stopped, or changed; one that is no Python, unless
//! it cannot be seen whether it is.

use std::fs;
use std::io::Write;
use std::process::ExitCode;

use nix::unistd::{Uid, User};
use serde_json::json;

use super::{HEADING, agents, attach, text};
use crate::inject::{self, InjectError};

/// Of a command line that is longer so much is shown.
const COMMAND_CHARS: usize = 60;

/// List Python processes, and whether `waspect attach` can put probes into them
#[derive(clap::Args)]
#[command(after_help = "Examples:
  waspect ps
  sudo waspect ps                                   # other users' processes too
  waspect ps --json | jq '.[] | select(.attachable) | .pid'")]
pub(super) struct Args {
    /// Write a JSON array of {pid, user, python, attachable, reason, hint, command}
    #[arg(long)]
    json: bool,
}

struct Process {
    pid: i32,
    user: String,
    python: Option<String>,
    /// Why it cannot be attached to, and what to do.
    refused: Option<(String, Option<String>)>,
    command: String,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let all: Vec<Process> = pids().into_iter().filter_map(process).collect();
    let mut out = anstream::stdout().lock();
    if args.json {
        let all: Vec<_> = all.iter().map(as_json).collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&all)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    if all.is_empty() {
        writeln!(out, "no Python process that this user can see")?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(out, "{HEADING}Python processes{HEADING:#}\n")?;
    let rows: Vec<_> = all.iter().map(row).collect();
    text::columns(&mut out, "  ", &rows)?;
    hints(&mut out, &all)?;
    Ok(ExitCode::SUCCESS)
}

/// Every process but this one, the lowest first.
fn pids() -> Vec<i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let mut pids: Vec<i32> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    pids.retain(|pid| u32::try_from(*pid).is_ok_and(|pid| pid != std::process::id()));
    pids.sort_unstable();
    pids
}

/// Nothing for what is no Python, or has gone meanwhile.
fn process(pid: i32) -> Option<Process> {
    let looked = inject::look(pid);
    let words = words(pid);
    let is_named = words.first().is_some_and(|word| word.rsplit('/').next().unwrap_or(word).contains("python"));
    let (python, refused) = match looked {
        Ok(target) => (
            Some(attach::version(&target)),
            attach::suffix(&target)
                .and_then(|suffix| agents::find(&suffix, &attach::version(&target)))
                .err()
                .map(|e| first_line(&e.to_string())),
        ),
        Err(
            InjectError::NotPython { .. }
            | InjectError::Gone { .. }
            | InjectError::Ended { .. }
            | InjectError::Kernel { .. },
        ) => return None,
        Err(_) if !is_named => return None,
        Err(e) => (None, Some((e.to_string(), e.hint()))),
    };
    let user =
        fs::metadata(format!("/proc/{pid}")).ok().map(|found| user(std::os::unix::fs::MetadataExt::uid(&found)))?;
    Some(Process { pid, user, python, refused, command: words.join(" ") })
}

fn first_line(text: &str) -> (String, Option<String>) {
    match text.split_once("\nhint: ") {
        Some((why, hint)) => (why.to_owned(), Some(hint.to_owned())),
        None => (text.to_owned(), None),
    }
}

fn words(pid: i32) -> Vec<String> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = line.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    words
        .map(|word| String::from_utf8_lossy(word).chars().map(|c| if c.is_control() { '?' } else { c }).collect())
        .collect()
}

fn user(id: u32) -> String {
    User::from_uid(Uid::from_raw(id)).ok().flatten().map_or_else(|| id.to_string(), |user| user.name)
}

fn as_json(process: &Process) -> serde_json::Value {
    let Process { pid, user, python, refused, command } = process;
    let (reason, hint) = refused.clone().map_or((None, None), |(reason, hint)| (Some(reason), hint));
    json!({ "pid": pid, "user": user, "python": python, "attachable": reason.is_none(), "reason": reason, "hint": hint, "command": command })
}

fn row(process: &Process) -> [String; 5] {
    let state = if process.refused.is_none() { "attachable" } else { "refused" };
    let python = process.python.clone().unwrap_or_else(|| "?".into());
    let mut command: String = process.command.chars().take(COMMAND_CHARS).collect();
    if command.len() < process.command.len() {
        command.push('…');
    }
    [process.pid.to_string(), process.user.clone(), python, state.into(), command]
}

/// Below the table: why some are refused, each reason with what to do.
fn hints(out: &mut impl Write, all: &[Process]) -> anyhow::Result<()> {
    for (reason, hint) in all.iter().filter_map(|process| process.refused.as_ref()) {
        let hint = hint.as_ref().map_or_else(String::new, |hint| format!("\n      {hint}"));
        writeln!(out, "\n  {reason}{hint}")?;
    }
    Ok(())
}
