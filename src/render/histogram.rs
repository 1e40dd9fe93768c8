//! Histograms as bars: one row per bucket, the longest bar as wide as there is room, and below what they come to. Several
//! stand side by side where there is room.
//!
//! In: histograms with titles, and the unit of their bounds. Out: lines. Never here: a bucket left out without a mark, an
//! estimate that looks exact.

use anstyle::{AnsiColor, Style};

use super::text::Unit;
use super::width::{self, middle};
use crate::report::Histogram;

/// Runs of empty buckets up to this long are drawn; longer ones are one row of dots.
const EMPTY_ROWS_MAX: usize = 4;
/// Bars are at least this wide, whatever the terminal's width.
const BAR_COLUMNS_MIN: usize = 10;
/// And at most this wide: longer ones say nothing more.
const BAR_COLUMNS_MAX: usize = 50;
/// Below this, histograms stand one under the other rather than side by side.
const BAR_COLUMNS_BESIDE: usize = 16;
const INDENT: &str = "  ";
/// Between two that stand side by side.
const GAP: usize = 4;

const TITLE: Style = Style::new().bold();
const BAR: Style = AnsiColor::Cyan.on_default();
const QUIET: Style = Style::new().dimmed();

/// One histogram to draw.
pub struct Drawn<'a> {
    /// Empty, or lines that stand above it.
    pub title: String,
    pub histogram: &'a Histogram,
    pub unit: Unit,
    /// Whether all bounds are powers of two.
    pub powers_of_two: bool,
}

/// A row: bounds and count, or dots for a long run of empty buckets.
enum Row {
    Bucket(f64, f64, u64),
    Gap,
}

/// What stands left of the bars.
struct Labels {
    rows: Vec<Row>,
    bounds: Vec<String>,
    counts: Vec<String>,
}

/// The lines of all, as many beside each other as `width` has room for.
pub fn lines(all: &[Drawn], width: usize) -> Vec<String> {
    let labels: Vec<Labels> = all.iter().map(Labels::of).collect();
    let room = width.saturating_sub(INDENT.len());
    let least = labels.iter().map(Labels::columns).max().unwrap_or(0) + BAR_COLUMNS_BESIDE;
    let beside = ((room + GAP) / (least + GAP)).clamp(1, all.len().max(1));
    let each = (room + GAP) / beside - GAP;
    let blocks: Vec<Vec<String>> = all.iter().zip(&labels).map(|(drawn, labels)| block(drawn, labels, each)).collect();
    let bands: Vec<Vec<String>> = blocks.chunks(beside).map(|band| side_by_side(band, each)).collect();
    bands.join(&String::new())
}

/// Blocks one beside the other; the shorter ones end earlier.
fn side_by_side(blocks: &[Vec<String>], each: usize) -> Vec<String> {
    let height = blocks.iter().map(Vec::len).max().unwrap_or(0);
    let line = |n: usize| {
        let parts = blocks.iter().map(|block| width::left(block.get(n).map_or("", String::as_str), each + GAP));
        format!("{INDENT}{}", parts.collect::<String>().trim_end())
    };
    (0..height).map(line).collect()
}

/// Title, rows and what they come to.
fn block(drawn: &Drawn, labels: &Labels, width: usize) -> Vec<String> {
    let title = drawn.title.lines().map(|line| format!("{TITLE}{}{TITLE:#}", middle(line, width)));
    let (bounds, counts) = (width::widest(&labels.bounds), width::widest(&labels.counts));
    let room = width.saturating_sub(labels.columns()).clamp(BAR_COLUMNS_MIN, BAR_COLUMNS_MAX);
    let most = drawn.histogram.buckets.iter().map(|b| b.2).max().unwrap_or(0);
    let row = |((row, bound), count): ((&Row, &String), &String)| {
        let line = format!("{}  {}", width::right(bound, bounds), width::right(count, counts));
        match bar(row, most, room) {
            bar if bar.is_empty() => line.trim_end().to_owned(),
            bar => format!("{line}  {BAR}{bar}{BAR:#}"),
        }
    };
    let rows = labels.rows.iter().zip(&labels.bounds).zip(&labels.counts).map(row);
    let sums = sums(drawn, width).into_iter().map(|line| format!("{QUIET}{line}{QUIET:#}"));
    title.chain(rows).chain(sums).collect()
}

/// One line, or two where one has no room.
fn sums(drawn: &Drawn, width: usize) -> Vec<String> {
    let (h, unit) = (drawn.histogram, drawn.unit);
    if h.count == 0 {
        return vec!["count 0".into()];
    }
    let exact = format!("count {}, mean {}", h.count, unit.brief(h.sum / h.count as f64));
    let estimates = [50, 90, 99].map(|p| h.percentile(p).map(|at| format!("p{p} {}", estimate(&at, unit))));
    let estimates = estimates.into_iter().flatten().collect::<Vec<_>>().join(", ");
    match format!("{exact}, {estimates}") {
        _ if estimates.is_empty() => vec![exact],
        line if width::of(&line) <= width => vec![line],
        _ => vec![exact, estimates],
    }
}

