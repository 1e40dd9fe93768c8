//! The line table: the source position of every unit.
//!
//! In: `co_linetable` and `co_firstlineno`, or positions. Out: positions, or the table. Never here: source text.
//!
//! Each entry is a byte `1 code:4 units-1:3`, then by code: 0–9 same line, columns in one byte (code·8 + 3 bits, 4 bits of
//! length); 10–12 that many lines on, a byte for each column; 13 a line, no columns; 14 everything; 15 no position.
//! Numbers are six bits a byte, low bits first; bit 6 says that the number goes on; signs are in the lowest bit.

use super::RewriteError;

/// Where an instruction stands in the source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Location {
    pub line: i32,
    /// `None`: only the line is known.
    pub span: Option<Span>,
}

/// The rest of a position. Columns count from one; 0 is an unknown column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// How many lines below `line` it ends.
    pub lines: u32,
    pub column: u32,
    pub end_column: u32,
}

/// Reads a table forwards: ask for ascending units only.
#[derive(Debug)]
pub struct Lines<'a> {
    table: &'a [u8],
    at: usize,
    line: i32,
    /// Where the entry just read ends.
    end: u32,
    location: Option<Location>,
}

impl<'a> Lines<'a> {
    pub fn new(table: &'a [u8], first_line: i32) -> Self {
        Self { table, at: 0, line: first_line, end: 0, location: None }
    }

    /// The position of a unit; none behind the table's end.
    ///
    /// # Errors
    /// When the table is not understood.
    pub fn at(&mut self, unit: u32) -> Result<Option<Location>, RewriteError> {
        while self.end <= unit {
            if self.at == self.table.len() {
                (self.end, self.location) = (u32::MAX, None);
                break;
            }
            self.advance()?;
        }
        Ok(self.location)
    }

    fn advance(&mut self) -> Result<(), RewriteError> {
        let head = self.byte()?;
        self.end = self.end.saturating_add(u32::from(head & 7) + 1);
        self.location = match head >> 3 & 15 {
            15 => None,
            14 => {
                self.move_line()?;
                let (lines, column, end_column) = (self.number()?, self.number()?, self.number()?);
                self.here(Some(Span { lines, column, end_column }))
            }
            13 => {
                self.move_line()?;
                self.here(None)
            }
            code @ 10..=12 => {
                self.add(i64::from(code) - 10)?;
                let (column, end_column) = (u32::from(self.byte()?) + 1, u32::from(self.byte()?) + 1);
                self.here(Some(Span { lines: 0, column, end_column }))
            }
            code => {
                let low = u32::from(self.byte()?);
                let column = (u32::from(code) << 3 | low >> 4) + 1;
                self.here(Some(Span { lines: 0, column, end_column: column + (low & 15) }))
            }
        };
        Ok(())
    }

    #[expect(clippy::unnecessary_wraps, reason = "reads as what it becomes")]
    fn here(&self, span: Option<Span>) -> Option<Location> {
        Some(Location { line: self.line, span })
    }

    fn move_line(&mut self) -> Result<(), RewriteError> {
        let number = self.number()?;
        let distance = i64::from(number >> 1);
        self.add(if number & 1 == 1 { -distance } else { distance })
    }

    fn add(&mut self, lines: i64) -> Result<(), RewriteError> {
        self.line = i32::try_from(i64::from(self.line) + lines).map_err(|_| self.error("line out of range"))?;
        Ok(())
    }

    fn number(&mut self) -> Result<u32, RewriteError> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            if shift > 30 {
                return Err(self.error("number too large"));
            }
            number |= u64::from(byte & 0x3f) << shift;
            shift += 6;
            if byte & 0x40 == 0 {
                return u32::try_from(number).map_err(|_| self.error("number too large"));
            }
        }
    }

    fn byte(&mut self) -> Result<u8, RewriteError> {
        let &byte = self.table.get(self.at).ok_or_else(|| self.error("ends inside an entry"))?;
        self.at += 1;
        Ok(byte)
    }

    fn error(&self, what: &'static str) -> RewriteError {
        RewriteError::LineTable(self.at, what)
    }
}

/// Writes a table; neighbours with the same position share entries.
#[derive(Debug)]
pub struct Writer {
    table: Vec<u8>,
    line: i32,
    units: u32,
    location: Option<Location>,
}

impl Writer {
    pub fn with_capacity(bytes: usize, first_line: i32) -> Self {
        Self { table: Vec::with_capacity(bytes), line: first_line, units: 0, location: None }
    }

    pub fn push(&mut self, units: u32, location: Option<Location>) {
        if self.location != location {
            self.flush();
            self.location = location;
        }
        self.units += units;
    }

    pub fn finish(mut self) -> Vec<u8> {
        self.flush();
        self.table
    }

    fn flush(&mut self) {
        while self.units > 0 {
            let units = self.units.min(8);
            self.units -= units;
            self.entry(units as u8 - 1);
        }
    }

    fn entry(&mut self, units: u8) {
        let Some(Location { line, span }) = self.location else {
            return self.head(15, units);
        };
        let moved = i64::from(line) - i64::from(self.line);
        self.line = line;
        match span {
            None => {
                self.head(13, units);
                self.signed(moved);
            }
            Some(span) => self.span(moved, span, units),
        }
    }

    /// The shortest form that holds the span.
    fn span(&mut self, moved: i64, span: Span, units: u8) {
        match columns(span) {
            Some((start, end)) if moved == 0 && start < 80 && end.wrapping_sub(start) < 16 => {
                self.head(start >> 3, units);
                self.table.push((start & 7) << 4 | (end - start));
            }
            Some((start, end)) if (0..3).contains(&moved) && start < 128 && end < 128 => {
                self.head(10 + moved as u8, units);
                self.table.extend([start, end]);
            }
            _ => {
                self.head(14, units);
                self.signed(moved);
                self.number(span.lines.into());
                self.number(span.column.into());
                self.number(span.end_column.into());
            }
        }
    }

    fn head(&mut self, code: u8, units: u8) {
        self.table.push(0x80 | code << 3 | units);
    }

    fn signed(&mut self, number: i64) {
        self.number(number.unsigned_abs() << 1 | u64::from(number < 0));
    }

    fn number(&mut self, mut number: u64) {
        while number >= 64 {
            self.table.push(0x40 | number as u8 & 0x3f);
            number >>= 6;
        }
        self.table.push(number as u8);
    }
}

/// Both columns counted from zero, when the span is within one line and they are known and small.
fn columns(span: Span) -> Option<(u8, u8)> {
    let small = |column: u32| u8::try_from(column.checked_sub(1)?).ok();
    if span.lines == 0 { Some((small(span.column)?, small(span.end_column)?)) } else { None }
}
