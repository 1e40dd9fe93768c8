//! `waspect ps`: which Python processes there are, how to name them, and which of them can be attached to.
//!
//! In: nothing. Out: a line for each, as text or JSON. Never here: a process stopped, or changed; one that is no Python, unless
//! it cannot be seen whether it is.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::process::ExitCode;

use nix::unistd::{Uid, User};
use serde_json::json;

use super::target::processes::{self, Process};
use super::target::sockets::{Address, Sockets};
use super::{HEADING, agents, attach, desk, target, text};
use crate::control::knock;
use crate::inject::{self, InjectError};

/// Where the terminal does not say how wide it is.
const COLUMNS: usize = 80;
/// So much is shown of a command line, however narrow the terminal is; and at most so much where there is none.
const COMMAND_CHARS: std::ops::RangeInclusive<usize> = 16..=60;

/// List Python processes: how to name them, and whether `waspect attach` can put probes into them
///
/// A process is below the one that started it, and is taken with it: `waspect attach name:gunicorn` means the workers too.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  waspect ps
  sudo waspect ps                                   # other users' processes too
  waspect ps --json | jq '.[] | select(.attachable) | .pid'")]
pub(super) struct Args {
    /// Write a JSON array of {pid, parent, user, python, prepared, attachable, reason, hint, name, listens, command}: `parent`
    /// is the Python process it descends from, `prepared` whether it comes by itself when it is asked, `name` what `name:` takes, `listens` its addresses (`:8000`, `unix:/run/app.sock`)
    #[arg(long)]
    json: bool,
}

