//! One function in full: its counts, its rate over the last minutes, its times, its latest slow calls.
//!
//! In: the selected row. Out: lines. Never here: more rows of one part than leave room for the others.

use anstream::adapter::strip_str;
use ratatui::layout::Rect;

use super::list::{count, rate, tone_of};
use super::pen::{Pen, Tone};
use super::percent;
use crate::cli::top::model::{Model, Row, state};
use crate::render::histogram::{self, Drawn};
use crate::render::text::{Unit, clean, clock, duration, value};
use crate::render::width::middle;
use crate::report::{Exits, Record};

/// Lines of records that stay visible below the longest histogram.
const RECORDS_MIN: usize = 5;
const LEFT: u16 = 2;

pub(super) fn draw(pen: &mut Pen, model: &Model, area: Rect) {
    let Some((name, row)) = model.chosen() else { return };
    let room = usize::from(area.width).saturating_sub(usize::from(LEFT) + 1);
    pen.put(area, 0, LEFT, &middle(&clean(name), room), Tone::Title);
    state_of(pen, area, row, room);
    pen.put(area, 2, LEFT, &middle(&counts(row), room), Tone::Plain);
    trend(pen, area, row);
    let y = times(pen, area, row, 4);
    records(pen, area, model, (name, y + 1));
}

fn state_of(pen: &mut Pen, area: Rect, row: &Row, room: usize) {
    let word = state(row.seen.phase);
    pen.put(area, 1, LEFT, word, tone_of(row.seen.phase));
    let why =
        if row.seen.session == row.seen.function { String::new() } else { format!("by {}", clean(&row.seen.session)) };
    let more: Vec<String> =
        [clean(&row.seen.reason).into_owned(), why].into_iter().filter(|part| !part.is_empty()).collect();
    let at = LEFT + u16::try_from(word.len()).unwrap_or(0) + 2;
    pen.put(area, 1, at, &middle(&more.join(", "), room.saturating_sub(word.len() + 2)), Tone::Quiet);
}

/// `12345 calls: 12000 returned, 5 raised, 2 running   120/s   probes take 0.3%`
fn counts(row: &Row) -> String {
    let Exits { returns, raises, abandoned, live } = row.seen.exits;
    let mut parts = vec![format!("{} returned", count(returns)), format!("{} raised", count(raises))];
    if abandoned > 0 {
        parts.push(format!("{} abandoned", count(abandoned)));
    }
    parts.push(format!("{} running", count(live)));
    let rate = row.rate.map_or_else(String::new, |now| format!("   {}/s", rate(now)));
    let cost = row.cost.map_or_else(String::new, |cost| format!("   probe {}", percent(cost)));
    format!("{} calls: {}{rate}{cost}", count(row.seen.calls), parts.join(", "))
}

fn trend(pen: &mut Pen, area: Rect, row: &Row) {
    let seconds = row.history.seconds();
    let most = seconds.iter().max().copied().unwrap_or(0);
    let label = format!("rate, up to {most}/s  ");
    let at = LEFT + u16::try_from(label.len()).unwrap_or(0);
    let room = usize::from(area.width.saturating_sub(at + 1));
    pen.put(area, 3, LEFT, &label, Tone::Quiet);
    let bars = pen.bars(&seconds, room);
    pen.put(area, 3, at, &bars, Tone::Bar);
}

/// The histogram of all calls; gives the line below it.
fn times(pen: &mut Pen, area: Rect, row: &Row, from: u16) -> u16 {
    let Some(all) = &row.seen.latency else {
        pen.put(area, from + 1, LEFT, "no call has ended yet", Tone::Quiet);
        return from + 2;
    };
    let drawn = Drawn { title: String::new(), histogram: all, unit: Unit::Ns, powers_of_two: true };
    let lines = histogram::lines(&[drawn], usize::from(area.width) - 2);
    let lines: Vec<String> = lines.iter().map(|line| strip_str(line).to_string()).collect();
    let room = usize::from(area.height).saturating_sub(usize::from(from) + 1 + RECORDS_MIN).max(4);
    let lines = cut(lines, room);
    for (y, line) in (from + 1..).zip(&lines) {
        bar_line(pen, area, y, line);
    }
    from + 1 + u16::try_from(lines.len()).unwrap_or(0)
}

/// As many lines as there is room for: the slowest calls are what is looked for, and the last line sums up.
fn cut(lines: Vec<String>, room: usize) -> Vec<String> {
    match lines.len().checked_sub(room) {
        None | Some(0) => lines,
        Some(over) => {
            std::iter::once(format!("  … {} faster rows", over + 1)).chain(lines.into_iter().skip(over + 1)).collect()
        }
    }
}

fn bar_line(pen: &mut Pen, area: Rect, y: u16, line: &str) {
    let at = line.find(|c| ('▏'..='▉').contains(&c) || c == '█').unwrap_or(line.len());
    let (text, bar) = line.split_at(at);
    pen.put(area, y, 0, text, Tone::Plain);
    pen.put(area, y, u16::try_from(crate::render::width::of(text)).unwrap_or(u16::MAX), bar, Tone::Bar);
}

/// The latest below each other, the newest first.
fn records(pen: &mut Pen, area: Rect, model: &Model, (name, from): (&str, u16)) {
    let slow = model.slow.as_ref().filter(|slow| slow.function == name);
    let title = match slow.map(|slow| slow.min_ns) {
        Some(ns) if ns > 0 => format!("calls of {} and more, five a second at most", duration(ns as f64)),
        _ => "calls, five a second at most".to_owned(),
    };
    pen.put(area, from, LEFT, &title, Tone::Quiet);
    let room = usize::from(area.width).saturating_sub(usize::from(LEFT) + 1);
    let Some(all) = model.records.get(name) else { return };
    for (y, record) in (from + 1..area.height).zip(all.iter().rev()) {
        let tone = if record.point == "raise" { Tone::Odd } else { Tone::Plain };
        pen.put(area, y, LEFT, &middle(&line_of(record), room), tone);
    }
}

/// When, how long, what with, and what came of it.
fn line_of(record: &Record) -> String {
    let time = clock(record.ts_ns);
    let fields =
        record.fields.iter().filter(|(name, shown)| !(&**name == "exception" && *shown == crate::value::Value::None));
    let fields = fields.map(|(name, shown)| match &**name {
        "elapsed" => value(shown, Unit::Ns),
        name => format!("{}={}", clean(name), value(shown, Unit::of(name))),
    });
    format!("{} {}", &time[..8.min(time.len())], fields.collect::<Vec<_>>().join("  "))
}
