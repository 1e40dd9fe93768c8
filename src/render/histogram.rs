//! Histograms as bars: one row per bucket, the longest bar as wide as there is room.
//!
//! In: a [`Histogram`] and the unit of its bounds. Out: lines. Never here: a bucket left out without a mark.

use super::text::Unit;
use crate::report::Histogram;

/// Runs of empty buckets up to this long are drawn; longer ones are one row of dots.
const EMPTY_ROWS_MAX: usize = 4;
/// Bars are at least this wide, whatever the terminal's width.
const BAR_CHARS_MIN: usize = 10;
/// And at most this wide: longer ones say nothing more.
const BAR_CHARS_MAX: usize = 50;

/// A row: bounds and count, or dots for a long run of empty buckets.
enum Row {
    Bucket(f64, f64, u64),
    Gap,
}

/// The lines, `width` characters at most where labels allow it.
pub fn lines(h: &Histogram, unit: Unit, width: usize) -> Vec<String> {
    let rows = rows(h);
    let labels: Vec<String> = rows.iter().map(|row| label(row, unit)).collect();
    let counts: Vec<String> = rows.iter().map(count).collect();
    let (wide, long) = (widest(&labels), widest(&counts));
    let most = h.buckets.iter().map(|b| b.2).max().unwrap_or(0);
    let room = width.saturating_sub(wide + long + 6).clamp(BAR_CHARS_MIN, BAR_CHARS_MAX);
    let mut lines = Vec::new();
    for ((row, label), count) in rows.iter().zip(&labels).zip(&counts) {
        let line = format!("  {label:>wide$}  {count:>long$}  {}", bar(row, most, room));
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// The buckets that were hit, with what lies between them.
fn rows(h: &Histogram) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut end: Option<(f64, f64)> = None;
    for &(low, high, n) in &h.buckets {
        if let Some(before) = end {
            rows.extend(between(before, low));
        }
        rows.push(Row::Bucket(low, high, n));
        end = Some((low, high));
    }
    rows
}

/// Empty buckets from the end of `before` up to `low`: doubling where `before` doubles, else equally wide.
fn between(before: (f64, f64), low: f64) -> Vec<Row> {
    let (mut from, mut rows) = (before.1, Vec::new());
    let doubling = before.0 > 0.0 && before.1 == 2.0 * before.0;
    while from < low {
        let to = if doubling { from * 2.0 } else { from + (before.1 - before.0) };
        if rows.len() == EMPTY_ROWS_MAX || to > low || to <= from {
            return vec![Row::Gap];
        }
        rows.push(Row::Bucket(from, to, 0));
        from = to;
    }
    rows
}

fn label(row: &Row, unit: Unit) -> String {
    match row {
        Row::Bucket(low, high, _) => format!("[{}, {})", unit.show(*low), unit.show(*high)),
        Row::Gap => "⋮".into(),
    }
}

fn count(row: &Row) -> String {
    match row {
        Row::Bucket(_, _, n) => n.to_string(),
        Row::Gap => String::new(),
    }
}

fn widest(texts: &[String]) -> usize {
    texts.iter().map(|t| t.chars().count()).max().unwrap_or(0)
}

/// A bar in eighths of a character; what is not zero is at least one of them.
fn bar(row: &Row, most: u64, room: usize) -> String {
    let Row::Bucket(_, _, n @ 1..) = *row else { return String::new() };
    let eighths = (n as f64 / most as f64 * (room * 8) as f64).round().max(1.0) as usize;
    let mut bar = "█".repeat(eighths / 8);
    if let Some(part) = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'].get((eighths % 8).wrapping_sub(1)) {
        bar.push(*part);
    }
    bar
}
