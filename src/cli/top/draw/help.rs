//! The keys, and what the columns mean.
//!
//! In: room. Out: lines. Never here: a key that does something else in `keys`.

use ratatui::layout::Rect;

use super::pen::{Pen, Tone};

const LINES: &[&str] = &[
    "i       instrument a function: type a part of its name, choose, Enter",
    "d       take the selected function's probe out again",
    "Enter   the function in full: histogram, latest slow calls",
    "/       show only names with that in them; Esc shows all",
    "s S     sort by the next column, by the one before; r turns the order round",
    "Up Down PageUp PageDown Home End (k j g G)    move",
    "q       quit: every probe is taken out, the application goes on",
    "",
    "CALLS   since the function was instrumented; ERRORS are calls left by an",
    "        exception, of those",
    "RATE    calls a second, P50 and P99 what half and nearly all calls stay",
    "        below, over the last 5 s; where none ended in them, over all",
    "COST    what the probe takes of one processor now, by its own clock",
    "STATE   live; waiting: no such function yet; disarmed: it went wrong too",
    "        often. The line at the bottom says why",
];

pub(super) fn draw(pen: &mut Pen, area: Rect) {
    for (y, line) in (1..).zip(LINES) {
        pen.put(area, y, 2, line, Tone::Plain);
    }
}
