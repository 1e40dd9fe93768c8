//! The dashboard on a grid of characters.
//!
//! In: the model, the grid, how text may look. Out: every character of the grid. Never here: a change of the model, a
//! terminal; what is said by colour alone.

mod add;
mod details;
mod help;
mod list;
mod pen;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::model::{Kind, Mode, Model};
use crate::render::live::Look;
use crate::render::text::clean;
use pen::{Pen, Tone};

/// What a terminal has at least.
pub const COLUMNS_MIN: u16 = 70;
pub const ROWS_MIN: u16 = 10;

/// Draws everything anew.
pub fn draw(model: &Model, look: Look, grid: &mut Buffer) {
    let area = grid.area;
    let mut pen = Pen { grid, look };
    if area.width < COLUMNS_MIN || area.height < ROWS_MIN {
        return too_small(&mut pen, area);
    }
    head(&mut pen, model, area);
    let body = Rect { y: area.y + 1, height: area.height - 3, ..area };
    match &model.mode {
        Mode::List | Mode::Filter(_) => list::draw(&mut pen, model, body),
        Mode::Add(add) => add::draw(&mut pen, add, body),
        Mode::Details => details::draw(&mut pen, model, body),
        Mode::Help(_) => help::draw(&mut pen, body),
    }
    foot(&mut pen, model, area);
}

fn too_small(pen: &mut Pen, area: Rect) {
    let text =
        format!("{}x{} is too small, expected {COLUMNS_MIN}x{ROWS_MIN} or more; q ends", area.width, area.height);
    let chars: Vec<char> = text.chars().collect();
    for (y, part) in (0..area.height).zip(chars.chunks(usize::from(area.width).max(1))) {
        pen.put(area, y, 0, &part.iter().collect::<String>(), Tone::Plain);
    }
}

fn head(pen: &mut Pen, model: &Model, area: Rect) {
    let processes = match model.processes.len() {
        1 => "1 process".to_owned(),
        n => format!("{n} processes"),
    };
    let seconds = model.at.as_secs();
    let cost = percent(model.cost());
    let right = format!("{processes}  {}:{:02}  probes take {cost}", seconds / 60, seconds % 60);
    pen.put(area, 0, 0, " waspect top ", Tone::Title);
    pen.right(area, 0, &right, Tone::Plain);
    let room = usize::from(area.width).saturating_sub(14 + right.len() + 2);
    pen.put(area, 0, 14, &crate::render::width::middle(&clean(&model.target), room), Tone::Plain);
}

/// What there is to say, and below it the keys.
fn foot(pen: &mut Pen, model: &Model, area: Rect) {
    let (above, last) = (area.height - 2, area.height - 1);
    let room = usize::from(area.width) - 2;
    let (text, tone) = said(model);
    pen.put(area, above, 1, &crate::render::width::middle(&text, room), tone);
    match &model.mode {
        Mode::Filter(_) => pen.put(area, last, 1, &format!("filter: {}_", model.filter), Tone::Title),
        mode => pen.put(area, last, 1, keys(mode), Tone::Quiet),
    }
}

const fn keys(mode: &Mode) -> &'static str {
    match mode {
        Mode::List | Mode::Filter(_) => "q quit  ? help  i add  d remove  Enter details  / filter  s sort  r reverse",
        Mode::Add(_) => "Enter instruments  Up Down choose  Tab completes  Ctrl-U erases  Esc leaves",
        Mode::Details => "Esc back  Up Down next function  d remove  ? help  Ctrl-C quit",
        Mode::Help(_) => "any key goes back",
    }
}

/// The end, else a message, else what is to be known of the selected function.
fn said(model: &Model) -> (String, Tone) {
    if let Some(over) = &model.over {
        return (format!("{over}; q ends"), Tone::Bad);
    }
    if let Some(message) = &model.message {
        let tone = match message.kind {
            Kind::Done => Tone::Good,
            Kind::Note => Tone::Odd,
            Kind::Error => Tone::Bad,
        };
        return (clean(&message.text).into_owned(), tone);
    }
    let Some((name, row)) = model.chosen() else { return (String::new(), Tone::Plain) };
    match row.seen.reason.as_str() {
        "" => (clean(name).into_owned(), Tone::Quiet),
        why => (format!("{}: {}", super::model::state(row.seen.phase), clean(why)), Tone::Odd),
    }
}

/// A share of one: `0%`, `0.04%`, `12%`.
fn percent(share: f64) -> String {
    match share * 100.0 {
        x if x <= 0.0 => "0%".into(),
        x if x < 0.01 => "<0.01%".into(),
        x if x < 1.0 => format!("{x:.2}%"),
        x if x < 10.0 => format!("{x:.1}%"),
        x => format!("{x:.0}%"),
    }
}
