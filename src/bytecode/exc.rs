//! The exception table: which instructions are covered by which handler.
//!
//! In: `co_exceptiontable`, or ranges. Out: ranges, or the table. Never here: what a handler does.
//!
//! Each entry is four numbers, start, length, target, depth·2 + lasti, in six bits a byte, high bits first; bit 6 says
//! that the number goes on, bit 7 marks the first byte of an entry.

use super::RewriteError;

/// One entry. Places are units; the table has them in ascending order, without overlap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Range {
    pub start: u32,
    pub end: u32,
    pub target: u32,
    /// How much of the value stack the handler finds.
    pub depth: u32,
    /// Whether the handler also finds the place of the failing instruction.
    pub lasti: bool,
}

/// Five groups of six bits: what CPython itself writes.
const NUMBER_MAX: u32 = (1 << 30) - 1;
/// A value stack deeper than any, with room for one more on it.
const FLAGS_MAX: u32 = 1 << 24;
const FIRST: u8 = 0x80;
const MORE: u8 = 0x40;

/// Reads a table; the first error is the last item that means anything.
#[derive(Debug)]
pub struct Ranges<'a> {
    table: &'a [u8],
    at: usize,
    /// Where the previous entry ended.
    end: u32,
}

impl<'a> Ranges<'a> {
    pub fn new(table: &'a [u8]) -> Self {
        Self { table, at: 0, end: 0 }
    }

    fn read(&mut self) -> Result<Range, RewriteError> {
        if self.table[self.at] & FIRST == 0 {
            return Err(self.error("expected the start of an entry"));
        }
        let start = self.number()?;
        let end = start + self.number()?;
        let target = self.number()?;
        let flags = self.number()?;
        if start < self.end || end <= start {
            return Err(self.error("expected ascending ranges"));
        }
        if flags > FLAGS_MAX {
            return Err(self.error("stack too deep"));
        }
        self.end = end;
        Ok(Range { start, end, target, depth: flags >> 1, lasti: flags & 1 == 1 })
    }

    fn number(&mut self) -> Result<u32, RewriteError> {
        let mut number = 0;
        loop {
            let &byte = self.table.get(self.at).ok_or_else(|| self.error("ends inside an entry"))?;
            if number > NUMBER_MAX >> 6 {
                return Err(self.error("number too large"));
            }
            self.at += 1;
            number = number << 6 | u32::from(byte & 0x3f);
            if byte & MORE == 0 {
                return Ok(number);
            }
        }
    }

    fn error(&self, what: &'static str) -> RewriteError {
        RewriteError::ExceptionTable(self.at, what)
    }
}

impl Iterator for Ranges<'_> {
    type Item = Result<Range, RewriteError>;

    fn next(&mut self) -> Option<Self::Item> {
        (self.at < self.table.len()).then(|| self.read())
    }
}

/// Writes a table; ranges that touch and agree become one entry.
#[derive(Debug)]
pub struct Writer {
    table: Vec<u8>,
    last: Option<Range>,
}

impl Writer {
    pub fn with_capacity(bytes: usize) -> Self {
        Self { table: Vec::with_capacity(bytes), last: None }
    }

    pub fn push(&mut self, range: Range) {
        match &mut self.last {
            Some(last) if *last == (Range { start: last.start, end: range.start, ..range }) => last.end = range.end,
            _ => {
                self.flush();
                self.last = Some(range);
            }
        }
    }

    pub fn finish(mut self) -> Vec<u8> {
        self.flush();
        self.table
    }

    fn flush(&mut self) {
        if let Some(range) = self.last.take() {
            self.number(range.start, FIRST);
            self.number(range.end - range.start, 0);
            self.number(range.target, 0);
            self.number(range.depth << 1 | u32::from(range.lasti), 0);
        }
    }

    fn number(&mut self, number: u32, mut mark: u8) {
        for shift in [24, 18, 12, 6] {
            if number >> shift != 0 {
                self.table.push((number >> shift) as u8 & 0x3f | MORE | mark);
                mark = 0;
            }
        }
        self.table.push(number as u8 & 0x3f | mark);
    }
}