/// Where a share of the values lies below.
enum At {
    About(f64),
    /// In a bucket that is open to one side.
    Below(f64),
    From(f64),
}

fn estimate(at: &At, unit: Unit) -> String {
    match at {
        At::About(x) => format!("~{}", unit.brief(*x)),
        At::Below(x) => format!("<{}", unit.brief(*x)),
        At::From(x) => format!("≥{}", unit.brief(*x)),
    }
}

impl Histogram {
    /// About where a share of the values lies below; nothing where no value is in a bucket.
    pub fn about(&self, p: u64) -> Option<f64> {
        self.percentile(p).map(|at| match at {
            At::About(x) | At::Below(x) | At::From(x) => x,
        })
    }

    /// Where the bucket begins that a share of the values reaches into: no estimate is above a value that is there.
    pub fn floor(&self, p: u64) -> Option<f64> {
        self.reached(p).map(|(low, ..)| low)
    }

    /// As if the values of a bucket were spread evenly in it; nothing where no value is in a bucket.
    fn percentile(&self, p: u64) -> Option<At> {
        let (low, high, n, into) = self.reached(p)?;
        Some(match (low.is_finite(), high.is_finite()) {
            (true, true) => At::About(low + (high - low) * into / n as f64),
            (false, _) => At::Below(high),
            (true, false) => At::From(low),
        })
    }

    /// The bucket that a share of the values reaches into, and by how many.
    fn reached(&self, p: u64) -> Option<(f64, f64, u64, f64)> {
        let total: u128 = self.buckets.iter().map(|b| u128::from(b.2)).sum();
        let wanted = total as f64 * p as f64 / 100.0;
        let mut below = 0_u128;
        let &(low, high, n) = self.buckets.iter().find(|b| {
            below += u128::from(b.2);
            b.2 > 0 && below as f64 >= wanted
        })?;
        let before = (below - u128::from(n)) as f64;
        Some((low, high, n, wanted - before))
    }
}

impl Labels {
    fn of(drawn: &Drawn) -> Self {
        let rows = rows(drawn);
        let bounds = rows.iter().map(|row| label(row, drawn)).collect();
        let counts = rows.iter().map(count).collect();
        Self { rows, bounds, counts }
    }

    /// The columns they take, with the space before the bars.
    fn columns(&self) -> usize {
        width::widest(&self.bounds) + width::widest(&self.counts) + 4
    }
}

/// The buckets that were hit, with what lies between them.
fn rows(drawn: &Drawn) -> Vec<Row> {
    let hit: Vec<_> = drawn.histogram.buckets.iter().filter(|b| b.2 > 0).collect();
    let step = hit.iter().map(|b| b.1 - b.0).find(|step| step.is_finite()).unwrap_or(0.0);
    let next = |from: f64| if drawn.powers_of_two { doubled(from) } else { from + step };
    let mut rows = Vec::new();
    let mut end = None;
    for &&(low, high, n) in &hit {
        rows.extend(between(end.unwrap_or(low), low, next));
        rows.push(Row::Bucket(low, high, n));
        end = Some(high);
    }
    rows
}

/// Empty buckets up to `low`, each to the `next` bound.
fn between(mut from: f64, low: f64, next: impl Fn(f64) -> f64) -> Vec<Row> {
    let mut rows = Vec::new();
    while from < low {
        let to = next(from);
        if rows.len() == EMPTY_ROWS_MAX || to > low || to <= from {
            return vec![Row::Gap];
        }
        rows.push(Row::Bucket(from, to, 0));
        from = to;
    }
    rows
}

/// Powers of two on both sides of zero; none is smaller than one.
fn doubled(from: f64) -> f64 {
    match from {
        x if x >= 1.0 => x * 2.0,
        x if x >= 0.0 => 1.0,
        x if x >= -1.0 => 0.0,
        x => x / 2.0,
    }
}

fn label(row: &Row, drawn: &Drawn) -> String {
    let bound = |x: f64| drawn.unit.bound(x, drawn.powers_of_two);
    match row {
        Row::Bucket(low, high, _) if low.is_finite() => format!("[{}, {})", bound(*low), bound(*high)),
        Row::Bucket(low, high, _) => format!("({}, {})", bound(*low), bound(*high)),
        Row::Gap => "⋮".into(),
    }
}

fn count(row: &Row) -> String {
    match row {
        Row::Bucket(_, _, n) => n.to_string(),
        Row::Gap => String::new(),
    }
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
