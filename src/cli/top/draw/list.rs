//! The functions as a table, as many as there is room for.
//!
//! In: rows in their order. Out: lines. Never here: a row left out without a word.

use ratatui::layout::Rect;

use super::pen::{Pen, Tone};
use super::percent;
use crate::cli::top::model::{Column, Model, Row, state};
use crate::render::text::{Unit, clean, duration};
use crate::render::width;
use crate::report::Phase;

/// What each column is called and how wide it is; the first takes what is left.
const COLUMNS: [(Column, &str, usize); 8] = [
    (Column::Function, "FUNCTION", 0),
    (Column::Calls, "CALLS", 7),
    (Column::Rate, "RATE/s", 8),
    (Column::P50, "P50", 7),
    (Column::P99, "P99", 7),
    (Column::Errors, "ERRORS", 8),
    (Column::Cost, "COST", 7),
    (Column::State, "STATE", 10),
];
/// Before the first column: the mark of the selected one.
const MARK: usize = 2;
/// From this width on there is a picture of the rate too.
const TREND_FROM: u16 = 100;
const TREND: usize = 20;

pub(super) fn draw(pen: &mut Pen, model: &Model, area: Rect) {
    let shown = model.shown();
    head(pen, model, area);
    let room = usize::from(area.height) - 1;
    if shown.is_empty() {
        return empty(pen, model, area);
    }
    let at = shown.iter().position(|(name, _)| Some(*name) == model.selected.as_ref()).unwrap_or(0);
    // Whole pages, so that rows stand still while the mark moves; one line says what is on the others.
    let is_paged = shown.len() > room;
    let page = if is_paged { room - 1 } else { room };
    let first = at / page * page;
    for (y, (name, row)) in shown.iter().enumerate().skip(first).take(page) {
        let line = u16::try_from(y - first + 1).unwrap_or(u16::MAX);
        line_of(pen, area, line, (name, row), y == at);
    }
    if is_paged {
        let last = (first + page).min(shown.len());
        let text = format!("{}-{last} of {}", first + 1, shown.len());
        pen.put(area, area.height - 1, MARK as u16, &text, Tone::Quiet);
    }
}

fn empty(pen: &mut Pen, model: &Model, area: Rect) {
    let lines: &[&str] = if model.rows.is_empty() {
        &["Nothing is instrumented yet.", "", "Press i and type a part of a function's name."]
    } else {
        &["No function passes the filter. Press / to change it, Esc to drop it."]
    };
    for (y, line) in (2..).zip(lines) {
        pen.put(area, y, MARK as u16, line, Tone::Plain);
    }
}

fn names_width(area: Rect) -> usize {
    let others: usize = COLUMNS.iter().map(|(_, _, width)| width).sum();
    let trend = if area.width >= TREND_FROM { TREND + 2 } else { 0 };
    usize::from(area.width).saturating_sub(MARK + others + trend + 1)
}

/// The names of the columns, and which one is sorted by.
fn head(pen: &mut Pen, model: &Model, area: Rect) {
    let cell = |(column, name, columns): &(Column, &str, usize)| {
        let (down, up) = if pen.look.ascii { ("v", "^") } else { ("▼", "▲") };
        let mark = match *column == model.column {
            true if model.descending => down,
            true => up,
            false => "",
        };
        placed(*column, &format!("{name}{mark}"), *columns, area)
    };
    let line: String = COLUMNS.iter().map(cell).collect();
    pen.put(area, 0, MARK as u16, &line, Tone::Title);
    if area.width >= TREND_FROM {
        pen.right(area, 0, &width::left("TREND", TREND), Tone::Title);
    }
}

fn placed(column: Column, text: &str, columns: usize, area: Rect) -> String {
    match column {
        Column::Function => {
            let room = names_width(area);
            width::left(&width::middle(text, room), room)
        }
        Column::State => width::left(&format!("  {text}"), columns),
        _ => width::right(text, columns),
    }
}

fn line_of(pen: &mut Pen, area: Rect, y: u16, (name, row): (&str, &Row), is_chosen: bool) {
    let line: String =
        COLUMNS.iter().map(|(column, _, width)| placed(*column, &cell(*column, name, row), *width, area)).collect();
    let tone = if row.seen.exits.raises > 0 { Tone::Odd } else { Tone::Plain };
    pen.put(area, y, MARK as u16, &line, tone);
    let end = MARK + names_width(area) + COLUMNS.iter().map(|(_, _, width)| width).sum::<usize>();
    let state_at = u16::try_from(end - COLUMNS[7].2 + 2).unwrap_or(u16::MAX);
    pen.put(area, y, state_at, state(row.seen.phase), tone_of(row.seen.phase));
    if area.width >= TREND_FROM {
        let trend = pen.bars(&row.history.seconds(), TREND);
        pen.put(area, y, area.width - TREND as u16 - 1, &trend, Tone::Bar);
    }
    if is_chosen {
        pen.put(area, y, 0, ">", Tone::Title);
        pen.line(area, y, Tone::Chosen);
    }
}

pub(super) const fn tone_of(phase: Phase) -> Tone {
    match phase {
        Phase::Attached => Tone::Good,
        Phase::Pending | Phase::Throttled => Tone::Odd,
        _ => Tone::Bad,
    }
}

fn cell(column: Column, name: &str, row: &Row) -> String {
    let time = |ns: Option<f64>| ns.map_or_else(|| "-".into(), duration);
    match column {
        Column::Function => clean(name).into_owned(),
        Column::Calls => count(row.seen.calls),
        Column::Rate => row.rate.map_or_else(|| "-".into(), rate),
        Column::P50 => time(row.p50),
        Column::P99 => time(row.p99),
        Column::Errors => count(row.seen.exits.raises),
        Column::Cost => row.cost.map_or_else(|| "-".into(), percent),
        Column::State => state(row.seen.phase).to_owned(),
    }
}

pub(super) fn count(n: u64) -> String {
    if n < 100_000 { n.to_string() } else { Unit::Plain.brief(n as f64) }
}

pub(super) fn rate(rate: f64) -> String {
    match rate {
        x if x < 0.05 => "0".into(),
        x if x < 10.0 => format!("{x:.1}"),
        x if x < 99_999.5 => format!("{x:.0}"),
        x => Unit::Plain.brief(x),
    }
}
