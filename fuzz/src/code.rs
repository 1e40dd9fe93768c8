//! Bytes as the code of a function: opcodes of a version by its own tables, jumps, ranges and lines that fit.
//!
//! In: bytes that nobody meant. Out: an image, rewritten. Never here: an interpreter, or a rule that rewriting does not keep
//! itself; what it gives is read again by the readers of tables.

use waspect::bytecode::exc::{self, Range, Ranges};
use waspect::bytecode::lines::{self, Lines, Location, Span};
use waspect::bytecode::{Image, RewriteError, Shape, Version, rewrite};

/// Bytes taken from the front; zeros behind the end.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn one(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn two(&mut self) -> u32 {
        u32::from(u16::from_le_bytes([self.one(), self.one()]))
    }
}

/// What must hold of whatever code there is.
pub fn rewrites(data: &[u8]) {
    let mut from = Bytes(data);
    let versions = Version::all();
    let version = &versions[usize::from(from.one()) % versions.len()];
    let flags = from.one();
    let shape = if flags & 1 == 0 { Shape::Entry } else { Shape::Token };
    let parameters = u32::from(from.one() % 8);
    let want: Vec<u16> = (0..8).filter(|bit| flags >> bit & 2 != 0 && from.one() & 1 == 1).collect();
    let (first_line, stack_size) = (from.two().cast_signed() - 100, u32::from(from.one()));
    let exception_table = ranges(&mut from, flags & 0x40 != 0);
    let line_table = table_of_lines(&mut from, first_line, flags & 0x80 != 0);
    // What is left is code. Mostly it begins as functions do.
    let mut code = from.0.to_vec();
    if flags & 0x20 == 0 {
        let resume = [151, 151, 149][usize::from(version.python().1) - 11];
        code.splice(0..0, [resume, 0]);
    }
    code.truncate(code.len() & !1);
    let image = Image {
        code: &code,
        line_table: &line_table,
        exception_table: &exception_table,
        stack_size,
        first_line,
        flags: 3,
        parameters,
        const_count: u32::from(from.one()),
    };
    let made = match rewrite(version, &image, shape, &want) {
        Ok(made) => made,
        Err(RewriteError::Check { unit, what }) => panic!("made wrong and found out: unit {unit}, {what}"),
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert!(made.code.len() > code.len() && made.code.len() % 2 == 0);
    assert!(made.stack_size >= stack_size && !made.consts.is_empty());
    let units = u32::try_from(made.code.len() / 2).expect("short");
    let mut lines = Lines::new(&made.line_table, first_line);
    (0..units).for_each(|unit| {
        lines.at(unit).expect("lines that are read");
    });
    Ranges::new(&made.exception_table).for_each(|range| {
        let Range { start, end, target, .. } = range.expect("ranges that are read");
        assert!(start < end && end <= units && target < units);
    });
}

/// In order, as compilers write them, or as they come.
fn ranges(from: &mut Bytes<'_>, raw: bool) -> Vec<u8> {
    let count = usize::from(from.one() % 8);
    if raw {
        return (0..count * 4).map(|_| from.one()).collect();
    }
    let mut writer = exc::Writer::with_capacity(0);
    let mut at = 0;
    for _ in 0..count {
        let start = at + u32::from(from.one());
        let end = start + 1 + u32::from(from.one());
        let (target, depth) = (from.two() % 512, u32::from(from.one() % 16));
        writer.push(Range { start, end, target, depth: depth / 2, lasti: depth % 2 == 1 });
        at = end;
    }
    writer.finish()
}

fn table_of_lines(from: &mut Bytes<'_>, first: i32, raw: bool) -> Vec<u8> {
    let count = usize::from(from.one() % 16);
    if raw {
        return (0..count * 3).map(|_| from.one()).collect();
    }
    let mut writer = lines::Writer::with_capacity(0, first);
    for _ in 0..count {
        let (units, kind, line) = (1 + u32::from(from.one()), from.one(), i32::from(from.one()) - 8);
        let span = Span { lines: u32::from(kind >> 4), column: from.two() % 300, end_column: from.two() % 300 };
        let location = Location { line: first + line, span: (kind & 1 == 0).then_some(span) };
        writer.push(units, (kind & 2 == 0).then_some(location));
    }
    writer.finish()
}

/// The least functions of each version, shape and number of wanted arguments.
pub fn seeds() -> Vec<Vec<u8>> {
    let ends = [[100, 0, 83, 0], [100, 0, 83, 0], [83, 0, 36, 0]];
    let one = |version: u8, flags: u8| {
        let wanted = vec![1; (flags >> 1).count_ones() as usize];
        [&[version, flags, 3][..], &wanted, &[101, 0, 4, 0, 0], &ends[usize::from(version)]].concat()
    };
    (0..3).flat_map(|version| [0, 1, 2, 3, 6, 15].map(|flags| one(version, flags))).collect()
}
