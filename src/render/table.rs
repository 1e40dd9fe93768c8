//! Tables: a head, rows, numbers to the right, as wide as the terminal.
//!
//! In: cells as text, of one line or more. Out: lines. Never here: what the cells mean, a number that is cut.

use super::width::{self, middle, shares};

/// Text is not shortened below this, even if lines then are longer than the terminal.
const TEXT_COLUMNS_MIN: usize = 16;
const INDENT: &str = "  ";
const GAP: &str = "  ";

/// Where a column's text stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Align {
    Left,
    Right,
}

/// The lines of a table, indented by two; the first is the head. Where room is short, text loses its middle.
pub fn lines(head: &[(&str, Align)], rows: Vec<Vec<String>>, width: usize) -> Vec<String> {
    let titles = head.iter().map(|(title, _)| (*title).to_owned()).collect();
    let all: Vec<Vec<String>> = std::iter::once(titles).chain(rows).collect();
    let widths = widths(head, &all, width);
    all.iter().flat_map(|row| row_lines(head, row, &widths)).collect()
}

/// What each column gets: numbers what they need, text what is left.
fn widths(head: &[(&str, Align)], rows: &[Vec<String>], width: usize) -> Vec<usize> {
    let need = |i: usize| rows.iter().filter_map(|row| row.get(i)).flat_map(|cell| cell.lines()).map(width::of).max();
    let mut widths: Vec<usize> = (0..head.len()).map(|i| need(i).unwrap_or(0)).collect();
    let texts: Vec<usize> = (0..head.len()).filter(|&i| head[i].1 == Align::Left).collect();
    let numbers: usize = (0..head.len()).filter(|i| !texts.contains(i)).map(|i| widths[i]).sum();
    let gaps = INDENT.len() + GAP.len() * head.len().saturating_sub(1);
    let wanted: Vec<usize> = texts.iter().map(|&i| widths[i]).collect();
    let given = shares(&wanted, width.saturating_sub(numbers + gaps), TEXT_COLUMNS_MIN);
    texts.iter().zip(given).for_each(|(&i, share)| widths[i] = share);
    widths
}

/// As many lines as the highest cell has.
fn row_lines(head: &[(&str, Align)], row: &[String], widths: &[usize]) -> Vec<String> {
    let height = row.iter().map(|cell| cell.lines().count()).max().unwrap_or(0).max(1);
    let line = |n: usize| {
        let cells = head.iter().zip(row).zip(widths).map(|(((_, align), cell), &width)| {
            let text = middle(cell.lines().nth(n).unwrap_or_default(), width);
            if *align == Align::Right { width::right(&text, width) } else { width::left(&text, width) }
        });
        let line = format!("{INDENT}{}", cells.collect::<Vec<_>>().join(GAP));
        line.trim_end().to_owned()
    };
    (0..height).map(line).collect()
}
