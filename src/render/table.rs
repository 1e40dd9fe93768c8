//! Tables: a head, rows, numbers to the right, as wide as the terminal.
//!
//! In: cells as text. Out: lines. Never here: what the cells mean.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};

/// A name is not wrapped below this, even if lines then are longer than the terminal.
const NAME_CHARS_MIN: u16 = 24;

/// Where a column's text stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Align {
    Left,
    Right,
}

/// The lines of a table, indented by two; the first is the head.
pub fn lines(head: &[(&str, Align)], rows: Vec<Vec<String>>, width: usize) -> Vec<String> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width.saturating_sub(2)).unwrap_or(u16::MAX));
    table.set_header(head.iter().map(|(name, _)| *name));
    table.add_rows(rows);
    let widest = table.column_max_content_widths();
    for ((column, (_, align)), content) in table.column_iter_mut().zip(head).zip(widest) {
        column.set_padding((0, 2));
        if *align == Align::Right {
            column.set_cell_alignment(CellAlignment::Right);
            // Where room is short names wrap; numbers never do.
            column.set_constraint(ColumnConstraint::ContentWidth);
        } else {
            let least = content.min(NAME_CHARS_MIN) + 2;
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(least)));
        }
    }
    table.lines().map(|line| format!("  {}", line.trim_end())).collect()
}
