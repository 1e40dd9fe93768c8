//! The terminal with a picture at its lower end that is drawn anew and anew, while everything else scrolls above it.
//!
//! In: reports, pictures, the terminal's size. Out: text and control sequences, each drawing in one write. Never here: a
//! line of somebody else's that is written over: the program may share the terminal, and what it writes scrolls in the
//! part that is left to it (the terminal's scrolling region), with its cursor, colours and wrapping as it left them.

use std::io::{self, Write};

use anstream::adapter::strip_str;

use super::{Picture, Renderer, Terminal, aggregations, ascii};
use crate::report::Report;

/// The terminal takes up what comes between the two at once.
const TOGETHER: &str = "\x1b[?2026h";
const SHOW: &str = "\x1b[?2026l";
/// The cursor's place and style, kept and given back. Setting the region moves it.
const KEEP: &str = "\x1b7";
const BACK: &str = "\x1b8";
const WHOLE_REGION: &str = "\x1b[r";
const ERASE_BELOW: &str = "\x1b[J";
const ERASE_LINE: &str = "\x1b[2K";
/// One line down in the same column; at the lower end everything moves up.
const DOWN: &str = "\x1bD";
/// What is too long is cut at the edge.
const NO_WRAP: &str = "\x1b[?7l";
const WRAP: &str = "\x1b[?7h";
const PLAIN: &str = "\x1b[0m";

/// A terminal with fewer rows has no room for a picture beside the program.
const ROWS_MIN: usize = 8;

/// Columns and rows; none where drawing is not wanted now.
pub type Size = Box<dyn Fn() -> Option<(usize, usize)>>;

/// How text may look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Look {
    pub styled: bool,
    pub ascii: bool,
}

/// What stands on the terminal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Shown {
    columns: usize,
    rows: usize,
    lines: usize,
}

/// Writes to a terminal that `size` tells the size of.
pub struct Live<W: Write> {
    out: W,
    size: Size,
    look: Look,
    text: Terminal<Vec<u8>>,
    shown: Option<Shown>,
}

impl<W: Write> Live<W> {
    pub fn new(out: W, width: usize, size: Size, look: Look) -> Self {
        Self { out, size, look, text: Terminal::new(Vec::new(), width), shown: None }
    }

    /// The whole screen is the program's again, its cursor where it was.
    fn leave(&mut self) -> io::Result<()> {
        if self.shown.take().is_none() {
            return Ok(());
        }
        self.out.write_all(format!("{KEEP}{WHOLE_REGION}{BACK}{ERASE_BELOW}").as_bytes())?;
        self.out.flush()
    }

    fn looking(&self, text: &str) -> String {
        let text = if self.look.styled { text.to_owned() } else { strip_str(text).to_string() };
        if self.look.ascii { ascii::text(&text) } else { text }
    }
}

impl<W: Write> Renderer for Live<W> {
    fn report(&mut self, report: &Report) -> io::Result<()> {
        self.text.report(report)
    }

    fn picture(&mut self, picture: &Picture) -> io::Result<()> {
        let Some((columns, rows)) = (self.size)().filter(|(_, rows)| *rows >= ROWS_MIN) else { return self.leave() };
        // The last column is left free: a cursor that waits there is no place to erase from.
        self.text.resize(columns.saturating_sub(1));
        let lines: Vec<String> = lines(picture, columns.saturating_sub(1), rows * 2 / 3);
        let lines: Vec<String> = lines.iter().map(|line| self.looking(line)).collect();
        let now = Shown { columns, rows, lines: lines.len() };
        let mut frame = TOGETHER.to_owned();
        if self.shown != Some(now) {
            frame += &make_room(self.shown.is_some(), now);
        }
        frame += &drawn(&lines, rows);
        frame += SHOW;
        self.shown = Some(now);
        self.out.write_all(frame.as_bytes())?;
        self.out.flush()
    }

    /// The terminal has another size, or is somebody else's now.
    fn is_stale(&self) -> bool {
        self.shown.is_some_and(|shown| (self.size)() != Some((shown.columns, shown.rows)))
    }

    fn flush(&mut self) -> io::Result<()> {
        let text = std::mem::take(self.text.written());
        let text = self.looking(&String::from_utf8_lossy(&text));
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.leave()?;
        if let Some((columns, _)) = (self.size)() {
            self.text.resize(columns);
        }
        self.text.finish()?;
        self.flush()
    }
}

impl<W: Write> Drop for Live<W> {
    /// Also where something failed: a terminal with a part that no longer scrolls is a nuisance.
    fn drop(&mut self) {
        let _ = self.leave();
    }
}

/// At most so many lines; what has no room is counted.
fn lines(picture: &Picture, width: usize, most: usize) -> Vec<String> {
    let mut lines = vec![picture.title()];
    lines.extend(aggregations::blocks(picture.aggregations, width).into_iter().flatten());
    if lines.len() > most {
        let hidden = lines.len() - (most - 1);
        lines.truncate(most - 1);
        lines.push(format!("… {hidden} more lines"));
    }
    lines
}

/// Moves up what stands where the picture will, erases the one before, and leaves the program the rows above.
fn make_room(again: bool, now: Shown) -> String {
    let erase = if again { ERASE_BELOW } else { "" };
    let down = DOWN.repeat(now.lines);
    let (up, above) = (now.lines, now.rows - now.lines);
    format!("{KEEP}{WHOLE_REGION}{BACK}{erase}{down}\x1b[{up}A{KEEP}\x1b[1;{above}r{BACK}")
}

fn drawn(lines: &[String], rows: usize) -> String {
    let mut frame = format!("{KEEP}{NO_WRAP}{PLAIN}");
    for (i, line) in lines.iter().enumerate() {
        let row = rows - lines.len() + 1 + i;
        frame += &format!("\x1b[{row};1H{ERASE_LINE}{line}");
    }
    frame + WRAP + BACK
}
