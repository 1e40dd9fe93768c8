//! What probes do and what they cost, as a table: one row for each probe, one for each function.
//!
//! In: states and accounts, functions. Out: lines, styled. Never here: a fault or a drop that is not said in words too.

use anstyle::{AnsiColor, Style};

use super::aggregations::quiet_head;
use super::table::{self, Align::Left, Align::Right};
use super::terminal::{FUNCTIONS, function, share, total_of};
use super::text::{self, clean};
use crate::report::{Function, Phase, Summary};

const HEAD: Style = Style::new().bold();
const QUIET: Style = Style::new().dimmed();
const BAD: Style = AnsiColor::Red.on_default().bold();
const ODD: Style = AnsiColor::Yellow.on_default();

/// A probe: what it does, and its account.
#[derive(Clone, Debug)]
pub struct Probe {
    pub phase: Phase,
    pub reason: String,
    pub functions: u64,
    pub p50_ns: Option<u64>,
    pub summary: Summary,
}

/// The tables, lines about `width` wide.
pub fn lines(probes: &[Probe], functions: &[Function], width: usize) -> Vec<String> {
    let mut lines = vec![format!("{HEAD}probes{HEAD:#}")];
    let head = [
        ("probe", Left),
        ("state", Left),
        ("functions", Right),
        ("firings", Right),
        ("skipped", Right),
        ("faults", Right),
        ("drops", Right),
        ("mean", Right),
        ("p50", Right),
        ("p99", Right),
        ("share", Right),
    ];
    lines.extend(quiet_head(table::lines(&head, probes.iter().map(row).collect(), width)));
    lines.extend(probes.iter().flat_map(notes));
    if !functions.is_empty() {
        let mut all: Vec<&Function> = functions.iter().collect();
        all.sort_by(|a, b| b.entries.cmp(&a.entries).then_with(|| a.function.cmp(&b.function)));
        lines.push(String::new());
        lines.push(format!("{HEAD}functions{HEAD:#}"));
        lines.extend(quiet_head(table::lines(&FUNCTIONS, all.into_iter().map(function).collect(), width)));
    }
    lines
}

fn row(probe: &Probe) -> Vec<String> {
    let Probe { phase, functions, p50_ns, summary, .. } = probe;
    let time = |ns: &Option<u64>| ns.map_or("-".into(), |ns| text::duration(ns as f64));
    let skips: Vec<_> = summary.drops.iter().filter(|(kind, _)| kind.is_skip()).copied().collect();
    vec![
        clean(&summary.probe).into_owned(),
        phase.name().into(),
        functions.to_string(),
        summary.firings.to_string(),
        total_of(&skips),
        total_of(&summary.faults),
        total_of(&summary.drops),
        time(&summary.mean_ns),
        time(p50_ns),
        time(&summary.p99_ns),
        share(summary),
    ]
}

/// Why a probe does nothing, and what was lost, by reason.
fn notes(probe: &Probe) -> Vec<String> {
    let name = clean(&probe.summary.probe);
    let mut lines = Vec::new();
    if !probe.reason.is_empty() {
        let style = if matches!(probe.phase, Phase::Disarmed | Phase::Failed) { BAD } else { QUIET };
        lines.push(format!("  {style}{}{style:#}  {name}: {}", probe.phase.name(), clean(&probe.reason)));
    }
    for (kind, n) in &probe.summary.faults {
        let plural = if *n == 1 { "" } else { "s" };
        lines.push(format!("  {BAD}{n} fault{plural}{BAD:#} of {name}: {}", kind.name()));
    }
    for (kind, n) in &probe.summary.drops {
        lines.push(format!("  {ODD}{n} dropped{ODD:#} of {name}: {}", kind.name()));
    }
    lines
}
