//! The name of a function being typed, with what the target has like it.
//!
//! In: what was typed and found. Out: lines. Never here: a search.

use ratatui::layout::Rect;

use super::pen::{Pen, Tone};
use crate::cli::top::model::Add;
use crate::render::text::clean;
use crate::render::width::middle;

const LEFT: u16 = 2;

pub(super) fn draw(pen: &mut Pen, add: &Add, area: Rect) {
    pen.put(area, 1, LEFT, "Instrument a function", Tone::Title);
    pen.put(area, 2, LEFT, &format!("name: {}_", clean(&add.text)), Tone::Plain);
    let room = usize::from(area.width).saturating_sub(usize::from(LEFT) + 3);
    if let Some(name) = &add.loading {
        let text = format!("putting a probe into `{name}` …");
        pen.put(area, 4, LEFT, &middle(&text, room), Tone::Good);
        return;
    }
    let y = refused(pen, add, area, room);
    names(pen, add, Rect { y: area.y + y, height: area.height - y, ..area }, room);
}

/// Why the last one was not taken, in as many lines as it needs; gives the line below.
fn refused(pen: &mut Pen, add: &Add, area: Rect, room: usize) -> u16 {
    let Some(refused) = &add.refused else { return 4 };
    let mut y = 4;
    for line in wrapped(&clean(&refused.why), room) {
        pen.put(area, y, LEFT, &line, Tone::Bad);
        y += 1;
    }
    if refused.may_come {
        pen.put(area, y, LEFT, "Enter once more waits until there is one", Tone::Odd);
        y += 1;
    }
    (y + 1).min(area.height - 1)
}

fn names(pen: &mut Pen, add: &Add, area: Rect, room: usize) {
    let Some((text, found)) = &add.found else { return pen.put(area, 0, LEFT, "searching …", Tone::Quiet) };
    if *text != add.text {
        return pen.put(area, 0, LEFT, "searching …", Tone::Quiet);
    }
    if found.names.is_empty() {
        let is_pattern = add.text.contains('*');
        let none = match &found.why {
            _ if is_pattern => "Enter instruments every function that fits the pattern",
            Some(why) => why,
            None => "no loaded function has that in its name",
        };
        if add.refused.is_none() {
            for (y, line) in (0..).zip(wrapped(&clean(none), room)) {
                pen.put(area, y, LEFT, &line, Tone::Odd);
            }
        }
        return;
    }
    let page = usize::from(area.height).saturating_sub(1).max(1);
    let first = add.chosen / page * page;
    let mut y = 0;
    for (at, name) in found.names.iter().enumerate().skip(first).take(page) {
        let mark = if at == add.chosen { ">" } else { " " };
        pen.put(area, y, LEFT, &format!("{mark} {}", middle(&clean(name), room)), Tone::Plain);
        if at == add.chosen {
            pen.line(area, y, Tone::Chosen);
        }
        y += 1;
    }
    let left = found.names.len().saturating_sub(first + page) as u64 + found.more;
    if left > 0 {
        pen.put(area, y, LEFT, &format!("  … and {left} more"), Tone::Quiet);
    }
}

/// Text in lines of at most so many columns, broken between words where it can be.
fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().map(|line| (crate::render::width::of(line), line));
        match last {
            Some((0, line)) => line.push_str(word),
            Some((used, line)) if used + 1 + crate::render::width::of(word) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
