//! The proof that a result is the original plus the hook.
//!
//! In: an image and what was made of it. Out: nothing, or what differs. Never here: trust in how the result was made: it
//! is read again from its bytes.

use super::{
    Image, RewriteError, Rewritten, Shape,
    decode::{Instruction, Instructions},
    exc::Ranges,
    lines::{Lines, Location},
    splice::{NOWHERE, Piece, Spliced, inside_handler},
    tables::Version,
};

/// Every original instruction is there, in order, at its position, jumping where it jumped; between them is the hook and
/// nothing else; every range of the exception table lies in the code.
pub(super) fn check(
    version: &Version,
    image: &Image<'_>,
    shape: Shape,
    spliced: &Spliced,
    rewritten: &Rewritten,
) -> Result<(), RewriteError> {
    let mut walk = Walk::new(version, image, rewritten)?;
    let mut instructions = Instructions::new(version, image.code)?;
    for old in instructions.by_ref() {
        let old = old?;
        walk.same(old, old.argument)?;
        if old.opcode == version.resume {
            break;
        }
    }
    walk.hook(&spliced.pieces[spliced.entry..spliced.body])?;
    for old in instructions {
        match shape {
            Shape::Entry => walk.body_of_entry(old?)?,
            Shape::Token => walk.body_of_token(old?)?,
        }
    }
    if shape == Shape::Token {
        walk.hook(&spliced.pieces[spliced.pieces.len() - 4..])?;
    }
    walk.end()?;
    walk.ranges(&rewritten.exception_table)
}

struct Walk<'a> {
    version: &'a Version,
    old_lines: Lines<'a>,
    new: Instructions<'a>,
    new_lines: Lines<'a>,
    /// By unit of the original: the unit where its instruction now begins.
    moved: Vec<u32>,
    /// By unit of the result: whether an instruction begins there.
    begins: Vec<bool>,
    /// Where each jump went, and goes.
    jumps: Vec<(u32, u32)>,
    /// The unit of the result that is looked at.
    at: u32,
}

impl<'a> Walk<'a> {
    fn new(version: &'a Version, image: &Image<'a>, rewritten: &'a Rewritten) -> Result<Self, RewriteError> {
        let new = Instructions::new(version, &rewritten.code)?;
        Ok(Self {
            version,
            old_lines: Lines::new(image.line_table, image.first_line),
            new_lines: Lines::new(&rewritten.line_table, image.first_line),
            moved: vec![NOWHERE; image.code.len() / 2],
            begins: vec![false; new.units() as usize],
            jumps: Vec::with_capacity(16),
            at: 0,
            new,
        })
    }

    fn body_of_entry(&mut self, old: Instruction) -> Result<(), RewriteError> {
        self.same(old, old.argument)
    }

    fn body_of_token(&mut self, old: Instruction) -> Result<(), RewriteError> {
        let location = self.old_lines.at(old.start)?;
        let version = self.version;
        if old.opcode == version.return_value {
            self.moved[old.start as usize] = self.inserted(version.binary_subscr, 0, location)?;
            self.inserted(version.return_value, old.argument, location)?;
        } else if Some(old.opcode) == version.return_const {
            self.moved[old.start as usize] = self.inserted(version.load_const, old.argument, location)?;
            self.inserted(version.binary_subscr, 0, location)?;
            self.inserted(version.return_value, 0, location)?;
        } else {
            self.same(old, inside_handler(version, old.opcode, old.argument))?;
        }
        Ok(())
    }

    /// The next instruction is this one of the original.
    fn same(&mut self, old: Instruction, argument: u32) -> Result<(), RewriteError> {
        let location = self.old_lines.at(old.start)?;
        let new = self.next(old.opcode, location)?;
        self.moved[old.start as usize] = new.start;
        match (old.target, new.target) {
            (Some(was), Some(is)) => self.jumps.push((was, is)),
            _ => self.expect(new.argument == argument, "another argument")?,
        }
        Ok(())
    }

    fn hook(&mut self, pieces: &[Piece]) -> Result<(), RewriteError> {
        for piece in pieces {
            self.inserted(piece.opcode, piece.argument, None)?;
        }
        Ok(())
    }

    /// The next instruction is one of the hook's; gives where it begins.
    fn inserted(&mut self, opcode: u8, argument: u32, location: Option<Location>) -> Result<u32, RewriteError> {
        let new = self.next(opcode, location)?;
        self.expect(new.argument == argument, "another argument")?;
        Ok(new.start)
    }

    fn next(&mut self, opcode: u8, location: Option<Location>) -> Result<Instruction, RewriteError> {
        let new = self.new.next().ok_or_else(|| self.error("ends early"))??;
        self.at = new.start;
        self.begins[new.start as usize] = true;
        self.expect(new.opcode == opcode, "another opcode")?;
        // The interpreter asks for the position of the opcode itself, behind its prefixes.
        let found = self.new_lines.at(new.start + u32::from(new.extended))?;
        self.expect(found == location, "another position")?;
        Ok(new)
    }

    /// Nothing is left over, and every jump goes where it went.
    fn end(&mut self) -> Result<(), RewriteError> {
        let left_over = self.new.next().is_some();
        self.expect(!left_over, "goes on")?;
        for &(was, is) in &self.jumps {
            self.expect(self.moved.get(was as usize) == Some(&is), "jumps elsewhere")?;
        }
        Ok(())
    }

    fn ranges(&self, table: &[u8]) -> Result<(), RewriteError> {
        let begins = |unit: u32| self.begins.get(unit as usize) == Some(&true);
        for range in Ranges::new(table) {
            let range = range?;
            let inside = range.end as usize <= self.begins.len();
            self.expect(inside && begins(range.start) && begins(range.target), "a range outside the code")?;
        }
        Ok(())
    }

    fn expect(&self, holds: bool, what: &'static str) -> Result<(), RewriteError> {
        if holds { Ok(()) } else { Err(self.error(what)) }
    }

    fn error(&self, what: &'static str) -> RewriteError {
        RewriteError::Check { unit: self.at, what }
    }
}
