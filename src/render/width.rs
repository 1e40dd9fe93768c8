//! How much room text takes on a terminal, and text made to fit.
//!
//! In: text, styled or not. Out: columns, or text of so many columns. Never here: a byte or a character counted as a
//! column, a cut without a mark.

use anstream::adapter::strip_str;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The columns a line takes; styles take none.
pub fn of(line: &str) -> usize {
    if line.contains('\x1b') { strip_str(line).to_string().width() } else { line.width() }
}

/// The widest of some lines.
pub fn widest<'a>(lines: impl IntoIterator<Item = &'a String>) -> usize {
    lines.into_iter().map(|line| of(line)).max().unwrap_or(0)
}

/// Spaces after the line up to `width`.
pub fn left(line: &str, width: usize) -> String {
    format!("{line}{:1$}", "", width.saturating_sub(of(line)))
}

/// Spaces before it.
pub fn right(line: &str, width: usize) -> String {
    format!("{:1$}{line}", "", width.saturating_sub(of(line)))
}

/// Plain text of at most `width` columns. The middle goes: of a dotted name, where it is from and what it is stay.
pub fn middle(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    let head = taken(text.chars(), room / 2);
    let mut tail: Vec<char> = taken(text.chars().rev(), room - room / 2);
    tail.reverse();
    // A mark that belongs to a character that is gone would stand on the dots.
    let tail = tail.into_iter().skip_while(|c| c.width() == Some(0));
    head.into_iter().chain(['…']).chain(tail).collect()
}

/// As many characters as there is room for.
fn taken(chars: impl Iterator<Item = char>, room: usize) -> Vec<char> {
    let mut used = 0;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used <= room
    };
    chars.take_while(fits).collect()
}

/// Room divided among texts that want `wanted` columns each: who wants little gets it, the others get the same, but never
/// less than `least`.
pub fn shares(wanted: &[usize], room: usize, least: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|&i| wanted[i]);
    let (mut shares, mut room) = (vec![0; wanted.len()], room);
    for (n, &i) in order.iter().enumerate() {
        let fair = (room / (wanted.len() - n)).max(least);
        shares[i] = wanted[i].min(fair);
        room = room.saturating_sub(shares[i]);
    }
    shares
}
