//! Settled pieces written as bytes and tables.
//!
//! In: pieces with offsets. Out: `co_code`, `co_linetable`, `co_exceptiontable`. Never here: a decision about what stands
//! where.

use std::iter::Peekable;

use super::{
    Image, RewriteError, Shape,
    exc::{self, Range, Ranges},
    layout::size,
    lines::{self, Lines},
    reverted::{Rule, is},
    splice::{Part, Piece, Spliced},
    tables::Version,
};

/// The code, with empty caches.
pub(super) fn code(version: &Version, spliced: &Spliced) -> Vec<u8> {
    let units = spliced.pieces.last().map_or(0, |last| last.offset + size(version, last));
    let mut code = Vec::with_capacity(units as usize * 2);
    for piece in &spliced.pieces {
        for prefix in (1..=piece.extended).rev() {
            code.extend([version.extended_arg, (piece.argument >> (8 * prefix)) as u8]);
        }
        code.extend([piece.opcode, piece.argument as u8]);
        let end = piece.offset + size(version, piece);
        code.resize(end as usize * 2, 0);
    }
    code
}

/// The line table. Entry and handler have no position: they make no line event, and no line is theirs to jump to.
pub(super) fn lines(version: &Version, spliced: &Spliced, image: &Image<'_>) -> Result<Vec<u8>, RewriteError> {
    let mut positions = Lines::new(image.line_table, image.first_line);
    let mut writer = lines::Writer::with_capacity(image.line_table.len() + 32, image.first_line);
    for piece in &spliced.pieces {
        let location = match piece.part {
            Part::Entry | Part::Handler => None,
            Part::Exit if is(Rule::Location) => None,
            Part::Prefix | Part::Body | Part::Exit => positions.at(piece.start)?,
        };
        writer.push(size(version, piece), location);
    }
    Ok(writer.finish())
}

/// The exception table: the original's ranges around what is left of them, and in the token shape our handler around
/// the rest of the body.
pub(super) fn ranges(
    version: &Version,
    spliced: &Spliced,
    image: &Image<'_>,
    shape: Shape,
) -> Result<Vec<u8>, RewriteError> {
    let mut old = Ranges::new(image.exception_table).peekable();
    let mut writer = exc::Writer::with_capacity(image.exception_table.len() + 32);
    let own = spliced.pieces.iter().find(|piece| piece.part == Part::Handler).map(|piece| piece.offset);
    for piece in &spliced.pieces {
        if !coverable(piece.part, shape) && !is(Rule::Clip) {
            continue;
        }
        let (start, end) = (piece.offset, piece.offset + size(version, piece));
        // Our own handler finds the token on the stack: never around what stands before it.
        let own = own.filter(|_| matches!(piece.part, Part::Body | Part::Exit));
        match (covering(&mut old, piece)?, own) {
            (Some(range), _) => writer.push(moved(spliced, range, shape, start, end)?),
            (None, Some(target)) => writer.push(Range { start, end, target, depth: 1, lasti: true }),
            (None, None) => (),
        }
    }
    Ok(writer.finish())
}

/// A handler finds the stack as deep as it says: not before the token is on it, not when it has been taken off.
fn coverable(part: Part, shape: Shape) -> bool {
    match part {
        Part::Body => true,
        Part::Prefix => shape == Shape::Entry,
        Part::Entry | Part::Exit | Part::Handler => false,
    }
}

/// The original's range around a piece; pieces come in the original's order.
fn covering(old: &mut Peekable<Ranges<'_>>, piece: &Piece) -> Result<Option<Range>, RewriteError> {
    while let Some(range) = old.peek() {
        let range = range.clone()?;
        if range.end > piece.start {
            return Ok((range.start <= piece.start).then_some(range));
        }
        old.next();
    }
    Ok(None)
}

fn moved(spliced: &Spliced, range: Range, shape: Shape, start: u32, end: u32) -> Result<Range, RewriteError> {
    let handler = spliced.landing(range.target).ok_or(RewriteError::Handler(range.target))?;
    let target = spliced.pieces[handler as usize].offset;
    let depth = range.depth + u32::from(shape == Shape::Token && !is(Rule::Depth));
    Ok(Range { start, end, target, depth, lasti: range.lasti })
}
