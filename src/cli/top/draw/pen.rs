//! Characters on the grid, in the few ways they may look.
//!
//! In: text with a place and a tone. Out: cells. Never here: text over the edge, or what an application's name could do
//! to a terminal: control characters are gone before.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use crate::render::live::Look;
use crate::render::{ascii, width};

/// Heights of a bar within one line.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const HEIGHTS_ASCII: [char; 8] = ['.', ':', '-', '=', '+', '*', '#', '@'];

/// How text looks; without colours what is left of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Tone {
    Plain,
    Title,
    Quiet,
    Chosen,
    Good,
    Odd,
    Bad,
    Bar,
}

pub(super) struct Pen<'a> {
    pub(super) grid: &'a mut Buffer,
    pub(super) look: Look,
}

impl Pen<'_> {
    /// Text in a line of the area, cut at its edge.
    pub(super) fn put(&mut self, area: Rect, y: u16, x: u16, text: &str, tone: Tone) {
        if y >= area.height || x >= area.width {
            return;
        }
        let style = self.style(tone);
        let text = if self.look.ascii { ascii::text(text) } else { text.to_owned() };
        self.grid.set_stringn(area.x + x, area.y + y, text, usize::from(area.width - x), style);
    }

    /// Text that ends one column before the area's right edge.
    pub(super) fn right(&mut self, area: Rect, y: u16, text: &str, tone: Tone) {
        let columns = u16::try_from(width::of(text)).unwrap_or(u16::MAX);
        self.put(area, y, area.width.saturating_sub(columns.saturating_add(1)), text, tone);
    }

    /// Gives a whole line of the area a tone.
    pub(super) fn line(&mut self, area: Rect, y: u16, tone: Tone) {
        let style = self.style(tone);
        self.grid.set_style(Rect { y: area.y + y, height: 1, ..area }, style);
    }

    /// The last of some numbers as bars of one line, the highest at the top.
    pub(super) fn bars(&mut self, numbers: &[u64], room: usize) -> String {
        let heights = if self.look.ascii { HEIGHTS_ASCII } else { HEIGHTS };
        let last = &numbers[numbers.len().saturating_sub(room)..];
        let most = last.iter().copied().max().unwrap_or(0).max(1);
        let bar = |n: &u64| match *n {
            0 => ' ',
            n => heights[(u128::from(n) * 8).div_ceil(u128::from(most)).clamp(1, 8) as usize - 1],
        };
        last.iter().map(bar).collect()
    }

    fn style(&self, tone: Tone) -> Style {
        let plain = Style::new();
        let colour = |colour: Color| if self.look.styled { plain.fg(colour) } else { plain };
        match tone {
            Tone::Plain => plain,
            Tone::Title => plain.add_modifier(Modifier::BOLD),
            Tone::Quiet if self.look.styled => plain.add_modifier(Modifier::DIM),
            Tone::Quiet => plain,
            Tone::Chosen => plain.add_modifier(Modifier::REVERSED),
            Tone::Good => colour(Color::Green),
            Tone::Odd => colour(Color::Yellow),
            Tone::Bad => colour(Color::Red).add_modifier(Modifier::BOLD),
            Tone::Bar => colour(Color::Cyan),
        }
    }
}
