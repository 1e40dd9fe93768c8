//! `waspect limits`: every bound, its unit, and what happens there.
//!
//! In: nothing. Out: the table of `limits.rs`, as text or JSON. Never here: a number of its own.

use std::io::Write;
use std::process::ExitCode;

use serde_json::json;

use super::profile::ProfileArg;
use super::{HEADING, text};
use crate::limits::{Limit, Profile, TABLE, percent};

/// List every bound that waspect keeps, and what happens on reaching it
#[derive(clap::Args)]
#[command(after_help = "Examples:
  waspect limits
  waspect limits --profile large
  waspect limits --json | jq '.[] | select(.name == \"fuel_per_fire\")'")]
pub(super) struct Args {
    /// Write a JSON array of {name, value, unit, on_reaching}
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    profile: ProfileArg,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let profile = args.profile.profile;
    let mut out = anstream::stdout().lock();
    if args.json {
        let all: Vec<_> = TABLE.iter().map(|l| as_json(l, profile)).collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&all)?)?;
    } else {
        writeln!(
            out,
            "{HEADING}Limits{HEADING:#} (a module may ask for less, never for more; `--budget` sets some)\n"
        )?;
        let rows: Vec<_> = TABLE.iter().map(|l| [l.name(), amount(l, profile), l.on_reaching.to_owned()]).collect();
        text::columns(&mut out, "  ", &rows)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn as_json(limit: &Limit, profile: Profile) -> serde_json::Value {
    json!({ "name": limit.name(), "value": limit.of(profile), "unit": limit.unit, "on_reaching": limit.on_reaching })
}

/// `256 KiB of code`, `100000 fuel`.
fn amount(limit: &Limit, profile: Profile) -> String {
    let value = limit.of(profile);
    match (limit.unit.strip_prefix("bytes"), limit.unit.strip_prefix("millionths")) {
        (Some(rest), _) => format!("{}{rest}", text::bytes(value)),
        (_, Some(rest)) => format!("{}{rest}", percent(value)),
        _ => format!("{value} {}", limit.unit),
    }
}