struct Row {
    pid: i32,
    /// The nearest Python process above it.
    parent: Option<i32>,
    user: String,
    python: Option<String>,
    /// It has a socket of its own, and need not be traced.
    prepared: bool,
    /// Why it cannot be attached to, and what to do.
    refused: Option<(String, Option<String>)>,
    name: Option<String>,
    listens: BTreeSet<Address>,
    command: String,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let rows = rows();
    let mut out = anstream::stdout().lock();
    if args.json {
        let all: Vec<_> = rows.iter().map(as_json).collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&all)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    if rows.is_empty() {
        writeln!(out, "no Python process that this user can see")?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(out, "{HEADING}Python processes{HEADING:#}\n")?;
    table(&mut out, &rows)?;
    hints(&mut out, &rows)?;
    Ok(ExitCode::SUCCESS)
}

fn rows() -> Vec<Row> {
    desk::ask::sweep();
    let all = processes::all();
    let sockets = Sockets::of(&all);
    let mut rows: Vec<Row> = all.iter().filter_map(|process| row(process, &sockets)).collect();
    let python: BTreeSet<i32> = rows.iter().map(|row| row.pid).collect();
    for row in &mut rows {
        row.parent = processes::above(&all, row.pid).find(|pid| python.contains(pid));
    }
    rows
}

/// Nothing for what is no Python, or has gone meanwhile.
fn row(process: &Process, sockets: &Sockets) -> Option<Row> {
    let pid = process.pid;
    let prepared = knock::find(pid.unsigned_abs()).is_some();
    let (python, traced) = match inject::recognise(pid) {
        Ok(python) => {
            let version = attach::version(&python);
            let agent = attach::suffix(pid, &python).and_then(|suffix| agents::find(&suffix, &version));
            (Some(version), agent.err().map(|e| first_line(&e.to_string())))
        }
        Err(
            InjectError::NotPython { .. }
            | InjectError::Gone { .. }
            | InjectError::Ended { .. }
            | InjectError::Kernel { .. },
        ) => return None,
        Err(_) if !target::is_called_python(process) => return None,
        Err(e) => (None, Some((e.to_string(), e.hint()))),
    };
    let forbidden = attach::allowed(pid).err().map(|e| first_line(&e.to_string()));
    let refused = forbidden.or(traced.filter(|_| !prepared));
    let user = user(fs::metadata(format!("/proc/{pid}")).ok()?.uid());
    let (name, listens, command) = (target::name(process), sockets.addresses(pid), process.words.join(" "));
    Some(Row { pid, parent: None, user, python, prepared, refused, name, listens, command })
}

fn first_line(text: &str) -> (String, Option<String>) {
    match text.split_once("\nhint: ") {
        Some((why, hint)) => (why.to_owned(), Some(hint.to_owned())),
        None => (text.to_owned(), None),
    }
}

fn user(id: u32) -> String {
    User::from_uid(Uid::from_raw(id)).ok().flatten().map_or_else(|| id.to_string(), |user| user.name)
}

fn as_json(row: &Row) -> serde_json::Value {
    let Row { pid, parent, user, python, prepared, refused, name, listens, command } = row;
    let (reason, hint) = refused.clone().map_or((None, None), |(reason, hint)| (Some(reason), hint));
    let listens: Vec<String> = listens.iter().map(Address::to_string).collect();
    json!({
        "pid": pid, "parent": parent, "user": user, "python": python, "prepared": prepared,
        "attachable": reason.is_none(), "reason": reason, "hint": hint, "name": name, "listens": listens, "command": command,
    })
}

/// Each below its parent, and further in.
fn table(out: &mut impl Write, rows: &[Row]) -> std::io::Result<()> {
    let mut lines: Vec<[String; 6]> = Vec::new();
    rows.iter().filter(|row| row.parent.is_none()).for_each(|row| tree(&mut lines, rows, row, 0));
    let used: usize = (0..5).map(|i| lines.iter().map(|line| line[i].chars().count()).max().unwrap_or(0) + 2).sum();
    let room =
        columns().map_or(*COMMAND_CHARS.end(), |columns| columns.saturating_sub(used + 2).max(*COMMAND_CHARS.start()));
    lines.iter_mut().for_each(|line| cut(&mut line[5], room));
    text::columns(out, "  ", &lines)
}

fn tree(lines: &mut Vec<[String; 6]>, rows: &[Row], row: &Row, depth: usize) {
    let above = rows.iter().find(|other| Some(other.pid) == row.parent);
    lines.push(cells(row, above, depth));
    rows.iter().filter(|below| below.parent == Some(row.pid)).for_each(|below| tree(lines, rows, below, depth + 1));
}

/// What its parent is called and listens on too is not said again.
fn cells(row: &Row, above: Option<&Row>, depth: usize) -> [String; 6] {
    let state = match (&row.refused, row.prepared) {
        (Some(_), _) => "refused",
        (None, true) => "prepared",
        (None, false) => "attachable",
    };
    let name = row.name.iter().filter(|_| above.is_none_or(|above| above.name != row.name));
    let new = row.listens.iter().filter(|at| above.is_none_or(|above| !above.listens.contains(at)));
    let (ports, paths): (Vec<&Address>, Vec<&Address>) = new.partition(|at| matches!(at, Address::Port(_)));
    // A path is long, and seldom what somebody asks for where there is a port.
    let shown = if ports.is_empty() { paths } else { ports };
    let names: Vec<String> =
        name.map(|name| format!("name:{name}")).chain(shown.into_iter().map(Address::to_string)).collect();
    let python = row.python.clone().unwrap_or_else(|| "?".into());
    let pid = format!("{}{}", "  ".repeat(depth), row.pid);
    [pid, row.user.clone(), python, state.into(), names.join(" "), row.command.clone()]
}

fn cut(text: &mut String, most: usize) {
    if let Some((at, _)) = text.char_indices().nth(most) {
        let before = text[..at].char_indices().next_back().map_or(0, |(at, _)| at);
        text.truncate(before);
        text.push('…');
    }
}

/// How wide the terminal is, if there is one.
fn columns() -> Option<usize> {
    std::io::IsTerminal::is_terminal(&std::io::stdout())
        .then(|| terminal_size::terminal_size().map_or(COLUMNS, |(width, _)| usize::from(width.0)))
}

/// Below the table: why some are refused, each reason with what to do.
fn hints(out: &mut impl Write, all: &[Row]) -> anyhow::Result<()> {
    for (reason, hint) in all.iter().filter_map(|row| row.refused.as_ref()) {
        let hint = hint.as_ref().map_or_else(String::new, |hint| format!("\n      {hint}"));
        writeln!(out, "\n  {reason}{hint}")?;
    }
    Ok(())
}
