//! Aggregations as tables and histograms, each under its name, the highest value first.
//!
//! In: aggregations, those of one name together. Out: lines, styled. Never here: a writer, a key left out that is not
//! counted, a number that JSONL does not have (docs/OUTPUT.md says how each comes of it).

use anstyle::Style;

use super::histogram::{self, Drawn};
use super::stack;
use super::table::{self, Align};
use super::text::{self, Unit, clean};
use crate::report::{Aggregation, Summed};
use crate::value::Value;

const HEAD: Style = Style::new().bold();
const QUIET: Style = Style::new().dimmed();

/// Keys of one aggregation shown in a table; the rest is counted and in JSONL.
const KEYS_MAX: usize = 50;
/// Histograms take more room.
const HISTOGRAMS_MAX: usize = 12;

/// The lines of each: of one name, kind and module.
pub fn blocks(all: &[Aggregation], width: usize) -> Vec<Vec<String>> {
    let several = all.iter().any(|a| a.module != all[0].module);
    all.chunk_by(|a, b| (&a.module, &a.name, a.value.kind()) == (&b.module, &b.name, b.value.kind()))
        .map(|group| {
            let module = if several { format!("  {}", clean(&group[0].module)) } else { String::new() };
            let (name, kind) = (clean(&group[0].name), group[0].value.kind());
            let mut lines = vec![format!("{HEAD}@{name}{HEAD:#}  {QUIET}{kind}{module}{QUIET:#}")];
            lines.extend(rows(group, width));
            lines
        })
        .collect()
}

/// The keys of one aggregation at one moment, without its name.
pub fn rows(group: &[Aggregation], width: usize) -> Vec<String> {
    let mut ranked: Vec<(f64, &Aggregation)> = group.iter().map(|a| (rank(&a.value), a)).collect();
    // Equal ones stay in the order of their keys.
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut keys: Vec<&Aggregation> = ranked.into_iter().map(|(_, a)| a).collect();
    let Some(first) = keys.first() else { return Vec::new() };
    let drawn = matches!(first.value, Summed::Quantize(_) | Summed::Lquantize(_));
    let shown = keys.len().min(if drawn { HISTOGRAMS_MAX } else { KEYS_MAX });
    let hidden = keys.len() - shown;
    keys.truncate(shown);
    let mut lines = if drawn { histograms(&keys, width) } else { table(&keys, width) };
    if hidden > 0 {
        let plural = if hidden == 1 { "" } else { "s" };
        lines.push(format!("  {QUIET}… and {hidden} more key{plural} (`-o jsonl:PATH` has all){QUIET:#}"));
    }
    lines
}

/// A table's lines, the head quiet.
pub(super) fn quiet_head(mut lines: Vec<String>) -> Vec<String> {
    if let Some(head) = lines.first_mut() {
        *head = format!("{QUIET}{head}{QUIET:#}");
    }
    lines
}

fn histograms(keys: &[&Aggregation], width: usize) -> Vec<String> {
    histogram::lines(&keys.iter().filter_map(|a| drawn(a)).collect::<Vec<_>>(), width)
}

fn drawn(a: &Aggregation) -> Option<Drawn<'_>> {
    let (histogram, powers_of_two) = match &a.value {
        Summed::Quantize(h) => (h, true),
        Summed::Lquantize(h) => (h, false),
        _ => return None,
    };
    let parts: Vec<String> = a.key.iter().map(key_part).collect();
    Some(Drawn { title: parts.join(", "), histogram, unit: Unit::of(&a.name), powers_of_two })
}

/// A column for each part of the keys, then what the kind has to say; one number without a key needs no table.
fn table(keys: &[&Aggregation], width: usize) -> Vec<String> {
    let parts = keys.iter().map(|a| a.key.len()).max().unwrap_or(0);
    let columns = columns(keys[0]);
    if parts == 0 && columns.len() == 1 && keys.len() == 1 {
        return vec![format!("  {}", scalar(keys[0]))];
    }
    let mut head: Vec<(&str, Align)> = (0..parts).map(|i| (if i == 0 { "key" } else { "" }, Align::Left)).collect();
    head.extend(columns);
    let rows = keys.iter().flat_map(|a| cells(a).into_iter().map(move |cells| (a, cells)).enumerate());
    // What has several rows has its key in the first.
    let rows = rows.map(|(n, (a, cells))| {
        let key = |i: usize| a.key.get(i).filter(|_| n == 0).map_or_else(String::new, key_part);
        (0..parts).map(key).chain(cells).collect()
    });
    quiet_head(table::lines(&head, rows.collect(), width))
}

fn columns(a: &Aggregation) -> Vec<(&'static str, Align)> {
    let numbers = |names: &[&'static str]| names.iter().map(|name| (*name, Align::Right)).collect();
    match a.value {
        Summed::Avg { .. } => numbers(&["mean", "count", "sum"]),
        Summed::Stddev(_) => numbers(&["mean", "deviation", "count"]),
        Summed::Top(_) => vec![("value", Align::Left), ("count", Align::Right), ("error", Align::Right)],
        _ => numbers(&[a.value.kind()]),
    }
}

/// One row, or one for each of several values.
fn cells(a: &Aggregation) -> Vec<Vec<String>> {
    let unit = Unit::of(&a.name);
    match &a.value {
        Summed::Avg { count, sum } => vec![vec![scalar(a), count.to_string(), unit.show(*sum)]],
        Summed::Stddev(moments) => vec![vec![unit.show(moments.mean), scalar(a), moments.count.to_string()]],
        Summed::Top(top) => top
            .ranked()
            .into_iter()
            .map(|(value, count, error)| {
                let value = Value::read(&mut &*value).unwrap_or(Value::None);
                vec![key_part(&value), count.to_string(), error.to_string()]
            })
            .collect(),
        _ => vec![vec![scalar(a)]],
    }
}

fn scalar(a: &Aggregation) -> String {
    let unit = Unit::of(&a.name);
    match &a.value {
        Summed::Count(n) => n.to_string(),
        Summed::Uniq(distinct) => distinct.estimate().to_string(),
        value => unit.show(rank(value)),
    }
}

/// What keys are sorted by, high first.
fn rank(value: &Summed) -> f64 {
    match value {
        Summed::Count(n) => *n as f64,
        Summed::Sum(x) | Summed::Max(x) | Summed::Min(x) => *x,
        Summed::Avg { count, sum } => sum / (*count).max(1) as f64,
        Summed::Stddev(moments) => moments.deviation(),
        Summed::Uniq(distinct) => distinct.estimate() as f64,
        Summed::Top(top) => top.ranked().first().map_or(0.0, |(_, count, _)| *count as f64),
        Summed::Quantize(h) | Summed::Lquantize(h) => h.count as f64,
    }
}

/// A key that is text needs no quotes; of a stack each frame has a line, those that called below the innermost.
fn key_part(part: &Value) -> String {
    match part {
        Value::Str(s) => clean(s).into_owned(),
        other => stack::lines(other).map_or_else(|| text::value(other, Unit::Plain), |lines| lines.join("\n  ")),
    }
}
