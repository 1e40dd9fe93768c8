//! `waspect maps`: what a session's aggregations hold now.
//!
//! In: a session. Out: its aggregations, as the end of the session would show them. Never here: a change of what is counted.

use std::process::ExitCode;

use serde_json::json;

use super::{Block, Shown, Which, object};
use crate::cli::desk::now_ns;
use crate::cli::observe::screen;
use crate::render::aggregations;
use crate::report::{Aggregation, Report};

/// Show what a session counted so far: its aggregations, added up over all processes
#[derive(clap::Args)]
#[command(after_help = "Examples:
  waspect maps
  waspect maps carts --every 1s
  waspect maps carts --json | jq '.aggregations[] | select(.name == \"lat\")'")]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    shown: Shown,
}

pub(in crate::cli) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    args.shown.write(&args.which, |found, asking| {
        let (reports, _) = asking.totals()?;
        let all: Vec<Aggregation> = reports.into_iter().filter_map(aggregation).collect();
        let json = json!({
            "id": found.id, "name": found.name(), "ts_ns": now_ns(),
            "aggregations": all.iter().cloned().map(|a| object(&Report::Aggregation(a))).collect::<Vec<_>>(),
        });
        Ok(Block { lines: lines(&all), json })
    })?;
    Ok(ExitCode::SUCCESS)
}

fn aggregation(report: Report) -> Option<Aggregation> {
    match report {
        Report::Aggregation(aggregation) => Some(aggregation),
        _ => None,
    }
}

fn lines(all: &[Aggregation]) -> Vec<String> {
    if all.is_empty() {
        return vec!["nothing counted yet".into()];
    }
    let blocks = aggregations::blocks(all, screen::width_of(&std::io::stdout()));
    blocks.join(&String::new())
}
