//! Bytes of code read as instructions, one after the other.
//!
//! In: `co_code`. Out: [`Instruction`]s with their prefixes folded in and their jumps as places. Never here: an opcode
//! that the version's table does not know.

use super::{
    RewriteError,
    tables::{Jump, Version},
};

/// No compiler writes more for one function; every place in it fits 32 bits with room to grow.
pub(super) const CODE_BYTES_MAX: usize = 1 << 26;

/// One instruction. Places are units (two bytes) from the start of the code.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instruction {
    /// Its first unit: the first `EXTENDED_ARG` if it has any.
    pub(super) start: u32,
    pub(super) argument: u32,
    /// Where it may jump.
    pub(super) target: Option<u32>,
    pub(super) opcode: u8,
    /// How many `EXTENDED_ARG` stand before it.
    pub(super) extended: u8,
}

/// Reads instructions; the first error is the last item that means anything.
pub(super) struct Instructions<'a> {
    version: &'a Version,
    units: &'a [[u8; 2]],
    next: u32,
}

impl<'a> Instructions<'a> {
    pub(super) fn new(version: &'a Version, code: &'a [u8]) -> Result<Self, RewriteError> {
        match code.as_chunks() {
            (units, []) if code.len() <= CODE_BYTES_MAX => Ok(Self { version, units, next: 0 }),
            _ => Err(RewriteError::Size(code.len())),
        }
    }

    /// How many units there are in all.
    #[expect(clippy::cast_possible_truncation, reason = "`new` bounds the length")]
    pub(super) fn units(&self) -> u32 {
        self.units.len() as u32
    }

    fn read(&mut self) -> Result<Instruction, RewriteError> {
        let start = self.next;
        let (opcode, argument, extended) = self.prefixed(start)?;
        let fact = self.version.fact(opcode).ok_or(RewriteError::Opcode { opcode, unit: self.next })?;
        self.next += 1 + u32::from(fact.caches);
        if self.next > self.units() {
            return Err(RewriteError::Truncated(start));
        }
        let target = match fact.jump {
            Jump::Stay => None,
            Jump::Forward => Some(self.next.saturating_add(argument)),
            Jump::Back => Some(self.next.checked_sub(argument).unwrap_or(u32::MAX)),
        };
        Ok(Instruction { start, argument, target, opcode, extended })
    }

    /// Folds `EXTENDED_ARG`s into the argument and stops at the unit of the opcode itself.
    fn prefixed(&mut self, start: u32) -> Result<(u8, u32, u8), RewriteError> {
        let (mut argument, mut extended) = (0, 0);
        loop {
            let &[opcode, low] = self.units.get(self.next as usize).ok_or(RewriteError::Truncated(start))?;
            argument |= u32::from(low);
            if opcode != self.version.extended_arg {
                return Ok((opcode, argument, extended));
            }
            if extended == 3 {
                return Err(RewriteError::Prefixes(start));
            }
            argument <<= 8;
            extended += 1;
            self.next += 1;
        }
    }
}

impl Iterator for Instructions<'_> {
    type Item = Result<Instruction, RewriteError>;

    fn next(&mut self) -> Option<Self::Item> {
        (self.next < self.units()).then(|| self.read())
    }
}
