//! `waspect stats`: what a session's probes do, and what they cost.
//!
//! In: a session. Out: each probe's state and account, each function's calls. Never here: a number that the end of the session
//! would not show too.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::list::standing;
use super::{Block, Shown, Which, object};
use crate::cli::desk::now_ns;
use crate::cli::observe::screen;
use crate::desk::{Described, Standing};
use crate::ledger::probe::bucket_low;
use crate::render::stats::{self, Probe};
use crate::report::{Account, DropKind, Function, Phase, Report, Summary};

/// Show what the probes of a session do: states, firings, faults, drops, what they cost; and calls of their functions
#[derive(clap::Args)]
#[command(after_help = "Examples:
  waspect stats
  waspect stats carts --every 5s
  waspect stats carts --json | jq '.probes[] | {probe, state, firings, p99_ns}'")]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    shown: Shown,
}

pub(in crate::cli) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    args.shown.write(&args.which, |found, asking| {
        let session = asking.describe()?;
        let (reports, accounts) = asking.totals()?;
        let probes: Vec<Probe> = session.probes.iter().map(|probe| with_account(probe, &accounts)).collect();
        let functions: Vec<Function> = reports.into_iter().filter_map(function).collect();
        let lines = stats::lines(&probes, &functions, screen::width_of(&std::io::stdout()));
        Ok(Block { lines, json: as_json(found.id, &session, &probes, &functions) })
    })?;
    Ok(ExitCode::SUCCESS)
}

fn function(report: Report) -> Option<Function> {
    match report {
        Report::Function(function) => Some(function),
        _ => None,
    }
}

/// A probe that never fired has an account of zeros.
fn with_account(probe: &Standing, accounts: &[Account]) -> Probe {
    let Standing { module, probe: name, phase, reason, functions } = probe.clone();
    let own = accounts.iter().find(|account| (&account.module, &account.probe) == (&module, &name));
    let none = Account { module, probe: name, ..Account::default() };
    let own = own.unwrap_or(&none);
    let p50_ns = own.percentile_ns(50, bucket_low);
    Probe { phase, reason, functions, p50_ns, summary: own.summary(bucket_low) }
}

fn as_json(id: u32, session: &Described, probes: &[Probe], functions: &[Function]) -> Value {
    let functions: Vec<Value> = functions.iter().cloned().map(|f| object(&Report::Function(f))).collect();
    json!({
        "id": id, "name": session.name, "ts_ns": now_ns(),
        "probes": probes.iter().map(probe_json).collect::<Vec<_>>(), "functions": functions,
    })
}

/// What a `state` and a `summary` line have, and what those lines leave to be worked out.
fn probe_json(probe: &Probe) -> Value {
    let Probe { phase, reason, functions, p50_ns, summary } = probe;
    let Summary { module, probe, drops, .. } = summary.clone();
    let skipped: u64 = drops.iter().filter(|(kind, _)| DropKind::is_skip(*kind)).map(|(_, n)| n).sum();
    let state = Standing { module, probe, phase: Phase::clone(phase), reason: reason.clone(), functions: *functions };
    let mut line = standing(&state);
    let account = object(&Report::Summary(summary.clone()));
    if let (Value::Object(line), Value::Object(account)) = (&mut line, account) {
        // Of its state and the reason the session knows more.
        for (name, value) in account.into_iter().filter(|(name, _)| name != "type") {
            line.entry(name).or_insert(value);
        }
        line.insert("skipped".into(), skipped.into());
        line.insert("p50_ns".into(), json!(p50_ns));
    }
    line
}
